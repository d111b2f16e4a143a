"""A rendered request as it goes over the wire, and as the journal shows it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import msgspec

from headrace.delivery.masking import mask
from headrace.delivery.port import NoAnswer, Outgoing
from headrace.destinations.port import Address, Answer, Request
from headrace.journal.port import Attempt

LONGEST_ANSWER = 10_000  # characters kept for display


def outgoing(request: Request, address: Address, agent: str, timeout: float, key: str | None = None) -> Outgoing:
    headers = {"User-Agent": agent, "Accept": "application/json", **address.headers, **request.headers}
    body: bytes | None
    if isinstance(request.body, bytes) or request.body is None:
        body = request.body
    else:
        body = json.dumps(request.body, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        headers["Content-Type"] = "application/json"
    if key is not None:
        headers["Idempotency-Key"] = key
    return Outgoing(request.method, address.base_url + request.path, headers, body, timeout)


def body_hash(request: Outgoing) -> str:
    return hashlib.sha256(request.body or b"").hexdigest()[:32]


def attempt(
    position: int,
    destination_id: str,
    number: int,
    kind: str,
    at: int,
    sent: Outgoing,
    got: Answer | NoAnswer,
    outcome: str,
    secrets: tuple[str, ...],
    names: tuple[str, ...] = (),
) -> Attempt:
    """One line of a delivery's story, secrets masked; `names`: people who are not shown."""
    return Attempt(
        position=position,
        destination_id=destination_id,
        number=number,
        kind=kind,
        at=at,
        method=sent.method,
        url=mask(sent.url, secrets, names),
        headers=mask(sent.headers, secrets, names),
        body=mask(shown(sent.body), secrets, names),
        status=got.status if isinstance(got, Answer) else None,
        answer=mask(got.body[:LONGEST_ANSWER].decode(errors="replace"), secrets, names) if isinstance(got, Answer) else None,
        error=mask(f"{got.kind}: {got.detail}", secrets, names) if isinstance(got, NoAnswer) else None,
        duration_ms=got.duration_ms,
        outcome=outcome,
    )


def shown(body: bytes | None) -> Any:
    if body is None:
        return None
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body[:LONGEST_ANSWER].decode(errors="replace")

"""Destination type `webhook`: POSTs the event, signed as Standard Webhooks describes."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from headrace.destinations.answers import retry_after
from headrace.destinations.port import (
    Address,
    Answer,
    Ask,
    Builtin,
    Delivered,
    Field,
    Filtered,
    Identifiers,
    Message,
    Pause,
    Policy,
    Preparation,
    Refusal,
    Refused,
    Rendered,
    Repair,
    Request,
    Throttled,
    Translation,
    Unknown,
    Verdict,
)
from headrace.destinations.values import check_fields, duration
from headrace.errors import WorkspaceError
from headrace.event import Facts
from headrace.fate import Code

FIELDS: tuple[Field, ...] = (
    Field("url", "URL", "Where events are POSTed to.", "url", None, required=True),
    Field("secret", "Signing secret", "`whsec_…` or any text; signs each request as Standard Webhooks describes.", "secret", None),
    Field("headers", "Headers", "Further headers, as a map. Their texts are secret.", "secrets", {}),
    Field("rate", "Requests a second", "0 = no limit.", "number", 0, advanced=True),
    Field("patience", "Patience", "How long an event is retried while the destination answers others.", "duration", "72h", advanced=True),
    Field("timeout", "Time limit", "How long a request may take.", "duration", "10s", advanced=True),
    Field("retry", "Retry", "{first, most}: the first and the longest pause between attempts.", "object", {"first": "1s", "most": "15m"}, advanced=True),
)  # fmt: skip
OWN_HEADERS = ("content-type", "content-length", "host", "webhook-id", "webhook-timestamp", "webhook-signature")


def sign(secret: str, message_id: str, timestamp: int, body: bytes) -> str:
    """The `webhook-signature` value: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`."""
    key = secret.encode()
    if secret.startswith("whsec_"):
        try:
            key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except binascii.Error:
            key = secret.encode()
    content = f"{message_id}.{timestamp}.".encode() + body
    return "v1," + base64.b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()


class Webhook:
    name = "webhook"
    label = "Webhook"
    keywords = ("http", "post", "own server", "custom")
    description = "POSTs every event as JSON to an address of your own, signed."
    fields = FIELDS
    needs_identity = False

    def check(self, raw: Mapping[str, Any]) -> list[str]:
        check_fields(FIELDS, raw, "webhook")
        url = raw.get("url")
        if not isinstance(url, str) or not url.startswith(("http://", "https://")):
            raise WorkspaceError("url: give the address that events are POSTed to, http:// or https://.")
        for name, value in (raw.get("headers") or {}).items():
            if not isinstance(value, str) or any(c in name + value for c in "\r\n") or not name.isascii():
                raise WorkspaceError(f"headers: {name!r} must be a name with a text of one line.")
            if name.lower() in OWN_HEADERS:
                raise WorkspaceError(f"headers: {name} is set by Headrace itself.")
        self.policy(raw)
        return [] if raw.get("secret") else ["Without a secret the receiver cannot tell whether a request is genuine."]

    def policy(self, raw: Mapping[str, Any]) -> Policy:
        value = {f.key: f.default if raw.get(f.key) is None else raw[f.key] for f in FIELDS}
        retry = value["retry"]
        first = duration(retry.get("first", "1s"), "retry.first")
        most = duration(retry.get("most", "15m"), "retry.most")
        return Policy(
            rate=float(value["rate"]),
            patience=duration(value["patience"], "patience"),
            timeout=duration(value["timeout"], "timeout"),
            retry_first=first,
            retry_most=max(first, most),
            after_key_expiry="send",  # `webhook-id` stays the same for good: the receiver can tell
        )

    def address(self, raw: Mapping[str, Any], builtin: Builtin | None) -> Address | None:
        url = raw.get("url")
        if not url:
            return None
        headers = dict(raw.get("headers") or {})
        secrets = tuple(s for s in (raw.get("secret"), *headers.values()) if s)
        return Address(str(url), headers, str(url), secrets)

    def takes(self, message: Message) -> Filtered | None:
        return None

    def identifiers(self, message: Message) -> Identifiers:
        """Order per user ID only: a receiver of its own tells people apart by that."""
        user_id = message.get("userId")
        return Identifiers((user_id,)) if isinstance(user_id, str) and user_id.strip() else Identifiers()

    def translate(self, message: Message, raw: Mapping[str, Any], facts: Facts, now_ms: int) -> Translation:
        try:
            body = json.dumps(message, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
        except (ValueError, UnicodeEncodeError) as error:
            return Refused(Code.INVALID_EVENT, f"The event cannot be written as JSON: {error}.")
        message_id = f"{message.get('sourceId', '')}.{message['messageId']}".lstrip(".")
        headers = {
            "Content-Type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(now_ms // 1000),
        }
        if raw.get("secret"):
            headers["webhook-signature"] = sign(str(raw["secret"]), message_id, now_ms // 1000, body)
        return Rendered(Request("POST", "", body, headers), "post")

    def deletion(self, user_id: str | None, email: str | None) -> Rendered | None:
        return None  # who receives webhooks has to be told by other means

    def read(self, rendered: Rendered, answer: Answer, base_url: str) -> Verdict:
        if 200 <= answer.status < 300:
            return Delivered()
        if answer.status == 429:
            return Throttled(retry_after(answer))
        if answer.status == 408 or answer.status >= 500:
            return Unknown(Code.SERVER_ERROR if answer.status >= 500 else Code.TIMEOUT, retry_after(answer))
        if answer.status < 400:
            return Pause(
                Code.WRONG_ADDRESS, f"{base_url} answered {answer.status}; redirects are not followed. Correct the URL."
            )
        return Refusal(Code.REFUSED, f"The receiver refused it ({answer.status}).")

    def answered(self, ask: Ask, rendered: Rendered, answer: Answer, base_url: str) -> Verdict:
        return ask.refusal  # this type asks nothing

    def probe(self) -> Request | None:
        return None

    def connected(self, answer: Answer, base_url: str) -> Pause | Unknown | Throttled | str:
        return f"{base_url} answered {answer.status}."

    def details(self) -> tuple[Request, ...]:
        return ()

    def welcome(self, sentence: str, told: Sequence[Answer | None]) -> str:
        return sentence

    def team(self, answer: Answer) -> str | None:
        return None

    def fold(self, so_far: Rendered, following: Rendered, settings: Mapping[str, Any]) -> Rendered | None:
        return None  # a receiver of its own gets every event

    def without_event(self, rendered: Rendered) -> Rendered:
        return rendered

    def repair(self, rendered: Rendered, email: str) -> Repair | None:
        return None

    def may_repair(self, repair: Repair, answer: Answer) -> bool | None:
        return False

    def prepare(self, rendered: Rendered, raw: Mapping[str, Any], known: frozenset[str] | None) -> Preparation | None:
        return None

    def learn(self, preparation: Preparation, answer: Answer, known: frozenset[str] | None) -> frozenset[str] | None:
        return known


WEBHOOK = Webhook()

"""The DNS records that a sending domain needs, and whether they are there. A look-up happens only when a person asks."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Literal

import msgspec

from headrace.engine.outbox.config import Sending, public_dkim_record

Resolve = Callable[[str, str], Awaitable[list[str]]]  # (name, kind) -> values; [] when there is none; OSError
Verdict = Literal["good", "missing", "wrong", "unknown"]


class Record(msgspec.Struct, frozen=True):
    purpose: str  # DKIM, SPF, DMARC or MX
    name: str
    kind: str
    value: str  # what to set; for SPF and MX a pattern
    why: str


class Checked(msgspec.Struct, frozen=True):
    record: Record
    verdict: Verdict
    found: list[str]
    said: str


def records(sending: Sending, pem: str | None) -> list[Record]:
    domain = sending.domain
    if not domain:
        return []
    wanted = [
        Record(
            "SPF", domain, "TXT", "v=spf1 include:<your mail provider> ~all", "Says which servers may send for the domain."
        ),
        Record("DMARC", f"_dmarc.{domain}", "TXT", "v=DMARC1; p=none", "Large receivers want one; p=none only watches."),
        Record("MX", domain, "MX", "<your mailbox provider>", "Answers and late bounces go there."),
    ]
    if pem:
        name = f"{sending.selector}._domainkey.{domain}"
        wanted.insert(0, Record("DKIM", name, "TXT", public_dkim_record(pem), "The key that proves a mail is yours."))
    return wanted


async def check(wanted: list[Record], resolve: Resolve) -> list[Checked]:
    done = []
    for record in wanted:
        try:
            found = await resolve(record.name, record.kind)
        except OSError as error:
            done.append(Checked(record, "unknown", [], f"It could not be looked up: {error}"))
            continue
        done.append(judge(record, found))
    return done


def judge(record: Record, found: list[str]) -> Checked:
    mine = [value for value in found if _is(record, value)]
    if not mine:
        return Checked(record, "missing", found, "There is none yet. A new record can take an hour to be seen.")
    if len(mine) > 1 and record.purpose in ("SPF", "DMARC"):
        return Checked(record, "wrong", mine, f"There are {len(mine)}; receivers then use none. Leave one.")
    if record.purpose == "DKIM" and _squeezed(mine[0]) != _squeezed(record.value):
        return Checked(record, "wrong", mine, "Another key is published there.")
    return Checked(record, "good", mine, "It is there.")


def _is(record: Record, value: str) -> bool:
    start = {"DKIM": "p=", "SPF": "v=spf1", "DMARC": "v=dmarc1", "MX": ""}[record.purpose]
    return start in value.lower() if record.purpose == "DKIM" else value.lower().startswith(start)


def _squeezed(text: str) -> str:
    """The key alone: spaces and the order of other tags say nothing."""
    return "".join(text.split()).rpartition("p=")[2].rstrip(";")

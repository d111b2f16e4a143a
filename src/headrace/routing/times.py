"""Times as senders write them: what is accepted, and the one form in which they are passed on."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_UNITS = {10: 1, 13: 1_000, 16: 1_000_000, 19: 1_000_000_000}  # digits -> parts of a second
_LONGEST = 64  # no form we know is longer; keeps a hostile text cheap
_ISO = re.compile(
    r"(?P<day>\d{4}[-/]\d{1,2}[-/]\d{1,2})"
    r"(?:[T ](?P<time>\d{1,2}(?::\d{1,2}){0,2})(?:[.,](?P<fraction>\d+))?)?"
    r"\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?)?(?:\s+[A-Z]{2,5})?",
    re.IGNORECASE,
)


def from_ms(at_ms: int) -> datetime:
    """Milliseconds since 1970 as an aware time in UTC."""
    return EPOCH + timedelta(milliseconds=at_ms)


def parse(value: object) -> datetime | None:
    """The moment a sender's text names, aware, in its own offset (UTC when it has none); None when it names none.

    Read: ISO 8601 and RFC 3339 in the spellings in use (space or T, `/` for `-`, with or without time, seconds,
    fraction and zone), RFC 2822 and JavaScript's `Date.toString`, and epochs of 10, 13, 16 or 19 digits in a text.
    Never raises.
    """
    if not isinstance(value, str) or len(value) > _LONGEST:
        return None
    text = value.strip()
    try:
        moment = _epoch(text) or _iso(text) or _mail(text)
        return moment if moment is None else _whole_minutes(moment)
    except (ValueError, OverflowError, TypeError, IndexError):  # a day 31 in June, a year beyond 9999 …
        return None


def show(moment: datetime) -> str:
    """RFC 3339 with milliseconds, in the moment's own offset, `Z` for UTC."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _epoch(text: str) -> datetime | None:
    if not (text.isascii() and text.isdigit()):
        return None
    unit = _EPOCH_UNITS.get(len(text))
    if unit is None:
        return datetime.strptime(text, "%Y%m%d%H%M%S" if len(text) == 14 else "%Y%m%d").replace(tzinfo=UTC)
    return EPOCH + timedelta(microseconds=int(text) * 1_000_000 // unit)


def _iso(text: str) -> datetime | None:
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part) for part in re.split("[-/]", found["day"]))
    hour, minute, second = ([int(part) for part in (found["time"] or "0").split(":")] + [0, 0])[:3]
    micro = int((found["fraction"] or "0")[:6].ljust(6, "0"))
    return datetime(year, month, day, hour, minute, second, micro, _zone(found["zone"]))


def _zone(text: str | None) -> timezone:
    if text is None or text[0] not in "+-":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset) if offset else UTC


_JS = re.compile(r"\w{3} (\w{3}) (\d{1,2}) (\d{4}) (\d\d:\d\d:\d\d)(?: (?:GMT|UTC))?([+-]\d{4})?(?: \(.*\))?")


def _mail(text: str) -> datetime | None:
    """RFC 2822, and JavaScript's own order of the same parts."""
    found = _JS.fullmatch(text)
    if found is not None:
        month, day, year, time, zone = found.groups()
        text = f"{day} {month} {year} {time} {zone or '+0000'}"
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _whole_minutes(moment: datetime) -> datetime:
    """RFC 3339 knows no seconds in an offset, and a moment must still be one after moving to UTC."""
    in_utc = moment.astimezone(UTC)
    offset = moment.utcoffset()
    return moment if offset is not None and offset.total_seconds() % 60 == 0 else in_utc

"""Property values: which types there are, what is converted, what is refused. Pure."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

from headrace.clock import rfc3339
from headrace.engine.refusal import TOO_LONG, LoopsError

LONGEST = 500  # characters of a key or value, the quotes of a text counted
TYPES = ("string", "number", "boolean", "date")
RESERVED = ("id", "listId", "softDeleteAt", "teamId", "updatedAt")
DEFAULTS: tuple[tuple[str, str, str], ...] = (
    ("firstName", "First Name", "string"),
    ("lastName", "Last Name", "string"),
    ("email", "Email", "string"),
    ("notes", "Notes", "string"),
    ("source", "Source", "string"),
    ("userGroup", "User Group", "string"),
    ("userId", "User Id", "string"),
    ("subscribed", "Subscribed", "boolean"),
    ("createdAt", "Created At", "date"),
)
DEFAULT_TYPES = {key: kind for key, _, kind in DEFAULTS}
EPOCH, MS = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?)?\s?(Z|[+-]\d{2}:?\d{2})?")


class Unconvertible(Exception):
    """The value cannot become one of the property's type."""


def check_lengths(body: dict[str, Any]) -> None:
    """Raises LoopsError(400) when a key or a value is over the limit, at any depth."""
    for key, value in body.items():
        if len(key) + 2 > LONGEST:
            raise LoopsError(400, TOO_LONG)
        _check_value(value)


def _check_value(value: Any) -> None:
    if isinstance(value, str):
        if len(value) + 2 > LONGEST:
            raise LoopsError(400, TOO_LONG)
    elif isinstance(value, dict):
        check_lengths(value)
    elif isinstance(value, list):
        for item in value:
            _check_value(item)


def label(key: str) -> str:
    """favoriteColor → Favorite Color."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|[_-]+", " ", key)
    return " ".join(word[:1].upper() + word[1:] for word in words.split())


def inferred(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    return "number" if isinstance(value, int | float) else "string"


def convert(value: Any, kind: str) -> Any:
    """The value as its property's type; raises Unconvertible. null stays null: it clears."""
    if value is None:
        return None
    if isinstance(value, dict | list):
        raise Unconvertible("objects and lists are no property values")
    if kind == "string":
        return value if isinstance(value, str) else json.dumps(value)
    if kind == "boolean":
        return _boolean(value)
    return _number(value) if kind == "number" else date(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    known = {"true": True, "false": False, "1": True, "0": False}
    if str(value).strip().lower() in known:
        return known[str(value).strip().lower()]
    raise Unconvertible(f"{value!r} is neither true nor false")


def _number(value: Any) -> int | float:
    if isinstance(value, bool):
        raise Unconvertible(f"{value!r} is no number")
    if isinstance(value, int | float):
        return value
    try:
        number = float(value)
    except ValueError:
        raise Unconvertible(f"{value!r} is no number") from None
    if number in (float("inf"), float("-inf")) or number != number:
        raise Unconvertible(f"{value!r} is no number")
    return int(number) if number.is_integer() and abs(number) < 2**53 else number


def date(value: Any) -> str:
    """Unix milliseconds, or one of Loops' date forms, as RFC 3339 in UTC."""
    if isinstance(value, bool):
        raise Unconvertible(f"{value!r} is no date")
    if isinstance(value, str) and re.fullmatch(r"-?\d{9,16}", value.strip()):
        value = int(value)
    try:
        if isinstance(value, int | float):
            return rfc3339(int(value))
        if _DATE.fullmatch(value.strip()):
            moment = datetime.fromisoformat(value.strip())
            moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
            return rfc3339((moment - EPOCH) // MS)
    except (ValueError, OverflowError, OSError):
        pass  # said below, in the same words for every unusable date
    raise Unconvertible(f"{value!r} is no date that Loops reads")


def milliseconds(moment: str) -> int:
    """Since 1970, of a moment as `date` writes it."""
    return (datetime.fromisoformat(moment) - EPOCH) // MS

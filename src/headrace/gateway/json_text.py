"""JSON as SDKs send it, well or badly: strict first, then repaired, else refused. Depth and numbers are capped."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

MAX_DEPTH = 128
_STRINGS = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)


class InvalidJsonError(Exception):
    """Nothing that can be repaired."""


def too_deep(body: bytes, limit: int = MAX_DEPTH) -> bool:
    """Whether objects and lists are nested deeper than `limit`; looked at only when there are brackets enough."""
    if body.count(b"{") + body.count(b"[") <= limit:
        return False
    depth = 0
    for byte in _STRINGS.sub(b"", body):
        if byte in b"{[":
            depth += 1
            if depth > limit:
                return True
        elif byte in b"}]":
            depth -= 1
    return False


def utf8(body: bytes) -> bytes:
    """The body with whatever is not UTF-8 replaced by U+FFFD."""
    try:
        body.decode()
    except UnicodeDecodeError:
        return body.decode("utf-8", "replace").encode()
    return body


def repaired(body: bytes) -> bytes:
    """Through a slower parser: lone surrogates become U+FFFD, the last duplicate key wins, integers keep their value.

    Raises InvalidJsonError for what is no JSON at all, for NaN, and for numbers beyond a double.
    """
    try:
        value = json.loads(body, parse_constant=_refuse, parse_int=_integer, parse_float=_double)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise InvalidJsonError(str(error)) from None
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").encode()


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _integer(text: str) -> Any:
    if len(text) > 300:
        raise ValueError("a number beyond a double")
    return int(text)


def _double(text: str) -> float:
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("a number beyond a double")
    return value

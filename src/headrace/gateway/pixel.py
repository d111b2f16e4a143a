"""The pixel: an event in a query string, always answered with a picture of one dot."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any

import msgspec

from headrace.clock import rfc3339

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAAAAACH5BAEAAAAALAAAAAABAAEAAAICRAEAOw==")
MOST_PARTS = 32  # dots in a name


def event(kind: str, query: Sequence[tuple[str, str]], now: int) -> bytes | None:
    """The event as JSON, None when there is nothing to keep. Dots in names make nested objects."""
    found: dict[str, Any] = {
        "channel": "web",
        "integrations": {"All": True},
        "originalTimestamp": rfc3339(now),
        "sentAt": rfc3339(now),
    }
    seen: set[str] = set()
    for name, value in query:
        if name in seen or name == "writeKey":
            continue
        seen.add(name)
        _put(found, name.split("."), value)
    anonymous = found.get("anonymousId")
    if isinstance(anonymous, str) and len(anonymous) >= 2 and anonymous[0] == anonymous[-1] == '"':
        found["anonymousId"] = anonymous[1:-1]
    if kind == "page" and found.get("name") == "":
        found["name"] = "Unknown Page"
    if kind == "track" and found.get("event") == "":
        return None
    found["type"] = kind
    return msgspec.json.encode(found)


def _put(target: dict[str, Any], path: list[str], value: str) -> None:
    if len(path) > MOST_PARTS or not all(path):
        return
    for part in path[:-1]:
        inner = target.get(part)
        if not isinstance(inner, dict):
            inner = target[part] = {}
        target = inner
    target[path[-1]] = value

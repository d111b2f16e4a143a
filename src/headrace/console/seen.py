"""The traits and properties that really came in: key paths with a type and a sample. Pure, bounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.destinations.checking import seen_type

MOST = 300  # paths
DEEP = 4
SHOWN = 80  # characters of a sample


class Seen:
    """Look at objects one after the other, the newest first: the first sample stays."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, str, int]] = {}

    def look(self, value: Any, path: str = "", depth: int = 0) -> None:
        if not isinstance(value, Mapping):
            return
        for key, inner in value.items():
            name = f"{path}.{key}" if path else str(key)
            if isinstance(inner, Mapping) and depth < DEEP and inner:
                self.look(inner, name, depth + 1)
            elif name in self._found:
                kind, sample, number = self._found[name]
                self._found[name] = (kind, sample, number + 1)
            elif len(self._found) < MOST:
                self._found[name] = (kind_of(inner), str(inner)[:SHOWN], 1)

    def rows(self) -> list[dict[str, Any]]:
        ordered = sorted(self._found.items(), key=lambda item: (-item[1][2], item[0]))
        return [{"path": p[:200], "kind": kind, "sample": sample, "count": n} for p, (kind, sample, n) in ordered]


def kind_of(value: Any) -> str:
    if isinstance(value, str | int | float):
        return seen_type(value)
    return "list" if isinstance(value, list) else "object" if isinstance(value, Mapping) else "null"

"""Traits and properties as Loops takes them: flat, short, mapped, with a warning for whatever was changed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

from headrace.destinations.loops.settings import LoopsSettings, NameFilter

LONGEST = 500  # characters, the quotes of a text counted
RESERVED = ("id", "listId", "softDeleteAt", "teamId", "updatedAt")


class TooLongError(Exception):
    """A value is over Loops' limit and `too_long` is `fail`. The text names it."""


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def flattened(values: Mapping[str, Any], nested: str) -> Iterator[tuple[str, str, Any]]:
    """(key path, name, value): objects opened into `addressCity`, or kept as `nested` says."""
    for key, value in values.items():
        yield from _open(key, key, value, nested)


def _open(path: str, name: str, value: Any, nested: str) -> Iterator[tuple[str, str, Any]]:
    if isinstance(value, Mapping) and nested == "flatten":
        for key, inner in value.items():
            yield from _open(f"{path}.{key}", name + key[:1].upper() + key[1:], inner, nested)
    elif isinstance(value, Mapping):
        if nested != "drop":
            yield path, name, value if nested == "pass" else as_json(value)
    elif isinstance(value, list) and nested != "pass":
        if all(not isinstance(item, list | Mapping) for item in value):
            yield path, name, ", ".join(_scalar_text(item) for item in value if item is not None)
        elif nested != "drop":
            yield path, name, as_json(value)
    else:
        yield path, name, value


def _scalar_text(value: Any) -> str:
    return value if isinstance(value, str) else as_json(value)


def mapped(values: Mapping[str, Any], mapping: NameFilter, settings: LoopsSettings, warnings: list[str]) -> dict[str, Any]:
    """Values after mapping, flattening and shortening. A name that stands there itself wins over a flattened one."""
    result: dict[str, Any] = {}
    explicit: set[str] = set()
    for path, flat, value in flattened(values, settings.nested):
        if not mapping.passes(path):
            continue
        name = mapping.renamed(path) if path in mapping.rename else flat
        own = path == flat or path in mapping.rename
        if name in result and not own:
            continue
        if own and name in explicit:
            warnings.append(f"`{name}` was given more than once; the last one was sent.")
        if len(name) + 2 > LONGEST:
            warnings.append(f"A property whose name has {len(name)} characters was left out.")
            continue
        fitting = fit(name, value, settings.too_long, warnings)
        if fitting is not OUT:
            result[name] = fitting
            if own:
                explicit.add(name)
    return result


OUT = object()


def fit(name: str, value: Any, too_long: str, warnings: list[str]) -> Any:
    """`value` within Loops' limit, or OUT. Raises TooLongError when the setting says so."""
    if isinstance(value, float) and not math.isfinite(value):
        warnings.append(f"`{name}` is not a number that Loops knows and was left out.")
        return OUT
    length = len(value) + 2 if isinstance(value, str) else len(as_json(value)) if isinstance(value, int) else 0
    if length <= LONGEST:
        return value
    if too_long == "fail":
        raise TooLongError(f"`{name}` has {length} characters; Loops takes {LONGEST}, quotes counted.")
    if too_long == "drop" or not isinstance(value, str):
        warnings.append(f"`{name}` has {length} characters, more than Loops takes, and was left out.")
        return OUT
    warnings.append(f"`{name}` was cut from {length} to {LONGEST} characters, quotes counted.")
    return value[: LONGEST - 2]

"""Checks of settings that every type shares: values, durations, and errors that name the key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headrace.destinations.port import Field
from headrace.errors import SettingsError, WorkspaceError, meant
from headrace.settings import seconds


def check_fields(fields: Sequence[Field], settings: Mapping[str, Any], kind: str) -> None:
    """Raises WorkspaceError for an unknown key, a value of the wrong kind, or a missing required one."""
    known = {field.key: field for field in fields}
    for key, value in settings.items():
        if key not in known:
            raise WorkspaceError(f"{kind} has no setting {key!r}.{meant(key, known)} It has: {', '.join(sorted(known))}.")
        if value is not None:
            _check(known[key], value)


def _check(field: Field, value: Any) -> None:
    kinds: dict[str, tuple[tuple[type, ...], str]] = {
        "text": ((str,), "a text"),
        "secret": ((str,), "a text"),
        "secrets": ((dict,), "a map"),
        "url": ((str,), "an address"),
        "number": ((int, float), "a number"),
        "flag": ((bool,), "true or false"),
        "list": ((list,), "a list"),
        "map": ((dict,), "a map"),
        "object": ((dict,), "a map"),
    }
    wanted = kinds.get(field.kind)
    if field.kind == "duration":
        duration(value, field.key)
    elif field.kind == "choice":
        if value not in field.choices:
            raise WorkspaceError(f"{field.key}: {value!r} is none of {', '.join(field.choices)}.")
    elif wanted and (not isinstance(value, wanted[0]) or (field.kind == "number" and isinstance(value, bool))):
        # what stands where a secret should is one, too
        shown = "what is given" if field.kind in ("secret", "secrets") else repr(value)
        quotes = " Put it in quotes." if wanted[0] == (str,) and isinstance(value, int) else ""
        raise WorkspaceError(f"{field.key}: {shown} is not {wanted[1]}.{quotes}")


def duration(value: Any, key: str) -> float:
    """Seconds from a number or a text like `24h`; `off` and 0 are 0."""
    if isinstance(value, bool):
        raise WorkspaceError(f"{key}: {value!r} is not a duration. Use seconds, or a text like 24h.")
    if isinstance(value, int | float):
        if value < 0:
            raise WorkspaceError(f"{key}: a duration must not be negative.")
        return float(value)
    try:
        return 0.0 if value == "off" else seconds(str(value))
    except (ValueError, SettingsError):
        raise WorkspaceError(f"{key}: {value!r} is not a duration. Use seconds, or a text like 24h.") from None


def given(settings: Mapping[str, Any], field: Field) -> Any:
    value = settings.get(field.key)
    return field.default if value is None else value

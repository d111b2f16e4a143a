"""What a person chose, mailing lists and `subscribed`, and when a call says it anew or only repeats it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.destinations.loops.identity import part

SPELLINGS = ("mailingLists", "mailinglists", "mailing_lists")
TRUTHS = {"true": True, "false": False}


def lists_in(traits: Any) -> dict[str, Any]:
    """The raw list choices in a traits object, whatever the spelling."""
    found: dict[str, Any] = {}
    if isinstance(traits, Mapping):
        for spelling in reversed(SPELLINGS):
            value = traits.get(spelling)
            if isinstance(value, Mapping):
                found |= value
    return found


def as_booleans(raw: Mapping[str, Any], warnings: list[str]) -> dict[str, bool]:
    chosen: dict[str, bool] = {}
    for list_id, value in raw.items():
        truth = TRUTHS.get(value.strip().lower()) if isinstance(value, str) else value
        if isinstance(truth, bool):
            chosen[list_id] = truth
        else:
            warnings.append(f"Mailing list `{list_id}`: {value!r} is neither true nor false and was left out.")
    return chosen


def chosen(message: Mapping[str, Any], kind: str, repeated: tuple[str, ...], warnings: list[str]) -> dict[str, bool]:
    """Lists to send. The call's own traits always count; context.traits only on identify and where not repeated."""
    raw: dict[str, Any] = {}
    if kind == "identify":
        said_before = {name.removeprefix("mailingLists.") for name in repeated if name.startswith("mailingLists.")}
        raw |= {k: v for k, v in lists_in(part(message, "context", "traits")).items() if k not in said_before}
    raw |= lists_in(part(message, "traits"))
    return as_booleans(raw, warnings)

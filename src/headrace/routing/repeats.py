"""What a call says anew and what it only repeats: browsers send old traits along with everything they send.

Two memories, both following from the log alone: the traits last seen from one browser (or user) of one source, and
the choices (mailing lists, `subscribed`) that a person's calls last said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import msgspec

SPELLINGS = ("mailing_lists", "mailinglists", "mailingLists")
WITH_TRAITS = ("identify", "track")  # whose own `traits` are the person's; on group they are the group's
MOST_TRAITS = 400  # names remembered of one browser
MOST_CHOICES = 400  # lists remembered of one person
LONGEST = 200  # characters of an id inside a note's key
TRUTHS = {"true": True, "false": False}

Memory = Mapping[str, str]  # name -> short hash of the value last seen


def fingerprint(value: Any) -> str:
    return hashlib.blake2b(msgspec.json.encode(value, order="sorted"), digest_size=8).hexdigest()


def note_key(kind: str, *parts: str) -> str:
    """A note's key; a text of any length is kept short."""
    short = (p if len(p) <= LONGEST else "#" + hashlib.sha256(p.encode("utf-8", "replace")).hexdigest() for p in parts)
    return "\0".join((kind, *short))


def traits_of(message: Mapping[str, Any]) -> dict[str, Any]:
    """context.traits overlaid by traits."""
    context = message.get("context")
    inner = context.get("traits") if isinstance(context, Mapping) else None
    own = message.get("traits")
    return (dict(inner) if isinstance(inner, Mapping) else {}) | (dict(own) if isinstance(own, Mapping) else {})


def changed_traits(traits: Mapping[str, Any], seen: Memory) -> tuple[str, ...]:
    """Names whose value differs from the one last seen, or that were never seen."""
    return tuple(name for name, value in traits.items() if seen.get(name) != fingerprint(value))


def remember_traits(traits: Mapping[str, Any], seen: Memory) -> dict[str, str]:
    merged = dict(seen) | {name: fingerprint(value) for name, value in traits.items()}
    return dict(list(merged.items())[-MOST_TRAITS:])


def choices_in(traits: Any) -> dict[str, str]:
    """`subscribed` and `mailingLists.<id>` in a traits object, as comparable texts."""
    if not isinstance(traits, Mapping):
        return {}
    found: dict[str, str] = {}
    for spelling in SPELLINGS:
        lists = traits.get(spelling)
        if isinstance(lists, Mapping):
            found |= {f"mailingLists.{list_id}": _comparable(value) for list_id, value in lists.items()}
    if "subscribed" in traits:
        found["subscribed"] = _comparable(traits["subscribed"])
    return found


def says_choices(message: Mapping[str, Any]) -> bool:
    context = message.get("context")
    inner = context.get("traits") if isinstance(context, Mapping) else None
    return bool(choices_in(inner) or choices_in(message.get("traits")))


def _comparable(value: Any) -> str:
    if isinstance(value, str):
        value = TRUTHS.get(value.strip().lower(), value)
    return fingerprint(value)


def repeated_choices(message: Mapping[str, Any], said: Memory) -> tuple[str, ...]:
    """Choices in context.traits that say what this person's calls last said, whatever its age."""
    context = message.get("context")
    inner = choices_in(context.get("traits") if isinstance(context, Mapping) else None)
    return tuple(sorted(name for name, value in inner.items() if said.get(name) == value))


def remember_choices(message: Mapping[str, Any], kind: str, said: Memory) -> dict[str, str]:
    """What the person has said after this call, in its own traits (identify and track) or carried along by any call."""
    context = message.get("context")
    inner = choices_in(context.get("traits") if isinstance(context, Mapping) else None)
    own = choices_in(message.get("traits")) if kind in WITH_TRAITS else {}
    return dict(list((dict(said) | inner | own).items())[-MOST_CHOICES:])

"""The secret texts of a destination's settings, by path: `api_key`, or `headers.Authorization` inside a map. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from headrace.errors import WorkspaceError

MASK = "••••"  # what a secret looks like on a page
Settings = Mapping[str, Any]


def texts(settings: Settings, secret: Collection[str]) -> dict[str, str]:
    """Each secret text by its path. A secret setting is a text, or a map of texts."""
    found: dict[str, str] = {}
    for key in sorted(secret & settings.keys()):
        value = settings[key]
        if isinstance(value, Mapping):
            found |= {f"{key}.{name}": str(text) for name, text in value.items()}
        elif value:
            found[key] = str(value)
    return found


def without(settings: Settings, secret: Collection[str]) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key not in secret}


def joined(plain: Settings, found: Mapping[str, str]) -> dict[str, Any]:
    """The settings again, with the texts at their paths."""
    whole = dict(plain)
    for path, text in found.items():
        key, _, name = path.partition(".")
        whole[key] = {**whole.get(key, {}), name: text} if name else text
    return whole


def masked(settings: Settings, secret: Collection[str]) -> dict[str, Any]:
    """Settings for a page: of a long secret, only its last four characters."""
    hidden = {path: mask(text) for path, text in texts(settings, secret).items()}
    empty = {key: settings[key] for key in secret & settings.keys() if not settings[key]}
    return joined(settings, hidden) | empty


def mask(secret: str) -> str:
    """`••••cdef`: enough to tell two keys apart, of a secret long enough to spare it."""
    return MASK + (secret[-4:] if len(secret) >= 16 else "")


def kept(given: Settings, stored: Settings, secret: Collection[str]) -> dict[str, Any]:
    """A secret that comes back masked, or is left out, keeps the stored text. Raises WorkspaceError when there is none."""
    before = texts(stored, secret)
    whole = dict(given) | {key: stored[key] for key in secret & stored.keys() if key not in given}
    for path, text in texts(whole, secret).items():
        if not text.startswith(MASK):
            continue
        if path not in before:
            raise WorkspaceError(f"{path} is masked, and none is stored. Give it.")
        whole = joined(whole, {path: before[path]})
    return whole

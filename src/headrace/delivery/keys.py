"""Idempotency keys: the same through every repetition, new after every definite refusal."""

from __future__ import annotations

import hashlib

EXPIRES_AFTER = 23 * 3600 * 1000  # ms; Loops remembers a key for 24 h


def key(destination_id: str, source_id: str, message_id: str, turn: int) -> str:
    """At most 100 characters, as Loops allows."""
    text = "\0".join((destination_id, source_id, message_id, str(turn)))
    return hashlib.sha256(text.encode()).hexdigest()


def expired(open_since: int | None, now: int) -> bool:
    """Whether the key of an attempt that was left open at `open_since` (ms) protects no longer."""
    return open_since is not None and now - open_since >= EXPIRES_AFTER

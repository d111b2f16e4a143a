"""Signatures and retries as Standard Webhooks describes them. Pure."""

from __future__ import annotations

import base64
import hashlib
import hmac

PAUSES = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 36_000.0)  # s after each failed try
DISABLED_AFTER = 5 * 86_400_000  # ms in which nothing was heard
GONE = 410  # "do not come back"
PREFIX = "whsec_"


def secret(random: bytes) -> str:
    return PREFIX + base64.b64encode(random).decode()


def sign(key: str, message_id: str, timestamp: int, body: bytes) -> str:
    """`webhook-signature`: `v1,` and base64 of HMAC-SHA256 over `id.timestamp.body`."""
    content = f"{message_id}.{timestamp}.".encode() + body
    raw = base64.b64decode(key.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.new(raw, content, hashlib.sha256).digest()).decode()


def pause(tries: int) -> float | None:
    """Seconds until the next try after so many; None: that was the last."""
    return PAUSES[tries - 1] if tries <= len(PAUSES) else None

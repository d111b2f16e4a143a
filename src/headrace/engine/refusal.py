"""The answers that are not 200, in Loops' shape."""

from __future__ import annotations

from typing import Any


class LoopsError(Exception):
    """Becomes `{"success": false, "message": …}` with this status, and `more` beside it."""

    def __init__(self, status: int, message: str, **more: Any) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.more = more


UNKNOWN_USER = "userId not found and cannot create a new contact without an email."
TOO_LONG = "Some body key or value is longer than allowable"

"""Secrets at rest: AES-GCM under a key file of 0600 beside the data, or under a key that is given."""

from __future__ import annotations

import hashlib
import os
import secrets as chance
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from headrace.errors import WrongSecretKey

NONCE = 12  # bytes


class SecretBox:
    """Seals texts and opens them again."""

    def __init__(self, key: bytes, where: str) -> None:
        self._cipher = AESGCM(key)
        self._where = where

    @classmethod
    def at(cls, path: Path, given: str | None, is_new: bool = True) -> SecretBox:
        """The given key wins over the file; the file is made when there is none, and only where nothing is sealed yet.

        Raises WrongSecretKey when it is missing beside data that it opened.
        """
        if given:
            return cls(hashlib.sha256(given.encode()).digest(), "HEADRACE_SECRET_KEY")
        if not is_new and not path.exists():
            raise WrongSecretKey(
                f"{path} is missing: without it the secrets that are stored cannot be opened. Put it back from where the"
                " data came from, or give HEADRACE_SECRET_KEY if that was used; nothing was changed."
            )
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return cls(path.read_bytes()[:32], str(path))
        with os.fdopen(descriptor, "wb") as file:
            key = chance.token_bytes(32)
            file.write(key)
            file.flush()
            os.fsync(file.fileno())
        return cls(key, str(path))

    def seal(self, text: str) -> bytes:
        nonce = chance.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, text.encode(), None)

    def open(self, sealed: bytes) -> str:
        """Raises WrongSecretKey when it was sealed under another key."""
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], None).decode()
        except (InvalidTag, ValueError):
            raise WrongSecretKey(
                f"The secret key ({self._where}) does not open the secrets that are stored. "
                "Give the key they were stored with (HEADRACE_SECRET_KEY, or the file secret.key); nothing was changed."
            ) from None

"""The errors a person may meet. Each message says what is wrong and what to do next."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def meant(word: object, known: Iterable[str]) -> str:
    """` Did you mean 'api_key'?`, for the end of a message; nothing when no known word is near."""
    close = difflib.get_close_matches(str(word).lower(), list(known), 1)
    return f" Did you mean {close[0]!r}?" if close else ""


class HeadraceError(Exception):
    """Base of every error that is shown to a person; its text is the message."""


class SettingsError(HeadraceError):
    """A setting (environment or command line) cannot be used."""


class WorkspaceError(HeadraceError):
    """A workspace file or a change of the workspace cannot be applied."""


class NotFound(HeadraceError):
    """The named source, destination, event … does not exist."""


class Conflict(HeadraceError):
    """The change contradicts what is there; the message says what to give to go on."""


class DataLocked(HeadraceError):
    """Another instance has the data directory open."""


class DataTooNew(HeadraceError):
    """The data directory was written by a newer version of Headrace."""


class DataDamaged(HeadraceError):
    """A file in the data directory cannot be read as what it should be."""


class WrongSecretKey(HeadraceError):
    """The secret key does not open the secrets that are stored."""


class LogUnavailable(HeadraceError):
    """The event log cannot take events now (disk full or failing); nothing of the call was accepted."""

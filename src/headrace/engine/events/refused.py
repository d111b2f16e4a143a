"""Calls that were refused, in the Event Log beside those that were not: what came, and why nothing became of it.

Only what came with a key of ours, so many a minute and so many at all: whoever calls in a circle fills nothing.
"""

from __future__ import annotations

import json
from typing import Any

import apsw
import msgspec
import structlog

from headrace.engine.core import Core
from headrace.engine.desk import Desk
from headrace.engine.notes import Note, sentences

LARGEST = 8_000  # characters of a body that are kept
MOST = 10_000  # rows that are kept
A_MINUTE = 60
MINUTE = 60_000  # ms
LONGEST = 500  # characters of a name or an identifier
log = structlog.get_logger(__name__)


class Call(msgspec.Struct, frozen=True):
    """`asked`: method and path, which stand where an event's name would."""

    asked: str
    body: bytes


class Refusals:
    """Used from the loop alone."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._window = (0, 0)  # (minute, rows in it)
        self._unsaid = 0

    def note(self, call: Call, why: str) -> None:
        """The answer does not wait for it, and does not depend on it."""
        minute = self._core.now() // MINUTE
        count = self._window[1] + 1 if self._window[0] == minute else 1
        self._window = (minute, count)
        if count > A_MINUTE:
            self._unsaid += 1
            return
        notes = [Note("refused", why)]
        if self._unsaid:
            notes.append(Note("refused", f"{self._unsaid} more calls were refused before this one and are not shown."))
            self._unsaid = 0
        self._core.write(lambda desk: _keep(desk, call, notes)).add_done_callback(_told)


def _told(future: Any) -> None:
    if not future.cancelled() and (error := future.exception()) is not None:
        log.error("a refused call could not be written to the Event Log", error=str(error))


def _keep(desk: Desk, call: Call, notes: list[Note]) -> None:
    body = _body(call.body)
    name, email, user = (_text(body, key) for key in ("eventName", "email", "userId"))
    if len(call.body) > LARGEST or not body:
        body = {"body": call.body[:LARGEST].decode("utf-8", "replace")} if call.body else {}
    desk.c.execute(
        "insert into log(at, event, contact, email, user_id, source, result, received, processed, warnings, notes)"
        " values(?,?,null,?,?,'API','refused',?,'{}',?,?)",
        (
            desk.now, name or call.asked, email.strip().lower() or None, user or None, _json(body),
            _json(sentences(notes)), msgspec.json.encode(notes).decode(),
        ),
    )  # fmt: skip
    desk.c.execute(
        "delete from log where result='refused' and id<="
        "(select id from log where result='refused' order by id desc limit 1 offset ?)",
        (MOST,),
    )


def _body(raw: bytes) -> dict[str, Any]:
    """{} for what is no object, or none that can be stored."""
    try:
        value = json.loads(raw)
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _text(body: dict[str, Any], key: str) -> str:
    value = body.get(key)
    return value[:LONGEST] if isinstance(value, str) else ""


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)


def forget(c: apsw.Connection, user: str) -> None:
    """A body that could not be read stands as a text in a text: so does the user's ID in it."""
    within = json.dumps(json.dumps(user, ensure_ascii=False), ensure_ascii=False)[1:-1]
    c.execute("delete from log where result='refused' and instr(received, ?)", (within,))

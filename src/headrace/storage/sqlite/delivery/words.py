"""Small numbers for ids, the counters of states, and the sentences that rows need not repeat."""

from __future__ import annotations

import apsw

from headrace.fate import SENTENCES, Code
from headrace.storage.sqlite.delivery.schema import rows


class Words:
    """A small number for an id that repeats in every row. Used in the writer's thread; `known` from any."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        self._numbers: dict[str, int] = {}
        self._stale = True
        self.reload()

    def reload(self) -> None:
        """A number given out in a transaction that failed must not be used again for what it never named."""
        self._stale = True  # until it could be read
        self._numbers = dict(rows(self._connection, "select text, id from word"))
        self._stale = False

    def known(self, text: str) -> int | None:
        return self._numbers.get(text)

    def number(self, connection: apsw.Connection, text: str) -> int:
        if self._stale:
            self.reload()
        number: int | None = self._numbers.get(text)
        if number is None:
            connection.execute("insert or ignore into word(text) values(?)", (text,))
            number = int(rows(connection, "select id from word where text=?", (text,))[0][0])
            self._numbers[text] = number
        return number


def count_state(connection: apsw.Connection, destination: int, before: int | None, after: int) -> None:
    """One delivery of `destination` goes from one state to another; None: it is new."""
    if before == after:
        return
    for state, step in ((before, -1), (after, 1)):
        if state is not None:
            connection.execute(
                "insert into count_state values(?,?,?) on conflict do update set number=number+excluded.number",
                (destination, state, step),
            )


def unless_known(code: str, reason: str) -> str | None:
    """The sentence, unless it is the code's own: rows stay small."""
    return None if reason == SENTENCES.get(Code(code)) else reason

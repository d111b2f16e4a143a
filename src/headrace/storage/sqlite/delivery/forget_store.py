"""The part of delivery.db that forgets people. Made by DeliveryDb."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import apsw

from headrace.database import tidy
from headrace.journal.forgetting import Course, Deletion, Forgotten, Whom
from headrace.storage.sqlite.delivery import forget
from headrace.storage.sqlite.delivery.open_file import OpenFile
from headrace.storage.sqlite.delivery.schema import rows

STEP = 500  # events of one work, so that deliveries get their turn
SALT = "forget salt"


class ForgetStore:
    def __init__(self, file: OpenFile) -> None:
        self._file, self._turns, self._words = file, file.turns, file.words

    def all(self) -> list[Forgotten]:
        return self._file.read(forget.read)

    async def salt(self, fresh: str) -> str:
        """The one that all hashes of this instance have; `fresh` if there is none yet."""

        def run(c: apsw.Connection) -> str:
            c.execute("insert or ignore into note values(?,?,0)", (SALT, fresh.encode()))
            ((value,),) = rows(c, "select value from note where key=?", (SALT,))
            return bytes(value).decode()

        return await self._file.do(run)

    def known_salt(self) -> str:
        found = self._file.read(lambda c: rows(c, "select value from note where key=?", (SALT,)))
        return bytes(found[0][0]).decode() if found else ""

    async def start(self, whom: Whom, by: str, now: int) -> int:
        return await self._file.do(lambda c: forget.new(c, whom, by, now))

    async def keep(self, job_id: int, whom: Whom, course: Course, now: int) -> None:
        await self._file.do(lambda c: forget.keep(c, job_id, whom, course, now))

    def seen_with(self, destination_id: str, name: str) -> tuple[str, ...]:
        return self._file.read(lambda c: forget.seen_with(c, destination_id, name))

    def letters(self) -> Iterator[tuple[int, bytes]]:
        """The copies of events that failed or wait for long, a few at a time."""
        after = (0, 0)
        while True:
            found = self._file.read(lambda c, after=after: forget.letters(c, after, STEP))  # type: ignore[misc]
            if not found:
                return
            for position, _, event in found:
                yield position, event
            after = found[-1][:2]

    def shown_as(self, names: Collection[str]) -> list[int]:
        return self._file.read(lambda c: forget.shown_as(c, names))

    def known(self, names: Collection[str], destinations: Sequence[str]) -> bool:
        return self._file.read(lambda c: forget.known(c, names, destinations))

    async def end_open(self, job_id: int, positions: Sequence[int], now: int) -> tuple[int, Course]:
        """(still on their way, the course as it is now)"""
        busy = 0
        for start in range(0, max(1, len(positions)), STEP):
            part = positions[start : start + STEP]
            more, course = await self._file.do(
                lambda c, part=part: forget.end_open(c, self._turns, job_id, part, self._file.claims.positions, now)  # type: ignore[misc]
            )
            busy += more
        return busy, course

    async def ask(self, job_id: int, turn: int, whom: Whom, now: int) -> int:
        return await self._file.do(lambda c: forget.ask(c, self._words, self._turns, job_id, turn, whom, now))

    async def ask_again(self, job_id: int, now: int) -> int:
        return await self._file.do(lambda c: forget.ask_again(c, self._turns, job_id, now))

    def asked(self, job_id: int) -> list[Deletion]:
        return self._file.read(lambda c: forget.asked(c, job_id))

    async def blank(self, positions: Sequence[int]) -> int:
        changed = 0
        for start in range(0, len(positions), STEP):
            part = positions[start : start + STEP]
            changed += await self._file.do(lambda c, part=part: forget.blank(c, part))  # type: ignore[misc]
        return changed

    async def drop_memory(self, names: Collection[str], browsers: Collection[str]) -> None:
        await self._file.do(lambda c: forget.drop_memory(c, names))
        after: str | None = ""
        while after is not None:
            after = await self._file.do(lambda c, after=after: forget.drop_notes(c, names, browsers, after))  # type: ignore[misc]

    async def sweep(self, job_id: int, names: Collection[str]) -> None:
        await self._file.do(lambda c: forget.sweep(c, job_id, names))

    async def vacuum(self) -> None:
        """The file is written anew, so that nothing of what was deleted is left in it; deliveries wait meanwhile."""
        await self._file.commit.alone(tidy)

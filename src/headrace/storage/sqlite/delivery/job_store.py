"""The part of delivery.db that keeps replays and backfills. Made by DeliveryDb."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import apsw

from headrace.journal.jobs import Job, Kind, Preview, Progress, Returned, Selection
from headrace.routing.port import Passed, Routed
from headrace.storage.sqlite.delivery import backfill, jobs, sent
from headrace.storage.sqlite.delivery.jobs import Candidate
from headrace.storage.sqlite.delivery.open_file import OpenFile


class JobStore:
    def __init__(self, file: OpenFile) -> None:
        self._file, self._turns, self._words = file, file.turns, file.words

    # --- jobs ------------------------------------------------------------------------------------------------------

    async def start(self, kind: Kind, selection: Selection, progress: Progress, anew: bool, now: int) -> tuple[Job, bool]:
        """The job for this selection, and whether it is a new one. An unfinished one goes on, a finished one is taken up
        from its start; `anew` makes a new one in any case."""

        def run(c: apsw.Connection) -> tuple[int, bool]:
            before = None if anew else jobs.same(c, kind, selection)
            if before is None or before.progress.until != progress.until:  # another span of the log
                return jobs.new(c, kind, selection, progress, now), True
            if before.state == "done" and kind == "replay":
                jobs.take_up(c, before, progress, now)
            elif before.state == "cancelled":
                jobs.go_on(c, before.id, now)
            return before.id, False

        number, fresh = await self._file.do(run)
        found = self.get(number)
        assert found is not None
        return found, fresh

    async def end(self, job_id: int, state: str, now: int) -> None:
        await self._file.do(lambda c: jobs.end(c, job_id, state, now))

    def get(self, job_id: int) -> Job | None:
        return self._file.read(lambda c: next(iter(jobs.read(c, job_id)), None))

    def all(self, running: bool = False) -> list[Job]:
        return self._file.read(lambda c: jobs.read(c, running=running))

    def backfills(self) -> list[Job]:
        return self._file.read(jobs.backfills)

    def outcomes(self, job_id: int) -> dict[str, int]:
        return self._file.read(lambda c: jobs.outcomes(c, job_id))

    def letters_of(self, message_id: str) -> list[int]:
        """Positions of dead letters with this messageId, also of events that the log no longer keeps."""
        return self._file.read(lambda c: jobs.letters_of(c, message_id))

    # --- replay ----------------------------------------------------------------------------------------------------

    def preview(
        self,
        s: Selection,
        destinations: Sequence[str],
        positions: Sequence[int] | None,
        accounts: Mapping[str, str],
        now: int,
    ) -> Preview:
        """`accounts`: of the destinations whose account is known."""
        numbers = self._numbers(destinations)
        teams = {numbers[d]: sent.filed(account) for d, account in accounts.items() if d in numbers}
        return self._file.read(lambda c: jobs.preview(c, s, numbers, positions, teams, now))

    def candidates(
        self, job: Job, destinations: Sequence[str], positions: Sequence[int] | None, now: int, most: int
    ) -> list[tuple[Candidate, str]]:
        """With the destination's id, by log position."""
        numbers = self._numbers(destinations)
        names = {number: text for text, number in numbers.items()}
        found = self._file.read(lambda c: jobs.next_candidates(c, job, list(numbers.values()), positions, now, most))
        return [(candidate, names[candidate.destination]) for candidate in found]

    async def put_back(self, job: Job, back: Sequence[Returned], cursor: int, passed: int, done: bool, now: int) -> bool:
        return await self._file.do(
            lambda c: jobs.put_back(c, self._words, self._turns, job, back, cursor, passed, done, now)
        )

    # --- backfill --------------------------------------------------------------------------------------------------

    def preview_backfill(
        self, destination_id: str, until: Mapping[str, int], span: tuple[int, int], events: bool, anonymous: bool
    ) -> Preview:
        return self._file.read(lambda c: backfill.preview(c, self._words, destination_id, until, span, events, anonymous))

    async def backfill(
        self, job: Job, decided: Sequence[Routed], gone: Sequence[Passed], memory: Mapping[str, bytes | None], cursor: int,
        done: bool, now: int,
    ) -> bool:  # fmt: skip
        return await self._file.do(
            lambda c: backfill.step(c, self._words, self._turns, job, decided, gone, memory, cursor, done, now)
        )

    async def forget_memory(self, prefix: str) -> None:
        await self._file.do(
            lambda c: c.execute("delete from note where key>=? and key<?", (prefix, prefix + "\U0010ffff")).fetchall()
        )

    def _numbers(self, destinations: Sequence[str]) -> dict[str, int]:
        return {d: number for d in destinations if (number := self._words.known(d)) is not None}

"""Which deliveries somebody is at work on. In memory: after a crash nobody is, and they are claimed once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable

import apsw

from headrace.delivery.port import Claimed
from headrace.storage.sqlite.delivery import claims
from headrace.storage.sqlite.delivery.committer import Committer
from headrace.storage.sqlite.delivery.words import Words

NOBODY = -1  # marks a claim whose caller went away
Choose = Callable[[apsw.Connection, int, set[int]], list[int]]  # of a destination, knowing what is claimed there


class Claims:
    """`positions`: what is claimed, by the number of its destination. Changed in the writer's thread, given back in any."""

    def __init__(self, commit: Committer, words: Words) -> None:
        self._commit, self._words = commit, words
        self.positions: dict[int, set[int]] = defaultdict(set)

    async def take(self, destination_id: str, choose: Choose) -> list[Claimed]:
        """Those of the chosen that are open."""
        taken: list[int] = []
        try:
            return await self._commit.do(lambda c: self._take(c, destination_id, choose, taken))
        except BaseException:  # nobody will deliver them: failed, or the caller went away
            taken.append(NOBODY)
            self.give_back(destination_id, taken)
            raise

    def _take(self, c: apsw.Connection, destination_id: str, choose: Choose, taken: list[int]) -> list[Claimed]:
        destination = self._words.number(c, destination_id)
        claimed = self.positions[destination]
        found: list[Claimed] = []
        for position in choose(c, destination, claimed):
            if NOBODY in taken:
                break
            row = claims.read(c, destination_id, destination, position)
            if row is not None:
                claimed.add(position)
                taken.append(position)
                found.append(row)
        if NOBODY in taken:  # gone in the middle of it: what came after that is given back here
            claimed.difference_update(taken)
            return []
        return found

    def give_back(self, destination_id: str, positions: Iterable[int]) -> None:
        number = self._words.known(destination_id)
        if number is not None:
            self.positions[number].difference_update(positions)

"""Who is next before a pace: destinations take turns; what gives way gets what live events leave, at least a tenth. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from typing import Generic, TypeVar

T = TypeVar("T")
SHARE = 10  # one in so many turns, and claims, goes to what gives way, while live events wait too


class Turns(Generic[T]):
    """Waiting items by destination and urgency. Adding and taking cost the same however many wait."""

    def __init__(self) -> None:
        self._live: OrderedDict[str, deque[T]] = OrderedDict()
        self._behind: OrderedDict[str, deque[T]] = OrderedDict()
        self._passed_over = 0  # live items taken since the last one that gives way, while such a one waited

    def __len__(self) -> int:
        return sum(len(queue) for lane in (self._live, self._behind) for queue in lane.values())

    def add(self, destination_id: str, item: T, gives_way: bool = False) -> None:
        (self._behind if gives_way else self._live).setdefault(destination_id, deque()).append(item)

    def take(self) -> T:
        """The next one; raises IndexError when nobody waits."""
        if self._behind and (not self._live or self._passed_over >= SHARE - 1):
            self._passed_over = 0
            return _next(self._behind)
        if not self._live:
            raise IndexError("nobody waits")
        if self._behind:
            self._passed_over += 1
        return _next(self._live)

    def move_to(self, other: Turns[T]) -> None:
        """Everybody here goes and waits there, behind those who do already."""
        for lane, gives_way in ((self._live, False), (self._behind, True)):
            for destination_id, queue in lane.items():
                for item in queue:
                    other.add(destination_id, item, gives_way)
            lane.clear()


def _next(lane: OrderedDict[str, deque[T]]) -> T:
    destination_id, queue = lane.popitem(last=False)
    item = queue.popleft()
    if queue:
        lane[destination_id] = queue  # to the end: the others come first
    return item

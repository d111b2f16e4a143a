"""What the request of a delivery carries: made from its event, or as it left before, with those behind it that may join."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from headrace.delivery import fold, gather, memory, outcome
from headrace.delivery.fold import Fold, Member
from headrace.delivery.gather import Ready
from headrace.delivery.port import Claimed, Held, Sent, Settlement
from headrace.delivery.sending import Story, Tools
from headrace.delivery.setup import Setup
from headrace.destinations.port import Filtered, Refused, Translation
from headrace.fate import SENTENCES, Code, State

Fates = list[Settlement]  # decided without a request


class Packing:
    """For one delivery. `taken` are the others that it has claimed meanwhile."""

    def __init__(self, tools: Tools, claimed: Claimed, setup: Setup, story: Story) -> None:
        self._store, self._events, self._clock = tools.store, tools.events, tools.clock
        self._claimed, self._setup, self._story = claimed, setup, story
        self._messages: dict[int, Mapping[str, Any] | None] = {}
        self.taken: list[int] = []

    async def first(self) -> Fold | Fates:
        held = self._claimed.held
        return self._translated() if held is None else await self._as_it_left(held)

    def _translated(self) -> Fold | Fates:
        claimed, setup, now = self._claimed, self._setup, self._clock.now_ms()
        message = self.message(claimed.position)
        if message is None:
            return [outcome.gone(claimed, now)]
        made = self._made(message, now)
        if isinstance(made, Filtered | Refused):
            return [outcome.without_request(claimed, made, now)]
        if claimed.state is State.SENDING:
            claimed = outcome.interrupted(claimed, claimed.left_at or now)
        if expired := outcome.before_sending(claimed, made.kind, setup.policy, now):
            return [expired]
        alone = gather.alone(Ready(claimed, message), made)
        needless = self._needless(alone)
        return alone if needless is None else [needless]

    def _made(self, message: Mapping[str, Any], now: int) -> Translation:
        """Below zero stand requests to delete somebody: no event can be one, and nothing shows whom they name."""
        if self._claimed.position > 0:
            return self._setup.translate(message, self._claimed.facts, now)
        user_id, email = message.get("userId"), message.get("email")
        self._story.hide(tuple(name for name in (user_id, email) if name))
        made = self._setup.kind.deletion(user_id, email)
        return made or Filtered(Code.TYPE_NOT_TAKEN, SENTENCES[Code.TYPE_NOT_TAKEN])

    def _needless(self, made: Fold) -> Settlement | None:
        """A contact that would change nothing, or undo something newer."""
        claimed, now = made.carrier, self._clock.now_ms()
        if made.rendered.kind != "contact":
            return None
        known = self.sent(made)
        if memory.superseded(claimed, made.rendered, known):
            return gather.superseded(claimed, now)
        window = 0.0 if claimed.force else self._setup.policy.skip_unchanged
        carrier = memory.unchanged(made.rendered, known, window, now)
        return None if carrier is None else gather.unchanged(claimed, carrier, now)

    async def _as_it_left(self, held: Held) -> Fold | Fates:
        """The very request that may have been taken, with exactly its members."""
        others = [p for p in held.members if p != self._claimed.position]
        claims = await self._store.members(self._setup.destination_id, others) if others else []
        self.taken += [c.position for c in claims]
        made = Fold((Member(self._claimed, held.rendered.warnings), *map(Member, claims)), held.rendered, held.key)
        if self._claimed.state is State.SENDING:
            made = fold.interrupted(made, self._clock.now_ms())
        expired = fold.key_expired(
            made, self._setup.kind.without_event(made.rendered), self._setup.policy, self._clock.now_ms()
        )
        return made if expired is None else expired

    async def joined(self, made: Fold) -> Fold:
        """With those who wait behind it and may share its request. Only asked for when it had to wait itself."""
        setup, first = self._setup, made.carrier
        if not setup.policy.fold or made.rendered.kind != "contact" or first.alone or first.held:
            return made
        claims = await self._store.followers(setup.destination_id, first.position, fold.MOST - 1)
        self.taken += [c.position for c in claims]
        behind = []
        for claimed in claims:
            message = self.message(claimed.position)
            if message is None:
                break
            behind.append(Ready(claimed, message))
        found = gather.together(made, behind, setup, self.sent(made), self._clock.now_ms())
        ended = [s.position for s in found.ended]
        await self._give_up([*found.left, *(c.position for c in claims[len(behind) :])])
        self.taken = [p for p in self.taken if p not in ended]
        if found.ended:  # the fate of what comes before is durable before what comes after leaves
            await self._store.settle(found.ended)
        return found.fold

    async def _give_up(self, positions: list[int]) -> None:
        if positions:
            await self._store.hand_back(self._setup.destination_id, positions)
            self.taken = [p for p in self.taken if p not in positions]

    # --- what is asked on the way ----------------------------------------------------------------------------------

    def message(self, position: int) -> Mapping[str, Any] | None:
        if position not in self._messages:
            self._messages[position] = self._events.message(position)
        return self._messages[position]

    def sent(self, made: Fold) -> dict[str, Sent]:
        """What is remembered of those whom the request names."""
        named = memory.names(made.rendered)
        return self._store.sent(self._setup.account, named) if named else {}

    def with_copies(self, settlements: Iterable[Settlement]) -> tuple[Settlement, ...]:
        """A dead letter keeps its event."""
        kept = []
        for settled in settlements:
            message = self.message(settled.position) if settled.state is State.DEAD and settled.copy is None else None
            kept.append(gather.with_copy(settled, message) if message is not None else settled)
        return tuple(kept)


def refused(made: Fold) -> Claimed:
    """The one delivery of a request that was refused, before it is sent once more."""
    claimed = made.carrier
    return msgspec.structs.replace(claimed, attempts=claimed.attempts + 1, **outcome.refused(claimed))

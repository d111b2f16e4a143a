"""Takes one claimed delivery through its steps: render, gather, prepare, write down, send, ask, settle. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from headrace.delivery import fold, gather, memory, outcome, questions, render
from headrace.delivery.fold import Fold, Member
from headrace.delivery.gather import Ready
from headrace.delivery.health import Signal
from headrace.delivery.outcome import Outcome
from headrace.delivery.port import Carried, Claimed, Held, Intent, NoAnswer, Outgoing, Sent, Settlement
from headrace.delivery.sending import Exchange, Story, Tools, exchange
from headrace.delivery.setup import Setup, ask
from headrace.destinations.port import (
    Answer,
    Ask,
    Filtered,
    Pause,
    Refusal,
    Refused,
    Request,
    Throttled,
    Translation,
    Unknown,
    Verdict,
)
from headrace.fate import SENTENCES, Code, State

UNKNOWN_USER = (Code.NEW_CONTACT_NEEDS_EMAIL, Code.CONTACT_UNKNOWN)


class Result(msgspec.Struct, frozen=True):
    """`settlements` are written in one go; whoever of `back` is handed back as it was."""

    settlements: tuple[Settlement, ...] = ()
    signal: Signal = "none"
    pause: Pause | None = None
    back: tuple[int, ...] = ()


class Courier:
    """One per destination; holds what was learnt of it (its contact properties) until settings change."""

    def __init__(self, tools: Tools, may_leave: Callable[[], bool]) -> None:
        self._tools = tools
        self._may_leave = may_leave
        self._known: dict[str, frozenset[str]] = {}

    def forget_known(self) -> None:
        self._known.clear()

    async def deliver(self, claimed: Claimed, setup: Setup) -> Result:
        """Never raises for what a destination or an event can do; what it took itself is used, or handed back."""
        trip = Trip(self._tools, claimed, setup, self._may_leave, self._known)
        try:
            return await trip.run()
        except BaseException:
            await self._tools.store.hand_back(setup.destination_id, trip.claimed_here)
            raise
        finally:
            trip.give_back_slot()


class Trip:
    """One request's way, with what it gathers."""

    def __init__(
        self,
        tools: Tools,
        claimed: Claimed,
        setup: Setup,
        may_leave: Callable[[], bool],
        known: dict[str, frozenset[str]],
    ) -> None:
        self._tools = tools
        self._claimed = claimed
        self._setup = setup
        self._may_leave = may_leave
        self._properties = known
        self._messages: dict[int, Mapping[str, Any] | None] = {}
        self.claimed_here: list[int] = []
        self._slot: float | None = None  # when it was given, until the request has left
        first = claimed.attempts * 4 + 1
        self._story = Story(tools, claimed.position, setup.destination_id, first, setup.address.secrets)

    async def run(self) -> Result:
        made = await self._load() if self._claimed.held is not None else self._translate()
        if isinstance(made, Fold):
            made = await self._take_turn(made)
        return made if isinstance(made, Result) else await self._send(made)

    def give_back_slot(self) -> None:
        if self._slot is not None:
            self._slot = None
            self._setup.gate.give_back()

    # --- what is sent ----------------------------------------------------------------------------------------------

    def _translate(self) -> Fold | Result:
        claimed, setup, now = self._claimed, self._setup, self._now()
        message = self._message(claimed.position)
        if message is None:
            return Result((outcome.gone(claimed, now),))
        made = self._made(claimed, message, now)
        if isinstance(made, Filtered | Refused):
            return self._final([outcome.without_request(claimed, made, now)])
        if claimed.state is State.SENDING:
            self._claimed = claimed = outcome.interrupted(claimed, claimed.left_at or now)
        if expired := outcome.before_sending(claimed, made.kind, setup.policy, now):
            return self._final([expired])
        alone = gather.alone(Ready(claimed, message), made)
        needless = self._needless(alone)
        return alone if needless is None else self._final([needless])

    def _made(self, claimed: Claimed, message: Mapping[str, Any], now: int) -> Translation:
        """Below zero stand requests to delete somebody: no event can be one, and nothing shows whom they name."""
        if claimed.position > 0:
            return self._setup.translate(message, claimed.facts, now)
        user_id, email = message.get("userId"), message.get("email")
        self._story.hide(tuple(name for name in (user_id, email) if name))
        made = self._setup.kind.deletion(user_id, email)
        return made or Filtered(Code.TYPE_NOT_TAKEN, SENTENCES[Code.TYPE_NOT_TAKEN])

    async def _load(self) -> Fold | Result:
        """The very request that may have been taken, with exactly its members."""
        held = self._claimed.held
        assert held is not None
        others = [p for p in held.members if p != self._claimed.position]
        claims = await self._tools.store.members(self._setup.destination_id, others) if others else []
        self.claimed_here += [c.position for c in claims]
        warnings = held.rendered.warnings
        made = Fold((Member(self._claimed, warnings), *map(Member, claims)), held.rendered, held.key)
        if self._claimed.state is State.SENDING:
            made = fold.interrupted(made, self._now())
            self._claimed = made.carrier
        expired = fold.key_expired(made, self._contact(made), self._setup.policy, self._now())
        return made if expired is None else self._final(expired)

    def _needless(self, made: Fold) -> Settlement | None:
        """A contact that would change nothing, or undo something newer."""
        if made.rendered.kind != "contact":
            return None
        known = self._sent(made)
        if memory.superseded(self._claimed, made.rendered, known):
            return gather.superseded(self._claimed, self._now())
        window = 0.0 if self._claimed.force else self._setup.policy.skip_unchanged
        carrier = memory.unchanged(made.rendered, known, window, self._now())
        return None if carrier is None else gather.unchanged(self._claimed, carrier, self._now())

    async def _gather(self, made: Fold) -> Fold:
        """Those who wait behind it and may share its request. Only asked for when it had to wait itself."""
        setup = self._setup
        if not setup.policy.fold or made.rendered.kind != "contact" or self._claimed.alone or self._claimed.held:
            return made
        claims = await self._tools.store.followers(setup.destination_id, self._claimed.position, fold.MOST - 1)
        self.claimed_here += [c.position for c in claims]
        behind = []
        for claimed in claims:
            message = self._message(claimed.position)
            if message is None:
                break
            behind.append(Ready(claimed, message))
        found = gather.together(made, behind, setup, self._sent(made), self._now())
        ended = [s.position for s in found.ended]
        await self._give_up([*found.left, *(c.position for c in claims[len(behind) :])])
        self.claimed_here = [p for p in self.claimed_here if p not in ended]
        if found.ended:  # the fate of what comes before is durable before what comes after leaves
            await self._tools.store.settle(found.ended)
        return found.fold

    async def _take_turn(self, made: Fold) -> Fold | Result:
        """Reserves the slot, with whatever has to be there first; a Result when nothing leaves."""
        setup, gathered = self._setup, False
        while True:
            waits = not setup.gate.is_free()
            await self._reserve()
            if not self._may_leave():
                return Result(back=(self._claimed.position, *self.claimed_here))
            if waits and not gathered:
                made = await self._gather(made)
            gathered = True
            known = self._properties.get(setup.account)
            step = setup.kind.prepare(made.rendered, setup.settings, known)
            if step is None:
                return made
            done = await self._leave(render.outgoing(step.request, setup.address, self._tools.agent, setup.policy.timeout))
            learned = setup.kind.learn(step, done.got, known) if isinstance(done.got, Answer) else None
            self._story.tell("preparation", done, step.why)
            if learned is None:
                return await self._unprepared(made, done)
            self._properties[setup.account] = learned

    async def _unprepared(self, made: Fold, done: Exchange) -> Result:
        said = await self._judge(made, done)
        back = tuple(m.claimed.position for m in made.members[1:])
        now, fraction = self._now(), self._tools.chance.fraction()
        if isinstance(said, Pause):
            return Result((outcome.paused(self._claimed, said, now),), "answered", said, back)
        if isinstance(said, Throttled):
            decided = outcome.decide(self._claimed, made.rendered, said, self._setup.policy, now, done.at, fraction)
            return Result((decided.settlement,), "answered", None, back)
        code = said.code if isinstance(said, Unknown) else Code.CONNECTION
        unsure = outcome.unsure(self._claimed, code, self._setup.policy, now, fraction)
        return Result((unsure,), "failure", None, back)

    # --- sending ---------------------------------------------------------------------------------------------------

    async def _reserve(self) -> None:
        self._slot = await self._setup.gate.slot(self._setup.destination_id, self._claimed.gives_way)

    async def _leave(self, request: Outgoing) -> Exchange:
        """In the slot that was reserved."""
        assert self._slot is not None
        await self._setup.gate.leave(self._slot)
        self._slot = None
        return await exchange(self._tools, self._setup.gate, request)

    async def _send(self, made: Fold, repaired: bool = False) -> Result:
        setup = self._setup
        request = render.outgoing(made.rendered.request, setup.address, self._tools.agent, setup.policy.timeout, made.key)
        carried = memory.carried(setup.account, made.rendered, made.newest, self._sent(made))
        exact = len(made.members) > 1 or self._claimed.held is not None or repaired
        held = made.held() if exact else None
        clears = msgspec.structs.replace(carried, everything=True) if carried and repaired else carried
        members = tuple(m.claimed.position for m in made.members)
        intent = Intent(
            self._claimed.position,
            setup.destination_id,
            self._now(),
            made.key,
            render.body_hash(request),
            members,
            held,
            clears,
            self._claimed.key_turn if repaired else None,
        )
        await self._tools.store.intend([intent])
        done = await self._leave(request)
        said = await self._judge(made, done)
        if isinstance(said, Refusal) and len(made.members) == 1 and not repaired:
            if isinstance(mended := await self._mend(made, said), Fold):
                return await self._send(mended, repaired=True)
            said = mended
        return self._settle(made, held, carried, done, said)

    def _settle(
        self, made: Fold, held: Held | None, carried: Carried | None, done: Exchange, said: Verdict | NoAnswer
    ) -> Result:
        now, fraction, policy = self._now(), self._tools.chance.fraction(), self._setup.policy
        if held is not None:
            made = _with_held(made, held)
        if isinstance(said, Pause):
            return Result(tuple(fold.paused(made, said, now)), "answered", said)
        if isinstance(said, Ask):  # the question itself was not answered
            return Result(tuple(fold.unsure(made, policy, now, fraction, said.refusal)), "failure")
        if len(made.members) > 1:
            outcomes = fold.decide(made, self._contact(made), said, policy, now, done.at, fraction)
        else:
            only = made.members[0]
            outcomes = [outcome.decide(only.claimed, made.rendered, said, policy, now, done.at, fraction, only.warnings)]
        return self._told(made, outcomes, done, carried)

    def _told(self, made: Fold, outcomes: list[Outcome], done: Exchange, carried: Carried | None) -> Result:
        first = outcomes[0]
        if not self._story.told_delivery:
            self._story.tell("delivery", done, first.attempt)
        settlements = [o.settlement for o in outcomes]
        if carried is not None and settlements[0].code is Code.DELIVERED:  # a 409 does not say what became of the contact
            settlements[0] = msgspec.structs.replace(settlements[0], carried=carried)
        return self._final(settlements, first.signal)

    async def _mend(self, made: Fold, refusal: Refusal) -> Fold | Refusal | Ask:
        """A user whom the destination does not know is sent once more, with the email last seen with it: that request.

        Else the refusal, or the question that got no answer.
        """
        setup = self._setup
        if refusal.code not in UNKNOWN_USER or not setup.policy.repair:
            return refusal
        email = self._email()
        repair = setup.kind.repair(made.rendered, email) if email else None
        if repair is None:
            return refusal
        allowed = await questions.may_repair(setup, repair, self._story, self._ask)
        if allowed is None:
            return Ask(repair.question, "user", refusal)
        if not allowed or self._email() != email:
            return refusal
        self._claimed = msgspec.structs.replace(
            self._claimed, attempts=self._claimed.attempts + 1, **outcome.refused(self._claimed)
        )
        message = self._message(self._claimed.position)
        assert message is not None
        await self._reserve()
        self._story.told_delivery = False
        return gather.alone(Ready(self._claimed, message), repair.rendered)

    def _email(self) -> str | None:
        return self._tools.store.email_of(self._setup.destination_id, self._claimed.lanes)

    async def _judge(self, made: Fold, done: Exchange) -> Verdict | NoAnswer:
        return await questions.judge(self._setup, made.rendered, len(made.members) > 1, done, self._story, self._ask)

    async def _ask(self, request: Request) -> Exchange:
        return await ask(self._tools, self._setup, request, self._claimed.gives_way)

    # --- small words -----------------------------------------------------------------------------------------------

    def _final(self, settlements: list[Settlement], signal: Signal = "none") -> Result:
        kept = []
        for settled in settlements:
            message = self._message(settled.position) if settled.state is State.DEAD and settled.copy is None else None
            kept.append(gather.with_copy(settled, message) if message is not None else settled)
        return Result(tuple(kept), signal)

    def _contact(self, made: Fold) -> Any:
        return self._setup.kind.without_event(made.rendered)

    def _message(self, position: int) -> Mapping[str, Any] | None:
        if position not in self._messages:
            self._messages[position] = self._tools.events.message(position)
        return self._messages[position]

    def _sent(self, made: Fold) -> dict[str, Sent]:
        named = memory.names(made.rendered)
        return self._tools.store.sent(self._setup.account, named) if named else {}

    async def _give_up(self, positions: list[int]) -> None:
        if positions:
            await self._tools.store.hand_back(self._setup.destination_id, positions)
            self.claimed_here = [p for p in self.claimed_here if p not in positions]

    def _now(self) -> int:
        return self._tools.clock.now_ms()


def _with_held(made: Fold, held: Held) -> Fold:
    first = made.members[0]
    claimed = msgspec.structs.replace(first.claimed, held=held)
    return msgspec.structs.replace(made, members=(Member(claimed, first.warnings), *made.members[1:]))

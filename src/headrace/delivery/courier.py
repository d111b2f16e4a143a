"""Takes one claimed delivery through its steps: render, gather, prepare, write down, send, ask, settle. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from headrace.delivery import fold, gather, memory, outcome, render
from headrace.delivery.fold import Fold, Member
from headrace.delivery.gate import Gate
from headrace.delivery.gather import Ready
from headrace.delivery.outcome import Outcome
from headrace.delivery.port import Carried, Claimed, Held, Intent, NoAnswer, Sent, Settlement
from headrace.delivery.sending import Exchange, Story, Tools, exchange
from headrace.destinations.port import (
    Address,
    Answer,
    Ask,
    DestinationType,
    Filtered,
    Pause,
    Policy,
    Refusal,
    Refused,
    Throttled,
    Translation,
    Unknown,
    Verdict,
)
from headrace.fate import SENTENCES, Code, State

Signal = Literal["success", "refusal", "failure", "answered", "none"]
UNKNOWN_USER = (Code.NEW_CONTACT_NEEDS_EMAIL, Code.CONTACT_UNKNOWN)


class Setup(msgspec.Struct, frozen=True):
    """A destination as it is configured at this moment."""

    destination_id: str
    kind: DestinationType
    settings: Mapping[str, Any]
    policy: Policy
    address: Address
    account: str  # what shares one pace and one memory of what was sent


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

    async def deliver(self, claimed: Claimed, setup: Setup, gate: Gate) -> Result:
        """Never raises for what a destination or an event can do; what it claimed itself is settled or handed back."""
        trip = Trip(self._tools, claimed, setup, gate, self._may_leave, self._known)
        try:
            return await trip.run()
        except BaseException:
            await self._tools.store.hand_back(setup.destination_id, trip.claimed_here)
            raise


class Trip:
    """One request's way, with what it gathers."""

    def __init__(
        self,
        tools: Tools,
        claimed: Claimed,
        setup: Setup,
        gate: Gate,
        may_leave: Callable[[], bool],
        known: dict[str, frozenset[str]],
    ) -> None:
        self._tools = tools
        self._claimed = claimed
        self._setup = setup
        self._gate = gate
        self._may_leave = may_leave
        self._properties = known
        self._messages: dict[int, Mapping[str, Any] | None] = {}
        self._ended: tuple[Settlement, ...] = ()
        self.claimed_here: list[int] = []
        first = claimed.attempts * 4 + 1
        self._story = Story(tools, claimed.position, setup.destination_id, first, setup.address.secrets)

    async def run(self) -> Result:
        made = await self._load() if self._claimed.held is not None else self._translate()
        if isinstance(made, Result):
            return made
        if expired := fold.key_expired(made, self._contact(made), self._setup.policy, self._now()):
            return self._final(expired)
        if not self._claimed.held and (done := self._needless(made)):
            return self._final([done])
        sent_or_not = await self._take_turn(made)
        return sent_or_not if isinstance(sent_or_not, Result) else await self._send(*sent_or_not)

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
            self._claimed = claimed = outcome.interrupted(claimed, claimed.first_left_at or now)
        if expired := outcome.before_sending(claimed, made.kind, setup.policy, now):
            return self._final([expired])
        return gather.alone(Ready(claimed, message), made)

    def _made(self, claimed: Claimed, message: Mapping[str, Any], now: int) -> Translation:
        """Below zero stand requests to delete somebody: no event can be one, and nothing shows whom they name."""
        if claimed.position > 0:
            return self._setup.kind.translate(message, self._setup.settings, claimed.facts, now)
        user_id, email = message.get("userId"), message.get("email")
        self._story.hide(tuple(name for name in (user_id, email) if name))
        made = self._setup.kind.deletion(user_id, email)
        return made or Filtered(Code.TYPE_NOT_TAKEN, SENTENCES[Code.TYPE_NOT_TAKEN])

    async def _load(self) -> Fold:
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
        return made

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
        found = gather.together(made, behind, setup.kind, setup.settings, self._sent(made), self._now())
        left = [*found.left, *(c.position for c in claims[len(behind) :])]
        await self._give_up(left)
        self._ended = found.ended
        return found.fold

    async def _take_turn(self, made: Fold) -> tuple[Fold, float] | Result:
        """A slot, with whatever has to be there first; a Result when nothing leaves."""
        setup, gathered = self._setup, False
        while True:
            waits = not self._gate.is_free()
            given = await self._gate.slot(setup.destination_id, self._claimed.gives_way)
            if not self._may_leave():
                self._gate.give_back()
                return Result(back=(self._claimed.position, *self.claimed_here))
            if waits and not gathered:
                made = await self._gather(made)
            gathered = True
            known = self._properties.get(setup.account)
            step = setup.kind.prepare(made.rendered, setup.settings, known)
            if step is None:
                return made, given
            await self._gate.leave(given)
            done = await self._exchange(
                render.outgoing(step.request, setup.address, self._tools.agent, setup.policy.timeout)
            )
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
            return Result((*self._ended, outcome.held(self._claimed, said, now)), "answered", said, back)
        if isinstance(said, Throttled):
            decided = outcome.decide(self._claimed, made.rendered, said, self._setup.policy, now, done.at, fraction)
            return Result((*self._ended, decided.settlement), "answered", None, back)
        code = said.code if isinstance(said, Unknown) else Code.CONNECTION
        unsure = outcome.unsure(self._claimed, code, self._setup.policy, now, fraction)
        return Result((*self._ended, unsure), "failure", None, back)

    # --- sending ---------------------------------------------------------------------------------------------------

    async def _send(self, made: Fold, given: float, repaired: bool = False) -> Result:
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
        )
        try:
            await self._tools.store.intend([intent])
        except BaseException:
            self._gate.give_back()
            raise
        await self._gate.leave(given)
        done = await self._exchange(request)
        said = await self._judge(made, done)
        single = len(made.members) == 1 and not repaired
        if isinstance(said, Refusal) and single and (mended := await self._repair(made, said)) is not None:
            return mended
        return self._settle(made, held, carried, done, said)

    def _settle(
        self, made: Fold, held: Held | None, carried: Carried | None, done: Exchange, said: Verdict | NoAnswer
    ) -> Result:
        now, fraction, policy = self._now(), self._tools.chance.fraction(), self._setup.policy
        if held is not None:
            made = _with_held(made, held)
        if isinstance(said, Pause):
            settlements = fold.paused(made, said, now)
            return Result((*self._ended, *settlements), "answered", said)
        if isinstance(said, Ask):  # the question itself was not answered
            settlements = fold.unsure(made, policy, now, fraction, said.refusal)
            return Result((*self._ended, *settlements), "failure")
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
        return self._final([*self._ended, *settlements], first.signal)

    async def _repair(self, made: Fold, refusal: Refusal) -> Result | None:
        """A user whom the destination does not know is sent once more, with the email last seen with it."""
        setup = self._setup
        if refusal.code not in UNKNOWN_USER or not setup.policy.repair:
            return None
        email = self._tools.store.email_of(setup.destination_id, self._claimed.lanes)
        asked = setup.kind.repair(made.rendered, email) if email else None
        if asked is None:
            return None
        await self._gate.turn(setup.destination_id, self._claimed.gives_way)
        request = render.outgoing(asked.question, setup.address, self._tools.agent, setup.policy.timeout)
        answered = await self._exchange(request)
        allowed = isinstance(answered.got, Answer) and setup.kind.may_repair(asked, answered.got)
        self._story.tell("question", answered, "the email is free" if allowed else "the email cannot be used")
        still = self._tools.store.email_of(setup.destination_id, self._claimed.lanes)
        if not allowed or still != email:
            return None
        self._claimed = msgspec.structs.replace(
            self._claimed, attempts=self._claimed.attempts + 1, **outcome.refused(self._claimed)
        )
        message = self._message(self._claimed.position)
        assert message is not None
        mended = gather.alone(Ready(self._claimed, message), asked.rendered)
        given = await self._gate.slot(setup.destination_id, self._claimed.gives_way)
        self._story.told_delivery = False
        return await self._send(mended, given, repaired=True)

    async def _judge(self, made: Fold, done: Exchange) -> Verdict | NoAnswer:
        """What the answer means; asks the destination where only it can tell. An Ask comes back unanswered."""
        setup = self._setup
        if isinstance(done.got, NoAnswer):
            return done.got
        verdict = setup.kind.read(made.rendered, done.got, setup.address.base_url)
        if not isinstance(verdict, Ask):
            if isinstance(verdict, Pause):
                self._story.tell("delivery", done, "the destination pauses")
            return verdict
        if len(made.members) > 1 and verdict.purpose == "user":
            return verdict.refusal  # each will be asked about by itself
        self._story.tell("delivery", done, "refused; Headrace asks the destination why")
        await self._gate.turn(setup.destination_id, self._claimed.gives_way)
        request = render.outgoing(verdict.question, setup.address, self._tools.agent, setup.policy.timeout)
        asked = await self._exchange(request)
        if isinstance(asked.got, NoAnswer):
            self._story.tell("question", asked, "no answer")
            return verdict
        answered = setup.kind.answered(verdict, made.rendered, asked.got, setup.address.base_url)
        self._story.tell("question", asked, type(answered).__name__.lower())
        return verdict if isinstance(answered, Unknown | Throttled) else answered

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

    async def _exchange(self, request: Any) -> Exchange:
        return await exchange(self._tools, self._gate, request)

    def _now(self) -> int:
        return self._tools.clock.now_ms()


def _with_held(made: Fold, held: Held) -> Fold:
    first = made.members[0]
    claimed = msgspec.structs.replace(first.claimed, held=held)
    return msgspec.structs.replace(made, members=(Member(claimed, first.warnings), *made.members[1:]))

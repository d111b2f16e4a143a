"""Takes one claimed delivery through its steps: pack, take a turn, prepare, write down, send, ask, mend. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from headrace.delivery import ending, gather, memory, packing, questions, render
from headrace.delivery.ending import Result
from headrace.delivery.fold import Fold
from headrace.delivery.gather import Ready
from headrace.delivery.packing import Packing
from headrace.delivery.port import Claimed, Intent, NoAnswer, Outgoing
from headrace.delivery.sending import Exchange, Story, Tools, exchange
from headrace.delivery.setup import Setup, ask
from headrace.destinations.port import Answer, Ask, Refusal, Request, Verdict
from headrace.fate import Code

UNKNOWN_USER = (Code.NEW_CONTACT_NEEDS_EMAIL, Code.CONTACT_UNKNOWN)


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
            await self._tools.store.hand_back(setup.destination_id, trip.packing.taken)
            raise
        finally:
            trip.give_back_slot()


class Trip:
    """One request's way."""

    def __init__(
        self,
        tools: Tools,
        claimed: Claimed,
        setup: Setup,
        may_leave: Callable[[], bool],
        known: dict[str, frozenset[str]],
    ) -> None:
        self._tools = tools
        self._claimed = claimed  # as it was at first
        self._setup = setup
        self._may_leave = may_leave
        self._properties = known
        self._slot: float | None = None  # when it was given, until the request has left
        first = claimed.attempts * 4 + 1
        self._story = Story(tools, claimed.position, setup.destination_id, first, setup.address.secrets)
        self.packing = Packing(tools, claimed, setup, self._story)

    async def run(self) -> Result:
        packed = await self.packing.first()
        made = await self._take_turn(packed) if isinstance(packed, Fold) else Result(self.packing.with_copies(packed))
        return made if isinstance(made, Result) else await self._send(made)

    def give_back_slot(self) -> None:
        if self._slot is not None:
            self._slot = None
            self._setup.gate.give_back()

    # --- its turn --------------------------------------------------------------------------------------------------

    async def _take_turn(self, made: Fold) -> Fold | Result:
        """Reserves the slot, with whatever has to be there first; a Result when nothing leaves."""
        setup, asked = self._setup, False
        while True:
            waits = not setup.gate.is_free()
            await self._reserve()
            if not self._may_leave():
                return Result(back=(self._claimed.position, *self.packing.taken))
            if waits and not asked:
                made = await self.packing.joined(made)
            asked = True
            known = self._properties.get(setup.account)
            step = setup.kind.prepare(made.rendered, setup.settings, known)
            if step is None:
                return made
            done = await self._leave(render.outgoing(step.request, setup.address, self._tools.agent, setup.policy.timeout))
            learned = setup.kind.learn(step, done.got, known) if isinstance(done.got, Answer) else None
            self._story.tell("preparation", done, step.why)
            if learned is None:
                said, fraction = await self._judge(made, done), self._tools.chance.fraction()
                return ending.unprepared(made, said, setup.policy, self._now(), done.at, fraction)
            self._properties[setup.account] = learned

    async def _reserve(self) -> None:
        self._slot = await self._setup.gate.slot(self._setup.destination_id, self._claimed.gives_way)

    async def _leave(self, request: Outgoing) -> Exchange:
        """In the slot that was reserved."""
        assert self._slot is not None
        await self._setup.gate.leave(self._slot)
        self._slot = None
        return await exchange(self._tools, self._setup.gate, request)

    # --- sending ---------------------------------------------------------------------------------------------------

    async def _send(self, made: Fold, repaired: bool = False) -> Result:
        setup = self._setup
        request = render.outgoing(made.rendered.request, setup.address, self._tools.agent, setup.policy.timeout, made.key)
        carried = memory.carried(setup.account, made.rendered, made.newest, self.packing.sent(made))
        exact = len(made.members) > 1 or made.carrier.held is not None or repaired
        held = made.held() if exact else None
        intent = Intent(
            made.carrier.position,
            setup.destination_id,
            self._now(),
            made.key,
            render.body_hash(request),
            tuple(m.claimed.position for m in made.members),
            held,
            msgspec.structs.replace(carried, everything=True) if carried and repaired else carried,
            made.carrier.key_turn if repaired else None,
        )
        await self._tools.store.intend([intent])
        done = await self._leave(request)
        said = await self._judge(made, done)
        if isinstance(said, Refusal) and len(made.members) == 1 and not repaired:
            if isinstance(mended := await self._mend(made, said), Fold):
                return await self._send(mended, repaired=True)
            said = mended
        made = made if held is None else made.keeping(held)
        contact = setup.kind.without_event(made.rendered) if len(made.members) > 1 else made.rendered
        fraction = self._tools.chance.fraction()
        result, words = ending.answered(made, contact, carried, said, setup.policy, self._now(), done.at, fraction)
        if words and not self._story.told_delivery:
            self._story.tell("delivery", done, words)
        return msgspec.structs.replace(result, settlements=self.packing.with_copies(result.settlements))

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
        message = self.packing.message(self._claimed.position)
        assert message is not None
        await self._reserve()
        self._story.told_delivery = False
        return gather.alone(Ready(packing.refused(made), message), repair.rendered)

    def _email(self) -> str | None:
        return self._tools.store.email_of(self._setup.destination_id, self._claimed.lanes)

    async def _judge(self, made: Fold, done: Exchange) -> Verdict | NoAnswer:
        return await questions.judge(self._setup, made.rendered, len(made.members) > 1, done, self._story, self._ask)

    async def _ask(self, request: Request) -> Exchange:
        return await ask(self._tools, self._setup, request, self._claimed.gives_way)

    def _now(self) -> int:
        return self._tools.clock.now_ms()

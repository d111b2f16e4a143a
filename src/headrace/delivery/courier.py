"""Takes one claimed delivery through its steps: render, prepare, write down, send, ask, settle. Decides nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec

from headrace.delivery import keys, outcome, render
from headrace.delivery.port import Claimed, Intent, NoAnswer, Settlement
from headrace.delivery.sending import Exchange, Gate, Story, Tools, exchange
from headrace.destinations.port import (
    Address,
    Answer,
    Ask,
    DestinationType,
    Filtered,
    Pause,
    Policy,
    Refused,
    Rendered,
    Throttled,
    Unknown,
    Verdict,
)
from headrace.fate import Code, State

Signal = Literal["success", "refusal", "failure", "answered", "none"]


class Setup(msgspec.Struct, frozen=True):
    """A destination as it is configured at this moment."""

    destination_id: str
    kind: DestinationType
    settings: Mapping[str, Any]
    policy: Policy
    address: Address


class Result(msgspec.Struct, frozen=True):
    settlement: Settlement | None  # None: handed back unsent
    signal: Signal = "none"
    pause: Pause | None = None


class Courier:
    """One per destination; holds what was learnt of it (its contact properties) until settings change."""

    def __init__(self, tools: Tools, may_leave: Callable[[], bool]) -> None:
        self._tools = tools
        self._may_leave = may_leave
        self._known: dict[str, frozenset[str]] = {}

    def forget_known(self) -> None:
        self._known.clear()

    async def deliver(self, claimed: Claimed, setup: Setup, gate: Gate) -> Result:
        message = self._tools.events.message(claimed.position)
        if message is None:
            return Result(outcome.gone(claimed, self._tools.clock.now_ms()))
        result = await self._work(claimed, message, setup, gate)
        settled = result.settlement
        if settled is not None and settled.state is State.DEAD:
            copy = msgspec.json.encode(message)
            result = msgspec.structs.replace(result, settlement=msgspec.structs.replace(settled, copy=copy))
        return result

    async def _work(self, claimed: Claimed, message: Mapping[str, Any], setup: Setup, gate: Gate) -> Result:
        now = self._tools.clock.now_ms()
        made = setup.kind.translate(message, setup.settings, claimed.facts, now)
        if isinstance(made, Filtered | Refused):
            return Result(outcome.without_request(claimed, made, now))
        if claimed.state is State.SENDING:
            claimed = outcome.interrupted(claimed, claimed.first_left_at or now)
        if expired := outcome.before_sending(claimed, made.kind, setup.policy, now):
            return Result(expired)
        story = Story(self._tools, claimed.position, setup.destination_id, claimed.attempts * 4 + 1, setup.address.secrets)
        if stopped := await self._prepare(claimed, made, setup, gate, story):
            return stopped
        return await self._send(claimed, made, message, setup, gate, story)

    async def _prepare(self, claimed: Claimed, made: Rendered, setup: Setup, gate: Gate, story: Story) -> Result | None:
        """Whatever has to be there first; None when the delivery may go on."""
        known = self._known.get(setup.address.pace_key)
        while step := setup.kind.prepare(made, setup.settings, known):
            await gate.slot()
            if not self._may_leave():
                return Result(None)
            request = render.outgoing(step.request, setup.address, self._tools.agent, setup.policy.timeout)
            done = await exchange(self._tools, gate, request)
            learned = setup.kind.learn(step, done.got, known) if isinstance(done.got, Answer) else None
            story.tell("preparation", done, step.why)
            if learned is None:
                return await self._unprepared(claimed, made, setup, gate, story, done)
            known = self._known[setup.address.pace_key] = learned
        return None

    async def _unprepared(
        self, claimed: Claimed, made: Rendered, setup: Setup, gate: Gate, story: Story, done: Exchange
    ) -> Result:
        said = await self._judge(made, setup, gate, story, done)
        now = self._tools.clock.now_ms()
        if isinstance(said, Pause):
            return Result(outcome.held(claimed, said, now), "answered", said)
        fraction = self._tools.chance.fraction()
        if isinstance(said, Throttled):
            return Result(outcome.decide(claimed, made, said, setup.policy, now, done.at, fraction).settlement, "answered")
        code = said.code if isinstance(said, Unknown) else Code.CONNECTION
        return Result(outcome.unsure(claimed, code, setup.policy, now, fraction, refused=False), "failure")

    async def _send(
        self, claimed: Claimed, made: Rendered, message: Mapping[str, Any], setup: Setup, gate: Gate, story: Story
    ) -> Result:
        key = None
        if made.kind == "event":
            key = keys.key(setup.destination_id, str(message["sourceId"]), str(message["messageId"]), claimed.key_turn)
        request = render.outgoing(made.request, setup.address, self._tools.agent, setup.policy.timeout, key)
        await gate.slot()
        if not self._may_leave():
            return Result(None)
        intent = Intent(
            claimed.position,
            setup.destination_id,
            self._tools.clock.now_ms(),
            key,
            render.body_hash(request),
            (claimed.position,),
        )
        await self._tools.store.intend([intent])
        done = await exchange(self._tools, gate, request)
        said = await self._judge(made, setup, gate, story, done)
        now = self._tools.clock.now_ms()
        if isinstance(said, Pause):
            return Result(outcome.held(claimed, said, now), "answered", said)
        fraction = self._tools.chance.fraction()
        if isinstance(said, Ask):  # the question itself was not answered
            settled = outcome.unsure(claimed, Code.CONNECTION, setup.policy, now, fraction, refused=True)
            return Result(settled, "failure")
        decided = outcome.decide(claimed, made, said, setup.policy, now, done.at, fraction)
        if not story.told_delivery:
            story.tell("delivery", done, decided.attempt)
        return Result(decided.settlement, decided.signal)

    async def _judge(self, made: Rendered, setup: Setup, gate: Gate, story: Story, done: Exchange) -> Verdict | NoAnswer:
        """What the answer means; asks the destination where only it can tell. An Ask comes back unanswered."""
        if isinstance(done.got, NoAnswer):
            return done.got
        verdict = setup.kind.read(made, done.got, setup.address.base_url)
        if not isinstance(verdict, Ask):
            if isinstance(verdict, Pause):
                story.tell("delivery", done, "the destination pauses")
            return verdict
        story.tell("delivery", done, "refused; Headrace asks the destination why")
        await gate.slot()
        request = render.outgoing(verdict.question, setup.address, self._tools.agent, setup.policy.timeout)
        asked = await exchange(self._tools, gate, request)
        if isinstance(asked.got, NoAnswer):
            story.tell("question", asked, "no answer")
            return verdict
        answered = setup.kind.answered(verdict, made, asked.got, setup.address.base_url)
        story.tell("question", asked, type(answered).__name__.lower())
        return verdict if isinstance(answered, Unknown | Throttled) else answered

"""A destination as it is configured at this moment, the pace before it, and how to ask it something."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import msgspec

from headrace.delivery import render
from headrace.delivery.gate import Gate, Gates
from headrace.delivery.sending import Exchange, Tools, exchange
from headrace.destinations.port import Address, Answer, DestinationType, Message, Policy, Rendered, Request, Translation
from headrace.event import Facts


class Setup(msgspec.Struct, frozen=True):
    destination_id: str
    kind: DestinationType
    settings: Mapping[str, Any]
    policy: Policy
    address: Address
    account: str  # what shares one pace and one memory of what was sent
    gate: Gate
    notice: Callable[[Rendered], Rendered]

    def translate(self, message: Message, facts: Facts, now: int) -> Translation:
        """What `kind` makes of it, with the warnings of what the destination does not know."""
        made = self.kind.translate(message, self.settings, facts, now)
        return self.notice(made) if isinstance(made, Rendered) else made


def set_up(
    tools: Tools, gates: Gates, destination_id: str, kind: DestinationType, settings: Mapping[str, Any], tried: bool = False
) -> Setup | None:
    """None: no address yet. `tried`: these settings are not saved, so their rate does not bind the others."""
    address = kind.address(settings, tools.builtin())
    if address is None:
        return None
    policy = kind.policy(settings)
    gate = gates.at(address, policy.rate) if tried else gates.of(address, destination_id, policy.rate)
    notice = partial(tools.notice, destination_id, kind, settings)
    return Setup(destination_id, kind, settings, policy, address, gates.account(address), gate, notice)


async def ask(tools: Tools, setup: Setup, request: Request, gives_way: bool = False) -> Exchange:
    """A request that needs not be written down, in its turn."""
    await setup.gate.turn(setup.destination_id, gives_way)
    return await exchange(tools, setup.gate, render.outgoing(request, setup.address, tools.agent, setup.policy.timeout))


async def learn_team(tools: Tools, gates: Gates, setup: Setup, answer: Answer) -> bool:
    """From the answer to the probe. Whether it was news: then it is another account, and another gate."""
    team = setup.kind.team(answer)
    if team is None:
        return False
    await tools.store.remember_team(setup.address.pace_key, team)
    return gates.learn(setup.address, team)

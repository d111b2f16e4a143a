"""A backfill meets a call that its destination cannot read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from headrace.destinations.loops.type import Loops
from headrace.destinations.register import CATALOG
from headrace.fate import Code, State
from headrace.journal.jobs import Selection
from tests.app.house import House
from tests.harness.story import awaited


class Confused(Loops):
    """Cannot read what Bob sent."""

    def takes(self, message: Mapping[str, Any]) -> Any:
        if message["userId"] == "u2":
            raise TypeError("what Bob sent")
        return super().takes(message)


@awaited
async def test_bobs_broken_call_gets_its_own_fate_and_everybody_elses_are_filled_in(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = house.log()
    await house.accept(log, 3)
    store = house.instance.store
    late = store.add_destination("ada", "Loops too", "loops", {"base_url": "builtin"}).id
    store.connect("ada", house.source, late, house.instance.log.head())
    monkeypatch.setitem(CATALOG, "loops", Confused())

    await house.instance.replays.start("backfill", Selection(destination_id=late, events=True), again=False, yes=True)
    await house.instance.replays.finish()

    fates = {fate.code for n in (1, 2, 3) for fate in house.instance.journal.fates(n) if fate.destination_id == late}
    assert fates == {Code.ROUTED, Code.INVALID_EVENT}
    counts = house.instance.journal.counts()[late]
    assert (counts[State.WAITING], counts[State.FILTERED]) == (2, 1)
    await log.close()

"""What is old goes, in small batches; what people were told by figures stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from headrace.database import open_database
from headrace.engine import keeping
from headrace.engine.outbox import listing
from headrace.engine.public import preferences
from headrace.engine.schema import MIGRATIONS
from headrace.engine.store import rows
from headrace.engine.workflows import counting
from tests.engine.mailing import Writer, drain
from tests.engine.workflows.drawing import line
from tests.engine.workflows.house import ADA, DAY, House

EVERY_TIME = ("EventTrigger", {"eventName": "signup", "reEligible": True})
MAIL = ("SendEmailAction", {"emailMessageId": "m1"})


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    house.engine.outbox.composer = Writer()
    yield house
    house.engine.close()


def count(house: House, table: str, where: str = "1") -> int:
    return int(house.engine.read(lambda c: rows(c, f"select count(*) from {table} where {where}"))[0][0])


def figures(house: House, workflow: str) -> Any:
    return house.engine.read(
        lambda c: (
            counting.metrics(c, workflow, "m1"),
            counting.totals(c, workflow),
            counting.sent(c, workflow),
            listing.counts(c, workflow),
        )
    )


def welcomed(house: House, times: int, trigger: Any = EVERY_TIME) -> str:
    workflow = house.workflow(line(MAIL, trigger=trigger))
    house.put()
    for _ in range(times):
        house.event(plan="Pro")
        house.settle()
    drain(house.engine)
    return workflow


def test_figures_of_a_workflow_are_the_same_after_its_mails_and_runs_went(house: House, monkeypatch: Any) -> None:
    monkeypatch.setattr(keeping, "BATCH", 2)  # so that one batch is not enough
    workflow = welcomed(house, 5)
    first = house.engine.read(lambda c: rows(c, "select id from send order by n"))[0][0]
    house.engine.write(lambda desk: preferences.opened(desk, first)).result()
    house.engine.write(lambda desk: preferences.clicked(desk, first)).result()
    before = figures(house, workflow)
    assert (before[0]["sends"], before[0]["opens"], before[1]["done"], before[2]) == (5, 1, 5, 5)
    house.clock.now += 399 * DAY
    house.engine.prune()
    assert (count(house, "send"), count(house, "run")) == (5, 5)
    house.clock.now += 2 * DAY
    house.engine.prune()
    assert (count(house, "send"), count(house, "run")) == (0, 0)
    assert figures(house, workflow) == before


def test_who_was_welcomed_years_ago_is_not_welcomed_again(house: House) -> None:
    welcomed(house, 1, ("EventTrigger", {"eventName": "signup"}))
    house.clock.now += 3000 * DAY
    house.engine.prune()
    house.event(plan="Pro")
    house.settle()
    assert house.starts()[-1] == (0, "The contact has entered this workflow before, and its frequency is one time.")
    assert (count(house, "send"), count(house, "run"), count(house, "been")) == (0, 0, 1)
    house.delete()
    house.event(plan="Pro")
    house.settle()
    assert (house.starts()[-1], count(house, "been")) == ((1, ""), 0), "who comes back after a deletion is somebody new"


def test_a_run_that_is_over_forgets_what_it_knew_with_the_event_log_and_one_inside_does_not(house: House) -> None:
    welcomed(house, 1)
    house.workflow(line(("TimerAction", {"amount": 90, "unit": "d"}), MAIL, trigger=EVERY_TIME), name="Later")
    house.event(plan="Max")
    house.settle()
    house.clock.now += 31 * DAY
    house.engine.prune()
    kept = house.engine.read(lambda c: rows(c, "select state, event is null, trail from run order by seq"))
    assert kept[0] == ("done", 1, "[]")
    assert ("waiting", 0) in {(state, gone) for state, gone, _ in kept}
    assert (count(house, "log"), count(house, "workflow_start")) == (0, 0)


def test_a_mail_that_has_not_left_stays_however_old(house: House) -> None:
    workflow = house.workflow(line(MAIL, trigger=EVERY_TIME))
    house.put()
    house.event(plan="Pro")
    house.settle()
    house.clock.now += 500 * DAY
    house.engine.prune()
    drain(house.engine)
    assert house.engine.read(lambda c: rows(c, "select email, state from send")) == [(ADA, "delivered")]
    assert figures(house, workflow)[0]["sends"] == 1


def test_the_looks_for_old_rows_use_an_index(house: House) -> None:
    def plan(c: Any, sql: str) -> str:
        return " ".join(row[3] for row in c.execute(f"explain query plan {sql}"))

    for sql, index in (
        ("select id from send where at<1 and state not in ('queued', 'sending') order by at limit 2", "send_at"),
        ("select seq from run where ended_at<1 order by ended_at limit 2", "run_ended"),
        ("select seq from run where ended_at<1 and state='refused' order by ended_at limit 2", "run_refused"),
        (
            "select seq from run where ended_at<1 and (event is not null or trail!='[]') order by ended_at limit 2",
            "run_knowing",
        ),
        ("select seq from run where workflow='w' and state!='refused' order by seq desc limit 2", "run_of"),
        ("select node, count(*) from run where workflow='w' and state in ('ready', 'waiting') group by node", "run_inside"),
        ("select n from webhook_message where at<1 and state!='queued' order by at limit 2", "webhook_at"),
        ("select id from send where email='a' collate nocase order by n desc limit 1", "send_email"),
    ):
        assert index in house.engine.read(lambda c, sql=sql: plan(c, sql))  # type: ignore[misc]


def test_figures_counted_before_there_were_tallies_of_sends_are_taken_along(tmp_path: Path) -> None:
    older = open_database(tmp_path / "engine.db", MIGRATIONS[:2])
    older.execute("insert into workflow_tally values('w', 'm1', 'softBounces', 3)")
    older.close()
    house = House(tmp_path)
    assert house.engine.read(lambda c: counting.metrics(c, "w", "m1"))["softBounces"] == 3
    house.engine.close()

"""Routing over a real log and a real delivery.db: who gets what, in which lane, and what a bad event does not do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace.delivery.port import Claimed, Settlement
from headrace.destinations.loops.type import Loops
from headrace.destinations.register import CATALOG
from headrace.event import AcceptedEvent, Facts, LoggedEvent
from headrace.fate import SENTENCES, Code, State
from headrace.journal.port import DeliveryFilter
from headrace.routing.port import Batch
from headrace.routing.router import Router
from headrace.storage.sqlite.delivery.attempts import AttemptReader
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.delivery.journal import SqliteJournal
from headrace.storage.sqlite.eventlog.reader import SqliteEventLogReader
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from headrace.workspace.model import Connection, Destination, Source, Workspace
from tests.storage.queue import NOON, StandingClock

LOOPS = Destination("dst-loops", "loops", "loops", True, {"api_key": "a" * 32})
HOOK = Destination("dst-hook", "hook", "webhook", True, {"url": "http://127.0.0.1:9"})
OFF = Destination("dst-off", "off", "loops", False, {})
WEB = Source("src-web", "website", "javascript", "wk")


def workspace(*destinations: Destination, since: int = 0) -> Workspace:
    links = tuple(Connection(WEB.id, d.id, since) for d in destinations)
    return Workspace(1, (WEB,), destinations, links)


class House:
    """The gateway's log and the worker's file, with a router between them."""

    def __init__(self, directory: Path, configured: Workspace, catalog: Mapping[str, Any] = CATALOG) -> None:
        self.clock = StandingClock()
        self.workspace = configured
        self.writer = SqliteEventLog.open(directory / "events", self.clock)
        self.log = SqliteEventLogReader(directory / "events")
        self.db = DeliveryDb.open(directory / "delivery.db", self.clock)
        self.journal = SqliteJournal(directory / "delivery.db", AttemptReader(directory / "attempts"))
        self.router = Router(self.log, self.db, lambda: self.workspace, catalog)
        self.count = 0

    async def accept(self, payload: dict[str, Any], id_: str | None = None, **more: Any) -> LoggedEvent:
        self.count += 1
        user, anon = str(payload.get("userId") or ""), str(payload.get("anonymousId") or "")
        event = AcceptedEvent(
            WEB.id,
            id_ or f"m-{self.count}",
            NOON,
            "127.0.0.1",
            "r",
            more.get("type"),
            user,
            anon,
            json.dumps(payload).encode(),
        )
        return (await self.writer.append([event]))[0]

    async def route(self) -> int:
        total = 0
        while routed := await self.router.step():
            total += routed
        return total

    async def claim(self, destination: Destination = LOOPS) -> list[Claimed]:
        return await self.db.claim(destination.id, 100, NOON)

    async def close(self) -> None:
        self.journal.close()
        self.db.close()
        self.log.close()
        await self.writer.close()


def told(directory: Path, configured: Workspace, story: Any, catalog: Mapping[str, Any] = CATALOG) -> None:
    async def run() -> None:
        house = House(directory, configured, catalog)
        try:
            await story(house)
        finally:
            await house.close()

    asyncio.run(run())


def call(kind: str, user: str = "ada", **more: Any) -> dict[str, Any]:
    return {"type": kind, "userId": user, "anonymousId": "browser-1", **more}


def test_identify_comes_before_track_because_both_stand_in_adas_lane(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.accept(call("identify", context={"traits": {"email": "Ada@X.org"}}))
        await house.accept(call("track", event="Signed Up"))
        await house.accept({"type": "track", "anonymousId": "b2", "event": "Bought", "traits": {"email": "ada@x.org"}})
        assert await house.route() == 3
        (first,) = await house.claim()
        assert (first.position, first.lanes) == (1, ("u:ada", "e:ada@x.org"))
        done = Settlement(1, LOOPS.id, State.DELIVERED, Code.DELIVERED, "", NOON, 1, 0, None)
        await house.db.settle([done])
        (second,) = await house.claim()
        assert (second.position, second.lanes) == (2, ("u:ada", "e:ada@x.org"))

    told(tmp_path, workspace(LOOPS), story)


def test_every_event_has_a_fate_whatever_it_is(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.accept(call("track", event="Bought"), "same")
        await house.accept(call("track", event="Bought"), "same")
        await house.accept(call("page"))
        await house.accept({"type": "track", "anonymousId": "b3", "event": "Looked"})
        await house.accept({"userId": "ada"})
        assert await house.route() == 5
        fates = [[(f.destination_id, f.state, f.code) for f in house.journal.fates(n)] for n in range(1, 6)]
        assert fates[0] == [("dst-loops", "waiting", "routed"), ("dst-hook", "waiting", "routed")]
        assert fates[1] == [(None, "duplicate", "duplicate")]
        assert fates[2][0] == ("dst-loops", "filtered", "type_not_taken")
        assert fates[3][0] == ("dst-loops", "filtered", "not_identified")
        assert fates[3][1] == ("dst-hook", "waiting", "routed")
        assert all(fates[4])

    told(tmp_path, workspace(LOOPS, HOOK), story)


def test_what_came_before_a_connection_began_is_not_routed_and_a_disabled_destination_keeps_its_queue(
    tmp_path: Path,
) -> None:
    async def story(house: House) -> None:
        await house.accept(call("track", event="Before"))
        await house.accept(call("track", event="After"))
        await house.route()
        assert [f.code for f in house.journal.fates(1)] == ["no_destination"]
        assert [(f.destination_id, f.state) for f in house.journal.fates(2)] == [("dst-off", "waiting")]

    told(tmp_path, workspace(OFF, since=1), story)


def test_a_source_with_no_destination_says_so(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.accept(call("track", event="Bought"))
        await house.route()
        (fate,) = house.journal.fates(1)
        assert (fate.destination_id, fate.state, fate.reason) == (None, "filtered", SENTENCES[Code.NO_DESTINATION])
        (row,) = house.journal.source_table(WEB.id)
        assert (row.type, row.name, row.count) == ("track", "Bought", 1)

    told(tmp_path, workspace(), story)


def test_ada_leaves_a_list_on_the_preference_page_and_her_next_page_load_does_not_put_her_back(tmp_path: Path) -> None:
    """What Loops' translation makes of the facts that routing fixed, over two page loads."""

    async def story(house: House) -> None:
        traits = {"email": "ada@x.org", "mailingLists": {"news": True}, "plan": "Free"}
        for load in range(2):
            await house.accept(call("identify", context={"traits": traits, "load": load}))
            await house.accept(call("track", event="Looked", context={"traits": traits}))
        await house.route()
        said = [d.fate.position for d in house.journal.deliveries(DeliveryFilter(LOOPS.id))]
        assert said == [4, 3, 2, 1]
        facts: list[Facts] = []
        while claims := await house.claim():
            facts.append(claims[0].facts)
            done = Settlement(claims[0].position, LOOPS.id, State.DELIVERED, Code.DELIVERED, "", NOON, 1, 0, None)
            await house.db.settle([done])
        assert [f.repeated_choices for f in facts] == [(), *[("mailingLists.news",)] * 3]
        assert [f.new_traits for f in facts] == [None, (), None, ()]
        message = {"type": "identify", "userId": "ada", "context": {"traits": traits}}
        sent = CATALOG["loops"].translate(message, LOOPS.settings, facts[0], NOON)
        again = CATALOG["loops"].translate(message, LOOPS.settings, facts[2], NOON)
        assert (sent.lists, again.lists) == ({"news": True}, {})  # type: ignore[union-attr]

    told(tmp_path, workspace(LOOPS), story)


def test_a_rebuild_from_the_log_gives_the_same_lanes_and_facts(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        for n in range(40):
            email = f"{n % 3}@x.org" if n % 2 else None
            await house.accept(
                call("identify" if n % 5 else "track", f"u{n % 4}", event="E", traits={"email": email, "n": n % 7})
            )
        await house.route()
        other = DeliveryDb.open(tmp_path / "again.db", house.clock)
        routed: list[list[Any]] = [[], []]

        class Listening:
            """Passes on to a store what it is given, and remembers it."""

            def __init__(self, store: DeliveryDb, heard: list[Any]) -> None:
                self.cursor, self.recall, self._store, self._heard = store.cursor, store.recall, store, heard

            async def commit(self, entries: Batch) -> None:
                self._heard += entries.routed
                await self._store.commit(entries)

        again = Router(house.log, Listening(other, routed[0]), lambda: house.workspace, CATALOG)
        while await again.step():
            pass
        third = DeliveryDb.open(tmp_path / "third.db", house.clock)
        small = Router(OneByOne(house.log), Listening(third, routed[1]), lambda: house.workspace, CATALOG)  # type: ignore[arg-type]
        while await small.step():
            pass
        assert routed[0] == routed[1]
        assert len(routed[0]) == 40
        other.close()
        third.close()

    told(tmp_path, workspace(LOOPS), story)


class OneByOne:
    """A log that gives one entry at a time: where batches end must not matter."""

    def __init__(self, log: SqliteEventLogReader) -> None:
        self._log = log

    def read(self, after: int, limit: int) -> list[LoggedEvent]:
        return self._log.read(after, 1)


class Stumbling(Loops):
    """A destination type with a bug."""

    def identifiers(self, message: Mapping[str, Any]) -> Any:
        raise KeyError("planned")


def test_an_event_that_a_destination_type_cannot_read_stops_nobody(tmp_path: Path) -> None:
    async def story(house: House) -> None:
        await house.accept(call("track", event="Bought"))
        await house.accept(call("track", event="Bought again"))
        assert await house.route() == 2
        fates = {f.destination_id: (f.state, f.code) for f in house.journal.fates(2)}
        assert fates == {"dst-loops": ("filtered", "invalid_event"), "dst-hook": ("waiting", "routed")}

    told(tmp_path, workspace(LOOPS, HOOK), story, {**CATALOG, "loops": Stumbling()})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "email", "userId", "a"]), inner, max_size=3)
    ),
    max_leaves=6,
)
TRAITS = st.dictionaries(st.sampled_from(["email", "id", "mailingLists", "subscribed", "plan", ""]), JSON, max_size=4)
PAYLOADS = st.fixed_dictionaries(
    {"userId": JSON, "type": st.sampled_from(["identify", "track", "Track ", "page", "group", ""]) | JSON},
    optional={
        "traits": TRAITS | JSON,
        "context": st.fixed_dictionaries({"traits": TRAITS | JSON}) | JSON,
        "properties": TRAITS | JSON,
        "integrations": JSON,
        "event": JSON,
    },
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PAYLOADS, min_size=1, max_size=8))
def test_whatever_json_was_accepted_is_routed(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[dict[str, Any]]
) -> None:
    async def story(house: House) -> None:
        for payload in payloads:
            await house.accept(payload)
        assert await house.route() == len(payloads)
        for position in range(1, len(payloads) + 1):
            fates = house.journal.fates(position)
            assert len(fates) == 2
            assert "invalid_event" not in [f.code for f in fates], "a destination type failed"

    told(tmp_path_factory.mktemp("any"), workspace(LOOPS, HOOK), story)

"""Whom an event names, and taking people out of the log's files: positions stay, nothing else of them does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.event import AcceptedEvent
from headrace.eventlog.suppression import Suppression, hashed, named, names, unnamed
from headrace.storage.sqlite.eventlog import segment
from headrace.storage.sqlite.eventlog.check import check
from headrace.storage.sqlite.eventlog.erase import erase
from headrace.storage.sqlite.eventlog.reader import SqliteEventLogReader
from headrace.storage.sqlite.eventlog.volumes import Volumes
from headrace.storage.sqlite.eventlog.writer import SqliteEventLog
from tests.eventlog.events import StillClock
from tests.eventlog.test_eventlog import with_log

SALT = "pepper"


def call(message_id: str, user: str = "", anonymous: str = "browser", **message: Any) -> AcceptedEvent:
    payload = json.dumps(message).encode()
    return AcceptedEvent("s1", message_id, 1_800_000_000_000, "127.0.0.1", "r", None, user, anonymous, payload)


def without(*gone: str) -> Suppression:
    return Suppression(SALT, frozenset(hashed(SALT, name) for name in gone))


@pytest.mark.parametrize(
    "event",
    [
        call("m", "ada"),
        call("m", traits={"email": " Ada@X.org "}),
        call("m", context={"traits": {"email": "ADA@x.org"}}),
        call("m", "bob", properties={"email": "ada@x.org"}),
        call("m", context={"traits": {"userId": "ada"}}),
    ],
)
def test_ada_is_known_wherever_a_call_names_her(event: AcceptedEvent) -> None:
    (kept,) = unnamed([event], without("u:ada", "e:ada@x.org"))
    assert kept.forgotten
    assert (kept.message_id, kept.user_id, kept.anonymous_id, kept.payload, kept.request_ip) == ("", "", "", b"", "")


@pytest.mark.parametrize(
    "event",
    [
        call("m", "bob", traits={"email": "bob@x.org", "id": "ada"}),
        call("m", anonymous="ada"),
        call("m", "bob", properties={"text": "ada@x.org"}),
        call("m", traits=["ada@x.org"], context=3, properties=None),
    ],
)
def test_others_are_not_taken_for_her(event: AcceptedEvent) -> None:
    assert unnamed([event], without("u:ada", "e:ada@x.org")) == [event]


def test_what_cannot_be_read_names_only_whom_the_gateway_saw() -> None:
    broken = AcceptedEvent("s1", "m", 1, "", "", None, "ada", "", b'{"traits":')
    assert names(broken) == {"u:ada"}


def test_she_leaves_the_files_positions_stay_and_a_repetition_changes_nothing(tmp_path: Path) -> None:
    clock = StillClock()

    async def story(log: SqliteEventLog) -> None:
        await log.append([call("m1", "ada", traits={"email": "ada.secret@x.org"}), call("m2", "bob")])
        for number in range(20):  # small segments: some are sealed and indexed
            await log.append([call(f"n{number}", "ada" if number % 3 else "bob", text="ada.secret@x.org" * 5)])
        await log.append([call("m1", "ada")])
        assert await log.erase(without("u:ada")) == 1 + 13 + 1
        assert await log.erase(without("u:ada")) == 0
        (late, later) = await log.append(unnamed([call("m1", "ada"), call("x", "ada")], without("u:ada")))
        assert (late.duplicate_of, later.duplicate_of) == (None, None), "two that name nobody do not repeat each other"

    with_log(tmp_path, story, clock)
    reader = SqliteEventLogReader(tmp_path)
    events = reader.read(0, 100)
    reader.close()
    assert [e.position for e in events] == list(range(1, 26))
    assert [e.position for e in events if e.user_id == "ada"] == []
    assert b"ada.secret@x.org" not in events[0].payload
    assert events[22].duplicate_of == 1
    assert check(tmp_path) == []


def test_a_file_that_somebody_was_reading_is_written_anew_at_the_next_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The worker reads while she leaves: what stood there stays in the file until its journal can be taken in."""

    async def story(log: SqliteEventLog) -> None:
        await log.append([call("m1", "ada", traits={"email": "ada.secret@x.org"})])

    def impatient(path: Path) -> apsw.Connection:
        connection = patient(path)
        connection.set_busy_timeout(0)
        return connection

    with_log(tmp_path, story, StillClock())
    (path,) = segment.segments(tmp_path)
    patient = segment.connect
    monkeypatch.setattr(segment, "connect", impatient)
    worker = apsw.Connection(str(path))
    worker.execute("begin")
    ((hers,),) = worker.execute("select payload from block").fetchall()
    assert isinstance(hers, bytes)
    with pytest.raises(apsw.BusyError):
        erase(tmp_path, without("u:ada"), Volumes(tmp_path))
    assert hers in path.read_bytes()
    worker.execute("commit")
    assert erase(tmp_path, without("u:ada"), Volumes(tmp_path)) == 0, "every entry is a marker already"
    assert hers not in path.read_bytes()
    worker.close()


CALLS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "userId": st.sampled_from(["ada", "", "bob", 12, 12.0, None, True, ["ada"]]),
        "previousId": st.sampled_from(["ada", 7, None]),
        "traits": st.sampled_from([{"email": " Ada@X.org "}, {"id": "ada"}, {"userId": 5, "email": 3}, "text", None, []]),
        "context": st.sampled_from([{"traits": {"email": "ADA@x.org"}}, {"traits": 3}, {"page": {}}, None, 4]),
        "properties": st.sampled_from([{"email": "ada@x.org"}, {"email": None}, {"a": {"b": 1}}, None, "x"]),
    },
)


@given(CALLS)
def test_the_quick_look_at_a_call_finds_whom_the_whole_call_names(message: dict[str, Any]) -> None:
    assert names(call("m", "", **message)) == named("", message)

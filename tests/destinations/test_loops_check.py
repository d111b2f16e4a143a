"""What Loops defines beside what is sent to it: what is asked, what is said, and what is left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.destinations import checking
from headrace.destinations.checking import Known, Reading, Seen, SeenName, lately, note
from headrace.destinations.loops.check import CHECKER, MOST_PAGES, near
from headrace.destinations.port import Answer, Rendered, Request

KEY = {"api_key": "0123456789abcdef0123456789abcdef"}
KNOWN = Known(
    {"newUser": {"plan": "string"}, "purchase": None},
    {"firstName": "string", "plan": "string"},
    {"list1": "Product updates"},
)


def answer(body: Any, status: int = 200) -> Answer:
    return Answer(status, {}, json.dumps(body).encode())


def event(name: str, properties: Any = None, contact: dict[str, Any] | None = None, **lists: bool) -> Rendered:
    request = Request("POST", "/v1/events/send")
    return Rendered(request, "event", "u1", None, contact or {}, lists, name, {} if properties is None else properties)


class FakeLoops:
    """Answers a check's requests as Loops does."""

    def __init__(self, events: dict[str, list[dict[str, str]]], per_page: int = 50) -> None:
        self.events, self.per_page, self.asked = events, per_page, []  # type: ignore[var-annotated]

    def __call__(self, request: Request) -> Answer:
        self.asked.append(request.path)
        path, _, query = request.path.partition("?")
        if path == "/v1/contacts/properties":
            return answer([{"key": "plan", "label": "Plan", "type": "string"}])
        if path == "/v1/lists":
            return answer([{"id": "list1", "name": "Product updates", "isPublic": True}])
        if path == "/v1/event-patterns":
            start = int(query.partition("cursor=")[2] or 0)
            names = sorted(self.events)[start : start + self.per_page]
            following = start + self.per_page if start + self.per_page < len(self.events) else None
            rows = [{"id": f"id{n}", "eventName": n, "incomingWebhookPlatform": None} for n in names]
            return answer({"pagination": {"nextCursor": str(following) if following else None}, "data": rows})
        name = path.removeprefix("/v1/event-patterns/by-name/").replace("%20", " ").replace("%2F", "/")
        return answer({"id": "x", "eventName": name, "eventProperties": self.events[name]})


def read(loops: Any, *asks: str) -> Reading:
    reading = Reading(asks=asks)
    for _ in range(10_000):
        request = CHECKER.next_request(reading)
        if request is None:
            return reading
        reading = CHECKER.take(reading, request, loops(request))
    raise AssertionError("the reading never ends")


def test_it_reads_properties_lists_all_pages_of_events_and_the_properties_of_those_seen_lately() -> None:
    loops = FakeLoops({f"event{n:03}": [] for n in range(120)} | {"Signed Up/now": [{"name": "plan", "type": "string"}]})
    reading = read(loops, "Signed Up/now", "never defined")
    assert reading.problem is None
    assert len(reading.known.events) == 121
    assert reading.known.events["Signed Up/now"] == {"plan": "string"}
    assert reading.known.events["event000"] is None, "not seen lately: not asked about"
    assert reading.known.lists == {"list1": "Product updates"}
    assert reading.known.properties == {"plan": "string"}
    assert len(loops.asked) == 2 + 3 + 1


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500])
@pytest.mark.parametrize("at", ["/v1/contacts/properties", "/v1/lists", "/v1/event-patterns"])
def test_what_may_not_be_read_is_could_not_be_checked(status: int, at: str) -> None:
    loops = FakeLoops({"newUser": []})
    reading = read(lambda r: answer({}, status) if r.path.startswith(at) else loops(r), "newUser")
    assert (reading.problem or "").startswith("Could not be checked:")
    assert CHECKER.next_request(reading) is None


@pytest.mark.parametrize("body", [None, "text", {}, 7])
def test_an_answer_that_is_no_list_is_not_taken_for_an_empty_one(body: Any) -> None:
    assert "could not be read" in (read(lambda r: answer(body), "newUser").problem or "")


def test_one_events_properties_that_cannot_be_read_leave_the_rest_checked() -> None:
    loops = FakeLoops({"newUser": [], "purchase": [{"name": "amount", "type": "number"}]})
    reading = read(lambda r: answer({}, 404) if r.path.endswith("newUser") else loops(r), "newUser", "purchase")
    assert reading.known.events == {"newUser": None, "purchase": {"amount": "number"}}


def test_a_cursor_that_never_ends_is_left_after_some_pages() -> None:
    def endless(request: Request) -> Answer:
        if "event-patterns" not in request.path:
            return answer([])
        rows = [{"id": "1", "eventName": "newUser"}]
        return answer({"pagination": {"nextCursor": "again"}, "data": rows})

    assert read(endless).pages == MOST_PAGES - 1


@pytest.mark.parametrize(
    ("rendered", "said"),
    [
        (event("newUser"), []),
        (event("newUser", {"plan": "x"}), []),
        (event("NewUser"), ["`NewUser` is not defined in Loops; did you mean `newUser`?"]),
        (event("new_user"), ["`new_user` is not defined in Loops; did you mean `newUser`?"]),
        (event("newUsr"), ["`newUsr` is not defined in Loops; did you mean `newUser`?"]),
        (event("Invoice Paid"), ["`Invoice Paid` is not defined in Loops."]),
        (event("newUser", {"plan": 1, "size": 2}), ["`size` of `newUser`: not defined in Loops, so emails cannot use it."]),
        (event("purchase", {"size": 2}), []),  # its properties were not read
        (event("newUser", ["odd"]), []),
        (event("newUser", contact={"firstName": "Ada", "plan": "x"}), []),
        (event("newUser", contact={"colour": None}), []),
        (event("newUser", list1=True), []),
        (event("newUser", list2=False), ["Loops has no mailing list `list2`."]),
    ],
)
def test_a_delivery_carries_what_loops_does_not_know(rendered: Rendered, said: list[str]) -> None:
    assert list(CHECKER.warnings(rendered, KNOWN, KEY)) == said


def test_contact_properties_that_loops_would_drop_are_named_unless_they_are_created() -> None:
    rendered = event("newUser", contact={"colour": "red", "size": 3})
    (said,) = CHECKER.warnings(rendered, KNOWN, KEY)
    assert said.startswith("`colour`, `size`: Loops has no such contact property and drops the value.")
    assert CHECKER.warnings(rendered, KNOWN, KEY | {"create_missing": True}) == ()


def test_a_name_that_is_new_is_not_called_undefined_since_loops_defines_it_by_itself() -> None:
    assert CHECKER.warnings(event("Invoice Paid"), KNOWN, KEY, is_new=True) == ()
    assert CHECKER.warnings(event("NewUser"), KNOWN, KEY, is_new=True) != ()


@pytest.mark.parametrize(
    ("name", "defined", "found"),
    [
        ("newuser", ["newUser", "purchase"], "newUser"),
        ("New User", ["newUser"], "newUser"),
        ("Purchases", ["purchase"], "purchase"),
        ("x", ["newUser"], None),
        ("", ["newUser"], None),
        ("ünïcode", [], None),
    ],
)
def test_the_name_that_was_probably_meant(name: str, defined: list[str], found: str | None) -> None:
    assert near(name, defined) == found


def test_the_page_sees_both_sides_of_each_name() -> None:
    seen = Seen()
    note(
        seen, event("newUser", {"plan": "Pro", "age": 3}, {"firstName": "Ada", "colour": "red"}, list1=True, list9=True), 50
    )
    note(seen, event("NewUser"), 60)
    found = CHECKER.compare(seen, KNOWN, 100)
    events = {row["name"]: row for row in found["events"]}
    assert (events["newUser"]["seen"], events["newUser"]["defined"], events["newUser"]["near"]) == (50, True, None)
    assert events["newUser"]["properties"] == [
        {"name": "age", "type_seen": "number", "type_defined": None},
        {"name": "plan", "type_seen": "string", "type_defined": "string"},
    ]
    assert (events["NewUser"]["defined"], events["NewUser"]["near"]) == (False, "newUser")
    assert (events["purchase"]["seen"], events["purchase"]["defined"]) == (None, True)
    rows = {row["name"]: row for row in found["contactProperties"]}
    assert rows["colour"] == {"name": "colour", "type": "string", "defined": False, "checked": True, "seen": 50}
    assert rows["firstName"]["defined"]
    assert found["lists"] == [{"id": "list1", "name": "Product updates", "seen": 50}]
    assert found["unknownLists"] == ["list9"]


def test_nothing_is_called_undefined_that_was_sent_first_after_the_last_look() -> None:
    seen = Seen()
    note(seen, event("newUser", contact={"plan": "Pro"}, list1=True), 50)
    note(seen, event("fresh", contact={"colour": "red"}, list9=True), 150)
    note(seen, event("fresh", contact={"colour": "red"}, list9=True), 250)
    before, after = CHECKER.compare(seen, KNOWN, 100), CHECKER.compare(seen, KNOWN, 200)

    def unchecked(found: dict[str, Any]) -> list[str]:
        return [row["name"] for row in (*found["events"], *found["contactProperties"]) if not row["checked"]]

    assert (unchecked(before), before["unknownLists"]) == (["fresh", "colour"], [])
    assert (unchecked(after), after["unknownLists"]) == ([], ["list9"])


@given(
    st.lists(st.tuples(st.text(max_size=300), st.dictionaries(st.text(max_size=3), st.integers(), max_size=5)), max_size=50)
)
def test_memory_is_bounded_whatever_is_sent(calls: list[tuple[str, dict[str, int]]]) -> None:
    before = checking.MOST_NAMES, checking.MOST_PROPERTIES
    checking.MOST_NAMES, checking.MOST_PROPERTIES = 5, 3
    try:
        seen = Seen()
        for at, (name, properties) in enumerate(calls):
            note(seen, event(name, properties, dict(properties)), at)
        assert len(seen.events) <= 5
        assert len(seen.properties) <= 5
        assert all(len(entry.properties) <= 3 for entry in seen.events.values())
    finally:
        checking.MOST_NAMES, checking.MOST_PROPERTIES = before


def test_what_was_seen_longest_ago_makes_room_and_the_newest_come_first() -> None:
    seen = Seen()
    for at in range(checking.MOST_NAMES + 1):
        note(seen, event(f"event{at}"), at)
    assert "event0" not in seen.events
    assert lately(seen, checking.MOST_NAMES - 1) == (f"event{checking.MOST_NAMES}", f"event{checking.MOST_NAMES - 1}")


def test_an_event_remembers_when_it_came_first() -> None:
    seen = Seen()
    note(seen, event("newUser"), 5)
    note(seen, event("newUser"), 9)
    assert seen.events["newUser"] == SeenName(5, 9, {})

"""Filters of the audience: what the SQL finds is what plain Python finds, for every operator, type and hostile text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from headrace.clock import SystemChance, SystemClock
from headrace.engine.audience import activity, columns, contacts, properties, segments, table
from headrace.engine.audience.filters import OPERATORS
from headrace.engine.desk import Desk
from headrace.engine.engine import Engine
from headrace.engine.refusal import LoopsError
from headrace.engine.values import DEFAULT_TYPES, Unconvertible, convert
from headrace.workspace.secretbox import SecretBox

CUSTOM = {
    "plan": "string",
    "seats": "number",
    "beta": "boolean",
    "trial end": "date",
    "n'); drop table contact;--": "string",
}
TYPES = DEFAULT_TYPES | CUSTOM
TEXTS = ("", "a", "A", "pro", "Pro%_", "'; drop table contact;--", '"', "\\", "ÿ", "日本", "true", "1", "7", "2026-01-01")
NUMBERS = (0, 1, 7, -1, 0.1, 1e20, 2**53, 2**63, 2**70, -0.5)
DATES = (
    "2026-01-01",
    "2026-01-01T12:00:00.001Z",
    "1969-12-31T23:59:59.999Z",
    "0001-05-05",
    "2026-01-01 10:00",
    "9999-12-31",
)
VALUES = st.sampled_from([*TEXTS, *NUMBERS, *DATES])


# --- the same in plain Python -----------------------------------------------------------------------------------------


def evaluate(condition: dict[str, Any], contact: dict[str, Any], did: set[tuple[str, str, str]]) -> bool:
    if condition["type"] == "optIn":
        return bool(contact["optInStatus"] == condition["status"])
    if condition["type"] == "activity":
        return ((condition["action"], condition["target"], condition["id"]) in did) is not condition["negate"]
    key, operator = condition["key"], condition["operator"]
    kind = TYPES.get(key, "string")
    mine = contact.get(key) if key in TYPES else None
    return compare(operator, kind, mine, condition.get("value"), fold=key == "email")


def compare(operator: str, kind: str, mine: Any, value: Any, fold: bool) -> bool:
    empty = mine in (None, "")
    text = "" if mine is None else mine if isinstance(mine, str) else json.dumps(mine)
    needle = value if isinstance(value, str) else json.dumps(value)
    if fold:
        text, needle = text.strip().lower(), needle.strip().lower()
    simple = {
        "any": True,
        "empty": empty,
        "dateEmpty": empty,
        "notEmpty": not empty,
        "dateNotEmpty": not empty,
        "isTrue": kind == "boolean" and mine is True,
        "isFalse": kind == "boolean" and mine is False,
    }
    if operator in simple:
        return simple[operator]
    if operator in ("contains", "notContains"):
        return (mine is not None and needle in text) is (operator == "contains")
    if operator in ("after", "before", "between") and (kind != "date" or mine is None):
        return False
    if operator == "between":
        return bool(convert(value["from"], "date") <= mine <= convert(value["to"], "date"))
    try:
        other = convert(value, kind)
    except Unconvertible:
        other = None
    if fold:
        mine, other = text, needle
    if operator in ("equals", "notEquals"):
        return (other is not None and mine is not None and mine == other) is (operator == "equals")
    if other is None or mine is None:
        return False
    return bool(mine > other if operator in ("greaterThan", "after") else mine < other)


# --- people and filters -----------------------------------------------------------------------------------------------


def property_conditions() -> st.SearchStrategy[dict[str, Any]]:
    def of(operator: str) -> st.SearchStrategy[dict[str, Any]]:
        value: st.SearchStrategy[Any] = VALUES
        if operator in ("after", "before"):
            value = st.sampled_from([*DATES, 1_767_225_600_000])
        if operator == "between":
            pairs = st.tuples(st.sampled_from(DATES), st.sampled_from(DATES))
            value = pairs.map(lambda p: sorted(p, key=lambda d: str(convert(d, "date")))).map(
                lambda p: {"from": p[0], "to": p[1]}
            )
        keys = st.sampled_from([*TYPES, "undefined", '"; --', "id", "$"])
        return st.fixed_dictionaries(
            {"type": st.just("property"), "key": keys, "operator": st.just(operator), "value": value}
        )

    return st.sampled_from(sorted(OPERATORS)).flatmap(of)


CONDITIONS = st.one_of(
    property_conditions(),
    st.fixed_dictionaries({"type": st.just("optIn"), "status": st.sampled_from(["accepted", "pending", "rejected", None])}),
    st.fixed_dictionaries(
        {
            "type": st.just("activity"),
            "action": st.sampled_from(["sent", "opened"]),
            "target": st.sampled_from(["workflow", "workflowEmail"]),
            "negate": st.booleans(),
            "id": st.sampled_from(["w1", "' or 1=1 --"]),
        }
    ),
)
FILTERS = st.fixed_dictionaries(
    {"match": st.sampled_from(["all", "any"]), "conditions": st.lists(CONDITIONS, min_size=1, max_size=4)}
)
GIVEN = {
    "string": st.sampled_from(TEXTS),
    "number": st.sampled_from(NUMBERS),
    "boolean": st.booleans(),
    "date": st.sampled_from(DATES),
}
PEOPLE = st.fixed_dictionaries(
    {},
    optional={key: st.none() | GIVEN[kind] for key, kind in TYPES.items() if key not in ("email", "userId")}
    | {
        "userId": st.sampled_from(["u1", "7", "日本"]),
        "opt in": st.sampled_from(["accepted", None]),
        "did": st.sets(st.tuples(st.sampled_from(["sent", "opened"]), st.just("workflow"), st.sampled_from(["w1", "w2"]))),
    },
)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = Engine.open(tmp_path / "engine.db", SystemClock(), SystemChance(), SecretBox.at(tmp_path / "secret.key", None))
    yield engine
    engine.close()


@pytest.fixture
def defined(engine: Engine, most: int, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """With the custom properties, of which `most` have a column."""
    monkeypatch.setattr(columns, "MOST", most)
    for key, kind in CUSTOM.items():
        engine.write(lambda desk, k=key, t=kind: columns.define(desk.c, k, k, t, 0)).result(10)  # type: ignore[misc]
    return engine


def add(desk: Desk, person: dict[str, Any], email: str = "Ada@Example.com") -> str:
    body = {key: value for key, value in person.items() if key in TYPES} | {"email": email}
    found = contacts.upsert(desk, body)
    desk.c.execute("update contact set opt_in=? where id=?", (person.get("opt in"), found.id))
    for action, target, name in person.get("did", ()):
        activity.note(desk, found.id, action, target, name)
    return found.id


class Undo(Exception):
    """Ends a transaction whose changes are not wanted."""


@pytest.mark.parametrize("most", [100, 2, 0], ids=["columns", "columns for two", "JSON"])
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
@given(person=PEOPLE, wanted=FILTERS)
def test_the_sql_finds_whom_plain_python_finds(
    defined: Engine, person: dict[str, Any], wanted: dict[str, Any], most: int
) -> None:
    seen: list[tuple[bool, bool]] = []
    assert len(defined.read(columns.places)) == min(most, len(CUSTOM))

    def run(desk: Desk) -> None:
        contact = add(desk, person)
        shown = contacts.one(desk.c, contact) | ({"notes": person.get("notes")})
        parts = [evaluate(c, shown, person.get("did", set())) for c in wanted["conditions"]]
        seen.append((segments.matches(desk.c, wanted, contact), all(parts) if wanted["match"] == "all" else any(parts)))
        assert segments.count(desk.c, wanted) == int(seen[0][0])
        assert len(table.page(desk.c, "", wanted, None, 1)[0]) == int(seen[0][0])
        raise Undo

    with pytest.raises(Undo):
        defined.write(run).result(30)
    assert seen[0][0] == seen[0][1]


def did(**more: Any) -> dict[str, Any]:
    condition = {"type": "activity", "action": "sent", "target": "workflow", "negate": False, "id": "x"}
    return {"match": "all", "conditions": [condition | more]}


def rule(key: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"match": "all", "conditions": [{"type": "property", "key": key, "operator": operator, "value": value}]}


def test_ada_is_found_by_what_she_has_and_not_by_what_others_have(engine: Engine) -> None:
    engine.write(lambda desk: contacts.create_property(desk.c, "seats", "number", desk.now)).result(10)
    ada = engine.write(lambda desk: add(desk, {"firstName": "Ada", "seats": 12})).result(10)
    engine.write(lambda desk: add(desk, {"firstName": "Bob"}, "bob@example.com")).result(10)

    def found(wanted: Any) -> int:
        return engine.read(lambda c: segments.count(c, wanted))

    assert engine.read(lambda c: segments.matches(c, rule("seats", "greaterThan", "11"), ada))
    assert not engine.read(lambda c: segments.matches(c, rule("seats", "greaterThan", 12), ada))
    assert [found(rule("email", "equals", "ADA@example.COM")), found(rule("firstName", "equals", "ada"))] == [1, 0]
    assert [found(rule("seats", "empty")), found(rule("seats", "notEquals", 12)), found(None)] == [1, 1, 2]
    assert not engine.read(lambda c: segments.matches(c, None, "nobody"))


def test_a_property_that_is_defined_anew_finds_what_was_there_before(engine: Engine) -> None:
    def define(key: str, kind: str) -> None:
        engine.write(lambda desk: contacts.create_property(desk.c, key, kind, desk.now)).result(10)

    def put(**values: Any) -> None:
        engine.write(lambda desk: contacts.upsert(desk, {"email": "ada@example.com", **values})).result(10)

    def found(key: str, value: Any) -> int:
        return engine.read(lambda c: segments.count(c, rule(key, "equals", value)))

    define("plan", "string")
    put(plan="pro")
    assert found("plan", "pro") == 1
    put(plan=None)
    engine.write(lambda desk: properties.delete(desk, "plan", ())).result(10)
    engine.write(lambda desk: desk.c.execute("update contact set custom=jsonb('{\"seats\": 3}')").fetchall()).result(10)
    define("seats", "number")
    define("plan", "string")
    assert (found("plan", "pro"), found("seats", 3), len(engine.read(columns.places))) == (0, 1, 2)
    put(plan="team", seats=4)
    assert (found("plan", "team"), found("seats", 3), found("seats", 4)) == (1, 0, 1)
    engine.write(lambda desk: contacts.delete(desk, contacts.Who("ada@example.com", None))).result(10)
    assert engine.read(lambda c: list(c.execute("select * from contact_value"))) == []


def test_pages_of_whom_a_filter_finds_are_the_same_however_they_are_looked_for(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.write(lambda desk: contacts.create_property(desk.c, "seats", "number", desk.now)).result(10)

    def fill(desk: Desk) -> None:
        for number in range(60):
            add(desk, {"seats": number % 3}, f"ada{number:02}@example.com")
            desk.c.execute("update contact set changed=? where email_key=?", (number // 7, f"ada{number:02}@example.com"))

    def every(seats: int) -> list[str]:
        found, cursor = [], None
        while True:
            listed, cursor = engine.contacts("", cursor, 4, wanted=rule("seats", "equals", seats))
            found += [entry["email"] for entry in listed]
            if cursor is None:
                return found

    engine.write(fill).result(10)
    by_index = [every(seats) for seats in range(4)]
    for recent in (0, 5, 25):
        monkeypatch.setattr(table, "RECENT", recent)
        assert [every(seats) for seats in range(4)] == by_index
    assert [len(set(found)) for found in by_index] == [20, 20, 20, 0]


def test_an_event_that_came_is_activity_that_outlives_the_event_log(engine: Engine) -> None:
    from headrace.engine.events import sending

    engine.write(lambda desk: sending.send(desk, {"email": "ada@x.dev", "eventName": "newUser"}, None)).result(10)
    engine.write(lambda desk: desk.c.execute("delete from log").fetchall()).result(10)
    came = {"type": "activity", "action": "received", "target": "event", "negate": False, "id": "newUser"}

    def found(condition: dict[str, Any]) -> int:
        return engine.read(lambda c: segments.count(c, {"match": "all", "conditions": [condition]}))

    assert (found(came), found(came | {"negate": True}), found(came | {"id": "newuser"})) == (1, 0, 0)
    twice = came | {"times": 2}
    assert (found(came | {"times": 1}), found(twice), found(twice | {"negate": True})) == (1, 0, 1)
    engine.write(lambda desk: sending.send(desk, {"email": "ada@x.dev", "eventName": "newUser"}, None)).result(10)
    assert (found(twice), found(came | {"times": 3})) == (1, 0)
    engine.write(lambda desk: contacts.delete(desk, contacts.Who("ada@x.dev", None))).result(10)
    assert engine.read(lambda c: list(c.execute("select count(*) from activity"))) == [(0,)]


@pytest.mark.parametrize(
    "wanted",
    [
        {}, [], "x", {"match": "all"}, {"match": "all", "conditions": []}, {"match": "none", "conditions": [1]},
        {"match": "all", "conditions": [{"type": "list"}]}, rule("", "any"), rule("a", "like", "x"), rule("a", "equals"),
        rule("a", "equals", True), rule("a", "after", "soon"), rule("a", "between", {"from": "2026-01-01"}),
        rule("a", "between", {"from": "2026-01-02", "to": "2026-01-01"}), rule("a", "between", {"from": None, "to": None}),
        rule("a", "any") | {"more": 1}, {"match": "all", "conditions": [rule("a", "any")["conditions"][0]] * 101},
        {"match": "all", "conditions": [{"type": "optIn", "status": "maybe"}]}, {"match": "all", "conditions": [[]]},
        did(target="event"), did(negate=1), did(id=""), did(action="received"), did(times=2),
        did(action="received", target="event", times=0), did(action="received", target="event", times=True),
        {"match": "all", "conditions": [{"type": "optIn", "status": []}]}, rule("a", ["any"]),  # type: ignore[arg-type]
        {"match": ["all"], "conditions": [1]},
    ],
)  # fmt: skip
def test_an_unusable_filter_is_refused_with_a_sentence(engine: Engine, wanted: Any) -> None:
    with pytest.raises(LoopsError) as refused:
        engine.read(lambda c: segments.count(c, wanted))
    assert refused.value.status == 400
    assert len(refused.value.message) > 20


def test_contacts_of_an_older_file_are_found_by_their_properties_too(tmp_path: Path) -> None:
    from headrace.engine.schema import MIGRATIONS

    old = apsw.Connection(str(tmp_path / "engine.db"))
    old.execute(MIGRATIONS[0] + "; pragma user_version=1")
    old.execute("insert into property values('plan', 'Plan', 'string', 0)")
    old.execute(
        "insert into contact values('c1', 'a@x.dev', 'a@x.dev', null, null, null, 'API', 1, '', null, 0, null, ?, 0)",
        ('{"plan": "pro"}',),
    )
    old.close()
    engine = Engine.open(tmp_path / "engine.db", SystemClock(), SystemChance(), SecretBox.at(tmp_path / "secret.key", None))
    assert engine.read(lambda c: segments.count(c, rule("plan", "equals", "pro"))) == 1
    assert engine.read(lambda c: contacts.one(c, "c1"))["plan"] == "pro"
    engine.close()

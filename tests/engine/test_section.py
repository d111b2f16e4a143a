"""The `engine:` section of the workspace file: a team's events, lists and properties, the same on every machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from headrace.engine.engine import Engine
from headrace.engine.events.sending import send
from headrace.errors import WorkspaceError
from tests.engine.mailing import new_engine

PLAN, SEATS = {"name": "plan", "type": "string"}, {"name": "seats", "type": "number"}


def defined(engine: Engine) -> dict[str, Any]:
    return {entry["name"]: entry["properties"] for entry in engine.definitions()}


def test_events_of_the_file_are_defined_once_and_what_it_does_not_name_stays(engine: Engine) -> None:
    assert engine.apply_section({"events": [{"name": "signup", "properties": [PLAN]}, {"name": "left"}]}) == [
        "engine: event signup made",
        "engine: event left made",
    ]
    assert engine.apply_section({"events": [{"name": "signup", "properties": [PLAN]}]}) == []
    changed = {"events": [{"name": "signup", "properties": [SEATS, {"name": "plan", "type": "date"}]}]}
    assert engine.apply_section(changed) == ["engine: event signup changed"]
    assert defined(engine) == {"signup": [{"name": "plan", "type": "date"}, SEATS], "left": []}
    assert engine.apply_section(changed) == []


def test_an_exported_file_makes_another_machine_the_same(engine: Engine, tmp_path: Path) -> None:
    body = {"email": "ada@x.dev", "eventName": "bought", "eventProperties": {"seats": 3}}
    engine.write(lambda desk: send(desk, body, None)).result()
    engine.apply_section({"rate": 10, "mailing_lists": [{"name": "News"}], "properties": [PLAN]})
    exported = engine.export_section()
    assert exported["events"] == [{"name": "bought", "properties": [SEATS]}]
    (tmp_path / "other").mkdir()
    other = new_engine(tmp_path / "other")
    assert len(other.apply_section(exported)) == 4
    assert other.export_section() == exported
    assert other.apply_section(exported) == []
    other.close()


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ({"signup": {}}, "a list"),
        (["signup"], "needs a name"),
        ([{"name": " "}], "1 to"),
        ([{"name": "a:b"}], "no colon"),
        ([{"name": "signup", "when": "now"}], "'when' is not known"),
        ([{"name": "signup", "properties": [{"name": "plan"}]}], "a type of"),
        ([{"name": "signup", "properties": [PLAN, PLAN]}], "named twice"),
        ([{"name": "signup", "properties": "plan"}], "a list"),
    ],
)
def test_what_cannot_be_an_event_is_refused_and_nothing_is_changed(engine: Engine, events: Any, said: str) -> None:
    with pytest.raises(WorkspaceError, match=said):
        engine.apply_section({"events": events, "rate": 3})
    assert (defined(engine), engine.rate) == ({}, 0)


@pytest.mark.parametrize("entry", [{"id": "no id!", "name": "News"}, {"name": "N" * 256}])
def test_a_list_that_no_page_would_make_is_refused_in_a_file_too(engine: Engine, entry: dict[str, Any]) -> None:
    with pytest.raises(WorkspaceError):
        engine.apply_section({"mailing_lists": [entry]})
    assert engine.lists() == []


def test_a_list_of_the_file_is_found_by_its_name_and_changed_only_when_it_differs(engine: Engine) -> None:
    news = {"mailing_lists": [{"name": " News "}]}
    assert len(engine.apply_section(news)) == 1
    assert engine.apply_section(news) == []
    public = {"mailing_lists": [{"name": "News", "public": True}]}
    assert engine.apply_section(public) == ["engine: mailing list News changed"]
    assert [(entry["name"], entry["isPublic"]) for entry in engine.lists()] == [("News", True)]


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [('fav"color', "string", "no quotes"), ("id", "string", "reserved"), ("mailingLists", "string", "reserved"),
     (" ", "string", "needs a name"), ("x" * 499, "string", "longer"), ("email", "number", "it is a string")],
)  # fmt: skip
def test_a_property_that_no_page_would_make_is_refused_in_a_file_too(
    engine: Engine, name: str, kind: str, said: str
) -> None:
    with pytest.raises(WorkspaceError, match=said):
        engine.apply_section({"properties": [PLAN, {"name": name, "type": kind}]})
    assert not [p for p in engine.properties() if p["key"] == "plan"]


def test_a_property_that_everybody_has_is_there_already(engine: Engine) -> None:
    before = engine.properties()
    assert engine.apply_section({"properties": [{"name": "firstName", "type": "string"}]}) == []
    assert engine.properties() == before

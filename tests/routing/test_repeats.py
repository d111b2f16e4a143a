"""What browsers repeat is told from what people say."""

from __future__ import annotations

from typing import Any

from headrace.routing import repeats


class Person:
    """One person's calls, one after the other, as one browser or server sends them."""

    def __init__(self) -> None:
        self.said: dict[str, str] = {}
        self.seen: dict[str, str] = {}

    def call(self, kind: str, context: dict[str, Any] | None = None, own: dict[str, Any] | None = None) -> tuple[str, ...]:
        """Names of the choices that the call only repeats."""
        message: dict[str, Any] = {"type": kind, "context": {"traits": context or {}}, "traits": own or {}}
        repeated = repeats.repeated_choices(message, self.said)
        self.said = repeats.remember_choices(message, kind, self.said)
        return repeated

    def track(self, context: dict[str, Any]) -> tuple[str, ...]:
        """Names of the traits that are new."""
        new = repeats.changed_traits(context, self.seen)
        self.seen = repeats.remember_traits(context, self.seen)
        return new


def test_ada_leaves_a_list_on_the_preference_page_and_her_next_page_load_does_not_put_her_back() -> None:
    ada = Person()
    joined = {"mailingLists": {"news": True}, "subscribed": True}
    assert ada.call("identify", joined) == ()
    # she leaves "news" at Loops; her browser knows nothing of it
    assert ada.call("identify", joined | {"plan": "Pro"}) == ("mailingLists.news", "subscribed")


def test_ada_changes_her_mind_in_the_product_and_that_is_sent() -> None:
    ada = Person()
    ada.call("identify", {"mailingLists": {"news": True}})
    assert ada.call("identify", {"mailingLists": {"news": False}}) == ()
    assert ada.call("identify", {"mailing_lists": {"news": "false"}}) == ("mailingLists.news",)


def test_the_calls_own_traits_are_always_said_anew_and_count_as_said() -> None:
    ada = Person()
    ada.call("identify", own={"mailingLists": {"news": True}})
    assert ada.call("identify", own={"mailingLists": {"news": True}}) == ()
    assert ada.call("identify", {"mailinglists": {"news": True}}) == ("mailingLists.news",)


def test_a_choice_that_a_page_view_carried_along_was_said() -> None:
    """A second browser with an old choice looks at a page first; its identify then repeats."""
    ada = Person()
    ada.call("identify", own={"mailingLists": {"news": False}})
    ada.call("page", {"mailingLists": {"news": True}})
    assert ada.call("identify", {"mailingLists": {"news": True}}) == ("mailingLists.news",)


def test_a_groups_traits_are_not_the_persons() -> None:
    ada = Person()
    ada.call("group", own={"subscribed": False})
    assert ada.said == {}


def test_a_track_says_only_what_changed_since_the_last_call_of_the_same_browser() -> None:
    ada = Person()
    assert set(ada.track({"plan": "Free", "city": "Bern"})) == {"plan", "city"}
    assert ada.track({"plan": "Pro", "city": "Bern"}) == ("plan",)
    assert ada.track({"plan": "Pro"}) == ()
    assert ada.track({"big": 10**40, "deep": {"b": [1], "a": None}}) == ("big", "deep")
    assert ada.track({"big": 10**40, "deep": {"a": None, "b": [1]}}) == ()


def test_a_key_of_any_length_stays_short_and_apart() -> None:
    assert repeats.note_key("t", "src", "a1") == "t\0src\0a1"
    assert repeats.note_key("t", "src", "x" * 10_000) != repeats.note_key("t", "src", "x" * 10_001)
    assert len(repeats.note_key("t", "src", "x" * 10_000)) < 300

"""What the pages ask for: charts, tables, the story of a delivery, failed events, people, settings."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from headrace.console.port import Asked
from headrace.destinations.port import Request
from headrace.fate import Code, State
from headrace.journal.insight import Failed
from tests.console.house import NOON, House, identify, track

MINUTE = 60_000  # ms


def get(house: House, path: str, role: str = "viewer", **params: Any) -> Any:
    answer = house.client(role).get(f"/api/v1{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


# --- charts ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("span", "points", "step"), [("2h", 120, 60), ("1d", 144, 600), ("7d", 168, 3600), ("30d", 120, 21600)]
)
def test_a_chart_has_all_its_points_and_the_last_one_is_now(house: House, span: str, points: int, step: int) -> None:
    house.take(identify("ada", "ada@example.com"), track("ada", "newUser"), {"type": "made up", "userId": "ada"})
    chart = get(house, "/stats/events", range=span, source=house.source)
    assert (len(chart["data"]), chart["step"], chart["total"]) == (points, step, 3)
    assert chart["data"][-1]["types"] == {"identify": 1, "track": 1, "other": 1}
    assert all(point["types"] == {} for point in chart["data"][:-1])
    assert get(house, "/stats/events", range=span, source="another")["total"] == 0


def test_deliveries_are_drawn_by_status_with_their_delay(house: House) -> None:
    house.take(*(track(f"u{n}", "newUser") for n in range(10)), {"type": "page", "userId": "u1"})
    house.clock.at += 2_000
    house.settle(State.RETRYING, Code.SERVER_ERROR, next_at=house.clock.at)
    house.settle(limit=8)
    house.settle(State.DEAD, Code.REFUSED)
    chart = get(house, "/stats/deliveries", range="2h", destination=house.loops)
    assert chart["totals"] == {"delivered": 8, "unchanged": 0, "filtered": 1, "dead": 2, "retrying": 10}
    assert chart["failure_rate"] == 0.2
    assert 1600 <= chart["p50"] <= chart["p95"] <= 2500
    assert chart["data"][-1]["p95"] == chart["p95"]


def test_the_overview_draws_the_pipeline_and_says_what_needs_attention(house: House) -> None:
    house.take(track("ada", "newUser"))
    house.settle(State.DEAD, Code.REFUSED)
    house.rejected.add(401, "unknown write key", "/v1/track", None, "rudder-js/3", "127.0.0.1", b"{}")
    house.rejected.close()
    found = get(house, "/overview")
    assert found["connections"] == [{"source": house.source, "destination": house.loops}]
    assert found["sources"][0]["rate"] > 0
    assert found["destinations"][0]["failed"] == 1
    assert found["day"]["totals"]["dead"] == 1
    kinds = {row["kind"]: row for row in found["attention"]}
    assert kinds["failed_events"]["destination"] == house.loops
    assert "unknown write key" in kinds["refused_calls"]["text"]


# --- a destination's table, its errors, single deliveries ---------------------------------------------------------------


def test_a_row_of_the_table_opens_its_errors_with_a_sample(house: House) -> None:
    house.take(*(track(f"u{n}", "newUser") for n in range(3)), track("u9", "other"))
    house.settle(State.DEAD, Code.REFUSED, "Loops refused it: bad date.", limit=2)
    house.settle(State.DEAD, Code.PATIENCE, limit=1)
    house.settle()
    house.attempt(2, 400, '{"message": "bad date"}', "refused")
    table = get(house, f"/destinations/{house.loops}/events", sort="failed")
    assert [(r["name"], r["delivered"], r["failed"]) for r in table["data"]] == [("newUser", 0, 3), ("other", 1, 0)]
    rows = get(house, f"/destinations/{house.loops}/errors", type="track", name="newUser")["data"]
    assert [(r["code"], r["count"], r["sample"]["position"]) for r in rows] == [("refused", 2, 2), ("patience", 1, 3)]
    assert rows[0]["reason"] == "Loops refused it: bad date."
    assert rows[0]["status"] == 400
    assert rows[0]["sample"]["payload"]["event"] == "newUser"
    assert "bad date" in rows[0]["sample"]["request"]["answer"]
    assert get(house, f"/destinations/{house.loops}/errors", name="other")["data"] == []


def test_pages_of_deliveries_hold_each_once_however_they_are_filtered(house: House) -> None:
    other = house.instance.store.add_destination("test", "hook", "webhook", {"url": "https://example.com"}).id
    house.instance.store.connect("test", house.source, other, 0)
    house.take(*(track(f"u{n % 7}", f"event {n % 3}") for n in range(40)))
    sent = house.settle(limit=11)
    dead = house.settle(State.DEAD, Code.REFUSED, to=other, limit=12)

    def all_of(**params: Any) -> list[tuple[int, str]]:
        found, before = [], None
        while True:
            page = get(house, "/deliveries", limit=7, **(params | ({"before": before} if before else {})))
            found += [(d["position"], d["destination"]["id"]) for d in page["data"]]
            before = page["next"]
            if before is None:
                return found

    everything = all_of()
    assert len(everything) == len(set(everything)) == 80
    assert everything == sorted(everything, key=lambda d: -d[0])
    assert [position for position, _ in all_of(state="dead")] == sorted(dead, reverse=True)
    assert len(all_of(state=["dead", "delivered"])) == len(sent) + len(dead) > 7
    assert len(all_of(person="user:u3", destination=house.loops)) == len([n for n in range(40) if n % 7 == 3])
    assert len(all_of(search="EVENT 1")) == 2 * len([n for n in range(40) if n % 3 == 1])
    assert all_of(search="100%") == []


def test_a_rare_delivery_is_found_below_many_others(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.storage.sqlite.delivery.insight.WINDOW", 10)
    house.take(track("ada", "rare"), *(track(f"u{n}", "common") for n in range(99)))
    page = get(house, "/deliveries", name="rare")
    while not page["data"]:
        page = get(house, "/deliveries", name="rare", before=page["next"])
    assert page["data"][0]["position"] == 1


# --- the story ----------------------------------------------------------------------------------------------------------


def test_a_delivery_tells_its_story_from_the_call_to_the_answer(house: House) -> None:
    (position,) = house.take(track("ada", "newUser"))
    house.settle(State.RETRYING, Code.SERVER_ERROR, next_at=house.clock.at + MINUTE)
    house.attempt(position, 500, "oops", "retry in 60.0 s")
    story = get(house, f"/events/{position}/deliveries/{house.loops}")
    assert story["sentence"] == "Loops has not taken it yet. Headrace tries again by itself."
    assert [c["title"] for c in story["chapters"]] == ["The call came in", "It was sent to Loops"]
    assert "newUser" in story["chapters"][0]["text"]
    assert "500" in story["chapters"][1]["text"]
    assert story["next"] == {"text": "It is sent again.", "at": "2027-01-15T08:01:00.000Z"}
    assert [a["id"] for a in story["actions"]] == ["retry_now", "look_up", "person"]
    curl = story["attempts"][0]["curl"]
    assert curl.startswith("curl -X PUT https://app.loops.so/api/v1/contacts/update ")
    assert "'Authorization: Bearer ••••cdef'" in curl
    house.clock.at += 3 * MINUTE
    house.settle()
    story = get(house, f"/events/{position}/deliveries/{house.loops}")
    assert story["sentence"] == "Loops accepted it, at attempt 2."
    assert story["chapters"][-1]["title"] == "Delivered"
    assert "Event Log" in story["next"]["text"]
    assert story["links"][0]["url"].startswith("https://app.loops.so/")


@pytest.mark.parametrize(
    ("code", "wanted"),
    [(Code.REFUSED, "open_mapping"), (Code.KEY_REFUSED, "open_settings"), (Code.EVENT_NOT_ALLOWED, "open_filtering")],
)
def test_the_button_that_helps_is_offered(house: House, code: Code, wanted: str) -> None:
    (position,) = house.take(track("ada", "newUser"))
    house.settle(State.DEAD, code)
    assert wanted in [a["id"] for a in get(house, f"/events/{position}/deliveries/{house.loops}")["actions"]]


def test_a_failed_call_says_what_mends_it(house: House) -> None:
    (position,) = house.take(track("ada", "newUser"))
    house.settle(State.DEAD, Code.CONTACT_UNKNOWN)
    story = get(house, f"/events/{position}/deliveries/{house.loops}")
    assert story["next"]["text"] == "Call identify with an email for this person; then replay this call."


def test_curl_is_safe_to_paste_whatever_a_trait_says(house: House) -> None:
    from headrace.console.shapes import curl
    from headrace.journal.port import Attempt

    body = {"firstName": "'; rm -rf / #`$(id)"}
    made = Attempt(1, "d", 1, "delivery", 0, "PUT", "https://x/'y", {}, body, 200, "", None, 1, "delivered")
    import shlex

    words = shlex.split(curl(made))
    assert words == ["curl", "-X", "PUT", "https://x/'y", "-d", json.dumps(body, separators=(",", ":"))]


def test_retry_now_does_not_wait(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (position,) = house.take(track("ada", "newUser"))
    house.settle(State.RETRYING, Code.SERVER_ERROR, next_at=house.clock.at + MINUTE)
    assert house.settle() == []
    woken = []

    class Deliverer:
        def notify(self) -> None:
            woken.append(True)

        def health(self) -> dict[str, Any]:
            return {}

    house.instance.deliverer = Deliverer()  # type: ignore[assignment]
    path = f"/api/v1/events/{position}/deliveries/{house.loops}/retry"
    assert house.client("viewer").post(path).status_code == 403
    assert house.client("editor").post(path).status_code == 200
    assert woken == [True]
    assert house.settle() == [position]
    refused = house.client("editor").post(path)
    assert refused.status_code == 409


def test_looking_up_shows_what_differs_in_loops(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    (position,) = house.take(identify("ada", "Ada@Example.com", traits={"plan": "pro", "mailingLists": {"l1": True}}))
    asked: list[Request] = []
    answers = [
        Asked(200, [{"email": "ada@example.com", "userId": "ada", "plan": "free", "mailingLists": {}}], ""),
        Asked(200, [], ""),
        Asked(401, {}, ""),
        Asked(None, None, "no answer within 10 s"),
    ]

    async def ask(destination_id: str, request: Request) -> Asked:
        await asyncio.sleep(0)
        asked.append(request)
        return answers[len(asked) - 1]

    monkeypatch.setattr(house.instance.pages, "ask", ask)
    path = f"/events/{position}/deliveries/{house.loops}/lookup"
    found = get(house, path, "editor")
    assert asked[0].path == "/v1/contacts/find?email=ada%40example.com"
    assert found["message"] == "Loops knows a contact with email ada@example.com."
    assert found["differences"] == [
        {"name": "plan", "sent": "pro", "there": "free"},
        {"name": "mailingLists.l1", "sent": True, "there": False},
    ]
    assert get(house, path, "editor")["message"] == "Loops has no contact with email ada@example.com."
    assert "key" in get(house, path, "editor")["message"]
    assert get(house, path, "editor")["ok"] is False


# --- failed events, people ----------------------------------------------------------------------------------------------


def test_failed_events_are_grouped_and_exported(house: House) -> None:
    house.take(*(track(f"u{n}", "newUser") for n in range(5)))
    house.settle(State.DEAD, Code.REFUSED, limit=3)
    house.settle(State.DEAD, Code.PATIENCE)
    found = get(house, "/failed")
    assert [(r["code"], r["count"]) for r in found["data"]] == [("refused", 3), ("patience", 2)]
    assert found["total"] == 5
    text = house.client("viewer").get("/api/v1/failed/export", params={"code": "patience"}).text
    rows = [json.loads(line) for line in text.splitlines()]
    assert [row["delivery"]["position"] for row in rows] == [5, 4]
    assert rows[0]["message"]["event"] == "newUser"


def test_a_reason_of_a_newer_version_stands_for_itself(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a step back to an older version."""
    unknown = [Failed(house.loops, "not_yet_known", 3, 7, NOON)]
    monkeypatch.setattr(house.instance.insight, "failed", lambda destination: unknown)
    found = get(house, f"/destinations/{house.loops}/reasons")["data"]
    assert found == [{"code": "not_yet_known", "sentence": "not_yet_known", "count": 3, "sample": {"position": 7}}]


def test_ada_is_one_person_before_and_after_she_is_known(house: House) -> None:
    house.take(
        {"type": "page", "anonymousId": "anon-1", "name": "Home"}, {"type": "page", "anonymousId": "anon-2", "name": "Bob's"}
    )
    house.take(identify("ada", "Ada@Example.com", anonymousId="anon-1"))
    house.take(track("ada", "newUser"))
    house.settle()
    for search in ("ada", "ADA@EXAMPLE.COM", "anon-1", "ada@"):
        rows = get(house, "/people", search=search)["data"]
        assert [r["person"] for r in rows] == ["user:ada"], search
    for person in ("user:ada", "email:ada@example.com", "anon:anon-1", "ada", "Ada@Example.com", "anon-1"):
        found = get(house, "/people/timeline", person=person)
        assert found["person"] == "user:ada"
        assert [i["value"] for i in found["identifiers"]] == ["ada", "ada@example.com", "anon-1"]
        assert [row["id"] for row in found["data"]] == [4, 3, 1]
    assert found["data"][1]["fates"][0]["state"] == "delivered"
    assert found["data"][2]["message"]["name"] == "Home"
    assert get(house, "/people", search="nobody")["data"] == []
    assert house.client("viewer").get("/api/v1/people/timeline?person=user:nobody").status_code == 404


def test_people_are_forgotten_with_their_events(house: House) -> None:
    house.take(identify("ada", "ada@example.com"), identify("bob", "bob@example.com"))
    house.clock.at += 9 * 86_400_000
    house.take(identify("cleo", "cleo@example.com"))
    house.wait(house.instance.delivery.forget_sightings(house.clock.at - 86_400_000))
    kept = [get(house, "/people", search=name)["data"] for name in ("ada", "bob@", "cleo")]
    assert [bool(rows) for rows in kept] == [False, False, True]


def test_a_time_line_is_paged(house: House) -> None:
    house.take(*(track("ada", f"e{n}", anonymousId="a") for n in range(9)))
    first = get(house, "/people/timeline", person="user:ada", limit=5)
    rest = get(house, "/people/timeline", person="user:ada", limit=5, before=first["next"])
    assert [row["id"] for row in first["data"] + rest["data"]] == list(range(9, 0, -1))
    assert rest["next"] is None


# --- settings -----------------------------------------------------------------------------------------------------------


def test_the_names_offered_are_those_really_seen(house: House) -> None:
    house.take(
        identify("ada", "ada@example.com", traits={"address": {"city": "London"}, "age": 36}),
        track("ada", "newUser", properties={"plan": "pro"}),
    )
    house.client("editor").patch(f"/api/v1/destinations/{house.loops}", json={"settings": {"events": {"deny": ["new*"]}}})
    found = get(house, f"/destinations/{house.loops}/names")
    assert [(e["name"], e["passes"]) for e in found["events"]] == [("newUser", False)]
    assert {(t["path"], t["kind"], t["sample"]) for t in found["traits"]} == {
        ("email", "string", "ada@example.com"),
        ("address.city", "string", "London"),
        ("age", "number", "36"),
    }
    assert [p["path"] for p in found["properties"]] == ["plan"]


def test_a_change_is_shown_on_real_events_before_it_is_saved(house: House) -> None:
    house.take(identify("ada", "ada@example.com", traits={"plan": "pro"}), track("ada", "newUser"))
    ed = house.client("editor")
    path = f"/api/v1/destinations/{house.loops}"
    shown = ed.get(path).json()["settings"]
    candidate = shown | {"contact_properties": {"rename": {"plan": "tier"}}, "events": {"allow": ["other"]}}
    rows = ed.post(f"{path}/preview", json={"settings": candidate}).json()["data"]
    assert [(r["event"], r["before"]["outcome"], r["after"]["outcome"], r["changed"]) for r in rows] == [
        ("newUser", "request", "filtered", True),
        ("", "request", "request", True),
    ]
    assert rows[0]["after"]["code"] == "event_not_allowed"
    assert rows[1]["before"]["body"]["plan"] == rows[1]["after"]["body"]["tier"] == "pro"
    assert rows[1]["after"]["headers"]["Authorization"] == "Bearer ••••cdef"
    assert [r["type"] for r in ed.post(f"{path}/preview", json={"type": "track"}).json()["data"]] == ["track"]
    assert ed.post(f"{path}/preview", json={"type": "tracked"}).json()["data"] == []
    assert ed.get(path).json()["settings"] == shown
    wrong = ed.post(f"{path}/preview", json={"settings": candidate | {"rate": "fast"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "settings.rate")


def test_a_change_is_in_the_audit_log_with_before_and_after(house: House) -> None:
    ed = house.person("ed@example.com", "editor")
    ed.patch(f"/api/v1/destinations/{house.loops}", json={"name": "Loops EU"})
    (row,) = get(house, "/workspace/changes", search="ED@example", limit=1)["data"]
    assert (row["who"], row["before"]["name"], row["after"]["name"]) == ("ed@example.com", "loops", "Loops EU")
    assert row["at"] == "2027-01-15T08:00:00.000Z"
    page = get(house, "/workspace/changes", limit=2)
    assert get(house, "/workspace/changes", before=page["next"])["data"][0]["id"] == page["next"] - 1


def test_what_is_kept_is_said_in_words(house: House) -> None:
    found = get(house, "/workspace/retention")
    assert {row["name"]: row["text"] for row in found["data"]} == {
        "retention_age": "7 days", "retention_bytes": "20 GB", "attempts_age": "7 days", "dedup_window": "1 day",
        "engine_log_days": "30 days", "engine_sends_days": "400 days", "min_free_bytes": "512 MB",
    }  # fmt: skip
    assert found["now"]["free_bytes"] > 0


def test_an_export_can_be_applied_again_and_shows_no_header(house: House) -> None:
    settings = {"url": "https://example.com", "headers": {"X-Key": "tok-123"}}
    hook = house.instance.store.add_destination("test", "hook", "webhook", settings).id
    text = house.client("viewer").get("/api/v1/workspace/export").text
    assert "tok-123" not in text
    applied = house.client("editor").post(
        "/api/v1/workspace/apply", json={"text": text, "secrets": {"LOOPS_API_KEY": "0123456789abcdef0123456789abcdef"}}
    )
    assert applied.status_code == 200, applied.text
    assert house.instance.store.destination(hook).settings["headers"] == {"X-Key": "tok-123"}


def test_the_console_lives_under_a_path_with_or_without_a_proxy_that_strips_it(make_house: Any) -> None:
    house = make_house(url="https://example.com/headrace")
    client = house.client("viewer")
    assert client.get("https://example.com/headrace/api/v1/overview").status_code == 200
    client.base_url = "https://example.com"
    assert client.get("/api/v1/overview").status_code == 200
    assert client.get("/headracer/api/v1/overview").headers["content-type"].startswith("text/html")

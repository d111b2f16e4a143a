"""A whole instance against a stand-in for Loops that answers badly: order per person holds and nothing is lost."""

from __future__ import annotations

import pytest

from tests.harness.instance import Running
from tests.harness.standin import KEY, Answer, StandIn, usual
from tests.harness.waiting import until
from tests.system.calls import fate, first_then_usual, identify, names, track


@pytest.fixture
def settings() -> dict[str, str]:
    # one request per call: what an answer means is the question here, not what may be sent together
    return {"retry": "{first: 0.2, most: 1}", "timeout": "1", "fold": "never", "skip_unchanged": "0"}


# after a timeout a lane waits 30 s, since the answer may land late
HANGS = pytest.param("hang", marks=pytest.mark.slow)


@pytest.mark.parametrize("trouble", [(500, {}), (429, {"success": False}), (408, {}), (503, {}), HANGS, "break"])
def test_ada_signs_up_while_loops_is_busy_and_her_purchase_still_comes_second(
    trouble: Answer, running: Running, loops: StandIn
) -> None:
    within = 60.0 if trouble == "hang" else 30.0
    loops.decide = first_then_usual([trouble])
    identify(running, "ada")
    track(running, "ada", "purchase", amount=30)
    running.settle(2, within)

    assert names(loops, "ada") == ["update", "update", "purchase"]
    assert running.audit()["differences"] == []
    assert {f["state"] for r in running.events() for f in r["fates"]} == {"delivered"}


def test_one_persons_refused_call_is_kept_with_its_reason_and_the_next_one_goes_on(running: Running, loops: StandIn) -> None:
    loops.decide = first_then_usual([(400, {"success": False, "message": "Invalid email address."})])
    identify(running, "ada")
    track(running, "ada", "purchase")
    running.settle(2)

    dead = fate(running, type="identify")
    assert (dead["state"], dead["code"]) == ("dead", "refused")
    assert "Invalid email address." in dead["reason"]
    assert names(loops, "ada") == ["update", "purchase"]


def test_an_identify_of_somebody_loops_does_not_know_says_that_it_needs_an_email(running: Running, loops: StandIn) -> None:
    loops.decide = first_then_usual([(400, {"success": False, "message": "whatever they say today"})])
    running.send("/v1/identify", {"userId": "nobody", "traits": {"firstName": "No"}})
    running.settle(1)

    dead = fate(running, userId="nobody")
    assert (dead["state"], dead["code"]) == ("dead", "new_contact_needs_email")
    assert '"nobody"' in dead["reason"]
    assert any(s.path == "/api/v1/contacts/find?userId=nobody" for s in loops.seen)


def test_a_409_after_an_open_attempt_is_a_delivery_and_a_409_out_of_nowhere_is_not(running: Running, loops: StandIn) -> None:
    loops.decide = first_then_usual([(500, {}), (409, {"success": False})], "/events/send")
    track(running, "ada", "purchase")
    running.settle(1)
    assert (fate(running, userId="ada")["state"], fate(running, userId="ada")["code"]) == ("delivered", "delivered_409")
    keys = [s.headers["idempotency-key"] for s in loops.deliveries()]
    assert len(keys) == 2
    assert len(set(keys)) == 1

    loops.decide = first_then_usual([(409, {"success": False})], "/events/send")
    track(running, "grace", "purchase")
    running.settle(2)
    assert (fate(running, userId="grace")["state"], fate(running, userId="grace")["code"]) == ("dead", "key_used")


def test_a_deleted_key_pauses_the_destination_and_the_right_one_sends_everything_in_order(
    running: Running, loops: StandIn
) -> None:
    loops.decide = lambda seen: (401, {"success": False, "message": "Invalid API key"})
    identify(running, "ada")
    track(running, "ada", "purchase")
    paused = until(
        lambda: next((d for d in running.status()["destinations"] if d["state"] == "paused"), None),
        "the destination to pause",
    )
    assert "does not accept this key" in paused["reason"]
    assert running.status()["deliveries"]["dead"] == 0

    arrived = len(loops.deliveries())
    loops.decide = usual
    running.cli("resume", "--destination", "loops")
    running.settle(2)
    assert [s.body.get("eventName", "update") for s in loops.deliveries()[arrived:]] == ["update", "purchase"]


def test_a_wrong_address_pauses_and_is_not_followed(running: Running, loops: StandIn) -> None:
    loops.decide = lambda seen: (302, {"moved": True})
    identify(running, "ada")
    paused = until(
        lambda: next((d for d in running.status()["destinations"] if d["state"] == "paused"), None),
        "the destination to pause",
    )
    assert loops.url in paused["reason"]


def test_a_restart_keeps_what_waits_and_its_order(running: Running, loops: StandIn) -> None:
    loops.decide = lambda seen: (500, {})
    for number in range(5):
        identify(running, "ada", step=number)
    until(lambda: loops.deliveries(), "a first attempt")
    running.stop()
    loops.decide = usual
    before = len(loops.deliveries())
    running.start()
    running.settle(5)

    steps = [s.body["step"] for s in loops.deliveries()[before:]]
    assert steps == [0, 1, 2, 3, 4]
    assert running.audit()["differences"] == []


def test_the_key_is_shown_nowhere(running: Running, loops: StandIn) -> None:
    identify(running, "ada")
    running.settle(1)
    row = running.events()[0]
    story = running.api("GET", f"/events/{row['id']}/deliveries/{running.api('GET', '/destinations')['data'][0]['id']}")
    shown = str(story) + running.cli("export").stdout + str(running.api("GET", "/destinations"))
    assert story["attempts"][0]["status"] == 200
    assert KEY not in shown
    assert KEY not in running.printed.read_text()
    stored = b"".join(p.read_bytes() for p in running.data.rglob("*") if p.is_file() and p.name != "secret.key")
    assert KEY.encode() not in stored


def test_a_call_refused_by_the_gateway_is_listed_with_its_reason(running: Running) -> None:
    assert running.send("/v1/identify", {"userId": "x"}, key="nonsense") == (401, "invalid write key\n")
    assert running.send("/v1/identify", b"{not json") == (400, "invalid json\n")
    rows = until(lambda: running.events("--rejected") if len(running.events("--rejected")) == 2 else None, "two rows")
    assert {row["reason"] for row in rows} == {"invalid write key", "invalid json"}

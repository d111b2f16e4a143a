"""A whole instance that tells what is wrong: alarms by webhook and email, the ongoing audit, and what expires."""

from __future__ import annotations

import urllib.request
from pathlib import Path
from typing import Any

import apsw
import pytest

from tests.harness.instance import Running
from tests.harness.mailserver import MailServer
from tests.harness.standin import StandIn, usual
from tests.harness.waiting import until
from tests.system.calls import connect, identify, track


def told(ear: StandIn, what: str, kind: str) -> dict[str, Any] | None:
    """The body of the webhook that said so."""
    for seen in list(ear.seen):
        if seen.body["type"] == f"alarm.{what}" and seen.body["data"]["kind"] == kind:
            return dict(seen.body["data"])
    return None


def refused(running: Running) -> list[dict[str, Any]]:
    return [a for a in running.status()["alarms"] if "does not accept this key" in a["sentence"]]


def metrics(running: Running) -> str:
    with urllib.request.urlopen(f"{running.console}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


@pytest.mark.slow
def test_ada_is_told_of_a_refused_key_by_webhook_and_by_email_and_deliveries_do_not_wait_for_it(
    tmp_path: Path, loops: StandIn
) -> None:
    tries: list[str] = []

    def deaf_at_first(seen: Any) -> Any:
        tries.append(seen.headers["webhook-id"])
        return (500, {}) if len(tries) == 1 else (204, {})

    with StandIn(deaf_at_first) as ear, MailServer() as post:
        environment = {
            "HEADRACE_ALARM_WEBHOOK": ear.url,
            "HEADRACE_ALARM_WEBHOOK_SECRET": "whsec_MDEyMzQ1Njc4OWFiY2RlZg==",
            "HEADRACE_ALARM_EMAIL": "ada@example.com",
            "HEADRACE_ALARM_SMTP": post.url,
        }
        with Running(tmp_path / "data", "--no-engine", **environment) as running:
            connect(running, loops)
            loops.decide = lambda seen: (401, {"success": False, "message": "Invalid API key"})
            identify(running, "ada")
            (alarm,) = until(lambda: refused(running), "the alarm in the status", 40)
            assert (alarm["kind"], alarm["subject"]) == ("paused", "loops")
            assert 'headrace_alarm{alarm="paused",subject="loops"} 1.0' in metrics(running)
            assert "does not accept this key" in running.cli("status").stdout
            until(lambda: post.mails, "an email", 20)
            assert "Subject: [Headrace] alarm: paused (loops)" in post.mails[0]
            until(lambda: len(tries) >= 2, "the webhook to be tried again", 40)
            assert len(set(tries[:2])) == 1, "the receiver can tell that it is the same alarm"
            assert told(ear, "started", "paused")
            loops.decide = usual
            running.cli("resume", "--destination", "loops")
            running.settle(1)


@pytest.mark.slow
def test_a_fate_that_goes_missing_is_found_while_it_runs_and_is_an_alarm(tmp_path: Path, loops: StandIn) -> None:
    with Running(tmp_path / "data", "--no-engine") as running:
        connect(running, loops)
        for user in ("ada", "bob", "eve"):
            identify(running, user)
        running.settle(3)
        until(lambda: running.status()["audit"]["checked_to"] == 3, "the audit to have looked")
        assert running.status()["audit"]["ok"] is True
        assert "headrace_audit_ok 1.0" in metrics(running)

        other = apsw.Connection(str(running.data / "delivery.db"))  # somebody with a database tool
        other.set_busy_timeout(10_000)
        other.execute("delete from delivery where position=2 and destination>0")
        other.close()
        audit = until(lambda: (a := running.status()["audit"]) and not a["ok"] and a, "the round to find it", 60)
        assert any("website → loops: 3 events were routed, 2 have a fate." in line for line in audit["differences"])
        until(lambda: [a for a in running.status()["alarms"] if a["kind"] == "audit"], "the alarm", 30)
        assert "headrace_audit_ok 0.0" in metrics(running)
        assert running.cli("audit", check=False).returncode == 1


def test_the_audit_stays_clean_and_keeps_its_place_through_a_killed_worker(tmp_path: Path, loops: StandIn) -> None:
    with Running(tmp_path / "data", "--no-engine") as running:
        connect(running, loops, rate="0")
        for number in range(30):
            identify(running, f"u{number}")
            if number == 15:
                running.kill("worker")
        running.settle(30)
        until(lambda: running.status()["audit"]["checked_to"] == 30, "the audit to catch up")
        assert running.status()["audit"]["ok"] is True
        assert [a for a in running.status()["alarms"] if a["kind"] == "audit"] == []
        running.stop()
        stopped = running.cli("status", "--json").stdout
        assert '"checked_to": 30' in stopped, "it is known while nothing runs, too"


@pytest.mark.slow
def test_what_waits_longer_than_keep_waiting_expires_and_keeps_its_call(tmp_path: Path, loops: StandIn) -> None:
    with Running(tmp_path / "data", "--no-engine", HEADRACE_KEEP_WAITING="2s") as running:
        connect(running, loops)
        loops.decide = lambda seen: (500, {})
        identify(running, "ada")
        track(running, "ada", "purchase")
        running.api("POST", f"/destinations/{running.api('GET', '/destinations')['data'][0]['id']}/pause")
        until(
            lambda: running.status()["deliveries"]["waiting"] + running.status()["deliveries"]["retrying"] == 2,
            "both to wait",
        )
        until(lambda: [a for a in running.status()["alarms"] if a["kind"] == "expiring"], "the alarm at half-way", 30)
        running.stop()
        running.start()  # a round of housekeeping
        running.settle(2)
        fates = [f for row in running.events() for f in row["fates"]]
        assert [(f["state"], f["code"]) for f in fates] == [("dead", "expired")] * 2
        assert running.audit()["differences"] == []

"""The log is over its size and a destination is off: its oldest events expire, each with its copy, and nothing is lost."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from tests.harness.instance import Running
from tests.harness.waiting import until

MANY = 100


def noted(number: int) -> dict[str, Any]:
    """A call that does not compress."""
    note = f"{random.Random(number).getrandbits(16_000):x}"
    traits = {"email": f"ada-{number}@example.com", "note": note}
    return {"type": "identify", "userId": f"ada-{number}", "messageId": f"m{number}", "traits": traits}


@pytest.mark.slow
def test_what_waits_for_a_paused_destination_gives_way_when_the_log_is_full(tmp_path: Path) -> None:
    with Running(tmp_path / "data", "--no-engine", HEADRACE_RETENTION_BYTES="150kb") as running:
        assert [d["state"] for d in running.status()["destinations"]] == ["paused"]  # there is no engine to send to
        assert running.send("/v1/batch", {"batch": [noted(n) for n in range(MANY)]}) == (200, "ok")
        until(lambda: running.status()["deliveries"]["waiting"] == MANY, "all to wait")
        assert running.send("/v1/identify", noted(MANY)) == (200, "ok")  # in the next segment
        until(lambda: running.status()["deliveries"]["dead"] == MANY, "the oldest to expire", 60)
        assert running.status()["deliveries"]["waiting"] == 1
        newest, *older = running.events()
        assert newest["fates"][0]["state"] == "waiting"
        assert {(f["state"], f["code"]) for row in older for f in row["fates"]} == {("dead", "expired")}
        assert running.audit()["differences"] == []
        # the copies outlive the segment
        until(lambda: running.status()["log"]["segments"] == 1, "the segment to be dropped", 120)
        destination = running.api("GET", "/destinations")["data"][0]["id"]
        assert noted(0)["traits"]["note"] in str(running.api("GET", f"/events/1/deliveries/{destination}"))
        assert running.audit()["differences"] == []

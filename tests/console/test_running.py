"""The parts of the API that need the whole program: calls through the gateway, the trail, looking up in Loops (built-in)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.harness.instance import Running
from tests.harness.waiting import until


def test_a_test_call_leaves_a_trail_to_the_contact_in_loops(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as running:
        source = running.status()["sources"][0]["id"]
        destination = running.status()["destinations"][0]["id"]
        call = {"type": "identify", "userId": "ada", "traits": {"email": "ada@example.com", "firstName": "Ada"}}
        sent = running.api("POST", f"/sources/{source}/send", call)
        assert sent["status"] == 200

        def arrived() -> Any:
            trail = running.api("GET", f"/trail?message_id={sent['message_id']}")
            attempts = [a for d in trail["deliveries"] for a in d["attempts"]]  # written a moment after the answer
            return trail if trail["contact"] and attempts else None

        trail = until(arrived, "the contact and the attempt", 20)
        assert trail["event"]["message"]["userId"] == "ada"
        assert [d["delivery"]["state"] for d in trail["deliveries"]] == ["delivered"]
        assert trail["deliveries"][0]["attempts"][-1]["status"] == 200
        assert trail["contact"]["firstName"] == "Ada"
        found = running.api("GET", f"/events/{trail['event']['id']}/deliveries/{destination}/lookup")
        assert found["message"] == "Loops knows a contact with email ada@example.com."
        assert found["differences"] == []
        assert running.api("GET", "/overview")["sources"][0]["rate"] > 0

"""A workflow built, tried and started from the console's pages, as their requests do it."""

from __future__ import annotations

import asyncio
from typing import Any

from headrace.engine.audience import contacts
from tests.console.house import House
from tests.engine.workflows.unwritten import Unwritten

ROOT = "/api/v1/engine/workflows"


class Builder:
    def __init__(self, house: House) -> None:
        assert house.instance.engine is not None
        self.engine = house.instance.engine
        self.client = house.client("editor")
        self.seen = self.client.post(ROOT, json={"name": "Welcome"}).json()

    @property
    def path(self) -> str:
        return f"{ROOT}/{self.seen['id']}"

    @property
    def nodes(self) -> list[dict[str, Any]]:
        nodes: list[dict[str, Any]] = self.seen["nodes"]
        return nodes

    def edit(self, op: str, **given: Any) -> Any:
        answer = self.client.post(f"{self.path}/edit", json={"revision": self.seen["revision"], "op": op, **given})
        assert answer.status_code == 200, answer.text
        self.look()
        return answer.json()

    def look(self) -> None:
        self.seen = self.client.get(self.path).json()

    def insert(self, kind: str, place: int) -> str:
        """On the arrow that leads away from the node at this place."""
        node = self.nodes[place]
        return str(self.edit("insert", node=node["id"], target=node["nextNodeIds"][0], kind=kind)["node"])

    def work(self) -> None:
        while asyncio.run(self.engine.workflows.work()) == 0:
            pass


def test_ada_is_welcomed_by_a_workflow_that_was_drawn_and_rehearsed(house: House) -> None:
    built = Builder(house)
    assert built.nodes[0]["problems"] == ["Choose what starts this workflow."]
    built.edit("set", node=built.nodes[0]["id"], payload={"typeName": "SignupTrigger"})
    timer = built.insert("TimerAction", 0)
    built.edit("set", node=timer, payload={"amount": 3, "unit": "d"})
    mail = built.insert("SendEmailAction", 1)
    refused = built.client.post(f"{built.path}/state", json={"to": "start"})
    assert refused.status_code == 409
    assert "cannot be started" in refused.json()["detail"]

    built.engine.workflows.tools = type(built.engine.workflows.tools)(Unwritten(), built.engine.outbox)
    ada = built.engine.write(lambda desk: contacts.upsert(desk, {"email": "ada@x.dev"})).result().id
    told = built.client.get(f"{built.path}/rehearsal?contact=ada@x.dev").json()
    assert (told["contact"], told["enters"], told["ends"]) == (ada, True, "Finished.")
    assert [(step["type"], step["did"]) for step in told["path"]] == [
        ("SignupTrigger", "passed"), ("TimerAction", "passed"), ("SendEmailAction", "sent"), ("ExitAction", "done"),
    ]  # fmt: skip
    assert told["path"][2]["at"][:10] == "2027-01-18"  # three days after the clock's fifteenth
    short = built.client.get(f"{built.path}/rehearsal?contact={ada}&days=2").json()
    assert (short["ends"], short["path"][-1]["did"]) == ("Still inside after 2 days.", "waits")
    assert built.client.get(f"{built.path}/rehearsal?contact=nobody").status_code == 404

    built.engine.emails.problems = lambda c, message: []  # type: ignore[method-assign]
    assert built.client.post(f"{built.path}/state", json={"to": "start"}).json()["status"] == "Sending"
    built.engine.write(lambda desk: contacts.upsert(desk, {"email": "bob@x.dev"})).result()
    built.work()
    built.look()
    assert [node["inside"] for node in built.nodes] == [0, 1, 0, 0]
    (run,) = built.client.get(f"{built.path}/runs?node={timer}&inside=true").json()["data"]
    assert (run["email"], run["node"], run["state"]) == ("bob@x.dev", timer, "waiting")
    house.clock.at += 3 * 86_400_000
    built.work()
    built.look()
    assert built.seen["totals"] == {"inside": 0, "done": 1, "left": 0}
    (row,) = built.client.get(ROOT).json()["data"]
    assert (row["trigger"], row["emails"]) == ("Contact added", 1)
    assert mail in [node["id"] for node in built.nodes]


def test_two_people_edit_and_the_second_is_told(house: House) -> None:
    built = Builder(house)
    old = built.seen["revision"]
    built.edit("rename", payload={"name": "Hello"})
    answer = built.client.post(f"{built.path}/edit", json={"revision": old, "op": "rename", "payload": {"name": "x"}})
    assert answer.status_code == 409
    assert built.seen["name"] == "Hello"


def test_an_earlier_revision_comes_back_unless_somebody_would_lose_their_place(house: House) -> None:
    built = Builder(house)
    built.edit("set", node=built.nodes[0]["id"], payload={"typeName": "SignupTrigger"})
    before = built.seen["revision"]
    timer = built.insert("TimerAction", 0)
    built.client.post(f"{built.path}/state", json={"to": "start"})
    built.engine.write(lambda desk: contacts.upsert(desk, {"email": "ada@x.dev"})).result()
    built.work()
    built.client.post(f"{built.path}/state", json={"to": "pause"})
    again = {"revision": built.seen["revision"], "op": "restore", "target": before}
    assert built.client.post(f"{built.path}/edit", json=again).status_code == 409
    assert built.edit("delete", node=timer)["status"] == "queuedContactsFound"
    assert built.edit("delete", node=timer, discard=True)["queued"] == 1
    assert built.client.get(f"{built.path}/revisions").json()["data"][-1]["what"] == "created"
    assert built.client.delete(f"{built.path}?revision={built.seen['revision']}").status_code == 200
    assert built.client.get(built.path).status_code == 404


def test_the_emails_of_all_workflows_can_be_named_in_a_filter(house: House) -> None:
    built = Builder(house)
    built.insert("SendEmailAction", 0)
    built.insert("TimerAction", 0)
    (mail,) = [node["emailMessageId"] for node in built.nodes if node["typeName"] == "SendEmailAction"]
    assert house.client("viewer").get("/api/v1/engine/workflow-emails").json()["data"] == [
        {"id": mail, "workflow": "Welcome", "subject": ""}
    ]

"""Loops' workflow operations over real HTTP, each answer held against Loops' own document."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.engine import openapi
from tests.engine.loops import listening
from tests.engine.workflows.house import HOUR, House
from tests.harness.serving import request, talk


class Api:
    def __init__(self, port: int, house: House) -> None:
        self.port, self.house = port, house
        self.key = house.engine.api_key()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        payload = b"" if body is None else json.dumps(body).encode()
        answer = talk(self.port, request(method, "/api/v1" + path, payload, {"Authorization": f"Bearer {self.key}"}))
        found = json.loads(answer.body) if answer.body else None
        if openapi.there:
            assert openapi.complaints(method, "/v1" + path, answer.status, found) == []
        return answer.status, found

    def ok(self, method: str, path: str, body: Any = None) -> Any:
        status, found = self.ask(method, path, body)
        assert status in (200, 204), found
        return found


class Draft:
    """One workflow, whose latest revision is always sent along."""

    def __init__(self, api: Api, **given: Any) -> None:
        self.api = api
        self.seen = api.ok("POST", "/workflows", {"name": "Welcome", **given})
        self.id = self.seen["id"]
        self.path = f"/workflows/{self.id}"
        self.root = self.seen["rootNodeId"]

    @property
    def nodes(self) -> dict[str, Any]:
        nodes: dict[str, Any] = self.seen["nodes"]
        return nodes

    @property
    def exit(self) -> str:
        return next(i for i, node in self.nodes.items() if node["typeName"] == "ExitAction")

    def ask(self, method: str, path: str = "", **body: Any) -> tuple[int, Any]:
        status, found = self.api.ask(
            method, self.path + path, {"expectedRevisionId": self.seen["workflowRevisionId"]} | body
        )
        if status == 200:
            self.seen = found.get("workflow") or (found if "nodes" in found else self.seen)
        return status, found

    def do(self, method: str, path: str = "", **body: Any) -> Any:
        status, found = self.ask(method, path, **body)
        assert status in (200, 204), found
        return found

    def after(self, node: str, kind: str) -> str:
        return str(self.do("POST", "/nodes", insertMode="after", nodeTypeName=kind, fromNodeId=node)["node"]["id"])

    def set(self, node: str, **payload: Any) -> Any:
        return self.do("POST", f"/nodes/{node}", payload=payload)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.engine.close()


@pytest.fixture
def api(house: House) -> Iterator[Api]:
    with listening(house.engine) as port:
        yield Api(port, house)


@pytest.mark.skipif(not openapi.there, reason="Loops' document lies beside the repository, not in it")
def test_the_document_is_really_asked() -> None:
    assert openapi.complaints("GET", "/v1/workflows/c1", 200, {"id": "c1"})
    assert openapi.complaints("GET", "/v1/workflows/c1/nodes/n1", 200, {"typeName": "TimerAction"})
    assert openapi.complaints("POST", "/v1/workflows", 201, {})
    assert openapi.complaints("GET", "/v1/workflows/c1", 404, {"message": 1})


def test_a_new_workflow_is_a_draft_with_a_blank_trigger_and_an_exit(api: Api) -> None:
    draft = Draft(api, description="For new people")
    assert [node["typeName"] for node in draft.nodes.values()] == ["BlankTrigger", "ExitAction"]
    assert (draft.seen["status"], draft.seen["mailingListId"]) == ("Draft", None)
    assert draft.seen["description"] == "For new people"
    listed = api.ok("GET", "/workflows?perPage=10")
    assert [entry["name"] for entry in listed["data"]] == ["Welcome"]
    assert listed["pagination"]["totalResults"] == 1
    assert api.ok("GET", draft.path) == draft.seen


def test_pages_of_workflows(api: Api) -> None:
    made = {Draft(api, name=f"W{number}").id for number in range(12)}
    first = api.ok("GET", "/workflows?perPage=10")
    rest = api.ok("GET", f"/workflows?perPage=10&cursor={first['pagination']['nextCursor']}")
    assert {entry["id"] for entry in first["data"] + rest["data"]} == made
    assert rest["pagination"]["nextCursor"] is None
    assert api.ask("GET", "/workflows?perPage=9")[0] == 400


def test_a_stale_revision_is_refused_in_loops_words_and_changes_nothing(api: Api) -> None:
    draft = Draft(api)
    draft.do("POST", name="Hello")
    latest = draft.seen["workflowRevisionId"]
    for stale in ("clx7a3b5c7d9e1f3g5h7i9j1", None):
        status, found = api.ask("POST", draft.path, {"expectedRevisionId": stale, "name": "x"})
        assert status == 409
        assert found["message"] == (
            f"workflowRevisionId mismatch. Latest workflowRevisionId is {latest}. Refetch and retry."
        )
    assert api.ask("POST", draft.path, {"name": "x"})[0] == 400
    assert api.ok("GET", draft.path)["name"] == "Hello"


def test_a_welcome_is_built_node_by_node(api: Api) -> None:
    api.house.event("signup", plan="pro")
    draft = Draft(api)
    found = draft.set(draft.root, typeName="EventTrigger", eventName="signup", reEligible=True)
    assert found["eventProperties"] == [{"name": "plan", "type": "string"}]
    timer = draft.after(draft.root, "TimerAction")
    draft.set(timer, amount=2, unit="h")
    mail = draft.after(timer, "SendEmailAction")
    audience = draft.after(timer, "AudienceFilter")
    tree = {"match": "all", "conditions": [{"type": "property", "key": "email", "operator": "contains", "value": "@"}]}
    assert draft.set(audience, audienceFilter=tree, appliesDownstream=False)["audienceFilter"] == tree
    assert [draft.nodes[i]["nextNodeIds"] for i in (draft.root, timer, audience, mail)] == [
        [timer], [audience], [mail], [draft.exit],
    ]  # fmt: skip
    for node in draft.nodes:
        assert api.ok("GET", f"{draft.path}/nodes/{node}")["workflowId"] == draft.id
    api.house.start(draft.id)
    api.house.event("signup")
    api.house.settle()
    api.house.settle(2 * HOUR)
    assert len(api.house.sent()) == 1
    assert set(api.ok("GET", f"{draft.path}/nodes/{mail}/metrics").values()) == {0}
    assert api.ask("GET", f"{draft.path}/nodes/{timer}/metrics")[0] == 400


def test_every_type_of_node_and_trigger_is_shown_as_loops_shows_it(api: Api) -> None:
    api.house.event("signup")
    draft = Draft(api)
    api.house.property("plan")
    change = {"operator": "any", "value": ""}
    for payload in (
        {"typeName": "SignupTrigger"}, {"typeName": "AddToListTrigger", "reEligible": True},
        {"typeName": "ContactPropertyTrigger", "contactPropertyQuery": {"key": "plan", "is": change, "was": change}},
        {"typeName": "EventTrigger", "eventName": "signup"}, {"eventName": None}, {"reEligible": True},
    ):  # fmt: skip
        draft.set(draft.root, **payload)
        api.ok("GET", f"{draft.path}/nodes/{draft.root}")
    branch = draft.do("POST", "/nodes", insertMode="after", nodeTypeName="BranchNode", fromNodeId=draft.root)["node"]
    assert [child["typeName"] for child in branch["createdChildNodes"]] == ["AudienceFilter"] * 2
    test = draft.do("POST", "/nodes", insertMode="before", nodeTypeName="ExperimentBranchNode", toNodeId=draft.exit)["node"]
    assert [child["isControl"] for child in test["createdChildNodes"]] == [False, False, True]
    draft.set(test["id"], samplingRate=20)
    draft.set(test["createdChildNodes"][0]["id"], isControl=True)
    assert draft.do("POST", f"/nodes/{branch['id']}/add-branch")["node"]["typeName"] == "AudienceFilter"
    assert draft.do("POST", f"/nodes/{test['id']}/add-branch")["node"]["typeName"] == "VariantNode"
    for node in draft.nodes:
        api.ok("GET", f"{draft.path}/nodes/{node}")
    assert draft.ask("POST", f"/nodes/{branch['id']}", payload={"x": 1})[0] == 501


def test_inserting_in_every_mode_the_deprecated_one_too(api: Api) -> None:
    draft = Draft(api)
    one = draft.after(draft.root, "TimerAction")
    two = draft.do("POST", "/nodes", insertMode="between", nodeTypeName="TimerAction", fromNodeId=draft.root, toNodeId=one)
    three = draft.do("POST", "/nodes", insertMode="before", nodeTypeName="TimerAction", beforeNodeId=draft.exit)
    order = list(draft.nodes)
    assert order == [draft.root, two["node"]["id"], one, three["node"]["id"], draft.exit]
    for wrong in (
        {"insertMode": "after", "nodeTypeName": "TimerAction", "fromNodeId": draft.exit},
        {"insertMode": "after", "nodeTypeName": "ExitAction", "fromNodeId": one},
        {"insertMode": "sideways", "nodeTypeName": "TimerAction", "fromNodeId": one},
        {"insertMode": "between", "nodeTypeName": "TimerAction", "fromNodeId": one, "toNodeId": draft.root},
        {"insertMode": "after", "nodeTypeName": "TimerAction"},
    ):
        assert draft.ask("POST", "/nodes", **wrong)[0] == 400
    assert draft.ask("POST", "/nodes", insertMode="after", nodeTypeName="TimerAction", fromNodeId="nobody")[0] == 404


def test_rerouting_and_deleting(api: Api) -> None:
    draft = Draft(api)
    branch = draft.do("POST", "/nodes", insertMode="after", nodeTypeName="BranchNode", fromNodeId=draft.root)["node"]
    left, right = (child["id"] for child in branch["createdChildNodes"])
    mail = draft.after(left, "SendEmailAction")
    assert draft.do("POST", f"/nodes/{right}/reroute", newTargetNodeId=mail)["nextNodeIds"] == [mail]
    assert draft.ask("POST", f"/nodes/{mail}/reroute", newTargetNodeId=left)[0] == 400
    assert draft.do("DELETE", f"/nodes/{mail}", dryRun=True) == {
        "status": "dryRun", "nodeIds": [mail], "queuedContactCount": 0,
    }  # fmt: skip
    assert draft.do("DELETE", f"/nodes/{mail}")["status"] == "deleted"
    gone = draft.do("DELETE", f"/nodes/{branch['id']}/recursive")
    assert set(gone["nodeIds"]) == {branch["id"], left, right}
    assert list(draft.nodes) == [draft.root, draft.exit]
    assert draft.ask("DELETE", f"/nodes/{draft.exit}")[0] == 400


def test_contacts_inside_are_told_before_the_ground_goes(api: Api) -> None:
    news = api.house.mailing_list()
    draft = Draft(api)
    draft.set(draft.root, typeName="SignupTrigger")
    timer = draft.after(draft.root, "TimerAction")
    api.house.start(draft.id)
    api.house.put()
    api.house.settle()
    status, found = draft.ask("DELETE", f"/nodes/{timer}")
    assert (status, "Pause it first, make the change, then resume it" in found["message"]) == (400, True)
    assert "is currently sending and has 1 queued contact" in draft.ask("DELETE")[1]["message"]
    api.house.pause(draft.id)
    assert draft.do("DELETE", f"/nodes/{timer}")["status"] == "queuedContactsFound"
    assert draft.do("POST", "/mailing-list", mailingListId=news) == {
        "status": "queuedContactsFound", "mailingListId": news, "queuedContactCount": 1,
    }  # fmt: skip
    assert timer in api.ok("GET", draft.path)["nodes"]
    found = draft.do("POST", "/mailing-list", mailingListId=news, queuedContactPolicy="discard")
    assert (found["status"], found["workflow"]["mailingListId"]) == ("updated", news)
    assert api.house.runs()[0][1:] == ("ended", "The workflow was changed.")
    assert draft.do("POST", "/mailing-list", mailingListId=None)["queuedContactCount"] == 0
    assert draft.ask("POST", "/mailing-list", mailingListId="nolist")[0] == 400


def test_a_workflow_that_sends_is_deleted_only_when_that_is_confirmed(api: Api) -> None:
    draft = Draft(api)
    draft.set(draft.root, typeName="SignupTrigger")
    api.house.start(draft.id)
    status, found = draft.ask("DELETE")
    assert status == 409
    assert found["message"] == (
        "This workflow is currently sending. Deleting it will stop sending it."
        " Confirm deletion by sending a second request with confirmDelete: true."
    )
    draft.do("DELETE", confirmDelete=True)
    assert api.ask("GET", draft.path)[0] == 404
    assert api.ok("GET", "/workflows")["data"] == []


def test_what_is_unknown_or_misspelt_is_refused(api: Api) -> None:
    draft = Draft(api)
    assert api.ask("GET", "/workflows/nobody")[0] == 404
    assert api.ask("GET", "/workflows/not%20an%20id")[0] == 400
    assert api.ask("POST", "/workflows", {})[0] == 400
    assert api.ask("POST", "/workflows", {"name": "x", "color": "red"})[0] == 400
    assert api.ask("POST", "/workflows", {"name": "x", "workflowGroupId": "nogroup"})[0] == 400
    assert api.ask("POST", "/workflows", {"name": "x", "mailingListId": "nolist"})[0] == 400
    assert draft.ask("POST")[0] == 400
    assert draft.ask("POST", f"/nodes/{draft.root}", payload={})[0] == 501
    assert api.ask("PUT", draft.path, {})[0] == 405

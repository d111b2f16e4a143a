"""A pytest plugin: the fixture `headrace` is a real, running Headrace with the built-in Loops, in a folder of its own."""

from __future__ import annotations

import base64
import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from headrace.settings import child_environment

STARTS_WITHIN = 60.0  # s
PAUSE = 0.05  # s between two looks
EVENT_PROPERTY = re.compile(r"\{event\.([^{}:|\s]+)")
PORTS = ("--gateway-port", "0", "--console-port", "0", "--engine-port", "0")


class Mail:
    """A mail of the Inbox. `links` are where a click ends, in order."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.id: str = raw["id"]
        self.subject: str = raw["subject"]
        self.sender: str = raw["from"]
        self.to: list[str] = raw["to"]
        self.html: str | None = raw["html"]
        self.text: str | None = raw["text"]
        self.mark: str = raw["mark"]
        self.headers: dict[str, str] = dict(raw["headers"])
        self.links: list[str] = [link["target"] or link["url"] for link in raw["links"]]
        self.attachments: list[dict[str, Any]] = raw["attachments"]
        self.problems: list[str] = [f"{c['name']}: {c['detail']}" for c in raw["checks"] if c["ok"] is False]

    def __repr__(self) -> str:
        return f"<Mail {self.subject!r} to {', '.join(self.to)}>"


class Inbox:
    def __init__(self, owner: Headrace) -> None:
        self._owner = owner

    def wait(
        self, to: str | None = None, subject: str | None = None, timeout: float = 10.0, after: Mail | None = None
    ) -> Mail:
        """The newest mail to this address whose subject contains this, as soon as there is one.

        `after`: only newer ones than that. Fails saying what came instead.
        """
        wanted = {"to": to, "subject": subject, "after": after.id if after else None, "timeout": str(timeout)}
        status, body = self._owner.engine_call("GET", f"/inbox/wait?{_query(wanted)}")
        if status == 200:
            return Mail(body)
        assert status == 404, f"the Inbox answered {status}: {body}"
        raise AssertionError(self._missing(to, subject, timeout))

    def list(self, to: str | None = None) -> list[dict[str, Any]]:
        """The newest fifty, without their bodies."""
        found: list[dict[str, Any]] = self._owner.engine_call("GET", f"/inbox?{_query({'to': to})}")[1]["data"]
        return found

    def clear(self) -> None:
        self._owner.engine_call("DELETE", "/inbox")

    def _missing(self, to: str | None, subject: str | None, timeout: float) -> str:
        said = [f"No mail{f' to {to}' if to else ''}{f' about {subject!r}' if subject else ''} came within {timeout:g} s."]
        said += [f"  in the Inbox: {m['subject']!r} to {', '.join(m['to'])}" for m in self.list()]
        sends = self._owner.api("GET", "/engine/sends")["data"]
        said += [f"  {s['state']}: {s['subject'] or s['message']!r} to {s['email']}. {s['why']}" for s in sends[:10]]
        return "\n".join(said)


class Headrace:
    """`loops_url` and `loops_key` are for code that calls Loops itself; `gateway` and `write_key` for SDKs."""

    def __init__(self, data: Path, settings: Mapping[str, str] | None = None) -> None:
        """`settings`: as in the environment, `{"HEADRACE_…": "…"}`; what is set around the tests does not count."""
        self.data = data
        self._environment = child_environment() | dict(settings or {})
        self.gateway = self.console = self.engine = self.write_key = self.loops_key = self._token = ""
        self.inbox = Inbox(self)
        self._process: subprocess.Popen[bytes] | None = None
        self._accepted = 0
        self._last_user: str | None = None

    @property
    def loops_url(self) -> str:
        return f"{self.engine}/api"

    # --- what a test does -------------------------------------------------------------------------------------------

    def identify(self, user_id: str, traits: Mapping[str, Any] | None = None, **more: Any) -> None:
        """As an SDK's `identify`; `track` speaks of this user from now on."""
        self._last_user = user_id
        self._send("identify", {"userId": user_id, "traits": {**(traits or {}), **more}})

    def track(self, event: str, properties: Mapping[str, Any] | None = None, user_id: str | None = None) -> None:
        user = user_id or self._last_user
        assert user, "track needs a user: call identify first, or give user_id."
        self._send("track", {"userId": user, "event": event, "properties": dict(properties or {})})

    def settle(self, timeout: float = 20.0) -> None:
        """Until every event was delivered, or given up: what it became of is in Loops then."""
        end = time.monotonic() + timeout
        while True:
            status = self.api("GET", "/status")
            open_ones = sum(status["deliveries"].get(state, 0) for state in ("waiting", "sending", "retrying"))
            if not open_ones and not status["log"]["unrouted"] and status["log"]["accepted"] >= self._accepted:
                return
            assert time.monotonic() < end, f"events are still on their way after {timeout:g} s: {status['deliveries']}"
            time.sleep(PAUSE)

    def contact(self, email: str | None = None, user_id: str | None = None) -> dict[str, Any] | None:
        """As Loops gives it, once everything has settled."""
        self.settle()
        query = _query({"email": email, "userId": user_id})
        found = _call("GET", f"{self.loops_url}/v1/contacts/find?{query}", self.loops_key)[1]
        return found[0] if found else None

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """The control API: everything that the console does."""
        status, answer = _call(method, f"{self.console}/api/v1{path}", self._token, body)
        assert status < 400, f"{method} {path}: {status} {answer}"
        return answer

    def apply(self, workspace: Path) -> None:
        """A workspace file: lists, properties, destinations."""
        command = [sys.executable, "-m", "headrace", "--data", str(self.data), "apply", str(workspace)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=self._environment, check=False)  # noqa: S603 - our own command
        assert done.returncode == 0, done.stdout + done.stderr

    # --- what has to be there, made as at Loops ------------------------------------------------------------------------

    def workflow(self, event: str, subject: str, lmx: str, name: str | None = None) -> str:
        """Started: who sends this event gets this email, each time. The id of the workflow.

        A workflow of this name (the event's, when none is given) is replaced, so that each test may say it.
        Properties that the email names, `{event.plan}`, become texts of the event, unless it has them already.
        """
        name = name or event
        for old in [w for w in self.api("GET", "/engine/workflows")["data"] if w["name"] == name]:
            seen = self.loops("GET", f"/workflows/{old['id']}")
            self.loops("DELETE", f"/workflows/{old['id']}", _at(seen) | {"confirmDelete": True})
        self._define(event, EVENT_PROPERTY.findall(subject + lmx))
        seen = self.loops("POST", "/workflows", {"name": name})
        path, root = f"/workflows/{seen['id']}", seen["rootNodeId"]
        trigger = {"typeName": "EventTrigger", "eventName": event, "reEligible": True}
        seen = self.loops("POST", f"{path}/nodes/{root}", _at(seen) | {"payload": trigger})["workflow"]
        step = {"insertMode": "after", "nodeTypeName": "SendEmailAction", "fromNodeId": root}
        node = self.loops("POST", f"{path}/nodes", _at(seen) | step)["node"]
        self._write(node["emailMessageId"], subject, lmx)
        self.api("POST", f"/engine/workflows/{seen['id']}/state", {"to": "start"})
        return str(seen["id"])

    def transactional(self, name: str, subject: str, lmx: str) -> str:
        """Written and published: the id that your app sends it with. One of this name is written anew."""
        known = self.loops("GET", "/transactional-emails?perPage=50")["data"]
        made = next((e for e in known if e["name"] == name), None)
        if made is None:
            made = self.loops("POST", "/transactional-emails", {"name": name})
        else:
            made = self.loops("POST", f"/transactional-emails/{made['id']}/draft")
        self._write(made["draftEmailMessageId"], subject, lmx)
        self.loops("POST", f"/transactional-emails/{made['id']}/publish")
        return str(made["id"])

    def loops(self, method: str, path: str, body: Any = None) -> Any:
        """Loops' API (`/v1` is added): `headrace.loops("GET", "/lists")`."""
        status, answer = _call(method, f"{self.loops_url}/v1{path}", self.loops_key, body)
        assert status < 400, f"{method} {path}: {status} {answer}"
        return answer

    def apply_text(self, workspace: str) -> None:
        """As `apply`, without a file."""
        self.api("POST", "/workspace/apply", {"text": workspace, "secrets": {}, "prune": False, "force": False})

    def _define(self, event: str, names: list[str]) -> None:
        known = next((e for e in self.api("GET", "/engine/event-definitions")["data"] if e["name"] == event), None)
        there = {p["name"] for p in known["properties"]} if known else set()
        new = [{"name": name, "type": "string"} for name in dict.fromkeys(names) if name not in there]
        if new or known is None:
            self.apply_text(json.dumps({"version": 1, "engine": {"events": [{"name": event, "properties": new}]}}))

    def _write(self, message: str, subject: str, lmx: str) -> None:
        revision = self.loops("GET", f"/email-messages/{message}")["contentRevisionId"]
        given = {"expectedRevisionId": revision, "subject": subject, "lmx": lmx}
        self.loops("POST", f"/email-messages/{message}", given)

    # --- how it runs ------------------------------------------------------------------------------------------------

    def engine_call(self, method: str, path: str) -> tuple[int, Any]:
        return _call(method, f"{self.engine}/api/headrace/v1{path}", self.loops_key, within=90)

    def start(self) -> None:
        printed = self.data.with_suffix(".out")
        with printed.open("wb") as out:
            command = [sys.executable, "-m", "headrace", "up", "--data", str(self.data), *PORTS]
            self._process = subprocess.Popen(command, stdout=out, stderr=out, env=self._environment)  # noqa: S603 - our own command
        runtime = self._runtime(printed)
        self.gateway, self.console, self.engine = runtime["gateway"], runtime["console"], runtime["engine"]
        self._token = runtime["token"]
        status = self.api("GET", "/status")
        self.write_key, self.loops_key = status["sources"][0]["write_key"], status["engine_api_key"]

    def _runtime(self, printed: Path) -> Any:
        assert self._process is not None
        end = time.monotonic() + STARTS_WITHIN
        path = self.data / "runtime.json"
        while not path.exists():
            assert self._process.poll() is None, f"headrace up ended: {printed.read_text()}"
            assert time.monotonic() < end, f"headrace up is not ready after {STARTS_WITHIN:g} s: {printed.read_text()}"
            time.sleep(PAUSE)
        return json.loads(path.read_text())

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            self._process.wait(60)

    def _send(self, kind: str, call: dict[str, Any]) -> None:
        key = base64.b64encode(f"{self.write_key}:".encode()).decode()
        status, body = _call("POST", f"{self.gateway}/v1/{kind}", key, call, scheme="Basic")
        assert status == 200, f"the gateway refused the {kind}: {status} {body}"
        self._accepted += 1


def _at(seen: Mapping[str, Any]) -> dict[str, Any]:
    """A change to a workflow says which revision it was made for."""
    return {"expectedRevisionId": seen["workflowRevisionId"]}


def _query(values: Mapping[str, str | None]) -> str:
    return urlencode({name: value for name, value in values.items() if value is not None})


def _call(
    method: str, url: str, key: str, body: Any = None, within: float = 30.0, scheme: str = "Bearer"
) -> tuple[int, Any]:
    """(status, JSON or text)."""
    headers = {"Authorization": f"{scheme} {key}", "Content-Type": "application/json"}
    request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers, method=method)  # noqa: S310 - our own
    try:
        with urllib.request.urlopen(request, timeout=within) as answer:  # noqa: S310 - our own address
            status, raw = answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            status, raw = error.code, error.read()
    try:
        return status, json.loads(raw) if raw else None
    except ValueError:
        return status, raw.decode("utf-8", "replace")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini("headrace_workspace", "A workspace file (YAML) that the fixture `headrace` begins with.", default="")
    parser.addini("headrace_settings", "Settings of the fixture `headrace`, a line each: HEADRACE_…=value.", "linelist", [])


@pytest.fixture(scope="session")
def headrace_instance(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Headrace]:
    """One running Headrace for the whole session (for each worker, under xdist)."""
    given = [line.partition("=") for line in request.config.getini("headrace_settings")]
    settings = {name.strip(): value.strip() for name, _, value in given}
    instance = Headrace(tmp_path_factory.mktemp("headrace") / "data", settings)
    try:
        instance.start()
        workspace = str(request.config.getini("headrace_workspace"))
        if workspace:
            instance.apply(Path(str(request.config.rootpath)) / workspace)
        yield instance
    finally:
        instance.stop()


@pytest.fixture
def headrace(headrace_instance: Headrace) -> Headrace:
    """The running Headrace, with an empty Inbox. Contacts of earlier tests are still there: use addresses of your own."""
    headrace_instance.settle()
    headrace_instance.inbox.clear()
    return headrace_instance

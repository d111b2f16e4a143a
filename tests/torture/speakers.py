"""Who talks to the gateway in a torture: plain callers that know what was acknowledged, and real SDKs."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
import urllib.error
from http.client import HTTPException
from typing import Any

import rudderstack.analytics.client as rudder
import segment.analytics.client as segment

from tests.harness.instance import ROOT, Running, clean_environment
from tests.harness.waiting import until

TALKER = ROOT / "tests" / "sdk" / "rudder-node-talker.js"
NODE_MODULES = TALKER.parent / "node_modules"
IDENTIFY_EVERY = 4  # so many tracks between two identifies


def is_identify(step: int) -> bool:
    return step % IDENTIFY_EVERY == 0


def traits(person: str, message_id: str) -> dict[str, Any]:
    return {"email": f"{person}@example.com", "step": message_id}


class Caller:
    """One call a request, as a good SDK does it: again with the same messageId until it is acknowledged."""

    def __init__(self, running: Running, person: str) -> None:
        self._running, self.person = running, person
        self.acknowledged: list[str] = []

    def say(self, step: int, message_id: str) -> None:
        body: dict[str, Any] = {"userId": self.person, "messageId": message_id}
        if is_identify(step):
            path, body["traits"] = "/v1/identify", traits(self.person, message_id)
        else:
            path, body["event"] = "/v1/track", message_id

        def once() -> bool:
            try:
                status, _ = self._running.send(path, body)
            except (urllib.error.URLError, HTTPException, OSError):
                return False  # the answer never came: nobody knows
            return status == 200

        until(once, f"{message_id} to be acknowledged", 60)
        self.acknowledged.append(message_id)

    def end_round(self) -> None:
        """Everything was acknowledged already."""

    def close(self) -> None:
        """Nothing is open."""


class Sdk:
    """An official Python SDK, unmodified, with its own thread, queue, batches and retries."""

    def __init__(self, running: Running, person: str, maker: type[Any]) -> None:
        self.person = person
        self.acknowledged: list[str] = []
        self._given_up: set[str] = set()
        self._lock = threading.Lock()
        self._said: list[str] = []
        self._client = maker(running.write_key, host=running.gateway, on_error=self._failed, upload_size=5)

    def _failed(self, error: Exception, batch: list[dict[str, Any]]) -> None:
        with self._lock:
            self._given_up |= {message["messageId"] for message in batch}

    def say(self, step: int, message_id: str) -> None:
        if is_identify(step):
            self._client.identify(self.person, traits(self.person, message_id), message_id=message_id)
        else:
            self._client.track(self.person, message_id, message_id=message_id)
        self._said.append(message_id)

    def end_round(self) -> None:
        """Returns when the SDK holds nothing any more: it was acknowledged, or the SDK has told that it gave up."""
        self._client.flush()
        with self._lock:
            self.acknowledged += [m for m in self._said if m not in self._given_up]
        self._said = []

    def close(self) -> None:
        self._client.join()


class NodeSdk:
    """RudderStack's SDK for Node, unmodified, in a process of its own that does as it is told on a line each."""

    def __init__(self, running: Running, person: str, node: str) -> None:
        self.person = person
        self.acknowledged: list[str] = []
        self._process = subprocess.Popen(
            [node, str(TALKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=clean_environment(GATEWAY=running.gateway, WRITE_KEY=running.write_key),
        )

    def say(self, step: int, message_id: str) -> None:
        message: dict[str, Any] = {"userId": self.person, "messageId": message_id}
        if is_identify(step):
            message |= {"type": "identify", "traits": traits(self.person, message_id)}
        else:
            message |= {"type": "track", "event": message_id}
        self._tell(json.dumps(message))

    def end_round(self) -> None:
        """Returns when the SDK holds nothing any more."""
        self._tell("end")
        assert self._process.stdout is not None
        self.acknowledged += json.loads(self._process.stdout.readline())

    def close(self) -> None:
        self._process.terminate()
        self._process.wait()

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()


Speaker = Caller | Sdk | NodeSdk


def everybody(running: Running, callers: int) -> list[Speaker]:
    plain: list[Speaker] = [Caller(running, f"person{n}") for n in range(callers)]
    sdks: list[Speaker] = [Sdk(running, "rudder", rudder.Client), Sdk(running, "segment", segment.Client)]
    node = shutil.which("node")
    if node is not None and NODE_MODULES.exists():  # else: bash scripts/test_setup.sh
        sdks.append(NodeSdk(running, "node", node))
    return [*plain, *sdks]

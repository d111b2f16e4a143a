"""A real `headrace up` in a process of its own, on free ports, with everything a test asks of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

from tests.harness.waiting import until

ROOT = Path(__file__).parents[2]


def clean_environment(**more: str) -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith("HEADRACE_")} | more


class Running:
    """Use as a context manager; `stop` and `start` again to restart over the same data."""

    def __init__(self, data: Path, *options: str, **environment: str) -> None:
        self.data = data
        self.options = options
        self.environment = clean_environment(**environment)
        self.process: subprocess.Popen[bytes] | None = None
        self.printed = data.with_suffix(".out")
        self.ports: tuple[str, ...] = ("--gateway-port", "0", "--console-port", "0", "--engine-port", "0")
        self.gateway = self.console = self.engine = self.write_key = self.engine_key = self.token = ""

    def __enter__(self) -> Running:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> Running:
        with self.printed.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "headrace", "up", "--data", str(self.data), *self.ports, *self.options],
                stdout=out,
                stderr=out,
                env=self.environment,
                cwd=ROOT,
            )
        runtime = until(self._runtime, f"headrace up to be ready; it printed {self.printed}", 60)
        self.gateway, self.console, self.engine = runtime["gateway"], runtime["console"], runtime["engine"] or ""
        self.token = runtime["token"]
        status = self.status()
        self.write_key = status["sources"][0]["write_key"] if status["sources"] else ""
        self.engine_key = status["engine_api_key"] or ""
        # a restart keeps the addresses that SDKs were told
        port = {name: getattr(self, name).rpartition(":")[2] for name in ("gateway", "console", "engine")}
        self.ports = (
            "--gateway-port",
            port["gateway"],
            "--console-port",
            port["console"],
            "--engine-port",
            port["engine"] or "0",
        )
        return self

    def _runtime(self) -> Any:
        assert self.process is not None
        assert self.process.poll() is None, f"headrace up ended: {self.printed.read_text()}"
        path = self.data / "runtime.json"
        if not path.exists():
            return None
        found = json.loads(path.read_text())
        return found if found["pids"]["supervisor"] == self.process.pid else None

    def stop(self) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(60)
        self.process = None

    def pids(self) -> dict[str, int]:
        found: dict[str, int] = json.loads((self.data / "runtime.json").read_text())["pids"]
        return found

    def kill(self, name: str) -> None:
        """`kill -9` of the gateway, the worker or the supervisor."""
        os.kill(self.pids()[name], signal.SIGKILL)

    def cli(
        self, *words: str, check: bool = True, text: str | None = None, env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "headrace", "--data", str(self.data), *words],
            input=text,
            capture_output=True,
            text=True,
            timeout=90,
            env=self.environment | (env or {}),
            cwd=ROOT,
        )
        assert not check or done.returncode == 0, f"headrace {' '.join(words)}: {done.stdout}{done.stderr}"
        return done

    def api(self, method: str, path: str, body: Any = None) -> Any:
        return self._json(method, f"{self.console}/api/v1{path}", self.token, body)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = self.api("GET", "/status")
        return found

    def events(self, *options: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.cli("events", "--json", "--limit", "0", *options).stdout.splitlines()]

    def audit(self) -> dict[str, Any]:
        done = self.cli("audit", "--json", check=False)
        found: dict[str, Any] = json.loads(done.stdout)
        assert (done.returncode == 1) == bool(found["differences"])
        return found

    def apply(self, text: str, *options: str, **environment: str) -> str:
        return self.cli("apply", "-", *options, text=text, env=environment).stdout

    def settle(self, accepted: int, within: float = 60.0) -> dict[str, Any]:
        """Wait until `accepted` events came in and every one has its final fate."""

        def settled() -> dict[str, Any] | None:
            status = self.status()
            waits = sum(status["deliveries"][name] for name in ("waiting", "sending", "retrying"))
            done = status["log"]["accepted"] >= accepted and not status["log"]["unrouted"] and not waits
            return status if done else None

        return until(settled, f"{accepted} events to settle; status {self.status()}", within)

    def send(self, path: str, body: Any, key: str | None = None) -> tuple[int, str]:
        """One call as an SDK makes it."""
        auth = b64encode(f"{self.write_key if key is None else key}:".encode()).decode()
        request = urllib.request.Request(
            self.gateway + path,
            body if isinstance(body, bytes) else json.dumps(body).encode(),
            {"Authorization": f"Basic {auth}", "Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def contact(self, **who: str) -> dict[str, Any] | None:
        found = self._json("GET", f"{self.engine}/api/v1/contacts/find?{urlencode(who)}", self.engine_key)
        return found[0] if found else None

    def event_log(self, **who: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._json(
            "GET", f"{self.engine}/api/headrace/v1/event-log?{urlencode(who)}", self.engine_key
        )["data"]
        return found

    def lists(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._json("GET", f"{self.engine}/api/v1/lists", self.engine_key)
        return found

    @staticmethod
    def _json(method: str, url: str, token: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        try:
            with urllib.request.urlopen(urllib.request.Request(url, data, headers, method=method), timeout=30) as answer:
                raw = answer.read()
                return json.loads(raw) if raw else None
        except urllib.error.HTTPError as error:
            with error:
                raise AssertionError(f"{method} {url}: {error.code} {error.read().decode()}") from error

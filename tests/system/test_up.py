"""What somebody at the terminal of `headrace up` sees, whoever calls the gateway."""

from __future__ import annotations

import http.client
import os
import signal
from base64 import b64encode
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from headrace.app.sockets import is_public
from headrace.cli import banner
from tests.harness.instance import Running
from tests.harness.waiting import until

HOSTILE = "[/bold] [link=http://evil.example]click[/link] \x9b31m"
REPORT: dict[str, Any] = {
    "public": {"gateway": "http://[fd00::1]:8080", "console": "http://127.0.0.1:8081", "engine": None},
    "write_key": "key1",
    "login_url": None,
    "hosts": {"gateway": True, "console": False},
}


def post(running: Running, sdk: str, key: str, path: str = "/v1/identify") -> int:
    address = urlsplit(running.gateway)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=20)
    basic = b64encode(f"{key}:".encode()).decode()
    connection.request("POST", path, b"{}", {"User-Agent": sdk, "Authorization": f"Basic {basic}"})
    return connection.getresponse().status


def test_a_refused_sdk_is_named_once_and_what_it_calls_itself_does_no_harm(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as running:
        for _ in range(5):
            assert post(running, HOSTILE, "wrong") == 401
        assert post(running, "analytics-python/2.1", "wrong") == 401
        until(lambda: "analytics-python/2.1" in running.printed.read_text(), "the line about it")
        printed = running.printed.read_text()
        lines = [line for line in printed.splitlines() if line.startswith("refused")]
        assert len(lines) == 2
        assert "[/bold] [link=http://evil.example]click[/link]" in lines[0]
        assert "\x9b" not in printed
        assert running.events("--rejected")[-1]["sdk"].startswith("[/bold]")
        assert "[/bold]" in running.cli("events", "--rejected").stdout
        call = {"userId": "[/red]", "event": "[bold]Bought[/x]", "messageId": "m1"}
        assert running.send("/v1/track", call)[0] == 200
        running.settle(1)
        assert "[bold]Bought[/x]" in running.cli("events").stdout


def test_a_paused_terminal_does_not_hold_up_the_gateway(tmp_path: Path) -> None:
    with Running(tmp_path / "data", "--no-engine") as running:
        supervisor = running.pids()["supervisor"]
        os.kill(supervisor, signal.SIGSTOP)
        try:
            for number in range(100):
                assert post(running, f"bot/{number}", "wrong") == 401
            assert running.send("/v1/identify", {"userId": "ada"}) == (200, "ok")
        finally:
            os.kill(supervisor, signal.SIGCONT)


def test_the_console_may_live_at_an_address_of_its_own(tmp_path: Path) -> None:
    with Running(tmp_path / "data", "--console-host", "127.0.0.2", "--host", "127.0.0.3") as running:
        assert running.console.startswith("http://127.0.0.2:")
        assert running.gateway.startswith("http://127.0.0.3:")
        assert running.engine.startswith("http://127.0.0.3:")
        assert running.send("/v1/identify", {"userId": "ada"}) == (200, "ok")


def test_up_says_when_the_network_reaches_what_nobody_gave_a_public_address(capsys: pytest.CaptureFixture[str]) -> None:
    banner.up(REPORT, "/data", chosen=True)
    printed = capsys.readouterr().out
    assert "http://[fd00::1]:8080" in printed
    assert "HEADRACE_GATEWAY_URL is not set" in printed
    assert "HEADRACE_CONSOLE_URL" not in printed


@pytest.mark.parametrize(
    ("host", "public"),
    [("127.0.0.1", False), ("127.9.9.9", False), ("localhost", False), ("::1", False), ("0.0.0.0", True), ("::", True)],
)
def test_which_addresses_the_network_reaches(host: str, public: bool) -> None:
    assert is_public(host) is public

"""Ten thousand connections that say nothing, and Ada's call goes through."""

from __future__ import annotations

import contextlib
import resource
import socket
from pathlib import Path

import pytest

from tests.harness.instance import Running

MANY = 10_000


def test_ten_thousand_idle_connections_keep_nobody_out(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < MANY + 2_000:
        pytest.skip(f"this user may open {hard} files; ulimit -Hn {MANY + 2_000}")
    with Running(tmp_path / "data") as running, contextlib.ExitStack() as stack:
        resource.setrlimit(resource.RLIMIT_NOFILE, (MANY + 2_000 if hard < 0 else hard, hard))
        stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        port = int(running.gateway.rpartition(":")[2])
        for _ in range(MANY):
            stack.enter_context(contextlib.closing(socket.create_connection(("127.0.0.1", port), timeout=20)))
        assert running.send("/v1/identify", {"userId": "ada", "traits": {"email": "ada@example.com"}}) == (200, "ok")
        running.settle(1)

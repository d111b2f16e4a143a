"""runtime.json: how the CLI finds and talks to a running instance."""

from __future__ import annotations

import os

import msgspec

from headrace.app.paths import DataDirectory


class Runtime(msgspec.Struct, frozen=True):
    version: str
    pids: dict[str, int]  # supervisor, gateway, worker
    gateway: str
    console: str
    engine: str | None
    token: str  # owner's rights on the control API while this instance runs


def write(data: DataDirectory, runtime: Runtime) -> None:
    """Replace the file in one step; only its owner may read it."""
    fresh = data.runtime.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(msgspec.json.encode(runtime) + b"\n")
    fresh.replace(data.runtime)


def read(data: DataDirectory) -> Runtime | None:
    """The running instance, None when nothing runs (a file left by a killed one does not count)."""
    try:
        runtime = msgspec.json.decode(data.runtime.read_bytes(), type=Runtime)
    except FileNotFoundError:
        return None
    return runtime if _alive(runtime.pids["supervisor"]) else None


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True

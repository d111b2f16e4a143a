"""How a command reaches Headrace: the running instance if there is one, the files otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from headrace.app import paths, runtime
from headrace.app.operations.port import Operations
from headrace.app.operations.running import RemoteOperations
from headrace.app.remote import Remote
from headrace.errors import NotFound


@contextmanager
def reach(data: paths.DataDirectory, settings: Mapping[str, Any], create: bool = False) -> Iterator[Operations]:
    """Raises NotFound when there is no workspace, DataLocked when another command has it open."""
    running = runtime.read(data)
    if running is not None:
        yield RemoteOperations(Remote(running))
        return
    if not data.holds_workspace() and not create:
        raise NotFound(f"There is no workspace in {data.root}. `headrace up` makes one, or choose another with --data.")
    # imported here: a command to a running instance need not load a second one (0.3 s of a core, not 1.5)
    from headrace.app.operations.stopped import opened

    with opened(data, settings) as operations:
        yield operations

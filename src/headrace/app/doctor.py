"""`headrace doctor`: reads every file and says what is wrong with it."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import apsw

from headrace.app.paths import DataDirectory
from headrace.errors import NotFound
from headrace.storage.sqlite.eventlog.catalog import FOLDER
from headrace.storage.sqlite.eventlog.check import check


def examine(data: DataDirectory, settings: Mapping[str, Any]) -> list[str]:
    """One sentence for each finding; [] when all is well. Changes nothing; may run beside a running instance."""
    if not data.root.exists():
        raise NotFound(f"There is no data directory {data.root}.")
    findings = check(data.events) if data.events.exists() else []
    databases = (data.delivery_db, data.watch_db, data.state_db, data.engine_db, data.gateway_db)
    index = sorted((data.events / FOLDER).glob("*.db"))
    for path in (*databases, *sorted(data.attempts.glob("*.db")), *index):
        if path.exists():
            findings += _database(path)
    for path in (data.secret_key, data.runtime):
        if path.exists() and path.stat().st_mode & 0o077:
            findings.append(f"{path} can be read by others. chmod 600 {path}")
    free = shutil.disk_usage(data.root).free
    if free < settings["min_free_bytes"]:
        findings.append(f"Only {free // 10**6} MB are free: the gateway refuses events (503) until there is more.")
    return findings


def _database(path: Path) -> list[str]:
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.set_busy_timeout(5000)
        found = [str(line) for (line,) in connection.execute("pragma integrity_check") if line != "ok"]
        connection.close()
    except apsw.Error as error:
        return [f"{path} cannot be read: {error}"]
    return [f"{path}: {line}" for line in found]

"""The data directory: what lies where, who has it open, and which version wrote it."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import msgspec
import platformdirs

from headrace import __version__
from headrace.errors import DataLocked, DataTooNew, HeadraceError

FORMAT = 1  # of the directory as a whole; each database file has a version of its own


class DataDirectory(msgspec.Struct, frozen=True):
    root: Path

    @property
    def events(self) -> Path:
        return self.root / "events"

    @property
    def gateway_db(self) -> Path:
        return self.root / "gateway.db"

    @property
    def sources(self) -> Path:
        return self.root / "sources.json"

    @property
    def delivery_db(self) -> Path:
        return self.root / "delivery.db"

    @property
    def watch_db(self) -> Path:
        return self.root / "watch.db"

    @property
    def lineage(self) -> Path:
        return self.root / "lineage.json"

    @property
    def attempts(self) -> Path:
        return self.root / "attempts"

    @property
    def state_db(self) -> Path:
        return self.root / "state.db"

    @property
    def engine_db(self) -> Path:
        return self.root / "engine.db"

    @property
    def secret_key(self) -> Path:
        return self.root / "secret.key"

    @property
    def runtime(self) -> Path:
        return self.root / "runtime.json"

    @property
    def lock(self) -> Path:
        return self.root / "lock"

    @property
    def version(self) -> Path:
        return self.root / "version.json"

    def holds_workspace(self) -> bool:
        return self.state_db.exists()


def locate(chosen: str | None) -> DataDirectory:
    """The directory that `--data` or HEADRACE_DATA names, else the platform's user-data folder."""
    root = Path(chosen).expanduser() if chosen else Path(platformdirs.user_data_dir("headrace", appauthor=False))
    return DataDirectory(root.absolute())


def prepare(data: DataDirectory) -> None:
    """Make the directory and check who wrote it. Raises DataTooNew or HeadraceError (not writable)."""
    try:
        data.root.mkdir(parents=True, exist_ok=True, mode=0o700)
        if data.version.exists():
            written = msgspec.json.decode(data.version.read_bytes())
            if written["format"] > FORMAT:
                raise DataTooNew(
                    f"{data.root} was written by Headrace {written['by']}, this is {__version__}. "
                    "Install that version or a newer one; nothing was changed."
                )
        else:
            data.version.write_bytes(msgspec.json.encode({"format": FORMAT, "by": __version__}) + b"\n")
    except OSError as error:
        raise HeadraceError(
            f"The data directory {data.root} cannot be used: {error.strerror}. Choose another with --data."
        ) from error


def lock(data: DataDirectory) -> int:
    """Hold the directory for this process and the children that inherit the descriptor. Raises DataLocked."""
    descriptor = os.open(data.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(descriptor, 32).decode(errors="replace").strip()
        os.close(descriptor)
        who = f" (process {holder})" if holder else ""
        raise DataLocked(
            f"Another Headrace{who} has {data.root} open. Stop it first, or choose another directory with --data."
        ) from None
    os.ftruncate(descriptor, 0)
    os.write(descriptor, str(os.getpid()).encode())
    return descriptor

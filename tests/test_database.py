"""Opening a database file of any age and shape."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from headrace.database import open_database
from headrace.engine.store import Store
from headrace.errors import DataDamaged, DataTooNew
from headrace.storage.sqlite.delivery.db import DeliveryDb
from headrace.storage.sqlite.watch import WatchDb
from headrace.workspace.statedb import StateDb
from tests.storage.queue import StandingClock

FIRST = "create table person(name text); insert into person values('ada')"
SECOND = "alter table person add column email text"
OPENERS = [StateDb, WatchDb, Store, lambda path: DeliveryDb.open(path, StandingClock())]


def version(path: Path) -> object:
    connection = apsw.Connection(str(path))
    found = connection.pragma("user_version")
    connection.close()
    return found


def test_adas_row_is_there_after_the_file_became_this_version_and_the_next_opening_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    open_database(path, [FIRST]).close()
    for _ in range(2):
        connection = open_database(path, [FIRST, SECOND])
        assert connection.execute("select name, email from person").fetchall() == [("ada", None)]
        assert connection.pragma("journal_mode") == "wal"
        connection.close()
    assert version(path) == 2


def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    open_database(path, [FIRST]).close()
    with pytest.raises(apsw.SQLError):
        open_database(path, [FIRST, f"{SECOND}; alter table nowhere add column x"])
    assert version(path) == 1
    open_database(path, [FIRST, SECOND]).close()


def test_who_only_reads_neither_makes_nor_migrates(tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    with pytest.raises(apsw.CantOpenError):
        open_database(path, [FIRST], write=False)
    assert not path.exists()
    open_database(path, [FIRST]).close()
    open_database(path, [FIRST, SECOND], write=False).close()
    assert version(path) == 1


@pytest.mark.parametrize("opened", OPENERS)
def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path, opened: Callable[[Path], object]) -> None:
    path = tmp_path / "some.db"
    connection = apsw.Connection(str(path))
    connection.execute("pragma user_version=99")
    connection.close()
    before = path.read_bytes()
    with pytest.raises(DataTooNew, match="newer version"):
        opened(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("opened", OPENERS)
def test_what_is_no_database_is_said_to_be_damaged_and_what_to_do(tmp_path: Path, opened: Callable[[Path], object]) -> None:
    path = tmp_path / "some.db"
    path.write_bytes(b"not a database at all " * 500)
    advice = "Move it away" if opened is WatchDb else "Restore it from a backup"
    with pytest.raises(DataDamaged, match=advice):
        opened(path)

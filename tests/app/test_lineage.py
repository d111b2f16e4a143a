"""A restored or copied data directory is noticed; one that was only stopped, killed or cut off from power is not."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from headrace import settings
from headrace.app import lineage
from headrace.app.instance import OpenInstance
from headrace.app.lineage import Mark, Remembered, is_foreign
from headrace.app.paths import DataDirectory
from headrace.clock import SystemChance, SystemClock
from headrace.destinations.register import CATALOG


def start(root: Path, beats: int = 1) -> bool:
    """What a start of the worker does: look, then beat. Whether the directory was taken for a restored one."""
    root.mkdir(exist_ok=True)
    instance = OpenInstance(DataDirectory(root), CATALOG, SystemClock(), SystemChance(), settings.defaults(), engine=False)
    try:
        restored = lineage.was_restored(instance)
        for _ in range(beats):
            asyncio.run(lineage.beat(instance))
    finally:
        instance.close()
    return restored


def test_a_first_start_and_every_one_after_it_is_nothing_special(tmp_path: Path) -> None:
    assert [start(tmp_path / "data", beats) for beats in (1, 1, 3, 2)] == [False] * 4


def test_moving_and_renaming_the_directory_on_its_disk_changes_nothing(tmp_path: Path) -> None:
    start(tmp_path / "data")
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    assert start(tmp_path / "elsewhere") is False


def whole_copy(data: Path, backup: Path) -> Path:
    return backup


def put_back(data: Path, backup: Path) -> Path:
    shutil.rmtree(data)
    shutil.copytree(backup, data)
    return data


def overwritten_in_place(data: Path, backup: Path) -> Path:
    for path in backup.rglob("*"):
        if path.is_file():
            (data / path.relative_to(backup)).write_bytes(path.read_bytes())
    return data


def only_deliveries(data: Path, backup: Path) -> Path:
    for path in data.glob("delivery.db*"):
        path.unlink()
    shutil.copy2(backup / "delivery.db", data / "delivery.db")
    return data


def deliveries_lost(data: Path, backup: Path) -> Path:
    for path in data.glob("delivery.db*"):
        path.unlink()
    return data


def small_file_lost(data: Path, backup: Path) -> Path:
    (data / "lineage.json").unlink()
    return data


@pytest.mark.parametrize(
    "restore", [whole_copy, put_back, overwritten_in_place, only_deliveries, deliveries_lost, small_file_lost]
)
def test_a_restored_directory_is_noticed_once(tmp_path: Path, restore: Callable[[Path, Path], Path]) -> None:
    data, backup = tmp_path / "data", tmp_path / "backup"
    start(data)
    shutil.copytree(data, backup)
    start(data, beats=2)
    used = restore(data, backup)
    assert start(used) is True
    assert start(used) is False, "a person was told; the next start is a start like any other"


@pytest.mark.parametrize("died", ["before writing", "before remembering", "before replacing", "after"])
def test_killed_at_any_moment_of_a_beat_it_is_still_the_same_directory(tmp_path: Path, died: str) -> None:
    """The steps of a beat, cut off behind each."""
    root = tmp_path / "data"
    start(root)
    instance = OpenInstance(DataDirectory(root), CATALOG, SystemClock(), SystemChance(), settings.defaults(), engine=False)
    fresh, path = root / "lineage.new", root / "lineage.json"

    async def cut_off() -> None:
        if died == "before writing":
            return
        fresh.write_bytes(b"{}")
        if died == "before remembering":
            return
        own, now, coming = lineage.mark(root / "delivery.db"), lineage.mark(path), lineage.mark(fresh)
        assert own is not None
        assert now is not None
        assert coming is not None
        await instance.delivery.remember_lineage(msgspec.json.encode(Remembered(own, (now, coming))))
        if died == "after":
            fresh.replace(path)

    asyncio.run(cut_off())
    instance.close()
    assert start(root) is False


ONE, TWO, THREE = Mark(1, 10), Mark(2, 20), Mark(3, 30)


@pytest.mark.parametrize(
    ("remembered", "own", "beside", "is_new", "foreign"),
    [
        (None, ONE, None, True, False),  # the very first start
        (None, ONE, None, False, False),  # the first start of a version that looks
        (None, ONE, TWO, True, True),  # an empty delivery.db where there has been another
        (Remembered(ONE, (TWO, THREE)), ONE, TWO, False, False),
        (Remembered(ONE, (TWO, THREE)), ONE, THREE, False, False),
        (Remembered(ONE, (TWO,)), ONE, THREE, False, True),
        (Remembered(ONE, (TWO,)), THREE, TWO, False, True),
        (Remembered(ONE, (TWO,)), ONE, None, False, True),
        (Remembered(ONE, (TWO,)), ONE, Mark(2, 21), False, True),  # the inode was used again
        (Remembered(ONE, (TWO,)), ONE, Mark(2, None), False, False),  # this file system tells no generation
    ],
)
def test_what_is_foreign(remembered: Remembered | None, own: Mark, beside: Mark | None, is_new: bool, foreign: bool) -> None:
    assert is_foreign(remembered, own, beside, is_new) is foreign

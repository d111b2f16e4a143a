"""Ada's disk loses a few bytes; `headrace doctor` says where, and changes nothing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.harness.instance import ROOT, Running, clean_environment


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of an instance that took 200 calls and was stopped."""
    data = tmp_path_factory.mktemp("doctor") / "data"
    with Running(data) as running:
        batch = [
            {"userId": f"ada-{n}", "type": "identify", "traits": {"email": f"ada-{n}@example.com", "note": f"{n}" * 100}}
            for n in range(200)
        ]
        assert running.send("/v1/batch", {"batch": batch})[0] == 200
        running.settle(200)
    return data


def overwritten(path: Path) -> Path:
    """The second half of the file, from its middle page on."""
    raw = bytearray(path.read_bytes())
    middle = len(raw) // 8192 * 4096
    raw[middle : middle + 4096] = b"\xa5" * 4096
    path.write_bytes(raw)
    return path


def segment_with_a_hole(data: Path) -> Path:
    return overwritten(max((data / "events").glob("seg-*"), key=lambda path: path.stat().st_size))


def database_with_a_hole(data: Path) -> Path:
    return overwritten(data / "engine.db")


def key_that_everybody_reads(data: Path) -> Path:
    path = data / "secret.key"
    path.chmod(0o644)
    return path


def doctor(data: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headrace", "doctor", "--data", str(data)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean_environment(), cwd=ROOT)


@pytest.mark.parametrize("harm", [segment_with_a_hole, database_with_a_hole, key_that_everybody_reads])
def test_the_doctor_names_the_file_and_leaves_it_alone(harm: Callable[[Path], Path], stopped: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(stopped, data)
    assert doctor(data).returncode == 0
    ill = harm(data)
    before = ill.read_bytes()
    done = doctor(data)
    assert done.returncode == 1, done.stdout + done.stderr
    assert str(ill) in done.stdout
    assert "Traceback" not in done.stderr
    assert ill.read_bytes() == before


def test_the_doctor_finds_no_data_where_there_is_none(tmp_path: Path) -> None:
    done = doctor(tmp_path / "nowhere")
    assert done.returncode == 1
    assert "There is no data directory" in done.stderr

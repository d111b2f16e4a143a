"""What somebody deploys with says what the program understands."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from headrace.settings import TABLE

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
VARIABLES = {setting.variable for setting in TABLE}


@pytest.mark.parametrize("name", ["Dockerfile", "compose.yaml", "headrace.service"])
def test_only_settings_that_exist_are_named(name: str) -> None:
    named = set(re.findall(r"HEADRACE_[A-Z_]+", (DEPLOY / name).read_text()))
    assert named
    assert named <= VARIABLES


def test_the_compose_file_builds_what_is_there_and_keeps_the_console_at_home() -> None:
    service = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]["headrace"]
    assert (DEPLOY / service["build"]["context"]).resolve() == ROOT
    assert (ROOT / service["build"]["dockerfile"]).is_file()
    (console,) = [port for port in service["ports"] if port.endswith(":8081")]
    assert console.startswith("127.0.0.1:")


def test_the_image_copies_nothing_private_and_runs_as_nobody_special() -> None:
    text = (DEPLOY / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().split()
    assert {".headrace", ".venv", ".git"} <= set(ignored)
    assert "USER headrace" in text


def test_systemd_takes_the_unit() -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze: apt-get install systemd")
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(DEPLOY / "headrace.service")],
        capture_output=True,
        text=True,
        timeout=60,
    )
    complaints = [line for line in done.stderr.splitlines() if "headrace.service" in line and "/opt/headrace" not in line]
    assert complaints == []

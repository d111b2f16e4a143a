"""Somebody without the source installs the built wheel with pip alone, and it runs from an empty folder."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.harness.instance import ROOT, clean_environment
from tests.harness.waiting import until


@pytest.mark.slow
def test_the_wheel_installs_with_pip_alone_and_serves_pages_and_the_sdk(tmp_path: Path) -> None:
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "build", "--wheel", "-q", "-o", str(tmp_path / "dist")], cwd=ROOT, check=True, timeout=300)
    (wheel,) = (tmp_path / "dist").glob("headrace-*.whl")
    home = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True, timeout=120)
    subprocess.run([home / "bin/pip", "install", "-q", "--disable-pip-version-check", str(wheel)], check=True, timeout=300)

    empty = tmp_path / "empty"
    empty.mkdir()
    ports = ["--gateway-port", "0", "--console-port", "0", "--engine-port", "0"]
    with (tmp_path / "out").open("wb") as out:
        up = subprocess.Popen(
            [home / "bin/headrace", "up", "--data", "data", *ports],
            cwd=empty,
            stdout=out,
            stderr=out,
            env=clean_environment(),
        )
    try:
        told = empty / "data" / "runtime.json"
        until(lambda: told.exists() or up.poll() is not None, "headrace up from the wheel", 60)
        assert told.exists(), (tmp_path / "out").read_text()
        runtime = json.loads(told.read_text())
        with urllib.request.urlopen(f"{runtime['gateway']}/sdk/rudder.js", timeout=20) as sdk:
            assert len(sdk.read()) > 20_000
        with urllib.request.urlopen(runtime["console"], timeout=20) as page:
            html = page.read().decode()
        (script,) = re.findall(r'src="([^"]+\.js)"', html)
        with urllib.request.urlopen(runtime["console"] + "/" + script.lstrip("./"), timeout=20) as found:
            assert found.status == 200
    finally:
        os.kill(up.pid, signal.SIGTERM)
        assert up.wait(60) == 0

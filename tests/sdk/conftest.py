"""One running instance for all the SDKs of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.instance import ROOT, Running

NODE_MODULES = ROOT / "tests" / "sdk" / "node_modules"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Running(tmp_path_factory.mktemp("sdk") / "data") as instance:
        yield instance


@pytest.fixture(scope="session", autouse=True)
def _sdks_are_installed() -> None:
    if not NODE_MODULES.exists():
        pytest.skip("the npm SDKs are not installed: bash scripts/test_setup.sh")

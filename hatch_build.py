"""Wheel build hook: builds the console's pages and the SDK bundle before hatchling packs them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class FrontendHook(BuildHookInterface):  # type: ignore[type-arg]
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":  # a checkout builds with `make frontend`; Python-only work needs no Node
            return
        root = Path(self.root)
        sys.path.insert(0, str(root / "scripts"))
        import build_frontend

        build_frontend.ensure(root)

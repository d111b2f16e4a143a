"""An engine whose workflows run in a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from headrace.clock import SystemChance, SystemClock
from headrace.engine.engine import Engine
from headrace.workspace.secretbox import SecretBox


def main(folder: Path) -> None:
    box = SecretBox.at(folder / "secret.key", None)
    engine = Engine.open(folder / "engine.db", SystemClock(), SystemChance(), box)
    print("up", flush=True)
    asyncio.run(engine.workflows.run())


if __name__ == "__main__":
    main(Path(sys.argv[1]))

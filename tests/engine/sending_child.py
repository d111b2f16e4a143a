"""An engine that only sends, in a process of its own that can be killed: `python -m tests.engine.sending_child FOLDER`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from headrace.clock import SystemChance, SystemClock
from headrace.engine.engine import Engine
from headrace.workspace.secretbox import SecretBox
from tests.engine.mailing import Writer


async def main(folder: Path) -> None:
    box = SecretBox.at(folder / "secret.key", None)
    engine = Engine.open(folder / "engine.db", SystemClock(), SystemChance(), box)
    engine.outbox.composer = Writer()
    await engine.outbox.run()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))

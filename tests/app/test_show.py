"""The command line says of an event what the console says."""

from __future__ import annotations

import re
from pathlib import Path

from headrace.cli.show import COLOURS, LABELS
from headrace.storage.sqlite.delivery.schema import NUMBER

PAGES = Path(__file__).parents[2] / "frontend" / "src" / "lib" / "states.ts"


def test_every_fate_has_the_name_on_the_command_line_that_it_has_in_the_console() -> None:
    in_the_console = dict(re.findall(r'(\w+): \{ label: "([^"]+)"', PAGES.read_text()))
    assert {fate: in_the_console[fate] for fate in NUMBER if fate} == LABELS
    assert COLOURS.keys() == LABELS.keys()

"""docs/reference is generated from the code; what is committed is what the code says."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripts import reference

DOCS = Path(__file__).parents[2] / "docs" / "reference"


@pytest.mark.parametrize("name", ["settings", "commands", "codes", "destinations", "engine-api", "lmx"])
def test_the_reference_says_what_the_code_says(name: str) -> None:
    written = (DOCS / f"{name}.md").read_text()
    made = reference.MADE + getattr(reference, name.replace("-", "_"))()
    assert written == made, "run: make docs"

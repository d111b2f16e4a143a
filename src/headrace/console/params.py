"""Parameters that many routes share, with the bounds that keep a request cheap."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path, Query

HIGHEST = 2**53
Before = Annotated[int | None, Query(ge=0, le=HIGHEST, description="Only what is older: `next` of the page before.")]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Position = Annotated[int, Path(ge=0, le=HIGHEST, description="The event's number in order of acceptance.")]
Text = Annotated[str | None, Query(max_length=500)]
Id = Annotated[str, Query(max_length=500)]
Search = Annotated[str, Query(max_length=200, description="A part of it, whatever the case.")]

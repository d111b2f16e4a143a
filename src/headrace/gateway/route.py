"""What a route is: who may call it, and how its body becomes events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import msgspec

from headrace.gateway.parse import Context, Parsed

Read = Callable[[bytes, Context], Parsed]
KeyFrom = Literal["header", "query", "header_or_body", "query_or_header"]


class Route(msgspec.Struct, frozen=True):
    """A path that takes events by POST. `read` is pure."""

    read: Read
    key: KeyFrom = "header"
    discard: bool = False  # answered 200, kept nowhere

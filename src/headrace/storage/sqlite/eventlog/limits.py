"""How large and how old the event log may become, and how long a repetition is noticed."""

from __future__ import annotations

import msgspec


class EventLogSettings(msgspec.Struct, frozen=True):
    segment_bytes: int = 64 * 10**6
    segment_age: float = 600.0  # s
    segment_events: int = 100_000  # below dedup_memory: what is not in an index is in memory
    dedup_window: float = 86400.0  # s
    dedup_memory: int = 200_000  # ids
    min_free_bytes: int = 512 * 10**6
    retention_age: float = 604800.0  # s
    retention_bytes: int = 20 * 10**9
    group_events: int = 20_000  # most events of one commit

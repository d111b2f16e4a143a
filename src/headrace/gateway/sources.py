"""Which write keys are valid: sources.json, as the worker publishes it."""

from __future__ import annotations

from pathlib import Path

import msgspec

from headrace.clock import Clock
from headrace.eventlog.suppression import Suppression


class GatewaySource(msgspec.Struct, frozen=True):
    id: str
    name: str
    write_key: str
    enabled: bool = True
    old_write_keys: tuple[str, ...] = ()
    old_until: int = 0  # ms
    updated_at: int = 0  # ms


class Published(msgspec.Struct, frozen=True):
    revision: int = 0
    workspace_id: str = ""
    sources: tuple[GatewaySource, ...] = ()
    gateway_url: str = ""
    suppressed: Suppression = Suppression()


class SourceBook:
    """Looks write keys up; `reload` after the worker said that the file was replaced."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self.published = Published()
        self._by_key: dict[str, GatewaySource] = {}
        self.reload()

    def reload(self) -> int:
        """The revision now in use. A missing file means that nothing is configured yet."""
        try:
            self.published = msgspec.json.decode(self._path.read_bytes(), type=Published)
        except FileNotFoundError:
            return self.published.revision
        by_key = {old: source for source in self.published.sources for old in source.old_write_keys}
        self._by_key = by_key | {source.write_key: source for source in self.published.sources}
        return self.published.revision

    def find(self, write_key: str) -> GatewaySource | None:
        source = self._by_key.get(write_key)
        if source is not None and source.write_key != write_key and self._clock.now_ms() >= source.old_until:
            return None
        return source

    def name_of(self, source_id: str) -> str | None:
        return next((s.name for s in self.published.sources if s.id == source_id), None)

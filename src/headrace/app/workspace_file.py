"""The workspace as a YAML file: applied to what is there, and exported from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from headrace.app.saving import Change, Saving
from headrace.console.port import Journal
from headrace.delivery.deliverer import Deliverer
from headrace.destinations.port import Catalog
from headrace.engine import section
from headrace.engine.engine import Engine
from headrace.errors import NotFound, WorkspaceError, meant
from headrace.eventlog.port import EventLogReader
from headrace.fate import OPEN
from headrace.workspace import yaml_file
from headrace.workspace.apply import apply, plan
from headrace.workspace.questions import Answers
from headrace.workspace.store import WorkspaceStore


class Opened(Protocol):
    """What it needs of the opened data directory (`app.instance`)."""

    store: WorkspaceStore
    journal: Journal
    log: EventLogReader
    engine: Engine | None
    catalog: Catalog
    saving: Saving
    deliverer: Deliverer | None

    async def changed(self) -> None: ...


class WorkspaceFile:
    def __init__(self, instance: Opened) -> None:
        self._instance = instance

    async def apply(
        self, text: str, secrets: Mapping[str, str], prune: bool, force: bool, answers: Answers, who: str
    ) -> dict[str, Any]:
        """Asks first, waits until the gateway uses it, and tries the destinations that are new or changed."""
        instance = self._instance
        file = yaml_file.parse(text, secrets.get)
        _check_engine(file)
        planned = plan(file, instance.store, self._check)
        await instance.saving.prepare([Change(p.before, p.after, p.sources) for p in planned], answers)
        result = self.apply_now(text, secrets, prune, force, who)
        await instance.changed()
        if instance.deliverer is not None:
            tried = await self._tried(instance.deliverer, result["changes"])
            result["warnings"] += [line for line in tried if line not in result["warnings"]]
        return result

    def apply_now(self, text: str, secrets: Mapping[str, str], prune: bool, force: bool, who: str) -> dict[str, Any]:
        instance = self._instance
        file = yaml_file.parse(text, secrets.get)
        _check_engine(file)
        counts = instance.journal.counts()

        def queue_of(destination_id: str) -> int:
            return sum(counts.get(destination_id, {}).get(state, 0) for state in OPEN)

        done = apply(file, instance.store, self._check, instance.log.head(), queue_of, prune, force, who)
        changes, warnings = list(done.changes), list(done.warnings)
        if file.engine is not None:
            if instance.engine is None:
                warnings.append("The engine is off (--no-engine): its section was left alone.")
            else:
                changes += instance.engine.apply_section(file.engine)
        return {"changes": changes, "warnings": warnings, "revision": instance.store.snapshot().revision}

    async def _tried(self, deliverer: Deliverer, changes: list[str]) -> list[str]:
        warnings = []
        for d in self._instance.store.snapshot().destinations:
            if f"destination {d.name} added" in changes or f"destination {d.name} changed" in changes:
                ok, message = await deliverer.test(d.type, d.settings, d.id)
                if not ok and d.enabled:
                    warnings.append(f"destination {d.name}: {message}")
        return warnings

    def export(self) -> str:
        store, engine = self._instance.store, self._instance.engine
        exported = engine.export_section() if engine else None
        return yaml_file.export(store.snapshot(), store.secret_names, store.secrets_of, exported)

    def _check(self, kind: str, settings: Mapping[str, Any]) -> list[str]:
        catalog = self._instance.catalog
        if kind not in catalog:
            near = meant(kind, catalog)
            raise NotFound(f"The catalog has no type {kind!r}.{near} It has: {', '.join(sorted(catalog))}.")
        return catalog[kind].check(settings)


def _check_engine(file: yaml_file.WorkspaceFile) -> None:
    """Raises WorkspaceError with the line where the section begins."""
    try:
        section.check(file.engine or {})
    except WorkspaceError as error:
        raise WorkspaceError(f"line {file.engine_line}: {error}") from None

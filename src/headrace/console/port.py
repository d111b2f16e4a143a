"""What the control API needs of the running instance; `app/instance.py` is the real one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec

from headrace.clock import Chance, Clock
from headrace.destinations.port import Catalog, Request
from headrace.engine.engine import Engine
from headrace.event import LoggedEvent
from headrace.eventlog.port import EventLogReader
from headrace.fate import Fate, State
from headrace.journal.forgetting import Deletion, Forgotten, Seen
from headrace.journal.insight import Insight
from headrace.journal.jobs import Job, Kind, Preview, Selection
from headrace.journal.port import Attempt, Delivery, DeliveryFilter, SourceRow
from headrace.workspace.model import Destination
from headrace.workspace.questions import Answers
from headrace.workspace.store import WorkspaceStore


class Journal(Protocol):
    """The journal's read side, as far as the console asks."""

    def cursor(self) -> int: ...
    def fates(self, position: int) -> list[Fate]: ...
    def attempts(self, position: int, destination_id: str) -> list[Attempt]: ...
    def deliveries(self, wanted: DeliveryFilter) -> list[Delivery]: ...
    def counts(self) -> dict[str, dict[State, int]]: ...
    def source_table(self, source_id: str) -> list[SourceRow]: ...


class Health(Protocol):
    @property
    def state(self) -> str: ...
    @property
    def code(self) -> str | None: ...
    @property
    def reason(self) -> str: ...
    @property
    def since(self) -> int: ...


class Asked(msgspec.Struct, frozen=True):
    """A question to a destination and its answer; `status` None: no answer, `detail` says why."""

    status: int | None
    body: Any
    detail: str


class Rendering(msgspec.Struct, frozen=True):
    """What an event would become at a destination; secrets are masked."""

    outcome: str  # request, filtered, refused
    method: str | None = None
    url: str | None = None
    headers: dict[str, str] = {}
    body: Any = None
    code: str | None = None
    reason: str | None = None
    warnings: tuple[str, ...] = ()


class PageSupport(Protocol):
    """What pages need of the rooms that the console may not know."""

    def data_directory(self) -> str: ...

    def settings(self) -> Mapping[str, Any]: ...

    def free_bytes(self) -> int: ...

    def decoded(self, logged: LoggedEvent) -> dict[str, Any]:
        """The event as destinations read it."""

    def row(self, logged: LoggedEvent, message: Mapping[str, Any]) -> dict[str, Any]:
        """As a line of `headrace events --json`, fates as they are now."""

    def person(self, logged: LoggedEvent, message: Mapping[str, Any]) -> str: ...

    def rendered(self, kind: str, settings: Mapping[str, Any], message: Mapping[str, Any]) -> Rendering:
        """Pure: nothing is sent. Raises WorkspaceError for settings that cannot be used."""

    async def ask(self, destination_id: str, request: Request) -> Asked:
        """Through the destination's pace, as every request to it."""

    async def retry_now(self, destination_id: str, position: int) -> bool: ...

    async def call(self, write_key: str, call: Mapping[str, Any]) -> tuple[int, str]:
        """A call to our own gateway, as an SDK makes it: (status, answer)."""


class Replays(Protocol):
    """Sending again what is final, and filling a new destination from the log."""

    def preview(self, kind: Kind, selection: Selection) -> Preview: ...
    async def start(self, kind: Kind, selection: Selection, again: bool, yes: bool) -> tuple[Job, bool]: ...
    async def cancel(self, job_id: int) -> Job: ...
    def job(self, job_id: int) -> Job: ...
    def jobs(self) -> list[Job]: ...
    def outcomes(self, job_id: int) -> dict[str, int]: ...


class Forgetting(Protocol):
    """Deleting a person here and at every destination."""

    def preview(self, user_id: str | None, email: str | None) -> Seen: ...
    async def start(self, user_id: str | None, email: str | None, who: str, unknown: bool = False) -> Forgotten: ...
    async def lift(self, user_id: str | None, email: str | None, who: str) -> list[Forgotten]: ...
    async def lift_record(self, number: int, who: str) -> Forgotten: ...
    def all(self) -> list[Forgotten]: ...
    def get(self, number: int) -> Forgotten: ...
    def asked(self, found: Forgotten) -> list[Deletion]: ...


class Instance(Protocol):
    clock: Clock
    chance: Chance
    store: WorkspaceStore
    journal: Journal
    insight: Insight
    pages: PageSupport
    log: EventLogReader
    engine: Engine | None
    catalog: Catalog
    runtime_token: str  # owner's rights for the CLI

    @property
    def replays(self) -> Replays: ...
    @property
    def forgetting(self) -> Forgetting: ...

    def url(self, listener: str) -> str | None:
        """Public address of gateway, console or engine; None when it is not there."""

    def status(self) -> dict[str, Any]: ...

    def audit(self) -> dict[str, Any]: ...

    def message(self, position: int) -> dict[str, Any] | None: ...

    def health(self) -> Mapping[str, Health]: ...

    def rejected(self, limit: int, before: int | None) -> Sequence[tuple[int, dict[str, Any]]]: ...

    def event_page(
        self, state: str | None, destination: str | None, person: str | None, source: str | None, before: int | None,
        limit: int,
    ) -> tuple[list[dict[str, Any]], int | None]:  # fmt: skip
        """Events newest first as `headrace events --json` prints them, and where the list goes on. Its cost is bounded."""

    async def test(self, kind: str, settings: Mapping[str, Any], destination_id: str) -> tuple[bool, str]: ...

    def checked(self, destination_id: str) -> dict[str, Any]:
        """The last check of its definitions, as the page shows it."""

    async def check(self, destination_id: str) -> dict[str, Any]:
        """Check now."""

    async def create_property(self, destination_id: str, name: str, kind: str) -> tuple[bool, str]: ...

    async def pause(self, destination_id: str) -> None: ...

    async def resume(self, destination_id: str) -> None: ...

    async def prepare(
        self, before: Destination | None, after: Destination, source_ids: Sequence[str], answers: Answers
    ) -> None:
        """Before a destination is saved. Raises Question (409) when a person has to say something first."""

    async def changed(self) -> None:
        """After a change of the workspace: returns when the gateway uses it."""

    async def apply(
        self,
        text: str,
        secrets: Mapping[str, str],
        prune: bool,
        force: bool,
        answers: Answers,
        who: str = "apply",
    ) -> dict[str, Any]: ...

    def export(self) -> str: ...

    def metrics(self) -> bytes: ...

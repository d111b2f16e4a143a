"""Replays and backfills: what one would do, start, list, progress, cancel; and the earlier calls of a person."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel

from headrace.clock import rfc3339
from headrace.console import shapes
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Page
from headrace.console.params import Id
from headrace.console.port import Instance, Replays
from headrace.errors import WorkspaceError
from headrace.journal.jobs import NEEDS_CONTACT, Job, Preview, Selection, warnings


class Wanted(BaseModel):
    """Which deliveries; everything that is left out does not narrow it."""

    kind: Literal["replay", "backfill"] = "replay"
    destination_id: str | None = None
    states: list[str] = ["dead"]
    codes: list[str] = []
    since: datetime | None = None
    until: datetime | None = None
    message_id: str | None = None
    person: str | None = None
    force: bool = False
    events: bool = False


class Start(Wanted):
    """`again`: also what was delivered, as a new job. `yes`: although somebody may get a second email."""

    again: bool = False
    yes: bool = False


class Selected(BaseModel):
    destination_id: str
    destination: str
    state: str
    code: str
    number: int


class WouldDo(BaseModel):
    rows: list[Selected]
    total: int
    contacts: int
    events: int
    people: int
    superseded: int
    uncertain: int
    delivered: int
    left_out: int
    warnings: list[str]
    asks: bool


class ReplayJob(BaseModel):
    id: int
    kind: str
    state: str
    selection: dict[str, Any]
    total: int
    put_back: int
    passed: int
    outcomes: dict[str, int]
    at: str
    changed_at: str


class EarlierCalls(BaseModel):
    count: int
    sentence: str


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["replays"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))

    @router.post("/replays/preview", summary="What a replay or backfill would do; changes nothing")
    async def preview(wanted: Annotated[Wanted, Body()], user: Annotated[User, viewer]) -> WouldDo:
        chosen = selection(wanted)
        seen = await asyncio.to_thread(instance.replays.preview, wanted.kind, chosen)
        _, names = shapes.names(instance.store.snapshot())
        return would_do(wanted.kind, seen, chosen, names)

    @router.post("/replays", summary="Send again, or fill a destination from the event log")
    async def start(wanted: Annotated[Start, Body()], user: Annotated[User, editor]) -> ReplayJob:
        job, _ = await instance.replays.start(wanted.kind, selection(wanted), wanted.again, wanted.yes)
        return await asyncio.to_thread(shown, instance.replays, job)

    @router.get("/replays", summary="Replays and backfills, newest first")
    async def replays(user: Annotated[User, viewer]) -> Page[ReplayJob]:
        found = await asyncio.to_thread(lambda: [shown(instance.replays, job) for job in instance.replays.jobs()])
        return Page(data=found)

    @router.get("/replays/{job_id}", summary="How far one has come")
    async def replay(job_id: int, user: Annotated[User, viewer]) -> ReplayJob:
        return await asyncio.to_thread(lambda: shown(instance.replays, instance.replays.job(job_id)))

    @router.post("/replays/{job_id}/cancel", summary="Put nothing more back; what stands in its lanes already will leave")
    async def cancel(job_id: int, user: Annotated[User, editor]) -> ReplayJob:
        job = await instance.replays.cancel(job_id)
        return await asyncio.to_thread(shown, instance.replays, job)

    @router.get("/earlier-calls", summary="Calls of a person that failed for want of an email")
    async def earlier(person: Id, user: Annotated[User, viewer]) -> EarlierCalls:
        seen = await asyncio.to_thread(instance.replays.preview, "replay", earlier_calls(person))
        return offer(seen.total)

    @router.post("/earlier-calls", summary="Replay them, in order")
    async def replay_earlier(person: Id, user: Annotated[User, editor]) -> ReplayJob:
        job, _ = await instance.replays.start("replay", earlier_calls(person), False, False)
        return await asyncio.to_thread(shown, instance.replays, job)

    return router


def shown(replays: Replays, job: Job) -> ReplayJob:
    return ReplayJob(
        id=job.id,
        kind=job.kind,
        state=job.state,
        selection=msgspec.to_builtins(job.selection),
        total=job.progress.total,
        put_back=job.progress.put_back,
        passed=job.progress.passed,
        outcomes=replays.outcomes(job.id),
        at=rfc3339(job.at),
        changed_at=rfc3339(job.changed_at),
    )


def selection(wanted: Wanted) -> Selection:
    return Selection(
        destination_id=wanted.destination_id or None,
        states=tuple(sorted(set(wanted.states))),
        codes=tuple(sorted(set(wanted.codes))),
        since=_ms(wanted.since),
        until=_ms(wanted.until),
        message_id=wanted.message_id or None,
        person=wanted.person or None,
        force=wanted.force,
        events=wanted.events,
    )


def earlier_calls(person: str) -> Selection:
    if not person:
        raise WorkspaceError("Say whose: ?person=user:ada.")
    return Selection(codes=tuple(str(code) for code in NEEDS_CONTACT), person=person)


def offer(count: int) -> EarlierCalls:
    calls = "1 earlier call" if count == 1 else f"{count:,} earlier calls"
    return EarlierCalls(count=count, sentence=f"Replay {calls} of this person" if count else "")


def would_do(kind: Literal["replay", "backfill"], seen: Preview, chosen: Selection, names: dict[str, str]) -> WouldDo:
    rows = [
        Selected(
            destination_id=r.destination_id,
            destination=names.get(r.destination_id, r.destination_id),
            state=r.state,
            code=r.code,
            number=r.number,
        )
        for r in seen.rows
    ]
    asks = bool(seen.doubtful or (kind == "backfill" and seen.events))
    counts = {f: getattr(seen, f) for f in Preview.__struct_fields__ if f != "rows"}
    return WouldDo(rows=rows, **counts, warnings=warnings(kind, seen, chosen.force), asks=asks)


def _ms(at: datetime | None) -> int | None:
    if at is None:
        return None
    return int((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000)

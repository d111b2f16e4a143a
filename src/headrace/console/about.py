"""The program itself: status, audit of fates, health, what is kept for how long, and about."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
import platform
from typing import Annotated, Any

import apsw
from fastapi import APIRouter, Depends

from headrace import __version__
from headrace.clock import rfc3339
from headrace.console import team_models as m
from headrace.console.guard import RUNTIME, Guard
from headrace.console.login import Logins, User
from headrace.console.port import Instance

BEHIND = 10_000  # events not routed yet that make us "behind"
KEPT = (
    ("retention_age", "Events, at most"),
    ("retention_bytes", "Space of events, at most"),
    ("attempts_age", "Requests and answers of delivered events"),
    ("dedup_window", "A repeated messageId is a duplicate within"),
    ("engine_log_days", "Event Log of Loops (built-in)"),
    ("engine_sends_days", "Mails and workflow runs of Loops (built-in)"),
    ("min_free_bytes", "Free space below which nothing is accepted"),
)
UNITS = ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second"))


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["about"])
    viewer = Depends(guard.at_least("viewer"))
    started = instance.clock.now_ms()

    @router.get("/health", summary="Whether it runs, for a load balancer; open to everybody", response_model=m.Alive)
    async def health() -> Any:
        behind = instance.log.head() - instance.journal.cursor() > BEHIND
        return {"status": "behind" if behind else "ok", "version": __version__}

    @router.get("/status", summary="What runs and what became of the events", response_model=m.Status)
    async def status(user: Annotated[User, viewer]) -> Any:
        found = await asyncio.to_thread(instance.status)
        return found if user == RUNTIME else found | {"engine_api_key": None}  # a secret never goes to a browser

    @router.get("/audit", summary="Whether every accepted event has a fate", response_model=m.Audit)
    async def audit(user: Annotated[User, viewer]) -> Any:
        return await asyncio.to_thread(instance.audit)

    @router.get("/about", summary="Version, addresses and where the data lies", response_model=m.About)
    async def about(user: Annotated[User, viewer]) -> Any:
        running = instance.status()["pids"]
        return {
            "version": __version__,
            "python": platform.python_version(),
            "sqlite": apsw.sqlite_lib_version(),
            "started_at": rfc3339(started),
            "data_directory": instance.pages.data_directory(),
            **{name: instance.url(name) for name in ("gateway", "console", "engine")},
            "pids": {name: pid for name, pid in running.items() if pid},
            "license": "Apache-2.0",
        }

    @router.get("/workspace/retention", summary="What is kept, and for how long", response_model=m.Retention)
    async def retention(user: Annotated[User, viewer]) -> Any:
        settings = instance.pages.settings()
        data = [
            {
                "name": n,
                "title": title,
                "value": settings[n],
                "text": kept(n, settings[n]),
                "setting": f"HEADRACE_{n.upper()}",
            }
            for n, title in KEPT
        ]
        stats = await asyncio.to_thread(instance.log.stats)
        now = {
            "events_bytes": stats.bytes,
            "oldest_event": rfc3339(stats.oldest) if stats.oldest else None,
            "segments": stats.segments,
            "free_bytes": instance.pages.free_bytes(),
        }
        return {"data": data, "next": None, "now": now}

    return router


def kept(name: str, value: float) -> str:
    """A setting in words: "7 days", "20 GB"."""
    if name.endswith("bytes"):
        size, unit = (value / 1e9, "GB") if value >= 1e9 else (value / 1e6, "MB")
        return f"{size:g} {unit}"
    seconds = value * 86_400 if name.endswith("days") else value
    length, unit = next(((n, u) for n, u in UNITS if seconds >= n and seconds % n == 0), (1, "second"))
    number = seconds / length
    return f"{number:g} {unit}{'' if number == 1 else 's'}"

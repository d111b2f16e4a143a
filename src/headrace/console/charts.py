"""Numbers over time, and the overview."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Depends

from headrace.clock import rfc3339
from headrace.console import charting, shapes
from headrace.console import page_models as m
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.params import Text
from headrace.console.port import Instance
from headrace.fate import OPEN, State
from headrace.journal.charts import RANGES, points

HOUR = 3_600_000  # ms
LOOKED_AT = 200  # refused calls


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(tags=["charts"])
    viewer = Depends(guard.at_least("viewer"))
    insight, store, clock = instance.insight, instance.store, instance.clock

    def event_chart(source: str | None, name: str) -> dict[str, Any]:
        chosen, now = RANGES[name], clock.now_ms()
        rows = insight.events_by_type(source, chosen.counted, points(chosen, now)[0])
        return charting.event_chart(rows, chosen, now)

    def delivery_chart(destination: str | None, name: str) -> dict[str, Any]:
        chosen, now = RANGES[name], clock.now_ms()
        rows = insight.outcomes(destination, chosen.counted, points(chosen, now)[0], chosen.step)
        return charting.delivery_chart(rows, chosen, now)

    def whole() -> dict[str, Any]:
        workspace, health, counts = store.snapshot(), instance.health(), instance.journal.counts()
        events, sent = insight.rates("event"), insight.rates("delivery")
        destinations = []
        for d in workspace.destinations:
            known, states = health.get(d.id), counts.get(d.id, {})
            destinations.append(
                {
                    "id": d.id,
                    "name": d.name,
                    "type": d.type,
                    "label": instance.catalog[d.type].label if d.type in instance.catalog else d.type,
                    "state": shapes.state_of(d, known),
                    "reason": known.reason if known and d.enabled else "",
                    "rate": round(sent.get(d.id, 0.0), 3),
                    "waiting": sum(states.get(s, 0) for s in OPEN),
                    "failed": states.get(State.DEAD, 0),
                }
            )
        horizon = rfc3339(clock.now_ms() - HOUR)
        refused = [row for _, row in instance.rejected(LOOKED_AT, None) if row["at"] >= horizon]
        why = f"The newest: {refused[0]['reason']} ({refused[0]['status']})." if refused else ""
        tests = [d.id for d in workspace.destinations if d.enabled and d.settings.get("only_to")]
        unrouted = max(0, instance.log.head() - instance.journal.cursor())
        return {
            "sources": [
                {
                    "id": s.id,
                    "name": s.name,
                    "type": s.type,
                    "enabled": s.enabled,
                    "rate": round(events.get(s.id, 0.0), 3),
                    "last_event_at": shapes.when(max((r.last_seen for r in instance.journal.source_table(s.id)), default=0)),
                    "destinations": [c.destination_id for c in workspace.connected_to(s.id)],
                }
                for s in workspace.sources
            ],
            "destinations": destinations,
            "connections": [{"source": c.source_id, "destination": c.destination_id} for c in workspace.connections],
            "day": delivery_chart(None, "1d"),
            "events_day": event_chart(None, "1d"),
            "attention": charting.attention(destinations, tests, len(refused), why, unrouted),
            "unrouted": unrouted,
            "accepted": instance.log.head(),
        }

    @router.get("/stats/events", summary="Events by type over time", response_model=m.EventChart)
    async def events(user: Annotated[User, viewer], range: m.RangeName = "1d", source: Text = None) -> Any:
        return await asyncio.to_thread(event_chart, source, range)

    @router.get("/stats/deliveries", summary="Deliveries by status and delay over time", response_model=m.DeliveryChart)
    async def deliveries(user: Annotated[User, viewer], range: m.RangeName = "1d", destination: Text = None) -> Any:
        return await asyncio.to_thread(delivery_chart, destination, range)

    @router.get("/overview", summary="The pipeline, the last day, and what needs attention", response_model=m.Overview)
    async def overview(user: Annotated[User, viewer]) -> Any:
        return await asyncio.to_thread(whole)

    return router

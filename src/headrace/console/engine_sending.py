"""Settings → Sending of Loops (built-in), and every mail with what became of it."""

# no postponed annotations here: FastAPI reads them, and they name this function's own dependencies
import asyncio
from typing import Annotated, Any

import apsw
import msgspec
from fastapi import APIRouter, Body, Depends

from headrace.clock import rfc3339
from headrace.console.engine_door import Door
from headrace.console.engine_mail_models import (
    DkimKey,
    DnsChecks,
    SendingChange,
    SendingSettings,
    SendRow,
    TestMail,
)  # fmt: skip
from headrace.console.guard import Guard
from headrace.console.login import Logins, User
from headrace.console.models import Ok, Page
from headrace.console.params import Search, Text
from headrace.console.port import Instance
from headrace.engine.engine import Engine
from headrace.engine.outbox import dns, listing
from headrace.engine.outbox.config import DKIM, PASSWORD, make_dkim_key, tidy_dkim_key
from headrace.engine.outbox.sends import State
from headrace.errors import Conflict, NotFound, WorkspaceError


def create_router(instance: Instance, logins: Logins, guard: Guard) -> APIRouter:
    router = APIRouter(prefix="/engine", tags=["Loops (built-in)"])
    viewer, editor = Depends(guard.at_least("viewer")), Depends(guard.at_least("editor"))
    engine = Door(instance)

    @router.get("/sending", summary="How mail leaves", response_model=SendingSettings)
    async def sending(user: Annotated[User, viewer]) -> dict[str, Any]:
        return await asyncio.to_thread(shown, engine())

    @router.patch("/sending", summary="Change how mail leaves", response_model=SendingSettings)
    async def change(given: Annotated[SendingChange, Body()], user: Annotated[User, editor]) -> dict[str, Any]:
        await asyncio.to_thread(_change, engine(), given.model_dump(exclude_none=True))
        await engine().ear.follow()  # who set its port may connect at once, or hears why not
        return await asyncio.to_thread(shown, engine())

    @router.post("/sending/dkim", summary="Make a DKIM key, or store one's own", response_model=SendingSettings)
    async def dkim(given: Annotated[DkimKey, Body()], user: Annotated[User, editor]) -> dict[str, Any]:
        return await asyncio.to_thread(_dkim, engine(), given.private_key)

    @router.delete("/sending/dkim", summary="Forget the DKIM key", response_model=SendingSettings)
    async def no_dkim(user: Annotated[User, editor]) -> dict[str, Any]:
        await asyncio.to_thread(engine().sending.set_secret, DKIM, None)
        return await asyncio.to_thread(shown, engine())

    @router.post("/sending/dns-check", summary="Look whether the DNS records are there", response_model=DnsChecks)
    async def dns_check(user: Annotated[User, editor]) -> dict[str, Any]:
        wanted = await asyncio.to_thread(_records, engine())
        if not wanted:
            raise WorkspaceError("Sending domain: set one first, then its records can be looked up.")
        from headrace.engine.outbox.resolving import by_dns  # rarely asked for, and slow to load

        return {"data": msgspec.to_builtins(await dns.check(wanted, by_dns))}

    @router.post("/sending/test", summary="Send a test mail", response_model=SendRow)
    async def test(given: Annotated[TestMail, Body()], user: Annotated[User, editor]) -> Any:
        if "@" not in given.to.strip("@ "):
            raise WorkspaceError("to: an email address.")
        made = await asyncio.to_thread(engine().outbox.send_test, given.to)
        return await asyncio.to_thread(_one, engine(), made)

    @router.get("/sends", summary="Mails and what became of them, newest first", response_model=Page[SendRow])
    async def sends(
        user: Annotated[User, viewer],
        state: State | None = None,
        search: Search = "",
        contact: Text = None,
        source: Text = None,
        cursor: Text = None,
    ) -> dict[str, Any]:
        def read(c: apsw.Connection) -> dict[str, Any]:
            return listing.page(c, cursor, state=state, search=search or None, contact=contact, source=source)

        return await engine.read(read)

    @router.get("/sends/{identifier}", summary="One mail and what became of it", response_model=SendRow)
    async def send(identifier: str, user: Annotated[User, viewer]) -> Any:
        return await asyncio.to_thread(_one, engine(), identifier)

    @router.post("/sends/{identifier}/again", summary="Send it (once more), now", response_model=Ok)
    async def again(identifier: str, user: Annotated[User, editor]) -> dict[str, bool]:
        await asyncio.to_thread(_one, engine(), identifier)
        if not await asyncio.to_thread(engine().outbox.again, identifier):
            raise Conflict("Only a mail that is ambiguous, was refused, or waits for its next try can be sent again.")
        return {"ok": True}

    @router.post("/sends/{identifier}/settle", summary="An ambiguous mail arrived", response_model=Ok)
    async def settle(identifier: str, user: Annotated[User, editor]) -> dict[str, bool]:
        await asyncio.to_thread(_one, engine(), identifier)
        if not await asyncio.to_thread(engine().outbox.settle, identifier):
            raise Conflict("Only an ambiguous mail can be settled.")
        return {"ok": True}

    return router


def shown(engine: Engine) -> dict[str, Any]:
    current, trouble = engine.sending.current(), engine.outbox.trouble
    down = {"why": trouble.why, "since": rfc3339(trouble.since), "until": rfc3339(trouble.until)} if trouble else None
    whole: dict[str, Any] = msgspec.to_builtins(current)
    return whole | {
        "has_password": engine.sending.has_secret(PASSWORD),
        "has_dkim": engine.sending.has_secret(DKIM),
        "inbox_port_trouble": engine.ear.trouble,
        "records": msgspec.to_builtins(_records(engine)),
        "down": down,
        "counts": engine.read(listing.counts),
    }


def _records(engine: Engine) -> list[dns.Record]:
    return dns.records(engine.sending.current(), engine.sending.secret(DKIM))


def _change(engine: Engine, changes: dict[str, Any]) -> None:
    password, before = changes.pop("password", None), engine.sending.current()
    elsewhere = {name for name in ("host", "port") if changes.get(name, getattr(before, name)) != getattr(before, name)}
    if elsewhere and password is None and engine.sending.has_secret(PASSWORD):
        raise WorkspaceError("SMTP server: give its password again. The one that is stored is not sent to another server.")
    engine.sending.change(changes)
    if password is not None:
        engine.sending.set_secret(PASSWORD, password)
    engine.outbox.hurry()


def _dkim(engine: Engine, pem: str | None) -> dict[str, Any]:
    key = tidy_dkim_key(pem) if pem else make_dkim_key()
    engine.sending.set_secret(DKIM, key)
    return shown(engine)


def _one(engine: Engine, identifier: str) -> dict[str, Any]:
    found = engine.read(lambda c: listing.one(c, identifier))
    if found is None:
        raise NotFound("There is no such mail.")
    return found

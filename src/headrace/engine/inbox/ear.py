"""The Inbox's SMTP ear: other programs of this machine hand over mail, and it is kept like our own. Off by default."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import apsw
import structlog

from headrace.engine.core import Core
from headrace.engine.desk import Desk
from headrace.engine.inbox import reading, store
from headrace.engine.outbox import reports, returned
from headrace.engine.outbox.config import SendingSettings
from headrace.engine.outbox.reports import Report

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

HOST = "127.0.0.1"  # no password is asked for, so nobody else may reach it
LARGEST = 10 * 2**20  # bytes of a mail
LOOKS = 1.0  # s between looks at the setting
log = structlog.get_logger(__name__)


class Ear:
    def __init__(self, core: Core, settings: SendingSettings) -> None:
        self._core, self._settings = core, settings
        self._server: asyncio.AbstractServer | None = None
        self._wanted = 0
        self.trouble: str | None = None

    async def run(self) -> None:
        try:
            while True:
                await self.follow()
                await self._core.clock.sleep(LOOKS)
        finally:
            await self._listen(0)

    async def follow(self) -> None:
        """Listens where the setting says."""
        wanted = self._settings.current().inbox_port
        if wanted != self._wanted or (self.trouble and wanted):
            await self._listen(wanted)

    async def _listen(self, port: int) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        self._wanted, self.trouble = port, None
        if not port:
            return
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(lambda: self._session(loop), HOST, port)
        except OSError as error:
            self.trouble = f"Port {port} cannot be listened on: {error.strerror or error}."
            log.warning("the Inbox does not listen for SMTP", port=port, error=str(error))

    def _session(self, loop: asyncio.AbstractEventLoop) -> SMTP:
        from aiosmtpd.smtp import SMTP  # slow to load, and off by default

        return SMTP(
            self, data_size_limit=LARGEST, enable_SMTPUTF8=True, hostname="headrace", ident="Headrace Inbox", loop=loop,
            timeout=60,
        )  # fmt: skip

    def _reported(self, raw: bytes, recipients: Sequence[str]) -> list[tuple[str, Report]]:
        """(send, report) of a mail that came to a return path of ours."""
        key = self._settings.token_key()
        sends = [send for address in recipients if (send := reports.send_of(key, address)) is not None]
        return [(send, report) for send in dict.fromkeys(sends) for report in reports.read(raw)]

    async def handle_DATA(self, server: Any, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        raw = envelope.content if isinstance(envelope.content, bytes) else (envelope.content or "").encode()
        reported = await asyncio.to_thread(self._reported, raw, envelope.rcpt_tos)
        mark = "; ".join(f"{report.kind}: {report.text}" for _, report in reported)
        mail = store.Kept(raw, envelope.mail_from or "", list(envelope.rcpt_tos), reading.subject(raw), mark=mark)
        room = self._settings.current().inbox_room
        try:
            await asyncio.wrap_future(self._core.write(lambda desk: _take(desk, mail, room, reported)))
        except apsw.Error as error:
            log.error("a mail for the Inbox could not be kept", error=str(error))
            return "452 4.3.1 It cannot be kept now; try again later"
        return "250 2.0.0 Kept in the Inbox"


def _take(desk: Desk, mail: store.Kept, room: store.Room, reported: Sequence[tuple[str, Report]]) -> None:
    """What comes back is kept to be read, and acted on in the same transaction."""
    store.keep(desk, mail, room)
    for send, report in reported:
        returned.reported(desk, report, send)

"""One connection to the mail server, used for one mail after the other."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

import aiosmtplib

from headrace.clock import Clock
from headrace.engine.outbox.answers import SmtpAnswer, Stage
from headrace.engine.outbox.config import Sending
from headrace.engine.outbox.mime import Built

COMMAND_WITHIN = 30.0  # s
BODY_WITHIN = 300.0  # s; RFC 5321 grants ten minutes
IDLE = 20.0  # s after which a connection is not trusted any longer
BROKEN = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)


class Line(Protocol):
    async def send(self, built: Built, leaving: Callable[[], Awaitable[bool]]) -> SmtpAnswer | None:
        """`leaving` is awaited at the last moment at which it is certain that nothing has left.

        None: it said no, and nothing left. Never raises for what a network can do.
        """

    async def close(self) -> None: ...


class SmtpLine:
    def __init__(self, sending: Sending, password: str | None, clock: Clock) -> None:
        self._sending, self._password, self._clock = sending, password, clock
        self._client: aiosmtplib.SMTP | None = None
        self._used = 0.0

    async def send(self, built: Built, leaving: Callable[[], Awaitable[bool]]) -> SmtpAnswer | None:
        answer = await self._open(built)
        if answer is not None:
            return answer
        assert self._client is not None
        refused = await self._recipients(self._client, built)
        if isinstance(refused, SmtpAnswer):
            await self._reset()
            return refused
        if not await leaving():
            await self._reset()
            return None
        answer = await self._body(self._client, built)
        self._used = self._clock.monotonic()
        return SmtpAnswer(answer.stage, answer.code, "; ".join([answer.text, *refused]))

    async def _open(self, built: Built) -> SmtpAnswer | None:
        """The server has taken the sender; else why not. A connection that went stale is opened anew, once."""
        if self._client is not None and self._clock.monotonic() - self._used > IDLE:
            await self.close()
        fresh = self._client is None
        if self._client is None and (failure := await self._connect()) is not None:
            return failure
        assert self._client is not None
        try:
            await self._client.mail(built.sender)
        except aiosmtplib.SMTPResponseException as error:
            await self.close()
            return _answer("sender", error)
        except BROKEN as error:
            await self.close()
            return _none("server", error) if fresh else await self._open(built)
        return None

    async def _connect(self) -> SmtpAnswer | None:
        sending = self._sending
        client = aiosmtplib.SMTP(
            hostname=sending.host, port=sending.port, timeout=COMMAND_WITHIN, local_hostname=sending.from_domain,
            use_tls=sending.security == "tls", start_tls=sending.security == "starttls", validate_certs=sending.verify,
            username=sending.username or None, password=self._password if sending.username else None,
        )  # fmt: skip
        try:
            await client.connect()
        except aiosmtplib.SMTPAuthenticationError as error:
            return SmtpAnswer("server", error.code, "The mail server refused the login.")  # its words may quote it
        except aiosmtplib.SMTPResponseException as error:
            return _answer("server", error)
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            client.close()
            return _none("server", error)
        self._client = client
        self._used = self._clock.monotonic()
        return None

    async def _recipients(self, client: aiosmtplib.SMTP, built: Built) -> SmtpAnswer | list[str]:
        """What stops it; else a word for each copy that was refused for good."""
        refused = []
        for place, address in enumerate(built.recipients):
            try:
                await client.rcpt(address)
            except aiosmtplib.SMTPResponseException as error:
                if place == 0 or error.code < 500:
                    return _answer("recipient", error)
                refused.append(f"not to {address}: {error.code} {error.message}")
            except BROKEN as error:
                await self.close()
                return _none("server", error)
        return refused

    async def _body(self, client: aiosmtplib.SMTP, built: Built) -> SmtpAnswer:
        try:
            response = await client.data(built.raw, timeout=BODY_WITHIN)
        except aiosmtplib.SMTPResponseException as error:
            await self._reset()
            return _answer("content", error)
        except BROKEN as error:
            await self.close()
            return _none("lost", error)
        return SmtpAnswer("content", response.code, response.message)

    async def _reset(self) -> None:
        if self._client is None:
            return
        try:
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError):
            await self.close()

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=2)
        client.close()


def _answer(stage: Stage, error: aiosmtplib.SMTPResponseException) -> SmtpAnswer:
    return SmtpAnswer(stage, error.code, error.message)


def _none(stage: Stage, error: BaseException) -> SmtpAnswer:
    words = str(error) or type(error).__name__
    return SmtpAnswer(stage, 0, f"The mail server could not be used: {words}")

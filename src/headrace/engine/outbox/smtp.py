"""One connection to the mail server, used for one mail after the other."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Awaitable, Callable
from typing import Protocol

import aiosmtplib
import msgspec

from headrace.clock import Clock
from headrace.engine.outbox.answers import SmtpAnswer, Stage
from headrace.engine.outbox.config import Sending
from headrace.engine.outbox.mime import Built

IDLE = 20.0  # s after which a connection is not trusted any longer
BROKEN = (aiosmtplib.SMTPServerDisconnected, aiosmtplib.SMTPTimeoutError, OSError)
GO_ON = 354  # the answer to DATA
_DOT = re.compile(rb"(?m)^\.")


class Patience(msgspec.Struct, frozen=True):
    """Seconds that a mail server gets for a whole answer, however slowly it comes."""

    command: float = 30.0
    body: float = 300.0  # RFC 5321 grants ten minutes


class Line(Protocol):
    async def send(self, built: Built, leaving: Callable[[], Awaitable[bool]]) -> SmtpAnswer | None:
        """`leaving` is awaited at the last moment at which it is certain that nothing has left.

        None: it said no, and nothing left. Never raises for what a network can do.
        """

    async def close(self) -> None: ...


PATIENCE = Patience()


class SmtpLine:
    def __init__(self, sending: Sending, password: str | None, clock: Clock, patience: Patience = PATIENCE) -> None:
        self._sending, self._password, self._clock, self._patience = sending, password, clock, patience
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
            answer = _answer("sender", error)
            if answer.stage == "server":
                self._drop()
            await self.close()
            return answer
        except BROKEN as error:
            self._drop()
            return _none("server", error) if fresh else await self._open(built)
        return None

    async def _connect(self) -> SmtpAnswer | None:
        sending = self._sending
        client = aiosmtplib.SMTP(
            hostname=sending.host, port=sending.port, timeout=self._patience.command, local_hostname=sending.from_domain,
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
                answer = _answer("recipient", error)
                if place == 0 or answer.code < 500:
                    return answer
                refused.append(f"not to {address}: {error.code} {error.message}")
            except BROKEN as error:
                self._drop()
                return _none("server", error)
        return refused

    async def _body(self, client: aiosmtplib.SMTP, built: Built) -> SmtpAnswer:
        """Until the server says that it listens, nothing has left, whatever breaks; from then on it may have arrived."""
        try:
            listens = await client.execute_command(b"DATA")
        except (*BROKEN, aiosmtplib.SMTPResponseException) as error:
            self._drop()
            return _none("server", error)
        if listens.code != GO_ON:
            await self._reset()
            return _judged("content", listens.code, listens.message)
        try:
            response = await _said(client, built.raw, self._patience.body)
        except (*BROKEN, aiosmtplib.SMTPResponseException) as error:
            self._drop()
            return _none("lost", error)
        if response.code // 100 in (4, 5):
            await self._reset()
        elif response.code // 100 != 2:
            self._drop()
            return SmtpAnswer("lost", response.code, response.message)
        return SmtpAnswer("content", response.code, response.message)

    async def _reset(self) -> None:
        if self._client is None:
            return
        try:
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        """A connection that broke, or on which nobody knows any more which answer is whose: no goodbye."""
        client, self._client = self._client, None
        if client is not None:
            client.close()

    async def close(self) -> None:
        client, self._client = self._client, None
        if client is None:
            return
        with contextlib.suppress(aiosmtplib.SMTPException, OSError):
            await client.quit(timeout=2)
        client.close()


async def _said(client: aiosmtplib.SMTP, raw: bytes, within: float) -> aiosmtplib.SMTPResponse:
    """The answer to the mail itself. The library's own `data` does not tell a break before it from one after it."""
    if client.protocol is None:
        raise aiosmtplib.SMTPServerDisconnected("Connection lost")
    end = b"" if raw.endswith(b"\r\n") else b"\r\n"
    client.protocol.write(_DOT.sub(b"..", raw) + end + b".\r\n")
    return await client.protocol.read_response(timeout=within)


def _answer(stage: Stage, error: aiosmtplib.SMTPResponseException) -> SmtpAnswer:
    return _judged(stage, error.code, error.message)


def _judged(stage: Stage, code: int, text: str) -> SmtpAnswer:
    """A refusal, for now or for good. Anything else answers another question: the server is to blame, not the mail."""
    if code // 100 in (4, 5):
        return SmtpAnswer(stage, code, text)
    said = f"{code} {text}" if code > 0 else text
    return SmtpAnswer("server", 0, f"The mail server gave an answer that does not fit: {said}")


def _none(stage: Stage, error: BaseException) -> SmtpAnswer:
    words = error.message if isinstance(error, aiosmtplib.SMTPResponseException) else str(error)
    return SmtpAnswer(stage, 0, f"The mail server could not be used: {words or type(error).__name__}")

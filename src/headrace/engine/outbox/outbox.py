"""The room that sends: a row of intent before a mail leaves, a settlement after, and nothing resent by guess."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

import apsw
import msgspec
import structlog

from headrace.engine.core import Core
from headrace.engine.desk import Desk, Happening
from headrace.engine.mail_port import Composer, Mail
from headrace.engine.outbox import selftest, sends, settling, tally
from headrace.engine.outbox.answers import (
    PATIENCE,
    Ambiguous,
    Down,
    Sent,
    SmtpAnswer,
    Verdict,
    domain_of,
    down_pause,
    judge,
    shown,
)  # fmt: skip
from headrace.engine.outbox.compose import Frame, NoComposer, Not, Ready, ready
from headrace.engine.outbox.config import PASSWORD, Sending, SendingSettings
from headrace.engine.outbox.lines import Lines
from headrace.engine.outbox.smtp import PATIENCE as WITHIN
from headrace.engine.outbox.smtp import Line, SmtpLine
from headrace.engine.wake import HURT, Wake

T = TypeVar("T")
BATCH = 50
IDLE = 5.0  # s between looks when nothing rings
GRACE = 5.0  # s that mails on their way get when we are told to stop
MOST_DOMAINS = 10_000  # that are remembered
LOST = 2  # mails in a row that left without an answer: one may be to blame itself, two are not
log = structlog.get_logger(__name__)


class Trouble(msgspec.Struct, frozen=True):
    """Why no mail leaves at all."""

    why: str
    since: int
    until: int


class Outbox:
    """`composer` is set by whoever writes mail; `enqueue` works without one."""

    def __init__(self, core: Core, settings: SendingSettings) -> None:
        self._core, self.settings = core, settings
        self.composer: Composer = NoComposer()
        self.trouble: Trouble | None = None
        self.patience = WITHIN  # with a mail server
        self._failures, self._down_since, self._lost = 0, 0, 0
        self._wake = Wake()
        self._lines = Lines(self._make_line, core.clock, self._wake.ring)
        self._slot = 0.0  # monotonic, at which the next mail may leave
        self._recovered = False
        self._server: tuple[str, int, str] | None = None
        self._serves: dict[str, None] = {}  # domains that the present server has taken mail to, the latest last

    # --- what others call -------------------------------------------------------------------------------------------

    def enqueue(self, desk: Desk, mail: Mail) -> str:
        """The id of the send: the existing one's if the key is known. It is composed when it leaves."""
        identifier = sends.enqueue(desk, mail, self.settings.current().from_domain)
        self._wake.ring()  # looks through the writer's queue, so not before this change is there
        return identifier

    def heard(self, desk: Desk, happening: Happening) -> None:
        """Counts. Who left or was deleted is asked about when their mail leaves."""
        tally.heard(desk, happening)

    def send_test(self, to: str) -> str:
        """One mail that says that it arrived; the id of its send."""
        mail = selftest.mail(self._core.new_id(), to)
        return self._core.write(lambda desk: self.enqueue(desk, mail)).result()

    def again(self, identifier: str) -> bool:
        """A person wants an ambiguous or refused mail sent (once more), or a waiting one now."""
        done = self._core.write(lambda desk: sends.again(desk, identifier)).result()
        self.hurry()
        return done

    def settle(self, identifier: str) -> bool:
        """A person knows that an ambiguous mail arrived."""
        return self._core.write(lambda desk: self._arrived(desk, identifier)).result()

    def _arrived(self, desk: Desk, identifier: str) -> bool:
        if not sends.settle_ambiguous(desk, identifier):
            return False
        kind, contact = next(iter(desk.c.execute("select kind, contact from send where id=?", (identifier,))))
        if kind != "test":
            desk.happened("email.sent", contact or "", send=identifier)
        return True

    def hurry(self) -> None:
        """Settings changed, or somebody does not want to wait."""
        self._fine()
        self.trouble = None
        self._wake.ring()

    # --- the loop ---------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Until cancelled."""
        try:
            await self._wake.rounds(self._core.clock, self.step, "mail cannot be sent and will be tried again")
        except asyncio.CancelledError:
            await self._lines.finish(GRACE)
            raise
        finally:
            await self._lines.hang_up()

    async def step(self) -> float:
        """One round of what is due; seconds until there may be more, 0: at once."""
        if not self._recovered:
            await self._recover()
        self._lines.reap()
        if not self._lines.fit(self.settings.current()):
            self._lines.clear()  # what has not left is composed anew
        elif self._lines.full:
            return await self._look_again()
        now = self._core.now()
        if self.trouble is not None and now < self.trouble.until:
            return await self._look_again() if self._lines.busy else (self.trouble.until - now) / 1000
        batch, following = await self._write(self._due)
        if not batch and self._lines.busy:
            return await self._look_again()
        if not batch:
            await self._lines.rest()
            return IDLE if following is None else max(0.001, min(IDLE, (following - now) / 1000))
        frame = await asyncio.to_thread(self._frame)
        prepared = await asyncio.to_thread(self._prepared, batch, frame)
        leaving = [it for it in prepared if isinstance(it, Ready) and not it.to_inbox]
        await self._stay([it for it in prepared if isinstance(it, Not) or it.to_inbox], frame.sending)
        if leaving:
            await self._leave(leaving, frame.sending)
        return 0.0

    async def _look_again(self) -> float:
        """When a connection is free, or somebody rings."""
        await self._wake.wait(self._core.clock, IDLE)
        return 0.0

    def _due(self, desk: Desk) -> tuple[list[sends.Send], int | None]:
        held = self._lines.in_hand
        found = sends.due(desk.c, desk.now, BATCH + len(held))
        return [send for send in found if send.id not in held][:BATCH], sends.next_due(desk.c)

    async def _recover(self) -> None:
        found = await self._write(sends.recover)
        if found:
            log.warning(
                "mails whose outcome is not known after a crash are listed on the page Sending of Loops (built-in)",
                sends=found,
            )
        self._recovered = True

    def _frame(self) -> Frame:
        return Frame(self.settings.current(), self._core.url, self.settings.token_key(), self.settings.dkim_key())

    def _prepared(self, batch: list[sends.Send], frame: Frame) -> list[Ready | Not]:
        """One read for each mail: writing takes its time, and the API wants to read meanwhile."""

        def one(send: sends.Send) -> Ready | Not:
            return self._core.read(lambda c: ready(c, send, self.composer, frame, self._core.now()))

        return [one(send) for send in batch]

    async def _stay(self, these: list[Ready | Not], sending: Sending) -> None:
        """What needs no mail server, each in a change of its own: one that fails stops no other."""
        works = []
        for it in these:
            await self._pace(sending.rate if isinstance(it, Ready) else 0)
            works.append(asyncio.wrap_future(self._core.write(self._staying(it, sending))))
        for it, outcome in zip(these, await asyncio.gather(*works, return_exceptions=True), strict=True):
            if isinstance(outcome, BaseException):
                await self._hurt(it.send, outcome)

    def _staying(self, it: Ready | Not, sending: Sending) -> Callable[[Desk], None]:
        if isinstance(it, Not):
            return lambda desk: settling.not_sent(desk, it)
        roll = self._core.chance.fraction()
        return lambda desk: settling.to_inbox(desk, it, sending.trouble, sending.inbox_room, roll)

    async def _hurt(self, send: sends.Send, error: BaseException) -> None:
        if not isinstance(error, Exception) or isinstance(error, apsw.Error):
            raise error
        log.error("a mail could not be settled and will be tried again", send=send.id, error=repr(error))
        why = f"It could not be stored: {error or type(error).__name__}"
        await self._write(lambda desk: sends.put_back(desk, send.id, desk.now + 60_000, why))

    # --- by SMTP ----------------------------------------------------------------------------------------------------

    def _make_line(self, sending: Sending, password: str | None) -> Line:
        return SmtpLine(sending, password, self._core.clock, self.patience)

    async def _leave(self, these: list[Ready], sending: Sending) -> None:
        await self._lines.dial(sending, lambda: self.settings.secret(PASSWORD))
        server = (sending.host, sending.port, sending.username)
        if server != self._server:  # what was true of another one says nothing of this
            self._server = server
            self._serves.clear()
        self.trouble = None

        async def one(line: Line, it: Ready) -> None:
            await self._pace(sending.rate)
            await self._one(line, it)

        self._lines.carry(these, one)

    async def _one(self, line: Line, it: Ready) -> None:
        left, hurt = False, None

        async def leaving() -> bool:
            nonlocal left, hurt
            try:
                left = await self._write(lambda desk: settling.may_leave(desk, it))
            except apsw.Error as error:
                hurt = error
            return left

        answer = await line.send(it.built, leaving)
        if hurt is not None:
            raise hurt
        if answer is None:
            return
        age, roll = settling.age(it.send, self._core.now()), self._core.chance.fraction()
        verdict = judge(answer, it.send.tries + 1, age, roll, domain_of(it.email) in self._serves)
        if self._lines.present(line):  # else it tells of a server that is no longer asked
            await self._learn(answer, verdict, domain_of(it.email))
        await self._surely(lambda desk: settling.settle(desk, it, verdict, left=left))

    async def _learn(self, answer: SmtpAnswer, verdict: Verdict, domain: str) -> None:
        """What a mail's answer says of the server."""
        if isinstance(verdict, Sent):
            self._takes(domain)
        if isinstance(verdict, Ambiguous):
            self._lost += 1
        if isinstance(verdict, Down) or (isinstance(verdict, Ambiguous) and self._lost >= LOST):
            await self._down(answer)
        elif not isinstance(verdict, Ambiguous):
            self._fine()

    def _fine(self) -> None:
        self._failures, self._down_since, self._lost = 0, 0, 0

    def _takes(self, domain: str) -> None:
        self._serves.pop(domain, None)
        self._serves[domain] = None
        if len(self._serves) > MOST_DOMAINS:
            del self._serves[next(iter(self._serves))]

    async def _surely(self, run: Callable[[Desk], None]) -> None:
        """An answer that cannot be stored is not forgotten: it is tried until it is stored, or the process ends."""
        while True:
            try:
                return await self._write(run)
            except apsw.Error as error:
                log.error("what became of a mail cannot be stored and is tried again", error=str(error))
                await self._core.clock.sleep(HURT)

    async def _down(self, answer: SmtpAnswer) -> None:
        self._failures += 1
        now, why = self._core.now(), shown(answer)
        self._down_since = self._down_since or now
        self.trouble = Trouble(why, self._down_since, now + int(down_pause(self._failures) * 1000))
        self._lines.clear()
        log.warning("the mail server cannot be used; mail waits", answer=why, stage=answer.stage)
        said = f"Given up after three days without a mail server: {why}"
        await self._write(lambda desk: sends.give_up(desk, now - PATIENCE, said))

    async def _pace(self, rate: float) -> None:
        if rate <= 0:
            return
        now = self._core.clock.monotonic()
        wait = self._slot - now
        self._slot = max(now, self._slot) + 1 / rate
        if wait > 0:
            await self._core.clock.sleep(wait)

    async def _write(self, run: Callable[[Desk], T]) -> T:
        return await asyncio.wrap_future(self._core.write(run))

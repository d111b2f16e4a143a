"""Handing alarms over: tried again, ever more rarely, through restarts; one channel's trouble is not the other's."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
from pathlib import Path

from headrace.alarms import notice as words
from headrace.alarms.notice import Notice, failed, mail, mailbox, notices
from headrace.alarms.rules import Alarm, Change
from headrace.alarms.teller import Teller
from headrace.alarms.webhook import WebhookChannel
from headrace.delivery.port import NoAnswer, Outgoing
from headrace.destinations.port import Answer
from headrace.storage.sqlite.watch import WatchDb
from tests.harness.story import awaited
from tests.storage.queue import NOON, StandingClock

STARTED = Change("started", Alarm("paused", "loops", "loops is paused.\nPaste a key.", NOON, NOON))


def made(*channels: str, at: int = NOON) -> list[Notice]:
    numbers = itertools.count()
    return notices([STARTED], channels, at, lambda: f"n{next(numbers)}-{at}")


class Ear:
    """A channel that fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.heard: list[Notice] = []

    async def tell(self, notice: Notice) -> str | None:
        if self.failures:
            self.failures -= 1
            return "not now"
        self.heard.append(notice)
        return None


@awaited
async def test_a_channel_that_fails_is_asked_again_later_and_the_other_one_is_told_at_once(tmp_path: Path) -> None:
    clock, outbox = StandingClock(), WatchDb(tmp_path / "watch.db")
    bad, good = Ear(failures=2), Ear()
    outbox.add_notices(made("webhook", "email"))
    teller = Teller(outbox, {"webhook": bad, "email": good}, clock)
    await teller.tell_due()
    assert (len(good.heard), len(bad.heard)) == (1, 0)
    await teller.tell_due()
    assert bad.failures == 1, "not before its pause is over"
    clock.at += 10_000
    await teller.tell_due()
    assert (bad.failures, bad.heard) == (0, [])
    outbox.close()
    again = Teller(WatchDb(tmp_path / "watch.db"), {"webhook": bad, "email": good}, clock)  # a restart
    clock.at += 20_000
    await again.tell_due()
    assert (len(good.heard), len(bad.heard)) == (1, 1)


@awaited
async def test_a_channel_that_was_taken_away_is_not_waited_for(tmp_path: Path) -> None:
    clock, outbox = StandingClock(), WatchDb(tmp_path / "watch.db")
    outbox.add_notices(made("webhook"))
    await Teller(outbox, {}, clock).tell_due()
    assert outbox.due_notices(clock.at) == []


def test_the_pause_doubles_up_to_an_hour_and_after_a_day_it_is_given_up() -> None:
    (notice,) = made("webhook")
    pauses, now, current = [], NOON, notice
    while (after := failed(current, now)) is not None:
        pauses.append((after.next_at - now) // 1000)
        now, current = after.next_at, after
    assert pauses[:4] == [10, 20, 40, 80]
    assert max(pauses) == 3600
    assert 24 <= (now - NOON) / 3_600_000 <= 25


def test_the_outbox_keeps_the_newest_thousand(tmp_path: Path) -> None:
    outbox = WatchDb(tmp_path / "watch.db")
    for at in range(NOON, NOON + 1_005):
        outbox.add_notices(made("webhook", at=at))
    assert outbox.due_notices(NOON + 2_000)[0].at == NOON + 5


class Wire:
    """A Transport that remembers what left."""

    def __init__(self, *answers: Answer | NoAnswer) -> None:
        self.answers = list(answers)
        self.sent: list[Outgoing] = []

    async def send(self, request: Outgoing) -> Answer | NoAnswer:
        self.sent.append(request)
        return self.answers.pop(0)

    async def close(self) -> None:
        """Nothing is open."""


@awaited
async def test_the_webhook_is_signed_as_standard_webhooks_says_and_keeps_its_id_through_all_tries() -> None:
    wire = Wire(Answer(500, {}, b""), NoAnswer("timeout", "no answer within 10 s"), Answer(204, {}, b""))
    key = b"0123456789abcdef01234567"
    secret = "whsec_" + base64.b64encode(key).decode()
    channel = WebhookChannel(
        "https://example.com/alarms", secret, "http://localhost:8081", "Headrace/test", wire, StandingClock()
    )
    (notice,) = made("webhook")
    assert [await channel.tell(notice) for _ in range(3)] == ["it answered 500", "no answer (timeout)", None]
    assert {s.headers["webhook-id"] for s in wire.sent} == {notice.id}
    for sent in wire.sent:
        assert sent.body is not None
        signed = f"{notice.id}.{sent.headers['webhook-timestamp']}.".encode() + sent.body
        expected = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        assert sent.headers["webhook-signature"] == f"v1,{expected}"
        assert json.loads(sent.body)["type"] == "alarm.started"


def test_an_email_says_what_is_wrong_in_a_subject_of_one_line() -> None:
    (notice,) = made("email")
    written = mail(notice, "http://localhost:8081", "headrace@example.com", ["ada@example.com"])
    assert written["Subject"] == "[Headrace] alarm: paused (loops)"
    assert "Paste a key." in written.get_content()
    (ended,) = notices([Change("ended", STARTED.alarm)], ("email",), NOON, lambda: "n")
    over = mail(ended, "", "h@example.com", ["a@b.c"])
    assert over["Subject"] == "[Headrace] over: paused (loops)"


def test_a_mail_servers_address_is_read_with_its_login() -> None:
    box = mailbox("smtp://ada%40example.com:p%3Aw@mail.example.com")
    assert (box.host, box.port, box.tls, box.user, box.password) == (
        "mail.example.com",
        587,
        False,
        "ada@example.com",
        "p:w",
    )
    assert (mailbox("smtps://mail.example.com").port, mailbox("smtps://mail.example.com").tls) == (465, True)


def test_a_body_tells_programs_what_a_person_reads() -> None:
    (notice,) = made("webhook")
    data = json.loads(words.body(notice, "http://localhost:8081"))["data"]
    assert (data["kind"], data["subject"], data["instance"]) == ("paused", "loops", "http://localhost:8081")

"""Mail servers that stall, break and babble: no mail is lost, none is doubled, and nobody else waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from headrace.clock import SystemClock
from headrace.engine.engine import Engine
from headrace.engine.outbox.smtp import Patience
from tests.engine import moody as moods
from tests.engine.mailing import (
    SetClock,
    add_contact,
    drain,
    enqueue,
    mail_for,
    new_engine,
    sends,
    the_send,
    use_smtp,
)  # fmt: skip
from tests.engine.moody import Mood, Moody, moody

IMPATIENT = Patience(command=1.0, body=1.0)


@pytest.fixture
def engine(engine: Engine) -> Engine:
    engine.outbox.patience = IMPATIENT
    return engine


def ids(server: Moody) -> list[str]:
    """Of the mails that arrived."""
    heads = [line for mail in server.mails for line in mail.split(b"\r\n\r\n")[0].split(b"\r\n")]
    return [line.decode().partition("<")[2].partition("@")[0] for line in heads if line.lower().startswith(b"message-id:")]


BEFORE = (
    moods.never_greets, moods.greets_slowly, moods.greets_with_421, moods.greets_with_250, moods.greets_endlessly,
    moods.greets_and_goes, moods.says_251_to_the_sender, moods.hangs_at_the_recipient, moods.hangs_at_data,
    moods.goes_at_data, moods.babbles_at_data,
)  # fmt: skip
ENCRYPTING = (
    moods.refuses_encryption, moods.encrypts_with_nonsense, moods.goes_at_encryption, moods.hangs_at_encryption,
)  # fmt: skip
AFTER = (
    moods.takes_and_hangs, moods.takes_and_answers_slowly, moods.takes_and_goes_in_the_middle_of_its_answer,
    moods.takes_and_babbles, moods.takes_and_says_nonsense, moods.takes_and_says_go_on,
)  # fmt: skip


@pytest.mark.parametrize("mood", BEFORE, ids=lambda mood: mood.__name__)
def test_adas_mail_waits_while_the_server_breaks_before_it_has_left_and_arrives_once(
    engine: Engine, clock: SetClock, mood: Mood
) -> None:
    ada = add_contact(engine)
    with moody(mood) as server:
        use_smtp(engine, server.port)
        first, second = enqueue(engine, mail_for(ada, key="1")), enqueue(engine, mail_for(ada, key="2"))
        drain(engine)
        assert {row["state"] for row in sends(engine)} == {"queued"}
        assert the_send(engine, first)["attempts"] == 0, "it is not this mail's fault"
        assert engine.outbox.trouble is not None, "a person sees that no mail leaves, and why"
        assert server.connections == 1, "the other mail does not try it again at once"
        clock.forward(6)
        drain(engine)
    assert ids(server) == [first, second]
    assert {row["state"] for row in sends(engine)} == {"sent"}
    assert engine.outbox.trouble is None


@pytest.mark.parametrize("mood", ENCRYPTING, ids=lambda mood: mood.__name__)
def test_nothing_leaves_in_the_clear_when_encryption_breaks(engine: Engine, mood: Mood) -> None:
    ada = add_contact(engine)
    with moody(mood) as server:
        use_smtp(engine, server.port, security="starttls", verify=False)
        send = enqueue(engine, mail_for(ada))
        drain(engine)
    assert (the_send(engine, send)["state"], server.mails) == ("queued", [])
    assert engine.outbox.trouble is not None


@pytest.mark.parametrize("mood", AFTER, ids=lambda mood: mood.__name__)
def test_a_mail_that_left_and_has_no_clear_answer_is_listed_and_never_resent_by_itself(
    engine: Engine, clock: SetClock, mood: Mood
) -> None:
    ada = add_contact(engine)
    with moody(mood) as server:
        use_smtp(engine, server.port)
        lost, fine = enqueue(engine, mail_for(ada, key="1")), enqueue(engine, mail_for(ada, key="2"))
        drain(engine)
        assert [row["id"] for row in sends(engine, state="ambiguous")] == [lost]
        assert the_send(engine, fine)["state"] == "sent", "one mail may be to blame itself: the next is tried"
        clock.forward(86_400)
        drain(engine)
        assert ids(server) == [lost, fine]
        assert engine.outbox.settle(lost)
    assert {row["state"] for row in sends(engine)} == {"sent"}


def test_two_lost_answers_in_a_row_are_the_servers_and_the_others_wait_for_it(engine: Engine, clock: SetClock) -> None:
    """A server that swallows everything must not make a doubt of every mail of a day."""
    ada = add_contact(engine)
    with moody(*[moods.takes_and_goes_in_the_middle_of_its_answer] * 3) as server:
        use_smtp(engine, server.port)
        for number in range(10):
            enqueue(engine, mail_for(ada, key=str(number)))
        drain(engine)
        states = [row["state"] for row in sends(engine)]
        assert (states.count("ambiguous"), states.count("queued")) == (2, 8)
        clock.forward(6)
        drain(engine)
        assert len(sends(engine, state="ambiguous")) == 3
        clock.forward(16)
        drain(engine)
    assert (len(sends(engine, state="ambiguous")), len(sends(engine, state="sent"))) == (3, 7)
    assert len(set(ids(server))) == len(ids(server)) == 10


def test_a_slow_server_that_answers_in_time_is_a_good_one(engine: Engine) -> None:
    def slow(talk: moods.Talk) -> None:
        talk.say("220 moody")
        talk.until("DATA")
        talk.body()
        talk.raw(b"250 2.0")
        talk.slowly("")
        talk.goes_on()

    ada = add_contact(engine)
    with moody(slow) as server:
        use_smtp(engine, server.port)
        enqueue(engine, mail_for(ada))
        drain(engine)
    assert {row["state"] for row in sends(engine)} == {"sent"}
    assert server.connections == 1


def test_a_line_that_begins_with_a_dot_arrives_as_it_was_written(engine: Engine) -> None:
    ada = add_contact(engine)
    with moody() as server:
        use_smtp(engine, server.port)
        enqueue(engine, mail_for(ada, event={"name": "\n.\n..Ada"}))
        drain(engine)
    (mail,) = server.mails
    assert b"\r\n..\r\n...Ada" in mail, "each dot that begins a line was doubled on the way"


# --- one that hangs, with a long patience ----------------------------------------------------------------------------


@pytest.fixture
def living(tmp_path: Path) -> Iterator[Engine]:
    """Its clock runs; nothing here may take as long as its patience."""
    engine = new_engine(tmp_path, SystemClock())  # type: ignore[arg-type]
    engine.outbox.patience = Patience(command=300.0, body=300.0)
    yield engine
    engine.close()


async def _until(engine: Engine, *wanted: str) -> None:
    while any(the_send(engine, send)["state"] not in ("sent", "delivered") for send in wanted):
        await asyncio.sleep(0.01)


async def _end(engine: Engine, running: asyncio.Task[None], server: Moody) -> None:
    """The one that hangs goes: its mail is listed, and the room can stop without waiting for it."""
    server.hang_up()
    while not sends(engine, state="ambiguous"):
        await asyncio.sleep(0.01)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


def test_a_connection_that_hangs_keeps_no_other_mail_and_no_page(living: Engine) -> None:
    engine = living
    ada, bo = add_contact(engine), add_contact(engine, "bo@example.com")

    async def story(server: Moody) -> None:
        running = asyncio.create_task(engine.outbox.run())
        stuck = enqueue(engine, mail_for(ada, key="stuck"))
        while not sends(engine, state="sending"):
            await asyncio.sleep(0.01)
        for number in range(3):  # asked for one after the other, while it hangs
            await _until(engine, enqueue(engine, mail_for(ada, key=str(number))))
        await _until(engine, enqueue(engine, mail_for(bo, "bo@example.com", "inbox")))
        assert engine.contact(ada) is not None
        assert add_contact(engine, "cy@x.dev")
        assert the_send(engine, stuck)["state"] == "sending"
        await _end(engine, running, server)

    with moody(moods.takes_and_hangs) as server:
        use_smtp(engine, server.port, connections=2)
        asyncio.run(asyncio.wait_for(story(server), 20))
    assert len(ids(server)) == 4


def test_other_settings_are_used_at_once_though_the_old_server_hangs(living: Engine) -> None:
    engine = living
    ada = add_contact(engine)

    async def story(old: Moody, port: int) -> None:
        running = asyncio.create_task(engine.outbox.run())
        for number in range(3):
            enqueue(engine, mail_for(ada, key=str(number)))
        while not sends(engine, state="sending"):
            await asyncio.sleep(0.01)
        await asyncio.to_thread(use_smtp, engine, port)
        while len(sends(engine, state="sent")) < 2:
            await asyncio.sleep(0.01)
        await _end(engine, running, old)

    with moody(moods.takes_and_hangs) as old, moody() as new:
        use_smtp(engine, old.port)
        asyncio.run(asyncio.wait_for(story(old, new.port), 20))
    assert (len(ids(old)), len(ids(new))) == (1, 2)
    assert not set(ids(old)) & set(ids(new))

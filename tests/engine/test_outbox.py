"""A mail leaves once, or it is said why not; into the Inbox and over real SMTP."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from headrace.engine.audience import suppression
from headrace.engine.audience.contacts import set_member
from headrace.engine.engine import Engine
from headrace.engine.erasing import erase
from headrace.engine.inbox import store as inbox
from headrace.engine.mail_port import Attachment
from headrace.engine.outbox.answers import Bounced, Refused, SmtpAnswer, judge
from headrace.engine.outbox.config import DKIM, make_dkim_key, tidy_dkim_key
from headrace.engine.store import rows
from headrace.errors import WorkspaceError
from tests.engine.mailing import (
    SetClock,
    Writer,
    add_contact,
    certificate,
    drain,
    enqueue,
    mail_for,
    post,
    sends,
    the_send,
    told,
    use_smtp,
)  # fmt: skip


def in_inbox(engine: Engine) -> list[str]:
    return [row["subject"] for row in engine.read(lambda c: inbox.page(c, None, 100))["data"]]


def down(engine: Engine) -> str | None:
    return engine.outbox.trouble.why if engine.outbox.trouble else None


# --- one mail for one key, and who gets none -------------------------------------------------------------------------


def test_ada_gets_one_mail_for_one_key_however_often_it_is_asked_for(engine: Engine) -> None:
    ada = add_contact(engine)
    heard = told(engine)
    first = enqueue(engine, mail_for(ada, event={"name": "Ada"}))
    assert enqueue(engine, mail_for(ada)) == first
    drain(engine)
    assert enqueue(engine, mail_for(ada)) == first
    drain(engine)
    assert in_inbox(engine) == ["Welcome, Ada"]
    assert the_send(engine, first)["state"] == "delivered"
    assert heard == [("email.sent", ada), ("email.delivered", ada)]


def test_a_change_that_fails_takes_its_mail_with_it(engine: Engine) -> None:
    ada = add_contact(engine)

    def change(desk):  # type: ignore[no-untyped-def]
        engine.outbox.enqueue(desk, mail_for(ada))
        raise RuntimeError("the step failed")

    with pytest.raises(RuntimeError):
        engine.write(change).result()
    drain(engine)
    assert sends(engine) == []


@pytest.mark.parametrize(("kind", "state"), [("workflow", "skipped"), ("transactional", "delivered"), ("test", "delivered")])
def test_who_is_unsubscribed_gets_only_transactional_mail(engine: Engine, kind: str, state: str) -> None:
    ada = add_contact(engine, subscribed=False)
    send = enqueue(engine, mail_for(ada, kind=kind))
    drain(engine)
    assert the_send(engine, send)["state"] == state
    if state == "skipped":
        assert "unsubscribed" in the_send(engine, send)["why"]


def test_mail_of_a_list_goes_only_to_who_is_on_it_when_it_leaves(engine: Engine) -> None:
    ada = add_contact(engine)
    news = engine.create_list("News", None, True)["id"]
    off = enqueue(engine, mail_for(ada, key="off", mailing_list=news))
    drain(engine)
    engine.write(lambda desk: set_member(desk, ada, news, True, by_contact=False)).result()
    on = enqueue(engine, mail_for(ada, key="on", mailing_list=news))
    drain(engine)
    assert (the_send(engine, off)["why"], the_send(engine, on)["state"]) == (
        "The contact is not on the mailing list News.",
        "delivered",
    )


def test_a_suppressed_address_a_missing_value_and_a_contact_that_is_gone_are_skipped_and_say_so(engine: Engine) -> None:
    ada, bob = add_contact(engine), add_contact(engine, "bob@x.dev")
    engine.write(lambda desk: suppression.suppress(desk, "ADA@x.dev", "it bounced.")).result()
    suppressed = enqueue(engine, mail_for(ada, key="1", kind="transactional"))
    missing = enqueue(engine, mail_for(bob, "bob@x.dev", "2", message_id="missing"))
    gone = enqueue(engine, mail_for("cnobody", "no@x.dev", "3"))
    drain(engine)
    assert "suppressed" in the_send(engine, suppressed)["why"]
    assert the_send(engine, missing)["why"] == "A value is missing and has no fallback (contact.plan)"
    assert the_send(engine, gone)["why"] == "The contact no longer exists."
    assert {row["state"] for row in sends(engine)} == {"skipped"}


def test_one_mail_that_breaks_its_writer_stops_no_other_and_can_be_sent_again(engine: Engine) -> None:
    ada = add_contact(engine)
    broken = enqueue(engine, mail_for(ada, key="1", message_id="broken"))
    enqueue(engine, mail_for(ada, key="2"))
    drain(engine)
    assert the_send(engine, broken)["state"] == "refused"
    assert "no such tag" in the_send(engine, broken)["why"]
    assert in_inbox(engine) == ["Welcome, Ada"]
    engine.write(lambda desk: desk.c.execute("update send set message_id='fixed' where id=?", (broken,))).result()
    assert engine.outbox.again(broken)
    drain(engine)
    assert len(in_inbox(engine)) == 2


def test_a_listener_that_fails_costs_no_mail_and_sends_none_twice(engine: Engine, clock: SetClock) -> None:
    ada, bob = add_contact(engine), add_contact(engine, "bob@x.dev")

    def listener(desk, happening):  # type: ignore[no-untyped-def]
        if happening.contact == ada:
            raise ValueError("cannot be told")

    engine.listeners = (listener,)
    first, second = enqueue(engine, mail_for(ada, key="1")), enqueue(engine, mail_for(bob, "bob@x.dev", "2"))
    drain(engine)
    assert (the_send(engine, first)["state"], the_send(engine, second)["state"]) == ("delivered", "delivered")
    clock.forward(61)
    drain(engine)
    assert len(in_inbox(engine)) == 2


# --- the Inbox's switch ----------------------------------------------------------------------------------------------


def test_the_switch_delays_bounces_and_refuses_as_a_mail_server_would(engine: Engine, clock: SetClock) -> None:
    ada, heard = add_contact(engine), told(engine)
    engine.outbox.settings.change({"trouble": "delay"})
    send = enqueue(engine, mail_for(ada, key="1"))
    drain(engine)
    assert (the_send(engine, send)["state"], the_send(engine, send)["attempts"]) == ("queued", 1)
    clock.forward(40)
    drain(engine)
    assert the_send(engine, send)["attempts"] == 2
    engine.outbox.settings.change({"trouble": "refuse"})
    clock.forward(400)
    drain(engine)
    assert the_send(engine, send)["state"] == "refused"
    engine.outbox.settings.change({"trouble": "bounce"})
    bounced = enqueue(engine, mail_for(ada, key="2"))
    drain(engine)
    assert the_send(engine, bounced)["state"] == "bounced"
    assert engine.contact(ada)["subscribed"] is False  # type: ignore[index]
    kinds = [kind for kind, _ in heard]
    assert kinds == ["email.softBounced", "email.hardBounced", "contact.updated", "contact.unsubscribed"]
    marks = [row["mark"] for row in engine.read(lambda c: inbox.page(c, None, 10))["data"]]
    assert sorted(marks) == ["Bounced by the Inbox's switch.", "Refused by the Inbox's switch."]


def test_the_inbox_keeps_only_the_newest(engine: Engine) -> None:
    ada = add_contact(engine)
    engine.outbox.settings.change({"inbox_keep": 3})
    for number in range(7):
        enqueue(engine, mail_for(ada, key=str(number), event={"name": str(number)}))
        drain(engine)
    assert len(in_inbox(engine)) == 3
    assert engine.read(lambda c: rows(c, "select count(*) from inbox_to")) == [(3,)]


def test_large_mails_do_not_fill_the_disk(engine: Engine) -> None:
    ada = add_contact(engine)
    engine.outbox.settings.change({"inbox_megabytes": 20})
    sizes = (1, 9, 9, 4)
    for number, megabytes in enumerate(sizes):
        part = Attachment("big.bin", "application/octet-stream", b"a" * (megabytes * 700_000))
        enqueue(engine, mail_for(ada, key=str(number), event={"name": str(number)}, attachments=(part,)))
        drain(engine)
    assert in_inbox(engine) == ["Welcome, 3", "Welcome, 2"], "the oldest went, small ones too"
    held = engine.read(lambda c: rows(c, "select mails, bytes from inbox_held"))
    assert held == engine.read(lambda c: rows(c, "select count(*), sum(size) from inbox"))
    engine.inbox.clear()
    assert engine.read(lambda c: rows(c, "select mails, bytes from inbox_held")) == [(0, 0)]


# --- over SMTP -------------------------------------------------------------------------------------------------------


def test_mail_leaves_over_smtp_on_one_connection_with_a_stable_message_id(engine: Engine) -> None:
    ada = add_contact(engine)
    with post() as server:
        use_smtp(engine, server.port)
        ids = [enqueue(engine, mail_for(ada, key=str(n))) for n in range(5)]
        drain(engine)
    assert [str(mail["Message-ID"]) for mail in server.mails] == [f"<{identifier}@mail.ada.dev>" for identifier in ids]
    assert len({id(session) for session in server.sessions}) == 1
    assert {row["state"] for row in sends(engine)} == {"sent"}
    assert in_inbox(engine) == []


def test_a_temporary_refusal_is_tried_again_later_and_told_once(engine: Engine, clock: SetClock) -> None:
    ada, heard = add_contact(engine), told(engine)
    with post() as server:
        use_smtp(engine, server.port)
        server.answers["rcpt"] = ["451 4.7.1 greylisted"]
        server.answers["data"] = ["452 4.3.1 no space"]
        send = enqueue(engine, mail_for(ada))
        drain(engine)
        assert (the_send(engine, send)["state"], the_send(engine, send)["why"]) == ("queued", "451 4.7.1 greylisted")
        clock.forward(45)
        drain(engine)
        assert the_send(engine, send)["attempts"] == 2
        clock.forward(200)
        drain(engine)
    assert (the_send(engine, send)["state"], the_send(engine, send)["attempts"], len(server.mails)) == ("sent", 3, 1)
    assert heard == [("email.softBounced", ada), ("email.sent", ada)]


def test_temporary_refusals_end_after_three_days(engine: Engine, clock: SetClock) -> None:
    ada = add_contact(engine)
    with post() as server:
        use_smtp(engine, server.port)
        server.answers["rcpt"] = ["450 4.2.2 full"] * 500
        send = enqueue(engine, mail_for(ada))
        for _ in range(160):
            drain(engine)
            clock.forward(1800)
    assert the_send(engine, send)["state"] == "refused"
    assert "three days" in the_send(engine, send)["why"] or "3 days" in the_send(engine, send)["why"]
    assert 50 < the_send(engine, send)["attempts"] < 80


def test_no_such_mailbox_suppresses_and_unsubscribes(engine: Engine) -> None:
    ada, heard = add_contact(engine), told(engine)
    with post() as server:
        use_smtp(engine, server.port)
        server.answers["rcpt"] = ["550 5.1.1 no such user"]
        send = enqueue(engine, mail_for(ada))
        drain(engine)
        again = enqueue(engine, mail_for(ada, key="2", kind="transactional"))
        drain(engine)
    assert (the_send(engine, send)["state"], the_send(engine, again)["state"]) == ("bounced", "skipped")
    assert heard == [("email.hardBounced", ada), ("contact.updated", ada), ("contact.unsubscribed", ada)]
    assert server.mails == []


@pytest.mark.parametrize(
    ("stage", "answer"),
    [("rcpt", "554 5.7.1 Relay access denied"), ("rcpt", "550 relaying not allowed"), ("data", "554 5.6.0 bad content"),
     ("mail", "553 5.7.1 sender not yours"), ("rcpt", "552 5.2.2 mailbox full")],
)  # fmt: skip
def test_a_refusal_that_is_not_about_the_mailbox_costs_no_contact(engine: Engine, stage: str, answer: str) -> None:
    ada = add_contact(engine)
    with post() as server:
        use_smtp(engine, server.port)
        server.answers[stage] = [answer]
        send = enqueue(engine, mail_for(ada))
        drain(engine)
        assert (the_send(engine, send)["state"], the_send(engine, send)["why"]) == ("refused", answer)
        assert engine.contact(ada)["subscribed"] is True  # type: ignore[index]
        assert engine.outbox.again(send)
        drain(engine)
    assert (the_send(engine, send)["state"], len(server.mails)) == ("sent", 1)


@pytest.mark.parametrize("mood", ["lose", "take and lose"])
def test_a_connection_that_breaks_after_the_mail_left_is_listed_and_a_person_decides(engine: Engine, mood: str) -> None:
    ada, heard = add_contact(engine), told(engine)
    with post() as server:
        use_smtp(engine, server.port)
        server.answers["data"] = [mood]
        lost = enqueue(engine, mail_for(ada, key="1"))
        fine = enqueue(engine, mail_for(ada, key="2"))
        drain(engine)
        drain(engine)
        assert (the_send(engine, lost)["state"], the_send(engine, fine)["state"]) == ("ambiguous", "sent")
        assert len(server.mails) == (2 if mood == "take and lose" else 1), "nothing was resent by itself"
        assert [row["id"] for row in sends(engine, state="ambiguous")] == [lost]
        if mood == "lose":
            assert engine.outbox.again(lost)
            drain(engine)
            assert [str(m["Message-ID"]) for m in server.mails][-1] == f"<{lost}@mail.ada.dev>"
        else:
            assert engine.outbox.settle(lost)
            assert not engine.outbox.settle(lost)
            drain(engine)
    assert the_send(engine, lost)["state"] == "sent"
    assert len(server.mails) == 2
    assert heard == [("email.sent", ada)] * 2


def test_a_server_that_is_away_makes_mail_wait_and_is_asked_again(engine: Engine, clock: SetClock) -> None:
    ada = add_contact(engine)
    with post() as server:
        port = server.port
    use_smtp(engine, port)
    first, second = enqueue(engine, mail_for(ada, key="1")), enqueue(engine, mail_for(ada, key="2"))
    drain(engine)
    assert {row["state"] for row in sends(engine)} == {"queued"}
    assert down(engine)
    assert the_send(engine, first)["attempts"] == 0, "it is not this mail's fault"
    with post() as server:
        use_smtp(engine, server.port)
        drain(engine)
        assert the_send(engine, first)["state"] == the_send(engine, second)["state"] == "sent"
        assert down(engine) is None
        server.answers["mail"] = ["421 4.3.2 closing"]
        third = enqueue(engine, mail_for(ada, key="3"))
        drain(engine)
        assert the_send(engine, third)["state"] == "queued"
        clock.forward(6)
        drain(engine)
        assert the_send(engine, third)["state"] == "sent"


def test_what_waited_three_days_for_a_mail_server_is_given_up_and_listed(engine: Engine, clock: SetClock) -> None:
    ada = add_contact(engine)
    use_smtp(engine, 1)
    send = enqueue(engine, mail_for(ada))
    for _ in range(80):
        drain(engine)
        clock.forward(3600)
    assert the_send(engine, send)["state"] == "refused"
    assert "three days without a mail server" in the_send(engine, send)["why"]


def test_what_ada_sends_again_gets_its_three_days_from_her_click(engine: Engine, clock: SetClock) -> None:
    ada = add_contact(engine)
    use_smtp(engine, 1)
    send = enqueue(engine, mail_for(ada))
    for _ in range(14):
        drain(engine)
        clock.forward(6 * 3600)
    assert the_send(engine, send)["state"] == "refused"
    assert engine.outbox.again(send)
    drain(engine)
    assert the_send(engine, send)["state"] == "queued", "the server is still away, and she asked a moment ago"
    for _ in range(11):
        drain(engine)
        clock.forward(6 * 3600)
    assert the_send(engine, send)["state"] == "queued"
    with post() as server:
        use_smtp(engine, server.port)
        drain(engine)
    assert the_send(engine, send)["state"] == "sent"
    bo = enqueue(engine, mail_for(ada, key="2"))
    use_smtp(engine, 1)
    for _ in range(14):
        drain(engine)
        clock.forward(6 * 3600)
    assert the_send(engine, bo)["state"] == "refused"


def test_a_wrong_password_stops_nothing_for_good_and_its_words_stay_here(engine: Engine, tmp_path: Path) -> None:
    ada = add_contact(engine)
    with post(starttls=certificate(tmp_path), login=True) as server:
        use_smtp(engine, server.port, username="ada", security="starttls", verify=False)
        engine.outbox.settings.set_secret("smtp_password", "wrong")
        send = enqueue(engine, mail_for(ada))
        drain(engine)
        assert down(engine) == "535 The mail server refused the login."
        engine.outbox.settings.set_secret("smtp_password", "s3cret")
        engine.outbox.hurry()
        drain(engine)
    assert the_send(engine, send)["state"] == "sent"
    assert server.logins[-1] == (b"ada", b"s3cret")


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_is_verified_unless_a_person_says_no(engine: Engine, tmp_path: Path, security: str) -> None:
    ada, context = add_contact(engine), certificate(tmp_path)
    with post(starttls=context) if security == "starttls" else post(tls=context) as server:
        use_smtp(engine, server.port, security=security)
        send = enqueue(engine, mail_for(ada))
        drain(engine)
        assert "certificate" in (down(engine) or "").lower()
        use_smtp(engine, server.port, security=security, verify=False)
        drain(engine)
    assert (the_send(engine, send)["state"], len(server.mails)) == ("sent", 1)


def test_mail_never_leaves_in_the_clear_when_starttls_was_asked_for(engine: Engine) -> None:
    ada = add_contact(engine)
    with post() as server:
        use_smtp(engine, server.port, security="starttls")
        enqueue(engine, mail_for(ada))
        drain(engine)
    assert (server.mails, server.envelopes) == ([], [])
    assert down(engine)


def test_test_addresses_never_reach_a_mail_server_and_always_the_inbox(engine: Engine) -> None:
    ada = add_contact(engine, "ada@example.com")
    with post() as server:
        use_smtp(engine, server.port)
        send = enqueue(engine, mail_for(ada, "ada@example.com"))
        drain(engine)
    assert server.mails == []
    (kept,) = engine.read(lambda c: inbox.page(c, None, 10))["data"]
    assert kept["mark"] == "Test address: Loops would process this and send nothing."
    assert the_send(engine, send)["state"] == "delivered"


def test_who_unsubscribes_between_writing_and_leaving_gets_nothing(engine: Engine) -> None:
    ada = add_contact(engine)
    writer = Writer()

    class Slow(Writer):
        def compose(self, c, mail, system):  # type: ignore[no-untyped-def]
            composed = writer.compose(c, mail, system)
            engine.store.write(lambda w: w.execute("update contact set subscribed=0").fetchall()).result()
            return composed

    with post() as server:
        use_smtp(engine, server.port)
        engine.outbox.composer = Slow()
        send = enqueue(engine, mail_for(ada))
        drain(engine)
    assert (the_send(engine, send)["state"], server.mails) == ("skipped", [])


def test_copies_that_are_refused_do_not_keep_the_mail_from_ada(engine: Engine) -> None:
    ada = add_contact(engine)
    with post() as server:
        use_smtp(engine, server.port)
        assert isinstance(engine.outbox.composer, Writer)
        engine.outbox.composer.copies = ("boss@x.dev", "gone@x.dev")
        server.answers["rcpt"] = ["take", "take", "550 5.1.1 no such user"]
        send = enqueue(engine, mail_for(ada))
        drain(engine)
    assert the_send(engine, send)["state"] == "sent"
    assert "not to gone@x.dev: 550" in the_send(engine, send)["why"]
    assert engine.contact(ada)["subscribed"] is True  # type: ignore[index]


def test_attachments_leave_with_the_mail_and_are_not_kept_after(engine: Engine) -> None:
    ada = add_contact(engine)
    with post() as server:
        use_smtp(engine, server.port)
        enqueue(engine, mail_for(ada, attachments=(Attachment("Rechnung ä.pdf", "application/pdf", b"%PDF-1"),)))
        drain(engine)
    (part,) = server.mails[0].iter_attachments()
    assert (part.get_filename(), part.get_content_type(), part.get_content()) == (
        "Rechnung ä.pdf",
        "application/pdf",
        b"%PDF-1",
    )
    assert engine.read(lambda c: rows(c, "select count(*) from attachment")) == [(0,)]


def test_a_rate_is_kept(engine: Engine) -> None:
    ada = add_contact(engine)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    engine.clock.sleep = sleep  # type: ignore[method-assign]
    engine.outbox.settings.change({"rate": 1000})
    for number in range(20):
        enqueue(engine, mail_for(ada, key=str(number)))
    drain(engine)
    assert len(slept) >= 15
    assert max(slept) <= 0.021


def test_the_loop_wakes_when_a_mail_is_asked_for(engine: Engine) -> None:
    ada = add_contact(engine)

    async def story() -> None:
        running = asyncio.create_task(engine.outbox.run())
        while not in_inbox(engine):
            if not sends(engine):
                await asyncio.wrap_future(engine.write(lambda desk: engine.outbox.enqueue(desk, mail_for(ada))))
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(asyncio.wait_for(story(), 3))  # the loop looks by itself only every five seconds


def test_settings_that_cannot_be_used_are_refused_in_a_sentence(engine: Engine) -> None:
    for wrong in (
        {"mode": "smtp"}, {"mode": "smtp", "host": "smtp.x.dev"}, {"domain": "http://x.dev"}, {"rate": -1},
        {"connections": 0}, {"port": 0}, {"selector": "a b"}, {"host": "smtp://x"}, {"mode": "pigeon"},
        {"host": "169.254.169.254"}, {"host": "[fe80::1]"},
        {"port": "x"},
    ):  # fmt: skip
        with pytest.raises(WorkspaceError):
            engine.outbox.settings.change(wrong)
    assert engine.outbox.settings.current().mode == "inbox"


def test_secrets_are_sealed_where_they_lie(engine: Engine) -> None:
    engine.outbox.settings.set_secret("smtp_password", "s3cret-password")
    ((value,),) = engine.read(lambda c: rows(c, "select value from sealed where name='smtp_password'"))
    assert b"s3cret" not in bytes(value)
    assert engine.outbox.settings.secret("smtp_password") == "s3cret-password"
    assert engine.outbox.settings.token_key() == engine.outbox.settings.token_key()


def test_who_is_forgotten_is_in_no_mail_no_list_of_mails_and_no_webhook(engine: Engine) -> None:
    engine.webhooks.add("https://x.dev/hook", ["email.delivered", "contact.created"])
    ada, bob = add_contact(engine), add_contact(engine, "bob@x.dev")
    enqueue(engine, mail_for(ada, key="1"))
    enqueue(engine, mail_for(None, "Ada@x.dev", "2", kind="transactional", attachments=(Attachment("a", "a/b", b"x"),)))
    enqueue(engine, mail_for(bob, "bob@x.dev", "3"))
    drain(engine)
    erase(engine, [], ["Ada@x.dev"])
    for table in ("inbox", "inbox_to", "send", "attachment", "webhook_message", "contact", "suppression"):
        found = engine.read(lambda c, table=table: rows(c, f"select * from {table}"))  # type: ignore[misc]
        assert not any("ada@x.dev" in str(row).lower() for row in found), table
    assert [row["email"] for row in sends(engine)] == ["bob@x.dev"]
    assert len(in_inbox(engine)) == 1


def test_a_mail_that_cannot_be_signed_is_shown_and_stops_no_other_work(engine: Engine) -> None:
    """The key came from a Windows machine, before such keys were tidied."""
    engine.outbox.settings.change({"domain": "ada.dev"})
    engine.outbox.settings.set_secret(DKIM, make_dkim_key().replace("\n", "\r\n"))
    send = enqueue(engine, mail_for(add_contact(engine), key="1"))
    drain(engine)
    assert the_send(engine, send)["state"] == "refused"
    assert "could not be built" in the_send(engine, send)["why"]


@pytest.mark.parametrize("ends", ["\r\n", " "])
def test_a_key_with_any_line_ends_signs(engine: Engine, ends: str) -> None:
    key = tidy_dkim_key(make_dkim_key().replace("\n", ends))
    engine.outbox.settings.change({"domain": "ada.dev"})
    engine.outbox.settings.set_secret(DKIM, key)
    send = enqueue(engine, mail_for(add_contact(engine), key="1"))
    drain(engine)
    assert the_send(engine, send)["state"] == "delivered"


@pytest.mark.parametrize(
    ("text", "serves", "bounces"),
    [
        ("Invalid recipient: <ada@x.dev>", False, False),
        ("Invalid recipient: <ada@x.dev>", True, True),
        ("Requested action not taken: mailbox unavailable", False, False),
        ("sorry, no mailbox here by that name. (#5.1.1)", False, True),
        ("No such user here", False, True),
        ("unknown user", False, True),
        ("Unrouteable address", False, True),
        ("<ada@x.dev>: Recipient address rejected: User unknown in virtual mailbox table", False, True),
        ("The user you are trying to reach does not exist", False, False),
        ("Account ada@x.dev does not exist", False, True),
        ("relay not permitted", True, False),
        ("5.7.1 Relaying denied", True, False),
        ("authentication required", True, False),
        ("blocked as spam", True, False),
    ],
)
def test_a_bare_550_is_a_bounce_only_when_it_is_surely_about_the_mailbox(text: str, serves: bool, bounces: bool) -> None:
    verdict = judge(SmtpAnswer("recipient", 550, text), 1, 0, 0.0, serves)
    assert isinstance(verdict, Bounced if bounces else Refused)


def test_a_relay_that_refuses_everybody_costs_nobody(engine: Engine) -> None:
    with post() as server:
        use_smtp(engine, server.port)
        server.answers["rcpt"] = ["550 Not here"] * 2
        people = {email: add_contact(engine, email) for email in ("ada@x.dev", "bo@x.dev", "cy@x.dev", "di@x.dev")}
        for email in ("ada@x.dev", "bo@x.dev"):
            enqueue(engine, mail_for(people[email], email, email))
        drain(engine)
        assert {row["state"] for row in sends(engine)} == {"refused"}
        enqueue(engine, mail_for(people["cy@x.dev"], "cy@x.dev", "cy"))
        drain(engine)  # the relay was set right
        server.answers["rcpt"] = ["550 Not here"]
        bounced = enqueue(engine, mail_for(people["di@x.dev"], "di@x.dev", "di"))
        drain(engine)
    assert the_send(engine, bounced)["state"] == "bounced"
    subscribed = {email: engine.contact(contact)["subscribed"] for email, contact in people.items()}  # type: ignore[index]
    assert subscribed == {"ada@x.dev": True, "bo@x.dev": True, "cy@x.dev": True, "di@x.dev": False}

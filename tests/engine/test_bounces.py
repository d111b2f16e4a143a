"""Mail that came back after it was taken: told by a provider's webhook, or by a report to the return path over real SMTP."""

from __future__ import annotations

import asyncio
import smtplib
import socket
from email.message import EmailMessage
from typing import Any

import pytest

from headrace.engine.audience import suppression
from headrace.engine.emails import transactional
from headrace.engine.engine import Engine
from headrace.engine.outbox import listing, reports, returned
from headrace.engine.workflows import counting
from tests.engine.loops import Loops
from tests.engine.mailing import (
    Writer,
    add_contact,
    drain,
    enqueue,
    mail_for,
    post,
    the_send,
    told,
    use_smtp,
)  # fmt: skip

# as Postfix writes it; RFC 3464
POSTFIX = """\
From: MAILER-DAEMON@relay.dev
To: {to}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b1"

--b1
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--b1
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.dev
Arrival-Date: Thu,  1 Jan 2026 00:00:00 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; mx.x.dev
Diagnostic-Code: smtp; {said}

--b1
Content-Type: text/rfc822-headers

Subject: Welcome, Ada

--b1--
"""
# RFC 5965
COMPLAINT = """\
From: <abuse@x.dev>
To: {to}
Subject: FW: Welcome, Ada
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b1"

--b1
Content-Type: text/plain

This is an email abuse report.

--b1
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1
Original-Rcpt-To: <ada@x.dev>

--b1
Content-Type: message/rfc822

Subject: Welcome, Ada

Hello
--b1--
"""


def subscribed(engine: Engine, contact: str) -> bool:
    return bool(engine.contact(contact)["subscribed"])  # type: ignore[index]


def is_suppressed(engine: Engine, email: str = "ada@x.dev") -> bool:
    return engine.read(lambda c: suppression.why(c, email)) is not None


def metrics(engine: Engine) -> dict[str, int]:
    return engine.read(lambda c: counting.metrics(c, "cworkflow", "cmessage"))


# --- a provider's webhook, forwarded ---------------------------------------------------------------------------------


@pytest.fixture
def sent(loops: Loops) -> tuple[Loops, str, str]:
    """(engine behind its API, Ada, the send)."""
    loops.engine.outbox.composer = Writer()
    ada = add_contact(loops.engine)
    send = enqueue(loops.engine, mail_for(ada))
    drain(loops.engine)
    return loops, ada, send


def tell(loops: Loops, **body: Any) -> tuple[int, Any]:
    return loops.ask("POST", "/headrace/v1/bounces", body)


def test_a_hard_bounce_told_later_suppresses_ada_once(sent: tuple[Loops, str, str]) -> None:
    loops, ada, send = sent
    heard = told(loops.engine)
    said = {"success": True, "send": send, "email": "ada@x.dev", "suppressed": True}
    assert tell(loops, send=f"<{send}@mail.ada.dev>", kind="hard", text="550 5.1.1 gone") == (200, said | {"news": True})
    assert tell(loops, email="ADA@x.dev", kind="hard") == (200, said | {"news": False})
    assert [kind for kind, _ in heard] == ["email.hardBounced", "contact.updated", "contact.unsubscribed"]
    assert (the_send(loops.engine, send)["state"], the_send(loops.engine, send)["why"]) == ("bounced", "550 5.1.1 gone")
    assert not subscribed(loops.engine, ada)
    assert metrics(loops.engine)["hardBounces"] == 1


def test_a_soft_bounce_is_counted_and_costs_nothing_and_a_complaint_ends_it(sent: tuple[Loops, str, str]) -> None:
    loops, ada, send = sent
    heard = told(loops.engine)
    for _ in range(2):
        assert tell(loops, send=send, kind="soft", text="mailbox full")[0] == 200
    assert (subscribed(loops.engine, ada), is_suppressed(loops.engine)) == (True, False)
    assert tell(loops, email="ada@x.dev", kind="complaint")[1]["news"]
    assert (subscribed(loops.engine, ada), is_suppressed(loops.engine)) == (False, True)
    assert [kind for kind, _ in heard if kind.startswith("email.")] == ["email.softBounced", "email.spamReported"]
    assert the_send(loops.engine, send)["state"] == "delivered"
    found = metrics(loops.engine)
    assert (found["softBounces"], found["spamReports"], found["hardBounces"]) == (1, 1, 0)


def test_an_address_that_nothing_is_known_of_is_suppressed_all_the_same(loops: Loops) -> None:
    assert tell(loops, email="new@x.dev", kind="hard")[1] == {
        "success": True, "send": None, "email": "new@x.dev", "news": True, "suppressed": True,
    }  # fmt: skip
    assert not tell(loops, email="other@x.dev", kind="soft")[1]["suppressed"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "hard"}, 400),
        ({"email": "ada@x.dev"}, 400),
        ({"email": "ada@x.dev", "kind": "worse"}, 400),
        ({"email": "ada", "kind": "hard"}, 400),
        ({"email": 7, "kind": "hard"}, 400),
        ({"email": "ada@x.dev", "kind": "hard", "when": "now"}, 400),
        ({"send": "cnothing", "kind": "hard"}, 404),
    ],
)
def test_what_is_no_bounce_is_refused_with_a_sentence(loops: Loops, body: dict[str, Any], status: int) -> None:
    answer = tell(loops, **body)
    assert (answer[0], answer[1]["success"]) == (status, False)
    assert answer[1]["message"].endswith(".")


def test_a_copys_bounce_is_not_the_contacts(sent: tuple[Loops, str, str]) -> None:
    loops, ada, send = sent
    assert tell(loops, send=send, email="boss@x.dev", kind="hard")[1]["send"] is None
    assert (subscribed(loops.engine, ada), is_suppressed(loops.engine, "boss@x.dev")) == (True, True)


def test_figures_of_a_transactional_email_count_what_came_back(engine: Engine) -> None:
    ada = add_contact(engine)
    send = enqueue(engine, mail_for(ada, kind="transactional", source_id="creceipt"))
    drain(engine)
    engine.write(lambda desk: returned.take(desk, "soft", "later", send, None)).result()
    engine.write(lambda desk: returned.take(desk, "complaint", "", send, None)).result()
    found = transactional.metrics(engine.read(lambda c: listing.counts(c, "creceipt")))
    assert (found["sends"], found["softBounces"], found["spamReports"]) == (1, 1, 1)


# --- reports by mail -------------------------------------------------------------------------------------------------


def mailed(engine: Engine, contact: str, email: str = "ada@x.dev", key: str = "k1") -> tuple[str, str]:
    """(send, return path) of a mail that a server took."""
    with post() as server:
        use_smtp(engine, server.port, return_domain="bounces.ada.dev")
        send = enqueue(engine, mail_for(contact, email, key))
        drain(engine)
        (envelope,) = server.envelopes
    return send, str(envelope.mail_from)


def deliver(engine: Engine, to: str, text: str) -> None:
    """A mail server hands it over."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    async def run() -> None:
        engine.sending.change({"inbox_port": port})
        await engine.ear.follow()
        await asyncio.to_thread(_by_smtp, port, to, text)
        engine.sending.change({"inbox_port": 0})
        await engine.ear.follow()

    asyncio.run(run())


def _by_smtp(port: int, to: str, text: str) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as client:
        client.sendmail("", [to], text.encode())


def report(to: str, **more: str) -> str:
    given = {"recipient": "ada@x.dev", "action": "failed", "status": "5.1.1", "said": "550 5.1.1 no such box"}
    return POSTFIX.format(to=to, **(given | more))


def test_a_report_to_the_return_path_suppresses_ada_and_stays_readable(engine: Engine) -> None:
    ada = add_contact(engine)
    send, path = mailed(engine, ada)
    assert path.endswith("@bounces.ada.dev")
    assert len(path.partition("@")[0]) <= 64
    heard = told(engine)
    deliver(engine, path.upper(), report(path))
    assert [kind for kind, _ in heard if kind.startswith("email.")] == ["email.hardBounced"]
    assert the_send(engine, send)["why"] == "550 5.1.1 no such box"
    assert (subscribed(engine, ada), is_suppressed(engine)) == (False, True)
    assert engine.inbox.page(None)["data"][0]["mark"] == "hard: 550 5.1.1 no such box"


def test_a_complaint_comes_the_same_way(engine: Engine) -> None:
    ada = add_contact(engine)
    _, path = mailed(engine, ada)
    deliver(engine, path, COMPLAINT.format(to=path))
    assert metrics(engine)["spamReports"] == 1
    assert not subscribed(engine, ada)


def test_nobody_can_take_somebody_else_out_of_the_audience(engine: Engine) -> None:
    ada, bo = add_contact(engine), add_contact(engine, "bo@x.dev")
    send, path = mailed(engine, ada)
    _, other = mailed(engine, bo, "bo@x.dev", "k2")
    deliver(engine, path, report(path, recipient="bo@x.dev"))  # Ada's own path, Bo's name in it
    assert subscribed(engine, bo)
    assert not is_suppressed(engine, "bo@x.dev")
    assert subscribed(engine, ada), "a forwarded mailbox says nothing sure of her own"
    forged = other.replace(other.split("-")[1], send)  # Ada's mail with Bo's signature
    deliver(engine, forged, report(forged))
    assert subscribed(engine, ada)


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, "hard"),
        ({"status": "5.0.0", "said": "550 User unknown"}, "hard"),
        ({"status": "5.1.2", "said": "Host or domain name not found"}, "hard"),
        ({"status": "5.2.2", "said": "552 5.2.2 mailbox full"}, "soft"),
        ({"status": "5.7.1", "said": "550 5.7.1 looks like spam"}, "soft"),
        ({"status": "4.4.1", "said": "connect to mx.x.dev[192.0.2.1]:25: timed out"}, "soft"),
        ({"action": "delayed", "status": "4.4.1", "said": "timed out"}, "soft"),
        ({"action": "delivered", "status": "2.0.0", "said": "250 ok"}, None),
        ({"action": "relayed", "status": "2.0.0", "said": "250 ok"}, None),
    ],
)
def test_what_a_report_means(more: dict[str, str], kind: str | None) -> None:
    found = reports.read(report("b@ada.dev", **more).encode())
    assert [(it.kind, it.recipient) for it in found] == ([(kind, "ada@x.dev")] if kind else [])


def test_an_automatic_answer_and_garbage_are_no_reports() -> None:
    away = EmailMessage()
    away["Subject"] = "Out of office"
    away["Auto-Submitted"] = "auto-replied"
    away.set_content("Status: 5.1.1")
    nested = "Content-Type: multipart/report; boundary=a\n\n" + "--a\nContent-Type: message/rfc822\n\n" * 3000
    for raw in (away.as_bytes(), b"", b"\xff\xfe\x00", b"Content-Type: multipart/report\n\nx", nested.encode()):
        assert reports.read(raw) == ()

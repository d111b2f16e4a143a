"""The Inbox as a test uses it: over the API, waiting for a mail, and by SMTP from other programs."""

from __future__ import annotations

import asyncio
import json
import smtplib
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any
from urllib.parse import quote

import pytest

from headrace.engine.engine import Engine
from headrace.engine.inbox import reading
from headrace.engine.mail_port import Attachment
from tests.engine.loops import listening
from tests.engine.mailing import Writer, add_contact, drain, enqueue, mail_for
from tests.harness.serving import Raw, request, talk


class Reader:
    def __init__(self, engine: Engine, port: int) -> None:
        self.engine, self.port = engine, port
        self.ada = add_contact(engine)

    def raw(self, path: str, method: str = "GET", key: str | None = None) -> Raw:
        auth = {"Authorization": f"Bearer {self.engine.api_key() if key is None else key}"}
        return talk(self.port, request(method, f"/api/headrace/v1/inbox{path}", b"", auth))

    def get(self, path: str = "", method: str = "GET") -> Any:
        return json.loads(self.raw(path, method).body)

    def send(self, **more: Any) -> None:
        enqueue(self.engine, mail_for(self.ada, key=self.engine.new_id(), **more))
        drain(self.engine)


@pytest.fixture
def reader(engine: Engine) -> Iterator[Reader]:
    engine.url = "http://mail.test"
    with listening(engine) as port:
        yield Reader(engine, port)


def test_a_mail_is_listed_and_read_with_its_parts_links_and_checks(reader: Reader) -> None:
    reader.send(event={"name": "Ada"}, attachments=(Attachment("a.txt", "text/plain", b"hi"),))
    (row,) = reader.get("?to=ADA@x.dev")["data"]
    assert (row["subject"], row["to"], row["from"]) == ("Welcome, Ada", ["ada@x.dev"], "hello@headrace.test")
    mail = reader.get(f"/{row['id']}")
    assert "Hällo Ada" in mail["html"]
    assert mail["text"].startswith("Hällo Ada")
    assert ["Subject", "Welcome, Ada"] in mail["headers"]
    assert mail["links"][0]["target"] == "https://app.test/start?a=1&b=2"
    assert mail["links"][0]["problem"] is None
    assert mail["attachments"] == [{"filename": "a.txt", "contentType": "text/plain", "size": 2}]
    checks = {check["name"]: check["ok"] for check in mail["checks"]}
    assert checks == {
        "Text version": True, "One-click unsubscribe": True, "Links": True, "Signed": None, "Sender and date": True,
        "Size": True, "Well formed": True,
    }  # fmt: skip
    source = reader.raw(f"/{row['id']}/source")
    assert source.body.startswith(b"From: ")
    assert reader.raw(f"/{row['id']}", "DELETE").status == 204
    assert reader.raw(f"/{row['id']}").status == 404


def test_waiting_gives_a_mail_that_is_there_or_comes_and_ends_when_none_does(reader: Reader) -> None:
    reader.send(event={"name": "first"})
    first = reader.get("/wait?to=ada@x.dev")
    assert first["subject"] == "Welcome, first"
    assert reader.raw(f"/wait?to=ada@x.dev&after={first['id']}&timeout=0.2").status == 404
    assert reader.raw("/wait?to=bob@x.dev&timeout=0").status == 404
    got: list[Any] = []
    waiting = threading.Thread(target=lambda: got.append(reader.get(f"/wait?subject=SECOND&after={first['id']}&timeout=20")))
    waiting.start()
    reader.send(event={"name": "second"})
    waiting.join(20)
    assert got[0]["subject"] == "Welcome, second"
    for wrong in ("x", "-1", "61", "nan"):
        assert reader.raw(f"/wait?timeout={wrong}").status == 400


def test_the_inbox_needs_a_key_and_is_emptied_at_once(reader: Reader) -> None:
    assert reader.raw("", key="0" * 32).status == 401
    for _ in range(3):
        reader.send()
    assert reader.get("", "DELETE") == {"success": True, "deleted": 3}
    assert reader.get()["data"] == []


def test_lists_come_in_pages(reader: Reader) -> None:
    for number in range(53):
        enqueue(reader.engine, mail_for(reader.ada, key=str(number)))
    drain(reader.engine)
    first = reader.get()
    second = reader.get(f"?cursor={quote(first['nextCursor'])}")
    assert (len(first["data"]), len(second["data"]), second["nextCursor"]) == (50, 3, None)


def test_what_a_receiver_would_find_wrong_is_said(reader: Reader) -> None:
    assert isinstance(reader.engine.outbox.composer, Writer)
    reader.engine.outbox.composer.html = (
        '<a href="">a</a><a href="http://x.dev">b</a><a href="javascript:x">c</a><a href="https://x.dev/{y}">d</a>'
        '<a href="http://localhost:3000/">e</a><a href="mailto:a@b.c">f</a>'
    )
    reader.engine.outbox.settings.change({"track_clicks": False})
    reader.send(kind="transactional")
    mail = reader.get("/wait")
    problems = [link["problem"] for link in mail["links"]]
    assert [bool(problem) for problem in problems] == [True, True, True, True, False, False]
    checks = {check["name"]: check["ok"] for check in mail["checks"]}
    assert (checks["Links"], checks["One-click unsubscribe"]) == (False, None)


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\r\n\r\n\xff", b"Content-Type: text/html; charset=nobody\r\n\r\n<a href='x'>\xe9",
            b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n", b"Subject: =?utf-8?b?////?=\r\n\r\nx"]
)  # fmt: skip
def test_broken_mails_of_others_are_shown_as_well_as_can_be(raw: bytes) -> None:
    shown = reading.read(raw, lambda url: None)
    json.dumps(shown).encode()
    reading.subject(raw).encode()


def test_other_programs_hand_over_mail_by_smtp_when_the_ear_is_on(reader: Reader) -> None:
    engine = reader.engine
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "app@x.dev", "bob@x.dev", "Grüße"
    mail.set_content("Hi")

    def hand_over() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=10) as server:
            server.send_message(mail)

    async def story() -> None:
        engine.outbox.settings.change({"inbox_port": port})
        await engine.ear.follow()
        await asyncio.to_thread(hand_over)
        engine.outbox.settings.change({"inbox_port": 0})
        await engine.ear.follow()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.to_thread(hand_over)

    asyncio.run(story())
    found = reader.get("/wait?to=bob@x.dev")
    assert (found["subject"], found["send"], found["text"]) == ("Grüße", None, "Hi\n")


def test_an_ear_on_a_port_that_is_taken_says_so(reader: Reader) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        reader.engine.outbox.settings.change({"inbox_port": taken.getsockname()[1]})
        asyncio.run(reader.engine.ear.follow())
    assert "cannot be listened on" in (reader.engine.ear.trouble or "")


@pytest.mark.timeout(10)
def test_a_mail_of_nothing_but_open_tags_is_read_at_once() -> None:
    raw = b"Content-Type: text/html\r\n\r\n" + b"<a " * 400_000
    assert reading.read(raw, lambda url: None)["links"] == []

"""An engine whose mail can be watched: a writer of plain mails, a clock to set, and mail servers with moods."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import apsw
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP as Server
from aiosmtpd.smtp import AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from headrace.clock import SystemChance, SystemClock
from headrace.engine.audience import contacts
from headrace.engine.engine import Engine
from headrace.engine.mail_port import Composed, Mail, NotSendable
from headrace.engine.outbox import listing
from headrace.workspace.secretbox import SecretBox

NOW = 1_767_225_600_000  # 2026-01-01


class SetClock(SystemClock):
    """Stands still until it is set."""

    def __init__(self) -> None:
        self.now = NOW

    def now_ms(self) -> int:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


class Writer:
    """Composes one mail, whatever the id; `missing` lacks a variable, `broken` breaks its writer."""

    def __init__(self) -> None:
        self.html: str | None = None
        self.copies: tuple[str, ...] = ()
        self.subject = "Welcome, {name}"
        self.reply_to: str | None = None

    def compose(self, c: apsw.Connection, mail: Mail, system: Mapping[str, str]) -> Composed | NotSendable:
        if mail.message_id == "missing":
            return NotSendable("A value is missing and has no fallback", ("contact.plan",))
        if mail.message_id == "broken":
            raise ValueError("no such tag")
        name = (mail.event or mail.data or {}).get("name", "Ada")
        link = system.get("unsubscribe_link", "")
        html = self.html or (
            f'<html><body><p>Hällo {name} &amp; co</p><a href="https://app.test/start?a=1&amp;b=2">Start</a>'
            f'<a href="{link}">Unsubscribe</a></body></html>'
        )
        subject = self.subject.format(name=name)
        return Composed("Ada at Ächt", "hello", self.reply_to, self.copies, (), subject, html, f"Hällo {name}\n{link}\n")


def new_engine(folder: Path, clock: SetClock | None = None) -> Engine:
    box = SecretBox.at(folder / "secret.key", None)
    engine = Engine.open(folder / "engine.db", clock or SetClock(), SystemChance(), box)
    engine.url = "http://127.0.0.1:9"
    engine.outbox.composer = Writer()
    return engine


def add_contact(engine: Engine, email: str = "ada@x.dev", **more: Any) -> str:
    return engine.write(lambda desk: contacts.upsert(desk, {"email": email} | more)).result().id


def mail_for(contact: str | None, email: str = "ada@x.dev", key: str = "k1", **more: Any) -> Mail:
    given: dict[str, Any] = {"kind": "workflow", "source_id": "cworkflow", "message_id": "cmessage"}
    return Mail(key=key, contact=contact, email=email, **(given | more))


def enqueue(engine: Engine, mail: Mail) -> str:
    return engine.write(lambda desk: engine.outbox.enqueue(desk, mail)).result()


def drain(engine: Engine) -> None:
    """Every mail that may leave now has left."""

    async def run() -> None:
        while await engine.outbox.step() == 0:
            pass
        await engine.outbox._lines.hang_up()

    asyncio.run(run())


def sends(engine: Engine, **wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.read(lambda c: listing.page(c, None, 500, **wanted))["data"]
    return found


def the_send(engine: Engine, identifier: str) -> dict[str, Any]:
    found = engine.read(lambda c: listing.one(c, identifier))
    assert found is not None
    return found


def told(engine: Engine) -> list[tuple[str, str]]:
    """What happened from now on: (kind, contact)."""
    heard: list[tuple[str, str]] = []
    engine.listeners = (*engine.listeners, lambda desk, it: heard.append((it.kind, it.contact)))
    return heard


class Post:
    """A mail server's other side. `answers` by stage are given once each, in order; after that it takes everything."""

    def __init__(self) -> None:
        self.answers: dict[str, list[str]] = {"mail": [], "rcpt": [], "data": []}
        self.mails: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self.envelopes: list[Envelope] = []
        self.sessions: list[Session] = []
        self.port = 0
        self.logins: list[tuple[bytes, bytes]] = []

    async def handle_MAIL(
        self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers["mail"] and (answer := self.answers["mail"].pop(0)) != "take":
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: Server, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.answers["rcpt"] and (answer := self.answers["rcpt"].pop(0)) != "take":
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Server, session: Session, envelope: Envelope) -> str:
        mood = self.answers["data"].pop(0) if self.answers["data"] else "250 2.0.0 taken"
        if mood == "lose":
            _break(server)
            return "250 never heard"
        if mood.startswith("250") or mood == "take and lose":
            assert isinstance(envelope.content, bytes)
            self.raw.append(envelope.content)
            parsed = message_from_bytes(envelope.content, policy=policy.default)
            assert isinstance(parsed, EmailMessage)
            self.mails.append(parsed)
            self.envelopes.append(envelope)
            self.sessions.append(session)
        if mood == "take and lose":
            _break(server)
        return mood

    def login(self, server: Server, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"s3cret", handled=False)


def _break(server: Server) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


class AnyPort(Controller):
    """Says hello to itself at the port that it was given, not at 0."""

    def _trigger_server(self) -> None:
        with socket.create_connection(self.server.sockets[0].getsockname()):  # type: ignore[union-attr]
            pass


@contextmanager
def post(
    tls: ssl.SSLContext | None = None,
    starttls: ssl.SSLContext | None = None,
    login: bool = False,
    handler: Post | None = None,
) -> Iterator[Post]:
    """A real SMTP server on a free port of loopback."""
    handler = handler or Post()
    more: dict[str, Any] = {"auth_required": True, "authenticator": handler.login} if login else {}
    if starttls:
        more |= {"tls_context": starttls, "require_starttls": True}
    controller = AnyPort(handler, hostname="127.0.0.1", port=0, ssl_context=tls, **more)
    controller.start()
    try:
        handler.port = controller.server.sockets[0].getsockname()[1]  # type: ignore[union-attr]
        yield handler
    finally:
        controller.stop()


def use_smtp(engine: Engine, port: int, **more: Any) -> None:
    given = {"mode": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "domain": "mail.ada.dev"}
    engine.outbox.settings.change(given | more)
    engine.outbox.hurry()


def certificate(folder: Path) -> ssl.SSLContext:
    """A server's side with a certificate of its own making for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now).not_valid_after(now + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem, private = folder / "cert.pem", folder / "key.pem"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, private)
    return context

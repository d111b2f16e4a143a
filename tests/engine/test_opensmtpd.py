"""Against a mail server of the field, with its own answers; what it delivers is read by tools of the field."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from email import message_from_bytes, policy
from pathlib import Path

import dkim
import pytest

from headrace.engine.engine import Engine
from headrace.engine.mail_port import Attachment
from headrace.engine.outbox.config import DKIM, make_dkim_key, public_dkim_record
from tests.engine.mailing import add_contact, drain, enqueue, mail_for, new_engine, the_send, use_smtp
from tests.harness.waiting import until

SMTPD = shutil.which("smtpd", path="/usr/sbin:/usr/local/sbin")
pytestmark = pytest.mark.skipif(
    SMTPD is None or os.geteuid() != 0, reason="needs root and OpenSMTPD: sudo apt-get install opensmtpd"
)
CONFIGURATION = """
table boxes {{ "ada@x.dev" = nobody }}
listen on 127.0.0.1 port {port}
action "keep" maildir "{mails}" virtual <boxes>
match from any for domain "x.dev" action "keep"
action "local" maildir "{mails}"
match from any for domain "local.dev" action "local"
"""


class OpenSmtpd:
    def __init__(self, port: int, mails: Path) -> None:
        self.port, self._mails = port, mails

    def delivered(self, mail_id: str) -> bytes:
        """The queue is the machine's: what an earlier run left in it comes into this box, too."""

        def theirs() -> bytes | None:
            return next((raw for path in self._mails.glob("new/*") if mail_id.encode() in (raw := path.read_bytes())), None)

        return until(theirs, "the mail in its box")


@pytest.fixture(scope="module")
def server() -> Iterator[OpenSmtpd]:
    """It delivers as `nobody`, so its folder is one that anybody may enter."""
    with tempfile.TemporaryDirectory() as made, socket.socket() as free:
        folder = Path(made)
        folder.chmod(0o777)
        mails = folder / "mails"
        mails.mkdir()
        mails.chmod(0o777)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        (folder / "smtpd.conf").write_text(CONFIGURATION.format(port=port, mails=mails))
        running = subprocess.Popen(
            [str(SMTPD), "-d", "-f", str(folder / "smtpd.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(lambda: _answers(port), "OpenSMTPD", 15)
            yield OpenSmtpd(port, mails)
        finally:
            running.terminate()
            running.wait(10)


def _answers(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        return connection.recv(3) == b"220"
    return False


@pytest.fixture
def engine(tmp_path: Path, server: OpenSmtpd) -> Iterator[Engine]:
    engine = new_engine(tmp_path)
    use_smtp(engine, server.port)
    yield engine
    engine.close()


def test_ada_gets_her_mail_signed_and_whole(engine: Engine, server: OpenSmtpd, tmp_path: Path) -> None:
    pem = make_dkim_key()
    engine.outbox.settings.set_secret(DKIM, pem)
    ada = add_contact(engine)
    part = Attachment("Rechnung.pdf", "application/pdf", bytes(range(256)) * 40)
    send = enqueue(engine, mail_for(ada, attachments=(part,)))
    drain(engine)
    assert the_send(engine, send)["state"] == "sent"
    raw = server.delivered(f"<{send}@mail.ada.dev>")
    mail = message_from_bytes(raw, policy=policy.default)
    assert (mail["Subject"], mail["Message-ID"]) == ("Welcome, Ada", f"<{send}@mail.ada.dev>")
    own = raw[raw.index(b"DKIM-Signature") :].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert dkim.verify(own, dnsfunc=lambda name, timeout=5: public_dkim_record(pem).encode())
    for tool in (
        ["ripmime", "-i", "-", "-d", str(tmp_path / "ripmime")],
        ["munpack", "-q", "-C", str(tmp_path / "munpack")],
    ):
        if shutil.which(tool[0]) is None:
            continue
        found = tmp_path / tool[0]
        found.mkdir()
        subprocess.run(tool, input=raw, check=True, capture_output=True, timeout=20)
        assert (found / "Rechnung.pdf").read_bytes() == part.data, tool[0]


def test_its_refusals_are_understood(engine: Engine, server: OpenSmtpd) -> None:
    """It says "550 Invalid recipient" to a domain that it does not relay for, and to a mailbox that is not there."""

    def mailed(email: str) -> tuple[str, str, bool]:
        contact = add_contact(engine, email)
        send = enqueue(engine, mail_for(contact, email, email))
        drain(engine)
        found = the_send(engine, send)
        return found["state"], found["why"], engine.contact(contact)["subscribed"]  # type: ignore[index]

    relayed = mailed("nobody@elsewhere.dev")
    assert relayed[0::2] == ("refused", True), "a relay that denies relaying must not cost the audience"
    assert relayed[1].startswith("550 Invalid recipient")
    assert mailed("no@x.dev")[0::2] == ("refused", True), "a problem of theirs is no reason to lose a contact"
    assert mailed("nosuch@local.dev")[0::2] == ("refused", True), "it may be relaying, too"
    assert mailed("nobody@local.dev")[0] == "sent"
    gone = mailed("nosuchbox@local.dev")
    assert gone[0::2] == ("bounced", False), "it takes mail to that domain, so the mailbox is what is wrong"
    assert gone[1].startswith("550 Invalid recipient")

"""Each mail as others see it: Python's parser, an independent one, and a verifier of its signature."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import dkim
import mailparser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.engine.mail_port import Attachment, Composed
from headrace.engine.outbox import mime, tracking
from headrace.engine.outbox.config import make_dkim_key, public_dkim_record
from headrace.errors import WorkspaceError
from tests.engine.mailing import NOW

KEY = b"k" * 32
LINK = "https://mail.ada.dev/unsubscribe/" + "x" * 300 + ".yyy"


def composed(**more: Any) -> Composed:
    given: dict[str, Any] = {
        "from_name": "Ada, von “Ächt”", "from_local": "hello", "reply_to": "help@ada.dev", "cc": (), "bcc": (),
        "subject": "Willkommen, Zoë 🎉", "html": "<p>Grüße</p>" + "<b>x</b>" * 400, "text": "Grüße\n" + "lang " * 400,
    }  # fmt: skip
    return Composed(**(given | more))


def head(**more: Any) -> mime.Head:
    given: dict[str, Any] = {"mail_id": "<c1@ada.dev>", "at": NOW, "domain": "ada.dev", "to": "zoe@x.dev"}
    return mime.Head(**(given | {"unsubscribe": LINK} | more))


def parsed(raw: bytes) -> EmailMessage:
    found = message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def test_python_reads_what_was_meant() -> None:
    built = mime.build(composed(cc=("boss@x.dev",), bcc=("spy@x.dev",)), head(), (), None)
    mail = parsed(built.raw)
    assert mail["Subject"] == "Willkommen, Zoë 🎉"
    assert mail["From"].addresses[0].display_name == "Ada, von “Ächt”"
    assert (mail["From"].addresses[0].addr_spec, mail["To"], mail["Cc"], mail["Bcc"]) == (
        "hello@ada.dev",
        "zoe@x.dev",
        "boss@x.dev",
        None,
    )
    assert built.recipients == ("zoe@x.dev", "boss@x.dev", "spy@x.dev")
    assert mail["Date"].datetime.timestamp() * 1000 == NOW
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert text.get_content().startswith("Grüße\r\nlang lang")
    assert html.get_content().startswith("<p>Grüße</p>")
    assert mail.defects == []


def test_an_independent_parser_reads_the_same() -> None:
    part = Attachment("Rechnung ä.pdf", "application/pdf; x=y", bytes(range(256)))
    built = mime.build(composed(), head(), (part,), None)
    mail = mailparser.parse_from_bytes(built.raw)
    assert (mail.subject, mail.from_, mail.to) == (
        "Willkommen, Zoë 🎉",
        [("Ada, von “Ächt”", "hello@ada.dev")],
        [("", "zoe@x.dev")],
    )
    assert mail.text_plain[0].startswith("Grüße")
    assert mail.text_html[0].startswith("<p>Grüße</p>")
    assert (mail.attachments[0]["filename"], mail.attachments[0]["mail_content_type"]) == (
        "Rechnung ä.pdf",
        "application/pdf",
    )
    assert mail.message_id == "<c1@ada.dev>"
    assert mail.defects == []


def test_every_line_is_ascii_and_short_enough_and_long_links_stay_whole() -> None:
    built = mime.build(composed(), head(), (), None)
    assert built.raw.isascii()
    assert max(len(row) for row in built.raw.split(b"\r\n")) <= 998
    assert b"\n" not in built.raw.replace(b"\r\n", b"")
    assert mime.headers(built.raw)["List-Unsubscribe"] == f"<{LINK}>"
    assert mime.headers(built.raw)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_transactional_mail_has_no_unsubscribe_and_plain_mail_one_part() -> None:
    built = mime.build(composed(html=None), head(unsubscribe=None), (), None)
    assert "List-Unsubscribe" not in mime.headers(built.raw)
    assert parsed(built.raw).get_content_type() == "text/plain"


def test_dkim_is_verified_by_what_the_dns_record_says_and_covers_the_unsubscribe_headers() -> None:
    pem = make_dkim_key()
    record = public_dkim_record(pem)
    key = mime.DkimKey("ada.dev", "headrace", pem)
    raw = mime.build(composed(), head(), (), key).raw

    def dns(name: bytes, timeout: int = 5) -> bytes:
        assert name.rstrip(b".") == b"headrace._domainkey.ada.dev"
        return record.encode()

    assert dkim.verify(raw, dnsfunc=dns)
    signed = mime.headers(raw)["DKIM-Signature"]
    covered = signed.partition(" h=")[2].partition(";")[0].replace(" ", "").split(":")
    assert {"from", "to", "subject", "list-unsubscribe", "list-unsubscribe-post"} <= {name.lower() for name in covered}
    assert not dkim.verify(raw.replace(b"One-Click", b"Two-Click"), dnsfunc=dns)
    assert not dkim.verify(raw.replace(b"Gr=C3=BC=C3=9Fe", b"Gruesse"), dnsfunc=dns)


def test_a_key_that_is_none_is_refused() -> None:
    with pytest.raises(WorkspaceError):
        public_dkim_record("-----BEGIN NOTHING-----")


@given(text=st.text(max_size=60))
def test_no_text_can_end_a_header(text: str) -> None:
    evil = text + "\r\nBcc: spy@evil.dev\r\n\r\nbody" + text
    built = mime.build(composed(subject=evil, from_name=evil), head(), (Attachment(evil, evil, b"x"),), None)
    mail = parsed(built.raw)
    assert mail["Bcc"] is None
    assert set(mime.headers(built.raw)) == {
        "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "List-Unsubscribe", "List-Unsubscribe-Post",
        "MIME-Version", "Content-Type",
    }  # fmt: skip
    assert max(len(row) for row in built.raw.split(b"\r\n")) <= 998


@pytest.mark.parametrize(
    "address", ["a@b@c", "a b@x.dev", "a@x.dev\r\nBcc: spy@x.dev", "", "@x.dev", "zoë@x.dev", "a@", "a@x..dev"]
)
def test_what_is_no_address_is_said_so(address: str) -> None:
    with pytest.raises(mime.Unbuildable):
        mime.build(composed(), head(to=address), (), None)


def test_a_domain_of_another_script_is_written_as_dns_does() -> None:
    assert mime.build(composed(), head(to="a@ächt.dev"), (), None).recipients == ("a@xn--cht-pla.dev",)


def test_links_lead_through_us_but_ours_and_other_schemes_do_not() -> None:
    html = (
        '<body><a class="x" href="https://a.dev/?q=1&amp;r=2">a</a> <A HREF="mailto:x@y.dev">m</A>'
        '<a href="https://us.dev/unsubscribe/t">u</a><img src="https://a.dev/p.png"></body>'
    )
    tracked = tracking.with_pixel(tracking.with_clicks(html, "https://us.dev", KEY, "c1"), "https://us.dev", KEY, "c1")
    found = tracking.links(tracked)
    assert found[0].startswith("https://us.dev/click/")
    assert found[1:] == ["mailto:x@y.dev", "https://us.dev/unsubscribe/t"]
    assert tracked.count("/open/") == 1
    assert tracked.index("/open/") < tracked.index("</body>")

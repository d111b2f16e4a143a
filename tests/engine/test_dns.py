"""The DNS records of a sending domain, asked of a real (if tiny) name server."""

from __future__ import annotations

import asyncio
import socketserver
import threading
from collections.abc import Iterator

import dns.asyncresolver
import dns.message
import dns.rcode
import dns.rrset
import pytest

from headrace.engine.outbox.config import Sending, make_dkim_key
from headrace.engine.outbox.dns import Checked, check, records
from headrace.engine.outbox.resolving import ask

PEM = make_dkim_key()
SENDING = Sending(domain="ada.dev")
WANTED = {record.purpose: record for record in records(SENDING, PEM)}


class NameServer:
    """Knows what `zone` says: (name, kind) -> texts."""

    def __init__(self) -> None:
        self.zone: dict[tuple[str, str], list[str]] = {}
        zone = self.zone

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                question = dns.message.from_wire(self.request[0])
                asked = question.question[0]
                name, kind = asked.name.to_text().rstrip("."), dns.rdatatype.to_text(asked.rdtype)
                answer = dns.message.make_response(question)
                texts = zone.get((name, kind))
                if texts is None:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                else:
                    answer.answer.append(dns.rrset.from_text_list(asked.name, 60, "IN", kind, texts))
                self.request[1].sendto(answer.to_wire(), self.client_address)

        self._server = socketserver.ThreadingUDPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def server() -> Iterator[NameServer]:
    found = NameServer()
    yield found
    found.close()


def looked(server: NameServer) -> dict[str, Checked]:
    async def run() -> list[Checked]:
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], server.port
        return await check(list(WANTED.values()), lambda name, kind: ask(resolver, name, kind))

    return {checked.record.purpose: checked for checked in asyncio.run(run())}


def quoted(text: str) -> str:
    """As a zone file has a long text: in pieces."""
    return " ".join(f'"{text[i : i + 200]}"' for i in range(0, len(text), 200))


def test_what_is_missing_is_said(server: NameServer) -> None:
    assert {name: found.verdict for name, found in looked(server).items()} == dict.fromkeys(
        ("DKIM", "SPF", "DMARC", "MX"), "missing"
    )


def test_what_is_there_is_good_even_in_pieces(server: NameServer) -> None:
    server.zone |= {
        ("headrace._domainkey.ada.dev", "TXT"): [quoted(WANTED["DKIM"].value)],
        ("ada.dev", "TXT"): ['"v=spf1 include:_spf.mail.test ~all"', '"site-verification=1"'],
        ("_dmarc.ada.dev", "TXT"): ['"v=DMARC1; p=none"'],
        ("ada.dev", "MX"): ["10 mail.ada.dev."],
    }
    assert {found.verdict for found in looked(server).values()} == {"good"}


def test_another_key_and_two_policies_are_wrong(server: NameServer) -> None:
    server.zone |= {
        ("headrace._domainkey.ada.dev", "TXT"): ['"v=DKIM1; p=AAAA"'],
        ("ada.dev", "TXT"): ['"v=spf1 ~all"', '"v=spf1 -all"'],
    }
    found = looked(server)
    assert (found["DKIM"].verdict, found["SPF"].verdict) == ("wrong", "wrong")
    assert "Another key" in found["DKIM"].said


def test_without_a_domain_there_is_nothing_to_set() -> None:
    assert records(Sending(), PEM) == []

"""Requests over real sockets: what comes back, what counts as certainly not arrived, and where nothing may go."""

from __future__ import annotations

import asyncio
import socket

import pytest

from headrace.clock import SystemClock
from headrace.delivery.aiohttp_transport import KEPT, AiohttpTransport, GuardedResolver, forbidden
from headrace.delivery.port import NoAnswer, Outgoing
from headrace.destinations.port import Answer
from tests.harness.standin import Answer as Answered
from tests.harness.standin import Seen, StandIn


def sent(
    url: str, timeout: float = 5.0, refuse_private: bool = False, ports: frozenset[int] = frozenset()
) -> Answer | NoAnswer:
    async def once() -> Answer | NoAnswer:
        transport = AiohttpTransport(SystemClock(), refuse_private, ports)
        try:
            return await transport.send(Outgoing("POST", url, {"X-Ada": "1"}, b'{"plan": "pro"}', timeout))
        finally:
            await transport.close()

    return asyncio.run(once())


def answering(answer: Answered) -> StandIn:
    return StandIn(lambda seen: answer)


def test_adas_request_arrives_as_it_was_written_and_the_answer_comes_back() -> None:
    with answering((202, {"success": True})) as loops:
        got = sent(f"{loops.url}/v1/contacts/update")
        assert isinstance(got, Answer)
        assert (got.status, got.body) == (202, b'{"success": true}')
        assert got.headers["content-type"] == "application/json"
        seen: Seen = loops.seen[0]
        assert (seen.method, seen.path, seen.body, seen.headers["x-ada"]) == (
            "POST", "/api/v1/contacts/update", {"plan": "pro"}, "1",
        )  # fmt: skip


def test_a_long_answer_is_cut() -> None:
    with answering((200, "x" * (KEPT + 1_000))) as loops:
        got = sent(loops.url)
        assert isinstance(got, Answer)
        assert len(got.body) == KEPT


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    with answering((302, {"to": "elsewhere"})) as loops:
        got = sent(loops.url)
        assert isinstance(got, Answer)
        assert got.status == 302
        assert len(loops.seen) == 1


def test_no_answer_in_time_says_nothing_of_what_happened() -> None:
    with answering("hang") as loops:
        got = sent(loops.url, timeout=0.2)
        assert isinstance(got, NoAnswer)
        assert (got.kind, got.certain) == ("timeout", False)
        assert "0.2 s" in got.detail


def test_a_connection_that_breaks_after_sending_says_nothing_either() -> None:
    with answering("break") as loops:
        got = sent(loops.url)
        assert isinstance(got, NoAnswer)
        assert (got.kind, got.certain) == ("broken", False)


def test_a_closed_port_surely_took_nothing() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    got = sent(f"http://127.0.0.1:{port}/api")
    assert isinstance(got, NoAnswer)
    assert (got.kind, got.certain) == ("refused", True)
    assert got.detail.endswith(": Connection refused")


@pytest.mark.parametrize("url", ["http://nobody.invalid/api", "http://127.0.0.1:99999/api", "no address"])
def test_a_name_that_leads_nowhere_surely_took_nothing(url: str) -> None:
    got = sent(url)
    assert isinstance(got, NoAnswer)
    assert (got.kind, got.certain) == ("name", True)


@pytest.mark.parametrize(
    "url", ["http://169.254.169.254/latest", "http://[fe80::1]/", "http://0.0.0.0/", "http://[::ffff:169.254.1.1]/"]
)
def test_nothing_is_ever_sent_to_link_local_addresses(url: str) -> None:
    got = sent(url)
    assert isinstance(got, NoAnswer)
    assert (got.kind, got.certain) == ("forbidden", True)


def test_private_addresses_are_refused_when_the_setting_says_so_but_our_own_engine_is_not() -> None:
    with answering((200, {})) as loops:
        port = int(loops.url.split(":")[2].split("/")[0])
        by_name = loops.url.replace("127.0.0.1", "localhost")
        for url in (loops.url, by_name):
            got = sent(url, refuse_private=True)
            assert isinstance(got, NoAnswer)
            assert got.kind == "forbidden"
        assert loops.seen == []
        for url in (loops.url, by_name):
            assert isinstance(sent(url, refuse_private=True, ports=frozenset([port])), Answer)


@pytest.mark.parametrize(
    ("address", "always", "if_private"),
    [
        ("169.254.169.254", True, True),
        ("fe80::1%eth0", True, True),
        ("fd00:ec2::254", True, True),
        ("224.0.0.1", True, True),
        ("::ffff:169.254.169.254", True, True),
        ("10.0.0.1", False, True),
        ("127.0.0.1", False, True),
        ("::1", False, True),
        ("93.184.215.14", False, False),
    ],
)
def test_which_addresses_a_destination_may_have(address: str, always: bool, if_private: bool) -> None:
    assert forbidden(address, False) is always
    assert forbidden(address, True) is if_private


def test_a_name_cannot_be_used_to_get_around_the_rule() -> None:
    async def resolve() -> None:
        guarded = GuardedResolver(True, frozenset())
        try:
            with pytest.raises(OSError, match="may not have"):
                await guarded.resolve("localhost", 80)
        finally:
            await guarded.close()

    asyncio.run(resolve())

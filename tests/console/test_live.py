"""Live pages over a real connection: what comes in shows, a page that comes back has missed nothing, fifty cost as one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

import apsw
import pytest

from headrace.console.hub import MOST, Hub, Marks, Subscriber, parse
from headrace.console.live import EventStream
from headrace.event import LoggedEvent
from headrace.fate import Code, State
from headrace.gateway.server import Patience
from tests.console.house import House, track
from tests.console.stream import Heard, Listener
from tests.harness.serving import serving


@contextmanager
def up(house: House) -> Iterator[int]:
    async def nothing() -> None:
        return None

    async def make() -> tuple[Any, Callable[[], Awaitable[None]]]:
        return house.app, nothing

    with serving(make, Patience(stop=1)) as port:
        yield port


def listen(house: House, port: int, path: str, last: str = "") -> Listener:
    return Listener(port, path, house.tokens["viewer"], last)


async def some(page: Listener, number: int) -> list[Heard]:
    return [await page.hear() for _ in range(number)]


async def elsewhere(run: Callable[..., Any], *args: Any, **more: Any) -> Any:
    """The house writes in a loop of its own."""
    return await asyncio.to_thread(run, *args, **more)


async def over(task: asyncio.Task[None]) -> bool:
    """Whether a task of the server's loop has ended, after ten seconds at most."""

    async def wait() -> bool:
        return bool((await asyncio.wait({task}, timeout=10))[0])

    return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(wait(), task.get_loop()))


def refuse(house: House, reason: str, source: str | None = None) -> None:
    house.rejected.add(401, reason, "/v1/track", source, "rudder-js/3", "127.0.0.1", b"{}")


def test_calls_and_refused_calls_show_as_they_come(house: House) -> None:
    async def watch(port: int) -> None:
        async with listen(house, port, f"/live?source={house.source}") as page, listen(house, port, "/live") as everything:
            await elsewhere(house.take, track("ada", "newUser"))
            heard = await page.hear()
            assert (heard.kind, heard.value["event"], heard.value["message"]["userId"]) == ("event", "newUser", "ada")
            assert (await everything.hear()).value["id"] == heard.value["id"]
            refuse(house, "unknown write key")
            heard = await page.hear()
            assert (heard.kind, heard.value["status"], heard.value["reason"]) == ("rejected", 401, "unknown write key")

    with up(house) as port:
        asyncio.run(watch(port))


def test_a_page_of_one_source_hears_nothing_of_another(house: House) -> None:
    other = house.instance.store.add_source("test", "app", "node").id

    async def watch(port: int) -> None:
        async with listen(house, port, f"/live?source={other}") as page:
            await elsewhere(house.accept, track("ada", "website's"))
            refuse(house, "too big", "website")
            await elsewhere(house.accept, track("ada", "app's"), source=other)
            assert (await page.hear()).value["event"] == "app's"

    with up(house) as port:
        asyncio.run(watch(port))


def test_a_destinations_page_hears_each_answer(house: House) -> None:
    async def watch(port: int) -> None:
        async with listen(house, port, f"/live?destination={house.loops}") as page:
            await elsewhere(house.take, track("ada", "newUser"), {"type": "page", "userId": "ada"})
            assert (await page.hear()).value["state"] == "filtered"
            await elsewhere(house.settle, State.RETRYING, Code.SERVER_ERROR, next_at=house.clock.at)
            assert (await page.hear()).value["state"] == "retrying"
            await elsewhere(house.settle)
            heard = await page.hear()
            assert (heard.value["position"], heard.value["state"]) == (1, "delivered")

    with up(house) as port:
        asyncio.run(watch(port))


def test_a_page_that_comes_back_has_missed_nothing_and_sees_nothing_twice(house: House) -> None:
    async def watch(port: int) -> None:
        path = f"/live?source={house.source}"
        async with listen(house, port, path) as page:
            await elsewhere(house.accept, track("ada", "e0"), track("ada", "e1"))
            refuse(house, "r0")
            seen = await some(page, 3)
        await elsewhere(house.accept, track("ada", "e2"))
        refuse(house, "r1")
        await elsewhere(_kept, house, 2)
        async with listen(house, port, path, page.last) as back:
            seen += await some(back, 2)
            await elsewhere(house.accept, track("ada", "e3"))
            seen += await some(back, 1)
        told = [h.value.get("event") or h.value.get("reason") for h in seen]
        assert sorted(told) == ["e0", "e1", "e2", "e3", "r0", "r1"]

    with up(house) as port:
        asyncio.run(watch(port))


def _kept(house: House, number: int) -> None:
    from tests.harness.waiting import until

    until(lambda: len(house.instance.rejected(10, None)) == number, "the refused calls to be kept", 10)


def test_a_page_left_open_over_a_restart_goes_on_where_it_was(house: House) -> None:
    async def before(port: int) -> str:
        async with listen(house, port, f"/live?destination={house.loops}") as page:
            await elsewhere(house.take, track("ada", "a"))
            await elsewhere(house.settle)
            return (await page.hear()).name

    async def after(port: int, last: str) -> None:
        async with listen(house, port, f"/live?destination={house.loops}&after={last}") as page:
            assert (await page.hear()).value["event"] == "b"

    with up(house) as port:
        last = asyncio.run(before(port))
    house.take(track("ada", "b"))
    house.settle()
    house.api.state.hub = Hub(house.instance)
    with up(house) as port:
        asyncio.run(after(port, last))


def test_more_than_a_page_can_show_is_sampled_and_says_so(house: House) -> None:
    async def watch(port: int) -> None:
        async with listen(house, port, "/live") as page:
            assert len(house.api.state.hub) == 1
            await elsewhere(house.accept, *(track("ada", f"e{n}") for n in range(MOST + 60)))
            heard = await some(page, MOST + 1)
            assert heard[0].kind == "sampled"
            assert heard[0].value == {"skipped": 60}
            assert [h.value["event"] for h in heard[1:]] == [f"e{n}" for n in range(60, MOST + 60)]

    with up(house) as port:
        asyncio.run(watch(port))


def test_fifty_pages_cost_as_much_reading_as_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    decoded: list[int] = []
    real = house.instance.pages.decoded

    def counted(logged: LoggedEvent) -> dict[str, Any]:
        decoded.append(logged.position)
        return real(logged)

    monkeypatch.setattr(house.instance.pages, "decoded", counted)

    async def watch(port: int) -> None:
        pages = [listen(house, port, f"/live?source={house.source}") for _ in range(50)]
        for page in pages:
            await page.__aenter__()
        assert len(house.api.state.hub) == 50
        await elsewhere(house.accept, *(track("ada", f"e{n}") for n in range(5)))
        for page in pages:
            assert [h.value["event"] for h in await some(page, 5)] == [f"e{n}" for n in range(5)]
        for page in pages:
            await page.__aexit__(None, None, None)

    with up(house) as port:
        asyncio.run(watch(port))
    assert decoded == [1, 2, 3, 4, 5]


def test_a_page_that_does_not_read_is_let_go() -> None:
    async def lag() -> None:
        page = Subscriber(("source", None), Marks(0, 0, 0))
        chunk = b"x" * 2**20
        given = [page.give(chunk) for _ in range(6)]
        assert given[:4] == [True] * 4
        assert not given[4]
        assert await page.take() is None

    asyncio.run(lag())


def test_nobody_looking_costs_nothing(house: House) -> None:
    async def watch(port: int) -> None:
        hub = house.api.state.hub
        async with listen(house, port, "/live"):
            assert len(hub) == 1
        assert await over(hub._task)
        assert len(hub) == 0

    with up(house) as port:
        asyncio.run(watch(port))


def test_the_answer_begins_when_the_page_has_joined() -> None:
    """A page that is told it listens misses nothing from then on."""
    order: list[str] = []

    async def stream() -> AsyncIterator[bytes]:
        order.append("joined")
        yield b"retry: 1000\n\n"

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: dict[str, Any]) -> None:
        order.append(message["type"])

    asyncio.run(EventStream(stream())({}, receive, send))
    assert order[:2] == ["joined", "http.response.start"]


def test_a_session_that_ended_ends_its_stream(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.console.live.PING", 0.05)

    async def watch(port: int) -> None:
        async with listen(house, port, "/live") as page:
            assert len(house.api.state.hub) == 1
            house.instance.store.db.write(lambda c: c.execute("delete from token"))
            with pytest.raises(EOFError):
                await page.hear()

    with up(house) as port:
        asyncio.run(watch(port))


def test_a_session_that_ended_ends_a_busy_stream_too(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.console.live.PING", 0.5)

    async def busy(page: Listener) -> None:
        while True:  # never silent for as long as a ping takes
            await elsewhere(house.accept, track("ada", "again"))
            await page.hear()

    async def watch(port: int) -> None:
        async with listen(house, port, "/live") as page:
            house.instance.store.db.write(lambda c: c.execute("delete from token"))
            with pytest.raises(EOFError):
                await asyncio.wait_for(busy(page), 10)

    with up(house) as port:
        asyncio.run(watch(port))


def test_a_look_that_fails_is_told_and_the_next_one_reads_what_was_missed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = house.instance.log.read
    failed: list[Any] = []

    def broken_once(*args: Any) -> Any:
        if not failed:
            failed.append(args)
            raise apsw.BusyError("database is locked")
        return real(*args)

    async def watch(port: int) -> None:
        async with listen(house, port, "/live") as page:
            monkeypatch.setattr(house.instance.log, "read", broken_once)
            await elsewhere(house.accept, track("ada", "newUser"))
            assert (await page.hear()).value["event"] == "newUser"

    with up(house) as port:
        asyncio.run(watch(port))
    assert failed


@pytest.mark.parametrize("last", ["", "x", "-1", "9" * 40, "1.", ".1", "1.x", "²", "1.2.3", "\r\n"])
def test_an_id_that_makes_no_sense_is_now_or_the_place_it_names(last: str) -> None:
    now = Marks(100, 50, 70)
    for group in (("source", None), ("destination", "d")):
        found = parse(last, group, now)
        assert 0 <= found.position <= 100
        assert 0 <= found.refused <= 50
        assert 0 <= found.outcome <= 70

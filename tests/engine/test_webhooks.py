"""Every webhook is as Loops' document says, signed as Standard Webhooks says, and repeated until it is heard."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from standardwebhooks import Webhook

from headrace.app.engine_posting import TransportPoster
from headrace.clock import SystemClock
from headrace.delivery.aiohttp_transport import AiohttpTransport
from headrace.engine.audience import contacts
from headrace.engine.audience.subscription import set_subscribed
from headrace.engine.engine import Engine
from headrace.engine.webhooks import payloads
from headrace.engine.webhooks.payloads import EVENTS, Sent
from headrace.engine.webhooks.webhooks import Reply
from headrace.errors import NotFound, WorkspaceError
from tests.engine.mailing import NOW, SetClock, add_contact, drain, enqueue, mail_for, new_engine

# lies beside the repository, not in it
DOCUMENT = Path(__file__).parents[3] / "shared" / "data" / "loops-openapi-1.22.6.yaml"


class Receiver:
    """An HTTP server that keeps what it is told; `statuses` are given once each, in order, then 200."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.statuses: list[int] = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({k.lower(): v for k, v in self.headers.items()}, body))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", "http://127.0.0.1:1/")
                self.send_header("Content-Length", "4")
                self.end_headers()
                self.wfile.write(b"done")

            def log_message(self, *given: Any) -> None: ...

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def __enter__(self) -> Receiver:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *given: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    @property
    def events(self) -> list[str]:
        return [body["eventName"] for body in self.bodies]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as found:
        yield found


def tell(engine: Engine, refuse_private: bool = False) -> None:
    """Everything that is due now is told."""

    async def run() -> None:
        transport = AiohttpTransport(SystemClock(), refuse_private)
        engine.webhooks.poster = TransportPoster(transport)
        await asyncio.gather(*(drained(endpoint["id"]) for endpoint in engine.webhooks.endpoints()))
        await transport.close()

    async def drained(endpoint: str) -> None:
        while await engine.webhooks.step(endpoint) == 0:
            pass

    asyncio.run(run())


def messages(engine: Engine, **wanted: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = engine.webhooks.messages(None, 100, **wanted)["data"]
    return found


def test_what_ada_does_is_told_once_each_and_every_signature_is_genuine(engine: Engine, receiver: Receiver) -> None:
    endpoint = engine.webhooks.add(receiver.url, list(EVENTS))
    news = engine.create_list("News", None, True)["id"]
    ada = add_contact(engine, userId="ada", mailingLists={news: True})
    tell(engine)
    enqueue(engine, mail_for(ada))
    enqueue(engine, mail_for(ada, key="2", kind="transactional", mailing_list=None))
    drain(engine)
    engine.write(lambda desk: contacts.upsert(desk, {"userId": "ada", "mailingLists": {news: False}})).result()
    engine.write(lambda desk: set_subscribed(desk, ada, False, "contact")).result()
    engine.write(lambda desk: contacts.delete(desk, contacts.Who("ada@x.dev", None))).result()
    tell(engine)
    assert sorted(receiver.events) == sorted([
        "contact.created", "contact.mailingList.subscribed", "loop.email.sent", "email.delivered",
        "transactional.email.sent", "email.delivered", "contact.mailingList.unsubscribed", "contact.unsubscribed",
        "contact.deleted",
    ])  # fmt: skip
    verifier = Webhook(engine.webhooks.secret(endpoint["id"]))
    for headers, body in receiver.got:
        # the library compares with today's time: the moment is ours
        timestamp = headers["webhook-timestamp"]
        assert timestamp == str(NOW // 1000)
        assert verifier.sign(headers["webhook-id"], _moment(), body.decode()) == headers["webhook-signature"]
    created = next(body for body in receiver.bodies if body["eventName"] == "contact.created")
    assert created["contact"]["mailingLists"] == {news: True}
    assert created["contactIdentity"] == {"id": ada, "email": "ada@x.dev", "userId": "ada"}
    for told in receiver.bodies:
        _valid(told)


def _moment() -> datetime:
    return datetime.fromtimestamp(NOW // 1000, UTC)


def test_a_library_of_the_field_verifies_a_request_of_today(tmp_path: Path, receiver: Receiver) -> None:
    engine = new_engine(tmp_path, SystemClock())  # type: ignore[arg-type]
    endpoint = engine.webhooks.add(receiver.url, [])
    engine.webhooks.send_test(endpoint["id"])
    tell(engine)
    headers, body = receiver.got[0]
    verifier = Webhook(engine.webhooks.secret(endpoint["id"]))
    assert verifier.verify(body.decode(), headers)["eventName"] == "testing.testEvent"
    with pytest.raises(Exception, match="signature"):
        verifier.verify(body.decode() + " ", headers)
    engine.close()


@lru_cache
def document() -> Any:
    return yaml.safe_load(DOCUMENT.read_text()) if DOCUMENT.exists() else None


def _valid(body: dict[str, Any]) -> None:
    if document() is None:
        pytest.skip("Loops' OpenAPI document lies beside the repository, not in it")
    name = "Webhook" + "".join(part[0].upper() + part[1:] for part in body["eventName"].split(".")) + "Payload"
    jsonschema.validate(body, {"$ref": f"#/components/schemas/{name}", "components": document()["components"]})


MAIL = {"email.delivered", "email.softBounced", "email.hardBounced", "email.spamReported"}


@pytest.mark.parametrize("event", EVENTS)
@pytest.mark.parametrize("kind", ["workflow", "transactional", "campaign"])
def test_each_of_the_seventeen_bodies_is_as_loops_document_says(event: str, kind: str) -> None:
    contact = {
        "id": "c1", "email": "ada@x.dev", "firstName": None, "lastName": None, "source": "API", "subscribed": True,
        "userGroup": "", "userId": None, "mailingLists": {"c2": True}, "optInStatus": None, "plan": "pro",
    }  # fmt: skip
    news = {"id": "c2", "name": "News", "description": None, "isPublic": True}
    body = payloads.base(event, NOW, "c1", "ada@x.dev", None)
    if event == "contact.created":
        body = payloads.with_contact(body, contact)
    elif "mailingList" in event:
        body = payloads.with_list(body, news)
    elif "email" in event:
        if event.endswith(".email.sent") and not event.startswith(payloads.SOURCE[kind]):
            return
        if kind == "transactional" and event in payloads.MARKETING_ONLY:
            assert payloads.event_of(event, kind) is None
            return
        body = payloads.with_mail(body, Sent("c3", kind, "c4", "Welcome", "c5", "Hi", (news,)))
    _valid(body)
    _valid(payloads.test_event(NOW))


def test_only_what_is_ticked_is_told(engine: Engine, receiver: Receiver) -> None:
    engine.webhooks.add(receiver.url, ["contact.deleted"])
    add_contact(engine)
    engine.write(lambda desk: contacts.delete(desk, contacts.Who("ada@x.dev", None))).result()
    tell(engine)
    assert receiver.events == ["contact.deleted"]


def test_a_change_that_fails_is_not_told(engine: Engine, receiver: Receiver) -> None:
    engine.webhooks.add(receiver.url, list(EVENTS))

    def change(desk: Any) -> None:
        contacts.upsert(desk, {"email": "ada@x.dev"})
        raise RuntimeError

    with pytest.raises(RuntimeError):
        engine.write(change).result()
    tell(engine)
    assert receiver.got == []


def test_what_was_not_heard_is_repeated_with_the_same_id_and_body(
    engine: Engine, receiver: Receiver, clock: SetClock
) -> None:
    engine.webhooks.add(receiver.url, ["contact.created"])
    receiver.statuses = [500, 302, 404]
    add_contact(engine)
    for pause in (0, 5, 300, 1800):
        clock.forward(pause)
        tell(engine)
    assert len(receiver.got) == 4
    assert len({(headers["webhook-id"], body) for headers, body in receiver.got}) == 1
    (message,) = messages(engine)
    assert [attempt["status"] for attempt in message["attempts"]] == [500, 302, 404, 200]
    assert (message["state"], message["attempts"][-1]["text"]) == ("delivered", "done")
    clock.forward(10_000)
    tell(engine)
    assert len(receiver.got) == 4


def test_after_the_last_try_it_is_failed_and_can_be_replayed(engine: Engine, receiver: Receiver, clock: SetClock) -> None:
    endpoint = engine.webhooks.add(receiver.url, ["contact.created"])
    receiver.statuses = [500] * 8
    add_contact(engine)
    for _ in range(40):
        tell(engine)
        clock.forward(3600)
    assert len(receiver.got) == 8
    (message,) = messages(engine, state="failed")
    engine.webhooks.replay(message["id"])
    tell(engine)
    assert messages(engine)[0]["state"] == "delivered"
    assert receiver.got[-1][0]["webhook-id"] == message["id"]
    assert engine.webhooks.replay_failed(endpoint["id"]) == 0


def test_an_endpoint_that_is_silent_for_days_or_says_gone_is_switched_off(
    engine: Engine, receiver: Receiver, clock: SetClock
) -> None:
    dead = engine.webhooks.add("http://127.0.0.1:1/", ["contact.created"])
    gone = engine.webhooks.add(receiver.url, ["contact.created"])
    receiver.statuses = [410]
    for day in range(7):
        add_contact(engine, f"ada{day}@x.dev")
        tell(engine)
        clock.forward(86_400)
    found = {endpoint["id"]: endpoint for endpoint in engine.webhooks.endpoints()}
    assert (found[dead["id"]]["enabled"], found[gone["id"]]["enabled"], len(receiver.got)) == (False, False, 1)
    assert "five days" in found[dead["id"]]["why"]
    assert "410" in found[gone["id"]]["why"]
    engine.webhooks.change(gone["id"], receiver.url, ["contact.created"], True)
    engine.webhooks.replay_failed(gone["id"])
    tell(engine)
    assert receiver.events[-1] == "contact.created"


def test_ten_a_second_at_most(engine: Engine, receiver: Receiver) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    engine.clock.sleep = sleep  # type: ignore[method-assign]
    engine.webhooks.add(receiver.url, ["contact.created"])
    for number in range(35):
        add_contact(engine, f"a{number}@x.dev")
    tell(engine)
    assert len(receiver.got) == 35
    assert slept.count(1.0) == 3


def test_private_addresses_are_refused_where_the_setting_says_so_and_link_local_always(
    engine: Engine, receiver: Receiver
) -> None:
    engine.webhooks.add(receiver.url, ["contact.created"])
    engine.webhooks.add("http://169.254.169.254/latest", ["contact.created"])
    add_contact(engine)
    tell(engine, refuse_private=True)
    assert receiver.got == []
    assert all("address that destinations may not have" in m["attempts"][0]["text"] for m in messages(engine))


def test_addresses_and_events_that_cannot_be_are_refused(engine: Engine) -> None:
    for url in ("ftp://x.dev", "x.dev", "http://user:pw@x.dev/", "http://", "http://x.dev/a b", "http://x.dev:x/"):
        with pytest.raises(WorkspaceError):
            engine.webhooks.add(url, [])
    with pytest.raises(WorkspaceError):
        engine.webhooks.add("https://x.dev", ["contact.nonsense"])
    with pytest.raises(NotFound):
        engine.webhooks.send_test("cnope")


def test_messages_are_kept_a_month_and_the_secret_is_sealed(engine: Engine, receiver: Receiver, clock: SetClock) -> None:
    endpoint = engine.webhooks.add(receiver.url, ["contact.created"])
    add_contact(engine)
    tell(engine)
    clock.forward(31 * 86_400)
    engine.prune()
    assert messages(engine) == []
    secret = engine.webhooks.secret(endpoint["id"])
    assert secret.startswith("whsec_")
    ((stored,),) = engine.read(lambda c: list(c.execute("select secret from webhook_endpoint")))
    assert secret.encode() not in bytes(stored)


def test_a_post_that_nobody_foresaw_failing_is_tried_again_like_any_other(engine: Engine) -> None:
    class Stumbling:
        async def post(self, url: str, headers: dict[str, str], body: bytes) -> Any:
            raise KeyError("what nobody thought of")

    endpoint = engine.webhooks.add("http://127.0.0.1:9/hook", ["contact.created"])
    add_contact(engine)
    engine.webhooks.poster = Stumbling()
    asyncio.run(engine.webhooks.step(endpoint["id"]))
    (message,) = messages(engine)
    assert (message["state"], message["tries"]) == ("queued", 1)
    assert "nobody thought of" in message["attempts"][0]["text"]


def test_an_endpoint_that_does_not_answer_holds_up_no_other(engine: Engine) -> None:
    heard: list[str] = []

    class Uneven:
        async def post(self, url: str, headers: dict[str, str], body: bytes) -> Reply:
            if "silent" in url:
                await asyncio.Event().wait()
            heard.append(json.loads(body)["contactIdentity"]["email"])
            return Reply(200, "")

    engine.webhooks.poster = Uneven()
    engine.webhooks.add("http://silent.x.dev/", ["contact.created"])
    engine.webhooks.add("http://lively.x.dev/", ["contact.created"])

    async def story() -> None:
        running = asyncio.create_task(engine.webhooks.run())
        for email in ("ada@x.dev", "bob@x.dev", "eve@x.dev"):
            await asyncio.to_thread(add_contact, engine, email)
            while email not in heard:
                await asyncio.sleep(0)
        engine.webhooks.add("http://late.x.dev/", ["contact.deleted"])
        await asyncio.to_thread(
            lambda: engine.write(lambda desk: contacts.delete(desk, contacts.Who("ada@x.dev", None))).result()
        )
        while heard.count("ada@x.dev") < 2:
            await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(asyncio.wait_for(story(), 4))  # a loop looks by itself only every five seconds
    assert heard == ["ada@x.dev", "bob@x.dev", "eve@x.dev", "ada@x.dev"]

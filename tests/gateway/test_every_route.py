"""Whichever route Ada's SDK uses, it gets the answers that RudderStack's gateway documents, to the letter."""

from __future__ import annotations

import gzip
from base64 import b64encode
from typing import Any, NamedTuple

import pytest

from headrace.gateway.app import ROUTES, GatewaySettings
from tests.gateway.conftest import KEY, OFF, Disk, Talker
from tests.harness.serving import Raw, request, talk

ADA: dict[str, Any] = {"userId": "ada", "type": "identify"}
HEADER = "failed to read writekey from header"
QUERY = "failed to read writekey from query params"
NO_JSON = [b"", b"\xef\xbb\xbf{}", b"{", b'{"userId":NaN}', b'{"userId":"a"} x', b'{"userId":"a\x01"}', b"[" * 10_000]
SINGLE = ["/v1/" + name for name in ("identify", "track", "page", "screen", "group", "alias", "merge", *"itpsga")]


class Way(NamedTuple):
    """How a route is told the write key, and how its body holds events."""

    path: str
    key_in: str = "header"  # header, query (only), either
    body: str = "one"  # one event, batch, list

    def holding(self, *events: Any) -> Any:
        return {"one": events[0] if events else {}, "batch": {"batch": events}, "list": list(events)}[self.body]


WAYS = [
    *(Way(path) for path in SINGLE),
    *(Way(path, body="batch") for path in ("/v1/batch", "/v1/import", "/v1/b", "/b")),
    Way("/beacon/v1/batch", "query", "batch"),
    Way("/v1/webhook", "either", "list"),
]


def ask(gateway: Talker, way: Way, body: Any, key: str | None = KEY, **headers: str) -> Raw:
    """With the key where this route takes it."""
    if way.key_in == "query" and key is not None:
        return gateway.post(f"{way.path}?writeKey={key}", body, key=None, **headers)
    return gateway.post(way.path, body, key=key, **headers)


def refused(answer: Raw, status: int, text: str) -> None:
    assert (answer.status, answer.body.decode()) == (status, text + "\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["vary"] == "Origin"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"


SHOP = {"Origin": "https://shop.example"}
every_way = pytest.mark.parametrize("way", WAYS, ids=[way.path for way in WAYS])


def test_no_route_is_left_out() -> None:
    assert {way.path for way in WAYS} | {"/v1/m"} == set(ROUTES)


@every_way
@pytest.mark.parametrize("slash", ["", "/"])
def test_adas_call_is_taken_with_two_letters(gateway: Talker, way: Way, slash: str) -> None:
    answer = ask(gateway, way._replace(path=way.path + slash), way.holding(ADA), **SHOP)
    assert (answer.status, answer.body) == (200, b"ok")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    (event,) = gateway.accepted()
    assert event["userId"] == "ada"
    assert len(event["messageId"]) == 36


@every_way
def test_a_stranger_is_told_what_is_wrong_with_the_key(gateway: Talker, way: Way) -> None:
    missing = HEADER if way.key_in == "header" else QUERY
    body = way.holding(ADA)
    refused(ask(gateway, way, body, None, **SHOP), 401, missing)
    for given in (f"Bearer {KEY}", "Basic " + b64encode(KEY.encode()).decode(), "Basic %%%", "Basic Og=="):
        refused(ask(gateway, way, body, None, Authorization=given, **SHOP), 401, missing)
    refused(ask(gateway, way, body, "nobody", **SHOP), 401, "invalid write key")
    refused(ask(gateway, way, body, OFF, **SHOP), 404, "source is disabled")
    lower = "basic " + b64encode(f"{KEY}:whatever".encode()).decode()
    if way.key_in != "query":
        assert ask(gateway, way, body, None, Authorization=lower).status == 200
    assert len(gateway.accepted()) == (way.key_in != "query")


@every_way
def test_what_cannot_be_read_is_refused_and_nothing_of_it_kept(gateway: Talker, way: Way) -> None:
    for body in NO_JSON:
        refused(ask(gateway, way, body, **SHOP), 400, "invalid json")
    packed = gzip.compress(b'{"userId":"ada"}')
    for broken in (packed[:-6], b"not gzip at all"):
        answer = ask(gateway, way, broken, Content_Encoding="gzip", **SHOP)
        refused(answer, 500, "failed to read body from request")
    refused(ask(gateway, way, b"", Content_Encoding="gzip", **SHOP), 400, "invalid json")
    not_an_event = b"[1]" if way.body == "one" else way.holding(ADA, "x")
    refused(ask(gateway, way, not_an_event, **SHOP), 400, "event is not a valid rudder event")
    nobody = {"type": "track", "userId": "", "anonymousId": None}
    many = (ADA, nobody) if way.body != "one" else (nobody,)
    refused(ask(gateway, way, way.holding(*many), **SHOP), 400, "request neither has anonymousId nor userId")
    assert gateway.accepted() == []


@every_way
def test_what_is_too_large_is_refused_before_it_is_read(gateway: Talker, way: Way) -> None:
    path = f"{way.path}?writeKey={KEY}" if way.key_in == "query" else way.path
    key = {"Authorization": "Basic " + b64encode(f"{KEY}:".encode()).decode()}
    head = request("POST", path, b"", SHOP | ({} if way.key_in == "query" else key))
    for claimed in (b"5000000000", b"8650753", b"9" * 18):
        answer = talk(gateway.port, head.replace(b"Content-Length: 0", b"Content-Length: " + claimed) + b"x")
        refused(answer, 413, "request size exceeds max limit")
    assert gateway.ask("GET", "/health").status == 200


@every_way
def test_a_full_disk_asks_to_come_back(gateway: Talker, disk: Disk, way: Way) -> None:
    disk.is_full(True)
    answer = ask(gateway, way, way.holding(ADA), **SHOP)
    refused(answer, 503, "Service Unavailable")
    assert int(answer.headers["retry-after"]) > 0


@every_way
def test_other_methods_are_told_to_post(gateway: Talker, way: Way) -> None:
    for method in ("GET", "PUT", "DELETE", "HEAD", "OPTIONS"):
        answer = gateway.ask(method, way.path, **SHOP)
        if way.path == "/v1/webhook" and method in ("GET", "HEAD"):
            assert (answer.status, answer.body) == (200, b"")  # as RudderStack's answers probes; HEAD wherever GET
            continue
        assert (answer.status, answer.body, answer.headers["allow"]) == (405, b"", "POST")
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/batch", 400), ("/v1/b", 400), ("/b", 400), ("/beacon/v1/batch", 400), ("/v1/import", 200)]
)
@pytest.mark.parametrize("body", [{}, {"batch": []}, {"batch": None}])
def test_a_batch_of_nothing_is_refused_but_by_import(gateway: Talker, path: str, status: int, body: Any) -> None:
    (way,) = [way for way in WAYS if way.path == path]
    answer = ask(gateway, way, body)
    assert (answer.status, answer.body) == (status, b"ok" if status == 200 else b"empty batch payload\n")
    assert gateway.accepted() == []


@pytest.mark.parametrize("path", [*("/v1/" + letter for letter in "itpsga"), "/v1/b", "/b"])
def test_segments_sdks_may_put_the_key_into_the_body_and_nobody_harms_us_by_it(gateway: Talker, path: str) -> None:
    (way,) = [way for way in WAYS if way.path == path]
    body = way.holding(ADA)
    refused(gateway.post(path, body | {"writeKey": "nobody"}, key=None, **SHOP), 401, "invalid write key")
    refused(gateway.post(path, body | {"writeKey": OFF}, key=None, **SHOP), 404, "source is disabled")
    odd: Any
    for odd in (7, None, [], {}):
        refused(gateway.post(path, body | {"writeKey": odd}, key=None, **SHOP), 401, HEADER)
    refused(gateway.post(path, b'{"x":' + b"[" * 100_000, key=None, **SHOP), 401, HEADER)
    refused(gateway.post(path, b'{"x":' * 100_000, key=None, **SHOP), 401, HEADER)
    beside = gateway.post(path, body | {"writeKey": KEY}, key=None, Authorization="Bearer x", **SHOP)
    refused(beside, 401, HEADER)
    assert gateway.post(path, body | {"writeKey": KEY}, key=None).body == b"ok"
    assert len(gateway.accepted()) == 1


class TestWithALimit:
    @pytest.fixture
    def gateway_settings(self) -> GatewaySettings:
        return GatewaySettings(event_limit=2)

    def test_a_source_that_sends_too_much_is_told_when_to_come_back(self, gateway: Talker) -> None:
        assert gateway.post("/v1/batch", {"batch": [ADA] * 2}).status == 200
        answer = gateway.post("/v1/identify", ADA, **SHOP)
        refused(answer, 429, "max requests limit reached")
        assert int(answer.headers["retry-after"]) > 0

    def test_the_pixel_is_no_way_around_it(self, gateway: Talker) -> None:
        for _ in range(10):
            assert gateway.ask("GET", f"/pixel/v1/track?writeKey={KEY}&userId=ada&event=opened").body[:3] == b"GIF"
        assert len(gateway.accepted()) < 10


class TestWithNoRoom:
    @pytest.fixture
    def gateway_settings(self) -> GatewaySettings:
        return GatewaySettings(max_requests=0)

    def test_one_call_too_many_at_once_is_asked_to_come_back(self, gateway: Talker) -> None:
        answer = gateway.post("/v1/identify", ADA, **SHOP)
        refused(answer, 503, "Service Unavailable")
        assert int(answer.headers["retry-after"]) > 0


def test_who_only_looks_whether_the_pixel_is_there_leaves_no_event(gateway: Talker) -> None:
    answer = gateway.ask("HEAD", f"/pixel/v1/track?writeKey={KEY}&userId=ada&event=opened")
    assert (answer.status, answer.headers["content-type"]) == (200, "image/gif")
    assert gateway.accepted() == []


def test_the_pixel_gives_its_event_what_rudderstacks_does(gateway: Talker) -> None:
    def seen(kind: str, query: str) -> None:
        assert gateway.ask("GET", f"/pixel/v1/{kind}?writeKey={KEY}&{query}", X_Forwarded_For="5.6.7.8").status == 200

    seen("track", 'anonymousId="a1"&event=')  # an empty name: nothing happened
    seen("track", 'anonymousId="a1"')
    seen("page", "anonymousId=a2&name=&context.page.url=https%3A%2F%2Fshop.example&properties.n=7&properties.n=8")
    seen("page", "name=Home")  # nobody
    track, page = gateway.accepted()
    assert (track["anonymousId"], track["type"], track["channel"]) == ("a1", "track", "web")
    assert track["integrations"] == {"All": True}
    assert track["request_ip"] == "5.6.7.8"
    assert (page["name"], page["context"], page["properties"]) == (
        "Unknown Page", {"page": {"url": "https://shop.example"}}, {"n": "7"},
    )  # fmt: skip
    assert "writeKey" not in page

"""SDKs cannot tell this gateway from RudderStack's, but for the ways in which it is better."""

from __future__ import annotations

import gzip
import json
import socket
import zlib
from base64 import b64encode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.gateway.conftest import KEY, OFF, Disk, Talker
from tests.harness.serving import read_answer, request, talk

ADA = {"userId": "ada", "messageId": "m1", "traits": {"email": "ada@example.com"}}
DOCUMENTED = {200, 204, 400, 401, 404, 405, 413, 429, 431, 500, 503}


@pytest.mark.parametrize(
    ("body", "status", "text"),
    [
        (ADA, 200, "ok"),
        (b"", 400, "invalid json\n"),
        (b"\xef\xbb\xbf{}", 400, "invalid json\n"),
        (b'{"userId":NaN}', 400, "invalid json\n"),
        (b'{"userId":"a"} x', 400, "invalid json\n"),
        (b'{"userId":"a\x01"}', 400, "invalid json\n"),
        (b'{"userId":"a","x":1e999}', 400, "invalid json\n"),
        (b"[1]", 400, "event is not a valid rudder event\n"),
        (b"null", 400, "request neither has anonymousId nor userId\n"),
        ({"event": "x"}, 400, "request neither has anonymousId nor userId\n"),
        ({"userId": " \u200b ", "anonymousId": None}, 400, "request neither has anonymousId nor userId\n"),
        ({"userId": 0}, 200, "ok"),
        ({"userId": False}, 200, "ok"),
        ({"userId": {}}, 200, "ok"),
        (b'{"userId":"\xff\xfe"}', 200, "ok"),
        (b'{"userId":"a","t":"\\ud800"}', 200, "ok"),
        (b"[" * 10_000, 400, "invalid json\n"),
        (b'{"userId":"a","x":' + b"[" * 200 + b"]" * 200 + b"}", 400, "invalid json\n"),
    ],
)
def test_a_single_call_gets_the_documented_answer(gateway: Talker, body: Any, status: int, text: str) -> None:
    answer = gateway.post("/v1/identify", body)
    assert (answer.status, answer.body.decode()) == (status, text)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert len(gateway.accepted()) == (1 if status == 200 else 0)


@pytest.mark.parametrize(
    ("path", "body", "status", "text"),
    [
        ("/v1/batch", {"batch": [ADA | {"type": "identify"}]}, 200, "ok"),
        ("/v1/batch/", {"batch": [ADA | {"type": "identify"}]}, 200, "ok"),
        ("/v1/batch", {"batch": ADA}, 200, "ok"),
        ("/v1/batch", {"batch": "x"}, 400, "event is not a valid rudder event\n"),
        ("/v1/batch", {"batch": [ADA, None]}, 400, "event is not a valid rudder event\n"),
        ("/v1/batch", {"batch": [ADA, {"event": "x"}]}, 400, "request neither has anonymousId nor userId\n"),
        ("/v1/batch", {"batch": []}, 400, "empty batch payload\n"),
        ("/v1/batch", {}, 400, "empty batch payload\n"),
        ("/v1/import", {"batch": []}, 200, "ok"),
        ("/v1/import", {}, 200, "ok"),
        ("/v1/i", ADA, 200, "ok"),
        ("/v1/b", {"batch": [ADA]}, 200, "ok"),
        ("/v1/m", b"whatever", 200, "ok"),
        ("/v1/webhook?writeKey=" + KEY, [ADA | {"type": "identify"}], 200, "ok"),
        ("/v1/extract", ADA, 404, "404 page not found\n"),
        ("/internal/v1/batch", [ADA], 404, "404 page not found\n"),
        ("//v1/batch", ADA, 404, "404 page not found\n"),
    ],
)
def test_batches_are_all_or_nothing(gateway: Talker, path: str, body: Any, status: int, text: str) -> None:
    answer = gateway.post(path, body)
    assert (answer.status, answer.body.decode()) == (status, text)
    if status != 200:
        assert gateway.accepted() == []


def test_keys_are_checked_before_the_body(gateway: Talker) -> None:
    assert gateway.post("/v1/track", ADA, key=None).body == b"failed to read writekey from header\n"
    assert gateway.post("/v1/track", ADA, key="nobody").body == b"invalid write key\n"
    disabled = gateway.post("/v1/track", ADA, key=OFF)
    assert (disabled.status, disabled.body) == (404, b"source is disabled\n")
    assert gateway.post("/beacon/v1/batch", {"batch": [ADA]}).body == b"failed to read writekey from query params\n"
    assert gateway.post(f"/beacon/v1/batch?writeKey={KEY}", {"batch": [ADA]}, key=None).status == 200
    in_body = {"writeKey": KEY, "batch": [ADA | {"messageId": "m2"}]}
    assert gateway.post("/b", in_body, key=None).status == 200
    assert gateway.post("/v1/batch", in_body, key=None).status == 401


def test_what_the_gateway_adds_and_keeps(gateway: Talker) -> None:
    big = 9007199254740993
    event = {"userId": "u", "type": "nonsense", "request_ip": "1.2.3.4", "n": big, "messageId": 7}
    gateway.post("/v1/batch", {"batch": [event, {"anonymousId": "a"}]}, X_Forwarded_For="5.6.7.8, 9.9.9.9")
    gateway.post("/v1/track", b'{"userId":"u","event":"first","event":"last","type":"page"}')
    first, second, third = gateway.accepted()
    assert first["n"] == big
    assert first["rudderId"] == "61763869-6114-4ab2-bdac-9ba13af24508"
    assert (first["request_ip"], second["request_ip"]) == ("1.2.3.4", "5.6.7.8")
    assert second["rudderId"] == "66c06124-682b-405f-a56f-e90e3325cf79"
    assert len(first["messageId"]) == 36
    assert (third["type"], third["event"]) == ("track", "last")


@pytest.mark.parametrize("path", ["/v1/identify", "/v1/batch", "/nowhere", "/health", "/v1/identify/extra"])
def test_every_answer_carries_cors_so_that_browsers_do_not_retry_in_vain(gateway: Talker, path: str) -> None:
    for method in ("GET", "POST"):
        answer = gateway.ask(method, path, Origin="https://shop.example")
        assert answer.headers["access-control-allow-origin"] == "https://shop.example"
        assert answer.headers["access-control-allow-credentials"] == "true"
    preflight = gateway.ask(
        "OPTIONS", path, Origin="null", Access_Control_Request_Method="POST", Access_Control_Request_Headers="anonymousid"
    )
    assert (preflight.status, preflight.body) == (204, b"")
    assert preflight.headers["access-control-allow-headers"] == "anonymousid"
    assert preflight.headers["access-control-max-age"] == "900"


def test_gzip_and_its_bombs(gateway: Talker) -> None:
    small = gzip.compress(json.dumps(ADA).encode())
    assert gateway.post("/v1/identify", small, Content_Encoding="gzip").status == 200
    assert gateway.post("/v1/identify", small[:-9], Content_Encoding="gzip").status == 500
    assert gateway.post("/v1/identify", b"{}", Content_Encoding="gzip").body == b"failed to read body from request\n"
    assert gateway.post("/v1/identify", small, Content_Encoding="GZIP").body == b"invalid json\n"
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    packed = b"".join(bomb.compress(b"0" * 1_000_000) for _ in range(300)) + bomb.flush()
    answer = gateway.post("/v1/identify", packed, Content_Encoding="gzip")
    assert (answer.status, answer.body) == (413, b"request size exceeds max limit\n")


def test_rudder_pythons_largest_batch_fits_and_a_larger_one_is_refused_while_it_is_read(gateway: Talker) -> None:
    event = ADA | {"type": "track", "pad": "x" * 4_194_304}
    assert gateway.post("/v1/batch", {"batch": [event]}).status == 200
    head = request("POST", "/v1/identify", b"", {"Authorization": "Basic MmFCY0RlRmdIaUprTG1Ob1BxUnNUdVZ3WHlaOg=="})
    claimed = head.replace(b"Content-Length: 0", b"Content-Length: 5000000000")
    assert talk(gateway.port, claimed + b"x").status == 413


def test_pixel_always_answers_a_dot(gateway: Talker) -> None:
    good = gateway.ask("GET", f"/pixel/v1/track?writeKey={KEY}&userId=u&event=opened&properties.plan=pro")
    bad = gateway.ask("GET", "/pixel/v1/page?writeKey=nobody")
    assert good.body == bad.body
    assert good.body[:3] == b"GIF"
    (event,) = gateway.accepted()
    assert (event["event"], event["properties"], event["type"]) == ("opened", {"plan": "pro"}, "track")


def test_source_config_and_segment_settings(gateway: Talker) -> None:
    for path in (f"/sourceConfig?writeKey={KEY}", f"/sourceConfig/?p=npm&writeKey={KEY}"):
        source = json.loads(gateway.ask("GET", path).body)["source"]
        assert {"id", "name", "writeKey", "enabled", "workspaceId", "updatedAt", "config", "destinations"} <= set(source)
    by_header = {key: "Basic " + b64encode(f"{key}:".encode()).decode() for key in (KEY, OFF)}
    for key, enabled in ((KEY, True), (OFF, False)):
        source = json.loads(gateway.ask("GET", "/sourceConfig/", Authorization=by_header[key]).body)["source"]
        assert (source["writeKey"], source["enabled"]) == (key, enabled)
    head = gateway.ask("HEAD", "/sourceConfig", Authorization=by_header[KEY], Origin="https://shop.example")
    assert (head.status, head.headers["access-control-allow-origin"]) == (200, "https://shop.example")
    assert gateway.ask("GET", "/sourceConfig").status == 400
    unknown = gateway.ask("GET", "/sourceConfig?writeKey=nobody")
    assert unknown.status == 400
    assert b"invalid write key" in unknown.body.lower()
    assert gateway.ask("HEAD", "/sourceConfig/?view=ad").status == 200
    for path in (f"/v1/projects/{KEY}/settings", f"/projects/{KEY}/settings"):
        found = json.loads(gateway.ask("GET", path, Host="evil.example").body)["integrations"]["Segment.io"]
        assert (found["apiHost"], found["protocol"]) == ("events.example.com/v1", "https")


def test_health_version_robots_and_wrong_methods(gateway: Talker) -> None:
    assert json.loads(gateway.ask("GET", "/health").body)["server"] == "UP"
    assert gateway.ask("HEAD", "/health").status == 200
    assert "gzip-req-payload" in json.loads(gateway.ask("GET", "/version").body)["Features"]
    assert gateway.ask("GET", "/robots.txt").body == b"User-agent: * \nDisallow: / \n"
    wrong = gateway.ask("GET", "/v1/batch")
    assert (wrong.status, wrong.body, wrong.headers["allow"]) == (405, b"", "POST")


def test_slow_clients_are_cut_off_and_others_are_served(gateway: Talker) -> None:
    idle = [socket.create_connection(("127.0.0.1", gateway.port)) for _ in range(300)]
    slow = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
    slow.sendall(b"POST /v1/identify HTTP/1.1\r\nHost: t\r\nX-")
    body = socket.create_connection(("127.0.0.1", gateway.port), timeout=10)
    body.sendall(request("POST", "/v1/m", b"12345")[:-2])
    assert gateway.post("/v1/identify", ADA).status == 200
    assert read_answer(slow).status == 0
    assert read_answer(body).status == 0
    for connection in (*idle, slow, body):
        connection.close()


def test_an_endless_header_is_refused(gateway: Talker) -> None:
    answer = talk(gateway.port, b"GET / HTTP/1.1\r\nX: " + b"y" * 400_000)
    assert answer.status in (431, 400, 0)
    assert gateway.ask("GET", "/health").status == 200


PATHS = [
    "/v1/identify",
    "/v1/track",
    "/v1/batch",
    "/v1/import",
    "/beacon/v1/batch?writeKey=" + KEY,
    "/v1/b",
    "/b",
    "/v1/webhook",
]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(PATHS),
    st.one_of(
        st.binary(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["batch", "userId", "anonymousId", "type", "messageId", "x"]), inner, max_size=4
                )
            ),
            max_leaves=8,
        ).map(lambda value: json.dumps(value).encode()),
    ),
)
def test_whatever_bytes_come_only_documented_answers_go_out_and_what_is_accepted_decodes(
    gateway: Talker, path: str, body: bytes
) -> None:
    answer = gateway.post(path, body)
    assert answer.status in DOCUMENTED
    assert answer.status != 200 or answer.body == b"ok"
    for event in gateway.accepted()[-2:]:
        assert event["messageId"]
        assert event.get("userId") is not None or event.get("anonymousId") is not None


def test_a_full_disk_answers_503_says_when_to_come_back_and_keeps_what_was_accepted(gateway: Talker, disk: Disk) -> None:
    assert gateway.post("/v1/identify", ADA).status == 200
    disk.is_full(True)
    refused = gateway.post("/v1/identify", ADA | {"messageId": "later"})
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) > 0
    told = gateway.ask("GET", "/health")
    assert (told.status, json.loads(told.body)["acceptingEvents"]) == (503, "FALSE")
    assert json.loads(told.body)["reason"] == "the disk is nearly full"
    disk.is_full(False)
    assert gateway.ask("GET", "/health").status == 200
    assert gateway.post("/v1/identify", ADA | {"messageId": "again"}).status == 200
    assert len(gateway.accepted()) == 2

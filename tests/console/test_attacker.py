"""An attacker's checklist, a test each. What is looked at is what goes over the wire."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable

import pytest

from headrace.console.wire import LARGEST
from headrace.fate import Code, State
from tests.console.house import KEY, PASSWORD, House, identify, track

SCRIPT = "<script>alert(document.cookie)</script>"
FOREIGN = "https://evil.example"


def test_csrf_a_foreign_page_cannot_write_with_adas_cookie(house: House) -> None:
    ada = house.person("ada@example.com", "owner")
    for headers in (
        {"origin": FOREIGN},
        {"origin": "null"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ):
        answer = ada.post("/api/v1/sources", json={"name": "theirs"}, headers=headers)
        assert answer.status_code == 403, headers
        assert ada.delete("/api/v1/session", headers=headers).status_code == 403
    ours = ada.post("/api/v1/sources", json={"name": "ours"}, headers={"origin": "http://127.0.0.1:8081"})
    assert ours.status_code == 200


def test_csrf_a_form_is_not_json(house: House) -> None:
    ada = house.person("ada@example.com", "owner")
    body = '{"name": "theirs", "x": "="}'
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        assert ada.post("/api/v1/sources", content=body, headers={"content-type": kind}).status_code == 422, kind


def test_csrf_nobody_is_logged_in_by_a_foreign_page(house: House) -> None:
    house.person("ada@example.com", "owner")
    given = {"email": "ada@example.com", "password": PASSWORD}
    assert house.client().post("/api/v1/session", json=given, headers={"origin": FOREIGN}).status_code == 403


def test_csrf_no_other_site_may_read(house: House) -> None:
    ada = house.person("ada@example.com", "owner")
    answer = ada.get("/api/v1/overview", headers={"origin": FOREIGN})
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    asked = ada.options("/api/v1/sources", headers={"origin": FOREIGN, "access-control-request-method": "POST"})
    assert "access-control-allow-origin" not in asked.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"


def test_csrf_over_https_an_http_page_is_foreign(make_house: Callable[..., House]) -> None:
    house = make_house(url="https://console.example.com")
    ada = house.person("ada@example.com", "owner")
    for origin, status in (("http://console.example.com", 403), ("https://console.example.com", 200)):
        answer = ada.post("/api/v1/sources", json={"name": origin}, headers={"origin": origin})
        assert answer.status_code == status


def test_xss_what_senders_say_only_leaves_as_json(house: House) -> None:
    """Names, traits, error bodies and user agents: data in JSON, which no browser runs."""
    house.take(
        identify("ada", "ada@example.com", traits={"firstName": SCRIPT}), track("ada", SCRIPT, properties={SCRIPT: SCRIPT})
    )
    house.settle(State.DEAD, Code.REFUSED, SCRIPT)
    house.attempt(1, 400, SCRIPT, SCRIPT)
    house.rejected.add(401, SCRIPT, f"/v1/{SCRIPT}", SCRIPT, SCRIPT, "127.0.0.1", SCRIPT.encode())
    house.rejected.close()
    viewer = house.client("viewer", **{"user-agent": SCRIPT})
    to = f"/destinations/{house.loops}"
    for path in (
        "/events", "/events/1", f"/events/1/deliveries/{house.loops}", "/rejected", f"{to}/errors", f"{to}/names",
        f"{to}/events", "/deliveries", "/failed", "/people?search=ada", "/people/timeline?person=user:ada",
        f"/sources/{house.source}/events", f"/nothing/{SCRIPT}", f"/people/timeline?person={SCRIPT}", "/overview",
    ):  # fmt: skip
        answer = viewer.get(f"/api/v1{path}")
        assert answer.headers["content-type"] in ("application/json", "application/problem+json"), path
        assert answer.headers["x-content-type-options"] == "nosniff"
    exported = viewer.get("/api/v1/failed/export")
    assert exported.headers["content-type"].startswith("application/x-ndjson")
    assert exported.headers["content-disposition"].startswith("attachment")


def test_xss_the_policy_lets_no_foreign_and_no_inline_script_run(house: House) -> None:
    for path in ("/", "/destinations/x", "/api/v1/overview", "/api/v1/nothing", "/assets/nothing.js"):
        policy = house.client().get(path).headers["content-security-policy"]
        rules = {part.split()[0]: part.split()[1:] for part in policy.split(";")}
        assert "unsafe" not in policy
        assert rules["script-src"] == rules["default-src"] == rules["style-src"] == ["'self'"]
        assert rules["object-src"] == rules["base-uri"] == rules["frame-ancestors"] == ["'none'"]
        assert rules["form-action"] == ["'self'"]
        assert set(rules["connect-src"]) == {"'self'", "http://127.0.0.1:8080"}


def test_idor_a_viewer_cannot_touch_what_belongs_to_others(house: House) -> None:
    olive, vera = house.person("olive@example.com", "owner"), house.person("vera@example.com", "viewer")
    hers = olive.get("/api/v1/sessions").json()["data"][0]["id"]
    assert vera.delete(f"/api/v1/sessions/{hers}").status_code == 404
    assert olive.get("/api/v1/session").status_code == 200
    everybody = vera.get("/api/v1/sessions?all=true").json()["data"]
    assert {row["user"]["email"] for row in everybody} == {"vera@example.com"}
    me = olive.get("/api/v1/session").json()["user"]["id"]
    for path in (f"/users/{me}", "/tokens/x", "/invitations/x"):
        assert vera.delete(f"/api/v1{path}").status_code == 403
    assert vera.patch(f"/api/v1/users/{me}", json={"role": "viewer"}).status_code == 403


def test_open_redirect_there_is_no_redirect_at_all(house: House) -> None:
    client = house.client()
    for path in (
        "/login?next=https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "/api/v1/sources/",
        "/assets//evil.example",
    ):
        answer = client.get(f"http://127.0.0.1:8081{path}")
        assert not 300 <= answer.status_code < 400, path
        assert "location" not in answer.headers


def test_header_injection_no_header_is_made_of_what_was_asked(house: House) -> None:
    ada = house.person("ada@example.com", "owner")
    evil = "x\r\nSet-Cookie: headrace_session=stolen\r\nX: "
    for answer in (
        ada.get("/api/v1/failed/export", params={"code": evil, "destination": evil}),
        ada.get("/api/v1/people/timeline", params={"person": evil}),
        ada.post("/api/v1/sources", json={"name": evil}),
        ada.patch("/api/v1/session", json={"name": evil}),
        ada.get("/api/v1/overview", headers={"host": "evil.example", "x-forwarded-host": "evil.example"}),
    ):
        assert "set-cookie" not in answer.headers
        assert "evil.example" not in str(answer.headers)
    made = ada.post(
        "/api/v1/invitations", json={"email": "ed@example.com", "role": "viewer"}, headers={"host": "evil.example"}
    )
    assert made.json()["url"].startswith("http://127.0.0.1:8081/join?")


def test_cookie_flags_over_http_and_https(make_house: Callable[..., House]) -> None:
    plain = make_house()
    safe = make_house(url="https://console.example.com/headrace")
    for house, wanted in ((plain, "path=/;"), (safe, "path=/headrace/;")):
        house.person("ada@example.com")
        given = {"email": "ada@example.com", "password": PASSWORD}
        client = house.client()
        cookie = client.post("/api/v1/session", json=given).headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=strict" in cookie
        assert wanted in cookie + ";"
        assert ("; secure" in cookie) == (house is safe)
        assert "domain" not in cookie


def test_secrets_never_reach_a_browser(house: House) -> None:
    store = house.instance.store
    hook = store.add_destination(
        "test",
        "hook",
        "webhook",
        {
            "url": "https://example.com/in",
            "secret": "whsec_c2VjcmV0c2VjcmV0",
            "headers": {"X-Api-Key": "tok-abcdef-123456-secret"},
        },
    )
    store.change_destination(
        "test", hook.id, settings={**hook.settings, "headers": {"X-Api-Key": "tok-other-123456-secret"}}
    )
    engine = house.instance.engine
    assert engine is not None
    hidden = [
        KEY,
        "whsec_c2VjcmV0c2VjcmV0",
        "tok-abcdef-123456-secret",
        "tok-other-123456-secret",
        engine.api_key(),
        house.instance.runtime_token,
        "$argon2",
    ]
    olive = house.person()
    house.take(identify("ada", "ada@example.com"))
    paths = [
        "/destinations",
        f"/destinations/{house.loops}",
        f"/destinations/{hook.id}",
        "/status",
        "/overview",
        "/about",
        "/workspace/export",
        "/workspace/changes?limit=500",
        "/tokens",
        "/users",
        "/sessions?all=true",
        "/engine/keys",
        "/workspace/retention",
        "/catalog",
        "/invitations",
    ]
    texts = [olive.get(f"/api/v1{path}").text for path in paths]
    texts.append(olive.post(f"/api/v1/destinations/{house.loops}/preview", json={}).text)
    texts.append(
        olive.patch(
            f"/api/v1/destinations/{house.loops}", json={"settings": {"api_key": "fedcba9876543210fedcba9876543210"}}
        ).text
    )
    hidden.append("fedcba9876543210fedcba9876543210")
    for text in texts:
        assert not [secret for secret in hidden if secret in text], text[:300]


def test_a_masked_secret_that_comes_back_keeps_the_stored_one(house: House) -> None:
    ed = house.client("editor")
    path = f"/api/v1/destinations/{house.loops}"
    shown = ed.get(path).json()["settings"]
    assert shown["api_key"] == "••••cdef"
    ed.patch(path, json={"settings": shown | {"rate": 5}})
    assert house.instance.store.destination(house.loops).settings["api_key"] == KEY
    ed.patch(path, json={"settings": {"api_key": None, "base_url": "builtin"}})
    assert "api_key" not in house.instance.store.destination(house.loops).settings


@pytest.mark.parametrize(
    "path",
    ["/assets/../login.py", "/assets/..%2f..%2flogin.py", "/assets/%2e%2e/app.py", "/assets//etc/passwd", "/assets/\0"],
)
def test_no_file_beside_the_pages_is_served(house: House, path: str) -> None:
    answer = house.client().get(path.replace("\0", "%00"))
    assert "def " not in answer.text
    assert "root:" not in answer.text


def test_an_error_tells_nothing_of_our_insides(house: House) -> None:
    answer = house.client("owner").get(f"/api/v1/sources/{'x' * 5000}")
    assert answer.status_code == 404
    assert "Traceback" not in answer.text
    invalid = house.client("owner").post("/api/v1/invitations", json={"email": 7, "role": "god"})
    assert invalid.status_code == 422
    assert {e["field"] for e in invalid.json()["errors"]} == {"email", "role"}


def test_export_lines_are_json_each(house: House) -> None:
    house.take(track("ada", "line\nbreak\u2028here"))
    house.settle(State.DEAD, Code.REFUSED)
    text = house.client("viewer").get("/api/v1/failed/export").text
    assert [json.loads(line)["message"]["event"] for line in text.split("\n") if line] == ["line\nbreak\u2028here"]


def test_a_guessed_link_costs_no_hashing(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody may ask; argon2 takes 64 MB and a good part of a second of a core."""
    hashed: list[str] = []
    monkeypatch.setattr(house.logins, "password", hashed.append)
    stranger = house.client()
    given = {"token": "guessed", "password": PASSWORD}
    for path, more in (("/session/setup", {"email": "olive@example.com"}), ("/session/invitation", {"name": "Olive"})):
        assert stranger.post(f"/api/v1{path}", json=given | more).status_code == 401
    assert hashed == []


def test_a_body_without_end_is_refused_while_it_is_read(house: House) -> None:
    stranger = house.client(**{"content-type": "application/json"})
    told = stranger.post("/api/v1/session", content=itertools.repeat(b" " * 2**16, LARGEST // 2**16 + 1))
    assert (told.status_code, told.headers["content-type"]) == (413, "application/problem+json")

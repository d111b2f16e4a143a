"""Coming in: passwords, invitations, sessions, tokens, and guessing made slow."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from headrace.console.slowing import OF_ACCOUNT, OF_ADDRESS, WITHIN, Slowing
from tests.console.house import NOON, PASSWORD, House


def test_olive_invites_ed_by_a_link_that_works_once(house: House) -> None:
    olive = house.person("olive@example.com", "owner")
    made = olive.post("/api/v1/invitations", json={"email": "Ed@Example.com", "role": "editor"}).json()
    assert made["email"] == "ed@example.com"
    assert [i["email"] for i in olive.get("/api/v1/invitations").json()["data"]] == ["ed@example.com"]
    assert "url" not in olive.get("/api/v1/invitations").json()["data"][0]
    link = urlsplit(made["url"])
    assert link.path == "/join"
    token = parse_qs(link.query)["token"][0]
    ed = house.client()
    seen = ed.post("/api/v1/session/invitation/look", json={"token": token}).json()
    assert seen == {"email": "ed@example.com", "role": "editor", "invited_by": "olive@example.com"}
    given = {"token": token, "name": "Ed", "password": PASSWORD}
    assert ed.post("/api/v1/session/invitation", json=given | {"password": "short"}).status_code == 422
    joined = ed.post("/api/v1/session/invitation", json=given)
    assert joined.json()["user"] | {"id": ""} == {"id": "", "email": "ed@example.com", "name": "Ed", "role": "editor"}
    assert ed.get("/api/v1/session").json()["session"]
    assert house.client().post("/api/v1/session/invitation", json=given).status_code == 401
    what = [c["what"] for c in olive.get("/api/v1/workspace/changes").json()["data"]]
    assert what[:2] == ["invitation accepted", "ed@example.com invited"]


def test_an_invitation_ends_after_a_week_or_when_it_is_withdrawn(house: House) -> None:
    olive = house.person()
    first = olive.post("/api/v1/invitations", json={"email": "ed@example.com", "role": "viewer"}).json()
    second = olive.post("/api/v1/invitations", json={"email": "vi@example.com", "role": "viewer"}).json()
    assert olive.delete(f"/api/v1/invitations/{first['id']}").status_code == 200
    for made, wait in ((first, 0), (second, 8 * 86_400_000)):
        house.clock.at += wait
        token = made["url"].partition("token=")[2]
        assert house.client().post("/api/v1/session/invitation/look", json={"token": token}).status_code == 401


def test_the_workspace_keeps_an_owner(house: House) -> None:
    olive = house.person()
    me = olive.get("/api/v1/session").json()["user"]["id"]
    refused = olive.patch(f"/api/v1/users/{me}", json={"role": "viewer"})
    assert refused.status_code == 409
    assert "owner" in refused.json()["detail"]
    assert olive.delete(f"/api/v1/users/{me}").status_code == 409
    otto = house.person("otto@example.com", "owner")
    assert otto.patch(f"/api/v1/users/{me}", json={"role": "viewer"}).json()["role"] == "viewer"
    assert olive.get("/api/v1/users").status_code == 403  # at once, in the session that is open
    assert otto.delete(f"/api/v1/users/{me}").status_code == 200
    assert olive.get("/api/v1/session").status_code == 401


def test_ada_sees_and_ends_her_other_session(house: House) -> None:
    laptop = house.person("ada@example.com", "viewer")
    phone = house.client(**{"user-agent": "Phone"})
    phone.post("/api/v1/session", json={"email": "ada@example.com", "password": PASSWORD})
    rows = laptop.get("/api/v1/sessions").json()["data"]
    assert sorted((r["agent"], r["current"]) for r in rows) == [("Mozilla/5.0 (walk)", True), ("Phone", False)]
    other = next(r["id"] for r in rows if not r["current"])
    assert laptop.delete(f"/api/v1/sessions/{other}").status_code == 200
    assert phone.get("/api/v1/session").status_code == 401
    assert laptop.get("/api/v1/session").status_code == 200


def test_a_new_password_ends_the_other_sessions_but_not_this_one(house: House) -> None:
    laptop = house.person("ada@example.com", "viewer")
    phone = house.client()
    phone.post("/api/v1/session", json={"email": "ada@example.com", "password": PASSWORD})
    change = {"old": "not it at all", "new": "a much better one"}
    assert laptop.post("/api/v1/session/password", json=change).status_code == 401
    assert laptop.post("/api/v1/session/password", json=change | {"old": PASSWORD}).status_code == 200
    assert phone.get("/api/v1/session").status_code == 401
    assert laptop.get("/api/v1/session").status_code == 200
    again = {"email": "ada@example.com", "password": "a much better one"}
    assert house.client().post("/api/v1/session", json=again).status_code == 200


def test_a_token_has_a_role_and_can_be_revoked(house: House) -> None:
    olive = house.person()
    made = olive.post("/api/v1/tokens", json={"name": "ci", "role": "viewer"}).json()
    assert made["token"].startswith("hr_")
    by_token = {"Authorization": f"Bearer {made['token']}"}
    assert house.client().get("/api/v1/overview", headers=by_token).status_code == 200
    assert house.client().post("/api/v1/sources", json={"name": "x"}, headers=by_token).status_code == 403
    row = next(t for t in olive.get("/api/v1/tokens").json()["data"] if t["name"] == "ci")
    assert row["last_used"]
    assert made["token"] not in str(olive.get("/api/v1/tokens").json())
    assert olive.delete(f"/api/v1/tokens/{made['id']}").status_code == 200
    assert house.client().get("/api/v1/overview", headers=by_token).status_code == 401


def test_guessing_is_slowed_and_says_for_how_long(house: House) -> None:
    house.person("ada@example.com")
    stranger = house.client()
    wrong = {"email": "ada@example.com", "password": "wrong password"}
    for _ in range(OF_ACCOUNT):
        assert stranger.post("/api/v1/session", json=wrong).status_code == 401
    slowed = stranger.post("/api/v1/session", json=wrong | {"password": PASSWORD})
    assert slowed.status_code == 429
    assert slowed.json()["retry_after"] == int(slowed.headers["retry-after"]) == WITHIN // 1000
    house.clock.at += WITHIN
    assert stranger.post("/api/v1/session", json=wrong | {"password": PASSWORD}).status_code == 200


def test_guessing_from_elsewhere_does_not_shut_ada_out() -> None:
    slowing = Slowing()
    slowing.succeeded("ada@example.com", "home")
    for number in range(OF_ACCOUNT):
        slowing.failed("ada@example.com", f"botnet-{number}", NOON)
    assert slowing.wait("ada@example.com", "botnet-new", NOON) > 0
    assert slowing.wait("ada@example.com", "home", NOON) == 0
    assert slowing.wait("ada@example.com", "botnet-new", NOON + WITHIN) == 0


def test_guessing_from_elsewhere_does_not_keep_ada_from_changing_her_password(house: House) -> None:
    ada = house.person("ada@example.com")
    for number in range(OF_ACCOUNT):
        house.logins._slowing.failed("ada@example.com", f"botnet-{number}", house.clock.at)
    changed = ada.post("/api/v1/session/password", json={"old": PASSWORD, "new": "another battery staple"})
    assert changed.status_code == 200
    wrong = {"old": "wrong password", "new": "another battery staple"}
    for _ in range(OF_ACCOUNT):
        assert ada.post("/api/v1/session/password", json=wrong).status_code == 401
    assert ada.post("/api/v1/session/password", json=wrong).status_code == 429


def test_one_address_that_tries_many_accounts_is_slowed() -> None:
    slowing = Slowing()
    for number in range(OF_ADDRESS):
        slowing.failed(f"somebody-{number}@example.com", "attic", NOON)
    assert slowing.wait("ada@example.com", "attic", NOON) > 0
    assert slowing.wait("ada@example.com", "office", NOON) == 0


def test_guessing_with_ever_new_names_takes_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("headrace.console.slowing.MOST", 50)
    slowing = Slowing()
    for number in range(500):
        slowing.failed(f"{number}@example.com", f"address-{number}", NOON)
    assert len(slowing._tries) <= 52


@pytest.mark.parametrize("email", ["", "ada", "@example.com", "ada@", "a b@example.com"])
def test_an_address_that_is_none_is_not_invited(house: House, email: str) -> None:
    answer = house.client("owner").post("/api/v1/invitations", json={"email": email, "role": "viewer"})
    assert answer.status_code == 422
    assert "email" in answer.json()["detail"]

"""What Ada can do with the links of a mail, over real HTTP; and what nobody else can."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import apsw
import pytest

from headrace.engine.audience.contacts import set_member
from headrace.engine.engine import Engine
from headrace.engine.inbox import store as inbox
from headrace.engine.outbox import tracking
from tests.engine.loops import listening
from tests.engine.mailing import add_contact, drain, enqueue, mail_for, told
from tests.engine.test_mime import parsed
from tests.harness.serving import Raw, request, talk

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Town:
    """An engine that is reachable, and Ada, who got a mail."""

    def __init__(self, engine: Engine, port: int) -> None:
        self.engine, self.port = engine, port
        self.ada = add_contact(engine)

    def get(self, path: str, method: str = "GET") -> Raw:
        return talk(self.port, request(method, path))

    def post(self, path: str, body: str, **headers: str) -> Raw:
        return talk(self.port, request("POST", path, body.encode(), FORM | headers))

    def mail(self, **more: Any) -> Any:
        """The newest mail, after one was sent."""
        enqueue(self.engine, mail_for(self.ada, key=self.engine.new_id(), **more))
        drain(self.engine)
        newest = self.engine.read(lambda c: inbox.page(c, None, 1))["data"][0]
        found = self.engine.read(lambda c: inbox.one(c, newest["id"]))
        assert found is not None
        return parsed(found[1])

    def path(self, mail: Any) -> str:
        return str(mail["List-Unsubscribe"]).strip("<>").removeprefix(self.engine.url)

    def links(self, mail: Any) -> list[str]:
        return [link.removeprefix(self.engine.url) for link in tracking.links(mail.get_body(("html",)).get_content())]

    @property
    def subscribed(self) -> bool:
        return bool(self.engine.contact(self.ada)["subscribed"])  # type: ignore[index]

    def on(self, mailing_list: str) -> bool:
        lists = self.engine.contact(self.ada)["lists"]  # type: ignore[index]
        return next(bool(entry["subscribed"]) for entry in lists if entry["id"] == mailing_list)


@pytest.fixture
def town(engine: Engine) -> Iterator[Town]:
    engine.url = "http://mail.test"
    with listening(engine) as port:
        yield Town(engine, port)


def test_looking_changes_nothing_and_one_click_unsubscribes(town: Town) -> None:
    heard = told(town.engine)
    path = town.path(town.mail())
    answer = town.get(path)
    assert (answer.status, town.subscribed) == (200, True)
    assert b"Unsubscribe from all emails" in answer.body
    answer = town.post(path, "List-Unsubscribe=One-Click")
    assert (answer.status, town.subscribed) == (200, False)
    kinds = [kind for kind, _ in heard]
    assert kinds[-3:] == ["contact.updated", "contact.unsubscribed", "email.unsubscribed"]
    town.post(path, "List-Unsubscribe=One-Click")
    assert len(heard) == len(kinds), "a second click changes nothing and tells nothing"


def test_one_click_as_multipart_works_too(town: Town) -> None:
    body = '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    path = town.path(town.mail())
    answer = talk(town.port, request("POST", path, body.encode(), {"Content-Type": "multipart/form-data; boundary=b"}))
    assert (answer.status, town.subscribed) == (200, False)


def test_one_click_in_a_mail_of_a_list_leaves_that_list_only(town: Town) -> None:
    news = town.engine.create_list("News", "What is new", True)["id"]
    town.engine.write(lambda desk: set_member(desk, town.ada, news, True, by_contact=False)).result()
    path = town.path(town.mail(mailing_list=news))
    assert b"Unsubscribe from News" in town.get(path).body
    town.post(path, "List-Unsubscribe=One-Click")
    assert (town.on(news), town.subscribed) == (False, True)


def test_ada_chooses_lists_leaves_and_comes_back_without_scripts(town: Town) -> None:
    news, beta = (town.engine.create_list(name, None, True)["id"] for name in ("News", "Beta <b>"))
    hidden = town.engine.create_list("Hidden", None, False)["id"]
    path = town.path(town.mail())
    page = town.get(path).body.decode()
    assert "Beta &lt;b&gt;" in page
    assert "Hidden" not in page
    assert not re.search(r"<script|https?://", page)
    town.post(path, f"action=save&list={news}&list={hidden}&list=cnope")
    assert (town.on(news), town.on(beta), town.on(hidden)) == (True, False, False)
    town.post(path, "action=all")
    assert (town.subscribed, b"Subscribe again" in town.get(path).body) == (False, True)
    town.post(path, "action=back")
    assert town.subscribed
    assert town.post(path, "action=nonsense").status == 400


def test_adas_time_line_tells_what_she_did_with_her_mail(town: Town) -> None:
    news = town.engine.create_list("News", None, True)["id"]
    mail = town.mail()
    town.get(town.links(mail)[0])
    town.post(town.path(mail), f"action=save&list={news}")
    town.post(town.path(mail), "action=all")
    story = town.engine.contact(town.ada)["timeline"]  # type: ignore[index]
    told = {m["kind"]: m["name"] or m["why"] for m in reversed(story)}
    assert list(told) == ["created", "mail", "clicked", "joined", "unsubscribed"]
    assert (told["mail"], told["joined"], told["unsubscribed"]) == (mail["Subject"], "News", "contact")


def test_a_link_that_was_changed_works_for_nobody(town: Town) -> None:
    mail = town.mail()
    path = town.path(mail)
    body, _, signature = path.removeprefix("/unsubscribe/").partition(".")
    click = town.links(mail)[0].removeprefix("/click/")
    for wrong in (f"{body}.", f"{body}x.{signature}", f"{body}.{signature}x", "nonsense", "é", click, "x" * 9000 + ".y"):
        answer = town.get(f"/unsubscribe/{wrong}".encode().decode("latin-1"))
        assert answer.status in (404, 400), wrong
        assert town.get(f"/click/{wrong}".encode().decode("latin-1")).status in (302 if wrong == click else 404, 400)
    assert town.get(f"/click/{body}.{signature}").status == 404, "a link for one thing is no link for another"
    assert town.subscribed


def test_clicks_lead_only_where_the_mail_pointed_and_are_told_once(town: Town) -> None:
    heard = told(town.engine)
    mail = town.mail()
    click = town.links(mail)[0]
    assert town.get(click, "HEAD").headers["location"] == "https://app.test/start?a=1&b=2"
    for _ in range(3):
        answer = town.get(click)
    assert (answer.status, answer.headers["location"]) == (302, "https://app.test/start?a=1&b=2")
    pixel = re.search(r'src="http://mail.test(/open/[^"]+)"', mail.get_body(("html",)).get_content())
    assert pixel is not None
    for _ in range(2):
        assert town.get(pixel[1]).headers["content-type"] == "image/gif"
    kinds = [kind for kind, _ in heard]
    assert (kinds.count("email.clicked"), kinds.count("email.opened")) == (1, 1)
    (send,) = town.engine.read(lambda c: list(c.execute("select opens, clicks from send")))
    assert send == (2, 3)


def test_transactional_mail_and_switched_off_tracking_have_no_trace(town: Town) -> None:
    mail = town.mail(kind="transactional")
    assert town.links(mail)[0] == "https://app.test/start?a=1&b=2"
    assert (mail["List-Unsubscribe"], "/open/" in mail.as_string()) == (None, False)
    town.engine.outbox.settings.change({"track_opens": False, "track_clicks": False})
    mail = town.mail()
    assert town.links(mail)[0] == "https://app.test/start?a=1&b=2"
    assert "/open/" not in mail.as_string()
    assert mail["List-Unsubscribe"]


def test_the_link_of_a_test_mail_and_of_a_deleted_contact_say_so(town: Town) -> None:
    assert b"test email" in town.get(town.path(town.mail(kind="test"))).body
    path = town.path(town.mail())
    town.engine.store.write(lambda c: c.execute("delete from contact").fetchall()).result()
    assert b"no longer known" in town.get(path).body
    assert town.post(path, "List-Unsubscribe=One-Click").status == 200


def test_pages_allow_no_script_no_frame_and_no_foreign_address(town: Town) -> None:
    headers = town.get(town.path(town.mail())).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'sha256-")
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")


def test_a_form_with_more_fields_than_any_of_ours_is_not_understood(town: Town) -> None:
    path = town.path(town.mail())
    assert town.post(path, "&".join(["list=x"] * 1001)).status == 400


def test_whoever_clicks_gets_there_though_the_disk_is_full(town: Town) -> None:
    """Counting is ours to worry about."""
    mail = town.mail()
    (link,) = [link for link in town.links(mail) if "/click/" in link]

    def full(desk: Any, happening: Any) -> None:
        raise apsw.FullError("database or disk is full")

    town.engine.listeners = (full,)
    answer = town.get(link.removeprefix(town.engine.url))
    assert (answer.status, answer.headers["location"]) == (302, "https://app.test/start?a=1&b=2")

"""What a recipient may see and change about themselves with the link of a mail."""

from __future__ import annotations

import apsw
import msgspec

from headrace.engine.audience.contacts import set_member
from headrace.engine.audience.subscription import set_subscribed
from headrace.engine.desk import Desk, Kind
from headrace.engine.store import rows
from headrace.engine.tokens import Reader


class Choice(msgspec.Struct, frozen=True):
    id: str
    name: str
    description: str
    on: bool


class Preferences(msgspec.Struct, frozen=True):
    email: str
    subscribed: bool
    choices: tuple[Choice, ...]
    mailing_list: str | None = None  # the name of the one that the mail belonged to


def read(c: apsw.Connection, reader: Reader) -> Preferences | None:
    """Public lists, and private ones that they are on. None: no such contact (any longer)."""
    found = rows(c, "select email, subscribed from contact where id=?", (reader.contact,))
    if not found:
        return None
    mine = rows(
        c,
        "select l.id, l.name, l.description, coalesce(m.subscribed, 0) from list l"
        " left join member m on m.list=l.id and m.contact=? where l.public=1 or m.list is not null order by l.at, l.name",
        (reader.contact,),
    )
    choices = tuple(Choice(i, n, d or "", bool(on)) for i, n, d, on in mine)
    name = next((choice.name for choice in choices if choice.id == reader.mailing_list), None)
    return Preferences(found[0][0], bool(found[0][1]), choices, name)


def leave(desk: Desk, reader: Reader, only_list: bool) -> None:
    """One click: off the list that the mail belonged to, or out of the audience when it belonged to none."""
    if not rows(desk.c, "select 1 from contact where id=?", (reader.contact,)):
        return
    if only_list and reader.mailing_list and rows(desk.c, "select 1 from list where id=?", (reader.mailing_list,)):
        before = rows(
            desk.c,
            "select 1 from member where contact=? and list=? and subscribed=1",
            (reader.contact, reader.mailing_list),
        )
        set_member(desk, reader.contact, reader.mailing_list, False, by_contact=True)
        changed = bool(before)
    else:
        changed = set_subscribed(desk, reader.contact, False, "contact")
    if changed:
        _tell(desk, reader, "email.unsubscribed")


def come_back(desk: Desk, reader: Reader) -> None:
    if set_subscribed(desk, reader.contact, True, "contact"):
        _tell(desk, reader, "email.resubscribed")


def choose(desk: Desk, reader: Reader, wanted: set[str]) -> None:
    """The lists they want to be on, of those they were shown. Whoever wants one comes back to the audience, too."""
    now = read(desk.c, reader)
    if now is None:
        return
    if wanted & {choice.id for choice in now.choices}:
        come_back(desk, reader)
    for choice in now.choices:
        if choice.on != (choice.id in wanted):
            set_member(desk, reader.contact, choice.id, choice.id in wanted, by_contact=True)


def _tell(desk: Desk, reader: Reader, kind: Kind) -> None:
    if rows(desk.c, "select 1 from send where id=?", (reader.send,)):
        desk.happened(kind, reader.contact, send=reader.send)


# --- opens and clicks ------------------------------------------------------------------------------------------------


def opened(desk: Desk, send: str) -> None:
    _count(desk, send, "opens", "opened_at", "email.opened")


def clicked(desk: Desk, send: str) -> None:
    _count(desk, send, "clicks", "clicked_at", "email.clicked")


def _count(desk: Desk, send: str, times: str, first: str, kind: Kind) -> None:
    """However often: told once."""
    found = rows(
        desk.c,
        f"update send set {times}={times}+1, {first}=coalesce({first}, ?) where id=? returning {times}, contact",  # noqa: S608
        (desk.now, send),
    )
    if found and found[0][0] == 1 and found[0][1]:
        desk.happened(kind, found[0][1], send=send)

"""Contacts: found by either identifier, created, updated, deleted; lists and properties with them."""

from __future__ import annotations

import json
from typing import Any

import apsw
import msgspec

from headrace.clock import rfc3339
from headrace.engine.audience import columns
from headrace.engine.audience.filters import COLUMNS, is_name
from headrace.engine.desk import Desk
from headrace.engine.notes import Note, converted, sentences, unknown_property
from headrace.engine.refusal import TOO_LONG, UNKNOWN_USER, LoopsError
from headrace.engine.store import rows
from headrace.engine.values import (
    DEFAULT_TYPES,
    DEFAULTS,
    LONGEST,
    RESERVED,
    TYPES,
    Unconvertible,
    convert,
    label,
    milliseconds,
)  # fmt: skip

FIELDS = "id, email, user_id, first_name, last_name, source, subscribed, user_group, notes, created_at, opt_in, json(custom)"


class Found(msgspec.Struct, frozen=True):
    """What a request did to a contact."""

    id: str
    email: str
    user_id: str | None
    created: bool
    sent: dict[str, Any]  # properties as they were stored
    lists: dict[str, bool]
    notes: tuple[Note, ...]

    @property
    def warnings(self) -> list[str]:
        return sentences(self.notes)


class Who(msgspec.Struct, frozen=True):
    email: str | None
    user_id: str | None

    @property
    def key(self) -> str | None:
        return self.email.strip().lower() if self.email else None


def identity(body: dict[str, Any]) -> Who:
    """Identifiers of a body; null and "" count as not given. Raises LoopsError(400) for unusable ones."""
    email, user_id = body.get("email"), body.get("userId")
    if email in ("", None):
        email = None
    elif not isinstance(email, str) or not _is_email(email):
        raise LoopsError(400, "Invalid email address.")
    if user_id in ("", None):
        user_id = None
    elif isinstance(user_id, int | float) and not isinstance(user_id, bool):
        user_id = json.dumps(user_id)
    elif not isinstance(user_id, str):
        raise LoopsError(400, "userId must be a string.")
    return Who(email.strip() if email else None, user_id)


def _is_email(text: str) -> bool:
    local, _, domain = text.strip().rpartition("@")
    return bool(local) and bool(domain) and " " not in text.strip() and not domain.startswith(".") and "@" not in domain


def find(c: apsw.Connection, who: Who) -> str | None:
    """The contact's id. Raises LoopsError(400) when the two identifiers belong to two contacts."""
    by_email = rows(c, "select id from contact where email_key=?", (who.key,)) if who.key else []
    by_user = rows(c, "select id from contact where user_id=?", (who.user_id,)) if who.user_id else []
    if by_email and by_user and by_email != by_user:
        raise LoopsError(400, "The email belongs to one contact and the userId to another; nothing was changed.")
    return (by_email or by_user or [(None,)])[0][0]  # type: ignore[no-any-return]


def upsert(desk: Desk, body: dict[str, Any], ignored: frozenset[str] = frozenset()) -> Found:
    """Create or update by either identifier. `ignored`: keys that are no contact properties here."""
    who = identity(body)
    if not who.email and not who.user_id:
        raise LoopsError(400, "An email or userId is required.")
    contact = find(desk.c, who)
    created = contact is None
    if contact is None:
        if not who.email:
            raise LoopsError(400, UNKNOWN_USER)
        contact = desk.new_id()
        desk.c.execute(
            "insert into contact values(null,?,?,?,?,null,null,'API',1,'',null,?,null,jsonb('{}'),?)",
            (contact, who.email, who.key, who.user_id, desk.now, desk.now),
        )
    before = one(desk.c, contact)
    if not created:
        desk.c.execute(
            "update contact set email=coalesce(?, email), email_key=coalesce(?, email_key),"
            " user_id=coalesce(?, user_id), changed=? where id=?",
            (who.email, who.key, who.user_id, desk.now, contact),
        )
    return written(desk, contact, created, before, body, ignored)


def written(
    desk: Desk, contact: str, created: bool, before: dict[str, Any], body: dict[str, Any], ignored: frozenset[str]
) -> Found:
    """The rest of an update, once the contact is found and its identifiers stand."""
    notes: list[Note] = []
    sent = _store_properties(desk.c, contact, body, ignored, notes)
    lists = _lists_wanted(desk.c, contact, body.get("mailingLists"), notes)
    after = one(desk.c, contact)
    _tell(desk, contact, created, before, after)
    for list_id, wanted in lists.items():
        set_member(desk, contact, list_id, wanted, by_contact=False)
    return Found(contact, after["email"], after["userId"], created, sent, lists, tuple(notes))


def _tell(desk: Desk, contact: str, created: bool, before: dict[str, Any], after: dict[str, Any]) -> None:
    if created:
        desk.happened("contact.created", contact)
        if not after["subscribed"]:
            desk.happened("contact.unsubscribed", contact, by="api")
        return
    keys = before.keys() | after.keys()
    changed = {k: [before.get(k), after.get(k)] for k in sorted(keys) if before.get(k) != after.get(k)}
    if changed:
        desk.happened("contact.updated", contact, changed=changed)
    if "subscribed" in changed:
        desk.happened("contact.resubscribed" if after["subscribed"] else "contact.unsubscribed", contact, by="api")


def set_member(desk: Desk, contact: str, list_id: str, wanted: bool, by_contact: bool) -> None:
    """Put on a list or taken off it; told only when that changes something. `by_contact`: they did it themselves."""
    found = rows(desk.c, "select subscribed from member where contact=? and list=?", (contact, list_id))
    desk.c.execute("insert or replace into member values(?,?,?,?)", (contact, list_id, int(wanted), int(by_contact)))
    if bool(found and found[0][0]) != wanted:
        by = "contact" if by_contact else "api"
        desk.happened("list.added" if wanted else "list.removed", contact, list=list_id, by=by)


def _store_properties(
    c: apsw.Connection, contact: str, body: dict[str, Any], ignored: frozenset[str], notes: list[Note]
) -> dict[str, Any]:
    types = dict(rows(c, "select key, type from property"))
    ((written,),) = rows(c, "select json(custom) from contact where id=?", (contact,))
    custom = json.loads(written)
    sent: dict[str, Any] = {}
    for key, raw in body.items():
        if key in ("email", "userId", "mailingLists") or key in ignored:
            continue
        kind = DEFAULT_TYPES.get(key) or types.get(key)
        if kind is None:
            notes.append(unknown_property(key, raw, (*DEFAULT_TYPES, *types)))
            continue
        try:
            value = convert(raw, kind)
        except Unconvertible as error:
            notes.append(Note("kept", f"`{key}` is a {kind}: {error}; the old value was kept.", key))
            continue
        if value != raw and raw is not None:
            notes.append(converted(key, value, kind))
        sent[key] = value
        if key in COLUMNS:
            c.execute(f"update contact set {COLUMNS[key]}=? where id=?", (_stored(key, value), contact))  # noqa: S608
        elif value is None:
            custom.pop(key, None)
        else:
            custom[key] = value
    c.execute("update contact set custom=jsonb(?) where id=?", (json.dumps(custom, ensure_ascii=False), contact))
    return sent


def _stored(key: str, value: Any) -> Any:
    if key == "subscribed":
        return 1 if value is None else int(value)
    if key == "createdAt":
        return milliseconds(value) if value else 0
    if key in ("source", "userGroup"):
        return value or ""
    return value


def _lists_wanted(c: apsw.Connection, contact: str, raw: Any, notes: list[Note]) -> dict[str, bool]:
    if not isinstance(raw, dict):
        if raw not in (None, []):
            notes.append(Note("list", "`mailingLists` must be an object of list ids; ignored."))
        return {}
    ((subscribed,),) = rows(c, "select subscribed from contact where id=?", (contact,))
    kept: dict[str, bool] = {}
    for list_id, wanted in raw.items():
        if not rows(c, "select 1 from list where id=?", (list_id,)):
            notes.append(Note("list", f"No mailing list has the id `{list_id}`; ignored."))
        elif not isinstance(wanted, bool):
            notes.append(Note("list", f"Mailing list `{list_id}`: {wanted!r} is neither true nor false; ignored."))
        elif wanted and not subscribed:
            notes.append(Note("list", f"Mailing list `{list_id}`: the contact is unsubscribed and was not added."))
        elif wanted and rows(
            c, "select 1 from member where contact=? and list=? and by_contact=1 and subscribed=0", (contact, list_id)
        ):
            notes.append(Note("list", f"Mailing list `{list_id}`: the contact left it themselves and was not put back."))
        else:
            kept[list_id] = wanted
    return kept


def create(desk: Desk, body: dict[str, Any]) -> Found:
    who = identity(body)
    if not who.email:
        raise LoopsError(400, "Invalid email address.")
    taken = rows(desk.c, "select 1 from contact where email_key=? or user_id=?", (who.key, who.user_id))
    if taken:
        raise LoopsError(409, "Email or userId is already on list.")
    return upsert(desk, body)


def delete(desk: Desk, who: Who) -> None:
    if bool(who.email) == bool(who.user_id):
        raise LoopsError(400, "Exactly one of email and userId is required.")
    contact = find(desk.c, who)
    if contact is None:
        raise LoopsError(404, "Contact not found.")
    gone = one(desk.c, contact)
    if gone["subscribed"]:
        desk.happened("contact.unsubscribed", contact, by="deletion")
    desk.happened("contact.deleted", contact, contact=gone)
    desk.c.execute("delete from contact where id=?", (contact,))
    desk.c.execute("delete from member where contact=?", (contact,))


def one(c: apsw.Connection, contact: str) -> dict[str, Any]:
    """A contact that is there, as `contacts/find` gives it."""
    (row,) = rows(c, f"select {FIELDS} from contact where id=?", (contact,))  # noqa: S608
    return as_loops(c, row)


def as_loops(c: apsw.Connection, row: tuple[Any, ...]) -> dict[str, Any]:
    """A contact as `contacts/find` gives it: custom properties inlined."""
    identifier, email, user_id, first, last, source, subscribed, group, notes, created, opt_in, custom = row
    found = {
        "id": identifier,
        "email": email,
        "firstName": first,
        "lastName": last,
        "source": source,
        "subscribed": bool(subscribed),
        "userGroup": group,
        "userId": user_id,
        "mailingLists": lists_of(c, identifier),
        "optInStatus": opt_in,
    }
    more = {"notes": notes} if notes else {}
    inlined: dict[str, Any] = json.loads(custom)
    return found | more | {"createdAt": rfc3339(created)} | inlined


def lists_of(c: apsw.Connection, contact: str) -> dict[str, bool]:
    return {i: True for (i,) in rows(c, "select list from member where contact=? and subscribed=1", (contact,))}


def by_identity(c: apsw.Connection, who: Who) -> list[dict[str, Any]]:
    found = rows(c, f"select {FIELDS} from contact where email_key=? or user_id=?", (who.key, who.user_id))  # noqa: S608
    return [as_loops(c, row) for row in found[:1]]


def properties(c: apsw.Connection, only_custom: bool) -> list[dict[str, str]]:
    custom = [
        {"key": key, "label": text, "type": kind}
        for key, text, kind in rows(c, "select key, label, type from property order by at, key")
    ]
    return custom if only_custom else [{"key": k, "label": t, "type": y} for k, t, y in DEFAULTS] + custom


def unusable(name: Any, kind: Any) -> str | None:
    """Why there can be no custom property like that, in Loops' words where it has any; None: there can."""
    if not isinstance(name, str) or not name.strip():
        return "A property needs a name."
    if kind not in TYPES:
        return f"Invalid type. Use one of {', '.join(TYPES)}."
    if len(name) + 2 > LONGEST:
        return TOO_LONG
    if not is_name(name):
        return "A property's name has no quotes, backslashes or control characters."
    if name in RESERVED or name == "mailingLists":
        return f"The name {name} is reserved."
    return None


def create_property(c: apsw.Connection, name: Any, kind: Any, now: int, shown: str | None = None) -> None:
    """The one place where a custom property is made. `shown`: its label, where it has one of its own."""
    if why := unusable(name, kind):
        raise LoopsError(400, why)
    if name in DEFAULT_TYPES or rows(c, "select 1 from property where key=?", (name,)):
        raise LoopsError(400, "Property already exists.")
    columns.define(c, name, shown or label(name), kind, now)


def mailing_lists(c: apsw.Connection) -> list[dict[str, Any]]:
    return [
        {"id": i, "name": n, "description": d, "isPublic": bool(p)}
        for i, n, d, p in rows(c, "select id, name, description, public from list order by at, name")
    ]

"""From a message and a person's values to what leaves. Pure but for reading."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import apsw
import msgspec

from headrace.engine.audience import contacts
from headrace.engine.emails import messages, themes
from headrace.engine.emails.message import Message, addresses, reading
from headrace.engine.lmx.document import Document
from headrace.engine.lmx.render import Letter, Missing, Rendered, Template, Unusable, make_ready, render
from headrace.engine.lmx.template import TooLarge
from headrace.engine.lmx.variables import Values, in_pieces, missing, one_line, split
from headrace.engine.mail_port import Composed, Mail, NotSendable
from headrace.engine.store import rows

FROM_LOCAL = "hello"
GONE = NotSendable("The email is no longer there.")
TOO_LARGE = NotSendable("The email is larger than 2 MB.")
UNREADABLE = NotSendable("The email cannot be read. Open it in the editor and save it again.")


def compose(c: apsw.Connection, mail: Mail, system: Mapping[str, str]) -> Composed | NotSendable:
    message = messages.find(c, mail.message_id)
    if message is None:
        return GONE
    return compose_message(message, theme_of(c, message), values_of(c, mail, system))


def compose_message(message: Message, theme: Mapping[str, Any], values: Values) -> Composed | NotSendable:
    try:
        template = _template(message.lmx, message.subject, message.preview, message.format, message.language,
                             message.kind == "workflow", json.dumps(theme, sort_keys=True))  # fmt: skip
    except TooLarge:
        return TOO_LARGE
    if template is None:
        return UNREADABLE
    heads = {name: split(getattr(message, name)) for name in ("from_name", "from_local", "reply_to", "cc", "bcc")}
    lacking = missing((v for pieces in heads.values() for v in in_pieces(pieces)), values, message.fallbacks)
    made = render(template, values, message.fallbacks)
    names = (*(made.names if isinstance(made, Missing) else ()), *(f"{v.space}.{v.name}" for v in lacking))
    if names:
        return NotSendable("These have neither a value nor a fallback", tuple(dict.fromkeys(names)))
    if isinstance(made, Unusable):
        return NotSendable(made.reason)
    assert isinstance(made, Rendered)
    line = {name: one_line(pieces, values, message.fallbacks) for name, pieces in heads.items()}
    return Composed(
        from_name=line["from_name"] or str(values.system.get("company") or ""),
        from_local=line["from_local"] or FROM_LOCAL,
        reply_to=line["reply_to"] or None,
        cc=addresses(line["cc"]),
        bcc=addresses(line["bcc"]),
        subject=made.subject,
        html=made.html,
        text=made.text,
        untracked=made.untracked,
    )


@lru_cache(maxsize=128)
def _template(
    lmx: str, subject: str, preview: str, form: Any, language: str, marketing: bool, theme: str
) -> Template | None:
    """Made once for a version of an email, in about a millisecond; None: it cannot be read. Raises TooLarge."""
    document = _document(lmx)
    if document is None:
        return None
    return make_ready(Letter(document, subject, preview, form, language, marketing), json.loads(theme))


def theme_of(c: apsw.Connection, message: Message) -> dict[str, Any]:
    document = _document(message.lmx)
    named = document.style.get("themeId", "") if document else ""
    return themes.own_styles(c, str(named))


def _document(lmx: str) -> Document | None:
    found = reading(lmx)
    return found if isinstance(found, Document) else None


def values_of(c: apsw.Connection, mail: Mail, system: Mapping[str, str]) -> Values:
    """A test mail brings values for its contact, under `contact` of its data; they win over the contact's own."""
    contact = contact_values(c, mail.contact) if mail.contact else {}
    data = dict(mail.data or {})
    if mail.kind == "test":
        contact = contact | (data.get("contact") or {})
        data = data.get("data") or {}
    return Values(contact, mail.event or {}, data, system)


def contact_values(c: apsw.Connection, contact: str) -> dict[str, Any]:
    """Properties by name; {} for a contact that is gone."""
    if not rows(c, "select 1 from contact where id=?", (contact,)):
        return {}
    return {key: value for key, value in contacts.one(c, contact).items() if not isinstance(value, dict | list)}


def with_placeholders(values: Values, names: Iterable[str]) -> Values:
    """For a preview: what is missing is shown by its name."""
    held: dict[str, dict[str, Any]] = msgspec.structs.asdict(values)
    held = {space: dict(known) for space, known in held.items()}
    for name in names:
        space, _, rest = name.partition(".")
        held[space][rest] = f"https://example.com/{rest}" if looks_like_link(rest) else f"[{rest}]"
    return Values(**held)


def looks_like_link(name: str) -> bool:
    """By its name: what a preview puts there must be an address."""
    return name.lower().endswith(("url", "link", "href"))

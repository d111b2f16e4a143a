"""One email message: its fields, and what a change of them may be. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal

import msgspec

from headrace.clock import rfc3339
from headrace.engine.lmx.document import Document, Problem
from headrace.engine.lmx.parse import LARGEST, parse
from headrace.engine.lmx.variables import Fallbacks, in_pieces, split
from headrace.engine.refusal import LoopsError

LONGEST = 1000  # characters of a field that is a line
LONGEST_FALLBACK, MOST_FALLBACKS = 500, 200
LINES = {
    "subject": "subject", "previewText": "preview", "fromName": "from_name", "fromEmail": "from_local",
    "replyToEmail": "reply_to", "ccEmail": "cc", "bccEmail": "bcc", "languageCode": "language",
}  # fmt: skip
FALLBACKS = {"contactPropertiesFallbacks": "contact", "eventPropertiesFallbacks": "event", "dataVariablesFallbacks": "data"}
KNOWN = frozenset((*LINES, *FALLBACKS, "emailFormat", "lmx", "expectedRevisionId"))
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_EMAIL = re.compile(r"[^\s@,<>]+@[^\s@,<>]+")
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Za-z]{2,4})?")


class Message(msgspec.Struct, frozen=True):
    id: str
    kind: Literal["workflow", "transactional"]
    parent: str
    revision: str
    updated_at: int
    subject: str = ""
    preview: str = ""
    from_name: str = ""
    from_local: str = ""
    reply_to: str = ""
    cc: str = ""
    bcc: str = ""
    language: str = ""
    format: Literal["styled", "plain"] = "styled"
    lmx: str = ""
    fallbacks: Fallbacks = Fallbacks()

    @property
    def lines(self) -> tuple[str, ...]:
        """Every field, beside the body, that may have variables."""
        return (self.subject, self.preview, self.from_name, self.from_local, self.reply_to, self.cc, self.bcc)


class TooLongLmx(LoopsError):
    def __init__(self) -> None:
        super().__init__(413, f"LMX payload exceeds the {LARGEST // 1024}KB limit.")


class NotLmx(LoopsError):
    """The text cannot be read; `problems` says where."""

    def __init__(self, problems: list[Problem]) -> None:
        errors = [problem for problem in problems if problem.severity == "error"]
        super().__init__(422, "LMX failed to compile: " + "; ".join(str(problem) for problem in errors[:5]))
        self.problems = problems


reading = lru_cache(maxsize=128)(parse)  # once for a version of an email: a send looks into it in the writer's thread


def document(lmx: str) -> Document:
    """Raises NotLmx, TooLongLmx."""
    found = reading(lmx)
    if isinstance(found, Document):
        return found
    if any(problem.rule == "tooLarge" for problem in found):
        raise TooLongLmx
    raise NotLmx(found)


def changed(message: Message, body: Mapping[str, Any], revision: str, now: int) -> Message:
    """With what the body says. Raises LoopsError in Loops' words."""
    for key in body:
        if key not in KNOWN:
            raise LoopsError(400, f"Unknown field `{key}`.")
    new: dict[str, Any] = {"revision": revision, "updated_at": now}
    for key, field in LINES.items():
        if key in body:
            new[field] = _line(key, body[key])
    if "emailFormat" in body:
        if body["emailFormat"] not in ("styled", "plain"):
            raise LoopsError(400, "`emailFormat` must be styled or plain.")
        new["format"] = body["emailFormat"]
    if "lmx" in body:
        if not isinstance(body["lmx"], str):
            raise LoopsError(400, "`lmx` must be a string.")
        document(body["lmx"])
        new["lmx"] = body["lmx"]
    merged = {space: _merged(key, getattr(message.fallbacks, space), body.get(key)) for key, space in FALLBACKS.items()}
    return msgspec.structs.replace(message, fallbacks=Fallbacks(**merged), **new)


def _line(key: str, value: Any) -> str:
    if not isinstance(value, str):
        raise LoopsError(400, f"`{key}` must be a string.")
    if len(value) > LONGEST or any(ch in value for ch in "\r\n\0"):
        raise LoopsError(400, f"`{key}` must be one line of at most {LONGEST} characters.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise LoopsError(400, f"`{key}` has a character that is half of one.") from None
    text = value.strip()
    dynamic = bool(in_pieces(split(text)))
    if text and not dynamic:
        _check_address(key, text)
    return text


def _check_address(key: str, text: str) -> None:
    if key == "fromEmail" and not _LOCAL.fullmatch(text):
        raise LoopsError(400, "`fromEmail` is what stands before the @, without your sending domain.")
    if key == "replyToEmail" and not _EMAIL.fullmatch(text):
        raise LoopsError(400, "`replyToEmail` must be empty or a valid email address.")
    if key in ("ccEmail", "bccEmail") and not all(_EMAIL.fullmatch(part) for part in addresses(text)):
        raise LoopsError(400, f"`{key}` must be a valid email address, or several with commas between them.")
    if key == "languageCode" and not _LANGUAGE.fullmatch(text):
        raise LoopsError(400, "`languageCode` is two letters, e.g. en or fr.")


def addresses(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _merged(key: str, old: Mapping[str, str], given: Any) -> dict[str, str]:
    """Key by key: a text sets, null deletes, what is not named stays."""
    if given is None:
        return dict(old)
    if not isinstance(given, dict):
        raise LoopsError(400, f"`{key}` must be an object.")
    new = dict(old)
    for name, value in given.items():
        if value is None:
            new.pop(name, None)
        elif isinstance(value, str) and len(value) <= LONGEST_FALLBACK and len(name) <= 100:
            new[name] = value
        else:
            raise LoopsError(400, f"`{key}.{name[:100]}` must be a text of at most {LONGEST_FALLBACK} characters, or null.")
    if len(new) > MOST_FALLBACKS:
        raise LoopsError(400, f"`{key}` has more than {MOST_FALLBACKS} keys.")
    return new


def as_loops(message: Message) -> dict[str, Any]:
    """As EmailMessageResponse has it."""
    shown: dict[str, Any] = {"id": message.id}
    if message.kind == "transactional":
        shown["transactionalId"] = message.parent
    optional = ("ccEmail", "bccEmail", "languageCode")
    for key, field in LINES.items():
        value = getattr(message, field)
        if value or key not in optional:
            shown[key] = value
    shown |= {"emailFormat": message.format, "lmx": message.lmx, "contentRevisionId": message.revision}
    shown["updatedAt"] = rfc3339(message.updated_at)
    for key, space in FALLBACKS.items():
        if held := getattr(message.fallbacks, space):
            shown[key] = dict(held)
    return shown


def warnings(found: Document) -> list[dict[str, str]]:
    return [
        {"rule": p.rule, "severity": "warning", "message": f"Line {p.line}: {p.message}", "path": p.path}
        for p in found.warnings
    ]

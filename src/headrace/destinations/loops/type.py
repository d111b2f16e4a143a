"""Destination type `loops`, put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from headrace.destinations.loops import answers, compat, fold, identity, prepare, repair, settings
from headrace.destinations.loops.consent import denied
from headrace.destinations.loops.translate import event_time, kind_of, translate
from headrace.destinations.port import (
    Address,
    Answer,
    Ask,
    Builtin,
    Filtered,
    Identifiers,
    Message,
    Pause,
    Policy,
    Preparation,
    Rendered,
    Repair,
    Request,
    Throttled,
    Translation,
    Unknown,
    Verdict,
)
from headrace.event import Facts
from headrace.fate import SENTENCES, Code

NAMES = ("Loops", "LOOPS")


class Loops:
    name = "loops"
    label = "Loops"
    keywords = ("email", "loops.so", "marketing", "contacts", "transactional")
    description = "identify creates and updates contacts, track sends events, in Loops or in Loops (built-in)."
    fields = settings.FIELDS
    needs_identity = True

    def check(self, raw: Mapping[str, Any]) -> list[str]:
        return settings.warnings(settings.read(raw))

    def policy(self, raw: Mapping[str, Any]) -> Policy:
        s = settings.read(raw)
        return Policy(
            s.rate, s.patience, s.timeout, s.retry_first, s.retry_most, s.after_key_expiry,
            s.fold, s.skip_unchanged, repair=not s.rudderstack,
        )  # fmt: skip

    def address(self, raw: Mapping[str, Any], builtin: Builtin | None) -> Address | None:
        s = settings.read(raw)
        base_url, key = (s.base_url, s.api_key)
        if base_url == "builtin":
            if builtin is None:
                return None
            base_url, key = builtin.base_url, builtin.api_key
        if key is None:
            return None
        return Address(base_url, {"Authorization": f"Bearer {key}"}, f"{base_url} {key}", (key,))

    def takes(self, message: Message) -> Filtered | None:
        if kind_of(message) not in ("identify", "track"):
            return _filtered(Code.TYPE_NOT_TAKEN)
        return None if wanted_by_call(message.get("integrations")) else _filtered(Code.INTEGRATIONS)

    def identifiers(self, message: Message) -> Identifiers:
        return identity.identifiers(message)

    def translate(self, message: Message, raw: Mapping[str, Any], facts: Facts, now_ms: int) -> Translation:
        s = settings.read(raw)
        kind = kind_of(message)
        if kind not in ("identify", "track"):
            return _filtered(Code.TYPE_NOT_TAKEN)
        if denied(message, s.consent):
            return _filtered(Code.CONSENT)
        if kind == "identify" and not s.identify:
            return _filtered(Code.IDENTIFY_OFF)
        if kind == "track":
            name = message.get("event")
            if isinstance(name, str) and not s.events.passes(name):
                return _filtered(Code.EVENT_NOT_ALLOWED)
            at = event_time(message)
            if s.stale_after and at is not None and now_ms - at > s.stale_after * 1000:
                return _filtered(Code.STALE)
        made = compat.translate(message) if s.rudderstack else translate(message, s, facts)
        if isinstance(made, Rendered) and s.only_to and not _on_list(made.email, s.only_to):
            return _filtered(Code.NOT_ON_TEST_LIST)
        return made

    def deletion(self, user_id: str | None, email: str | None) -> Rendered | None:
        who = {"userId": user_id} if user_id else {"email": email}
        return Rendered(Request("POST", "/v1/contacts/delete", who), "delete", user_id, None if user_id else email)

    def read(self, rendered: Rendered, answer: Answer, base_url: str) -> Verdict:
        return answers.read(rendered, answer, base_url)

    def answered(self, ask: Ask, rendered: Rendered, answer: Answer, base_url: str) -> Verdict:
        return answers.answered(ask, rendered, answer, base_url)

    def probe(self) -> Request | None:
        return answers.PROBE

    def connected(self, answer: Answer, base_url: str) -> Pause | Unknown | Throttled | str:
        return answers.connected(answer, base_url)

    def details(self) -> tuple[Request, ...]:
        return answers.DETAILS

    def welcome(self, sentence: str, told: Sequence[Answer | None]) -> str:
        return answers.welcome(sentence, told)

    def team(self, answer: Answer) -> str | None:
        return answers.team(answer)

    def fold(self, so_far: Rendered, following: Rendered, raw: Mapping[str, Any]) -> Rendered | None:
        s = settings.read(raw)
        if not s.fold or not fold.joins(so_far, following, frozenset(s.fold_may_overwrite)):
            return None
        return fold.merged(so_far, following)

    def without_event(self, rendered: Rendered) -> Rendered:
        return fold.without_event(rendered)

    def repair(self, rendered: Rendered, email: str) -> Repair | None:
        return repair.repair(rendered, email)

    def may_repair(self, asked: Repair, answer: Answer) -> bool | None:
        return repair.may_repair(asked, answer)

    def prepare(self, rendered: Rendered, raw: Mapping[str, Any], known: frozenset[str] | None) -> Preparation | None:
        return prepare.next_step(rendered, known) if settings.read(raw).create_missing else None

    def learn(self, preparation: Preparation, answer: Answer, known: frozenset[str] | None) -> frozenset[str] | None:
        return prepare.learn(preparation, answer, known)


def _filtered(code: Code) -> Filtered:
    return Filtered(code, SENTENCES[code])


def _on_list(email: str | None, allowed: tuple[str, ...]) -> bool:
    if email is None:
        return False
    lowered = email.lower()
    return lowered in allowed or lowered.rpartition("@")[2] in allowed


def wanted_by_call(integrations: Any) -> bool:
    """Whether the call's `integrations` object includes Loops. `All` is true unless it says otherwise."""
    if integrations is None:
        return True
    if not isinstance(integrations, Mapping):
        return False
    everything = integrations.get("All", True)
    if not isinstance(everything, bool):
        return False
    for name in NAMES:
        if name in integrations:
            chosen = integrations[name]
            return chosen if isinstance(chosen, bool) else isinstance(chosen, Mapping)
    return everything


LOOPS = Loops()

"""Who calls what, and when: a handful of people with emails that change, over one or two sources."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import msgspec

from headrace.event import AcceptedEvent

TYPES_TAKEN = ("identify", "track")


class Call(msgspec.Struct, frozen=True):
    """One event as an SDK sends it, and whom it names: what the oracle goes by, not the code under test."""

    at: float  # s since the simulation began
    source: str
    message_id: str
    payload: dict[str, Any]
    user_ids: tuple[str, ...]
    emails: tuple[str, ...]

    @property
    def type(self) -> str:
        return str(self.payload["type"])

    def accepted(self, received_at: int) -> AcceptedEvent:
        return AcceptedEvent(
            self.source, self.message_id, received_at, "192.0.2.1", "r", None, str(self.payload.get("userId") or ""),
            str(self.payload.get("anonymousId") or ""), json.dumps(self.payload).encode(),
        )  # fmt: skip


class Habits(msgspec.Struct, frozen=True):
    users: int
    emails: int
    calls: int
    sources: int
    rhythm: str  # "burst", "steady", "bursts", "slow"
    shared: bool  # emails belong to anybody, not each to one user
    always_email: bool  # every call names the email too
    own_props: bool


def draw_habits(dice: random.Random, most: int) -> Habits:
    return Habits(
        users=dice.randint(1, 4),
        emails=dice.randint(1, 5),
        calls=max(3, int(dice.triangular(4, most, most / 2))),
        sources=dice.randint(1, 2),
        rhythm=dice.choice(("burst", "burst", "steady", "bursts", "bursts", "slow")),
        shared=dice.random() < 0.35,
        always_email=dice.random() < 0.4,
        own_props=dice.random() < 0.5,
    )


class People:
    """Draws the calls of one simulation."""

    def __init__(self, dice: random.Random, habits: Habits) -> None:
        self._dice = dice
        self._habits = habits
        self._email_of: dict[str, str] = {}
        self._last_identify: dict[str, dict[str, Any]] = {}
        self._number = 0

    def calls(self) -> list[Call]:
        made: list[Call] = []
        at = self._dice.uniform(0, 3)
        while len(made) < self._habits.calls:
            at += self._pause()
            if made and self._dice.random() < 0.06:
                again = self._dice.choice(made)
                made.append(msgspec.structs.replace(again, at=at))
                continue
            made.append(self._call(at))
        return made

    def _pause(self) -> float:
        dice, rhythm = self._dice, self._habits.rhythm
        if rhythm == "burst":
            return dice.uniform(0, 0.05)
        if rhythm == "bursts":
            return dice.uniform(0, 0.03) if dice.random() < 0.85 else dice.uniform(2, 90)
        if rhythm == "slow":
            return dice.uniform(0, 400)
        return dice.uniform(0, 1.5)

    def _call(self, at: float) -> Call:
        self._number += 1
        dice, habits = self._dice, self._habits
        user: str | None = f"u{dice.randrange(habits.users)}"
        email = self._email(user or "")
        traits: dict[str, Any] = {}
        shape = dice.random()
        payload: dict[str, Any] = {"anonymousId": f"a{user}", "context": {}}
        if shape < 0.05:  # a visitor nobody knows, or a call no destination takes
            payload |= {"type": dice.choice(("page", "track")), "event": "Seen", "name": "Home"}
            if payload["type"] == "page":
                payload["userId"] = user
            return self._made(at, payload, (user,) if payload["type"] == "page" and user else (), ())
        if shape < 0.15:
            user = None  # by email alone
        named = habits.always_email or user is None or dice.random() < 0.55
        if named:
            traits["email"] = dice.choice((email, email, email.upper(), f" {email}"))
        if user is not None:
            payload["userId"] = user
        kind = "identify" if dice.random() < 0.55 else "track"
        return self._identify(at, payload, traits, user) if kind == "identify" else self._track(at, payload, traits, user)

    def _identify(self, at: float, payload: dict[str, Any], traits: dict[str, Any], user: str | None) -> Call:
        dice = self._dice
        who = user or str(traits["email"])
        before = self._last_identify.get(who)
        if before is not None and dice.random() < 0.4:
            traits = dict(before)  # the page was loaded once more: all of it again
        else:
            traits |= self._properties()
            self._last_identify[who] = dict(traits)
        where = {"context": {"traits": traits}} if dice.random() < 0.7 else {"traits": traits}
        return self._made(at, payload | {"type": "identify"} | where, *_named(user, traits))

    def _track(self, at: float, payload: dict[str, Any], traits: dict[str, Any], user: str | None) -> Call:
        dice = self._dice
        name = "Forbidden" if dice.random() < 0.04 else dice.choice(("Signed Up", "Paid", "Paid"))
        if traits and dice.random() < 0.3:
            traits |= {"plan": dice.choice(("free", "pro"))}
        properties: dict[str, Any] = {"n": self._number}
        emails: tuple[str, ...] = ()
        if dice.random() < 0.08:
            properties["email"] = self._email(user or "")
            emails = (properties["email"],)
        payload |= {
            "type": "track",
            "event": name,
            "properties": properties,
            "context": {"traits": traits} if traits else {},
        }
        users, found = _named(user, traits)
        return self._made(at, payload, users, tuple(dict.fromkeys((*found, *emails))))

    def _properties(self) -> dict[str, Any]:
        dice = self._dice
        found: dict[str, Any] = {}
        if self._habits.own_props and dice.random() < 0.6:
            found[f"p{self._number}"] = self._number
        if dice.random() < 0.5:
            found["plan"] = dice.choice(("free", "pro", None))
        if dice.random() < 0.25:
            found["mailingLists"] = {dice.choice(("news", "news", "tips", "nobody")): dice.random() < 0.6}
        if dice.random() < 0.12:
            found["subscribed"] = dice.random() < 0.5
        if dice.random() < 0.04:
            found["forbidden"] = True
        return found

    def _email(self, user: str) -> str:
        dice = self._dice
        if user not in self._email_of or dice.random() < 0.12:
            number = dice.randrange(self._habits.emails)
            own = "" if self._habits.shared else user
            host = "refused.test" if dice.random() < 0.03 else "x.org"
            self._email_of[user] = f"{own}e{number}@{host}"
        return self._email_of[user]

    def _made(self, at: float, payload: dict[str, Any], users: tuple[str, ...], emails: tuple[str, ...]) -> Call:
        message_id = f"m{self._number}"
        if payload["type"] == "track" and "properties" in payload:
            payload["properties"]["m"] = message_id
        source = f"s{self._dice.randrange(self._habits.sources)}"
        return Call(at, source, message_id, payload | {"messageId": message_id}, users, emails)


def with_second_thoughts(calls: Sequence[Call], dice: random.Random) -> list[Call]:
    """Some who call identify join a list at once, call something without a name, and leave the list; or the other way."""
    made: list[Call] = []
    for number, call in enumerate(calls):
        made.append(call)
        if call.type != "identify" or not call.user_ids or dice.random() < 0.6:
            continue
        name = dice.choice(("news", "tips"))
        first = dice.random() < 0.7
        for step, wanted in enumerate((first, None, not first)):
            payload = {k: call.payload[k] for k in ("anonymousId", "userId")} | {"messageId": f"t{number}-{step}"}
            if wanted is None:
                payload |= {"type": "track", "event": ""}
            else:
                payload |= {"type": "identify", "traits": {"mailingLists": {name: wanted}}}
            at = call.at + 0.001 * (step + 1)
            made.append(Call(at, call.source, payload["messageId"], payload, call.user_ids, ()))
    return sorted(made, key=lambda c: c.at)


def _named(user: str | None, traits: dict[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    email = traits.get("email")
    return (user,) if user else (), (str(email).strip().lower(),) if email else ()

"""Loops as a simulation knows it: contacts, lists, events, keys and a rate limit. What nobody knows of it is drawn."""

from __future__ import annotations

import json
from collections import deque
from typing import Any, Literal
from urllib.parse import parse_qs, urlsplit

import msgspec

DAY = 86_400.0
RESERVED = ("userId", "email", "mailingLists", "eventName", "eventProperties")


class Nature(msgspec.Struct, frozen=True):
    """Every unknown of reference/loops.md that can matter to a delivery."""

    limit: int = 10
    window: Literal["sliding", "fixed", "bucket"] = "sliding"
    refusals_count: bool = False
    says_limits: bool = True
    retry_after: bool = False
    burns_400: bool = False
    burns_500: bool = False
    nulls_clear: bool = True
    nulls_on_events_clear: bool = False
    conflict: Literal["refuse", "email", "user"] = "refuse"
    lists_need_subscription: bool = True
    unknown_lists: Literal["ignore", "refuse"] = "ignore"


class Contact:
    def __init__(self, number: int) -> None:
        self.number = number
        self.email: str | None = None
        self.user_id: str | None = None
        self.properties: dict[str, Any] = {}
        self.lists: dict[str, bool] = {}
        self.subscribed = True
        self.history: list[tuple[Any, ...]] = []  # triggers since the last event, then the event

    def picture(self) -> tuple[Any, ...]:
        lists = tuple(sorted(k for k, v in self.lists.items() if v))
        return (self.user_id, self.subscribed, lists, json.dumps(self.properties, sort_keys=True))


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: Any
    effect: bool = False
    headers: dict[str, str] = {}


class Window:
    """One of the kinds of limits that "10 requests a second" may mean."""

    def __init__(self, nature: Nature) -> None:
        self._nature = nature
        self._seen: deque[float] = deque()
        self._tokens, self._at = float(nature.limit), 0.0

    def admits(self, now: float) -> bool:
        limit, kind = self._nature.limit, self._nature.window
        if kind == "bucket":
            self._tokens = min(float(limit), self._tokens + (now - self._at) * limit)
            self._at = now
            if self._tokens >= 1:
                self._tokens -= 1
                return True
            return False
        while self._seen and (self._seen[0] <= now - 1 if kind == "sliding" else int(self._seen[0]) < int(now)):
            self._seen.popleft()
        admitted = len(self._seen) < limit
        if admitted or self._nature.refusals_count:
            self._seen.append(now)
        return admitted

    def remaining(self) -> int:
        if self._nature.window == "bucket":
            return int(self._tokens)
        return max(0, self._nature.limit - len(self._seen))


class Loops:
    """One team. `handle` is one request as it arrives; time is passed in."""

    LISTS = ("news", "tips")

    def __init__(self, nature: Nature, keys: set[str]) -> None:
        self.nature = nature
        self.keys = keys  # those that are valid now
        self.contacts: list[Contact] = []
        self.events: list[tuple[float, str, str]] = []  # when, event's name, its messageId
        self.throttled = 0
        self._window = Window(nature)
        self._used: dict[str, float] = {}
        self._by_email: dict[str, Contact] = {}
        self._by_user: dict[str, Contact] = {}

    def somebody_else(self, now: float) -> None:
        """A request of another program with the same key."""
        self._window.admits(now)

    def handle(self, now: float, request: Any, fails: int | None = None, after: bool = False) -> Reply:
        """`fails`: a 5xx or 408 is answered instead, before or (`after`) although it was done."""
        if request.headers["Authorization"].removeprefix("Bearer ") not in self.keys:
            return Reply(401, {"success": False, "message": "Invalid API key"})
        if not self._window.admits(now):
            self.throttled += 1
            headers = {"retry-after": "1"} if self.nature.retry_after else {}
            return Reply(429, {"success": False}, headers=headers | self._limits())
        key = request.headers.get("Idempotency-Key")
        if fails is not None and not after:
            if key and self.nature.burns_500:
                self._used[key] = now
            return Reply(fails, {"success": False})
        reply = self._route(now, request, key)
        if fails is not None:
            return Reply(fails, {"success": False}, reply.effect)
        return msgspec.structs.replace(reply, headers=self._limits())

    def _limits(self) -> dict[str, str]:
        if not self.nature.says_limits:
            return {}
        return {"x-ratelimit-limit": str(self.nature.limit), "x-ratelimit-remaining": str(self._window.remaining())}

    def _route(self, now: float, request: Any, key: str | None) -> Reply:
        url = urlsplit(request.url)
        path = url.path.removeprefix("/api/v1")
        if path == "/api-key":
            return Reply(200, {"success": True, "teamName": "Acme"})
        if path == "/contacts/find":
            asked = {name: values[0] for name, values in parse_qs(url.query).items()}
            found = self._find(asked.get("email"), asked.get("userId"))
            return Reply(200, [{"id": str(c.number), "email": c.email, "userId": c.user_id} for c in found])
        body = json.loads(request.body)
        if path == "/contacts/update":
            return self._update(body)
        if path == "/events/send":
            return self._send(now, body, key)
        return Reply(404, {"success": False})

    def _send(self, now: float, body: dict[str, Any], key: str | None) -> Reply:
        if key is not None and now - self._used.get(key, -DAY) < DAY:
            return Reply(409, {"success": False, "message": "Idempotency key already used."})
        contact = self._settle_contact(body, self.nature.nulls_on_events_clear)
        if isinstance(contact, Reply):
            if key and self.nature.burns_400:
                self._used[key] = now
            return contact
        if key is not None:
            self._used[key] = now
        said = body.get("eventProperties") or {}
        self.events.append((now, body["eventName"], str(said.get("m"))))
        contact.history.append(
            ("event", body["eventName"], json.dumps(said, sort_keys=True), contact.email, *contact.picture())
        )
        return Reply(200, {"success": True}, True)

    def _update(self, body: dict[str, Any]) -> Reply:
        contact = self._settle_contact(body, self.nature.nulls_clear)
        return contact if isinstance(contact, Reply) else Reply(200, {"success": True, "id": str(contact.number)}, True)

    # --- the audience ----------------------------------------------------------------------------------------------

    def _find(self, email: str | None, user_id: str | None) -> list[Contact]:
        by_email = self._by_email.get(email.strip().lower()) if email else None
        by_user = self._by_user.get(user_id) if user_id else None
        return [c for c in dict.fromkeys((by_email, by_user)) if c is not None]

    def _settle_contact(self, body: dict[str, Any], nulls_clear: bool) -> Contact | Reply:
        """Find or make the contact and lay the body over it; nothing happens when it is refused."""
        email, user_id = body.get("email"), body.get("userId")
        name = str(body.get("eventName"))
        if refusal := self._refusal(body, email, user_id, name):
            return refusal
        found = self._find(email, user_id)
        if len(found) == 2 and self.nature.conflict == "refuse":
            return Reply(400, {"success": False, "message": "Email and userId belong to different contacts."})
        if not found and not email:
            return Reply(
                400, {"success": False, "message": "userId not found and cannot create a new contact without an email."}
            )
        contact = (found[0] if self.nature.conflict == "email" or len(found) < 2 else found[1]) if found else self._new()
        if len(found) == 2:
            self._drop(next(c for c in found if c is not contact))
        self._identify(contact, email, user_id)
        self._lay_over(contact, body, nulls_clear)
        return contact

    def _refusal(self, body: dict[str, Any], email: Any, user_id: Any, name: str) -> Reply | None:
        if not email and not user_id:
            return Reply(400, {"success": False, "message": "email or userId is required."})
        if "forbidden" in body or name == "Forbidden" or str(email).endswith("@refused.test"):
            return Reply(400, {"success": False, "message": "Invalid."})
        lists = body.get("mailingLists") or {}
        if self.nature.unknown_lists == "refuse" and any(name not in self.LISTS for name in lists):
            return Reply(422, {"success": False, "message": "Unknown mailing list."})
        return None

    def _new(self) -> Contact:
        contact = Contact(len(self.contacts))
        self.contacts.append(contact)
        contact.history.append(("added",))
        return contact

    def _drop(self, contact: Contact) -> None:
        self.contacts = [c for c in self.contacts if c is not contact]
        self._by_email = {k: c for k, c in self._by_email.items() if c is not contact}
        self._by_user = {k: c for k, c in self._by_user.items() if c is not contact}

    def _identify(self, contact: Contact, email: str | None, user_id: str | None) -> None:
        if email:
            email = email.strip().lower()
            if contact.email != email:
                if contact.email is not None:
                    del self._by_email[contact.email]
                contact.email, self._by_email[email] = email, contact
        if user_id and contact.user_id != user_id:
            if contact.user_id is not None:
                del self._by_user[contact.user_id]
            contact.user_id, self._by_user[user_id] = user_id, contact

    def _lay_over(self, contact: Contact, body: dict[str, Any], nulls_clear: bool) -> None:
        if isinstance(body.get("subscribed"), bool) and body["subscribed"] is not contact.subscribed:
            contact.subscribed = body["subscribed"]
            contact.history.append(("changed", "subscribed", contact.subscribed))
        for name, value in body.items():
            if name in RESERVED or name == "subscribed" or (value is None and not nulls_clear):
                continue
            if contact.properties.get(name) != value:
                contact.history.append(("changed", name, value))
            if value is None:
                contact.properties.pop(name, None)
            else:
                contact.properties[name] = value
        for name, wanted in (body.get("mailingLists") or {}).items():
            if name not in self.LISTS or (wanted and self.nature.lists_need_subscription and not contact.subscribed):
                continue
            if contact.lists.get(name, False) is not wanted:
                contact.history.append(("joined" if wanted else "left", name))
            contact.lists[name] = wanted

    # --- for comparison --------------------------------------------------------------------------------------------

    def picture(self) -> dict[str, Any]:
        """Contacts by email, each with its events in order and, between two of them, what it triggered in any order."""
        found: dict[str, Any] = {}
        for contact in self.contacts:
            told: list[Any] = []
            between: list[Any] = []
            for entry in contact.history:
                if entry[0] == "event":
                    told += [sorted(between, key=repr), entry]
                    between = []
                else:
                    between.append(entry)
            found[str(contact.email)] = (contact.picture(), [*told, sorted(between, key=repr)])
        return found

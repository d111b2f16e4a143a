"""The simplest model of Loops there is: contacts found by either identity, lists, events in order."""

from __future__ import annotations

from typing import Any

from headrace.destinations.port import Rendered


class LoopsModel:
    """`nulls_clear`: whether null in an event's contact properties clears them, which nobody outside Loops knows."""

    def __init__(self, nulls_clear: bool = True) -> None:
        self.contacts: list[dict[str, Any]] = []
        self.events: list[tuple[str | None, str | None, str, Any, str]] = []
        self._nulls_clear = nulls_clear

    def find(self, key: str, value: str | None) -> dict[str, Any] | None:
        return next((c for c in self.contacts if value is not None and c[key] == value), None)

    def take(self, rendered: Rendered) -> int:
        """The status that Loops would answer; nothing changes unless it is 200."""
        user, email = rendered.user_id, rendered.email.lower() if rendered.email else None
        by_user, by_email = self.find("userId", user), self.find("email", email)
        if by_user is not None and by_email is not None and by_user is not by_email:
            return 400
        contact = by_user or by_email
        if contact is None:
            if email is None:
                return 400
            contact = {"userId": None, "email": email, "properties": {}, "lists": {}}
            self.contacts.append(contact)
        contact["userId"] = user or contact["userId"]
        contact["email"] = email or contact["email"]
        self._write(contact, rendered)
        if rendered.kind == "event":
            assert rendered.event_name is not None
            # what the event's emails would see: the contact as it stands now
            seen = repr((sorted(contact["properties"].items()), sorted(contact["lists"].items())))
            self.events.append((user, email, rendered.event_name, rendered.event_properties, seen))
        return 200

    def _write(self, contact: dict[str, Any], rendered: Rendered) -> None:
        for key, value in rendered.contact.items():
            if value is None:
                if rendered.kind == "contact" or self._nulls_clear:
                    contact["properties"].pop(key, None)
            else:
                contact["properties"][key] = value
        for list_id, member in rendered.lists.items():
            # who is unsubscribed from everything cannot be put on a list
            if not member or contact["properties"].get("subscribed") is not False:
                contact["lists"][list_id] = member
        if contact["properties"].get("subscribed") is False:
            contact["lists"] = dict.fromkeys(contact["lists"], False)

"""`create_missing`: contact properties that Loops does not have are created before they are sent."""

from __future__ import annotations

from headrace.destinations.checking import seen_type
from headrace.destinations.loops.answers import body_of
from headrace.destinations.loops.properties import RESERVED
from headrace.destinations.port import Answer, Preparation, Rendered, Request

LIST = Request("GET", "/v1/contacts/properties?list=all")
CREATE = "/v1/contacts/properties"
BUILT_IN = frozenset(("firstName", "lastName", "email", "notes", "source", "userGroup", "userId", "subscribed", "createdAt"))


def next_step(rendered: Rendered, known: frozenset[str] | None) -> Preparation | None:
    wanted = {k: v for k, v in rendered.contact.items() if k not in BUILT_IN and k not in RESERVED and v is not None}
    if not wanted:
        return None
    if known is None:
        return Preparation(LIST, "to see which contact properties Loops has")
    for name, value in wanted.items():
        if name not in known:
            return Preparation(Request("POST", CREATE, {"name": name, "type": seen_type(value)}), f"to create `{name}`")
    return None


def learn(preparation: Preparation, answer: Answer, known: frozenset[str] | None) -> frozenset[str] | None:
    """A 400 to a creation means that it exists, or that Loops will never take it: either way it is not asked again."""
    if preparation.request.method == "GET":
        listed = body_of(answer)
        if answer.status != 200 or not isinstance(listed, list):
            return None
        return frozenset(row["key"] for row in listed if isinstance(row, dict) and isinstance(row.get("key"), str))
    if 200 <= answer.status < 300 or answer.status == 400:
        return (known or frozenset()) | {preparation.request.body["name"]}
    return None

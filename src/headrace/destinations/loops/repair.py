"""A user ID that Loops does not know may be sent with the email last seen with it, when that email is nobody else's."""

from __future__ import annotations

import msgspec

from headrace.destinations.loops import lookup
from headrace.destinations.loops.answers import body_of, not_now
from headrace.destinations.port import Answer, Rendered, Repair

MENDED = "Loops did not know this user ID; it was sent with the email last seen with it, {email}."


def repair(rendered: Rendered, email: str) -> Repair | None:
    if not rendered.user_id or rendered.email or not isinstance(rendered.request.body, dict):
        return None
    request = msgspec.structs.replace(rendered.request, body={**rendered.request.body, "email": email})
    warnings = (*rendered.warnings, MENDED.format(email=email))
    mended = msgspec.structs.replace(rendered, request=request, email=email, warnings=warnings)
    return Repair(lookup.find("email", email), mended)


def may_repair(asked: Repair, answer: Answer) -> bool | None:
    """Nobody has the email, or a contact without another user ID. None: Loops did not say; the next attempt tells why."""
    if not_now(answer) is not None or answer.status in (401, 403):
        return None
    found = body_of(answer)
    if answer.status != 200 or not isinstance(found, list):
        return False
    owners = {row.get("userId") for row in found if isinstance(row, dict)}
    return owners <= {None, "", asked.rendered.user_id}

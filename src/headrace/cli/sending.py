"""`headrace send`: one call to the gateway, as an SDK would make it."""

from __future__ import annotations

import base64
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from headrace.clock import SystemChance, SystemClock, rfc3339
from headrace.errors import HeadraceError, NotFound, SettingsError


def pairs(texts: list[str]) -> dict[str, Any]:
    """`name=value` texts as an object; a value that is JSON (true, 3, null, {…}) is taken as such."""
    result: dict[str, Any] = {}
    for text in texts:
        name, found, value = text.partition("=")
        if not found or not name:
            raise SettingsError(f"{text!r} is not name=value.")
        try:
            result[name] = json.loads(value)
        except ValueError:
            result[name] = value
    return result


def body(
    kind: str,
    event: str | None,
    user_id: str | None,
    anonymous_id: str | None,
    email: str | None,
    traits: list[str],
    properties: list[str],
) -> dict[str, Any]:
    if kind not in ("identify", "track"):
        raise SettingsError("Send identify or track.")
    if kind == "track" and not event:
        raise SettingsError("track needs the event's name: headrace send track newUser --user-id ada")
    if not (user_id or anonymous_id or email):
        raise SettingsError("Say who it is about: --user-id, --email or --anonymous-id.")
    known = pairs(traits) | ({"email": email} if email else {})
    call: dict[str, Any] = {
        "messageId": SystemChance().uuid4(),
        "originalTimestamp": rfc3339(SystemClock().now_ms()),
        "channel": "cli",
        "context": {"library": {"name": "headrace-cli"}, "traits": known},
    }
    if user_id:
        call["userId"] = user_id
    if anonymous_id or not user_id:
        call["anonymousId"] = anonymous_id or SystemChance().uuid4()
    if kind == "identify":
        call["traits"] = known
    else:
        call |= {"event": event, "properties": pairs(properties)}
    return call


def call(status: dict[str, Any], kind: str, event: str | None, *who: Any) -> str:
    """Raises HeadraceError when nothing runs or the gateway refuses; the text says what to look at next."""
    *parts, source = who
    key = write_key(status, source)
    message = body(kind, event, *parts)
    post(status["gateway"], key, message | {"type": kind})
    return f"Accepted, messageId {message['messageId']}. `headrace events` shows what becomes of it."


def write_key(status: dict[str, Any], source: str | None) -> str:
    """Of the source with that name, or of the first one."""
    if not status["running"] or not status["gateway"]:
        raise HeadraceError("Headrace is not running. Start it with `headrace up`.")
    sources = [s for s in status["sources"] if source is None or s["name"] == source]
    if not sources:
        raise NotFound(f"There is no source named {source!r}." if source else "There is no source yet.")
    return str(sources[0]["write_key"])


def post(gateway: str, key: str, message: dict[str, Any]) -> None:
    """One call, as an SDK makes it. Raises HeadraceError when it is not accepted."""
    address = urlsplit(gateway)
    connection = http.client.HTTPConnection(address.hostname or "127.0.0.1", address.port, timeout=15)
    auth = base64.b64encode(f"{key}:".encode()).decode()
    headers = {"Authorization": f"Basic {auth}", "Content-Type": "application/json"}
    try:
        connection.request("POST", f"{address.path}/v1/{message['type']}", json.dumps(message), headers)
        answer = connection.getresponse()
        text = answer.read().decode(errors="replace").strip()
    except OSError as error:
        raise HeadraceError(f"The gateway at {gateway} does not answer: {error}.") from error
    if answer.status != 200:
        why = ". `headrace status` and `headrace doctor` say why." if answer.status == 503 else ""
        raise HeadraceError(f"The gateway refused it: {answer.status} {text}{why}")

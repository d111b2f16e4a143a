"""The answers that SDKs expect, to the letter, and CORS on every one of them."""

from __future__ import annotations

import base64
import binascii
import functools
from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import msgspec

from headrace.clock import rfc3339
from headrace.gateway.sources import GatewaySource

Header = tuple[bytes, bytes]
TEXT = (b"content-type", b"text/plain; charset=utf-8")
JSON = (b"content-type", b"application/json; charset=utf-8")
NOSNIFF = (b"x-content-type-options", b"nosniff")
RETRY_AFTER = (b"retry-after", b"1")


class Reply(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    headers: tuple[Header, ...] = (TEXT,)


OK = Reply(200, b"ok")
NOT_FOUND = Reply(404, b"404 page not found\n", (TEXT, NOSNIFF))
ROBOTS = Reply(200, b"User-agent: * \nDisallow: / \n")


def error(status: int, text: str) -> Reply:
    again = (RETRY_AFTER,) if status in (429, 503) else ()
    return Reply(status, text.encode() + b"\n", (TEXT, NOSNIFF, *again))


def wrong_method(allowed: str) -> Reply:
    return Reply(405, b"", ((b"allow", allowed.encode()),))


def json(value: Any, status: int = 200) -> Reply:
    return Reply(status, msgspec.json.encode(value), (JSON,))


def health(trouble: str | None) -> Reply:
    """As RudderStack tells it; 503 while events would be refused."""
    up = trouble is None
    told = {
        "appType": "EMBEDDED",
        "server": "UP",
        "db": "UP" if up else "DOWN",
        "acceptingEvents": "TRUE" if up else "FALSE",
        "routingEvents": "TRUE",
        "mode": "NORMAL",
        "backendConfigMode": "JSON",
        "lastSync": "",
        "lastRegulationSync": "",
    }
    return json(told if up else told | {"reason": trouble}, 200 if up else 503)


def cors(headers: dict[bytes, bytes]) -> list[Header]:
    origin = headers.get(b"origin")
    if origin is None:
        return [(b"vary", b"Origin")]
    return [
        (b"vary", b"Origin"),
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
    ]


def preflight(headers: dict[bytes, bytes]) -> list[Header]:
    """Headers of the 204 to an OPTIONS request; none that allow for a method we do not take."""
    vary = (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    method = headers.get(b"access-control-request-method", b"")
    if b"origin" not in headers or method.upper() not in (b"GET", b"POST", b"HEAD"):
        return [vary]
    found = [
        vary,
        (b"access-control-allow-origin", headers[b"origin"]),
        (b"access-control-allow-methods", method.upper()),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-max-age", b"900"),
    ]
    asked = headers.get(b"access-control-request-headers")
    return [*found, (b"access-control-allow-headers", asked)] if asked else found


def basic_user(headers: dict[bytes, bytes]) -> str | None:
    """The user name of Basic credentials, None when there are none that can be read."""
    given = headers.get(b"authorization", b"")
    return _known_user(given) if len(given) <= 256 else _user(given)


def _user(authorization: bytes) -> str | None:
    scheme, _, value = authorization.partition(b" ")
    if scheme.lower() != b"basic":
        return None
    try:
        decoded = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    user, colon, _ = decoded.partition(":")
    return user if colon and user else None


_known_user = functools.lru_cache(maxsize=1024)(_user)  # an SDK sends the same header with each request


def source_config(source: GatewaySource, workspace_id: str) -> Reply:
    """What every SDK that was read needs: the browser ones little, the mobile ones every key."""
    updated = rfc3339(source.updated_at)
    statistics = {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    value = {
        "source": {
            "id": source.id,
            "name": source.name,
            "writeKey": source.write_key,
            "enabled": source.enabled,
            "workspaceId": workspace_id,
            "updatedAt": updated,
            "sourceDefinitionId": "headrace",
            "createdBy": "headrace",
            "deleted": False,
            "config": {"statsCollection": statistics},
            "dataplanes": {},
            "destinations": [],
        },
        "updatedAt": updated,
    }
    return json(value)


def segment_settings(write_key: str, gateway_url: str) -> Reply:
    """Sends Segment's SDKs back to us, at the address that was configured; never one from a Host header."""
    address = urlsplit(gateway_url)
    host = address.netloc + address.path.rstrip("/")
    value = {
        "integrations": {
            "Segment.io": {
                "apiKey": write_key,
                "apiHost": f"{host}/v1",
                "protocol": address.scheme,
                "unbundledIntegrations": [],
                "addBundledMetadata": True,
                "versionSettings": {"version": "4.4.7", "componentTypes": ["browser"]},
            }
        },
        "plan": {
            "track": {"__default": {"enabled": True, "integrations": {}}},
            "identify": {"__default": {"enabled": True}},
        },
        "edgeFunction": {},
        "analyticsNextEnabled": True,
        "middlewareSettings": {},
        "enabledMiddleware": {},
        "metrics": {"sampleRate": 0},
        "legacyVideoPluginsEnabled": False,
        "remotePlugins": [],
        "autoInstrumentationSettings": {"sampleRate": 0},
    }
    return json(value)


def header_map(raw: Iterable[Header]) -> dict[bytes, bytes]:
    return dict(raw)


def first_forwarded(headers: dict[bytes, bytes], client: Sequence[Any] | None) -> str:
    """First X-Forwarded-For entry, else the peer's address; an IPv6 one keeps its brackets."""
    forwarded = headers.get(b"x-forwarded-for", b"").split(b",")[0].replace(b" ", b"")
    if forwarded:
        return forwarded.decode("latin-1")[:64]
    host = str(client[0]) if client else ""
    return f"[{host}]" if ":" in host else host

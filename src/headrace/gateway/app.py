"""The gateway as a bare ASGI application: looks the path up, checks the key, reads, parses, appends, answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from headrace import __version__
from headrace.clock import Chance, Clock
from headrace.errors import LogUnavailable
from headrace.eventlog.port import EventLogWriter
from headrace.eventlog.suppression import unnamed
from headrace.gateway import answers, body, parse, pixel
from headrace.gateway.answers import Reply
from headrace.gateway.dialects import rudder, segment
from headrace.gateway.limit import EventLimit
from headrace.gateway.parse import Context, Refusal
from headrace.gateway.rejected import RejectedLog
from headrace.gateway.route import Route
from headrace.gateway.sources import GatewaySource, SourceBook

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
ROUTES: dict[str, Route] = {**rudder.ROUTES, **segment.ROUTES}
SDK = Path(__file__).parent / "static" / "rudder.js"
NO_HEADER_KEY = "failed to read writekey from header"
NO_QUERY_KEY = "failed to read writekey from query params"
DOT = Reply(200, pixel.GIF, ((b"content-type", b"image/gif"),))


class GatewaySettings(msgspec.Struct, frozen=True):
    event_limit: int = 0  # events a second of one source; 0 = no limit
    max_requests: int = 20_000


class GatewayCounters:
    """Grows only; read by the process for metrics."""

    def __init__(self) -> None:
        self.requests = self.accepted_events = self.accepted_bytes = self.refused = 0
        self.by_reason: dict[str, int] = {}

    def as_dict(self) -> dict[str, int]:
        own = {
            "requests": self.requests,
            "accepted_events": self.accepted_events,
            "accepted_bytes": self.accepted_bytes,
            "refused": self.refused,
        }
        return own | {f"refused:{reason}": number for reason, number in self.by_reason.items()}


class Gateway:
    """ASGI 3. Everything it needs to know of the world is passed in."""

    def __init__(
        self,
        log: EventLogWriter,
        sources: SourceBook,
        rejected: RejectedLog,
        clock: Clock,
        chance: Chance,
        settings: GatewaySettings | None = None,
    ) -> None:
        self._log = log
        self._sources = sources
        self._rejected = rejected
        self._clock = clock
        self._chance = chance
        self._settings = settings or GatewaySettings()
        self._limit = EventLimit(self._settings.event_limit)
        self._in_flight = 0
        self.counters = GatewayCounters()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        headers = dict(scope["headers"])
        self.counters.requests += 1
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await _respond(send, Reply(204, b"", ()), answers.preflight(headers), head=False)
            return
        if self._in_flight >= self._settings.max_requests:
            await _respond(send, answers.error(503, "Service Unavailable"), answers.cors(headers), head=False)
            return
        self._in_flight += 1
        try:
            reply = await self._answer(scope, headers, receive)
            await _respond(send, reply, answers.cors(headers), head=scope["method"] == "HEAD")
        finally:
            self._in_flight -= 1

    # --- which answer ----------------------------------------------------------------------------------------------

    async def _answer(self, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Reply:
        path: str = scope["path"]
        route = ROUTES.get(path)
        if route is None and len(path) > 1 and path[-1] == "/":
            route = ROUTES.get(path[:-1])
        if route is None:
            return await self._page(path, scope, headers)
        if scope["method"] != "POST":
            if path.rstrip("/") == "/v1/webhook" and scope["method"] in ("GET", "HEAD"):
                return Reply(200, b"", ())
            return answers.wrong_method("POST")
        return await self._take(route, path, scope, headers, receive)

    async def _take(self, route: Route, path: str, scope: Scope, headers: dict[bytes, bytes], receive: Receive) -> Reply:
        if route.discard:
            try:
                await body.read(receive, headers)
            except (body.TooLargeError, body.UnreadableError):
                return answers.OK  # nothing of it would be kept anyway
            return answers.OK
        ip = answers.first_forwarded(headers, scope.get("client"))
        key, missing = self._key(route, scope, headers)
        in_body = key is None and route.key == "header_or_body" and b"authorization" not in headers
        source = self._sources.find(key) if key is not None else None
        if not in_body and (refused := self._stranger(key, source, missing)) is not None:
            return self._refuse(refused, path, source, headers, ip)
        try:
            raw = await body.read(receive, headers)
        except body.TooLargeError:
            return self._refuse(parse.TOO_LARGE, path, source, headers, ip, close=True)
        except body.UnreadableError:
            return self._refuse(Refusal(500, "failed to read body from request"), path, source, headers, ip)
        if in_body:
            key = parse.key_in_body(raw)
            source = self._sources.find(key) if key else None
            if (refused := self._stranger(key, source, NO_HEADER_KEY)) is not None:
                return self._refuse(refused, path, source, headers, ip)
        assert source is not None
        return await self._accept(route, raw, path, source, headers, ip)

    async def _accept(
        self, route: Route, raw: bytes, path: str, source: GatewaySource, headers: dict[bytes, bytes], ip: str
    ) -> Reply:
        context = Context(source.id, self._clock.now_ms(), ip, self._chance.uuid4)
        parsed = route.read(raw, context)
        if isinstance(parsed, Refusal):
            return self._refuse(parsed, path, source, headers, ip)
        if not parsed:
            return answers.OK
        if not self._limit.allows(source.id, len(parsed), self._clock.monotonic()):
            return self._refuse(Refusal(429, "max requests limit reached"), path, source, headers, ip)
        try:
            await self._log.append(unnamed(parsed, self._sources.published.suppressed))
        except LogUnavailable:
            return self._refuse(Refusal(503, "Service Unavailable"), path, source, headers, ip)
        self.counters.accepted_events += len(parsed)
        self.counters.accepted_bytes += len(raw)
        return answers.OK

    # --- keys and refusals -----------------------------------------------------------------------------------------

    def _key(self, route: Route, scope: Scope, headers: dict[bytes, bytes]) -> tuple[str | None, str]:
        """The write key where this route carries it, and what to say when it is missing."""
        if route.key in ("query", "query_or_header"):
            asked = dict(parse_qsl(scope["query_string"].decode("latin-1"))).get("writeKey")
            if asked or route.key == "query":
                return asked or None, NO_QUERY_KEY
            return answers.basic_user(headers), NO_QUERY_KEY
        return answers.basic_user(headers), NO_HEADER_KEY

    def _stranger(self, key: str | None, source: GatewaySource | None, missing: str) -> Refusal | None:
        if not key:
            return Refusal(401, missing)
        if source is None:
            return Refusal(401, "invalid write key")
        return None if source.enabled else Refusal(404, "source is disabled")

    def _refuse(
        self,
        refusal: Refusal,
        path: str,
        source: GatewaySource | None,
        headers: dict[bytes, bytes],
        ip: str,
        close: bool = False,
    ) -> Reply:
        self.counters.refused += 1
        self.counters.by_reason[refusal.text] = self.counters.by_reason.get(refusal.text, 0) + 1
        sdk = headers.get(b"user-agent", b"").decode("latin-1")
        name = source.name if source is not None else None
        self._rejected.add(refusal.status, refusal.text, path, name, sdk, ip, refusal.sample)
        reply = answers.error(refusal.status, refusal.text)
        return Reply(reply.status, reply.body, (*reply.headers, (b"connection", b"close"))) if close else reply

    # --- pages without events --------------------------------------------------------------------------------------

    async def _page(self, path: str, scope: Scope, headers: dict[bytes, bytes]) -> Reply:
        bare = path.rstrip("/") or "/"
        parts = bare.split("/")
        if scope["method"] not in ("GET", "HEAD"):
            known = bare in ("/", "/health", "/version", "/robots.txt", "/sourceConfig", "/sdk/rudder.js")
            return answers.wrong_method("GET") if known or bare.startswith("/pixel/v1/") else answers.NOT_FOUND
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True, max_num_fields=None)
        if bare in ("/pixel/v1/track", "/pixel/v1/page"):
            return DOT if scope["method"] == "HEAD" else await self._pixel(parts[3], query, headers)
        if bare == "/sourceConfig":
            return self._source_config(dict(query), headers)
        if parts[-1] == "settings" and parts[:-2] in (["", "v1", "projects"], ["", "projects"]):
            known_source = self._sources.find(parts[-2])
            if known_source is None or not known_source.enabled:
                return answers.NOT_FOUND
            return answers.segment_settings(parts[-2], self._sources.published.gateway_url)
        if bare == "/sdk/rudder.js":
            return await self._sdk(headers)
        return self._plain(bare)

    def _plain(self, bare: str) -> Reply:
        if bare in ("/", "/health"):
            return answers.health(self._log.trouble())
        if bare == "/version":
            features = ["gzip-req-payload"]
            return answers.json({"Version": __version__, "BuiltBy": "headrace", "Features": features})
        return answers.ROBOTS if bare == "/robots.txt" else answers.NOT_FOUND

    def _source_config(self, query: dict[str, str], headers: dict[bytes, bytes]) -> Reply:
        if query.get("view") == "ad":
            return Reply(200, b"")
        key = query.get("writeKey") or answers.basic_user(headers)
        source = self._sources.find(key) if key else None
        if source is None:
            return answers.json({"message": "Invalid write key", "code": 400}, 400)
        return answers.source_config(source, self._sources.published.workspace_id)

    async def _pixel(self, kind: str, query: list[tuple[str, str]], headers: dict[bytes, bytes]) -> Reply:
        """Whatever happens, a dot: a mail program shows pictures, not errors."""
        source = self._sources.find(dict(reversed(query)).get("writeKey", ""))
        now = self._clock.now_ms()
        payload = pixel.event(kind, query, now)
        if source is None or not source.enabled or payload is None:
            return DOT
        if not self._limit.allows(source.id, 1, self._clock.monotonic()):
            self.counters.refused += 1
            return DOT
        ip = headers.get(b"x-forwarded-for", b"").split(b",")[0].strip().decode("latin-1")[:64]
        parsed = parse.single(payload, kind, Context(source.id, now, ip, self._chance.uuid4))
        if not isinstance(parsed, Refusal):
            try:
                await self._log.append(unnamed(parsed, self._sources.published.suppressed))
            except LogUnavailable:
                self.counters.refused += 1
            else:
                self.counters.accepted_events += 1
        return DOT

    async def _sdk(self, headers: dict[bytes, bytes]) -> Reply:
        small = b"gzip" in headers.get(b"accept-encoding", b"")
        script = await asyncio.to_thread(_sdk_file, small)
        if script is None:
            return answers.error(404, "the SDK bundle was not built: run make frontend")
        content, tag, packed = script
        kept = [(b"cache-control", b"public, max-age=300"), (b"etag", tag), (b"vary", b"Accept-Encoding")]
        if headers.get(b"if-none-match") == tag:
            return Reply(304, b"", tuple(kept))
        if packed:
            kept.append((b"content-encoding", b"gzip"))
        return Reply(200, content, ((b"content-type", b"text/javascript; charset=utf-8"), *kept))


def _sdk_file(small: bool) -> tuple[bytes, bytes, bool] | None:
    """Content, tag, and whether it is packed: a packed one is made at build, and may be missing."""
    for path in (SDK.with_name(f"{SDK.name}.gz"), SDK) if small else (SDK,):
        try:
            stat = path.stat()
            return path.read_bytes(), f'"{stat.st_mtime_ns:x}-{stat.st_size:x}"'.encode(), path is not SDK
        except FileNotFoundError:
            continue
    return None


async def _respond(send: Send, reply: Reply, more: list[answers.Header], head: bool) -> None:
    length = (b"content-length", b"%d" % len(reply.body))
    headers = [*reply.headers, *more] if reply.status in (204, 304) else [*reply.headers, length, *more]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else reply.body})

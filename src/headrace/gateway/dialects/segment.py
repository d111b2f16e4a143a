"""Segment's SDKs: short paths, the mobile batch path with its key in the body, and metrics that nobody keeps."""

from __future__ import annotations

from functools import partial

from headrace.gateway import parse
from headrace.gateway.parse import Context, Parsed
from headrace.gateway.route import Route

SHORT = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}


def one(kind: str, body: bytes, context: Context) -> Parsed:
    return parse.single(body, kind, context)


def nothing(body: bytes, context: Context) -> Parsed:
    return []


ROUTES: dict[str, Route] = {
    **{f"/v1/{letter}": Route(partial(one, kind), key="header_or_body") for letter, kind in SHORT.items()},
    "/v1/b": Route(parse.batch, key="header_or_body"),
    "/b": Route(parse.batch, key="header_or_body"),
    "/v1/m": Route(nothing, discard=True),
}

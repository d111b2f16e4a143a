"""RudderStack's SDKs: one path a type, batches, import and beacon."""

from __future__ import annotations

from functools import partial

from headrace.gateway import parse
from headrace.gateway.parse import Context, Parsed
from headrace.gateway.route import Route

TYPES = ("identify", "track", "page", "screen", "group", "alias", "merge")


def one(kind: str, body: bytes, context: Context) -> Parsed:
    return parse.single(body, kind, context)


def imported(body: bytes, context: Context) -> Parsed:
    return parse.batch(body, context, empty_is_fine=True)


ROUTES: dict[str, Route] = {
    **{f"/v1/{kind}": Route(partial(one, kind)) for kind in TYPES},
    "/v1/batch": Route(parse.batch),
    "/v1/import": Route(imported),
    "/beacon/v1/batch": Route(parse.batch, key="query"),
    "/v1/webhook": Route(parse.bare, key="query_or_header"),
}

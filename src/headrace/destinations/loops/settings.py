"""The settings of a Loops destination: one schema that draws the form, validates, masks and documents."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from headrace.destinations.port import Field
from headrace.destinations.values import check_fields, duration
from headrace.errors import WorkspaceError

CLOUD = "https://app.loops.so/api"
KEY = re.compile(r"[0-9a-f]{32}")
PROVIDERS = ("custom", "iubenda", "ketch", "oneTrust")

FIELDS: tuple[Field, ...] = (
    Field("api_key", "API Key", "In Loops: Settings → API → Generate key. Loops (built-in) needs none.", "secret", None, link="https://app.loops.so/settings?page=api"),
    Field("base_url", "Loops", "Loops (app.loops.so), `builtin` for Loops (built-in), or another address.", "url", CLOUD),
    Field("compatibility", "Compatibility", "`rudderstack` sends what RudderStack's connector would send, value for value.", "choice", "headrace", choices=("headrace", "rudderstack"), advanced=True),
    Field("events", "Event filtering", "Which track events are sent: {allow: […]} or {deny: […]}, exact names or with *; {rename: {from: to}}.", "object", {}),
    Field("identify", "Send identify", "Whether identify calls create and update contacts.", "flag", True),
    Field("traits_on_track", "Traits on track", "`new`: traits that differ from those last seen; `all`: RudderStack's way; `none`.", "choice", "new", choices=("new", "all", "none"), advanced=True),
    Field("contact_properties", "Contact properties", "Mapping per key path: {allow | deny: […], rename: {address.city: city}}.", "object", {}),
    Field("event_properties", "Event properties", "Mapping per key path: {allow | deny: […], rename: {from: to}}.", "object", {}),
    Field("nested", "Nested values", "Objects: `flatten` (address.city → addressCity), `json`, `drop` or `pass`.", "choice", "flatten", choices=("flatten", "json", "drop", "pass"), advanced=True),
    Field("too_long", "Too long values", "Values over Loops' 500 characters: `truncate`, `drop` or `fail`.", "choice", "truncate", choices=("truncate", "drop", "fail"), advanced=True),
    Field("nulls", "Nulls", "`clear` sends null for traits, which clears the property in Loops; `drop` leaves them out.", "choice", "drop", choices=("drop", "clear"), advanced=True),
    Field("email_from_properties", "Email from properties", "Whether `properties.email` identifies the contact: `if_alone` only when there is nothing else.", "choice", "if_alone", choices=("if_alone", "always", "never"), advanced=True),
    Field("create_missing", "Create missing properties", "Create contact properties that Loops does not have before they are sent. Off: Loops drops them without a word.", "flag", False),
    Field("consent", "Consent", "{provider, strategy: and|or, categories: […]}: who did not consent to these is filtered.", "object", {}),
    Field("only_to", "Only to", "Emails or domains; everyone else is filtered. A safe first try on a real account.", "list", []),
    Field("rate", "Requests a second", "Loops allows 10. Destinations with the same address and key share the lowest; 0 = no limit.", "number", 10, advanced=True),
    Field("patience", "Patience", "How long an event is retried while the destination answers others.", "duration", "72h", advanced=True),
    Field("timeout", "Time limit", "How long a request may take.", "duration", "10s", advanced=True),
    Field("retry", "Retry", "{first, most}: the first and the longest pause between attempts.", "object", {"first": "1s", "most": "15m"}, advanced=True),
    Field("stale_after", "Stale after", "Do not send a track that is older than this; off by default.", "duration", "off", advanced=True),
    Field("fold", "Send together", "`when_waiting`: waiting calls of one person share a request where that changes nothing; `never`: one request per call.", "choice", "when_waiting", choices=("when_waiting", "never"), advanced=True),
    Field("fold_may_overwrite", "Newest value is enough", "Contact properties of which only the newest value has to arrive when calls are sent together.", "list", [], advanced=True),
    Field("skip_unchanged", "Skip unchanged", "How long a contact that was sent need not be sent again with the same values; 0 sends always.", "duration", "24h", advanced=True),
    Field("after_key_expiry", "After key expiry", "A track whose outcome is unknown for 23 h: `dead` keeps it for you to decide, `send` sends it again.", "choice", "dead", choices=("dead", "send"), advanced=True),
)  # fmt: skip


class NameFilter(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which names pass, and as what. `allow` and `deny` exclude each other; `*` stands for any characters."""

    allow: tuple[str, ...] | None = None
    deny: tuple[str, ...] | None = None
    rename: dict[str, str] = {}

    def passes(self, name: str) -> bool:
        if self.allow is not None:
            return any(_matches(pattern, name) for pattern in self.allow)
        return not any(_matches(pattern, name) for pattern in self.deny or ())

    def renamed(self, name: str) -> str:
        return self.rename.get(name, name)


def _matches(pattern: str, name: str) -> bool:
    if "*" not in pattern:
        return pattern == name
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), name, re.DOTALL) is not None


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    provider: str = "oneTrust"
    strategy: Literal["and", "or"] = "and"
    categories: tuple[str, ...] = ()


class Retry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    first: str | float = 1.0
    most: str | float = 900.0


class LoopsSettings(msgspec.Struct, frozen=True):
    """The settings as they are used: defaults filled in, parts decoded."""

    api_key: str | None
    base_url: str
    rudderstack: bool
    events: NameFilter
    identify: bool
    traits_on_track: Literal["new", "all", "none"]
    contact_properties: NameFilter
    event_properties: NameFilter
    nested: Literal["flatten", "json", "drop", "pass"]
    too_long: Literal["truncate", "drop", "fail"]
    nulls: Literal["drop", "clear"]
    email_from_properties: Literal["if_alone", "always", "never"]
    create_missing: bool
    consent: Consent
    only_to: tuple[str, ...]
    rate: float
    patience: float
    timeout: float
    retry_first: float
    retry_most: float
    stale_after: float
    after_key_expiry: Literal["dead", "send"]
    fold: bool
    fold_may_overwrite: tuple[str, ...]
    skip_unchanged: float


def read(raw: Mapping[str, Any]) -> LoopsSettings:
    """Raises WorkspaceError naming the key that cannot be used."""
    check_fields(FIELDS, raw, "loops")
    value = {f.key: f.default if raw.get(f.key) is None else raw[f.key] for f in FIELDS}
    retry = _part(value["retry"], Retry, "retry")
    rate = float(value["rate"])
    if rate < 0:
        raise WorkspaceError("rate: must not be negative; 0 means no limit.")
    base_url = str(value["base_url"]).strip().rstrip("/")
    if base_url != "builtin" and not base_url.startswith(("http://", "https://")):
        raise WorkspaceError(f"base_url: {base_url!r} must begin with http:// or https://, or be builtin.")
    timeout = duration(value["timeout"], "timeout")
    if timeout <= 0:
        raise WorkspaceError("timeout: must be more than 0.")
    if not all(isinstance(entry, str) for entry in value["only_to"]):
        raise WorkspaceError("only_to: emails or domains, as texts.")
    if not all(isinstance(entry, str) for entry in value["fold_may_overwrite"]):
        raise WorkspaceError("fold_may_overwrite: names of contact properties, as texts.")
    first, most = duration(retry.first, "retry.first"), duration(retry.most, "retry.most")
    return LoopsSettings(
        api_key=(value["api_key"] or "").strip() or None,
        base_url=base_url,
        rudderstack=value["compatibility"] == "rudderstack",
        events=_names(value["events"], "events"),
        identify=value["identify"],
        traits_on_track=value["traits_on_track"],
        contact_properties=_names(value["contact_properties"], "contact_properties"),
        event_properties=_names(value["event_properties"], "event_properties"),
        nested=value["nested"],
        too_long=value["too_long"],
        nulls=value["nulls"],
        email_from_properties=value["email_from_properties"],
        create_missing=value["create_missing"],
        consent=_part(value["consent"], Consent, "consent"),
        only_to=tuple(entry.strip().lower().lstrip("@") for entry in value["only_to"]),
        rate=rate,
        patience=duration(value["patience"], "patience"),
        timeout=timeout,
        retry_first=first,
        retry_most=max(first, most),
        stale_after=duration(value["stale_after"], "stale_after"),
        after_key_expiry=value["after_key_expiry"],
        fold=value["fold"] == "when_waiting" and value["compatibility"] != "rudderstack",
        fold_may_overwrite=tuple(value["fold_may_overwrite"]),
        skip_unchanged=0.0
        if value["compatibility"] == "rudderstack"
        else duration(value["skip_unchanged"], "skip_unchanged"),
    )


def _names(value: Any, key: str) -> NameFilter:
    names: NameFilter = _part(value, NameFilter, key)
    if names.allow is not None and names.deny is not None:
        raise WorkspaceError(f"{key}: give allow or deny, not both.")
    return names


def _part(value: Any, kind: type[Any], key: str) -> Any:
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        said = str(error).replace("Object contains unknown field", "there is no")
        has = f" It has: {', '.join(kind.__struct_fields__)}." if issubclass(kind, msgspec.Struct) else ""
        raise WorkspaceError(f"{key}: {said}.{has}") from None


def warnings(settings: LoopsSettings) -> list[str]:
    found = []
    if settings.base_url != "builtin":
        if settings.api_key is None:
            found.append("No API Key yet: the destination waits for one.")
        elif not KEY.fullmatch(settings.api_key):
            found.append("This key is not 32 hex digits as Loops' keys are. Was it copied in part?")
    if settings.only_to:
        found.append(f"Only {', '.join(settings.only_to)} will be sent to; everyone else is filtered.")
    return found

"""Contact updated: one property, what it was and what it is now. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.engine.workflows.graph import Graph, Refused
from headrace.engine.workflows.nodes.port import Config, Facts, NodeType, Situation, allow, flag

OPERATORS = {
    "string": ("any", "equal", "not_equal", "contains", "not_contains", "empty", "not_empty"),
    "number": ("any", "greater_than", "less_than", "numeric_equal", "numeric_not_equal", "empty", "not_empty"),
    "boolean": ("any", "true", "false", "empty", "not_empty"),
    "date": ("any", "empty", "not_empty", "after", "before", "between"),
}
HIDDEN = ("createdAt", "notes")
BARE = ("any", "empty", "not_empty", "true", "false")  # need no value


class ContactPropertyTrigger(NodeType):
    name, title, trigger, creatable = "ContactPropertyTrigger", "Contact updated", True, False

    def start(self) -> Config:
        return {"contactPropertyQuery": None, "reEligible": False}

    def update(self, config: Config, payload: Mapping[str, Any], facts: Facts) -> Config:
        allow(payload, "typeName", "contactPropertyQuery", "reEligible")
        query = payload.get("contactPropertyQuery", config["contactPropertyQuery"])
        if query is not None:
            _check(query, facts)
        return {"contactPropertyQuery": query, "reEligible": flag(payload, "reEligible", config["reEligible"])}

    def shown(self, config: Config, mailing_list: str | None) -> Config:
        return config

    def properties(self, config: Config) -> set[str]:
        chosen = config.get("contactPropertyQuery")
        return {chosen["key"]} if chosen else set()

    def problems(self, graph: Graph, identifier: str, situation: Situation) -> list[str]:
        chosen = graph.nodes[identifier].config.get("contactPropertyQuery")
        return [] if chosen else ["Choose the contact property whose change starts this workflow."]


def _check(query: Any, facts: Facts) -> None:
    if not isinstance(query, dict) or set(query) != {"key", "is", "was"}:
        raise Refused("`contactPropertyQuery` needs `key`, `is` and `was`.")
    kind = facts.property_type(query["key"]) if isinstance(query["key"], str) else None
    if kind is None or query["key"] in HIDDEN:
        raise Refused(f"There is no contact property {query['key']!r} that can trigger a workflow.")
    for side in ("is", "was"):
        compared = query[side]
        if not isinstance(compared, dict) or not {"operator", "value"} >= set(compared) >= {"operator"}:
            raise Refused(f"`{side}` needs `operator` and `value`.")
        operator = compared["operator"]
        if operator not in OPERATORS[kind] or (side == "is" and operator == "empty" and kind in ("number", "boolean")):
            raise Refused(f"`{operator}` cannot be asked of `{query['key']}` ({kind}) on the `{side}` side.")
        if operator not in BARE and compared.get("value") in (None, ""):
            raise Refused(f"`{side}`: `{operator}` needs a value.")
        compared.setdefault("value", "")


def fires(query: Mapping[str, Any], changed: Mapping[str, list[Any]]) -> bool:
    """Whether this change of a contact is the one asked for."""
    if query["key"] not in changed:
        return False
    old, new = changed[query["key"]]
    return _holds(query["was"], old) and _holds(query["is"], new)


def _holds(compared: Mapping[str, Any], value: Any) -> bool:
    operator: str = compared["operator"]
    wanted = compared.get("value")
    empty = value is None or value == ""
    if operator == "any":
        return True
    if operator in ("empty", "not_empty"):
        return empty is (operator == "empty")
    if operator in ("true", "false"):
        return bool(value is (operator == "true"))
    if operator in ("equal", "contains"):
        return not empty and (str(value) == str(wanted) if operator == "equal" else str(wanted) in str(value))
    if operator in ("not_equal", "not_contains"):
        return empty or not (str(value) == str(wanted) if operator == "not_equal" else str(wanted) in str(value))
    if operator in ("after", "before", "between"):
        return not empty and _dated(operator, str(value), str(wanted))
    return _counted(operator, value, wanted)


def _dated(operator: str, value: str, wanted: str) -> bool:
    """Dates are stored as RFC 3339 in UTC, so that their order is the order of their texts. `between`: "from/to"."""
    if operator == "between":
        first, _, last = wanted.partition("/")
        return first <= value <= last
    return value > wanted if operator == "after" else value < wanted


def _counted(operator: str, value: Any, wanted: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return operator == "numeric_not_equal"
    try:
        limit = float(wanted)
    except (TypeError, ValueError):
        return False
    if operator == "greater_than":
        return value > limit
    if operator == "less_than":
        return value < limit
    return (value == limit) == (operator == "numeric_equal")

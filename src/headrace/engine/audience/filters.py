"""A filter of the audience, JSON as in Loops' API, as a condition in SQL with its bindings. Pure.

What each operator means, since Loops says only their names: texts are compared exactly, only an email without regard to
case; a value is read as the property's type, and one that cannot be is equal to nothing; who has no value (or an empty
text) is `empty`, matches no comparison and every negation of one; `any` matches everybody. An undefined property is empty.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.engine.refusal import LoopsError
from headrace.engine.values import DEFAULT_TYPES, Unconvertible, convert, milliseconds

MOST = 100  # conditions of one filter
MOST_TIMES = 1_000_000
COMPARING = frozenset(("contains", "notContains", "equals", "notEquals", "greaterThan", "lessThan"))
DATED = frozenset(("after", "before"))
BARE = frozenset(("any", "isTrue", "isFalse", "empty", "notEmpty", "dateEmpty", "dateNotEmpty"))
OPERATORS = COMPARING | DATED | BARE | {"between"}
STATUSES = ("accepted", "pending", "rejected", None)
ACTIONS = ("sent", "opened", "clicked")
TARGETS = ("campaign", "workflow", "workflowEmail")
COLUMNS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "email": "email_key",
    "notes": "notes",
    "source": "source",
    "userGroup": "user_group",
    "userId": "user_id",
    "subscribed": "subscribed",
    "createdAt": "created_at",
}
MS = "((contact.created_at % 1000 + 1000) % 1000)"
TEXT_OF_COLUMN = {
    "subscribed": "iif(contact.subscribed, 'true', 'false')",
    "createdAt": f"(strftime('%Y-%m-%dT%H:%M:%S', (contact.created_at - {MS}) / 1000, 'unixepoch')"
    f" || printf('.%03dZ', {MS}))",
}
SEARCHED, PARSED, LOOKED_UP = 1, 2, 4  # costs beside a comparison: a search in a text, JSON, a row elsewhere
ACTIVITY = (
    "exists(select 1 from activity where activity.contact = contact.n and deed ="
    " (select id from deed where action = ? and target = ? and name = ?){})"
)


VALUES = " cross join contact_value as answer on answer.n = contact.n"


class Where(msgspec.Struct, frozen=True):
    """A condition on a row of `contact`; `values` has to stand behind it in the `from`."""

    sql: str
    bindings: tuple[Any, ...] = ()
    cost: int = 0  # of one look, beside that of others

    @property
    def values(self) -> str:
        return VALUES if "answer.p" in self.sql else ""


EVERYBODY, NOBODY = Where("1"), Where("0")


class Subject(msgspec.Struct, frozen=True):
    """What a property condition looks at; `value` is null where the contact has none."""

    type: str
    value: Where
    text: Where  # the value as it is shown
    key: str


def check(given: Any) -> dict[str, Any] | None:
    """The filter with what belongs into it. Raises LoopsError(400) with a sentence that says what is wrong."""
    if given is None:
        return None
    if not isinstance(given, dict) or set(given) != {"match", "conditions"}:
        raise LoopsError(400, "A filter has `match` and `conditions`, and nothing else.")
    if given["match"] not in ("all", "any"):
        raise LoopsError(400, "`match` is `all` or `any`.")
    conditions = given["conditions"]
    if not isinstance(conditions, list) or not conditions:
        raise LoopsError(400, "A filter has at least one condition.")
    if len(conditions) > MOST:
        raise LoopsError(400, f"A filter has at most {MOST} conditions.")
    return {"match": given["match"], "conditions": [_checked(c, f"conditions[{n}]") for n, c in enumerate(conditions)]}


def _checked(given: Any, at: str) -> dict[str, Any]:
    kind = given.get("type") if isinstance(given, dict) else None
    if kind == "property":
        return _checked_property(given, at)
    if kind == "optIn":
        if "status" not in given or given["status"] not in STATUSES:
            raise LoopsError(400, f"{at}: `status` is accepted, pending, rejected or null.")
        return {"type": kind, "status": given["status"]}
    if kind == "activity":
        return _checked_activity(given, at)
    raise LoopsError(400, f"{at}: `type` is property, optIn or activity.")


def _checked_property(given: dict[str, Any], at: str) -> dict[str, Any]:
    key, operator, value = given.get("key"), given.get("operator"), given.get("value")
    if not isinstance(key, str) or not key:
        raise LoopsError(400, f"{at}: `key` is the name of a contact property.")
    if not isinstance(operator, str) or operator not in OPERATORS:
        raise LoopsError(400, f"{at}: `operator` is one of {', '.join(sorted(OPERATORS))}.")
    found = {"type": "property", "key": key, "operator": operator}
    if operator in BARE:
        return found
    if operator == "between":
        if not isinstance(value, dict) or not {"from", "to"} <= set(value):
            raise LoopsError(400, f"{at}: `value` of between is an object with `from` and `to`.")
        if _moment(value["from"], at) > _moment(value["to"], at):
            raise LoopsError(400, f"{at}: `from` is after `to`.")
        return found | {"value": {"from": value["from"], "to": value["to"]}}
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise LoopsError(400, f"{at}: {operator} needs a `value`, a text or a number.")
    if operator in DATED:
        _moment(value, at)
    return found | {"value": value}


def _moment(value: Any, at: str) -> str:
    try:
        moment: str | None = convert(value, "date")
    except Unconvertible as error:
        raise LoopsError(400, f"{at}: {error}.") from None
    if moment is None:
        raise LoopsError(400, f"{at}: a date is missing.")
    return moment


def _checked_activity(given: dict[str, Any], at: str) -> dict[str, Any]:
    action, target, negate, identifier = (given.get(name) for name in ("action", "target", "negate", "id"))
    received = action == "received" and target == "event"  # ours: Loops' filters know mail only
    if not received and (action not in ACTIONS or target not in TARGETS):
        raise LoopsError(
            400,
            f"{at}: `action` is sent, opened or clicked, `target` is campaign, workflow or workflowEmail;"
            " or `received` and `event`.",
        )
    if not isinstance(negate, bool):
        raise LoopsError(400, f"{at}: `negate` is true or false.")
    if not isinstance(identifier, str) or not identifier:
        raise LoopsError(400, f"{at}: `id` says which {target}.")
    found = {"type": "activity", "action": action, "negate": negate, "target": target, "id": identifier}
    if (times := given.get("times", 1)) == 1 and not isinstance(times, bool):
        return found
    if not received or isinstance(times, bool) or not isinstance(times, int) or not 1 <= times <= MOST_TIMES:
        raise LoopsError(400, f"{at}: `times`, of a received event, is how often at least: 1 to {MOST_TIMES:,}.")
    return found | {"times": times}


def where(checked: Mapping[str, Any] | None, types: Mapping[str, str], places: Mapping[str, int]) -> Where:
    """`checked` comes from `check`; `types`, `places`: the custom properties' types and columns by name."""
    if checked is None:
        return EVERYBODY
    parts = sorted((_condition(c, types, places) for c in checked["conditions"]), key=lambda part: part.cost)
    joined = (" and " if checked["match"] == "all" else " or ").join(part.sql for part in parts)
    return Where(f"({joined})", tuple(b for part in parts for b in part.bindings))


def _condition(condition: Mapping[str, Any], types: Mapping[str, str], places: Mapping[str, int]) -> Where:
    if condition["type"] == "optIn":
        return Where("contact.opt_in is ?", (condition["status"],))
    if condition["type"] == "activity":
        asked, often = (condition["action"], condition["target"], condition["id"]), condition.get("times", 1)
        found = Where(ACTIVITY.format(""), asked, LOOKED_UP)
        if often > 1:  # not looked at for once: the key alone answers that
            found = Where(ACTIVITY.format(" and times >= ?"), (*asked, often), LOOKED_UP)
        return _not(found) if condition["negate"] else found
    subject = _subject(condition["key"], types, places)
    return _property(subject, condition["operator"], condition.get("value"))


def _subject(key: str, types: Mapping[str, str], places: Mapping[str, int]) -> Subject:
    if key in COLUMNS:
        column = f"contact.{COLUMNS[key]}"
        return Subject(DEFAULT_TYPES[key], Where(column), Where(TEXT_OF_COLUMN.get(key, column)), key)
    if key not in types or not is_name(key):
        return Subject("string", Where("null"), Where("null"), key)
    value = Where("json_extract(contact.custom, ?)", (path(key),), PARSED)
    if key in places:
        value = Where(f"answer.p{places[key]}")
    shown = Where("(contact.custom -> ?)", (path(key),), PARSED) if types[key] in ("number", "boolean") else value
    return Subject(types[key], value, shown, key)


def path(key: str) -> str:
    """Where a property stands in `custom`."""
    return f'$."{key}"'


def is_name(key: str) -> bool:
    """Whether a property may be called so: a quote or a backslash would end its place in a JSON path."""
    return bool(key.strip()) and not any(sign in '"\\' or ord(sign) < 32 for sign in key)


def _property(subject: Subject, operator: str, value: Any) -> Where:
    if operator == "any":
        return EVERYBODY
    if operator in ("empty", "dateEmpty", "notEmpty", "dateNotEmpty"):
        empty = _of(subject.value, f"coalesce({subject.value.sql}, '') = ''")
        return empty if operator in ("empty", "dateEmpty") else _not(empty)
    if operator in ("isTrue", "isFalse"):
        truth = int(operator == "isTrue")
        return _compared(subject.value, "=", truth) if subject.type == "boolean" else NOBODY
    if operator in ("contains", "notContains"):
        return _contains(subject, value, operator == "notContains")
    if operator in ("after", "before", "between"):
        return _dated(subject, operator, value)
    sign = {"greaterThan": ">", "lessThan": "<"}.get(operator, "=")
    found = _compared(subject.value, sign, _as(subject, value))
    return _not(found) if operator == "notEquals" else found


def _contains(subject: Subject, value: Any, negated: bool) -> Where:
    needle = value if isinstance(value, str) else json.dumps(value)
    needle = needle.strip().lower() if subject.key == "email" else needle
    found = _of(subject.text, f"coalesce(instr({subject.text.sql}, ?) > 0, 0)", needle, more=SEARCHED)
    return _not(found) if negated else found


def _dated(subject: Subject, operator: str, value: Any) -> Where:
    if subject.type != "date":
        return NOBODY
    if operator == "between":
        first, last = _as(subject, value["from"]), _as(subject, value["to"])
        return _of(subject.value, f"coalesce({subject.value.sql} between ? and ?, 0)", first, last)
    return _compared(subject.value, ">" if operator == "after" else "<", _as(subject, value))


def _as(subject: Subject, value: Any) -> Any:
    """The value as the property stores its own; None when it cannot be one."""
    try:
        found = convert(value, subject.type)
    except Unconvertible:
        return None
    if subject.key == "email":
        return found.strip().lower()
    if subject.key == "createdAt":
        return milliseconds(found)
    if isinstance(found, int) and abs(found) >= 2**63:
        return float(found)  # as SQLite reads a number of that size
    return found


def _compared(value: Where, sign: str, other: Any) -> Where:
    if other is None:
        return NOBODY
    return _of(value, f"coalesce({value.sql} {sign} ?, 0)", other)


def _of(value: Where, sql: str, *bindings: Any, more: int = 0) -> Where:
    return Where(sql, (*value.bindings, *bindings), value.cost + more)


def _not(found: Where) -> Where:
    return _of(found, f"not ({found.sql})")

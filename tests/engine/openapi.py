"""Whether an answer of the engine is one that Loops' OpenAPI document allows."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

DOCUMENT = Path(__file__).parents[3] / "shared" / "data" / "loops-openapi-1.22.6.yaml"
URI = "urn:loops"
there = DOCUMENT.exists()  # it lies beside the repository, not in it
UNDECLARED = {401, 404, 429}  # occur on every operation, whatever the document says


@lru_cache(maxsize=1)
def document() -> dict[str, Any]:
    whole: dict[str, Any] = yaml.load(DOCUMENT.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for name, schema in whole["components"]["schemas"].items():
        # joined by allOf with a revision that they would forbid: the document contradicts itself here
        if name.endswith("WorkflowNode") and not name.startswith("Simplified"):
            schema.pop("additionalProperties", None)
    _reconcile(whole)
    return whole


def _reconcile(node: Any, refusal: bool = False) -> None:
    """Where the document contradicts itself: `null` quoted in an enum beside the type null, and refusals that are one of
    several shapes of which each holds the other. Dates that YAML reads become texts again."""
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if isinstance(value, date):
            node[key] = value.isoformat()
        elif isinstance(value, dict | list):
            _reconcile(value, refusal or key in ("400", "404", "409"))
    if not isinstance(node, dict):
        return
    if isinstance(node.get("enum"), list) and "null" in node["enum"] and "null" in node.get("type", ()):
        node["enum"] = [None if value == "null" else value for value in node["enum"]]
    if refusal and "oneOf" in node:
        node["anyOf"] = node.pop("oneOf")


@lru_cache(maxsize=1)
def _registry() -> Any:
    return Registry().with_resource(URI, DRAFT202012.create_resource(document()))


@lru_cache(maxsize=1)
def _paths() -> list[tuple[re.Pattern[str], str]]:
    """Templates without parameters first, so that by-name is no id."""
    found = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), path) for path in found]


def complaints(method: str, path: str, status: int, body: Any) -> list[str]:
    """What is wrong with this answer; `path` begins with /v1."""
    template = next((t for pattern, t in _paths() if pattern.fullmatch(path.partition("?")[0])), None)
    if template is None:
        return [f"{path} is not in the document"]
    operation = document()["paths"][template].get(method.lower())
    if operation is None:
        return [] if status == 405 else [f"{method} {template} is not in the document"]
    answer = operation["responses"].get(str(status))
    if answer is None:
        return [] if status in UNDECLARED else [f"{method} {template} never answers {status}"]
    content = answer.get("content", {}).get("application/json")
    if content is None:
        return []
    where = "/".join(
        _escaped(part)
        for part in (
            "#",
            "paths",
            template,
            method.lower(),
            "responses",
            str(status),
            "content",
            "application/json",
            "schema",
        )
    )
    validator = Draft202012Validator({"$ref": URI + where}, registry=_registry())
    return [f"{method} {path} {status}: {error.json_path}: {error.message[:300]}" for error in validator.iter_errors(body)]


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")

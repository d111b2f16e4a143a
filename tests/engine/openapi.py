"""Whether an answer of the engine is one that Loops' OpenAPI document allows."""

from __future__ import annotations

import re
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
    return whole


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
    parts = ("#", "paths", template, method.lower(), "responses", str(status), "content", "application/json", "schema")
    where = "/".join(map(_escaped, parts))
    validator = Draft202012Validator({"$ref": URI + where}, registry=_registry())
    return [f"{method} {path} {status}: {error.json_path}: {error.message[:300]}" for error in validator.iter_errors(body)]


def _escaped(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")

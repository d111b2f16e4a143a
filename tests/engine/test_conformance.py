"""Loops' OpenAPI document asks the engine: every operation that is built, with what the document calls valid and not."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok

from headrace.engine.api.app import OPERATIONS
from tests.engine import openapi
from tests.engine.loops import Loops

EXAMPLES = 6  # per operation and mode
IDS = re.compile(r"\{[^}]+\}")
pytestmark = pytest.mark.skipif(not openapi.there, reason="Loops' OpenAPI document lies beside the repository, not in it")


def built(method: str, path: str) -> bool:
    """Whether OPERATIONS has it, whatever its parameters are called."""
    plain = {IDS.sub("{}", own): methods for own, methods in OPERATIONS.items()}
    return method in plain.get(IDS.sub("{}", path), {})


def ask_all(cases: Any, loops: Loops) -> int:
    asked: list[str] = []

    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=cases)
    def ask(case: Any) -> None:
        answer = case.call(base_url=f"http://127.0.0.1:{loops.port}/api", headers={"Authorization": f"Bearer {loops.key}"})
        path = case.formatted_path
        asked.append(path)
        assert answer.status_code < 500, f"{case.method} {path} {answer.status_code}: {answer.text[:300]}"
        assert int(answer.headers["x-ratelimit-limit"][0] if isinstance(answer.headers["x-ratelimit-limit"], list)
                   else answer.headers["x-ratelimit-limit"]) > 0  # fmt: skip
        if answer.status_code != 204:
            told = openapi.complaints(case.method, case.operation.path, answer.status_code, json.loads(answer.content))
            undeclared = answer.status_code >= 400 and "never answers" in "".join(told)  # the document declares some nowhere
            assert not told or undeclared, told

    ask()
    return len(asked)


def test_what_the_document_calls_valid_or_not_is_answered_as_it_says(loops: Loops) -> None:
    schema = schemathesis.openapi.from_dict(openapi.document())
    asked, operations = 0, 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if not built(operation.method.upper(), operation.path):
            continue
        operations += 1
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            try:
                asked += ask_all(operation.as_strategy(generation_mode=mode), loops)
            except Unsatisfiable:
                assert mode is schemathesis.GenerationMode.NEGATIVE, operation.label
    assert (operations > 12, asked > 100) == (True, True)


def test_an_operation_that_is_not_built_answers_404_and_a_wrong_verb_405(loops: Loops) -> None:
    for method, path in sorted(
        (method.upper(), path)
        for path, item in openapi.document()["paths"].items()
        for method in item
        if method in ("get", "post", "put", "delete")
    ):
        plain = path.replace("{eventName}", "x").replace("{", "").replace("}", "")
        if not built(method, path) and not any(built(m, path) for m in ("GET", "POST", "PUT", "DELETE")):
            status, body = loops.ask(method, plain)
            assert (status, body["success"], bool(body["message"])) == (404, False, True), f"{method} {path}"
        elif built(method, path):
            answer = loops.raw("PATCH", plain)
            assert (answer.status, json.loads(answer.body)["success"]) == (405, False), path


def test_the_table_in_the_docs_names_every_operation_of_the_document() -> None:
    from scripts.loops_operations import OPERATIONS as LISTED
    from scripts.loops_operations import OTHERWISE

    document = {
        (m.upper(), p)
        for p, item in openapi.document()["paths"].items()
        for m in item
        if m in ("get", "post", "put", "delete")
    }
    assert {(method, path) for method, path, _ in LISTED} == document
    assert set(OTHERWISE) <= {name for _, _, name in LISTED}

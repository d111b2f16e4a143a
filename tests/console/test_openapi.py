"""The API's own description against what it does: schemathesis asks every operation, valid and not, in this process."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import response_schema_conformance, status_code_conformance

from headrace.fate import Code, State
from tests.console.house import House, identify, track

EXAMPLES = 5  # per operation and mode: some 700 requests, a few seconds
ENDLESS = {"/api/v1/live"}
# a check of its own: what is not documented, a body unlike its description, and whatever is our fault
CHECKS = [not_a_server_error, status_code_conformance, response_schema_conformance]


def lived_in(house: House) -> None:
    house.take(identify("ada", "ada@example.com", anonymousId="a"), track("ada", "newUser", properties={"plan": "pro"}))
    house.settle(State.DEAD, Code.REFUSED, limit=1)
    house.attempt(1, 400, "no", "refused")
    house.settle()
    house.rejected.add(401, "unknown write key", "/v1/track", None, "rudder-js/3", "127.0.0.1", b"{}")


def ask_all(cases: Any, house: House, headers: dict[str, str]) -> int:
    asked: list[str] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: Any) -> None:
        with_real_ids(case, house)
        asked.append(case.path)
        case.call_and_validate(headers=headers, checks=CHECKS)

    ask()
    return len(asked)


def with_real_ids(case: Any, house: House) -> None:
    """So that more than "there is no such thing" is answered."""
    real = {"destination_id": house.loops, "position": 1}
    if "/destinations/{" in case.path:
        real["identifier"] = house.loops if case.method in ("GET", "PATCH") or case.path.endswith("preview") else "other"
    if "/sources/{" in case.path:
        real["identifier"] = house.source if case.method == "GET" else "other"
    case.path_parameters.update({name: real[name] for name in case.path_parameters if name in real})


@pytest.mark.slow
def test_every_operation_does_what_it_says_it_does(house: House) -> None:
    lived_in(house)
    headers = {"Authorization": f"Bearer {house.tokens['owner']}"}
    schema = schemathesis.openapi.from_asgi("/api/v1/openapi.json", house.app)
    asked = 0
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        operation = found.ok()
        if operation.path in ENDLESS:
            continue
        for mode in (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE):
            cases = operation.as_strategy(generation_mode=mode)
            try:
                asked += ask_all(cases, house, headers)
            except Unsatisfiable:
                assert mode is schemathesis.GenerationMode.NEGATIVE, operation.label  # it takes nothing that could be wrong
    assert asked > 300


def test_the_description_says_how_to_come_in(house: House) -> None:
    schema = house.api.openapi()
    assert set(schema["components"]["securitySchemes"]) == {"token", "session"}
    assert schema["paths"]["/api/v1/health"]["get"]["security"] == []
    assert "security" not in schema["paths"]["/api/v1/overview"]["get"]


def test_a_generated_client_finds_a_type_for_every_answer(house: House) -> None:
    """No answer is just "something": each names a schema, or says that it is text or a stream."""
    for path, operations in house.api.openapi()["paths"].items():
        for method, operation in operations.items():
            content = operation["responses"]["200"]["content"]
            schema = content.get("application/json", {}).get("schema")
            if schema is None:
                continue
            assert "$ref" in schema, f"{method} {path} answers {schema}"
        assert all(operation["summary"] and operation["operationId"] for operation in operations.values())

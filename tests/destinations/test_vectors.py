"""`compatibility: rudderstack` agrees with what RudderStack's connector was measured to send."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from headrace.destinations.loops.type import LOOPS
from headrace.destinations.port import Filtered, Refused, Rendered
from headrace.event import Facts

VECTORS = Path(__file__).parents[3] / "shared" / "data" / "loops-vectors.jsonl"
LEFT_OUT = {
    "array-paths",
    "message-odd",
    "type-odd",
    "dynconfig",
}  # accidents of JavaScript, as the README of the data says
ODD_KEYS = {"constructor", "prototype", "__proto__"}


def accidents(vector: dict[str, Any]) -> bool:
    if vector["group"] in LEFT_OUT or "httpLevel" in str(vector["expected"])[:200]:
        return True
    message = vector["message"]
    if vector["group"] in ("traits-odd", "context-odd"):
        context = message.get("context")
        values = [message.get("traits"), context, context.get("traits") if isinstance(context, dict) else None]
        return any(isinstance(value, list | str) for value in values)
    return vector["group"] == "trait-key" and any(f'"{key}"' in json.dumps(message) for key in ODD_KEYS)


@pytest.mark.skipif(not VECTORS.exists(), reason="the measured vectors lie beside the repository, not in it")
def test_every_measured_message_becomes_the_same_request() -> None:
    differ: list[str] = []
    counted: Counter[str] = Counter()
    for line in VECTORS.read_text().splitlines():
        vector = json.loads(line)
        if accidents(vector) or vector.get("jsNumberRounding"):
            counted["left out"] += 1
            continue
        expected = vector["expected"]
        key = (vector.get("destinationConfig") or {}).get("apiKey")
        if not isinstance(key, str | None):  # the workspace refuses to save such a key
            counted["left out"] += 1
            continue
        made = LOOPS.translate(vector["message"], {"api_key": key, "compatibility": "rudderstack"}, Facts(), 0)
        address = LOOPS.address({"api_key": key}, None)
        if "error" in expected:
            counted["refused"] += 1
            if isinstance(made, Rendered) and address is not None:
                differ.append(f"{vector['id']}: was refused ({expected.get('errorShort')}), now {made.request.body}")
        else:
            counted["accepted"] += 1
            if not isinstance(made, Rendered) or address is None:
                differ.append(f"{vector['id']}: was sent, now {made}")
            elif (made.request.method, address.base_url + made.request.path, made.request.body) != (
                expected["method"],
                expected["endpoint"],
                expected["body"],
            ):
                differ.append(f"{vector['id']}: {made.request.body} != {expected['body']}")
            assert not isinstance(made, Filtered | Refused) or differ
    assert not differ, "\n".join(differ[:20])
    assert counted["accepted"] > 200, counted
    assert counted["refused"] > 50, counted

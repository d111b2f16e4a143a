"""The pages' source against the API: what a page asks for is there, by that method."""

from __future__ import annotations

import re
from pathlib import Path

from tests.console.house import House

PAGES = Path(__file__).parents[2] / "frontend" / "src"
TYPE = r"(?:<[^()`;]*?>)?"
READ = re.compile(rf"\b(?:useGet|useList|get){TYPE}\(\s*([\"`])(/.*?)\1[,)]")
WRITE = re.compile(rf"\bcall{TYPE}\(([^`]*?), ([\"`])(/.*?)\2[,)]")
METHOD = re.compile(r"\"(GET|POST|PATCH|PUT|DELETE)\"")
FEWEST = 60


def address(text: str) -> str:
    """`/sources/${id}/events${query({ … })}` → `/sources/{}/events`."""
    found, depth = "", 0
    for character in text.partition("${query(")[0]:
        depth += {"{": 1, "}": -1}.get(character, 0)
        if not depth and character not in "$}":
            found += character
        if depth == 1 and character == "{":
            found += "{}"
    return found


def asked() -> set[tuple[str, str, str]]:
    found = set()
    for path in PAGES.rglob("*.ts*"):
        text = path.read_text()
        found |= {(path.name, "GET", address(m[2])) for m in READ.finditer(text)}
        found |= {(path.name, method, address(m[3])) for m in WRITE.finditer(text) for method in METHOD.findall(m[1])}
    return found


def fits(wanted: str, path: str) -> bool:
    """What is filled in may be an id or a word."""
    pairs = list(zip(wanted.split("/"), path.split("/"), strict=False))
    return wanted.count("/") == path.count("/") and all(a in ("{}", b) for a, b in pairs)


def test_every_address_that_the_pages_ask_for_is_one_of_the_apis(house: House) -> None:
    there = [
        (method.upper(), re.sub(r"\{\w+\}", "{}", path.removeprefix("/api/v1")))
        for path, operations in house.api.openapi()["paths"].items()
        for method in operations
    ]
    calls = asked()
    assert len(calls) >= FEWEST, "the expressions above read the pages no longer"
    unknown = [call for call in sorted(calls) if not any(call[1] == m and fits(call[2], path) for m, path in there)]
    assert unknown == []

"""Prints the control API's OpenAPI document: the pages' types are made from it. Nothing is opened for that."""

from __future__ import annotations

import json
import sys
from typing import Any

from headrace.console.app import create_api


class Nobody:
    """Stands where an instance would: describing the routes reads nothing of it."""

    def __getattr__(self, name: str) -> Nobody:
        return self

    def __call__(self, *given: object) -> Nobody:
        return self


def main() -> None:
    nobody: Any = Nobody()
    json.dump(create_api(nobody, nobody).openapi(), sys.stdout, indent=1)


if __name__ == "__main__":
    main()

"""What every benchmark prints: the machine, one line a figure, its target, and its ratio to the last recorded run."""

from __future__ import annotations

import argparse
import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    python = platform.python_version()
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python {python}"


def options(about: str | None, arguments: Sequence[str] | None = None, **more: dict[str, Any]) -> argparse.Namespace:
    """`--long` and `--record` everywhere; `more` names further flags with argparse's words."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--long", action="store_true", help="the full numbers instead of the short form")
    parser.add_argument("--record", action="store_true", help="keep the figures in benchmarks/results/")
    for name, words in more.items():
        parser.add_argument(f"--{name.replace('_', '-')}", **words)
    return parser.parse_args(arguments)


class Report:
    """Lines as they are measured; `close` records them if asked to. Short and long forms are recorded apart."""

    def __init__(self, name: str, title: str, given: argparse.Namespace) -> None:
        self._path = RESULTS / f"{name}{'-long' if given.long else ''}.json"
        self._record = given.record
        self._figures: dict[str, float] = {}
        before = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._before: dict[str, float] = before.get("figures", {})
        self._began = time.perf_counter()
        since = f"; ratios to the run of {before['at']} ({before['machine']})" if before else ""
        print(f"\n{title}\n  {machine()}{since}")

    def figure(self, key: str, value: float, words: str, target: str = "") -> None:
        """`words` show the value; `key` names it in the record."""
        self._figures[key] = round(value, 6)
        last = self._before.get(key)
        ratio = f"× {value / last:.2f}" if last else ""
        print(f"  {words:<84} {target:<12} {ratio}".rstrip(), flush=True)

    def say(self, words: str) -> None:
        print(f"  {words}", flush=True)

    def close(self) -> None:
        print(f"  {time.perf_counter() - self._began:.0f} s", flush=True)
        if self._record:
            RESULTS.mkdir(exist_ok=True)
            kept = {"at": time.strftime("%Y-%m-%d"), "machine": machine(), "figures": self._figures}
            self._path.write_text(json.dumps(kept, indent=1) + "\n")


def at(share: float, values: Sequence[float]) -> float:
    """The value below which `share` of the sorted `values` lie."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0

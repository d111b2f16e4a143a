"""`make simulate PLANT=all`: bugs planted into the real code, one at a time, and which seeds notice each."""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import msgspec

from tests.simulation.planted import PLANTS, Change


class Planter(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Changes the source of the named modules as they are imported."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._changes = changes

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if not any(change.module == name for change in self._changes):
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        assert found is not None
        return importlib.util.spec_from_loader(name, self, origin=found.origin)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        assert module.__spec__ is not None
        assert module.__spec__.origin is not None
        source = Path(module.__spec__.origin).read_text()
        for change in self._changes:
            if change.module == module.__name__:
                source = change.made_in(source)
        exec(compile(source, module.__spec__.origin, "exec"), module.__dict__)


class Found(msgspec.Struct):
    plant: str
    seeds: list[int]  # of those that were run, which noticed
    of: int
    first: str = ""  # what the first one said


def hunt(plant: str, first: int, count: int, enough: int) -> Found:
    """In a process of its own: plant it, run seeds until `enough` have noticed."""
    sys.meta_path.insert(0, Planter(PLANTS[plant].changes))
    from tests.simulation.run import simulate

    found = Found(plant, [], 0)
    for seed in range(first, first + count):
        found.of += 1
        said = _said(simulate, seed)
        if said:
            found.first = found.first or said
            found.seeds.append(seed)
        if len(found.seeds) >= enough:
            break
    return found


def _said(simulate: object, seed: int) -> str:
    try:
        outcome = simulate(seed)  # type: ignore[operator]
    except Exception as error:  # noqa: BLE001 - a plant may break anything
        return f"it breaks down: {error!r}"
    return str(outcome.failures[0]) if outcome.failures else ""


def hunt_apart(plant: str, first: int, count: int, enough: int) -> Found:
    command = [sys.executable, "-m", "tests.simulation.plant", plant]
    command += ["--seed", str(first), "--count", str(count), "--enough", str(enough), "--json"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=3_600)
    return msgspec.json.decode(done.stdout.splitlines()[-1].encode(), type=Found)


HEAD = "| planted bug | noticed by seed | after | what it said |\n|---|---|---|---|"


def row(one: Found) -> str:
    seeds = ", ".join(map(str, one.seeds)) or "**none**"
    said = one.first[:140].replace("|", "/")
    return f"| {PLANTS[one.plant].what} | {seeds} | {one.of} seeds | {said} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.plant", description=__doc__)
    parser.add_argument("plant", choices=["all", *sorted(PLANTS)])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--count", type=int, default=3000, help="most seeds for one plant")
    parser.add_argument("--enough", type=int, default=1, help="stop when so many seeds have noticed")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.json:
        found = hunt(options.plant, options.seed, options.count, options.enough)
        print(json.dumps(msgspec.to_builtins(found)))
        return
    plants = list(PLANTS) if options.plant == "all" else [options.plant]
    print(HEAD)
    missed = 0
    with ThreadPoolExecutor(options.jobs) as pool:
        for one in pool.map(lambda p: hunt_apart(p, options.seed, options.count, options.enough), plants):
            print(row(one), flush=True)
            missed += not one.seeds
    sys.exit(min(1, missed))


if __name__ == "__main__":
    main()

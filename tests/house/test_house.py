"""The house rules: who may import whom, no circles, pure deciding modules, small files, one door for time."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

SRC = Path(__file__).parents[2] / "src"
WORDS = {"event", "fate", "errors", "clock", "settings"}
SIBLINGS = {"gateway.dialects", "destinations", "storage", "engine.workflows.nodes"}
FILES = {"gateway.dialects", "engine.workflows.nodes"}  # families whose siblings are files, not folders
MAY_IMPORT: dict[str, set[str]] = {
    "gateway": {"eventlog", "database"},
    "eventlog": set(),
    "routing": {"eventlog", "destinations"},
    "delivery": {"destinations", "journal"},
    "destinations": set(),
    "journal": set(),
    "alarms": {"delivery", "destinations"},  # a webhook leaves over delivery's transport, signed as the webhook type signs
    "engine": {"database"},
    "console": {"journal", "eventlog", "engine", "destinations", "alarms"},
    "workspace": {"database"},
    "database": set(),
    "storage": {"eventlog", "routing", "delivery", "journal", "alarms", "workspace", "database"},
}
FREE = {"app", "cli", "testing", "__main__"}
# modules that decide: no clock, chance, I/O or await
PURE = (
    "headrace.destinations.port", "headrace.delivery.outcome", "headrace.delivery.retry", "headrace.delivery.pace",
    "headrace.delivery.health", "headrace.delivery.keys", "headrace.delivery.render", "headrace.delivery.masking",
    "headrace.delivery.patience", "headrace.delivery.fold", "headrace.delivery.memory", "headrace.delivery.turns",
    "headrace.delivery.ending",
    "headrace.routing.lanes", "headrace.routing.repeats", "headrace.routing.message", "headrace.journal.audit",
    "headrace.journal.ongoing", "headrace.journal.forgetting", "headrace.eventlog.keeping",
    "headrace.eventlog.suppression", "headrace.alarms.rules", "headrace.alarms.measures",
    "headrace.alarms.notice",
    "headrace.workspace.model", "headrace.workspace.yaml_file", "headrace.engine.audience.filters", "headrace.engine.values",
    "headrace.engine.notes",
    "headrace.engine.workflows.graph", "headrace.engine.workflows.edits", "headrace.engine.workflows.types",
    "headrace.engine.workflows.walk",
    "headrace.workspace.secrets", "headrace.journal.charts",
    "headrace.console.charting", "headrace.console.telling", "headrace.console.seen", "headrace.console.slowing",
)  # fmt: skip
PURE_ROOMS = ("headrace.destinations.", "headrace.engine.lmx.", "headrace.engine.workflows.nodes.")
IMPURE_MODULES = {
    "time",
    "random",
    "secrets",
    "asyncio",
    "socket",
    "os",
    "subprocess",
    "threading",
    "apsw",
    "sqlite3",
    "aiohttp",
}


def modules() -> dict[str, Path]:
    found = {}
    for path in sorted(SRC.rglob("*.py")):
        name = ".".join(path.relative_to(SRC).with_suffix("").parts)
        found[name.removesuffix(".__init__")] = path
    return found


MODULES = modules()


def imports(name: str) -> set[str]:
    """Modules of ours that `name` imports, type-only imports included."""
    tree = ast.parse(MODULES[name].read_text())
    package = name if MODULES[name].name == "__init__.py" else name.rpartition(".")[0]
    wanted: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            wanted |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                base = ".".join(parts[: len(parts) - node.level + 1] + ([node.module] if node.module else []))
            wanted |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    return {m for m in wanted if m in MODULES and m != name}


def room(name: str) -> str:
    parts = name.split(".")
    return parts[1] if len(parts) > 1 else ""


EDGES = {name: imports(name) for name in MODULES}


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_room_imports_only_what_the_table_allows(name: str) -> None:
    own = room(name)
    if own in FREE or own == "":
        return
    for target in EDGES[name]:
        other = room(target)
        if other in (own, ""):
            continue
        if own in WORDS:
            assert (own, other) == ("settings", "errors"), f"{name} is a word and imports {target}"
            continue
        allowed = WORDS | {"workspace"} | MAY_IMPORT[own]
        assert other in allowed, f"{name} may not import {target}"


def test_every_room_is_in_the_table() -> None:
    rooms = {room(name) for name in MODULES} - {""}
    assert rooms <= WORDS | set(MAY_IMPORT) | FREE


def test_siblings_never_import_each_other() -> None:
    for name, targets in EDGES.items():
        for family in SIBLINGS:
            prefix = f"headrace.{family}."
            if not name.startswith(prefix):
                continue
            own = name.removeprefix(prefix).split(".")[0]
            if not (SRC / prefix.replace(".", "/") / own).is_dir() and family not in FILES:
                continue
            for target in targets:
                if not target.startswith(prefix):
                    continue
                other = target.removeprefix(prefix).split(".")[0]
                folder = (SRC / prefix.replace(".", "/") / other).is_dir() or family in FILES
                assert other == own or not folder or other == "port", f"{name} imports its sibling {target}"


def test_there_are_no_import_circles() -> None:
    state: dict[str, int] = {}

    def visit(name: str, path: tuple[str, ...]) -> None:
        if state.get(name) == 2:
            return
        assert state.get(name) != 1, "circle: " + " → ".join((*path, name))
        state[name] = 1
        for target in sorted(EDGES[name]):
            if not name.startswith(target + "."):
                visit(target, (*path, name))
        state[name] = 2

    for name in MODULES:
        visit(name, ())


@pytest.mark.parametrize("name", [n for n in MODULES if n in PURE or n.startswith(PURE_ROOMS)])
def test_a_deciding_module_is_pure(name: str) -> None:
    for node in ast.walk(ast.parse(MODULES[name].read_text())):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), f"{name} awaits"
        if isinstance(node, ast.Import):
            assert not {alias.name.split(".")[0] for alias in node.names} & IMPURE_MODULES, name
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.module.split(".")[0] not in IMPURE_MODULES, name
            assert not (node.module == "headrace.clock" and {a.name for a in node.names} & {"SystemClock", "SystemChance"})
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in ("open", "print", "input"), f"{name} does I/O"


def test_only_settings_reads_the_environment() -> None:
    for name, path in MODULES.items():
        if room(name) == "settings":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute):
                assert node.attr not in ("environ", "getenv"), f"{name} reads the environment"


def test_only_the_clock_reads_time_and_chance() -> None:
    forbidden = {("time", "time"), ("time", "time_ns"), ("random", "random"), ("uuid", "uuid4"), ("datetime", "now")}
    for name, path in MODULES.items():
        if room(name) == "clock":
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                assert (node.value.id, node.attr) not in forbidden, f"{name} uses {node.value.id}.{node.attr}"


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_file_says_what_it_is_for_and_stays_small(name: str) -> None:
    text = MODULES[name].read_text()
    assert ast.get_docstring(ast.parse(text)), f"{name} has no first line that says what it is for"
    assert len(text.splitlines()) <= 400, f"{name} has grown over 400 lines"


def test_nobody_swallows_an_error() -> None:
    for name, path in MODULES.items():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ExceptHandler) and node.type is None:
                pytest.fail(f"{name}:{node.lineno} catches everything")
            if isinstance(node, ast.ExceptHandler) and isinstance(node.type, ast.Name):
                broad = node.type.id in ("Exception", "BaseException")
                silent = all(isinstance(line, ast.Pass) for line in node.body)
                assert not (broad and silent), f"{name}:{node.lineno} swallows {node.type.id}"

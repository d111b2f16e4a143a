"""The workspace file: YAML in, checked with line numbers; YAML out, secrets as references. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
import yaml

from headrace.errors import WorkspaceError, meant
from headrace.workspace import secrets
from headrace.workspace.model import Workspace

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
KEYS = {
    "": ("version", "sources", "destinations", "connections", "engine"),
    "sources": ("name", "type", "write_key", "enabled"),
    "destinations": ("name", "type", "enabled", "settings"),
    "connections": ("source", "destination"),
}


class FileSource(msgspec.Struct, frozen=True):
    name: str
    type: str | None
    write_key: str | None
    enabled: bool | None
    line: int


class FileDestination(msgspec.Struct, frozen=True):
    """`settings` holds references resolved; `names` says which came from ${NAME}; `absent` could not be resolved."""

    name: str
    type: str | None
    enabled: bool | None
    settings: dict[str, Any] | None
    names: dict[str, str]
    absent: dict[str, str]
    line: int


class WorkspaceFile(msgspec.Struct, frozen=True):
    sources: tuple[FileSource, ...]
    destinations: tuple[FileDestination, ...]
    connections: tuple[tuple[str, str, int], ...]
    engine: dict[str, Any] | None
    engine_line: int = 1


class _Lines(yaml.SafeLoader):
    """Refuses a key that stands twice, with its line."""


def _mapping(loader: _Lines, node: yaml.MappingNode) -> dict[Any, Any]:
    seen: set[Any] = set()
    for key_node, _ in node.value:
        key = loader.construct_object(key_node)
        if key in seen:
            raise WorkspaceError(f"line {key_node.start_mark.line + 1}: {key!r} stands twice.")
        seen.add(key)
    return loader.construct_mapping(node, deep=True)


_Lines.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _mapping)


def parse(text: str, secret: Callable[[str], str | None]) -> WorkspaceFile:
    """Raises WorkspaceError with the line. `secret` gives the value of a ${NAME}, None when it has none."""
    try:
        root = yaml.compose(text, _Lines)
        value = yaml.load(text, _Lines)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise WorkspaceError(f"line {line}: this is no YAML: {error.problem}.") from None
    except yaml.YAMLError as error:
        raise WorkspaceError(f"This is no YAML: {error}.") from None
    if not isinstance(value, dict) or not isinstance(root, yaml.MappingNode):
        raise WorkspaceError("line 1: the file must be a map that begins with `version: 1`.")
    _check_keys(root, KEYS[""])
    if value.get("version") != 1:
        raise WorkspaceError(f"line {_line(root, 'version')}: this Headrace reads `version: 1`.")
    sources = tuple(_source(entry, line) for entry, line in _entries(root, value, "sources"))
    destinations = tuple(_destination(entry, line, secret) for entry, line in _entries(root, value, "destinations"))
    connections = tuple(_connection(entry, line) for entry, line in _entries(root, value, "connections"))
    _unique("source", [(s.name, s.line) for s in sources])
    _unique("destination", [(d.name, d.line) for d in destinations])
    engine = value.get("engine")
    if engine is not None and not isinstance(engine, dict):
        raise WorkspaceError(f"line {_line(root, 'engine')}: `engine` must be a map.")
    return WorkspaceFile(sources, destinations, connections, engine, _line(root, "engine"))


def _check_keys(node: yaml.MappingNode, known: tuple[str, ...]) -> None:
    for key_node, _ in node.value:
        if key_node.value not in known:
            line = key_node.start_mark.line + 1
            near = meant(key_node.value, known)
            raise WorkspaceError(f"line {line}: {key_node.value!r} is not known here.{near} Known: {', '.join(known)}.")


def _line(node: yaml.MappingNode, key: str) -> int:
    return next((k.start_mark.line + 1 for k, _ in node.value if k.value == key), node.start_mark.line + 1)


def _entries(root: yaml.MappingNode, value: dict[str, Any], key: str) -> list[tuple[dict[str, Any], int]]:
    """The maps of a section with their lines; their keys are checked."""
    entries = value.get(key) or []
    if not isinstance(entries, list):
        raise WorkspaceError(f"line {_line(root, key)}: `{key}` must be a list.")
    node = next((v for k, v in root.value if k.value == key), None)
    found = []
    for entry, item in zip(entries, node.value if node is not None else [], strict=False):
        line = item.start_mark.line + 1
        if not isinstance(entry, dict) or not isinstance(item, yaml.MappingNode):
            raise WorkspaceError(f"line {line}: each of `{key}` must be a map.")
        _check_keys(item, KEYS[key])
        found.append((entry, line))
    return found


def _text(entry: Mapping[str, Any], key: str, line: int, required: bool = False) -> str | None:
    value = entry.get(key)
    if value is None and not required:
        return None
    if not isinstance(value, str) or not value.strip():
        raise WorkspaceError(f"line {line}: `{key}` must be a text.")
    return value.strip()


def _flag(entry: Mapping[str, Any], key: str, line: int) -> bool | None:
    value = entry.get(key)
    if value is not None and not isinstance(value, bool):
        raise WorkspaceError(f"line {line}: `{key}` must be true or false.")
    return value


def _source(entry: dict[str, Any], line: int) -> FileSource:
    name = _text(entry, "name", line, required=True)
    assert name is not None
    key = entry.get("write_key")
    if isinstance(key, int) and not isinstance(key, bool):
        raise WorkspaceError(f"line {line}: put the write key in quotes.")
    return FileSource(name, _text(entry, "type", line), _text(entry, "write_key", line), _flag(entry, "enabled", line), line)


def _destination(entry: dict[str, Any], line: int, secret: Callable[[str], str | None]) -> FileDestination:
    name = _text(entry, "name", line, required=True)
    assert name is not None
    settings = entry.get("settings")
    if settings is not None and not isinstance(settings, dict):
        raise WorkspaceError(f"line {line}: `settings` must be a map.")
    names: dict[str, str] = {}
    absent: dict[str, str] = {}

    def resolve(values: dict[Any, Any], above: str = "") -> dict[str, Any]:
        resolved: dict[str, Any] = {}
        for key, value in values.items():
            path = f"{above}{key}"
            match = REFERENCE.fullmatch(value) if isinstance(value, str) else None
            if match is None and isinstance(value, str) and REFERENCE.search(value):
                raise WorkspaceError(
                    f"line {line}: {path}: a reference like ${{NAME}} must stand alone, with nothing around it."
                )
            if match is None:
                resolved[str(key)] = resolve(value, f"{path}.") if isinstance(value, dict) and not above else value
                continue
            names[path] = match[1]
            found = secret(match[1])
            if found is None:
                absent[path] = match[1]
            else:
                resolved[str(key)] = found
        return resolved

    return FileDestination(
        name,
        _text(entry, "type", line),
        _flag(entry, "enabled", line),
        None if settings is None else resolve(settings),
        names,
        absent,
        line,
    )


def _connection(entry: dict[str, Any], line: int) -> tuple[str, str, int]:
    source, destination = _text(entry, "source", line, True), _text(entry, "destination", line, True)
    assert source is not None
    assert destination is not None
    return source, destination, line


def _unique(what: str, names: list[tuple[str, int]]) -> None:
    seen: dict[str, int] = {}
    for name, line in names:
        if name in seen:
            raise WorkspaceError(f"line {line}: a {what} named {name!r} stands in line {seen[name]} already.")
        seen[name] = line


def export(
    workspace: Workspace,
    secret_names: Callable[[str], Mapping[str, str | None]],
    secret_keys: Callable[[str], frozenset[str]],
    engine: Mapping[str, Any] | None,
) -> str:
    """The workspace as a file that `parse` reads. A secret without a name becomes a reference made of its destination's."""
    names = {s.id: s.name for s in workspace.sources} | {d.id: d.name for d in workspace.destinations}
    destinations = []
    for d in workspace.destinations:
        secret, known = secret_keys(d.type), secret_names(d.id)
        hidden = {
            path: "${" + (known.get(path) or _made_name(d.name, path)) + "}" for path in secrets.texts(d.settings, secret)
        }
        settings = secrets.joined(secrets.without(d.settings, secret), hidden)
        destinations.append({"name": d.name, "type": d.type, "enabled": d.enabled, "settings": settings})
    value: dict[str, Any] = {
        "version": 1,
        "sources": [
            {"name": s.name, "type": s.type, "write_key": s.write_key, "enabled": s.enabled} for s in workspace.sources
        ],
        "destinations": destinations,
        "connections": [
            {"source": names[c.source_id], "destination": names[c.destination_id]} for c in workspace.connections
        ],
    }
    if engine is not None:
        value["engine"] = dict(engine)
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True, width=120)


def _made_name(destination: str, key: str) -> str:
    return re.sub(r"[^A-Z0-9]+", "_", f"{destination}_{key}".upper()).strip("_")


def referred(text: str, secret: Callable[[str], str | None]) -> dict[str, str]:
    """Values of the ${NAME}s that the file names, and of nothing else."""
    names = set(REFERENCE.findall(text))
    return {name: value for name in names if (value := secret(name)) is not None}

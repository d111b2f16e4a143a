"""The workspace as it is kept: secrets sealed, every change in the audit log, one immutable snapshot for readers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import apsw
import msgspec

from headrace.clock import BASE36, BASE62, Chance, Clock
from headrace.errors import Conflict, NotFound, WorkspaceError
from headrace.workspace import secrets
from headrace.workspace.model import Connection, Destination, Source, Workspace
from headrace.workspace.secretbox import SecretBox
from headrace.workspace.statedb import StateDb

WRITE_KEY = 27  # characters of base62, as RudderStack's
OLD_KEY_LIVES = 7 * 86_400_000  # ms after a rotation


class WorkspaceStore:
    """Sources, destinations and connections. `secret_keys(type)` says which settings of a type are secret."""

    def __init__(
        self, db: StateDb, box: SecretBox, clock: Clock, chance: Chance, secret_keys: Callable[[str], frozenset[str]]
    ) -> None:
        self.db = db
        self._box = box
        self._clock = clock
        self._chance = chance
        self._secret_keys = secret_keys
        self._listeners: list[Callable[[Workspace], None]] = []
        self._snapshot = self._read()

    def snapshot(self) -> Workspace:
        return self._snapshot

    def on_change(self, listener: Callable[[Workspace], None]) -> None:
        self._listeners.append(listener)

    @property
    def workspace_id(self) -> str:
        found = self.db.rows("select value from meta where name='workspace_id'")
        if found:
            return str(found[0][0])
        made = self.new_id()
        self.db.write(lambda c: c.execute("insert into meta values('workspace_id', ?)", (made,)))
        return made

    def new_id(self) -> str:
        return self._chance.token(16, BASE36)

    def secrets_of(self, kind: str) -> frozenset[str]:
        """Which settings of this destination type are secret."""
        return self._secret_keys(kind)

    def secret_names(self, destination_id: str) -> dict[str, str | None]:
        """Which secrets are stored, and the ${NAME} each came from."""
        return dict(self.db.rows("select key, name from secret where destination=?", destination_id))

    # --- sources ---------------------------------------------------------------------------------------------------

    def add_source(self, who: str, name: str, kind: str, write_key: str | None = None, enabled: bool = True) -> Source:
        key = write_key or self._chance.token(WRITE_KEY, BASE62)
        check_name(name)
        check_write_key(key)
        if any(s.write_key == key for s in self._snapshot.sources):
            raise Conflict("Another source has this write key.")
        source = Source(self.new_id(), name.strip(), kind, key, enabled, self._clock.now_ms())
        self._change(who, f"source {name} added", None, _shown(source), lambda c: self._put_source(c, source))
        return source

    def change_source(self, who: str, source_id: str, **changed: Any) -> Source:
        """`name`, `type`, `enabled`, `write_key`; `rotate_key=True` makes a new key, the old one stays valid for a while."""
        before = self.source(source_id)
        if changed.pop("rotate_key", False):
            changed["write_key"] = self._chance.token(WRITE_KEY, BASE62)
            changed["old_write_keys"] = (before.write_key, *before.old_write_keys)[:5]
            changed["old_until"] = self._clock.now_ms() + OLD_KEY_LIVES
        if "name" in changed:
            check_name(changed["name"])
        if "write_key" in changed:
            check_write_key(changed["write_key"])
        after = msgspec.structs.replace(before, **changed)
        if after != before:
            self._change(
                who, f"source {before.name} changed", _shown(before), _shown(after), lambda c: self._put_source(c, after)
            )
        return after

    def remove_source(self, who: str, source_id: str) -> None:
        source = self.source(source_id)

        def remove(c: apsw.Connection) -> None:
            c.execute("delete from source where id=?", (source_id,))
            c.execute("delete from connection where source=?", (source_id,))

        self._change(who, f"source {source.name} removed", _shown(source), None, remove)

    def source(self, source_id: str) -> Source:
        found = self._snapshot.source(source_id)
        if found is None:
            raise NotFound("There is no such source.")
        return found

    # --- destinations ----------------------------------------------------------------------------------------------

    def add_destination(
        self,
        who: str,
        name: str,
        kind: str,
        settings: Mapping[str, Any],
        enabled: bool = True,
        names: Mapping[str, str] | None = None,
    ) -> Destination:
        """`names`: for secrets that came from ${NAME}, the name by setting."""
        check_name(name)
        made = Destination(self.new_id(), name.strip(), kind, enabled, dict(settings), self._clock.now_ms())
        self._change(
            who, f"destination {name} added", None, self._masked(made), lambda c: self._put_destination(c, made, names or {})
        )
        return made

    def change_destination(
        self, who: str, destination_id: str, names: Mapping[str, str] | None = None, **changed: Any
    ) -> Destination:
        before = self.destination(destination_id)
        if "name" in changed:
            check_name(changed["name"])
        after = msgspec.structs.replace(before, **changed)
        kept = {key: name for key, name in self.secret_names(destination_id).items() if name} if names is None else names
        if after != before or names is not None:
            self._change(
                who,
                f"destination {before.name} changed",
                self._masked(before),
                self._masked(after),
                lambda c: self._put_destination(c, after, kept),
            )
        return after

    def remove_destination(self, who: str, destination_id: str) -> None:
        destination = self.destination(destination_id)

        def remove(c: apsw.Connection) -> None:
            for table, column in (("destination", "id"), ("secret", "destination"), ("connection", "destination")):
                c.execute(f"delete from {table} where {column}=?", (destination_id,))  # noqa: S608

        self._change(who, f"destination {destination.name} removed", self._masked(destination), None, remove)

    def destination(self, destination_id: str) -> Destination:
        found = self._snapshot.destination(destination_id)
        if found is None:
            raise NotFound("There is no such destination.")
        return found

    # --- connections -----------------------------------------------------------------------------------------------

    def connect(self, who: str, source_id: str, destination_id: str, since: int) -> None:
        """`since`: log position; later events are routed."""
        source, destination = self.source(source_id), self.destination(destination_id)
        if Connection(source_id, destination_id) in [
            Connection(c.source_id, c.destination_id) for c in self._snapshot.connections
        ]:
            return
        what = f"{source.name} connected to {destination.name}"
        self._change(
            who,
            what,
            None,
            {"since": since},
            lambda c: c.execute("insert into connection values(?,?,?)", (source_id, destination_id, since)),
        )

    def disconnect(self, who: str, source_id: str, destination_id: str) -> None:
        what = f"{self.source(source_id).name} disconnected from {self.destination(destination_id).name}"
        self._change(
            who,
            what,
            None,
            None,
            lambda c: c.execute("delete from connection where source=? and destination=?", (source_id, destination_id)),
        )

    def record(self, who: str, what: str) -> None:
        """A line of the audit log for what changes nothing of the workspace."""
        self._change(who, what, None, None, lambda c: None)

    # --- inside ----------------------------------------------------------------------------------------------------

    def _change(self, who: str, what: str, before: Any, after: Any, run: Callable[[apsw.Connection], Any]) -> None:
        def all_of_it(c: apsw.Connection) -> None:
            run(c)
            c.execute(
                "insert into audit(at, who, what, before, after) values(?,?,?,?,?)",
                (self._clock.now_ms(), who, what, _json(before), _json(after)),
            )
            c.execute("insert into meta values('revision', '1') on conflict do update set value=cast(value as integer)+1")

        try:
            self.db.write(all_of_it)
        except apsw.ConstraintError as error:
            raise Conflict(f"The name or key is taken already ({what}).") from error
        self._snapshot = self._read()
        for listener in self._listeners:
            listener(self._snapshot)

    def _put_source(self, c: apsw.Connection, s: Source) -> None:
        c.execute(
            "insert or replace into source values(?,?,?,?,?,?,?,?,?)",
            (
                s.id, s.name, s.type, s.write_key, int(s.enabled), s.created_at, json.dumps(s.old_write_keys), s.old_until,
                self._clock.now_ms(),
            ),
        )  # fmt: skip

    def _put_destination(self, c: apsw.Connection, d: Destination, names: Mapping[str, str]) -> None:
        secret = self._secret_keys(d.type)
        plain = secrets.without(d.settings, secret)
        c.execute(
            "insert or replace into destination values(?,?,?,?,?,?)",
            (d.id, d.name, d.type, int(d.enabled), json.dumps(plain, ensure_ascii=False), d.created_at),
        )
        c.execute("delete from secret where destination=?", (d.id,))
        for path, text in secrets.texts(d.settings, secret).items():
            c.execute("insert into secret values(?,?,?,?)", (d.id, path, self._box.seal(text), names.get(path)))

    def _read(self) -> Workspace:
        revision = self.db.rows("select value from meta where name='revision'")
        sources = tuple(
            Source(i, name, kind, key, bool(on), made, tuple(json.loads(old)), until)
            for i, name, kind, key, on, made, old, until in self.db.rows(
                "select id, name, type, write_key, enabled, created_at, old_write_keys, old_until from source"
                " order by created_at, name"
            )
        )
        opened: dict[str, dict[str, str]] = {}
        for destination, path, sealed in self.db.rows("select destination, key, sealed from secret"):
            opened.setdefault(destination, {})[path] = self._box.open(bytes(sealed))
        destinations = tuple(
            Destination(i, name, kind, bool(on), secrets.joined(json.loads(settings), opened.get(i, {})), made)
            for i, name, kind, on, settings, made in self.db.rows(
                "select id, name, type, enabled, settings, created_at from destination order by created_at, name"
            )
        )
        found = self.db.rows("select source, destination, since from connection order by source, destination")
        connections = tuple(Connection(*row) for row in found)
        return Workspace(int(revision[0][0]) if revision else 0, sources, destinations, connections)

    def _masked(self, d: Destination) -> dict[str, Any]:
        return {
            "name": d.name,
            "type": d.type,
            "enabled": d.enabled,
            "settings": secrets.masked(d.settings, self._secret_keys(d.type)),
        }


def check_name(name: Any) -> None:
    if not isinstance(name, str) or not name.strip() or len(name) > 100:
        raise WorkspaceError("A name has 1 to 100 characters.")


def check_write_key(key: Any) -> None:
    if not isinstance(key, str) or not 8 <= len(key) <= 100 or not key.isascii() or not key.isalnum():
        raise WorkspaceError("A write key has 8 to 100 letters and digits.")


def _shown(source: Source) -> dict[str, Any]:
    return {"name": source.name, "type": source.type, "enabled": source.enabled, "write_key": source.write_key}


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)


def open_store(
    path: Path, box: SecretBox, clock: Clock, chance: Chance, secret_keys: Callable[[str], frozenset[str]]
) -> WorkspaceStore:
    """Raises DataTooNew, DataDamaged or WrongSecretKey."""
    return WorkspaceStore(StateDb(path), box, clock, chance, secret_keys)

"""API keys of the engine: named, shown once, revocable, with their last use."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from headrace.clock import HEX, rfc3339
from headrace.engine.core import Core
from headrace.engine.desk import Desk
from headrace.engine.store import rows
from headrace.errors import NotFound, WorkspaceError

OWN = "Headrace"  # the key that the pipeline itself uses, and `headrace status` shows
MINUTE = 60_000  # ms: a use is written at most so often
LONGEST = 100


class Keys:
    """Which keys open the API is kept in memory: a request asks for nothing else."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._known: dict[str, str] = dict(core.read(lambda c: rows(c, "select hash, id from api_key")))
        self._noted: dict[str, int] = {}
        if not core.read(lambda c: rows(c, "select 1 from api_key where sealed is not null")):
            self._make(OWN, keep=True)

    def opens(self, key: str) -> bool:
        identifier = self._known.get(_hash(key))
        if identifier is None:
            return False
        now = self._core.now()
        if not 0 <= now - self._noted.get(identifier, -MINUTE) < MINUTE:
            self._noted[identifier] = now
            self._core.store.write(lambda c: c.execute("update api_key set last_used=? where id=?", (now, identifier)))
        return True

    def create(self, name: str) -> dict[str, Any]:
        """With the key in the clear, which nobody can read again."""
        if not name.strip() or len(name) > LONGEST:
            raise WorkspaceError(f"A key needs a name of at most {LONGEST} characters.")
        identifier, key = self._make(name.strip(), keep=False)
        return next(row for row in self.listed() if row["id"] == identifier) | {"key": key}

    def own(self) -> str:
        """The pipeline's key, in the clear."""
        ((sealed,),) = self._core.read(
            lambda c: rows(c, "select sealed from api_key where sealed is not null order by created_at, id limit 1")
        )
        return self._core.sealer.open(bytes(sealed))

    def listed(self) -> list[dict[str, Any]]:
        found = self._core.read(
            lambda c: rows(
                c, "select id, name, created_at, last_used, sealed is not null from api_key order by created_at, id"
            )
        )
        return [
            {"id": i, "name": n, "createdAt": rfc3339(a), "lastUsed": rfc3339(u) if u else None, "own": bool(own)}
            for i, n, a, u, own in found
        ]

    def revoke(self, identifier: str) -> None:
        """At once. The pipeline's own key is replaced by a new one."""

        def run(desk: Desk) -> bool:
            found = rows(desk.c, "select sealed is not null from api_key where id=?", (identifier,))
            if not found:
                raise NotFound("There is no such key.")
            desk.c.execute("delete from api_key where id=?", (identifier,))
            return bool(found[0][0])

        own = self._core.write(run).result()
        self._known = {hashed: i for hashed, i in self._known.items() if i != identifier}
        if own:
            self._make(OWN, keep=True)

    def _make(self, name: str, keep: bool) -> tuple[str, str]:
        key, identifier = self._core.chance.token(32, HEX), self._core.new_id()
        hashed, sealed = _hash(key), self._core.sealer.seal(key) if keep else None
        values = (identifier, name, hashed, sealed, self._core.now())
        self._core.store.write(lambda c: c.execute("insert into api_key values(?,?,?,?,?,null)", values)).result()
        self._known[hashed] = identifier
        return identifier, key


def _hash(key: str) -> str:
    return base64.b64encode(hashlib.sha256(key.encode()).digest()).decode()

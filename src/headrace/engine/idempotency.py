"""Idempotency keys: one used within a day is refused, whatever came of it; each kind of request has a table of its own."""

from __future__ import annotations

from typing import Literal

from headrace.engine.desk import Desk
from headrace.engine.refusal import LoopsError
from headrace.engine.store import rows

Table = Literal["used_key", "transactional_key"]
LIVES = 86_400_000  # ms
LONGEST = 100


def use(desk: Desk, table: Table, key: str) -> None:
    """Raises LoopsError(409) for one that was used. With a request that is refused its key is free again."""
    if not key or len(key) > LONGEST:
        raise LoopsError(400, f"An Idempotency-Key has 1 to {LONGEST} characters.")
    desk.c.execute(f"delete from {table} where at<?", (desk.now - LIVES,))  # noqa: S608 - one of two names of ours
    if rows(desk.c, f"select 1 from {table} where key=?", (key,)):  # noqa: S608
        raise LoopsError(409, f"Request with idempotency key {key} has already been processed.")
    burn(desk, table, key)


def burn(desk: Desk, table: Table, key: str) -> None:
    """Used up, whether it was before or not."""
    desk.c.execute(f"insert or ignore into {table} values(?,?)", (key, desk.now))

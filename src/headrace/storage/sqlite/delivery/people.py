"""Who was seen with whom, for the People page only: never for order, an address, or what `forget` deletes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import apsw

REFRESH = 3_600_000  # ms; how exactly it is known when somebody was last seen
KINDS = {"u": "user", "e": "email", "a": "anon"}
MANY = 50  # identifiers of one person that are joined; a shared computer or a public key must not chain everybody
HOPS = 2
STEP = 1_000  # rows of one work, so that deliveries get their turn in between


def pairs(identifiers: Sequence[str]) -> Iterable[tuple[str, str]]:
    """Each with the first (userId, else email, else anonymousId), both ways; alone: with nobody."""
    first, *others = identifiers
    if not others:
        yield first, ""
    for other in others:
        yield first, other
        yield other, first


def see(c: apsw.Connection, sightings: Iterable[Sequence[str]], at: int) -> None:
    """Most were seen a moment ago and cost a look each."""
    for identifier, other in {pair for names in sightings if names for pair in pairs(names)}:
        known = list(c.execute("select at from sighting where identifier=? and other=?", (identifier, other)))
        if not known or int(str(known[0][0])) < at - REFRESH:
            c.execute("insert or replace into sighting values(?,?,?)", (identifier, other, at))


def forget(c: apsw.Connection, identifiers: Iterable[str]) -> None:
    """Both ways of each pair."""
    for identifier in identifiers:
        c.execute(
            "delete from sighting where other=?1 and identifier in (select other from sighting where identifier=?1)",
            (identifier,),
        )
        c.execute("delete from sighting where identifier=?", (identifier,))


def forget_old(c: apsw.Connection, before: int, after: tuple[str, str]) -> tuple[str, str] | None:
    """Removes those not seen since `before` (ms) among the next STEP behind `after`; where to go on, None at the end."""
    sql = "select identifier, other, at from sighting where (identifier, other)>(?,?) order by 1, 2 limit ?"
    looked = [(str(i), str(o), int(str(at))) for i, o, at in c.execute(sql, (*after, STEP))]
    old = [(i, o) for i, o, at in looked if at < before]
    c.executemany("delete from sighting where identifier=? and other=?", old)
    return looked[-1][:2] if len(looked) == STEP else None


def joined(c: apsw.Connection, identifier: str) -> dict[str, int]:
    """The identifiers seen with this one, two hops far, and when; {} when nobody is known by it."""
    found: dict[str, int] = {}
    ring = [identifier]
    for _ in range(HOPS + 1):
        following: list[str] = []
        for name in ring:
            for other, at in c.execute(
                "select other, at from sighting where identifier=? order by at desc limit 50", (name,)
            ):
                seen = int(str(at))
                found[name] = max(found.get(name, 0), seen)
                if other and str(other) not in found:
                    following.append(str(other))
        ring = [name for name in dict.fromkeys(following) if name not in found][: max(0, MANY - len(found))]
    return found


def named(c: apsw.Connection, prefix: str, limit: int) -> list[str]:
    """Identifiers that begin so, of any kind."""
    names: list[str] = []
    for kind, text in (("u", prefix), ("e", prefix.lower()), ("a", prefix)):
        begin = f"{kind}:{text}"
        sql = "select distinct identifier from sighting where identifier>=? and identifier<? limit ?"
        names += [str(name) for (name,) in c.execute(sql, (begin, begin + "\U0010ffff", limit))]
    return names

"""The bugs that are planted: which text of which module, found there exactly once, becomes what."""

from __future__ import annotations

import msgspec


class Change(msgspec.Struct, frozen=True):
    module: str
    old: str
    new: str

    def made_in(self, source: str) -> str:
        """Raises ValueError when the code has moved on: then the plant has to move with it."""
        if source.count(self.old) != 1:
            raise ValueError(f"{self.module} holds {source.count(self.old)} times, not once: {self.old}")
        return source.replace(self.old, self.new)


class Plant(msgspec.Struct, frozen=True):
    what: str
    changes: tuple[Change, ...]


def _plant(what: str, module: str, old: str, new: str) -> Plant:
    return Plant(what, (Change(f"headrace.{module}", old, new),))


DB = "storage.sqlite.delivery."
LATER = '__import__("asyncio").ensure_future('

PLANTS: dict[str, Plant] = {
    "key-after-400": _plant(
        "key reused after a 400",
        "delivery.outcome",
        '"key_turn": claimed.key_turn + 1, "key_open_since": None, "held": None}',
        '"key_open_since": None, "held": None}',
    ),
    "key-after-unknown": _plant(
        "new key after an unknown outcome",
        "delivery.outcome",
        "        key_open_since=open_since,\n        next_at=now + int(seconds * 1000),",
        "        key_open_since=open_since,\n        key_turn=claimed.key_turn + 1,\n"
        "        next_at=now + int(seconds * 1000),",
    ),
    "key-after-401": _plant(
        "new key after a 401 to what may have been taken",
        "delivery.outcome",
        'return {"held": claimed.held} if claimed.key_open_since is not None else refused(claimed)',
        "return refused(claimed)",
    ),
    "key-turn-lost": _plant(
        "key turn lost on reading",
        DB + "claims",
        "else PLAIN, attempts, turn, open_since",
        "else PLAIN, attempts, 0, open_since",
    ),
    "key-for-ever": _plant(
        "repeated although its key has expired",
        "delivery.keys",
        "return open_since is not None and now - open_since >= EXPIRES_AFTER",
        "return False",
    ),
    "409-is-fine": _plant(
        "409 counted as delivered without an open attempt",
        "delivery.outcome",
        "case KeyUsed() if claimed.key_open_since is not None:",
        "case KeyUsed() if claimed.attempts >= 0:",
    ),
    "crash-forgotten": _plant(
        "a request cut off by a crash counts as never sent",
        "delivery.outcome",
        "return msgspec.structs.replace(claimed, key_open_since=claimed.key_open_since or sent_at)",
        "return claimed",
    ),
    "email-across-sources": _plant(
        "email learnt across sources",
        "routing.lanes",
        'return f"{LINKS}{destination_id}\\0{lane}"',
        'return f"{LINKS}\\0{lane}"',
    ),
    "email-not-mutual": _plant(
        "repair with an email that is another person's by now",
        DB + "sent",
        "return emails[0][2:] if mutual else None",
        "return emails[0][2:]",
    ),
    "fold-email": _plant(
        "fold across an email change",
        "destinations.loops.fold",
        "return same_user and (following.email is None or following.email == so_far.email)",
        "return same_user",
    ),
    "fold-values": _plant(
        "fold of two values of one property",
        "destinations.loops.fold",
        "if any(not _equal(so_far.contact[key], following.contact[key])",
        "if any(False and not _equal(so_far.contact[key], following.contact[key])",
    ),
    "fold-lists": _plant(
        "fold of a mailing list's two choices",
        "destinations.loops.fold",
        "if any(so_far.lists[key] is not value for key",
        "if any(False and so_far.lists[key] is not value for key",
    ),
    "fold-nulls": _plant(
        "nulls ride on events",
        "destinations.loops.fold",
        "return not any(value is None or name in NOT_ON_EVENTS for name, value in contact.items())",
        "return not any(name in NOT_ON_EVENTS for name in contact)",
    ),
    "fold-not-kept": _plant(
        "a fold that may have been taken is forgotten at a crash",
        DB + "claims",
        "held = _encoder.encode(intent.held) if intent.held is not None else None",
        "held = None",
    ),
    "fold-jumps": _plant(
        "a fold takes in what others still stand before",
        DB + "lanes",
        "        if any(row[0] not in members for row in older):\n            return False",
        "        if len(older) > 90:\n            return False",
    ),
    "skip-not-cleared": _plant(
        "skip memory not cleared before sending",
        DB + "sent",
        "on conflict do update set hash=null, clearer=excluded.clearer",
        "on conflict do update set clearer=excluded.clearer",
    ),
    "skip-events": _plant(
        "skip although an event said something else since",
        "delivery.memory",
        "    if not named:\n        return None\n    whole",
        '    if not named or rendered.kind == "event":\n        return None\n    whole',
    ),
    "skip-sisters": _plant(
        "skip although another destination of the team sent meanwhile",
        DB + "sent",
        "case when clearer=?1 and ?2 then ?3 end",
        "case when ?1<>'' and ?2>=0 then ?3 end",
    ),
    "skip-on-one": _plant(
        "skip although the email was sent with another user since",
        "delivery.memory",
        "        if last is None or last.hash != whole",
        "        if last is None or last.hash is None or (name == named[0] and last.hash != whole)",
    ),
    "window-cap": _plant(
        "a window cap: only the three before it are looked at",
        DB + "lanes",
        '"select 1 from lane where destination=? and identifier=? and position<? limit 1",',
        '"select 1 from lane where destination=? and identifier=? and position between ?3-3 and ?3-1 limit 1",',
    ),
    "lane-released": _plant(
        "a lane released too early, when a retry is planned",
        DB + "settling",
        "            due = s.next_at or 0\n",
        "            lanes.leave(c, turns, destination, s.position, json.loads(about[2]) if about[2] else ())\n"
        "            due = s.next_at or 0\n",
    ),
    "no-links": _plant(
        "no lane for the identifier last seen with it",
        "routing.lanes",
        "return tuple(dict.fromkeys((*own, *linked)))",
        "return tuple(dict.fromkeys(own))",
    ),
    "fate-late": _plant(
        "a fate flushed late: the next leaves before it is durable", "database", "synchronous=full", "synchronous=normal"
    ),
    "no-fsync": _plant("a missing fsync", "database", "synchronous=full", "synchronous=off"),
    "fate-not-awaited": _plant(
        "nobody waits for the commit of a fate",
        DB + "db",
        "await self.file.do(lambda c: settling.settle(c, self._words, self._turns, settlements))",
        f"{LATER}self.file.do(lambda c: settling.settle(c, self._words, self._turns, settlements)))",
    ),
    "intent-late": _plant(
        "intent not written before sending",
        "delivery.courier",
        "await self._tools.store.intend([intent])",
        f"{LATER}self._tools.store.intend([intent]))",
    ),
    "late-not-awaited": _plant(
        "no wait after a timeout", "delivery.retry", "    if late:\n", "    if late and failures > 99:\n"
    ),
    "late-cleared": _plant(
        "the first success clears the wait after a timeout, too",
        DB + "retries",
        "case when code=?1 and at+?3>?2",
        "case when code=?1 and at<0 and at+?3>?2",
    ),
    "fold-passes-over": _plant(
        "a fold leaves before the fate of what it passed over is durable",
        "delivery.packing",
        "await self._store.settle(found.ended)",
        '__import__("asyncio").get_running_loop().call_later('
        f"3, lambda: {LATER}self._store.settle(found.ended)))",
    ),
    "window-short": _plant("a window of 0.9 s", "delivery.pace", "WINDOW = 1.05 ", "WINDOW = 0.90 "),
    "pace-recovers": _plant(
        "a pace that recovers shortens its window",
        "delivery.pace",
        "return max(WINDOW, WINDOW * self._burst() / self._allowed)",
        "return WINDOW * max(1, int(self._allowed)) / self._allowed * self._burst() / (self._burst() + 1)",
    ),
    "pace-forgets": _plant(
        "the pace forgets what left before a restart", "delivery.pace", "deque([now] * max(0, int(rate)))", "deque()"
    ),
    "claims-stay": _plant(
        "a delivery that is handed back stays claimed",
        DB + "db",
        "    async def hand_back(self, destination_id: str, positions: Sequence[int]) -> None:\n"
        "        self._claims.give_back(",
        "    async def hand_back(self, destination_id: str, positions: Sequence[int]) -> None:\n        _ = (",
    ),
}  # fmt: skip

"""What must hold while a simulation runs: every request is looked at as it leaves, every fate as it is written down."""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextvars import ContextVar

import apsw

from headrace.delivery import render
from headrace.delivery.port import Intent, Outgoing
from headrace.fate import Code
from headrace.storage.sqlite.delivery.schema import NUMBER, OPEN
from tests.simulation.people import TYPES_TAKEN, Call

HOURS_23 = 23 * 3600.0
LATE = 30.0  # s that a lane waits after a timeout
WINDOW = 1.05  # s in which at most `rate` requests may leave; said here once more, the code's may be wrong
CERTAIN = ("refused", "name", "forbidden")


class Leaving:
    """One request that carries events, from the moment it left. Times are the simulation's own seconds."""

    def __init__(self, number: int, at: float, intent: Intent, request: Outgoing, life: int) -> None:
        self.number = number
        self.at = at
        self.destination = intent.destination_id
        self.members = intent.members
        self.key = request.headers.get("Idempotency-Key")
        self.body = json.loads(request.body or b"{}")
        self.url = request.url
        self.life = life
        self.account = intent.carried.account if intent.carried is not None else None  # whose contacts it may change
        self.cursor = 0  # how far routing had come
        self.effect_at: float | None = None  # when Loops did what it says
        self.answer: int | str | None = None  # as it was heard: a status, or the kind of silence; None: not heard (yet)
        self.heard_at = 0.0
        self.spurious = False  # an answer that no Loops would give

    @property
    def is_event(self) -> bool:
        return self.url.endswith("/events/send")

    @property
    def is_unknown(self) -> bool:
        """It may have been taken, as far as anybody on this side can tell."""
        if self.answer is None:
            return True
        if isinstance(self.answer, str):
            return self.answer not in CERTAIN
        return self.answer == 408 or self.answer >= 500

    @property
    def decides(self) -> bool:
        """2xx, or a definite refusal of this very request."""
        return isinstance(self.answer, int) and self.answer not in (301, 401, 403, 404, 405, 408, 429) and self.answer < 500

    @property
    def is_taken(self) -> bool:
        """As far as anybody on this side can tell."""
        return self.effect_at is not None and self.answer == 200

    def says_more_than_who(self) -> bool:
        return bool(set(self.body) - {"userId", "email", "eventName", "eventProperties"})

    def names(self) -> set[str]:
        found = {f"u:{self.body['userId']}"} if self.body.get("userId") else set()
        return found | ({f"e:{self.body['email'].strip().lower()}"} if self.body.get("email") else set())


current: ContextVar[Intent | None] = ContextVar("current", default=None)


class Oracle:
    def __init__(self, wrong: Callable[[str], None], now: Callable[[], float]) -> None:
        self._wrong = wrong
        self._now = now
        self.calls: dict[int, Call] = {}  # position -> call, without duplicates
        self.lanes: dict[tuple[str, int], tuple[str, ...]] = {}  # the identifiers it may not overtake anybody in
        self.since: dict[str, int] = {}
        self.sources_of: dict[str, tuple[str, ...]] = {}
        self.leavings: list[Leaving] = []
        self.carrying: dict[tuple[str, int], list[Leaving]] = defaultdict(list)
        self.fates: dict[tuple[str, int], tuple[str, str]] = {}  # final and durable
        self.left: dict[str, deque[tuple[float, float]]] = defaultdict(deque)
        self._seen_with: dict[str, dict[str, tuple[str, ...]]] = defaultdict(dict)  # by destination
        self._in_lane: dict[tuple[str, str], list[int]] = defaultdict(list)
        self._settled_below: dict[tuple[str, str], int] = {}
        self._look: apsw.Connection | None = None
        self._is_clean: Callable[[], bool] = lambda: True
        self.life = 0
        self.clock_jumps = False  # somebody sets the clock: what waits for a time of day may leave sooner
        self._interrupted: set[tuple[str, int]] = set()  # written down as leaving when a process died

    # --- who stands behind whom ------------------------------------------------------------------------------------

    def accepted(self, position: int, call: Call) -> None:
        """As known when it was accepted, where it goes to: what it names, and whoever was last seen with each."""
        self.calls[position] = call
        if call.type not in TYPES_TAKEN:
            return
        users, emails = [f"u:{u}" for u in call.user_ids], [f"e:{e}" for e in call.emails]
        own = [*users, *emails]
        for destination in self.sources_of:
            if not self.goes_to(position, destination):
                continue
            seen = self._seen_with[destination]
            linked = [other for name in own for other in seen.get(name, ())]
            seen |= (dict.fromkeys(users, tuple(emails)) if emails else {}) | (
                dict.fromkeys(emails, tuple(users)) if users else {}
            )
            lanes = tuple(dict.fromkeys((*own, *linked)))
            self.lanes[destination, position] = lanes
            for name in lanes:
                self._in_lane[destination, name].append(position)

    def goes_to(self, position: int, destination: str) -> bool:
        return position > self.since[destination] and self.calls[position].source in self.sources_of[destination]

    # --- a process begins ------------------------------------------------------------------------------------------

    def begins(self, path: str, is_clean: Callable[[], bool], life: int) -> None:
        self._look = apsw.Connection(path, flags=apsw.SQLITE_OPEN_READONLY)
        self._is_clean, self.life = is_clean, life
        for (destination, position), fate in self.fates.items():
            now = self._state(destination, position)[:2]
            if now != fate:
                self._wrong(f"event {position} was {fate} at {destination} before the crash, now {now}")

        sql = "select text, position, intent from delivery join word on word.id=destination where state=?"
        for text, number, intent in self._look.execute(sql, (NUMBER["sending"],)).fetchall():
            where, written = (str(text), int(str(number))), json.loads(str(intent))
            self._interrupted.add(where)
            for leaving in self.carrying[where][-1:]:
                if (list(leaving.members), leaving.key) == (written["members"], written["key"]):
                    leaving.answer = None  # whatever was heard was not written down

    def ends(self) -> None:
        if self._look is not None:
            self._look.close()
            self._look = None

    def _state(self, destination: str, position: int) -> tuple[str, str, str | None]:
        assert self._look is not None
        sql = "select state, code, intent from delivery where position=? and destination=(select id from word where text=?)"
        for state, code, intent in self._look.execute(sql, (position, destination)).fetchall():
            name = next(n for n, number in NUMBER.items() if number == state)
            return name, str(code), None if intent is None else str(intent)
        return "", "", None

    def _cursor(self) -> int:
        assert self._look is not None
        return int(str(self._look.execute("select value from progress where name='cursor'").get or 0))

    # --- a request leaves ------------------------------------------------------------------------------------------

    def rated(self, key: str, rate: float) -> None:
        """Any request at all: never more than `rate` in any window."""
        now, left = self._now(), self.left[key]
        left.append((now, rate))
        while left[0][0] <= now - WINDOW + 1e-6:
            left.popleft()
        most = max(r for _, r in left)
        if most > 0 and all(r > 0 for _, r in left) and len(left) > max(1, int(most)):
            self._wrong(f"{len(left)} requests left within {WINDOW} s, the rate is {most:g}")

    def leaves(self, request: Outgoing) -> Leaving | None:
        """None for what carries no event."""
        if not request.url.endswith(("/contacts/update", "/events/send")):
            return None
        intent = current.get()
        current.set(None)
        if intent is None:
            self._wrong(f"a request left that was not written down: {request.url} {request.body!r}")
            return None
        made = Leaving(len(self.leavings) + 1, self._now(), intent, request, self.life)
        if intent.body_hash != render.body_hash(request) or intent.key != made.key:
            self._wrong(f"another request left than the one written down for {intent.members}")
        made.cursor = self._cursor()
        for member in made.members:
            self._may_leave(made, member)
        self._same_again(made)
        self._email_is_theirs(made)
        self.leavings.append(made)
        for member in made.members:
            self.carrying[made.destination, member].append(made)
        return made

    def _may_leave(self, made: Leaving, member: int) -> None:
        destination = made.destination
        if (destination, member) in self.fates:
            self._wrong(f"event {member} left although it was final at {destination}: {self.fates[destination, member]}")
        state, _, intent = self._state(destination, member)
        if state != "sending" or intent is None or json.loads(intent)["members"] != list(made.members):
            self._wrong(f"event {member} left before that was written down (it was {state or 'unknown'}, intent {intent})")
        if not self._is_clean():
            self._wrong(f"event {member} left before that was on the disk")
        for last in self.carrying[destination, member][-1:]:
            if last.answer == "timeout" and made.at - last.heard_at < LATE - 0.01 and not self.clock_jumps:
                self._wrong(f"event {member} left {made.at - last.heard_at:.1f} s after request {last.number} timed out")
        for name in self.lanes.get((destination, member), ()):
            self._nobody_before(destination, name, member, made.members)

    def _nobody_before(self, destination: str, name: str, member: int, together: Sequence[int]) -> None:
        lane = self._in_lane[destination, name]
        start = self._settled_below.get((destination, name), 0)
        contiguous = True
        for index in range(start, len(lane)):
            earlier = lane[index]
            if earlier >= member:
                break
            if earlier in together and together.index(earlier) < together.index(member):
                contiguous = False
                continue
            if not self.goes_to(earlier, destination) or (destination, earlier) in self.fates:
                if contiguous:
                    self._settled_below[destination, name] = index + 1
                continue
            state, code, _ = self._state(destination, earlier)
            if not state or NUMBER[state] in OPEN or not self._is_clean():
                self._wrong(f"event {member} left before {earlier} ({state or 'not routed'}) of {name} had a durable fate")
                return
            self.fates[destination, earlier] = (state, code)

    def _email_is_theirs(self, made: Leaving) -> None:
        """An email that no call carried has to be the one last seen with the user in an event routed to here."""
        email = str(made.body.get("email") or "").strip().lower()
        if not email or any(email in self.calls[m].emails for m in made.members):
            return
        user = str(made.body.get("userId"))
        asked = self.carrying[made.destination, made.members[0]]
        since = asked[-1].cursor if asked else 0
        together: dict[str, tuple[str, ...]] = {}
        for position in sorted(self.calls):
            if position > made.cursor or (position > since and together.get(f"u:{user}") == (f"e:{email}",)):
                break
            call = self.calls[position]
            if call.type in TYPES_TAKEN and call.user_ids and call.emails and self.goes_to(position, made.destination):
                together |= {f"u:{u}": tuple(f"e:{e}" for e in call.emails) for u in call.user_ids}
        if together.get(f"u:{user}") != (f"e:{email}",):
            self._wrong(f"request {made.number} for {made.members} names {email}, which was not last seen with {user} here")

    def _same_again(self, made: Leaving) -> None:
        """What may have been taken is repeated exactly: the same key within 23 h, the same members if they were several."""
        for member in made.members:
            before = self.carrying[made.destination, member]
            last = next((each for each in reversed(before) if each.decides or each.is_unknown), None)
            if last is None or last.decides:
                continue
            if last.members[-1] != member and (made.destination, last.members[-1]) in self.fates:
                continue  # its event is decided; the contact's part is sent once more
            if before[-1].answer in (401, 403) and len(made.members) == 1:
                continue  # refused together for certain this time: each by itself, the event under the same key
            if len(last.members) > 1 and (made.members != last.members or made.body != last.body or made.key != last.key):
                self._wrong(f"request {last.number} with {last.members} may have been taken, then {made.members} left")
            if last.is_event and last.members[-1] == member:
                first = self._first_open(before)
                if made.key != last.key and made.at - first.at < HOURS_23:
                    self._wrong(f"event {member} may have been taken under one key and left under another")

    def _first_open(self, before: Sequence[Leaving]) -> Leaving:
        first = before[-1]
        for leaving in reversed(before):
            if leaving.decides:
                break
            if leaving.is_unknown:
                first = leaving
        return first

    # --- a fate is written down ------------------------------------------------------------------------------------

    def settled(self, destination: str, position: int) -> None:
        state, code, _ = self._state(destination, position)
        if not state or NUMBER[state] in OPEN or (destination, position) in self.fates:
            return
        if not self._is_clean():
            self._wrong(f"the fate of event {position} was told before it was on the disk")
        self.fates[destination, position] = (state, code)
        problem = self._unfounded(destination, position, state, Code(code))
        if problem:
            self._wrong(f"event {position} became {state} ({code}), but {problem}")

    def _unfounded(self, destination: str, position: int, state: str, code: Code) -> str | None:
        """Why a fate cannot be what it says; None when it can."""
        before = self.carrying[destination, position]
        last = before[-1] if before else None
        if code is Code.DELIVERED:
            good = last is not None and last.answer == 200 and last.effect_at is not None
            return None if good else "Loops never did it"
        if code is Code.DELIVERED_409:
            same = [each for each in before[:-1] if last is not None and each.key == last.key and each.is_unknown]
            was_open = bool(same) or (destination, position) in self._interrupted
            return None if last and last.answer == 409 and was_open else "no attempt with that key had been left open"
        if code is Code.KEY_USED:
            return None if last and last.answer == 409 and last.spurious else "nobody else uses our keys"
        if code in (Code.REFUSED, Code.CONTACT_UNKNOWN, Code.NEW_CONTACT_NEEDS_EMAIL):
            refused = last is not None and isinstance(last.answer, int) and 400 <= last.answer < 500
            return None if refused and last and last.answer not in (404, 405, 408, 429) else "Loops had not refused it"
        if code is Code.UNCHANGED:
            return self._changed_since(destination, position)
        if code is Code.OUTCOME_UNKNOWN:
            unknown = (destination, position) in self._interrupted or any(each.is_unknown for each in before)
            return None if unknown else "its outcome was known"
        if state == "dead" and code not in (Code.INVALID_EVENT, Code.PATIENCE):
            return "there was no reason for it"
        return None

    def _changed_since(self, destination: str, position: int) -> str | None:
        """Skipped as unchanged: the request that it names was taken, and nothing said anything else of either since.

        One identifier alone says nothing. Two of them alone only say that they belong together: nothing new, where the
        request before said so too, whatever becomes of that one.
        """
        call = self.calls[position]
        names = {*(f"u:{u}" for u in call.user_ids), *(f"e:{e}" for e in call.emails)}
        assert self._look is not None
        sql = "select carried_by from delivery where position=? and destination=(select id from word where text=?)"
        ((carrier,),) = self._look.execute(sql, (position, destination)).fetchall()
        bases = (each for each in reversed(self.leavings) if each.members[0] == carrier and each.names() == names)
        basis = next((each for each in bases if each.is_taken and each.account is not None), None)
        if basis is None:
            return "nothing had been sent"
        for leaving in self.leavings[basis.number :]:
            named = leaving.names()
            if not named & names or not (leaving.says_more_than_who() or (len(named) > 1 and named != names)):
                continue
            if leaving.account not in (None, basis.account):
                continue  # two keys, and one of them has not been told yet that both are one team's
            if leaving.destination == destination or self._now() - leaving.at >= 1:
                return f"request {leaving.number} named {sorted(named)} since"
            # a sister's request that left while this one was being looked at: either may count as first
        return None

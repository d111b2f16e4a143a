"""Who may do what: passwords, sessions, one-time links, tokens, roles. Everything secret is stored as a hash."""

from __future__ import annotations

import hashlib
from typing import Any

import apsw
import argon2
import msgspec

from headrace.clock import BASE62, Chance, Clock
from headrace.errors import HeadraceError
from headrace.workspace.statedb import StateDb

LINK_LIVES = 15 * 60_000  # ms
SESSION_LIVES = 30 * 86_400_000  # ms after it was last seen
ROLES = ("viewer", "editor", "owner")
SHORTEST = 10  # characters of a password
TRIES = 8  # wrong passwords of one email or address …
TRIES_WITHIN = 300_000  # … in this many ms


class LoginError(HeadraceError):
    """Not let in; the message says no more than it must."""


class TooManyTries(LoginError):
    """Slowed down."""


class User(msgspec.Struct, frozen=True):
    id: str
    email: str
    name: str
    role: str

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


class Logins:
    def __init__(self, db: StateDb, clock: Clock, chance: Chance) -> None:
        self._db = db
        self._clock = clock
        self._chance = chance
        self._hasher = argon2.PasswordHasher()
        self._tries: dict[str, list[int]] = {}

    def setup_needed(self) -> bool:
        """No owner has a password yet."""
        return not self._db.rows("select 1 from user where role='owner' limit 1")

    # --- one-time links --------------------------------------------------------------------------------------------

    def new_link(self) -> str:
        """A token for `/login?token=…`; earlier ones end."""
        token, now = self._chance.token(40, BASE62), self._clock.now_ms()

        def write(c: apsw.Connection) -> None:
            c.execute("delete from login_link")
            c.execute("insert into login_link values(?,?)", (_hash(token), now))

        self._db.write(write)
        return token

    def set_up(self, token: str, email: str, password: str, agent: str) -> tuple[User, str]:
        """Uses the link up: the owner with this email gets this password and is logged in."""
        email = email.strip().lower()
        if "@" not in email or len(email) > 200:
            raise LoginError("Give an email address to log in with.")
        if len(password) < SHORTEST:
            raise LoginError(f"A password has at least {SHORTEST} characters.")
        hashed, now = self._hasher.hash(password), self._clock.now_ms()

        def write(c: apsw.Connection) -> str:
            used = list(
                c.execute(
                    "delete from login_link where hash=? and created_at>? returning 1", (_hash(token), now - LINK_LIVES)
                )
            )
            if not used:
                raise LoginError("This link was used or has expired. `headrace login` prints a new one.")
            found = list(c.execute("select id from user where email=?", (email,)))
            if found:
                c.execute("update user set password=?, role='owner' where email=?", (hashed, email))
                c.execute("delete from session where user=?", (found[0][0],))
                return str(found[0][0])
            identifier = self._chance.token(16, BASE62)
            c.execute("insert into user values(?,?,?,?,?,?)", (identifier, email, email.split("@")[0], "owner", hashed, now))
            return identifier

        user = self._user(self._db.write(write))
        assert user is not None
        return user, self._new_session(user, agent)

    # --- sessions --------------------------------------------------------------------------------------------------

    def log_in(self, email: str, password: str, agent: str, address: str) -> tuple[User, str]:
        email = email.strip().lower()
        self._slow_down(email, address)
        found = self._db.rows("select id, password from user where email=?", email)
        stored = found[0][1] if found else _NOBODY
        try:
            self._hasher.verify(stored, password)
        except (argon2.exceptions.VerifyMismatchError, argon2.exceptions.InvalidHashError):
            self._remember_try(email, address)
            raise LoginError("Email or password is wrong.") from None
        user = self._user(found[0][0]) if found else None
        if user is None:
            raise LoginError("Email or password is wrong.")
        return user, self._new_session(user, agent)

    def session(self, token: str) -> User | None:
        now = self._clock.now_ms()
        found = self._db.rows("select user, seen_at from session where hash=?", _hash(token))
        if not found or now - found[0][1] > SESSION_LIVES:
            return None
        if now - found[0][1] > 60_000:
            self._db.write(lambda c: c.execute("update session set seen_at=? where hash=?", (now, _hash(token))))
        return self._user(found[0][0])

    def log_out(self, token: str) -> None:
        self._db.write(lambda c: c.execute("delete from session where hash=?", (_hash(token),)))

    def _new_session(self, user: User, agent: str) -> str:
        token, now = self._chance.token(40, BASE62), self._clock.now_ms()
        self._db.write(
            lambda c: c.execute("insert into session values(?,?,?,?,?)", (_hash(token), user.id, now, now, agent[:200]))
        )
        return token

    def _user(self, identifier: str) -> User | None:
        found = self._db.rows("select id, email, name, role from user where id=?", identifier)
        return User(*found[0]) if found else None

    def _slow_down(self, email: str, address: str) -> None:
        horizon = self._clock.now_ms() - TRIES_WITHIN
        for key in (email, address):
            recent = [at for at in self._tries.get(key, ()) if at > horizon]
            if len(recent) >= TRIES:
                raise TooManyTries("Too many wrong passwords. Wait five minutes, then try again.")

    def _remember_try(self, email: str, address: str) -> None:
        if len(self._tries) > 10_000:
            self._tries.clear()
        horizon = self._clock.now_ms() - TRIES_WITHIN
        for key in (email, address):
            kept = [at for at in self._tries.get(key, ()) if at > horizon]
            self._tries[key] = [*kept, self._clock.now_ms()]

    # --- tokens ----------------------------------------------------------------------------------------------------

    def create_token(self, name: str, role: str = "editor") -> tuple[str, str]:
        """(id, token); the token is shown this once."""
        identifier, token, now = self._chance.token(12, BASE62), "hr_" + self._chance.token(40, BASE62), self._clock.now_ms()
        self._db.write(
            lambda c: c.execute(
                "insert into token values(?,?,?,?,?,null)", (identifier, name[:100], _hash(token), role, now)
            )
        )
        return identifier, token

    def tokens(self) -> list[dict[str, Any]]:
        found = self._db.rows("select id, name, role, created_at, last_used from token order by created_at")
        return [dict(zip(("id", "name", "role", "created_at", "last_used"), row, strict=True)) for row in found]

    def revoke_token(self, identifier: str) -> bool:
        return bool(self._db.write(lambda c: list(c.execute("delete from token where id=? returning 1", (identifier,)))))

    def token(self, token: str) -> User | None:
        found = self._db.rows("select id, name, role from token where hash=?", _hash(token))
        return User(f"token:{found[0][0]}", "", found[0][1], found[0][2]) if found else None


# a hash of nothing anybody knows: an unknown email costs as much time as a known one
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b5dWRWJTmaaJObG7QzPvsiE6kk"

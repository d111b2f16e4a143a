"""Who may do what: passwords, sessions, one-time links, roles. Everything secret is stored as a hash."""

from __future__ import annotations

import hashlib

import apsw
import argon2
import msgspec

from headrace.clock import BASE62, Chance, Clock
from headrace.console.slowing import Slowing
from headrace.errors import HeadraceError
from headrace.workspace.statedb import StateDb

LINK_LIVES = 15 * 60_000  # ms
SESSION_LIVES = 30 * 86_400_000  # ms after it was last seen
ROLES = ("viewer", "editor", "owner")
SHORTEST = 10  # characters of a password
EXPIRED = "This link was used or has expired. `headrace login` prints a new one."


class LoginError(HeadraceError):
    """Not let in; the message says no more than it must."""


class Unusable(HeadraceError):
    """What was chosen cannot be used; the message says why."""


class TooManyTries(LoginError):
    """Slowed down for `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many wrong passwords. Wait {max(1, round(seconds / 60))} min, then try again.")
        self.seconds = seconds


class User(msgspec.Struct, frozen=True):
    id: str
    email: str
    name: str
    role: str

    def may(self, role: str) -> bool:
        return ROLES.index(self.role) >= ROLES.index(role)

    @property
    def signature(self) -> str:
        """As the audit log names them."""
        return self.email or self.name


def hashed(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def written(c: apsw.Connection, now: int, who: str, what: str, before: object = None, after: object = None) -> None:
    """A line of the audit log, in the transaction of what it tells."""
    texts = [None if value is None else msgspec.json.encode(value).decode() for value in (before, after)]
    c.execute("insert into audit(at, who, what, before, after) values(?,?,?,?,?)", (now, who, what, *texts))


class Logins:
    """How people and programs come in. `members.Members` has the lists of them."""

    def __init__(self, db: StateDb, clock: Clock, chance: Chance) -> None:
        self.db, self.clock, self.chance = db, clock, chance
        self._hasher = argon2.PasswordHasher()
        self._slowing = Slowing()

    def setup_needed(self) -> bool:
        """No owner has a password yet."""
        return not self.db.rows("select 1 from user where role='owner' limit 1")

    # --- one-time links --------------------------------------------------------------------------------------------

    def new_link(self) -> str:
        """A token for `/login?token=…`; earlier ones end."""
        token, now = self.secret(), self.clock.now_ms()

        def write(c: apsw.Connection) -> None:
            c.execute("delete from login_link")
            c.execute("insert into login_link values(?,?)", (hashed(token), now))

        self.db.write(write)
        return token

    def set_up(self, token: str, email: str, password: str, agent: str, address: str = "") -> tuple[User, str]:
        """Uses the link up: the owner with this email gets this password and is logged in."""
        email, now = checked_email(email), self.clock.now_ms()
        link = (hashed(token), now - LINK_LIVES)
        if not self.db.rows("select 1 from login_link where hash=? and created_at>?", *link):
            raise LoginError(EXPIRED)  # first: hashing a password costs much, and anybody may ask
        secret = self.password(password)

        def write(c: apsw.Connection) -> str:
            if not list(c.execute("delete from login_link where hash=? and created_at>? returning 1", link)):
                raise LoginError(EXPIRED)
            written(c, now, email, "owner's password set with a login link")
            found = list(c.execute("select id from user where email=?", (email,)))
            if found:
                c.execute("update user set password=?, role='owner' where email=?", (secret, email))
                c.execute("delete from session where user=?", (found[0][0],))
                return str(found[0][0])
            return self.add(c, email, email.split("@")[0], "owner", secret)

        return self._welcome(self.db.write(write), agent, address)

    # --- passwords -------------------------------------------------------------------------------------------------

    def password(self, password: str) -> str:
        """Its hash, if it is long enough."""
        if len(password) < SHORTEST:
            raise Unusable(f"A password has at least {SHORTEST} characters.")
        return self._hasher.hash(password.encode("utf-8", "replace"))

    def log_in(self, email: str, password: str, agent: str, address: str) -> tuple[User, str]:
        email, now = email.strip().lower(), self.clock.now_ms()
        if seconds := self._slowing.wait(email, address, now):
            raise TooManyTries(seconds)
        found = self.db.rows("select id, password from user where email=?", email)
        if not self._fits(found[0][1] if found else _NOBODY, password) or not found:
            self._slowing.failed(email, address, now)
            raise LoginError("Email or password is wrong.")
        self._slowing.succeeded(email, address)
        return self._welcome(found[0][0], agent, address)

    def change_password(self, user: User, old: str, new: str, session: str, address: str) -> None:
        """Ends the person's other sessions."""
        now = self.clock.now_ms()
        if seconds := self._slowing.wait(user.email, address, now):
            raise TooManyTries(seconds)
        found = self.db.rows("select password from user where id=?", user.id)
        if not found or not self._fits(found[0][0], old):
            self._slowing.failed(user.email, address, now)
            raise LoginError("The old password is wrong.")
        secret = self.password(new)

        def write(c: apsw.Connection) -> None:
            c.execute("update user set password=? where id=?", (secret, user.id))
            c.execute("delete from session where user=? and hash<>?", (user.id, hashed(session)))
            written(c, now, user.signature, "password changed")

        self.db.write(write)

    def _fits(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password.encode("utf-8", "replace"))
        except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
            return False

    # --- sessions --------------------------------------------------------------------------------------------------

    def session(self, token: str) -> User | None:
        now = self.clock.now_ms()
        found = self.db.rows("select user, seen_at from session where hash=?", hashed(token)) if token else []
        if not found or now - found[0][1] > SESSION_LIVES:
            return None
        if now - found[0][1] > 60_000:
            self.db.write(lambda c: c.execute("update session set seen_at=? where hash=?", (now, hashed(token))))
        return self.user(found[0][0])

    def session_id(self, token: str) -> str | None:
        found = self.db.rows("select id from session where hash=?", hashed(token))
        return str(found[0][0]) if found else None

    def log_out(self, token: str) -> None:
        self.db.write(lambda c: c.execute("delete from session where hash=?", (hashed(token),)))

    def _welcome(self, identifier: str, agent: str, address: str) -> tuple[User, str]:
        user = self.user(identifier)
        assert user is not None
        return user, self.new_session(user, agent, address)

    def new_session(self, user: User, agent: str, address: str) -> str:
        token, now, identifier = self.secret(), self.clock.now_ms(), self.chance.token(16, BASE62)
        row = (hashed(token), user.id, now, now, agent[:200], identifier, address[:80])

        def write(c: apsw.Connection) -> None:
            c.execute("delete from session where seen_at<?", (now - SESSION_LIVES,))
            c.execute("insert into session values(?,?,?,?,?,?,?)", row)

        self.db.write(write)
        return token

    def user(self, identifier: str) -> User | None:
        found = self.db.rows("select id, email, name, role from user where id=?", identifier)
        return User(*found[0]) if found else None

    # --- shared with members; tokens -------------------------------------------------------------------------------

    def secret(self) -> str:
        return self.chance.token(40, BASE62)

    def add(self, c: apsw.Connection, email: str, name: str, role: str, password_hash: str) -> str:
        identifier = self.chance.token(16, BASE62)
        c.execute(
            "insert into user values(?,?,?,?,?,?)", (identifier, email, name, role, password_hash, self.clock.now_ms())
        )
        return identifier

    def create_token(self, name: str, role: str = "editor", who: str = "headrace command") -> tuple[str, str]:
        """(id, token); the token is shown this once."""
        identifier, token, now = self.chance.token(12, BASE62), "hr_" + self.secret(), self.clock.now_ms()

        def write(c: apsw.Connection) -> None:
            c.execute("insert into token values(?,?,?,?,?,null)", (identifier, name[:100], hashed(token), role, now))
            written(c, now, who, f"token {name[:100]} made", None, {"role": role})

        self.db.write(write)
        return identifier, token

    def token(self, token: str) -> User | None:
        found = self.db.rows("select id, name, role, last_used from token where hash=?", hashed(token))
        if not found:
            return None
        identifier, name, role, used = found[0]
        now = self.clock.now_ms()
        if now - (used or 0) > 60_000:
            self.db.write(lambda c: c.execute("update token set last_used=? where id=?", (now, identifier)))
        return User(f"token:{identifier}", "", f"token {name}", role)


def checked_email(email: str) -> str:
    email = email.strip().lower()
    name, at, host = email.partition("@")
    if not name or not at or not host or len(email) > 200 or any(c.isspace() for c in email):
        raise Unusable("Give an email address to log in with.")
    return email


# a hash of nothing anybody knows: an unknown email costs as much time as a known one
_NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$RdescudvJCsgt3ub+b5dWRWJTmaaJObG7QzPvsiE6kk"

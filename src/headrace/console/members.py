"""The people of the workspace: invitations by one-time link, roles, sessions, tokens. Every change is in the audit log."""

from __future__ import annotations

from typing import Any

import apsw

from headrace.clock import BASE62
from headrace.console.login import SESSION_LIVES, LoginError, Logins, User, checked_email, hashed, written
from headrace.errors import Conflict, NotFound

INVITATION_LIVES = 7 * 86_400_000  # ms
EXPIRED = "This invitation was used, withdrawn or has expired. Ask for a new one."


class Members:
    def __init__(self, logins: Logins) -> None:
        self._logins = logins
        self._db = logins.db

    def _now(self) -> int:
        return self._logins.clock.now_ms()

    def all(self) -> list[dict[str, Any]]:
        sql = (
            "select u.id, email, name, role, u.created_at, max(s.seen_at), count(s.hash) from user u"
            " left join session s on s.user=u.id and s.seen_at>? group by u.id order by u.created_at"
        )
        names = ("id", "email", "name", "role", "created_at", "last_seen", "sessions")
        return [dict(zip(names, row, strict=True)) for row in self._db.rows(sql, self._now() - SESSION_LIVES)]

    def change(self, by: User, identifier: str, role: str | None, name: str | None) -> None:
        before = self._known(identifier)

        def write(c: apsw.Connection) -> None:
            c.execute("update user set role=?, name=? where id=?", (role or before.role, name or before.name, identifier))
            _keep_an_owner(c)
            after = {"role": role or before.role, "name": name or before.name}
            written(
                c, self._now(), by.signature, f"{before.email} changed", {"role": before.role, "name": before.name}, after
            )

        self._db.write(write)

    def remove(self, by: User, identifier: str) -> None:
        before = self._known(identifier)

        def write(c: apsw.Connection) -> None:
            c.execute("delete from user where id=?", (identifier,))
            c.execute("delete from session where user=?", (identifier,))
            _keep_an_owner(c)
            written(c, self._now(), by.signature, f"{before.email} removed", {"role": before.role})

        self._db.write(write)

    def _known(self, identifier: str) -> User:
        found = self._logins.user(identifier)
        if found is None:
            raise NotFound("There is no such person.")
        return found

    # --- invitations -----------------------------------------------------------------------------------------------

    def invite(self, by: User, email: str, role: str) -> tuple[dict[str, Any], str]:
        """(the invitation, its token, which is shown this once)."""
        email, token, now = checked_email(email), self._logins.secret(), self._now()
        identifier = self._logins.chance.token(12, BASE62)

        def write(c: apsw.Connection) -> None:
            if list(c.execute("select 1 from user where email=?", (email,))):
                raise Conflict(f"{email} is here already. Change the role in the list of people.")
            c.execute("delete from invitation where email=?", (email,))
            row = (identifier, hashed(token), email, role, now, by.signature)
            c.execute("insert into invitation values(?,?,?,?,?,?)", row)
            written(c, now, by.signature, f"{email} invited", None, {"role": role})

        self._db.write(write)
        return next(row for row in self.invitations() if row["id"] == identifier), token

    def invitations(self) -> list[dict[str, Any]]:
        sql = "select id, email, role, created_at, invited_by from invitation where created_at>? order by created_at"
        rows = self._db.rows(sql, self._now() - INVITATION_LIVES)
        names = ("id", "email", "role", "created_at", "invited_by")
        return [dict(zip(names, row, strict=True)) | {"expires_at": row[3] + INVITATION_LIVES} for row in rows]

    def withdraw(self, by: User, identifier: str) -> None:
        def write(c: apsw.Connection) -> None:
            gone = list(c.execute("delete from invitation where id=? returning email", (identifier,)))
            if not gone:
                raise NotFound("There is no such invitation.")
            written(c, self._now(), by.signature, f"invitation of {gone[0][0]} withdrawn")

        self._db.write(write)

    def invited(self, token: str) -> dict[str, Any]:
        """Whom the token invites. Does not use it up."""
        sql = "select email, role, invited_by from invitation where hash=? and created_at>?"
        found = self._db.rows(sql, hashed(token), self._now() - INVITATION_LIVES)
        if not found:
            raise LoginError(EXPIRED)
        return dict(zip(("email", "role", "invited_by"), found[0], strict=True))

    def accept(self, token: str, name: str, password: str, agent: str, address: str) -> tuple[User, str]:
        self.invited(token)
        secret = self._logins.password(password)

        def write(c: apsw.Connection) -> str:
            sql = "delete from invitation where hash=? and created_at>? returning email, role"
            used = list(c.execute(sql, (hashed(token), self._now() - INVITATION_LIVES)))
            if not used:
                raise LoginError(EXPIRED)
            email, role = str(used[0][0]), str(used[0][1])
            if list(c.execute("select 1 from user where email=?", (email,))):
                raise LoginError(EXPIRED)
            written(c, self._now(), email, "invitation accepted", None, {"role": role})
            return self._logins.add(c, email, name, role, secret)

        user = self._known(self._db.write(write))
        return user, self._logins.new_session(user, agent, address)

    # --- sessions and tokens ---------------------------------------------------------------------------------------

    def rename(self, user: User, name: str) -> User:
        self._known(user.id)
        self._db.write(lambda c: c.execute("update user set name=? where id=?", (name, user.id)))
        return self._known(user.id)

    def sessions(self, of: str | None) -> list[dict[str, Any]]:
        """Of one person, or of all."""
        sql = (
            "select s.id, u.id, u.email, u.name, u.role, s.created_at, s.seen_at, s.agent, s.address from session s"
            " join user u on u.id=s.user where s.seen_at>? and (?2 is null or u.id=?2) order by s.seen_at desc"
        )
        rows = self._db.rows(sql, self._now() - SESSION_LIVES, of)
        user, own = ("id", "email", "name", "role"), ("created_at", "seen_at", "agent", "address")
        return [
            {"id": row[0], "user": dict(zip(user, row[1:5], strict=True))} | dict(zip(own, row[5:], strict=True))
            for row in rows
        ]

    def end_session(self, identifier: str, of: str | None) -> None:
        sql = "delete from session where id=?1 and (?2 is null or user=?2) returning 1"
        if not self._db.write(lambda c: list(c.execute(sql, (identifier, of)))):
            raise NotFound("There is no such session.")

    def tokens(self) -> list[dict[str, Any]]:
        found = self._db.rows("select id, name, role, created_at, last_used from token order by created_at")
        return [dict(zip(("id", "name", "role", "created_at", "last_used"), row, strict=True)) for row in found]

    def revoke_token(self, by: User, identifier: str) -> None:
        def write(c: apsw.Connection) -> None:
            gone = list(c.execute("delete from token where id=? returning name", (identifier,)))
            if not gone:
                raise NotFound("There is no such token.")
            written(c, self._now(), by.signature, f"token {gone[0][0]} revoked")

        self._db.write(write)


def _keep_an_owner(c: apsw.Connection) -> None:
    if not list(c.execute("select 1 from user where role='owner' limit 1")):
        raise Conflict("The workspace needs an owner. Make somebody else an owner first.")

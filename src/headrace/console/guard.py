"""Lets callers in by session cookie or bearer token, and keeps foreign pages from using a person's cookie."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from fastapi import Request, Response

from headrace.console.login import SESSION_LIVES, Logins, User
from headrace.console.port import Instance
from headrace.console.wire import path_prefix

COOKIE = "headrace_session"
RUNTIME = User("runtime", "", "headrace command", "owner")


class Problem(Exception):
    """Becomes an application/problem+json answer."""

    def __init__(self, status: int, title: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail, self.more = status, title, detail, more


class Guard:
    def __init__(self, instance: Instance, logins: Logins) -> None:
        self._instance = instance
        self._logins = logins

    def user(self, request: Request) -> User:
        """Who calls. Raises a 401 or 403 Problem."""
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            if hmac.compare_digest(token.encode(), self._instance.runtime_token.encode()):
                return RUNTIME
            found = self._logins.token(token)
            if found is None:
                raise Problem(401, "Unknown token", "This token is not valid, or was revoked.")
            return found
        user = self._logins.session(request.cookies.get(COOKIE, ""))
        if user is None:
            raise Problem(401, "Not logged in", "Log in first.", setup_needed=self._logins.setup_needed())
        if request.method not in ("GET", "HEAD"):
            self.same_origin(request)
        return user

    def same_origin(self, request: Request) -> None:
        """A write with a cookie must come from our own pages."""
        origin = request.headers.get("origin")
        if origin is None:
            if request.headers.get("sec-fetch-site") in (None, "same-origin", "none"):
                return
            raise Problem(403, "Foreign origin", "This request came from another site.")
        own, asked = urlsplit(self._instance.url("console") or ""), urlsplit(origin)
        if asked.netloc == own.netloc and asked.scheme == own.scheme:
            return
        plain = own.scheme != "https" or asked.scheme == "https"
        if not asked.netloc or asked.netloc != request.headers.get("host") or not plain:
            raise Problem(403, "Foreign origin", "This request came from another site.")

    def at_least(self, role: str) -> Callable[[Request], User]:
        def check(request: Request) -> User:
            user = self.user(request)
            if not user.may(role):
                raise Problem(403, "Not allowed", f"This needs the role {role}.", needed=role, role=user.role)
            return user

        return check

    def metrics(self, request: Request) -> None:
        """Open on loopback, else for token holders."""
        host = request.client.host if request.client else ""
        if "x-forwarded-for" in request.headers or not _loopback(host):
            self.user(request)

    def address(self, request: Request) -> str:
        """Where the caller is; of a reverse proxy on this machine, what it says last."""
        host = request.client.host if request.client else ""
        told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        return told[:80] if told and _loopback(host) else host

    def let_in(self, response: Response, token: str) -> None:
        response.set_cookie(
            COOKIE,
            token,
            max_age=SESSION_LIVES // 1000,
            httponly=True,
            samesite="strict",
            secure=self.secure(),
            path=self.cookie_path(),
        )

    def secure(self) -> bool:
        return (self._instance.url("console") or "").startswith("https://")

    def cookie_path(self) -> str:
        return path_prefix(self._instance.url("console")) + "/"


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

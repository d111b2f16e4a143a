"""The listening sockets: bound once by the supervisor, so that a restarted process keeps its address."""

from __future__ import annotations

import errno
import socket

from headrace.errors import SettingsError


def listen(host: str, port: int, what: str, option: str) -> socket.socket:
    """A listening TCP socket. Port 0 picks a free one. Raises SettingsError with what to do when it cannot be had."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        if error.errno == errno.EADDRINUSE:
            raise SettingsError(
                f"Port {port} on {host}, for the {what}, is taken by another program. "
                f"Choose another with {option} (0 picks a free one)."
            ) from error
        if error.errno == errno.EACCES:
            raise SettingsError(f"Port {port} needs administrator rights. Choose one above 1023 with {option}.") from error
        raise SettingsError(f"The {what} cannot listen on {host}:{port}: {error.strerror}.") from error
    bound.listen(2048)
    bound.setblocking(False)
    return bound


def local_url(bound: socket.socket) -> str:
    """The address by which this machine reaches the listener."""
    host, port = bound.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def is_public(host: str) -> bool:
    return host not in ("localhost", "::1") and not host.startswith("127.")

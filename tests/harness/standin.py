"""A recording stand-in for Loops on a port of its own: answers as it is told, remembers every request."""

from __future__ import annotations

import json
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple

KEY = "0123456789abcdef0123456789abcdef"


class Seen(NamedTuple):
    at: float  # monotonic seconds
    method: str
    path: str
    headers: dict[str, str]
    body: Any


Answer = tuple[int, Any] | str  # (status, JSON) or "hang" (no answer) or "break" (cut the connection after reading)
GOOD: dict[str, Any] = {"success": True, "id": "cm4ittmhq0011ow9h6fb460yw"}


def usual(seen: Seen) -> Answer:
    """As Loops answers when all is well."""
    path = seen.path.partition("?")[0]
    if seen.headers.get("authorization") != f"Bearer {KEY}":
        return 401, {"success": False, "message": "Invalid API key", "error": "Invalid API key"}
    if path.endswith("/api-key"):
        return 200, {"success": True, "teamName": "Stand-in"}
    if path.endswith(("/contacts/find", "/contacts/properties", "/lists")):
        return 200, []
    return 200, GOOD


class Server(ThreadingHTTPServer):
    """Who connects waits in a queue that is long enough; who hangs up is no error."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class StandIn:
    """`decide` may be replaced at any time; it sees the request and how many came before it."""

    def __init__(self, decide: Callable[[Seen], Answer] = usual) -> None:
        self.decide = decide
        self.seen: list[Seen] = []
        self.changed = threading.Condition()
        self.released = threading.Event()  # lets the hanging ones go when the test ends
        self._server = Server(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/api"

    def __enter__(self) -> StandIn:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()

    def deliveries(self) -> list[Seen]:
        """Requests that change something: contact updates and events, in the order in which they arrived."""
        return [s for s in self.seen if s.path.endswith(("/contacts/update", "/events/send"))]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        standin = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                raw = self.rfile.read(length)
                headers = {name.lower(): value for name, value in self.headers.items()}
                seen = Seen(time.monotonic(), self.command, self.path, headers, json.loads(raw) if raw else None)
                with standin.changed:
                    standin.seen.append(seen)
                    standin.changed.notify_all()
                answer = standin.decide(seen)
                if answer == "hang":
                    standin.released.wait(120)
                    self.close_connection = True
                elif answer == "break":
                    linger = struct.pack("ii", 1, 0)
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                    self.connection.shutdown(socket.SHUT_RDWR)
                    self.close_connection = True
                else:
                    assert isinstance(answer, tuple)
                    payload = json.dumps(answer[1]).encode()
                    self.send_response(answer[0])
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(payload)))
                    self.end_headers()
                    self.wfile.write(payload)

            do_GET = do_POST = do_PUT = do_DELETE = handle_any

            def log_message(self, format: str, *args: Any) -> None:
                """Silence: the requests are kept in `seen`."""

        return Handler

"""A running instance, over its control API, with the token from runtime.json."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode, urlsplit

from headrace.app.runtime import Runtime
from headrace.errors import Conflict, HeadraceError, NotFound

TIMEOUT = 60.0  # s


class Remote:
    """Speaks `/api/v1`. Problems of the API become the errors they were."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._address = urlsplit(runtime.console)

    def _open(self, method: str, path: str, body: Any = None, within: float = TIMEOUT) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._address.hostname or "127.0.0.1", self._address.port, timeout=within)
        headers = {"Authorization": f"Bearer {self._runtime.token}", "Accept": "application/json"}
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        try:
            connection.request(method, f"{self._address.path}/api/v1{path}", payload, headers)
            answer = connection.getresponse()
        except OSError as error:
            raise HeadraceError(f"The running instance at {self._runtime.console} does not answer: {error}.") from error
        if answer.status >= 400:
            raise _problem(answer.status, answer.read())
        return answer

    def get(self, path: str, **query: Any) -> Any:
        given = {key: value for key, value in query.items() if value is not None}
        return json.loads(self._open("GET", path + ("?" + urlencode(given) if given else "")).read())

    def post(self, path: str, body: Any = None, within: float = TIMEOUT) -> Any:
        """`within`: s that the answer may take."""
        raw = self._open("POST", path, body, within).read()
        return json.loads(raw) if raw else None

    def delete(self, path: str) -> None:
        self._open("DELETE", path).read()

    def text(self, path: str) -> str:
        return self._open("GET", path).read().decode()

    def pages(self, path: str, **query: Any) -> Iterator[dict[str, Any]]:
        """Rows of a list, page after page, as they come."""
        before: str | int | None = None
        while True:
            page = self.get(path, before=before, **query)
            yield from page["data"]
            before = page["next"]
            if before is None:
                return


def _problem(status: int, raw: bytes) -> HeadraceError:
    try:
        problem = json.loads(raw)
        detail = str(problem.get("detail") or problem.get("title"))
    except (ValueError, AttributeError):
        detail = raw[:300].decode(errors="replace")
    return {404: NotFound, 409: Conflict}.get(status, HeadraceError)(detail)

"""The network between Headrace and Loops: latencies, losses, answers that never come or come true late, captive pages."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any

import msgspec

from headrace.delivery.port import NoAnswer, Outgoing
from headrace.destinations.port import Answer
from tests.simulation.loops_model import Loops, Reply
from tests.simulation.oracle import Leaving, Oracle

PAGE = b"<html>Please log in to the guest network</html>"


class Weather(msgspec.Struct):
    """How likely each trouble is for one request, now. `outage` overrides all of it."""

    lost: float = 0.0  # refused or not found: surely not arrived
    broken: float = 0.0  # the connection breaks, before or after it was done
    slow: float = 0.0  # no answer within the time limit, done or not
    late: float = 0.0  # no answer within the time limit, and done long after
    fails: float = 0.0  # 5xx and 408, done or not
    spurious: float = 0.0  # refusals that no Loops would give: 403 with a valid key, 409 for a fresh one, 4xx
    lies: bool = True  # it may have been done although no answer came
    outage: str | None = None  # "refused", "timeout", "500", "page", "redirect", "404", "405"


class Network:
    """`send` is one life's transport; what travels arrives whatever becomes of that life."""

    def __init__(
        self, dice: random.Random, loops: Loops, oracle: Oracle, now: Callable[[], float],
        at: Callable[[float, Callable[[], None]], None], trace: Callable[..., None],
    ) -> None:  # fmt: skip
        self.weather = Weather()
        self.loops = loops
        self.jitter = 0.03  # s; most that one way may take when all is well
        self.answers_take = 0.2
        self.rate_of: Callable[[], float] = lambda: 0.0
        self.landed_late = 0
        self.refused_wrongly = 0
        self.failed_and_burned = 0
        self._dice, self._oracle, self._now, self._at, self._trace = dice, oracle, now, at, trace

    async def send(self, request: Outgoing, hear: Callable[[Callable[[], None]], None]) -> Answer | NoAnswer:
        self._oracle.rated(request.headers["Authorization"], self.rate_of())
        leaving = self._oracle.leaves(request)
        self._trace(
            "leaves",
            request.headers.get("Idempotency-Key", "")[:6],
            f"{request.method} {request.url} {(request.body or b'').decode()}",
            leaving and leaving.members,
        )
        heard: asyncio.Future[Answer | NoAnswer] = asyncio.get_running_loop().create_future()

        def answer(after: float, got: Answer | NoAnswer) -> None:
            if isinstance(got, Answer) and after >= request.timeout:
                after, got = request.timeout, NoAnswer("timeout", "no answer")

            def tell() -> None:
                if heard.done():
                    return
                if leaving is not None:
                    leaving.answer, leaving.heard_at = got.status if isinstance(got, Answer) else got.kind, self._now()
                self._trace("heard", got.status if isinstance(got, Answer) else got.kind, leaving and leaving.members)
                heard.set_result(got)

            self._at(self._now() + after, lambda: hear(tell))

        self._travel(request, leaving, answer)
        return await heard

    def _travel(
        self, request: Outgoing, leaving: Leaving | None, answer: Callable[[float, Answer | NoAnswer], None]
    ) -> None:
        dice, weather = self._dice, self.weather
        up, down = dice.uniform(0, self.jitter), dice.uniform(0, self.answers_take)
        if weather.outage is not None:
            self._in_outage(weather.outage, request, up, answer)
            return
        roll = dice.random()
        lies = weather.lies and dice.random() < 0.5
        late = dice.uniform(request.timeout, 600)
        code = dice.choice((500, 502, 503, 504, 408))
        chances: tuple[tuple[float, Callable[[], None]], ...] = (
            (weather.lost, lambda: answer(up, NoAnswer(dice.choice(("refused", "name")), "lost"))),
            (weather.broken, lambda: self._silent(request, leaving, up, lies, answer, up + down, "broken")),
            (weather.slow, lambda: self._silent(request, leaving, up, lies, answer, request.timeout, "timeout")),
            (weather.late, lambda: self._late(request, leaving, late, answer)),
            (weather.fails, lambda: self._fails(request, leaving, up, down, code, lies, answer)),
            (weather.spurious, lambda: self._wrongly(request, leaving, up + down, answer)),
        )
        for likely, happens in chances:
            if roll < likely:
                happens()
                return
            roll -= likely
        self._arrives(request, leaving, up, lambda reply: answer(down, _answer(reply)))

    def _arrives(
        self, request: Outgoing, leaving: Leaving | None, after: float, then: Callable[[Reply], None],
        fails: int | None = None, done: bool = False,
    ) -> None:  # fmt: skip
        def arrive() -> None:
            reply = self.loops.handle(self._now(), request, fails, done)
            if leaving is not None and reply.effect:
                leaving.effect_at = self._now()
            self._trace("at Loops", reply.status, "done" if reply.effect else "not done", leaving and leaving.members)
            then(reply)

        self._at(self._now() + after, arrive)

    def _silent(
        self, request: Outgoing, leaving: Leaving | None, up: float, lies: bool,
        answer: Callable[[float, Answer | NoAnswer], None], after: float, kind: Any,
    ) -> None:  # fmt: skip
        if lies:
            self._arrives(request, leaving, up, lambda _: None)
        answer(after, NoAnswer(kind, "silence"))

    def _late(
        self, request: Outgoing, leaving: Leaving | None, late: float, answer: Callable[[float, Answer | NoAnswer], None]
    ) -> None:
        self.landed_late += 1
        self._arrives(request, leaving, late, lambda _: None)
        answer(request.timeout, NoAnswer("timeout", "silence"))

    def _fails(
        self, request: Outgoing, leaving: Leaving | None, up: float, down: float, code: int, lies: bool,
        answer: Callable[[float, Answer | NoAnswer], None],
    ) -> None:  # fmt: skip
        if not lies and self.loops.nature.burns_500 and "Idempotency-Key" in request.headers:
            self.failed_and_burned += 1
        self._arrives(request, leaving, up, lambda reply: answer(down, _answer(reply)), code, lies)

    def _wrongly(
        self, request: Outgoing, leaving: Leaving | None, after: float, answer: Callable[[float, Answer | NoAnswer], None]
    ) -> None:
        status = self._dice.choice((403, 403, 409, 400, 413, 422, 404, 301))
        if status == 409 and not request.url.endswith("/events/send"):
            status = 403
        self.refused_wrongly += 1
        if leaving is not None:
            leaving.spurious = True
        headers = {"location": "https://elsewhere.test/"} if status == 301 else {}
        answer(after, Answer(status, headers, b'{"success": false, "message": "by a proxy"}'))

    def _in_outage(
        self, kind: str, request: Outgoing, up: float, answer: Callable[[float, Answer | NoAnswer], None]
    ) -> None:
        if kind == "refused":
            answer(up, NoAnswer("refused", "outage"))
        elif kind == "timeout":
            answer(request.timeout, NoAnswer("timeout", "outage"))
        elif kind == "page":
            answer(up, Answer(200, {}, PAGE))
        elif kind == "redirect":
            answer(up, Answer(301, {"location": "https://login.test/"}, b""))
        else:
            answer(up, Answer(int(kind), {}, PAGE))


def _answer(reply: Reply) -> Answer:
    return Answer(reply.status, reply.headers, json.dumps(reply.body).encode())

"""Mails a second into the Inbox and over SMTP, and from the decision to the server's hands: `python -m benchmarks.mail`."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from tests.engine.mailing import Post, add_contact, drain, enqueue, mail_for, new_engine, post, use_smtp

from headrace.clock import SystemClock
from headrace.engine.engine import Engine
from headrace.engine.outbox.config import DKIM, make_dkim_key


class Sink(Post):
    """Keeps only when each mail came."""

    def __init__(self) -> None:
        super().__init__()
        self.came: list[float] = []

    async def handle_DATA(self, *given: object) -> str:  # type: ignore[override]  # noqa: N802 - aiosmtpd's name
        self.came.append(time.perf_counter())
        return "250 OK"


def rate(engine: Engine, contact: str, mails: int, name: str) -> None:
    for number in range(mails):
        enqueue(engine, mail_for(contact, key=f"{name}{number}"))
    began = time.perf_counter()
    drain(engine)
    print(f"{name:30} {mails / (time.perf_counter() - began):8.0f} mails/s")


async def latencies(engine: Engine, contact: str, sink: Sink, mails: int) -> None:
    running = asyncio.create_task(engine.outbox.run())
    spent = []
    for number in range(mails):
        began, before = time.perf_counter(), len(sink.came)
        mail = mail_for(contact, key=f"latency{number}")
        await asyncio.wrap_future(engine.write(lambda desk, mail=mail: engine.outbox.enqueue(desk, mail)))
        while len(sink.came) == before:
            await asyncio.sleep(0.0005)
        spent.append((sink.came[-1] - began) * 1000)
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    spent.sort()
    print(
        f"decided → in the server's hands: p50 {spent[len(spent) // 2]:.1f} ms, p95 {spent[int(len(spent) * 0.95)]:.1f} ms"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mails", type=int, default=1000)
    mails = parser.parse_args().mails
    with tempfile.TemporaryDirectory() as folder:
        engine = new_engine(Path(folder), SystemClock())  # type: ignore[arg-type]
        contact = add_contact(engine)
        engine.outbox.settings.change({"inbox_keep": 500})
        rate(engine, contact, mails, "Inbox")
        engine.outbox.settings.set_secret(DKIM, make_dkim_key())
        sink = Sink()
        with post(handler=sink) as server:
            for connections in (1, 4):
                use_smtp(engine, server.port, connections=connections)
                rate(engine, contact, mails, f"SMTP, {connections} connections, DKIM")
            asyncio.run(latencies(engine, contact, sink, 200))
        engine.close()


if __name__ == "__main__":
    main()

"""How fast emails are read, made ready once, filled for each person, and composed from the database's rows.

`python -m benchmarks.emails`: each figure is the median of five rounds, one thread.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from headrace.engine.lmx.document import Document
from headrace.engine.lmx.parse import parse
from headrace.engine.lmx.render import Letter, Rendered, make_ready, render
from headrace.engine.lmx.variables import Fallbacks, Values

SAMPLE = Path(__file__).parent.parent / "tests/engine/lmx/golden/everything.lmx"
SYSTEM = {"unsubscribe_link": "https://mail.x.dev/u/1", "company": "Acme", "postal_address": "1 Mill Lane"}
VALUES = Values(contact={"firstName": "Ada", "userId": "u1"}, event={"plan": "Pro"}, system=SYSTEM)


def microseconds(run: Callable[[], object], times: int) -> float:
    """Of one call."""
    rounds = []
    for _ in range(5):
        begin = time.perf_counter()
        for _ in range(times):
            run()
        rounds.append((time.perf_counter() - begin) / times * 1e6)
    return statistics.median(rounds)


def main() -> None:
    text = SAMPLE.read_text()
    document = parse(text)
    assert isinstance(document, Document)
    letter = Letter(document, "Welcome, {contact.firstName}", "Glad you came", marketing=True)
    template = make_ready(letter, {})
    made = render(template, VALUES, Fallbacks())
    assert isinstance(made, Rendered)
    print(f"{len(text):,} bytes of LMX become {len(made.html or ''):,} of HTML and {len(made.text):,} of text")
    print(f"read            {microseconds(lambda: parse(text), 100):8,.0f} µs")
    print(f"made ready      {microseconds(lambda: make_ready(letter, {}), 50):8,.0f} µs, once for a version")
    each = microseconds(lambda: render(template, VALUES, Fallbacks()), 1000)
    print(f"filled          {each:8,.0f} µs, {1e6 / each:,.0f} a second on one core")


if __name__ == "__main__":
    main()

"""Reading headers of answers, for every type."""

from __future__ import annotations

from headrace.destinations.port import Answer

LONGEST = 3600.0  # s; a longer Retry-After is taken as this


def retry_after(answer: Answer) -> float | None:
    """Seconds of a Retry-After header; its date form is not used by anybody here and counts as absent."""
    try:
        value = float(answer.headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(value, LONGEST) if value >= 0 else None

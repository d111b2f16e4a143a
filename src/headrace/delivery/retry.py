"""When to try again: exponential with full jitter, never sooner than the destination asked."""

from __future__ import annotations

from headrace.destinations.port import Policy

LANDS_LATE = 30.0  # s; after a timeout the answer may still come true
LANDS_AT_LAST = 900.0  # s after which it no longer can
LONGEST_WISH = 3600.0  # s of a Retry-After


def pause(failures: int, policy: Policy, fraction: float, wish: float | None, late: bool) -> float:
    """Seconds until the next attempt after `failures` (≥ 1) of them; `fraction` is chance in [0, 1)."""
    ceiling: float = min(policy.retry_most, policy.retry_first * 2.0 ** min(failures - 1, 30))
    chosen = ceiling * fraction
    if late:
        chosen = max(chosen, LANDS_LATE)
    if wish is not None:
        chosen = max(chosen, min(wish, LONGEST_WISH))
    return chosen

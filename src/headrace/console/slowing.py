"""Brute force is slowed, per account and per address, and nobody can lock somebody else out for good. Memory is bounded."""

from __future__ import annotations

WITHIN = 300_000  # ms that a wrong password counts
OF_ACCOUNT = 8  # wrong passwords of one account from addresses that never got in
OF_ADDRESS = 24  # of one address, whatever the account: an office shares one
MOST = 10_000  # names remembered


class Slowing:
    """An address from which the right password came lately is counted apart from all others: guessing elsewhere
    does not shut out the person who is at home there."""

    def __init__(self) -> None:
        self._tries: dict[tuple[str, str], list[int]] = {}
        self._home: dict[tuple[str, str], None] = {}

    def wait(self, email: str, address: str, now: int) -> int:
        """Seconds until the next try is looked at; 0: now."""
        return max(self._wait(key, most, now) for key, most in self._counted(email, address))

    def failed(self, email: str, address: str, now: int) -> None:
        if len(self._tries) > MOST:
            self._tries = {key: kept for key, kept in self._tries.items() if kept[-1] > now - WITHIN}
            while len(self._tries) > MOST:
                self._tries.pop(next(iter(self._tries)))
        for key, _ in self._counted(email, address):
            self._tries[key] = [*self._recent(key, now), now][-OF_ADDRESS:]

    def succeeded(self, email: str, address: str) -> None:
        self._tries.pop(self._account(email, address), None)
        self._home.pop((email, address), None)
        self._home[(email, address)] = None
        if len(self._home) > MOST:
            self._home.pop(next(iter(self._home)))

    def _account(self, email: str, address: str) -> tuple[str, str]:
        return (email, address if (email, address) in self._home else "")

    def _counted(self, email: str, address: str) -> list[tuple[tuple[str, str], int]]:
        of_account = [(self._account(email, address), OF_ACCOUNT)]
        return [*of_account, (("", address), OF_ADDRESS)] if address else of_account

    def _recent(self, key: tuple[str, str], now: int) -> list[int]:
        return [at for at in self._tries.get(key, ()) if at > now - WITHIN]

    def _wait(self, key: tuple[str, str], most: int, now: int) -> int:
        recent = self._recent(key, now)
        return 0 if len(recent) < most else max(1, (recent[-most] + WITHIN - now + 999) // 1000)

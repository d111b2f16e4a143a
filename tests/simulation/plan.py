"""What a seed draws: how Loops is, what the network does, when the power goes, and what people change meanwhile."""

from __future__ import annotations

import random
from typing import Any

import msgspec

from tests.simulation.loops_model import Nature
from tests.simulation.network import Weather
from tests.simulation.people import Call, Habits, People, draw_habits, with_second_thoughts

CALLS = 34  # most of one simulation


class Happening(msgspec.Struct, frozen=True):
    """Something at `at` seconds: the outside changes, or a person changes something."""

    at: float
    what: str
    args: tuple[Any, ...] = ()


class Cut(msgspec.Struct, frozen=True):
    """How one process ends: after so many steps of its loop, writes to the disk, or requests; None never."""

    steps: int | None = None
    writes: int | None = None
    requests: int | None = None
    power: bool = False  # the machine lost power: what was not synced may be gone. Else kill -9
    down_for: float = 0.0  # s until the next process


class Plan(msgspec.Struct, frozen=True):
    seed: int
    calm: bool  # comparable with the same seed sent without folding and skipping
    calls: tuple[Call, ...]
    habits: Habits
    nature: Nature
    weather: Weather
    rate: float
    destinations: int
    two_keys: bool
    settings: dict[str, Any]
    happenings: tuple[Happening, ...]
    cuts: tuple[Cut, ...]
    troubles_end: float  # s; from then on everything is well
    slow_commits: bool
    idle: float
    in_flight: int

    @property
    def alone(self) -> bool:
        """Loops' limit is ours alone, known to us, and requests arrive about as evenly as they leave."""
        return (
            0 < self.rate <= self.nature.limit
            and not any(h.what == "somebody" for h in self.happenings)
            and not self.weather.late
            and not (self.destinations == 2 and self.two_keys)
        )


def draw(seed: int) -> Plan:
    dice = random.Random(f"{seed}/plan")
    calm = dice.random() < 0.45
    habits = draw_habits(random.Random(f"{seed}/habits"), CALLS)
    calls = tuple(People(random.Random(f"{seed}/people"), habits).calls())
    if seed % 10 == 4:  # drawn apart, so that the other seeds stay what they were
        calls = tuple(with_second_thoughts(calls, random.Random(f"{seed}/second thoughts")))
    ends = max(calls[-1].at + 5, 30)
    destinations = 1 if calm or dice.random() < 0.7 else 2
    rough = dice.choice((0.0, 0.3, 1.0, 1.0, 2.5))
    happenings, troubles_end = _happenings(dice, calm, ends, destinations, rough)
    return Plan(
        seed=seed,
        calm=calm,
        calls=calls,
        habits=habits,
        nature=_nature(dice),
        weather=_weather(dice, calm, rough),
        rate=dice.choice((0, 1, 2, 3, 5, 10, 10)),
        destinations=destinations,
        two_keys=dice.random() < 0.5,
        settings=_settings(dice),
        happenings=tuple(sorted(happenings, key=lambda h: h.at)),
        cuts=_cuts(dice, rough),
        troubles_end=troubles_end,
        slow_commits=dice.random() < 0.2,
        idle=dice.choice((30.0, 3600.0)),
        in_flight=dice.choice((64, 64, 4, 2)),
    )


def _nature(dice: random.Random) -> Nature:
    def maybe() -> bool:
        return dice.random() < 0.5

    return Nature(
        limit=dice.choice((10, 10, 10, 5)),
        window=dice.choice(("sliding", "fixed", "bucket")),
        refusals_count=maybe(),
        says_limits=maybe(),
        retry_after=maybe(),
        burns_400=maybe(),
        burns_500=dice.random() < 0.3,
        nulls_clear=maybe(),
        nulls_on_events_clear=maybe(),
        conflict=dice.choice(("refuse", "email", "user")),
        lists_need_subscription=maybe(),
        unknown_lists=dice.choice(("ignore", "refuse")),
    )


def _weather(dice: random.Random, calm: bool, rough: float) -> Weather:
    def some(most: float) -> float:
        return dice.choice((0.0, dice.uniform(0, most))) * rough

    return Weather(
        lost=some(0.08),
        broken=some(0.12),
        slow=some(0.12),
        late=0.0 if calm else some(0.08),
        fails=some(0.15),
        spurious=0.0 if calm else some(0.06),
        lies=dice.random() < 0.85,
    )


def _settings(dice: random.Random) -> dict[str, Any]:
    found: dict[str, Any] = {"nulls": dice.choice(("drop", "clear")), "traits_on_track": dice.choice(("new", "all", "none"))}
    if dice.random() < 0.3:
        found["email_from_properties"] = dice.choice(("if_alone", "always", "never"))
    if dice.random() < 0.5:
        found["retry"] = {"first": dice.choice((0.1, 1, 5)), "most": dice.choice((10, 60, 900))}
    return found


def _happenings(
    dice: random.Random, calm: bool, ends: float, destinations: int, rough: float
) -> tuple[list[Happening], float]:
    found: list[Happening] = []

    def spell(begin: str, end: str, longest: float, *args: Any, stop: tuple[Any, ...] = ()) -> None:
        at = dice.uniform(0, ends)
        long = dice.random() < 0.04
        lasts = dice.uniform(20, 30) * 3600 if long else dice.uniform(0.5, longest)
        found.extend((Happening(at, begin, args), Happening(at + lasts, end, stop)))

    def which() -> str:
        return f"d{dice.randrange(destinations)}"

    kinds = ["outage", "outage", "key", "pause", "restart", "clock", "slow router"]
    kinds += [] if calm else ["settings", "settings", "disable", "somebody", "captive"]
    for _ in range(dice.choice((0, 1, 2, 4)) if rough else 0):
        kind = dice.choice(kinds)
        if kind == "outage":
            spell("outage", "outage", 300, dice.choice(("refused", "timeout", "500", "503")), stop=(None,))
        elif kind == "captive":
            spell("outage", "outage", 100, dice.choice(("page", "redirect", "404", "405")), stop=(None,))
        elif kind == "key":
            spell("revoke", "restore", 200)
        elif kind == "pause":
            d = which()
            spell("pause", "resume", 100, d, stop=(d,))
        elif kind == "disable":
            d = which()
            spell("disable", "enable", 100, d, stop=(d,))
        elif kind == "somebody":
            spell("somebody", "nobody", 60, dice.uniform(1, 15))
        elif kind == "settings":
            found.append(Happening(dice.uniform(0, ends + 20), "settings", (which(), _change(dice))))
        elif kind == "slow router":
            spell("router sleeps", "router wakes", 60)
        elif kind == "restart":
            found.append(Happening(dice.uniform(0, ends + 20), "restart", (dice.uniform(0, 5),)))
        else:
            found.append(Happening(dice.uniform(0, ends), "clock", (dice.choice((-3600, -60, 60, 7200)),)))
    last = max((h.at for h in found), default=0.0)
    return found, max(ends, last) + 1


def _change(dice: random.Random) -> dict[str, Any]:
    return dice.choice((
        {"nulls": "clear"}, {"nulls": "drop"}, {"traits_on_track": "none"}, {"timeout": 5}, {"identify": False},
        {"contact_properties": {"rename": {"plan": "tier"}}}, {"rate": 3}, {"skip_unchanged": 0}, {"fold": "never"},
    ))  # fmt: skip


def _cuts(dice: random.Random, rough: float) -> tuple[Cut, ...]:
    found = []
    for _ in range(dice.choice((0, 0, 1, 2, 4)) if rough else 0):
        kind = dice.choice(("steps", "writes", "requests"))
        most = {"steps": 900, "writes": 400, "requests": 25}[kind]
        after = 1 + int(dice.random() ** 2 * most)
        down = 25 * 3600 * dice.uniform(0.9, 1.2) if dice.random() < 0.04 else dice.choice((0.0, 0.5, 30.0)) * dice.random()
        found.append(msgspec.structs.replace(Cut(power=dice.random() < 0.6, down_for=down), **{kind: after}))
    return tuple(found)

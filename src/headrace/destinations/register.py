"""The catalog, written out: a destination type is one folder and one line here."""

from __future__ import annotations

from collections.abc import Mapping

from headrace.destinations.checking import Checker
from headrace.destinations.loops.check import CHECKER
from headrace.destinations.loops.type import LOOPS
from headrace.destinations.port import Catalog, DestinationType
from headrace.destinations.webhook.type import WEBHOOK

TYPES: tuple[DestinationType, ...] = (LOOPS, WEBHOOK)
CHECKERS: Mapping[str, Checker] = {LOOPS.name: CHECKER}  # types that can say what they do not know
CATALOG: Catalog = {kind.name: kind for kind in TYPES}

"""The catalog, written out: a destination type is one folder and one line here."""

from __future__ import annotations

from headrace.destinations.loops.type import LOOPS
from headrace.destinations.port import Catalog, DestinationType
from headrace.destinations.webhook.type import WEBHOOK

TYPES: tuple[DestinationType, ...] = (LOOPS, WEBHOOK)
CATALOG: Catalog = {kind.name: kind for kind in TYPES}

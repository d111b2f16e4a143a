"""What stands below marketing mail: who it is from, and the ways out. Pure."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

WAYS = (("Unsubscribe", "unsubscribe_link"), ("Manage preferences", "preferences_link"))
STYLE = "color:inherit;text-decoration:underline"


def as_html(system: Mapping[str, Any]) -> str:
    links = [(label, str(system[name])) for label, name in WAYS if system.get(name)]
    anchors = [f'<a href="{html.escape(link)}" target="_blank" style="{STYLE}">{label}</a>' for label, link in links]
    return "<br/>".join(part for part in (html.escape(_from(system)), " · ".join(anchors)) if part)


def as_text(system: Mapping[str, Any]) -> str:
    links = [f"{label}: {system[name]}" for label, name in WAYS if system.get(name)]
    return "\n".join(part for part in ("\n\n-- ", _from(system), *links) if part)


def _from(system: Mapping[str, Any]) -> str:
    """Company and postal address, on one line."""
    parts = (" ".join(str(system.get(name) or "").split()) for name in ("company", "postal_address"))
    return ", ".join(part for part in parts if part)

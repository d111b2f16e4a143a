"""Whether the person consented to what this destination needs, as RudderStack decides it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headrace.destinations.loops.identity import part
from headrace.destinations.loops.settings import Consent


def denied(message: Mapping[str, Any], consent: Consent) -> bool:
    """`and`: one denied category is enough to leave the event out; `or`: only when all are denied."""
    if not consent.categories:
        return False
    management = part(message, "context", "consentManagement")
    refused = part(message, "context", "consentManagement", "deniedConsentIds")
    if not isinstance(management, Mapping) or not isinstance(refused, list) or not refused:
        return False
    provider = management.get("provider")
    if isinstance(provider, str) and provider.lower() != consent.provider.lower():
        return False
    strategy = consent.strategy
    said = management.get("resolutionStrategy")
    if consent.provider.lower() != "custom" and isinstance(said, str) and said.lower() in ("and", "or"):
        strategy = "and" if said.lower() == "and" else "or"
    missing = [category for category in consent.categories if category in refused]
    return bool(missing) if strategy == "and" else len(missing) == len(consent.categories)

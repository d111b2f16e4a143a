"""Secrets never leave in a log, a page or the journal."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from headrace.workspace.secrets import MASK
from headrace.workspace.secrets import mask as masked


def mask(value: Any, secrets: Sequence[str], names: Sequence[str] = ()) -> Any:
    """`value` (text, or JSON) with every secret replaced wherever it stands; of `names`, people's, nothing is shown."""
    if isinstance(value, str):
        for secret in secrets:
            if secret:
                value = value.replace(secret, masked(secret))
        return without(value, names)
    if isinstance(value, dict):
        return {mask(k, secrets, names): mask(v, secrets, names) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [mask(item, secrets, names) for item in value]
    return value


def without(text: str, names: Sequence[str]) -> str:
    """Whatever its case."""
    for name in names:
        if name:
            text = re.sub(re.escape(name), MASK, text, flags=re.IGNORECASE)
    return text

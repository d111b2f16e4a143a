"""sources.json: what the gateway has to know of the workspace, replaced in one step."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from headrace.workspace.model import Workspace


def publish(
    path: Path, workspace: Workspace, workspace_id: str, gateway_url: str, suppressed: Mapping[str, Any], revision: int
) -> None:
    """The gateway reads it again when it is told the revision."""
    value = {
        "revision": revision,
        "suppressed": suppressed,
        "workspace_id": workspace_id,
        "gateway_url": gateway_url,
        "sources": [
            {
                "id": s.id,
                "name": s.name,
                "write_key": s.write_key,
                "enabled": s.enabled,
                "old_write_keys": s.old_write_keys,
                "old_until": s.old_until,
                "updated_at": s.created_at,
            }
            for s in workspace.sources
        ],
    }
    fresh = path.with_suffix(".new")
    fresh.write_bytes(msgspec.json.encode(value))
    fresh.chmod(0o600)
    fresh.replace(path)

"""What `status` says of the audit and of alarms, of a running instance or as it was when it stopped."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from headrace.alarms import rules
from headrace.alarms.rules import Alarm
from headrace.clock import rfc3339
from headrace.journal.ongoing import Progress
from headrace.storage.sqlite.watch import WatchDb

AUDIT = "audit"
ALARMS = "alarms"


def kept(watch: WatchDb) -> dict[str, Any]:
    progress, alarms = watch.recall(AUDIT), watch.recall(ALARMS)
    return shown(
        msgspec.json.decode(progress, type=Progress) if progress else Progress(),
        msgspec.json.decode(alarms, type=dict[str, Alarm]) if alarms else {},
    )


def shown(progress: Progress, alarms: Mapping[str, Alarm]) -> dict[str, Any]:
    return {
        "audit": {
            "ok": not progress.differences,
            "checked_to": progress.checked_to,
            "at": rfc3339(progress.at) if progress.at else None,
            "differences": progress.differences,
        },
        "alarms": [
            {"kind": a.kind, "subject": a.subject or None, "sentence": a.sentence, "since": rfc3339(a.since or 0)}
            for a in rules.active(alarms)
        ],
    }

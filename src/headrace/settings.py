"""The one table of settings, and the only reader of the environment."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from headrace.errors import SettingsError

PREFIX = "HEADRACE_"


class Setting(msgspec.Struct, frozen=True):
    """One row of the table. `read` turns the text of the environment into the value, or raises ValueError."""

    key: str
    default: Any
    read: Callable[[str], Any]
    help: str
    why: str  # the reason for the default
    secret: bool = False

    @property
    def variable(self) -> str:
        return PREFIX + self.key.upper()


def _text(text: str) -> str:
    return text.strip()


def _whole(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError("use a whole number") from None


def _port(text: str) -> int:
    port = _whole(text)
    if not 0 <= port <= 65535:
        raise ValueError("a port lies between 0 and 65535 (0 picks a free one)")
    return port


def _count(text: str) -> int:
    number = _whole(text)
    if number < 0:
        raise ValueError("must not be negative")
    return number


def _flag(text: str) -> bool:
    words = {"1": True, "true": True, "yes": True, "on": True, "0": False, "false": False, "no": False, "off": False}
    if text.strip().lower() not in words:
        raise ValueError("use true or false")
    return words[text.strip().lower()]


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def seconds(text: str) -> float:
    """A duration: seconds, or a number with s, m, h or d (`24h`). Raises ValueError."""
    return _measured(text, _UNITS, 1, "use seconds, or a number with s, m, h or d, such as 24h")


_SIZES = {"kb": 10**3, "mb": 10**6, "gb": 10**9, "tb": 10**12}


def size(text: str) -> int:
    """Bytes: a number, or one with kb, mb, gb or tb (`20gb`). Raises ValueError."""
    return int(_measured(text, _SIZES, 2, "use bytes, or a number with kb, mb, gb or tb, such as 20gb"))


def _measured(text: str, units: Mapping[str, int], letters: int, wanted: str) -> float:
    text = text.strip().lower()
    unit = units.get(text[-letters:])
    try:
        number = float(text[:-letters] if unit else text)
    except ValueError:
        raise ValueError(wanted) from None
    if not 0 <= number < math.inf:
        raise ValueError(wanted)
    return number * (unit or 1)


def shown(row: Setting, value: Any) -> str:
    """A value as it would be written: `24h`, `20gb`, `true`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return ",".join(value)
    units: Mapping[str, int] = _UNITS if row.read is seconds else _SIZES if row.read is size else {}
    for unit, length in sorted(units.items(), key=lambda entry: -entry[1]):
        # 24h rather than 1d, since that is how everybody says it; but 7d, not 168h
        if value and value % length == 0 and (unit != "d" or value > length):
            return f"{value / length:g}{unit}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _level(text: str) -> str:
    if text.lower() not in ("debug", "info", "warning", "error"):
        raise ValueError("use debug, info, warning or error")
    return text.lower()


def _style(text: str) -> str:
    if text.lower() not in ("auto", "text", "json"):
        raise ValueError("use auto, text or json")
    return text.lower()


def _url(text: str) -> str:
    if not text.startswith(("http://", "https://")):
        raise ValueError("must begin with http:// or https://")
    return text.rstrip("/")


def _addresses(text: str) -> list[str]:
    found = [address.strip() for address in text.split(",") if address.strip()]
    if not found or any("@" not in address or any(c.isspace() for c in address) for address in found):
        raise ValueError("use email addresses, separated by commas")
    return found


def _mail_server(text: str) -> str:
    wanted = (
        "use smtp://user:password@host:587, or smtps:// for a port that speaks TLS at once; signs in the password as %2F"
    )
    try:
        parts = urlsplit(text.strip())
        good = parts.scheme in ("smtp", "smtps") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # its words may repeat a part of the password
        good = False
    if not good:
        raise ValueError(wanted)
    return text.strip()


TABLE: tuple[Setting, ...] = (
    Setting("data", None, _text, "Data directory.", "The platform's user-data folder, where programs keep their own files."),
    Setting("host", "127.0.0.1", _text, "Address the gateway and the engine listen on.", "Nothing is public unless told."),
    Setting("console_host", "127.0.0.1", _text, "Address the console listens on.", "The console is for people who log in."),
    Setting("gateway_port", 8080, _port, "Port of the gateway.", "RudderStack's own default."),
    Setting("console_port", 8081, _port, "Port of the console.", "Next to the gateway's."),
    Setting("engine_port", 8082, _port, "Port of the engine.", "Next to the console's."),
    Setting("gateway_url", None, _url, "How the world reaches the gateway.", "Snippets and Segment settings name it; never a Host header."),
    Setting("console_url", None, _url, "How people reach the console.", "Login links name it."),
    Setting("engine_url", None, _url, "How the world reaches the engine.", "Links in mail name it."),
    Setting("secret_key", None, _text, "Key that encrypts stored secrets; wins over the key file.", "Without it a key file (0600) is made beside the data.", True),
    Setting("log_level", "info", _level, "Least level that is logged.", "Accepted calls are counted, not logged."),
    Setting("log_format", "auto", _style, "auto, text or json.", "Text for a terminal, JSON for a collector."),
    Setting("dedup_window", 86400.0, seconds, "How long a repeated messageId of a source is a duplicate.", "SDKs retry for hours, not for days."),
    Setting("retention_age", 604800.0, seconds, "How long events are kept.", "A week holds a long weekend's outage."),
    Setting("retention_bytes", 20 * 10**9, size, "Most space that events take.", "Small disks fill before a week is over."),
    Setting("min_free_bytes", 512 * 10**6, size, "Free space below which the gateway answers 503.", "The worker can still record outcomes."),
    Setting("attempts_age", 604800.0, seconds, "How long requests and answers of attempts are kept.", "As long as the events."),
    Setting("keep_waiting", 2592000.0, seconds, "How long an event may wait for its destination before it expires; 0 = without end.", "After a month an email about it helps nobody; it is kept as a failed event, and an alarm comes at half of it."),
    Setting("keep_waiting_bytes", 10 * 10**9, size, "Most space that waiting events take before the oldest expire; 0 = no limit.", "Half of what the event log may take, so that new events find room."),
    Setting("alarm_webhook", None, _url, "Address that each alarm is POSTed to when it starts and when it ends.", "Nobody is told unless somebody wants it.", True),
    Setting("alarm_webhook_secret", None, _text, "Signs the alarms' webhook as Standard Webhooks describes (`whsec_…` or any text).", "Without it the receiver cannot tell whether an alarm is genuine.", True),
    Setting("alarm_email", None, _addresses, "Who gets alarms by email, comma-separated; needs HEADRACE_ALARM_SMTP.", "Nobody is told unless somebody wants it."),
    Setting("alarm_email_from", "headrace@localhost", _text, "Sender of alarm emails.", "Most servers want one of their own domain."),
    Setting("alarm_smtp", None, _mail_server, "Mail server for alarms: smtp://user:password@host:587, or smtps:// for TLS at once.", "A way of its own: alarms must come through when Loops does not.", True),
    Setting("alarm_waiting", 3600.0, seconds, "How long the oldest event of a destination may wait before it is an alarm; 0 = never.", "A burst that Loops' 10 requests a second need an hour for is worth a look."),
    Setting("alarm_dead", 20, _count, "So many events of a destination that fail within an hour are an alarm; 0 = never.", "As many as pause it when they come in a row."),
    Setting("alarm_free_bytes", 2 * 10**9, size, "Free disk space below which it is an alarm.", "Four times what makes the gateway refuse: time to act."),
    Setting("restore_check", True, _flag, "Pause destinations after a restored backup, and show what would be sent again.", "Off only where the file system changes inode numbers by itself (some network and desktop mounts)."),
    Setting("event_limit", 0, _count, "Events a second that one source may send; 0 = no limit.", "A public write key is not a secret; set it when the gateway faces the internet."),
    Setting("max_requests", 20000, _count, "Requests in flight before the gateway answers 503.", "Bounds memory."),
    Setting("refuse_private_addresses", False, _flag, "Refuse destinations on private networks.", "Off: webhooks inside one's own network are common. Link-local ones are always refused."),
    Setting("engine_log_days", 30, _count, "Days the engine's Event Log is kept.", "As long as Loops keeps its own."),
    Setting("engine_sends_days", 400, _count, "Days the engine keeps its mails and the runs of its workflows; their figures stay.", "A year back can be compared, and the table ends somewhere."),
    Setting("engine_burns_keys", False, _flag, "Whether an event or a transactional email that is refused (400) uses up its Idempotency-Key.", "Off: the caller can mend and repeat. Nobody knows which Loops does: a test of yours may want to see both."),
)  # fmt: skip


def defaults() -> dict[str, Any]:
    return {row.key: row.default for row in TABLE}


def read_environment(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """All settings: defaults overlaid by the environment. Raises SettingsError for unknown names and unusable values."""
    environment = os.environ if environment is None else environment
    rows = {row.variable: row for row in TABLE}
    values = defaults()
    for name, text in environment.items():
        if not name.startswith(PREFIX):
            continue
        row = rows.get(name)
        if row is None:
            raise SettingsError(f"{name} is not a setting of Headrace. `headrace settings` lists them all.")
        if text == "":
            continue
        try:
            values[row.key] = row.read(text)
        except ValueError as error:
            shown = "its value" if row.secret else repr(text)
            raise SettingsError(f"{name}: {shown} cannot be used: {error}. {row.help}") from error
    return values


def environment_value(name: str) -> str | None:
    """A variable that a workspace file refers to as ${NAME}."""
    return os.environ.get(name)


def child_environment() -> dict[str, str]:
    """The environment without our own settings: child processes are told theirs by the supervisor."""
    return {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}

"""The settings of alarms: what can be used, and what the message says when it cannot."""

from __future__ import annotations

import pytest

from headrace.errors import SettingsError
from headrace.settings import TABLE, read_environment, shown


def test_addresses_sizes_and_durations_are_read() -> None:
    values = read_environment(
        {
            "HEADRACE_ALARM_EMAIL": "ada@example.com, ops@example.com",
            "HEADRACE_ALARM_SMTP": "smtps://ada:pw@mail.example.com:465",
            "HEADRACE_KEEP_WAITING": "14d",
            "HEADRACE_KEEP_WAITING_BYTES": "2gb",
        }
    )
    assert values["alarm_email"] == ["ada@example.com", "ops@example.com"]
    assert (values["keep_waiting"], values["keep_waiting_bytes"]) == (14 * 86_400, 2 * 10**9)
    assert values["alarm_smtp"] == "smtps://ada:pw@mail.example.com:465"


def test_a_value_is_shown_as_somebody_would_write_it() -> None:
    defaults = {row.key: shown(row, row.default) for row in TABLE}
    assert (defaults["dedup_window"], defaults["retention_age"], defaults["alarm_waiting"]) == ("24h", "7d", "1h")
    assert (defaults["retention_bytes"], defaults["restore_check"], defaults["data"]) == ("20gb", "true", "")
    for row in TABLE:
        assert shown(row, row.default) == "" or row.read(shown(row, row.default)) == row.default


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ALARM_EMAIL", "ada"),
        ("ALARM_EMAIL", ","),
        ("ALARM_EMAIL", "ada@example.com evil@example.com"),
        ("ALARM_SMTP", "mail.example.com:25"),
        ("ALARM_SMTP", "smtp://mail.example.com:many"),
        ("ALARM_WEBHOOK", "example.com"),
        ("KEEP_WAITING", "3 weeks"),
        ("KEEP_WAITING", "nan"),
        ("KEEP_WAITING_BYTES", "-4gb"),
        ("KEEP_WAITING_BYTES", "20GiB"),
        ("ALARM_DEAD", "many"),
    ],
)
def test_what_cannot_be_used_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"HEADRACE_{name}.*(use|must)"):
        read_environment({f"HEADRACE_{name}": text})


@pytest.mark.parametrize("name", ["ALARM_SMTP", "ALARM_WEBHOOK"])
def test_a_value_that_may_hold_a_password_is_not_repeated(name: str) -> None:
    for text in ("ftp://ada:hunter2@example.com", "smtp://ada:hunter2/3@example.com"):
        with pytest.raises(SettingsError) as refused:
            read_environment({f"HEADRACE_{name}": text})
        assert "hunter2" not in str(refused.value)

"""The headers of Ada's webhook hold a token: it is read by nobody, and lost by no change."""

from __future__ import annotations

from pathlib import Path

import pytest

from headrace.clock import SystemChance, SystemClock
from headrace.errors import WorkspaceError
from headrace.workspace import yaml_file
from headrace.workspace.apply import apply
from headrace.workspace.secretbox import SecretBox
from headrace.workspace.secrets import kept, masked
from headrace.workspace.store import WorkspaceStore, open_store

SECRET = frozenset(("secret", "headers"))
TOKEN = "Bearer 0123456789abcdef"
SETTINGS = {"url": "https://ada.dev/hook", "headers": {"Authorization": TOKEN, "X-Team": "ada"}}


def opened(root: Path) -> WorkspaceStore:
    box = SecretBox(b"k" * 32, "a test")
    return open_store(root / "state.db", box, SystemClock(), SystemChance(), lambda kind: SECRET)


def test_it_is_sealed_on_disk_and_there_again_after_a_restart(tmp_path: Path) -> None:
    store = opened(tmp_path)
    made = store.add_destination("ada", "hook", "webhook", SETTINGS)
    store.change_destination("ada", made.id, enabled=False)
    store.db.close()
    bytes_on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"0123456789abcdef" not in bytes_on_disk
    again = opened(tmp_path)
    assert again.destination(made.id).settings == SETTINGS
    again.db.close()


def test_a_page_shows_its_end_and_what_comes_back_masked_keeps_it() -> None:
    shown = masked(SETTINGS, SECRET)
    assert shown["headers"] == {"Authorization": "••••cdef", "X-Team": "••••"}
    assert kept(shown, SETTINGS, SECRET) == SETTINGS
    assert kept({"url": "https://ada.dev/other"}, SETTINGS, SECRET)["headers"] == SETTINGS["headers"]
    assert kept(SETTINGS | {"headers": {}}, SETTINGS, SECRET)["headers"] == {}
    with pytest.raises(WorkspaceError, match=r"headers\.X-New is masked"):
        kept({"headers": {"X-New": "••••"}}, SETTINGS, SECRET)


def test_the_exported_file_names_it_and_applied_again_changes_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.add_destination("ada", "hook", "webhook", SETTINGS)
    text = yaml_file.export(store.snapshot(), store.secret_names, store.secrets_of, None)
    assert "0123456789abcdef" not in text
    assert "Authorization: ${HOOK_HEADERS_AUTHORIZATION}" in text
    before = store.snapshot().destinations[0].settings

    apply(yaml_file.parse(text, lambda name: None), store, lambda kind, settings: [], 0, lambda _: 0)
    assert store.snapshot().destinations[0].settings == before

    given = {"HOOK_HEADERS_AUTHORIZATION": "Bearer new"}
    apply(yaml_file.parse(text, given.get), store, lambda kind, settings: [], 0, lambda _: 0)
    assert store.snapshot().destinations[0].settings["headers"] == {"Authorization": "Bearer new", "X-Team": "ada"}
    store.db.close()


def test_a_new_machine_without_the_token_is_told_its_name(tmp_path: Path) -> None:
    file = yaml_file.parse(
        "version: 1\ndestinations:\n- {name: hook, type: webhook, settings: {headers: {Authorization: '${TOKEN}'}}}\n",
        lambda name: None,
    )
    store = opened(tmp_path)
    with pytest.raises(WorkspaceError, match="TOKEN"):
        apply(file, store, lambda kind, settings: [], 0, lambda _: 0)
    store.db.close()

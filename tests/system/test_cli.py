"""The command line as a person meets it: before, during and after an instance runs, and when something is wrong."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.instance import ROOT, Running, clean_environment

FILE = """version: 1
sources:
  - name: shop
    type: python
    write_key: 2aBcDeFgHiJkLmNoPqRsTuVwXyZ
destinations:
  - name: loops
    type: loops
    settings: {api_key: "${LOOPS_API_KEY}", base_url: "http://127.0.0.1:9/api", timeout: 5s}
  - name: hook
    type: webhook
    settings: {url: "http://127.0.0.1:9/hook"}
connections:
  - {source: shop, destination: loops}
engine:
  mailing_lists: [{id: cly2xnjqn002z0mmn68uog1wk, name: Product updates, public: true}]
  properties: [{name: plan, type: string}]
"""
KEY = {"LOOPS_API_KEY": "0123456789abcdef0123456789abcdef"}


def headrace(*words: str, text: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "headrace", *words]
    return subprocess.run(
        command, input=text, capture_output=True, text=True, timeout=60, env=clean_environment(**environment), cwd=ROOT
    )


def test_without_a_workspace_status_says_what_to_do(tmp_path: Path) -> None:
    done = headrace("--data", str(tmp_path / "none"), "status")
    assert done.returncode == 1
    assert "headrace up" in done.stderr


def test_a_workspace_file_is_applied_once_exported_and_never_shows_its_secret(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    first = headrace("apply", "-", "--data", data, text=FILE, **KEY)
    assert first.returncode == 0, first.stderr
    assert "destination loops added" in first.stdout
    assert headrace("apply", "-", "--data", data, text=FILE, **KEY).stdout == "Nothing to change.\n"
    exported = headrace("export", "--data", data).stdout
    assert "${LOOPS_API_KEY}" in exported
    assert KEY["LOOPS_API_KEY"] not in exported
    assert headrace("apply", "-", "--data", data, text=exported, **KEY).stdout == "Nothing to change.\n"
    # an absent secret keeps the stored one
    assert headrace("apply", "-", "--data", data, text=FILE).stdout == "Nothing to change.\n"
    status = json.loads(headrace("status", "--json", "--data", data).stdout)
    assert (status["running"], status["gateway"], [s["name"] for s in status["sources"]]) == (False, None, ["shop"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 1\nsorces: []\n", "line 2: 'sorces'"),
        ("version: 2\n", "line 1"),
        ("version: 1\nsources:\n  - name: a\n    colour: red\n", "line 4: 'colour'"),
        ("version: 1\nsources:\n  - name: a\n  - name: a\n", "line 4"),
        ("version: 1\ndestinations:\n  - {name: x, type: loops, settings: {rat: 5}}\n", "line 3"),
        ("version: 1\ndestinations:\n  - {name: x, type: loops, settings: {api_key: '${NOT_SET}'}}\n", "NOT_SET"),
        ("version: 1\ndestinations:\n  - {name: x, type: mailchimp}\n", "mailchimp"),
        ("version: 1\nconnections:\n  - {source: a, destination: b}\n", "line 3"),
        ("version: 1\n  x: [\n", "line"),
        ("version: 1\nengine: {speed: 3}\n", "line 2: engine: 'speed'"),
        ("version: 1\nsource: []\n", "Did you mean 'sources'?"),
        (
            "version: 1\ndestinations:\n  - {name: x, type: Loops}\n",
            "line 3: destination 'x': The catalog has no type 'Loops'. Did",
        ),
        ("version: 1\ndestinations:\n  - {name: x, type: loops, settings: {apikey: a}}\n", "Did you mean 'api_key'?"),
        ("version: 1\ndestinations:\n  - {name: x, type: loops, settings: {events: {alow: [a]}}}\n", "allow, deny"),
        ("version: 1\ndestinations:\n  - {name: x, type: loops, settings: {api_key: 'k${K}'}}\n", "must stand alone"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line_and_changes_nothing(tmp_path: Path, text: str, said: str) -> None:
    data = str(tmp_path / "data")
    done = headrace("apply", "-", "--data", data, text=text)
    assert done.returncode == 1
    assert said in done.stderr
    assert json.loads(headrace("status", "--json", "--data", data).stdout)["sources"] == []


def test_a_key_without_quotes_is_refused_and_not_repeated_and_a_file_of_another_encoding_is_told(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    number = "12345678901234567890123456789012"
    text = f"version: 1\ndestinations:\n  - {{name: x, type: loops, settings: {{api_key: {number}}}}}\n"
    done = headrace("apply", "-", "--data", data, text=text)
    assert (done.returncode, "Put it in quotes" in done.stderr, number in done.stderr) == (1, True, False)
    (tmp_path / "latin").write_bytes("version: 1 # größer".encode("latin-1"))
    assert "no text in UTF-8" in headrace("apply", str(tmp_path / "latin"), "--data", data).stderr


def test_unknown_settings_are_errors_and_the_table_lists_them_all() -> None:
    done = headrace("settings", HEADRACE_GATEWAY_PROT="1")
    assert done.returncode == 1
    assert "HEADRACE_GATEWAY_PROT is not a setting" in done.stderr
    assert "HEADRACE_GATEWAY_PORT" in headrace("settings").stdout
    assert "/somewhere/else" in headrace("settings", "--data", "/somewhere/else").stdout


def test_a_taken_port_a_locked_directory_and_newer_data_are_told_clearly(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        done = headrace("up", "--data", str(tmp_path / "a"), "--gateway-port", port)
        assert done.returncode == 1
        assert port in done.stderr
        many = headrace("up", "--data", str(tmp_path / "a"), "--gateway-port", "99999")
        assert (many.returncode, "Traceback" in many.stderr) == (2, False)
        assert "--gateway-port" in done.stderr
    with Running(tmp_path / "b", "--no-engine") as running:
        again = headrace("up", "--data", str(running.data), *running.ports)
        assert "has" in again.stderr
        assert "open" in again.stderr
    newer = tmp_path / "c"
    newer.mkdir()
    (newer / "version.json").write_text('{"format": 99, "by": "9.9"}')
    assert "9.9" in headrace("up", "--data", str(newer)).stderr


def test_the_wrong_secret_key_stops_up_with_a_message(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    headrace("apply", "-", "--data", data, text=FILE, HEADRACE_SECRET_KEY="first", **KEY)
    ports = ("--gateway-port", "0", "--console-port", "0", "--engine-port", "0")
    done = headrace("up", "--data", data, *ports, HEADRACE_SECRET_KEY="second")
    assert done.returncode == 1
    assert "does not open the secrets" in done.stderr


def test_a_secret_key_that_was_left_behind_is_asked_for_and_none_is_made_up(tmp_path: Path) -> None:
    data = tmp_path / "data"
    headrace("apply", "-", "--data", str(data), text="version: 1\nsources: [{name: shop}]\n")
    key = (data / "secret.key").read_bytes()
    ports = ("--gateway-port", "0", "--console-port", "0", "--engine-port", "0")
    (data / "secret.key").unlink()
    for words in (("status",), ("up", *ports)):
        done = headrace(*words, "--data", str(data))
        assert (done.returncode, "secret.key is missing" in done.stderr) == (1, True), done.stderr
        assert not (data / "secret.key").exists()
    (data / "secret.key").write_bytes(bytes(32))
    done = headrace("up", "--data", str(data), *ports)
    assert "does not open the secrets" in done.stderr
    assert "Traceback" not in done.stderr
    (data / "secret.key").write_bytes(key)
    assert headrace("status", "--data", str(data)).returncode == 0


def test_a_new_write_key_works_when_apply_returns_and_a_duplicate_is_marked(tmp_path: Path) -> None:
    with Running(tmp_path / "data") as running:
        running.apply("version: 1\nsources:\n  - {name: app, type: node, write_key: anotherKey123}\n")
        call = {"userId": "ada", "messageId": "once", "traits": {}}
        assert running.send("/v1/identify", call, key="anotherKey123") == (200, "ok")
        assert running.send("/v1/identify", call, key="anotherKey123") == (200, "ok")
        running.cli("send", "identify", "--user-id", "grace", "--email", "grace@example.com", "--trait", "plan=pro")
        running.settle(3)
        newest, repeated, first = running.events()
        assert newest["fates"][0]["state"] == "delivered"
        assert repeated["fates"][0]["state"] == "duplicate"
        assert first["fates"][0]["code"] == "no_destination"
        assert [r["userId"] for r in running.events("--person", "grace")] == ["grace"]
        assert [r["messageId"] for r in running.events("--state", "Delivered")] == [newest["messageId"]]
        assert "No event fits" in running.cli("events", "--person", "nobody").stdout
        for words, said in (
            (("--state", "lost"), "dead (Failed)"),
            (("--destination", "lops"), "no destination named 'lops'"),
        ):
            done = headrace("events", "--data", str(running.data), *words)
            assert (done.returncode, said in done.stderr) == (1, True), done.stderr
        assert running.audit()["differences"] == []
        assert "All files are well" in running.cli("doctor").stdout
    done = headrace("audit", "--data", str(tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert "All files are well" in headrace("doctor", "--data", str(tmp_path / "data")).stdout

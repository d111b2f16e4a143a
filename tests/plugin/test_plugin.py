"""The pytest plugin as a person's own project uses it: found by itself, a real instance in a folder of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

THEIR_TESTS = """
import urllib.error, urllib.request, json, pytest

def test_a_contact_arrives(headrace):
    headrace.identify("ada", email="ada@x.dev", firstName="Ada")
    headrace.track("newUser", {"plan": "pro"})
    assert headrace.contact(email="ada@x.dev")["firstName"] == "Ada"
    assert [entry["name"] for entry in headrace.api("GET", "/engine/lists")["data"]] == ["Product updates", "Beta"]

def test_a_mail_arrives(headrace):
    headrace.api("POST", "/engine/sending/test", {"to": "bob@x.dev"})
    mail = headrace.inbox.wait(to="bob@x.dev", subject="test")
    assert mail.subject == "A test from Headrace"
    assert "mail leaves" in mail.html and "mail leaves" in mail.text
    assert "/unsubscribe/" in mail.links[0]
    assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail.problems == []

def test_each_test_begins_with_an_empty_inbox_and_hears_what_came_instead(headrace):
    assert headrace.inbox.list() == []
    headrace.api("POST", "/engine/sending/test", {"to": "eve@x.dev"})
    headrace.inbox.wait(to="eve@x.dev")
    with pytest.raises(AssertionError, match="(?s)No mail to ada@x.dev came within 0.2 s.*eve@x.dev"):
        headrace.inbox.wait(to="ada@x.dev", timeout=0.2)

def test_a_refused_key_is_used_up_as_the_settings_say(headrace):
    def send(name):
        headers = {"Authorization": "Bearer " + headrace.loops_key, "Idempotency-Key": "k1"}
        body = json.dumps({"email": "ada@x.dev", "eventName": name}).encode()
        request = urllib.request.Request(headrace.loops_url + "/v1/events/send", body, headers)
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(request)
        return refused.value.code
    assert (send("a:b"), send("ab")) == (400, 409)

WELCOME = "<H1>Hi {contact.firstName}</H1><Paragraph>You have {event.plan}.</Paragraph><Button href='https://x.dev/start'>Go</Button>"

def test_a_new_user_is_welcomed(headrace):
    for words in ("Hello", "Welcome"):  # said twice, it is one workflow
        made = headrace.workflow("newUser", words + ", {contact.firstName}", WELCOME)
    assert [w["id"] for w in headrace.loops("GET", "/workflows?perPage=10")["data"]] == [made]
    headrace.identify("cy", email="cy@x.dev", firstName="Cy")
    headrace.track("newUser", {"plan": "pro"})
    mail = headrace.inbox.wait(to="cy@x.dev")
    assert mail.subject == "Welcome, Cy" and "You have pro." in mail.text
    assert mail.links[0] == "https://x.dev/start" and mail.problems == []
    assert len(headrace.inbox.list()) == 1

def test_a_transactional_email_is_written_anew_under_its_id(headrace):
    first = headrace.transactional("Log in", "Old", "<Paragraph>{data.url}</Paragraph>")
    email = headrace.transactional("Log in", "Log in", "<Paragraph><Link href='{data.url}'>in</Link></Paragraph>")
    assert email == first
    body = {"email": "dee@x.dev", "transactionalId": email, "dataVariables": {"url": "https://x.dev/in"}}
    headrace.loops("POST", "/transactional", body)
    mail = headrace.inbox.wait(to="dee@x.dev", subject="Log in")
    assert mail.links == ["https://x.dev/in"]

def test_code_that_calls_loops_itself(headrace):
    key = {"Authorization": "Bearer " + headrace.loops_key}
    request = urllib.request.Request(headrace.loops_url + "/v1/api-key", headers=key)
    assert json.load(urllib.request.urlopen(request))["success"]
"""
SETTINGS = """
[pytest]
headrace_workspace = workspace.yaml
headrace_settings =
    HEADRACE_ENGINE_BURNS_KEYS=true
"""
WORKSPACE = """
version: 1
engine:
  mailing_lists: [{name: Beta, public: true}]
"""


def test_a_project_of_its_own_tests_with_the_fixture(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(THEIR_TESTS)
    (tmp_path / "workspace.yaml").write_text(WORKSPACE)
    (tmp_path / "pytest.ini").write_text(SETTINGS)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=110, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "7 passed" in done.stdout

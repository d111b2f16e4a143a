"""Transactional emails over Loops' API: written, checked, published, sent to Ada, and read in the Inbox."""

from __future__ import annotations

import base64
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from headrace.engine.audience import suppression
from headrace.engine.store import rows
from tests.engine.loops import Loops
from tests.engine.mailing import drain, sends, told

LMX = "<Paragraph>Hi {data.name}, <Link href='{data.loginUrl}'>log in</Link>.</Paragraph>"
ADA = {"email": "ada@x.dev", "dataVariables": {"name": "Ada", "loginUrl": "https://x.dev/in?a=1&b=2"}}


def new(loops: Loops, name: str = "Log in") -> dict[str, Any]:
    status, made = loops.ask("POST", "/v1/transactional-emails", {"name": name})
    assert status == 201
    return dict(made)


def write(loops: Loops, made: dict[str, Any], **fields: Any) -> tuple[int, Any]:
    given = {"expectedRevisionId": made["draftEmailMessageContentRevisionId"], "subject": "For {data.name}", "lmx": LMX}
    return loops.ask("POST", f"/v1/email-messages/{made['draftEmailMessageId']}", given | fields)


def publish(loops: Loops, made: dict[str, Any]) -> tuple[int, Any]:
    return loops.ask("POST", f"/v1/transactional-emails/{made['id']}/publish")


def published(loops: Loops, **fields: Any) -> str:
    made = new(loops)
    assert write(loops, made, **fields)[0] == 200
    assert publish(loops, made)[0] == 200
    return str(made["id"])


def send(loops: Loops, identifier: str, key: str | None = None, **body: Any) -> tuple[int, Any]:
    headers = {"Idempotency-Key": key} if key is not None else {}
    return loops.ask("POST", "/v1/transactional", ADA | {"transactionalId": identifier} | body, None, **headers)


def inbox(loops: Loops) -> list[EmailMessage]:
    drain(loops.engine)
    raw = loops.engine.read(lambda c: [bytes(row[0]) for row in rows(c, "select raw from inbox order by n")])
    return [message_from_bytes(mail, _class=EmailMessage, policy=policy.default) for mail in raw]


def part(mail: EmailMessage, kind: str) -> str:
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


# --- writing and publishing ------------------------------------------------------------------------------------------


def test_an_email_is_made_written_published_and_listed(loops: Loops) -> None:
    made = new(loops)
    assert made["publishedEmailMessageId"] is None
    status, message = write(loops, made, previewText="Your link", fromName="Acme", fromEmail="hello")
    assert (status, message["transactionalId"], message["lmx"]) == (200, made["id"], LMX)
    assert message["contentRevisionId"] != made["draftEmailMessageContentRevisionId"]
    status, done = publish(loops, made)
    assert (status, done["draftEmailMessageId"]) == (200, None)
    assert (done["publishedEmailMessageId"], done["dataVariables"]) == (made["draftEmailMessageId"], ["name", "loginUrl"])
    (listed,) = loops.ask("GET", "/v1/transactional-emails")[1]["data"]
    assert listed == done
    (legacy,) = loops.ask("GET", "/v1/transactional")[1]["data"]
    assert legacy["dataVariables"] == ["name", "loginUrl"]


def test_whoever_edits_an_old_revision_is_told_to_fetch_the_new_one(loops: Loops) -> None:
    made = new(loops)
    assert write(loops, made)[0] == 200
    status, body = write(loops, made, subject="Mine")
    assert status == 409
    assert "contentRevisionId mismatch" in body["message"]


def test_what_is_published_stays_until_a_new_draft_is_published(loops: Loops) -> None:
    identifier = published(loops)
    message = loops.ask("GET", f"/v1/transactional-emails/{identifier}")[1]["publishedEmailMessageId"]
    revision = loops.ask("GET", f"/v1/email-messages/{message}")[1]["contentRevisionId"]
    status, body = loops.ask("POST", f"/v1/email-messages/{message}", {"expectedRevisionId": revision, "subject": "x"})
    assert (status, "draft" in body["message"]) == (409, True)
    assert publish(loops, {"id": identifier})[0] == 409
    draft = loops.ask("POST", f"/v1/transactional-emails/{identifier}/draft")[1]
    again = loops.ask("POST", f"/v1/transactional-emails/{identifier}/draft")[1]
    assert draft["draftEmailMessageId"] == again["draftEmailMessageId"] != message
    assert write(loops, draft, subject="New subject")[0] == 200
    send(loops, identifier)
    publish(loops, draft)
    send(loops, identifier)
    assert [mail["Subject"] for mail in inbox(loops)] == ["For Ada", "New subject"]


@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"lmx": "<p>x</p>"}, 422, "line 1, column 1: There is no tag <p>"),
        ({"lmx": "<Paragraph>" + "a" * 103_000 + "</Paragraph>"}, 413, "100KB"),
        ({"replyToEmail": "nobody"}, 400, "replyToEmail"),
        ({"fromEmail": "ada@x.dev"}, 400, "fromEmail"),
        ({"subject": 1}, 400, "subject"),
        ({"subject": "a\r\nBcc: eve@x.dev"}, 400, "one line"),
        ({"emailFormat": "html"}, 400, "emailFormat"),
        ({"colour": "red"}, 400, "colour"),
        ({"dataVariablesFallbacks": {"name": 1}}, 400, "dataVariablesFallbacks.name"),
        ({"expectedRevisionId": None}, 400, "expectedRevisionId"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_reason(
    loops: Loops, fields: dict[str, Any], status: int, said: str
) -> None:
    given, body = write(loops, new(loops), **fields)
    assert given == status
    assert said in body["message"]


def test_what_has_no_effect_is_told_with_the_answer(loops: Loops) -> None:
    _, body = write(loops, new(loops), lmx="<Paragraph fontSize='99' x='1'>Hi</Paragraph>")
    assert {w["rule"] for w in body["warnings"]} == {"clampedAttribute", "unknownAttribute"}


def test_fallbacks_are_merged_key_by_key(loops: Loops) -> None:
    made = new(loops)
    _, first = write(loops, made, dataVariablesFallbacks={"name": "you", "x": "y"})
    later = made | {"draftEmailMessageContentRevisionId": first["contentRevisionId"]}
    _, second = write(loops, later, dataVariablesFallbacks={"x": None})
    assert second["dataVariablesFallbacks"] == {"name": "you"}


def test_the_guardian_keeps_a_broken_email_from_being_published(loops: Loops) -> None:
    made = new(loops)
    assert publish(loops, made)[0] == 422
    write(
        loops,
        made,
        lmx="<Button href=''>Go</Button><H1>{contact.firstName} {event.x} <Link href='ada@x.dev'>a</Link></H1>",
    )
    report = loops.ask("GET", f"/v1/email-messages/{made['draftEmailMessageId']}/guardian")[1]
    assert {rule["rule"] for rule in report["errors"]} == {
        "missingButtonHrefs", "unsupportedContactProperties", "unsupportedEventProperties", "emailWithoutMailtoLinkHrefs",
    }  # fmt: skip
    assert report["errors"][0]["items"][0]["label"]
    status, body = publish(loops, made)
    assert status == 422
    assert "Missing button link: Go." in body["message"]


def test_pages_of_emails_go_on_where_they_ended(loops: Loops) -> None:
    names = [new(loops, f"Email {n}")["name"] for n in range(12)]
    first = loops.ask("GET", "/v1/transactional-emails?perPage=10")[1]
    second = loops.ask("GET", f"/v1/transactional-emails?perPage=10&cursor={first['pagination']['nextCursor']}")[1]
    found = [entry["name"] for entry in (*first["data"], *second["data"])]
    assert sorted(found) == sorted(names)
    assert (first["pagination"]["totalResults"], second["pagination"]["nextCursor"]) == (12, None)
    assert loops.ask("GET", "/v1/transactional-emails?perPage=9")[0] == 400


@pytest.mark.parametrize("path", ["/v1/transactional-emails/{}", "/v1/email-messages/{}", "/v1/themes/{}"])
def test_an_unknown_id_is_404_and_a_malformed_one_400(loops: Loops, path: str) -> None:
    assert loops.ask("GET", path.format("cunknown"))[0] == 404
    assert loops.ask("GET", path.format("a%20b"))[0] == 400


# --- sending ---------------------------------------------------------------------------------------------------------


def test_ada_gets_her_mail_as_html_and_as_text(loops: Loops) -> None:
    identifier = published(loops, fromName="Acme", fromEmail="team", replyToEmail="help@x.dev", previewText="Your link")
    assert send(loops, identifier) == (200, {"success": True})
    (mail,) = inbox(loops)
    assert (mail["To"], mail["Subject"], mail["Reply-To"]) == ("ada@x.dev", "For Ada", "help@x.dev")
    assert mail["From"].startswith("Acme <team@")
    assert "log in (https://x.dev/in?a=1&b=2)" in part(mail, "plain")
    assert 'href="https://x.dev/in?a=1&amp;b=2"' in part(mail, "html")
    assert "nsubscribe" not in part(mail, "html")
    assert mail["List-Unsubscribe"] is None


def test_an_idempotency_key_sends_one_mail_and_a_refused_call_does_not_use_it(loops: Loops) -> None:
    identifier = published(loops)
    assert send(loops, identifier, "k1", dataVariables={})[0] == 400
    assert send(loops, identifier, "k1")[0] == 200
    status, body = send(loops, identifier, "k1")
    assert (status, body["message"]) == (409, "Request with idempotency key k1 has already been processed.")
    assert send(loops, identifier, "k" * 101)[0] == 400
    assert len(inbox(loops)) == 1


def test_a_missing_data_variable_is_named(loops: Loops) -> None:
    identifier = published(loops, dataVariablesFallbacks={"name": "you"})
    status, body = send(loops, identifier, dataVariables={"name": "Ada"})
    said = "Missing required data variable(s): loginUrl"
    assert (status, body["message"], body["success"]) == (400, said, False)
    assert body["error"] == {"path": "dataVariables", "message": said}
    assert body["transactionalId"] == identifier
    assert send(loops, identifier, dataVariables={"loginUrl": "https://x.dev"})[0] == 200


@pytest.mark.parametrize("value", [None, True, {"a": 1}, [1], [{"a": []}]])
def test_a_data_variable_is_a_string_a_number_or_rows(loops: Loops, value: Any) -> None:
    status, body = send(loops, published(loops), dataVariables={"name": value, "loginUrl": "https://x.dev"})
    assert (status, body["error"]["path"]) == (400, "dataVariables")


def test_what_is_not_published_or_unknown_is_told_apart(loops: Loops) -> None:
    made = new(loops)
    write(loops, made)
    status, body = send(loops, made["id"])
    assert (status, "not published" in body["message"]) == (400, True)
    status, body = send(loops, "cunknown")
    assert (status, body["message"]) == (404, "Transactional email not found.")
    assert body["error"]["path"] == "transactionalId"


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"email": ""}, "email"),
        ({"email": "nobody"}, "email"),
        ({"transactionalId": 1}, "transactionalId"),
        ({"addToAudience": 1}, "addToAudience"),
    ],
)
def test_an_invalid_request_names_the_field(loops: Loops, body: dict[str, Any], path: str) -> None:
    status, answer = send(loops, "cx", **body)
    assert (status, answer["error"]["path"]) == (400, path)


def test_a_suppressed_address_is_not_sendable_and_says_why(loops: Loops) -> None:
    loops.engine.write(lambda desk: suppression.suppress(desk, "ada@x.dev", "It bounced")).result()
    status, body = send(loops, published(loops))
    assert (status, body["error"]["path"]) == (400, "email")
    assert "It bounced" in body["error"]["reason"]


def test_unsubscribed_ada_still_gets_transactional_mail(loops: Loops) -> None:
    loops.ask("PUT", "/v1/contacts/update", {"email": "ada@x.dev", "subscribed": False})
    send(loops, published(loops))
    assert len(inbox(loops)) == 1


def test_a_send_makes_a_contact_only_when_asked_to(loops: Loops) -> None:
    identifier, heard = published(loops), told(loops.engine)
    send(loops, identifier)
    assert loops.contact(email="ada@x.dev") == []
    send(loops, identifier, addToAudience=True)
    send(loops, identifier, addToAudience=True)
    (contact,) = loops.contact(email="ada@x.dev")
    assert heard == [("contact.created", contact["id"])]


def test_attachments_arrive_and_what_is_none_is_refused(loops: Loops) -> None:
    identifier = published(loops)
    file = {"filename": "Plan.pdf", "contentType": "application/pdf", "data": base64.b64encode(b"%PDF").decode()}
    assert send(loops, identifier, attachments=[file])[0] == 200
    assert send(loops, identifier, attachments=[])[0] == 200
    (first, _) = inbox(loops)
    (attached,) = first.iter_attachments()
    assert (attached.get_filename(), attached.get_payload(decode=True)) == ("Plan.pdf", b"%PDF")
    for wrong in ([file | {"data": "%%"}], [file | {"filename": ""}], ["x"], "x"):
        status, body = send(loops, identifier, attachments=wrong)
        assert (status, "attachments" in body["path"]) == (400, True)


def test_sends_are_counted_over_all_versions(loops: Loops) -> None:
    identifier = published(loops)
    send(loops, identifier)
    send(loops, identifier)
    inbox(loops)
    status, counted = loops.ask("GET", f"/v1/transactional-emails/{identifier}/metrics")
    assert (status, counted["sends"], counted["deliveries"], counted["hardBounces"]) == (200, 2, 2, 0)


def test_a_value_that_is_no_address_is_not_sent_and_the_send_says_why(loops: Loops) -> None:
    send(loops, published(loops), dataVariables={"name": "Ada", "loginUrl": "javascript:alert(1)"})
    assert inbox(loops) == []
    assert "no address of http" in sends(loops.engine)[0]["why"]


def test_a_preview_is_a_test_mail_with_values_of_its_own(loops: Loops) -> None:
    made = new(loops)
    write(loops, made)
    path = f"/v1/email-messages/{made['draftEmailMessageId']}/preview"
    assert loops.ask("POST", path, {"emails": ["ada@x.dev"], "contactProperties": {"a": "b"}})[0] == 400
    asked = {"emails": ["ada@x.dev", "bo@x.dev"], "dataVariables": ADA["dataVariables"]}
    assert loops.ask("POST", path, asked) == (200, {"id": made["draftEmailMessageId"]})
    assert [mail["To"] for mail in inbox(loops)] == ["ada@x.dev", "bo@x.dev"]


# --- themes ----------------------------------------------------------------------------------------------------------


def test_a_theme_changes_the_emails_that_follow_it(loops: Loops) -> None:
    (default,) = loops.ask("GET", "/v1/themes")[1]["data"]
    assert (default["isDefault"], default["styles"]["bodyColor"]) == (True, "#ffffff")
    identifier = published(loops)
    status, changed = loops.ask("POST", f"/v1/themes/{default['id']}", {"styles": {"bodyColor": "#fff7ed"}})
    assert (status, changed["affectedEmailCount"], changed["styles"]["bodyColor"]) == (200, 1, "#fff7ed")
    send(loops, identifier)
    assert "#fff7ed" in part(inbox(loops)[0], "html")


def test_an_email_names_its_theme(loops: Loops) -> None:
    status, theme = loops.ask("POST", "/v1/themes", {"name": "Night", "styles": {"bodyColor": "#111827"}})
    assert (status, theme["isDefault"]) == (201, False)
    send(loops, published(loops, lmx=f'<Style themeId="{theme["id"]}" />{LMX}'))
    assert "#111827" in part(inbox(loops)[0], "html")
    assert loops.ask("POST", "/v1/themes", {"name": "x", "styles": {"bodyColor": "red"}})[0] == 400
    assert loops.ask("POST", "/v1/themes", {"styles": {}})[0] == 400

"""Ada's mail: what she reads, where its links lead, and that no value of hers ever becomes markup."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.engine.lmx.document import Document
from headrace.engine.lmx.parse import parse
from headrace.engine.lmx.render import Letter, Missing, Rendered, Unusable, make_ready, render
from headrace.engine.lmx.variables import Fallbacks, Values
from tests.engine.lmx.letters import ADA, WAYS_OUT, Page, filled, html, mail
from tests.engine.lmx.test_parse import ELEMENTS

GOLDEN = Path(__file__).parent / "golden"
EVERYTHING = (GOLDEN / "everything.lmx").read_text()


def test_ada_reads_her_name_her_plan_and_her_seats() -> None:
    made = mail("<Paragraph>Hi {contact.firstName}, {event.plan} with {event.seats} seats: {event.trial}</Paragraph>")
    assert "Hi Ada, Pro with 3 seats: false" in made.text
    assert "Hi Ada, Pro with 3 seats: false" in Page(str(made.html)).text


def test_without_a_value_the_fallback_is_said_and_without_both_nothing_is_sent() -> None:
    text = "<Paragraph>Hi {contact.nickname}, {event.plan}</Paragraph>"
    assert "Hi you" in mail(text, fallbacks=Fallbacks(contact={"nickname": "you"})).text
    assert filled(text) == Missing(("contact.nickname",))
    empty = Values(contact={"nickname": ""}, event={"plan": None})
    assert filled(text, empty, subject="For {contact.email}") == Missing(("contact.email", "contact.nickname", "event.plan"))


def test_a_data_variable_may_be_empty() -> None:
    assert "Hi ." in mail("<Paragraph>Hi {data.name}.</Paragraph>", Values(data={"name": ""})).text


def test_the_subject_has_its_values_and_is_one_line() -> None:
    values = Values(contact={"firstName": "Ada\r\nBcc: eve@x.dev"})
    assert mail("<H1>x</H1>", values, subject="Hi {contact.firstName}").subject == "Hi Ada Bcc: eve@x.dev"


def test_values_in_addresses_are_encoded() -> None:
    page = html(
        "<Paragraph><Link href='https://x.dev/u/{contact.userId}?q={contact.q}'>a</Link>"
        "<Link href='{data.loginUrl}'>b</Link><Link href='mailto:{contact.email}'>c</Link></Paragraph>",
        Values(contact={"userId": "u/1 ?", "q": 'a&b="c', "email": "ada@x.dev"}, data=ADA.data),
    )
    assert page.links() == ["https://x.dev/u/u%2F1%20%3F?q=a%26b%3D%22c", "https://app.x.dev/in?t=1&u=2", "mailto:ada@x.dev"]


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", "java\nscript:alert(1)", "data:text/html,<b>", "nowhere", "//x.dev"]
)
def test_a_value_that_is_no_address_is_not_sent_as_one(value: str) -> None:
    made = filled("<Button href='{data.url}'>Go</Button>", Values(data={"url": value}))
    assert isinstance(made, Unusable)
    assert "no address of http" in made.reason


def test_a_picture_of_her_own_is_shown_or_the_usual_one() -> None:
    text = "<Image src='https://x.dev/usual.png' dynamicSrc='{contact.picture}' alt='{contact.firstName}' />"
    with_own = Values(contact={"firstName": "Ada", "picture": "https://x.dev/ada.png"})
    assert html(text, with_own).all("img")[0]["src"] == "https://x.dev/ada.png"
    assert html(text).all("img")[0] | {"style": ""} == html(text).all("img")[0] | {
        "style": "",
        "src": "https://x.dev/usual.png",
        "alt": "Ada",
    }


def test_workflow_mail_ends_with_the_ways_out_and_transactional_mail_does_not() -> None:
    made = mail("<Paragraph>Hi</Paragraph>", marketing=True)
    page = Page(str(made.html))
    assert page.links() == [WAYS_OUT["unsubscribe_link"], WAYS_OUT["preferences_link"]]
    assert WAYS_OUT["postal_address"] in page.text
    assert f"Unsubscribe: {WAYS_OUT['unsubscribe_link']}" in made.text
    assert "nsubscribe" not in str(mail("<Paragraph>Hi</Paragraph>").html)


def test_plain_format_is_text_only() -> None:
    made = mail(EVERYTHING, format="plain", marketing=True)
    assert made.html is None
    assert "Open the app: https://app.example.com/u%2F1" in made.text


def test_the_preview_text_is_there_and_not_seen() -> None:
    assert "max-height:0" in html("<H1>x</H1>", preview="For {contact.firstName}").source.split("For Ada")[0][-300:]


def test_nothing_is_fetched_from_anybody() -> None:
    page = html(EVERYTHING.replace("https://example.com/logo.png", "https://own.x.dev/logo.png"), marketing=True)
    assert not page.all("script")
    assert not page.all("link")
    assert {a["src"] for a in page.all("img")} == {"https://own.x.dev/logo.png"}
    assert not re.findall(r"url\(|@import", page.source)


def test_a_theme_colours_it_and_the_letter_has_the_last_word() -> None:
    theme = {"bodyColor": "#fff1f2", "heading1Color": "#9f1239"}
    page = html("<Style heading1Color='#111111' /><H1>x</H1>", theme=theme)
    assert "#fff1f2" in page.source
    assert "#9f1239" not in page.source
    assert "color:#111111" in page.source


def test_what_was_made_dark_is_not_turned_again() -> None:
    assert "prefers-color-scheme: dark)" in html("<H1>x</H1>").source
    assert "prefers-color-scheme: dark)" not in html("<Style bodyColor='#111827' /><H1>x</H1>").source


def test_words_of_a_colour_of_their_own_are_told_from_the_dark() -> None:
    source = html(
        "<Paragraph><Text textColor='#111'>a</Text> <Link href='https://x.dev' textColor='#7F1D1D'>b</Link></Paragraph>"
    ).source
    assert 'class="hr-ink-111"' in source
    assert re.search(r"\.hr-text \.hr-ink-7f1d1d { color: #[c-f]\w{5} !important", source), "as red as before, and lighter"
    own = html("<Paragraph blockColor='#fef3c7'><Text textColor='#111'>a</Text></Paragraph>").source
    assert "hr-ink" not in own, "on a ground of its own nothing changes"


def test_on_a_dark_body_what_nothing_is_said_of_can_be_seen() -> None:
    source = html(
        "<H1>x</H1><Button href='https://x.dev'>Go</Button><CodeBlock>y</CodeBlock>", theme={"bodyColor": "#111827"}
    ).source
    assert "color:#fafafa" in source
    assert "background:#fafafa" in source
    assert "#f4f4f5;" not in source.partition("</head>")[2].partition("hr-body")[2]
    said = html(
        "<Button href='https://x.dev'>Go</Button>", theme={"bodyColor": "#111827", "buttonBodyColor": "#7f1d1d"}
    ).source
    assert "background:#7f1d1d" in said


@pytest.mark.parametrize(("ground", "shown"), [("#101418", "#fafafa"), ("#eef2ff", "#18181b")])
def test_a_button_is_seen_on_every_ground(ground: str, shown: str) -> None:
    source = html(f"<Section blockColor='{ground}'><Button href='https://x.dev'>Go</Button></Section>").source
    assert f"background:{shown}" in source


def test_a_value_cannot_make_a_mail_of_endless_size() -> None:
    made = filled("<Paragraph>" + "{data.x}" * 3000 + "</Paragraph>", Values(data={"x": "a" * 100_000}))
    assert made == Unusable("With these values the email would be larger than 2 MB.")


@settings(max_examples=40)
@given(st.text(min_size=1).filter(str.strip))
def test_no_value_ever_becomes_markup(value: str) -> None:
    values = Values(contact={"firstName": value, "userId": value}, event={"plan": value}, system=WAYS_OUT)
    usual = html(EVERYTHING, marketing=True, subject="{contact.firstName}", preview="{event.plan}")
    page = html(EVERYTHING, values, marketing=True, subject="{contact.firstName}", preview="{event.plan}")
    assert page.shape() == usual.shape()
    assert [link.split("/")[2] for link in page.links()] == [link.split("/")[2] for link in usual.links()]


@given(ELEMENTS, st.text())
def test_whatever_can_be_read_can_be_mailed_and_runs_nothing(text: str, value: str) -> None:
    document: Any = parse(text)
    if not isinstance(document, Document):
        return
    template = make_ready(Letter(document, subject=value, preview=text[:80]), {})
    made = render(template, Values(contact={v.name: value for v in document.variables()}), Fallbacks())
    if not isinstance(made, Rendered):
        return
    page = Page(str(made.html))
    assert not page.all("script")
    assert not page.all("iframe")
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert not any(link.lower().lstrip().startswith(("javascript", "data:", "vbscript")) for link in page.links())


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.lmx")))
def test_golden_letters_come_out_as_they_did(name: str) -> None:
    """`python -m tests.engine.lmx.test_render` writes them anew; look at them before you commit them."""
    assert _golden(name) == (GOLDEN / f"{name}.html").read_text()


def _golden(name: str) -> str:
    """One tag a line, and what Outlook alone reads left out, so that a difference is seen."""
    made = mail(
        (GOLDEN / f"{name}.lmx").read_text(), marketing=True, subject="Welcome, {contact.firstName}", preview="Glad you came"
    )
    source = re.sub(r"<!--\[if.*?<!\[endif\]-->", "", str(made.html), flags=re.DOTALL)
    source = re.sub(r"\s*\n\s*", " ", source)
    return re.sub(r"(?<=>)\s*(?=<)", "\n", source) + "\n\n" + made.text


if __name__ == "__main__":
    for path in GOLDEN.glob("*.lmx"):
        path.with_suffix(".html").write_text(_golden(path.stem))


@pytest.mark.parametrize(("size", "px"), [(18, 12), (24, 14), (48, 29)])
def test_icons_are_words_that_can_be_read_and_nothing_is_fetched_for_them(size: int, px: int) -> None:
    icons = "<Icon name='github' href='https://github.com/ada' /><Icon name='x-twitter' />"
    page = str(mail(f"<Icons size='{size}' gap='8'>{icons}</Icons>").html)
    assert f"font-size:{px}px" in page
    assert "<img" not in page
    assert "GitHub X" in Page(page).text

"""What the guardian finds in Ada's welcome email before its workflow may start."""

from __future__ import annotations

from typing import Any

import pytest

from headrace.engine.emails.guardian import Known, Report, check
from headrace.engine.emails.message import Message
from headrace.engine.lmx.variables import Fallbacks
from tests.engine.lmx.letters import read

KNOWN = Known(frozenset(("firstName", "email", "plan")), frozenset(("planName",)))


def found(lmx: str, known: Known = KNOWN, **fields: Any) -> Report:
    given: dict[str, Any] = {"kind": "workflow", "lmx": lmx} | fields
    return check(Message("m", parent="w", revision="r", updated_at=0, **given), read(lmx), known)


def names(report: Report) -> tuple[set[str], set[str]]:
    return {rule.rule for rule in report.errors}, {rule.rule for rule in report.warnings}


@pytest.mark.parametrize(
    ("lmx", "errors", "warnings"),
    [
        ("<H1>Hi {contact.email}</H1>", set(), set()),
        ("<H1>{contact.firstName}</H1>", set(), {"missingFallbackContactProperties"}),
        ("<H1>{contact.shoe}</H1>", {"unsupportedContactProperties"}, set()),
        ("<H1>{event.planName}</H1>", set(), {"missingFallbackEventProperties"}),
        ("<H1>{event.other}</H1>", {"unsupportedEventProperties"}, set()),
        ("<H1>{data.x}</H1>", {"unsupportedDataVariables"}, set()),
        ("<Button>Go</Button>", {"missingButtonHrefs"}, set()),
        ("<Button href='example.com'>Go</Button>", {"invalidButtonHrefs"}, set()),
        ("<Button href='a@x.dev'>Go</Button>", {"emailWithoutMailtoButtonHrefs"}, set()),
        ("<Button href='mailto:a@x.dev'>Go</Button>", set(), set()),
        ("<Button href='https://youtu.be/x'>Go</Button>", set(), {"shortenedYouTubeButtonHrefs"}),
        ("<H1><Link href=''>x</Link></H1>", {"missingLinkHrefs"}, set()),
        ("<H1><Link href='/docs'>x</Link></H1>", {"invalidLinkHrefs"}, set()),
        ("<Image src='https://x.dev/a.png' href='a@x.dev' />", {"emailWithoutMailtoImageHrefs"}, set()),
        ("<Icons><Icon name='github' /></Icons>", set(), {"missingSocialIconHrefs"}),
        ("<H1><Link href='{system.unsubscribe_link}'>x</Link></H1>", set(), set()),
    ],
)
def test_each_rule_finds_what_it_is_for(lmx: str, errors: set[str], warnings: set[str]) -> None:
    assert names(found(lmx)) == (errors, warnings)


def test_a_fallback_quiets_its_warning_and_the_subject_is_looked_at_too() -> None:
    report = found("<H1>x</H1>", subject="Hi {contact.firstName}", fallbacks=Fallbacks(contact={"firstName": "you"}))
    assert names(report) == (set(), set())
    assert names(found("<H1>x</H1>", subject="{contact.shoe}"))[0] == {"unsupportedContactProperties"}


def test_without_an_event_that_starts_it_no_event_property_can_be_used() -> None:
    assert names(found("<H1>{event.planName}</H1>", Known(KNOWN.contact)))[0] == {"unsupportedEventProperties"}


def test_in_a_transactional_email_the_names_of_data_variables_are_looked_at() -> None:
    report = found("<H1>{data.ok_1-a} {data.nö}</H1>", kind="transactional")
    assert names(report) == ({"invalidCustomDataVariables"}, set())
    assert [item["codeName"] for item in report.errors[0].items] == ["nö"]


def test_a_rule_says_which_element_it_means_and_what_follows() -> None:
    (rule,) = found("<Button>Go now</Button>").errors
    assert rule.sentence() == "Missing button link: Go now. A button without an address leads nowhere."

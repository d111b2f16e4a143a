"""What Ada writes in LMX is read strictly, and she is told where it is wrong."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.engine.lmx.document import Document, Variable
from headrace.engine.lmx.parse import LARGEST, parse
from headrace.engine.lmx.tags import TAGS
from tests.engine.lmx.letters import read, wrong


def test_ada_writes_a_paragraph_with_a_variable() -> None:
    (paragraph,) = read("<Paragraph>Hi {contact.firstName}, <Strong>welcome</Strong>.</Paragraph>").blocks
    assert paragraph.children[:3] == ("Hi ", Variable("contact", "firstName"), ", ")
    assert paragraph.text() == "Hi {contact.firstName}, welcome."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("{event.planName}", Variable("event", "planName")),
        ("{data.login-url_2}", Variable("data", "login-url_2")),
        ("{system.unsubscribe_link}", Variable("system", "unsubscribe_link")),
        ("{firstName}", Variable("contact", "firstName")),
        ("{EVENT_PROPERTY:plan}", Variable("event", "plan")),
        ("{DATA_VARIABLE:loginUrl}", Variable("data", "loginUrl")),
        ("{unsubscribe_link}", Variable("system", "unsubscribe_link")),
    ],
)
def test_both_dialects_of_variables_are_understood(written: str, meant: Variable) -> None:
    assert read(f"<Paragraph>{written}</Paragraph>").variables() == [meant]


def test_a_variable_written_in_both_dialects_is_one() -> None:
    found = read("<Paragraph>{DATA_VARIABLE:loginUrl}, or {data.loginUrl}, {firstName} {contact.firstName}</Paragraph>")
    assert found.variables() == [Variable("data", "loginUrl"), Variable("contact", "firstName")]


@pytest.mark.parametrize("text", ["{ }", "{}", "{ two words }", "a { b", "{contact.}", "{data.a b}"])
def test_braces_that_are_no_variable_stay_as_they_are(text: str) -> None:
    document = read(f"<Paragraph>{text}</Paragraph>")
    assert document.variables() == []
    assert document.blocks[0].text() == text.strip()


@pytest.mark.parametrize("space", ["EVENT_PROPERTY", "DATA_VARIABLE", "CONTACT_PROPERTY"])
@pytest.mark.parametrize("written", ["{SPACE:plan|you}", "{SPACE.plan}", "{SPACE : plan}"])
def test_the_older_way_of_writing_is_told_apart_when_it_is_nearly_right(space: str, written: str) -> None:
    text = written.replace("SPACE", space)
    (told,) = read(f"<Paragraph>Hi {text}</Paragraph>").warnings
    assert told.message == f"{text} is no variable and stays as it is written."


def test_a_fallback_inside_of_the_braces_is_told_to_be_none() -> None:
    (warning,) = read("<Paragraph>{contact.firstName|there}</Paragraph>").warnings
    assert "{contact.firstName|there} is no variable" in warning.message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("<H1>Hi</H1>\n<p>x</p>", "line 2, column 1: There is no tag <p>."),
        ("<paragraph>x</paragraph>", "Did you mean <Paragraph>?"),
        ("hello", "put it into a <Paragraph>"),
        ("<H1>a</H2>", "<H1> of line 1 is not closed here"),
        ("<Paragraph>a", "<Paragraph> of line 1 is not closed here"),
        ("<Paragraph>a < b</Paragraph>", "write &lt; for <"),
        ("<Paragraph>a &nbsp; b</Paragraph>", "numbers like &#160;"),
        ("<Paragraph a='1' a='2'>x</Paragraph>", "given twice"),
        ("<Link href='https://x.dev'>x</Link>", "<Link> cannot stand outside of a block"),
        ("<Button href='https://x.dev'><Strong>x</Strong></Button>", "<Strong> cannot stand inside <Button>"),
        ("<Paragraph><H1>x</H1></Paragraph>", "<H1> cannot stand inside <Paragraph>"),
        ("<Section><Section><H1>x</H1></Section></Section>", "<Section> cannot stand inside another <Section>"),
        ("<Style /><Style />", "only once"),
        ("<Columns><ColumnItem><H1>x</H1></ColumnItem></Columns>", "<Columns> holds 2 to 4 <ColumnItem>"),
        ("<UnorderedList></UnorderedList>", "at least 1 <ListItem>"),
        ("<Image alt='x' />", "<Image> needs `src`"),
        ("<Paragraph><Link>x</Link></Paragraph>", "<Link> needs `href`"),
        ("<Image src='{contact.picture}' />", "use `dynamicSrc`"),
        ("<Component componentId='c1' />", "Components are not built"),
        ("<Paragraph>a</Paragraph></lmx><lmx>", "closed that was not opened"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><Paragraph>&a;</Paragraph>", "This is not XML"),
        ("<?xml version='1.0'?><H1>x</H1>", "This is not XML"),
        ("<?php echo 1 ?><H1>x</H1>", "<? … ?> is not allowed"),
        ("\ud800", "half of one"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    assert any(said in str(problem) for problem in wrong(text)), [str(p) for p in wrong(text)]


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java&#10;script:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc",
    ],
)
def test_an_address_that_could_run_something_is_refused(address: str) -> None:
    for text in (
        f"<Button href='{address}'>x</Button>",
        f"<Paragraph><Link href='{address}'>x</Link></Paragraph>",
        f"<Image src='{address}' />",
        f"<Section href='{address}'><H1>x</H1></Section>",
    ):
        assert [problem.rule for problem in wrong(text)] == ["unsafeLink"]


def test_numbers_are_brought_into_their_bounds_and_ada_is_told() -> None:
    document = read("<Paragraph fontSize='900' lineHeight='1' colour='red'>x</Paragraph>")
    assert dict(document.blocks[0].attributes) == {"fontSize": 64.0, "lineHeight": 100.0}
    assert [w.rule for w in document.warnings] == ["clampedAttribute", "clampedAttribute", "unknownAttribute"]


def test_a_colour_that_is_none_has_no_effect() -> None:
    document = read("<Paragraph blockColor='red;background:url(x)'>x</Paragraph>")
    assert not document.blocks[0].attributes
    assert "is a colour like #1f2937" in document.warnings[0].message


def test_100_kb_are_allowed_and_not_a_byte_more() -> None:
    frame = len("<Paragraph></Paragraph>")
    assert isinstance(parse(f"<Paragraph>{'a' * (LARGEST - frame)}</Paragraph>"), Document)
    (problem,) = wrong(f"<Paragraph>{'a' * (LARGEST - frame + 1)}</Paragraph>")
    assert problem.rule == "tooLarge"


def test_what_is_nested_too_deeply_or_too_often_is_refused() -> None:
    assert wrong("<Paragraph>" + "<Strong>" * 2000 + "</Strong>" * 2000 + "</Paragraph>")[0].rule == "tooDeep"
    assert wrong("<Divider/>" * 6000)[0].rule == "tooMany"


def test_white_space_is_what_a_reader_of_xml_expects() -> None:
    (paragraph,) = read("<Paragraph>\n   Hi <Strong> Ada </Strong> there \n <Br/>  and\n\n you </Paragraph>").blocks
    assert paragraph.text() == "Hi Ada there and you"


@given(st.text())
def test_no_text_makes_the_parser_raise(text: str) -> None:
    assert isinstance(parse(text), Document | list)


def _element(name: str, inside: str, attributes: dict[str, str]) -> str:
    given = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f"<{name}{given}>{inside}</{name}>"


WORDS = st.text(st.characters(exclude_characters="<&\"'", exclude_categories=["Cs"]), max_size=20)
ELEMENTS = st.recursive(
    WORDS,
    lambda inside: st.builds(
        _element,
        st.sampled_from([*TAGS, "p", "lmx", "script"]),
        st.lists(inside, max_size=3).map("".join),
        st.dictionaries(
            st.sampled_from(sorted({a for t in TAGS.values() for a in t.attributes} | {"onclick"})), WORDS, max_size=3
        ),
    ),
    max_leaves=12,
)


@given(ELEMENTS)
def test_no_arrangement_of_tags_makes_the_parser_raise(text: str) -> None:
    found: Any = parse(text)
    if isinstance(found, Document):
        allowed = {(tag, name) for tag, rule in TAGS.items() for name in rule.attributes}
        assert all((node.tag, name) in allowed for node in found.nodes() for name in node.attributes)
    else:
        assert any(problem.severity == "error" for problem in found)
        assert all(problem.line >= 1 and problem.column >= 1 and problem.message for problem in found)

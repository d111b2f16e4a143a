"""LMX read strictly: XML without DTD and entities, in bounds, tags and attributes of the table only. Pure; never raises."""

from __future__ import annotations

from xml.parsers import expat

from headrace.engine.lmx.building import Builder
from headrace.engine.lmx.document import Document, Problem

LARGEST = 100 * 1024  # bytes, as Loops has it
DEEPEST = 30
MOST_TAGS = 5_000  # of all tags; what one becomes in HTML is a hundred times longer
ROOT = "<lmx>"
REFUSED = {
    expat.errors.codes[expat.errors.XML_ERROR_UNDEFINED_ENTITY]: "Only &amp;lt; &amp;gt; &amp;amp; &amp;quot; &amp;apos; and"
    " numbers like &amp;#160; are known here.".replace("&amp;", "&"),
    expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]: "A tag is closed that is not the last one opened.",
    expat.errors.codes[expat.errors.XML_ERROR_INVALID_TOKEN]: "This is not XML: write &lt; for <, &amp; for &, and put"
    " every attribute's value in quotes.",
    expat.errors.codes[expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE]: "An attribute is given twice.",
    expat.errors.codes[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]: "A tag is closed that was not opened.",
}


class _Stop(Exception):
    """Reading ends here; the problem was told."""


def parse(text: str) -> Document | list[Problem]:
    """The document, or what is wrong with it, errors and warnings in the order of the text."""
    try:
        raw = text.encode()
    except UnicodeEncodeError as error:
        return [_at(text, error.start, "There is a character that is half of one.", "invalidCharacter")]
    if len(raw) > LARGEST:
        return [Problem(1, 1, f"The text has {len(raw) // 1024} KB; 100 KB are allowed.", "tooLarge")]
    return _Reader().read(raw)


def _at(text: str, place: int, message: str, rule: str) -> Problem:
    before = text[:place]
    return Problem(before.count("\n") + 1, place - (before.rfind("\n") + 1) + 1, message, rule)


class _Reader:
    """expat's callbacks; what the tags mean is the builder's. Inside of our root no DOCTYPE is XML: no entities either."""

    def __init__(self) -> None:
        self._expat = expat.ParserCreate("utf-8")
        self._expat.buffer_text = True
        self._expat.StartElementHandler = self._start
        self._expat.EndElementHandler = self._end
        self._expat.CharacterDataHandler = self._text
        self._expat.ProcessingInstructionHandler = self._instruction
        self._builder = Builder()
        self._depth = self._tags = 0

    def read(self, raw: bytes) -> Document | list[Problem]:
        try:
            self._expat.Parse(ROOT, False)
            self._expat.Parse(raw, False)
            self._expat.Parse("</lmx>", True)
        except _Stop:
            pass  # told where it happened
        except expat.ExpatError as error:
            self._wrong(error)
        except ValueError as error:  # e.g. an unknown encoding named in the text
            self._builder.say(*self._where(), "notXml", "error", f"This is not XML: {error}.")
        return self._builder.result()

    def _wrong(self, error: expat.ExpatError) -> None:
        line, column = error.lineno, error.offset + 1 - (len(ROOT) if error.lineno == 1 else 0)
        open_tag = self._builder.open_tag()
        if open_tag is not None and error.code == expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]:
            said = f"<{open_tag.tag}> of line {open_tag.line} is not closed here."
        else:
            said = REFUSED.get(error.code, f"This is not XML: {expat.ErrorString(error.code)}.")
        self._builder.say(line, max(1, column), "notXml", "error", said)

    def _where(self) -> tuple[int, int]:
        line = self._expat.CurrentLineNumber
        return line, max(1, self._expat.CurrentColumnNumber + 1 - (len(ROOT) if line == 1 else 0))

    def _stop(self, rule: str, message: str) -> None:
        self._builder.say(*self._where(), rule, "error", message)
        raise _Stop

    def _start(self, tag: str, given: dict[str, str]) -> None:
        self._depth += 1
        self._tags += 1
        if self._depth == 1:
            return  # our own root
        if self._depth - 1 > DEEPEST:
            self._stop("tooDeep", f"Tags stand in each other {DEEPEST} deep at most.")
        if self._tags > MOST_TAGS:
            self._stop("tooMany", f"An email has at most {MOST_TAGS:,} tags.")
        self._builder.start(tag, given, *self._where())

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if self._depth:
            self._builder.end()

    def _text(self, text: str) -> None:
        self._builder.text(text, *self._where())

    def _instruction(self, *_: object) -> None:
        self._stop("instruction", "<? … ?> is not allowed.")

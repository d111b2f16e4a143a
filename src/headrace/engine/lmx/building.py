"""Tags and texts as they are read become a document; whatever is wrong with them is said, and reading goes on. Pure."""

from __future__ import annotations

from typing import Literal

import msgspec

from headrace.engine.lmx import attributes, spacing
from headrace.engine.lmx.document import Attribute, Document, Node, Piece, Problem
from headrace.engine.lmx.tags import BLOCKS, INLINE, NEVER_INSIDE, TAGS, Tag
from headrace.engine.lmx.variables import nearly, split

MOST_PROBLEMS = 100
NOWHERE = Tag("nothing")


class _Open(msgspec.Struct):
    """A tag that was opened. `known` False: what it holds is read, and forgotten."""

    tag: str
    rule: Tag
    line: int
    column: int
    known: bool = True
    attributes: dict[str, Attribute] = {}
    children: list[Node | Piece] = []
    words: list[str] = []  # text not yet split: expat gives it in parts


class Builder:
    def __init__(self) -> None:
        self._root = _Open("", Tag("blocks"), 1, 1)
        self._stack = [self._root]
        self._style: dict[str, Attribute] = {}
        self._styles = 0
        self._found: list[Problem] = []

    def say(self, line: int, column: int, rule: str, severity: str, message: str) -> None:
        if len(self._found) < MOST_PROBLEMS:
            level: Literal["error", "warning"] = "error" if severity == "error" else "warning"
            path = " > ".join(frame.tag for frame in self._stack[1:])
            self._found.append(Problem(line, column, message, rule, level, path))

    def open_tag(self) -> _Open | None:
        return self._stack[-1] if len(self._stack) > 1 else None

    def result(self) -> Document | list[Problem]:
        if any(problem.severity == "error" for problem in self._found):
            return self._found
        self._flush(self._root, 1, 1)
        if any(problem.severity == "error" for problem in self._found):
            return self._found
        blocks = tuple(child for child in self._root.children if isinstance(child, Node))
        return Document(blocks, self._style, tuple(self._found))

    def start(self, tag: str, given: dict[str, str], line: int, column: int) -> None:
        parent = self._stack[-1]
        self._flush(parent, line, column)
        rule = TAGS.get(tag)
        known = parent.known and self._may_stand(tag, rule, parent, line, column)
        self._stack.append(_Open(tag, rule or NOWHERE, line, column, known, {}, [], []))
        if not known or rule is None:
            return
        for name, text in given.items():
            kind = rule.attributes.get(name)
            if kind is None:
                self.say(
                    line, column, "unknownAttribute", "warning", f"<{tag}> has no attribute `{name}`; it has no effect."
                )
                continue
            value = attributes.read(name, text, kind, lambda r, s, m: self.say(line, column, r, s, m))
            if value is not None:
                self._stack[-1].attributes[name] = value
        for name in rule.required:
            if name not in given:
                self.say(line, column, "missingAttribute", "error", f"<{tag}> needs `{name}`.")

    def _may_stand(self, tag: str, rule: Tag | None, parent: _Open, line: int, column: int) -> bool:
        wrong = _out_of_place(tag, rule, parent)
        outer = NEVER_INSIDE.get(tag, frozenset())
        if wrong is None and any(frame.tag in outer for frame in self._stack):
            wrong = f"<{tag}> cannot stand inside another <{tag}>."
        if wrong is None and tag == "Style":
            self._styles += 1
            wrong = "<Style> can be given only once." if self._styles > 1 else None
        if wrong is not None:
            self.say(line, column, "unknownTag" if rule is None else "misplacedTag", "error", wrong)
        return wrong is None

    def text(self, text: str, line: int, column: int) -> None:
        self._stack[-1].words.append(text)

    def _flush(self, frame: _Open, line: int, column: int) -> None:
        """What was written until here becomes pieces."""
        text = "".join(frame.words)
        frame.words.clear()
        if not text or not frame.known:
            return
        if frame.rule.holds == "raw":
            frame.children.append(text)
        elif frame.rule.holds in ("inline", "text"):
            for wrong in nearly(text):
                self.say(line, column, "notAVariable", "warning", f"{wrong} is no variable and stays as it is written.")
            frame.children.extend(split(text))
        elif text.strip():
            where = f"inside <{frame.tag}>" if frame.tag else "outside of all blocks"
            self.say(line, column, "misplacedText", "error", f"Text cannot stand {where}; put it into a <Paragraph>.")

    def end(self) -> None:
        frame = self._stack[-1]
        self._flush(frame, frame.line, frame.column)
        held = sum(1 for child in frame.children if isinstance(child, Node))
        if frame.known and frame.rule.items and not frame.rule.least <= held <= frame.rule.most:
            self.say(frame.line, frame.column, "wrongNumber", "error", _number_of(frame))
        if frame.known and frame.tag == "Component" and not held:
            said = "Components are not built in this engine; write the blocks inside of it."
            self.say(frame.line, frame.column, "unknownComponent", "error", said)
        self._stack.pop()
        if not frame.known:
            return
        if frame.tag == "Style":
            self._style = frame.attributes
            return
        children = spacing.tidy(frame.children) if frame.tag not in INLINE and frame.rule.holds != "raw" else frame.children
        node = Node(frame.tag, frame.attributes, tuple(children), frame.line, frame.column)
        self._stack[-1].children.append(node)


def _number_of(frame: _Open) -> str:
    rule = frame.rule
    count = f"at least {rule.least}" if rule.most > 1000 else f"{rule.least} to {rule.most}"
    return f"<{frame.tag}> holds {count} <{rule.items}>."


def _out_of_place(tag: str, rule: Tag | None, parent: _Open) -> str | None:
    if rule is None:
        close = next((name for name in TAGS if name.lower() == tag.lower()), None)
        return f"There is no tag <{tag}>." + (f" Did you mean <{close}>?" if close else "")
    where = f"inside <{parent.tag}>" if parent.tag else "outside of a block"
    allowed: frozenset[str] = frozenset()
    if parent.rule.holds == "blocks":
        allowed = BLOCKS | (frozenset(("Style",)) if not parent.tag else frozenset())
    elif parent.rule.holds == "items":
        allowed = frozenset((parent.rule.items,))
    elif parent.rule.holds == "inline":
        allowed = INLINE
    return None if tag in allowed else f"<{tag}> cannot stand {where}."

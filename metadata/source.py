"""This file reads YAML into plain texts, lists and mappings that remember where each part stands.

Every scalar stays a text, so 00042, no and 1.10 survive; types are given later by the kind's model.
Anchors, tags and repeated keys are refused: a document means what a reader sees.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from metadata.comments import find_comments
from metadata.messages import reading_error
from metadata.problems import Place, Problem, shortened
from metadata.unreadable import explained

Plain: TypeAlias = "str | list[Any] | dict[str, Any]"
Path: TypeAlias = tuple[Any, ...]

MAX_DEPTH = 40
MAX_CHARACTERS = 4_000_000
MAX_KEY = 160  # a bare key may take 1024 characters in YAML, and one character six when escaped
_MAX_BRACKETS = 1000
_BRACKETS = re.compile(r"[\[\]{}]")
_DEEP_LINE = re.compile(r"^[ ?:-]{1000}", re.MULTILINE)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufeff\ufffe\uffff]")
_TAGS: dict[type[yaml.Node], str] = {
    yaml.ScalarNode: "tag:yaml.org,2002:str",
    yaml.MappingNode: "tag:yaml.org,2002:map",
    yaml.SequenceNode: "tag:yaml.org,2002:seq",
}


class _Loader(yaml.CBaseLoader):
    """The C parser with no resolver: every scalar without a mark is a text."""

    def resolve(self, kind: type[yaml.Node], *_: Any) -> str:
        return _TAGS[kind]

    def descend_resolver(self, current_node: Any, current_index: Any) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


@dataclass(frozen=True, slots=True)
class Source:
    """One document as read: its plain content and, behind it, the positions.

    remarks: what is wrong and yet does not keep the document from being read (comments).
    """

    file: str
    plain: dict[str, Any]
    root: yaml.Node
    remarks: tuple[Problem, ...] = ()

    def place(self, path: tuple[Any, ...] = (), *, key: bool = False) -> Place:
        """Return where the part at `path` stands; with `key`, where its key stands.

        A path that leaves the document answers with its deepest known part.
        """
        node, key_node = self.root, self.root
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            key_node, node = found
        mark = (key_node if key else node).start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def text_place(self, path: tuple[Any, ...]) -> Place:
        """Return where the text at `path` itself begins: behind its quote, or below the sign of a block."""
        node = self.root
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            node = found[1]
        mark = node.start_mark
        style = getattr(node, "style", None)
        if style in ("|", ">"):
            return Place(self.file, mark.line + 2, 3)
        return Place(self.file, mark.line + 1, mark.column + (2 if style in ("'", '"') else 1))

    def find(self, text: str, *, occurrence: int = 0) -> Place:
        """Return where a text stands for the n-th time (from 0), or the start of the document."""
        marks = [node.start_mark for node in scalars(self.root) if node.value == text]
        mark = marks[min(occurrence, len(marks) - 1)] if marks else self.root.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1)

    def retold(self, texts: Mapping[tuple[Path, bool], str]) -> Source | list[Problem]:
        """Return the document with other texts at some paths (or as keys there); all keeps its place."""
        root = _retold(self.root, (), texts)
        reader = _Reader(self.file, may_hold_controls=False)
        plain = reader.convert(root, 0)
        return reader.problems or Source(self.file, plain, root, self.remarks)


def _retold(node: yaml.Node, path: Path, texts: Mapping[tuple[Path, bool], str]) -> yaml.Node:
    if isinstance(node, yaml.ScalarNode):
        return _scalar(node, texts.get((path, False)))
    if isinstance(node, yaml.SequenceNode):
        value: Any = [_retold(item, (*path, index), texts) for index, item in enumerate(node.value)]
    else:
        value = [
            (_scalar(key, texts.get(((*path, key.value), True))), _retold(part, (*path, key.value), texts))
            for key, part in node.value
        ]
    made: yaml.Node = type(node)(node.tag, value, node.start_mark, node.end_mark)
    return made


def _scalar(node: yaml.ScalarNode, text: str | None) -> yaml.ScalarNode:
    if text is None:
        return node
    return yaml.ScalarNode(node.tag, text, node.start_mark, node.end_mark, node.style)


def scalars(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    """Yield every text of a document, keys included, in the order of writing."""
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from scalars(item)
    elif isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            yield from scalars(key_node)
            yield from scalars(value_node)


def _child(node: yaml.Node, step: Any) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key_node, value_node in node.value:
            if key_node.value == step:
                return key_node, value_node
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def read_bytes(content: bytes, file: str) -> Source | list[Problem]:
    """Read the content of a file, which must be UTF-8."""
    try:
        return read(content.decode("utf-8-sig"), file)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return [Problem("M103", {}, Place(file, line, 1))]


def read(text: str, file: str) -> Source | list[Problem]:
    """Return the document, or every problem that keeps it from being read."""
    if too_much := _too_much(text, file):
        return [too_much]
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        return explained(error, text, file)
    except (yaml.YAMLError, ValueError) as error:
        what = reading_error(str(error).splitlines()[0])
        return [Problem("M101", {"what": what}, Place(file))]
    if not isinstance(root, yaml.MappingNode):
        return [Problem("M105", {}, Place(file, 1, 1))]
    reader = _Reader(file, may_hold_controls="\\" in text or bool(_CONTROL.search(text)))
    plain = reader.convert(root, 0)
    if reader.problems:
        return reader.problems
    comments = find_comments(text, scalars(root)) if "#" in text else ()
    remarks = (
        Problem("M120", {"text": shortened(said)}, Place(file, line + 1, column + 1))
        for line, column, said in comments
    )
    return Source(file, plain, root, tuple(remarks))


def _too_much(text: str, file: str) -> Problem | None:
    """Refuse what the parser would spend minutes on, or fall over: it recurses without a limit of its own."""
    if len(text) > MAX_CHARACTERS:
        return Problem("M115", {"limit": f"{MAX_CHARACTERS:,}".replace(",", ".")}, Place(file))
    depth, deepest = 0, 0
    if text.count("[") + text.count("{") > _MAX_BRACKETS:
        for bracket in _BRACKETS.findall(text):
            depth += 1 if bracket in "[{" else -1
            deepest = max(deepest, depth)
    if deepest > _MAX_BRACKETS or _DEEP_LINE.search(text):
        return Problem("M116", {"limit": MAX_DEPTH}, Place(file))
    return None


class _Reader:
    """Turns composed nodes into plain values and gathers what is not allowed."""

    def __init__(self, file: str, *, may_hold_controls: bool) -> None:
        self.file = file
        self.may_hold_controls = may_hold_controls
        self.problems: list[Problem] = []
        self.seen: set[int] = set()

    def report(self, code: str, node: yaml.Node, **facts: Any) -> str:
        mark = node.start_mark
        self.problems.append(Problem(code, facts, Place(self.file, mark.line + 1, mark.column + 1)))
        return ""

    def convert(self, node: yaml.Node, depth: int) -> Any:
        if id(node) in self.seen:
            return self.report("M104", node, what="uma referência (&nome e *nome)")
        self.seen.add(id(node))
        if node.tag != _TAGS[type(node)]:
            return self.report("M104", node, what=f"a marca {shortened(node.tag)}")
        if depth > MAX_DEPTH:
            return self.report("M116", node, limit=MAX_DEPTH)
        if isinstance(node, yaml.ScalarNode):
            return self.text(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.convert(item, depth + 1) for item in node.value]
        return self.mapping(node, depth)

    def text(self, node: yaml.ScalarNode) -> str:
        text: str = node.value
        if self.may_hold_controls and _CONTROL.search(text):
            return self.report("M104", node, what="um caractere de controle")
        return text

    def mapping(self, node: yaml.Node, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = self.key(key_node)
            if key in result:
                self.report("M102", key_node, key=key)
            elif key is not None:
                result[key] = self.convert(value_node, depth + 1)
        return result

    def key(self, node: yaml.Node) -> str | None:
        if not isinstance(node, yaml.ScalarNode):
            self.report("M104", node, what="uma chave que não é um texto")
            return None
        if len(node.value) > MAX_KEY:
            self.report("M121", node, limit=MAX_KEY)
            return None
        return self.text(node)

"""This file writes plain trees of texts, lists and mappings as YAML that people like to read.

It knows layout and quoting, nothing of models: a mapping or list stands on one line while it fits, a text
is quoted only where YAML would cut or misread it, and a text of several lines stands as a block.
"""

from __future__ import annotations

import re
from typing import Any

WIDTH = 160
STEP = "  "

# A text may stand bare when it starts with nothing that YAML takes for a mark …
_MARK_FIRST = re.compile(r"[\s,\[\]{}#&*!|>'\"%@`?:]|-(?![A-Za-z0-9])|---|\.\.\.")
# … and holds nothing that ends it; within brackets also no bracket or comma.
_ENDS = re.compile(r":(?=\s|$)|\s#|[\t\n\r\x85\u2028\u2029\ufeff]|\s$")
_ENDS_IN_FLOW = re.compile(r"[,\[\]{}]|:(?![A-Za-z0-9/])")
# Texts that other readers take for nothing or for a merge.
_MISREAD = frozenset({"", "~", "null", "Null", "NULL", "<<", "="})
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}
_ODD_BREAKS = re.compile(r"[\r\x85\u2028\u2029\ufeff]")
_BLANK_LINE = re.compile(r"^[ \t]+$|^\t", re.MULTILINE)


def write_document(document: dict[str, Any], levels: dict[str, int], spaced: frozenset[str]) -> str:
    """Return the text of a document, its first level one key below the other.

    levels: for keys of the first level, how many levels of mappings below keep a line per key even
    where they would fit on one.  spaced: keys with an empty line before them.
    """
    lines: list[str] = []
    for key, value in document.items():
        if key in spaced and lines:
            lines.append("")
        lines.extend(_entry(key, value, "", levels.get(key, 0)))
    return "\n".join(lines) + "\n"


def flow(value: Any) -> str | None:
    """Return a value on one line, or None when a text within it has several lines."""
    if isinstance(value, str):
        return None if "\n" in value else scalar(value, in_flow=True)
    if isinstance(value, list):
        parts = [flow(part) for part in value]
        return None if None in parts else "[" + ", ".join(map(str, parts)) + "]"
    pairs = [(scalar(key, in_flow=True), flow(part)) for key, part in value.items()]
    if any(part is None for _, part in pairs):
        return None
    return "{" + ", ".join(f"{key}: {part}" for key, part in pairs) + "}"


def scalar(text: str, *, in_flow: bool) -> str:
    """Return a text bare where it can be, else in double quotes."""
    bare = (
        text not in _MISREAD
        and text == text.strip()
        and not _MARK_FIRST.match(text)
        and not _ENDS.search(text)
    )
    if bare and not (in_flow and _ENDS_IN_FLOW.search(text)):
        return text
    return '"' + "".join(_ESCAPES.get(c) or (c if _is_plain(c) else _escaped(c)) for c in text) + '"'


def _is_plain(character: str) -> bool:
    return character.isprintable() or ord(character) > 0xFFFF


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}"


def _entry(key: str, value: Any, indent: str, levels: int) -> list[str]:
    """Return the lines of `key: value`."""
    head = f"{indent}{scalar(key, in_flow=False)}:"
    if isinstance(value, str):
        return _text_entry(head, value, indent)
    if not levels or not value:
        line = flow(value)
        if line is not None and (len(head) + 1 + len(line) <= WIDTH or not value):
            return [f"{head} {line}"]
    return [head, *_block(value, indent + STEP, max(levels - 1, 0))]


def _block(value: Any, indent: str, levels: int) -> list[str]:
    if isinstance(value, dict):
        return [line for key, part in value.items() for line in _entry(key, part, indent, levels)]
    return [line for part in value for line in _item(part, indent)]


def _item(value: Any, indent: str) -> list[str]:
    """Return the lines of `- value`; a mapping of one key needs no braces."""
    if isinstance(value, str):
        return _text_entry(f"{indent}-", value, indent)
    if isinstance(value, list) or len(value) != 1:
        line = flow(value)
        if line is not None and (len(indent) + 2 + len(line) <= WIDTH or not value):
            return [f"{indent}- {line}"]
    first, *rest = _block(value, indent + STEP, 0)
    return [f"{indent}- {first[len(indent) + 2 :]}", *rest]


def _text_entry(head: str, text: str, indent: str) -> list[str]:
    if "\n" not in text or not _can_stand_as_block(text):
        return [f"{head} {scalar(text, in_flow=False)}"]
    body = text.rstrip("\n")
    ends = len(text) - len(body)
    chomp = "-" if not ends else "" if ends == 1 else "+"
    lines = [f"{indent}{STEP}{line}" if line else "" for line in body.split("\n")]
    return [f"{head} |{chomp}", *lines, *[""] * (ends - 1)]


def _can_stand_as_block(text: str) -> bool:
    return not (text[0] in " \t\n" or _ODD_BREAKS.search(text) or _BLANK_LINE.search(text)) and all(
        _is_plain(character) or character in "\n\t" for character in text
    )

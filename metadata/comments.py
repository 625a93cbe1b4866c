"""This file finds the comments of a YAML text, which mean nothing here and which the designer would lose."""

from __future__ import annotations

import re
from collections.abc import Iterable

import yaml

_CANDIDATE = re.compile(r"(?:^|(?<=[ \t]))#.*", re.MULTILINE)


def find_comments(text: str, scalars: Iterable[yaml.ScalarNode]) -> list[tuple[int, int, str]]:
    """Return (line, column, text) of each comment, counted from 0; a `#` within a scalar is none.

    A bare scalar cannot hold ` #`; a quoted or block one may. The head of a block (`|  # so`) is outside.
    """
    if not _CANDIDATE.search(text):
        return []
    inside = [_span(node) for node in scalars if node.style in ("'", '"', "|", ">")]
    found = []
    for number, line in enumerate(text.split("\n")):
        for match in _CANDIDATE.finditer(line):
            at = (number, match.start())
            if not any(start <= at < end for start, end in inside):
                found.append((*at, match.group()))
                break
    return found


def _span(node: yaml.ScalarNode) -> tuple[tuple[int, int], tuple[int, int]]:
    start = (node.start_mark.line, node.start_mark.column)
    if node.style in ("|", ">"):
        start = (node.start_mark.line + 1, 0)
    return start, (node.end_mark.line, node.end_mark.column)

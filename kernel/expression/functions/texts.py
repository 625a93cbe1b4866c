"""Built-ins over texts. Places count characters from 1, as code points; expressions match in linear time."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any

import re2  # type: ignore[import-untyped]

from kernel.expression import letters, moments
from kernel.expression.functions.registry import builtin
from kernel.expression.values import Callee, Months, Range

MAX_TEXT = 1_000_000
MAX_PATTERN = 1000
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_SEPARATORS = frozenset((" ", ",", "."))


def written(value: Any, *, quoted: bool = False) -> str | None:
    """Return a value as a text; within lists and contexts texts are quoted."""
    if value is None:
        return "null"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"' if quoted else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    if isinstance(value, date | time | datetime | timedelta | Months):
        return moments.write(value)
    return _composed(value)


def _composed(value: Any) -> str | None:
    if isinstance(value, list):
        return "[" + ", ".join(str(written(item, quoted=True)) for item in value) + "]"
    if isinstance(value, dict):
        pairs = (f"{_key(key)}: {written(item, quoted=True)}" for key, item in value.items())
        return "{" + ", ".join(pairs) + "}"
    if isinstance(value, Range):
        low, high = (written(end, quoted=True) if end is not None else "" for end in (value.low, value.high))
        return f"{'[' if value.low_closed else '('}{low}..{high}{']' if value.high_closed else ')'}"
    return None if isinstance(value, Callee) else str(value)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[\w ?]+", key) else str(written(key, quoted=True))


def number_text(value: Decimal) -> str:
    """Return a number in plain digits, without zeros that say nothing."""
    text = format(value or Decimal(0), "f")  # no zero has a sign
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


@builtin("string", 0)
def _string(value: Any) -> str | None:
    return None if value is None else written(value)


@builtin("string", 1)
def _formatted(mask: str, values: list[Any]) -> str | None:
    return None


@builtin("number", nullable=("grouping separator", "decimal separator"))
def _number(source: Any, grouping: str | None = None, point: str | None = None) -> Decimal | None:
    if (
        not isinstance(source, str | Decimal)
        or (grouping and grouping not in _SEPARATORS)
        or (point and point not in (".", ","))
    ):
        return None
    if grouping and grouping == (point or "."):
        return None
    if isinstance(source, Decimal):
        return source
    text = source.replace(grouping, "") if grouping else source
    if point and point != ".":
        text = "" if "." in text else text.replace(point, ".")
    return Decimal(text) if len(text) < 200 and _NUMBER.fullmatch(text) else None


@builtin("substring")
def substring(text: str, start: Decimal, length: Decimal | None = None) -> str | None:
    """Return a part of a text; a negative start counts from its end."""
    first = int(start)
    if first == 0 or abs(first) > len(text) or (length is not None and length < 1):
        return None
    begin = first - 1 if first > 0 else len(text) + first
    return text[begin:] if length is None else text[begin : begin + int(length)]


builtin("string length")(lambda text: Decimal(len(text)))
builtin("upper case")(letters.upper)
builtin("lower case")(letters.lower)
builtin("contains")(lambda text, part: part in text)
builtin("starts with")(lambda text, part: text.startswith(part))
builtin("ends with")(lambda text, part: text.endswith(part))
builtin("substring before")(lambda text, part: text.partition(part)[0] if part and part in text else "")
builtin("substring after")(lambda text, part: text.partition(part)[2] if part else text)


@lru_cache(maxsize=256)
def pattern(text: str, flags: str = "") -> Any:
    """Return a compiled expression, or None where it is none or not one that matches in linear time."""
    if len(text) > MAX_PATTERN or not set(flags) <= set("smixq"):
        return None
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = "s" in flags
    options.case_sensitive = "i" not in flags
    options.max_mem = 8 << 20
    body = re2.escape(text) if "q" in flags else _translated(text, flags)
    if body is None:
        return None
    try:
        return re2.compile(body, options)
    except re2.error:
        return None


_PIECE = re.compile(r"\\[pP]\{[^}]*\}|\\.|\[|\]|\.|\s|.", re.DOTALL)
_BLOCKS = {"IsBasicLatin": "[\\x00-\\x7F]", "IsLatin-1Supplement": "[\\x80-\\xFF]"}


def _translated(text: str, flags: str) -> str | None:
    """Return an expression of XPath as this library writes it; None for what XPath does not allow."""
    made: list[str] = []
    depth = 0
    for piece in _PIECE.findall(text):
        depth += (piece == "[") - (piece == "]" and depth > 0)
        if piece == "\\0":
            return None
        if "x" in flags and not depth and piece.isspace():
            continue
        if piece == "." and not depth and "s" not in flags:
            piece = "[^\\n\\r]"  # noqa: PLW2901 (what the piece is written as)
        elif piece[:2] in ("\\p", "\\P"):
            name = "".join(piece[3:-1].split()) if "x" in flags else piece[3:-1]
            piece = _BLOCKS.get(name, f"{piece[:2]}{{{name}}}")  # noqa: PLW2901
        made.append(piece)
    return f"(?m:{''.join(made)})" if "m" in flags else "".join(made)


@builtin("matches", nullable=("flags",))
def _matches(text: str, expression: str, flags: str | None = None) -> bool | None:
    found = pattern(expression, flags or "")
    return None if found is None else found.search(text) is not None


_GROUP = re.compile(r"\\(.)|\$(\d)|\$|\\", re.DOTALL)


@builtin("replace", nullable=("flags",))
def _replace(text: str, expression: str, replacement: str, flags: str | None = None) -> str | None:
    found = pattern(expression, flags or "")
    if found is None or found.match(""):  # an expression that matches nothing would match everywhere
        return None
    literal = "q" in (flags or "")

    def filled(match: Any) -> str:
        return replacement if literal else _GROUP.sub(lambda part: _part(part, match), replacement)

    made = found.sub(filled, text)
    return made if len(made) <= MAX_TEXT else None


def _part(part: re.Match[str], match: Any) -> str:
    if part[2]:
        number = int(part[2])
        return (match.group(number) or "") if number <= match.re.groups else ""
    return part[1] or part[0]


@builtin("split")
def _split(text: str, delimiter: str) -> list[str] | None:
    found = pattern(delimiter)
    return None if found is None else list(found.split(text))


@builtin("string join", nullable=("delimiter", "prefix", "suffix"))
def _join(
    parts: list[Any], delimiter: str | None = None, prefix: str | None = None, suffix: str | None = None
) -> str | None:
    if any(part is not None and not isinstance(part, str) for part in parts):
        return None
    made = (
        (prefix or "") + (delimiter or "").join(part for part in parts if part is not None) + (suffix or "")
    )
    return made if len(made) <= MAX_TEXT else None

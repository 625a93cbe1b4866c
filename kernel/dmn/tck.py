"""This file runs the conformance cases of the DMN standard (TCK) from any folder laid out like theirs."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from kernel.dmn import xml
from kernel.dmn.model import Model
from kernel.dmn.xml import NAME, Element, child, children
from kernel.expression import moments
from kernel.expression.values import equal

_FAR = re.compile(r"-\d{4,9}-\d\d-\d\d|\d{5,9}-\d\d-\d\d|0000-\d\d-\d\d")
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"
UNSORTED = "other"


@dataclass(frozen=True, slots=True)
class Verdict:
    """One result node of one case: what was wanted, what came, whether that is the same."""

    directory: str
    case: str
    node: str
    wanted: Any
    found: Any
    passed: bool

    @property
    def is_excluded(self) -> bool:
        """Tell whether a value is asked for that the calendar here does not have: years outside 1 to 9999."""
        return isinstance(self.wanted, str) and _FAR.match(self.wanted) is not None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many cases of a category passed; those that expect something counted again.

    excluded: cases left out of all counts, see Verdict.is_excluded.
    """

    category: str
    passed: int
    total: int
    non_null_passed: int
    non_null_total: int
    excluded: int = 0


def categories(folder: Path) -> dict[str, str]:
    """Return directory → category, as the INDEX.tsv of the folder says."""
    index = folder / "INDEX.tsv"
    if not index.is_file():
        return {}
    with index.open(encoding="utf-8", newline="") as lines:
        return {row["directory"]: row["category"] for row in csv.DictReader(lines, delimiter="\t")}


def verdicts(folder: Path, now: datetime) -> Iterator[Verdict]:
    """Run every case below a folder."""
    models: dict[Path, Model | None] = {}
    for tests in sorted(folder.rglob("*.xml")):
        root = xml.read(tests.read_bytes())
        if xml.tag_of(root) != "testCases":
            continue
        path = tests.parent / xml.text_of(root, "modelName")
        if path not in models:
            models[path] = _model(path, now)
        directory = tests.parent.relative_to(folder).as_posix()
        for case in children(root, "testCase"):
            yield from _run(models[path], directory, tests.stem, case)


def _model(path: Path, now: datetime) -> Model | None:
    try:
        return Model(path.read_bytes(), now)
    except (OSError, ValueError):
        return None


def _run(model: Model | None, directory: str, stem: str, case: Element) -> Iterator[Verdict]:
    inputs = {each.get(NAME, ""): read(each) for each in children(case, "inputNode")}
    name = f"{stem}/{case.get('id', '')}"
    for node in children(case, "resultNode"):
        asked = case.get("invocableName") if case.get("type") == "decisionService" else None
        asked = asked or node.get(NAME, "")
        expected = child(node, "expected")
        wanted = _value(expected) if expected is not None else None
        found = model.ask(asked, inputs) if model and asked in model.by_name else None
        yield Verdict(directory, name, node.get(NAME, ""), wanted, found, same(wanted, found))


def same(wanted: Any, found: Any) -> bool:
    """Compare without tolerance, into lists and contexts."""
    if isinstance(wanted, list) and isinstance(found, list):
        return len(wanted) == len(found) and all(map(same, wanted, found))
    if isinstance(wanted, float):  # the case says it as a double: exact in that type
        return isinstance(found, Decimal) and float(found) == wanted
    if isinstance(wanted, dict) and isinstance(found, dict):
        return wanted.keys() == found.keys() and all(same(value, found[key]) for key, value in wanted.items())
    return equal(wanted, found) is True


def tally(found: Iterator[Verdict], names: Mapping[str, str]) -> list[Tally]:
    """Count cases by category, and in total; a case passes when all its results do."""
    cases: dict[tuple[str, str], list[Verdict]] = {}
    for each in found:
        cases.setdefault((each.directory, each.case), []).append(each)
    groups: dict[str, list[list[Verdict]]] = {}
    for (directory, _), results in sorted(cases.items()):
        groups.setdefault(names.get(directory, UNSORTED), []).append(results)
    tallies = [_tally(category, results) for category, results in sorted(groups.items())]
    return [*tallies, _tally("total", [case for group in groups.values() for case in group])]


def _tally(category: str, cases: list[list[Verdict]]) -> Tally:
    everything = len(cases)
    cases = [case for case in cases if not any(each.is_excluded for each in case)]
    passed = [all(each.passed for each in case) for case in cases]
    wanting = [any(each.wanted is not None for each in case) for case in cases]
    return Tally(
        category,
        sum(passed),
        len(cases),
        sum(one and other for one, other in zip(passed, wanting, strict=True)),
        sum(wanting),
        everything - len(cases),
    )


# ── values as the cases write them ────────────────────────────────────────────────────────────────


def _value(element: Element) -> Any:
    """Return the value of an expectation; doubles stay doubles."""
    if element.get(f"{XSI}nil") == "true":
        return None
    if (items := child(element, "list")) is not None:
        return (
            None if items.get(f"{XSI}nil") == "true" else [_value(each) for each in children(items, "item")]
        )
    parts = list(children(element, "component"))
    if parts:
        return {each.get(NAME, ""): _value(each) for each in parts}
    value = child(element, "value")
    return None if value is None or value.get(f"{XSI}nil") == "true" else _written(value)


def read(element: Element) -> Any:
    """Return the value of a node of a case; numbers are decimals."""
    return _exact(_value(element))


def _exact(value: Any) -> Any:
    """Return the value of an input: numbers are decimals, however the case writes them."""
    if isinstance(value, list):
        return [_exact(item) for item in value]
    if isinstance(value, dict):
        return {key: _exact(item) for key, item in value.items()}
    return Decimal(repr(value)) if isinstance(value, float) else value


def _written(value: Element) -> Any:
    kind = value.get(f"{XSI}type", "xsd:string").rpartition(":")[2]
    text = value.text or ""
    return _READERS.get(kind, str)(text if kind == "string" else text.strip())


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


_READERS: dict[str, Any] = {
    "boolean": lambda text: text == "true", "decimal": _number, "double": float, "integer": _number,
    "int": _number, "long": _number, "float": float, "date": moments.read_date, "time": moments.read_time,
    "dateTime": moments.read_instant, "duration": moments.read_duration, "string": str,
}  # fmt: skip

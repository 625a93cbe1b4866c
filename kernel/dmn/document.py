"""This file reads a decision table from a model of the DMN standard as a document of ours.

Names become identifiers, also where cells speak of them; the canonical form is written. A value that cells
speak of and no column asks for becomes a column that any value meets. What the model leaves open is told.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from kernel.dmn import columns, xml
from kernel.dmn.write import NOTE, SOURCE, VALID_FROM, VALUE
from kernel.dmn.xml import NAME, Element, child, children, text_of
from kernel.expression.definitions import PICKS
from kernel.expression.table import COLLECT, UNIQUE
from metadata.canonical import canonical_text
from metadata.decision import LISTING, RANKING, Decision
from metadata.decision_rows import OTHERWISE
from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.parse import parse, parse_tests
from metadata.expression.write import write
from metadata.model import MAX_IDENTIFIER, OPTION
from metadata.problems import Problem

_TYPES = {
    b.NUMBER: "decimal", b.TEXT: "text", b.BOOLEAN: "yes/no", b.DATE: "date", b.TIME: "time",
    b.INSTANT: "date and time", "dateTime": "date and time", b.DAYS: "duration", b.MONTHS: "duration",
    "dayTimeDuration": "duration", "yearMonthDuration": "duration",
}  # fmt: skip
# What these pick is of the type of the answer itself.
_SAME = frozenset({"unique", "any", "priority", "first", "sum", "min", "max"})
_BREAKS = re.compile(r"\s*\n\s*")


def documents(content: bytes) -> tuple[dict[str, str], list[Problem]]:
    """Return the text of a document for each decision of a model that is a table, by name; and what it lacks.

    Errors: ValueError where the content is no model.
    """
    root = xml.read(content)
    found: dict[str, str] = {}
    problems: list[Problem] = []
    for decision in children(root, "decision"):
        table = child(decision, "decisionTable")
        if table is not None:
            reading = _Reading(root, decision, table)
            plain = reading.plain()
            found[plain["decision"]] = canonical_text(plain, Decision)
            problems += reading.problems
    return found, problems


def identifier(text: str) -> str:
    """Return a name as ours are: small letters without accents, figures and `_`."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    name = "_".join(re.findall(r"[a-z0-9]+", folded))[:MAX_IDENTIFIER].strip("_")
    return name if name[:1].isalpha() else f"x_{name}".strip("_")


class _Reading:
    """The reading of one table."""

    def __init__(self, root: Element, decision: Element, table: Element) -> None:
        self.root, self.decision, self.table = root, decision, table
        self.problems: list[Problem] = []
        self.types = {each.get(NAME, ""): each for each in children(root, "itemDefinition")}
        self.spoken = frozenset(each.get(NAME, "") for each in root.iter() if isinstance(each.tag, str))
        self.asked = list(children(table, "input"))
        self.said = list(children(table, "output"))
        self.pick, self.rules = self._picked(list(children(table, "rule")))
        self.tests = list(zip(*(_entries(rule, "inputEntry") for rule in self.rules), strict=False))
        self.answers = list(zip(*(_entries(rule, "outputEntry") for rule in self.rules), strict=False))
        self.names = {text: identifier(text) for text in map(_question, self.asked)}
        self.beyond = self._beyond()
        self.names |= {name: identifier(name) for name in self.beyond}

    def plain(self) -> dict[str, Any]:
        """Return the document as a plain tree."""
        name = identifier(self.decision.get(NAME, ""))
        inputs = [self._column(each, _question(each), self._cells(at)) for at, each in enumerate(self.asked)]
        inputs += [self._given(each) for each in self.beyond]
        outputs = [
            self._column(each, each.get(NAME) or each.get("label") or name, self._said(at))
            for at, each in enumerate(self.said)
        ]
        texts = {
            "label": self.decision.get("label") or self._label(name),
            "valid_from": self.decision.get(VALID_FROM, ""),
            "help": text_of(self.decision, "description"),
            "source": self.decision.get(SOURCE, ""),
            "note": self.decision.get(NOTE, ""),
        }
        plain: dict[str, Any] = {"decision": name, **{key: text for key, text in texts.items() if text}}
        plain |= {"pick": self.pick, "inputs": dict(inputs), "outputs": dict(outputs)}
        plain["rows"] = self._rows([key for key, _ in inputs], [key for key, _ in outputs])
        return plain

    def _label(self, name: str) -> str:
        said = self.decision.get(NAME, "")
        return said if said != name else ""

    def _picked(self, rules: list[Element]) -> tuple[str, list[Element]]:
        """Return what is picked of the rows met, and the rows.

        Where answers that rank are no options of ours, the first of the rows in their order is the same.
        """
        policy = self.table.get("hitPolicy", UNIQUE)
        aggregation = self.table.get("aggregation", "") if policy == COLLECT else ""
        pick = PICKS.get((policy, aggregation), "unique")
        values = child(self.said[0], "outputValues") if len(self.said) == 1 else None
        ranks = [f'"{text}"' for text in _texts(text_of(values, "text"))] if values is not None else []
        answers = [_entries(rule, "outputEntry")[:1] for rule in rules]
        if pick != "priority" or not ranks or all(OPTION.fullmatch(text[1:-1]) for text in ranks):
            return pick, rules
        if not all(answer and answer[0] in ranks for answer in answers):
            return pick, rules
        order = sorted(range(len(rules)), key=lambda at: ranks.index(answers[at][0]))
        return "first", [rules[at] for at in order]

    def _cells(self, at: int) -> list[n.Node | Fault]:
        """Return what the rows ask in a column."""
        texts = self.tests[at] if at < len(self.tests) else ()
        return [parse_tests(text or "-", self.spoken) for text in texts]

    def _said(self, at: int) -> list[n.Node | Fault]:
        """Return what the rows answer in a column."""
        texts = self.answers[at] if at < len(self.answers) else ()
        return [parse(text or "null", self.spoken) for text in texts]

    def _beyond(self) -> list[str]:
        """Return the values that cells speak of and the decision is given, but no column asks for."""
        cells = [cell for at in range(len(self.asked)) for cell in self._cells(at)]
        cells += [cell for at in range(len(self.said)) for cell in self._said(at)]
        spoken = {
            part.name
            for cell in cells
            if not isinstance(cell, Fault)
            for part in cell.walk()
            if isinstance(part, n.Name)
        }
        given = [each.get(NAME, "") for each in columns.required(self.root, self.decision)]
        return [name for name in given if name in spoken and name not in self.names]

    def _given(self, said: str) -> tuple[str, Any]:
        """Return name and field of a value that is no column of the model."""
        kind, texts = self._type(columns.declared(self.root, said))
        return identifier(said), self._field(kind, texts, said, said)

    def _column(self, element: Element, said: str, cells: Sequence[n.Node | Fault]) -> tuple[str, Any]:
        """Return name and field of a column: as we wrote it, or made from what the standard says."""
        if own := element.get(VALUE):
            field = json.loads(own)
            return field.pop("name"), field
        question = child(element, "inputExpression")
        name = (element if question is None else question).get("typeRef", "")
        if not name and question is None and len(self.said) == 1 and self.pick in _SAME:
            variable = child(self.decision, "variable")
            name = variable.get("typeRef", "") if variable is not None else ""
        if not name and question is not None:
            name = columns.declared(self.root, said)
        kind, texts = self._type(name if name not in ("", b.ANY) else columns.written(cells))
        values = child(element, "inputValues", "outputValues")
        texts = (_texts(text_of(values, "text")) if values is not None else ()) or texts
        if question is None and self.pick in RANKING and kind in ("", "text") and not texts:
            texts = tuple(dict.fromkeys(cell.value for cell in cells if isinstance(cell, n.Text)))
        return identifier(said), self._field(kind, texts, said, element.get("label") or said)

    def _field(self, kind: str, texts: Sequence[str], said: str, label: str) -> dict[str, Any]:
        """Return a column; one of which nothing says the type takes texts, and that is told."""
        if not kind:
            self.problems.append(Problem("M389", {"name": said, "table": self.decision.get(NAME, "")}))
        field: dict[str, Any] = {"type": kind or "text"}
        if field["type"] == "text" and texts and all(OPTION.fullmatch(text) for text in texts):
            field = {"type": "choice", "of": {text: text for text in texts}}
        if label != identifier(said):
            field["label"] = label
        return field

    def _type(self, name: str) -> tuple[str, Sequence[str]]:
        """Return our type for one of the model or of the standard, if any, and the texts that it allows."""
        element = self.types.get(name)
        if element is None:
            return _TYPES.get(name.rpartition(":")[2], ""), ()
        allowed = child(element, "allowedValues", "typeConstraint")
        texts = _texts(text_of(allowed, "text")) if allowed is not None else ()
        return self._type(text_of(element, "typeRef"))[0], texts

    # ── rows ──────────────────────────────────────────────────────────────────────────────────────

    def _rows(self, inputs: Sequence[str], outputs: Sequence[str]) -> str:
        lines = [_line(inputs, outputs)]
        for rule in self.rules:
            tests = [self._test(text) for text in _entries(rule, "inputEntry")] + ["-"] * len(self.beyond)
            answers = [self._answer(text) for text in _entries(rule, "outputEntry")]
            remarks = [_one_line(text_of(each, "text")) for each in children(rule, "annotationEntry")]
            lines.append(_line(tests, answers, " ".join(filter(None, remarks))))
        others = [child(each, "defaultOutputEntry") for each in self.said]
        has_others = any(other is not None for other in others)
        if has_others and self.pick in LISTING:
            self.problems.append(Problem("M379", {"table": self.decision.get(NAME, "")}))
        elif has_others:
            said = [self._answer(text_of(each, "text")) if each is not None else "null" for each in others]
            lines.append(_line([OTHERWISE], said))
        return "\n".join(lines) + "\n"

    def _test(self, text: str) -> str:
        node = parse_tests(text or "-", self.spoken)
        return _one_line(text) if isinstance(node, Fault) else write(self._renamed(node))

    def _answer(self, text: str) -> str:
        node = parse(text or "null", self.spoken)
        return _one_line(text) if isinstance(node, Fault) else write(self._renamed(node))

    def _renamed(self, node: n.Node) -> n.Node:
        return n.mapped(node, lambda part: _renamed(part, self.names))


def _entries(rule: Element, tag: str) -> list[str]:
    return [text_of(each, "text") for each in children(rule, tag)]


def _renamed(node: n.Node, names: Mapping[str, str]) -> n.Node:
    return n.Name(names[node.name]) if isinstance(node, n.Name) and node.name in names else node


def _question(element: Element) -> str:
    question = child(element, "inputExpression")
    said = text_of(question, "text") if question is not None else ""
    return " ".join(said.split()) or element.get("label", "")


def _line(questions: Sequence[str], answers: Sequence[str], remark: str = "") -> str:
    line = f"{' | '.join(questions)} || {' | '.join(answers)}"
    return f"{line} || {remark}" if remark else line


def _one_line(text: str) -> str:
    return _BREAKS.sub(" ", text.strip())


def _texts(text: str) -> tuple[str, ...]:
    """Return the texts that a list of allowed values names; nothing where it is more than that."""
    node = parse_tests(text)
    if isinstance(node, Fault) or not all(isinstance(test, n.Text) for test in node.tests):
        return ()
    return tuple(test.value for test in node.tests if isinstance(test, n.Text))

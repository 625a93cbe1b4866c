"""This file writes a decision as a model of the DMN 1.5 standard, for other tools to read.

The functions that its cells call go along as business knowledge models. What the standard has no word for
(our field types, the first day) stands in attributes of our own, which other tools leave alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from lxml import etree

from kernel.dmn.xml import Element
from kernel.expression.definitions import policy_of
from metadata.canonical import canonical_plain
from metadata.decision import Decision
from metadata.decision_rows import Line, lines_of
from metadata.entity import Field
from metadata.expression import builtins as b
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.kinds import of_field
from metadata.expression.parse import parse, parse_tests
from metadata.expression.write import quoted
from metadata.function import Function
from metadata.package import Configuration
from metadata.problems import Problem, Problems

MODEL = "https://www.omg.org/spec/DMN/20230324/MODEL/"
OWN = "urn:aroeira:dmn"
VALUE, VALID_FROM, SOURCE, NOTE = (f"{{{OWN}}}{name}" for name in ("value", "valid_from", "source", "note"))
_NAMES: dict[Any, str] = {None: MODEL, "aroeira": OWN}
_TYPES = frozenset((b.NUMBER, b.TEXT, b.BOOLEAN, b.DATE, b.TIME, b.INSTANT))


def write(configuration: Configuration, decision: Decision, day: date) -> bytes:
    """Return the model of a decision as it is on a day.

    Errors: Problems with M385 where cells call what the standard cannot say, M386 before its first day.
    """
    versions = [version for version in decision.versions.items() if version[0] <= day]
    if not versions:
        raise Problems([Problem("M386", {"name": decision.name, "day": f"{day:%d/%m/%Y}"})])
    since, text = versions[-1]
    head, *lines = lines_of(text)
    functions = _functions(configuration, head, lines)
    root = etree.Element(f"{{{MODEL}}}definitions", nsmap=_NAMES)
    root.attrib.update({"id": "modelo", "name": decision.name, "namespace": f"{OWN}:{decision.name}"})
    _element(root, decision, since, functions)
    element = root[-1]
    for cell in head.questions:
        _requires(element, "informationRequirement", "requiredInput", f"pergunta_{cell.text}")
    for name in _called(_cells(head, lines), functions):
        _requires(element, "knowledgeRequirement", "requiredKnowledge", f"funcao_{name}")
    _table(element, decision, head, lines)
    for cell in head.questions:
        data = _sub(root, "inputData", id=f"pergunta_{cell.text}", name=cell.text)
        _variable(data, cell.text, decision.inputs[cell.text])
    for function in functions.values():
        _knowledge(root, function, functions)
    etree.indent(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _sub(parent: Element, tag: str, _text: str | None = None, /, **attributes: str) -> Element:
    made = etree.SubElement(parent, f"{{{MODEL}}}{tag}", attributes)
    if _text is not None:
        etree.SubElement(made, f"{{{MODEL}}}text").text = _text
    return made


def _element(root: Element, decision: Decision, since: date, functions: dict[str, Function]) -> None:
    made = _sub(root, "decision", id="decisao", name=decision.name)
    if decision.label:
        made.set("label", decision.label)
    extras = {VALID_FROM: "" if since == date.min else since.isoformat(), SOURCE: decision.source}
    made.attrib.update({key: text for key, text in {**extras, NOTE: decision.note}.items() if text})
    if decision.help:
        etree.SubElement(made, f"{{{MODEL}}}description").text = decision.help
    _sub(made, "variable", name=decision.name)


def _requires(element: Element, tag: str, inner: str, target: str) -> None:
    _sub(_sub(element, tag, id=f"usa_{target}"), inner, href=f"#{target}")


def _variable(parent: Element, name: str, field: Field) -> None:
    _sub(parent, "variable", name=name, **_typed(field))


def _typed(field: Field) -> dict[str, str]:
    kind = of_field(field).name
    return {"typeRef": kind} if kind in _TYPES else {}


# ── the table ─────────────────────────────────────────────────────────────────────────────────────


def _table(element: Element, decision: Decision, head: Line, lines: Iterable[Line]) -> None:
    policy, aggregation = policy_of(decision.pick)
    table = _sub(element, "decisionTable", id="tabela", hitPolicy=policy)
    if aggregation:
        table.set("aggregation", aggregation)
    for cell in head.questions:
        field = decision.inputs[cell.text]
        made = _sub(table, "input", id=f"coluna_{cell.text}", label=field.label)
        made.set(VALUE, _field(cell.text, field))
        _sub(made, "inputExpression", cell.text, **_typed(field))
        if allowed := _allowed(field):
            _sub(made, "inputValues", allowed)
    others = [line for line in lines if line.is_otherwise]
    for at, cell in enumerate(head.answers):
        field = decision.outputs[cell.text]
        made = _sub(table, "output", id=f"coluna_{cell.text}", label=field.label, **_typed(field))
        made.set(VALUE, _field(cell.text, field))
        if len(head.answers) > 1:
            made.set("name", cell.text)
        if field.choices:
            _sub(made, "outputValues", ", ".join(map(quoted, field.choices)))
        for line in others:
            _sub(made, "defaultOutputEntry", line.answers[at].text)
    _rules(table, [line for line in lines if not line.is_otherwise])


def _field(name: str, field: Field) -> str:
    """Return a field as JSON: what a document says of it, and its name."""
    said = field.model_dump(by_alias=True, include=field.model_fields_set)
    said["type"] = field.type_text
    plain = canonical_plain({key: _plain(value) for key, value in said.items()}, Field)
    return json.dumps({"name": name, **plain}, ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(part) for key, part in value.items()}
    return ("yes" if value else "no") if isinstance(value, bool) else value


def _allowed(field: Field) -> str:
    if field.choices:
        return ", ".join(map(quoted, field.choices))
    if of_field(field).name != b.NUMBER:
        return ""
    bounds = [sign + text for sign, text in ((">= ", field.min), ("<= ", field.max)) if text]
    return bounds[0] if len(bounds) == 1 else f"[{field.min}..{field.max}]" if bounds else ""


def _rules(table: Element, lines: list[Line]) -> None:
    if any(line.remark for line in lines):
        _sub(table, "annotation", name="Nota")
    has_remarks = len(table) and table[-1].tag.endswith("annotation")
    for line in lines:
        rule = _sub(table, "rule", id=f"linha_{line.number}")
        for cell in line.questions:
            _sub(rule, "inputEntry", cell.text)
        for cell in line.answers:
            _sub(rule, "outputEntry", cell.text)
        if has_remarks:
            _sub(rule, "annotationEntry", line.remark)


# ── functions that cells call ─────────────────────────────────────────────────────────────────────


def _knowledge(root: Element, function: Function, functions: dict[str, Function]) -> None:
    made = _sub(root, "businessKnowledgeModel", id=f"funcao_{function.name}", name=function.name)
    _sub(made, "variable", name=function.name)
    logic = _sub(made, "encapsulatedLogic")
    for name, field in function.takes.items():
        _sub(logic, "formalParameter", name=name, **_typed(field))
    _sub(logic, "literalExpression", function.is_)
    for name in _called([parse(function.is_)], functions):
        _requires(made, "knowledgeRequirement", "requiredKnowledge", f"funcao_{name}")


def _cells(head: Line, lines: Iterable[Line]) -> Iterator[n.Node | Fault]:
    for line in lines:
        yield from (parse_tests(cell.text) for cell in line.questions if not line.is_otherwise)
        yield from (parse(cell.text) for cell in line.answers)


def _called(nodes: Iterable[n.Node | Fault], names: Iterable[str]) -> list[str]:
    """Return which of the names are called, in the order of the names."""
    found = {
        part.function.name
        for node in nodes
        if not isinstance(node, Fault)
        for part in node.walk()
        if isinstance(part, n.Call) and isinstance(part.function, n.Name)
    }
    return [name for name in names if name in found]


def _functions(configuration: Configuration, head: Line, lines: list[Line]) -> dict[str, Function]:
    """Return the functions that cells call, directly or not."""
    definitions = configuration.defined.definitions
    found: dict[str, Function] = {}
    waiting = _called(_cells(head, lines), definitions)
    while waiting:
        name = waiting.pop()
        function = configuration.functions.get(name)
        if function is None or function.of:
            raise Problems([Problem("M385", {"name": name})])
        if name not in found:
            found[name] = function
            waiting += _called([parse(function.is_)], definitions)
    return found

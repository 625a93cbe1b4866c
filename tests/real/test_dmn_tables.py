"""Every decision table of the standard's conformance cases comes in, goes out again, and answers its cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from kernel.dmn import columns, tck, xml
from kernel.dmn.document import documents, identifier
from kernel.dmn.model import Model
from kernel.dmn.write import write
from kernel.dmn.xml import NAME, Element, child, children, tag_of, text_of
from kernel.expression.definitions import compiled_of
from kernel.expression.evaluate import compiled, evaluate
from kernel.expression.scope import Run, Scope
from metadata.expression.faults import Fault
from metadata.expression.parse import parse
from metadata.load import load_valid
from metadata.package import Configuration

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
MANIFEST = b"package: loja\nlabel: Loja\nversion: 1.0.0\n"
# What nothing in the models says; each is told on importing.
TOLD = {"0008-listGen": ["M389"], "0109-ruleOrder-hitpolicy": ["M379"]}


@dataclass(frozen=True, slots=True)
class Table:
    """One decision of a model that is a table."""

    path: Path
    root: Element
    decision: Element

    @property
    def name(self) -> str:
        return identifier(self.decision.get(NAME, ""))

    @property
    def text(self) -> str:
        return documents(self.path.read_bytes())[0][self.name]


@pytest.fixture
def tables(shared: Path) -> list[Table]:
    found = []
    for path in sorted((shared / "dmn-tck").glob("compliance-level-[23]/*/*.dmn")):
        root = xml.read(path.read_bytes())
        tabular = (each for each in children(root, "decision") if child(each, "decisionTable") is not None)
        found += [Table(path, root, each) for each in tabular]
    assert len(found) == 21
    return found


def loaded(text: str, name: str) -> Configuration:
    return load_valid({"loja/manifest.yaml": MANIFEST, f"loja/decisions/{name}.yaml": text.encode()})


def test_every_table_comes_in_and_comes_back_as_it_went(tables: list[Table]) -> None:
    for each in tables:
        configuration = loaded(each.text, each.name)
        content = write(configuration, configuration.decisions[each.name], NOW.date())
        assert documents(content) == ({each.name: each.text}, []), each.path


def test_what_a_model_leaves_open_is_told(tables: list[Table]) -> None:
    for path in {each.path for each in tables}:
        told = [problem.code for problem in documents(path.read_bytes())[1]]
        assert told == TOLD.get(path.parent.name, []), path


def test_imported_tables_answer_the_cases(tables: list[Table]) -> None:
    count = 0
    for each in tables:
        configuration = loaded(each.text, each.name)
        definitions = compiled_of(configuration)
        for inputs, wanted in cases(each):
            given = arguments(each, configuration, inputs)
            found = definitions[each.name].answer(Run(NOW, definitions=definitions), given).value
            assert tck.same(wanted, found), (each.path, inputs, wanted, found)
            count += 1
    assert count == 42


def cases(table: Table) -> Iterator[tuple[dict[str, Any], Any]]:
    """Yield inputs of the model with what the decision must say, under our names."""
    for path in sorted(table.path.parent.glob("*.xml")):
        for case in children(xml.read(path.read_bytes()), "testCase"):
            inputs = {node.get(NAME, ""): tck.read(node) for node in children(case, "inputNode")}
            for node in children(case, "resultNode"):
                expected = child(node, "expected")
                if node.get(NAME) == table.decision.get(NAME) and expected is not None:
                    yield inputs, ours(tck.read(expected))


def arguments(table: Table, configuration: Configuration, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return what the columns ask for: their expressions over the values that the decision is given."""
    model = Model(table.path.read_bytes(), NOW)
    seen = {}
    for each in columns.required(table.root, table.decision):
        name = each.get(NAME, "")
        seen[name] = model.ask(name, inputs) if tag_of(each) == "decision" else inputs.get(name)
    wanted = configuration.decisions[table.name].inputs
    given = {identifier(name): value for name, value in seen.items() if identifier(name) in wanted}
    for column in children(next(children(table.decision, "decisionTable")), "input"):
        text = " ".join(text_of(next(children(column, "inputExpression")), "text").split())
        node = parse(text, frozenset(seen))
        assert not isinstance(node, Fault)
        given[identifier(text)] = evaluate(compiled(node), Run(NOW), Scope(seen))
    return given


def ours(value: Any) -> Any:
    """Return a value whose parts have our names."""
    if isinstance(value, dict):
        return {identifier(key): ours(part) for key, part in value.items()}
    return [ours(item) for item in value] if isinstance(value, list) else value

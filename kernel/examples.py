"""This file runs the examples of a configuration: what definitions and checks must answer.

Those of processes are run by kernel.rehearsal.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from kernel.context import Context
from kernel.expression import moments
from kernel.expression.definitions import Answered, Compiled, compiled_of
from kernel.expression.functions.texts import written
from kernel.expression.plain import read_plain, read_record
from kernel.expression.scope import Run
from kernel.expression.values import ABSENT, Record, equal
from kernel.rules.exchange import seen, taken
from kernel.rules.formula import Formula
from kernel.rules.ruleset import Rules
from kernel.rules.ruleset import compile as compile_rules
from kernel.rules.verdict import judged
from metadata.entity import Field
from metadata.examples import PROCESS, Case, Examples
from metadata.expression import builtins as b
from metadata.expression.definitions import Definition
from metadata.expression.kinds import Kind
from metadata.package import Configuration, Document
from metadata.problems import Place, Problem


@dataclass(frozen=True, slots=True)
class Example:
    """One example, ready to run."""

    document: Document
    name: str
    case: Case

    @property
    def title(self) -> str:
        """What the example is of, and its name."""
        model = self.document.model
        assert isinstance(model, Examples)
        return f"{model.of}: {self.name}"

    @property
    def is_rehearsed(self) -> bool:
        """Tell whether the example is of a process, which needs a database."""
        model = self.document.model
        assert isinstance(model, Examples)
        return model.subject[0] == PROCESS


def examples_of(configuration: Configuration) -> list[Example]:
    """Return the examples of definitions and of checks."""
    return [example for example in _every(configuration) if not example.is_rehearsed]


def rehearsals_of(configuration: Configuration) -> list[Example]:
    """Return the examples of processes; kernel.rehearsal runs them."""
    return [example for example in _every(configuration) if example.is_rehearsed]


def _every(configuration: Configuration) -> Iterator[Example]:
    for document in configuration.documents.get("examples", {}).values():
        for name, case in configuration.examples[document.name].cases.items():
            yield Example(document, name, case)


def run(configuration: Configuration, now: datetime) -> Callable[[Example], list[Problem]]:
    """Return what runs an example and tells how its answer differs; all is compiled once."""
    definitions = compiled_of(configuration)
    rules = compile_rules(configuration, definitions)

    def judge(example: Example) -> list[Problem]:
        case = example.case
        today = datetime.combine(date.fromisoformat(case.at), now.timetz()) if case.at else now
        asking = _Asking(configuration, rules, Run(today, definitions=definitions), example)
        try:
            return list(asking.judged())
        except ValueError as error:
            facts = {"case": example.name, "reason": str(error)}
            return [Problem("M382", facts, example.document.place("cases", example.name))]

    return judge


@dataclass(frozen=True, slots=True)
class _Asking:
    """One example being asked."""

    configuration: Configuration
    rules: Rules
    run: Run
    example: Example

    def judged(self) -> Iterator[Problem]:
        """Tell how the answer differs from what is expected."""
        kind, name = self.configuration.examples[self.example.document.name].subject
        case = self.example.case
        if kind == "entity":
            record = self.record(name, case.given)
            found = self.told(name, record)
            said = case.expect if isinstance(case.expect, list) else [case.expect] if case.expect else []
            if sorted(said) != found:
                yield self.differs(_names(said), _names(found))
            return
        called = self.run.definitions[name]
        assert isinstance(called, Compiled)
        given, record_or_none = self.given(called.definition)
        answer = called.answer(self.run, given, record_or_none)
        wanted = _wanted(case.expect, called.definition.result)
        if equal(wanted, answer.value) is not True:
            rows = f" ({_rows(answer)})" if answer.rows else ""
            yield self.differs(_shown(wanted), _shown(answer.value), rows)
        elif case.row and case.row not in answer.rows:
            facts = {"case": self.example.name, "wanted": case.row, "found": _rows(answer)}
            yield Problem("M384", facts, self.place("row"))

    def told(self, entity: str, record: Record) -> list[str]:
        """Return the checks that speak of a record, and the fields that a condition asks for in vain."""
        context = Context("examples", self.run.now)
        verdict = judged(self.rules.sets[entity], self.rules.entities, context, self.run, record)
        return sorted(
            str(each.facts.get("check") or each.field) for each in (*verdict.problems, *verdict.warnings)
        )

    def differs(self, wanted: str, found: str, rows: str = "") -> Problem:
        """Return the problem of another answer."""
        facts = {"case": self.example.name, "wanted": wanted, "found": found, "rows": rows}
        return Problem("M383", facts, self.place("expect"))

    def place(self, key: str) -> Place:
        """Return where a part of the example stands."""
        return self.example.document.place("cases", self.example.name, key)

    def given(self, definition: Definition) -> tuple[dict[str, Any], Any]:
        """Return the arguments and the record; what is no argument is a field of the record."""
        takes = _takes(self.configuration, definition.name)
        said = self.example.case.given
        entities, lazy = self.configuration.entities, self.lazy()
        given = {name: read_plain(said.get(name, ""), field, entities, lazy) for name, field in takes.items()}
        if not definition.of:
            return given, ABSENT
        return given, self.record(definition.of, {name: said[name] for name in said if name not in takes})

    def record(self, entity: str, said: Mapping[str, Any]) -> Record:
        """Return a record with what is said of it."""
        entities = self.configuration.entities
        return read_record(said, entities[entity], entities, self.lazy())

    def lazy(self) -> Mapping[str, Mapping[str, Callable[[Record], Any]]]:
        """Return what works out computed fields."""
        return {
            name: {
                field: partial(_computed, self.run, made, self.configuration.entities[name].fields[field])
                for field, made in rules.computed.items()
            }
            for name, rules in self.rules.sets.items()
            if rules.computed
        }


def _computed(run: Run, made: Formula, field: Field, record: Record) -> Any:
    return seen(taken(made.of(run, record), field), field)


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) or "nenhuma verificação"


def _shown(value: Any) -> str:
    return "nada" if value is None else str(written(value, quoted=True))


def _rows(found: Answered) -> str:
    numbers = [str(number) for number in found.rows]
    said = f"linha {numbers[0]}" if len(numbers) == 1 else f"linhas {', '.join(numbers)}"
    return said if numbers else "nenhuma linha"


def _takes(configuration: Configuration, name: str) -> Mapping[str, Any]:
    if name in configuration.functions:
        return configuration.functions[name].takes
    return configuration.decisions[name].inputs if name in configuration.decisions else {}


# ── what is expected, by the kind of the answer ───────────────────────────────────────────────────


def _wanted(said: Any, kind: Kind) -> Any:
    if isinstance(said, list):
        return [_wanted(item, kind.item or kind) for item in said]
    if isinstance(said, dict):
        parts = dict(kind.parts)
        return {name: _wanted(part, parts.get(name, kind)) for name, part in said.items()}
    if said in ("", "null"):
        return None
    read = _READERS.get(kind.name)
    value = read(said) if read else said
    if value is None:
        raise ValueError(f"“{said}” não é {kind}")
    return value


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except ArithmeticError:
        return None


def _boolean(text: str) -> bool | None:
    return {"true": True, "yes": True, "false": False, "no": False}.get(text)


_READERS: dict[str, Callable[[str], Any]] = {
    b.NUMBER: _number, b.BOOLEAN: _boolean, b.DATE: moments.read_date, b.TIME: moments.read_time,
    b.INSTANT: moments.read_instant, b.DURATION: moments.read_duration, b.DAYS: moments.read_duration,
    b.MONTHS: moments.read_duration,
}  # fmt: skip

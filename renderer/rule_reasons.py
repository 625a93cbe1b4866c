"""This file says in words why a field is as it is: the rule that holds, and the values that it read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kernel.expression.values import Record
from kernel.rules.formula import Formula
from kernel.rules.live import Look
from kernel.rules.reading import read_by
from kernel.rules.ruleset import RuleSet
from kernel.runtime import Runtime
from metadata.problems import Problem
from renderer.form_content import Content
from renderer.form_layout import FormLayout
from renderer.form_rules import Spot, spot_of

BECAUSE = {
    "locked": "Não pode mudar porque",
    "required": "Obrigatório porque",
    "hidden": "Não aparece porque",
    "computed": "Calculado:",
}
REFUSES, WARNS = "Não é aceito quando", "Avisa quando"


@dataclass(frozen=True, slots=True)
class Reason:
    """One rule that holds: what it does, its sentence, what it read; of a check also its name and source."""

    label: str
    because: str
    sentence: str
    readings: tuple[tuple[str, str], ...] = ()
    says: str = ""
    rule: str = ""
    source: str = ""


def reasons(
    runtime: Runtime, form: FormLayout, content: Content, looks: Iterable[Look], post: str
) -> Iterator[Reason]:
    """Yield why a field is as it is; without a field (`post` empty), why the hidden ones are hidden."""
    for each in looks:
        spot = spot_of(form, content, each.prefix)
        if spot is None or each.record is None:
            continue
        if not post:
            yield from _hidden(runtime, form, each) if not each.prefix else ()
        elif post.startswith(spot.stem) and "." not in post.removeprefix(spot.stem):
            yield from _of_field(runtime, each, each.record, spot, post.removeprefix(spot.stem))
        elif not each.prefix:
            yield from _of_grid(runtime, form, each, each.record, post)


def _of_grid(runtime: Runtime, form: FormLayout, each: Look, record: Record, post: str) -> Iterator[Reason]:
    """Yield what locks all cells of a grid, for one of them."""
    kind, _, rest = post.partition(".")
    grid = rest.partition(".")[0]
    if kind == "c" and grid in form.grids and grid in each.verdict.locked:
        yield _reason(runtime, record, form.grids[grid].label, "locked", each.verdict.locked[grid])


def _hidden(runtime: Runtime, form: FormLayout, each: Look) -> Iterator[Reason]:
    shown = {*form.controls, *form.grids}
    for name, formula in each.told.hidden.items() if each.told else ():
        if name in each.verdict.hidden and name in shown and each.record is not None:
            yield _reason(runtime, each.record, form.labels[name], "hidden", formula)


def _of_field(runtime: Runtime, each: Look, record: Record, spot: Spot, name: str) -> Iterator[Reason]:
    rules, verdict = each.told, each.verdict
    if rules is None:
        return
    label = next((control.label for control in spot.controls if control.field.name == name), "")
    holding = {
        "locked": verdict.locked.get(name),
        "required": verdict.required.get(name),
        "hidden": rules.hidden.get(name) if name in verdict.hidden else None,
        "computed": rules.computed.get(name),
    }
    for what, formula in holding.items():
        if formula is not None:
            yield _reason(runtime, record, label, what, formula)
    for because, problems in ((REFUSES, verdict.problems), (WARNS, verdict.warnings)):
        for problem in problems:
            if problem.code == "R169" and problem.field == each.prefix + name:
                yield _of_check(runtime, rules, each, record, label, because, problem)


def _reason(runtime: Runtime, record: Record, label: str, what: str, formula: Formula) -> Reason:
    return Reason(label, BECAUSE[what], formula.sentence, read_by(formula, record, runtime.rules.entities))


def _of_check(
    runtime: Runtime, rules: RuleSet, each: Look, record: Record, label: str, because: str, problem: Problem
) -> Reason:
    name = str(problem.facts["check"]).removeprefix(each.prefix)
    check = next(check for check in rules.checks if check.name == name)
    readings = read_by(check.when, record, runtime.rules.entities)
    rule = name.replace("_", " ")
    return Reason(label, because, check.when.sentence, readings, problem.sentence(), rule, check.rule.source)

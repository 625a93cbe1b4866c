"""This file puts problems and warnings of a save at their fields, and makes the lines that lead to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from metadata.problems import Problem
from renderer.form_content import EMPTY, Content, RowContent
from renderer.form_layout import FormLayout, Grid
from renderer.problem import at_its_field, next_step

RULES = frozenset(("R167", "R168", "R169"))  # what rules say; it may be over before the next save
Put = Callable[[Mapping[str, Any], str, Problem], None]


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """One line of the error summary."""

    label: str
    sentence: str
    hint: str
    target: str = ""
    tab: str = ""

    @property
    def rest(self) -> str:
        """The sentence after the label, which is the link: never said twice."""
        if self.label and self.sentence.startswith(self.label):
            return self.sentence[len(self.label) :]
        last = self.label.rpartition(", ")[2]
        if last and self.sentence.startswith(last):
            return self.sentence[len(last) :]
        return f": {self.sentence}" if self.label else self.sentence[:1].upper() + self.sentence[1:]


def mark(form: FormLayout, content: Content, problems: Iterable[Problem]) -> list[ErrorLine]:
    """Put each problem at its field, count them per tab, and return the lines of the summary."""
    order = {name: place for place, name in enumerate((*form.controls, *form.grids))}
    ordered = sorted(problems, key=lambda problem: order.get((problem.field or "").partition("/")[0], -1))
    lines = [_mark_one(form, content, problem, _set_error) for problem in ordered]
    if lines:
        content.wrong = _counts(form, content)
    return lines


def warn(form: FormLayout, content: Content, warnings: Iterable[Problem]) -> list[ErrorLine]:
    """Put each warning at its field and return the lines to be read before saving all the same."""
    return [replace(_mark_one(form, content, warning, _set_warning), hint="") for warning in warnings]


def _mark_one(form: FormLayout, content: Content, problem: Problem, put: Put) -> ErrorLine:
    name, _, rest = (problem.field or "").partition("/")
    if name in form.controls and not rest:
        control = form.controls[name]
        put(content.entries, name, problem)
        return _line(control.label, problem, str(control.id), _tab_of(form, name))
    if name in form.grids:
        return _mark_cell(form, content, name, rest, problem, put)
    return _line(form.labels.get(name, ""), problem)


def _mark_cell(
    form: FormLayout, content: Content, name: str, rest: str, problem: Problem, put: Put
) -> ErrorLine:
    grid = form.grids[name]
    text, _, column = rest.partition("/")
    rows = content.rows[name]
    tab = _tab_of(form, name)
    if not text.isdecimal() or int(text) >= len(rows):
        return _line(grid.label, problem, f"t-{name}", tab)
    row: RowContent = rows[int(text)]
    place = f"{grid.label}, linha {int(text) + 1}{_below(grid, column)}"
    if column in row.entries:
        label = next(c.label for c in grid.columns if c.field.name == column)
        put(row.entries, column, problem)
        return _line(f"{place}, {label}", problem, f"c-{name}-{row.index}-{column}", tab)
    return _line(place, problem, f"t-{name}", tab)


def _line(label: str, problem: Problem, target: str = "", tab: str = "") -> ErrorLine:
    """Make a line of the summary: nothing is said twice, neither the tab nor what to do."""
    return ErrorLine(label, problem.sentence(), next_step(problem), target, "" if tab in label else tab)


def _below(grid: Grid, path: str) -> str:
    """Say which row below a row is meant; such rows are copied along and have no cells here."""
    name, _, rest = path.partition("/")
    number = rest.partition("/")[0]
    if name not in grid.entity.fields or not number.isdecimal():
        return ""
    return f", {grid.entity.fields[name].label}, linha {int(number) + 1}"


def _set_error(entries: Mapping[str, Any], name: str, problem: Problem) -> None:
    assert isinstance(entries, dict)
    entry, told = entries.get(name, EMPTY), at_its_field(problem)
    ruled = problem.code in RULES and (entry.ruled or not entry.error)
    entries[name] = entry._replace(error=_both(entry.error, told), ruled=ruled)


def _both(first: str, second: str) -> str:
    """Return two sentences behind each other; the first may end as it stands."""
    return f"{first.removesuffix('.')}. {second}" if first else second


def _set_warning(entries: Mapping[str, Any], name: str, problem: Problem) -> None:
    assert isinstance(entries, dict)
    entry, told = entries.get(name, EMPTY), at_its_field(problem)
    entries[name] = entry._replace(warning=_both(entry.warning, told))


def _counts(form: FormLayout, content: Content) -> dict[str, int]:
    wrong = {name: 1 for name, entry in content.entries.items() if entry.error}
    for name, rows in content.rows.items():
        wrong[name] = sum(1 for row in rows for entry in row.entries.values() if entry.error)
    counts = {tab.id: sum(wrong.get(name, 0) for name in tab.names) for tab in (*form.tabs, *form.below)}
    return {key: count for key, count in counts.items() if count} or {"": 1}


def _tab_of(form: FormLayout, name: str) -> str:
    heads = (*(form.tabs if len(form.tabs) > 1 else ()), *(form.below if len(form.below) > 1 else ()))
    return next((tab.title for tab in heads if name in tab.names), "")

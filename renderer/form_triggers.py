"""This file finds, once per form, which of its fields some rule reads: only their changes are asked about."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kernel.rules.needs import tree
from kernel.rules.ruleset import CompiledFill, RuleSet
from kernel.runtime import Runtime
from renderer.form_control import Control


class Triggers:
    """The fields of a form that rules read, and the columns of its grids; its rows count as well."""

    def __init__(self, controls: Mapping[str, Control], grids: Mapping[str, Sequence[Control]]) -> None:
        self.controls = controls
        self.columns = {name: {c.field.name for c in columns} for name, columns in grids.items()}
        self.fields: set[str] = set()
        self.rows: dict[str, set[str]] = {}
        self.fillers: dict[str, list[str]] = {}

    def record(self, needs: Mapping[str, Any], links_back: Mapping[str, str]) -> None:
        """Take what is read of the record; links_back: grid → the link of its rows to the record."""
        for name, below in needs.items():
            if name in links_back:
                self.row(name, below, links_back)
            elif name not in self.columns and name in self.controls and not self.controls[name].is_computed:
                self.fields.add(name)

    def row(self, grid: str, needs: Mapping[str, Any], links_back: Mapping[str, str]) -> None:
        """Take what is read of the rows of a grid; from a row rules may come back to the record."""
        known = self.rows.setdefault(grid, set())
        for name, below in needs.items():
            if name == links_back[grid]:
                self.record(below, {key: by for key, by in links_back.items() if key != grid})
                if grid in below:
                    known |= below[grid].keys() & self.columns[grid]
            elif name in self.columns[grid]:
                known.add(name)

    def fills(self, grid: str, fills: Sequence[CompiledFill]) -> None:
        """Take the columns that fill others of their row: their cells are asked about one by one."""
        names = {name for fill in fills for name in fill.rule.on} & self.columns[grid]
        if names:
            self.fillers[grid] = sorted(names)
            self.rows.setdefault(grid, set()).update(names)

    def written(self) -> dict[str, Any]:
        """Return them as the page carries them."""
        rows = {grid: sorted(columns) for grid, columns in self.rows.items()}
        fillers = {"r": self.fillers} if self.fillers else {}
        return {"f": sorted(self.fields), "c": rows, **fillers} if self.fields or rows else {}


def triggers(
    runtime: Runtime, entity: str, controls: Mapping[str, Control], grids: Mapping[str, Sequence[Control]]
) -> dict[str, Any]:
    """Return the fields and columns of a form whose changes concern a rule; nothing where none does."""
    compiled, found = runtime.entities[entity], Triggers(controls, grids)
    links_back = {name: compiled.children[name].by for name in grids}
    found.record(runtime.rules.in_full(tree(_read(compiled.rules)), entity, own=True), links_back)
    for fill in compiled.rules.fills:
        found.fields |= controls.keys() & set(fill.rule.on)
        for name in fill.needs.keys() & grids.keys():
            found.row(name, fill.needs[name], links_back)
        for part in fill.rows:
            if part.name in grids:
                found.rows.setdefault(part.name, set())  # the rows that are there travel with the question
    for name in grids:
        child = runtime.entities[compiled.children[name].entity]
        needs = runtime.rules.in_full(tree(_read(child.rules)), child.name, own=True)
        if not child.rules.is_empty:
            found.row(name, needs, links_back)
        found.fills(name, child.rules.fills)
    return found.written()


def _read(rules: RuleSet) -> Iterator[tuple[str, ...]]:
    """Yield the paths that the rules of an entity read."""
    for formula in rules.computed.values():
        yield from formula.reads
    for _, _, formula in rules.conditions():
        yield from formula.reads
    for check in rules.checks:
        yield from check.when.reads
        for piece in check.message:
            if not isinstance(piece, str):
                yield from piece[0].reads

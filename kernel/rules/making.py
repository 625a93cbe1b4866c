"""This file compiles and works out what is made of items: of each, the fields of a record and its rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.expression.evaluate import Closure, compiled, evaluate
from kernel.expression.scope import Run, Scope
from kernel.rules.exchange import taken
from metadata.check.making import item_of
from metadata.entity import Entity
from metadata.expression.definitions import ARGUMENT
from metadata.expression.describe import described
from metadata.expression.faults import Fault
from metadata.expression.infer import ITEM, infer
from metadata.expression.kinds import Kind
from metadata.expression.parse import parse
from metadata.making import Making, Rows
from metadata.package import Configuration

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Said:
    """An expression, ready to run, and what it says; `reads` begin with the name they are reached from."""

    sentence: str
    kind: Kind
    reads: frozenset[Path]
    closure: Closure

    def of(self, run: Run, scope: Scope) -> Any:
        """Return what the expression comes to."""
        before, run.steps, run.is_exhausted = run.steps, 0, False
        found = evaluate(self.closure, run, scope)
        run.steps = before
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """What is made of one entity: for each item, fields with an expression each, and rows below."""

    name: str
    entity: Entity
    each: Said | None
    set: Mapping[str, Said]
    rows: tuple[Part, ...] = ()

    def reads(self) -> Iterator[Path]:
        """Yield what is read, by the names it is reached from; what is read of items, at their origins."""
        inner = [path for said in self.set.values() for path in said.reads]
        inner += [path for part in self.rows for path in part.reads()]
        if self.each is None:
            yield from inner
            return
        yield from self.each.reads
        for path in inner:
            if path[0] != ITEM:
                yield path
            else:
                yield from ((*origin, *path[1:]) for origin in self.each.reads)


# ── compiled ──────────────────────────────────────────────────────────────────────────────────────


def part(
    name: str, entity: Entity, making: Making | Rows, configuration: Configuration, names: Mapping[str, Kind],
    of: str = "",
) -> Part:  # fmt: skip
    """Return what is made of an entity; `names` are seen, and the fields of a record of the entity `of`."""
    each = said(making.each, configuration, names, of) if making.each else None
    seen = {**names, ITEM: item_of(each.kind)} if each else names
    made = {field: said(text, configuration, seen, of) for field, text in making.set.items()}
    below: list[Part] = []
    for field, rows_ in making.rows.items() if isinstance(making, Making) else ():
        child = configuration.entities[str(entity.fields[field].of)]
        below.append(part(field, child, rows_, configuration, seen, of))
    return Part(name, entity, each, made, tuple(below))


def said(text: str, configuration: Configuration, names: Mapping[str, Kind], of: str = "") -> Said:
    """Return the expression of a text that the checks of the configuration have passed."""
    node = parse(text)
    assert not isinstance(node, Fault), text
    found = infer(node, configuration.entities, of, names, configuration.defined.definitions)
    known = (path for path in found.reads if of or path[0].startswith(ARGUMENT))
    reads = frozenset((path[0].removeprefix(ARGUMENT), *path[1:]) for path in known)
    return Said(described(node, configuration.entities, of), found.kind, reads, compiled(node))


# ── worked out ────────────────────────────────────────────────────────────────────────────────────


def rows(run: Run, part: Part, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield the values of each row that is made."""
    for inner in items(run, part, scope):
        yield values(run, part, inner)


def items(run: Run, part: Part, scope: Scope) -> Iterator[Scope]:
    """Yield a scope for each item; where there is no list of them, the one there is."""
    if part.each is None:
        yield scope
        return
    found = part.each.of(run, scope)
    all_ = found if isinstance(found, list) else [] if found is None else [found]
    yield from (scope.inner({ITEM: item}) for item in all_)


def values(run: Run, part: Part, scope: Scope) -> dict[str, Any]:
    """Return what the fields of a record come to."""
    fields = part.entity.fields
    return {name: taken(each.of(run, scope), fields[name]) for name, each in part.set.items()}

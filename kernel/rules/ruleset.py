"""This file compiles the rules of entities once for a version: closures, what they read, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from dataclasses import field as attribute

from kernel.expression.definitions import Compiled
from kernel.rules.formula import Formula, formula
from kernel.rules.making import Part, part
from kernel.rules.needs import Needs, in_full, join, real, target, tree
from kernel.rules.transitions import Moves, moves_of
from metadata.check.fills import FOUND
from metadata.entity import CONDITIONS, Entity, Field
from metadata.expression import kinds as k
from metadata.expression.nodes import Name, Node, Path
from metadata.package import Configuration
from metadata.rules import Check, Fill

KEEPING = frozenset(("keep.",))  # no check can have this name
FILLED = "já está preenchido"
NO_FORMULAS: Mapping[str, Formula] = {}


@dataclass(frozen=True, slots=True)
class CompiledCheck:
    """A check, ready to run.

    at: the field where its message stands, or an empty text.  message: literal texts and formulas in turn;
    each formula with the field that it shows, where it is one.  row: what gives the row where the message
    stands, at its field `in_row`; `at` are then the rows as a whole.
    """

    name: str
    rule: Check
    when: Formula
    at: str
    message: tuple[str | tuple[Formula, Field | None], ...]
    row: Formula | None = None
    in_row: str = ""


@dataclass(frozen=True, slots=True)
class CompiledFill:
    """A fill, ready to run: `needs` is what it reads of the record, `found` what of the one it looks up."""

    name: str
    rule: Fill
    when: Formula | None
    set: Mapping[str, Formula]
    rows: tuple[Part, ...]
    needs: Needs
    found: Needs


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of the records of one entity.

    computed: field → formula.  required, readonly, hidden: the conditions, by field.
    defaults: the ones that are expressions.  keeps: what a record has to be kept as it is for.
    fixed: when people no longer remove a record.  moves: the states that it can be in, and the ways between.
    needs: what judging a record reads of it and beyond.
    definitions: what expressions can call.
    """

    entity: str
    computed: Mapping[str, Formula]
    required: Mapping[str, Formula]
    readonly: Mapping[str, Formula]
    hidden: Mapping[str, Formula]
    defaults: Mapping[str, Formula]
    checks: tuple[CompiledCheck, ...]
    keeps: tuple[CompiledCheck, ...]
    fills: tuple[CompiledFill, ...]
    fixed: Formula | None = None
    moves: Moves | None = None
    needs: Needs = attribute(default_factory=dict)
    definitions: Mapping[str, Compiled] = attribute(default_factory=dict)

    def conditions(self) -> Iterator[tuple[str, str, Formula]]:
        """Yield every condition: which, of which field, its formula."""
        for which in CONDITIONS:
            for name, made in getattr(self, which).items():
                yield which, name, made

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to judge."""
        conditions = self.computed or self.required or self.readonly or self.hidden
        return not (conditions or self.checks or self.moves)


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a configuration.

    reads: (entity, field) → paths, of every computed field.  children: (entity, children field) → the
    entity of the rows.  parts: what `only` made.
    """

    entities: Mapping[str, Entity]
    sets: Mapping[str, RuleSet]
    reads: Mapping[tuple[str, str], frozenset[tuple[str, ...]]]
    parts: dict[tuple[str, frozenset[str]], RuleSet] = attribute(default_factory=dict)

    def only(self, entity: str, names: frozenset[str]) -> RuleSet:
        """Return the rules of an entity with only some of its checks and of its fields to be filled."""
        made = self.parts.get((entity, names))
        if made is None:
            whole = self.sets[entity]
            checks = tuple(check for check in whole.checks if check.name in names)
            required = {name: formula for name, formula in whole.required.items() if name in names}
            made = replace(whole, checks=checks, required=required, readonly={}, moves=None, needs={})
            join(made.needs, self.in_full(tree(_read(made, self.entities, names)), entity, own=True))
            self.parts[entity, names] = made
        return made

    def keeping(self, entity: str) -> RuleSet:
        """Return, as checks, what records of an entity have to be kept as they are for."""
        key = (entity, KEEPING)
        made = self.parts.get(key)
        if made is None:
            whole = self.sets[entity]
            made = replace(
                whole, checks=whole.keeps, required={}, readonly={}, hidden={}, moves=None, needs={}
            )
            join(made.needs, self.in_full(tree(_read(made, self.entities, ())), entity, own=True))
            self.parts[key] = made
        return made

    def in_full(self, needs: Needs, entity: str, *, own: bool) -> Needs:
        """Return a tree of needs with what its computed fields need in their turn."""
        return in_full(needs, entity, self.entities, self.reads, own=own)


def compile(configuration: Configuration, definitions: Mapping[str, Compiled]) -> Rules:
    """Return the rules of a configuration without problems."""
    entities = configuration.entities
    computed = {name: _formulas(entity, "is_", configuration) for name, entity in entities.items()}
    reads = {(name, field): made.reads for name, all_ in computed.items() for field, made in all_.items()}
    sets = {name: _ruleset(entity, computed[name], configuration) for name, entity in entities.items()}
    sets = {name: replace(made, definitions=definitions) for name, made in sets.items()}
    rules = Rules(entities, sets, reads)
    for name, made in sets.items():
        join(made.needs, rules.in_full(tree(_read(made, entities, made.computed)), name, own=True))
    return rules


def _ruleset(entity: Entity, computed: Mapping[str, Formula], configuration: Configuration) -> RuleSet:
    conditions = {key: _formulas(entity, f"{key}_when", configuration) for key in CONDITIONS}
    checks = tuple(_check(entity, name, check, configuration) for name, check in entity.checks.items())
    keeps = tuple(
        _check(entity, f"keep.{name}", keep.check, configuration) for name, keep in entity.keep.items()
    )
    fills = tuple(_fill(entity, name, fill, configuration) for name, fill in entity.fills.items())
    defaults = _formulas(entity, "default_is", configuration)
    required, readonly, hidden = (conditions[key] for key in CONDITIONS)
    fixed = _fixed(entity, configuration)
    if fixed:
        readonly = {name: fixed if entity.fields[name].is_fixed else each for name, each in readonly.items()}
    readonly = {name: _once(entity.fields[name], each) for name, each in readonly.items()}
    moves = moves_of(entity, configuration)
    return RuleSet(
        entity.name, computed, required, readonly, hidden, defaults, checks, keeps, fills, fixed, moves
    )  # fmt: skip


def _fixed(entity: Entity, configuration: Configuration) -> Formula | None:
    """Return when people no longer change a record, with the words of its author for the sentence."""
    if entity.fixed is None:
        return None
    return replace(formula(entity.fixed.when, configuration, entity.name), sentence=entity.fixed.said)


def _once(field: Field, made: Formula) -> Formula:
    """Return what locks a field; where people fill it once, with the words of its author."""
    if not field.is_once:
        return made
    return replace(made, sentence=f"{FILLED}. {field.once.rstrip('.')}", is_once=True)


def _formulas(entity: Entity, key: str, configuration: Configuration) -> Mapping[str, Formula]:
    texts = {name: getattr(field, key) for name, field in entity.fields.items()}
    return {name: formula(text, configuration, entity.name) for name, text in texts.items() if text}


def _check(entity: Entity, name: str, check: Check, configuration: Configuration) -> CompiledCheck:
    when = formula(check.when, configuration, entity.name)
    message: list[str | tuple[Formula, Field | None]] = []
    for index, piece in enumerate(check.message_pieces):
        if index % 2 == 0:
            message.append(piece)
            continue
        made = formula(piece, configuration, entity.name)
        message.append((made, _shown(made, entity, configuration.entities)))
    row = formula(check.row, configuration, entity.name) if check.row else None
    in_row = check.at[0] if row and check.at else ""
    return CompiledCheck(name, check, when, _at(entity, check, when, row), tuple(message), row, in_row)


def _at(entity: Entity, check: Check, when: Formula, row: Formula | None) -> str:
    """Return the field where a message stands: as the check says, else the first that its condition names."""
    if row is not None:
        return next((field.name for field in entity.children if field.of == row.kind.entity), "")
    if check.at:
        return check.at[0]
    named = (part.name for part in when.node.walk() if hasattr(part, "name") and isinstance(part.name, str))
    return next((name for name in named if name in entity.fields), "")


def _shown(made: Formula, entity: Entity, entities: Mapping[str, Entity]) -> Field | None:
    """Return the field that a formula shows, when it is only a path."""
    if len(made.reads) == 0:
        return None
    path = max(made.reads, key=len)
    if made.text.strip() != ".".join(path):
        return None
    current: Entity | None = entity
    field: Field | None = None
    for step in path:
        field = current.fields.get(step) if current else None
        current = entities.get(target(field)) if field else None
    return field


def _fill(entity: Entity, name: str, fill: Fill, configuration: Configuration) -> CompiledFill:
    names = {FOUND: k.record(fill.from_)} if fill.from_ else {}
    when = formula(fill.when, configuration, entity.name, names) if fill.when else None
    made = {field: formula(text, configuration, entity.name, names) for field, text in fill.set.items()}
    children = {field: configuration.entities[str(entity.fields[field].of)] for field in fill.rows}
    rows = tuple(
        part(field, children[field], below, configuration, names, entity.name)
        for field, below in fill.rows.items()
    )
    formulas = [*made.values(), *([when] if when else [])]
    of_rows = [path for each in rows for path in each.reads()]
    own = [path for each in formulas for path in each.reads]
    own += [path for path in of_rows if path[0] not in names]
    found = [path for each in formulas for path in read_of(each.node, FOUND)]
    found += [path[1:] for path in of_rows if path[0] in names]
    entities = configuration.entities
    needs, needed = tree(real(own, entities, entity.name)), tree(real(found, entities, fill.from_))
    return CompiledFill(name, fill, when, made, rows, needs, needed)


def read_of(node: Node, name: str) -> Iterator[tuple[str, ...]]:
    """Yield the paths that an expression reads of what stands under a name."""
    for each in node.walk():
        path: list[str] = []
        base = each
        while isinstance(base, Path):
            path.insert(0, base.name)
            base = base.base
        if path and isinstance(base, Name) and base.name == name:
            yield tuple(path)


def _read(
    made: RuleSet, entities: Mapping[str, Entity], computed: Iterable[str]
) -> Iterable[tuple[str, ...]]:
    """Yield the paths that judging a record reads, `computed` among them."""
    yield from ((name,) for name in computed)
    for _, name, each in made.conditions():
        yield (name,)
        yield from each.reads
    for move in made.moves.all if made.moves else ():
        yield from move.reads()
    for check in made.checks:
        yield from check.when.reads
        yield from check.row.reads if check.row else ()
        for piece in check.message:
            if not isinstance(piece, str):
                yield from piece[0].reads
                yield from _displayed(piece[0], entities)


def _displayed(made: Formula, entities: Mapping[str, Entity]) -> Iterator[tuple[str, ...]]:
    """Yield the paths behind the display text of a record that a message shows."""
    if made.kind.name == k.RECORD and made.reads:
        path = max(made.reads, key=len)
        yield from ((*path, name) for name in entities[made.kind.entity].shown_pieces[1::2])

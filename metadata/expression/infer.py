"""This file says of which kind an expression is, what it reads of the record, and what is wrong with it.

It is asked when a document is saved: names that do not exist, operators and functions on values that do not
fit. All faults come at once; a part that is wrong counts as open, so that it is told only once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from metadata.entity import Entity
from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.definitions import ARGUMENT, AT, NONE, RECORD, Definition, Definitions
from metadata.expression.faults import Fault
from metadata.expression.kinds import ANY, BOOLEAN, NUMBER, Kind, common, fits
from metadata.expression.origins import NOWHERE, Paths, beyond, together
from metadata.expression.seen import Names
from metadata.expression.sums import calculated
from metadata.problems import near

ITEM, INPUT = "item", "?"
NO_NAMES: Mapping[str, str] = {}
MOST_OPTIONS = 12


@dataclass(frozen=True, slots=True)
class Renamed:
    """A part that says a former name, or an argument whose name is one; and the name of today.

    span: that of the part; equal parts at different places may mean different fields.
    """

    node: n.Node
    span: tuple[int, int]
    was: str
    name: str
    is_argument: bool = False


@dataclass(frozen=True, slots=True)
class Inferred:
    """What is known of an expression: its kind, the paths it reads from the record on, every fault.

    renames: where a field or an entity is said by a former name of it.  origins: the paths by which a record
    that it gives, or each of its records, may have been reached.
    """

    kind: Kind
    reads: frozenset[tuple[str, ...]]
    faults: tuple[Fault, ...]
    renames: tuple[Renamed, ...] = ()
    origins: Paths = NOWHERE


def infer(
    node: n.Node,
    entities: Mapping[str, Entity],
    entity: str = "",
    names: Mapping[str, Kind] | None = None,
    definitions: Definitions = NONE,
    former: Mapping[str, str] = NO_NAMES,
) -> Inferred:
    """Judge an expression about a record of an entity; `names` are seen besides its fields.

    What is reached from such a name is among the reads as well, the name marked as an argument.
    former: former name → name of today, of those among the names that were renamed.
    """
    judge = _Judge(entities, entity, definitions)
    fields = None
    if entity:
        known = judge.fields(entity)
        paths = {name: frozenset({(name,)}) for name in known}
        fields = Names(known, paths, are_fields=True, former=judge.former(entity))
    given = {name: frozenset({(ARGUMENT + name,)}) for name in names or ()}
    scope = Names(names or {}, given, fields, former=former)
    kind, origins = judge.kind(node, scope)
    return Inferred(kind, frozenset(judge.reads), tuple(judge.faults), tuple(judge.renames), origins)


Found = tuple[Kind, Paths]  # a kind, and the paths from the record that it may have been reached by
OPEN: Found = (ANY, NOWHERE)


class _Judge:
    """One judgement; lives only while it runs."""

    def __init__(self, entities: Mapping[str, Entity], entity: str, definitions: Definitions) -> None:
        self.entities = entities
        self.entity = entity
        self.definitions = definitions
        self.reads: set[tuple[str, ...]] = set()
        self.faults: list[Fault] = []
        self.renames: list[Renamed] = []

    def fault(self, code: str, node: n.Node, **facts: Any) -> Found:
        """Note what is wrong; the part counts as open."""
        self.faults.append(Fault(code, node.span, facts))
        return OPEN

    def fields(self, entity: str) -> dict[str, Kind]:
        """Return the kinds of the fields of an entity."""
        known = self.entities.get(entity)
        if known is None:
            return {}
        kept = known.__dict__.get("kinds_of_fields")
        if kept is None or kept[0] is not known.fields:  # a copy of an entity may have other fields
            kept = known.fields, {"id": k.WHOLE, **{name: k.of_field(f) for name, f in known.fields.items()}}
            known.__dict__["kinds_of_fields"] = kept
        return kept[1]

    def former(self, entity: str) -> Mapping[str, str]:
        """Return the former names of the fields of an entity, with those of today."""
        known = self.entities.get(entity)
        return known.former if known else {}

    def today(self, node: n.Name | n.Path, name: str) -> str:
        """Note a part that says a field by a former name; return the name it has today."""
        if name != node.name:
            self.renames.append(Renamed(node, node.span, node.name, name))
        return name

    def kind(self, node: n.Node, scope: Names) -> Found:
        """Return the kind of a part."""
        return _RULES[type(node)](self, node, scope)

    def wants(self, node: n.Node, scope: Names, wanted: Kind) -> None:
        """Note a part that is not of the kind its place asks for."""
        found, _ = self.kind(node, scope)
        if not fits(found, wanted):
            self.fault("M325", node, wanted=str(wanted), found=str(found))

    # ── names and paths ───────────────────────────────────────────────────────────────────────────

    def name(self, node: n.Name, scope: Names) -> Found:
        """A field, a name of the expression itself, or a built-in."""
        found = scope.find(node.name)
        if found is not None:
            self.today(node, scope.today(node.name))
            self.reads |= found[1]
            return found
        if node.name in b.BUILTINS:
            return Kind(k.FUNCTION), NOWHERE
        if node.name in self.definitions:
            return self.fault("M351", node, name=node.name)
        return self.fault("M320", node, name=node.name, near=near(node.name, scope.all()))

    def path(self, node: n.Path, scope: Names) -> Found:
        """A part of what stands before the point; of a list, the part of every item."""
        base, paths = self.kind(node.base, scope)
        inner = base.item if base.name == b.LIST and base.item else base
        parts = self._parts(inner)
        if parts is None:
            return OPEN
        name = node.name if node.name in parts else self.former(inner.entity).get(node.name, node.name)
        if name not in parts:
            return self.fault("M321", node, name=node.name, of=str(inner), near=near(node.name, parts))
        self.today(node, name)
        reached = beyond(paths, name)
        self.reads |= reached
        found = parts[name]
        return (k.listed(found) if inner is not base else found), reached

    def _parts(self, kind: Kind) -> Mapping[str, Kind] | None:
        """Return what can be reached from a kind; None where that is open."""
        if kind.name in (b.ANY, k.NULL):
            return None
        if kind.name == k.RECORD:
            return self.fields(kind.entity) or None
        if kind.name == b.RANGE:
            return k.range_parts(kind.item or ANY)
        return dict(kind.parts) if kind.name == b.CONTEXT else k.PARTS.get(kind.name, {})

    def filter(self, node: n.Filter, scope: Names) -> Found:
        """A list of the items that meet a condition, or the item at a place."""
        base, reached = self.kind(node.base, scope)
        item = base.item or ANY if base.name == b.LIST else base
        parts = self._parts(item) if item.name in (k.RECORD, b.CONTEXT) else None
        paths = {name: beyond(reached, name) for name in parts or ()}
        around = Names({ITEM: item}, {ITEM: reached}, scope)
        inner = Names(parts or {}, paths, around, are_fields=True, former=self.former(item.entity))
        condition, _ = self.kind(node.condition, inner)
        if condition.name == b.NUMBER:
            return item, reached
        if not fits(condition, BOOLEAN):
            self.fault("M325", node.condition, wanted=f"{BOOLEAN} ou {NUMBER}", found=str(condition))
        return k.listed(item), reached

    # ── values ────────────────────────────────────────────────────────────────────────────────────

    def list(self, node: n.ListOf, scope: Names) -> Found:
        """A list of what its items have in common; of anything where they have nothing."""
        items = [self.kind(item, scope) for item in node.items]
        found = common(kind for kind, _ in items)
        return k.listed(ANY if found is None or found.name == k.NULL else found), together(
            paths for _, paths in items
        )

    def context(self, node: n.Context, scope: Names) -> Found:
        """A context whose entries see those before them."""
        parts: dict[str, Kind] = {}
        inner = Names(parts, outer=scope)
        for entry in node.entries:
            found, _ = self.kind(entry.value, inner)
            if entry.key in parts:
                self.fault("M311", entry, key=entry.key)
            parts[entry.key] = found
        return Kind(b.CONTEXT, parts=tuple(parts.items())), NOWHERE

    def range(self, node: n.Range, scope: Names) -> Found:
        """A range between two ends of one kind that has an order."""
        ends = [self.kind(end, scope)[0] for end in (node.low, node.high) if end is not None]
        found = common(ends)
        if found is None:
            self.fault("M326", node, left=str(ends[0]), right=str(ends[-1]))
        return Kind(b.RANGE, item=found or ANY), NOWHERE

    def function(self, node: n.Function, scope: Names, usual: Kind = ANY) -> Found:
        """A function of the expression's own; its parameters are of the usual kind unless a type follows."""
        given = {name: _KNOWN.get(kind.name, ANY) if kind else usual for name, kind in node.parameters}
        self.kind(node.body, Names(given, outer=scope))
        return Kind(k.FUNCTION), NOWHERE

    # ── operators ─────────────────────────────────────────────────────────────────────────────────

    def negative(self, node: n.Negative, scope: Names) -> Found:
        """A number or a length of time with the other sign."""
        found, _ = self.kind(node.operand, scope)
        if not (fits(found, NUMBER) or fits(found, k.DURATION)):
            return self.fault("M325", node.operand, wanted=str(NUMBER), found=str(found))
        return found, NOWHERE

    def arithmetic(self, node: n.Arithmetic, scope: Names) -> Found:
        """What two kinds come to, by the table."""
        left, _ = self.kind(node.left, scope)
        right, _ = self.kind(node.right, scope)
        if {b.ANY, k.NULL} & {left.name, right.name}:
            return OPEN
        made = calculated(node.operator, left, right)
        if made is None:
            return self.fault("M324", node, sign=node.operator, left=str(left), right=str(right))
        return made, NOWHERE

    def comparison(self, node: n.Comparison, scope: Names) -> Found:
        """Yes or no, of two values of one kind."""
        left, right = (self.kind(side, scope)[0] for side in (node.left, node.right))
        self._compares(node, left, right)
        self._chosen(node.left, right)
        self._chosen(node.right, left)
        return BOOLEAN, NOWHERE

    def _chosen(self, node: n.Node, kind: Kind) -> None:
        """Note a written text that is none of the options of what it is compared with."""
        if kind.options and isinstance(node, n.Text) and node.value not in kind.options:
            shown = ", ".join(kind.options[:MOST_OPTIONS])
            self.fault("M329", node, value=node.value, near=near(node.value, kind.options), options=shown)

    def _compares(self, node: n.Node, left: Kind, right: Kind) -> None:
        if not (fits(left, right) or fits(right, left)):
            self.fault("M326", node, left=str(left), right=str(right))

    def between(self, node: n.Between, scope: Names) -> Found:
        """Yes or no, of three values of one kind."""
        operand, _ = self.kind(node.operand, scope)
        for bound in (node.low, node.high):
            self._compares(bound, operand, self.kind(bound, scope)[0])
        return BOOLEAN, NOWHERE

    def logic(self, node: n.Logic, scope: Names) -> Found:
        """Yes or no, of conditions."""
        for operand in node.operands:
            self.wants(operand, scope, BOOLEAN)
        return BOOLEAN, NOWHERE

    def within(self, node: n.In, scope: Names) -> Found:
        """Yes or no; each test is a value, a range or a list of the operand's kind."""
        operand, paths = self.kind(node.operand, scope)
        self._tests(node.tests, operand, paths, scope)
        return BOOLEAN, NOWHERE

    def unary_tests(self, node: n.UnaryTests, scope: Names) -> Found:
        """Yes or no, of the value that the tests are about."""
        found = scope.find("?") or OPEN
        self._tests(node.tests, found[0], found[1], scope)
        return BOOLEAN, NOWHERE

    def _tests(self, tests: Sequence[n.Node], operand: Kind, paths: Paths, scope: Names) -> None:
        inner = Names({"?": operand}, {"?": paths}, scope)
        for test in tests:
            self._chosen(test.operand if isinstance(test, n.Test) else test, operand)
            if isinstance(test, n.Test):
                self._compares(test, operand, self.kind(test.operand, inner)[0])
                continue
            found, _ = self.kind(test, inner)
            about_itself = any(isinstance(part, n.Input) for part in test.walk())
            whole = found.item if found.name in (b.LIST, b.RANGE) and operand.name != b.LIST else None
            self._compares(test, BOOLEAN if about_itself else operand, whole or found)

    def input(self, node: n.Input, scope: Names) -> Found:
        """The value that a test is about."""
        return scope.find("?") or self.fault("M320", node, name="?", near="")

    def instance(self, node: n.InstanceOf, scope: Names) -> Found:
        """Yes or no."""
        self.kind(node.operand, scope)
        return BOOLEAN, NOWHERE

    # ── flow ──────────────────────────────────────────────────────────────────────────────────────

    def choice(self, node: n.If, scope: Names) -> Found:
        """What both branches have in common."""
        self.wants(node.condition, scope, BOOLEAN)
        branches = [self.kind(branch, scope) for branch in (node.yes, node.no)]
        found = common(kind for kind, _ in branches)
        if found is None:
            return self.fault("M327", node, left=str(branches[0][0]), right=str(branches[1][0]))
        return found, together(paths for _, paths in branches)

    def _iterated(self, iterations: Sequence[n.Iteration], scope: Names) -> Names:
        for each in iterations:
            source, paths = self.kind(each.source, scope)
            if each.to is not None:
                self._compares(each.to, source, self.kind(each.to, scope)[0])
            item = source.item if source.name in (b.LIST, b.RANGE) else source
            scope = Names({each.name: item or ANY}, {each.name: paths}, scope)
        return scope

    def loop(self, node: n.For, scope: Names) -> Found:
        """A list of what each turn comes to."""
        inner = self._iterated(node.iterations, Names({"partial": k.listed(ANY)}, outer=scope))
        found, paths = self.kind(node.result, inner)
        return k.listed(found), paths

    def quantified(self, node: n.Quantified, scope: Names) -> Found:
        """Yes or no, of a condition on some or every turn."""
        self.wants(node.condition, self._iterated(node.iterations, scope), BOOLEAN)
        return BOOLEAN, NOWHERE

    # ── calls ─────────────────────────────────────────────────────────────────────────────────────

    def call(self, node: n.Call, scope: Names) -> Found:
        """What a definition or built-in gives; open for functions of the expression itself."""
        found = self.arguments(node, scope)
        if not isinstance(node.function, n.Name) or scope.calls(node.function.name):
            called, _ = self.kind(node.function, scope)
            if not fits(called, Kind(k.FUNCTION)):
                self.fault("M325", node.function, wanted=str(Kind(k.FUNCTION)), found=str(called))
            return OPEN
        name = node.function.name
        if name in self.definitions:
            return self.defined(node, self.definitions[name], found)
        if name in b.BUILTINS:
            return self.built_in(node, name, found)
        return self.fault("M322", node.function, name=name, near=near(name, {*b.BUILTINS, *self.definitions}))

    def arguments(self, node: n.Call, scope: Names) -> Sequence[Found]:
        """The kinds of what is given; what `sort` compares by is about the items of its list."""
        found: tuple[Found, ...] = ()
        for argument in node.arguments:
            if found and isinstance(argument, n.Function) and node.function == n.Name("sort"):
                found += (self.function(argument, scope, found[0][0].item or ANY),)
            else:
                found += (self.kind(argument, scope),)
        return found

    def defined(self, node: n.Call, called: Definition, found: Sequence[Found]) -> Found:
        """What a definition gives; it reads what it reads of the record it is called on."""
        roles = called.roles(len(found), self.names_today(node, called))
        if roles is None:
            return self.fault("M323", node, name=called.name, ways=called.said())
        wanted = {RECORD: k.record(called.of), AT: k.DATE, **dict(called.parameters)}
        for role, argument, (kind, _) in zip(roles, node.arguments, found, strict=True):
            if not fits(kind, wanted[role]):
                self.fault("M325", argument, wanted=str(wanted[role]), found=str(kind))
            self._chosen(argument, wanted[role])
        if RECORD not in roles and called.of and called.of != self.entity:
            return self.fault("M350", node.function, name=called.name, entity=called.of)
        paths = {role: reached for role, (_, reached) in zip(roles, found, strict=True)}
        self.reads |= called.on(paths, called.reads)
        return called.result, called.on(paths, called.origins)

    def names_today(self, node: n.Call, called: Definition) -> tuple[str, ...]:
        """Note the record given under a former name of its entity; return the names of today."""
        known = self.entities.get(called.of)
        former = set(known.was) - {name for name, _ in called.parameters} if known else set()
        for argument, name in zip(node.arguments, node.names, strict=False):
            if name in former:
                self.renames.append(Renamed(argument, argument.span, name, called.of, is_argument=True))
        return tuple(called.of if name in former else name for name in node.names)

    def built_in(self, node: n.Call, name: str, found: Sequence[Found]) -> Found:
        """What a built-in gives for arguments that fit one of its ways; a record comes from one of them."""
        ways = b.BUILTINS[name]
        given = [kind for kind, _ in found]
        placed = [(way, _placed(way, given, node.names)) for way in ways]
        able = [(way, pairs) for way, pairs in placed if pairs is not None]
        if not able:
            return self.fault("M323", node, name=name, ways=" ou ".join(map(_said, ways)))
        for way, pairs in able:
            if all(_is_taken(kind, wanted) for kind, wanted in pairs):
                made = _result(way, [kind for kind, _ in pairs])
                return made, together(paths for _, paths in found) if _may_be_record(made) else NOWHERE
        wrong, (kind, wanted) = next(
            (place, pair) for place, pair in enumerate(able[0][1]) if not _is_taken(*pair)
        )
        argument = node.arguments[min(wrong, len(node.arguments) - 1)]
        return self.fault("M325", argument, wanted=_wanted(wanted), found=str(kind))


def _may_be_record(kind: Kind) -> bool:
    """Tell whether paths can go on from a value, or from its items."""
    return (kind.item or kind).name in (k.RECORD, b.ANY)


def _placed(way: b.Signature, given: Sequence[Kind], names: Sequence[str]) -> list[tuple[Kind, str]] | None:
    """Return each argument with the type of its parameter, or None where their number does not fit."""
    if names:
        types = dict(way.parameters)
        if not set(names) <= set(types) or len(names) < way.required:
            return None
        return [(kind, types[name]) for name, kind in zip(names, given, strict=True)]
    types_in_order = [kind for _, kind in way.parameters]
    if way.is_variadic and len(given) >= len(types_in_order):
        types_in_order += [types_in_order[-1]] * (len(given) - len(types_in_order))
    if not way.required <= len(given) <= len(types_in_order):
        return None
    return list(zip(given, types_in_order, strict=False))


def _is_taken(kind: Kind, wanted: str) -> bool:
    """Tell whether a parameter takes a kind: one item for a list, and a list of one for its item."""
    if wanted in (b.LIST, b.ANY):
        return True
    if fits(kind, _KNOWN.get(wanted, Kind(wanted))):
        return True
    return kind.name == k.RECORD and wanted == b.CONTEXT


def _wanted(name: str) -> str:
    return str(_KNOWN.get(name, Kind(name)))


def _said(way: b.Signature) -> str:
    return "(" + ", ".join(way.names) + ("…" if way.is_variadic else "") + ")"


def _result(way: b.Signature, given: Sequence[Kind]) -> Kind:
    first = given[0] if given else ANY
    if way.result == "same":
        return first if first.name == b.LIST or way.parameters[0][1] != b.LIST else k.listed(first)
    if way.result == "item":
        return first.item or ANY if first.name == b.LIST else first
    if way.result == "total":
        item = first.item or ANY if first.name == b.LIST else first
        return item if fits(item, k.DURATION) else NUMBER
    if way.result == "common":
        return k.common(given) or ANY
    if way.result == b.LIST:
        return k.listed(ANY)
    return _KNOWN.get(way.result, ANY)


_KNOWN: dict[str, Kind] = {
    b.NUMBER: NUMBER, b.TEXT: k.TEXT, b.BOOLEAN: BOOLEAN, b.DATE: k.DATE, b.TIME: k.TIME,
    b.INSTANT: k.INSTANT, b.DAYS: k.DAYS, b.MONTHS: k.MONTHS, b.DURATION: k.DURATION, b.ANY: ANY,
}  # fmt: skip


def _constant(kind: Kind) -> Callable[[_Judge, Any, Names], Found]:
    return lambda judge, node, scope: (kind, NOWHERE)


def _number(judge: _Judge, node: n.Number, scope: Names) -> Found:
    exponent = node.value.as_tuple().exponent
    return Kind(b.NUMBER, scale=max(0, -exponent) if isinstance(exponent, int) else None), NOWHERE


def _at(judge: _Judge, node: n.At, scope: Names) -> Found:
    found = k.written(node.text)
    return (found, NOWHERE) if found else judge.fault("M328", node, text=node.text)


_RULES: dict[type[n.Node], Callable[[_Judge, Any, Names], Found]] = {
    n.Null: _constant(k.NOTHING), n.Boolean: _constant(BOOLEAN), n.Number: _number, n.Text: _constant(k.TEXT),
    n.At: _at, n.ListOf: _Judge.list, n.Context: _Judge.context, n.Range: _Judge.range,
    n.Function: _Judge.function, n.Name: _Judge.name, n.Input: _Judge.input, n.Path: _Judge.path,
    n.Filter: _Judge.filter, n.Call: _Judge.call, n.Negative: _Judge.negative,
    n.Arithmetic: _Judge.arithmetic, n.Comparison: _Judge.comparison, n.Between: _Judge.between,
    n.In: _Judge.within, n.Logic: _Judge.logic, n.UnaryTests: _Judge.unary_tests,
    n.Test: lambda judge, node, scope: (Kind(b.RANGE, item=judge.kind(node.operand, scope)[0]), NOWHERE),
    n.InstanceOf: _Judge.instance, n.If: _Judge.choice, n.For: _Judge.loop, n.Quantified: _Judge.quantified,
}  # fmt: skip

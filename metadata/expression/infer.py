"""This file says of which kind an expression is, what it reads of the record, and what is wrong with it.

It is asked when a document is saved: names that do not exist, operators and functions on values that do not
fit. All faults come at once; a part that is wrong counts as open, so that it is told only once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

from metadata.entity import Entity
from metadata.expression import builtins as b
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.kinds import ANY, BOOLEAN, NUMBER, Kind, common, fits
from metadata.problems import near

ITEM = "item"


@dataclass(frozen=True, slots=True)
class Inferred:
    """What is known of an expression: its kind, the paths it reads from the record on, every fault."""

    kind: Kind
    reads: frozenset[tuple[str, ...]]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class _Names:
    """The names that a part sees, with the path behind those that come from the record."""

    kinds: Mapping[str, Kind]
    paths: Mapping[str, tuple[str, ...]] = attribute(default_factory=dict)
    outer: _Names | None = None

    def find(self, name: str) -> tuple[Kind, tuple[str, ...]] | None:
        """Return the kind and path of a name, from here outwards."""
        if name in self.kinds:
            return self.kinds[name], self.paths.get(name, ())
        return self.outer.find(name) if self.outer else None

    def all(self) -> set[str]:
        """Return every name seen."""
        return {*self.kinds, *(self.outer.all() if self.outer else ())}


def infer(
    node: n.Node, entities: Mapping[str, Entity], entity: str = "", names: Mapping[str, Kind] | None = None
) -> Inferred:
    """Judge an expression about a record of an entity; `names` are seen besides its fields."""
    judge = _Judge(entities)
    scope = _Names(names or {})
    if entity:
        fields = judge.fields(entity)
        scope = _Names(fields, {name: (name,) for name in fields}, scope)
    kind, _ = judge.kind(node, scope)
    return Inferred(kind, frozenset(judge.reads), tuple(judge.faults))


Found = tuple[Kind, tuple[str, ...]]  # a kind, and the path from the record that it was reached by
OPEN: Found = (ANY, ())


class _Judge:
    """One judgement; lives only while it runs."""

    def __init__(self, entities: Mapping[str, Entity]) -> None:
        self.entities = entities
        self.reads: set[tuple[str, ...]] = set()
        self.faults: list[Fault] = []

    def fault(self, code: str, node: n.Node, **facts: Any) -> Found:
        """Note what is wrong; the part counts as open."""
        self.faults.append(Fault(code, node.span, facts))
        return OPEN

    def fields(self, entity: str) -> dict[str, Kind]:
        """Return the kinds of the fields of an entity."""
        known = self.entities.get(entity)
        return {name: k.of_field(field) for name, field in known.fields.items()} if known else {}

    def kind(self, node: n.Node, scope: _Names) -> Found:
        """Return the kind of a part."""
        return _RULES[type(node)](self, node, scope)

    def wants(self, node: n.Node, scope: _Names, wanted: Kind) -> None:
        """Note a part that is not of the kind its place asks for."""
        found, _ = self.kind(node, scope)
        if not fits(found, wanted):
            self.fault("M325", node, wanted=str(wanted), found=str(found))

    # ── names and paths ───────────────────────────────────────────────────────────────────────────

    def name(self, node: n.Name, scope: _Names) -> Found:
        """A field, a name of the expression itself, or a built-in."""
        found = scope.find(node.name)
        if found is not None:
            if found[1]:
                self.reads.add(found[1])
            return found
        if node.name in b.BUILTINS:
            return Kind(k.FUNCTION), ()
        return self.fault("M320", node, name=node.name, near=near(node.name, scope.all()))

    def path(self, node: n.Path, scope: _Names) -> Found:
        """A part of what stands before the point; of a list, the part of every item."""
        base, path = self.kind(node.base, scope)
        inner = base.item if base.name == b.LIST and base.item else base
        parts = self._parts(inner)
        if parts is None:
            return OPEN
        if node.name not in parts:
            return self.fault("M321", node, name=node.name, of=str(inner), near=near(node.name, parts))
        reached = (*path, node.name) if path else ()
        if reached:
            self.reads.add(reached)
        found = parts[node.name]
        return (k.listed(found) if inner is not base else found), reached

    def _parts(self, kind: Kind) -> Mapping[str, Kind] | None:
        """Return what can be reached from a kind; None where that is open."""
        if kind.name in (b.ANY, k.NULL):
            return None
        if kind.name == k.RECORD:
            return self.fields(kind.entity) or None
        if kind.name == b.RANGE:
            return _range_parts(kind.item or ANY)
        return dict(kind.parts) if kind.name == b.CONTEXT else _PARTS.get(kind.name, {})

    def filter(self, node: n.Filter, scope: _Names) -> Found:
        """A list of the items that meet a condition, or the item at a place."""
        base, path = self.kind(node.base, scope)
        item = base.item or ANY if base.name == b.LIST else base
        parts = self._parts(item) if item.name in (k.RECORD, b.CONTEXT) else None
        paths = {name: (*path, name) for name in parts or ()} if path else {}
        inner = _Names({ITEM: item, **(parts or {})}, paths, scope)
        condition, _ = self.kind(node.condition, inner)
        if condition.name == b.NUMBER:
            return item, path
        if not fits(condition, BOOLEAN):
            self.fault("M325", node.condition, wanted=f"{BOOLEAN} ou {NUMBER}", found=str(condition))
        return k.listed(item), path

    # ── values ────────────────────────────────────────────────────────────────────────────────────

    def list(self, node: n.ListOf, scope: _Names) -> Found:
        """A list of what its items have in common; of anything where they have nothing."""
        found = common(self.kind(item, scope)[0] for item in node.items)
        return k.listed(ANY if found is None or found.name == k.NULL else found), ()

    def context(self, node: n.Context, scope: _Names) -> Found:
        """A context whose entries see those before them."""
        parts: dict[str, Kind] = {}
        inner = _Names(parts, outer=scope)
        for entry in node.entries:
            found, _ = self.kind(entry.value, inner)
            if entry.key in parts:
                self.fault("M311", entry, key=entry.key)
            parts[entry.key] = found
        return Kind(b.CONTEXT, parts=tuple(parts.items())), ()

    def range(self, node: n.Range, scope: _Names) -> Found:
        """A range between two ends of one kind that has an order."""
        ends = [self.kind(end, scope)[0] for end in (node.low, node.high) if end is not None]
        found = common(ends)
        if found is None:
            self.fault("M326", node, left=str(ends[0]), right=str(ends[-1]))
        return Kind(b.RANGE, item=found or ANY), ()

    def function(self, node: n.Function, scope: _Names) -> Found:
        """A function of the expression's own; its parameters are open unless a type follows them."""
        given = {name: _KNOWN.get(kind.name, ANY) if kind else ANY for name, kind in node.parameters}
        self.kind(node.body, _Names(given, outer=scope))
        return Kind(k.FUNCTION), ()

    # ── operators ─────────────────────────────────────────────────────────────────────────────────

    def negative(self, node: n.Negative, scope: _Names) -> Found:
        """A number or a length of time with the other sign."""
        found, _ = self.kind(node.operand, scope)
        if not (fits(found, NUMBER) or fits(found, k.DURATION)):
            return self.fault("M325", node.operand, wanted=str(NUMBER), found=str(found))
        return found, ()

    def arithmetic(self, node: n.Arithmetic, scope: _Names) -> Found:
        """What two kinds come to, by the table."""
        left, _ = self.kind(node.left, scope)
        right, _ = self.kind(node.right, scope)
        if {b.ANY, k.NULL} & {left.name, right.name}:
            return OPEN
        made = _arithmetic(node.operator, left, right)
        if made is None:
            return self.fault("M324", node, sign=node.operator, left=str(left), right=str(right))
        return made, ()

    def comparison(self, node: n.Comparison, scope: _Names) -> Found:
        """Yes or no, of two values of one kind."""
        left, right = (self.kind(side, scope)[0] for side in (node.left, node.right))
        self._compares(node, left, right)
        return BOOLEAN, ()

    def _compares(self, node: n.Node, left: Kind, right: Kind) -> None:
        if not (fits(left, right) or fits(right, left)):
            self.fault("M326", node, left=str(left), right=str(right))

    def between(self, node: n.Between, scope: _Names) -> Found:
        """Yes or no, of three values of one kind."""
        operand, _ = self.kind(node.operand, scope)
        for bound in (node.low, node.high):
            self._compares(bound, operand, self.kind(bound, scope)[0])
        return BOOLEAN, ()

    def logic(self, node: n.Logic, scope: _Names) -> Found:
        """Yes or no, of conditions."""
        for operand in node.operands:
            self.wants(operand, scope, BOOLEAN)
        return BOOLEAN, ()

    def within(self, node: n.In, scope: _Names) -> Found:
        """Yes or no; each test is a value, a range or a list of the operand's kind."""
        operand, path = self.kind(node.operand, scope)
        self._tests(node.tests, operand, path, scope)
        return BOOLEAN, ()

    def unary_tests(self, node: n.UnaryTests, scope: _Names) -> Found:
        """Yes or no, of the value that the tests are about."""
        found = scope.find("?") or OPEN
        self._tests(node.tests, found[0], found[1], scope)
        return BOOLEAN, ()

    def _tests(self, tests: Sequence[n.Node], operand: Kind, path: tuple[str, ...], scope: _Names) -> None:
        inner = _Names({"?": operand}, {"?": path} if path else {}, scope)
        for test in tests:
            if isinstance(test, n.Test):
                self._compares(test, operand, self.kind(test.operand, inner)[0])
                continue
            found, _ = self.kind(test, inner)
            about_itself = any(isinstance(part, n.Input) for part in test.walk())
            whole = found.item if found.name in (b.LIST, b.RANGE) and operand.name != b.LIST else None
            self._compares(test, BOOLEAN if about_itself else operand, whole or found)

    def input(self, node: n.Input, scope: _Names) -> Found:
        """The value that a test is about."""
        return scope.find("?") or self.fault("M320", node, name="?", near="")

    def instance(self, node: n.InstanceOf, scope: _Names) -> Found:
        """Yes or no."""
        self.kind(node.operand, scope)
        return BOOLEAN, ()

    # ── flow ──────────────────────────────────────────────────────────────────────────────────────

    def choice(self, node: n.If, scope: _Names) -> Found:
        """What both branches have in common."""
        self.wants(node.condition, scope, BOOLEAN)
        branches = [self.kind(branch, scope)[0] for branch in (node.yes, node.no)]
        found = common(branches)
        if found is None:
            return self.fault("M327", node, left=str(branches[0]), right=str(branches[1]))
        return found, ()

    def _iterated(self, iterations: Sequence[n.Iteration], scope: _Names) -> _Names:
        for each in iterations:
            source, path = self.kind(each.source, scope)
            if each.to is not None:
                self._compares(each.to, source, self.kind(each.to, scope)[0])
            item = source.item if source.name in (b.LIST, b.RANGE) else source
            scope = _Names({each.name: item or ANY}, {each.name: path} if path else {}, scope)
        return scope

    def loop(self, node: n.For, scope: _Names) -> Found:
        """A list of what each turn comes to."""
        inner = self._iterated(node.iterations, _Names({"partial": k.listed(ANY)}, outer=scope))
        return k.listed(self.kind(node.result, inner)[0]), ()

    def quantified(self, node: n.Quantified, scope: _Names) -> Found:
        """Yes or no, of a condition on some or every turn."""
        self.wants(node.condition, self._iterated(node.iterations, scope), BOOLEAN)
        return BOOLEAN, ()

    # ── calls ─────────────────────────────────────────────────────────────────────────────────────

    def call(self, node: n.Call, scope: _Names) -> Found:
        """What a built-in gives for arguments that fit one of its ways; open for other functions."""
        given = [self.kind(argument, scope)[0] for argument in node.arguments]
        known = isinstance(node.function, n.Name) and scope.find(node.function.name) is None
        if not known or not isinstance(node.function, n.Name):
            found, _ = self.kind(node.function, scope)
            if not fits(found, Kind(k.FUNCTION)):
                self.fault("M325", node.function, wanted=str(Kind(k.FUNCTION)), found=str(found))
            return OPEN
        name = node.function.name
        ways = b.BUILTINS.get(name)
        if ways is None:
            return self.fault("M322", node.function, name=name, near=near(name, b.BUILTINS))
        placed = [(way, _placed(way, given, node.names)) for way in ways]
        able = [(way, pairs) for way, pairs in placed if pairs is not None]
        if not able:
            return self.fault("M323", node, name=name, ways=" ou ".join(map(_said, ways)))
        for way, pairs in able:
            if all(_is_taken(kind, wanted) for kind, wanted in pairs):
                return _result(way, [kind for kind, _ in pairs]), ()
        wrong, (kind, wanted) = next(
            (place, pair) for place, pair in enumerate(able[0][1]) if not _is_taken(*pair)
        )
        argument = node.arguments[min(wrong, len(node.arguments) - 1)]
        return self.fault("M325", argument, wanted=_wanted(wanted), found=str(kind))


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
    if way.result == b.LIST:
        return k.listed(ANY)
    return _KNOWN.get(way.result, ANY)


_KNOWN: dict[str, Kind] = {
    b.NUMBER: NUMBER, b.TEXT: k.TEXT, b.BOOLEAN: BOOLEAN, b.DATE: k.DATE, b.TIME: k.TIME,
    b.INSTANT: k.INSTANT, b.DAYS: k.DAYS, b.MONTHS: k.MONTHS, b.DURATION: k.DURATION, b.ANY: ANY,
}  # fmt: skip


def _range_parts(item: Kind) -> dict[str, Kind]:
    return {"start": item, "end": item, "start included": BOOLEAN, "end included": BOOLEAN}


_DAY = dict.fromkeys(("year", "month", "day", "weekday"), k.WHOLE)
_CLOCK = dict.fromkeys(("hour", "minute", "second"), k.WHOLE) | {
    "time offset": k.DAYS, "timezone": k.TEXT,
}  # fmt: skip
_LENGTHS = dict.fromkeys(("days", "hours", "minutes", "seconds"), k.WHOLE)
_PARTS: dict[str, dict[str, Kind]] = {
    b.DATE: _DAY,
    b.TIME: _CLOCK,
    b.INSTANT: _DAY | _CLOCK,
    b.DAYS: _LENGTHS,
    b.MONTHS: {"years": k.WHOLE, "months": k.WHOLE},
    b.DURATION: _LENGTHS | {"years": k.WHOLE, "months": k.WHOLE},
}


# ── arithmetic ────────────────────────────────────────────────────────────────────────────────────

_LENGTH = (b.DAYS, b.MONTHS, b.DURATION)
_SUMS: dict[str, dict[tuple[str, str], Kind]] = {
    "+": {(b.TEXT, b.TEXT): k.TEXT, (b.TIME, b.DAYS): k.TIME, (b.DAYS, b.TIME): k.TIME},
    "-": {(b.TIME, b.TIME): k.DAYS, (b.TIME, b.DAYS): k.TIME},
    "*": {},
    "/": {},
    "**": {(b.NUMBER, b.NUMBER): NUMBER},
}
for _moment, _kind in ((b.DATE, k.DATE), (b.INSTANT, k.INSTANT)):
    for _length in _LENGTH:
        _SUMS["+"] |= {(_moment, _length): _kind, (_length, _moment): _kind}
        _SUMS["-"][_moment, _length] = _kind
    _SUMS["-"] |= {(_moment, _other): k.DAYS for _other in (b.DATE, b.INSTANT)}
for _length in _LENGTH:
    _kind = Kind(_length)
    _SUMS["*"] |= {(_length, b.NUMBER): _kind, (b.NUMBER, _length): _kind}
    _SUMS["/"] |= {(_length, b.NUMBER): _kind, (_length, _length): NUMBER}
    for _sign in "+-":
        _SUMS[_sign][_length, _length] = _kind

# Digits after the point: sums take the longer, products both; of a quotient they are open.
_SCALES: dict[str, Callable[[int, int], int | None]] = {
    "+": max, "-": max, "*": lambda left, right: left + right, "/": lambda left, right: None,
    "**": lambda left, right: None,
}  # fmt: skip


def _arithmetic(operator: str, left: Kind, right: Kind) -> Kind | None:
    if left.name == right.name == b.NUMBER:
        known = left.scale is not None and right.scale is not None
        scale = _SCALES[operator](left.scale or 0, right.scale or 0) if known else None
        return replace(NUMBER, scale=scale)
    return _SUMS[operator].get((left.name, right.name))


def _constant(kind: Kind) -> Callable[[_Judge, Any, _Names], Found]:
    return lambda judge, node, scope: (kind, ())


def _number(judge: _Judge, node: n.Number, scope: _Names) -> Found:
    exponent = node.value.as_tuple().exponent
    return Kind(b.NUMBER, scale=max(0, -exponent) if isinstance(exponent, int) else None), ()


def _at(judge: _Judge, node: n.At, scope: _Names) -> Found:
    found = next((kind for shape, kind in _WRITTEN if shape(node.text)), None)
    return (found, ()) if found else judge.fault("M328", node, text=node.text)


_WRITTEN: tuple[tuple[Callable[[str], bool], Kind], ...] = (
    (lambda text: "P" in text[:2] and any(sign in text for sign in "DT"), k.DAYS),
    (lambda text: "P" in text[:2], k.MONTHS),
    (lambda text: "T" in text and "-" in text, k.INSTANT),
    (lambda text: text.count("-") >= 2 and ":" not in text, k.DATE),
    (lambda text: ":" in text, k.TIME),
)
_RULES: dict[type[n.Node], Callable[[_Judge, Any, _Names], Found]] = {
    n.Null: _constant(k.NOTHING), n.Boolean: _constant(BOOLEAN), n.Number: _number, n.Text: _constant(k.TEXT),
    n.At: _at, n.ListOf: _Judge.list, n.Context: _Judge.context, n.Range: _Judge.range,
    n.Function: _Judge.function, n.Name: _Judge.name, n.Input: _Judge.input, n.Path: _Judge.path,
    n.Filter: _Judge.filter, n.Call: _Judge.call, n.Negative: _Judge.negative,
    n.Arithmetic: _Judge.arithmetic, n.Comparison: _Judge.comparison, n.Between: _Judge.between,
    n.In: _Judge.within, n.Logic: _Judge.logic, n.UnaryTests: _Judge.unary_tests,
    n.Test: lambda judge, node, scope: (Kind(b.RANGE, item=judge.kind(node.operand, scope)[0]), ()),
    n.InstanceOf: _Judge.instance, n.If: _Judge.choice, n.For: _Judge.loop, n.Quantified: _Judge.quantified,
}  # fmt: skip

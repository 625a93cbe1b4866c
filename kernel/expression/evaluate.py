"""This file turns the nodes of an expression into a closure: one call answers for one record.

What has no value is null and leaves a note of why; nothing that data can cause raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from kernel.expression import moments
from kernel.expression.arithmetic import ARITHMETIC, negated
from kernel.expression.functions import invoke, known
from kernel.expression.properties import property_of
from kernel.expression.scope import Exhausted, Run, Scope, find
from kernel.expression.types import conforming, is_instance
from kernel.expression.values import ABSENT, Callee, Range, Record, compared, equal, feel
from metadata.expression import nodes as n

Closure = Callable[[Run, Scope], Any]
ITEM, INPUT, PARTIAL = "item", "?", "partial"


def compiled(node: n.Node) -> Closure:
    """Return the closure of an expression."""
    return _COMPILERS[type(node)](node)


def evaluate(closure: Closure, run: Run, scope: Scope) -> Any:
    """Call a closure; one that does too much has no value."""
    try:
        return closure(run, scope)
    except (Exhausted, RecursionError):
        run.is_exhausted = True
        return run.note("R202", (0, 0))


# ── values ────────────────────────────────────────────────────────────────────────────────────────


def _constant(value: Any) -> Closure:
    return lambda run, scope: value


def _at(node: n.At) -> Closure:
    return _constant(moments.read(node.text))


def _list(node: n.ListOf) -> Closure:
    items = [compiled(item) for item in node.items]
    return lambda run, scope: [item(run, scope) for item in items]


def _context(node: n.Context) -> Closure:
    entries = [(entry.key, compiled(entry.value)) for entry in node.entries]
    if len({key for key, _ in entries}) < len(entries):
        return _constant(None)

    def make(run: Run, scope: Scope) -> Any:
        made: dict[str, Any] = {}
        inner = scope.inner(made)
        for key, value in entries:
            made[key] = value(run, inner)
        return made

    return make


def _range(node: n.Range) -> Closure:
    low, high = (compiled(bound) if bound else _constant(None) for bound in (node.low, node.high))

    def make(run: Run, scope: Scope) -> Any:
        ends = low(run, scope), high(run, scope)
        known_ends = [end for end in ends if end is not None]
        if not known_ends or (len(known_ends) == 2 and compared("<=", *ends) is None):
            return None
        return Range(*ends, node.low_closed, node.high_closed)

    return make


def _function(node: n.Function) -> Closure:
    body = compiled(node.body)
    names = [name for name, _ in node.parameters]
    kinds = [kind for _, kind in node.parameters]

    def make(run: Run, scope: Scope) -> Callee:
        def call(arguments: Sequence[Any]) -> Any:
            run.step()
            if len(arguments) != len(names):
                return None
            given = [
                conforming(value, kind) if kind else value
                for value, kind in zip(arguments, kinds, strict=True)
            ]
            return body(run, scope.inner(dict(zip(names, given, strict=True))))

        return Callee(node.parameters, call)

    return make


# ── reaching values ───────────────────────────────────────────────────────────────────────────────


def _name(node: n.Name) -> Closure:
    name, span = node.name, node.span

    def look(run: Run, scope: Scope) -> Any:
        found = scope.values.get(name, ABSENT)
        if found is ABSENT:
            found = find(scope.outer, name)
        if found is not ABSENT:
            return found
        builtin = known(name)
        return builtin if builtin is not None else run.note("R203", span, name=name)

    return look


def _input(node: n.Input) -> Closure:
    return _name(n.Name(INPUT, span=node.span))


def _path(node: n.Path) -> Closure:
    base, name, span = compiled(node.base), node.name, node.span

    def reach(run: Run, scope: Scope) -> Any:
        value = base(run, scope)
        if isinstance(value, list):
            run.step(len(value))
            return [property_of(item, name) for item in value]
        return property_of(value, name) if value is not None else run.note("R204", span, name=name)

    return reach


_YES_NO = (n.Comparison, n.Logic, n.Between, n.In, n.Boolean, n.Quantified, n.InstanceOf)


def _filter(node: n.Filter) -> Closure:
    base, condition = compiled(node.base), compiled(node.condition)
    may_pick = not isinstance(node.condition, _YES_NO)

    def pick(run: Run, scope: Scope) -> Any:
        value = base(run, scope)
        items = [] if value is None else value if isinstance(value, list) else [value]
        run.step(len(items))
        if may_pick:
            place = condition(run, _item_scope(scope, items[0]) if items else scope)
            if isinstance(place, Decimal):
                return picked(items, place)
        return [item for item in items if condition(run, _item_scope(scope, item)) is True]

    return pick


def _item_scope(scope: Scope, item: Any) -> Scope:
    if isinstance(item, Record):
        return Scope(item, scope.inner({ITEM: item}))
    return scope.inner({ITEM: item, **item} if isinstance(item, dict) else {ITEM: item})


def picked(items: Sequence[Any], place: Decimal) -> Any:
    """Return the item at a place: 1 is the first, -1 the last."""
    index = int(place)
    if place != index or index == 0 or abs(index) > len(items):
        return None
    return items[index - 1 if index > 0 else index]


def _call(node: n.Call) -> Closure:
    if isinstance(node.function, n.Name):
        return _named_call(node, node.function.name)
    function = compiled(node.function)
    arguments = [compiled(argument) for argument in node.arguments]
    names, span = node.names, node.span

    def call(run: Run, scope: Scope) -> Any:
        run.step()
        callee = function(run, scope)
        values = [argument(run, scope) for argument in arguments]
        if not isinstance(callee, Callee):
            return run.note("R205", span)
        return invoke(run, callee, values, names, span)

    return call


def _named_call(node: n.Call, name: str) -> Closure:
    """First count functions of the expression itself, then definitions, then built-ins; never fields."""
    arguments = [compiled(argument) for argument in node.arguments]
    names, span, builtin = node.names, node.span, known(name)

    def call(run: Run, scope: Scope) -> Any:
        run.step()
        values = [argument(run, scope) for argument in arguments]
        callee = find(scope, name)
        if isinstance(callee, Callee):
            return invoke(run, callee, values, names, span)
        if (defined := run.definitions.get(name)) is not None:
            return defined.call(run, scope, values, names, span)
        return run.note("R205", span) if builtin is None else invoke(run, builtin, values, names, span)

    return call


# ── operators ─────────────────────────────────────────────────────────────────────────────────────


def _negative(node: n.Negative) -> Closure:
    operand = compiled(node.operand)
    return lambda run, scope: negated(operand(run, scope))


def _arithmetic(node: n.Arithmetic) -> Closure:
    left, right = compiled(node.left), compiled(node.right)
    operate, span = ARITHMETIC[node.operator], node.span

    def work(run: Run, scope: Scope) -> Any:
        found = operate(left(run, scope), right(run, scope))
        return found if found is not None else run.note("R206", span)

    return work


def _comparison(node: n.Comparison) -> Closure:
    left, right, operator = compiled(node.left), compiled(node.right), node.operator
    if operator == "=":
        return lambda run, scope: equal(left(run, scope), right(run, scope))
    if operator == "!=":
        return lambda run, scope: _not(equal(left(run, scope), right(run, scope)))
    return lambda run, scope: compared(operator, left(run, scope), right(run, scope))


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _between(node: n.Between) -> Closure:
    operand, low, high = compiled(node.operand), compiled(node.low), compiled(node.high)

    def work(run: Run, scope: Scope) -> bool | None:
        value = operand(run, scope)
        return both(compared(">=", value, low(run, scope)), compared("<=", value, high(run, scope)))

    return work


def both(left: Any, right: Any) -> bool | None:
    """Return the conjunction of two values, of which anything that is no boolean is unknown."""
    if left is False or right is False:
        return False
    return True if left is True and right is True else None


def _logic(node: n.Logic) -> Closure:
    operands = [compiled(operand) for operand in node.operands]
    decisive = node.operator == "or"

    def work(run: Run, scope: Scope) -> bool | None:
        return settled((operand(run, scope) for operand in operands), decisive=decisive)

    return work


def _in(node: n.In) -> Closure:
    operand = compiled(node.operand)
    tests = [tested(test) for test in node.tests]

    def work(run: Run, scope: Scope) -> bool | None:
        return any_of(
            test(run, scope.inner({INPUT: value}), value)
            for value in (operand(run, scope),)
            for test in tests
        )

    return work


def settled(answers: Iterable[Any], *, decisive: bool) -> bool | None:
    """Return what answers come to: decided by one, open while another is neither true nor false."""
    is_open = False
    for answer in answers:
        if answer is decisive:
            return bool(decisive)
        is_open = is_open or not isinstance(answer, bool)
    return None if is_open else not decisive


def any_of(answers: Iterable[Any]) -> bool | None:
    """Return whether one of several tests is met; one that says neither yes nor no leaves it open."""
    return settled(answers, decisive=True)


def tested(node: n.Node) -> Callable[[Run, Scope, Any], bool | None]:
    """Return how one unary test judges a value."""
    if isinstance(node, n.Test):
        operand, operator = compiled(node.operand), node.operator
        if operator in ("=", "!="):
            wanted = operator == "="

            def same(run: Run, scope: Scope, value: Any) -> bool | None:
                found = equal(value, operand(run, scope))
                return found if wanted or found is None else not found

            return same
        return lambda run, scope, value: compared(operator, value, operand(run, scope))
    closure = compiled(node)
    if any(isinstance(part, n.Input) for part in node.walk()):
        return lambda run, scope, value: closure(run, scope)
    return lambda run, scope, value: meets(value, closure(run, scope))


def meets(value: Any, wanted: Any) -> bool | None:
    """Tell whether a value is what a test names: equal to it, within it, or one of it."""
    if isinstance(wanted, Range):
        return wanted.holds(value)
    if isinstance(wanted, list) and not isinstance(value, list):
        return any_of(meets(value, item) for item in wanted)
    if isinstance(wanted, list) and any(equal(value, item) is True for item in wanted):
        return True
    return equal(value, wanted)


def _unary_tests(node: n.UnaryTests) -> Closure:
    if not node.tests:
        return _constant(True)
    tests = [tested(test) for test in node.tests]

    def work(run: Run, scope: Scope) -> bool | None:
        value = find(scope, INPUT)
        found = any_of(test(run, scope, value) for test in tests)
        return _not(found) if node.negated else found

    return work


def _lone_test(node: n.Test) -> Closure:
    """A test that stands for a value is a range without one bound: `(< 5)`."""
    operand = compiled(node.operand)

    def make(run: Run, scope: Scope) -> Any:
        value = operand(run, scope)
        if node.operator in ("<", "<="):
            return Range(None, value, False, node.operator == "<=")
        if node.operator in (">", ">="):
            return Range(value, None, node.operator == ">=", False)
        return Range(value, value, True, True) if node.operator == "=" else None

    return make


def _instance(node: n.InstanceOf) -> Closure:
    operand = compiled(node.operand)
    return lambda run, scope: is_instance(operand(run, scope), node.type)


# ── flow ──────────────────────────────────────────────────────────────────────────────────────────


def _if(node: n.If) -> Closure:
    condition, yes, no = compiled(node.condition), compiled(node.yes), compiled(node.no)
    return lambda run, scope: yes(run, scope) if condition(run, scope) is True else no(run, scope)


def _iterated(iterations: Sequence[n.Iteration]) -> Callable[[Run, Scope], Iterator[Scope] | None]:
    """Return the scopes of all combinations, the last name changing fastest; None without a source."""
    first, *others = iterations
    source, to = compiled(first.source), compiled(first.to) if first.to else None
    rest = _iterated(others) if others else None

    def scopes(run: Run, scope: Scope) -> Iterator[Scope] | None:
        items = _items(run, source(run, scope), to(run, scope) if to else ABSENT)
        return None if items is None else inner(run, scope, items)

    def inner(run: Run, scope: Scope, items: Iterator[Any]) -> Iterator[Scope]:
        for item in items:
            run.step()
            here = scope.inner({first.name: item})
            if rest is None:
                yield here
            else:
                yield from rest(run, here) or ()

    return scopes


def _items(run: Run, source: Any, to: Any) -> Iterator[Any] | None:
    """Return what an iteration goes through: a list, a range of whole numbers or days, or one value."""
    if to is not ABSENT:
        return _steps(run, source, to)
    if isinstance(source, Range):
        if compared("<=", source.low, source.high) is not True:
            return None
        if (
            not (source.low_closed and source.high_closed)
            and source.low is not None
            and source.high is not None
        ):
            inside = _steps(run, source.low, source.high)
            return None if inside is None else (item for item in inside if source.holds(item))
        return _steps(run, source.low, source.high)
    if source is None:
        return None
    return iter(source if isinstance(source, list) else [source])


def _steps(run: Run, start: Any, end: Any) -> Iterator[Any] | None:
    if isinstance(start, Decimal) and isinstance(end, Decimal) and start == int(start) and end == int(end):
        first, last = int(start), int(end)
        run.step(abs(last - first))
        step = 1 if first <= last else -1
        return (Decimal(number) for number in range(first, last + step, step))
    if kindred := moments.days(start, end):
        run.step(len(kindred))
        return iter(kindred)
    return None


def _for(node: n.For) -> Closure:
    scopes, result = _iterated(node.iterations), compiled(node.result)

    def work(run: Run, scope: Scope) -> Any:
        made: list[Any] = []
        found = scopes(run, scope.inner({PARTIAL: made}))
        if found is None:
            return None
        for here in found:
            made.append(result(run, here))  # noqa: PERF401 (`partial` sees what came before)
        return made

    return work


def _quantified(node: n.Quantified) -> Closure:
    scopes, condition = _iterated(node.iterations), compiled(node.condition)
    decisive = node.quantifier == "some"

    def work(run: Run, scope: Scope) -> bool | None:
        found = scopes(run, scope)
        if found is None:
            return None
        return settled((condition(run, here) for here in found), decisive=decisive)

    return work


_COMPILERS: dict[type[n.Node], Callable[[Any], Closure]] = {
    n.Null: lambda node: _constant(None),
    n.Boolean: lambda node: _constant(node.value),
    n.Number: lambda node: _constant(feel(node.value)),
    n.Text: lambda node: _constant(node.value),
    n.At: _at, n.ListOf: _list, n.Context: _context, n.Range: _range, n.Function: _function, n.Name: _name,
    n.Input: _input, n.Path: _path, n.Filter: _filter, n.Call: _call, n.Negative: _negative,
    n.Arithmetic: _arithmetic, n.Comparison: _comparison, n.Between: _between, n.Logic: _logic, n.In: _in,
    n.UnaryTests: _unary_tests, n.Test: _lone_test, n.InstanceOf: _instance, n.If: _if, n.For: _for,
    n.Quantified: _quantified,
}  # fmt: skip

"""Built-ins over lists: counting, sums and means, parts, order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import cmp_to_key, reduce
from typing import Any

from kernel.expression.arithmetic import ARITHMETIC, exactly
from kernel.expression.functions.registry import builtin, invoke
from kernel.expression.scope import Run
from kernel.expression.values import EXACT, Callee, Months, compared, equal

NOWHERE = (0, 0)


def _numbers(items: Sequence[Any]) -> list[Decimal] | None:
    return list(items) if items and all(isinstance(item, Decimal) for item in items) else None


def _over(work: Callable[[list[Decimal]], Decimal]) -> Callable[[list[Any]], Decimal | None]:
    """Make a function of numbers one of any list: nothing comes out where one item is no number."""

    def over(items: list[Any]) -> Decimal | None:
        numbers = _numbers(items)
        return exactly(lambda: work(numbers)) if numbers else None

    return over


def total(items: Sequence[Any]) -> Any:
    """Return the sum of numbers, or of lengths of time of one kind."""
    if not items or not all(isinstance(item, Decimal | timedelta | Months) for item in items):
        return None
    found = items[0]
    for item in items[1:]:
        found = ARITHMETIC["+"](found, item)
    return found


def _mean(items: Sequence[Any]) -> Any:
    found = total(items)
    return None if found is None else ARITHMETIC["/"](found, Decimal(len(items)))


def _median(numbers: list[Decimal]) -> Decimal:
    ordered = sorted(numbers)
    half = len(ordered) // 2
    return (
        ordered[half]
        if len(ordered) % 2
        else EXACT.divide(EXACT.add(ordered[half - 1], ordered[half]), Decimal(2))
    )


def _stddev(numbers: list[Decimal]) -> Decimal:
    count = Decimal(len(numbers))
    mean = EXACT.divide(reduce(EXACT.add, numbers), count)
    squares = reduce(EXACT.add, (EXACT.power(EXACT.subtract(number, mean), 2) for number in numbers))
    return EXACT.sqrt(EXACT.divide(squares, count - 1))


def _product(numbers: list[Decimal]) -> Decimal:
    found = Decimal(1)
    for number in numbers:
        found = EXACT.multiply(found, number)
    return found


builtin("sum")(total)
builtin("mean")(_mean)
builtin("median")(_over(_median))
builtin("stddev")(_over(_stddev))
builtin("product")(_over(_product))
builtin("count")(lambda items: Decimal(len(items)))


@builtin("mode")
def _mode(items: list[Any]) -> list[Decimal] | None:
    if not items:
        return []
    numbers = _numbers(items)
    if numbers is None:
        return None
    most = max(numbers.count(number) for number in numbers)
    return sorted({number for number in numbers if numbers.count(number) == most})


def extreme(operator: str) -> Callable[[list[Any]], Any]:
    """Return a function that finds the item which comes before (`<`) or after all others."""

    def work(items: list[Any]) -> Any:
        if not items:
            return None
        found = items[0]
        if compared("<=", found, found) is None:
            return None
        for item in items[1:]:
            better = compared(operator, item, found)
            if better is None:
                return None
            found = item if better else found
        return found

    return work


builtin("min")(extreme("<"))
builtin("max")(extreme(">"))


def _decided(items: list[Any], *, decisive: bool) -> bool | None:
    if any(item is decisive for item in items):
        return decisive
    return None if any(not isinstance(item, bool) for item in items) else not decisive


def _quantifier(decisive: bool) -> Callable[[list[Any] | None], bool | None]:
    return lambda items: None if items is None else _decided(items, decisive=decisive)


for _name, _decisive in (("all", False), ("and", False), ("any", True), ("or", True)):
    builtin(_name, nullable=("list",))(_quantifier(_decisive))


@builtin("not")
def _not(value: bool) -> bool:
    return not value


@builtin("list contains")
def _contains(items: list[Any], element: Any) -> bool:
    return any(equal(item, element) is True for item in items)


@builtin("sublist")
def _sublist(items: list[Any], start: Decimal, length: Decimal | None = None) -> list[Any] | None:
    first = int(start)
    if first == 0 or abs(first) > len(items) or (length is not None and length < 1):
        return None
    begin = first - 1 if first > 0 else len(items) + first
    if length is not None and begin + int(length) > len(items):
        return None
    return items[begin:] if length is None else items[begin : begin + int(length)]


@builtin("append")
def _append(items: list[Any], more: list[Any]) -> list[Any]:
    return [*items, *more]


def _joined(lists: list[Any]) -> list[Any] | None:
    return None if None in lists else [item for items in lists for item in items]


builtin("concatenate")(_joined)


def _place(items: Sequence[Any], position: Decimal, most: int) -> int | None:
    place = int(position)
    if place == 0 or abs(place) > most:
        return None
    return place - 1 if place > 0 else len(items) + place


@builtin("insert before")
def _insert(items: list[Any], position: Decimal, new: Any) -> list[Any] | None:
    place = _place(items, position, len(items))
    return None if place is None else [*items[:place], new, *items[place:]]


@builtin("remove")
def _remove(items: list[Any], position: Decimal) -> list[Any] | None:
    place = _place(items, position, len(items))
    return None if place is None else [*items[:place], *items[place + 1 :]]


@builtin("list replace", 0)
def _replace(items: list[Any], position: Decimal, new: Any) -> list[Any] | None:
    place = _place(items, position, len(items))
    return None if place is None else [*items[:place], new, *items[place + 1 :]]


@builtin("list replace", 1, needs_run=True)
def _replace_matching(run: Run, items: list[Any], match: Any, new: Any) -> list[Any] | None:
    if not isinstance(match, Callee):
        return None
    verdicts = [invoke(run, match, [item, new], (), NOWHERE) for item in items]
    if not all(isinstance(verdict, bool) for verdict in verdicts):
        return None
    return [new if verdict else item for item, verdict in zip(items, verdicts, strict=True)]


builtin("reverse")(lambda items: items[::-1])


@builtin("index of")
def _index_of(items: list[Any], match: Any) -> list[Decimal]:
    return [Decimal(place) for place, item in enumerate(items, 1) if equal(item, match) is True]


def distinct(items: Sequence[Any]) -> list[Any]:
    """Return the items without those that came before."""
    found: list[Any] = []
    for item in items:
        if not any(equal(item, other) is True for other in found):
            found.append(item)
    return found


builtin("distinct values")(distinct)


@builtin("union")
def _union(lists: list[Any]) -> list[Any] | None:
    joined = _joined(lists)
    return None if joined is None else distinct(joined)


@builtin("duplicate values")
def _duplicates(items: list[Any]) -> list[Any]:
    return [item for item in distinct(items) if sum(equal(item, other) is True for other in items) > 1]


@builtin("flatten")
def _flatten(items: list[Any]) -> list[Any]:
    return [part for item in items for part in (_flatten(item) if isinstance(item, list) else [item])]


@builtin("sort", needs_run=True)
def _sort(run: Run, items: list[Any], precedes: Any = None) -> list[Any] | None:
    if precedes is not None and not isinstance(precedes, Callee):
        return None

    def before(one: Any, other: Any) -> int:
        run.step()
        if precedes is None:
            return -1 if compared("<", one, other) else 1 if compared(">", one, other) else 0
        return -1 if invoke(run, precedes, [one, other], (), NOWHERE) is True else 1

    if precedes is None and any(compared("<=", items[0], item) is None for item in items):
        return None
    return sorted(items, key=cmp_to_key(before))

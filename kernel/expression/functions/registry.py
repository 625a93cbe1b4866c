"""This file collects what built-in functions do, and calls them with arguments by place or by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from kernel.expression.scope import Run
from kernel.expression.types import is_instance
from kernel.expression.values import ABSENT, Callee
from metadata.expression.builtins import ANY, BUILTINS, LIST, Signature
from metadata.expression.nodes import TypeName

Work = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Way:
    """One way to call a built-in; `nullable` are the parameters that may be null."""

    signature: Signature
    work: Work
    kinds: tuple[TypeName, ...]
    nullable: frozenset[str]
    needs_run: bool


@dataclass(frozen=True, slots=True)
class Unanswered:
    """What a built-in gives instead of a value when it knows why there is none: the code of a note."""

    code: str


_WAYS: dict[str, dict[int, Way]] = {}


def builtin(
    name: str, *places: int, nullable: Sequence[str] = (), needs_run: bool = False
) -> Callable[[Work], Work]:
    """Register what a built-in does, in all its ways or in those at some places of the list."""

    def register(work: Work) -> Work:
        for place in places or range(len(BUILTINS[name])):
            signature = BUILTINS[name][place]
            kinds = tuple(TypeName(kind) for _, kind in signature.parameters)
            way = Way(signature, work, kinds, frozenset(nullable), needs_run)
            _WAYS.setdefault(name, {})[place] = way
        return work

    return register


def names() -> dict[str, frozenset[int]]:
    """Return which built-ins have been registered, with the places of their ways."""
    return {name: frozenset(ways) for name, ways in _WAYS.items()}


_CALLEES: dict[str, Callee] = {}


def known(name: str) -> Callee | None:
    """Return a built-in as a value, or None."""
    if name not in _WAYS:
        return None
    found = _CALLEES.get(name)
    if found is None:
        parameters = tuple((part, None) for part in BUILTINS[name][0].names)
        found = _CALLEES[name] = Callee(parameters, lambda arguments: None, name)
    return found


def invoke(
    run: Run, callee: Callee, values: Sequence[Any], given: Sequence[str], span: tuple[int, int]
) -> Any:
    """Call a function with arguments by place, or by name; null where they do not fit."""
    if not callee.name:
        arguments = _ordered(callee, values, given)
        return run.note("R207", span) if arguments is None else callee.call(arguments)
    for _, way in sorted(_WAYS[callee.name].items()):
        arguments = _bound(way, values, given)
        if arguments is not None:
            found = way.work(run, *arguments) if way.needs_run else way.work(*arguments)
            if found is None or isinstance(found, Unanswered):
                return run.note(found.code if found else "R208", span, name=callee.name)
            return found
    return run.note("R207", span, name=callee.name)


def _ordered(callee: Callee, values: Sequence[Any], given: Sequence[str]) -> list[Any] | None:
    if not given:
        return list(values)
    names = [name for name, _ in callee.parameters]
    if sorted(given) != sorted(names):
        return None
    named = dict(zip(given, values, strict=True))
    return [named[name] for name in names]


def _bound(way: Way, values: Sequence[Any], given: Sequence[str]) -> list[Any] | None:
    """Return the arguments as the way takes them, or None where they do not fit it."""
    signature = way.signature
    if given:
        named = dict(zip(given, values, strict=True))
        if not set(named) <= set(signature.names) or len(named) < len(given):
            return None
        placed = [named.get(name, ABSENT) for name in signature.names]
    elif signature.is_variadic:
        fixed = len(signature.parameters) - 1
        placed = [*values[:fixed], list(values[fixed:])] if len(values) > fixed else []
    else:
        missing = len(signature.parameters) - len(values)
        if missing < 0:
            return None
        placed = [*values, *[ABSENT] * missing]
    count = sum(value is not ABSENT for value in placed)
    if len(placed) != len(signature.parameters) or count < signature.required:
        return None
    while placed and placed[-1] is ABSENT:
        placed.pop()
    return _fitting(way, placed)


def _fitting(way: Way, placed: Sequence[Any]) -> list[Any] | None:
    """Return the arguments made to fit; a name left out between others is null."""
    fitting = []
    last = len(way.kinds) - 1
    for place, (given, kind) in enumerate(zip(placed, way.kinds, strict=False)):
        value = None if given is ABSENT else given
        if place == last and way.signature.is_variadic:
            made: Any = _several(value, kind)
        elif value is None and kind.name != ANY and way.signature.names[place] not in way.nullable:
            return None
        else:
            made = _argument(value, kind)
        if made is ABSENT:
            return None
        fitting.append(made)
    return fitting


def _several(value: Any, kind: TypeName) -> Any:
    items = [_argument(item, kind) for item in (value if isinstance(value, list) else [value])]
    return ABSENT if any(item is ABSENT for item in items) else items


def _argument(value: Any, kind: TypeName) -> Any:
    """Return a value as a parameter takes it: a list of one for the item, an item for a list of it."""
    if value is None or kind.name == ANY or is_instance(value, kind):
        return value
    if kind.name == LIST:
        return [value]
    if isinstance(value, list) and len(value) == 1 and is_instance(value[0], kind):
        return value[0]
    return ABSENT

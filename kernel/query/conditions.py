"""This file is the table of filter operators: the SQL of each and how its values are bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, any_, bindparam, func
from sqlalchemy.types import TypeEngine

from kernel.fold import fold
from kernel.storage.search import escape_like
from metadata.entity import Field
from metadata.values import masks

Condition = Callable[[ColumnElement[Any], str, TypeEngine[Any]], ColumnElement[Any]]
Bind = Callable[[tuple[Any, ...], "Field | None"], tuple[Any, ...]]


def _value(name: str, kind: TypeEngine[Any], index: int = 0) -> BindParameter[Any]:
    return bindparam(f"{name}_{index}", type_=kind)


def _pattern(column: ColumnElement[Any], name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    return func.aroeira_fold(column).like(bindparam(f"{name}_0"), escape="\\")


def _same(values: tuple[Any, ...], field: Field | None) -> tuple[Any, ...]:
    return values


def _listed(values: tuple[Any, ...], field: Field | None) -> tuple[Any, ...]:
    return (list(values),)


def _nothing(values: tuple[Any, ...], field: Field | None) -> tuple[Any, ...]:
    return ()


def _fragment(before: str) -> Bind:
    def bind(values: tuple[Any, ...], field: Field | None) -> tuple[Any, ...]:
        text = fold(str(values[0]))
        masked = field is not None and (field.mask or field.kind.mask or field.type == "phone")
        return (f"{before}{escape_like(masks.clean(text) if masked else text)}%",)

    return bind


# What a fragment meets, and so the best way to find it, depends on its letters.
FRAGMENTS = frozenset({"contains", "starts with"})

# operator → (SQL, how values become parameters name_0, name_1 …)
OPERATORS: dict[str, tuple[Condition, Bind]] = {
    "is": (lambda c, n, k: c == _value(n, k), _same),
    "is not": (lambda c, n, k: c.is_distinct_from(_value(n, k)), _same),
    "one of": (lambda c, n, k: c == any_(bindparam(f"{n}_0", type_=ARRAY(k))), _listed),
    "contains": (_pattern, _fragment("%")),
    "starts with": (_pattern, _fragment("")),
    "from": (lambda c, n, k: c >= _value(n, k), _same),
    "to": (lambda c, n, k: c <= _value(n, k), _same),
    "between": (lambda c, n, k: c.between(_value(n, k, 0), _value(n, k, 1)), _same),
    "empty": (lambda c, n, k: c.is_(None), _nothing),
    "filled": (lambda c, n, k: c.is_not(None), _nothing),
}

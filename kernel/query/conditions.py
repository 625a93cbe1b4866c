"""This file is the table of filter operators: the SQL of each and how its values are bound."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Table,
    Text,
    and_,
    any_,
    bindparam,
    func,
    select,
    union_all,
)
from sqlalchemy.types import TypeEngine

from kernel.fold import fold
from kernel.processes.tables import BEFORE, MADE
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


def _of_run(column: ColumnElement[Any], name: str, kind: TypeEngine[Any]) -> ColumnElement[Any]:
    """Tell whether a step of a run of a process made a record of an entity, or changed it."""
    run, entity, step = _value(name, BigInteger()), _value(name, Text(), 1), _value(name, Text(), 2)

    def rows(table: Table) -> ColumnElement[bool]:
        return and_(table.c.run == run, table.c.entity == entity, table.c.step == step)

    ranges = select(func.unnest(MADE.c.ids).label("ids")).where(rows(MADE)).subquery()
    made = select(func.generate_series(func.lower(ranges.c.ids), func.upper(ranges.c.ids) - 1))
    return column.in_(union_all(made, select(BEFORE.c.record).where(rows(BEFORE))))


# How many rows such a condition meets, and so the best way to find them, depends on its values.
UNEVEN = frozenset({"contains", "starts with", "of run"})

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
    "of run": (_of_run, _same),
}

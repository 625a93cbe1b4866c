"""This file has the days that the records of the site say are holidays, as SELECTs of their dates."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Select, select

from kernel.expression.sql.source import Source
from kernel.expression.sql.writing import SQL
from kernel.runtime import Runtime
from metadata.expression import nodes as n
from metadata.expression.faults import Fault
from metadata.expression.parse import parse


def selects(runtime: Runtime, condition: Callable[[n.Node, Source], SQL]) -> Iterator[Select[Any]]:
    """Return a SELECT for each entity whose records are holidays."""
    for entity in runtime.configuration.entities.values():
        if entity.holidays is None:
            continue
        source = Source.of_table(runtime, entity.name)
        statement = select(source.table.c[entity.holidays.day].label("day"))
        if entity.holidays.when:
            node = parse(entity.holidays.when)
            assert not isinstance(node, Fault)
            statement = statement.where(condition(node, source))
        yield statement.select_from(source.from_)

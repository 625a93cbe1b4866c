"""This file lets a query through the gate: what the operator may not see is not there.

A hidden field answers exactly as one that does not exist, wherever it is named: columns, filters, order.
Row conditions of the entity are added to the filters. Nothing compiles a query that did not pass here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kernel.context import Context
from kernel.query.plan import Query
from kernel.runtime import Runtime
from metadata.entity import SYSTEM_FIELDS
from metadata.problems import Problem, Problems, near


@dataclass(frozen=True, slots=True)
class Secured:
    """A query that passed the gate; only `secure` makes it."""

    query: Query


def secure(runtime: Runtime, context: Context, query: Query) -> Secured:
    """Return the query with the operator's row conditions.

    Errors: Problems with R401 (unknown entity) and R402 (unknown or hidden field), all at once.
    """
    if query.entity not in runtime.entities:
        facts = {"name": query.entity, "near": near(query.entity, runtime.entities)}
        raise Problems([Problem("R401", facts)])
    paths = tuple(condition.path for condition in query.filters)
    asked = ("allowed", query.entity, query.columns, query.order, paths, context.hidden)
    if asked not in runtime.statements:
        named = (*query.columns, *(name.removeprefix("-") for name in query.order), *paths)
        problems = refusals(runtime, context, query.entity, named)
        if problems:
            raise Problems(problems)
        runtime.remember(asked, True)
    rows = context.rows.get(query.entity)
    if not rows:
        return Secured(query)
    return Secured(
        Query(
            query.entity,
            query.columns,
            (*query.filters, *rows),
            query.search,
            query.order,
            query.after,
            query.before,
            query.limit,
        )
    )


def refusals(runtime: Runtime, context: Context, entity: str, paths: Iterable[str]) -> list[Problem]:
    """Return R402 for each path that does not exist for the operator."""
    return [problem for path in dict.fromkeys(paths) for problem in _path(runtime, context, entity, path)]


def _path(runtime: Runtime, context: Context, entity: str, path: str) -> Iterator[Problem]:
    current = runtime.entities[entity]
    steps = path.split(".")
    for position, step in enumerate(steps):
        last = position == len(steps) - 1
        hidden = (current.name, step) in context.hidden
        field = None if hidden else current.fields.get(step)
        if field is None:
            if last and step in SYSTEM_FIELDS and step != "search_text" and not hidden:
                return
            known = [name for name in current.fields if (current.name, name) not in context.hidden]
            yield Problem(
                "R402", {"name": path, "entity": current.entity.label.one, "near": near(step, known)}
            )
            return
        if last:
            return
        if field.type != "link":
            yield Problem("R402", {"name": path, "entity": current.entity.label.one, "near": ""})
            return
        current = runtime.entities[field.to]

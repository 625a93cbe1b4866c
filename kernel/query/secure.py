"""This file lets a query through the gate: it is asked of what the operator sees, and of nothing else.

A hidden field answers exactly as one that does not exist, wherever it is named: columns, filters, order.
Nothing compiles a query that did not pass here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kernel.access.seen import seen_by
from kernel.context import Context
from kernel.query.plan import Query
from kernel.runtime import Runtime
from metadata.entity import SYSTEM_FIELDS
from metadata.problems import Problem, Problems, near


@dataclass(frozen=True, slots=True)
class Secured:
    """A query that passed the gate, with the Runtime as the operator sees it; only `secure` makes it."""

    runtime: Runtime
    query: Query


def secure(runtime: Runtime, context: Context, query: Query) -> Secured:
    """Return the query for what the operator sees.

    Errors: Problems with R401 (unknown entity) and R402 (unknown or hidden field), all at once.
    """
    seen = seen_by(runtime, context.access.profile)
    if query.entity not in seen.entities:
        facts = {"name": query.entity, "near": near(query.entity, seen.entities)}
        raise Problems([Problem("R401", facts)])
    paths = tuple(condition.path for condition in query.filters)
    asked = ("allowed", query.entity, query.columns, query.order, paths)
    if asked not in seen.statements:
        compared = (*(name.removeprefix("-") for name in query.order), *paths)
        problems = [
            *_refusals(seen, query.entity, query.columns),
            *_refusals(seen, query.entity, compared, plain=True),
        ]
        if problems:
            raise Problems(problems)
        seen.remember(asked, True)
    return Secured(seen, query)


def refusals(
    runtime: Runtime, context: Context, entity: str, paths: Iterable[str], *, plain: bool = False
) -> list[Problem]:
    """Return R402 for each path that does not exist for the operator.

    plain: whether rows are compared by the paths, which shall not tell a masked value.
    """
    return _refusals(seen_by(runtime, context.access.profile), entity, paths, plain=plain)


def _refusals(seen: Runtime, entity: str, paths: Iterable[str], *, plain: bool = False) -> list[Problem]:
    return [problem for path in dict.fromkeys(paths) for problem in _path(seen, entity, path, plain=plain)]


def _path(seen: Runtime, entity: str, path: str, *, plain: bool) -> Iterator[Problem]:
    current = seen.entities[entity]
    steps = path.split(".")
    for position, step in enumerate(steps):
        last = position == len(steps) - 1
        field = current.fields.get(step)
        if field is None or (plain and last and field.is_masked):
            if field is None and last and step in SYSTEM_FIELDS and step != "search_text":
                return
            facts = {
                "name": path,
                "entity": current.entity.label.one,
                "near": near(step, current.fields.keys() - {step}),
            }
            yield Problem("R402", facts)
            return
        if last:
            return
        if field.type != "link" or field.to not in seen.entities:
            yield Problem("R402", {"name": path, "entity": current.entity.label.one, "near": ""})
            return
        current = seen.entities[field.to]

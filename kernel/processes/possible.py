"""This file says which processes may begin at a record: those that nothing about the record stands against.

What stands against a process is what its question does not offer, and refusals that read nothing but the
record. Others depend on answers that nobody has given yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, and_, case, false, literal, literal_column, or_, select, union_all

from kernel.context import Context
from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition, translated
from kernel.processes.held import node_of
from kernel.processes.plan import Plan, planned
from kernel.processes.statements import Statement, compiled
from kernel.runtime import Runtime
from metadata.expression import nodes as n
from metadata.process import Process


def possible(
    connection: Connection, runtime: Runtime, context: Context, entity: str, record: int
) -> frozenset[str]:
    """Return the names of the processes that may begin at a record of an entity."""
    found = _asked(runtime.whole, entity)
    if found is None:
        return frozenset()
    statement, questions = found
    words = {f"ask_{question}": record for question in questions} | context.bound()
    return frozenset(name for name, is_possible in statement.run(connection, words) if is_possible)


def make_ready(runtime: Runtime) -> None:
    """Work out beforehand what is asked of processes at a record, for all entities."""
    for entity in runtime.entities:
        _asked(runtime, entity)


def _asked(runtime: Runtime, entity: str) -> tuple[Statement, frozenset[str]] | None:
    """Return what asks it of all processes that begin at an entity, and their questions for the record."""
    key = ("possible", entity)
    if key not in runtime.views:
        abouts = {each.name: each.about(entity) for each in runtime.configuration.processes.values()}
        asked = {name: question for name, question in abouts.items() if question}
        each = [_one(planned(runtime, name), question) for name, question in asked.items()]
        made = (compiled(union_all(*each)), frozenset(asked.values())) if each else None
        runtime.views[key] = made
    found: tuple[Statement, frozenset[str]] | None = runtime.views[key]
    return found


def _one(plan: Plan, question: str) -> Any:
    nothing = select(literal_column("1").label("one")).subquery("answers")
    source = Source.of_columns(plan.runtime, "", {}, nothing, names=plan.answers())
    against = [false(), *_not_offered(plan, question, source)]
    against += [condition(node, source) for node in _about_alone(plan.process, question)]
    is_possible = case((or_(*against), False), else_=True)
    return select(literal(plan.process.name), is_possible).select_from(source.from_)


def _not_offered(plan: Plan, question: str, source: Source) -> Iterator[Any]:
    """Yield what tells that the question does not offer the record."""
    asked = plan.process.ask[question]
    target = plan.runtime.entities[asked.to]
    for name, texts in asked.only.items():
        value = translated(node_of(f"{question}.{name}"), source)
        yield and_(*(value.is_distinct_from(target.fields[name].canonical(text)) for text in texts))


def _about_alone(process: Process, question: str) -> Iterator[n.Node]:
    """Yield the conditions of refusals that read no other answer than the record."""
    for refusal in process.refuse.values():
        node = node_of(refusal.when)
        named = {part.name for part in node.walk() if isinstance(part, n.Name)}
        if named & process.ask.keys() <= {question}:
            yield node

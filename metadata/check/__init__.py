"""The rules that cross documents: each a small generator of problems, listed once in RULES."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from metadata.check import (
    actions,
    additions,
    calls,
    content,
    decisions,
    definitions,
    entities,
    examples,
    expressions,
    fills,
    layouts,
    ledgers,
    looks,
    packages,
    people,
    postings,
    processes,
    roles,
    schedules,
    screens,
    states,
    table_report,
    values,
)  # fmt: skip
from metadata.check.scope import Scope
from metadata.package import Configuration, Document
from metadata.problems import Problem

Rule = Callable[[Scope], Iterator[Problem]]

RULES: tuple[Rule, ...] = (
    packages.requires_exist,
    packages.requires_no_cycle,
    entities.names_free,
    entities.former_names_free,
    entities.choices_exist,
    entities.links_exist,
    entities.links_filtered,
    entities.children_linked,
    values.defaults_fit,
    values.limits_fit,
    entities.named_fields_exist,
    entities.shown_text_fits,
    entities.periods_dated,
    screens.forms_fit,
    screens.lists_fit,
    looks.looks_fit,
    screens.menus_fit,
    content.help_about_something,
    content.data_described,
    content.data_rows_fit,
    layouts.mappings_fit,
    expressions.rules_fit,
    expressions.computed_end,
    fills.fills_fit,
    definitions.names_callable,
    definitions.no_circles,
    definitions.values_fit,
    definitions.functions_fit,
    definitions.parameters_fit,
    decisions.decisions_fit,
    table_report.rows_agree,
    examples.examples_fit,
    actions.actions_fit,
    processes.processes_fit,
    additions.additions_fit,
    postings.postings_fit,
    calls.calls_fit,
    schedules.schedules_fit,
    roles.roles_fit,
    roles.operators_known,
    people.people_fit,
    ledgers.ledgers_fit,
    states.states_fit,
    states.steps_obey,
)

# What is published was checked whole. A server asks again what it stands on, for its program may be newer;
# not what it does not: rows that are in the tables already, examples, rows of decisions beside one another.
_NOT_SERVED = (content.data_rows_fit, examples.examples_fit, table_report.rows_agree)
SERVED: tuple[Rule, ...] = tuple(rule for rule in RULES if rule not in _NOT_SERVED)

HINTS: tuple[Rule, ...] = (table_report.rows_complete, entities.names_of_today)


def hints(configuration: Configuration) -> list[Problem]:
    """Return what may be meant and yet is worth a look; it keeps nothing from being published."""
    scope = Scope(configuration)
    return sorted((problem for rule in HINTS for problem in rule(scope)), key=Problem.sort_key)


def check(
    configuration: Configuration,
    broken: Iterable[tuple[str, str]] = (),
    partial: Iterable[Document] = (),
    rules: tuple[Rule, ...] = RULES,
) -> list[Problem]:
    """Return all problems between documents.

    broken: (folder, name) of documents that could not be read; references to them are not reported.
    partial: what such documents still say.
    """
    scope = Scope(configuration, frozenset(broken), tuple(partial))
    return [problem for rule in rules for problem in rule(scope)]

"""This file puts today's names into documents that say former ones (`was`), as they are read.

It is the only place that does: whoever works with a configuration meets today's names, in its expressions
too. The texts that were read stay what is published; `aroeira fmt` writes what stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from metadata.check import RULES
from metadata.check.scope import Scope
from metadata.named import named
from metadata.package import Configuration, Document, Outdated
from metadata.problems import Problem
from metadata.source import Source
from metadata.today import Said, Today, renewed_text

Stage = Callable[[Configuration, tuple[Document, ...], Today], list[Outdated]]


def _names(configuration: Configuration, partial: tuple[Document, ...], today: Today) -> list[Outdated]:
    """Return the former names that stand by themselves, and in paths."""
    documents = (*configuration.every_document(), *partial)
    return [found for document in documents for found in named(document, configuration, today)]


def _expressions(configuration: Configuration, partial: tuple[Document, ...], today: Today) -> list[Outdated]:
    """Return the former names within expressions: the rules know what each of them is about.

    With them those names whose entity only an expression tells, as `at` of a check about a row.
    """
    scope = Scope(configuration, frozenset(), partial)
    for rule in RULES:
        for _problem in rule(scope):
            pass
    found = {(id(each.document), each.path, each.said): each for each in scope.outdated}
    return [*_names(configuration, partial, today), *found.values()]


# What an expression means is known only once the documents around it say today's names; what a step makes,
# only once the functions that it calls do.
STAGES: tuple[Stage, ...] = (_names, _expressions, _expressions)


def renewed(source: Source, outdated: Iterable[Outdated]) -> Source | list[Problem]:
    """Return a document with today's names in the place of former ones."""
    said: dict[tuple[tuple[object, ...], bool], list[Said]] = {}
    for each in outdated:
        said.setdefault((each.path, each.is_key), []).append(each.said)
    texts = {at: renewed_text(_text(source, *at), found) for at, found in said.items()}
    return source.retold(texts)


def _text(source: Source, path: tuple[object, ...], is_key: bool) -> str:
    if is_key:
        return str(path[-1])
    node: object = source.plain
    for step in path:
        node = node[step]  # type: ignore[index]
    return str(node)


def by_document(outdated: Iterable[Outdated]) -> Iterator[tuple[Document, list[Outdated]]]:
    """Yield each document that says former names, with them."""
    found: dict[int, tuple[Document, list[Outdated]]] = {}
    for each in outdated:
        found.setdefault(id(each.document), (each.document, []))[1].append(each)
    yield from found.values()

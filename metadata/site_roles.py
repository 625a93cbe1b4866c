"""This file lays what a site says of roles over the roles of its packages, grant by grant.

What a site does not speak of stays as the packages have it, also what a later package brings. A change that
no longer fits, for what it names is gone, grants nothing; a denial on records of a condition that nobody
understands any more holds for all of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from metadata.canonical import canonical_text
from metadata.check.roles import roles_fit
from metadata.check.scope import Scope
from metadata.grants import DENY, Lines, Place, flat, laid_out
from metadata.manifest import Manifest
from metadata.named import named
from metadata.package import Configuration, Document, Outdated
from metadata.problems import Problem
from metadata.refusals import validated
from metadata.renewal import renewed
from metadata.role import Role
from metadata.source import Source, read
from metadata.today import Today

SITE = "site"
RENAMED = ("entities", "fields")  # what packages rename


@dataclass(frozen=True, slots=True)
class Change:
    """What a site says at one place of a role.

    value: what stands there instead; None for nothing.  replaced: what the package said when it was made.
    """

    role: str
    place: Place
    value: Any
    replaced: Any = None


@dataclass(frozen=True, slots=True)
class Unfit:
    """A change that does not fit the packages any more, and why."""

    change: Change
    problems: tuple[Problem, ...]


def laid_over(
    configuration: Configuration, changes: Iterable[Change]
) -> tuple[Configuration, tuple[Unfit, ...]]:
    """Return the configuration with the roles as the site has them, and which changes could not be made."""
    unfit: list[Unfit] = []
    lines: dict[str, Lines] = {}
    roles = configuration.documents.get("roles", {})
    for change in changes:
        of_role = lines.setdefault(change.role, of_package(configuration, change.role))
        asked = _fitting(configuration, change)
        if isinstance(asked, Unfit):
            unfit.append(asked)
        fitting = _all_the_same(configuration, change) if isinstance(asked, Unfit) else asked
        if fitting is None:
            continue
        if fitting.value is None:
            of_role.pop(fitting.place, None)
        else:
            of_role[fitting.place] = fitting.value
    made = dict(roles)
    for name, own in lines.items():
        if ("label",) in own:  # a role that no package has any more is no role
            document = judged(configuration, name, own)
            assert isinstance(document, Document), document
            made[name] = document
    return replace(configuration, documents={**configuration.documents, "roles": made}), tuple(unfit)


def of_package(configuration: Configuration, role: str) -> Lines:
    """Return the lines of a role as its package has it; of one that no package has, none."""
    document = configuration.documents.get("roles", {}).get(role)
    return flat(document.model) if document and isinstance(document.model, Role) else {}


def judged(configuration: Configuration, name: str, lines: Mapping[Place, Any]) -> Document | list[Problem]:
    """Return a role of the site as a document that fits the packages, in today's names, or what is wrong."""
    source = read(canonical_text(laid_out(name, lines), Role), f"{SITE}/roles/{name}.yaml")
    document = _document(source)
    for former in (_names, _expressions):
        if isinstance(document, list):
            return document
        if outdated := former(configuration, document):
            document = _document(renewed(document.source, outdated))
    if isinstance(document, list):
        return document
    return list(roles_fit(_scope(configuration, document))) or document


def _names(configuration: Configuration, document: Document) -> list[Outdated]:
    return named(document, configuration, Today(configuration.entities))


def _expressions(configuration: Configuration, document: Document) -> list[Outdated]:
    scope = _scope(configuration, document)
    for _problem in roles_fit(scope):
        pass
    return scope.outdated


def faults(configuration: Configuration, name: str, lines: Lines) -> dict[Place, tuple[Problem, ...]]:
    """Return which lines do not fit the packages, and why."""
    found: dict[Place, tuple[Problem, ...]] = {}
    for place, value in lines.items():
        alone = {("label",): name, place: value}
        problems = judged(configuration, name, alone)
        if isinstance(problems, list):
            found[place] = tuple(problems)
    return found


def _document(source: Source | list[Problem]) -> Document | list[Problem]:
    if isinstance(source, list):
        return source
    model = validated(Role, source)
    return model if isinstance(model, list) else Document(SITE, "roles", model, source)


def _scope(configuration: Configuration, document: Document) -> Scope:
    """Return the role in sight of every package, as if the site were a package that requires them all."""
    alone = {**configuration.documents, "roles": {document.name: document}}
    site = Manifest(package=SITE, label="Site", version="1.0.0", requires=tuple(configuration.packages))
    packages = {**configuration.packages, SITE: site}
    return Scope(replace(configuration, documents=alone, packages=packages))


def _fitting(configuration: Configuration, change: Change) -> Change | Unfit:
    """Return a change in today's names."""
    value, place = change.value, change.place
    if len(place) == 1 or (value is None and place[-2] not in RENAMED):
        return change
    asked = "none" if value is None else value
    document = judged(configuration, change.role, {("label",): change.role, place: asked})
    if isinstance(document, list):
        return Unfit(change, tuple(document))
    assert isinstance(document.model, Role)
    said = {at: what for at, what in flat(document.model).items() if at != ("label",)}
    today, said_today = next(iter(said.items()))
    return replace(change, place=today, value=None if value is None else said_today)


def _all_the_same(configuration: Configuration, change: Change) -> Change | None:
    """Return what a denial still denies though its condition fits no more."""
    if change.place[0] != DENY or not isinstance(change.value, Mapping) or "rows" not in change.value:
        return None
    fitting = _fitting(configuration, replace(change, value=change.value["level"]))
    return None if isinstance(fitting, Unfit) else fitting

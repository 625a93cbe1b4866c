"""Rules of examples: they are of something that exists, and speak of its values and checks only.

What the examples of a process say of records: worlds.py.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

from metadata.check import worlds
from metadata.check.scope import Scope
from metadata.examples import PROCESS, Case, Examples
from metadata.package import Document
from metadata.problems import Problem, near

_FOLDERS = {
    "decision": "decisions", "function": "functions", "parameter": "parameters", "entity": "entities",
    PROCESS: "processes",
}  # fmt: skip
_OF_PROCESS = ("asked", "before", "by", "left_out", "refused", "steps", "reports")
_OF_OTHERS = ("row",)
_OF_WORLD = ("use", "usual", "given", "asked", "at")
_EXPECTS = ("expect", "left_out", "refused", "steps", "reports")


def examples_fit(scope: Scope) -> Iterator[Problem]:
    """M343 to M349, M364, M380, M381: examples are of something there is, and give values that it knows."""
    for document in scope.documents("examples"):
        examples = cast("Examples", document.model)
        kind, name = examples.subject
        place = document.place("of")
        if examples.of and kind not in _FOLDERS:
            yield Problem("M380", {"name": kind, "near": near(kind, _FOLDERS)}, place)
            continue
        yield from _keys_fit(document, examples, kind)
        if kind in ("", PROCESS):
            yield from scope.missing(document, _FOLDERS[PROCESS], name, place, "M380") if kind else ()
            yield from worlds.world_fits(scope, document, examples)
            continue
        yield from scope.missing(document, _FOLDERS[kind], name, place, "M380")
        if name in scope.configuration.documents.get(_FOLDERS[kind], {}):
            definition = scope.definitions.get(name)
            if definition and definition.of and definition.of not in scope.entities:
                continue  # its entity could not be read, which is told elsewhere
            for title, case in examples.cases.items():
                yield from _names_fit(document, title, case, _known(scope, kind, name))
                if kind == "entity" or isinstance(case.expect, dict):
                    yield from _answers_fit(document, title, case, _answers(scope, kind, name))


def _keys_fit(document: Document, examples: Examples, kind: str) -> Iterator[Problem]:
    """M343, M344: keys that mean something for what the examples are of, and something expected."""
    if not kind and examples.cases:
        yield Problem(
            "M343", {"key": "cases", "kind": "nada, que só dão registros a outros"}, document.place("cases")
        )
    if kind not in ("", PROCESS):
        for key in _OF_WORLD:
            if key in examples.model_fields_set:
                yield Problem("M343", {"key": key, "kind": kind}, document.place(key))
    for title, case in examples.cases.items():
        for key in _OF_OTHERS if kind == PROCESS else _OF_PROCESS:
            if key in case.model_fields_set:
                yield Problem("M343", {"key": key, "kind": kind}, document.place("cases", title, key))
        told = _EXPECTS if kind == PROCESS else ("expect",)
        if not case.model_fields_set.intersection(told):
            yield Problem(
                "M344", {"case": title, "keys": " ou ".join(told)}, document.place("cases", title, key=True)
            )


def _known(scope: Scope, kind: str, name: str) -> set[str]:
    """Return the names that an example may give a value for."""
    definition = scope.definitions.get(name)
    of = name if kind == "entity" else definition.of if definition else ""
    fields = scope.entities[of].fields.keys() if of in scope.entities else ()
    return {*fields, *(key for key, _ in (definition.parameters if definition and kind != "entity" else ()))}


def _names_fit(document: Document, title: str, case: Case, known: Iterable[str]) -> Iterator[Problem]:
    for name in case.given.keys() - set(known):
        place = document.place("cases", title, "given", name, key=True)
        yield Problem("M381", {"name": name, "near": near(name, known)}, place)


def _answers(scope: Scope, kind: str, name: str) -> Iterable[str]:
    """Return the names that an example may expect: outputs of a decision, checks and fields of an entity."""
    if kind == "decision":
        return scope.configuration.decisions[name].outputs
    if kind != "entity":
        return ()
    asked = (field.name for field in scope.entities[name].fields.values() if field.required_when)
    return (*scope.entities[name].checks, *asked)


def _answers_fit(document: Document, title: str, case: Case, known: Iterable[str]) -> Iterator[Problem]:
    """Outputs of a decision are named by keys, checks and fields of an entity one by one."""
    expected, path = case.expect, ("cases", title, "expect")
    if isinstance(expected, dict):
        named = [(name, document.place(*path, name, key=True)) for name in expected]
    else:
        listed = expected if isinstance(expected, list) else [expected] if expected else []
        named = [(str(name), document.place(*path, place)) for place, name in enumerate(listed)]
    for name, where in named if known else ():
        if name not in known:
            yield Problem("M381", {"name": name, "near": near(name, known)}, where)

"""Rules of functions and parameters, and of the names that expressions can call."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from metadata.check.scope import Scope
from metadata.entity import Entity, Field
from metadata.expression import nodes as n
from metadata.expression.builtins import BUILTINS
from metadata.expression.definitions import AT
from metadata.expression.faults import Fault
from metadata.expression.infer import NO_NAMES, Inferred, infer
from metadata.expression.kinds import Kind, fits, of_field
from metadata.expression.parse import parse
from metadata.function import Function
from metadata.limits import check_value
from metadata.package import Document
from metadata.parameter import Parameter
from metadata.positions import Positions, positions
from metadata.problems import Place, Problem, Refused

FOLDERS = ("functions", "decisions", "parameters")
_KEYS = {"functions": "function", "decisions": "decision", "parameters": "parameter"}
_PLAIN = frozenset({"text", "bigint", "numeric", "date", "time", "timestamptz", "boolean"})
_PLACES = {"functions": ("takes",), "decisions": ("inputs", "outputs"), "parameters": ()}


def judge(
    scope: Scope,
    node: n.Node | Fault,
    where: Positions,
    offset: int = 0,
    entity: str = "",
    names: Mapping[str, Kind] | None = None,
    wanted: Kind | None = None,
    former: Mapping[str, str] = NO_NAMES,
    entities: Mapping[str, Entity] | None = None,
) -> tuple[Inferred | None, list[Problem]]:
    """Return what is known of an expression that begins at `offset` of a text, and what is wrong with it.

    entities: those of the configuration, and what a document adds to them.
    """
    if isinstance(node, Fault):
        return None, [placed(node, where, offset)]
    known = scope.entities if entities is None else entities
    if entity and entity not in known:  # it could not be read, which is told elsewhere
        return None, []
    found = infer(node, known, entity, names, scope.definitions, former)
    scope.outdate(found, where, offset)
    faults = list(found.faults)
    if wanted is not None and not fits(found.kind, wanted):
        faults.append(Fault("M325", node.span, {"wanted": str(wanted), "found": str(found.kind)}))
    return found, [placed(fault, where, offset) for fault in faults]


def placed(fault: Fault, where: Positions, offset: int) -> Problem:
    """Return a fault of an expression as a problem of the document."""
    place = where.place(offset + fault.span[0])
    return Problem(fault.code, {**fault.facts, "line": place.line, "column": place.column}, place)


def names_callable(scope: Scope) -> Iterator[Problem]:
    """M352, M353, M355: a name that can be called means one thing, and so do the names it takes."""
    seen: dict[str, Document] = {}
    for folder in FOLDERS:
        for document in scope.documents(folder):
            place = document.place(_KEYS[folder])
            if document.name in BUILTINS:
                yield Problem("M352", {"name": document.name}, place)
            if other := seen.get(document.name):
                yield Problem("M353", {"name": document.name, "other": other.source.file}, place)
            seen[document.name] = document
            yield from _taken(document, folder)


def _taken(document: Document, folder: str) -> Iterator[Problem]:
    """Yield names of values that already stand for the record or for the day."""
    model = cast("Any", document.model)
    taken = {getattr(model, "of", ""), AT if folder == "decisions" else ""} - {""}
    for key in _PLACES[folder]:
        for name in taken & getattr(model, key).keys():
            yield Problem("M355", {"name": name}, document.place(key, name, key=True))
    if folder == "decisions":
        for name in model.inputs.keys() & model.outputs.keys():
            yield Problem("M356", {"name": name}, document.place("outputs", name, key=True))


def no_circles(scope: Scope) -> Iterator[Problem]:
    """M354: no definition calls itself, be it through others."""
    documents = {document.name: document for folder in FOLDERS for document in scope.documents(folder)}
    for circle in scope.configuration.defined.circles:
        yield Problem("M354", {"circle": " → ".join(circle)}, documents[circle[0]].place())


def values_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M210: what definitions take and give refers to choices and entities that exist."""
    for folder in FOLDERS:
        for document in scope.documents(folder):
            for path, field in _values(document, folder):
                if field.type == "choice" and isinstance(field.of, str):
                    place = document.place(*path, "of")
                    yield from scope.missing(document, "choices", field.of, place, "M210")
                key = {"link": "to", "many links": "to", "children": "of"}.get(field.type)
                if key:
                    place = document.place(*path, key)
                    yield from scope.missing(document, "entities", getattr(field, key), place, "M204")


def _values(document: Document, folder: str) -> Iterator[tuple[Sequence[str], Field]]:
    model = cast("Any", document.model)
    if folder == "parameters":
        yield ("type",), model.type
    for key in _PLACES[folder]:
        yield from (((key, name), field) for name, field in getattr(model, key).items())


def functions_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M3: a function is of an entity that exists, and its expression fits."""
    for document in scope.documents("functions"):
        function = cast("Function", document.model)
        yield from _of_exists(scope, document, function.of)
        if not function.of or function.of in scope.entities:
            where = positions(document, scope.configuration.files, ("is",))
            names = {name: of_field(field) for name, field in function.takes.items()}
            yield from judge(scope, parse(function.is_), where, 0, function.of, names)[1]


def _of_exists(scope: Scope, document: Document, of: str) -> Iterator[Problem]:
    if of:
        yield from scope.missing(document, "entities", of, document.place("of"), "M204")


def parameters_fit(scope: Scope) -> Iterator[Problem]:
    """M204, M205, M209, M213, M375 to M377: the paths of a cascade end in values like its own."""
    for document in scope.documents("parameters"):
        parameter = cast("Parameter", document.model)
        yield from _of_exists(scope, document, parameter.of)
        if parameter.type.kind.storage not in _PLAIN:
            yield Problem("M377", {"type": parameter.type.type}, document.place("type"))
        elif parameter.default:
            yield from value_fits(parameter.type, parameter.default, "default", document.place("default"))
        if parameter.cascade and not parameter.of:
            yield Problem("M376", {}, document.place("cascade"))
        entity = scope.entities.get(parameter.of)
        if entity is not None:
            for at, path in enumerate(parameter.cascade):
                yield from _path_fits(scope, document, parameter, entity, (at, path))


def _path_fits(
    scope: Scope, document: Document, parameter: Parameter, entity: Entity, step: tuple[int, str]
) -> Iterator[Problem]:
    place = document.place("cascade", step[0])
    found = scope.follow(entity, step[1], place)
    if isinstance(found, Problem):
        yield found
    elif found is not None and not fits(of_field(found), of_field(parameter.type)):
        kinds = {"found": str(of_field(found)), "wanted": str(of_field(parameter.type))}
        yield Problem("M375", {"path": step[1], **kinds}, place)


def value_fits(field: Field, text: str, key: str, place: Place) -> Iterator[Problem]:
    """M209: a text is a value of a field in canonical form, within its limits."""
    if not text or (field.type == "choice" and not field.choices):
        return
    value = field.canonical(text)
    refused = value if isinstance(value, Refused) else check_value(value, field)
    if refused:
        yield Problem("M209", {"key": key, "value": text, "reason": refused.sentence()}, place)

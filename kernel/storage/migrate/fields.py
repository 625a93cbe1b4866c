"""This file checks the values of one field against what it will be: type, limits, options, target."""

# ruff: noqa: S608 (names come from checked metadata, values go as parameters)

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, Literal

from sqlalchemy import text

from kernel.storage import names
from kernel.storage.migrate.conversions import conversion
from kernel.storage.migrate.look import Look, escaped, number, records
from kernel.storage.migrate.shape import literal, quoted
from kernel.storage.migrate.steps import ALONE, Stage, Step, together
from metadata.entity import Field
from metadata.problems import Problem, Refused

Aspect = Literal["type", "limits", "options", "revived"]
CHUNK = 1000

# Types whose values must have a form that no column type knows; each value is read as in a document.
FORMED = frozenset(("cpf", "cnpj", "cns", "cep", "phone", "e-mail", "colour", "duration"))


def field_checks(look: Look, entity: str, name: str, aspects: Collection[Aspect]) -> Iterator[Problem | Step]:
    """Yield what the values of a field have against what it will be."""
    field = look.field(entity, name)
    if look.column(entity, name) is None or not field.has_column:
        yield from _without_column(look, entity, field, aspects)
        return
    if "revived" in aspects and (count := look.filled(entity, name)):
        yield Problem("M524", _facts(entity, field, rows=records(count)), look.place(entity, name))
    if "type" in aspects:
        blocked = list(_converts(look, entity, field))
        yield from blocked
        if blocked:
            return
        if field.type in FORMED:
            yield from _formed(look, entity, field)
    for aspect in ("limits", "options"):
        if aspect in aspects:
            yield from _CHECKS[aspect](look, entity, field, "type" in aspects)


def _facts(entity: str, field: Field, **facts: Any) -> dict[str, Any]:
    return {"target": f"{entity}.{field.name}", "label": field.label, "type": field.type_text, **facts}


def _without_column(look: Look, entity: str, field: Field, aspects: Collection[Aspect]) -> Iterator[Problem]:
    """Fields kept in a table of pairs, and fields that no longer have, or do not have yet, a column."""
    bridge = names.bridge(entity, field.name)
    place = look.place(entity, field.name)
    if bridge in look.after and (count := look.count(bridge, "true")):
        facts = _facts(entity, field, to=field.to, rows=number(count))
        if field.type != "many links":
            yield Problem("M521", facts, place)
        elif "revived" in aspects:
            yield Problem("M524", facts, place)
    if look.column(entity, field.name) is not None and (count := look.filled(entity, field.name)):
        yield Problem("M521", _facts(entity, field, rows=records(count)), place)


# ── type ──────────────────────────────────────────────────────────────────────────────────────────


def _converts(look: Look, entity: str, field: Field) -> Iterator[Problem]:
    present, wanted = look.column(entity, field.name), look.want[entity].columns[field.name]
    assert present is not None
    column, place = look.now(entity, field.name), look.place(entity, field.name)
    how = conversion(present, wanted, column)
    if how is None:
        if count := look.filled(entity, field.name):
            yield Problem("M503", _facts(entity, field, old=present.type, rows=records(count)), place)
        return
    condition = f"{column} IS NOT NULL AND NOT ({how.fits})"
    if field.type == "month":
        condition += f" OR {how.using} <> date_trunc('month', {how.using})"
    if how.fits != "true" or field.type == "month":
        found = look.find(entity, field, condition, column)
        if found.rows:
            facts = _facts(entity, field, rows=records(found.rows), examples=found.examples)
            yield Problem("M502", facts, place)


def _formed(look: Look, entity: str, field: Field) -> Iterator[Problem | Step]:
    """Read every different value as the new type reads it; what only looks different is rewritten."""
    value = look.value(entity, field.name)
    sql = f"SELECT DISTINCT {value} AS value FROM {look.table(entity)} WHERE {value} <> ''"
    rewritten: dict[str, str] = {}
    refused: list[str] = []
    for (old,) in look.connection.execute(text(escaped(sql)), execution_options={"yield_per": CHUNK}):
        new = field.canonical(old)
        if isinstance(new, Refused):
            refused.append(old)
        elif new != old:
            rewritten[old] = new
    if refused:
        found = look.find(entity, field, f"{value} = ANY(:refused)", str(value), {"refused": refused})
        facts = _facts(entity, field, rows=records(found.rows), examples=found.examples)
        yield Problem("M502", facts, look.place(entity, field.name))
    elif rewritten:
        yield _rewriting(entity, field, rewritten)


def _rewriting(entity: str, field: Field, values: Mapping[str, str]) -> Step:
    pairs = [f"({literal(old)}, {literal(new)})" for old, new in values.items()]
    column = quoted(field.name)
    sql = [
        f"UPDATE {quoted(entity)} SET {column} = new FROM (VALUES {', '.join(pairs[start : start + CHUNK])}) "
        f"AS written(old, new) WHERE {column} = old"
        for start in range(0, len(pairs), CHUNK)
    ]
    says = f"escreve {entity}.{field.name} na forma de {field.type}"
    return together(says, Stage.REPAIR, sql, {entity: ALONE}, len(pairs))


# ── limits and options ────────────────────────────────────────────────────────────────────────────


def _limits(look: Look, entity: str, field: Field, retyped: bool) -> Iterator[Problem]:
    value = look.value(entity, field.name)
    for key, sign in (("min", "<"), ("max", ">")):
        bound = getattr(field, key)
        if not bound or value is None:
            continue
        is_length = field.kind.storage == "text"
        limit = int(bound) if is_length else field.canonical(bound)
        measured = f"length({value})" if is_length else value
        condition = (
            f"{value} <> '' AND {measured} {sign} :value" if is_length else f"{measured} {sign} :value"
        )
        found = look.find(entity, field, condition, value, {"value": limit})
        if found.rows:
            bound_shown = bound if is_length else field.kind.print(limit, field)
            facts = _facts(entity, field, key=_WORDS[key, is_length], bound=bound_shown)
            facts |= {"rows": records(found.rows), "examples": found.examples}
            yield Problem("M501", facts, look.place(entity, field.name))


_WORDS = {
    ("min", False): "o mínimo", ("max", False): "o máximo",
    ("min", True): "o tamanho mínimo", ("max", True): "o tamanho máximo",
}  # fmt: skip


def _options(look: Look, entity: str, field: Field, retyped: bool) -> Iterator[Problem]:
    value = look.value(entity, field.name)
    if not field.choices or value is None:
        return
    sql = (
        f"SELECT {value} AS value, count(*) AS rows FROM {look.table(entity)} "
        f"WHERE {value} <> '' AND NOT ({value} = ANY(:codes)) GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    found = look.connection.execute(text(escaped(sql)), {"codes": list(field.choices)}).all()
    if found:
        examples = ", ".join(f"{row.value} ({number(row.rows)})" for row in found[:3])
        facts = _facts(entity, field, rows=records(sum(row.rows for row in found)), examples=examples)
        yield Problem("M507", facts, look.place(entity, field.name))


_CHECKS: dict[str, Callable[[Look, str, Field, bool], Iterator[Problem]]] = {
    "limits": _limits,
    "options": _options,
}

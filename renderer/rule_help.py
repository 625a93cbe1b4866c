"""This file says in words which rules there are about a field: conditions, calculation, fills, checks."""

from __future__ import annotations

from collections.abc import Iterator

from kernel.access.kept_back import kept_back
from kernel.context import Context
from kernel.rules.making import Part
from kernel.runtime import Runtime
from metadata.entity import Entity, Field
from metadata.rules import Check

ALWAYS = "quando {}"
ROWS_KEPT = "As linhas que você incluir ou mudar ficam como estão."
KEPT = "O que você digitar não é trocado; em branco, é preenchido de novo."


def of_field(runtime: Runtime, context: Context, entity: Entity, field: Field) -> Iterator[tuple[str, str]]:
    """Yield what holds for a field as (what, in words)."""
    rules, name = kept_back(runtime, context, runtime.rules.sets[entity.name]), field.name
    conditions = (
        ("Obrigatório", rules.required.get(name)),
        ("Não pode mudar", rules.readonly.get(name)),
        ("Não aparece", rules.hidden.get(name)),
    )
    for what, formula in conditions:
        if formula:
            yield what, ALWAYS.format(formula.sentence)
    if name in rules.computed:
        yield "Calculado", f"{rules.computed[name].sentence}. Ninguém digita este valor."
    for fill in rules.fills:
        by = " ou ".join(entity.fields[trigger].label for trigger in fill.rule.on)
        by += f", se {fill.when.sentence}" if fill.when else ""
        if name in fill.rule.set:
            yield "Preenchido sozinho", f"quando você informa {by}. {KEPT}"
        for part in fill.rows:
            if part.name == name:
                yield "Linhas preenchidas sozinhas", f"quando você informa {by}{_each(part)}. {ROWS_KEPT}"
    for check in rules.checks:
        if check.at == name or any(path[0] == name for path in check.when.reads):
            source = f" ({check.rule.source})" if check.rule.source else ""
            yield _acts(check.rule), ALWAYS.format(check.when.sentence) + source


def _each(part: Part) -> str:
    return f", uma linha para cada item de: {part.each.sentence}" if part.each else ""


def _acts(check: Check) -> str:
    if check.needs:
        return "Só com permissão"
    return "Avisa" if check.severity == "warn" else "Não é aceito"

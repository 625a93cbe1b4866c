"""This file has the forms of a parameter: a value from a day on, why, and whose value is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernel.context import Context
from kernel.parameter_change import Change
from kernel.runtime import Runtime
from metadata.entity import Field
from metadata.limits import check_presence
from metadata.problems import Problem
from renderer import form_post
from renderer.form_layout import FormLayout
from renderer.once import per_runtime
from renderer.question_layout import asked, laid_out

VALUE, SINCE, BACK, REASON = "valor", "desde", "padrao", "motivo"
RECORD, DAY = "registro", "dia"
FIELD_OF = {"value": VALUE, "since": SINCE, "reason": REASON}
"""Where the form has what the kernel judges."""
_SINCE = {"type": "date", "label": "Vale a partir de", "required": "yes"}
_BACK = {
    "type": "yes/no",
    "label": "Volta ao padrão",
    "help": "Deixe o valor em branco; passa a valer o padrão.",
}
_REASON = {
    "type": "text", "max": "300", "label": "Motivo",
    "help": "Preciso para um dia que já contou: o de antes fica guardado, com o motivo ao lado.",
}  # fmt: skip


@per_runtime
def of_change(runtime: Runtime, name: str, templates: Any) -> FormLayout:
    """Return the form that gives a parameter a value."""
    parameter = runtime.configuration.parameters[name]
    value = parameter.type.model_copy(update={"label": "Valor", "help": ""})
    fields = {VALUE: value, SINCE: _field(_SINCE), BACK: _field(_BACK), REASON: _field(_REASON)}
    return laid_out(asked("parametro", "Valor", fields), templates)


@per_runtime
def of_taking_back(runtime: Runtime, templates: Any) -> FormLayout:
    """Return the form that takes a value back."""
    return laid_out(asked("parametro", "Retirar", {REASON: _field(_REASON)}), templates)


@per_runtime
def of_record(runtime: Runtime, name: str, templates: Any) -> FormLayout:
    """Return the form that asks for whom a value counts, and when."""
    entity = runtime.configuration.parameters[name].of
    label = runtime.configuration.entities[entity].label.one
    fields = {
        RECORD: _field({"type": "link", "to": entity, "label": label, "required": "yes"}),
        DAY: _field({"type": "date", "label": "Em que dia"}),
    }
    return laid_out(asked("origem", "De onde vem", fields), templates)


def _field(said: dict[str, str]) -> Field:
    return Field.model_validate(said)


def read(
    form: FormLayout, typed: form_post.Typed, context: Context, resolve: form_post.Resolve
) -> tuple[dict[str, Any], list[Problem]]:
    """Return the answers, and every one that cannot be read or is missing."""
    reading = form_post.read(form, typed, None, context, resolve)
    values, problems = dict(reading.edit.values), list(reading.problems)
    unread = {problem.field for problem in problems}
    for name, control in form.controls.items():
        refused = check_presence(values.get(name), control.field)
        if refused is not None and name not in unread:
            problems.append(Problem(refused.code, {"label": control.label, **refused.facts}, field=name))
    return values, problems


def change_of(name: str, values: dict[str, Any], seen: int) -> tuple[Change | None, Sequence[Problem]]:
    """Return the change that readable answers ask for."""
    value, goes_back = values.get(VALUE), values.get(BACK) is True
    reason = " ".join((values.get(REASON) or "").split())
    if goes_back and value is not None:
        return None, (Problem("R148", {}, field=VALUE),)
    if not goes_back and value is None:
        return None, (Problem("R101", {"label": "Valor"}, field=VALUE),)
    return Change(name, values[SINCE], value, reason, seen=seen), ()

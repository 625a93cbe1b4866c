"""This file compiles questions (of an action, of a page) into a form; help stands below each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from kernel.runtime import Runtime
from metadata.entity import Entity, EntityLabel, Field
from metadata.screen import Item
from renderer.form_control import ROW, Control, gap, on_form, spans
from renderer.form_gaps import Piece, gaps
from renderer.form_layout import FormLayout
from renderer.form_pieces import joined, split
from renderer.once import per_runtime


@per_runtime
def questions(runtime: Runtime, action: str, templates: Any) -> FormLayout:
    """Return the compiled questions of an action."""
    return laid_out(runtime.actions[action].action.questions, templates)


@per_runtime
def of_process(runtime: Runtime, process: str, templates: Any) -> FormLayout:
    """Return the compiled questions of a process."""
    return laid_out(runtime.configuration.processes[process].questions, templates)


def asked(name: str, label: str, fields: Mapping[str, Field]) -> Entity:
    """Return questions as the fields of an entity that is never kept."""
    for key, field in fields.items():
        field.resolve(key)
    return Entity.model_construct(entity=name, label=EntityLabel(one=label, many=label), fields=dict(fields))


def laid_out(entity: Entity, templates: Any) -> FormLayout:
    """Return the fields of an entity as a form of questions."""
    macros = templates.get_template("form/controls.html").module
    frame = templates.get_template("form/frame.html").module
    icons = templates.globals["icon"]
    controls: dict[str, Control] = {}
    body: list[Piece] = []
    for row in _rows(list(entity.fields)):
        fields = [entity.fields[name] for name in row]
        for item, span, starts in spans([Item(field=name) for name in row], fields):
            field = entity.fields[item.field]
            made = replace(on_form(entity, field, item, span, starts=starts), hint=field.help)
            controls[field.name] = made
            markup = getattr(macros, made.widget.macro)(made)
            body += split(markup, gaps(made, made.widget.inner, icons))
    section = split(frame.section("", "", gap("body")), {"body": body})
    return FormLayout(
        entity=entity,
        controls=controls,
        grids={},
        tabs=(),
        below=(),
        heads=lambda content: "",
        body=joined(section),
        status="",
        has_files=False,
        labels={name: field.label for name, field in entity.fields.items()},
    )


def _rows(names: list[str]) -> list[list[str]]:
    """Share questions out in rows of three, in their order."""
    wide = ROW // 4
    return [names[start : start + wide] for start in range(0, len(names), wide)]

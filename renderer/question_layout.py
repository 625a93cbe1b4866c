"""This file compiles the questions of an action into a form, once per version; help stands below each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from kernel.runtime import Runtime
from metadata.screen import Item
from renderer.form_control import ROW, Control, gap, on_form, spans
from renderer.form_gaps import Piece, gaps
from renderer.form_layout import FormLayout
from renderer.form_pieces import joined, split
from renderer.once import per_runtime


@per_runtime
def questions(runtime: Runtime, action: str, templates: Any) -> FormLayout:
    """Return the compiled questions of an action."""
    entity = runtime.actions[action].action.questions
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

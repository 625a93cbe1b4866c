"""This file makes what templates/form.html shows: title, status, errors with their places, the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import Response

from kernel.access.secrecy import may
from kernel.moving import Open, open_moves
from kernel.rules.fixed import staying
from kernel.rules.live import look, look_at
from kernel.runtime import Runtime
from kernel.storage import drafts
from kernel.storage.closed import closed
from kernel.storage.record import Edit, Row
from metadata.entity import Entity
from metadata.problems import Problem
from renderer import documents, form_rules, forms, lookup_pages, menu, screen, visit
from renderer.conflict import Asked
from renderer.form_content import Content
from renderer.form_layout import FormLayout, layout
from renderer.form_marks import ErrorLine, mark, warn
from renderer.forms import Base
from renderer.looks import look_of
from renderer.once import per_runtime
from renderer.process_origin import MadeBy, begun_at, inserting, made_by
from renderer.visit import Visit
from renderer.when import named, said


@dataclass(frozen=True, slots=True)
class Place:
    """Where a form stands: its list, entity, compiled layout, crumbs."""

    list: str
    entity: Entity
    form: FormLayout
    module: str
    crumbs: tuple[tuple[str, str], ...]

    @property
    def address(self) -> str:
        """The address of the list."""
        return f"/registros/{self.list}"


@dataclass(frozen=True, slots=True)
class View:
    """What the template receives."""

    entity: Entity
    title: str
    chip: Markup
    sub: str
    id: int | None
    version: int | None
    list_address: str
    address: str
    action: str
    draft: str
    heads: Markup
    body: Markup
    base: Markup
    has_files: bool
    errors: Sequence[ErrorLine] = ()
    notes: Sequence[str] = ()
    conflict: Asked | None = None
    is_away: bool = False
    is_changed: bool = False
    saved: str = ""
    triggers: str = ""
    is_ruled: bool = False
    warnings: Sequence[ErrorLine] = ()
    confirms: str = ""
    then: str = ""
    actions: Sequence[tuple[str, str, str]] = ()
    is_closed: bool = False
    has_secrecy: bool = False
    made_by: MadeBy | None = None
    moves: Sequence[Open] = ()
    since: str = ""
    has_look: bool = False
    may_save: bool = True
    may_remove: bool = False


@per_runtime
def place(runtime: Any, list_name: str, templates: Any) -> Place | None:
    """Return the form that a list opens, or None where there is no such list."""
    document = documents.lists(runtime).get(list_name)
    if document is None:
        return None
    entity: Entity = runtime.configuration.entities[document.entity]
    module, module_label, group = menu.place_of(runtime, list_name)
    crumbs = [(label, f"/modulos/{module}") for label in (module_label, group) if label]
    crumbs.append((documents.list_label(runtime, list_name), f"/registros/{list_name}"))
    return Place(list_name, entity, layout(runtime, entity.name, templates), module, tuple(crumbs))


@per_runtime
def actions_of(runtime: Runtime, entity: str) -> tuple[tuple[str, str, str], ...]:
    """Return name, label and help of what can be started from a record of an entity."""
    found = (each.action for each in runtime.actions.values() if each.action.of == entity)
    return tuple((action.name, action.label, action.help) for action in found)


@dataclass(slots=True)
class Shown:
    """A page in the making; everything has the value of an untouched page.

    stands: the record as it is shown, for the rules: as read, or as typed.  warnings: what must be confirmed.
    then: what was to be done after saving.
    """

    content: Content
    base: Base
    row: Any = None
    version: int | None = None
    problems: Sequence[Problem] = ()
    notes: Sequence[str] = ()
    conflict: Asked | None = None
    is_away: bool = False
    is_changed: bool = False
    saved: str = ""
    status: int = 200
    title: str = ""
    draft: str = ""
    stands: Row | Edit | None = None
    warnings: Sequence[Problem] = ()
    then: str = ""


def answer(request: Request, where: Place, shown: Shown) -> Response:
    """Return the page of the form."""
    seen = visit.of(request)
    record = shown.row.id if shown.row is not None else None
    _judge(seen, where, shown)
    errors = mark(where.form, shown.content, shown.problems)
    warnings = warn(where.form, shown.content, shown.warnings)
    title = shown.title or (forms.title(where.entity, shown.row) if record else forms.new_title(where.entity))
    icon = request.app.state.templates.globals["icon"]
    acts = actions_of(seen.runtime, where.entity.name) if record else ()
    is_closed = bool(record) and _is_closed(seen, where.entity, shown.row.id)
    view = View(
        entity=where.entity,
        title=title,
        chip=forms.chip(where.form, shown.row, icon) if record else Markup(""),
        sub=_sub(where.entity, shown.row, seen) if record else where.entity.help,
        id=record,
        version=shown.version,
        list_address=where.address,
        address=f"{where.address}/{record}" if record else "",
        action=f"{where.address}/{record or 'novo'}",
        draft=str(record or shown.draft or drafts.named()),
        heads=Markup(where.form.heads(shown.content)),  # noqa: S704 (made by our macros)
        body=forms.body(where.form, shown.content),
        base=forms.quoted(shown.base),
        has_files=where.form.has_files,
        errors=errors,
        notes=shown.notes,
        conflict=shown.conflict,
        is_away=shown.is_away,
        is_changed=shown.is_changed,
        saved=shown.saved,
        triggers=orjson.dumps(where.form.triggers).decode() if where.form.triggers else "",
        is_ruled=where.form.has_rules,
        warnings=warnings,
        confirms=",".join(str(warning.facts["check"]) for warning in shown.warnings),
        then=shown.then,
        actions=[(label, f"{where.address}/{record}/acao/{name}", help) for name, label, help in acts]
        + (_of_person(seen, where, record) if record else [])
        + (begun_at(seen, where.entity.name, record) if record else []),
        made_by=_made_by(seen, where, record) if record else None,
        moves=_moves(seen, where, shown.row) if record else (),
        since=_since(seen, where.entity, shown.row) if record else "",
        has_look=bool(record) and look_of(seen.runtime, where.entity.name),
        is_closed=is_closed,
        may_save=where.form.is_writable and (not record or where.entity.allows("change")),
        may_remove=bool(record) and _may_remove(seen, where.entity, shown.row.id),
        has_secrecy=bool(record) and (is_closed or may(seen.context, where.entity, "include")),
    )
    return screen.page(
        request,
        "form.html",
        title=title,
        crumbs=where.crumbs,
        module=where.module,
        status=shown.status,
        view=view,
    )


def _may_remove(seen: Visit, entity: Entity, record: int) -> bool:
    """Tell whether removing a record is worth offering: what is fixed as it stands would be refused."""
    if not entity.allows("remove"):
        return False
    with seen.reading.connect() as connection:
        return not any(staying(connection, seen.runtime.whole, seen.context, entity.name, [record]))


def _moves(seen: Visit, where: Place, row: Row) -> Sequence[Open]:
    """Return the transitions that lead on from the state of a record."""
    state = row.values.get(where.entity.state_field or "")
    if state is None:
        return ()
    with seen.reading.connect() as connection:
        return open_moves(connection, seen.runtime, seen.context, where.entity.name, row.id, str(state))


def _since(seen: Visit, entity: Entity, row: Row) -> str:
    """Say since when a record is in its state, where somebody has noted it."""
    since = row.values.get(entity.since)
    return f"desde {named(since, seen.context.now)}" if since is not None else ""


def _is_closed(seen: Visit, entity: Entity, record: int) -> bool:
    """Tell whether a record is closed to others."""
    if entity.secrecy is None:
        return False
    with seen.reading.connect() as connection:
        return closed(connection, seen.runtime.whole.entities[entity.name], record) is not None


def _of_person(seen: Visit, where: Place, record: int) -> list[tuple[str, str, str]]:
    """Return what can be done with a person as a whole, for who has the right to it."""
    person = where.entity.person
    if person is None or not seen.context.has_right(person.gather):
        return []
    return [("Dados desta pessoa", f"{where.address}/{record}/pessoa", "Tudo o que está guardado sobre ela")]


def _made_by(seen: Visit, where: Place, record: int) -> MadeBy | None:
    """Return the run that made a record; nobody is asked where no process makes such records."""
    if where.entity.name not in inserting(seen.runtime):
        return None
    with seen.reading.connect() as connection:
        return made_by(connection, seen, where.entity.name, record)


def _sub(entity: Entity, row: Any, seen: Visit) -> str:
    """Say what it is, which version, saved when and by whom."""
    stamps = row.stamps
    when = said(stamps.updated_at, seen.context.now) if stamps and stamps.updated_at else ""
    by = f" por {stamps.updated_by}" if stamps and stamps.updated_by else ""
    return f"{entity.label.one} {row.id} · versão {row.version}" + (f", salva {when}{by}" if when else "")


def _judge(seen: Visit, where: Place, shown: Shown) -> None:
    """Put on the page what the rules make of its record."""
    if not where.form.has_rules or shown.stands is None or shown.is_away:
        return
    grids = where.form.ruled.grids
    children: Any = {name: rows for name, rows in shown.stands.children.items() if name in grids}
    stands = replace(shown.stands, children=children)
    with seen.reading.connect() as connection:
        if isinstance(stands, Edit):
            found = look(connection, seen.runtime, seen.context, stands, blank=grids)
            looks = found.looks if found else ()
        else:
            looks = look_at(connection, seen.runtime, seen.context, where.entity.name, stands, grids)
    form_rules.apply(where.form, shown.content, looks, lookup_pages.namer(seen))

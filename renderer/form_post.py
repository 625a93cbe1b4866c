"""This file reads a posted form: first as typed (to show it again), then as values with every problem."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Any

import orjson
from starlette.exceptions import HTTPException

from kernel.context import Context
from kernel.storage import drafts
from kernel.storage.record import ChildEdit, Edit
from metadata.entity import Field
from metadata.problems import Problem, Refused
from metadata.types import read_typed
from renderer.form_content import EMPTY, Content, Entry, RowContent
from renderer.form_control import Control
from renderer.form_layout import FormLayout, Grid
from renderer.forms import Base, blank_entries

CHILD = re.compile(r"c\.([a-z0-9_]+)\.(\d{1,6})\.(id|copy_of|removed|[a-z0-9_]+(?:\.[a-z0-9_.]+)?)")
MAX_ROWS = 20_000
NUMBER = re.compile(r"[0-9]{1,18}")  # what the database can hold as an id or a version
Texts = Mapping[str, Sequence[str]]
# (link field, typed text, texts of the record) → id of the one record meant, or why there is none
Resolve = Callable[[Field, str, Mapping[str, str]], int | Refused]


@dataclass(slots=True)
class Typed:
    """A form as it was typed."""

    texts: Texts
    content: Content
    version: int | None
    base: Base = attribute(default_factory=lambda: {"f": {}, "c": {}})


@dataclass(frozen=True, slots=True)
class Reading:
    """What the typed form means: an edit for the kernel, and the texts that mean nothing."""

    edit: Edit
    problems: tuple[Problem, ...]

    @property
    def readable(self) -> Edit:
        """The edit in which what cannot be read counts as missing."""
        return without(self.edit, (problem.field or "" for problem in self.problems))


def without(edit: Edit, paths: Iterable[str]) -> Edit:
    """Return an edit in which some fields are empty; a path is `nome` or `faixas/2/valor`."""
    values, children = dict(edit.values), dict(edit.children)
    for path in paths:
        name, _, rest = path.partition("/")
        place, _, column = rest.partition("/")
        if not rest:
            values[name] = None
        elif column and "/" not in column and name in children:
            rows = list(children[name])
            rows[int(place)] = replace(rows[int(place)], values={**rows[int(place)].values, column: None})
            children[name] = tuple(rows)
    return replace(edit, values=values, children=children)


def as_typed(form: FormLayout, texts: Texts, context: Context) -> Typed:
    """Return the posted texts in the shape of the form, without judging them."""
    entries = {name: _entry(control, f"f.{name}", texts) for name, control in form.controls.items()}
    rows = _rows_as_typed(form, texts, context)
    return Typed(texts, Content(entries, rows), version_of(texts), _base(texts))


def version_of(texts: Texts) -> int | None:
    """Return the version that the page was made from; None where it says none that can be."""
    version = _one(texts, "version")
    return int(version) if NUMBER.fullmatch(version) else None


def draft_of(texts: Texts) -> str:
    """Return the name of the draft that the page keeps, where it is one that can be."""
    name = _one(texts, "rascunho")
    return name if drafts.NAME.fullmatch(name) else ""


def incomplete(texts: Texts, record: int | None) -> list[Problem]:
    """Report a page that came without its version: nothing would tell whether it is complete or current."""
    came = "version" in texts if record is None else version_of(texts) is not None
    return [] if came else [Problem("R143", {})]


def _one(texts: Texts, name: str) -> str:
    found = texts.get(name)
    return found[-1] if found else ""


def _base(texts: Texts) -> Base:
    """Read the hidden base; one that was tampered with counts as none."""
    try:
        read = orjson.loads(_one(texts, "base") or "{}")
    except orjson.JSONDecodeError:
        read = {}
    fields = read.get("f") if isinstance(read, dict) else None
    children = read.get("c") if isinstance(read, dict) else None
    return {
        "f": fields if isinstance(fields, dict) else {},
        "c": children if isinstance(children, dict) else {},
    }


def _entry(control: Control, post: str, texts: Texts) -> Entry:
    kind = control.field.type
    if kind == "many links":
        ids = [text for text in texts.get(post, ()) if text]
        names = {one: _one(texts, f"{post}.nome.{one}") for one in ids}
        return Entry(",".join(dict.fromkeys(ids)), names)
    text = _one(texts, post)
    filled = post.removeprefix("f.") in texts.get("preenchido", ())
    if kind == "link":
        shown = _one(texts, f"{post}.texto")
        return Entry(text if shown == _one(texts, f"{post}.de") else "", shown, filled=filled)
    if kind in ("attachment", "image"):
        return Entry(text, _one(texts, f"{post}.texto") if text else "")
    return Entry(text, text if control.readonly else "", filled=filled)


def _rows_as_typed(form: FormLayout, texts: Texts, context: Context) -> dict[str, list[RowContent]]:
    """Gather the rows of every grid in the order of the page; a new row that nobody filled is left out."""
    found: dict[str, dict[int, set[str]]] = {}
    for name in texts:
        match = CHILD.fullmatch(name)
        if match and match[1] in form.grids:
            found.setdefault(match[1], {}).setdefault(int(match[2]), set()).add(match[3])
    rows: dict[str, list[RowContent]] = {name: [] for name in form.grids}
    for name, numbers in found.items():
        grid = form.grids[name]
        if len(numbers) > MAX_ROWS:  # left out, they would be lost without a word
            raise HTTPException(413)
        blank = blank_entries(grid, context)
        for number in numbers:
            row = _row(grid, f"c.{name}.{number}", str(number), texts)
            if row.id or row.copy_of or (not row.removed and _is_begun(row, blank)):
                rows[name].append(row)
    return rows


def _is_begun(row: RowContent, blank: Mapping[str, Entry]) -> bool:
    """Tell whether a new row holds anything that a blank one does not."""
    pairs = ((row.entries[name], entry) for name, entry in blank.items())
    return any(one.text != other.text or (one.shown and one.shown != other.shown) for one, other in pairs)


def _row(grid: Grid, stem: str, index: str, texts: Texts) -> RowContent:
    entries = {c.field.name: _entry(c, f"{stem}.{c.field.name}", texts) for c in grid.columns}
    row_id, source = _one(texts, f"{stem}.id"), _one(texts, f"{stem}.copy_of")
    return RowContent(
        index,
        row_id if row_id.isdecimal() else "",
        entries,
        removed=_one(texts, f"{stem}.removed") == "1",
        copy_of=source if NUMBER.fullmatch(source) else "",
    )


# ── meaning ───────────────────────────────────────────────────────────────────────────────────────


def read(form: FormLayout, typed: Typed, record: int | None, context: Context, resolve: Resolve) -> Reading:
    """Turn the typed form into an edit; every text that cannot be read becomes a problem of its field."""
    reader = _Reader(context, resolve)
    values = reader.values(form.controls.values(), typed.content.entries, typed.texts, "f.", "")
    base = _values_of(form.controls.values(), typed.base["f"], context) if record is not None else None
    children: dict[str, tuple[ChildEdit, ...]] = {}
    for name, grid in form.grids.items():
        edits = [
            _child(reader, grid, row, place, typed) for place, row in enumerate(typed.content.rows[name])
        ]
        if edits:
            children[name] = tuple(edits)
    edit = Edit(
        entity=form.entity.name,
        id=record,
        version=typed.version if record is not None else None,
        values=values,
        base=base,
        children=children,
    )
    return Reading(edit, tuple(reader.problems))


def _child(reader: _Reader, grid: Grid, row: RowContent, place: int, typed: Typed) -> ChildEdit:
    base = None
    if row.id:
        known = typed.base["c"].get(grid.name, {})
        texts = known.get(row.id) if isinstance(known, dict) else None
        base = _values_of(grid.columns, texts, reader.context) if isinstance(texts, dict) else None
    if row.id and not NUMBER.fullmatch(row.id):
        reader.problems.append(Problem("R117", {"text": row.id}, field=f"{grid.name}/{place}"))
        return ChildEdit(id=None, values={}, base=None, removed=True)
    if row.removed:
        return ChildEdit(id=int(row.id) if row.id else None, values={}, base=base, removed=True)
    stem, path = f"c.{grid.name}.{row.index}.", f"{grid.name}/{place}/"
    values = reader.values(grid.columns, row.entries, typed.texts, stem, path)
    if row.id:
        return ChildEdit(id=int(row.id), values=values, base=base)
    return ChildEdit(id=None, values=values, copy_of=int(row.copy_of) if row.copy_of else None)


class _Reader:
    """Reads controls one after the other and keeps what could not be read."""

    def __init__(self, context: Context, resolve: Resolve) -> None:
        self.context = context
        self.resolve = resolve
        self.problems: list[Problem] = []

    def values(
        self,
        controls: Iterable[Control],
        entries: Mapping[str, Entry],
        texts: Texts,
        stem: str,
        path: str,
    ) -> dict[str, Any]:
        """Return field → value for what was posted; a field that was not on the page is not mentioned."""
        values: dict[str, Any] = {}
        plain = {name: entry.text for name, entry in entries.items()}
        for control in controls:
            name = control.field.name
            if control.readonly or not _was_posted(control.field, stem + name, texts):
                continue
            value = self._value(control, entries.get(name, EMPTY), plain)
            if isinstance(value, Refused):
                self.problems.append(Problem(value.code, value.facts, field=path + name))
            else:
                values[name] = value
        return values

    def _value(self, control: Control, entry: Entry, plain: Mapping[str, str]) -> Any:
        field = control.field
        if field.type == "link" and not entry.text and entry.shown:
            return self.resolve(field, entry.shown, plain)
        return parsed(field, entry.text, self.context)


def parsed(field: Field, text: str, context: Context) -> Any:
    """Read one text; an empty one is no value."""
    if not text.strip():
        return () if field.type == "many links" else None
    return read_typed(text, field, context.now)


def _was_posted(field: Field, post: str, texts: Texts) -> bool:
    return post in texts or (field.type == "link" and f"{post}.texto" in texts)


def _values_of(controls: Iterable[Control], texts: Any, context: Context) -> dict[str, Any]:
    """Read the texts of a base; what does not read any more is left out, so it counts as unknown."""
    values: dict[str, Any] = {}
    for control in controls:
        text = texts.get(control.field.name)
        if isinstance(text, str):
            value = parsed(control.field, text, context)
            if not isinstance(value, Refused):
                values[control.field.name] = value
    return values

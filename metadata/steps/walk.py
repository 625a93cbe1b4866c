"""This file goes through the steps of a process and says what each sees and makes.

The rows of a relation are records of an entity that is never kept; its name, `process.step`, no document can
have. So expressions meet rows, records and groups in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from metadata.entity import Entity, EntityLabel, Field
from metadata.expression import kinds as k
from metadata.expression import nodes as n
from metadata.expression.sets import shapes as s
from metadata.expression.sets.shapes import Shape
from metadata.expression.sets.terms import Constant
from metadata.posting import Posting
from metadata.process import INSERT, NUMBER, RELATION, ColumnOf, Lookup, Process, Step, Window
from metadata.row_fields import asked_of, field_of, named, repeated
from metadata.steps.judge import Judge
from metadata.steps.lookups import looked_up, message
from metadata.steps.posted import posted
from metadata.steps.seen import Path, Seen, Value, of_group, of_row

NO_POSTINGS: Mapping[str, Posting] = {}
NO_EXPRESSION = ColumnOf.model_validate({"is": "null"})


@dataclass(frozen=True, slots=True)
class Made:
    """What a step makes.

    entity: of its rows: one that is never kept, or the one whose records are written.  seen: by expressions
    about one row of what the step goes through; `grouped` by those about a group.  lineage: rows of steps
    of one lineage are the same rows.  about: the entity of the record that a row is about.
    """

    name: str
    step: Step
    entity: str
    seen: Seen
    grouped: Seen | None
    lineage: str
    about: str = ""

    @property
    def outer(self) -> Seen:
        """What the expressions see that make the step's own rows."""
        return self.grouped or self.seen


@dataclass(frozen=True, slots=True)
class _Source:
    """What a step goes through: the entity of its rows, their name, their lineage, what they are about."""

    entity: str
    called: str
    lineage: str
    about: str


class Steps:
    """What the steps of one process see and make; what is wrong is told, what can be known is kept."""

    def __init__(
        self, process: Process, entities: Mapping[str, Entity], judge: Judge,
        postings: Mapping[str, Posting] = NO_POSTINGS,
    ) -> None:  # fmt: skip
        self.process = process
        self.posted = posted(process, postings, entities)
        self.entities = dict(entities)
        self.judge = judge
        self.made: dict[str, Made] = {}
        self.broken: set[str] = set(self.posted.lost)
        self.groups: dict[str, Seen] = {}
        self.answers = self._answers()

    def walk(self) -> Steps:
        """Go through the steps."""
        for name, step in self.posted.steps.items():
            found = self._step(name, step)
            if found:
                self.made[name] = found
            else:
                self.broken.add(name)
        return self

    def rows_of(self, made: Made) -> Entity:
        """Return the entity of the rows of a step."""
        return self.entities[made.entity]

    @property
    def _rows(self) -> dict[str, str]:
        """The entities of the rows of the relations so far, by step."""
        return {name: made.entity for name, made in self.made.items() if made.step.kind == RELATION}

    # ── what is seen ──────────────────────────────────────────────────────────────────────────────

    def _answers(self) -> Seen:
        seen = Seen()
        for name, field in self.process.ask.items():
            shape = s.of_field(field)
            seen = seen.and_value(name, k.of_field(field), shape)
        return seen

    def _source(self, name: str, step: Step) -> _Source | None:
        """Return what a step goes through."""
        if step.numbers:
            return self._numbers(name, step)
        found = [self._one_source(name, step, place) for place in range(len(step.from_))]
        sources = [each for each in found if each]
        if len(sources) < len(found):
            return None
        if name in self.posted.called:
            sources = [replace(each, called=self.posted.called[name]) for each in sources]
        return sources[0] if len(sources) == 1 else self._several(name, step, sources)

    def _numbers(self, name: str, step: Step) -> _Source | None:
        """Return the rows that are numbers from 1 on; how many of them, the answers say."""
        if not self.judge.judged(
            self.entities, ("steps", name, "numbers"), step.numbers, self.answers, k.WHOLE
        ):
            return None
        key = f"{self.process.name}.{name}.numbers"
        self._keep(key, {NUMBER: named(NUMBER, Field(type="integer"))})
        return _Source(key, name, name, "")

    def _one_source(self, name: str, step: Step, place: int) -> _Source | None:
        called = step.from_[place]
        if called in self.made:
            made = self.made[called]
            is_rows = made.step.kind == RELATION  # rows of records that were written are these records
            return _Source(
                made.entity,
                called,
                made.lineage if is_rows else called,
                made.about if is_rows else made.entity,
            )
        is_alone = len(step.from_) == 1
        if is_alone and called in self.entities and "." not in called:
            return _Source(called, called, name, called)
        if called not in self.broken:
            path: Path = ("steps", name, "from", *(() if is_alone else (place,)))
            known = [*self.made, *(self.entities if is_alone else ())]
            self.judge.tell("M401", path, {"name": called, "known": known})
        return None

    def _several(self, name: str, step: Step, sources: list[_Source]) -> _Source | None:
        """Lay the rows of several steps one after the other; a column that a step lacks is empty there."""
        together: dict[str, list[Field]] = {}
        for source in sources:
            for column, field in self.entities[source.entity].fields.items():
                together.setdefault(column, []).append(field)
        apart = [column for column, fields in together.items() if not k.common(map(k.of_field, fields))]
        for column in apart:
            self.judge.tell("M411", ("steps", name, "from"), {"name": column, "steps": ", ".join(step.from_)})
        if apart:
            return None
        key = f"{self.process.name}.{name}.rows"
        self._keep(key, {column: _widest(fields) for column, fields in together.items()})
        return _Source(key, name, f"{name}.rows", "")

    def _keep(self, key: str, fields: Mapping[str, Field]) -> None:
        label = EntityLabel(one=key, many=key)
        self.entities[key] = Entity.model_construct(entity=key, label=label, fields=dict(fields))

    def _seen(self, source: _Source) -> Seen:
        """Return what an expression about a row sees: the row, records made of it, the answers; last wins."""
        seen = of_row(source.entity, source.called)
        own = self.entities[source.entity].fields
        for other in self.made.values():
            group = other.step.group
            if (
                other.step.kind == INSERT
                and other.name != source.called
                and (set(group) <= own.keys() if group else other.lineage == source.lineage)
            ):
                seen = seen.and_value(
                    other.name, k.record(other.entity), Shape(k.RECORD, entity=other.entity)
                )
        return seen.and_all(self.answers)

    def _grouped(self, path: Path, key: str, source: _Source, group: tuple[str, ...]) -> Seen | None:
        """Return what an expression about a group sees."""
        rows = self.entities[source.entity]
        if not self._known(path, group, rows):
            return None
        key = f"{self.process.name}.{key}.group"
        self._keep(key, {each: rows.fields[each] for each in group})
        seen = of_group(key, rows, source.called, group).and_all(self.answers)
        self.groups[key] = seen
        return seen

    def _known(self, path: Path, names: tuple[str, ...], rows: Entity) -> bool:
        unknown = [each for each in names if each.removesuffix(" desc") not in rows.fields]
        for each in unknown:
            self.judge.tell("M402", path, {"name": each, "known": list(rows.fields)})
        return not unknown

    # ── steps ─────────────────────────────────────────────────────────────────────────────────────

    def _step(self, name: str, step: Step) -> Made | None:
        source = self._source(name, step)
        if source is None:
            return None
        seen = self._seen(source)
        if step.kind == RELATION:
            return self._relation(name, step, source, seen)
        grouped = self._grouped(("steps", name, "group"), name, source, step.group) if step.group else None
        if step.group and grouped is None:
            return None
        if step.entity not in self.entities or "." in step.entity:
            self.judge.tell(
                "M204", ("steps", name, step.kind), {"name": step.entity, "known": list(self.entities)}
            )
            return None
        if grouped:
            return Made(name, step, step.entity, seen, grouped, name)
        return Made(name, step, step.entity, seen, None, source.lineage, source.about)

    def _relation(self, name: str, step: Step, source: _Source, seen: Seen) -> Made | None:
        path: Path = ("steps", name)
        is_sound = not step.where or bool(self._judged((*path, "where"), step.where, seen))
        fields: dict[str, Field] = {}
        if "." in source.entity and not step.group:
            fields |= self.entities[source.entity].fields
        for key, lookup in step.lookup.items():
            behind = self._looked_up((*path, "lookup", key), key, lookup, seen)
            if behind is None:
                return None
            seen = behind
            if lookup.expect != "none":
                to = self._rows.get(lookup.in_, lookup.in_)
                fields[key] = named(key, Field(type="link", to=to))
        grouped = self._grouped((*path, "group"), name, source, step.group) if step.group else None
        if step.group and grouped is None:
            return None
        fields |= {each: self.entities[source.entity].fields[each] for each in step.group}
        inner = self._columns(path, step, source, grouped or seen, fields)
        if inner is None or not is_sound:
            return None
        made = f"{self.process.name}.{name}"
        self._keep(made, fields)
        if not self._refusals(path, step, inner):
            return None
        if grouped:
            return Made(name, step, made, seen, inner, name)
        multiplies = any(lookup.expect == "many" for lookup in step.lookup.values())
        return Made(name, step, made, inner, None, name if multiplies else source.lineage, source.about)

    def _looked_up(self, path: Path, name: str, lookup: Lookup, seen: Seen) -> Seen | None:
        """Return what is seen behind a lookup; None where it, or the step that it looks in, is wrong."""
        if lookup.in_ in self.broken:
            return None
        return looked_up(self.judge, self.entities, path, name, lookup, seen, self._rows)

    def _refusals(self, path: Path, step: Step, seen: Seen) -> bool:
        is_sound = True
        for key, refusal in step.refuse.items():
            at: Path = (*path, "refuse", key)
            is_sound &= bool(self._judged((*at, "when"), refusal.when, seen))
            is_sound &= message(self.judge, self.entities, (*at, "message"), refusal.message, seen)
        return is_sound

    def _judged(self, path: Path, text: str, seen: Seen) -> Value | None:
        return self.judge.judged(self.entities, path, text, seen, k.BOOLEAN)

    def _columns(
        self, path: Path, step: Step, source: _Source, seen: Seen, fields: dict[str, Field]
    ) -> Seen | None:
        """Put the columns of a relation among its fields; return what is seen behind them."""
        is_sound = True
        for key, window in step.windows.items():
            value = self._window((*path, "windows", key), window, source)
            field = self._field((*path, "windows", key), key, NO_EXPRESSION, value, seen)
            is_sound &= field is not None
            if field:
                fields[key] = field
                seen = seen.and_field(field)
        for key, column in step.columns.items():
            where: Path = (*path, "columns", key)
            value = self.judge.judged(self.entities, where, column.is_, seen, asked_of(column))
            field = self._field(where, key, column, value, seen)
            is_sound &= field is not None
            if field:
                fields[key] = field
                seen = seen.and_field(field)
        return seen if is_sound else None

    def _window(self, path: Path, window: Window, source: _Source) -> Value | None:
        rows = self.entities[source.entity]
        if not self._known((*path, "order"), window.order, rows):
            return None
        if not window.is_:
            known = self._known((*path, "by"), window.by, rows)
            return Value(k.WHOLE, Constant(s.ID, 1), n.Null()) if known else None
        key = f"{path[1]}.{path[-1]}"
        grouped = self._grouped((*path, "by"), key, source, window.by)
        if grouped is None:
            return None
        return self.judge.judged(self.entities, (*path, "is"), window.is_, grouped, None)

    def _field(
        self, path: Path, name: str, column: ColumnOf, value: Value | None, seen: Seen
    ) -> Field | None:
        """Return the field that a column is: of the type written, else as its value is."""
        if value is None:
            return None
        shown = repeated(value.node, self.entities, seen.entity)
        field = field_of(value.kind, value.shape, column, shown)
        if isinstance(field, str):
            self.judge.tell(field, path, {"name": name, "kind": str(value.kind)})
            return None
        return named(name, field)


def _widest(fields: list[Field]) -> Field:
    """Return the field that holds the values of several of one kind."""
    if all(field.kind.storage == "numeric" for field in fields):
        scale = max(field.scale for field in fields)
        whole = max(field.precision - field.scale for field in fields)
        return named(fields[0].name, Field(type=f"decimal({whole + scale},{scale})", label=fields[0].label))
    return next((field for field in fields if field.kind.storage != "numeric"), fields[0])

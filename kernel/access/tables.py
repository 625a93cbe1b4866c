"""This file makes the table of an entity as a profile sees it: what it may not see is not there.

Whatever is read for an operator is read from such tables, so lists, counts, texts of links, searches, sorting
and files cannot give different answers. PostgreSQL merges them into the statement around, with its indexes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    Text,
    and_,
    any_,
    bindparam,
    case,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.access.access import ASKING, ROLES, USER_RECORD, WORKING
from kernel.access.allowed import EVERYTHING, Above, Allowed, Apart, Condition
from kernel.access.profile import READ, Profile
from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition
from kernel.rules.stored import value as worked_out
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.closed import CLOSED
from kernel.storage.names import FOUND, SEARCH
from kernel.storage.search import search_text
from kernel.storage.shown import Joins
from metadata.check.roles import USER
from metadata.entity import Entity
from metadata.expression import kinds as k
from metadata.expression.faults import Fault
from metadata.expression.nodes import Name
from metadata.expression.parse import parse
from metadata.expression.sets.shapes import Shape

_SYSTEM = ("id", "version", "created_at", "created_by", "updated_at", "updated_by")


class Seen:
    """What one profile sees of one entity, over an alias of its table; joins are made as conditions ask."""

    def __init__(self, whole: Runtime, profile: Profile, entity: str, table: Any, prefix: str = "a") -> None:
        self.whole = whole
        self.profile = profile
        self.compiled: CompiledEntity = whole.entities[entity]
        self.access = profile.entities[entity]
        self.table = table
        self.prefix = prefix
        tables = {name: compiled.table for name, compiled in whole.entities.items()}
        entities = {name: compiled.entity for name, compiled in whole.entities.items()}
        self.joins = Joins(tables, entities, table, f"{prefix}j")
        self.source = Source.of_table(whole, entity, table, joins=self.joins, names=_user(profile))

    @property
    def from_(self) -> Any:
        """The FROM clause, with every join asked for so far."""
        return self.joins.source

    def allows(self, allowed: Allowed, *, denies: bool = False) -> ColumnElement[Any]:
        """Return whether a record is among those allowed; denies: whether being so takes something away."""
        if allowed.is_nothing:
            return false()
        parts: list[ColumnElement[Any]] = []
        if allowed.some is not None:
            parts.append(or_(*(self.meets(each, denies=denies) for each in _sorted(allowed.some))))
        parts += [not_(self.meets(each, denies=True)) for each in _sorted(allowed.never)]
        parts += [self.theirs(apart) for apart in sorted(allowed.apart, key=repr)]
        parts += [
            or_(self.table.c[above.link].is_(None), self._above(above))
            for above in sorted(allowed.within, key=repr)
        ]
        parts += [not_(self.closed())] if allowed.open_only else []
        return and_(true(), *parts)

    def meets(self, asked: Condition, *, denies: bool = False) -> ColumnElement[Any]:
        """Return whether a record meets one condition; about an operator who is nobody, none grants."""
        if isinstance(asked, Above):
            return self._above(asked, denies=denies)
        node = parse(asked.text)
        assert not isinstance(node, Fault), "conditions are checked before"
        met = condition(node, self.source)
        if not any(isinstance(part, Name) and part.name == USER for part in node.walk()):
            return func.coalesce(met, false()) if denies else met
        user = bindparam(USER_RECORD, type_=BigInteger)
        return or_(user.is_(None), func.coalesce(met, false())) if denies else and_(user.is_not(None), met)

    def _above(self, asked: Above, *, denies: bool = False) -> ColumnElement[Any]:
        name = f"{self.prefix}{asked.link}"
        parent: Any = self.whole.entities[asked.entity].table.alias(name)
        seen = Seen(self.whole, self.profile, asked.entity, parent, name)
        wanted = seen.allows(asked.allowed, denies=denies)
        found: Select[Any] = select(literal_column("1")).select_from(seen.from_)
        found = found.where(parent.c.id == self.table.c[asked.link], wanted)
        return found.correlate_except(parent, *seen.joins.reached.values()).exists()

    def theirs(self, apart: Apart) -> ColumnElement[Any]:
        """Return whether a record is kept with those of the operator, or with nobody's."""
        link = self.table.c[apart.link]
        working = bindparam(f"{WORKING}{apart.target}", type_=BigInteger)
        parts = [or_(working.is_(None), link == working)]
        if apart.mine or self.profile.configuration.operators is None:
            parts.append(self._among(link, apart))
        return or_(link.is_(None), and_(*parts))

    def closed(self) -> ColumnElement[Any]:
        """Return whether a record is closed to the operator: neither they nor a role of theirs is named."""
        entity, closed = self.compiled.entity, CLOSED.alias(f"{self.prefix}c")
        named = or_(
            bindparam(ASKING, type_=Text) == any_(closed.c.operators),
            closed.c.roles.overlap(bindparam(ROLES, type_=ARRAY(Text))),
        )
        of_record = (closed.c.entity.in_([entity.name, *entity.was]), closed.c.record == self.table.c.id)
        return select(literal_column("1")).where(*of_record, not_(named)).correlate_except(closed).exists()

    def _among(self, link: ColumnElement[Any], apart: Apart) -> ColumnElement[Any]:
        operators = self.profile.configuration.operators
        if operators is None:
            return false()
        pairs = self.whole.entities[operators.name].bridges[apart.mine].alias(f"{self.prefix}m")
        user = bindparam(USER_RECORD, type_=BigInteger)
        return link.in_(select(pairs.c.target).where(pairs.c.source == user).correlate_except(pairs))

    # ── the table ─────────────────────────────────────────────────────────────────────────────────

    def value(self, name: str) -> ColumnElement[Any]:
        """Return the value of a field where it is shown as it is, else nothing."""
        field = self.compiled.fields[name]
        raw = (
            self.table.c[name]
            if field.has_column
            else worked_out(self.whole, self.compiled.name, name, self.source)
        )
        clear = self.access.clear(name)
        if clear.is_nothing:
            return case((true(), None), else_=raw)
        if clear == self.access.record(READ) or clear.is_everything:
            return raw
        return case((self.allows(clear), raw))

    def query(self, entity: Entity, rows: Allowed | None = None) -> FromClause:
        """Return the table with the fields that `entity`, as the profile knows it, still has.

        rows: which of its records, when not all that can be read.
        """
        allowed = self.allows(rows or self.access.record(READ))
        columns = [self.table.c[name].label(name) for name in _SYSTEM]
        columns += [self.value(f.name).label(f.name) for f in entity.fields.values() if f.is_asked]
        columns += self._search(entity)
        return select(*columns).select_from(self.from_).where(allowed).subquery(self.compiled.name)

    def _search(self, entity: Entity) -> list[ColumnElement[Any]]:
        whole = self.compiled.entity
        if not entity.search:
            return []
        record = self.access.record(READ)
        clear = all(self.access.clear(name) in (record, EVERYTHING) for name in whole.search)
        if entity.search == whole.search and clear:
            return [self.table.c[SEARCH].label(SEARCH)]
        return [search_text(entity, self.value).label(SEARCH), self.table.c[SEARCH].label(FOUND)]


def _user(profile: Profile) -> dict[str, tuple[Shape, ColumnElement[Any]]]:
    operators = profile.configuration.operators
    if operators is None:
        return {}
    return {USER: (Shape(k.RECORD, entity=operators.name), bindparam(USER_RECORD, type_=BigInteger))}


def _sorted(conditions: Iterable[Condition]) -> list[Condition]:
    return sorted(conditions, key=repr)

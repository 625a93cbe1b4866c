"""This file loads what rules read beyond a record: the targets of links and the rows below, as sets.

One SELECT for each branch of the tree of needs, however many records ask.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from kernel.expression.scope import Run
from kernel.expression.values import Record
from kernel.rules.exchange import seen, taken
from kernel.rules.needs import Needs, target
from kernel.rules.ruleset import Rules
from kernel.runtime import CompiledEntity, Runtime


class Reach:
    """Loads records for one evaluation; what is computed on them is worked out when it is asked for.

    edited: records of the save in whose course this happens, as they will be; None for removed ones.
    placed: (entity, link, id of its target) → the edited records that stand there.
    """

    def __init__(self, connection: Connection, runtime: Runtime, run: Run) -> None:
        self.connection = connection
        self.runtime = runtime
        self.rules: Rules = runtime.rules
        self.run = run
        self.edited: dict[tuple[str, int], Record | None] = {}
        self.placed: dict[tuple[str, str, int], list[Record]] = {}

    def records(
        self, entity: str, ids: Collection[int], needs: Needs, *, own: bool = False
    ) -> dict[int, Record]:
        """Return records by id; `needs` is in full.  own: stored computed fields are worked out anew."""
        compiled = self.runtime.entities[entity]
        if not ids:
            return {}
        mine = {id: record for id in ids if (record := self.edited.get((entity, id))) is not None}
        others = [id for id in ids if id not in mine]
        if needs.keys() - {"id"}:
            loaded = (record for record, _ in self._loaded(compiled, "id", others, needs, own=own))
        else:
            loaded = (Record(entity, id) for id in others)
        return mine | {record.id or 0: record for record in loaded}

    def rows(self, child: str, by: str, parents: Collection[int], needs: Needs) -> dict[int, list[Record]]:
        """Return the rows below each parent as they will be: stored ones in order of id, then edited ones."""
        compiled = self.runtime.entities[child]
        found: dict[int, list[Record]] = {parent: [] for parent in parents}
        for record, parent in self._loaded(compiled, by, parents, needs):
            if (child, record.id) not in self.edited:
                found[parent].append(record)
        for parent in parents:
            found[parent] += self.placed.get((child, by, parent), ())
        return found

    def _loaded(
        self, compiled: CompiledEntity, key: str, values: Collection[int], needs: Needs, *, own: bool = False
    ) -> list[tuple[Record, int]]:
        if not values:
            return []
        fields = [compiled.fields[n] for n in needs if n in compiled.fields and compiled.fields[n].has_column]
        columns = [compiled.table.c[field.name] for field in fields]
        asked = any_(bindparam("keys", type_=ARRAY(BigInteger)))
        statement = select(compiled.table.c.id, compiled.table.c[key], *columns)
        statement = statement.where(compiled.table.c[key] == asked).order_by(compiled.table.c.id)
        loaded = []
        for row in self.connection.execute(statement, {"keys": sorted(set(values))}):
            record = Record(compiled.name, row[0])
            raw = {field.name: row[index] for index, field in enumerate(fields, 2)}
            loaded.append((record, raw, row[1]))
        self.fill(compiled, [(record, raw) for record, raw, _ in loaded], needs, own=own)
        return [(record, owner) for record, _, owner in loaded]

    def fill(
        self, compiled: CompiledEntity, records: Sequence[tuple[Record, Mapping[str, Any]]], needs: Needs,
        *, own: bool = False, children: bool = True,
    ) -> None:  # fmt: skip
        """Give records their values, what they lead to, and what is computed on them.

        own: stored computed fields are worked out anew.  children: whether rows below are loaded too.
        """
        for record, raw in records:
            for name, value in raw.items():
                field = compiled.fields.get(name)
                if field is not None and not target(field) and not (field.is_ and (own or not field.stored)):
                    record[name] = seen(value, field)
            record.lazy = self._lazy(compiled, needs, own=own)
        for name, below in needs.items():
            field = compiled.fields.get(name)
            if field is None or not target(field):
                continue
            if field.type == "link":
                self._links(records, name, target(field), below)
            elif field.type == "many links":
                self._many(compiled, records, name, target(field), below)
            elif children:
                self._children(compiled, records, name, below)

    def _lazy(self, compiled: CompiledEntity, needs: Needs, *, own: bool) -> Mapping[str, Any]:
        made = self.rules.sets[compiled.name].computed
        fields = compiled.fields
        wanted = {name: made[name] for name in made if own or (name in needs and not fields[name].stored)}
        run = self.run

        def worked_out(name: str) -> Any:
            formula, field = wanted[name], fields[name]
            return lambda record: seen(taken(formula.of(run, record), field), field)

        return {name: worked_out(name) for name in wanted}

    def _links(
        self, records: Iterable[tuple[Record, Mapping[str, Any]]], name: str, entity: str, below: Needs
    ) -> None:
        wanted = {raw[name] for record, raw in records if raw.get(name) is not None and name not in record}
        found = self.records(entity, wanted, below)
        for record, raw in records:
            if name not in record:
                record[name] = found.get(raw[name]) if raw.get(name) is not None else None

    def _many(
        self, compiled: CompiledEntity, records: Sequence[tuple[Record, Mapping[str, Any]]], name: str,
        entity: str, below: Needs,
    ) -> None:  # fmt: skip
        pairs = compiled.bridges[name]
        asking = [record.id for record, raw in records if name not in raw and record.id is not None]
        targets: dict[int, list[int]] = {}
        if asking:
            statement = select(pairs.c.source, pairs.c.target).where(pairs.c.source.in_(asking))
            for source, to in self.connection.execute(statement.order_by(pairs.c.target)):
                targets.setdefault(source, []).append(to)
        chosen = [
            list(raw[name] or ()) if name in raw else targets.get(record.id or 0, [])
            for record, raw in records
        ]
        found = self.records(entity, {id for ids in chosen for id in ids}, below)
        for (record, _), ids in zip(records, chosen, strict=True):
            record[name] = [found[id] for id in ids if id in found]

    def _children(
        self, compiled: CompiledEntity, records: Iterable[tuple[Record, Mapping[str, Any]]], name: str,
        below: Needs,
    ) -> None:  # fmt: skip
        child = compiled.children[name]
        parents = [record.id for record, _ in records if record.id is not None]
        found = self.rows(child.entity, child.by, parents, below) if parents else {}
        for record, _ in records:
            record[name] = found.get(record.id or 0, [])

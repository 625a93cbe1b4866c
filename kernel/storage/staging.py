"""This file carries the rows of a data document through a temporary table into the one of its entity.

A line whose link is not found, or whose key is of several records, stays in the temporary table and is told.
"""

# ruff: noqa: S608 (names come from checked metadata, values go as parameters)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import Connection, literal_column, text
from sqlalchemy.dialects import postgresql

from kernel.context import Context
from kernel.database import PLANNED_ANEW
from kernel.rules.defaults import defaults
from kernel.runtime import Runtime
from kernel.storage import names
from kernel.storage.search import search_text
from metadata.content import Data
from metadata.entity import Entity, Field
from metadata.problems import Place, Problem
from metadata.rows import Rows, parts_of

ROWS = '"aroeira_rows"'
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True, slots=True)
class _Part:
    """A column of the file: the fields on its way, and its column in the temporary table.

    many: the field of many links whose targets it lists.
    """

    position: int
    way: tuple[str, ...]
    field: Field

    many: Field | None = None

    @property
    def column(self) -> str:
        return f"c{self.position}"


@dataclass(slots=True)
class Staging:
    """The rows on their way into the table of their entity."""

    connection: Connection
    runtime: Runtime
    data: Data
    rows: Rows
    path: str
    parts: tuple[_Part, ...] = attribute(init=False)
    given: dict[str, Any] = attribute(init=False)

    def __post_init__(self) -> None:
        self.parts = tuple(self._part(position, name) for position, name in enumerate(self.rows.header))
        self.given = {}

    @property
    def entity(self) -> Entity:
        """The entity that the rows are of."""
        return self.runtime.configuration.entities[self.data.entity]

    def _part(self, position: int, name: str) -> _Part:
        way = tuple(name.split("."))
        entity = self.entity
        first = entity.fields[way[0]]
        if first.type == "many links":
            target = self.runtime.configuration.entities[first.to]
            return _Part(position, way, target.fields[way[1]], first)
        for step in way[:-1]:
            entity = self.runtime.configuration.entities[entity.fields[step].to]
        return _Part(position, way, entity.fields[way[-1]])

    @property
    def links(self) -> dict[str, list[_Part]]:
        """The columns that say, together, where each link leads."""
        found: dict[str, list[_Part]] = {}
        for part in self.parts:
            if len(part.way) > 1 and not part.many:
                found.setdefault(part.way[0], []).append(part)
        return found

    @property
    def lists(self) -> list[_Part]:
        """The columns that list where the links of a field of many lead."""
        return [part for part in self.parts if part.many]

    @property
    def written(self) -> dict[str, str]:
        """Field → its value in the temporary table, for the fields that the file has."""
        plain = {part.way[0]: part.column for part in self.parts if len(part.way) == 1}
        return plain | {link: f"to_{link}" for link in self.links}

    def _run(self, sql: str, **facts: Any) -> int:
        return self.connection.execute(text(sql.replace("::", "\\:\\:")), facts).rowcount

    # ── in ────────────────────────────────────────────────────────────────────────────────────────

    def fill(self, context: Context) -> None:
        """Make the temporary table and copy the rows into it."""
        compiled = self.runtime.entities[self.entity.name]
        self.given = {
            name: value for name, value in defaults(compiled, context).items() if name not in self.written
        }
        columns = [
            f"{part.column} {self._type(part.field)}{'[]' if part.many else ''}" for part in self.parts
        ]
        columns += [f"found_{part.column} bigint" for part in self.lists]
        columns += [
            f"{_quoted(f'to_{link}')} bigint, {_quoted(f'many_{link}')} bigint" for link in self.links
        ]
        self._run(f"DROP TABLE IF EXISTS {ROWS}")
        self._run(
            f"CREATE TEMP TABLE {ROWS} (line integer, {', '.join(columns)}, id bigint, same bigint, "
            "is_ready boolean NOT NULL DEFAULT false) ON COMMIT DROP"
        )
        self._copy()

    def _type(self, field: Field) -> str:
        from kernel.storage.tables import column_type

        return str(column_type(field).compile(_DIALECT))

    def _copy(self) -> None:
        names_in = ", ".join(("line", *(part.column for part in self.parts)))
        driver: Any = self.connection.connection.driver_connection
        with driver.cursor() as cursor, cursor.copy(f"COPY {ROWS} ({names_in}) FROM STDIN") as copy:
            for line, cells in self.rows.rows:
                copy.write_row((line, *self._values(cells)))
        self._run(f"ANALYZE {ROWS}")

    def _values(self, cells: Sequence[str]) -> Iterator[Any]:
        for part, cell in zip(self.parts, cells, strict=True):
            if part.many:
                yield [part.field.canonical(each) for each in parts_of(cell)]
                continue
            value = part.field.canonical(cell) if cell else None
            yield Jsonb(value) if part.field.kind.storage == "jsonb" and cell else value

    # ── links and records ─────────────────────────────────────────────────────────────────────────

    def find_targets(self) -> bool:
        """Find where links lead, for rows that still wait; tell whether any row became ready."""
        for link, parts in self.links.items():
            target = self.entity.fields[link].to
            joins, conditions = self._reach(parts, target)
            self._run(
                f"UPDATE {ROWS} AS r SET {_quoted(f'to_{link}')} = f.id, {_quoted(f'many_{link}')} = f.many "
                f"FROM (SELECT line, min(t.id) AS id, count(DISTINCT t.id) AS many FROM {ROWS} JOIN "
                f"{_quoted(target)} AS t {joins} ON {conditions} GROUP BY line) AS f WHERE f.line = r.line"
            )
        for part in self.lists:
            count = f"SELECT count(*) FROM {self._targets(part)} AS t WHERE {self._is_listed(part)}"
            self._run(f"UPDATE {ROWS} AS r SET found_{part.column} = ({count})")
        lists = [f"found_{part.column} = cardinality({part.column})" for part in self.lists]
        found = " AND ".join([*(self._is_found(link) for link in self.links), *lists]) or "true"
        ready = f"UPDATE {ROWS} SET is_ready = true WHERE NOT is_ready AND coalesce(same, 0) < 2 AND {found}"
        return self._run(ready) > 0

    def _targets(self, part: _Part) -> str:
        assert part.many is not None
        return _quoted(part.many.to)

    def _is_listed(self, part: _Part) -> str:
        return f"t.{_quoted(part.way[1])} = ANY(r.{part.column})"

    def _is_found(self, link: str) -> str:
        said = " AND ".join(f"{part.column} IS NULL" for part in self.links[link])
        return f"(({said}) OR {_quoted(f'many_{link}')} = 1)"

    def _reach(self, parts: Sequence[_Part], target: str) -> tuple[str, str]:
        """Return the joins behind the target, and the condition that its row is the one meant."""
        joins: list[str] = []
        conditions: list[str] = []
        for part in parts:
            here, entity = "t", self.runtime.configuration.entities[target]
            for depth, step in enumerate(part.way[1:-1]):
                there, to = f"t{part.position}_{depth}", entity.fields[step].to
                joins.append(f"JOIN {_quoted(to)} AS {there} ON {there}.id = {here}.{_quoted(step)}")
                here, entity = there, self.runtime.configuration.entities[to]
            conditions.append(f"{here}.{_quoted(part.way[-1])} = {ROWS}.{part.column}")
        return " ".join(joins), " AND ".join(conditions)

    def find_records(self) -> None:
        """Find which ready rows are there already, by the key of the document."""
        keys = self._same_key("t")
        self._run(
            f"UPDATE {ROWS} AS r SET id = f.id, same = f.same "
            f"FROM (SELECT line, min(t.id) AS id, count(*) AS same FROM {ROWS} "
            f"JOIN {_quoted(self.entity.name)} AS t ON {keys} WHERE is_ready GROUP BY line) AS f "
            "WHERE f.line = r.line"
        )
        self._run(f"UPDATE {ROWS} SET is_ready = false WHERE same > 1")

    def _same_key(self, table: str) -> str:
        return " AND ".join(
            # Hashable where IS NOT DISTINCT FROM is not; an empty part of a key is like an empty one.
            f"coalesce({table}.{_quoted(name)}::text, '') = coalesce({_quoted(self.written[name])}::text, '')"
            for name in self._key
        )

    @property
    def _key(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name.partition(".")[0] for name in self.data.key))

    # ── out ───────────────────────────────────────────────────────────────────────────────────────

    def insert(self, operator: str) -> int:
        """Insert the ready rows that are not there; return how many."""
        written = {name: f"r.{_quoted(column)}" for name, column in self.written.items()}
        facts = {f"given_{position}": value for position, value in enumerate(self.given.values())}
        types = {name: self._type(self.entity.fields[name]) for name in self.given}
        written |= {
            name: f"CAST(:given_{position} AS {types[name]})" for position, name in enumerate(self.given)
        }
        written |= {"created_by": ":operator", "updated_by": ":operator"} | self._searched(written)
        columns, values = ", ".join(map(_quoted, written)), ", ".join(written.values())
        inserted = self._run(
            f"INSERT INTO {_quoted(self.entity.name)} ({columns}) SELECT {values} FROM {ROWS} AS r "
            "WHERE is_ready AND id IS NULL ORDER BY line",
            operator=operator,
            **facts,
        )
        for part in self.lists:
            self._link(part)
        return inserted

    def _link(self, part: _Part) -> None:
        """Link the new records to all that a column lists."""
        bridge = _quoted(names.bridge(self.entity.name, part.way[0]))
        self._run(
            f"INSERT INTO {bridge} (source, target) SELECT s.id, t.id FROM {ROWS} AS r "
            f"JOIN {_quoted(self.entity.name)} AS s ON {self._same_key('s')} "
            f"JOIN {self._targets(part)} AS t ON {self._is_listed(part)} WHERE r.is_ready AND r.id IS NULL"
        )

    def update(self, operator: str) -> int:
        """Change the ready rows that are there and differ; return how many."""
        written = {name: f"r.{_quoted(column)}" for name, column in self.written.items()}
        differs = " OR ".join(
            f"t.{_quoted(name)} IS DISTINCT FROM {value}" for name, value in written.items()
        )
        kept = {name: f"t.{_quoted(name)}" for name in self.entity.search if name not in written}
        changes = written | self._searched(written | kept)
        sets = ", ".join(f"{_quoted(name)} = {value}" for name, value in changes.items())
        return self._run(
            f"UPDATE {_quoted(self.entity.name)} AS t SET {sets}, version = t.version + 1, "
            f"updated_at = now(), updated_by = :operator FROM {ROWS} AS r "
            f"WHERE r.is_ready AND t.id = r.id AND ({differs})",
            operator=operator,
        )

    def named(self) -> list[tuple[int, int | None, dict[str, Any]]]:
        """Return each ready row: its line, the record that its key names, and what else it says."""
        said = {name: column for name, column in self.written.items() if name not in self._key}
        columns = ", ".join(("line", "id", *map(_quoted, said.values())))
        asked = text(f"SELECT {columns} FROM {ROWS} WHERE is_ready ORDER BY line")
        # The next document has another table of this name, with other columns.
        found = self.connection.execute(asked, execution_options={PLANNED_ANEW: True})
        return [(line, id, dict(zip(said, values, strict=True))) for line, id, *values in found]

    def _searched(self, values: dict[str, str]) -> dict[str, str]:
        if not self.entity.search:
            return {}
        made = search_text(self.entity, lambda name: literal_column(values.get(name, "NULL")))
        sql = str(made.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True}))
        return {names.SEARCH: sql}

    def clear_done(self) -> None:
        """Leave only what still waits."""
        self._run(f"DELETE FROM {ROWS} WHERE is_ready")

    def problems(self) -> list[Problem]:
        """Return why each line that is left could not be put in."""
        driver: Any = self.connection.connection.driver_connection
        # Not prepared: the next document has another table of this name, with other columns.
        with driver.cursor(row_factory=dict_row) as cursor:
            found = cursor.execute(f"SELECT * FROM {ROWS} ORDER BY line", prepare=False).fetchall()
        return [problem for row in found for problem in self._of(row)]

    def _of(self, row: dict[str, Any]) -> Iterator[Problem]:
        place = Place(self.path, row["line"], 1)
        if (row["same"] or 0) > 1:
            yield Problem("M533", {"name": self.data.name, "key": ", ".join(self._key)}, place)
        for link, parts in self.links.items():
            said = [part for part in parts if row[part.column] is not None]
            if said and row[f"many_{link}"] != 1:
                facts = {"name": self.data.name, "column": ".".join(said[-1].way)}
                facts["value"] = " · ".join(str(row[part.column]) for part in said)
                yield Problem("M532" if row[f"many_{link}"] else "M531", facts, place)
        for part in self.lists:
            if row[f"found_{part.column}"] != len(row[part.column]):
                facts = {"name": self.data.name, "column": ".".join(part.way)}
                facts["value"] = " · ".join(map(str, row[part.column]))
                yield Problem("M531", facts, place)

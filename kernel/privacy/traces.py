"""This file finds and removes what is left of a person beside their records: files, drafts, batches, views.

The audit is blanked by a function of the database (kernel.audit.deed_functions).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote_plus

from sqlalchemy import (
    BigInteger,
    Connection,
    Engine,
    Text,
    any_,
    cast,
    delete,
    exists,
    func,
    literal,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from kernel.audit.saying import typed
from kernel.audit.tables import AUDIT
from kernel.audit.trail import events, family, names_of
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage.answered import without_words
from kernel.storage.batches import BATCH, BATCH_ROW
from kernel.storage.drafts import DRAFT
from kernel.storage.personal import TILE, VIEW
from kernel.storage.tables import ATTACHMENTS
from metadata.entity import Field

Ids = Mapping[str, Collection[int]]
Fields = Mapping[str, Collection[str]]
SHORTEST = 4
"""Letters of a value by which a draft or a view is taken for one of the person; fewer stand everywhere."""


def gone(connection: Connection, whole: Runtime, found: Ids) -> dict[str, set[int]]:
    """Return the records about a person that are no longer there, which the audit alone still knows."""
    told: dict[str, set[int]] = {}
    for name, ids in found.items():
        for id in ids:
            _join(told, family(connection, whole, name, id))
        for other, compiled in whole.entities.items():
            for link in compiled.entity.subject:
                if compiled.fields[link].to == name:
                    for id in _removed(connection, compiled, link, ids):
                        _join(told, family(connection, whole, other, id))
    return {name: rows - set(found.get(name, ())) for name, rows in told.items()}


def _join(told: dict[str, set[int]], more: Mapping[str, Collection[int]]) -> None:
    for name, ids in more.items():
        told.setdefault(name, set()).update(ids)


def _removed(connection: Connection, compiled: CompiledEntity, link: str, ids: Collection[int]) -> set[int]:
    """Return the records that linked to some others when they were removed, or were made."""
    names = (link, *compiled.fields[link].was)
    noted = or_(*(AUDIT.c.changes.contains(literal({name: id}, JSONB)) for name in names for id in ids))
    statement = select(AUDIT.c.record).where(AUDIT.c.entity.in_(names_of(compiled)), noted).distinct()
    found = set(connection.scalars(statement))
    present = select(compiled.table.c.id).where(
        compiled.table.c.id == any_(literal(sorted(found), ARRAY(BigInteger)))
    )
    return found - set(connection.scalars(present))


def noted(connection: Connection, whole: Runtime, every: Ids, fields: Fields) -> Iterator[tuple[Field, Any]]:
    """Yield every value that the audit knows of fields of some records, before it is blanked."""
    wanted = {name: ids for name, ids in every.items() if ids and fields[name]}
    if not wanted:
        return
    for event in events(connection, whole, wanted):
        described = whole.entities[event.entity].fields
        for name, pair in event.changes.items():
            if name in fields[event.entity]:
                yield from ((described[name], value) for value in pair if value not in (None, ()))


def texts_of(values: Collection[tuple[Field, Any]]) -> list[str]:
    """Return values as they are written, plain and dressed, as far as they tell one person from another."""
    found: set[str] = set()
    for field, value in values:
        if field.kind.is_text and isinstance(value, str):
            found |= {value, field.kind.print(typed(value, field), field)}
    return sorted(text for text in found if len(text) >= SHORTEST)


def files_of(values: Collection[tuple[Field, Any]]) -> set[int]:
    """Return the files among values."""
    return {value for field, value in values if field.kind.storage == "file" and isinstance(value, int)}


def forget(connection: Connection, every: Ids, fields: Fields, texts: Collection[str]) -> None:
    """Remove drafts and views that hold values of the person, and empty what batches and answers keep."""
    for name, ids in every.items():
        named = DRAFT.c.record.in_([str(id) for id in ids])
        connection.execute(delete(DRAFT).where(DRAFT.c.entity == name, named))
        of_field = select(BATCH.c.id).where(BATCH.c.entity == name, BATCH.c.field.in_(list(fields[name])))
        rows = update(BATCH_ROW).where(BATCH_ROW.c.batch.in_(of_field), BATCH_ROW.c.record.in_(list(ids)))
        connection.execute(rows.values(old=null(), says=""))
    without_words(connection, every, texts)
    if texts:
        each = func.unnest(literal(list(texts), ARRAY(Text))).column_valued("each")
        holds = exists(select(1).where(func.strpos(cast(DRAFT.c.posted, Text), each) > 0))
        connection.execute(delete(DRAFT).where(holds))
        same = cast(BATCH.c.value, Text).in_([f'"{text}"' for text in texts])
        connection.execute(update(BATCH).where(same).values(value=null()))
        for table in (TILE, VIEW):
            kept = connection.execute(select(table.c.id, table.c.query)).all()
            those = [id for id, query in kept if any(text in unquote_plus(query) for text in texts)]
            connection.execute(delete(table).where(table.c.id.in_(those)))


def remove_files(connection: Connection, whole: Runtime, files: Collection[int]) -> list[str]:
    """Remove files that no record points to any more; return the marks of what they hold."""
    kept = whole.metadata.tables[ATTACHMENTS]
    used = [
        exists().where(compiled.table.c[field.name] == kept.c.id)
        for compiled in whole.entities.values()
        for field in compiled.columns
        if field.kind.storage == "file"
    ]
    statement = delete(kept).where(kept.c.id.in_(list(files)), *(~each for each in used))
    return list(connection.scalars(statement.returning(kept.c.sha256))) if files else []


def remove_contents(engine: Engine, whole: Runtime, digests: Collection[str], folder: Path | None) -> None:
    """Remove from the folder what no file holds any more."""
    if folder is None or not digests:
        return
    kept = whole.metadata.tables[ATTACHMENTS]
    with engine.connect() as connection:
        still = set(connection.scalars(select(kept.c.sha256).where(kept.c.sha256.in_(list(digests)))))
    for digest in set(digests) - still:
        (folder / digest[:2] / digest).unlink(missing_ok=True)

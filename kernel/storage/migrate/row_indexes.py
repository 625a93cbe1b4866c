"""This file makes indexes follow from roles: what a role sees by a condition is listed as fast as everything.

A list in its usual order reads until its page is full. Behind a condition that few rows meet it would read
most of the table for one page, and all of it to count. So each condition has an index in that order over the
rows that meet it, as far as the row alone can tell: parts about linked records or the operator stay out. The
links that they follow are in the index, and what is searched where that is short enough for one, so that
counting reads nothing else of the table, also behind a search of two letters, which no trigram helps.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

from sqlalchemy import Index, MetaData, and_

from kernel.access.allowed import Own
from kernel.access.lasting import conjuncts, lasting
from kernel.access.profile import READ, profile
from kernel.expression.sql.source import Source
from kernel.expression.sql.translate import condition
from kernel.query.sortable import sort_key
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage import names
from metadata.expression.nodes import Name, Node

MOST_BYTES = 2_500  # an entry of an index has at most 2,704, of which links and the number take some
BYTES_OF_A_LETTER, OTHERS = 4, 40  # in UTF-8; letters of a number or a date


def row_indexes(runtime: Runtime) -> Iterator[tuple[str, Index]]:
    """Yield table and index for each condition on rows of the roles, once."""
    made: set[str] = set()
    for role in runtime.configuration.roles.values():
        for name, access in profile(runtime.configuration, [role]).entities.items():
            for asked in access.record(READ).some or ():
                index = (
                    _index(runtime, runtime.entities[name], asked.text) if isinstance(asked, Own) else None
                )
                if index is not None and index.name not in made:
                    made.add(str(index.name))
                    yield name, index


def _index(runtime: Runtime, compiled: CompiledEntity, asked: str) -> Index | None:
    parts = conjuncts(asked)
    kept = lasting(asked, compiled)
    order = [name.removeprefix("-") for name in compiled.entity.order]
    if not kept or any(name not in compiled.fields or not compiled.fields[name].has_column for name in order):
        return None
    table = compiled.table.to_metadata(MetaData())  # an index adds itself to its table
    source = Source.of_table(runtime, compiled.name, table)
    where = and_(*(condition(part, source) for part in kept))
    keys = [sort_key(compiled.fields[name], table.c[name]) for name in order]
    followed = [name for name in _links(compiled, parts) if name not in order]
    followed += [names.SEARCH] if _is_short(compiled, order) else []
    told = hashlib.sha256(repr((order, kept, followed)).encode()).hexdigest()[:10]
    name = names.derived("ix", compiled.name, "rows", told)
    return Index(name, *keys, table.c.id, postgresql_where=where, postgresql_include=followed)


def _is_short(compiled: CompiledEntity, order: Iterable[str]) -> bool:
    """Tell whether what is searched surely fits into an entry of an index beside the order."""
    fields = [compiled.fields[name] for name in (*compiled.entity.search, *order)]
    letters = [int(field.max or MOST_BYTES) if field.kind.is_text else OTHERS for field in fields]
    is_searched = bool(compiled.entity.search) and names.SEARCH in compiled.table.c
    return is_searched and sum(letter + 1 for letter in letters) * BYTES_OF_A_LETTER <= MOST_BYTES


def _links(compiled: CompiledEntity, parts: Iterable[Node]) -> list[str]:
    """Return the links of the record that conditions name, each once."""
    named = {node.name for part in parts for node in part.walk() if isinstance(node, Name)}
    return sorted(name for name in named if name in compiled.fields and compiled.fields[name].type == "link")

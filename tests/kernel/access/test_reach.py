"""Who is said to see every record does: the slow, independent answer agrees, record by record."""

from __future__ import annotations

import random
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert

from kernel.access.reach import Reach
from kernel.storage.closed import CLOSED
from tests.kernel.access.agency import COMPANIES, installed
from tests.kernel.access.test_seen import Case

PLAIN = {
    "empresa": ("nome",),
    "plano": ("codigo", "nome", "preco"),
    "cliente": ("nome", "apelido", "doenca", "nivel", "renda"),
    "telefone": ("numero", "segredo"),
}
EVERY_COMPANY, ALL_OPEN = "the second operator works for every company", "no client is closed"
WORLDS: tuple[frozenset[str], ...] = (
    frozenset(), frozenset({EVERY_COMPANY}), frozenset({ALL_OPEN}), frozenset({EVERY_COMPANY, ALL_OPEN}),
)  # fmt: skip


def world(engine: Engine, changes: frozenset[str]) -> tuple[Any, Any]:
    """Return the rows made by chance with some changes."""
    runtime, data = installed(engine)
    with engine.begin() as connection:
        if EVERY_COMPANY in changes:
            bridge = runtime.entities["operador"].bridges["empresas"]
            theirs = set(range(1, COMPANIES + 1))
            for id in theirs - set(data["operador"][2]["empresas"]):
                connection.execute(insert(bridge), {"source": 2, "target": id})
            data["operador"][2]["empresas"] = tuple(sorted(theirs))
        if ALL_OPEN in changes:
            connection.execute(delete(CLOSED))
            data["fechado"] = {}
    return runtime, data


@pytest.mark.parametrize("changes", WORLDS, ids=lambda each: ", ".join(sorted(each)) or "as it is")
def test_who_reads_all_of_a_field_is_shown_it_of_every_record(
    database: Engine, changes: frozenset[str]
) -> None:
    runtime, data = world(database, changes)
    said = {True: 0, False: 0}
    limited = 0
    for seed in range(120):
        case = Case(database, runtime, data, random.Random(seed))
        profile = case.context.access.profile
        with database.connect() as connection:
            reach = Reach(connection, runtime, case.context)
            for entity, fields in PLAIN.items():
                for field in fields:
                    found = reach.reads_all(entity, field)
                    said[found] += 1
                    if found:
                        ids = data[entity]
                        assert all(case.oracle.cell(entity, id, field) for id in ids), (seed, entity, field)
                        limited += entity == "cliente" and profile is not None and not profile.is_unlimited
                assert not reach.reads_whole(entity) or all(
                    map(reach.reads_all, [entity] * len(fields), fields)
                )
    assert min(said.values()) > 50, said
    assert bool(limited) == (changes == {EVERY_COMPANY, ALL_OPEN}), limited

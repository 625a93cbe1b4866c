"""What an operator prefers: favourites, then what was chosen or opened lately, never what must not be seen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, text

from kernel.context import Context, at_present
from kernel.query.preferred import preferred
from kernel.runtime import Runtime
from kernel.storage import personal
from kernel.storage.preferred import KEPT_CHOICES, chosen, mark, unmark
from kernel.storage.record import Edit, Saved
from kernel.storage.save import save
from tests.access import all_but
from tests.kernel.shop import installed

ANA = at_present("ana")


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return installed(database)


@pytest.fixture
def places(database: Engine, runtime: Runtime) -> dict[str, int]:
    """Two states and four cities, by name."""
    ids: dict[str, int] = {}
    for state, cities in (("MG", ("Andradas", "Borda")), ("SP", ("Campinas", "Diadema"))):
        ids[state] = made(database, runtime, "estado", sigla=state, nome=state)
        ids |= {name: made(database, runtime, "municipio", nome=name, estado=ids[state]) for name in cities}
    return ids


def made(engine: Engine, runtime: Runtime, entity: str, **values: object) -> int:
    saved = save(engine, runtime, ANA, Edit(entity, None, None, values))
    assert isinstance(saved, Saved)
    return saved.id


def names(
    engine: Engine, runtime: Runtime, context: Context = ANA, limit: int = 9, **where: int
) -> list[tuple[str, bool]]:
    with engine.connect() as connection:
        found = preferred(connection, runtime, context, "municipio", where, limit)
    return [(each.hit.text.partition(" ")[0], each.is_favourite) for each in found]


def test_favourites_come_before_the_latest_used(
    database: Engine, runtime: Runtime, places: dict[str, int]
) -> None:
    with database.begin() as connection:
        chosen(connection, [("ana", "municipio", places["Borda"], ANA.now - timedelta(days=2))])
        personal.opened(connection, [("ana", "municipio", places["Campinas"], ANA.now - timedelta(days=1))])
        mark(connection, "ana", "municipio", places["Diadema"])
        mark(connection, "ana", "municipio", places["Diadema"])
        mark(connection, "rui", "municipio", places["Andradas"])
        chosen(connection, [("rui", "municipio", places["Andradas"], ANA.now)])
    assert names(database, runtime) == [("Diadema", True), ("Campinas", False), ("Borda", False)]
    assert names(database, runtime, limit=1) == [("Diadema", True)]
    with database.begin() as connection:
        unmark(connection, "ana", "municipio", places["Diadema"])
        chosen(connection, [("ana", "municipio", places["Borda"], ANA.now)])
    assert names(database, runtime) == [("Borda", False), ("Campinas", False)]


def test_what_does_not_fit_or_must_not_be_seen_is_left_out(
    database: Engine, runtime: Runtime, places: dict[str, int]
) -> None:
    with database.begin() as connection:
        for name in ("Borda", "Campinas", "Diadema"):
            mark(connection, "ana", "municipio", places[name])
        connection.execute(text("DELETE FROM municipio WHERE nome = 'Diadema'"))
    assert {name for name, _ in names(database, runtime)} == {"Borda", "Campinas"}
    assert names(database, runtime, estado=places["SP"]) == [("Campinas", True)]
    elsewhere = {"level": "read", "rows": 'estado.sigla != "MG"'}
    only_mg = replace(ANA, access=all_but(runtime, entities={"municipio": elsewhere}))
    assert names(database, runtime, only_mg) == [("Borda", True)]


def test_only_the_latest_choices_are_kept(database: Engine) -> None:
    installed(database)
    with database.begin() as connection:
        for number in range(KEPT_CHOICES + 5):
            chosen(connection, [("ana", "municipio", number, ANA.now + timedelta(seconds=number))])
        chosen(connection, [("ana", "estado", 1, ANA.now)])
        kept = connection.execute(text("SELECT entity, count(*), min(record) FROM aroeira_choice GROUP BY 1"))
        assert sorted(map(tuple, kept)) == [("estado", 1, 1), ("municipio", KEPT_CHOICES, 5)]

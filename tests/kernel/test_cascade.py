"""Where a record has the value of a parameter from: the steps in order, as the operator may see them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel import cascade
from kernel.access.access import Access
from kernel.access.effective import profile_of
from kernel.access.seen import seen_by
from kernel.cascade import Answer
from kernel.context import Context
from kernel.expression.scope import Run
from kernel.parameters import set_value, site_values
from kernel.query.plan import Count
from kernel.runtime import Runtime
from kernel.storage import system
from tests import office
from tests.kernel.test_parameters import ANA

PARAMETER = """parameter: tolerancia
label: Tolerância
type: {type: integer, min: 0, max: 90, unit: dias}
of: pessoa
cascade: [vidas, cidade.dias]
default: 5
help: Dias de atraso aceitos.
"""
CITY = office.FILES["sede/entities/cidade.yaml"] + "  dias: integer\n"
ROLE = """role: balcao
label: Balcão
entities: {pessoa: read, cidade: read}
fields: {pessoa.vidas: none}
"""
EXTRA = {
    "sede/parameters/tolerancia.yaml": PARAMETER,
    "sede/entities/cidade.yaml": CITY,
    "sede/roles/balcao.yaml": ROLE,
}
DAY = date(2026, 11, 25)


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    made = office.runtime(EXTRA)
    with database.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


def person(engine: Engine, runtime: Runtime, code: str, vidas: int | None, dias: int | None) -> int:
    state = office.put(engine, runtime, "estado", {"sigla": code, "nome": "Minas"})
    city = office.put(engine, runtime, "cidade", {"nome": f"Itajubá {code}", "estado": state, "dias": dias})
    values = {"codigo": code, "nome": "Ana", "vidas": vidas, "cidade": city}
    return office.put(engine, runtime, "pessoa", values)


def asked(
    engine: Engine, runtime: Runtime, record: int, day: date = DAY, context: Context = ANA
) -> Answer | None:
    parameter = runtime.configuration.parameters["tolerancia"]
    with engine.connect() as connection:
        seen = seen_by(runtime, context.access.profile)
        return cascade.answer(connection, seen, context, parameter, record, day)


def called(engine: Engine, runtime: Runtime, values: dict[str, Any], day: date = DAY) -> Any:
    """Return what expressions get for such a record."""
    with engine.connect() as connection:
        run = Run(ANA.now, definitions=runtime.definitions, site=site_values(runtime, connection))
        return runtime.definitions["tolerancia"].answer(run, {"at": day}, values).value


def test_the_first_filled_step_gives_the_value_that_expressions_get(
    database: Engine, runtime: Runtime
) -> None:
    with database.begin() as connection:
        set_value(runtime, connection, ANA, "tolerancia", 30, date(2026, 6, 1))
    own = person(database, runtime, "A1", 1, 2)
    of_city = person(database, runtime, "A2", None, 2)
    none = person(database, runtime, "A3", None, None)
    cases = [
        (own, DAY, 0, ("1", "2", "30", "5"), {"vidas": 1, "cidade": {"dias": 2}}),
        (of_city, DAY, 1, ("", "2", "30", "5"), {"vidas": None, "cidade": {"dias": 2}}),
        (none, DAY, 2, ("", "", "30", "5"), {"vidas": None, "cidade": {"dias": None}}),
        (none, date(2026, 1, 1), 3, ("", "", "", "5"), {"vidas": None, "cidade": {"dias": None}}),
    ]
    for record, day, place, shown, values in cases:
        found = asked(database, runtime, record, day)
        assert found is not None
        assert (found.place, found.shown) == (place, shown)
        assert int(found.shown[found.place]) == called(database, runtime, values, day)
    assert asked(database, runtime, 999) is None


def test_steps_say_how_many_records_have_their_own(database: Engine, runtime: Runtime) -> None:
    person(database, runtime, "A1", 1, 2)
    person(database, runtime, "A2", None, 2)
    parameter = runtime.configuration.parameters["tolerancia"]
    with database.connect() as connection:
        found = cascade.levels(connection, runtime, ANA, parameter)
    assert [(level.path, level.entity, level.field.name, level.own) for level in found] == [
        ("vidas", "pessoa", "vidas", Count(1, exact=True)),
        ("cidade.dias", "cidade", "dias", Count(2, exact=True)),
    ]


def test_what_decides_out_of_sight_is_not_told(database: Engine, runtime: Runtime) -> None:
    own, of_city = person(database, runtime, "A1", 1, 2), person(database, runtime, "A2", None, 2)
    profile = profile_of(runtime.configuration, runtime.configuration.roles["balcao"])
    clerk = replace(ANA, access=Access(profile))
    hidden = asked(database, runtime, own, context=clerk)
    assert hidden == Answer(-1, (), is_hidden=True)
    shown = asked(database, runtime, of_city, context=clerk)
    assert shown is not None
    assert (shown.place, shown.shown[1]) == (1, "2")
    parameter = runtime.configuration.parameters["tolerancia"]
    with database.connect() as connection:
        seen = seen_by(runtime, profile)
        levels = cascade.levels(connection, seen, clerk, parameter)
    assert [(level.is_visible, level.own) for level in levels] == [
        (False, None),
        (True, Count(2, exact=True)),
    ]

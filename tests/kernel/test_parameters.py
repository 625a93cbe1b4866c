"""Values of the site: dated, read once, told with who and when; the cascade says where a value came from."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from kernel import publish as published
from kernel.context import Context
from kernel.expression.definitions import Answered
from kernel.expression.scope import Run
from kernel.parameters import all_values, set_value, site_values
from kernel.runtime import Runtime
from metadata.problems import Refused
from tests.publications import files, publish

CHECKOUT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ANA = Context("ana", NOW)
MORE = {
    "parameters/tolerancia.yaml": """parameter: tolerancia
type: {type: integer, min: 0, max: 90, unit: dias}
of: contrato
cascade: [dias, plano.dias]
default: 5
""",
    "parameters/multa.yaml": "parameter: multa\ntype: percent\n",
    "parameters/prazo.yaml": "parameter: prazo\ntype: duration\n",
}
FILES = files(MORE, plano="dias: integer", contrato="dias: integer\nplano: {type: link, to: plano}")


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    publish(database, FILES)
    with database.connect() as connection:
        return published.load(connection, published.latest(connection))


def say(engine: Engine, runtime: Runtime, name: str, value: Any, since: date) -> Refused | None:
    with engine.begin() as connection:
        return set_value(runtime, connection, ANA, name, value, since)


def asked(engine: Engine, runtime: Runtime, name: str, day: date, record: dict[str, Any]) -> Answered:
    with engine.connect() as connection:
        run = Run(NOW, definitions=runtime.definitions, site=site_values(runtime, connection))
        return runtime.definitions[name].answer(run, {"at": day}, record)


def test_the_first_filled_of_the_cascade_counts_and_says_so(database: Engine, runtime: Runtime) -> None:
    say(database, runtime, "tolerancia", 30, date(2026, 3, 1))
    say(database, runtime, "tolerancia", 10, date(2026, 6, 1))
    own: dict[str, Any] = {"dias": Decimal(1), "plano": {"dias": Decimal(2)}}
    cases = [
        (own, date(2026, 11, 25), 1, "contrato.dias"),
        ({**own, "dias": None}, date(2026, 11, 25), 2, "contrato.plano.dias"),
        ({"dias": None, "plano": None}, date(2026, 11, 25), 10, "valor do sistema desde 01/06/2026"),
        ({"dias": None, "plano": None}, date(2026, 5, 31), 30, "valor do sistema desde 01/03/2026"),
        ({"dias": None, "plano": None}, date(2026, 2, 28), 5, "padrão"),
    ]
    for record, day, value, origin in cases:
        found = asked(database, runtime, "tolerancia", day, record)
        assert (found.value, found.origin) == (Decimal(value), origin)


def test_what_was_said_last_of_a_day_counts_and_nothing_is_forgotten(
    database: Engine, runtime: Runtime
) -> None:
    for value in (30, 40, None):
        assert say(database, runtime, "tolerancia", value, date(2026, 3, 1)) is None
    assert asked(database, runtime, "tolerancia", date(2026, 4, 1), {}).origin == "padrão"
    with database.connect() as connection:
        history = all_values(runtime, connection)["tolerancia"]
    assert [(one.shown, one.by, one.at) for one in history] == [
        ("30", "ana", NOW), ("40", "ana", NOW), ("", "ana", NOW),
    ]  # fmt: skip


def test_a_value_beyond_the_limits_is_refused(database: Engine, runtime: Runtime) -> None:
    refused = say(database, runtime, "tolerancia", 91, date(2026, 3, 1))
    assert refused is not None
    assert refused.code == "R105"
    assert asked(database, runtime, "tolerancia", date(2026, 4, 1), {}).origin == "padrão"


def test_values_come_back_as_expressions_see_them(database: Engine, runtime: Runtime) -> None:
    say(database, runtime, "multa", Decimal("0.02"), date(2026, 3, 1))
    say(database, runtime, "prazo", "P30D", date(2026, 3, 1))
    assert asked(database, runtime, "multa", date(2026, 4, 1), {}).value == Decimal("0.02")
    assert str(asked(database, runtime, "prazo", date(2026, 4, 1), {}).value) == "30 days, 0:00:00"


def test_all_values_are_read_once_and_only_when_one_is_asked_for(database: Engine, runtime: Runtime) -> None:
    statements: list[str] = []

    def heard(*facts: Any) -> None:
        statements.append(facts[2])

    with database.connect() as connection:
        event.listen(database, "before_cursor_execute", heard)
        site = site_values(runtime, connection)
        assert statements == []
        for _ in range(50):
            run = Run(NOW, definitions=runtime.definitions, site=site)
            runtime.definitions["tolerancia"].answer(run, {}, {})
            runtime.definitions["multa"].answer(run, {}, {})
        event.remove(database, "before_cursor_execute", heard)
    assert len(statements) == 1


def test_a_value_that_the_type_no_longer_knows_says_nothing(database: Engine, runtime: Runtime) -> None:
    say(database, runtime, "tolerancia", 30, date(2026, 3, 1))
    changed = {**MORE, "parameters/tolerancia.yaml": "parameter: tolerancia\ntype: date\n"}
    publish(
        database,
        files(changed, plano="dias: integer", contrato="dias: integer\nplano: {type: link, to: plano}"),
    )
    with database.connect() as connection:
        newer = published.load(connection, published.latest(connection))
    assert asked(database, newer, "tolerancia", date(2026, 4, 1), {}) == Answered(None)


def command(engine: Engine, *words: str) -> subprocess.CompletedProcess[str]:
    address = engine.url.render_as_string(hide_password=False)
    return subprocess.run(
        [sys.executable, str(CHECKOUT / "aroeira.py"), "parameter", *words],
        env={**os.environ, "DATABASE_URL": address}, capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_commands_set_and_list(database: Engine, runtime: Runtime) -> None:
    assert "multa" in runtime.definitions
    past = ("set", "multa", "2,5", "--from", "01/03/2026")
    assert command(database, *past).stderr.startswith("R145 --reason")
    done = command(database, *past, "--reason", "contrato de março")
    assert (done.stdout, done.stderr) == ("multa: 2,5% a partir de 01/03/2026.\n", "")
    assert command(database, "set", "multa", "3", "--from", "01/03/2999").returncode == 0
    refused = command(database, "set", "tolerancia", "91")
    assert refused.returncode == 1
    assert refused.stderr.startswith("R105 tolerancia")
    unknown = command(database, "set", "tolerancias", "91")
    assert unknown.stderr == "A138  não existe o parâmetro “tolerancias”; você quis dizer “tolerancia”?\n"
    assert command(database, "set", "multa", "3", "--from", "31/02/2026").returncode == 1
    lines = command(database, "list").stdout.splitlines()
    assert [" ".join(line.split()).partition(", por")[0] for line in lines] == [
        "multa 2,5% (desde 01/03/2026",
        "3% a partir de 01/03/2999",
        "prazo nada (padrão)",
        "tolerancia 5 dias (padrão)",
    ]

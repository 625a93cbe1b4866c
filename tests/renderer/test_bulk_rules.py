"""Rules when one field of many records changes: refusals are foreseen as a set, warnings are counted."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import Engine, event

from kernel.runtime import Runtime
from tests import rules
from tests.office import application, client, put
from tests.renderer.html import page, texts


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return rules.installed(database)


@pytest.fixture
def plan(database: Engine, runtime: Runtime) -> dict[str, int]:
    return rules.plans(database, runtime)


@pytest.fixture
def web(database: Engine, runtime: Runtime) -> Iterator[httpx.Client]:
    with client(application(database, runtime, "ana.souza")) as made:
        yield made


def planned(web: httpx.Client, field: str, value: str) -> str:
    answer = web.post(
        "/registros/contrato/alterar", data={"campo": field, "valor": value, "todos": "sim", "filtro": ""}
    )
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_what_rules_would_refuse_is_foreseen(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    rules.contract(database, runtime, plan["pessoa"], rules.life(10))
    rules.contract(database, runtime, plan["pessoa"], rules.life(100))
    rules.contract(database, runtime, plan["pessoa"], rules.life(100), situacao="fechado")
    address = planned(web, "desconto", "50")
    preview = page(web, address)
    (told,) = texts(preview, "#resumo h2")
    assert told.startswith("1 registro muda; 2 não podem mudar")
    rows = texts(preview, "section.panel tbody tr")
    assert "O desconto de 50,00 passa do total de 10,00." in rows[0]
    assert "Desconto não pode mudar quando Situação é Fechado" in rows[1]
    web.post(f"{address}/andar")
    with database.connect() as connection:
        changed = connection.exec_driver_sql("SELECT count(*) FROM contrato WHERE desconto = 50").scalar()
    assert changed == 1


def test_foresight_asks_the_database_as_often_for_many_as_for_few(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    def asked() -> int:
        statements: list[str] = []
        event.listen(database, "before_cursor_execute", lambda *a: statements.append(a[2]))
        planned(web, "desconto", "1")
        return len(statements)

    for _ in range(2):
        rules.contract(database, runtime, plan["pessoa"], rules.life(10), situacao="fechado")
    few = asked()
    for _ in range(20):
        rules.contract(database, runtime, plan["pessoa"], rules.life(10), situacao="fechado")
    assert asked() == few


def test_warnings_of_a_bulk_change_are_counted(
    web: httpx.Client, database: Engine, runtime: Runtime, plan: dict[str, int]
) -> None:
    for number in ("1", "2"):
        put(
            database, runtime, "contrato", {"numero": number, "plano": plan["pessoa"], "desconto": Decimal(0)}
        )
    address = planned(web, "carencia", "400")
    web.post(f"{address}/andar")
    done = page(web, address)
    (told,) = texts(done, "#resumo h2")
    assert told == "2 registros alterados, 2 com avisos"
    assert "A carência de 400 dias passa de 300." in texts(done, "section.panel tbody tr")[0]

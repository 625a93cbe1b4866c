"""Tests of changing one field of many records: the preview, the steps, what is left alone, the undo."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import Engine, select

from kernel.context import at_present
from kernel.storage import batch_run, batches
from kernel.storage.record import Edit
from kernel.storage.save import save
from tests import office
from tests.renderer.html import find, page, shown, texts

SITUATION = "situacao"


@pytest.fixture
def made(database: Engine) -> office.Runtime:
    """The office with 120 people."""
    made = office.installed(database)
    office.people(database, made, 120, office.cities(database, made))
    return made


@pytest.fixture
def site(database: Engine, made: office.Runtime) -> Iterator[httpx.Client]:
    """A client of the office."""
    with office.client(office.application(database, made)) as client:
        yield client


def situations(engine: Engine, made: office.Runtime) -> dict[int, str]:
    """Return every person's situation by id."""
    table = made.entities["pessoa"].table
    with engine.connect() as connection:
        return {row.id: row.situacao for row in connection.execute(select(table.c.id, table.c.situacao))}


def planned(site: httpx.Client, value: str, **form: object) -> str:
    """Plan a change of the situation and return the address of its preview."""
    answer = site.post("/registros/pessoa/alterar", data={"campo": SITUATION, "valor": value, **form})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_the_preview_says_which_records_cannot_change(
    site: httpx.Client, database: Engine, made: office.Runtime
) -> None:
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE pessoa SET nome = NULL WHERE id IN (SELECT min(id) FROM pessoa)")
    address = planned(site, "cancelado", todos="sim", filtro="")
    preview = page(site, address)
    (told,) = texts(preview, "#resumo h2")
    assert "; 1 não pode mudar" in told
    assert "Nome" in texts(preview, "section.panel tbody tr")[0]
    site.post(f"{address}/andar")
    after = page(site, address)
    assert "; 1 não pôde mudar" in texts(after, "#resumo h2")[0]
    with database.begin() as connection:
        connection.exec_driver_sql("UPDATE pessoa SET nome = NULL")
    nothing = page(site, planned(site, "ativo", todos="sim", filtro=""))
    assert texts(nothing, "#resumo h2")[0].startswith("0 registros mudam")
    assert texts(nothing, "#resumo button") == []


def test_the_preview_changes_nothing_and_says_what_will(
    site: httpx.Client, database: Engine, made: office.Runtime
) -> None:
    before = situations(database, made)
    preview = page(site, planned(site, "cancelado", todos="sim", filtro="situacao=carencia"))
    assert texts(preview, "#resumo h2") == ["20 registros mudam"]
    rows = texts(preview, "section.panel tbody tr")
    assert len(rows) == 20
    assert "Em carênciaCancelado" in rows[0]
    assert situations(database, made) == before


def test_all_that_meet_the_filter_change_and_are_undone(
    site: httpx.Client, database: Engine, made: office.Runtime
) -> None:
    before = situations(database, made)
    preview = planned(site, "cancelado", todos="sim", filtro="")
    assert texts(page(site, preview), "#resumo h2") == ["100 registros mudam; 20 já têm este valor"]
    done = site.post(f"{preview}/andar", follow_redirects=True)
    assert texts(shown(done), "#resumo h2") == ["100 registros alterados"]
    assert set(situations(database, made).values()) == {"cancelado"}
    undone = site.post(f"{preview}/desfazer", follow_redirects=True)
    assert texts(shown(undone), "#resumo h2") == ["Desfeito em 100 registros"]
    assert situations(database, made) == before


def test_who_changed_the_same_field_meanwhile_keeps_their_value(
    site: httpx.Client, database: Engine, made: office.Runtime
) -> None:
    before = situations(database, made)
    waiting = [record for record, situation in before.items() if situation == "ativo"][:3]
    preview = planned(site, "cancelado", ids=[str(record) for record in waiting])
    other = at_present("ivo")
    save(database, made, other, Edit("pessoa", waiting[0], None, {SITUATION: "carencia"}))
    save(database, made, other, Edit("pessoa", waiting[1], None, {"vidas": 7}))
    done = shown(site.post(f"{preview}/andar", follow_redirects=True))
    assert texts(done, "#resumo h2") == ["2 registros alterados; 1 não pôde mudar"]
    assert "foi mudado por ivo depois que você conferiu" in done.text_content()
    assert [situations(database, made)[record] for record in waiting] == [
        "carencia",
        "cancelado",
        "cancelado",
    ]
    save(database, made, other, Edit("pessoa", waiting[1], None, {SITUATION: "inadimplente"}))
    undone = shown(site.post(f"{preview}/desfazer", follow_redirects=True))
    assert texts(undone, "#resumo h2") == ["Desfeito em 1 registro"]
    assert [situations(database, made)[record] for record in waiting] == ["carencia", "inadimplente", "ativo"]


def test_a_batch_goes_on_where_it_stopped(database: Engine, made: office.Runtime, site: httpx.Client) -> None:
    number = int(planned(site, "cancelado", todos="sim", filtro="").rpartition("/")[2])
    context = at_present("marina.prado")
    with database.connect() as connection:
        batch = batches.find(connection, "marina.prado", number)
    assert batch is not None
    assert batch_run.advance(database, made, context, batch, 0.0) is True
    with database.connect() as connection:
        counts = batches.counts(connection, number)
    assert counts == {"done": 50, "waiting": 50, "same": 20}
    assert batch_run.advance(database, made, context, batch, 60) is False
    assert set(situations(database, made).values()) == {"cancelado"}


def test_a_wrong_value_is_told_at_the_field(site: httpx.Client) -> None:
    answer = site.post(
        "/registros/pessoa/alterar", data={"ids": "1", "campo": "nascimento", "valor": "31/02/2020"}
    )
    assert answer.status_code == 422
    assert "não existe no calendário" in shown(answer).text_content()
    assert find(shown(answer), "#valor")[0].get("value") == "31/02/2020"
    empty = site.post("/registros/pessoa/alterar", data={"ids": "1", "campo": "nome", "valor": ""})
    assert "nome está em branco" in shown(empty).text_content().lower()


def test_a_rule_of_the_record_refuses_only_that_record(
    site: httpx.Client, database: Engine, made: office.Runtime
) -> None:
    table = made.entities["pessoa"].table
    with database.begin() as connection:
        connection.execute(table.update().where(table.c.codigo == "00001").values(nome=None))
    preview = planned(site, "cancelado", todos="sim", filtro="codigo=00001&codigo=00002")
    done = shown(site.post(f"{preview}/andar", follow_redirects=True))
    assert texts(done, "#resumo h2") == ["1 registro alterado; 1 não pôde mudar"]


def test_a_batch_of_another_operator_cannot_be_seen_or_run(
    site: httpx.Client, database: Engine, made: office.Runtime
) -> None:
    preview = planned(site, "cancelado", todos="sim", filtro="")
    with office.client(office.application(database, made, "outra")) as stranger:
        assert stranger.get(preview).status_code == 404
        assert stranger.post(f"{preview}/andar").status_code == 404
    assert "cancelado" in situations(database, made).values()


def test_without_selection_the_page_says_so(site: httpx.Client) -> None:
    answer = site.post("/registros/pessoa/alterar", data={"filtro": ""})
    assert "Nenhum registro selecionado" in answer.text

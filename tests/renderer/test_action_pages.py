"""Actions over HTTP, without script: asked on a page, shown, made as a whole, told, undone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from kernel.accounts.signed import Signed
from kernel.runtime import Runtime
from tests import tariffs
from tests.office import application, client
from tests.publications import one, run


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return tariffs.installed(database)


@pytest.fixture
def web(database: Engine, runtime: Runtime) -> Iterator[httpx.Client]:
    tariffs.plan(database, runtime)
    with client(application(database, runtime, "ana.souza")) as made:
        yield made


ADDRESS = "/registros/plano/1/acao/criar"


def answers(**more: str) -> dict[str, str]:
    texts = {"quantas": "2", "prefixo": "X", "inicio": "01/01/2027", "reajuste": "", "vezes": ""} | more
    return {f"f.{name}": text for name, text in texts.items()}


def shown(page: str) -> list[str]:
    """Return the lines of the table, in words."""
    body = page[page.index("<tbody>") : page.index("</tbody>")]
    lines = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", line).split()) for line in lines]


def marked(page: str) -> dict[str, str]:
    found = re.search(r'name="visto" value="(\w+)"', page)
    key = re.search(r'name="vez" value="(\w+)"', page)
    assert found
    assert key
    return {"visto": found[1], "vez": key[1], "passo": "criar"}


def tables(engine: Engine) -> Any:
    return one(engine, "SELECT string_agg(codigo, ',' ORDER BY id) FROM tabela")


def test_the_form_of_a_stored_record_leads_to_its_actions(web: httpx.Client) -> None:
    assert f'href="{ADDRESS}"' in web.get("/registros/plano/1").text
    assert "/acao/" not in web.get("/registros/plano/novo").text
    assert web.get("/registros/tabela/1/acao/criar").status_code == 404
    assert web.get("/registros/plano/1/acao/outra").status_code == 404
    assert web.get("/registros/plano/9/acao/criar").status_code == 404


def test_questions_come_with_what_they_begin_with(web: httpx.Client) -> None:
    page = web.get(ADDRESS).text
    assert re.search(r'name="f.prefixo"[^>]*value="P1"', page)
    assert re.search(r'name="f.quantas"[^>]*value="1"', page)
    assert 'value="criar"' not in page


def test_what_is_shown_is_made_told_and_undone(web: httpx.Client, database: Engine) -> None:
    page = web.post(ADDRESS, data=answers()).text
    assert "Vai criar 2 tabelas" in page
    assert shown(page) == [
        f"{n} X-{n} Tabela A tabela não tem faixas. Faixas: 0 pronto, com aviso" for n in (1, 2)
    ]
    assert tables(database) is None
    answer = web.post(ADDRESS, data=answers() | marked(page), follow_redirects=False)
    assert answer.status_code == 303
    assert tables(database) == "X-1,X-2"
    page = web.get(answer.headers["location"]).text
    assert "Criado: 2 tabelas" in page
    assert shown(page) == ["1 X-1 Tabela criado", "2 X-2 Tabela criado"]
    feito = re.findall(r'name="feito" value="([^"]+)"', page)
    page = web.post(f"{ADDRESS}/desfazer", data={"feito": feito}, follow_redirects=True).text
    assert "Desfeito: 2 registros removidos" in page
    assert tables(database) is None


def test_answers_that_changed_since_they_were_shown_are_shown_again(
    web: httpx.Client, database: Engine
) -> None:
    seen = marked(web.post(ADDRESS, data=answers()).text)
    answer = web.post(ADDRESS, data=answers(quantas="3") | seen, follow_redirects=False)
    assert answer.status_code == 200
    assert "O resultado mudou desde a última conferência" in answer.text
    assert len(shown(answer.text)) == 3
    assert tables(database) is None
    web.post(ADDRESS, data=answers(quantas="3") | marked(answer.text))
    assert tables(database) == "X-1,X-2,X-3"


def test_answers_that_will_not_do_stay_with_their_errors(web: httpx.Client) -> None:
    answer = web.post(ADDRESS, data=answers(quantas="13", inicio="31/02/2027", prefixo=""))
    assert answer.status_code == 422
    assert "Nada foi criado: 3 pontos precisam" in answer.text
    assert re.search(r'name="f.inicio"[^>]*aria-invalid="true"[^>]*value="31/02/2027"', answer.text)
    assert "<tbody>" not in answer.text


def test_a_refusal_stands_at_its_line_and_nothing_can_be_made(
    web: httpx.Client, database: Engine, runtime: Runtime
) -> None:
    tariffs.table(database, runtime, 1, "X-2", (0, "1.00"))
    model = {"f.modelo": "1", "f.modelo.texto": "X-2", "f.modelo.de": "X-2"}
    answer = web.post(ADDRESS, data=answers(quantas="3", reajuste="-200") | model)
    assert answer.status_code == 422
    lines = shown(answer.text)
    assert "Faixas, linha 1: O valor de -1,00 é negativo" in lines[0]
    assert 'value="criar"' not in answer.text
    answer = web.post(ADDRESS, data=answers(quantas="3") | model)
    assert "1 registro não pode ser criado" in answer.text
    lines = shown(answer.text)
    assert lines[0] == "1 X-1 Tabela Faixas: 1 pronto"
    assert lines[1].startswith("2 X-2 Tabela Já existe tabela")
    assert lines[1].endswith("Faixas: 1 não pode")


def test_what_was_changed_since_is_not_undone(web: httpx.Client, database: Engine) -> None:
    shown_first = marked(web.post(ADDRESS, data=answers()).text)
    made = web.post(ADDRESS, data=answers() | shown_first, follow_redirects=True)
    feito = re.findall(r'name="feito" value="([^"]+)"', made.text)
    run(database, "UPDATE tabela SET version = 2, updated_by = 'bia' WHERE codigo = 'X-1'")
    answer = web.post(f"{ADDRESS}/desfazer", data={"feito": feito}, follow_redirects=False)
    assert answer.status_code == 409
    assert "Nada foi desfeito: 1 registro não pode ser removido" in answer.text
    assert shown(answer.text)[0].startswith("1 X-1 Tabela Bia mudou este registro")
    assert tables(database) == "X-1,X-2"


def test_only_what_the_action_makes_is_undone(web: httpx.Client, database: Engine) -> None:
    assert web.post(f"{ADDRESS}/desfazer", data={"feito": "plano.1"}).status_code == 400
    assert one(database, "SELECT count(*) FROM plano") == 1


def test_a_post_sent_twice_makes_once_and_leads_to_what_was_made(web: httpx.Client, database: Engine) -> None:
    press = answers() | marked(web.post(ADDRESS, data=answers()).text)

    def send(_: int) -> httpx.Response:
        return web.post(ADDRESS, data=press, follow_redirects=False)

    with ThreadPoolExecutor(6) as pool:
        told = list(pool.map(send, range(6)))
    ids = one(database, "SELECT string_agg(id::text, '.' ORDER BY id) FROM tabela")
    assert {(answer.status_code, answer.headers["location"]) for answer in [*told, send(0)]} == {
        (303, f"{ADDRESS}?feito=tabela.{ids}")
    }
    assert tables(database) == "X-1,X-2"


def test_a_page_gone_back_to_with_other_answers_is_shown_again(web: httpx.Client, database: Engine) -> None:
    press = marked(web.post(ADDRESS, data=answers()).text)
    web.post(ADDRESS, data=answers() | press)
    again = web.post(ADDRESS, data=answers(prefixo="Y") | press, follow_redirects=False)
    assert again.status_code == 200
    assert "O resultado mudou" in again.text
    assert marked(again.text)["vez"] != press["vez"]
    web.post(ADDRESS, data=answers(prefixo="Y") | marked(again.text))
    assert tables(database) == "X-1,X-2,Y-1,Y-2"


def test_undoing_pressed_twice_is_undone_once_and_told_as_such(web: httpx.Client, database: Engine) -> None:
    made = web.post(
        ADDRESS, data=answers() | marked(web.post(ADDRESS, data=answers()).text), follow_redirects=True
    )
    feito = re.findall(r'name="feito" value="([^"]+)"', made.text)

    def send(_: int) -> httpx.Response:
        return web.post(f"{ADDRESS}/desfazer", data={"feito": feito}, follow_redirects=False)

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(send, range(4)))
    assert {(answer.status_code, answer.headers.get("location")) for answer in told} == {
        (303, f"{ADDRESS}?desfeito=2")
    }
    assert tables(database) is None


LOOKS = """
role: olha
label: Olha
entities: {plano: read, tabela: add, faixa: add}
fields: {tabela.codigo: read}
"""


def test_what_roles_refuse_of_an_action_is_in_the_log_of_refusals(database: Engine) -> None:
    """Already where it is only looked at: what may not be written is refused, and that is noted."""
    files = {**tariffs.FILES, "loja/roles/olha.yaml": LOOKS}
    runtime = tariffs.installed(database, files)
    plan = tariffs.plan(database, runtime)
    app = application(database, runtime, "rui")
    app.state.signed_in_as = Signed(0, "rui", "Rui", ("olha",))
    with client(app) as web:
        page = web.post(f"/registros/plano/{plan}/acao/criar", data=answers())
    assert page.status_code == 422
    assert "ão pode mudar" in page.text
    noted = run(database, "SELECT login, level, entity, field FROM aroeira_refusal")
    assert noted == [("rui", "change", "tabela", "codigo")]


def test_who_may_not_remove_does_not_undo_and_that_is_in_the_log_of_refusals(database: Engine) -> None:
    adds = LOOKS.replace("fields: {tabela.codigo: read}\n", "")
    runtime = tariffs.installed(database, {**tariffs.FILES, "loja/roles/olha.yaml": adds})
    plan = tariffs.plan(database, runtime)
    app = application(database, runtime, "rui")
    app.state.signed_in_as = Signed(0, "rui", "Rui", ("olha",))
    address = f"/registros/plano/{plan}/acao/criar"
    with client(app) as web:
        page = web.post(address, data=answers()).text
        made = web.post(address, data=answers() | marked(page))
        done = made.headers["location"].split("feito=")[1].split("&")[0]
        answer = web.post(f"{address}/desfazer", data={"feito": done})
    assert answer.status_code == 409
    assert "ocê não pode excluir" in answer.text
    kept = run(database, "SELECT id FROM tabela ORDER BY id DESC LIMIT 2")
    noted = run(
        database, "SELECT login, level, entity, record, route FROM aroeira_refusal ORDER BY record DESC"
    )
    assert len(noted) == 1  # counted by entity, the last record told
    assert noted[0][:3] == ("rui", "remove", "tabela")
    assert (noted[0][3],) in kept
    assert "desfazer" in noted[0][4]

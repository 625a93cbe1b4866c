"""The pages of a record over HTTP: saving, refusals, conflicts, an absent database, files, drafts, help."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from html import unescape
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, create_engine, text
from starlette.applications import Starlette

from kernel import outage
from kernel.runtime import Runtime
from tests import plans
from tests.office import application, client

GOOD = {
    "version": "",
    "f.codigo": "0412",
    "f.nome": "Essencial",
    "f.situacao": "ativo",
    "f.inicio": "05/11/2026",
    "f.reembolso": "nao",
}


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    return plans.installed(database)


@pytest.fixture
def app(database: Engine, runtime: Runtime) -> Starlette:
    plans.places(database, runtime)
    return application(database, runtime, "ana.souza")


@pytest.fixture
def web(app: Starlette) -> Iterator[httpx.Client]:
    with client(app) as made:
        yield made


def scalar(engine: Engine, statement: str) -> Any:
    with engine.connect() as connection:
        return connection.scalar(text(statement))


def hidden(page: str) -> dict[str, Any]:
    """Return what the page carries besides its fields."""
    found = re.findall(r"""name="(version|base|pergunta|rascunho)" value=(["'])(.*?)\2""", page)
    return {name: unescape(value) for name, _, value in found}


def test_a_new_record_is_saved_and_shown(web: httpx.Client, database: Engine) -> None:
    answer = web.post(
        "/registros/plano/novo", data=GOOD | {"c.faixas.0.de": "0", "c.faixas.0.valor": "286,40"}
    )
    assert answer.status_code == 303
    page = web.get(answer.headers["location"])
    assert "salvo às" in page.text
    assert "0412 · Essencial" in page.text
    assert 'value="286,40"' in page.text
    assert scalar(database, "SELECT numero FROM plano") == "000001"


def test_save_and_include_goes_to_an_empty_record(web: httpx.Client) -> None:
    answer = web.post("/registros/plano/novo", data=GOOD | {"depois": "novo"})
    assert answer.headers["location"].startswith("/registros/plano/novo?salvo=")


def test_a_script_is_told_where_to_go(web: httpx.Client) -> None:
    answer = web.post("/registros/plano/novo", data=GOOD, headers={"X-Aroeira": "script"})
    assert answer.status_code == 204
    assert re.fullmatch(r"/registros/plano/\d+\?salvo=\d+", answer.headers["X-Vai-Para"])


def test_all_problems_come_at_once_in_the_order_of_the_form(web: httpx.Client, database: Engine) -> None:
    answer = web.post(
        "/registros/plano/novo",
        data={"version": "", "f.nome": "Só o nome", "f.vidas": "muitas", "c.faixas.0.de": "200"},
    )
    assert answer.status_code == 422
    summary = answer.text[
        answer.text.index('id="erros"') : answer.text.index("</ul>", answer.text.index('id="erros"'))
    ]
    wanted = ["Código", "Data de início", "Vidas", "linha 1, De", "linha 1, Valor"]
    places = [
        summary.index(f">{word}<") if ">" + word + "<" in summary else summary.index(word) for word in wanted
    ]
    assert places == sorted(places)
    assert 'value="Só o nome"' in answer.text
    assert 'value="muitas"' in answer.text
    assert 'aria-describedby="f-codigo-e"' in answer.text
    assert scalar(database, "SELECT count(*) FROM plano") == 0


def test_a_stale_page_asks_only_what_both_changed(
    web: httpx.Client, database: Engine, runtime: Runtime
) -> None:
    plan = plans.plan(database, runtime)
    page = web.get(f"/registros/plano/{plan}").text
    base = re.search(r"name=\"base\" value='([^']*)'", page)
    assert base
    old = {"version": "1", "base": base[1].replace("&amp;", "&").replace("&lt;", "<").replace("&#39;", "'")}
    assert (
        web.post(f"/registros/plano/{plan}", data=old | {"f.nome": "Um", "f.vidas": "3"}).status_code == 303
    )
    joined = web.post(f"/registros/plano/{plan}", data=old | {"f.mensalidade": "10"})
    assert "juntou=nome%2Cvidas" in joined.headers["location"]
    asked = web.post(f"/registros/plano/{plan}", data=old | {"f.nome": "Dois", "f.vidas": ""})
    assert asked.status_code == 409
    assert 'name="escolha.nome"' in asked.text
    assert 'name="escolha.vidas"' not in asked.text
    assert 'name="version" value="3"' in asked.text


def test_a_conflict_is_asked_until_every_field_has_an_answer(
    web: httpx.Client, database: Engine, runtime: Runtime
) -> None:
    address = f"/registros/plano/{plans.plan(database, runtime)}"
    old = hidden(web.get(address).text)
    theirs = {"f.nome": "Dele", "f.codigo": "0002"}
    assert web.post(address, data=old | theirs).status_code == 303
    mine = {"f.nome": "Meu", "f.codigo": "0001"}
    page = web.post(address, data=old | mine)
    assert page.status_code == 409
    for again in ({}, {"escolha.nome": "meu"}, {"escolha.nome": "meu", "escolha.codigo": ""}):
        kept = hidden(page.text) | {"perguntado": ["nome", "codigo"]}
        page = web.post(address, data=kept | mine | again)
        assert page.status_code == 422
        assert "Você salvou este registro em outra janela" in page.text
        assert "ana.souza" not in page.text.partition('id="conflito"')[2].partition("pergunta")[0]
        assert page.text.count('type="radio" name="escolha.') == 4
        assert page.text.count(" checked data-target") == len(again) - ("escolha.codigo" in again)
        assert scalar(database, "SELECT nome FROM plano") == "Dele"
    draft = {
        "posted": {name: text if isinstance(text, list) else [text] for name, text in (kept | mine).items()}
    }
    web.put(address.replace("registros", "rascunhos"), json=draft)
    assert 'name="escolha.codigo"' in web.get(address, params={"rascunho": address.rpartition("/")[2]}).text
    answers = {"escolha.nome": "meu", "escolha.codigo": "deles"}
    assert web.post(address, data=kept | mine | answers).status_code == 303
    assert scalar(database, "SELECT codigo || nome FROM plano") == "0002Meu"


NO_VERSION = [{}, {"version": ""}, {"version": "x"}, {"version": "-1"}, {"version": "9" * 5000}]


@pytest.mark.parametrize("version", NO_VERSION, ids=["none", "empty", "word", "negative", "endless"])
def test_a_page_without_its_version_changes_nothing(
    web: httpx.Client, database: Engine, runtime: Runtime, version: dict[str, str]
) -> None:
    address = f"/registros/plano/{plans.plan(database, runtime)}"
    saved = web.post(address, data={"f.nome": "Outro"} | version)
    removed = web.post(f"{address}/excluir", data=version)
    for answer in (saved, removed):
        assert (answer.status_code, "chegou incompleta" in answer.text) == (422, True)
    assert 'value="Outro"' in saved.text
    assert scalar(database, "SELECT nome FROM plano") == "Flex Empresarial II"


def test_a_new_record_needs_a_whole_page_too(web: httpx.Client, database: Engine) -> None:
    bodies: list[dict[str, Any]] = [{}, {"json": {"codigo": "1"}}, {"data": {"nome": "Sem sinal"}}]
    for body in bodies:
        answer = web.post("/registros/rede/novo", **body)
        assert (answer.status_code, "chegou incompleta" in answer.text) == (422, True)
    assert scalar(database, "SELECT count(*) FROM rede WHERE nome = 'Sem sinal'") == 0


@pytest.mark.parametrize("extra", [{}, {"c.faixas.0.removed": "1"}], ids=["changed", "removed"])
def test_a_row_id_that_cannot_be_is_refused(
    web: httpx.Client, database: Engine, runtime: Runtime, extra: dict[str, str]
) -> None:
    address = f"/registros/plano/{plans.plan(database, runtime)}"
    for wrong in ("9" * 19, "9" * 5000):
        answer = web.post(
            address, data={"version": "1", "c.faixas.0.id": wrong, "c.faixas.0.de": "1"} | extra
        )
        assert (answer.status_code, "não foi encontrado" in answer.text) == (422, True)
    assert scalar(database, "SELECT count(*) FROM faixa") == 2


def test_a_database_that_is_away_loses_nothing(web: httpx.Client, app: Starlette, database: Engine) -> None:
    nowhere = create_engine("postgresql+psycopg://ana@127.0.0.1:1/nada", connect_args={"connect_timeout": 2})
    outage.watch(nowhere)
    app.state.engine = nowhere
    answer = web.post(
        "/registros/plano/novo", data=GOOD | {"c.faixas.0.valor": "286,40", "f.estado.texto": "MG"}
    )
    assert answer.status_code == 503
    assert "ainda não foi salvo" in answer.text
    for kept in ('value="Essencial"', 'value="286,40"', 'value="MG"', "Tentar de novo"):
        assert kept in answer.text
    app.state.engine = database
    assert web.post("/registros/plano/novo", data=GOOD).status_code == 303


def test_a_record_that_is_gone_is_said_to_be_gone(web: httpx.Client) -> None:
    assert web.get("/registros/plano/99").status_code == 404
    assert web.get("/registros/nada/novo").status_code == 404
    answer = web.post("/registros/plano/99", data=GOOD | {"version": "1"})
    assert "o registro foi excluído, ou deixou de estar" in answer.text


def test_fields_can_be_filled_by_the_address(web: httpx.Client, database: Engine) -> None:
    state = scalar(database, "SELECT id FROM estado WHERE sigla = 'SP'")
    page = web.get("/registros/municipio/novo", params={"f.nome": "Santos", "f.estado": state}).text
    assert 'value="Santos"' in page
    assert 'value="SP · São Paulo"' in page


def test_removal_says_what_goes_along(web: httpx.Client, database: Engine, runtime: Runtime) -> None:
    plan = plans.plan(database, runtime)
    assert "Faixas de preço: 2 linhas" in web.get(f"/registros/plano/{plan}/excluir").text
    stale = web.post(f"/registros/plano/{plan}/excluir", data={"version": "7"})
    assert (stale.status_code, "Confira o que mudou" in stale.text) == (409, True)
    gone = web.post(f"/registros/plano/{plan}/excluir", data={"version": "1"}, follow_redirects=True)
    assert "Plano 0288 · Flex Empresarial II excluído" in gone.text
    assert scalar(database, "SELECT count(*) FROM faixa") == 0


def test_a_record_in_use_leads_to_its_users(web: httpx.Client, database: Engine, runtime: Runtime) -> None:
    state = scalar(database, "SELECT id FROM estado WHERE sigla = 'MG'")
    plans.plan(database, runtime, estado=state)
    known = web.get(f"/registros/estado/{state}/excluir")
    refused = web.post(f"/registros/estado/{state}/excluir", data={"version": "1"})
    assert (known.status_code, refused.status_code) == (200, 422)
    for answer in (known, refused):
        said = unescape(re.sub(r"<[^>]+>", "", answer.text))
        assert "MG · Minas Gerais não pode ser excluído" in said
        assert "2 municípios, no campo Estado; por exemplo" in said
        assert 'type="submit">' not in answer.text.partition("data-dialog")[2]
    assert scalar(database, "SELECT count(*) FROM estado WHERE sigla = 'MG'") == 1
    links = [unescape(link) for link in re.findall(r'class="link" href="([^"]+)"', refused.text)]
    assert links == [f"/registros/municipio?estado={state}", f"/registros/plano?estado={state}"]
    listed = web.get(links[1]).text
    assert "Flex Empresarial II" in listed
    other = scalar(database, "SELECT id FROM estado WHERE sigla = 'SP'")
    assert "Flex Empresarial II" not in web.get(links[1].replace(str(state), str(other))).text


def test_a_copy_takes_the_chosen_parts(web: httpx.Client, database: Engine, runtime: Runtime) -> None:
    plan = plans.plan(database, runtime)
    without = web.post(f"/registros/plano/{plan}/duplicar", data={}).text
    assert 'value="286,40"' not in without
    assert 'action="/registros/plano/novo"' in without
    assert 'value="286,40"' in web.post(f"/registros/plano/{plan}/duplicar", data={"parte": "faixas"}).text


# ── lookups and cells ─────────────────────────────────────────────────────────────────────────────


def test_a_lookup_finds_by_fragments_and_keeps_to_its_filter(web: httpx.Client, database: Engine) -> None:
    state = scalar(database, "SELECT id FROM estado WHERE sigla = 'MG'")
    found = web.get(
        "/busca/municipio", params={"q": "po", "campo": "plano.municipio", "onde.estado": state}
    ).text
    assert re.findall(r'data-text="([^"]*)"', found) == ["Poços de Caldas", "Pouso Alegre"]
    assert "<mark>Po</mark>" in found
    none = web.get(
        "/busca/municipio", params={"q": "campinas", "campo": "plano.municipio", "onde.estado": state}
    ).text
    assert "Nada encontrado" in none
    empty = web.get(
        "/busca/municipio", params={"q": "xyz", "campo": "plano.municipio", "onde.estado": ""}
    ).text
    assert "depende de Estado" in empty


def test_cells_are_judged_one_by_one(web: httpx.Client) -> None:
    cells = [
        ("de", "12"),
        ("de", "x"),
        ("de", "200"),
        ("valor", "1.234,5"),
        ("situacao", "Ativo"),
        ("situacao", "Talvez"),
        ("rede", "sul"),
        ("rede", "Rede"),
        ("nada", "1"),
        ("rede", ""),
    ]
    body = {
        "cells": [{"field": field, "text": written, "row": "0"} for field, written in cells],
        "rows": {"0": {}},
    }
    said = web.post("/conferir/faixa", json=body).json()["cells"]
    assert said[0] == {"text": "12"}
    assert said[3] == {"text": "1.234,50"}
    assert said[4] == {"text": "ativo"}
    assert said[6]["text"] == "Rede Sul"
    assert [place for place, cell in enumerate(said) if "error" in cell] == [1, 2, 5, 7, 8]


@pytest.mark.parametrize("body", [b"", b"[]", b'{"cells": 3}', b"{"])
def test_a_broken_question_is_refused(web: httpx.Client, body: bytes) -> None:
    assert web.post("/conferir/faixa", content=body).status_code == 400


def test_what_was_typed_into_a_removed_record_becomes_a_new_one(
    web: httpx.Client, database: Engine, runtime: Runtime
) -> None:
    plan = plans.plan(database, runtime)
    page = web.get(f"/registros/plano/{plan}").text
    assert web.post(f"/registros/plano/{plan}/excluir", data={"version": "1"}).status_code == 303
    mine = {name: text for name, text in hidden(page).items() if name != "rascunho"}
    mine |= {"f.codigo": "0288", "f.nome": "Meu", "f.situacao": "ativo", "f.inicio": "01/01/2026"}
    row = {"c.faixas.0.id": "1", "c.faixas.0.de": "0", "c.faixas.0.ate": "18", "c.faixas.0.valor": "286,40"}
    answer = web.post(f"/registros/plano/{plan}", data=mine | row)
    assert answer.status_code == 409
    assert "o registro foi excluído, ou deixou de estar entre os que você vê" in answer.text
    assert 'action="/registros/plano/novo"' in answer.text
    again = web.post("/registros/plano/novo", data=hidden(answer.text) | mine | row | {"c.faixas.0.id": ""})
    assert again.status_code == 303, again.text
    assert scalar(database, "SELECT nome FROM plano") == "Meu"
    assert scalar(database, "SELECT valor FROM faixa") == Decimal("286.40")


# ── drafts, files, help ───────────────────────────────────────────────────────────────────────────


def test_a_draft_is_kept_offered_and_forgotten(web: httpx.Client, database: Engine, runtime: Runtime) -> None:
    plan = plans.plan(database, runtime)
    address = f"/rascunhos/plano/{plan}"
    assert web.get(address).json() == {}
    kept = web.put(address, json={"posted": {"f.nome": ["Outro"], "f.situacao": ["suspenso"]}})
    assert re.fullmatch(r"rascunho guardado às \d\d:\d\d", kept.json()["says"])
    offered = web.get(address).json()
    assert offered["changes"] == [
        {"label": "Nome", "before": "Flex Empresarial II", "after": "Outro"},
        {"label": "Situação", "before": "Ativo", "after": "Venda suspensa"},
    ]
    assert "Continuar o rascunho de hoje" in offered["banner"]
    assert 'value="Outro"' in web.get(f"/registros/plano/{plan}", params={"rascunho": plan}).text
    assert web.delete(address).status_code == 204
    assert web.get(address).json() == {}
    assert web.put("/rascunhos/plano/x", json={"posted": {}}).status_code == 404
    assert web.put(address, json={"posted": 3}).status_code == 400


def test_saving_forgets_the_draft(web: httpx.Client, database: Engine) -> None:
    for name in ("novo-0000000a", "novo-0000000b"):
        web.put(f"/rascunhos/plano/{name}", json={"posted": {"f.nome": ["Outro"]}})
    web.post("/registros/plano/novo", data=GOOD | {"rascunho": "novo-0000000a"})
    assert scalar(database, "SELECT string_agg(record, ',') FROM aroeira_draft") == "novo-0000000b"


def test_every_record_begun_keeps_a_draft_of_its_own(web: httpx.Client) -> None:
    """Whoever begins another one loses nothing of the first; the home page names them by what was typed."""
    pages = [web.get("/registros/plano/novo").text for _ in range(2)]
    names = [re.search(r'data-draft="(/rascunhos/plano/novo-[0-9a-f]{8})"', page) for page in pages]
    addresses = [found[1] for found in names if found]
    assert len(set(addresses)) == 2
    for address, code in zip(addresses, ("T100", "T200"), strict=True):
        web.put(address, json={"posted": {"f.codigo": [code], "f.nome": ["Sem nome"]}})
    offered = web.get("/rascunhos/plano/novo-00000000").json()
    assert {"label": "Código", "before": "", "after": "T200"} in offered["changes"]
    assert "Há mais 1 rascunho" in offered["banner"]
    home = web.get("/").text
    assert "T100 · Sem nome" in home
    link = re.search(
        r'href="(/registros/plano/novo\?rascunho=novo-[0-9a-f]{8})"[^>]*>(?:(?!</a>).)*T100', home, re.DOTALL
    )
    assert link
    page = web.get(link[1]).text
    assert 'value="T100"' in page
    assert f'data-draft="{addresses[0]}"' in page


def test_a_file_comes_with_a_form_sent_without_script(web: httpx.Client, database: Engine) -> None:
    files = {"f.contrato.arquivo": ("contrato.txt", b"assinado", "text/plain")}
    answer = web.post("/registros/plano/novo", data=GOOD, files=files)
    page = web.get(answer.headers["location"]).text
    link = re.search(r'href="(/anexos/\d+)"', page)
    assert link
    given = web.get(link[1])
    assert given.content == b"assinado"
    assert "inline" in given.headers["content-disposition"]
    kept = {"version": "1", "base": "{}", "f.contrato": [link[1].rpartition("/")[2], ""]}
    web.post(answer.headers["location"].partition("?")[0], data=kept)
    assert scalar(database, "SELECT contrato FROM plano") is None


def test_a_file_of_a_strange_type_is_only_downloaded(web: httpx.Client) -> None:
    page = {"arquivo": ("mau.html", b"<script>", "text/html")}
    refused = web.post("/anexos", data={"campo": "plano.contrato"}, files=page)
    assert (refused.status_code, "não é de um tipo aceito" in refused.json()["detail"]) == (422, True)
    named = {"arquivo": ("mau.txt", b"<script>", "text/html")}
    kept = web.post("/anexos", data={"campo": "plano.contrato"}, files=named).json()
    assert "attachment" in web.get(f"/anexos/{kept['id']}").headers["content-disposition"]


def test_help_says_what_the_field_is_and_takes_a_question(web: httpx.Client, database: Engine) -> None:
    drawer = web.get(
        "/ajuda", params={"entidade": "plano", "campo": "nome"}, headers={"X-Aroeira": "script"}
    ).text
    for words in (
        "O nome que o beneficiário lê",
        "Flex Empresarial II",
        "Manual do cadastro",
        "Antes de cadastrar um plano",
    ):
        assert words in drawer
    assert "<html" not in drawer
    assert "<li>confira o nome</li>" in web.get("/ajuda", params={"sobre": "plano"}).text
    asked = {"entidade": "plano", "campo": "nome", "tela": "/registros/plano/17"}
    assert web.post("/ajuda", data=asked).status_code == 303
    assert scalar(database, "SELECT screen FROM aroeira_question") == "/registros/plano"

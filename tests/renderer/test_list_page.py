"""Tests of the list page: what it shows, what an address asks of it, what it says about mistakes."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from lxml.html import HtmlElement
from sqlalchemy import Engine

from tests import office
from tests.renderer.html import find, page, shown, texts


@pytest.fixture
def site(database: Engine) -> Iterator[httpx.Client]:
    """The office with 120 people."""
    made = office.installed(database)
    office.people(database, made, 120, office.cities(database, made))
    with office.client(office.application(database, made)) as client:
        yield client


def test_a_list_shows_its_columns_and_fifty_rows_in_its_order(site: httpx.Client) -> None:
    root = page(site, "/registros/pessoa")
    assert texts(root, "h1") == ["Pessoas"]
    heads = [
        "",
        "Código",
        "Nome",
        "CPF",
        "Situação",
        "Cidade",
        "Estado (cidade)",
        "Nascimento",
        "Mensalidade",
    ]
    assert [head.lower() for head in texts(root, "thead th")] == [head.lower() for head in heads]
    names = texts(root, "td.k-name")
    assert len(names) == 50
    assert names == sorted(names)
    assert find(root, "th")[2].get("aria-sort") == "ascending"
    first = find(root, "td.k-name a")[0]
    assert first.get("href") == f"/registros/pessoa/{find(root, 'tbody tr')[0].get('data-id')}"


def test_values_are_printed_for_people_and_states_have_word_and_icon(site: httpx.Client) -> None:
    root = page(site, "/registros/pessoa?situacao=inadimplente&order=codigo")
    row = find(root, "tbody tr")[0]
    assert "is-bad" in row.get("class")
    chip = find(row, "span.chip")[0]
    assert "Inadimplente" in chip.text_content()
    assert chip.getparent().tag == "td"
    assert len(find(row, "td")) == len(find(root, "thead th"))
    assert find(chip, "svg")
    assert texts(row, "td.num") == ["103,50"]
    assert "22/01/1960" in row.text_content()


def test_pages_go_on_by_key_and_come_back(site: httpx.Client) -> None:
    first = page(site, "/registros/pessoa")
    following = next(link for link in find(first, "div.pager a") if link.get("rel") == "next")
    second = page(site, following.get("href"))
    assert texts(second, "#contagem b") == ["51 a 100"]
    assert not set(texts(first, "td.k-name")) & set(texts(second, "td.k-name"))
    back = next(link for link in find(second, "div.pager a") if link.get("rel") == "prev")
    again = page(site, back.get("href"))
    assert texts(again, "td.k-name") == texts(first, "td.k-name")
    assert texts(again, "#contagem b") == ["1 a 50"]


def test_filters_of_every_kind_come_from_the_address_and_show_as_chips(site: httpx.Client) -> None:
    cases = {
        "situacao=ativo": ("Situação é Ativo", 50),
        "situacao=cancelado&situacao=carencia": ("Situação é um de Cancelado, Em carência", 40),
        "situacao.is_not=ativo&limit=100": ("Situação não é Ativo", 60),
        "nascimento.from=1961-01-01&nascimento.to=31/12/1961&limit=100": ("Nascimento até 31/12/1961", 52),
        "mensalidade.between=150,50&mensalidade.between=160,50": ("Mensalidade entre 150,50 e 160,50", 11),
        "nome.contains=joana": ("Nome contém joana", 12),
        "web=sim&limit=100": ("Acesso à Web é Sim", 40),
        "cidade.estado.filled=1&limit=200": ("Estado (cidade) está preenchido", 120),
        "cpf.empty=1&limit=200": ("está vazio", 120),
    }
    for query, (said, count) in cases.items():
        root = page(site, f"/registros/pessoa?{query}")
        assert said in " | ".join(texts(root, "span.fchip")), query
        assert len(find(root, "tbody tr")) == count, query


def test_a_condition_on_a_link_names_the_record(site: httpx.Client) -> None:
    city = page(site, "/registros/cidade?q=itaj")
    record = find(city, "tbody tr")[0].get("data-id")
    root = page(site, f"/registros/pessoa?cidade={record}")
    assert texts(root, "span.fchip") == ["Cidade é Itajubá"]
    assert {cell for cell in texts(root, "tbody td") if cell in ("Itajubá", "Campinas")} == {"Itajubá"}


def test_the_search_finds_fragments_without_accents_and_marks_them(site: httpx.Client) -> None:
    root = page(site, "/registros/pessoa?q=conceicao+celia")
    names = texts(root, "td.k-name")
    assert names
    assert all(name.startswith("Célia Conceição") for name in names)
    root = page(site, "/registros/pessoa?q=concei")
    assert set(texts(root, "td.k-name mark")) == {"Concei"}


def test_what_is_not_understood_is_told_and_the_rest_still_works(site: httpx.Client) -> None:
    root = page(
        site, "/registros/pessoa?situacao=ativo&sitacao=x&nascimento.from=32/13/2020&order=-nada&limit=9999"
    )
    told = texts(root, "div.banner li")
    assert len(told) == 4
    assert "sitacao" in told[0]
    assert "escolha o campo no botão Filtro" in told[0]
    assert len(find(root, "tbody tr")) == 50


def test_an_empty_list_says_what_to_do(site: httpx.Client) -> None:
    root = page(site, "/registros/pessoa?q=zzzzz")
    assert texts(root, "div.empty b") == ["Nada atende a este filtro"]
    root = page(site, "/registros/telefone")
    assert texts(root, "div.empty a") == ["Incluir telefone"]


def test_the_count_stops_at_a_thousand_until_all_are_asked(site: httpx.Client, database: Engine) -> None:
    assert site.get("/registros/pessoa/contagem").text.strip() == "de 120"
    office.people(database, office.runtime(), 0)
    with database.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO pessoa (codigo, nome, situacao) "
            "SELECT 'x' || n, 'Xis ' || n, 'ativo' FROM generate_series(1, 1100) n"
        )
        connection.exec_driver_sql("ALTER TABLE pessoa SET (autovacuum_enabled = false)")
    short = site.get("/registros/pessoa/contagem?q=").text
    assert "mais de 1.000" in short
    assert "Contar todos" in short
    with database.begin() as connection:
        connection.exec_driver_sql("ANALYZE pessoa")
    short = site.get("/registros/pessoa/contagem").text
    assert "cerca de 1.200 " in short
    assert "estimativa" in short
    assert "Contar todos" in short
    assert "mais de 1.000" in site.get("/registros/pessoa/contagem?situacao=ativo&codigo.filled=1").text
    assert site.get("/registros/pessoa/contagem?contar=1").text.strip() == "de 1.220"


def test_a_filter_is_added_by_a_plain_form_in_two_steps(site: httpx.Client) -> None:
    root = page(site, "/registros/pessoa?q=ana")
    fields = {link.text_content().strip(): link.get("href") for link in find(root, "#filtro-corpo a.opt")}
    step = page(site, fields["Situação"])
    assert [option.get("value") for option in find(step, "#novo-op option")] == [
        "one_of",
        "is_not",
        "empty",
        "filled",
    ]
    hidden = {
        each.get("name"): each.get("value")
        for each in find(step, "#filtro-corpo input")
        if each.get("type") == "hidden"
    }
    asked = {**hidden, "novo.op": "one_of", "novo.valor": ["ativo", "carencia"]}
    answer = site.get("/registros/pessoa", params=asked)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/registros/pessoa?q=ana&situacao=ativo&situacao=carencia"


def test_a_linked_record_is_filtered_by_its_name_without_script(site: httpx.Client) -> None:
    asked = {"novo.campo": "cidade", "novo.op": "is", "novo.valor": "", "novo.valor.texto": "pouso"}
    answer = site.get("/registros/pessoa", params=asked)
    assert answer.headers["location"].startswith("/registros/pessoa?cidade=")


def test_shipped_views_are_tabs_and_the_asked_one_is_current(site: httpx.Client) -> None:
    root = page(site, "/registros/pessoa?situacao=carencia&situacao=cancelado")
    assert texts(root, "nav.tabs a") == ["Todos", "Inadimplentes", "Fora do ar"]
    current = [tab.text_content() for tab in find(root, "nav.tabs a") if tab.get("aria-current")]
    assert current == ["Fora do ar"]


def test_a_filtered_list_is_saved_shared_and_put_on_the_home_page(database: Engine) -> None:
    made = office.installed(database)
    office.people(database, made, 60)
    marina = office.application(database, made, "marina")
    with office.client(marina) as site:
        form = {"consulta": "situacao=ativo&q=ana", "nome": "Anas ativas", "todos": "sim", "inicio": "sim"}
        assert site.post("/registros/pessoa/visoes", data=form).status_code == 303
        root = page(site, "/registros/pessoa?q=ana&situacao=ativo")
        current = [tab.text_content() for tab in find(root, "nav.tabs a") if tab.get("aria-current")]
        assert current == ["Anas ativas"]
        home = page(site, "/")
        assert texts(home, "div.tile span.value") == ["6"]
    with office.client(office.application(database, made, "outro")) as site:
        assert "Anas ativas" in texts(page(site, "/registros/pessoa"), "nav.tabs a")
        site.post("/registros/pessoa/visoes", data={"nome": "Anas ativas", "acao": "excluir"})
    with office.client(marina) as site:
        assert "Anas ativas" in texts(page(site, "/registros/pessoa"), "nav.tabs a")
        site.post("/registros/pessoa/visoes", data={"nome": "Anas ativas", "acao": "excluir"})
        assert "Anas ativas" not in texts(page(site, "/registros/pessoa"), "nav.tabs a")
        assert find(page(site, "/"), "div.tile") == []


def test_texts_of_records_never_become_markup(database: Engine) -> None:
    made = office.installed(database)
    evil = '<script>alert(1)</script> & "x"'
    record = office.put(database, made, "pessoa", {"codigo": "<b>", "nome": evil})
    with office.client(office.application(database, made)) as site:
        for address in (
            "/registros/pessoa",
            "/registros/pessoa?q=script",
            f"/registros/pessoa/{record}/previa",
            "/paleta?fragmento=1&q=script",
            "/registros/pessoa?nome.contains=<script>",
        ):
            assert "<script>alert" not in site.get(address).text, address


def test_the_preview_shows_what_is_filled(site: httpx.Client) -> None:
    record = find(page(site, "/registros/pessoa?codigo=00004"), "tbody tr")[0].get("data-id")
    root = page(site, f"/registros/pessoa/{record}/previa")
    facts = dict(zip(texts(root, "dt"), texts(root, "dd"), strict=True))
    assert facts["Código"] == "00004"
    assert facts["Situação"] == "Em carência"
    assert "CPF" not in {label.upper() for label in facts}
    assert site.get("/registros/pessoa/999999/previa").status_code == 404


def test_a_filter_that_cannot_be_asked_stays_open_with_its_value(site: httpx.Client) -> None:
    """The error names the field, and the list goes on as it was."""
    rows = len(find(page(site, "/registros/pessoa?situacao=ativo"), "tbody tr"))
    for operator, value, told in (
        ("is", ["31/02/2026"], "Nascimento: “31/02/2026” não existe no calendário; confira dia, mês e ano"),
        ("between", ["01/01/2026", ""], "Nascimento: “entre” precisa de dois valores em Nascimento"),
        ("from", [""], "Nascimento: escolha ou escreva um valor"),
    ):
        asked = {"situacao": "ativo", "novo.campo": "nascimento", "novo.op": operator, "novo.valor": value}
        root = shown(site.get("/registros/pessoa", params=asked))
        assert find(root, "#filtro")[0].get("open") is not None
        assert texts(root, "#novo-valor-e")[0].startswith(told)
        assert find(root, "#novo-valor")[0].get("value") == value[0]
        assert root.xpath("//select/option[@selected]/@value") == [operator]
        assert len(find(root, "tbody tr")) == rows
        assert not find(root, "div.banner")


def test_an_address_that_is_not_understood_is_told_in_words_for_people(site: httpx.Client) -> None:
    for query in ("ordem=foo", "situacao.from=x", "order=foo"):
        said = texts(page(site, f"/registros/pessoa?{query}"), "div.banner li")[0]
        assert "/api/" not in said
        assert "botão Filtro" in said or "título da coluna" in said, said


def current(root: HtmlElement) -> list[str]:
    return [tab.text_content() for tab in find(root, "nav.tabs a") if tab.get("aria-current")]


def test_one_tab_is_current_whatever_stands_on_top_of_it(site: httpx.Client) -> None:
    for query, name in (
        ("", "Todos"),
        ("q=ana", "Todos"),
        ("cidade.filled=1&order=-nome", "Todos"),
        ("situacao=ativo", "Todos"),
        ("situacao=inadimplente&q=ana", "Inadimplentes"),
        ("situacao=carencia&situacao=cancelado&nome.contains=a", "Fora do ar"),
    ):
        assert current(page(site, f"/registros/pessoa?{query}")) == [name], query
    site.post("/registros/pessoa/visoes", data={"nome": "As minhas", "consulta": "situacao=inadimplente"})
    root = page(site, "/registros/pessoa?situacao=inadimplente")
    assert current(root) == ["As minhas"]  # one's own, which is edited here
    assert texts(root, "#visao summary")[0] == "Editar visão"
    site.post("/registros/pessoa/visoes", data={"nome": "Tudo meu", "consulta": ""})
    assert current(page(site, "/registros/pessoa")) == ["Tudo meu"]
    assert current(page(site, "/registros/pessoa?q=ana")) == ["Todos"]
    assert (
        texts(page(site, "/registros/pessoa?situacao=inadimplente&q=ana"), "#visao summary")[0]
        == "Salvar visão"
    )


def test_every_searched_word_is_marked_and_the_search_can_be_cleared(site: httpx.Client) -> None:
    root = page(site, "/registros/pessoa?q=brito+celia&situacao=ativo")
    assert set(texts(root, "td.k-name mark")) == {"Célia", "Brito"}
    clear = find(root, "a.input-x")[0]
    assert (clear.get("aria-label"), clear.get("href")) == (
        "Limpar a busca (Esc)",
        "/registros/pessoa?situacao=ativo",
    )
    assert not find(page(site, "/registros/pessoa"), "a.input-x")


def test_the_help_of_a_list_says_what_it_is_its_columns_and_its_keys(site: httpx.Client) -> None:
    link = page(site, "/registros/pessoa").xpath("//a[@data-command='help']/@href")[0]
    root = page(site, link)
    assert texts(root, "h1") == ["Pessoas"]
    assert texts(root, "h3") == [
        "O que dizem as colunas",
        "Teclas da lista",
        "O que é uma pessoa no cadastro",
    ]
    assert "Quem usa ou paga um plano." in texts(root, "div.side-in p")
    said = dict(zip(texts(root, "dl.dl dt"), texts(root, "dl.dl dd"), strict=True))
    assert said["CPF"] == "CPF"
    assert said["Cidade"] == "um registro de Cidades"
    assert "Busca rápida" in texts(root, "dl.keylist dd")


def test_a_list_of_what_has_no_searched_text_offers_no_search(site: httpx.Client) -> None:
    assert 'id="busca"' in site.get("/registros/pessoa").text
    assert 'id="busca"' not in site.get("/registros/telefone").text

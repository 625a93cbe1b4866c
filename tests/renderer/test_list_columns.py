"""Tests of chosen columns: in the address, so in views, exports and page turns; by a plain form."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from lxml.html import HtmlElement
from sqlalchemy import Engine

from kernel.access.seen import seen_by
from kernel.accounts.signed import Signed
from kernel.context import at_present
from kernel.runtime import Runtime
from renderer import lists
from renderer.list_question import MOST_COLUMNS, read
from renderer.preferences import read_look
from renderer.visit import Visit
from tests import office
from tests.access import all_but
from tests.renderer.html import find, page, texts

CHOSEN = "columns=nome,cidade.estado.nome,situacao,cidade"


MARINA = Signed(0, "marina", "Marina")


@pytest.fixture
def made(database: Engine) -> Runtime:
    """The office with 120 people in three cities."""
    made = office.installed(database)
    office.people(database, made, 120, office.cities(database, made))
    return made


@pytest.fixture
def site(database: Engine, made: Runtime) -> Iterator[httpx.Client]:
    with office.client(office.application(database, made)) as client:
        yield client


def heads(root: HtmlElement) -> list[str]:
    return texts(root, "thead th")[1:]


def test_the_address_says_which_columns_in_which_order_through_links_too(site: httpx.Client) -> None:
    root = page(site, f"/registros/pessoa?{CHOSEN}&situacao=carencia")
    assert heads(root) == ["Nome", "Nome (estado)", "Situação", "Cidade"]
    row = texts(find(root, "tbody tr")[0], "td")
    assert row[2] in ("Minas Gerais", "São Paulo")
    assert row[3:] == ["Em carência", row[4]]
    assert find(root, "tbody tr")[0].get("class") == "is-info"
    assert "Colunas escolhidas: 4" in texts(root, "span.fchip")


def test_the_choice_goes_along_with_pages_order_filters_and_counts(site: httpx.Client) -> None:
    root = page(site, f"/registros/pessoa?{CHOSEN}")
    links = [link.get("href") for link in find(root, "div.pager a")]
    links += [link.get("href") for link in find(root, "thead a")]
    wanted = "nome,cidade.estado.nome,situacao,cidade"
    assert len(links) == 6
    assert [parse_qs(urlsplit(each).query)["columns"] for each in links] == [[wanted]] * 6
    turned = next(link for link in find(root, "div.pager a") if link.get("rel") == "next").get("href")
    assert heads(page(site, turned)) == ["Nome", "Nome (estado)", "Situação", "Cidade"]
    answer = site.get(f"/registros/pessoa?{CHOSEN}&novo.campo=situacao&novo.op=is&novo.valor=ativo")
    assert f"columns={wanted}&situacao=ativo" in answer.headers["location"]


def test_the_export_is_what_is_on_the_screen(site: httpx.Client) -> None:
    root = page(site, f"/registros/pessoa?{CHOSEN}&q=ana")
    there = next(link.get("href") for link in find(root, "a") if "exportar.csv" in link.get("href"))
    rows = list(csv.reader(io.StringIO(site.get(there).content.decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == heads(root)
    assert [row[0] for row in rows[1:]] == texts(root, "td.k-name")


def test_a_view_keeps_the_columns(site: httpx.Client) -> None:
    form = {"consulta": f"{CHOSEN}&situacao=ativo&inicio=sim", "nome": "Por estado", "inicio": "sim"}
    there = site.post("/registros/pessoa/visoes", data=form).headers["location"]
    root = page(site, there)
    assert heads(root) == ["Nome", "Nome (estado)", "Situação", "Cidade"]
    current = [tab.text_content() for tab in find(root, "nav.tabs a") if tab.get("aria-current")]
    assert current == ["Por estado"]
    tile = find(page(site, "/"), "div.tile a")[0].get("href")
    assert heads(page(site, tile)) == heads(root)


def test_own_columns_need_no_choice_and_are_one_press_away(site: httpx.Client) -> None:
    own = "codigo,nome,cpf,situacao,cidade,cidade.estado,nascimento,mensalidade"
    root = page(site, f"/registros/pessoa?columns={own}")
    assert [tab.text_content() for tab in find(root, "nav.tabs a") if tab.get("aria-current")] == ["Todos"]
    root = page(site, f"/registros/pessoa?{CHOSEN}&q=ana")
    back = next(
        link for link in find(root, "a") if link.get("aria-label") == "Voltar às colunas de origem"
    ).get("href")
    assert back == "/registros/pessoa?q=ana"


def test_what_cannot_be_a_column_is_told_and_the_rest_is_shown(site: httpx.Client) -> None:
    root = page(site, "/registros/pessoa?columns=nome,nomi,telefones,cidade.nada,created_at,nome,,situacao")
    told = texts(root, "div.banner li")
    assert len(told) == 4
    assert "você quis dizer “nome”?" in told[0]
    assert heads(root) == ["Nome", "Situação"]
    root = page(site, "/registros/pessoa?columns=nada")
    assert len(heads(root)) == 8
    assert site.get("/api/v1/pessoa?columns=nome").status_code == 400


def test_a_hidden_field_cannot_be_chosen(database: Engine, made: Runtime) -> None:
    limits = all_but(made, fields={"estado.nome": "read", "pessoa.cpf": "read"})
    context = at_present("marina", access=limits)
    shown = seen_by(made, limits.profile)
    seen = Visit(shown, database, database, context, MARINA, read_look(""))
    view = lists.list_view(shown, "pessoa", "/static/icones.svg")
    assert view is not None
    question = read(seen, view, [("columns", "nome,cpf,cidade.estado.nome,cidade.nome")])
    assert question.columns == ("nome", "cidade.nome")
    assert [problem.code for problem in question.problems] == ["R402", "R402"]


def test_more_columns_than_a_screen_can_use_are_cut_off(database: Engine, made: Runtime) -> None:
    extra = {
        "sede/entities/larga.yaml": "entity: larga\nlabel: {one: Larga, many: Largas, gender: f}\nfields:\n"
        + "".join(f"  c{n}: {{type: integer}}\n" for n in range(50))
    }
    runtime = office.runtime(extra)
    seen = Visit(runtime, database, database, at_present("marina"), MARINA, read_look(""))
    view = lists.list_view(runtime, "larga", "/static/icones.svg")
    assert view is not None
    question = read(seen, view, [("columns", ",".join(f"c{n}" for n in range(50)))])
    assert len(question.columns) == MOST_COLUMNS
    assert [problem.code for problem in question.problems] == ["R193"]


def test_compiled_choices_are_kept_and_do_not_pile_up(made: Runtime) -> None:
    view = lists.list_view(made, "pessoa", "/static/icones.svg")
    assert view is not None
    names = ("codigo", "nome", "cpf", "situacao", "cidade", "nascimento", "mensalidade", "vidas", "web")
    first = lists.with_columns(made, view, ("nome",))
    assert lists.with_columns(made, view, ("nome",)) is first
    for start in names:
        for middle in names:
            for end in names:
                lists.with_columns(made, view, (start, middle, end))
    kept = next(value for key, value in made.views.items() if "lately" in key)
    assert len(kept) == lists.KEPT_CHOICES


# ── the plain form ───────────────────────────────────────────────────────────────────────────────


def press(site: httpx.Client, root: HtmlElement, name: str, more: str = "") -> HtmlElement:
    """Send the form of columns as a browser without script does, by the button of that name."""
    form = find(root, "form.columns")[0]
    sent = [(each.get("name"), each.get("value")) for each in find(form, "input")]
    button = next(b for b in find(form, "button") if name in (b.get("aria-label"), b.text_content().strip()))
    sent += [("coluna.mais", more)] + ([("coluna.passo", button.get("value"))] if button.get("value") else [])
    answer = site.get(button.get("formaction") or form.get("action"), params=sent)
    if answer.status_code == 303:
        return page(site, answer.headers["location"])
    assert answer.status_code == 200
    return page(site, str(answer.request.url.raw_path, "ascii"))


def shown(root: HtmlElement) -> list[str]:
    return texts(root, "ol.columns-on li")


def focused(root: HtmlElement) -> list[str]:
    return [each.get("aria-label") or each.get("id") for each in root.xpath("//*[@autofocus]")]


def test_columns_are_moved_removed_and_added_without_script(site: httpx.Client) -> None:
    root = page(site, "/registros/pessoa/colunas?situacao=ativo&columns=codigo,nome,cidade")
    assert shown(root) == ["Código", "Nome", "Cidade"]
    root = press(site, root, "Antes: Nome")
    assert (shown(root), focused(root)) == (["Nome", "Código", "Cidade"], ["Antes: Nome"])
    root = press(site, root, "Antes: Nome")
    assert shown(root) == ["Nome", "Código", "Cidade"]
    root = press(site, root, "Depois: Nome")
    root = press(site, root, "Depois: Nome")
    assert (shown(root), focused(root)) == (["Código", "Cidade", "Nome"], ["Depois: Nome"])
    root = press(site, root, "Tirar: Código")
    assert (shown(root), focused(root)) == (["Cidade", "Nome"], ["Tirar: Cidade"])
    assert "cidade.estado" in [option.get("value") for option in find(root, "select option")]
    root = press(site, root, "Pôr", "cidade.estado")
    assert (shown(root), focused(root)) == (["Cidade", "Nome", "Estado (cidade)"], ["coluna-mais"])
    assert "cidade.estado.sigla" in [option.get("value") for option in find(root, "select option")]
    root = press(site, root, "Mostrar na lista", "cidade.estado.sigla")
    assert heads(root) == ["Cidade", "Nome", "Estado (cidade)", "Sigla (estado)"]
    assert "Situação é Ativo" in texts(root, "span.fchip")


def test_the_last_column_stays_and_nonsense_steps_change_nothing(site: httpx.Client) -> None:
    root = press(site, page(site, "/registros/pessoa/colunas?columns=nome"), "Tirar: Nome")
    assert shown(root) == ["Nome"]
    for step in ("sobe nada", "voa nome", "mais", "tira", "desce codigo"):
        asked = {"columns": "nome,cidade", "coluna.passo": step, "coluna.mais": "telefones"}
        answer = site.get("/registros/pessoa/colunas", params=asked)
        assert shown(page(site, str(answer.request.url.raw_path, "ascii"))) == ["Nome", "Cidade"], step
    assert site.get("/registros/nada/colunas").status_code == 404

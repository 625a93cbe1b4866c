"""Running a process for good asks once more: with which answers, and what is to be expected."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from lxml import html
from sqlalchemy import Engine

from tests.billing import Office
from tests.billing_site import installed, site
from tests.office import client
from tests.renderer.test_process_pages import ADDRESS, ASKED, asked, began, words


@pytest.fixture
def made(database: Engine) -> Office:
    return installed(database)


@pytest.fixture
def web(made: Office) -> Iterator[httpx.Client]:
    with client(site(made)) as found:
        yield found


def test_running_for_good_repeats_the_answers_and_advises_to_simulate_first(
    web: httpx.Client, made: Office
) -> None:
    answer = web.post(ADDRESS, data={**ASKED, "passo": "executar"})
    assert answer.status_code == 200
    page = words(answer.text)
    assert "Executar Faturar competência 11/2026?" in page
    assert html.fromstring(answer.text).xpath("//dl/dd/text()") == ["11/2026"]
    assert "Ninguém simulou com estas respostas hoje" in page
    [safe] = html.fromstring(answer.text).xpath("//*[@autofocus]")
    assert safe.get("value") == "simular"
    assert made.rows("SELECT count(*) FROM aroeira_process_run") == [(0,)]
    form = html.fromstring(answer.text).get_element_by_id("formulario")
    sent = {**dict(form.form_values()), "passo": "voltar"}
    assert 'value="11/2026"' in web.post(ADDRESS, data=sent).text
    run = began(web.post(ADDRESS, data={**sent, "passo": "executar"}))
    assert made.rows("SELECT id, is_dry FROM aroeira_process_run") == [(run, False)]


def test_running_for_good_tells_what_the_simulation_of_the_same_answers_came_to(
    web: httpx.Client, made: Office
) -> None:
    dry = asked(web, made, "simular")
    asked(web, made, "simular", **{"f.competencia": "10/2026"})
    [(invoices, left)] = made.rows(
        "SELECT sum((s.value->>'rows')::int) FILTER (WHERE s.key = 'novas'), "
        "(SELECT count(*) FROM aroeira_process_left_out WHERE run = :r) "
        "FROM aroeira_process_part p CROSS JOIN jsonb_each(p.steps) s WHERE p.run = :r",
        r=dry,
    )
    assert invoices > 20
    for answer in (
        web.post(ADDRESS, data={**ASKED, "passo": "executar"}),
        web.get(f"/execucoes/{dry}/executar"),
    ):
        assert answer.status_code == 200
        assert (
            f'<th scope="row">Novas</th><td class="num" data-label="Quantos">{invoices}</td>' in answer.text
        )
        assert f"{left} linha de fora" in words(answer.text)
        assert f'href="/execucoes/{dry}"' in answer.text
        [safe] = html.fromstring(answer.text).xpath("//*[@autofocus]")
        assert "Voltar" in safe.text
    asked(web, made)
    stale = web.post(ADDRESS, data={**ASKED, "passo": "executar"})
    assert "Ninguém simulou com estas respostas hoje" in stale.text, "a run since then has changed the data"


def test_what_begins_at_one_record_asks_no_second_time(web: httpx.Client, made: Office) -> None:
    one = {"f.contrato_unico": "2", "f.contrato_unico.texto": "x", "f.contrato_unico.de": "x"}
    assert began(web.post(ADDRESS, data={**ASKED, **one, "passo": "executar"}))


def test_doing_again_what_was_left_out_says_how_much_that_is(web: httpx.Client, made: Office) -> None:
    run = asked(web, made)
    page = words(web.get(f"/execucoes/{run}/refazer").text)
    assert f"Só o que ficou de fora da execução {run}: 1 linha." in page
    assert "Ninguém simulou" not in page
    assert web.get(f"/execucoes/{run}/executar").status_code == 409


def test_a_simulation_that_was_executed_says_so_and_promises_nothing(web: httpx.Client, made: Office) -> None:
    dry = asked(web, made, "simular")
    other = asked(web, made, "simular", **{"f.competencia": "10/2026"})
    run = asked(web, made)
    page = web.get(f"/execucoes/{dry}").text
    assert "Já executada" in page
    assert f'href="/execucoes/{run}"' in page
    assert f"/execucoes/{dry}/executar" not in page
    confirm = words(web.get(f"/execucoes/{dry}/executar").text)
    assert f"A simulação {dry} já não diz o que viria" in confirm
    assert "O que se espera" not in confirm
    assert "Já executada" not in web.get(f"/execucoes/{other}").text, "of another month"
    form = html.fromstring(web.get(f"/execucoes/{other}/executar").text)
    [simulate] = form.xpath("//button[@value='simular']")
    again = began(web.post(simulate.get("formaction"), data={"passo": "simular"}))
    assert made.rows("SELECT is_dry FROM aroeira_process_run WHERE id = :i", i=again) == [(True,)]
    assert began(web.post(f"/execucoes/{dry}/simular")) == again + 1


def test_a_run_that_found_nothing_to_do_is_neither_undone_nor_compared(
    web: httpx.Client, made: Office
) -> None:
    asked(web, made, **{"f.competencia": "10/2026"})
    asked(web, made)
    second = asked(web, made)
    page = web.get(f"/execucoes/{second}").text
    assert "Nada a fazer" in words(page)
    assert f"/execucoes/{second}/desfazer" not in page
    assert "Comparada com" not in words(page)
    assert "Comparada com" in words(web.get(f"/execucoes/{second - 1}").text)

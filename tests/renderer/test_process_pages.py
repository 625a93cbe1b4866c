"""Processes over HTTP with a real worker: asked, simulated, run, stopped, continued, undone, told."""

from __future__ import annotations

import csv
import io
import re
import time
from collections.abc import Iterator

import httpx
import pytest
from lxml import html
from sqlalchemy import Engine

from tests.billing import NOVEMBER, Office, office, people
from tests.billing_site import MORE, PATH, ended, installed, site, worker
from tests.office import client

ADDRESS = "/processos/faturar"
SURE = {"confirmado": "sim"}
ASKED = {"f.competencia": "11/2026", "f.contrato_unico": "", "f.contrato_unico.texto": ""}


@pytest.fixture
def made(database: Engine) -> Office:
    return installed(database)


@pytest.fixture
def web(made: Office) -> Iterator[httpx.Client]:
    with client(site(made)) as found:
        yield found


def began(answer: httpx.Response) -> int:
    """Return the number of the run that an answer leads to."""
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/execucoes/(\d+)", answer.headers["location"])
    assert found, answer.headers["location"]
    return int(found[1])


def asked(web: httpx.Client, made: Office, step: str = "executar", **more: str) -> int:
    """Ask for a run as the form does, and wait for its end."""
    run = began(web.post(ADDRESS, data={**ASKED, **more, **SURE, "passo": step}))
    with worker(made):
        ended(made, run)
    return run


def undone(made: Office, run: int) -> None:
    """Have the queue done until a run is undone."""
    with worker(made):
        for _ in range(600):
            if made.rows("SELECT status FROM aroeira_process_run WHERE id = :r", r=run) == [("undone",)]:
                return
            time.sleep(0.05)
    raise AssertionError(run)


def words(page: str) -> str:
    return " ".join(html.fromstring(page).xpath("string(//main)").split())


# ── asking ────────────────────────────────────────────────────────────────────────────────────────


def test_processes_are_listed_with_their_last_run_and_stand_in_menu_and_palette(
    web: httpx.Client, made: Office
) -> None:
    assert "nenhuma ainda" in web.get("/processos").text
    assert f'href="{ADDRESS}"' in web.get("/modulos/faturas").text
    assert f'href="{ADDRESS}"' in web.get("/paleta?q=fatu&fragmento=sim").text
    asked(web, made)
    page = words(web.get("/processos").text)
    assert "Faturar competência 11/2026" in page
    assert "Terminada" in page


def test_help_of_a_process_shows_examples_with_what_comes_of_them(web: httpx.Client, made: Office) -> None:
    address = "/ajuda?sobre=processos&processo=faturar"
    assert f'href="{address.replace("&", "&amp;")}"' in web.get(ADDRESS).text
    page = html.fromstring(web.get(address).text).xpath("//main")[0]
    assert [" ".join(each.text_content().split()) for each in page.xpath(".//details/summary")] == [
        "Contas 1"
    ]
    assert page.xpath(".//details//p/text()") == ["Silva tem um contrato.", "300,00 × 15 ÷ 30 = <150,00>."]
    told = zip(page.xpath(".//details//dt/text()"), page.xpath(".//details//dd/text()"), strict=True)
    assert list(told) == [
        ("Fatura", "Contrato Casa silva; Vencimento 10/12/2026; Total 1.150,00; Itens: Idade 36, Faixa 19"),
        ("Contrato (Casa silva)", "Situacao Suspenso"),
        ("Vidas", "nada"),
        ("Fica de fora", "Casa silva não tem tabela."),
    ]
    assert "/ajuda?sobre=calculo" in web.get("/paleta?q=exemplos&fragmento=sim").text
    with client(site(made, "cida", "leitor")) as other:
        assert "Meio mês" in other.get("/ajuda?sobre=calculo").text, "who sees less reads the same help"


def test_questions_are_asked_in_a_form_and_what_is_wrong_stands_at_its_field(web: httpx.Client) -> None:
    page = web.get(ADDRESS).text
    assert 'name="f.competencia"' in page
    assert page.count('name="passo"') == 2
    answer = web.post(ADDRESS, data={"f.competencia": "13/2026", "passo": "simular"})
    assert answer.status_code == 422
    assert 'aria-invalid="true"' in answer.text
    answer = web.post(ADDRESS, data={"f.competencia": "", "passo": "simular"})
    assert answer.status_code == 422
    assert "está em branco" in answer.text
    absent = {"f.contrato_unico": "999", "f.contrato_unico.texto": "x", "f.contrato_unico.de": "x"}
    assert web.post(ADDRESS, data={**ASKED, **absent, "passo": "simular"}).status_code == 422


def test_a_record_leads_to_the_process_with_its_question_filled(web: httpx.Client) -> None:
    address = f"{ADDRESS}?f.contrato_unico=2"
    assert f'href="{address}"' in web.get("/registros/contrato/2").text
    assert address not in web.get("/registros/contrato/novo").text
    assert re.search(r'name="f.contrato_unico"[^>]*value="2"', web.get(address).text)


def test_a_second_run_of_the_same_key_is_told_with_a_link_to_the_first(web: httpx.Client) -> None:
    first = began(web.post(ADDRESS, data={**ASKED, **SURE, "passo": "executar"}))
    answer = web.post(ADDRESS, data={**ASKED, **SURE, "passo": "executar"})
    assert answer.status_code == 422
    assert f'href="/execucoes/{first}"' in answer.text
    assert "já está em andamento" in answer.text


def test_a_run_and_its_place_in_the_queue_are_one_transaction(made: Office, web: httpx.Client) -> None:
    made.say("ALTER TABLE procrastinate_jobs RENAME TO procrastinate_jobs_away")
    assert web.post(ADDRESS, data={**ASKED, **SURE, "passo": "executar"}).status_code == 500
    assert made.rows("SELECT count(*) FROM aroeira_process_run") == [(0,)]


# ── a run ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_simulation_tells_all_keeps_nothing_and_becomes_a_run(web: httpx.Client, made: Office) -> None:
    run = asked(web, made, "simular")
    page = web.get(f"/execucoes/{run}").text
    assert "Nada foi gravado" in page
    assert "O que daria" in page
    assert re.search(r'Novas</th><td class="num"[^>]*>\d+<', page)  # how many invoices it would be
    assert "11/2026" in words(page)
    assert made.invoices == []
    assert web.get(f"/execucoes/{run}/desfazer").status_code == 409
    real = began(web.post(f"/execucoes/{run}/executar"))
    with worker(made):
        assert ended(made, real) == "finished"
    assert len(made.invoices) > 40
    again = asked(web, made, "simular")
    assert "Comparada com" not in words(web.get(f"/execucoes/{again}").text), "nothing is left to do"
    made.say("UPDATE contrato SET situacao = 'suspenso' WHERE id > 2")
    later = asked(web, made, "simular", **{"f.competencia": "12/2026"})
    compared = words(web.get(f"/execucoes/{later}").text)
    assert f"Comparada com a execução {real}" in compared
    assert "a menos" in compared
    assert web.post(f"/execucoes/{real}/executar").status_code == 409


def test_a_run_at_work_is_shown_stopped_and_continued(web: httpx.Client, made: Office) -> None:
    run = began(web.post(ADDRESS, data={**ASKED, **SURE, "passo": "executar"}))
    page = web.get(f"/execucoes/{run}").text
    assert "data-at-work" in page
    assert "Na fila" in page
    assert f'action="/execucoes/{run}/parar"' in page
    piece = web.get(f"/execucoes/{run}?fragmento=tudo").text
    assert "<html" not in piece
    assert "<progress" in piece
    assert web.post(f"/execucoes/{run}/parar").status_code == 303
    with worker(made):
        assert ended(made, run) == "cancelled"
        page = web.get(f"/execucoes/{run}").text
        assert "Parada" in page
        assert "data-at-work" not in page
        assert web.post(f"/execucoes/{run}/parar").status_code == 409
        assert web.post(f"/execucoes/{run}/continuar").status_code == 303
        assert ended(made, run) == "finished"
    page = words(web.get(f"/execucoes/{run}").text)
    assert "Terminada" in page
    assert "1 de fora" in page
    assert web.post(f"/execucoes/{run}/continuar").status_code == 409


def test_a_run_that_nobody_cares_for_can_be_put_into_the_queue_again(web: httpx.Client, made: Office) -> None:
    run = made.begin(competencia=NOVEMBER)
    assert "Ninguém da fila cuida desta execução" in web.get(f"/execucoes/{run}").text
    assert web.post(f"/execucoes/{run}/continuar").status_code == 303
    assert "Ninguém da fila" not in web.get(f"/execucoes/{run}").text
    with worker(made):
        assert ended(made, run) == "finished"


def test_steps_say_what_they_wrote_in_agreement_and_those_that_only_prepare_are_folded(
    web: httpx.Client, made: Office
) -> None:
    one = {"f.contrato_unico": "2", "f.contrato_unico.texto": "x", "f.contrato_unico.de": "x"}
    run = asked(web, made, **one)
    page = html.fromstring(web.get(f"/execucoes/{run}").text)
    [inner] = page.xpath("//aside//details")
    assert inner.get("open") is None
    folded = inner.xpath(".//b/text()")
    shown = [name for name in page.xpath("//aside//div[@role='listitem']/b/text()") if name not in folded]
    assert "Vidas" in shown, "the first says of how many it is, and left one out"
    assert "Precos" in folded
    assert "Novas" in shown
    said = " ".join(page.xpath("//aside//small/text()"))
    assert re.search(r"\b1 fatura incluíd[ao]\b", said), said
    assert " ".join(inner.xpath("./summary/text()")) == f"{len(folded)} passos internos"


def test_what_failed_says_why(web: httpx.Client, made: Office) -> None:
    made.say("ALTER TABLE item ADD CONSTRAINT nothing CHECK (false) NOT VALID")
    made.say("UPDATE aroeira_process_run SET status = status")
    run = made.begin(competencia=NOVEMBER)
    trouble = '{"code": "R611", "says": "faltou espaço no disco"}'
    made.say(
        "UPDATE aroeira_process_run SET status = 'failed', trouble = CAST(:t AS jsonb) WHERE id = :r",
        t=trouble, r=run,
    )  # fmt: skip
    page = words(web.get(f"/execucoes/{run}").text)
    assert "Falhou" in page
    assert "Faltou espaço no disco" in page
    assert "Continuar" in page


# ── left out ──────────────────────────────────────────────────────────────────────────────────────


def test_what_was_left_out_is_told_by_reason_with_links_and_exported(web: httpx.Client, made: Office) -> None:
    made.say("DELETE FROM faixa WHERE tabela = 2 AND idade_de = 59")
    run = asked(web, made)
    address = f"/execucoes/{run}/excecoes"
    page = web.get(address).text
    [(name, contract)] = made.rows(
        "SELECT v.nome, c.numero FROM vida v JOIN contrato c ON c.id = v.contrato WHERE v.id = 3"
    )
    assert f"{name} não tem data de nascimento." in page
    assert 'href="/registros/vida/3"' in page
    assert f">{contract}</a>" in page
    assert re.search(r"Sem preço para \d\d anos na tabela Tabela 2\.", page)
    only = web.get(f"{address}?motivo=vidas.sem_nascimento").text
    assert "Sem preço para 5" not in only
    lines = list(
        csv.reader(io.StringIO(web.get(f"{address}.csv").text.removeprefix("\ufeff")), delimiter=";")
    )
    [(count,)] = made.rows("SELECT count(*) FROM aroeira_process_left_out WHERE run = :r", r=run)
    assert len(lines) == count + 1
    assert any(line[3] == f"{name} não tem data de nascimento." for line in lines)
    assert web.get(f"{address}.xlsx").content[:2] == b"PK"
    assert made.rows("SELECT count(*) FROM aroeira_audit_deed WHERE deed = 'export'") == [(2,)]


def test_another_run_does_only_what_was_left_out(web: httpx.Client, made: Office) -> None:
    run = asked(web, made)
    before = made.invoices
    made.say("UPDATE vida SET nascimento = '1990-05-05', inicio = '2026-01-01', fim = NULL WHERE id = 3")
    again = began(web.post(f"/execucoes/{run}/refazer"))
    with worker(made):
        assert ended(made, again) == "finished"
    assert [row[2] for row in made.invoices if row not in before] == [3]
    page = words(web.get(f"/execucoes/{again}").text)
    assert f"só o que ficou de fora da execução {run}" in page
    assert "Comparada com" not in page


# ── undoing, and where records come from ──────────────────────────────────────────────────────────


def test_a_run_is_undone_after_it_was_said_what_goes(web: httpx.Client, made: Office) -> None:
    run = asked(web, made)
    [(count,)] = made.rows("SELECT count(*) FROM item")
    page = words(web.get(f"/execucoes/{run}/desfazer").text)
    assert f"Remove {count} itens" in page
    assert web.post(f"/execucoes/{run}/desfazer").status_code == 303
    assert "Desfazendo" in web.get(f"/execucoes/{run}").text
    assert web.post(f"/execucoes/{run}/desfazer").status_code == 409
    assert web.post(f"/execucoes/{run}/continuar").status_code == 409
    undone(made, run)
    assert made.invoices == []
    assert "Esta execução foi desfeita" in web.get(f"/execucoes/{run}").text


def test_an_undone_run_says_who_undid_it_and_keeps_how_long_it_took(web: httpx.Client, made: Office) -> None:
    run = asked(web, made)
    made.say(
        "UPDATE aroeira_process_run SET started_at = started_at - interval '3 days', "
        "finished_at = started_at - interval '3 days' + interval '7 seconds'"
    )
    assert web.post(f"/execucoes/{run}/desfazer").status_code == 303
    undone(made, run)
    page = words(web.get(f"/execucoes/{run}").text)
    assert "em 7,0 s" in page
    assert re.search(r"Desfeita por marina às \d\d:\d\d\. Nada do que ela gravou ficou", page)
    assert web.get(f"/api/v1/execucoes/{run}").json()["undone_by"] == "marina"
    # One undone before that was noted: its end was written over, so it says none.
    made.say("UPDATE aroeira_process_run SET undone_at = NULL, undone_by = NULL, finished_at = now()")
    page = words(web.get(f"/execucoes/{run}").text)
    assert "acabou" not in page
    assert "Desfeita às" in page


def test_what_stands_against_undoing_is_shown_with_links(web: httpx.Client, made: Office) -> None:
    run = asked(web, made)
    made.say("UPDATE fatura SET situacao = 'paga', version = version + 1 WHERE id = 5")
    answer = web.get(f"/execucoes/{run}/desfazer")
    assert answer.status_code == 409
    assert 'href="/registros/fatura/5"' in answer.text
    assert "mudou depois em Situacao" in answer.text
    assert web.post(f"/execucoes/{run}/desfazer").status_code == 409
    assert made.invoices != []


def test_what_comes_to_stand_against_undoing_meanwhile_is_told_on_the_page(
    web: httpx.Client, made: Office
) -> None:
    run = asked(web, made)
    assert web.post(f"/execucoes/{run}/desfazer").status_code == 303
    made.say("UPDATE fatura SET situacao = 'paga', version = version + 1 WHERE id = 5")
    with worker(made):
        while made.rows("SELECT 1 FROM procrastinate_jobs WHERE task_name = 'process.undo'"):
            time.sleep(0.05)
    page = words(web.get(f"/execucoes/{run}").text)
    assert "Não foi desfeita até o fim" in page
    assert "mudou depois dela em Situacao" in page
    assert made.invoices != []


def test_a_record_offers_only_processes_that_may_begin_at_it(database: Engine) -> None:
    only = {PATH: MORE[PATH].replace("to: contrato, label", "to: contrato, only: {situacao: ativo}, label")}
    made = office(database, {**MORE, **only})
    people(made, 2)
    made.say("UPDATE contrato SET situacao = CASE id WHEN 1 THEN 'ativo' ELSE 'suspenso' END")
    with client(site(made)) as web:
        offered = {
            id: f"{ADDRESS}?f.contrato_unico={id}" in web.get(f"/registros/contrato/{id}").text
            for id in (1, 2)
        }
    assert offered == {1: True, 2: False}


def test_a_record_that_a_run_made_leads_to_the_run(web: httpx.Client, made: Office) -> None:
    run = asked(web, made)
    for address in ("/registros/fatura/5", "/registros/fatura/5/historico"):
        page = web.get(address).text
        assert f'href="/execucoes/{run}"' in page, address
        assert "execução 1 de Faturar competência" in words(page), address
    assert "/execucoes/" not in web.get("/registros/contrato/1/historico").text
    page = html.fromstring(web.get("/registros/fatura/5/historico").text)
    assert page.xpath("//article//a/text()") == ["pela execução 1 de Faturar competência, de 127.0.0.1"]
    log = html.fromstring(web.get("/auditoria").text)
    assert "pela execução 1 de Faturar competência, de 127.0.0.1" in log.xpath("//article//a/text()")
    with client(site(made, "rui", "leitor")) as other:
        told = html.fromstring(other.get("/registros/fatura/5/historico").text)
        assert "pela execução 1" in " ".join(told.xpath("//article//span/text()"))
        assert not told.xpath("//article//a[contains(@href, 'execucoes')]")


# ── access ────────────────────────────────────────────────────────────────────────────────────────


def test_without_the_right_nothing_of_a_process_is_open(web: httpx.Client, made: Office) -> None:
    run = asked(web, made)
    with client(site(made, "rui", "leitor")) as mine:
        assert "faturar" not in mine.get("/processos").text
        assert "/processos/faturar" not in mine.get("/modulos/faturas").text
        assert "/processos" not in mine.get("/paleta?q=fatu&fragmento=sim").text
        assert "/processos/faturar" not in mine.get("/registros/contrato/2").text
        assert "/execucoes/" not in mine.get("/registros/fatura/5/historico").text
        pages = (ADDRESS, f"{ADDRESS}/execucoes", f"/execucoes/{run}", f"/execucoes/{run}/excecoes.csv")
        for address in (*pages, f"/execucoes/{run}/excecoes", f"/execucoes/{run}/desfazer"):
            answer = mine.get(address)
            assert answer.status_code == 403, address
            assert "FATURAR" in answer.text
        for verb in ("parar", "continuar", "executar", "refazer", "desfazer"):
            assert mine.post(f"/execucoes/{run}/{verb}").status_code == 403
        assert mine.post(ADDRESS, data={**ASKED, **SURE, "passo": "executar"}).status_code == 403
        assert mine.get(f"/api/v1/execucoes/{run}").status_code == 403
        assert mine.post("/api/v1/processos/faturar", json={}).status_code == 403
        assert "faturar" not in mine.get("/api/v1/openapi.json").text
    assert len(made.invoices) > 40
    # What was turned away is noted behind the answer, by route and number of times.
    noted = "SELECT page, times FROM aroeira_refusal WHERE login = 'rui' AND level = 'open' AND page LIKE '%desfazer'"
    for _ in range(200):
        if made.rows(noted) == [("/execucoes/{id:record}/desfazer", 2)]:
            break
        time.sleep(0.02)
    assert made.rows(noted) == [("/execucoes/{id:record}/desfazer", 2)]
    assert "/execucoes/…/desfazer" in web.get("/auditoria/recusas").text


def test_names_of_what_may_not_be_seen_are_in_no_answer(web: httpx.Client, made: Office) -> None:
    made.say("UPDATE vida SET nome = 'Segredo Um' WHERE id = 3")
    [(contract, table)] = made.rows(
        "SELECT c.numero, c.tabela FROM vida v JOIN contrato c ON c.id = v.contrato WHERE v.id = 3"
    )
    made.say("UPDATE contrato SET tabela = 2 WHERE numero = :n", n=contract)
    made.say("UPDATE tabela SET nome = 'Segredo Dois' WHERE id = 2")
    made.say("DELETE FROM faixa WHERE tabela = 2 AND idade_de >= 49")
    run = asked(web, made, **{"f.contrato_unico": ""})
    whole = web.get(f"/execucoes/{run}/excecoes").text
    assert "Segredo Um" in whole
    with client(site(made, "rui", "meia")) as mine:
        for address in (
            f"/execucoes/{run}", f"/execucoes/{run}/excecoes", f"/execucoes/{run}/excecoes.csv",
            f"/api/v1/execucoes/{run}/excecoes", f"/api/v1/execucoes/{run}", f"/execucoes/{run}/desfazer",
        ):  # fmt: skip
            answer = mine.get(address)
            assert answer.status_code in (200, 409), address
            assert "Segredo Um" not in answer.text, address
            assert contract not in answer.text, address
        page = mine.get(f"/execucoes/{run}/excecoes").text
        assert "registro que você não vê" in page
        hidden = {"f.contrato_unico": "2", "f.contrato_unico.texto": "x", "f.contrato_unico.de": "x"}
        [(other,)] = made.rows("SELECT min(id) FROM contrato WHERE tabela = 2")
        hidden["f.contrato_unico"] = str(other)
        assert mine.post(ADDRESS, data={**ASKED, **hidden, "passo": "simular"}).status_code == 422
    assert table in (1, 2)


def test_a_simulation_for_what_one_may_not_see_is_not_run_without_it(web: httpx.Client, made: Office) -> None:
    [(other,)] = made.rows("SELECT min(id) FROM contrato WHERE tabela = 2")
    dry = made.run(is_dry=True, competencia=NOVEMBER, contrato_unico=other)
    with client(site(made, "rui", "meia")) as mine:
        assert mine.post(f"/execucoes/{dry.id}/executar").status_code == 404
    with client(site(made, "rui", "cego")) as mine:
        assert "f.contrato_unico" not in mine.get(ADDRESS).text
        assert mine.post(f"/execucoes/{dry.id}/executar").status_code == 404
    assert web.post(f"/execucoes/{dry.id}/executar").status_code == 303
    assert made.rows("SELECT count(*) FROM aroeira_process_run WHERE NOT is_dry") == [(1,)]


# ── programs ──────────────────────────────────────────────────────────────────────────────────────


def test_programs_begin_runs_read_stop_continue_and_undo_them(web: httpx.Client, made: Office) -> None:
    [listed] = web.get("/api/v1/processos").json()["items"]
    assert listed["process"] == "faturar"
    assert listed["questions"] == ["competencia", "contrato_unico"]
    assert listed["last_run"] is None
    assert listed["schedules"] == []
    wrong = web.post("/api/v1/processos/faturar", json={"answers": {"mes": 1, "contrato_unico": 999}})
    assert wrong.status_code == 422
    assert {each["field"] for each in wrong.json()["problems"]} == {"mes"}
    wrong = web.post("/api/v1/processos/faturar", json={"answers": {"contrato_unico": 999}})
    assert {each["field"] for each in wrong.json()["problems"]} == {"competencia", "contrato_unico"}
    said = {"answers": {"competencia": "2026-11"}}
    begun = web.post("/api/v1/processos/faturar", json=said)
    assert begun.status_code == 202, begun.text
    address = begun.headers["location"]
    assert web.post("/api/v1/processos/faturar", json=said).status_code == 409
    assert web.get(address).json()["status"] == "waiting"
    assert web.post(f"{address}/parar").status_code == 200
    with worker(made):
        assert ended(made, begun.json()["id"]) == "cancelled"
        assert web.post(f"{address}/continuar").json()["status"] == "waiting"
        assert ended(made, begun.json()["id"]) == "finished"
    read = web.get(address).json()
    assert read["answers"] == {"competencia": "2026-11"}
    assert {step["step"]: step["rows"] for step in read["steps"]}["linhas"] == len(made.invoices)
    assert read["left_out"] == [
        {"step": "vidas", "reason": "sem_nascimento", "label": "… não tem data de nascimento.", "rows": 1}
    ]
    left = web.get(f"{address}/excecoes").json()
    assert [item["record"]["id"] for item in left["items"]] == [3]
    assert left["next"] is None
    answer = web.post(f"{address}/desfazer")
    assert (answer.status_code, answer.json()["undoing"]) == (202, True)
    undone(made, begun.json()["id"])
    assert web.get(address).json()["status"] == "undone"
    assert made.invoices == []
    assert web.post(f"{address}/desfazer").status_code == 409
    dry = web.post("/api/v1/processos/faturar", json={**said, "dry_run": True})
    assert dry.status_code == 202
    assert web.get("/api/v1/processos/faturar").status_code == 405
    assert web.get("/api/v1/execucoes/99").status_code == 404
    assert web.post("/api/v1/processos/outro", json={}).status_code == 404


def test_openapi_tells_of_processes(web: httpx.Client) -> None:
    paths = web.get("/api/v1/openapi.json").json()["paths"]
    body = paths["/api/v1/processos/faturar"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert body["properties"]["answers"]["required"] == ["competencia"]
    assert "get" in paths["/api/v1/execucoes/{id}"]

"""Reveal, purpose of exports, data of one person and anonymising, as pages and for programs; and their log."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine, text

from kernel.accounts.signed import Signed
from kernel.runtime import Runtime
from tests import clinic, office
from tests.clinic import CPF, put
from tests.renderer.html import page, shown, texts

REASON = "Conferência de cadastro"
DRESSED = "529.982.247-25"


@dataclass
class Desk:
    """The clinic as people of three roles see it, and as the administrator does."""

    clerk: httpx.Client
    doctor: httpx.Client
    dpo: httpx.Client
    root: httpx.Client
    engine: Engine
    made: Runtime
    one: int

    def deeds(self) -> list[dict[str, Any]]:
        """Return what was noted, the last first."""
        with self.engine.connect() as connection:
            found = connection.execute(text("SELECT * FROM aroeira_audit_deed ORDER BY id DESC")).mappings()
            return [dict(row) for row in found]


@pytest.fixture
def desk(database: Engine) -> Iterator[Desk]:
    made = clinic.installed(database)
    values = {
        "registro": "P-1",
        "nome": "Ana Reis",
        "cpf": CPF,
        "nascimento": date(1990, 5, 6),
        "alergia": "Pólen",
    }
    one = put(database, made, "paciente", values, ramais=[{"numero": "11987654321"}])
    put(database, made, "consulta", {"paciente": one, "queixa": "Tosse"})
    put(database, made, "sala", {"nome": "Azul", "responsavel": one})
    apps = {}
    for role in ("atendente", "medica", "encarregada"):
        apps[role] = office.application(database, made, role)
        apps[role].state.signed_in_as = Signed(0, role, role.title(), (role,))
    with (
        office.client(apps["atendente"]) as clerk,
        office.client(apps["medica"]) as doctor,
        office.client(apps["encarregada"]) as dpo,
        office.client(office.application(database, made)) as root,
    ):
        yield Desk(clerk, doctor, dpo, root, database, made, one)


# ── reveal ────────────────────────────────────────────────────────────────────────────────────────


def test_a_value_is_revealed_on_a_page_for_a_reason(desk: Desk) -> None:
    there = f"/revelar/paciente/{desk.one}/cpf"
    asking = page(desk.clerk, there)
    assert texts(asking, "h1") == ["Revelar CPF?"]
    refused = desk.clerk.post(there, data={"motivo": "x"})
    assert refused.status_code == 422
    assert "Falta o motivo" in refused.text
    assert DRESSED not in refused.text
    assert desk.deeds() == []
    answer = desk.clerk.post(there, data={"motivo": REASON})
    assert DRESSED in answer.text
    assert answer.headers["cache-control"] == "no-store"
    (noted,) = desk.deeds()
    assert (noted["operator"], noted["deed"], noted["record"], noted["reason"]) == (
        "atendente",
        "reveal",
        desk.one,
        REASON,
    )
    assert noted["kind"] == "page"
    assert noted["address"] == "127.0.0.1"
    assert noted["detail"] == {"fields": ["cpf"]}


def test_a_script_gets_the_question_and_the_value_alone(desk: Desk) -> None:
    there, script = f"/revelar/paciente/{desk.one}/cpf", {"X-Aroeira": "script"}
    question = desk.clerk.get(there, headers=script).text
    assert "<html" not in question
    assert 'name="motivo"' in question
    assert desk.clerk.post(there, data={"motivo": ""}, headers=script).status_code == 422
    assert desk.clerk.post(there, data={"motivo": REASON}, headers=script).json() == {"text": DRESSED}


def test_a_program_says_field_and_reason(desk: Desk) -> None:
    there = f"/api/v1/paciente/{desk.one}/revelar"
    assert desk.clerk.post(there, json={"field": "cpf", "reason": REASON}).json() == {
        "field": "cpf",
        "value": CPF,
    }
    assert desk.deeds()[0]["kind"] == "api"
    told = desk.clerk.post(there, json={"field": "cpf"})
    assert told.status_code == 422
    assert told.json()["problems"][0]["code"] == "R430"
    assert desk.clerk.post(there, json={"field": "alergia", "reason": REASON}).status_code == 403
    assert desk.dpo.post(there, json={"field": "alergia", "reason": REASON}).status_code == 404
    assert (
        desk.clerk.post("/api/v1/paciente/99/revelar", json={"field": "cpf", "reason": REASON}).status_code
        == 404
    )
    described = desk.clerk.get("/api/v1/openapi.json").json()
    body = described["paths"]["/api/v1/paciente/{id}/revelar"]["post"]["requestBody"]
    fields = body["content"]["application/json"]["schema"]["properties"]["field"]["enum"]
    assert "cpf" in fields
    assert "alergia" not in fields
    assert described["components"]["schemas"]["paciente"]["properties"]["cpf"]["description"].startswith(
        "Mascarado"
    )
    assert "/api/v1/paciente/{id}/revelar" not in desk.root.get("/api/v1/openapi.json").json()["paths"]


def test_forms_offer_it_where_it_may_be(desk: Desk) -> None:
    root = page(desk.clerk, f"/registros/paciente/{desk.one}")
    assert {each.get("data-unmasks") for each in root.xpath("//*[@data-unmasks]")} >= {
        "f-cpf",
        "f-nome",
        "f-nascimento",
    }
    assert not root.xpath("//*[@id='f-alergia'][@data-unmask]")
    assert root.xpath("//td[@data-field='numero']//input[@data-unmask='ramal/numero']")
    assert not page(desk.dpo, f"/registros/paciente/{desk.one}").xpath("//*[@data-unmasks]")
    help = desk.clerk.get("/ajuda?entidade=paciente&campo=cpf").text
    assert "mascarado; Alt+R o revela, com um motivo" in help


# ── exports ───────────────────────────────────────────────────────────────────────────────────────


def test_an_export_with_data_of_people_asks_what_for(desk: Desk) -> None:
    there = "/registros/paciente/exportar.csv?columns=nome,cpf,plano&nome.contains=Ana"
    asking = desk.doctor.get(there)
    assert asking.headers["content-type"].startswith("text/html")
    assert "CPF" in asking.text
    assert CPF not in asking.text
    assert desk.deeds() == []
    hidden = {
        each.get("name"): each.get("value")
        for each in shown(asking).xpath("//form[.//*[@name='finalidade']]//input[@type='hidden']")
    }
    assert hidden == {"columns": "nome,cpf,plano", "nome.contains": "Ana"}
    assert desk.doctor.get(f"{there}&finalidade=x").status_code == 422
    answer = desk.doctor.get(f"{there}&finalidade=Auditoria+interna")
    assert answer.headers["content-type"].startswith("text/csv")
    assert DRESSED in answer.text
    (noted,) = desk.deeds()
    assert (noted["deed"], noted["entity"], noted["reason"]) == ("export", "paciente", "Auditoria interna")
    assert noted["detail"] == {
        "list": "paciente", "format": "csv", "rows": 1, "columns": ["nome", "cpf", "plano"], "personal": True,
        "filters": [["nome", "Nome contém (dado pessoal)"]],
    }  # fmt: skip


def test_an_export_without_is_noted_without_asking(desk: Desk) -> None:
    answer = desk.doctor.get("/registros/paciente/exportar.csv?columns=plano&plano=Ouro")
    assert answer.headers["content-type"].startswith("text/csv")
    (noted,) = desk.deeds()
    assert (noted["detail"]["personal"], noted["detail"]["rows"], noted["reason"]) == (False, 0, "")
    assert noted["detail"]["filters"] == [["plano", "Plano é Ouro"]]
    # What is masked shows nothing of anybody; a link to a patient shows the name.
    assert desk.dpo.get("/registros/paciente/exportar.csv").headers["content-type"].startswith("text/csv")
    assert desk.doctor.get("/registros/sala/exportar.csv").headers["content-type"].startswith("text/html")


def test_a_program_exports_for_a_purpose(desk: Desk) -> None:
    there = "/api/v1/paciente/exportar.csv?columns=nome,nascimento&nascimento=1990-05-06"
    told = desk.doctor.get(there)
    assert (told.status_code, told.json()["problems"][0]["field"]) == (422, "purpose")
    answer = desk.doctor.get(f"{there}&purpose=Auditoria+interna")
    assert answer.text.splitlines()[1:] == ["Ana Reis;06/05/1990"]
    (noted,) = desk.deeds()
    assert (noted["kind"], noted["reason"], noted["detail"]["rows"]) == ("api", "Auditoria interna", 1)
    assert desk.doctor.get("/api/v1/paciente/exportar.csv?nada=1").status_code == 400
    assert desk.doctor.get("/api/v1/nada/exportar.csv").status_code == 404
    assert "exportar_paciente" in desk.doctor.get("/api/v1/openapi.json").text


def test_a_sheet_says_its_purpose(desk: Desk) -> None:
    answer = desk.doctor.get("/registros/paciente/exportar.xlsx?finalidade=Auditoria+interna")
    notes = dict(load_workbook(io.BytesIO(answer.content))["Filtros"].values)
    assert notes["Finalidade"] == "Auditoria interna"
    assert notes["Linhas"] == "1"
    assert desk.deeds()[0]["detail"]["format"] == "xlsx"


# ── the log ───────────────────────────────────────────────────────────────────────────────────────


def test_the_audit_and_the_history_tell_it(desk: Desk) -> None:
    desk.clerk.post(f"/revelar/paciente/{desk.one}/cpf", data={"motivo": REASON})
    desk.clerk.post("/revelar/ramal/1/numero", data={"motivo": "Retorno combinado"})
    desk.doctor.get("/registros/paciente/exportar.csv?columns=nome,cpf&finalidade=Auditoria+interna")
    told = desk.root.get("/auditoria/dados-pessoais").text
    for words in (
        "viu",
        "CPF de Paciente Ana Reis",
        REASON,
        "exportou",
        "Auditoria interna",
        "colunas: Nome, CPF",
    ):
        assert words in told
    assert CPF not in told
    assert DRESSED not in told
    assert "Auditoria interna" not in desk.root.get("/auditoria/dados-pessoais?o_que=reveal").text
    history = desk.root.get(f"/registros/paciente/{desk.one}/historico").text
    assert REASON in history
    assert "Retorno combinado" in history  # of a row below
    assert "Auditoria interna" not in history
    masked = desk.clerk.get("/auditoria/dados-pessoais").text
    assert "Ana Reis" not in masked
    assert REASON in masked


def test_a_masked_column_offers_no_order(desk: Desk) -> None:
    def orders(web: Any) -> list[str]:
        return [
            str(each)
            for each in page(web, "/registros/paciente").xpath("//th/a[contains(@class, 'sort')]/@href")
        ]

    assert any("order=cpf" in each for each in orders(desk.doctor))
    mine = orders(desk.clerk)
    assert mine
    assert not any("order=cpf" in each for each in mine)
    assert all(desk.clerk.get(each).status_code == 200 for each in mine)


# ── one person ────────────────────────────────────────────────────────────────────────────────────


def test_the_data_of_a_person_as_page_and_file(desk: Desk) -> None:
    there = f"/registros/paciente/{desk.one}/pessoa"
    assert desk.clerk.get(there).status_code == 403
    assert desk.doctor.get("/registros/sala/1/pessoa").status_code == 404
    assert there in desk.doctor.get(f"/registros/paciente/{desk.one}").text
    assert there not in desk.clerk.get(f"/registros/paciente/{desk.one}").text
    asking = desk.doctor.get(there).text
    assert DRESSED not in asking
    assert desk.doctor.post(there, data={"finalidade": ""}).status_code == 422
    assert desk.deeds() == []
    told = desk.doctor.post(there, data={"finalidade": "Pedido da própria pessoa"})
    for words in (DRESSED, "Pólen", "Tosse", "(11) 98765-4321", "Sala", "Azul"):
        assert words in told.text, words
    answer = desk.doctor.post(there, data={"finalidade": "Pedido da própria pessoa", "arquivo": "1"})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as zipped:
        written = json.loads(zipped.read("dados.json"))
    assert [part["entidade"] for part in written["partes"]] == ["paciente", "ramal", "consulta"]
    assert [noted["detail"]["format"] for noted in desk.deeds()] == ["zip", "page"]


def test_a_person_is_anonymised_by_word_and_purpose(desk: Desk) -> None:
    there = f"/registros/paciente/{desk.one}/anonimizar"
    assert desk.doctor.get(there).status_code == 403
    assert "Não dá para desfazer" in desk.dpo.get(there).text
    told = desk.dpo.post(there, data={"finalidade": "Pedido da própria pessoa", "confirmacao": "sim"})
    assert told.status_code == 422
    assert "escreva ANONIMIZAR" in told.text
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE consulta SET guardar_ate = '2999-12-31'"))
    kept = desk.dpo.get(there).text
    assert "O prontuário se guarda até 31/12/2999." in kept
    assert "confirmacao" not in kept
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE consulta SET guardar_ate = NULL"))
    done = desk.dpo.post(there, data={"finalidade": "Pedido da própria pessoa", "confirmacao": "ANONIMIZAR"})
    assert "Feito" in done.text
    assert desk.root.get(f"/api/v1/paciente/{desk.one}").json()["nome"] == "Anonimizado"
    assert "anonimizou" in desk.root.get("/auditoria/dados-pessoais").text

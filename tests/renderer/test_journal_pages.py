"""The tabs of the audit: who came in, what was refused to whom, and who may open them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Engine, text

from kernel.access.rights import OPEN_AUDIT, RIGHTS
from kernel.accounts.tables import EVENT
from kernel.audit import refusals
from kernel.audit.refusals import Refused
from kernel.context import Context
from tests import door
from tests.attacks.target import CLERK, Target, attacked
from tests.renderer.html import find, page, texts

AUDITOR = """
role: auditor
label: Auditoria
rights: ABRIR AUDITORIA
entities:
  pessoa: read
  telefone: none
"""
TABS = ("/auditoria", "/auditoria/entradas", "/auditoria/recusas")


@pytest.fixture
def target(database: Engine) -> Iterator[Target]:
    """The office, and a role that opens the audit and sees people, but no cities nor phones."""
    with attacked(database, {"sede/roles/auditor.yaml": AUDITOR}) as made:
        yield made


def rows(target: Target, least: int = 0) -> list[tuple[str, str, str, int]]:
    """Return what was refused, as soon as so many refusals are noted: answers do not wait for their note."""
    statement = (
        "SELECT login, level, entity || page || field AS thing, times FROM aroeira_refusal ORDER BY id"
    )
    for _ in range(200):
        found = [tuple(row) for row in door.rows(target.engine, statement)]
        if sum(times for *_, times in found) >= least:
            return found
        time.sleep(0.02)
    raise AssertionError(found)


def said(target: Target, address: str) -> list[str]:
    return texts(page(target.admin, address), "tbody tr")


def test_only_the_right_opens_the_audit(target: Target) -> None:
    for address in (*TABS, "/auditoria/exportar.csv", "/auditoria/exportar.xlsx", "/auditoria/recusas/exportar.csv",
                    "/auditoria/entradas/exportar.csv"):  # fmt: skip
        answer = target.clerk.get(address)
        assert answer.status_code == 403, address
        assert f"precisa do direito “{RIGHTS[OPEN_AUDIT]}”" in answer.text
        assert target.admin.get(address).status_code == 200
    assert not page(target.clerk, "/").xpath("//a[@href='/auditoria']")
    assert page(target.admin, "/").xpath("//a[@href='/auditoria']")
    assert ("caio.balcao", "open", "/auditoria", 1) in rows(target, 7)


def test_what_is_refused_is_told_with_who_and_how_often(target: Target) -> None:
    for _ in range(3):
        assert target.clerk.get(f"/registros/pessoa/{target.away}").status_code == 404
    assert target.clerk.get(f"/api/v1/pessoa/{target.away}").status_code == 404
    assert target.clerk.get("/api/v1/estado").status_code == 404
    version = door.rows(target.engine, "SELECT version FROM pessoa WHERE id = :id", id=target.shown)[
        0
    ].version
    locked = target.clerk.patch(
        f"/api/v1/pessoa/{target.shown}", json={"version": version, "mensalidade": "1.00"}
    )
    assert locked.status_code == 422
    removed = target.clerk.delete(f"/api/v1/pessoa/{target.shown}", headers={"If-Match": "*"})
    assert removed.status_code == 422
    assert sorted(rows(target, 7)) == [
        (CLERK, "change", "pessoamensalidade", 1), (CLERK, "read", "estado", 1), (CLERK, "read", "pessoa", 4),
        (CLERK, "remove", "pessoa", 1),
    ]  # fmt: skip
    told = " | ".join(said(target, "/auditoria/recusas"))
    for each in (
        f"Ver: Pessoa nº {target.away}",
        "4 vezes nesta hora",
        "Ver: Estado",
        "Mudar: Pessoa",
        "Mensalidade",
        "Excluir: Pessoa",
    ):
        assert each in told
    assert len(said(target, "/auditoria/recusas?tipo=change")) == 1
    assert len(said(target, f"/auditoria/recusas?operador={CLERK}&endereco=127.0.0.1")) == 4
    assert said(target, "/auditoria/recusas?operador=ninguem") == []
    assert said(target, "/auditoria/recusas?ate=01/01/2020") == []
    assert "Ver: Estado" in target.admin.get("/auditoria/recusas/exportar.csv").text


def test_what_is_there_for_nobody_is_no_refusal(target: Target) -> None:
    for address in (
        "/registros/pessoa/99999",
        "/registros/nada",
        "/api/v1/nada",
        "/nada",
        f"/registros/pessoa/{target.shown}",
        "/anexos/7",
    ):
        target.clerk.get(address)
        target.admin.get(address)
    assert rows(target) == []


def test_no_flood_of_refusals_fills_anything(target: Target) -> None:
    """As many rows as there are things, whatever is written into addresses and however often."""
    with target.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO pessoa (codigo, nome, situacao) SELECT n::text, 'x', 'cancelado' FROM generate_series(100, 200) n"
            )
        )
    ids = [row.id for row in door.rows(target.engine, "SELECT id FROM pessoa WHERE situacao = 'cancelado'")]
    for id in ids:
        assert target.clerk.get(f"/api/v1/pessoa/{id}").status_code == 404
        target.clerk.get(f"/api/v1/estado?nome={id}")
        target.clerk.get(f"/auditoria?operador={id}")
        target.clerk.get(f"/registros/pessoa/{id}/{'x' * 50}{id}")
    found = rows(target, 3 * len(ids))
    assert len(found) <= 5, found


def test_each_hour_and_operator_counts_apart(target: Target) -> None:
    now = datetime(2026, 11, 26, 10, 59, 59).astimezone()
    for operator, at in (("ana", now), ("ana", now + timedelta(seconds=2)), ("bia", now), ("ana", now)):
        refusals.note(
            target.engine,
            Context(operator, at),
            [Refused("read", "pessoa", record=1), Refused("read", "pessoa", record=1)],
        )
    assert [times for *_, times in rows(target)] == [2, 1, 1]


def test_refusals_of_what_the_reader_does_not_see_are_not_told(target: Target) -> None:
    target.clerk.get("/api/v1/estado")
    target.clerk.get(f"/api/v1/pessoa/{target.away}")
    assert rows(target, 2)
    door.run(target.engine, "UPDATE aroeira_account_role SET role = 'auditor' WHERE role = 'balcao'")
    # One's own are for others to look at: only what exists is noted, so they would tell what exists.
    assert texts(page(target.clerk, "/auditoria/recusas"), "tbody tr") == []
    door.run(target.engine, "UPDATE aroeira_refusal SET login = 'outra.pessoa'")
    seen = texts(page(target.clerk, "/auditoria/recusas"), "tbody tr")
    assert [("Pessoa" in each, "Estado" in each) for each in seen] == [(True, False)]
    assert "Estado" not in target.clerk.get("/auditoria/recusas/exportar.csv").text


def test_sign_ins_are_told_and_searched(target: Target) -> None:
    with door.browser(target.address) as other:
        assert door.sign_in(other, CLERK, "senha errada").status_code == 401
        other.post("/sair")
    target.clerk.post("/sair")
    everything = said(target, "/auditoria/entradas")
    assert any(CLERK in each and "Entrada" in each and "Recusado (R460)" in each for each in everything)
    assert any(CLERK in each and "Saída" in each for each in everything)
    refused = said(
        target, f"/auditoria/entradas?operador={CLERK}&resultado=refused&tipo=sign-in&endereco=127.0.0.1&de=h"
    )
    assert len(refused) == 1
    assert said(target, "/auditoria/entradas?endereco=10.9.9.9") == []
    assert "Nada atende a estes filtros" in target.admin.get("/auditoria/entradas?endereco=10.9.9.9").text
    wrong = page(target.admin, "/auditoria/entradas?de=ontem-ou-antes")
    assert wrong.xpath("//input[@name='de']/@aria-invalid") == ["true"]
    assert "Recusado" in target.admin.get("/auditoria/entradas/exportar.csv?resultado=refused").text


def test_pages_go_back_and_forth(target: Target) -> None:
    now = datetime.now().astimezone()
    many = [
        {"at": now, "login": f"op{n}", "address": "10.0.0.1", "what": "sign-in", "outcome": "done"}
        for n in range(120)
    ]
    with target.engine.begin() as connection:
        connection.execute(EVENT.insert(), many)
    first = page(target.admin, "/auditoria/entradas?endereco=10.0.0.1")
    rows_of = [texts(first, "tbody tr")]
    for _ in range(2):
        (older,) = first.xpath("//a[@rel='next']/@href")
        first = page(target.admin, older)
        rows_of.append(texts(first, "tbody tr"))
    assert [len(each) for each in rows_of] == [50, 50, 20]
    assert not first.xpath("//a[@rel='next']")
    assert "op119" in rows_of[0][0]
    back = page(target.admin, first.xpath("//a[@rel='prev']/@href")[0])
    assert texts(back, "tbody tr") == rows_of[1]
    assert find(back, "nav.tabs")

"""The shipped billing on the demo data: every covered life has its price, worked out here without the product."""

from __future__ import annotations

import calendar
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest
from sqlalchemy import text

from kernel.processes.undo import undo
from tests.billing import Office
from tests.conftest import Cluster
from tests.shipped import any_month, demonstrated, office

PROCESS = "faturamento_mensal"
COMPETENCES = (date(2026, 11, 1), date(2026, 12, 1), date(2027, 2, 1))
LIVES = """
SELECT b.id, b.contrato, c.contratante, b.papel, coalesce(b.titular, b.id) AS familia,
  coalesce(b.plano, c.plano) AS plano, b.nascimento, coalesce(b.inicio_cobertura, b.adesao) AS inicio, b.exclusao,
  CASE WHEN b.tabela_preco IS NOT NULL THEN b.tabela_preco WHEN b.plano IS NOT NULL AND b.plano <> c.plano THEN NULL
    ELSE coalesce(l.tabela_preco, c.tabela_preco) END AS tabela,
  coalesce(c.mudanca_faixa, p.mudanca_faixa) AS conduta, coalesce(c.aniversario, extract(month FROM c.inicio)::int) AS mes,
  coalesce(c.pro_rata, p.pro_rata, false) AS pro_rata, p.forma_calculo,
  coalesce(c.conduta_primeira, p.conduta_primeira) AS primeira,
  coalesce(CASE WHEN c.forma_faturamento = 'lotacao' THEN l.dia_vencimento END, c.dia_vencimento) AS dia_vencimento,
  b.situacao = 'remido' AND coalesce(b.remido_ate, :first) >= :first AS remido
FROM beneficiario b JOIN contrato c ON c.id = b.contrato JOIN plano p ON p.id = coalesce(b.plano, c.plano)
  LEFT JOIN lotacao l ON l.id = b.lotacao
WHERE c.situacao <> 'proposta' AND c.inicio <= :last AND (c.cancelamento IS NULL OR c.cancelamento >= :first)
  AND coalesce(b.inicio_cobertura, b.adesao) <= :last AND (b.exclusao IS NULL OR b.exclusao >= :first)
ORDER BY b.contrato, b.papel DESC, b.id
"""
TABLES = "SELECT id, plano, nome, inicio, fim, conta_vidas FROM tabela_preco"
BANDS = "SELECT id, tabela, aplica_a, idade_de, idade_ate, vidas_de, vidas_ate, valor FROM faixa_preco"
BILLED = """
SELECT i.beneficiario, i.valor, i.idade, i.dias, i.faixa, f.vencimento FROM item_fatura i JOIN fatura f ON f.id = i.fatura
WHERE i.especie = 'mensalidade' AND i.competencia = :first
"""


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    """Install the demo, with lives that begin in the months that are billed, under every first-fee conduct."""
    with office(cluster, demonstrated(cluster)) as made:
        conducts = "'{adesao,primeiro_vencimento,proporcional,mes_seguinte,isenta}'::text[]"
        made.say(f"UPDATE contrato SET conduta_primeira = ({conducts})[id % 6]")
        made.say(
            "UPDATE beneficiario b SET inicio_cobertura = DATE '2026-10-20' + (b.id % 41)::int, exclusao = NULL "
            "FROM contrato c WHERE c.id = b.contrato AND b.id % 2 = 0 AND b.situacao <> 'cancelado' "
            "AND c.cancelamento IS NULL"
        )
        any_month(made)
        yield made


def last_of(first: date) -> date:
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def asked(made: Office, sql: str, **words: Any) -> list[dict[str, Any]]:
    with made.engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(sql), words).mappings()]


def age(born: date, life: dict[str, Any], first: date) -> int:
    if life["conduta"] == "mes_aniversario":
        day = last_of(first)
    elif life["conduta"] == "aniversario_contrato":
        day = date(first.year if first.month >= life["mes"] else first.year - 1, life["mes"], 1)
    else:
        day = first - timedelta(days=1)
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))


def charged_since(life: dict[str, Any]) -> date:
    """Return the first day that is charged, as the first-fee conduct says."""
    begins: date = life["inicio"]
    if life["primeira"] == "mes_seguinte":
        return last_of(begins) + timedelta(days=1)
    if life["primeira"] == "isenta":
        later = begins.replace(day=1) + timedelta(days=31)
        return later.replace(day=min(begins.day, last_of(later).day))
    return begins


def due(life: dict[str, Any], first: date, today: date) -> date:
    """Return the day on which the fee of a life is due."""

    def in_month(month: date) -> date:
        return month.replace(day=min(life["dia_vencimento"], last_of(month).day))

    if life["inicio"] >= first and life["primeira"] == "adesao":
        return max(life["inicio"], today)
    is_next = life["primeira"] in ("primeiro_vencimento", "proporcional") and life["inicio"] >= first
    if is_next and in_month(first) < life["inicio"]:
        return in_month(last_of(first) + timedelta(days=1))
    return in_month(first)


def expected(made: Office, first: date) -> dict[int, tuple[Any, ...]]:
    """Return what each life pays, by hand; lives without a price are not there."""
    last = last_of(first)
    lives = asked(made, LIVES, first=first, last=last)
    tables = {row["id"]: row for row in asked(made, TABLES)}
    bands = asked(made, BANDS)
    counted: dict[tuple[str, Any], int] = defaultdict(int)
    known = [life for life in lives if life["nascimento"] and life["tabela"]]
    for life in known:
        counted["contrato", life["contrato"]] += 1
        counted["empresa", life["contratante"]] += 1
        counted["plano", (life["contrato"], life["plano"])] += 1
        counted["familia", (life["contrato"], life["familia"])] += 1
    place: dict[int, int] = defaultdict(int)
    found = {}
    for life in known:
        place[life["contrato"]] += 1
        named = tables[life["tabela"]]
        valid = [
            t
            for t in tables.values()
            if (t["plano"], t["nome"]) == (named["plano"], named["nome"])
            and t["inicio"] <= first
            and (t["fim"] is None or t["fim"] >= first)
        ]
        if not valid:
            continue
        key = {
            "contrato": life["contrato"], "empresa": life["contratante"],
            "plano": (life["contrato"], life["plano"]), "familia": (life["contrato"], life["familia"]),
        }[valid[0]["conta_vidas"]]  # fmt: skip
        lives_counted = counted[valid[0]["conta_vidas"], key]
        years = age(life["nascimento"], life, first)
        fitting = [
            band
            for band in bands
            if band["tabela"] == valid[0]["id"]
            and band["idade_de"] <= years <= (band["idade_ate"] if band["idade_ate"] is not None else 999)
            and band["vidas_de"] <= lives_counted <= (band["vidas_ate"] or 10**9)
        ]
        own = [band for band in fitting if band["aplica_a"] == life["papel"]]
        band = next(iter(own or [b for b in fitting if b["aplica_a"] == "todos"]), None)
        is_free = life["remido"] or life["forma_calculo"] == "remido"
        if band is None or is_free or (life["forma_calculo"] == "valor_fixo" and place[life["contrato"]] > 1):
            continue
        since = charged_since(life)
        days = (min(life["exclusao"] or last, last) - max(life["inicio"], since, first)).days + 1
        if days <= 0:
            continue
        amount = band["valor"]
        is_partly = since > first and life["primeira"] in ("proporcional", "isenta")
        if days < last.day and (life["pro_rata"] or is_partly):
            amount = (amount * days / last.day).quantize(Decimal("0.01"), ROUND_HALF_EVEN)
        if amount:
            found[life["id"]] = (amount, years, days, band["id"], due(life, first, made.context.today))
    return found


@pytest.mark.parametrize("first", COMPETENCES)
def test_every_life_pays_what_was_worked_out_by_hand(installed: Office, first: date) -> None:
    dry = installed.run(PROCESS, is_dry=True, competencia=first)
    assert dry.status == "finished", dry.trouble
    assert asked(installed, BILLED, first=first) == []
    run = installed.run(PROCESS, competencia=first)
    assert run.status == "finished", run.trouble
    billed = {
        row["beneficiario"]: (row["valor"], row["idade"], row["dias"], row["faixa"], row["vencimento"])
        for row in asked(installed, BILLED, first=first)
    }
    assert billed == expected(installed, first)
    assert len(billed) > 30
    if first == COMPETENCES[0]:  # the mutation of the demo shows: parts of a month, due in the next
        assert any(days < 30 and due.month == 12 for _, _, days, _, due in billed.values())
    sums = "SELECT count(*) AS n FROM fatura f WHERE total <> (SELECT sum(valor) FROM item_fatura WHERE fatura = f.id)"
    assert asked(installed, sums) == [{"n": 0}]
    again = installed.run(PROCESS, competencia=first)
    assert again.status == "finished"
    count = "SELECT count(*) AS n FROM aroeira_process_made WHERE run = :run"
    assert asked(installed, count, run=again.id) == [{"n": 0}]
    assert undo(installed.engine, lambda version: installed.runtime, installed.context, run.id) == []
    assert asked(installed, BILLED, first=first) == []


def test_a_cancelled_invoice_is_billed_again_and_a_closed_month_is_not(installed: Office) -> None:
    first = date(2027, 3, 1)
    installed.run(PROCESS, competencia=first)
    before = asked(installed, BILLED, first=first)
    (chosen,) = asked(installed, "SELECT min(id) AS id FROM fatura WHERE competencia = :c", c=first)
    installed.say(
        "UPDATE fatura SET situacao = 'cancelada', cancelamento = :c, motivo_cancelamento = 'teste' WHERE id = :i",
        c=first, i=chosen["id"],
    )  # fmt: skip
    installed.say("UPDATE item_fatura SET ativo = false WHERE fatura = :i", i=chosen["id"])
    installed.run(PROCESS, competencia=first)
    lives = "SELECT count(*) AS n FROM item_fatura WHERE fatura = :i AND especie = 'mensalidade'"
    (taken,) = asked(installed, lives, i=chosen["id"])
    assert len(asked(installed, BILLED, first=first)) == len(before) + taken["n"]
    april = date(2027, 4, 1)
    installed.say(
        "INSERT INTO competencia_fechada (empresa, competencia, fechada_em) SELECT id, :c, :c FROM empresa",
        c=april,
    )
    run = installed.run(PROCESS, competencia=april)
    assert asked(installed, BILLED, first=april) == []
    reasons = "SELECT DISTINCT reason FROM aroeira_process_left_out WHERE run = :r AND step = 'agrupados'"
    assert asked(installed, reasons, r=run.id) == [{"reason": "fechada"}]

"""Rules of the shipped billing on the demo data: caps, charges, documents, changes of due date, people who left."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

import pytest

from kernel.parameters import set_value
from kernel.processes.runs import Run, begin
from kernel.processes.undo import undo
from tests.billing import Office
from tests.conftest import Cluster
from tests.shipped import any_month, demonstrated, office

CENT = Decimal("0.01")
DECEMBER, JANUARY, FEBRUARY = date(2026, 12, 1), date(2027, 1, 1), date(2027, 2, 1)
LEFT = "SELECT step, reason FROM aroeira_process_left_out WHERE run = :r ORDER BY 1, 2"


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        any_month(made)
        yield made


def finished(made: Office, process: str, **answers: Any) -> Run:
    run = made.run(process, **answers)
    assert run.status == "finished", run.trouble
    return run


def refused(made: Office, process: str, **answers: Any) -> list[Any]:
    """Return the names of the refusals that keep a run from beginning."""
    begun = begin(made.engine, made.runtime, made.context, process, answers)
    assert isinstance(begun, list), begun
    return [problem.facts["refusal"] for problem in begun]


def one(made: Office, sql: str, **words: Any) -> Any:
    [[found]] = made.rows(sql, **words)
    return found


def contract(made: Office, number: str) -> int:
    return int(one(made, "SELECT id FROM contrato WHERE inscricao = :n", n=number))


def made_by(made: Office, run: Run) -> int:
    return int(one(made, "SELECT count(*) FROM aroeira_process_made WHERE run = :r", r=run.id))


# ── caps of copayment ─────────────────────────────────────────────────────────────────────────────

USES = """
SELECT u.id, u.data, u.valor_participacao, u.beneficiario, coalesce(b.titular, b.id) AS familia, b.contrato
FROM item_coparticipacao u JOIN beneficiario b ON b.id = u.beneficiario
WHERE b.contrato = ANY(:c) AND u.competencia_cobranca <= :m AND u.valor_participacao > 0
  AND NOT EXISTS (SELECT 1 FROM item_fatura i WHERE i.coparticipacao = u.id AND i.ativo) ORDER BY u.data, u.id
"""
CHARGED = """
SELECT i.coparticipacao, i.valor FROM item_fatura i JOIN fatura f ON f.id = i.fatura
WHERE i.especie = 'coparticipacao' AND i.competencia = :m AND i.contrato = ANY(:c) AND f.documento = 'fatura'
"""
CAPS = (  # period, who adds up, amount, what is over waits for the next month; in the order in which they count
    ("evento", "beneficiario", Decimal("60.00"), False),
    ("mes", "beneficiario", Decimal("100.00"), True),
    ("mes", "familia", Decimal("150.00"), False),
    ("ano_civil", "contrato", Decimal("400.00"), False),
)


def taken(
    month: date, uses: list[Any], before: dict[Any, Decimal]
) -> tuple[dict[int, Decimal], dict[int, Decimal]]:
    """Return what is charged and what waits of each use, one use after the other, one cap after the other."""
    amounts = {use[0]: use[2] for use in uses}
    waits: dict[int, Decimal] = defaultdict(Decimal)
    for period, who, most, is_put_off in CAPS:
        used: dict[Any, Decimal] = defaultdict(Decimal)
        for id, _, _, life, family, of in uses:
            counted = {"beneficiario": life, "familia": family, "contrato": of}[who]
            key: Any = (id if period == "evento" else counted, of)
            start = before[of] if period == "ano_civil" and month.year == 2026 else Decimal(0)
            if period == "ano_civil" and month.year == 2027:
                start = before["2027", of]
            fits = max(Decimal(0), min(amounts[id], most - start - used[key]))
            used[key] += amounts[id]
            if is_put_off:
                waits[id] += amounts[id] - fits
            amounts[id] = fits
    return amounts, {id: amount for id, amount in waits.items() if amount}


def test_caps_hold_one_after_the_other_and_what_is_put_off_comes_next_month(installed: Office) -> None:
    of = [contract(installed, "EMP-0004"), contract(installed, "ADE-0118")]
    chance = random.Random(11)
    lives = installed.rows(
        "SELECT id FROM beneficiario WHERE contrato = ANY(:c) AND situacao <> 'cancelado' ORDER BY id", c=of
    )
    for place, (life,) in enumerate(lives * 3):
        amount = Decimal(chance.randint(500, 9000)) / 100
        installed.say(
            "INSERT INTO item_coparticipacao (beneficiario, chave, data, descricao, valor_base, valor_participacao, "
            "quantidade, competencia_cobranca) VALUES (:b, :k, :d, 'Uso', 500, :v, 1, :m)",
            b=life, k=f"T-{place}", d=date(2026, 10, 1) + timedelta(days=chance.randint(0, 27)), v=amount,
            m=chance.choice((DECEMBER, JANUARY)),
        )  # fmt: skip
    for each in of:
        for period, who, most, is_put_off in CAPS:
            installed.say(
                "INSERT INTO teto_coparticipacao_contrato (contrato, periodo, soma, valor, excedente, inicio) "
                "VALUES (:c, :p, :s, :v, :e, '2026-01-01')",
                c=each, p=period, s=who, v=most, e="proximo" if is_put_off else "dispensa",
            )  # fmt: skip
    before: dict[Any, Decimal] = defaultdict(Decimal)
    kinds = set()
    for month in (DECEMBER, JANUARY):
        uses = installed.rows(USES, c=of, m=month)
        amounts, waits = taken(month, uses, before)
        run = finished(installed, "faturamento_mensal", competencia=month)
        assert installed.rows(LEFT.replace("WHERE", "WHERE step LIKE 'teto%' AND"), r=run.id) == []
        charged = dict(installed.rows(CHARGED, m=month, c=of))
        assert charged == amounts
        put_off = installed.rows(
            "SELECT chave, valor_participacao, competencia_cobranca FROM item_coparticipacao WHERE chave LIKE :k",
            k=f"TETO-%-{month}",
        )
        later = (month + timedelta(days=31)).replace(day=1)
        assert sorted(put_off) == sorted(
            (f"TETO-{id}-{month}", amount, later) for id, amount in waits.items()
        )
        for use in uses:
            before[("2027", use[5]) if month.year == 2027 else use[5]] += charged[use[0]]
            kinds.add((charged[use[0]] == use[2], use[0] in waits, charged[use[0]] == 0))
    assert {(True, False, False), (False, True, False)} <= kinds
    assert any(is_nothing for _, _, is_nothing in kinds)
    said = one(
        installed,
        "SELECT count(*) FROM item_fatura WHERE especie = 'coparticipacao' AND integral > valor",
    )
    assert said > 5


# ── documents ─────────────────────────────────────────────────────────────────────────────────────


def test_pro_formas_charge_nothing_and_take_the_place_of_those_before(installed: Office) -> None:
    count = "SELECT count(*), sum(total) FROM fatura WHERE competencia = :m AND documento = 'proforma'"
    month = date(2027, 6, 1)
    finished(installed, "faturamento_mensal", competencia=month, documento_pedido="proforma")
    [first] = installed.rows(count, m=month)
    assert first[0] > 5
    finished(installed, "faturamento_mensal", competencia=month, documento_pedido="proforma")
    [again] = installed.rows(count, m=month)
    assert again == first
    real = finished(installed, "faturamento_mensal", competencia=month)
    [[invoices, total]] = installed.rows(count.replace("'proforma'", "'fatura'"), m=month)
    assert (invoices, total) == first
    assert undo(installed.engine, lambda version: installed.runtime, installed.context, real.id) == []


def test_a_cancelled_invoice_frees_its_items_and_a_paid_one_is_answered_by_a_note(installed: Office) -> None:
    month = date(2027, 7, 1)
    of = contract(installed, "IND-0101")
    finished(installed, "faturamento_mensal", competencia=month, contrato_escolhido=of)
    mine = "SELECT id FROM fatura WHERE competencia = :m AND contrato = :c AND situacao = 'aberta'"
    invoice = one(installed, mine, m=month, c=of)
    finished(installed, "cancelar_fatura", fatura_escolhida=invoice, motivo="Plano errado")
    assert installed.rows("SELECT situacao, motivo_cancelamento FROM fatura WHERE id = :i", i=invoice) == [
        ("cancelada", "Plano errado")
    ]
    assert installed.rows("SELECT DISTINCT ativo FROM item_fatura WHERE fatura = :i", i=invoice) == [(False,)]
    assert refused(installed, "cancelar_fatura", fatura_escolhida=invoice, motivo="De novo") == ["cancelada"]
    finished(installed, "faturamento_mensal", competencia=month, contrato_escolhido=of)
    paid = one(installed, mine, m=month, c=of)
    assert paid != invoice
    installed.say(
        "UPDATE fatura SET situacao = 'paga', pagamento = vencimento, valor_pago = total WHERE id = :i",
        i=paid,
    )
    assert refused(installed, "cancelar_fatura", fatura_escolhida=paid, motivo="Devolver") == ["paga"]
    finished(
        installed, "emitir_nota", fatura_escolhida=paid, documento_pedido="nota_credito", valor=Decimal("10.00"),
        historico="Devolução combinada", vence=date(2027, 8, 10),
    )  # fmt: skip
    note = installed.rows(
        "SELECT documento, total, origem, (SELECT sum(valor) FROM item_fatura WHERE fatura = f.id) FROM fatura f WHERE origem = :i",
        i=paid,
    )
    assert note == [("nota_credito", Decimal("10.00"), paid, Decimal("10.00"))]
    too_much = refused(
        installed, "emitir_nota", fatura_escolhida=paid, documento_pedido="nota_credito", valor=Decimal("99999.00"),
        historico="Engano", vence=date(2027, 8, 10),
    )  # fmt: skip
    assert too_much == ["maior"]


# ── charges for being late ────────────────────────────────────────────────────────────────────────


def test_fines_and_interest_come_with_the_next_invoice_where_the_site_says_so(installed: Office) -> None:
    """R$ 1.000 due on Saturday 15 August 2026: paid on Monday nothing is due, ten days later 2 % and 1 % a month."""
    of = contract(installed, "IND-0214")
    installed.say("UPDATE contrato SET multa = 0.02, juros = 0.01, dias_sem_encargos = 0 WHERE id = :c", c=of)
    rows = {
        "monday": (date(2026, 8, 15), date(2026, 8, 17), Decimal(1000)),
        "late": (date(2026, 8, 15), date(2026, 8, 25), Decimal(1000)),
        "partly": (date(2026, 8, 15), date(2026, 8, 25), Decimal("1010.00")),
        # Monday 7 September is a holiday; Saturday the 5th leads to Tuesday the 8th.
        "holiday": (date(2026, 9, 5), date(2026, 9, 8), Decimal(1000)),
    }
    ids = {}
    for name, (due, paid, amount) in rows.items():
        installed.say(
            "INSERT INTO fatura (numero, documento, situacao, empresa, contrato, pagador, competencia, emissao, "
            "vencimento, total, pagamento, valor_pago) SELECT :n, 'fatura', 'paga', empresa, id, contratante, :m, :v, "
            ":v, 1000, :p, :a FROM contrato WHERE id = :c",
            n=f"T-{name}", m=due.replace(day=1), v=due, p=paid, a=amount, c=of,
        )  # fmt: skip
        ids[name] = one(installed, "SELECT id FROM fatura WHERE numero = :n", n=f"T-{name}")
    charged = (
        "SELECT origem, valor, integral, dias FROM item_fatura WHERE especie = 'encargo' ORDER BY origem"
    )
    month = date(2027, 8, 1)
    finished(installed, "faturamento_mensal", competencia=month, contrato_escolhido=of)
    assert installed.rows(charged) == []
    with installed.engine.begin() as connection:
        refused = set_value(
            installed.runtime,
            connection,
            installed.context,
            "cobra_encargos_na_seguinte",
            True,
            date(2026, 1, 1),
        )
    assert refused is None
    month = date(2027, 9, 1)
    finished(installed, "faturamento_mensal", competencia=month, contrato_escolhido=of)
    interest = (Decimal(1000) * Decimal("0.01") * 10 / 30).quantize(CENT, ROUND_HALF_EVEN)
    due_late = Decimal("20.00") + interest
    assert installed.rows(charged) == sorted(
        [(ids["late"], due_late, due_late, 10), (ids["partly"], due_late - 10, due_late, 10)]
    )
    again = finished(installed, "faturamento_mensal", competencia=date(2027, 10, 1), contrato_escolhido=of)
    assert again.status == "finished"
    assert len(installed.rows(charged)) == 2


# ── the day on which invoices are due ─────────────────────────────────────────────────────────────


def test_a_new_due_day_settles_the_days_between(installed: Office) -> None:
    """From day 20 to day 5: fifteen days less of a month of the last invoice, by its real days."""
    of = contract(installed, "IND-0214")
    month, after = date(2027, 11, 1), date(2027, 12, 1)
    finished(installed, "faturamento_mensal", competencia=month, contrato_escolhido=of)
    monthly = one(
        installed,
        "SELECT sum(valor) FROM item_fatura WHERE contrato = :c AND competencia = :m AND especie = 'mensalidade'",
        c=of, m=month,
    )  # fmt: skip
    wanted = one(
        installed, "SELECT id FROM alteracao_vencimento WHERE contrato = :c AND situacao = 'pedido'", c=of
    )
    too_late = finished(installed, "alterar_vencimentos", competencia=month, com_acerto=True)
    assert installed.rows(LEFT, r=too_late.id) == [("pedidos", "faturada")]
    run = finished(installed, "alterar_vencimentos", competencia=after, com_acerto=True)
    settled = (monthly * 15 / 30).quantize(CENT, ROUND_HALF_EVEN)
    assert installed.rows(
        "SELECT situacao, de, valor_pro_rata FROM alteracao_vencimento WHERE id = :i", i=wanted
    ) == [("feito", 20, -settled)]
    assert one(installed, "SELECT dia_vencimento FROM contrato WHERE id = :c", c=of) == 5
    finished(installed, "faturamento_mensal", competencia=after, contrato_escolhido=of)
    credit = "SELECT i.valor, f.vencimento FROM item_fatura i JOIN fatura f ON f.id = i.fatura WHERE i.especie = 'credito' AND i.contrato = :c AND i.competencia = :m"
    assert installed.rows(credit, c=of, m=after) == [(-settled, date(2027, 12, 5))]
    assert (
        undo(installed.engine, lambda version: installed.runtime, installed.context, run.id) != []
    )  # it was billed
    assert (
        made_by(installed, finished(installed, "alterar_vencimentos", competencia=after, com_acerto=True))
        == 0
    )


# ── people who left ───────────────────────────────────────────────────────────────────────────────


def test_who_left_gets_back_what_was_billed_beyond(installed: Office) -> None:
    """Out on 10 March, with March and April billed: pro rata 21 of 31 days of March come back, and all of April."""
    of = contract(installed, "EMP-0004")
    installed.say("UPDATE contrato SET pro_rata = true WHERE id = :c", c=of)
    march, april = date(2028, 3, 1), date(2028, 4, 1)
    for month in (march, april):
        finished(installed, "faturamento_mensal", competencia=month, contrato_escolhido=of)
    fees = "SELECT beneficiario, preco FROM item_fatura WHERE contrato = :c AND competencia = :m AND especie = 'mensalidade' ORDER BY 1 DESC"
    [(life, price), *_] = installed.rows(fees, c=of, m=march)
    [next_price] = [each for who, each in installed.rows(fees, c=of, m=april) if who == life]
    installed.say(
        "UPDATE beneficiario SET exclusao = '2028-03-10', motivo_exclusao = (SELECT id FROM motivo WHERE codigo = 'EX01') WHERE id = :b",
        b=life,
    )
    may = date(2028, 5, 1)
    finished(installed, "acertar_exclusoes", competencia=may)
    back = price - (price * 10 / 31).quantize(CENT, ROUND_HALF_EVEN)
    lines = "SELECT natureza, valor FROM cobranca_avulsa WHERE beneficiario = :b AND chave LIKE 'SAIDA-%' ORDER BY valor"
    assert installed.rows(lines, b=life) == sorted(
        [("credito", back), ("credito", next_price)], key=lambda row: row[1]
    )
    assert made_by(installed, finished(installed, "acertar_exclusoes", competencia=may)) == 0
    installed.say("UPDATE beneficiario SET exclusao = '2028-03-20' WHERE id = :b", b=life)
    changed = finished(installed, "acertar_exclusoes", competencia=may)
    assert installed.rows(LEFT, r=changed.id) == [("diferentes", "mudou")]
    installed.say(
        "UPDATE cobranca_avulsa SET situacao = 'cancelado', motivo = 'Saída mudou' "
        "WHERE beneficiario = :b AND valor = :v",
        b=life, v=back,
    )  # fmt: skip
    finished(installed, "acertar_exclusoes", competencia=may)
    later = price - (price * 20 / 31).quantize(CENT, ROUND_HALF_EVEN)
    assert ("credito", later) in installed.rows(lines, b=life)
    installed.say(
        "UPDATE cobranca_avulsa SET situacao = 'cancelado' WHERE beneficiario = :b AND valor = :v",
        b=life,
        v=later,
    )
    undone = finished(installed, "acertar_exclusoes", competencia=may)
    assert installed.rows(LEFT, r=undone.id) == [("diferentes", "desfeito")]


def test_a_cancelled_contract_gets_its_difference_by_a_note(installed: Office) -> None:
    of = contract(installed, "IND-0066")
    month = date(2028, 6, 1)
    finished(installed, "faturamento_mensal", competencia=month, contrato_escolhido=of)
    [[total, invoice]] = installed.rows(
        "SELECT sum(valor), min(fatura) FROM item_fatura WHERE contrato = :c AND competencia = :m AND especie = 'mensalidade'",
        c=of, m=month,
    )  # fmt: skip
    installed.say(
        "UPDATE beneficiario SET exclusao = '2028-05-31', motivo_exclusao = (SELECT id FROM motivo WHERE codigo = 'EX01') WHERE contrato = :c",
        c=of,
    )
    installed.say(
        "UPDATE contrato SET situacao = 'cancelado', cancelamento = '2028-05-31', "
        "motivo_cancelamento = (SELECT id FROM motivo WHERE codigo = 'CA01') WHERE id = :c",
        c=of,
    )
    finished(installed, "acertar_exclusoes", competencia=date(2028, 7, 1))
    assert installed.rows("SELECT documento, total FROM fatura WHERE origem = :i", i=invoice) == [
        ("nota_credito", total)
    ]
    assert made_by(installed, finished(installed, "acertar_exclusoes", competencia=date(2028, 7, 1))) == 0


# ── readjustment ──────────────────────────────────────────────────────────────────────────────────


def without_percentages(made: Office) -> None:
    """Take away what the demonstration brings; no additive goes up, as tests before billed later months."""
    made.say("DELETE FROM valor_indice")
    made.say("DELETE FROM percentual_agrupamento")
    made.say("UPDATE aditivo SET reajusta = false")


def with_percentages(made: Office) -> None:
    """Let individual contracts go up by 6.06 %, and small ones together by 12 %."""
    made.say(
        "INSERT INTO valor_indice (indice, inicio, fim, variacao) SELECT id, '2026-05-01', '2027-04-30', 0.0606 "
        "FROM indice WHERE sigla = 'ANS'"
    )
    made.say(
        "INSERT INTO percentual_agrupamento (empresa, inicio, fim, percentual, vidas_ate) "
        "SELECT id, '2026-05-01', '2027-04-30', 0.12, 29 FROM empresa"
    )


def test_contracts_go_up_once_a_year_as_their_kind_says(installed: Office) -> None:
    month = date(2026, 9, 1)
    big, due = contract(installed, "EMP-0004"), contract(installed, "ADE-0118")
    anniversary = "UPDATE contrato SET aniversario = 9 WHERE id = ANY(:c)"
    alone = contract(installed, "IND-0101")
    installed.say(anniversary, c=[big, due, alone])
    installed.say("UPDATE plano SET base_reajuste = 'aniversario', mes_reajuste = NULL")
    without_percentages(installed)
    nothing = finished(installed, "reajustar_contratos", competencia=month)
    assert {row[1] for row in installed.rows(LEFT, r=nothing.id)} <= {
        "sem_teto",
        "sem_agrupamento",
        "sem_percentual",
    }
    assert ("com_teto", "sem_teto") in installed.rows(LEFT, r=nothing.id)
    with_percentages(installed)
    installed.say("UPDATE contrato SET indice_reajuste = NULL")
    installed.say(
        "UPDATE plano SET agrupa_contratos = false WHERE id = (SELECT plano FROM contrato WHERE id = :c)",
        c=big,
    )
    installed.say(
        "UPDATE plano SET agrupa_contratos = true WHERE id = (SELECT plano FROM contrato WHERE id = :c)",
        c=due,
    )
    installed.say(
        "INSERT INTO reajuste (contrato, competencia, percentual, origem, situacao) VALUES (:c, :m, 0.089, 'negociado', 'combinado')",
        c=big, m=month,
    )  # fmt: skip
    prices = (
        "SELECT f.idade_de, f.vidas_de, f.aplica_a, f.valor FROM contrato c JOIN faixa_preco f ON f.tabela = c.tabela_preco "
        "WHERE c.id = :c ORDER BY 1, 2, 3"
    )
    before = {each: installed.rows(prices, c=each) for each in (big, due, alone)}
    dry = installed.run("reajustar_contratos", is_dry=True, competencia=month)
    assert dry.status == "finished"
    assert {each: installed.rows(prices, c=each) for each in before} == before
    run = finished(installed, "reajustar_contratos", competencia=month)
    assert installed.rows(LEFT.replace("step, reason", "step, reason, facts"), r=run.id) == []
    for each, rate in ((big, "1.089"), (due, "1.12"), (alone, "1.0606")):
        expected = [
            (*row[:3], (row[3] * Decimal(rate)).quantize(CENT, ROUND_HALF_EVEN)) for row in before[each]
        ]
        assert installed.rows(prices, c=each) == expected, each
    noted = dict(installed.rows("SELECT contrato, origem FROM reajuste WHERE situacao = 'aplicado'"))
    assert {each: noted[each] for each in before} == {
        big: "negociado",
        due: "agrupamento",
        alone: "individual",
    }
    again = finished(installed, "reajustar_contratos", competencia=month)
    assert made_by(installed, again) == 0
    assert undo(installed.engine, lambda version: installed.runtime, installed.context, run.id) == []
    assert {each: installed.rows(prices, c=each) for each in before} == before


# ── revenue ───────────────────────────────────────────────────────────────────────────────────────


def billed_item(
    made: Office, number: str, amount: str, begins: date, ends: date, paid: date | None = None
) -> int:
    """Write an invoice with one fee that covers some days."""
    of = contract(made, "ADE-0118")
    made.say(
        "INSERT INTO fatura (numero, documento, situacao, empresa, contrato, pagador, competencia, emissao, vencimento, "
        "total, pagamento, valor_pago) SELECT :n, 'fatura', :s, empresa, id, contratante, :m, :b, :b, :v, "
        "CAST(:p AS date), CASE WHEN :s = 'paga' THEN CAST(:v AS numeric) END FROM contrato WHERE id = :c",
        n=number, s="paga" if paid else "aberta", m=begins.replace(day=1), b=begins, v=Decimal(amount), p=paid, c=of,
    )  # fmt: skip
    made.say(
        "INSERT INTO item_fatura (fatura, especie, contrato, competencia, descricao, valor, cobre_de, cobre_ate, ativo) "
        "SELECT id, 'mensalidade', contrato, competencia, 'Mensalidade', total, :b, :e, true FROM fatura WHERE numero = :n",
        n=number, b=begins, e=ends,
    )  # fmt: skip
    return int(one(made, "SELECT id FROM fatura WHERE numero = :n", n=number))


BALANCES = """
SELECT left(k.codigo, 4), sum(coalesce(p.debito, 0) - coalesce(p.credito, 0)) FROM partida p
JOIN lancamento l ON l.id = p.lancamento JOIN conta_razao k ON k.id = p.conta
WHERE l.fatura = :f AND l.data <= :d GROUP BY 1 HAVING sum(coalesce(p.debito, 0) - coalesce(p.credito, 0)) <> 0 ORDER BY 1
"""


def test_revenue_follows_the_days_of_cover(installed: Office) -> None:
    """The worked cases of RN 472, chapter IV: R$ 300 from 11 June; R$ 10.000 and R$ 1.000 from 5 January."""
    month = billed_item(installed, "R-300", "300.00", date(2026, 6, 11), date(2026, 7, 10))
    year = billed_item(installed, "R-10000", "10000.00", date(2026, 1, 5), date(2027, 1, 4))
    fee = billed_item(installed, "R-1000", "1000.00", date(2026, 1, 5), date(2026, 2, 4))
    early = billed_item(installed, "R-600", "600.00", date(2026, 6, 1), date(2026, 6, 30), date(2026, 5, 20))
    for number in range(1, 8):
        finished(installed, "apropriar_receitas", mes=date(2026, number, 1))

    def on(invoice: int, day: date) -> dict[str, Decimal]:
        return dict(installed.rows(BALANCES, f=invoice, d=day))

    end = date(2026, 1, 31)
    assert on(year, end) == {"1231": Decimal(10000), "2111": Decimal("-9260.27"), "3111": Decimal("-739.73")}
    assert on(fee, end) == {"1231": Decimal(1000), "2111": Decimal("-129.03"), "3111": Decimal("-870.97")}
    assert on(fee, date(2026, 2, 28)) == {"1231": Decimal(1000), "3111": Decimal(-1000)}
    assert on(month, date(2026, 6, 10)) == {}
    assert on(month, date(2026, 6, 11)) == {"1231": Decimal(300), "2111": Decimal(-300)}
    assert on(month, date(2026, 6, 30)) == {
        "1231": Decimal(300),
        "2111": Decimal(-100),
        "3111": Decimal(-200),
    }
    assert on(month, date(2026, 7, 31)) == {"1231": Decimal(300), "3111": Decimal(-300)}
    assert on(early, date(2026, 5, 31)) == {"1213": Decimal(600), "2132": Decimal(-600)}
    assert on(early, date(2026, 6, 1)) == {"1213": Decimal(600), "2111": Decimal(-600)}
    assert on(early, date(2026, 6, 30)) == {"1213": Decimal(600), "3111": Decimal(-600)}
    assert made_by(installed, finished(installed, "apropriar_receitas", mes=date(2026, 7, 1))) == 0
    finished(installed, "cancelar_fatura", fatura_escolhida=month, motivo="Nunca houve cobertura")
    finished(installed, "apropriar_receitas", mes=date(2026, 8, 1))
    assert on(month, date(2026, 8, 31)) == {}
    unbalanced = "SELECT lancamento FROM partida GROUP BY 1 HAVING sum(coalesce(debito, 0)) <> sum(coalesce(credito, 0))"
    assert installed.rows(unbalanced) == []

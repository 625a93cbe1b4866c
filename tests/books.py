"""A small configuration of invoices that are posted to a ledger, for tests; and plain ways to post."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, text

from tests.billing import FILES as BILLING
from tests.billing import Office, office

FILES = {
    "faturas/entities/conta.yaml": """
entity: conta
label: {one: Conta, many: Contas, gender: f}
shown_as: "{codigo}"
search: [codigo, nome]
fields:
  codigo: {type: text, max: 20, required: yes, unique: yes}
  nome: {type: text, max: 60, required: yes}
  superior: {type: link, to: conta, label: Conta superior}
""",
    "faturas/entities/periodo_contabil.yaml": """
entity: periodo_contabil
label: {one: Período contábil, many: Períodos contábeis}
shown_as: "{inicio}"
valid: {from: inicio, to: fim}
fields:
  inicio: {type: date, required: yes}
  fim: date
  fechado: {type: yes/no, default: no}
""",
    "faturas/entities/lancamento.yaml": """
entity: lancamento
label: {one: Lançamento, many: Lançamentos}
shown_as: "{historico}"
search: [historico]
ledger:
  day: data
  lines: partidas
  account: conta
  debit: debito
  credit: credito
  closed: {in: periodo_contabil, from: inicio, to: fim, when: fechado}
fields:
  data: {type: date, required: yes}
  historico: {type: text, max: 120}
  fatura: {type: link, to: fatura}
  quantas: {type: integer, is: count(partidas), stored: yes}
  partidas: {type: children, of: partida}
""",
    "faturas/entities/partida.yaml": """
entity: partida
label: {one: Partida, many: Partidas, gender: f}
shown_as: "{conta}"
fields:
  lancamento: {type: link, to: lancamento, required: yes}
  conta: {type: link, to: conta, required: yes}
  debito: money
  credito: money
  contrato: {type: link, to: contrato}
""",
}

Line = tuple[int, Any, Any]  # account, debit, credit
DAY = date(2026, 11, 10)
OCTOBER = date(2026, 10, 10)


def files(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the documents of the ledger, with some in place of others."""
    return {**FILES, **(more or {})}


def bookkeeping(engine: Engine, more: Mapping[str, str] | None = None) -> Office:
    """Publish invoices with a ledger; make three accounts, October closed, November open."""
    made = office(engine, files(more))
    made.say(
        "INSERT INTO conta (codigo, nome, superior) VALUES ('1', 'Ativo', NULL), ('1.1', 'Caixa', 1), ('3', 'Receita', NULL)"
    )
    made.say(
        "INSERT INTO periodo_contabil (inicio, fim, fechado) VALUES "
        "('2026-10-01', '2026-10-31', true), ('2026-11-01', '2026-11-30', false)"
    )
    return made


def pair(amount: Any, debit: int = 2, credit: int = 3) -> Sequence[Line]:
    """Return two lines that balance."""
    return ((debit, amount, None), (credit, None, amount))


def post(connection: Connection, day: date | None = DAY, lines: Sequence[Line] = pair(Decimal(10))) -> int:
    """Write an entry with its lines by plain statements; return its id."""
    made = text("INSERT INTO lancamento (data, historico) VALUES (:day, 'Teste') RETURNING id")
    id: int = connection.execute(made, {"day": day}).scalar_one()
    for account, debit, credit in lines:
        add(connection, id, (account, debit, credit))
    return id


def add(connection: Connection, entry: int, line: Line) -> None:
    """Write one line of an entry."""
    account, debit, credit = line
    connection.execute(
        text("INSERT INTO partida (lancamento, conta, debito, credito) VALUES (:e, :a, :d, :c)"),
        {"e": entry, "a": account, "d": debit, "c": credit},
    )


# ── posting ───────────────────────────────────────────────────────────────────────────────────────

POSTING = """
posting: faturamento
label: Faturamento
of: fatura
into: lancamento
lookup:
  caixa: {in: conta, where: 'codigo = "1.1"', otherwise: "Falta a conta 1.1."}
  receita: {in: conta, where: 'codigo = "3"', otherwise: "Falta a conta 3."}
  taxas: {in: conta, where: 'codigo = "4"', expect: maybe}
set: {data: vencimento, historico: '"Fatura " + numero', fatura: fatura}
lines:
  receber: {account: caixa, debit: total, set: {contrato: contrato}}
  receita: {account: receita, credit: total - taxa}
  taxa: {account: taxas, credit: taxa, when: total > 0, otherwise: "Sem conta de taxas para {numero}."}
"""
_BILLING = BILLING["faturas/processes/faturar.yaml"]
_INVOICE = BILLING["faturas/entities/fatura.yaml"]
POSTED = {
    "faturas/entities/fatura.yaml": _INVOICE.replace("  soma:", "  taxa: {type: money, default: 0}\n  soma:"),
    "faturas/postings/faturamento.yaml": POSTING,
    "faturas/processes/faturar.yaml": f"{_BILLING}  razao: {{from: novas, post: faturamento}}\n",
}
"""The process of invoices, which posts those that it makes."""

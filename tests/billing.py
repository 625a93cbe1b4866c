"""A small configuration of contracts, lives, prices and invoices for tests of processes."""

from __future__ import annotations

import calendar
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from sqlalchemy import Engine, text

from kernel.context import Context, at_present
from kernel.processes.drive import drive
from kernel.processes.runs import Run, begin
from kernel.publish import load
from kernel.runtime import Runtime
from tests.publications import publish

FILES = {
    "faturas/manifest.yaml": "package: faturas\nlabel: Faturas\nversion: 1.0.0\n",
    "faturas/entities/tabela.yaml": """
entity: tabela
label: {one: Tabela, many: Tabelas, gender: f}
shown_as: "{nome}"
search: [nome]
fields:
  nome: {type: text, max: 40, required: yes, unique: yes}
""",
    "faturas/entities/faixa.yaml": """
entity: faixa
label: {one: Faixa, many: Faixas, gender: f}
shown_as: "{idade_de} a {idade_ate}"
fields:
  tabela: {type: link, to: tabela, required: yes}
  idade_de: {type: integer, required: yes}
  idade_ate: {type: integer, required: yes}
  valor: {type: money, required: yes}
  inicio: {type: date, required: yes}
  fim: {type: date}
valid: {from: inicio, to: fim, within: [tabela, idade_de]}
""",
    "faturas/entities/contrato.yaml": """
entity: contrato
label: {one: Contrato, many: Contratos}
shown_as: "{numero}"
search: [numero, cliente]
fields:
  numero: {type: text, max: 12, required: yes, unique: yes}
  cliente: {type: text, max: 60, required: yes}
  tabela: {type: link, to: tabela}
  vencimento: {type: integer, min: 1, max: 28, required: yes, default: 10}
  situacao: {type: choice, of: {ativo: Ativo, suspenso: Suspenso}, default: ativo, required: yes}
  vidas: {type: children, of: vida}
""",
    "faturas/entities/vida.yaml": """
entity: vida
label: {one: Vida, many: Vidas, gender: f}
shown_as: "{nome}"
search: [nome]
fields:
  contrato: {type: link, to: contrato, required: yes}
  nome: {type: text, max: 80, required: yes}
  nascimento: {type: date}
  inicio: {type: date, required: yes}
  fim: {type: date}
""",
    "faturas/entities/competencia_fechada.yaml": """
entity: competencia_fechada
label: {one: Competência fechada, many: Competências fechadas, gender: f}
shown_as: "{competencia}"
fields:
  competencia: {type: month, required: yes, unique: yes}
""",
    "faturas/entities/fatura.yaml": """
entity: fatura
label: {one: Fatura, many: Faturas, gender: f}
shown_as: "{numero}"
search: [numero]
fields:
  numero: {type: sequence, pattern: "F{n:7}"}
  contrato: {type: link, to: contrato, required: yes}
  competencia: {type: month, required: yes}
  vencimento: {type: date, required: yes}
  situacao: {type: choice, of: {aberta: Aberta, paga: Paga}, default: aberta, required: yes}
  total: {type: money, required: yes}
  soma: {type: money, is: sum(itens.valor), stored: yes}
  itens: {type: children, of: item}
checks:
  positiva: {when: total < 0, message: "A fatura de {contrato} ficaria negativa: {total}."}
""",
    "faturas/entities/item.yaml": """
entity: item
label: {one: Item, many: Itens}
shown_as: "{vida}"
unique: [[vida, competencia]]
fields:
  fatura: {type: link, to: fatura, required: yes}
  vida: {type: link, to: vida, required: yes}
  competencia: {type: month, required: yes}
  faixa: {type: link, to: faixa}
  idade: {type: integer}
  dias: {type: integer}
  valor: {type: money, required: yes}
""",
    "faturas/processes/faturar.yaml": """
process: faturar
label: Faturar competência
needs: FATURAR
ask:
  competencia: {type: month, required: yes}
  contrato_unico: {type: link, to: contrato, label: Só o contrato}
key: [competencia]
together: contrato
part: 40
steps:
  vidas:
    from: vida
    where: (contrato_unico = null or contrato = contrato_unico) and contrato.situacao = "ativo"
    lookup:
      cobrada: {in: item, where: item.vida = vida and item.competencia = competencia, expect: none}
    columns:
      contrato: contrato
      vida: vida
      tabela: contrato.tabela
      ultimo: last day of month(competencia)
      idade: years between(nascimento, competencia)
      dias: days between(max(inicio, competencia), min(coalesce(fim, ultimo), ultimo)) + 1
    refuse:
      sem_nascimento: {when: nascimento = null, message: "{vida} não tem data de nascimento."}
  cobertas:
    from: vidas
    where: dias > 0
  precos:
    from: cobertas
    lookup:
      faixa:
        in: faixa
        where: tabela = cobertas.tabela and idade in [idade_de..idade_ate]
        at: competencia
        otherwise: "Sem preço para {idade} anos na tabela {tabela}."
    columns:
      valor: {is: faixa.valor * dias / ultimo.day, type: money}
  novas:
    from: precos
    insert: fatura
    group: [contrato]
    set:
      contrato: contrato
      competencia: competencia
      vencimento: competencia + duration("P1M") + duration("P9D")
      total: sum(valor)
  linhas:
    from: precos
    insert: item
    key: [vida, competencia]
    set: {fatura: novas, vida: vida, competencia: competencia, faixa: faixa, idade: idade, dias: dias, valor: valor}
""",
}


CENT = Decimal("0.01")
NOVEMBER = date(2026, 11, 1)


def texts(more: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """Return the files of the configuration, with some in place of others."""
    return {path: said.encode() for path, said in {**FILES, **(more or {})}.items()}


@dataclass
class Office:
    """The configuration, published, and what is in it."""

    engine: Engine
    runtime: Runtime
    context: Context

    def run(self, process: str = "faturar", *, is_dry: bool = False, **answers: Any) -> Run:
        """Ask for a run and carry it to its end."""
        id = self.begin(process, is_dry=is_dry, **answers)
        return drive(self.engine, lambda version: self.runtime, id)

    def begin(self, process: str = "faturar", *, is_dry: bool = False, **answers: Any) -> int:
        """Ask for a run."""
        begun = begin(self.engine, self.runtime, self.context, process, answers, is_dry=is_dry)
        assert isinstance(begun, int), [problem.sentence() for problem in begun]
        return begun

    def rows(self, sql: str, **words: Any) -> list[tuple[Any, ...]]:
        """Return rows of a SELECT."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql), words)]

    def say(self, sql: str, **words: Any) -> None:
        """Execute a statement."""
        with self.engine.begin() as connection:
            connection.execute(text(sql), words)

    def wait_for_a_part(self, seconds: float = 60) -> None:
        """Wait until some part of some run is done."""
        last = time.monotonic() + seconds
        while not self.rows("SELECT 1 FROM aroeira_process_part WHERE is_done LIMIT 1"):
            assert time.monotonic() < last, "no part was done"
            time.sleep(0.003)

    @property
    def invoices(self) -> list[tuple[Any, ...]]:
        """Every item with its contract, life, band and amounts, in order."""
        return self.rows(
            "SELECT f.contrato, f.competencia, i.vida, i.faixa, i.idade, i.dias, i.valor, f.total, f.soma "
            "FROM item i JOIN fatura f ON f.id = i.fatura ORDER BY 1, 2, 3"
        )


def office(engine: Engine, more: Mapping[str, str] | None = None) -> Office:
    """Publish the configuration in a database."""
    applied = publish(engine, texts(more))
    with engine.connect() as connection:
        return Office(engine, load(connection, applied.version), at_present("marina"))


def people(made: Office, contracts: int, seed: int = 1) -> None:
    """Make contracts with a few lives each, two price tables of ten bands, straight in the tables."""
    chance = random.Random(seed)
    with made.engine.begin() as connection:
        for table in (1, 2):
            connection.execute(text("INSERT INTO tabela (nome) VALUES (:n)"), {"n": f"Tabela {table}"})
            lows = [0, 19, 24, 29, 34, 39, 44, 49, 54, 59]
            for place, low in enumerate(lows):
                high = lows[place + 1] - 1 if place < 9 else 200
                words = {"t": table, "a": low, "b": high, "v": Decimal("101.37") * table * (place + 2)}
                connection.execute(
                    text(
                        "INSERT INTO faixa (tabela, idade_de, idade_ate, valor, inicio) "
                        "VALUES (:t, :a, :b, :v, '2020-01-01')"
                    ),
                    words,
                )
        for number in range(1, contracts + 1):
            connection.execute(
                text(
                    "INSERT INTO contrato (numero, cliente, tabela, vencimento, situacao) "
                    "VALUES (:n, :c, :t, 10, :s)"
                ),
                {
                    "n": f"{number:06}", "c": f"Cliente {number}", "t": number % 2 + 1,
                    "s": "suspenso" if number % 11 == 0 else "ativo",
                },
            )  # fmt: skip
            for life in range(chance.randint(1, 5)):
                begins = date(2026, 11, 1) + timedelta(days=chance.randint(-900, 40))
                ends = begins + timedelta(days=chance.randint(1, 900)) if chance.random() < 0.2 else None
                words = {
                    "c": number, "n": f"Vida {number}-{life}", "b": begins, "e": ends,
                    "d": date(1930, 1, 1) + timedelta(days=chance.randint(0, 35_000)),
                }  # fmt: skip
                connection.execute(
                    text(
                        "INSERT INTO vida (contrato, nome, nascimento, inicio, fim) "
                        "VALUES (:c, :n, :d, :b, :e)"
                    ),
                    words,
                )


def expected(made: Office, competence: date = NOVEMBER) -> list[tuple[Any, ...]]:
    """Return what the invoices of a competence must be, worked out life by life, without the product."""
    last = competence.replace(day=calendar.monthrange(competence.year, competence.month)[1])
    bands = made.rows("SELECT id, tabela, idade_de, idade_ate, valor FROM faixa")
    found: dict[int, list[list[Any]]] = {}
    lives = made.rows(
        "SELECT v.id, v.contrato, c.tabela, v.nascimento, v.inicio, v.fim FROM vida v "
        "JOIN contrato c ON c.id = v.contrato WHERE c.situacao = 'ativo' ORDER BY v.contrato, v.id"
    )
    for life, contract, table, born, begins, ends in lives:
        if born is None:
            continue
        days = (min(ends or last, last) - max(begins, competence)).days + 1
        if days <= 0:
            continue
        age = competence.year - born.year - ((competence.month, competence.day) < (born.month, born.day))
        fitting = [band for band in bands if band[1] == table and band[2] <= age <= band[3]]
        if len(fitting) != 1:
            continue
        band = fitting[0]
        amount = (band[4] * days / last.day).quantize(CENT, ROUND_HALF_EVEN)
        found.setdefault(contract, []).append([contract, competence, life, band[0], age, days, amount])
    rows = []
    for items in found.values():
        total = sum(item[6] for item in items)
        rows += [(*item, total, total) for item in items]
    return rows

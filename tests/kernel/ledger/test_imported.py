"""An import leaves out the rows that a ledger would not take, each with its reason; the others come in."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kernel.intake.run import Imported, run
from tests.billing import Office
from tests.books import DAY, OCTOBER, bookkeeping, post

LAYOUT = """
layout: partidas
kind: delimited
delimiter: ";"
into: partida
key: [lancamento, conta]
columns:
  historico: {to: lancamento, find: historico}
  conta: {to: conta, find: codigo}
  debito: debito
  credito: credito
"""
HEADS = """
layout: lancamentos
kind: delimited
delimiter: ";"
into: lancamento
key: historico
columns: {historico: historico, data: data}
"""
MORE = {"faturas/layouts/partidas.yaml": LAYOUT, "faturas/layouts/lancamentos.yaml": HEADS}


@pytest.fixture
def made(database: Engine) -> Office:
    found = bookkeeping(database, MORE)
    found.say("UPDATE periodo_contabil SET fechado = false")
    with found.engine.begin() as connection:
        for day in (DAY, DAY, OCTOBER):
            post(connection, day)
    found.say("UPDATE lancamento SET historico = 'L' || id")
    found.say("UPDATE periodo_contabil SET fechado = inicio = '2026-10-01'")
    return found


def load(made: Office, folder: Path, name: str, content: str) -> tuple[Imported, dict[int, tuple[str, str]]]:
    """Import a file; return what came of it, and the column and the reason of each refused line."""
    path, errors = folder / "arquivo.csv", folder / "recusadas.csv"
    path.write_text(content, encoding="utf-8")
    done = run(
        made.engine, made.runtime, made.context, made.runtime.configuration.layouts[name], path, errors
    )
    if not errors.exists():
        return done, {}
    with errors.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))[1:]
    return done, {int(row[-3]): (row[-2], row[-1]) for row in rows}


def test_lines_of_entries_that_would_not_balance_stay_out_and_the_others_come_in(
    made: Office, tmp_path: Path
) -> None:
    content = "historico;conta;debito;credito\nL1;1;5,00;\nL1;1.1;15,00;\nL2;1;4,00;\nL3;1;1,00;\n"
    done, refused = load(made, tmp_path, "partidas", content)
    assert (done.refused, done.new + done.changed) == (4, 0)
    assert {line: reason[:40] for line, (_, reason) in refused.items()} == {
        2: "lançamento nº 1 não fecha: débitos de R$", 3: "lançamento nº 1 não fecha: débitos de R$",
        4: "lançamento nº 2 não fecha: débitos de R$", 5: "lançamento nº 3: o dia 10/10/2026 fica e",
    }  # fmt: skip
    assert refused[5][0] == "historico"
    content = "historico;conta;debito;credito\nL1;1;;5,00\nL1;1.1;15,00;\nL2;1;4,00;\n"
    done, refused = load(made, tmp_path, "partidas", content)
    assert (done.new, done.changed, done.refused) == (1, 1, 1)
    assert list(refused) == [4]
    assert made.rows("SELECT sum(debito), sum(credito) FROM partida WHERE lancamento = 1") == [(15, 15)]


def test_entries_move_only_between_open_days_and_none_comes_without_lines(
    made: Office, tmp_path: Path
) -> None:
    content = "historico;data\nL1;12/11/2026\nL2;12/10/2026\nL3;12/11/2026\nL4;12/11/2026\n"
    done, refused = load(made, tmp_path, "lancamentos", content)
    assert (done.changed, done.refused) == (1, 3)
    assert {line: reason[:45] for line, (_, reason) in refused.items()} == {
        3: "este lançamento: o dia 12/10/2026 fica em um ", 4: "este lançamento: o dia 10/10/2026 fica em um ",
        5: "este lançamento precisa de pelo menos duas pa",
    }  # fmt: skip
    assert refused[3][0] == "data"
    assert made.rows("SELECT historico, data::text FROM lancamento ORDER BY id")[0] == ("L1", "2026-11-12")

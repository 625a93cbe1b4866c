"""The rules refuse the same rows of a file as they would one by one on the screen, with the same words."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from kernel.context import Context, at_present
from kernel.intake.run import Imported, run
from kernel.runtime import Runtime, compile
from kernel.storage import system
from kernel.storage.record import Edit, Refusal, Saved
from kernel.storage.save import save
from metadata.load import load_valid
from tests.access import with_rights
from tests.kernel.contracts import FILES

LAYOUT = """
layout: {name}
kind: delimited
delimiter: ";"
into: {into}
key: {key}
columns:
"""
MAPS = {
    "contrato": LAYOUT.format(name="contrato", into="contrato", key="numero")
    + "  numero: numero\n  plano: {to: plano, find: codigo}\n  cnpj: cnpj\n  situacao: situacao\n"
    + "  desconto: desconto\n  fim: fim\n",
    "vida": LAYOUT.format(name="vida", into="vida", key="nome")
    + "  contrato: {to: contrato, find: numero}\n  nome: nome\n  nascimento: nascimento\n"
    + "  titular: titular\n  valor: valor\n",
}


class Desk:
    """Imports texts, and saves the same by hand."""

    def __init__(self, engine: Engine, folder: Path, files: Mapping[str, str] = FILES) -> None:
        texts = {**files} | {f"loja/layouts/{name}.yaml": said for name, said in MAPS.items()}
        configuration = load_valid({path: said.encode() for path, said in texts.items()})
        self.engine, self.folder = engine, folder
        self.runtime: Runtime = compile(configuration, 1)
        self.context: Context = at_present("marina")
        with engine.begin() as connection:
            system.create(connection)
            self.runtime.metadata.create_all(connection)

    def load(self, name: str, content: str) -> Imported:
        path = self.folder / f"{name}.csv"
        path.write_text(content, encoding="utf-8")
        layout = self.runtime.configuration.layouts[name]
        errors = self.folder / "recusadas.csv"
        errors.unlink(missing_ok=True)
        return run(self.engine, self.runtime, self.context, layout, path, errors)

    def refused(self) -> dict[int, tuple[str, str]]:
        """Return line → fields and reasons of the refused rows."""
        path = self.folder / "recusadas.csv"
        if not path.exists():
            return {}
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = list(csv.reader(file, delimiter=";"))[1:]
        return {int(row[-3]): (row[-2], row[-1]) for row in rows}

    def make(self, entity: str, **values: Any) -> int:
        saved = save(self.engine, self.runtime, self.context, Edit(entity, None, None, values))
        assert isinstance(saved, Saved), saved
        return saved.id

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql))]


@pytest.fixture
def desk(database: Engine, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path)


HEAD = "numero;plano;cnpj;situacao;desconto;fim\n"


def test_conditions_and_checks_refuse_rows_with_their_message(desk: Desk) -> None:
    desk.context = at_present("bruno", access=with_rights(desk.runtime))
    desk.make("plano", codigo="1", nome="Individual", carencia=90)
    desk.make("plano", codigo="2", nome="Empresarial", coletivo=True)
    done = desk.load(
        "contrato",
        HEAD
        + "A;1;;aberto;;31/12/2026\nB;2;;aberto;;31/12/2026\nC;2;99;aberto;;31/12/2026\nD;1;;aberto;5;\n",
    )
    assert (done.new, done.refused) == (2, 2)
    refused = desk.refused()
    assert refused[3][0] == "cnpj"
    assert refused[3][1].startswith("CNPJ está em branco e é obrigatório quando Coletivo do plano é Sim")
    assert set(refused) == {3, 5}
    # Nobody said the waiting period: it came from the plan.
    assert desk.rows("SELECT numero, carencia FROM contrato ORDER BY numero") == [("A", 90), ("C", 0)]


def test_rows_of_one_file_are_seen_together(desk: Desk) -> None:
    plan = desk.make("plano", codigo="1", nome="Individual", idade_maxima=60)
    for number in ("A", "B"):
        desk.make("contrato", numero=number, plano=plan, inicio=date(2026, 1, 1))
    done = desk.load(
        "vida",
        "contrato;nome;nascimento;titular;valor\n"
        "A;Ana;01/01/1990;sim;10\nA;Bia;01/01/1991;sim;10\nB;Caio;01/01/1930;não;10\nB;Davi;01/01/2000;sim;10\n",
    )
    # Each of two holders is refused as it would be beside the other; Caio is too old.
    assert (done.new, done.refused) == (1, 3)
    assert "Deixe um só titular" in desk.refused()[2][1]
    assert "aceita até 60" in desk.refused()[4][1]
    assert desk.rows("SELECT nome FROM vida") == [("Davi",)]


def test_a_locked_field_is_not_changed_by_a_file(desk: Desk) -> None:
    plan = desk.make("plano", codigo="1", nome="Individual")
    for number, state in (("A", "fechado"), ("B", "aberto")):
        id = desk.make("contrato", numero=number, plano=plan)
        desk.make("vida", contrato=id, nome=number, nascimento=date(2000, 1, 1), valor=Decimal(50))
        with desk.engine.begin() as connection:
            connection.execute(text("UPDATE contrato SET situacao = :s WHERE id = :i"), {"s": state, "i": id})
    rows = "A;1;;fechado;7;31/12/2026\nB;1;;aberto;7;31/12/2026\n"
    done = desk.load("contrato", HEAD + rows)
    assert (done.changed, done.refused) == (1, 1)
    assert desk.refused()[2][1].startswith("Desconto não pode mudar quando Situacao é “fechado”")


def test_a_file_and_the_record_service_refuse_the_same_rows(desk: Desk) -> None:
    random.seed(7)
    plans = {
        code: desk.make("plano", codigo=code, nome=f"Plano {code}", coletivo=code == "2", idade_maxima=age)
        for code, age in (("1", 30), ("2", 60), ("3", None))
    }
    contracts = {
        code: desk.make("contrato", numero=code, plano=id, cnpj="1", inicio=date(2026, 1, 1))
        for code, id in plans.items()
    }
    lines, expected = [], {}
    for line in range(2, 302):
        contract, year = random.choice("123"), random.randint(1930, 2020)
        lines.append(f"{contract};V{line};01/01/{year};não;{random.randint(0, 99)}")
        values = {"contrato": contracts[contract], "nome": f"X{line}", "nascimento": date(year, 1, 1)}
        outcome = save(desk.engine, desk.runtime, desk.context, Edit("vida", None, None, values))
        if isinstance(outcome, Refusal):
            expected[line] = [problem.sentence().replace("X", "V", 1) for problem in outcome.problems]
    done = desk.load("vida", "contrato;nome;nascimento;titular;valor\n" + "\n".join(lines) + "\n")
    refused = desk.refused()
    assert 20 < len(expected) < 280
    assert set(refused) == set(expected)
    assert all(sentence in refused[line][1] for line, told in expected.items() for sentence in told)
    assert done.new == 300 - len(expected)


def test_rows_whose_parent_would_break_a_rule_are_refused(desk: Desk) -> None:
    plan = desk.make("plano", codigo="1", nome="Individual")
    for number in ("A", "B"):
        id = desk.make("contrato", numero=number, plano=plan)
        born = date(2000, 1, 1)
        desk.make("vida", contrato=id, nome=number, nascimento=born, valor=Decimal(50))
        edit = Edit("contrato", id, None, {"desconto": Decimal(40)})
        assert isinstance(save(desk.engine, desk.runtime, desk.context, edit), Saved)
    head = "contrato;nome;nascimento;titular;valor\n"
    done = desk.load("vida", head + "A;A;01/01/2000;;30\nB;B;01/01/2000;;45\n")
    assert (done.changed, done.refused) == (1, 1)
    assert "O desconto de 40,00 passa do total de 30,00" in desk.refused()[2][1]


def test_rows_of_a_locked_grid_are_not_changed_by_a_file(database: Engine, tmp_path: Path) -> None:
    grid = 'vidas: {type: children, of: vida, readonly: situacao = "fechado"}'
    entity = FILES["loja/entities/contrato.yaml"].replace("vidas: {type: children, of: vida}", grid)
    desk = Desk(database, tmp_path, {**FILES, "loja/entities/contrato.yaml": entity})
    plan = desk.make("plano", codigo="1", nome="Individual")
    ids = {number: desk.make("contrato", numero=number, plano=plan) for number in ("1", "2")}
    lives = "contrato;nome;nascimento;titular;valor\n"
    born = "01/01/2000"
    desk.load("vida", f"{lives}1;Ana;{born};;10\n2;Rui;{born};;10\n1;Bia;{born};;10\n")
    closes = Edit("contrato", ids["1"], None, {"situacao": "fechado"})
    assert isinstance(save(database, desk.runtime, desk.context, closes), Saved)
    # One that changes, one that comes in, one that would move out; the last may change.
    rows = f"1;Ana;{born};;11\n1;Zoe;{born};;9\n2;Bia;{born};;10\n2;Rui;{born};;12\n"
    done = desk.load("vida", lives + rows)
    assert (done.new, done.changed) == (0, 1)
    assert {line: told[0] for line, told in desk.refused().items()} == dict.fromkeys((2, 3, 4), "contrato")
    assert "Vidas não pode mudar quando Situacao é “fechado”" in desk.refused()[3][1]
    kept = desk.rows("SELECT nome, valor, contrato FROM vida ORDER BY nome")
    money = [("Ana", 10, ids["1"]), ("Bia", 10, ids["1"]), ("Rui", 12, ids["2"])]
    assert kept == [(name, Decimal(value), contract) for name, value, contract in money]

"""A file imported in somebody's name brings in what they could have typed: other rows are refused, with the reason."""

from __future__ import annotations

import csv
import random
from collections import Counter
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from sqlalchemy import Engine

from aroeira import main
from kernel.access.permit import Permit
from kernel.accounts import accounts
from kernel.accounts.accounts import New
from kernel.accounts.acting import acting
from kernel.context import Context, at_present
from kernel.intake.run import Imported, run
from kernel.runtime import Runtime
from metadata.problems import Problem
from tests.access import access
from tests.door import PASSWORD
from tests.kernel.access.agency import FILES, installed
from tests.kernel.access.test_seen import roles
from tests.publications import publish
from tests.publications import run as rows

ROLE = """
role: digitacao
label: Digitação
entities: {cliente: {level: change, rows: nivel >= 2}, plano: {level: read, rows: preco > 10}}
fields: {cliente.renda: read}
"""
LAYOUT = """
layout: clientes
kind: delimited
delimiter: ";"
into: cliente
key: nome
columns:
  nome: nome
  nivel: nivel
  renda: renda
  plano: {to: plano, find: codigo}
"""
FILE = """nome;nivel;renda;plano
ana;3;100,00;P1
bia;2;999,00;P1
caio;3;100,00;P1
davi;1;100,00;P1
eva;2;;P1
fabio;1;;P1
gil;2;;P2
"""


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    """Clients of level 2 with an income, but Caio, whom the role does not see; a plan that it does not see."""
    texts = {**FILES, "casa/roles/digitacao.yaml": ROLE, "casa/layouts/clientes.yaml": LAYOUT}
    made = publish(database, {path: text.encode() for path, text in texts.items()}).plan.runtime
    with database.begin() as connection:
        plano, cliente = (made.entities[name].table for name in ("plano", "cliente"))
        connection.execute(plano.insert(), [{"codigo": "P1", "preco": 20}, {"codigo": "P2", "preco": 1}])
        known = [
            {"nome": name, "nivel": level, "renda": 100, "plano": 1, "version": 1}
            for name, level in (("ana", 2), ("bia", 2), ("caio", 1), ("davi", 2))
        ]
        connection.execute(cliente.insert(), known)
        account = accounts.add(connection, New("rui", "Rui", password=PASSWORD, must_change=False), "testes")
        assert isinstance(account, int)
        accounts.give(connection, account, "digitacao", date(2020, 1, 1), None, "testes")
    return made


def imported(
    engine: Engine, runtime: Runtime, context: Context, folder: Path
) -> tuple[Imported, dict[str, str]]:
    """Import the file; return what came of it, and why rows were refused, by name."""
    path, told = folder / "clientes.csv", folder / "recusadas.csv"
    path.write_text(FILE, encoding="utf-8")
    done = run(engine, runtime, context, runtime.configuration.layouts["clientes"], path, told)
    if not done.errors:
        return done, {}
    with told.open(encoding="utf-8-sig") as file:
        return done, {line[0]: line[-1] for line in list(csv.reader(file, delimiter=";"))[1:]}


def test_rows_go_through_what_the_operator_may_write(
    database: Engine, runtime: Runtime, tmp_path: Path
) -> None:
    with database.connect() as connection:
        context = acting(connection, runtime, "rui")
    assert isinstance(context, Context)
    done, why = imported(database, runtime, context, tmp_path)
    assert (done.read, done.new, done.changed, done.refused) == (7, 1, 1, 5)
    assert "não pode mudar Renda" in why["bia"]  # a field that is only read
    assert "não existe, ou não está entre os que você vê" in why["caio"]
    assert "sairia do que você vê" in why["davi"]
    assert "fabio" in why  # a new record that they would not see
    assert "Plano não existe, ou não está entre os que você vê" in why["gil"]
    kept = rows(database, "SELECT nome, nivel, renda::int FROM cliente ORDER BY nome")
    assert kept == [("ana", 3, 100), ("bia", 2, 100), ("caio", 1, 100), ("davi", 2, 100), ("eva", 2, None)]
    noted = rows(database, "SELECT DISTINCT operator, kind FROM aroeira_audit_act WHERE operator = 'rui'")
    assert noted == [("rui", "import")]


def test_the_system_itself_is_asked_nothing(database: Engine, runtime: Runtime, tmp_path: Path) -> None:
    done, why = imported(database, runtime, at_present("carga"), tmp_path)
    assert (done.refused, why) == (0, {})


def test_the_command_imports_in_somebodys_name(
    database: Engine, runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("DATABASE_URL", database.url.render_as_string(hide_password=False))
    (tmp_path / "clientes.csv").write_text(FILE, encoding="utf-8")
    words = [
        "import",
        "clientes",
        str(tmp_path / "clientes.csv"),
        "--errors",
        str(tmp_path / "recusadas.csv"),
    ]
    assert main([*words, "--as", "ninguem"]) == 1
    assert capsys.readouterr().err.startswith("R484")
    assert main([*words, "--as", "rui"]) == 0
    told = capsys.readouterr()
    assert "7 linhas lidas, 1 novo, 1 alterado, 0 iguais, 5 linhas recusadas" in told.out
    assert "recusadas.csv" in told.err
    kept = "SELECT nome, nivel, renda::int FROM cliente ORDER BY nome"
    mine = [("ana", 3, 100), ("bia", 2, 100), ("caio", 1, 100), ("davi", 2, 100), ("eva", 2, None)]
    assert rows(database, kept) == mine
    noted = "SELECT DISTINCT operator, kind FROM aroeira_audit_act WHERE kind = 'import'"
    assert rows(database, noted) == [("rui", "import")]
    assert main(words) == 0  # the system itself
    assert len(rows(database, kept)) == 7


class Row(SimpleNamespace):
    """A record that would be written, as a permit looks at it."""


def some_rows(runtime: Runtime, dice: random.Random) -> list[Row]:
    """Return changes of clients, of which one is not there, new ones, and removals, by chance."""
    values = {
        "nome": "x",
        "nivel": dice.choice((1, 3)),
        "renda": 5,
        "plano": dice.choice((1, 2, 5, 99)),
        "empresa": 2,
    }
    made = []
    for id in (*range(1, 41), 999, *[None] * 10):
        named = dice.sample(sorted(values), dice.randint(0, 3))
        said = {name: values[name] for name in named}
        removed = id is not None and dice.random() < 0.1
        row = Row(
            compiled=runtime.entities["cliente"],
            id=id,
            values=said,
            begins={},
            prefix="",
            removed=removed,
            parent_link="",
        )
        made.append(row)
    return made


def test_many_asked_at_once_are_told_what_each_would_be_told_alone(database: Engine) -> None:
    made, _ = installed(database)
    dice, told = random.Random(5), Counter[str]()
    with database.connect() as connection:
        for seed in range(40):
            limits = access(made, *roles(random.Random(seed)), record=dice.choice((1, 2, 3, None)))
            context = at_present("alguem", access=limits)
            many = some_rows(made, dice)
            permit = Permit(connection, made, context)
            before = permit.before_each(many)
            after = permit.after_each(many)
            for row, refused, afterwards in zip(many, before, after, strict=True):
                alone = Permit(connection, made, context)
                assert refused == alone.before([row])
                assert afterwards == alone.after()
                told.update(problem.code for problem in (*refused, *afterwards))
    assert {"R150", "R162", "R420", "R421", "R422", "R428"} <= set(told), told


def test_nobody_unknown_imports(database: Engine, runtime: Runtime) -> None:
    with database.connect() as connection:
        told = acting(connection, runtime, "ninguem")
    assert isinstance(told, Problem)
    assert told.code == "R484"

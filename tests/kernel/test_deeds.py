"""What operators of a demonstration did: written by each with their own rights, once, or told why not."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from kernel.accounts import accounts
from kernel.accounts.accounts import New
from kernel.runtime import Runtime
from kernel.storage import deeds
from kernel.storage.seed import seed_demo
from tests.door import PASSWORD
from tests.publications import codes, files, publish, run

PLAN = "search: [codigo]\ncodigo: {type: text, unique: yes}\nprazo: {type: integer, max: 90}\nnota: {type: text, unique: yes}\nramo: {type: link, to: ramo}"
HEAD = "entity: plano\nkey: codigo\ndemo: yes\n"
NOTED = (
    "SELECT DISTINCT operator, kind, route FROM aroeira_audit_act WHERE entity = 'plano' AND operation = 'U'"
)

REST = [("02", 60, None, "A", "demo"), ("03", 90, None, "A", "demo")]


def content(by: str, rows: str) -> dict[str, bytes]:
    """Return two plans, a clerk who changes their term only, and what somebody does."""
    texts = {
        "roles/prazos.yaml": "role: prazos\nlabel: Prazos\nentities: {plano: read, ramo: read}\nfields: {plano.prazo: change}\n",
        "data/demo_ramo.yaml": "data: demo_ramo\nentity: ramo\nkey: nome\ndemo: yes\n",
        "data/demo_ramo.csv": "nome\nA\nB\n",
        "data/demo_plano.yaml": f"data: demo_plano\n{HEAD}",
        "data/demo_plano.csv": "codigo;prazo;ramo.nome\n01;30;A\n02;60;A\n03;90;A\n",
        "data/demo_feito.yaml": f"data: demo_feito\n{HEAD}by: {by}\n",
        "data/demo_feito.csv": rows,
    }
    return files(texts, plano=PLAN, ramo="nome: {type: text, unique: yes}")


def installed(engine: Engine, by: str, rows: str) -> Runtime:
    """Publish with the demonstration, and accounts for an administrator and a clerk."""
    runtime = publish(engine, content(by, rows)).plan.runtime
    with engine.begin() as connection:
        for login, role in (("ana", "administrador"), ("lia", "prazos")):
            made = accounts.add(
                connection, New(login, login, PASSWORD, must_change=False, is_demo=True), "testes"
            )
            assert isinstance(made, int)
            accounts.give(connection, made, role, date(2020, 1, 1), None, "testes")
    assert [problem for one in seed_demo(engine, runtime) for problem in one.problems] == []
    return runtime


def plans(engine: Engine) -> list[tuple[object, ...]]:
    return run(
        engine,
        "SELECT codigo, prazo, nota, r.nome, p.updated_by FROM plano p JOIN ramo r ON r.id = ramo ORDER BY 1",
    )


def test_what_an_operator_may_do_is_done_by_them_and_once(database: Engine) -> None:
    runtime = installed(database, "ana", "codigo;prazo;ramo.nome\n01;45;B\n")
    assert plans(database)[0] == ("01", 30, None, "A", "demo")
    assert deeds.enact(database, runtime) == []
    assert plans(database) == [("01", 45, None, "B", "ana"), *REST]
    assert run(database, NOTED) == [("ana", "publication", "data/demo_feito")]
    run(database, "UPDATE plano SET prazo = 1")
    assert deeds.enact(database, runtime) == []
    assert plans(database)[0][1] == 1


def test_rights_and_rules_count_line_by_line(database: Engine) -> None:
    runtime = installed(database, "lia", "codigo;prazo;nota\n01;45;\n02;50;x\n04;10;\n")
    told = deeds.enact(database, runtime)
    assert [(each.code, each.place.line if each.place else 0) for each in told] == [("M537", 3), ("M536", 4)]
    assert "você não pode mudar Nota" in told[0].said()
    assert plans(database) == [("01", 45, None, "A", "lia"), *REST]


def test_what_a_rule_refuses_or_nobody_finds_is_told(database: Engine) -> None:
    told = deeds.enact(
        database, installed(database, "ana", "codigo;nota;ramo.nome\n01;x;A\n02;x;A\n03;y;C\n")
    )
    assert sorted(codes(tuple(told))) == ["M531", "M537"]
    assert [(row[2], row[4]) for row in plans(database)] == [("x", "ana"), (None, "demo"), (None, "demo")]


def test_whoever_has_no_account_does_nothing(database: Engine) -> None:
    assert codes(tuple(deeds.enact(database, installed(database, "rui", "codigo;prazo\n01;45\n")))) == [
        "M537"
    ]
    assert plans(database)[0][1] == 30

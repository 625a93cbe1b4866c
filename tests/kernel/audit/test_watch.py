"""What triggers note: every way of writing, as it was and became, and nothing that follows from it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from kernel.audit.ground import make_ahead
from kernel.storage.migrate import catalog
from tests.publications import files, one, planned, publish, run

CLIENT = """search: [nome]
nome: {type: text, max: 40}
saldo: {type: money}
desde: {type: date}
extra: {type: json}
"""


def noted(engine: Engine, *columns: str) -> list[tuple[Any, ...]]:
    listed = ", ".join(columns or ("c.operation", "a.record", "a.changes"))
    sql = (
        f"SELECT {listed} FROM aroeira_audit a JOIN aroeira_audit_act c USING (act, at) ORDER BY act, record"
    )
    return run(engine, sql)


def fresh(engine: Engine) -> None:
    run(engine, "TRUNCATE aroeira_audit, aroeira_audit_act")


@pytest.mark.every_postgres
def test_each_statement_is_one_act_and_each_record_has_before_and_after(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    run(
        database,
        "INSERT INTO cliente (nome, saldo, desde) VALUES ('Ana', 10.50, '2026-01-31'), ('Bia', NULL, NULL)",
    )
    run(
        database,
        "UPDATE cliente SET saldo = coalesce(saldo, 0) + 1, version = version + 1, search_text = 'x'",
    )
    run(database, "DELETE FROM cliente WHERE nome = 'Ana'")
    assert noted(database) == [
        ("I", 1, {"nome": "Ana", "saldo": 10.5, "desde": "2026-01-31"}),
        ("I", 2, {"nome": "Bia"}),
        ("U", 1, {"saldo": [10.5, 11.5]}),
        ("U", 2, {"saldo": [None, 1]}),
        ("D", 1, {"nome": "Ana", "saldo": 11.5, "desde": "2026-01-31"}),
    ]
    assert run(database, "SELECT operation, rows FROM aroeira_audit_act ORDER BY act") == [
        ("I", 2),
        ("U", 2),
        ("D", 1),
    ]


def test_what_changes_nothing_that_people_see_is_not_noted(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")
    fresh(database)
    run(
        database, "UPDATE cliente SET nome = nome, version = version + 1, updated_by = 'x', search_text = 'y'"
    )
    run(database, "UPDATE cliente SET nome = 'z' WHERE id = 99")
    assert noted(database) == []
    assert run(database, "SELECT * FROM aroeira_audit_act") == []


def test_json_keeps_its_nulls_and_texts_their_signs(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    odd = 'aspas " barra \\ linha \n fim \u2028 \U0001f600'
    run(
        database,
        "INSERT INTO cliente (nome, extra) VALUES (:odd, CAST(:extra AS jsonb))",
        odd=odd,
        extra=json.dumps({"a": None, "b": [1, None]}),
    )
    assert noted(database, "a.changes") == [({"nome": odd, "extra": {"a": None, "b": [1, None]}},)]


def test_links_of_many_are_noted_at_their_record(database: Engine) -> None:
    publish(
        database,
        files(rede="nome: {type: text}", plano="nome: {type: text}\nredes: {type: many links, to: rede}"),
    )
    run(database, "INSERT INTO rede (nome) VALUES ('a'), ('b'), ('c')")
    run(database, "INSERT INTO plano (nome) VALUES ('p')")
    fresh(database)
    run(database, "INSERT INTO plano_redes_links VALUES (1, 3), (1, 1)")
    run(database, "UPDATE plano_redes_links SET target = 2 WHERE target = 3")
    run(database, "DELETE FROM plano")
    assert noted(database, "a.entity", "c.operation", "a.record", "a.changes") == [
        ("plano", "A", 1, {"redes": [1, 3]}),
        ("plano", "T", 1, {"redes": [3]}),
        ("plano", "A", 1, {"redes": [2]}),
        ("plano", "D", 1, {"nome": "p"}),
        ("plano", "T", 1, {"redes": [1, 2]}),
    ]


def test_rows_that_go_with_their_record_are_noted_under_it(database: Engine) -> None:
    content = files(
        plano="nome: {type: text}\nfaixas: {type: children, of: faixa}",
        faixa="plano: {type: link, to: plano, required: yes}\nde: {type: integer}",
    )
    publish(database, content)
    run(database, "INSERT INTO plano (nome) VALUES ('p')")
    run(database, "INSERT INTO faixa (plano, de) VALUES (1, 10), (1, 20)")
    fresh(database)
    run(database, "DELETE FROM plano")
    assert noted(database, "a.entity", "c.operation", "a.record", "a.owner") == [
        ("plano", "D", 1, None), ("faixa", "D", 1, 1), ("faixa", "D", 2, 1),
    ]  # fmt: skip


def test_what_is_rolled_back_leaves_no_trace(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    with database.connect() as connection:
        connection.execute(text("INSERT INTO cliente (nome) VALUES ('Ana')"))
        with pytest.raises(DBAPIError), connection.begin_nested():
            connection.execute(text("UPDATE cliente SET saldo = 1; SELECT 1/0"))
        connection.rollback()
    assert noted(database) == []
    assert run(database, "SELECT * FROM aroeira_audit_act") == []


# ── kept by the migrations ────────────────────────────────────────────────────────────────────────


def test_a_new_field_is_noted_from_its_publication_on(database: Engine) -> None:
    publish(database, files(cliente="nome: {type: text}"))
    publish(database, files(cliente="nome: {type: text}\nidade: {type: integer}"))
    run(database, "INSERT INTO cliente (nome, idade) VALUES ('Ana', 30)")
    assert noted(database, "a.changes") == [({"nome": "Ana", "idade": 30},)]


def test_a_renamed_field_and_entity_are_noted_under_their_new_names(database: Engine) -> None:
    publish(database, files(cliente="nome: {type: text}"))
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")
    publish(database, files(pessoa="was: [cliente]\nnome_civil: {type: text, was: [nome]}"))
    run(database, "UPDATE pessoa SET nome_civil = 'Bia'")
    assert noted(database, "a.entity", "a.changes") == [
        ("cliente", {"nome": "Ana"}), ("pessoa", {"nome_civil": ["Ana", "Bia"]}),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "harm",
    [
        "DROP TRIGGER aroeira_audit_u ON cliente",
        "ALTER TABLE cliente DISABLE TRIGGER aroeira_audit_d",
        "COMMENT ON TRIGGER aroeira_audit_i ON cliente IS NULL",
    ],
)
def test_triggers_that_are_missing_or_off_come_back_with_the_next_publication(
    database: Engine, harm: str
) -> None:
    content = files(cliente=CLIENT)
    publish(database, content)
    assert planned(database, content).steps == ()
    run(database, harm)
    publish(database, content)
    assert planned(database, content).steps == ()
    with database.connect() as connection:
        assert catalog.read(connection)["cliente"].parts["aroeira_audit_i"].is_valid
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")
    run(database, "UPDATE cliente SET nome = 'Bia'")
    run(database, "DELETE FROM cliente")
    assert [row[0] for row in noted(database)] == ["I", "U", "D"]


def test_a_plan_made_for_one_row_does_not_slow_down_many(database: Engine) -> None:
    """The plan that a session keeps for its first small statement must not be a nested loop."""
    publish(database, files(cliente=CLIENT))
    with database.begin() as connection:
        connection.execute(
            text("INSERT INTO cliente (nome) SELECT 'n' || n FROM generate_series(1, 20000) n")
        )
        for id in range(1, 12):
            connection.execute(text("UPDATE cliente SET saldo = 1 WHERE id = :id"), {"id": id})
        connection.execute(text("SET LOCAL statement_timeout = '20s'"))  # nested: some 200 million pairs
        connection.execute(text("UPDATE cliente SET saldo = coalesce(saldo, 0) + 1"))
    assert one(database, "SELECT max(rows) FROM aroeira_audit_act WHERE operation = 'U'") == 20000


def test_sixty_columns_are_noted(database: Engine) -> None:
    publish(database, files(largo="\n".join(f"c{n}: {{type: integer}}" for n in range(60))))
    run(database, "INSERT INTO largo (c0) VALUES (0)")
    run(database, "UPDATE largo SET " + ", ".join(f"c{n} = {n + 1}" for n in range(60)))
    changes = noted(database, "a.changes")[-1][0]
    assert changes == {f"c{n}": [0 if n == 0 else None, n + 1] for n in range(60)}


# ── months ────────────────────────────────────────────────────────────────────────────────────────


def test_months_are_made_ahead_and_rows_that_came_before_theirs_move_in(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    row = "INSERT INTO aroeira_audit (act, at, entity, record, changes) VALUES (1, '2031-05-31 23:59:59+00', 'x', 1, '{}')"
    run(database, row)
    assert one(database, "SELECT tableoid::regclass::text FROM aroeira_audit") == "aroeira_audit_other"
    assert one(database, "SELECT aroeira_audit_ahead(2, '2031-05-10')") == 6
    assert one(database, "SELECT tableoid::regclass::text FROM aroeira_audit") == "aroeira_audit_2031_05"
    assert one(database, "SELECT aroeira_audit_ahead(2, '2031-05-10')") == 0
    run(database, row.replace("05-31 23:59:59", "06-01 00:00:00"))
    parts = run(database, "SELECT tableoid::regclass::text FROM aroeira_audit ORDER BY at")
    assert parts == [("aroeira_audit_2031_05",), ("aroeira_audit_2031_06",)]
    with database.begin() as connection:
        make_ahead(connection)
    ahead = one(database, "SELECT to_char(now() + interval '3 months', '\"aroeira_audit_act_\"YYYY_MM')")
    assert one(database, "SELECT to_regclass(:name) IS NOT NULL", name=ahead)

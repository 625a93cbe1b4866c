"""Rows that exist against what their fields become: types, limits, options, targets, keys, periods."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text

from kernel import publish as published
from kernel.storage.migrate import catalog
from tests.publications import codes, files, one, planned, publish, refused, run

CLIENT = "nome: {type: text, max: 40}"


def version(engine: Engine) -> int:
    with engine.connect() as connection:
        return published.latest(connection)


def names(engine: Engine, table: str) -> set[str]:
    with engine.connect() as connection:
        parts = catalog.read(connection)[table].parts
    return {name for name, part in parts.items() if part.kind != "audit"}


# ── types ─────────────────────────────────────────────────────────────────────────────────────────

CONVERTS = [
    ("text", "integer", "0042", "42"),
    ("text", "decimal(6,2)", "12.5", "12.50"),
    ("text", "date", "2024-02-29", "2024-02-29"),
    ("text", "time", "23:59", "23:59:00"),
    ("text", "yes/no", "yes", "true"),
    ("text", "cpf", "529.982.247-25", "52998224725"),
    ("text", "duration", "P30D", "P30D"),
    ("integer", "decimal(6,2)", "1234", "1234.00"),
    ("integer", "text", "7", "7"),
    ("decimal(6,2)", "decimal(8,3)", "1.25", "1.250"),
    ("decimal(6,2)", "integer", "8.00", "8"),
    ("date", "text", "2026-01-31", "2026-01-31"),
    ("date", "month", "2026-01-01", "2026-01-01"),
    ("yes/no", "text", "false", "no"),
    ("date", "date and time", "2026-01-31", "2026-01-31 03:00:00+00"),
]
DOES_NOT_FIT = [
    ("text", "integer", "doze", "M502"),
    ("text", "integer", "99999999999999999999", "M502"),
    ("text", "decimal(6,2)", "1.005", "M502"),
    ("text", "decimal(6,2)", "10000", "M502"),
    ("text", "date", "2023-02-29", "M502"),
    ("text", "date", "31/01/2026", "M502"),
    ("text", "time", "24:00", "M502"),
    ("text", "yes/no", "talvez", "M502"),
    ("text", "cpf", "529.982.247-26", "M502"),
    ("text", "date and time", "ontem", "M503"),
    ("decimal(6,2)", "decimal(6,1)", "1.25", "M502"),
    ("decimal(6,2)", "integer", "8.50", "M502"),
    ("date", "month", "2026-01-31", "M502"),
    ("yes/no", "integer", "true", "M503"),
]


@pytest.mark.parametrize(("old", "new", "value", "after"), CONVERTS)
def test_a_type_that_fits_is_converted(database: Engine, old: str, new: str, value: str, after: str) -> None:
    publish(database, files(cliente=f"campo: {{type: '{old}'}}"))
    run(database, f"INSERT INTO cliente (campo) VALUES ('{value}'), (NULL)")
    content = files(cliente=f"campo: {{type: '{new}'}}")
    publish(database, content)
    assert run(database, "SELECT campo::text FROM cliente ORDER BY id") == [(after,), (None,)]
    assert planned(database, content).is_empty


@pytest.mark.parametrize(("old", "new", "value", "code"), DOES_NOT_FIT)
def test_a_type_that_does_not_fit_is_refused(
    database: Engine, old: str, new: str, value: str, code: str
) -> None:
    publish(database, files(cliente=f"campo: {{type: '{old}'}}"))
    run(database, f"INSERT INTO cliente (campo) VALUES ('{value}')")
    assert codes(refused(database, files(cliente=f"campo: {{type: '{new}'}}"))) == [code]
    assert one(database, "SELECT campo::text FROM cliente") == value
    assert version(database) == 1


def test_a_column_with_an_index_on_its_text_becomes_a_number(database: Engine) -> None:
    publish(database, files(cliente="order: campo\ncampo: {type: text, unique: yes}"))
    run(database, "INSERT INTO cliente (campo) VALUES ('1'), ('2')")
    content = files(cliente="order: campo\ncampo: {type: integer, unique: yes}")
    publish(database, content)
    assert planned(database, content).is_empty
    assert names(database, "cliente") == {"uq_cliente_campo", "ix_cliente_order_campo"}


def test_texts_that_become_the_same_number_break_the_key(database: Engine) -> None:
    publish(database, files(cliente="campo: {type: text, unique: yes}"))
    run(database, "INSERT INTO cliente (campo) VALUES ('1'), ('01')")
    assert codes(refused(database, files(cliente="campo: {type: integer, unique: yes}"))) == ["M504"]


def test_numbers_become_links_where_the_records_exist(database: Engine) -> None:
    publish(database, files(cliente="cidade: {type: integer}", cidade=CLIENT))
    run(database, "INSERT INTO cidade (nome) VALUES ('Itajubá')")
    run(database, "INSERT INTO cliente (cidade) SELECT id FROM cidade UNION ALL SELECT 999")
    after = files(cliente="cidade: {type: link, to: cidade}", cidade=CLIENT)
    assert codes(refused(database, after)) == ["M510"]
    run(database, "DELETE FROM cliente WHERE cidade = 999")
    publish(database, after)
    assert {"fk_cliente_cidade", "ix_cliente_cidade"} <= names(database, "cliente")


# ── limits, options, targets, keys, periods ───────────────────────────────────────────────────────


def test_a_wider_limit_needs_no_step(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    assert publish(database, files(cliente="nome: {type: text, max: 80}")).plan.steps == ()


def test_a_narrower_limit_shows_how_many_and_three(database: Engine) -> None:
    publish(database, files(cliente=CLIENT + "\nidade: {type: integer}"))
    run(database, "INSERT INTO cliente (nome, idade) SELECT repeat('x', n), n FROM generate_series(1, 9) n")
    problems = refused(database, files(cliente="nome: {type: text, max: 4}\nidade: {type: integer, min: 3}"))
    assert codes(problems) == ["M501", "M501"]
    assert str(problems[0]) == (
        "M501 loja/entities/cliente.yaml:4:3  em cliente.nome, 5 registros não respeitam o tamanho máximo 4: "
        "registro 5 (“xxxxx”), registro 6 (“xxxxxx”), registro 7 (“xxxxxxx”); "
        "corrija esses registros ou mantenha o limite"
    )


def test_personal_values_are_not_shown(database: Engine) -> None:
    publish(database, files(cliente="nome: {type: text, max: 40, privacy: personal}"))
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana Maria')")
    (problem,) = refused(database, files(cliente="nome: {type: text, max: 4, privacy: personal}"))
    assert "Ana" not in str(problem)
    assert "registro 1;" in str(problem)


def test_an_option_in_use_stays(database: Engine) -> None:
    publish(database, files(cliente="tom: {type: choice, of: {a: A, b: B, c: C}}"))
    run(database, "INSERT INTO cliente (tom) VALUES ('a'), ('b'), ('b')")
    (problem,) = refused(database, files(cliente="tom: {type: choice, of: {a: A}}"))
    assert (problem.code, problem.facts["examples"]) == ("M507", "b (2)")
    publish(database, files(cliente="tom: {type: choice, of: {a: A, b: B}}"))


def test_options_of_a_shared_list_are_checked_where_they_are_used(database: Engine) -> None:
    def shared(options: str) -> dict[str, bytes]:
        return files(
            {"choices/tom.yaml": f"choices: tom\noptions: {options}\n"},
            cliente="tom: {type: choice, of: tom}",
        )

    publish(database, shared("{a: A, b: B}"))
    run(database, "INSERT INTO cliente (tom) VALUES ('b')")
    assert codes(refused(database, shared("{a: A}"))) == ["M507"]


def test_a_link_with_values_keeps_its_target(database: Engine) -> None:
    two = {"cidade": CLIENT, "estado": CLIENT}
    publish(database, files(cliente="lugar: {type: link, to: cidade}", **two))
    run(database, "INSERT INTO cidade (nome) VALUES ('Itajubá')")
    run(database, "INSERT INTO cliente (lugar) SELECT id FROM cidade")
    after = files(cliente="lugar: {type: link, to: estado}", **two)
    assert codes(refused(database, after)) == ["M508"]
    run(database, "UPDATE cliente SET lugar = NULL")
    publish(database, after)
    assert (
        one(
            database, "SELECT confrelid::regclass::text FROM pg_constraint WHERE conname = 'fk_cliente_lugar'"
        )
        == "estado"
    )


def test_many_links_with_values_keep_their_target_and_come_back(database: Engine) -> None:
    two = {"cidade": CLIENT, "estado": CLIENT}
    first = files(cliente=CLIENT + "\nlugares: {type: many links, to: cidade}", **two)
    publish(database, first)
    run(database, "INSERT INTO cidade (nome) VALUES ('Itajubá'), ('Ouro Fino')")
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")
    run(database, "INSERT INTO cliente_lugares_links SELECT c.id, d.id FROM cliente c, cidade d")
    after = files(cliente=CLIENT + "\nlugares: {type: many links, to: estado}", **two)
    assert codes(refused(database, after)) == ["M508"]
    assert codes(publish(database, files(cliente=CLIENT, **two)).plan.warnings) == ["M521"]
    run(database, "DELETE FROM cidade WHERE nome = 'Ouro Fino'")
    assert codes(publish(database, first).plan.warnings) == ["M524", "M527"]
    assert one(database, "SELECT count(*) FROM cliente_lugares_links") == 1


def test_repeated_values_block_a_new_key(database: Engine) -> None:
    publish(database, files(cliente=CLIENT + "\nidade: {type: integer}"))
    run(
        database,
        "INSERT INTO cliente (nome, idade) VALUES ('Ana', 1), ('Ana', 1), ('Ana', 2), (NULL, 1), (NULL, 1)",
    )
    after = files(cliente="unique: [[nome, idade]]\n" + CLIENT + "\nidade: {type: integer}")
    (problem,) = refused(database, after)
    assert (problem.code, problem.facts["rows"], problem.facts["examples"]) == (
        "M504",
        "2 registros",
        "“Ana · 1”",
    )
    run(database, "UPDATE cliente SET idade = id")
    publish(database, after)
    assert "uq_cliente_nome_idade" in names(database, "cliente")


PRICE = "faixa: {type: integer}\ninicio: {type: date}\nfim: {type: date}"


def test_overlapping_and_inverted_periods_block_a_new_period(database: Engine) -> None:
    publish(database, files(preco=PRICE))
    run(
        database,
        "INSERT INTO preco (faixa, inicio, fim) "
        "VALUES (1, '2026-01-01', NULL), (1, '2026-03-01', '2026-04-01')",
    )
    run(database, "INSERT INTO preco (faixa, inicio, fim) VALUES (2, '2026-01-01', '2025-01-01')")
    after = files(preco="valid: {from: inicio, to: fim, within: [faixa]}\n" + PRICE)
    problems = refused(database, after)
    assert codes(problems) == ["M506", "M505"]
    assert [problem.facts["examples"] for problem in problems] == ["registro 3", "registro 2"]
    run(database, "UPDATE preco SET fim = '2026-02-28' WHERE id = 1")
    run(database, "DELETE FROM preco WHERE id = 3")
    publish(database, after)
    assert "ex_preco" in names(database, "preco")


def test_a_removed_inverted_period_that_a_long_read_keeps_alive_blocks_nothing(database: Engine) -> None:
    publish(database, files(preco=PRICE))
    run(database, "INSERT INTO preco (faixa, inicio, fim) VALUES (2, '2026-01-01', '2025-01-01')")
    with database.connect().execution_options(isolation_level="REPEATABLE READ") as reading:
        reading.execute(text("SELECT count(*) FROM pg_class")).all()
        run(database, "DELETE FROM preco")
        publish(database, files(preco="valid: {from: inicio, to: fim, within: [faixa]}\n" + PRICE))
    assert "ex_preco" in names(database, "preco")


def test_another_period_replaces_the_one_before(database: Engine) -> None:
    publish(database, files(preco="valid: {from: inicio, to: fim, within: [faixa]}\n" + PRICE))
    run(database, "INSERT INTO preco (faixa, inicio) VALUES (1, '2026-01-01'), (2, '2026-01-01')")
    assert codes(refused(database, files(preco="valid: {from: inicio, to: fim}\n" + PRICE))) == ["M505"]
    run(database, "DELETE FROM preco WHERE faixa = 2")
    publish(database, files(preco="valid: {from: inicio, to: fim}\n" + PRICE))
    assert planned(database, files(preco="valid: {from: inicio, to: fim}\n" + PRICE)).is_empty

"""Every kind of change on tables with rows: what is kept, what is told, what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine

from kernel import publish as published
from kernel.storage.migrate import catalog
from kernel.storage.migrate.structure import differences
from kernel.storage.migrate.wanted import wanted
from metadata.load import read_folder
from tests.publications import codes, files, one, planned, publish, refused, run

MODULES = Path(__file__).resolve().parents[2] / "modules"
CLIENT = "nome: {type: text, max: 40}"


def version(engine: Engine) -> int:
    with engine.connect() as connection:
        return published.latest(connection)


def names(engine: Engine, table: str) -> set[str]:
    with engine.connect() as connection:
        parts = catalog.read(connection)[table].parts
    return {name for name, part in parts.items() if part.kind != "audit"}


# ── first publication ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.every_postgres
def test_the_packages_of_the_product_are_published_once_and_leave_nothing_to_do(database: Engine) -> None:
    content = read_folder(MODULES)
    done = publish(database, content)
    assert (done.version, done.problems) == (1, ())
    with database.connect() as connection:
        runtime = published.load(connection, 1)
        left = differences(catalog.read(connection), wanted(runtime), runtime.metadata)
    assert left == []
    again = publish(database, content)
    assert (again.version, again.plan.is_empty, again.seeded) == (1, True, ())


def test_a_plan_changes_nothing(database: Engine) -> None:
    made = planned(database, files(cliente=CLIENT))
    assert [step.says for step in made.now] == ["cria a tabela aroeira_attachment", "cria a tabela cliente"]
    assert one(database, "SELECT to_regclass('cliente')") is None
    assert version(database) == 0


def test_another_spelling_of_the_same_is_published_without_changes(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    done = publish(database, files(cliente="nome: {max: 40, type: text}"))
    assert (done.version, done.plan.changes, done.plan.steps) == (2, (), ())


def test_a_table_of_somebody_else_is_left_alone(database: Engine) -> None:
    run(database, "CREATE TABLE cliente (id bigint)")
    assert codes(refused(database, files(cliente=CLIENT))) == ["M512"]


# ── fields come and go ────────────────────────────────────────────────────────────────────────────


def test_a_new_field_does_not_rewrite_the_table(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")
    node = one(database, "SELECT pg_relation_filenode('cliente')")
    done = publish(database, files(cliente=CLIENT + "\nidade: {type: integer}"))
    assert [change.sentence() for change in done.plan.changes] == ["acrescenta o campo cliente.idade"]
    assert one(database, "SELECT pg_relation_filenode('cliente')") == node
    assert run(database, "SELECT nome, idade FROM cliente") == [("Ana", None)]


def test_a_required_field_leaves_records_incomplete_and_says_how_many(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana'), (NULL)")
    done = publish(
        database,
        files(cliente="nome: {type: text, max: 40, required: yes}\nidade: {type: integer, required: yes}"),
    )
    told = {warning.facts["target"]: warning.facts["rows"] for warning in done.plan.warnings}
    assert told == {"cliente.nome": "1 registro", "cliente.idade": "2 registros"}
    assert codes(done.plan.warnings) == ["M523", "M523"]


def test_a_removed_field_keeps_its_values_and_comes_back_with_them(database: Engine) -> None:
    both = files(cliente=CLIENT + "\nidade: {type: integer, unique: yes}")
    publish(database, both)
    run(database, "INSERT INTO cliente (nome, idade) VALUES ('Ana', 30)")
    done = publish(database, files(cliente=CLIENT))
    assert codes(done.plan.warnings) == ["M521"]
    assert "uq_cliente_idade" not in names(database, "cliente")
    back = publish(database, both)
    assert codes(back.plan.warnings) == ["M524"]
    assert run(database, "SELECT nome, idade FROM cliente") == [("Ana", 30)]
    assert "uq_cliente_idade" in names(database, "cliente")


def test_a_field_that_comes_back_narrower_is_checked(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana Maria')")
    publish(database, files(cliente="idade: {type: integer}"))
    problems = refused(database, files(cliente="nome: {type: text, max: 3}"))
    assert codes(problems) == ["M501"]
    assert "1 registro" in str(problems[0])
    assert "Ana Maria" in str(problems[0])


def test_a_link_that_comes_back_lets_go_of_records_removed_meanwhile(database: Engine) -> None:
    both = files(cliente=CLIENT + "\ncidade: {type: link, to: cidade}", cidade=CLIENT)
    publish(database, both)
    run(database, "INSERT INTO cidade (nome) VALUES ('Itajubá'), ('Ouro Fino')")
    run(database, "INSERT INTO cliente (cidade) SELECT id FROM cidade")
    publish(database, files(cliente=CLIENT, cidade=CLIENT))
    run(database, "DELETE FROM cidade WHERE nome = 'Ouro Fino'")  # nobody can see who still uses it
    done = publish(database, both)
    assert codes(done.plan.warnings) == ["M524", "M527"]
    found = run(database, "SELECT c.nome FROM cliente k LEFT JOIN cidade c ON c.id = k.cidade ORDER BY k.id")
    assert found == [("Itajubá",), (None,)]


# ── entities come and go ──────────────────────────────────────────────────────────────────────────


def test_a_removed_entity_keeps_its_rows_holds_nobody_and_comes_back(database: Engine) -> None:
    both = files(cliente=CLIENT, pedido="cliente: {type: link, to: cliente}\ntotal: {type: money}")
    publish(database, both)
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana'), ('Bia')")
    run(database, "INSERT INTO pedido (cliente, total) SELECT id, 10 FROM cliente")
    done = publish(database, files(cliente=CLIENT))
    assert codes(done.plan.warnings) == ["M522"]
    assert "2 registros" in str(done.plan.warnings[0])
    run(database, "DELETE FROM cliente WHERE nome = 'Bia'")
    back = publish(database, both)
    assert codes(back.plan.warnings) == ["M524", "M524", "M524", "M527"]
    assert run(database, "SELECT total, cliente IS NULL FROM pedido ORDER BY id") == [(10, False), (10, True)]


def test_children_without_an_entity_still_go_with_their_parent(database: Engine) -> None:
    parent = CLIENT + "\nfones: {type: children, of: fone}"
    child = "cliente: {type: link, to: cliente, required: yes}\nnumero: {type: text}"
    publish(database, files(cliente=parent, fone=child))
    run(
        database,
        "WITH c AS (INSERT INTO cliente (nome) VALUES ('Ana') RETURNING id) "
        "INSERT INTO fone (cliente) SELECT id FROM c",
    )
    publish(database, files(cliente=CLIENT))
    run(database, "DELETE FROM cliente")
    assert one(database, "SELECT count(*) FROM fone") == 0


def test_a_child_that_becomes_its_own_no_longer_needs_its_parent(database: Engine) -> None:
    child = "cliente: {type: link, to: cliente, required: yes}\nnumero: {type: text}"
    publish(database, files(cliente=CLIENT + "\nfones: {type: children, of: fone}", fone=child))
    publish(database, files(cliente=CLIENT, fone="numero: {type: text}"))
    run(database, "INSERT INTO fone (numero) VALUES ('35 3621-0000')")
    assert one(database, "SELECT cliente IS NULL FROM fone")


def test_rows_without_a_parent_block_becoming_children(database: Engine) -> None:
    publish(database, files(cliente=CLIENT, fone="numero: {type: text}"))
    run(database, "INSERT INTO fone (numero) VALUES ('35 3621-0000')")
    child = "cliente: {type: link, to: cliente, required: yes}\nnumero: {type: text}"
    after = files(cliente=CLIENT + "\nfones: {type: children, of: fone}", fone=child)
    assert codes(refused(database, after)) == ["M509"]
    run(database, "DELETE FROM fone")
    publish(database, after)
    assert one(
        database,
        "SELECT attnotnull FROM pg_attribute WHERE attrelid = 'fone'::regclass AND attname = 'cliente'",
    )


def test_a_link_that_comes_back_leads_where_it_led(database: Engine) -> None:
    two = {"cidade": CLIENT, "estado": CLIENT}
    publish(
        database,
        files(cliente="lugar: {type: link, to: cidade}\nlugares: {type: many links, to: cidade}", **two),
    )
    run(database, "INSERT INTO cidade (nome) VALUES ('Itajubá')")
    run(
        database, "INSERT INTO estado (nome) VALUES ('Minas')"
    )  # the same id: only the target tells them apart
    run(database, "INSERT INTO cliente (lugar) SELECT id FROM cidade")
    run(database, "INSERT INTO cliente_lugares_links SELECT c.id, d.id FROM cliente c, cidade d")
    publish(database, files(cliente=CLIENT, **two))
    assert codes(refused(database, files(cliente="lugar: {type: link, to: estado}", **two))) == ["M508"]
    assert codes(refused(database, files(cliente="lugares: {type: many links, to: estado}", **two))) == [
        "M508"
    ]
    publish(database, files(cliente=CLIENT, municipio="was: cidade\n" + CLIENT, estado=CLIENT))
    after = files(
        cliente="lugar: {type: link, to: municipio}\nlugares: {type: many links, to: municipio}",
        municipio=CLIENT,
        estado=CLIENT,
    )
    publish(database, after)
    assert one(database, "SELECT m.nome FROM cliente c JOIN municipio m ON m.id = c.lugar") == "Itajubá"
    assert planned(database, after).is_empty


def test_numbers_that_come_back_are_no_links(database: Engine) -> None:
    publish(database, files(cliente="lugar: {type: integer}", cidade=CLIENT))
    run(database, "INSERT INTO cliente (lugar) VALUES (7)")
    publish(database, files(cliente=CLIENT, cidade=CLIENT))
    assert codes(refused(database, files(cliente="lugar: {type: link, to: cidade}", cidade=CLIENT))) == [
        "M508"
    ]
    assert one(database, "SELECT lugar FROM cliente") == 7


def test_a_link_does_not_become_a_file(database: Engine) -> None:
    publish(database, files(cliente="lugar: {type: link, to: cidade}", cidade=CLIENT))
    run(database, "INSERT INTO cidade (nome) VALUES ('Itajubá')")
    run(database, "INSERT INTO cliente (lugar) SELECT id FROM cidade")
    run(
        database,
        "INSERT INTO aroeira_attachment (name, mime, size, sha256, created_by) VALUES ('a', 'b', 1, 'c', 'd')",
    )
    assert codes(refused(database, files(cliente="lugar: {type: attachment}", cidade=CLIENT))) == ["M508"]


# ── renames ───────────────────────────────────────────────────────────────────────────────────────

BEFORE = {
    "cliente": "search: [nome]\nunique: [[nome, cidade]]\norder: nome\nnome: {type: text}\n"
    "cidade: {type: link, to: cidade}\ngostos: {type: many links, to: cidade}",
    "cidade": "nome: {type: text}",
}  # fmt: skip
AFTER = {
    "pessoa": "was: cliente\nsearch: [titulo]\nunique: [[titulo, municipio]]\norder: titulo\n"
    "titulo: {type: text, was: nome}\nmunicipio: {type: link, to: municipio, was: cidade}\n"
    "gostos: {type: many links, to: municipio}",
    "municipio": "was: cidade\nnome: {type: text}",
}


@pytest.mark.every_postgres
def test_renames_keep_rows_and_rename_all_that_was_derived(database: Engine) -> None:
    publish(database, files(**BEFORE))
    run(database, "INSERT INTO cidade (nome) VALUES ('Itajubá')")
    run(database, "INSERT INTO cliente (nome, cidade, search_text) SELECT 'Ana', id, 'ana' FROM cidade")
    run(database, "INSERT INTO cliente_gostos_links SELECT c.id, d.id FROM cliente c, cidade d")
    done = publish(database, files(**AFTER))
    # Triggers speak the names of columns, so they are made anew; everything else only changes its name.
    others = [step for step in done.plan.steps if not step.says.startswith("anota as mudanças de ")]
    assert {step.stage.name for step in others} == {"RENAME"}
    assert run(database, "SELECT p.titulo, m.nome FROM pessoa p JOIN municipio m ON m.id = p.municipio") == [
        ("Ana", "Itajubá")
    ]
    assert one(database, "SELECT count(*) FROM pessoa_gostos_links") == 1
    assert names(database, "pessoa") == {
        "ix_pessoa_search", "ix_pessoa_municipio", "fk_pessoa_municipio", "uq_pessoa_titulo_municipio",
        "ix_pessoa_order_titulo",
    }  # fmt: skip
    assert planned(database, files(**AFTER)).is_empty


def test_a_name_set_free_by_a_rename_can_be_used_at_once(database: Engine) -> None:
    publish(database, files(cliente="search: [nome]\n" + CLIENT))
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")
    # `was` only holds while the old name is gone, so the swap takes two publications.
    publish(database, files(pessoa="was: cliente\nsearch: [nome]\n" + CLIENT))
    publish(database, files(pessoa="search: [nome]\n" + CLIENT, cliente="search: [nome]\n" + CLIENT))
    assert one(database, "SELECT nome FROM pessoa") == "Ana"
    assert one(database, "SELECT count(*) FROM cliente") == 0


def test_a_rename_onto_kept_values_is_refused(database: Engine) -> None:
    publish(database, files(cliente=CLIENT + "\napelido: {type: text}"))
    publish(database, files(cliente=CLIENT))
    assert codes(refused(database, files(cliente="apelido: {type: text, max: 40, was: nome}"))) == ["M511"]
    publish(database, files(cliente=CLIENT, loja="nome: {type: text}"))
    publish(database, files(cliente=CLIENT))
    assert codes(refused(database, files(loja="was: cliente\n" + CLIENT))) == ["M511"]


def test_a_rename_and_a_new_type_go_together(database: Engine) -> None:
    publish(database, files(cliente="numero: {type: text}"))
    run(database, "INSERT INTO cliente (numero) VALUES ('0042')")
    publish(database, files(pessoa="was: cliente\ncodigo: {type: integer, was: numero, max: 100}"))
    assert one(database, "SELECT codigo FROM pessoa") == 42


# ── nothing halfway ───────────────────────────────────────────────────────────────────────────────


def test_one_problem_keeps_everything_as_it_was(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana Maria')")
    refused(database, files(cliente="nome: {type: text, max: 3}\nidade: {type: integer}", novo=CLIENT))
    assert version(database) == 1
    assert one(database, "SELECT to_regclass('novo')") is None
    assert (
        one(
            database,
            "SELECT count(*) FROM pg_attribute WHERE attrelid = 'cliente'::regclass AND attname = 'idade'",
        )
        == 0
    )


def test_rows_that_break_a_key_after_the_check_undo_the_whole_publication(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    after = files(cliente="nome: {type: text, max: 40, unique: yes}", novo=CLIENT)
    again = refused(
        database,
        after,
        shown=lambda plan: run(database, "INSERT INTO cliente (nome) VALUES ('Ana'), ('Ana')"),
    )
    assert codes(again) == ["M516"]
    assert version(database) == 1
    assert one(database, "SELECT to_regclass('novo')") is None


def test_schemas_of_one_database_do_not_see_one_another(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    words = {"options": "-c search_path=filial,public"}
    run(database, "CREATE SCHEMA filial")
    other = create_engine(database.url, connect_args=words)
    done = publish(other, files(cliente="nome: {type: integer}"))
    assert (done.version, version(database)) == (1, 1)
    assert planned(database, files(cliente=CLIENT)).is_empty
    assert planned(other, files(cliente="nome: {type: integer}")).is_empty
    other.dispose()


def test_our_constraints_only(database: Engine) -> None:
    publish(database, files(cliente=CLIENT))
    run(database, "CREATE INDEX relatorio_da_ana ON cliente (nome)")
    run(database, "ALTER TABLE cliente ADD CONSTRAINT combinado CHECK (nome <> 'X')")
    publish(database, files(cliente=CLIENT + "\nidade: {type: integer}"))
    assert one(database, "SELECT count(*) FROM pg_class WHERE relname = 'relatorio_da_ana'") == 1
    assert one(database, "SELECT count(*) FROM pg_constraint WHERE conname = 'combinado'") == 1


def test_the_search_text_of_rows_follows_the_fields_searched(database: Engine) -> None:
    publish(database, files(cliente=CLIENT + "\nrua: {type: text}"))
    run(database, "INSERT INTO cliente (nome, rua) VALUES ('Ána', 'Sé')")
    publish(database, files(cliente="search: [nome, rua]\n" + CLIENT + "\nrua: {type: text}"))
    assert one(database, "SELECT search_text FROM cliente") == "ana se"
    publish(database, files(cliente="search: [rua]\n" + CLIENT + "\nrua: {type: text}"))
    assert one(database, "SELECT search_text FROM cliente") == "se"
    publish(database, files(cliente=CLIENT + "\nrua: {type: text}"))
    run(database, "UPDATE cliente SET rua = 'Luz'")
    publish(database, files(cliente="search: [rua]\n" + CLIENT + "\nrua: {type: text}"))
    assert one(database, "SELECT search_text FROM cliente") == "luz"

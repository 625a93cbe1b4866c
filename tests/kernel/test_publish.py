"""Published versions: every one can be read again, and a content is kept once."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from kernel import publish as published
from metadata.problems import Problems
from tests.publications import files, one, publish, run

FIRST = files(cliente="nome: {type: text}")
SECOND = files(cliente="nome: {type: text}\nidade: {type: integer}", cidade="nome: {type: text}")


def test_nothing_published_is_version_zero_and_empty(database: Engine) -> None:
    with database.connect() as connection:
        assert published.latest(connection) == 0
        assert published.read(connection, 0) == {}
        assert published.load(connection, 0).entities == {}


def test_every_version_can_be_read_again_byte_for_byte(database: Engine) -> None:
    publish(database, FIRST, note="a primeira")
    publish(database, SECOND)
    with database.connect() as connection:
        assert published.read(connection, 1) == FIRST
        assert published.read(connection, 2) == SECOND
        assert published.read_file(connection, 1, "loja/entities/cidade.yaml") == b""
        assert set(published.load(connection, 1).entities["cliente"].fields) == {"nome"}
        assert set(published.load(connection, 2).entities["cliente"].fields) == {"nome", "idade"}
    assert run(database, "SELECT version, published_by, note FROM aroeira_publication ORDER BY version") == [
        (1, "teste", "a primeira"),
        (2, "teste", ""),
    ]


def test_a_content_is_kept_once(database: Engine) -> None:
    publish(database, FIRST)
    publish(database, SECOND)
    publish(database, FIRST)
    assert one(database, "SELECT count(*) FROM aroeira_publication_file") == len(FIRST) * 2 + len(SECOND)
    assert one(database, "SELECT count(*) FROM aroeira_file") == len(
        set(FIRST.values()) | set(SECOND.values())
    )


def test_files_with_problems_are_no_version(database: Engine) -> None:
    from kernel.storage.migrate.apply import apply

    problems = apply(database, files(cliente="nome: {type: testo}"), "teste")
    assert isinstance(problems, tuple)
    assert [problem.code for problem in problems] == ["M111"]
    with database.connect() as connection:
        assert published.latest(connection) == 0


def test_a_version_that_the_program_no_longer_understands_says_so_and_can_be_followed(
    database: Engine,
) -> None:
    publish(database, FIRST)
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")
    broken = FIRST["loja/entities/cliente.yaml"].replace(b"text", b"pergaminho")
    run(
        database,
        "UPDATE aroeira_file SET content = :content WHERE sha256 = "
        "(SELECT sha256 FROM aroeira_publication_file WHERE path LIKE '%cliente.yaml')",
        content=broken,
    )
    with database.connect() as connection, pytest.raises(Problems, match="M111"):
        published.load(connection, 1)
    assert publish(database, SECOND).version == 2
    assert run(database, "SELECT nome FROM cliente") == [("Ana",)]

"""Folding for search: Python and SQL must say the same of any text."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from kernel.fold import FIRST, LAST, PAIRS, fold

FOLD_EACH = """
SELECT aroeira_fold(one) FROM unnest(CAST(:texts AS text[])) WITH ORDINALITY AS t(one, n) ORDER BY n
"""
LETTERS = st.characters(min_codepoint=1, max_codepoint=LAST)


def test_portuguese_loses_accents_and_capitals() -> None:
    assert fold("Ação ÚNICA à vovó; PÊRA, Müller & Cia.") == "acao unica a vovo; pera, muller & cia."


def test_folding_again_changes_nothing() -> None:
    everything = "".join(map(chr, range(FIRST, LAST + 1)))
    assert fold(fold(everything)) == fold(everything)


def test_every_letter_gives_one_plain_letter() -> None:
    assert all(len(plain) == 1 and plain.isascii() for _, plain in PAIRS)


@pytest.mark.every_postgres
def test_sql_folds_every_letter_of_the_table_like_python(database: Engine) -> None:
    letters = [chr(code) for code in range(1, LAST + 20) if code != 0]
    with database.connect() as connection:
        folded = connection.scalars(
            text(FOLD_EACH),
            {"texts": letters},
        ).all()
    assert folded == [fold(letter) for letter in letters]


@pytest.mark.every_postgres
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.text(LETTERS, max_size=40), min_size=1, max_size=30))
def test_sql_and_python_fold_alike(database: Engine, texts: list[str]) -> None:
    with database.connect() as connection:
        folded = connection.scalars(
            text(FOLD_EACH),
            {"texts": texts},
        ).all()
    assert folded == [fold(one) for one in texts]


def test_nothing_folds_to_nothing(database: Engine) -> None:
    with database.connect() as connection:
        assert connection.scalar(text("SELECT aroeira_fold(NULL) IS NULL"))


def test_a_fragment_is_found_through_the_trigram_index(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE pessoa (nome text, busca text GENERATED ALWAYS AS (aroeira_fold(nome)) STORED)"
            )
        )
        connection.execute(
            text("INSERT INTO pessoa (nome) SELECT 'Conceição ' || n FROM generate_series(1, 5000) n")
        )
        connection.execute(text("CREATE INDEX ON pessoa USING gin (busca gin_trgm_ops)"))
        connection.execute(text("ANALYZE pessoa"))
        asked = "SELECT count(*) FROM pessoa WHERE busca LIKE '%ceicao 4321%'"
        plan = "\n".join(connection.scalars(text(f"EXPLAIN {asked}")))
        assert connection.scalar(text(asked)) == 1
    assert "Bitmap" in plan

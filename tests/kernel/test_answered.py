"""Requests that may come twice: a key is one request's, and words about a person go from what is kept."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from kernel.storage import answered, system
from kernel.storage.answered import Answer, Once

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
ONCE = Once("primeira-vez", "isto")
MADE = {"made": [{"entity": "pessoa", "id": 7, "text": "Ana Souza", "warnings": [{"detail": "Ana"}]}]}


@pytest.fixture
def engine(database: Engine) -> Engine:
    with database.begin() as connection:
        system.create(connection)
    return database


def test_a_key_is_claimed_once_and_answers_from_then_on(engine: Engine) -> None:
    with engine.begin() as connection:
        assert answered.claim(connection, "ana", ONCE, NOW) is None
        answered.keep(connection, "ana", ONCE, MADE)
    with engine.begin() as connection:
        assert answered.claim(connection, "ana", ONCE, NOW) == Answer(True, MADE)
        other = Once(ONCE.key, "outra coisa")
        assert answered.claim(connection, "ana", other, NOW) == Answer(False, MADE)
        assert answered.claim(connection, "bia", ONCE, NOW) is None


def test_work_that_is_rolled_back_leaves_its_key(engine: Engine) -> None:
    with engine.connect() as connection:
        answered.claim(connection, "ana", ONCE, NOW)
        connection.rollback()
        assert answered.find(connection, "ana", ONCE) is None


def test_keys_are_forgotten_after_their_time(engine: Engine) -> None:
    with engine.begin() as connection:
        answered.claim(connection, "ana", ONCE, NOW)
        answered.claim(connection, "ana", Once("segunda-vez", ""), NOW + answered.KEPT)
        assert answered.find(connection, "ana", ONCE) is not None
        answered.claim(
            connection, "ana", Once("terceira-vez", ""), NOW + answered.KEPT + timedelta(seconds=1)
        )
        assert answered.find(connection, "ana", ONCE) is None


@pytest.mark.parametrize(("ids", "texts"), [([7], []), ([], ["Ana Souza"])])
def test_words_about_a_person_go_and_what_was_made_stays(
    engine: Engine, ids: list[int], texts: list[str]
) -> None:
    bare = {"made": [{"entity": "pessoa", "id": 7, "text": ""}]}
    with engine.begin() as connection:
        for key in ("primeira-vez", "segunda-vez"):
            answered.claim(connection, "ana", Once(key, "isto"), NOW)
            answered.keep(connection, "ana", Once(key, "isto"), MADE if key == ONCE.key else {"made": []})
        answered.without_words(connection, {"pessoa": ids}, texts)
        assert answered.find(connection, "ana", ONCE) == Answer(True, bare)
        assert answered.find(connection, "ana", Once("segunda-vez", "isto")) == Answer(True, {"made": []})

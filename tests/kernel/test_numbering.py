"""Numbers by pattern: never twice, without gaps where asked, with check digits."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, strategies
from sqlalchemy import Engine

from kernel.context import at_present
from kernel.runtime import Runtime
from kernel.storage import system
from kernel.storage.record import Edit, Refusal, Saved
from kernel.storage.records import read
from kernel.storage.save import save
from metadata.values.numbering import mod10, mod11
from tests.compiled import compiled

FILES = {
    "nota/manifest.yaml": "package: nota\nlabel: Nota\nversion: 1.0.0\n",
    "nota/entities/nota.yaml": """
entity: nota
label: {one: Nota, many: Notas, gender: f}
fields:
  livre: {type: sequence, pattern: "{date:yyyymmdd}-{n:4}", restart: day}
  fiscal: {type: sequence, pattern: "{serie}{n:6}{mod10}", gapless: yes}
  cartao: {type: sequence, pattern: "99{n:3}{mod11}"}
  serie: {type: text, max: 2, default: A1}
  texto: {type: text, max: 5, required: yes}
""",
}


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    made = compiled(FILES)
    with database.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


def new(database: Engine, runtime: Runtime, context: Any, text: str = "a") -> Any:
    return save(database, runtime, context, Edit("nota", None, None, {"texto": text}))


def values(database: Engine, runtime: Runtime, id: int) -> dict[str, Any]:
    with database.connect() as connection:
        row = read(connection, runtime, at_present("teste"), "nota", id)
    assert row is not None
    return dict(row.values)


def test_numbers_given_at_once_are_all_different_and_gapless_ones_leave_no_gap(
    database: Engine, runtime: Runtime
) -> None:
    context = at_present("a")
    with ThreadPoolExecutor(8) as pool:
        texts = ["a" if number % 3 else "comprido" for number in range(48)]  # every third is refused
        outcomes = list(pool.map(lambda text: new(database, runtime, context, text), texts))
    ids = [outcome.id for outcome in outcomes if isinstance(outcome, Saved)]
    assert len(ids) == 32
    assert sum(isinstance(outcome, Refusal) for outcome in outcomes) == 16
    rows = [values(database, runtime, id) for id in ids]
    assert len({row["livre"] for row in rows}) == 32
    assert sorted(int(row["fiscal"][2:-1]) for row in rows) == list(range(1, 33))


def test_a_number_starts_again_with_its_period(database: Engine, runtime: Runtime) -> None:
    today = at_present("a")
    tomorrow = replace(today, now=today.now + timedelta(days=1))
    first, second, third = (
        values(database, runtime, new(database, runtime, day).id) for day in (today, today, tomorrow)
    )
    assert [row["livre"][-4:] for row in (first, second, third)] == ["0001", "0002", "0001"]
    assert third["livre"].startswith(f"{tomorrow.today:%Y%m%d}")
    assert [row["cartao"][:5] for row in (first, second, third)] == ["99001", "99002", "99003"]


def test_check_digits_stand_over_what_is_before_them(database: Engine, runtime: Runtime) -> None:
    row = values(database, runtime, new(database, runtime, at_present("a")).id)
    assert row["fiscal"] == "A1000001" + mod10("1000001")
    assert row["cartao"] == "99001" + mod11("99001")


@given(strategies.text("0123456789", min_size=1, max_size=30), strategies.data())
def test_mod10_tells_every_wrong_digit(digits: str, data: strategies.DataObject) -> None:
    place = data.draw(strategies.integers(0, len(digits) - 1))
    other = data.draw(strategies.sampled_from([d for d in "0123456789" if d != digits[place]]))
    assert mod10(digits) != mod10(digits[:place] + other + digits[place + 1 :])


@pytest.mark.parametrize(("digits", "digit"), [("7992739871", "3"), ("453201511283036", "6"), ("0", "0")])
def test_mod10_is_luhn(digits: str, digit: str) -> None:
    assert mod10(digits) == digit


@pytest.mark.parametrize(("digits", "digit"), [("0019", "1"), ("123456", "0"), ("261533", "9")])
def test_mod11_has_weights_two_to_nine(digits: str, digit: str) -> None:
    total = sum(int(d) * w for d, w in zip(reversed(digits), [2, 3, 4, 5, 6, 7, 8, 9], strict=False))
    rest = 11 - total % 11
    assert mod11(digits) == str(0 if rest > 9 else rest)
    assert mod11(digits) == digit

"""What two runs are compared by is what a count of their rows comes to, of dry runs too; and it stays bounded."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.processes import comparing, figures
from kernel.processes.comparing import GONE, LESS, MORE, NEW, SAME, Pair, before_of
from kernel.processes.plan import planned
from kernel.processes.runs import Run, run_of
from kernel.processes.undo import undo
from metadata.load import load_files
from tests.billing import FILES, NOVEMBER, Office, expected, office, people, texts

PATH = "faturas/processes/faturar.yaml"
COMPARE = "compare: {step: precos, by: contrato, sum: valor, parts: [tabela, idade]}\n"
DECEMBER = date(2026, 12, 1)


def said(compare: str = COMPARE) -> dict[str, str]:
    whole = FILES[PATH].replace(
        "idade: years between(nascimento, competencia)",
        'idade: {is: "years between(nascimento, competencia)", type: integer}',
    )
    return {PATH: whole.replace("together: contrato\n", f"together: contrato\n{compare}")}


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, said())
    people(found, 60)
    return found


def worked(made: Office, competence: date) -> dict[int, tuple[int, Decimal, dict[str, tuple[int, Decimal]]]]:
    """Return rows, sum and what each age comes to, by contract, without the product."""
    found: dict[int, tuple[int, Decimal, dict[str, tuple[int, Decimal]]]] = {}
    for contract, _, _, _, age, _, amount, _, _ in expected(made, competence):
        rows, total, ages = found.get(contract, (0, Decimal(0), {}))
        count, sum_ = ages.get(str(age), (0, Decimal(0)))
        found[contract] = (rows + 1, total + amount, {**ages, str(age): (count + 1, sum_ + amount)})
    return found


def changed(connection: Any, before: Run, now: Run) -> list[comparing.Change]:
    return [change for some in comparing.every(connection, before.id, now.id) for change in some]


def test_differences_are_those_of_the_rows_counted_by_hand(made: Office) -> None:
    november = made.run(competencia=NOVEMBER)
    was = worked(made, NOVEMBER)
    made.say("UPDATE contrato SET tabela = 3 - tabela WHERE id % 7 = 0")
    made.say("UPDATE contrato SET situacao = 'suspenso' WHERE id % 13 = 0")
    made.say("UPDATE contrato SET situacao = 'ativo' WHERE id % 11 = 0")
    december = made.run(is_dry=True, competencia=DECEMBER)
    came = worked(made, DECEMBER)
    with made.engine.connect() as connection:
        found = {change.unit: change for change in changed(connection, november, december)}
        counts = comparing.counts(connection, november.id, december.id)
        total = comparing.total(connection, november.id, december.id)
        largest = [abs(change.pair.difference) for change in changed(connection, november, december)]
    assert largest == sorted(largest, reverse=True)
    nothing: tuple[int, Decimal, dict[str, Any]] = (0, Decimal(0), {})
    kinds = dict.fromkeys((NEW, GONE, MORE, LESS, SAME), 0)
    for contract in was.keys() | came.keys():
        (n0, v0, ages0), (n1, v1, ages1) = was.get(contract, nothing), came.get(contract, nothing)
        pair = Pair(n0, v0, n1, v1)
        kinds[pair.kind] += 1
        if pair.kind == SAME:
            assert contract not in found
            continue
        assert found[contract].pair == pair
        ages = {
            age: Pair(*ages0.get(age, (0, Decimal(0))), *ages1.get(age, (0, Decimal(0))))
            for age in ages0.keys() | ages1.keys()
        }
        assert found[contract].parts["idade"] == ages
    assert counts == {kind: count for kind, count in kinds.items() if count}
    assert min(kinds[NEW], kinds[GONE], kinds[MORE], kinds[LESS], kinds[SAME]) > 0
    assert total.pair == Pair(*_sums(was.values()), *_sums(came.values()))


def _sums(groups: Iterable[tuple[int, Decimal, Any]]) -> tuple[int, Decimal]:
    rows = list(groups)
    return sum(row[0] for row in rows), sum((row[1] for row in rows), Decimal(0))


def test_a_run_is_put_beside_one_of_as_much_for_another_key(made: Office) -> None:
    october = made.run(competencia=date(2026, 10, 1))
    made.run(competencia=NOVEMBER, contrato_unico=3)
    november = made.run(competencia=NOVEMBER)
    again = made.run(is_dry=True, competencia=NOVEMBER)
    nothing = made.run(competencia=NOVEMBER)
    december = made.run(is_dry=True, competencia=DECEMBER)
    one = made.run(is_dry=True, competencia=DECEMBER, contrato_unico=4)
    plan = planned(made.runtime, "faturar")
    with made.engine.connect() as connection:
        beside = [before_of(connection, plan, run) for run in (october, november, again, one, december)]
        assert undo(made.engine, lambda version: made.runtime, made.context, october.id) == []
        assert not comparing.has_figures(connection, october.id)
        later = before_of(connection, plan, again)
    assert [each.id if each else None for each in beside] == [
        None, october.id, october.id, november.id, november.id,
    ]  # fmt: skip
    assert nothing.status == "finished"
    assert later is not None
    assert later.id == november.id


def test_only_the_figures_of_the_newest_runs_are_kept(made: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "KEPT_RUNS", 2)
    runs = [made.run(is_dry=True, competencia=NOVEMBER) for _ in range(4)]
    with made.engine.connect() as connection:
        kept = [comparing.has_figures(connection, run.id) for run in runs]
        assert run_of(connection, runs[0].id) is not None
    assert kept == [False, False, True, True]


@pytest.mark.parametrize(
    ("compare", "codes"),
    [
        ("compare: {step: nada, by: contrato, sum: valor}\n", ["M440"]),
        ("compare: {step: precos, by: valor, sum: contrato, parts: [ultimo, nada]}\n", ["M441"] * 4),
        (
            "compare: {step: precos, by: contrato, sum: valor, parts: [contrato, tabela, tabela]}\n",
            ["M441"] * 3,
        ),
        ("compare: {step: novas, by: contrato, sum: total, parts: vencimento}\n", ["M441"]),
    ],
)
def test_what_cannot_be_compared_is_told(compare: str, codes: list[str]) -> None:
    _, problems = load_files(texts(said(compare)))
    assert [problem.code for problem in problems] == codes

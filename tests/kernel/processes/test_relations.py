"""Relations: what joins, windows, groups and unions give is what a slow program gives, row by row."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tests.billing import NOVEMBER, Office, office

MORE = {
    "faturas/entities/extra.yaml": """
entity: extra
label: {one: Extra, many: Extras}
fields:
  contrato: {type: link, to: contrato, required: yes}
  vida: {type: link, to: vida}
  valor: {type: money, required: yes}
  prioridade: {type: integer}
  inicio: {type: date, required: yes}
  fim: {type: date}
valid: {from: inicio, to: fim, within: [contrato, vida, prioridade]}
""",
    "faturas/entities/resultado.yaml": """
entity: resultado
label: {one: Resultado, many: Resultados}
fields:
  passo: {type: text, max: 20, required: yes}
  contrato: {type: link, to: contrato}
  vida: {type: link, to: vida}
  extra: {type: link, to: extra}
  numero: {type: integer}
  valor: {type: money}
  texto: {type: text, max: 80}
""",
}
PROCESS = """
process: provar
label: Provar
needs: PROVAR
ask: {dia: {type: date, required: yes}, minimo: {type: money}}
together: contrato
part: 12
steps:
  vidas:
    from: vida
    columns: {contrato: contrato, vida: vida, nome: nome, nascimento: nascimento}
STEPS
"""
WRITE = """
  gravados:
    from: PASSO
    insert: resultado
    set: {SET}
"""


def ran(database: Engine, steps: str, taken: str, values: str, seed: int = 3) -> tuple[Office, Any]:
    """Publish the process with some steps, fill the tables at random, run it."""
    body = PROCESS.replace("STEPS", steps.rstrip() + WRITE.replace("PASSO", taken).replace("SET", values))
    made = office(database, {**MORE, "faturas/processes/provar.yaml": body})
    filled(made, seed)
    run = made.run("provar", dia=NOVEMBER)
    assert run.status == "finished", run.trouble
    return made, run


def filled(made: Office, seed: int) -> None:
    chance = random.Random(seed)
    with made.engine.begin() as connection:
        connection.execute(text("INSERT INTO tabela (nome) VALUES ('A'), ('B')"))
        for number in range(1, 26):
            connection.execute(
                text(
                    "INSERT INTO contrato (numero, cliente, tabela, vencimento, situacao) "
                    "VALUES (:n, :c, :t, 10, 'ativo')"
                ),
                {"n": f"{number:03}", "c": f"Cliente {number % 7}", "t": chance.choice((1, 2, None))},
            )
            for life in range(chance.randint(0, 4)):
                born = date(chance.randint(1940, 2020), chance.randint(1, 12), 1)
                words = {"c": number, "n": f"V{life}", "b": None if chance.random() < 0.2 else born}
                connection.execute(
                    text(
                        "INSERT INTO vida (contrato, nome, nascimento, inicio) VALUES (:c, :n, :b, '2020-01-01')"
                    ),
                    words,
                )
            for extra in range(chance.randint(0, 5)):
                begins = date(2026, chance.randint(1, 12), 1)
                ends = chance.choice((None, date(2026, 12, 31), date(2026, begins.month, 20)))
                connection.execute(
                    text(
                        "INSERT INTO extra (contrato, vida, valor, prioridade, inicio, fim) VALUES "
                        "(:c, (SELECT min(id) FROM vida WHERE contrato = :c AND :own), :v, :p, :b, :e)"
                    ),
                    {
                        "c": number, "v": Decimal(chance.randint(-500, 5000)) / 100, "p": extra, "b": begins,
                        "e": ends, "own": chance.random() < 0.4,
                    },
                )  # fmt: skip


def results(made: Office) -> list[tuple[Any, ...]]:
    return sorted(made.rows("SELECT contrato, vida, extra, numero, valor, texto FROM resultado"), key=repr)


def lives(made: Office) -> list[tuple[Any, ...]]:
    return made.rows("SELECT id, contrato, nome, nascimento FROM vida")


def extras(made: Office, day: date | None = None) -> Iterator[tuple[Any, ...]]:
    found = made.rows("SELECT id, contrato, vida, valor, prioridade, inicio, fim FROM extra")
    for row in found:
        if day is None or (row[5] <= day and (row[6] is None or row[6] >= day)):
            yield row


def left_out(made: Office, run: Any) -> list[tuple[Any, ...]]:
    return sorted(made.rows("SELECT reason, record FROM aroeira_process_left_out WHERE run = :r", r=run.id))


def test_many_makes_a_row_for_each_and_none_where_there_is_none(database: Engine) -> None:
    steps = """
  casados:
    from: vidas
    lookup: {extra: {in: extra, where: contrato = vidas.contrato and valor > 0, at: dia, expect: many}}
    columns: {quanto: extra.valor}
"""
    made, _ = ran(
        database,
        steps,
        "casados",
        "passo: '\"x\"', contrato: contrato, vida: vida, extra: extra, valor: quanto",
    )
    expected = [
        (life[1], life[0], extra[0], None, extra[3], None)
        for life in lives(made)
        for extra in extras(made, NOVEMBER)
        if extra[1] == life[1] and extra[3] > 0
    ]
    assert results(made) == sorted(expected, key=repr)
    assert expected


def test_first_takes_the_first_in_the_order_and_maybe_leaves_doubles_out(database: Engine) -> None:
    steps = """
  primeiros:
    from: vidas
    lookup:
      extra: {in: extra, where: contrato = vidas.contrato, order: [valor desc, prioridade], expect: first}
      baixa: {in: extra, where: vida = vidas.vida and valor <= 25, expect: maybe}
      propria: {in: extra, where: vida = vidas.vida and valor > 25, expect: maybe, several: "Mais de um, de {vida.nome}."}
    columns:
      texto: if propria = null then "sem" else "com"
"""
    made, run = ran(
        database, steps, "primeiros", "passo: '\"x\"', vida: vida, extra: extra, texto: texto", seed=7
    )
    expected, doubled = [], []
    for life in lives(made):
        own = [extra for extra in extras(made) if extra[2] == life[0] and extra[3] > 25]
        low = [extra for extra in extras(made) if extra[2] == life[0] and extra[3] <= 25]
        found = sorted((-e[3], e[4], e[0]) for e in extras(made) if e[1] == life[1])
        if found and len(low) > 1:
            doubled.append(("baixa.several", life[0]))
        elif found and len(own) > 1:
            doubled.append(("propria.several", life[0]))
        elif found:
            expected.append((None, life[0], found[0][2], None, None, "com" if own else "sem"))
    assert results(made) == sorted(expected, key=repr)
    assert left_out(made, run) == sorted(doubled)
    assert {reason for reason, _ in doubled} == {"baixa.several", "propria.several"}
    told = "SELECT facts, nome FROM aroeira_process_left_out JOIN vida ON vida.id = record WHERE reason = :reason"
    assert all(facts == [name] for facts, name in made.rows(told, reason="propria.several"))
    assert all(facts == [] for facts, _ in made.rows(told, reason="baixa.several"))
    assert expected


def test_windows_count_add_and_number_the_rows_of_their_kind(database: Engine) -> None:
    steps = """
  contadas:
    from: vidas
    windows:
      ordem: {by: [contrato], order: [nascimento, vida desc]}
      quantas: {by: [contrato], is: count(vidas)}
      adultas:
        by: [contrato]
        is: count(vidas[nascimento < date("2000-01-01")])
      todas: {is: count(vidas)}
    columns:
      texto: string(ordem) + "/" + string(quantas) + "/" + string(adultas)
"""
    made, _ = ran(database, steps, "contadas", "passo: '\"x\"', vida: vida, texto: texto, numero: quantas")
    families: dict[int, list[Any]] = defaultdict(list)
    for life in lives(made):
        families[life[1]].append(life)
    expected = []
    for family in families.values():
        known = sorted((one for one in family if one[3]), key=lambda one: (one[3], -one[0]))
        ordered = known + sorted((one for one in family if not one[3]), key=lambda one: -one[0])
        adults = sum(1 for one in family if one[3] and one[3] < date(2000, 1, 1))
        expected += [
            (None, life[0], None, len(family), None, f"{place}/{len(family)}/{adults}")
            for place, life in enumerate(ordered, 1)
        ]
    assert results(made) == sorted(expected, key=repr)


def test_groups_come_to_what_their_rows_come_to(database: Engine) -> None:
    steps = """
  valores:
    from: extra
    columns: {contrato: contrato, vida: vida, valor: valor, prioridade: prioridade}
  somas:
    from: valores
    group: [contrato]
    columns:
      total: {is: sum(valor), type: money}
      altos:
        is: sum(valores[valor > 20].valor)
        type: money
      quantos: count(valores)
      proprios: count(valores[vida != null])
      maior: max(valor)
      texto: contrato.cliente + " " + string(quantos) + " " + string(proprios)
    refuse:
      negativo: {when: total < 0, message: "Soma negativa: {total}."}
"""
    made, run = ran(
        database, steps, "somas",
        "passo: '\"x\"', contrato: contrato, numero: quantos, valor: 'coalesce(altos, 0) + total + maior', texto: texto",
    )  # fmt: skip
    by: dict[int, list[Any]] = defaultdict(list)
    for extra in extras(made):
        by[extra[1]].append(extra)
    clients = dict(made.rows("SELECT id, cliente FROM contrato"))
    expected, negative = [], 0
    for contract, rows in by.items():
        total = sum(row[3] for row in rows)
        if total < 0:
            negative += 1
            continue
        high = sum((row[3] for row in rows if row[3] > 20), Decimal(0))
        own = sum(1 for row in rows if row[2])
        words = f"{clients[contract]} {len(rows)} {own}"
        expected.append((contract, None, None, len(rows), high + total + max(r[3] for r in rows), words))
    assert results(made) == sorted(expected, key=repr)
    assert len(left_out(made, run)) == negative


def test_several_steps_lie_one_after_the_other(database: Engine) -> None:
    steps = """
  das_vidas:
    from: vidas
    columns: {valor: {is: 10, type: money}, texto: '"vida"'}
  dos_extras:
    from: extra
    where: minimo = null or valor >= minimo
    columns: {contrato: contrato, vida: vida, valor: valor, texto: '"extra"'}
  todos: {from: [das_vidas, dos_extras]}
  somados:
    from: todos
    group: [contrato, texto]
    columns: {valor: {is: sum(valor), type: money}, quantos: count(todos)}
"""
    made, _ = ran(
        database,
        steps,
        "somados",
        "passo: '\"x\"', contrato: contrato, numero: quantos, valor: valor, texto: texto",
    )
    expected: dict[tuple[int, str], list[Decimal]] = defaultdict(list)
    for life in lives(made):
        expected[life[1], "vida"].append(Decimal(10))
    for extra in extras(made):
        expected[extra[1], "extra"].append(extra[3])
    wanted = [(key[0], None, None, len(rows), sum(rows), key[1]) for key, rows in expected.items()]
    assert results(made) == sorted(wanted, key=repr)


def test_what_is_made_of_a_row_can_be_linked_to_and_gone_through(database: Engine) -> None:
    steps = """
  feitos:
    from: vidas
    insert: extra
    set: {contrato: contrato, vida: vida, valor: 5, prioridade: 99, inicio: dia}
  ligados:
    from: vidas
    columns: {feito: feitos, quanto: feitos.valor}
  deles:
    from: feitos
    columns: {contrato: contrato, vida: vida, extra: feitos, valor: valor}
"""
    made, _ = ran(
        database, steps, "deles", "passo: '\"x\"', contrato: contrato, vida: vida, extra: extra, valor: valor"
    )
    new = [row for row in extras(made) if row[4] == 99]
    assert results(made) == sorted(((r[1], r[2], r[0], None, r[3], None) for r in new), key=repr)
    assert {row[2] for row in new} == {life[0] for life in lives(made)}


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2026, 6, 15), date(2026, 12, 31)])
def test_dated_records_are_those_of_the_day(database: Engine, day: date) -> None:
    steps = """
  achados:
    from: vidas
    lookup: {extra: {in: extra, where: vida = vidas.vida and prioridade >= 0, at: dia, expect: many}}
"""
    body = PROCESS.replace(
        "STEPS",
        steps.rstrip()
        + WRITE.replace("PASSO", "achados").replace("SET", "passo: '\"x\"', vida: vida, extra: extra"),
    )
    made = office(database, {**MORE, "faturas/processes/provar.yaml": body})
    filled(made, 5)
    made.run("provar", dia=day)
    expected = [(None, row[2], row[0], None, None, None) for row in extras(made, day) if row[2]]
    assert results(made) == sorted(expected, key=repr)

"""A small configuration with links of two steps and rows below, and generated records of it, in both forms.

The same values go into the tables and into the dictionaries that closures see.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Engine

from kernel.expression.evaluate import compiled as closure_of
from kernel.expression.evaluate import evaluate
from kernel.expression.plain import plain
from kernel.expression.scope import Run, Scope
from kernel.expression.values import Record, feel
from kernel.rules.exchange import seen, taken
from kernel.runtime import CompiledEntity, Runtime
from kernel.storage import system
from metadata.expression.faults import Fault
from metadata.expression.parse import parse
from tests.compiled import compiled

NOW = datetime(2026, 11, 26, 15, 30, tzinfo=UTC)

FILES = {
    "gente/manifest.yaml": "package: gente\nlabel: Gente\nversion: 1.0.0\n",
    "gente/entities/cidade.yaml": """
entity: cidade
label: {one: Cidade, many: Cidades, gender: f}
fields:
  nome: {type: text, max: 40}
  populacao: {type: integer}
  fundacao: {type: date}
""",
    "gente/entities/empresa.yaml": """
entity: empresa
label: {one: Empresa, many: Empresas, gender: f}
fields:
  nome: {type: text, max: 40}
  capital: {type: money}
  abertura: {type: date}
  ativa: {type: yes/no}
  sede: {type: link, to: cidade}
  cota: {type: money, is: capital / 3}
""",
    "gente/entities/pessoa.yaml": """
entity: pessoa
label: {one: Pessoa, many: Pessoas, gender: f}
fields:
  nome: {type: text, max: 40}
  codigo: {type: text, max: 40}
  idade: {type: integer}
  valor: {type: money}
  taxa: {type: percent}
  grande: {type: "decimal(38,10)"}
  inicio: {type: date}
  fim: {type: date}
  hora: {type: time}
  registro: {type: date and time}
  ativo: {type: yes/no}
  web: {type: yes/no}
  prazo: {type: duration}
  empresa: {type: link, to: empresa}
  outra: {type: link, to: empresa}
  itens: {type: children, of: item}
  cidades: {type: many links, to: cidade}
  saldo: {type: "decimal(8,1)", is: valor - idade}
  rotulo: {type: text, is: 'nome + ": " + empresa.nome'}
  total: {type: money, is: sum(itens.valor)}
  dobro: {type: duration, is: prazo * 2}
""",
    "gente/entities/folga.yaml": """
entity: folga
label: {one: Folga, many: Folgas, gender: f}
holidays: {day: dia, when: geral}
fields:
  dia: {type: date}
  geral: {type: yes/no}
""",
    "gente/entities/item.yaml": """
entity: item
label: {one: Item, many: Itens}
fields:
  pessoa: {type: link, to: pessoa, required: yes}
  nome: {type: text, max: 40}
  valor: {type: money}
  quantidade: {type: integer}
  dia: {type: date}
  ativo: {type: yes/no}
  cidade: {type: link, to: cidade}
  espera: {type: duration}
  subtotal: {type: integer, is: valor * 1.5}
""",
}
TEXTS = (
    "", "a", "b", "Ana", "ana", "ANA", "ação", "AÇÃO", "Zoë", "ß", "élan", "İ", "ǅ", "σς", "a b", "100%", "a_b",
    "'", '"', "\\", "😀 ok", "abcdefgh", "Ñandú", "ſ", "ÿ", "ŉ", "ab", "ba", "Z", "_", "é", "e\u0301", " a\t", "\u00a0x ", "12a³4",
)  # fmt: skip
DATES = (
    date(2024, 2, 29), date(2025, 1, 31), date(2025, 2, 28), date(2026, 12, 31), date(9999, 12, 31), date(1, 1, 1),
    date(2000, 2, 29), date(2026, 11, 26), date(1900, 3, 1), date(2026, 1, 1), date(2025, 3, 31), date(9999, 1, 31),
)  # fmt: skip
OFF = (
    date(2026, 11, 20), date(2026, 11, 23), date(2026, 11, 27), date(2026, 12, 25), date(2027, 1, 1), date(2025, 2, 28),
    date(2025, 3, 3), date(2025, 3, 4), date(2026, 11, 28), date(9999, 12, 31), date(1, 1, 1), date(2024, 2, 29),
    *(date(2000, 2, 28) + timedelta(days=place) for place in range(20)),
)  # fmt: skip
AMOUNTS = tuple(
    map(Decimal, ("0", "0.01", "-0.01", "0.05", "1", "-1", "2.5", "-2.5", "10", "100", "0.33", "1234567890123.45",
                  "-9999999999999.99", "12.345", "12.355", "7", "3", "1000.005"))
)  # fmt: skip
LENGTHS = (
    "P0D", "P1D", "P30D", "-P10D", "PT36H", "P365D", "-PT1H", "P1DT2H3M4S", "PT59M", "PT0S", "P999999999D", "P180D",
    "P1M", "P1Y", "-P1M", "P18M", "P2Y11M", "P9999Y", "P24M", "-P1Y1M", "P120000000000M",
)  # fmt: skip
TIMES = (time(0, 0), time(23, 59, 59), time(10, 30), time(12, 0, 0, 500_000))


class Chance(random.Random):
    """Values of every kind, with many nulls and many of those that are traps."""

    def maybe(self, value: Any) -> Any:
        return None if self.random() < 0.2 else value

    def text(self) -> str:
        return self.choice(TEXTS)

    def day(self) -> date:
        return (
            self.choice(DATES)
            if self.random() < 0.5
            else date(1950, 1, 1) + timedelta(days=self.randrange(30_000))
        )

    def amount(self, places: int = 2) -> Decimal:
        if self.random() < 0.5:
            return round(self.choice(AMOUNTS), places)
        return Decimal(self.randrange(-(10**7), 10**7)).scaleb(-places)

    def whole(self) -> int:
        return self.choice(
            (0, 1, -1, 2, 3, 18, 60, 9223372036854775807, -9223372036854775808, self.randrange(-50, 150))
        )

    def instant(self) -> datetime:
        seconds = self.randrange(-(2**31), 2**31)
        return datetime(1990, 1, 1, tzinfo=UTC) + timedelta(
            seconds=seconds, microseconds=self.choice((0, 1, 500_000))
        )

    def yes(self) -> bool:
        return self.random() < 0.5


Tables = dict[str, list[dict[str, Any]]]


def people(rows: int, seed: int) -> Tables:
    """Return generated rows of every table."""
    chance = Chance(seed)
    cities = [
        {
            "id": n,
            "nome": chance.maybe(chance.text()),
            "populacao": chance.maybe(chance.whole()),
            "fundacao": chance.maybe(chance.day()),
        }
        for n in range(1, 9)
    ]
    companies = [
        {
            "id": n, "nome": chance.maybe(chance.text()), "capital": chance.maybe(chance.amount()), "abertura": chance.maybe(chance.day()),
            "ativa": chance.maybe(chance.yes()), "sede": chance.maybe(chance.randrange(1, 9)),
        }
        for n in range(1, 9)
    ]  # fmt: skip
    persons, items, pairs = [], [], []
    for n in range(1, rows + 1):
        persons.append(_person(chance, n))
        for _ in range(chance.choice((0, 0, 1, 2, 3, 5))):
            items.append(_item(chance, len(items) + 1, n))
        pairs += [
            {"source": n, "target": target} for target in chance.sample(range(1, 9), chance.choice((0, 1, 3)))
        ]
    days_off = [{"id": n, "dia": day, "geral": True} for n, day in enumerate((*OFF, None, OFF[0]), 1)]
    days_off.append({"id": len(days_off) + 1, "dia": date(2026, 11, 26), "geral": False})
    return {
        "folga": days_off,
        "cidade": cities,
        "empresa": companies,
        "pessoa": persons,
        "item": items,
        "cidades": pairs,
    }


def fill(runtime: Runtime, engine: Engine, tables: Tables) -> None:
    """Insert the rows."""
    with engine.begin() as connection:
        for name, rows in tables.items():
            table = (
                runtime.entities["pessoa"].bridges["cidades"]
                if name == "cidades"
                else runtime.entities[name].table
            )
            connection.execute(table.insert(), rows)
        connection.exec_driver_sql("ANALYZE")


def _person(chance: Chance, number: int) -> dict[str, Any]:
    make = {
        "nome": chance.text, "codigo": chance.text, "idade": chance.whole, "valor": chance.amount,
        "taxa": lambda: Decimal(chance.randrange(-1000, 1_000_000)).scaleb(-6),
        "grande": lambda: Decimal(chance.randrange(-(10**38) + 1, 10**38)).scaleb(-10),
        "inicio": chance.day, "fim": chance.day, "hora": lambda: chance.choice(TIMES), "registro": chance.instant,
        "ativo": chance.yes, "web": chance.yes, "empresa": lambda: chance.randrange(1, 9),
        "outra": lambda: chance.randrange(1, 9), "prazo": lambda: chance.choice(LENGTHS),
    }  # fmt: skip
    return {"id": number, **{name: chance.maybe(value()) for name, value in make.items()}}


def _item(chance: Chance, number: int, person: int) -> dict[str, Any]:
    make = {
        "nome": chance.text, "valor": chance.amount, "quantidade": chance.whole, "dia": chance.day,
        "ativo": chance.yes, "cidade": lambda: chance.randrange(1, 9), "espera": lambda: chance.choice(LENGTHS),
    }  # fmt: skip
    return {"id": number, "pessoa": person, **{name: chance.maybe(value()) for name, value in make.items()}}


def seen_people(runtime: Runtime, tables: Tables) -> list[Record]:
    """Return the people as closures see them, in the order of their ids."""
    computed = {name: _computed(compiled) for name, compiled in runtime.entities.items()}

    def felt(entity: str, values: dict[str, Any], **instead: Any) -> Record:
        record = Record(entity, values["id"])
        fields = runtime.entities[entity].fields
        known = {
            name: plain(value, fields[name]) if name in fields else feel(value)
            for name, value in values.items()
        }
        record.update(known | instead)
        record.lazy = computed[entity]
        return record

    towns = {each["id"]: felt("cidade", each) for each in tables["cidade"]}
    firms = {each["id"]: felt("empresa", each, sede=towns.get(each["sede"])) for each in tables["empresa"]}
    below: dict[int, list[Record]] = {}
    for each in tables["item"]:
        row = felt("item", each, cidade=towns.get(each["cidade"]))
        below.setdefault(each["pessoa"], []).append(row)
    return [
        felt(
            "pessoa", each, empresa=firms.get(each["empresa"]), outra=firms.get(each["outra"]),
            itens=below.get(each["id"], []),
            cidades=[towns[pair["target"]] for pair in tables["cidades"] if pair["source"] == each["id"]],
        )
        for each in tables["pessoa"]
    ]  # fmt: skip


def _computed(compiled: CompiledEntity) -> dict[str, Callable[[Record], Any]]:
    def worked_out(name: str) -> Callable[[Record], Any]:
        field = compiled.fields[name]
        node = parse(field.is_)
        assert not isinstance(node, Fault)
        closure = closure_of(node)
        return lambda record: seen(
            taken(evaluate(closure, Run(NOW, holidays=frozenset(OFF)), Scope(record)), field), field
        )

    return {name: worked_out(name) for name, field in compiled.fields.items() if field.is_}


def configured(more: Mapping[str, str] | None = None) -> Runtime:
    """Return the Runtime, without a database; `more` are further documents."""
    files = {**FILES, **(more or {})}
    return compiled(files)


def install(engine: Engine, runtime: Runtime) -> None:
    """Make the tables."""
    with engine.begin() as connection:
        system.create(connection)
        runtime.metadata.create_all(connection)

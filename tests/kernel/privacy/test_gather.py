"""All about one person, and nothing about others: against an oracle that walks every row of every table."""

from __future__ import annotations

import io
import json
import random
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import Engine, text

from kernel.access.playing import access_of
from kernel.context import Context, at_present
from kernel.privacy import gather
from kernel.privacy.gather import Person
from kernel.runtime import Runtime
from metadata.problems import Problem
from tests import clinic
from tests.clinic import put

ABOUT = {
    "consulta": ("paciente", "paciente"),
    "exame": ("consulta", "consulta"),
    "ramal": ("paciente", "paciente"),
}
NAMED = {("paciente", "amigo"): "paciente", ("sala", "responsavel"): "paciente"}


def filled(engine: Engine, made: Runtime, seed: int) -> list[int]:
    """Save people, visits, results, rooms at random; return the people."""
    chance = random.Random(seed)
    people: list[int] = []
    for number in range(8):
        values: dict[str, Any] = {"registro": f"R{number}", "nome": f"Pessoa {number}", "cpf": None}
        values["cpf"] = (
            ("52998224725", "11144477735", "39053344705", "98765432100")[number] if number < 4 else None
        )
        values["nome"] = f"Pessoa {number}"
        if values["cpf"] is None:
            values["cpf"] = _cpf(number)
        if people and chance.random() < 0.5:
            values["amigo"] = chance.choice(people)
        rows = [{"numero": f"119{number}{index}765432"} for index in range(chance.randrange(3))]
        people.append(put(engine, made, "paciente", values, ramais=rows))
    visits = [
        put(engine, made, "consulta", {"paciente": chance.choice(people), "queixa": f"q{n}"})
        for n in range(12)
    ]
    for number in range(12):
        put(engine, made, "exame", {"consulta": chance.choice([*visits, None]), "laudo": f"l{number}"})
    for number in range(4):
        often = tuple(sorted(chance.sample(people, 3)))
        put(
            engine,
            made,
            "sala",
            {"nome": f"s{number}", "responsavel": chance.choice([*people, None]), "frequentes": often},
        )
    return people


def _cpf(number: int) -> str:
    digits = [int(digit) for digit in f"{100000000 + number * 7919:09}"]
    for size in (9, 10):
        total = sum(digit * (size + 1 - place) for place, digit in enumerate(digits[:size]))
        digits.append((total * 10 % 11) % 10)
    return "".join(map(str, digits))


def oracle(
    engine: Engine, made: Runtime, person: int
) -> tuple[Mapping[str, set[int]], set[tuple[str, str, int]]]:
    """Return the records about a person, and who else names them, by looking at every row until nothing is new."""
    bridge = made.entities["sala"].bridges["frequentes"].name
    with engine.connect() as connection:
        tables = {
            name: [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]
            for name in ("paciente", "consulta", "exame", "ramal", "sala")
        }
        pairs = connection.execute(text(f"SELECT source, target FROM {bridge}")).all()
    found: dict[str, set[int]] = {name: set() for name in tables} | {"paciente": {person}}
    size = 0
    while size != sum(map(len, found.values())):
        size = sum(map(len, found.values()))
        for name, (link, target) in ABOUT.items():
            found[name] |= {row["id"] for row in tables[name] if row[link] in found[target]}
    named = {
        (name, link, row["id"])
        for (name, link), target in NAMED.items()
        for row in tables[name]
        if row[link] in found[target] and row["id"] not in found[name]
    }
    named |= {("sala", "frequentes", source) for source, target in pairs if target == person}
    return {name: ids for name, ids in found.items() if ids}, named


def doctor(made: Runtime) -> Context:
    return at_present("dora", access=access_of(made, ("medica",), None))


@pytest.mark.parametrize("seed", range(4))
def test_everything_about_a_person_and_nothing_else(database: Engine, seed: int) -> None:
    made = clinic.installed(database)
    people = filled(database, made, seed)
    for context in (doctor(made), at_present("raiz")):
        for one in people:
            records, named = oracle(database, made, one)
            with database.connect() as connection:
                found = gather.find(connection, made, context, "paciente", one)
                assert isinstance(found, Person)
                file = io.BytesIO()
                gather.write(file, connection, made, context, found, "Pedido")
            assert {part.entity.name: set(part.ids) for part in found.parts if part.ids} == records
            assert {(each.entity, each.field, id) for each in found.mentions for id in each.ids} == named
            with zipfile.ZipFile(file) as zipped:
                written = json.loads(zipped.read("dados.json"))
            told = {
                part["entidade"]: {each["id"] for each in part["registros"]} for part in written["partes"]
            }
            assert {name: ids for name, ids in told.items() if ids} == records
            own = next(part for part in written["partes"] if part["entidade"] == "paciente")["registros"][0]
            assert own["campos"]["nome"]["valor"] == f"Pessoa {people.index(one)}"


def test_it_takes_the_right_and_shows_what_the_gate_shows(database: Engine) -> None:
    made = clinic.installed(database)
    one = filled(database, made, 1)[0]
    with database.connect() as connection:
        refused = gather.find(
            connection, made, at_present("a", access=access_of(made, ("atendente",), None)), "paciente", one
        )
        assert isinstance(refused, Problem)
        assert refused.code == "R432"
        clerk = at_present("c", access=access_of(made, ("encarregada",), None))
        found = gather.find(connection, made, clerk, "paciente", one)
        assert isinstance(found, Person)
        file = io.BytesIO()
        gather.write(file, connection, made, clerk, found, "Pedido")
    with zipfile.ZipFile(file) as zipped:
        written = zipped.read("dados.json").decode()
    assert "Pessoa 0" not in written
    assert "alergia" not in written
    assert json.loads(written)["partes"][0]["registros"][0]["campos"]["cpf"] == {
        "rotulo": "CPF", "valor": None, "texto": "•••.•••.•••-••", "mascarado": True,
    }  # fmt: skip

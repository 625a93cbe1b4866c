"""Who was anonymised is in no table any more; what has to be kept is, with the reason; and all of it is noted."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from kernel.access.access import Access
from kernel.access.playing import access_of
from kernel.audit.history import BLANKED, history
from kernel.audit.origin import tell
from kernel.audit.state import state_at
from kernel.context import Context, at_present
from kernel.privacy.anonymise import CONFIRMATION, Done, Obstacle, anonymise, obstacles
from kernel.runtime import Runtime
from kernel.storage import attachments, batches, drafts, personal
from kernel.storage.record import ChildEdit
from tests import clinic
from tests.clinic import CPF, change, put

SECRETS = (
    CPF, "529.982.247-25", "Zulmira Tavares", "zulmira tavares", "PRONT-77", "pront-77", "11987654321", "98765-4321",
    "1977-03-14", "14/03/1977", "7654.32", "Látex", "retrato-zulmira", "\\x7a756c", "Dor no peito", "dor no peito",
    "Exame alterado", "Zuzu", "11912344321",
)  # fmt: skip
PURPOSE = "Pedido da própria pessoa"


def every_cell(engine: Engine) -> str:
    """Return the text of every column of every table."""
    found = []
    with engine.connect() as connection:
        tables = connection.scalars(
            text("SELECT quote_ident(tablename) FROM pg_tables WHERE schemaname = current_schema()")
        ).all()
        assert len(tables) > 30
        for table in tables:
            rows = connection.execute(text(f"SELECT t::text FROM {table} t"))
            found += [row[0] for row in rows]
    return "\n".join(found)


def person(engine: Engine, made: Runtime, folder: Path | None = None) -> tuple[int, int]:
    """Save a patient with everything that can be about one, changed and removed too; return the visit as well."""
    context = at_present("testes")
    old, new = (
        attachments.keep(
            engine, made, context, f"retrato-zulmira-{n}.png", "image/png", f"zul{n}".encode(), folder=folder
        )
        for n in (1, 2)
    )
    values = {
        "registro": "PRONT-77", "nome": "Zulmira Tavares", "cpf": CPF, "nascimento": date(1977, 3, 14), "renda": Decimal("7654.32"),
        "alergia": "Látex", "plano": "Ouro", "retrato": old.id,
    }  # fmt: skip
    one = put(
        engine,
        made,
        "paciente",
        values,
        ramais=[{"numero": "11987654321", "apelido": "Zuzu"}, {"numero": "11912344321"}],
    )
    visit = put(
        engine, made, "consulta", {"paciente": one, "data": date(2020, 1, 2), "queixa": "Dor no peito"}
    )
    removed = put(engine, made, "consulta", {"paciente": one, "queixa": "dor no peito, de novo"})
    put(engine, made, "exame", {"consulta": visit, "laudo": "Exame alterado"})
    put(engine, made, "sala", {"nome": "Sala 1", "responsavel": one, "frequentes": (one,)})
    change(engine, made, "paciente", one, {"retrato": new.id})
    with engine.begin() as connection:
        tell(connection, context)
        connection.execute(text("DELETE FROM ramal WHERE numero = '11912344321'"))
        connection.execute(text("DELETE FROM consulta WHERE id = :id"), {"id": removed})
        drafts.keep(
            connection, "outra", "paciente", str(one), {"f.nome": ["Zulmira Tavares da Silva"]}, context.now
        )
        drafts.keep(
            connection,
            "outra",
            "sala",
            "novo-00000001",
            {"f.responsavel.texto": ["Zulmira Tavares"]},
            context.now,
        )
        connection.execute(
            personal.VIEW.insert().values(
                list="paciente", name="Uma", operator="x", query="nome=Zulmira+Tavares"
            )
        )
        number = connection.execute(
            batches.BATCH.insert()
            .values(operator="x", list="paciente", entity="paciente", field="nome", value="Zulmira Tavares")
            .returning(batches.BATCH.c.id)
        ).scalar_one()
        connection.execute(
            batches.BATCH_ROW.insert().values(
                batch=number, record=one, version=1, old="Zulmira Tavares", state="done"
            )
        )
    return one, visit


def dpo(made: Runtime) -> Context:
    """Return the context of who may anonymise, and sees neither masked nor hidden fields."""
    return at_present("clara", access=access_of(made, ("encarregada",), None))


@pytest.mark.parametrize("in_folder", [False, True])
def test_nothing_of_the_person_is_left_anywhere(database: Engine, tmp_path: Path, in_folder: bool) -> None:
    made = clinic.installed(database)
    folder = tmp_path if in_folder else None
    one, visit = person(database, made, folder)
    other = put(database, made, "paciente", {"registro": "B", "nome": "Bento Dias", "cpf": clinic.OTHER_CPF})
    before = every_cell(database)
    assert all(
        secret in before
        for secret in SECRETS
        if secret not in ("529.982.247-25", "98765-4321", "14/03/1977", "\\x7a756c")
    )
    done = anonymise(database, made, dpo(made), "paciente", one, PURPOSE, CONFIRMATION, folder)
    assert isinstance(done, Done), done
    assert (done.records, done.files) == (4, 2)
    after = every_cell(database)
    assert [secret for secret in SECRETS if secret in after] == []
    assert "Bento Dias" in after
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    with database.connect() as connection:
        row = connection.execute(text("SELECT * FROM paciente WHERE id = :id"), {"id": one}).mappings().one()
        assert (row["nome"], row["cpf"], row["nascimento"]) == ("Anonimizado", None, date(1977, 1, 1))
        assert (row["renda"], row["alergia"], row["retrato"], row["plano"]) == (None, None, None, "Ouro")
        assert len(row["registro"]) == 12
        stored = connection.execute(
            text("SELECT queixa, resumo, paciente FROM consulta WHERE id = :id"), {"id": visit}
        ).one()
        assert stored == ("Anonimizado", "Anonimizado - Anonimizado", one)
        assert connection.execute(text("SELECT responsavel FROM sala")).scalar_one() == one
        assert (
            connection.execute(text("SELECT nome FROM paciente WHERE id = :id"), {"id": other}).scalar_one()
            == "Bento Dias"
        )


def test_who_and_when_stay_in_the_history(database: Engine) -> None:
    made = clinic.installed(database)
    one, _ = person(database, made)
    with database.connect() as connection:
        past = history(connection, made, at_present("x"), "paciente", one)
    moment = at_present("x").now
    anonymise(database, made, dpo(made), "paciente", one, PURPOSE, CONFIRMATION)
    with database.connect() as connection:
        now = history(connection, made, at_present("x"), "paciente", one)
        state = state_at(connection, made, "paciente", one, moment)
        noted = connection.execute(text("SELECT * FROM aroeira_audit_deed")).mappings().one()
    assert [(save.operator, save.at) for save in now.saves[-len(past.saves) :]] == [
        (save.operator, save.at) for save in past.saves
    ]
    lines = {line.field.name: line for save in now.saves for entry in save.entries for line in entry.lines}
    assert (lines["nome"].before, lines["nome"].after, lines["nome"].can_go_back) == (BLANKED, BLANKED, False)
    assert lines["plano"].after == "Ouro"
    assert state is not None
    assert state.values["nome"] is None
    assert state.values["plano"] == "Ouro"
    assert (noted["operator"], noted["deed"], noted["record"], noted["reason"]) == (
        "clara",
        "anonymise",
        one,
        PURPOSE,
    )


def test_all_that_stands_against_it_is_told_and_nothing_is_done(database: Engine) -> None:
    lock = clinic.FILES["clinica/entities/exame.yaml"].replace(
        "laudo: {type: long text, privacy: sensitive}",
        "laudo: {type: long text, privacy: sensitive, readonly: consulta != null}",
    )
    made = clinic.installed(database, {"clinica/entities/exame.yaml": lock})
    one, visit = person(database, made)
    change(database, made, "consulta", visit, {"guardar_ate": date(2999, 1, 31)})
    second = put(
        database, made, "consulta", {"paciente": one, "queixa": "Tosse", "guardar_ate": date(2998, 1, 31)}
    )
    before = every_cell(database)
    with database.connect() as connection:
        seen = obstacles(connection, made, dpo(made), "paciente", one)
    told = anonymise(database, made, dpo(made), "paciente", one, PURPOSE, CONFIRMATION)
    assert isinstance(told, list)
    assert isinstance(seen, list)
    said = sorted((each.entity, each.id, each.problem.code) for each in told)
    assert said == sorted((each.entity, each.id, each.problem.code) for each in seen)
    assert [each[:2] for each in said] == [("consulta", visit), ("consulta", second), ("exame", 1)]
    assert [each[2] for each in said] == ["R169", "R169", "R424"]  # what a lock says may be hidden
    assert "O prontuário se guarda até 31/01/2999." in " ".join(each.problem.sentence() for each in told)
    root = anonymise(database, made, at_present("raiz"), "paciente", one, PURPOSE, CONFIRMATION)
    assert isinstance(root, list)
    assert sorted(each.problem.code for each in root if isinstance(each, Obstacle)) == [
        "R168",
        "R169",
        "R169",
    ]
    assert every_cell(database) == before


@pytest.mark.parametrize(
    ("roles", "purpose", "word", "codes"),
    [
        (("encarregada",), "", "", {"R430", "R433"}),
        (("encarregada",), PURPOSE, "anonimizar", {"R433"}),
        (("medica",), PURPOSE, CONFIRMATION, {"R432"}),
        (("atendente",), "ok", "x", {"R430", "R432", "R433"}),
    ],
)
def test_it_takes_a_right_a_purpose_and_a_word(
    database: Engine, roles: tuple[str, ...], purpose: str, word: str, codes: set[str]
) -> None:
    made = clinic.installed(database)
    one, _ = person(database, made)
    before = every_cell(database)
    context = at_present("alguem", access=access_of(made, roles, None))
    told = anonymise(database, made, context, "paciente", one, purpose, word)
    assert isinstance(told, list)
    assert {each.code for each in told} == codes  # type: ignore[union-attr]
    assert every_cell(database) == before


def test_nobody_sees_a_person_of_whom_they_see_nothing(database: Engine) -> None:
    made = clinic.installed(database)
    one, _ = person(database, made)
    nobody = at_present("ninguem", access=Access(access_of(made, (), None).profile))
    told = anonymise(database, made, nobody, "paciente", one, PURPOSE, CONFIRMATION)
    assert [each.code for each in told] == ["R150"]  # type: ignore[union-attr]


def test_rows_that_were_moved_to_another_stay_as_they_are(database: Engine) -> None:
    """A visit that was entered for the wrong patient belongs to the other one now, history included."""
    made = clinic.installed(database)
    one, visit = person(database, made)
    other = put(
        database,
        made,
        "paciente",
        {"registro": "B", "nome": "Bento Dias", "cpf": clinic.OTHER_CPF},
        ramais=[{"numero": "1133334444"}],
    )
    change(database, made, "consulta", visit, {"paciente": other, "queixa": "Febre alta"})
    change(database, made, "paciente", other, {}, ramais=(ChildEdit(3, {"apelido": "Bentinho"}),))
    assert isinstance(anonymise(database, made, dpo(made), "paciente", one, PURPOSE, CONFIRMATION), Done)
    after = every_cell(database)
    assert all(text in after for text in ("Febre alta", "Bentinho", "1133334444", "Bento Dias"))

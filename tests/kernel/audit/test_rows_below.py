"""The history of rows below a record: told where only what keeps the record keeps them from somebody."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine

from kernel.access.access import Access
from kernel.audit.history import history, past
from kernel.context import Context, at_present
from kernel.runtime import Runtime
from kernel.storage import closed
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.save import save
from tests import companies
from tests.access import access
from tests.publications import publish


@pytest.fixture
def made(database: Engine) -> tuple[Engine, Runtime]:
    """A company, its operator, a contract with a row, a client with a note; all with the triggers."""
    files = {path: text.encode() for path, text in companies.FILES.items()}
    runtime = publish(database, files).plan.runtime
    put(database, runtime, "empresa", {"nome": "Aurora"})
    put(database, runtime, "operador", {"login": "rui", "empresas": (1,)})
    put(database, runtime, "contrato", {"numero": "1", "empresa": 1}, parcelas={"texto": "primeira"})
    put(database, runtime, "cliente", {"nome": "Carla"}, notas={"texto": "liga cedo"})
    return database, runtime


def put(
    engine: Engine, runtime: Runtime, entity: str, values: dict[str, Any], **rows: dict[str, Any]
) -> None:
    children = {name: (ChildEdit(None, row),) for name, row in rows.items()}
    outcome = save(engine, runtime, at_present("ana"), Edit(entity, None, None, values, None, children))
    assert isinstance(outcome, Saved), outcome


def told(made: tuple[Engine, Runtime], limits: Access, entity: str, login: str = "rui") -> set[str]:
    """Return the entities whose changes are told of record 1, and of its state now."""
    engine, runtime = made
    context: Context = at_present(login, access=limits)
    with engine.connect() as connection:
        found = history(connection, runtime, context, entity, 1)
        state = past(connection, runtime, context, entity, 1, context.now)
    entries = {entry.entity for each in found.saves for entry in each.entries}
    assert (state is not None) == bool(entries)
    rows = {field.of for field, below in state.rows if below} if state else set()
    assert rows == entries - {entity}
    return entries


def works(runtime: Runtime, **grants: Any) -> Access:
    every = dict.fromkeys(runtime.entities, "configure") | grants
    return access(runtime, {"entities": every}, record=1)


def test_what_keeps_the_record_keeps_no_history_of_its_rows(made: tuple[Engine, Runtime]) -> None:
    assert told(made, works(made[1]), "contrato") == {"contrato", "parcela"}
    assert told(made, access(made[1], {"everything": "yes"}), "contrato") == {"contrato", "parcela"}
    assert told(made, works(made[1]), "cliente") == {"cliente", "nota"}


def test_a_condition_of_their_own_keeps_it(made: tuple[Engine, Runtime]) -> None:
    some = {"level": "configure", "rows": 'texto = "primeira"'}
    assert told(made, works(made[1], parcela=some), "contrato") == {"contrato"}


def test_the_history_of_another_company_or_of_a_closed_record_is_told_to_nobody_else(
    made: tuple[Engine, Runtime],
) -> None:
    engine, runtime = made
    nobody = access(runtime, {"entities": dict.fromkeys(runtime.entities, "configure")}, record=None)
    assert told(made, nobody, "contrato") == set()
    with engine.begin() as connection:
        at = at_present("ana").now
        closed.close(connection, runtime.entities["cliente"], 1, (), ("bia",), "bia", at)
    assert told(made, works(runtime), "cliente") == set()
    assert told(made, works(runtime), "cliente", login="bia") == {"cliente", "nota"}

"""Law: whatever is done to records, what they were at each moment can be rebuilt exactly from what was noted."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from kernel.audit.history import history, past
from kernel.audit.state import State, state_at
from kernel.audit.trail import read_json
from kernel.context import at_present
from kernel.runtime import Runtime
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.remove import remove
from kernel.storage.save import save
from tests.kernel import shop
from tests.publications import files, one, publish, run

ANA = at_present("ana")
TEXTS = st.text("aç\"'\\{}[]:, \n", max_size=6)
VALUES = st.fixed_dictionaries(
    {},
    optional={
        "descricao": TEXTS.filter(str.strip).map(str.strip),
        "multa": st.none() | st.decimals(0, 1, places=4),
        "adesao": st.none() | st.decimals(0, 99999, places=2),
        "inicio": st.none() | st.dates(date(1900, 1, 1), date(2200, 1, 1)),
        "vidas": st.none() | st.integers(0, 10**12),
        "web": st.none() | st.booleans(),
        "redes": st.sets(st.integers(1, 3)).map(tuple),
        "extra": st.none()
        | st.recursive(
            st.none() | st.integers() | TEXTS, lambda x: st.lists(x) | st.dictionaries(TEXTS, x), max_leaves=4
        ),
    },
)
STEP = st.one_of(
    st.tuples(st.just("save"), st.integers(0, 3), VALUES),
    st.tuples(st.just("save"), st.integers(0, 3), VALUES),
    st.tuples(st.just("row"), st.integers(0, 3), st.integers(0, 120)),
    st.tuples(st.just("unrow"), st.integers(0, 3), st.none()),
    st.tuples(st.just("remove"), st.integers(0, 3), st.none()),
    st.tuples(st.just("mass"), st.integers(0, 9), st.none()),
    st.tuples(st.just("undone"), st.integers(0, 3), st.none()),
)  # fmt: skip


class Shop:
    """Plans by place, and what they were after each step."""

    def __init__(self, engine: Engine, runtime: Runtime) -> None:
        self.engine, self.runtime, self.number = engine, runtime, 0
        self.ids: dict[int, int] = {}

    def save(self, place: int, values: dict[str, Any]) -> None:
        if place not in self.ids:
            self.number += 1
            code = f"p{one(self.engine, 'SELECT count(*) FROM aroeira_audit_act')}"
            values = {"codigo": code[-10:], "descricao": "x"} | values
        done = save(self.engine, self.runtime, ANA, Edit("plano", self.ids.get(place), None, values))
        assert isinstance(done, Saved), done
        self.ids[place] = done.id

    def row(self, place: int, de: int) -> None:
        if place in self.ids:
            row = ChildEdit(None, {"de": de, "valor": Decimal("1.50")})
            save(
                self.engine,
                self.runtime,
                ANA,
                Edit("plano", self.ids[place], None, {}, children={"faixas": (row,)}),
            )

    def unrow(self, place: int, _: None) -> None:
        run(
            self.engine,
            "DELETE FROM faixa WHERE id = (SELECT min(id) FROM faixa WHERE plano = :id)",
            id=self.ids.get(place),
        )

    def remove(self, place: int, _: None) -> None:
        if place in self.ids:
            assert isinstance(
                remove(self.engine, self.runtime, ANA, "plano", self.ids.pop(place), None), Saved
            )

    def mass(self, number: int, _: None) -> None:
        run(
            self.engine,
            f"UPDATE plano SET vidas = coalesce(vidas, 0) + {number}, web = NOT web, descricao = descricao || 'y'",
        )
        run(self.engine, "UPDATE faixa SET valor = valor * 2, plano = plano")

    def undone(self, _: int, __: None) -> None:
        with self.engine.connect() as connection:
            connection.execute(text("UPDATE plano SET descricao = 'nunca'"))
            connection.execute(text("DELETE FROM faixa"))
            connection.rollback()

    def seen(self) -> dict[int, Any]:
        """What the tables say now, read without the audit."""
        found = {}
        for (id,) in run(self.engine, "SELECT id FROM plano"):
            rows = run(
                self.engine, "SELECT to_jsonb(f)::text FROM faixa f WHERE plano = :id ORDER BY id", id=id
            )
            whole = one(self.engine, "SELECT to_jsonb(p)::text FROM plano p WHERE id = :id", id=id)
            links = run(
                self.engine, "SELECT target FROM plano_redes_links WHERE source = :id ORDER BY target", id=id
            )
            found[id] = (
                read_json(whole),
                [read_json(row) for (row,) in rows],
                tuple(link for (link,) in links),
            )
        return found


def rebuilt(state: State | None) -> Any:
    return (
        None
        if state is None
        else (dict(state.values), [dict(row.values) for row in state.children["faixas"]])
    )


def test_every_state_seen_can_be_rebuilt(database: Engine) -> None:
    runtime = publish(database, shop.files()).plan.runtime
    run(database, "INSERT INTO rede (nome) VALUES ('a'), ('b'), ('c')")

    @given(st.lists(STEP, min_size=1, max_size=8))
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    def law(steps: list[tuple[str, int, Any]]) -> None:
        shop_ = Shop(database, runtime)
        before = {id for (id,) in run(database, "SELECT id FROM plano")}
        moments: list[tuple[datetime, dict[int, Any]]] = []
        for name, place, facts in steps:
            getattr(shop_, name)(place, facts)
            moments.append((one(database, "SELECT clock_timestamp()"), shop_.seen()))
        with database.connect() as connection:
            every = {id for _, seen in moments for id in seen} - before
            for at, seen in moments:
                for id in every:
                    state = state_at(connection, runtime, "plano", id, at)
                    if id not in seen:
                        assert state is None
                        continue
                    whole, rows, links = seen[id]
                    plano, faixa = runtime.entities["plano"], runtime.entities["faixa"]
                    wanted = {field.name: whole[field.name] for field in plano.columns} | {"redes": links}
                    below = [{field.name: row[field.name] for field in faixa.columns} for row in rows]
                    assert rebuilt(state) == (wanted, below)

    law()


def test_the_past_goes_on_under_new_names_and_with_fields_that_come_back(database: Engine) -> None:
    old = "nome: {type: text}\napelido: {type: text}"
    publish(database, files(cliente=old))
    run(database, "INSERT INTO cliente (nome, apelido) VALUES ('Ana', 'a')")
    run(database, "UPDATE cliente SET nome = 'Bia', apelido = 'b'")
    first = one(database, "SELECT max(at) FROM aroeira_audit_act WHERE operation = 'I'")
    without = publish(
        database, files(pessoa="was: [cliente]\nnome_civil: {type: text, was: [nome]}")
    ).plan.runtime
    run(database, "UPDATE pessoa SET nome_civil = 'Caio'")
    with database.connect() as connection:
        found = history(connection, without, ANA, "pessoa", 1)
        lines = [[(x.field.name, x.before, x.after) for e in s.entries for x in e.lines] for s in found.saves]
        state = state_at(connection, without, "pessoa", 1, first)
    assert lines == [
        [("nome_civil", "Bia", "Caio")],
        [("nome_civil", "Ana", "Bia")],
        [("nome_civil", "", "Ana")],
    ]
    assert state is not None
    assert dict(state.values) == {"nome_civil": "Ana"}  # what is retired is not shown
    back = publish(
        database, files(pessoa="was: [cliente]\nnome_civil: {type: text, was: [nome]}\napelido: {type: text}")
    )
    with database.connect() as connection:
        state = state_at(connection, back.plan.runtime, "pessoa", 1, first)
    assert state is not None
    assert dict(state.values) == {"nome_civil": "Ana", "apelido": "a"}


def test_a_field_of_another_type_still_tells_what_it_was(database: Engine) -> None:
    publish(database, files(cliente="codigo: {type: text}"))
    run(database, "INSERT INTO cliente (codigo) VALUES ('A1')")
    run(database, "UPDATE cliente SET codigo = '12'")
    runtime = publish(database, files(cliente="codigo: {type: integer}")).plan.runtime
    with database.connect() as connection:
        saves = history(connection, runtime, ANA, "cliente", 1).saves
        first = past(connection, runtime, ANA, "cliente", 1, saves[-1].at)
    assert [(line.before, line.after) for line in saves[0].entries[0].lines] == [("A1", "12")]
    assert first is not None
    assert first.lines[0][1] == "A1"


def test_memory_stays_flat_in_a_long_mass_update(database: Engine) -> None:
    import psutil

    publish(database, files(cliente="nome: {type: text}\nsaldo: {type: money}"))
    run(database, "INSERT INTO cliente (nome) SELECT 'nome ' || n FROM generate_series(1, 300000) n")
    with database.connect() as connection:
        backend = psutil.Process(connection.scalar(text("SELECT pg_backend_pid()")))
        connection.execute(text("UPDATE cliente SET saldo = 1 WHERE id < 10"))
        start = backend.memory_full_info().uss
        connection.execute(text("UPDATE cliente SET saldo = 2"))
        grown = backend.memory_full_info().uss - start
        connection.rollback()
    assert grown < 48 * 1024 * 1024, f"{grown / 1024 / 1024:.0f} MB"


def test_the_clock_of_the_audit_is_the_one_of_the_database(database: Engine) -> None:
    publish(database, files(cliente="nome: {type: text}"))
    before = time.time()
    run(database, "INSERT INTO cliente (nome) VALUES ('Ana')")
    at = one(database, "SELECT at FROM aroeira_audit_act")
    assert abs((at - datetime.fromtimestamp(before, UTC)).total_seconds()) < 60

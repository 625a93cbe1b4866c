"""Changes of state: one gate for every way of writing, timed and told; machines by chance against an oracle."""

from __future__ import annotations

import csv
import random
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from kernel.context import Context, at_present
from kernel.intake.run import Imported
from kernel.intake.run import run as load_file
from kernel.moving import Asked, make
from kernel.processes.drive import drive
from kernel.processes.runs import Run, begin
from kernel.publish import load
from kernel.runtime import Runtime
from kernel.storage.copies import duplicate
from kernel.storage.record import Edit, Refusal, Saved
from kernel.storage.save import Outcome, foreseen, save
from tests.access import with_rights
from tests.publications import publish, refused
from tests.states import ENTITY, FILES, RIGHTS, Machine, machines, order, texts


class Shop:
    """The configuration, published, with somebody who works in it."""

    def __init__(self, engine: Engine, files: Mapping[str, bytes], folder: Path) -> None:
        self.engine, self.folder = engine, folder
        applied = publish(engine, files)
        with engine.connect() as connection:
            self.runtime: Runtime = load(connection, applied.version)
        self.context: Context = at_present("marina")

    def as_(self, *rights: str) -> Context:
        """Return somebody who has only these rights."""
        return replace(self.context, access=with_rights(self.runtime, *rights))

    def save(
        self, entity: str, id: int | None, values: Mapping[str, Any], context: Context | None = None
    ) -> Outcome:
        return save(self.engine, self.runtime, context or self.context, Edit(entity, id, None, values))

    def made(self, entity: str, values: Mapping[str, Any]) -> int:
        outcome = self.save(entity, None, values)
        assert isinstance(outcome, Saved), outcome
        return outcome.id

    def moved(self, id: int, state: str, context: Context | None = None, **more: Any) -> list[str]:
        """Take an order to a state; return what is told."""
        outcome = self.save("pedido", id, {"situacao": state, **more}, context)
        return [problem.said() for problem in outcome.problems] if isinstance(outcome, Refusal) else []

    def run(self, process: str, **answers: Any) -> Run:
        begun = begin(self.engine, self.runtime, self.context, process, answers)
        assert isinstance(begun, int), [problem.sentence() for problem in begun]
        return drive(self.engine, lambda version: self.runtime, begun)

    def load(self, layout: str, rows: list[list[Any]], header: str, context: Context) -> Imported:
        path, refused = self.folder / "dados.csv", self.folder / "recusadas.csv"
        refused.unlink(missing_ok=True)
        lines = [header, *(";".join("" if part is None else str(part) for part in row) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        layouts = self.runtime.configuration.layouts
        return load_file(self.engine, self.runtime, context, layouts[layout], path, refused)

    @property
    def refused(self) -> list[dict[str, str]]:
        path = self.folder / "recusadas.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))

    def rows(self, sql: str, **words: Any) -> list[tuple[Any, ...]]:
        with self.engine.begin() as connection:
            found = connection.execute(text(sql), words)
            return [tuple(row) for row in found] if found.returns_rows else []


@pytest.fixture
def shop(database: Engine, tmp_path: Path) -> Shop:
    return Shop(database, texts(), tmp_path)


def test_a_state_changes_by_a_transition_that_one_may_make_now_and_else_the_ways_are_told(shop: Shop) -> None:
    id = shop.made("pedido", order("1", 0))
    assert shop.moved(id, "feito") == [
        "Situação não passa de Em preparo para Feito; de Em preparo se pode: Liberar (Liberado), Cancelar (Cancelado)"
    ]
    clerk, chief = shop.as_(), shop.as_("LIBERAR", "AVISAR")
    assert shop.moved(id, "liberado", clerk) == [
        "para Liberar é preciso o direito “Libera pedidos”; peça a quem cuida dos acessos"
    ]
    assert shop.moved(id, "feito", clerk) == [
        "Situação não passa de Em preparo para Feito; de Em preparo se pode: Cancelar (Cancelado)"
    ]
    assert shop.moved(id, "liberado", chief) == ["Sem valor não se libera. Informe o valor."]
    assert shop.moved(id, "liberado", chief, valor=Decimal(7)) == []
    assert shop.moved(id, "cancelado") == [
        "Motivo está em branco, e é preciso para Cancelar; preencha o campo"
    ]
    assert shop.moved(id, "cancelado", clerk, motivo="desistiu") == []
    assert shop.moved(id, "preparo") == [
        "Situação não passa de Cancelado para Em preparo; de Cancelado não há para onde ir"
    ]
    assert shop.moved(id, "cancelado", motivo="outro") == []  # where the state stays, nothing is asked
    edit = Edit("pedido", id, None, {"situacao": "liberado"})
    with shop.engine.connect() as connection:
        told = foreseen(connection, shop.runtime, shop.context, edit)
    assert [problem.code for problem in told] == ["R155"]


def test_a_new_record_begins_where_one_may_begin(shop: Shop) -> None:
    outcome = shop.save("pedido", None, order("1", situacao="liberado"))
    assert isinstance(outcome, Refusal)
    (problem,) = outcome.problems
    assert (problem.code, problem.field) == ("R154", "situacao")
    assert problem.said() == "Situação não começa como Liberado; comece como Em preparo"


def test_the_process_begins_with_the_record_or_nothing_does(shop: Shop) -> None:
    id = shop.made("pedido", order("1"))
    assert shop.moved(id, "liberado") == []
    assert shop.moved(id, "feito", shop.as_("LIBERAR")) == [
        "para Concluir é preciso o direito “AVISAR”; peça a quem cuida dos acessos"
    ]
    assert shop.moved(id, "feito") == ["Sem prazo não há o que avisar."]
    assert shop.rows("SELECT situacao FROM pedido") == [("liberado",)]
    assert shop.moved(id, "feito", prazo=date(2026, 12, 1)) == []
    runs = shop.rows("SELECT id, process, answers->>'qual', status FROM aroeira_process_run")
    assert runs == [(runs[0][0], "avisar", str(id), "waiting")]
    assert len(shop.rows("SELECT id FROM procrastinate_jobs WHERE status = 'todo'")) == 2
    run = drive(shop.engine, lambda version: shop.runtime, runs[0][0])
    assert run.status == "finished"
    assert shop.rows("SELECT pedido, texto FROM aviso") == [(id, "pronto")]


def test_since_when_is_known_whoever_writes(shop: Shop) -> None:
    at = shop.context.now.replace(microsecond=0) - timedelta(days=5)
    early = replace(shop.context, now=at)
    assert isinstance(shop.save("pedido", None, order("1"), early), Saved)
    ((id, since),) = shop.rows("SELECT id, situacao_since FROM pedido")
    assert since == at
    assert shop.save("pedido", id, {"valor": Decimal(2)})
    assert shop.rows("SELECT situacao_since FROM pedido") == [(at,)]  # nothing of the state changed
    later = replace(shop.context, now=at + timedelta(days=2))
    assert isinstance(shop.save("pedido", id, {"situacao": "liberado"}, later), Saved)
    assert shop.rows("SELECT situacao_since FROM pedido") == [(later.now,)]
    run = shop.run("recolher")
    assert run.status == "finished"
    ((state, since),) = shop.rows("SELECT situacao, situacao_since FROM pedido")
    assert (state, since) == ("preparo", run.asked_at)
    shop.rows("UPDATE pedido SET situacao = 'liberado'")  # around everything
    ((since,),) = shop.rows("SELECT situacao_since FROM pedido")
    assert since > run.asked_at
    shop.load(
        "pedido", [["1", 2, "preparo", None], ["2", 3, None, None]], "numero;valor;situacao;motivo", early
    )
    assert {row[0] for row in shop.rows("SELECT situacao_since FROM pedido")} == {early.now}
    outcome = shop.save("pedido", id, {"situacao_since": later.now})
    assert isinstance(outcome, Refusal)
    assert [problem.code for problem in outcome.problems] == ["R153"]


def test_an_import_takes_many_records_only_where_no_process_begins(shop: Shop) -> None:
    for number in ("1", "2", "3", "4"):
        shop.made("pedido", order(number))
    shop.rows("UPDATE pedido SET situacao = 'liberado' WHERE numero <> '4'")
    header = "numero;valor;situacao;motivo"
    rows: list[list[Any]] = [
        ["1", 10, "feito", None], ["2", 10, "preparo", None], ["3", 10, "cancelado", None],
        ["4", 0, "liberado", None], ["5", 1, "liberado", None], ["6", 1, "preparo", None],
    ]  # fmt: skip
    done = shop.load("pedido", rows, header, shop.context)
    assert (done.new, done.changed, done.refused) == (1, 1, 4)
    told = {row["numero"]: " | ".join(row.values()) for row in shop.refused}
    assert "Concluir também executa Avisar o cliente, e por isso se faz um registro por vez" in told["1"]
    assert "Motivo está em branco, e é preciso para Cancelar" in told["3"]
    assert "Sem valor não se libera" in told["4"]
    assert "Situação não começa como Liberado" in told["5"]


def test_two_who_make_a_transition_at_once_make_it_once(shop: Shop) -> None:
    id = shop.made("pedido", order("1", prazo=date(2026, 12, 1)))
    shop.moved(id, "liberado")
    asked = Asked("pedido", id, "concluir", 2, {})

    def press(_: int) -> str:
        return type(make(shop.engine, shop.runtime, shop.context, asked)).__name__

    with ThreadPoolExecutor(4) as pool:
        done = Counter(pool.map(press, range(4)))
    assert done["Saved"] == 1
    assert set(done) <= {"Saved", "Refusal", "Conflict"}
    assert shop.rows("SELECT count(*) FROM aroeira_process_run") == [(1,)]


def test_what_others_transition_leads_to_is_not_taken_for_the_one_that_was_asked_for(shop: Shop) -> None:
    id = shop.made("pedido", order("1"))
    shop.moved(id, "cancelado", motivo="x")
    outcome = make(shop.engine, shop.runtime, shop.context, Asked("pedido", id, "liberar", None, {}))
    assert isinstance(outcome, Refusal)
    assert [problem.said() for problem in outcome.problems] == [
        "Liberar não parte de Cancelado; de Cancelado não há para onde ir"
    ]


def test_a_copy_begins_anew(shop: Shop) -> None:
    id = shop.made("pedido", order("1", motivo="x"))
    shop.moved(id, "cancelado")
    with shop.engine.connect() as connection:
        copy = duplicate(connection, shop.runtime, shop.context, "pedido", id, ())
    assert copy is not None
    assert (copy.values["motivo"], copy.values["situacao"], copy.values["situacao_since"]) == (
        "x",
        None,
        None,
    )
    made = shop.save("pedido", None, {**copy.values, "numero": "2"})
    assert isinstance(made, Saved), made
    assert shop.rows("SELECT situacao FROM pedido WHERE numero = '2'") == [("preparo",)]


def test_publishing_begins_and_ends_the_noting_of_time(database: Engine, tmp_path: Path) -> None:
    without = FILES[ENTITY]
    without = without[: without.index("states:")].replace(
        "  parado: {type: integer", "  solto: {type: integer"
    )
    without = without.replace("days between(date(situacao_since), today())", "1 + 1")
    bare = {path: said for path, said in texts({ENTITY: without}).items() if "avisar" not in path}
    shop = Shop(database, bare, tmp_path)
    for number in ("1", "2"):
        shop.made("pedido", order(number, situacao="liberado"))
    shop.rows("UPDATE pedido SET situacao = NULL WHERE id = 2")
    (problem,) = refused(database, texts())
    assert (problem.code, problem.facts["rows"]) == ("M519", "1 registro")
    shop.rows("UPDATE pedido SET situacao = 'liberado'")
    shop = Shop(database, texts(), tmp_path)
    assert shop.rows("SELECT situacao_since FROM pedido") == [(None,), (None,)]  # nobody has noted it
    assert shop.moved(1, "preparo") == []
    assert shop.rows("SELECT count(situacao_since) FROM pedido") == [(1,)]
    triggers = "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'aroeira_since%'"
    assert shop.rows(triggers) == [(2,)]
    renamed = texts({ENTITY: FILES[ENTITY].replace("  situacao:\n", "  estado:\n    was: situacao\n")})
    shop = Shop(database, renamed, tmp_path)
    assert shop.rows("SELECT count(estado_since) FROM pedido") == [(1,)]
    assert isinstance(shop.save("pedido", 1, {"estado": "liberado"}), Saved)
    assert isinstance(shop.save("pedido", 2, {"estado": "preparo"}), Saved)
    assert shop.rows("SELECT count(estado_since) FROM pedido") == [(2,)]
    back = {path: said.replace(b"situacao", b"estado") for path, said in bare.items()}
    shop = Shop(database, back, tmp_path)
    assert shop.rows(triggers) == [(0,)]
    assert isinstance(shop.save("pedido", 1, {"estado": "feito"}), Saved)


# ── machines by chance ────────────────────────────────────────────────────────────────────────────

HEADER = "numero;situacao;valor;motivo"


def _changes(chance: random.Random, machine: Machine) -> dict[str, Any]:
    return {
        "situacao": chance.choice(machine.states),
        "valor": chance.choice((None, 2, 5, 9)),
        "motivo": chance.choice((None, "sim", "sim")),
    }


class Chance:
    """Writes by chance in every way, each judged by the oracle; `known` is what it says there must be."""

    def __init__(self, shop: Shop, machine: Machine, chance: random.Random) -> None:
        self.shop, self.machine, self.chance = shop, machine, chance
        self.known: dict[str, dict[str, Any]] = {}
        self.counts = {True: 0, False: 0}

    def rights(self) -> frozenset[str]:
        return frozenset(right for right in RIGHTS if self.chance.random() < 0.7)

    def judge(self, number: str, after: Mapping[str, Any], rights: frozenset[str]) -> bool:
        before = self.known.get(number, {}).get("situacao")
        allows = self.machine.allows(before, after, rights)
        self.counts[allows] += 1
        if allows:
            self.known[number] = dict(after)
        return allows

    def saves(self, count: int) -> None:
        ids = dict(self.shop.rows(f"SELECT numero, id FROM {self.machine.name}"))
        for _ in range(count):
            number = str(self.chance.randint(1, 20))
            rights, values = self.rights(), _changes(self.chance, self.machine)
            before = self.known.get(number)
            outcome = self.shop.save(
                self.machine.name, ids.get(number), {"numero": number, **values}, self.shop.as_(*rights)
            )
            assert isinstance(outcome, Saved) == self.judge(number, values, rights), (before, values, outcome)
            if isinstance(outcome, Saved):
                ids[number] = outcome.id
        self.compare()

    def presses(self, count: int) -> None:
        """Make transitions by name, as forms and programs do."""
        ids = dict(self.shop.rows(f"SELECT numero, id FROM {self.machine.name}"))
        for _ in range(count):
            number = self.chance.choice(sorted(self.known))
            place = self.chance.randrange(len(self.machine.ways))
            way, rights, before = self.machine.ways[place], self.rights(), self.known[number]
            given = {"motivo": self.chance.choice((None, "sim"))} if way.asks else {}
            asked = Asked(self.machine.name, ids[number], f"ir_{place}", None, given)
            outcome = make(self.shop.engine, self.shop.runtime, self.shop.as_(*rights), asked)
            after = {**before, **given, "situacao": way.end}
            fits = before["situacao"] in way.starts
            assert isinstance(outcome, Saved) == (fits and self.judge(number, after, rights)), (before, asked)
        self.compare()

    def imports(self) -> None:
        rights = self.rights()
        numbers = self.chance.sample(range(1, 31), 20)
        changes = {str(number): _changes(self.chance, self.machine) for number in numbers}
        changes = {number: {**values, "valor": values["valor"] or 1} for number, values in changes.items()}
        rows = [[number, v["situacao"], v["valor"], v["motivo"]] for number, v in changes.items()]
        self.shop.load(self.machine.name, rows, HEADER, self.shop.as_(*rights))
        refused = {row["numero"] for row in self.shop.refused}
        wrong = {number for number, values in changes.items() if not self.judge(number, values, rights)}
        assert refused == wrong
        self.compare()

    def process(self) -> None:
        aims = {number: self.chance.choice(self.machine.states) for number in sorted(self.known)}
        for number, state in aims.items():
            self.shop.rows(f"UPDATE {self.machine.name} SET alvo = :s WHERE numero = :n", s=state, n=number)
        run = self.shop.run(f"levar_{self.machine.name}")
        assert run.status == "finished", run.trouble
        for number, state in aims.items():
            self.judge(number, {**self.known[number], "situacao": state}, frozenset(RIGHTS))
        self.compare()

    def compare(self) -> None:
        found = self.shop.rows(f"SELECT numero, situacao, valor, motivo FROM {self.machine.name}")
        assert {row[0]: tuple(row[1:]) for row in found} == {
            number: (values["situacao"], values["valor"], values["motivo"])
            for number, values in self.known.items()
        }


def test_machines_by_chance_agree_with_the_oracle_by_save_import_and_process(
    database: Engine, tmp_path: Path
) -> None:
    made, files = machines(seed=5, count=6)
    shop = Shop(database, files, tmp_path)
    for number, machine in enumerate(made):
        each = Chance(shop, machine, random.Random(number))
        for _ in range(2):
            each.saves(30)
            each.presses(20)
            each.imports()
            each.process()
        assert each.counts[True] > 20, machine
        assert each.counts[False] > 20, machine

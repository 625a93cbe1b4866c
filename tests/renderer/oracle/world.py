"""The agency with a value of its own in each cell, served as somebody with roles made by chance sees it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx
from sqlalchemy import Connection, Engine, insert, text
from starlette.applications import Starlette

from kernel.access.rights import EXPLAIN, MANAGE, OPEN_AUDIT
from kernel.accounts.signed import Signed
from kernel.audit import deeds
from kernel.context import at_present
from kernel.processes import queued
from kernel.processes.drive import drive
from kernel.processes.runs import begin
from kernel.runtime import Runtime
from kernel.storage import batches, closed, drafts, personal
from kernel.storage.batches import WAITING, BatchRow
from metadata.canonical import canonical_text
from metadata.role import Role
from tests import office
from tests.kernel.access import agency
from tests.kernel.access.oracle import Oracle
from tests.kernel.access.test_seen import roles as made_by_chance
from tests.publications import publish
from tests.renderer.oracle.cells import FIELDS, LINKED, Cell, amount, word

LOGIN = "alguem"
CLIENTS, PLANS, COMPANIES, PHONES = 12, 5, 3, 16
REMOVED = CLIENTS + 1
ABSENT = 999
FOR_ONE = 1  # the client for whom the process was run alone
GATHER, ANONYMISE = "REUNIR", "ANONIMIZAR"
CHARGE = "COBRAR"
RIGHTS = (OPEN_AUDIT, EXPLAIN, MANAGE, GATHER, ANONYMISE, "FECHAR", "ABRIR", CHARGE)
# Rules that read the linked plan: what they say must tell nothing of it to whom it is not shown.
LOCKED = "nivel: {type: integer, readonly: plano.preco > 600000}\n  cor: {type: text, max: 9, readonly: plano.preco > 1}"
MORE = """  laudo: {type: attachment}
  fase: {type: choice, of: {nova: Nova, velha: Velha}, required: yes, default: nova}
states: {field: fase, final: velha}
transitions:
  envelhecer: {label: Envelhecer, from: nova, to: velha, when: plano.preco > 900000, asks: apelido}
checks:
  cor_do_plano:
    when: cor = "verde"
    message: Verde não serve para {nome}, do plano {plano.nome} de {plano.preco}.
"""
# Leaves every client out, and says why with values of the client, of what it links to, and of columns.
PROCESS = """
process: cobrar
label: Cobrar
of: cliente
needs: COBRAR
ask: {um: {type: link, to: cliente}, mes: {type: month}}
key: [mes]
together: plano
steps:
  todos:
    from: cliente
    where: um = null or cliente = um
    columns: {cliente: cliente, plano: plano, pagaria: renda, custa: plano.preco, chamado: apelido}
    report: {columns: [cliente, plano, pagaria, custa, chamado]}
  clientes:
    from: cliente
    where: um = null or cliente = um
    columns: {cliente: cliente, plano: plano, pagaria: renda, custa: plano.preco, chamado: apelido}
    lookup: {outro: {in: telefone, where: outro.numero = nome, expect: maybe}}
    refuse:
      um: {when: nivel != 2, message: "{nome} {chamado} {doenca} {renda} {custa} {plano} {plano.nome} {cliente}"}
  caros:
    from: clientes
    refuse:
      outro: {when: "true", message: "{chamado} {pagaria} {custa} {plano} {plano.nome} {cliente} {cliente.doenca}"}
  novos: {from: caros, insert: telefone, set: {cliente: cliente, numero: '"1"'}}
"""
# Facts of the client and of its plan; rows that link to it, and those of others with the same plan.
LOOK = """
look: cliente
entity: cliente
facts: {Fatos: [nome, apelido, doenca, renda, dobro, plano, plano.nome, plano.preco, empresa]}
rows:
  Telefones: {of: telefone, by: {cliente: id}, columns: [numero, segredo, cliente]}
  Do plano: {of: cliente, by: {plano: plano}, columns: [nome, doenca, renda, plano.preco]}
"""
SCHEDULE = """
schedule: toda_noite
label: Toda noite
run: cobrar
answers: {mes: first day of month(today())}
every: day
at: 03:00
dry_run: yes
"""
LISTED = ("cliente", "plano", "telefone", "empresa", "operador")


def _files(roles: list[dict[str, Any]]) -> dict[str, bytes]:
    """Return the package of the agency with lists, a person, files and the roles."""
    files = dict(agency.FILES)
    client = files["casa/entities/cliente.yaml"].replace(
        "order: nome\n", f"order: nome\nperson: {{gather: {GATHER}, anonymise: {ANONYMISE}}}\n"
    )
    files["casa/entities/cliente.yaml"] = client.replace("nivel: {type: integer}", LOCKED) + MORE
    for entity in LISTED:
        columns = [*FIELDS[entity], *LINKED.get(entity, ())]
        files[f"casa/lists/{entity}.yaml"] = (
            f"list: {entity}\nentity: {entity}\nlabel: Lista {entity}\ncolumns: [{', '.join(columns)}]\n"
        )
    files["casa/menus/casa.yaml"] = f"menu: casa\nlabel: Casa\nitems: {{Tudo: [{', '.join(LISTED)}]}}\n"
    files["casa/actions/indicar.yaml"] = (
        "action: indicar\nlabel: Indicar\nof: cliente\nask:\n  quem: {type: text, max: 60, default: = cliente.nome}\n"
        "makes:\n  novo:\n    entity: cliente\n    set: {nome: quem, renda: cliente.renda, plano: cliente.plano}\n"
    )
    files["casa/processes/cobrar.yaml"] = PROCESS
    files["casa/looks/cliente.yaml"] = LOOK
    files["casa/schedules/toda_noite.yaml"] = SCHEDULE
    written = {path: said.encode() for path, said in files.items()}
    for said in roles:
        path = f"casa/roles/{said['role']}.yaml"
        written[path] = canonical_text({"label": f"Papel {said['role']}", **said}, Role).encode()
    return written


@dataclass
class World:
    """Somebody with roles, the application as they see it, and who says independently what they may see."""

    mine: httpx.Client
    app: Starlette
    engine: Engine
    runtime: Runtime
    oracle: Oracle
    data: dict[str, dict[int, dict[str, Any]]]
    rights: frozenset[str]
    batch: int
    files: dict[int, int]
    run: int

    def has(self, right: str) -> bool:
        """Tell whether they have a right."""
        return right in self.rights or self.oracle.unlimited()

    def ids(self, entity: str) -> list[int]:
        """Return the records that they see."""
        return [id for id in self.data[entity] if self.oracle.sees(entity, id)]

    def allows(self, cell: Cell, ways: tuple[str, ...] = ("shown",)) -> bool:
        """Tell whether a value may be in an answer at all; ways: how it must be shown for that."""
        if cell.id not in self.data[cell.entity] or cell.field == "*":
            return self.oracle.unlimited() if cell.field != "*" else self.oracle.sees(cell.entity, cell.id)
        return self.oracle.cell(cell.entity, cell.id, cell.field, ways)

    def stored(self) -> dict[str, str]:
        """Return a digest of the records that there were at first, and of which are closed."""
        told = "SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM"
        asked = {name: f"{told} {name} t WHERE id <= {max(self.data[name])}" for name in LISTED}
        asked["closed"] = f"{told} aroeira_closed t"
        with self.engine.connect() as connection:
            return {name: connection.execute(text(said)).scalar_one() for name, said in asked.items()}


@contextmanager
def world(engine: Engine, seed: int) -> Iterator[World]:
    """Publish the agency with roles made by chance, fill it, and serve it to somebody who has them."""
    dice = random.Random(seed)
    roles = made_by_chance(dice)
    rights = frozenset(right for right in RIGHTS if dice.random() < 0.6)
    if not any(role.get("everything") for role in roles):
        roles[0]["rights"] = sorted(rights)
    runtime = publish(engine, _files(roles)).plan.runtime
    data = rows(dice)
    files = _fill(engine, runtime, data, dice)
    charged = _charged(engine, runtime)
    record = dice.choice((1, 2, 3, None))
    app = office.application(engine, runtime, LOGIN)
    app.state.signed_in_as = Signed(
        0, LOGIN, "Alguém", tuple(role["role"] for role in roles), record,
        chosen={"records": {}, "together": True},
    )  # fmt: skip
    with office.client(app) as mine:
        yield World(
            mine,
            app,
            engine,
            runtime,
            Oracle(data, roles, record),
            data,
            rights,
            _used(engine, data),
            files,
            charged,
        )


def _charged(engine: Engine, runtime: Runtime) -> int:
    """Run the process that leaves every client out; return its number."""
    begun = begin(
        engine, runtime, at_present("outro"), "cobrar", {"um": FOR_ONE, "mes": None}, also=queued.put
    )
    assert isinstance(begun, int)
    drive(engine, lambda version: runtime, begun)
    begun = begin(engine, runtime, at_present("outro"), "cobrar", {}, also=queued.put)
    assert isinstance(begun, int)
    run = drive(engine, lambda version: runtime, begun)
    assert run.status == "finished", run.trouble
    return begun


def rows(dice: random.Random) -> dict[str, dict[int, dict[str, Any]]]:
    """Return rows by entity and id: what conditions ask is made by chance, each other value is its own."""

    def some(value: Any) -> Any:
        return value if dice.random() < 0.8 else None

    def made(entity: str, count: int, **chances: Any) -> dict[int, dict[str, Any]]:
        return {
            id: {
                name: chances[name](id) if name in chances else some(word(entity, id, name))
                for name in FIELDS[entity]
                if name != "dobro"
            }
            for id in range(1, count + 1)
        }

    def number(*values: int) -> Any:
        return lambda n: dice.choice((None, *values))

    def money(entity: str, name: str) -> Any:
        return lambda n: some(Decimal(amount(entity, n, name)))

    data = {
        "empresa": made("empresa", COMPANIES, nome=lambda n: word("empresa", n, "nome")),
        "operador": made("operador", 3, login=lambda n: word("operador", n, "login"), nivel=number(1, 2, 3)),
        "plano": made("plano", PLANS, codigo=lambda n: f"P{n - 1}", preco=money("plano", "preco")),
        "cliente": made(
            "cliente", REMOVED, empresa=number(1, 2, 3), nivel=number(1, 2, 3), renda=money("cliente", "renda"),
            plano=number(*range(1, PLANS + 1)),
        ),
        "telefone": made(
            "telefone", PHONES, cliente=lambda n: dice.randint(1, CLIENTS) if n < PHONES else REMOVED,
            segredo=lambda n: dice.choice((None, True, False)),
        ),
    }  # fmt: skip
    for id, companies in ((1, (1,)), (2, (1, 2)), (3, ())):
        data["operador"][id]["empresas"] = companies
    for row in data["cliente"].values():
        row["favoritos"] = tuple(dice.sample(range(1, PLANS + 1), dice.randint(0, 2)))
        row["laudo"] = None
    return data


def _fill(engine: Engine, runtime: Runtime, data: Any, dice: random.Random) -> dict[int, int]:
    """Put the rows into the tables as they were before, change them to what they are, remove the last."""
    files: dict[int, int] = {}
    with engine.begin() as connection:
        for id in list(data["cliente"])[:: dice.choice((1, 2))]:
            files[id] = data["cliente"][id]["laudo"] = _file(connection, id)
        for entity in ("empresa", "operador", "plano", "cliente", "telefone"):
            _insert(connection, runtime, entity, data[entity])
        client = runtime.entities["cliente"]
        connection.execute(
            client.bridges["favoritos"].delete().where(client.bridges["favoritos"].c.source == REMOVED)
        )
        connection.execute(text("DELETE FROM telefone WHERE cliente = :id"), {"id": REMOVED})
        connection.execute(client.table.delete().where(client.table.c.id == REMOVED))
        data["fechado"] = dict(_closed(dice))
        for id, to in data["fechado"].items():
            closed.close(connection, runtime.entities["cliente"], id, **to, by="quem fechou", at=agency.AT)
    del data["cliente"][REMOVED], data["telefone"][PHONES]
    files.pop(REMOVED, None)
    return files


def _insert(connection: Connection, runtime: Runtime, entity: str, kept: dict[int, dict[str, Any]]) -> None:
    compiled = runtime.entities[entity]
    table = compiled.table
    for id, row in kept.items():
        plain = {name: value for name, value in row.items() if name not in compiled.bridges}
        searched = " ".join(str(plain[n]) for n in compiled.entity.search if plain[n] is not None)
        more = {"search_text": searched} if "search_text" in table.c else {}
        more |= {"fase": "nova"} if "fase" in table.c else {}
        before = {
            name: word(entity, id, name, old=True) for name in plain if word(entity, id, name) == plain[name]
        }
        # By the sequence, as anybody's: what is made later must not meet these numbers.
        made = connection.execute(
            insert(table).values(**{**plain, **before}, **more, version=1).returning(table.c.id)
        )
        assert made.scalar_one() == id
        if before:
            connection.execute(
                table.update()
                .where(table.c.id == id)
                .values(**{name: plain[name] for name in before}, version=2)
            )
        for name, bridge in compiled.bridges.items():
            for target in row[name]:
                connection.execute(insert(bridge), {"source": id, "target": target})


def _file(connection: Connection, id: int) -> int:
    content = word("cliente", id, "laudo").encode()
    return int(
        connection.execute(
            text(
                "INSERT INTO aroeira_attachment (name, mime, size, sha256, created_by, content) "
                "VALUES (:name, 'text/plain', :size, md5(:name), 'outro', :content) RETURNING id"
            ),
            {"name": f"{word('cliente', id, 'laudo')}.txt", "size": len(content), "content": content},
        ).scalar_one()
    )


def _closed(dice: random.Random) -> Iterator[tuple[int, dict[str, list[str]]]]:
    for id in dice.sample(range(1, CLIENTS + 1), CLIENTS // 3):
        named = [f"papel_{number}" for number in range(3) if dice.random() < 0.3]
        yield id, {"roles": named, "operators": dice.choice(([LOGIN], ["outra pessoa"], []))}


def _used(engine: Engine, data: Any) -> int:
    """Leave behind what somebody did while they saw everything; return the bulk change that they planned."""
    now = at_present(LOGIN)
    with engine.begin() as connection:
        personal.opened(
            connection,
            [(LOGIN, entity, id, now.now) for entity in ("cliente", "plano") for id in data[entity]],
        )
        for id in data["cliente"]:
            drafts.keep(connection, LOGIN, "cliente", str(id), {"f.nome": ["outro nome"]}, now.now)
            deeds.note(connection, at_present("outro"), "reveal", "cliente", id, word("cliente", id, "*"))
        return batches.plan(
            connection, LOGIN, "cliente", "cliente", "nome", "novo",
            [BatchRow(id, 1, row["nome"], WAITING, "") for id, row in data["cliente"].items()],
        )  # fmt: skip

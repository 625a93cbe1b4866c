"""`./aroeira bench access`: what it costs that access is checked and changes are noted, in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, text

from kernel.access.access import Access
from kernel.access.profile import profile
from kernel.access.seen import seen_by
from kernel.context import Context, at_present
from kernel.database import reading
from kernel.query import run as asking
from kernel.query.plan import Query
from kernel.runtime import Runtime, compile
from kernel.storage.migrate.apply import Applied, apply
from metadata.canonical import canonical_text
from metadata.load import load_valid
from metadata.role import Role
from tests.benchmarks import stock
from tests.benchmarks.figure import Figure, duration
from tests.benchmarks.scratch import scratch_database

# Parts of the benchmark: each yields figures on a database of its own.
PARTS: list[Callable[[int, int], Iterator[Figure]]] = []
MASS = {
    "1 of 20 columns": "preco = preco + 1",
    "5 of 20 columns": (
        "preco = preco + 1, custo = custo + 1, cor = cor || '.', revisao = revisao + 1, "
        "situacao = CASE situacao WHEN 'ativo' THEN 'suspenso' ELSE 'ativo' END"
    ),
    "20 of 20 columns": (
        "codigo = codigo || '.', nome = nome || '.', apelido = apelido || '.', marca = marca || '.', cor = cor || '.', "
        "obs = obs || '.', situacao = CASE situacao WHEN 'ativo' THEN 'suspenso' ELSE 'ativo' END, "
        "origem = CASE origem WHEN 'nacional' THEN 'importado' ELSE 'nacional' END, grupo = 1 + grupo % 50, "
        "quantidade = quantidade + 1, minimo = minimo + 1, maximo = maximo + 1, custo = custo + 1, preco = preco + 1, "
        "desconto = 1 - desconto, inicio = inicio + 1, fim = inicio, revisao = revisao + 1, vende = NOT vende, compra = NOT compra"
    ),
}


# Three conditions on the rows: about a state, an amount, and a field of the linked record.
ROLES: dict[str, tuple[dict[str, Any], ...]] = {
    "a third of the rows": (
        {"entities": {"item": {"level": "change", "rows": 'situacao = "ativo" and quantidade >= 100 and grupo.nome != "Grupo 7"'}}},
    ),
    "a few rows": (
        {"entities": {"item": {"level": "change", "rows": 'situacao = "ativo" and quantidade < 10 and grupo.nome != "Grupo 7"'}}},
    ),
    "three roles": (
        {"entities": {"item": {"level": "change", "rows": 'situacao = "ativo"'}}},
        {"entities": {"item": {"level": "read", "rows": "quantidade < 10"}}},
        {"entities": {"item": {"level": "read", "rows": 'grupo.nome = "Grupo 7"'}}},
    ),
}  # fmt: skip
LIST = ("codigo", "nome", "situacao", "grupo", "quantidade", "preco", "inicio", "vende")
ASKED = {
    "first page": Query("item", LIST, order=("nome",)),
    "page by another column": Query("item", LIST, order=("-preco",)),
    "search of a rare piece": Query("item", LIST, search="abcd", order=("nome",)),
    "search of a common piece": Query("item", LIST, search="ab", order=("nome",)),
    "search of a code": Query("item", LIST, search="C0012345", order=("nome",)),
}
COUNTED = ("first page", "search of a rare piece", "search of a common piece")
LIST_ROWS, LIST_REPEATS = 10, 7  # for each row and repeat of the audit


def run(rows: int = 100_000, repeats: int = 3) -> Iterator[Figure]:
    """Yield the figures of all parts."""
    for part in PARTS:
        yield from part(rows, repeats)


# ── the audit ─────────────────────────────────────────────────────────────────────────────────────


def audit(rows: int, repeats: int) -> Iterator[Figure]:
    """Yield what a mass update costs with its triggers, beside the same one with them off, taken in turns."""
    with scratch_database() as engine:
        done = apply(engine, stock.files(), "bench")
        assert isinstance(done, Applied), done
        stock.fill(engine, rows)
        for name, sets in MASS.items():
            spent: dict[str, list[float]] = {"ENABLE": [], "DISABLE": []}
            for _ in range(repeats):
                for way, times in spent.items():
                    times.append(_update(engine, sets, way))
            with_audit, without = (statistics.median(times) for times in spent.values())
            yield duration(f"audit mass update, {name}", with_audit, without, versus="triggers off")


def _update(engine: Engine, sets: str, way: str) -> float:
    """Change every row and commit; then take back what was written, so that every turn begins alike."""
    with engine.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(text(f"ALTER TABLE item {way} TRIGGER USER"))
        alone.execute(text("TRUNCATE aroeira_audit, aroeira_audit_act"))
        alone.execute(text("VACUUM item"))
        alone.execute(text("CHECKPOINT"))
        stamps = "version = version + 1, updated_at = now(), updated_by = 'bench'"
        start = time.perf_counter()
        alone.execute(text(f"UPDATE item SET {sets}, {stamps}"))
        spent = time.perf_counter() - start
        noted = alone.scalar(text("SELECT count(*) FROM aroeira_audit"))
        assert bool(noted) == (way == "ENABLE"), noted
        return spent


PARTS.append(audit)


# ── lists ─────────────────────────────────────────────────────────────────────────────────────────


def lists(rows: int, repeats: int) -> Iterator[Figure]:
    """Yield what lists, searches and counts cost whoever sees some rows, beside the administrator, in turns."""
    files = stock.files() | _documents()
    with scratch_database() as engine:
        done = apply(engine, files, "bench")
        assert isinstance(done, Applied), done
        stock.fill(engine, rows * LIST_ROWS)
        whole = compile(load_valid(files), 1)
        reader = reading(engine)
        everybody = at_present("admin")
        for name in ROLES:
            limited = _limited(whole, name)
            for title, query in ASKED.items():
                yield _compared(
                    reader, whole, (limited, everybody), f"{title}, {name}", query, _page, repeats
                )
            for title in COUNTED:
                yield _compared(
                    reader,
                    whole,
                    (limited, everybody),
                    f"count, {title}, {name}",
                    ASKED[title],
                    _count,
                    repeats,
                )
        reader.dispose()


def _names(comparison: str) -> list[str]:
    """Return the names of the roles of one comparison."""
    return [f"{comparison.replace(' ', '_')}_{number}" for number in range(len(ROLES[comparison]))]


def _documents() -> dict[str, bytes]:
    """Return the roles as files of the package, so that their conditions have indexes; each sees the groups."""
    return {
        f"estoque/roles/{name}.yaml": canonical_text(
            {"role": name, "label": "Papel", "entities": {"grupo": "read"} | said["entities"]}, Role
        ).encode()
        for comparison, all_said in ROLES.items()
        for name, said in zip(_names(comparison), all_said, strict=True)
    }


def _limited(whole: Runtime, name: str) -> Context:
    """Return the context of somebody who plays the roles of one comparison."""
    roles = [whole.configuration.roles[role] for role in _names(name)]
    return replace(at_present("limited"), access=Access(profile(whole.configuration, roles)))


def _compared(
    reader: Engine, whole: Runtime, contexts: tuple[Context, Context], title: str, query: Query,
    ask: Callable[..., Any], repeats: int,
) -> Figure:  # fmt: skip
    spent: tuple[list[float], list[float]] = ([], [])
    runtimes = [seen_by(whole, context.access.profile) for context in contexts]
    with reader.connect() as connection:
        for turn in range(repeats * LIST_REPEATS + 1):
            for runtime, context, times in zip(runtimes, contexts, spent, strict=True):
                start = time.perf_counter()
                ask(connection, runtime, context, query)
                if turn:  # the first one compiles, and warms
                    times.append(time.perf_counter() - start)
    mine, theirs = (statistics.median(times) * 1000 for times in spent)
    return duration(title, mine, theirs, "ms", versus="administrator")


def _page(connection: Any, runtime: Runtime, context: Context, query: Query) -> None:
    asking.page(connection, runtime, context, query)


def _count(connection: Any, runtime: Runtime, context: Context, query: Query) -> None:
    asking.count(connection, runtime, context, query)


PARTS.append(lists)

"""Every way of writing says on whose behalf; what does not is told by the account of the database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from sqlalchemy import Engine

from kernel.audit.put_back import put_back
from kernel.context import Context, Origin, at_present
from kernel.intake.run import run as import_file
from kernel.parameters import set_value
from kernel.runtime import Runtime
from kernel.storage import batches
from kernel.storage.batch_run import advance
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.remove import remove
from kernel.storage.save import save, save_apart
from kernel.storage.seed import seed_demo
from tests.kernel import shop
from tests.publications import one, publish, run

ANA = at_present("ana", origin=Origin("page", "10.0.0.7", "/registros/plano/1", "s1"))
MORE = {
    "loja/parameters/tolerancia.yaml": "parameter: tolerancia\nlabel: Tolerância\ntype: {type: integer}\ndefault: 5\n",
    "loja/layouts/estado.yaml": 'layout: estado\nkind: delimited\ndelimiter: ";"\ninto: estado\nkey: sigla\ncolumns: {sigla: sigla, nome: nome}\n',
    "loja/data/estado.yaml": "data: estado\nentity: estado\nkey: sigla\n",
    "loja/data/estado.csv": "sigla;nome\nSP;São Paulo\n",
}


def saved(engine: Engine, runtime: Runtime, context: Context, **values: object) -> int:
    done = save(
        engine, runtime, context, Edit("plano", None, None, {"codigo": "1", "descricao": "x"} | values)
    )
    assert isinstance(done, Saved)
    return done.id


def _new(engine: Engine, runtime: Runtime, folder: Path) -> None:
    saved(engine, runtime, ANA, redes=(1, 2))


def _rows(engine: Engine, runtime: Runtime, folder: Path) -> None:
    row = ChildEdit(None, {"de": 1, "valor": Decimal(2)})
    save(engine, runtime, ANA, Edit("plano", 1, None, {"vidas": 3}, children={"faixas": (row,)}))


def _apart(engine: Engine, runtime: Runtime, folder: Path) -> None:
    with engine.begin() as connection:
        save_apart(connection, runtime, ANA, Edit("estado", None, None, {"sigla": "RJ", "nome": "Rio"}))


def _remove(engine: Engine, runtime: Runtime, folder: Path) -> None:
    assert isinstance(remove(engine, runtime, ANA, "plano", 1, None), Saved)


def _bulk(engine: Engine, runtime: Runtime, folder: Path) -> None:
    with engine.begin() as connection:
        waiting = [batches.BatchRow(1, 1, 2, batches.WAITING)]
        batch = batches.plan(connection, "ana", "plano", "plano", "vidas", 9, waiting)
        found = batches.find(connection, "ana", batch)
    assert found is not None
    assert not advance(engine, runtime, ANA, found, 5)
    assert one(engine, "SELECT vidas FROM plano") == 9


def _import(engine: Engine, runtime: Runtime, folder: Path) -> None:
    (folder / "estados.csv").write_text("sigla;nome\nMG;Minas Gerais\n", encoding="utf-8")
    import_file(engine, runtime, ANA, runtime.configuration.layouts["estado"], folder / "estados.csv")


def _parameter(engine: Engine, runtime: Runtime, folder: Path) -> None:
    with engine.begin() as connection:
        assert set_value(runtime, connection, ANA, "tolerancia", 7, date(2026, 1, 1)) is None


def _put_back(engine: Engine, runtime: Runtime, folder: Path) -> None:
    save(engine, runtime, ANA, Edit("plano", 1, None, {"vidas": 8}))
    act = one(engine, "SELECT max(act) FROM aroeira_audit_act")
    assert isinstance(put_back(engine, runtime, ANA, "plano", 1, "vidas", act), Saved)
    assert one(engine, "SELECT vidas FROM plano") == 2


@pytest.mark.parametrize("way", [_new, _rows, _apart, _remove, _bulk, _import, _parameter, _put_back])
def test_the_operator_is_in_the_audit(
    database: Engine, tmp_path: Path, way: Callable[[Engine, Runtime, Path], None]
) -> None:
    runtime = publish(database, shop.files(shop.FILES | MORE)).plan.runtime
    run(database, "INSERT INTO rede (nome) VALUES ('a'), ('b')")
    if way is not _new:
        saved(database, runtime, at_present("antes"), vidas=2)
    run(database, "TRUNCATE aroeira_audit_act, aroeira_audit")
    way(database, runtime, tmp_path)
    found = run(database, "SELECT DISTINCT operator, kind, address, session FROM aroeira_audit_act")
    assert found == [("ana", "import" if way is _import else "page", "10.0.0.7", "s1")]


def test_seeds_and_publications_say_so(database: Engine) -> None:
    runtime = publish(database, shop.files(shop.FILES | MORE)).plan.runtime
    seed_demo(database, runtime)
    assert run(database, "SELECT operator, kind, route FROM aroeira_audit_act") == [
        ("teste", "publication", "data/estado")
    ]


def test_who_does_not_say_is_told_by_the_account_of_the_database(database: Engine) -> None:
    runtime = publish(database, shop.files()).plan.runtime
    saved(database, runtime, ANA)
    run(database, "UPDATE plano SET vidas = 1")  # on the same pooled connection
    found = run(database, "SELECT operator, kind, database_user FROM aroeira_audit_act ORDER BY act")
    assert found[-1] == ("", "database", "aroeira")

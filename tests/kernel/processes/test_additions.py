"""Steps that another package adds are part of each run: dry, for good, a second time, and undone."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine

from kernel.processes import reports
from kernel.processes.undo import undo
from tests.billing import NOVEMBER, Office, office, people

MORE = {
    "acertos/manifest.yaml": "package: acertos\nlabel: Acertos\nversion: 1.0.0\nrequires: [faturas]\n",
    "acertos/entities/aviso.yaml": """
entity: aviso
label: {one: Aviso, many: Avisos}
fields:
  fatura: {type: link, to: fatura, required: yes}
  dobro: {type: money, required: yes}
""",
    "acertos/additions/avisar.yaml": """
addition: avisar
label: Avisar
to: faturar
steps:
  caras:
    from: novas
    where: total > 1000
    columns: {contrato: contrato, nova: novas, dobro: {is: total * 2, type: money}}
    report: {columns: [contrato, dobro], sum: [dobro]}
  avisos:
    from: caras
    insert: aviso
    key: [fatura]
    set: {fatura: nova, dobro: dobro}
""",
}


@pytest.fixture
def made(database: Engine) -> Office:
    found = office(database, MORE)
    people(found, 60)
    return found


def notices(made: Office) -> list[tuple[object, ...]]:
    return made.rows("SELECT f.contrato, a.dobro FROM aviso a JOIN fatura f ON f.id = a.fatura ORDER BY 1")


def wanted(made: Office) -> list[tuple[object, ...]]:
    return made.rows("SELECT contrato, total * 2 FROM fatura WHERE total > 1000 ORDER BY 1")


def test_added_steps_are_done_with_the_others_and_undone_with_them(made: Office) -> None:
    dry = made.run(competencia=NOVEMBER, is_dry=True)
    assert dry.status == "finished", dry.trouble
    assert notices(made) == []
    run = made.run(competencia=NOVEMBER)
    assert run.parts > 1
    assert len(notices(made)) > 5
    assert notices(made) == wanted(made)
    report = reports.reports(made.runtime.configuration.processes["faturar"])["caras"]
    with made.engine.connect() as connection:
        dry_rows, rows = (list(reports.every(connection, report, id, "caras")) for id in (dry.id, run.id))
    assert sorted(rows) == sorted(dry_rows)
    assert sorted((row[0], row[1]) for row in rows) == notices(made)
    made.run(competencia=NOVEMBER)
    assert notices(made) == wanted(made)  # a second run changes nothing
    assert undo(made.engine, lambda version: made.runtime, made.context, run.id) == []
    assert notices(made) == []
    assert made.rows("SELECT count(*) FROM fatura") == [(0,)]

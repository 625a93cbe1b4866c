"""What the planner is told of the tables of a part, and what follows where it knows nothing of them yet."""

from __future__ import annotations

import time

from sqlalchemy import Engine, text

from kernel.processes.plan import planned
from kernel.processes.statements import statements
from tests.billing import office

LINES = 20_000
ENOUGH = 10  # seconds; well under one is usual, and row by row it takes forty
FILES = {
    "faturas/entities/folha.yaml": """
entity: folha
label: {one: Folha, many: Folhas, gender: f}
shown_as: "{ordem}"
fields:
  ordem: {type: integer, required: yes}
  situacao: {type: choice, of: {aberta: Aberta, paga: Paga}, default: aberta, required: yes}
""",
    "faturas/entities/linha.yaml": """
entity: linha
label: {one: Linha, many: Linhas, gender: f}
shown_as: "{folha}"
fields:
  folha: {type: link, to: folha, required: yes}
  vale: {type: yes/no, is: folha.situacao != "paga", stored: yes}
""",
    "faturas/processes/escrever.yaml": """
process: escrever
label: Escrever linhas
needs: FATURAR
ask: {quantas: {type: integer, min: 0, required: yes}}
steps:
  numeros: {numbers: quantas, columns: {ordem: number}}
  folhas: {from: numeros, insert: folha, set: {ordem: ordem}}
  linhas: {from: numeros, insert: linha, set: {folha: folhas}}
  pagas: {from: folhas, update: folha, record: folhas, set: {situacao: "\\"paga\\""}}
""",
}


def test_a_table_believed_to_be_empty_is_not_joined_row_by_row(database: Engine) -> None:
    made = office(database, FILES)
    assert made.run("escrever", quantas=LINES, is_dry=True).status == "finished"
    with database.connect() as connection:
        alone = connection.execution_options(isolation_level="AUTOCOMMIT")
        alone.execute(text("ANALYZE folha"))  # pages without rows
        alone.execute(text("ANALYZE linha"))
    assert made.rows("SELECT reltuples, relpages > 0 FROM pg_class WHERE relname = 'linha'") == [(0, True)]
    begun = time.perf_counter()
    run = made.run("escrever", quantas=LINES)
    assert time.perf_counter() - begun < ENOUGH
    assert run.status == "finished", run.trouble
    assert made.rows("SELECT vale, count(*) FROM linha GROUP BY 1") == [(False, LINES)]


def test_the_planner_looks_at_the_columns_that_rows_are_found_by_and_at_no_others(database: Engine) -> None:
    steps = statements(planned(office(database).runtime, "faturar")).steps
    assert {step.made.name: step.known for step in steps} == {
        "vidas": ("dias",),
        "cobertas": ("idade", "tabela"),
        "precos": ("contrato", "vida"),
        "novas": ("g_contrato", "id"),
        "linhas": (),
    }

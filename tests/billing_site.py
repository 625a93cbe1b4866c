"""The configuration of tests.billing with menus and roles, served, with a worker that does what is asked for."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from types import SimpleNamespace

from sqlalchemy import Engine
from starlette.applications import Starlette

from kernel import jobs
from kernel.accounts.signed import Signed
from kernel.processes import work
from tests.billing import FILES, Office, office, people
from tests.office import application

PATH = "faturas/processes/faturar.yaml"
MORE = {
    PATH: FILES[PATH].replace(
        "needs: FATURAR", "help: Cobra as vidas de um mês.\nof: contrato\nneeds: FATURAR"
    ),
    "faturas/menus/faturas.yaml": """
menu: faturas
label: Faturas
icon: receipt
items:
  Cadastro: [contrato, vida]
  Cobrança: [fatura, faturar]
""",
    "faturas/examples/casos.yaml": """
examples: casos
label: Contas
of: process faturar
given:
  contrato: {casa_silva: {numero: 1, cliente: Silva}}
cases:
  Meio mês:
    expect:
      fatura: [{contrato: casa_silva, vencimento: 2026-12-10, total: 1150.00, itens: [{idade: 36, faixa: {idade_de: 19}}]}]
      contrato: {casa_silva: {situacao: suspenso}}
      vida: []
    left_out: "{contrato casa_silva} não tem tabela."
    note: "300,00 × 15 ÷ 30 = <150,00>."
note: Silva tem um contrato.
""",
    "faturas/help/calculo.yaml": """
help: calculo
about: process faturar
title: Exemplos de cálculo
text: Cada conta é **conferida**.
examples: casos
""",
    "faturas/roles/faturista.yaml": """
role: faturista
label: Faturista
entities: {contrato: read, vida: read, fatura: read, item: read, tabela: read, faixa: read}
rights: [FATURAR]
""",
    "faturas/roles/leitor.yaml": """
role: leitor
label: Leitor
entities: {contrato: read, vida: read, fatura: read}
""",
    "faturas/roles/cego.yaml": """
role: cego
label: Não vê contratos
entities: {vida: read}
rights: [FATURAR]
""",
    "faturas/roles/meia.yaml": """
role: meia
label: Só contratos da tabela 1
entities: {contrato: {level: read, rows: 'tabela.nome = "Tabela 1"'}, vida: {level: read, rows: 'contrato.tabela.nome = "Tabela 1"'}, tabela: read}
rights: [FATURAR]
""",
}


def installed(database: Engine, contracts: int = 40) -> Office:
    """Publish the configuration, with contracts and lives; one life has no birth date."""
    made = office(database, MORE)
    people(made, contracts)
    made.say("UPDATE vida SET nascimento = NULL WHERE id = 3")
    made.say("UPDATE contrato SET search_text = aroeira_fold(concat_ws(' ', numero, cliente))")
    made.say("UPDATE vida SET search_text = aroeira_fold(nome)")
    return made


def site(made: Office, operator: str = "marina", *roles: str) -> Starlette:
    """Return the application for an operator; with roles, what these let see and do."""
    app = application(made.engine, made.runtime, operator)
    if roles:
        app.state.signed_in_as = Signed(0, operator, operator.title(), roles)
    return app


@contextlib.contextmanager
def worker(made: Office) -> Iterator[None]:
    """Have what is in the queue done meanwhile."""
    live = SimpleNamespace(runtime=made.runtime)
    with jobs.Worker(made.engine, work.tasks(made.engine, live)):
        yield


def ended(made: Office, run: int, seconds: float = 60) -> str:
    """Wait until a run is over, and return how it ended."""
    last = time.monotonic() + seconds
    while time.monotonic() < last:
        [(status,)] = made.rows("SELECT status FROM aroeira_process_run WHERE id = :r", r=run)
        if status not in ("waiting", "running"):
            return str(status)
        time.sleep(0.05)
    raise AssertionError(run)

"""Runs say who asked for them by name, as far as one may see it; those of a demonstration say that they are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import pytest

from kernel.accounts.signed import Signed
from kernel.context import Origin
from kernel.processes.undo import undo
from tests.billing import Office
from tests.billing_site import site
from tests.conftest import Cluster
from tests.office import client
from tests.shipped import demonstrated, office

LOGIN = "marina.prado"
DAY = date(2026, 11, 20)


@pytest.fixture(scope="module")
def installed(cluster: Cluster) -> Iterator[Office]:
    with office(cluster, demonstrated(cluster)) as made:
        yield made


def test_a_run_and_the_list_of_runs_name_the_operator(installed: Office) -> None:
    ((record, name),) = installed.rows("SELECT id, nome FROM operador WHERE login = :l", l=LOGIN)
    app = site(installed)
    app.state.signed_in_as = Signed(0, LOGIN, "Marina", ("faturamento",), record)
    for login, said in ((LOGIN, name), ("sem.cadastro", "sem.cadastro")):
        made = replace(installed, context=replace(installed.context, operator=login))
        run = made.run("suspender_inadimplentes", dia=DAY, atraso_minimo=60)
        assert run.status == "finished", run.trouble
        assert undo(made.engine, lambda version: installed.runtime, made.context, run.id) == []
        with client(app) as web:
            shown = web.get(f"/execucoes/{run.id}").text
            assert f"pedida por {said}" in shown
            assert f"desfeita por {said}" in shown
            assert said in web.get("/processos/suspender_inadimplentes").text


def test_a_run_of_the_demonstration_says_so(installed: Office) -> None:
    made = replace(installed, context=replace(installed.context, origin=Origin("process", route="demo")))
    run = made.run("suspender_inadimplentes", dia=DAY, atraso_minimo=61)
    with client(site(installed)) as web:
        assert "da demonstração, como se pedida" in web.get(f"/execucoes/{run.id}").text

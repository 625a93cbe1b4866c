"""The list of open invoices shows open ones only, the longest overdue first."""

from __future__ import annotations

from datetime import date

from tests import office as served
from tests.conftest import Cluster
from tests.shipped import demonstrated, office


def test_only_open_invoices_are_listed_by_how_long_they_are_overdue(cluster: Cluster) -> None:
    with office(cluster, demonstrated(cluster)) as made:
        made.run("faturamento_mensal", competencia=date(2026, 11, 1))
        made.say(
            "UPDATE fatura SET situacao = 'paga', pagamento = emissao WHERE id = "
            "(SELECT min(id) FROM fatura WHERE situacao = 'aberta')"
        )
        wanted = [row[0] for row in made.rows("SELECT numero FROM fatura WHERE situacao = 'aberta'")]
        paid = [row[0] for row in made.rows("SELECT numero FROM fatura WHERE situacao = 'paga'")]
        assert wanted
        assert paid
        with served.client(served.application(made.engine, made.runtime)) as site:
            text = site.get("/registros/fatura_aberta/exportar.csv?finalidade=Auditoria").text
            count = site.get("/registros/fatura_aberta/contagem").text.strip()
    heads, *lines = text.strip().splitlines()
    due = heads.lstrip("\ufeff").split(";").index("Vencimento")
    assert len(lines) == len(wanted), text
    assert not [number for number in paid if number in text]
    assert count == f"de {len(wanted)}"
    days = [date(*map(int, reversed(line.split(";")[due].split("/")))) for line in lines]
    assert days == sorted(days)

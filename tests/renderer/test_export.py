"""Tests of exports: exactly what is shown, typed, safe, and in flat memory."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx
import pytest
from openpyxl import load_workbook
from sqlalchemy import Engine

from kernel.query.plan import Line
from renderer import export
from tests import office
from tests.renderer.html import page, texts


@pytest.fixture
def site(database: Engine) -> Iterator[httpx.Client]:
    """The office with 120 people, one of them with hostile texts."""
    made = office.installed(database)
    office.people(database, made, 120, office.cities(database, made))
    office.put(
        database,
        made,
        "pessoa",
        {
            "codigo": "=1+1",
            "nome": "@SOMA(A1)",
            "mensalidade": Decimal(-5) if False else Decimal("1234.5"),
            "nascimento": date(2001, 2, 3),
        },
    )
    with office.client(office.application(database, made)) as client:
        yield client


def rows_of(answer: httpx.Response) -> list[list[str]]:
    """Read a CSV answer."""
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig")), delimiter=";"))


def test_csv_has_bom_semicolons_comma_decimals_and_every_row(site: httpx.Client) -> None:
    answer = site.get("/registros/pessoa/exportar.csv?order=codigo")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = rows_of(answer)
    assert len(rows) == 122
    assert rows[0] == texts(page(site, "/registros/pessoa"), "thead th")[1:]
    assert rows[1][:4] == ["00001", "Bento Alves 00001", "", "Ativo"]
    assert rows[1][-1] == "101,50"


def test_csv_has_exactly_the_filtered_rows_in_the_shown_order(site: httpx.Client) -> None:
    query = "situacao=carencia&order=-codigo"
    shown = texts(page(site, f"/registros/pessoa?{query}"), "td.k-name")
    assert [row[1] for row in rows_of(site.get(f"/registros/pessoa/exportar.csv?{query}"))[1:]] == shown


def test_csv_texts_start_no_formula_and_amounts_have_no_points(site: httpx.Client) -> None:
    row = rows_of(site.get("/registros/pessoa/exportar.csv?q=soma"))[1]
    assert row[0] == "'=1+1"
    assert row[1] == "'@SOMA(A1)"
    assert row[-1] == "1234,50"


def test_xlsx_is_typed_with_frozen_head_and_a_sheet_that_names_the_filters(site: httpx.Client) -> None:
    answer = site.get("/registros/pessoa/exportar.xlsx?situacao=inadimplente&q=vasc&order=codigo")
    book = load_workbook(io.BytesIO(answer.content))
    sheet = book["Pessoas"]
    assert sheet.freeze_panes == "A2"
    assert [cell.value for cell in sheet[1]][:2] == ["Código", "Nome"]
    code, *_, birth, fee = sheet[2]
    assert code.data_type == "s"
    assert code.value.startswith("000")
    assert birth.is_date
    assert birth.number_format == "dd/mm/yyyy"
    assert isinstance(fee.value, int | float)
    assert sheet.column_dimensions["B"].width > 20
    notes = {row[0].value: row[1].value for row in book["Filtros"].iter_rows()}
    assert notes["Situação"] == "é Inadimplente"
    assert notes["Busca"] == "vasc"
    assert notes["Linhas"] == str(sheet.max_row - 1)


def test_xlsx_texts_stay_texts(site: httpx.Client) -> None:
    book = load_workbook(io.BytesIO(site.get("/registros/pessoa/exportar.xlsx?q=soma").content))
    code, name, *_ = book["Pessoas"][2]
    assert (code.value, code.data_type) == ("=1+1", "s")
    assert (name.value, name.data_type) == ("@SOMA(A1)", "s")


def test_an_unknown_list_is_not_exported(site: httpx.Client) -> None:
    assert site.get("/registros/nada/exportar.csv").status_code == 404


def test_memory_stays_flat_however_many_rows() -> None:
    fields = office.runtime().entities["pessoa"].fields
    headings = [
        export.Heading(name, name, fields[name]) for name in ("codigo", "nome", "mensalidade", "nascimento")
    ]

    def lines(count: int) -> Iterator[Line]:
        for number in range(count):
            values = {
                "codigo": f"{number:06}",
                "nome": "Nome " * 5,
                "mensalidade": Decimal(number),
                "nascimento": date(2000, 1, 1),
            }
            yield Line(number, 1, values, {})

    def peak(count: int) -> int:
        tracemalloc.start()
        for _ in export.csv_chunks(headings, lines(count)):
            pass
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(20_000) < peak(2_000) * 1.5 + 200_000


def test_a_workbook_without_rows_still_has_its_head(tmp_path) -> None:
    fields = office.runtime().entities["pessoa"].fields
    target = io.BytesIO()
    headings = [export.Heading("nome", "Nome", fields["nome"])]
    export.write_xlsx(target, "Pessoas: [todas]", headings, (), (), ZoneInfo("America/Sao_Paulo"))
    book = load_workbook(target)
    assert [cell.value for cell in book.worksheets[0][1]] == ["Nome"]
    assert book["Filtros"]["B1"].value == "0"

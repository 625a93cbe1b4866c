"""Good rows in, bad rows told, a second run changes nothing."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import openpyxl
import pytest
from sqlalchemy import text

from metadata.problems import Problems
from tests.kernel.intake.acervo import CONTEXT, HEADER, Desk

THREE = HEADER + (
    "A1;Ana;529.982.247-25;05/11/1990;1.234,56;A;MG\nA2;Bia Souza;;31/12/2001;;S;SP\nA3;Caio  Lima;;;10;;\n"
)


@pytest.fixture
def desk(database, tmp_path):
    return Desk(database, tmp_path)


@pytest.mark.every_postgres
def test_rows_become_records_with_defaults_numbers_and_searched_text(desk):
    done = desk.load(THREE)
    assert (done.read, done.new, done.changed, done.refused, done.errors) == (3, 3, 0, 0, None)
    found = desk.rows(
        "SELECT codigo, c.nome, cpf, nascimento, limite, situacao, e.sigla, protocolo, desde, c.version, c.created_by, search_text "
        "FROM cliente c LEFT JOIN estado e ON e.id = c.estado ORDER BY codigo"
    )
    today = CONTEXT.today
    assert found == [
        ("A1", "Ana", "52998224725", date(1990, 11, 5), Decimal("1234.56"), "ativo", "MG", "P0001-A1", today, 1, "ana", "ana a1"),
        ("A2", "Bia Souza", None, date(2001, 12, 31), None, "suspenso", "SP", "P0002-A2", today, 1, "ana", "bia souza a2"),
        ("A3", "Caio Lima", None, None, Decimal("10.00"), "ativo", None, "P0003-A3", today, 1, "ana", "caio lima a3"),
    ]  # fmt: skip


@pytest.mark.every_postgres
def test_a_second_run_changes_nothing(desk):
    desk.load(THREE)
    before = desk.rows("SELECT id, version, updated_at, xmin::text FROM cliente ORDER BY id")
    done = desk.load(THREE)
    assert (done.new, done.changed, done.same, done.refused) == (0, 0, 3, 0)
    assert desk.rows("SELECT id, version, updated_at, xmin::text FROM cliente ORDER BY id") == before


def test_only_rows_that_differ_change_and_fields_outside_the_file_stay(desk):
    desk.load(THREE)
    with desk.engine.begin() as connection:
        connection.execute(text("UPDATE cliente SET desde = '2000-01-01'"))
    done = desk.load(THREE.replace("Bia Souza", "Beatriz"))
    assert (done.new, done.changed, done.same) == (0, 1, 2)
    found = desk.rows(
        "SELECT codigo, nome, version, desde, protocolo, search_text FROM cliente ORDER BY codigo"
    )
    assert found[1] == ("A2", "Beatriz", 2, date(2000, 1, 1), "P0002-A2", "beatriz a2")
    assert [row[2] for row in found] == [1, 2, 1]


def test_bad_rows_are_told_by_line_field_and_reason_and_good_rows_go_in(desk):
    done = desk.load(
        HEADER
        + "A1;Ana;529.982.247-26;05/11/1990;1;A;MG\n"
        + "A2;Bia;;31/02/2001;9000;X;RJ\n"
        + "A3;;;;;;\n"
        + ";Davi;;;;;\n"
        + "A5;Este nome passa do limite;;;;;\n"
        + "A6;Eva;;01/01/2000;7,50;A;mg\n"
    )
    assert (done.read, done.new, done.refused) == (6, 1, 5)
    assert desk.rows("SELECT codigo FROM cliente") == [("A6",)]
    header, *rows = desk.refused()
    assert header == [*HEADER.strip().split(";"), "linha", "campo", "motivo"]
    assert [(row[7], row[8]) for row in rows] == [
        ("2", "CPF"), ("3", "Nascimento | Limite | Situação | UF"), ("4", "Nome"), ("5", "Código"), ("6", "Nome"),
    ]  # fmt: skip
    assert rows[0][:7] == ["A1", "Ana", "529.982.247-26", "05/11/1990", "1", "A", "MG"]
    assert "o dígito do CPF “529.982.247-26” não confere" in rows[0][9]
    assert "não existe no calendário" in rows[1][9]
    assert "Limite não pode ser maior que 5.000,00" in rows[1][9]
    assert "“X” não está entre as opções" in rows[1][9]
    assert "não há Estado com Sigla “RJ”" in rows[1][9]
    assert "Nome está em branco" in rows[2][9]
    assert "por ele se reconhece o registro" in rows[3][9]
    assert "o limite é 20" in rows[4][9]


def test_refused_rows_corrected_come_back_by_the_same_mapping(desk):
    desk.load((HEADER + "A1;Ana;;05/11/90;;A;MG\nA2;Bia;;;;A;SP\n").replace(";", ",").encode("latin-1"),
              delimiter=",", charset="iso-8859-1")  # fmt: skip
    told = (desk.folder / "recusadas.csv").read_bytes().replace(b"05/11/90", b"05/11/1990")
    back = desk.load(desk.file(told, "corrigidas.csv"), delimiter=",", charset="iso-8859-1")
    assert (back.read, back.new, back.refused) == (1, 1, 0)


def test_refused_rows_hold_no_formula_and_come_back_as_they_were(desk):
    names = ["=cmd|calc", "'=x", "@SUM(A1)", "+1", "''-y", "'z", "-a"]
    rows = "".join(f"A{place};{name};;32/01/2000;-7,50;A;MG\n" for place, name in enumerate(names))
    desk.load(HEADER + rows)
    first = (desk.folder / "recusadas.csv").read_bytes()
    written = [row[1] for row in desk.refused()[1:]]
    assert written == ["'=cmd|calc", "''=x", "'@SUM(A1)", "'+1", "'''-y", "'z", "'-a"]
    assert {row[4] for row in desk.refused()[1:]} == {"-7,50"}
    desk.load(desk.file(first, "outra_vez.csv"))
    assert [row[1] for row in desk.refused()[1:]] == written
    corrected = first.replace(b"32/01/2000", b"31/01/2000").replace(b"-7,50", b"7,50")
    back = desk.load(desk.file(corrected, "corrigidas.csv"))
    assert (back.new, back.refused) == (len(names), 0)
    assert [name for (name,) in desk.rows("SELECT nome FROM cliente ORDER BY codigo")] == names


def test_repeated_keys_in_the_file_keep_the_first_good_row(desk):
    done = desk.load(
        HEADER
        + "A1;Ana;x;;;A;\nA1;Bia;;;;A;\nA1;Caio;;;;A;\nA2;Davi;52998224725;;;A;\nA3;Eva;529.982.247-25;;;A;\n"
    )
    assert desk.rows("SELECT codigo, nome FROM cliente ORDER BY codigo") == [("A1", "Bia"), ("A2", "Davi")]
    assert done.refused == 3
    reasons = {row[7]: row[9] for row in desk.refused()[1:]}
    assert "Código já apareceu na linha 3" in reasons["4"]
    assert "CPF já apareceu na linha 5" in reasons["6"]


def test_a_key_of_another_record_is_refused(desk):
    desk.load(HEADER + "A1;Ana;52998224725;;;A;\n")
    done = desk.load(HEADER + "A1;Ana;52998224725;;;A;\nA9;Bia;52998224725;;;A;\n")
    assert (done.same, done.refused) == (1, 1)
    assert "já existe cliente com o mesmo valor em CPF" in desk.refused()[1][9]


@pytest.mark.every_postgres
def test_periods_may_not_overlap_in_the_file_or_with_the_table(desk):
    header = "tabela;inicio;fim;valor\n"
    desk.load(header + "A;2020-01-01;2020-12-31;1\n", "preco")
    done = desk.load(
        header
        + "A;2020-06-01;;2\n"  # overlaps the record
        + "B;2020-01-01;2020-06-30;3\n"
        + "B;2020-06-15;2020-07-31;4\n"  # overlaps the row before
        + "B;2020-07-01;;5\n"  # does not: the row before is refused
        + "C;2020-05-01;2020-04-01;6\n",  # ends before it starts
        "preco",
    )
    assert (done.new, done.refused) == (2, 3)
    reasons = {row[4]: row[6] for row in desk.refused()[1:]}
    assert "se sobrepõe ao de outro registro de preço" in reasons["2"]
    assert "o período se sobrepõe ao da linha 3" in reasons["4"]
    assert set(reasons) == {"2", "4", "6"}


def test_a_period_closed_by_the_file_makes_room_for_the_next(desk):
    header = "tabela;inicio;fim;valor\n"
    desk.load(header + "A;2020-01-01;;1\n", "preco")
    done = desk.load(header + "A;2021-01-01;;2\nA;2020-01-01;2020-12-31;1\n", "preco")
    assert (done.new, done.changed, done.refused) == (1, 1, 0)


def test_a_link_is_found_in_the_narrowest_range_and_by_a_part_of_the_text(desk):
    with desk.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO faixa (de, ate, nome) VALUES (100, 999, 'larga'), (200, 299, 'estreita')")
        )
    desk.load("numero\n15012\n25034\n99999\n", "conta")
    found = desk.rows("SELECT numero, f.nome, ramo FROM conta c JOIN faixa f ON f.id = c.faixa ORDER BY 1")
    assert found == [("15012", "larga", "12"), ("25034", "estreita", "34"), ("99999", "larga", "99")]


def test_a_text_that_names_several_records_is_refused(desk):
    with desk.engine.begin() as connection:
        connection.execute(
            text("INSERT INTO cidade (nome, estado) VALUES ('Pouso', 1), ('Pouso', 2), ('Varginha', 1)")
        )
    layout = desk.runtime.configuration.layouts["cliente"]
    column = layout.columns["UF"].model_copy(update={"to": "cidade", "find": "nome"})
    changes = {"columns": {**layout.columns, "UF": layout.columns["UF"], "Cidade": column}}
    header = HEADER.strip() + ";Cidade\n"
    done = desk.load(
        header + "A1;Ana;;;;A;MG;Pouso\nA2;Bia;;;;A;SP;Varginha\nA3;Caio;;;;A;MG;Varginha\n", **changes
    )
    assert (done.new, done.refused) == (1, 2)
    reasons = [row[-1] for row in desk.refused()[1:]]
    assert "há 2 registros de Cidades com Nome “Pouso”" in reasons[0]
    assert "o registro escolhido em Cidade não combina com Estado" in reasons[1]


def test_child_rows_make_a_new_version_of_their_parent(desk):
    desk.load(
        "numero\n1\n2\n",
        "conta",
        columns={"numero": desk.runtime.configuration.layouts["conta"].columns["numero"]},
    )
    desk.load("conta;codigo;quantidade\n1;a;5\n1;b;6\n", "item")
    assert desk.rows("SELECT numero, version FROM conta ORDER BY 1") == [("1", 2), ("2", 1)]
    desk.load("conta;codigo;quantidade\n1;a;5\n1;b;6\n", "item")
    assert desk.rows("SELECT numero, version FROM conta ORDER BY 1") == [("1", 2), ("2", 1)]


def test_new_records_without_a_required_field_are_refused(desk):
    layout = desk.runtime.configuration.layouts["cliente"]
    changes = {"columns": {name: layout.columns[name] for name in ("Código", "Limite")}}
    desk.load(THREE)
    done = desk.load("Código;Limite\nA1;99\nA8;1\n", **changes)
    assert (done.changed, done.new, done.refused) == (1, 0, 1)
    assert desk.refused()[1][2:] == ["3", "Nome", "Nome está em branco; preencha o campo"]


def test_a_sheet_keeps_dates_numbers_and_percentages(desk):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Código", "Nome", "Nascimento", "Limite"])
    sheet.append(["A1", "Ana", date(1990, 11, 5), 1234.567])
    sheet.append([101, "Bia", "05/11/1990", "1.234,50"])
    sheet.append([None, None, None, None])
    sheet.append(
        [
            "A3",
            "Caio",
            datetime(2000, 1, 1),  # noqa: DTZ001 (Excel knows no zones)
            0.1 + 0.2,
        ]
    )
    path = desk.folder / "dados.xlsx"
    book.save(path)
    done = desk.load(path, "planilha")
    assert (done.read, done.new, done.refused) == (3, 2, 1)
    found = desk.rows("SELECT codigo, nascimento, limite, situacao FROM cliente ORDER BY codigo")
    assert found == [("101", date(1990, 11, 5), Decimal("1234.50"), "suspenso"),
                     ("A3", date(2000, 1, 1), Decimal("0.30"), "suspenso")]  # fmt: skip
    assert desk.refused()[1][4:6] == ["2", "Limite"]


@pytest.mark.parametrize("step", ["Lendo", "Conferindo", "Gravando"])
def test_an_import_that_is_cancelled_leaves_nothing(desk, step):
    def cancel(said, *_):
        if said == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        desk.load(THREE + "A4;;;;;;\n", progress=cancel)
    assert desk.rows("SELECT count(*) FROM cliente") == [(0,)]
    assert not list(desk.folder.glob("*.part"))


def test_refused_rows_that_cannot_be_written_stop_the_import(desk):
    folder = desk.folder / "recusadas.csv.part"
    folder.mkdir()
    with pytest.raises(Problems) as stopped:
        desk.load(THREE + "A4;;;;;;\n")
    assert [problem.code for problem in stopped.value.problems] == ["R518"]
    assert desk.rows("SELECT count(*) FROM cliente") == [(0,)]


def test_the_file_itself_is_no_place_for_refused_rows(desk):
    path = desk.file(THREE, "recusadas.csv")
    with pytest.raises(Problems, match="R519"):
        desk.load(path)
    assert path.read_text() == THREE


def test_ten_percent_bad_rows_of_many(desk):
    body = HEADER + "".join(
        f"C{n};Nome {n};;01/0{'x' if n % 10 == 0 else 1}/2000;{n % 100},5;A;MG\n" for n in range(5000)
    )
    done = desk.load(body)
    assert (done.read, done.new, done.refused) == (5000, 4500, 500)
    rows = desk.refused()[1:]
    assert len(rows) == 500
    assert rows[1][7:9] == ["12", "Nascimento"]
    assert rows[1][0] == "C10"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("INSERT INTO cliente (codigo, nome) VALUES ('A3', 'Outra')", "R529"),
        ("UPDATE cliente SET version = 2", "R528"),
    ],
)
def test_records_that_others_write_meanwhile_stop_all(desk, change, code):
    desk.load(HEADER + "A1;Ana;;;;;\n")

    def meanwhile(said, done, total):
        if (said, done) == ("Gravando", 0):
            with desk.engine.begin() as connection:
                connection.execute(text(change))

    with pytest.raises(Problems, match=code):
        desk.load(THREE, progress=meanwhile)
    assert desk.rows("SELECT count(*) FROM cliente WHERE nome = 'Bia Souza'") == [(0,)]


def test_progress_is_told_from_start_to_end(desk):
    told = []
    desk.load(THREE, progress=lambda *one: told.append(one))
    assert [one[0] for one in told if one[1] == one[2]] == ["Lendo", "Lendo", "Conferindo", "Gravando"]

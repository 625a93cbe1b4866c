"""Files that are not what the mapping says are told precisely, before anything is written."""

from __future__ import annotations

import io
import json
import zipfile

import openpyxl
import pytest

from kernel.intake import objects, workbook
from kernel.intake.read import read
from kernel.intake.tidy import is_tidy
from metadata.layout import Layout
from metadata.problems import Problems

LAYOUT = Layout(layout="x", into="y", key=("a",), columns={"a": "a", "b": "b", "ação": "c"})


def opened(path, layout=LAYOUT):
    """Read a file to its end."""
    found = read(path, layout)
    return found.header, [
        (number, list(cells), problem and problem.code) for number, cells, problem in found.lines
    ]


def wrong(path, **changes):
    """Return the code and the sentence of what is wrong with a file."""
    with pytest.raises(Problems) as stopped:
        opened(path, LAYOUT.model_copy(update=changes))
    return [(problem.code, f"{problem.sentence()}; {problem.hint()}") for problem in stopped.value.problems]


@pytest.fixture
def file(tmp_path):
    def write(body, name="f.csv"):
        path = tmp_path / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return path

    return write


def test_quotes_breaks_and_lines(file):
    header, rows = opened(file('a;b; ação \n1;"x;y";3\n\n4;"duas\nlinhas ""e"" aspas";6\n7;8;9\n'))
    assert header == ("a", "b", "ação")
    assert rows == [
        (2, ["1", "x;y", "3"], None),
        (4, ["4", 'duas\nlinhas "e" aspas', "6"], None),
        (6, ["7", "8", "9"], None),
    ]


def test_a_row_with_other_columns_is_that_rows_problem(file):
    _, rows = opened(file("a;b;ação\n1;2\n1;2;3;4\n1;2;3;;\n"))
    assert rows == [(2, ["1", "2", ""], "R520"), (3, ["1", "2", "3;4"], "R520"), (4, ["1", "2", "3"], None)]


def test_quotes_out_of_place_are_that_rows_problem(file):
    _, rows = opened(file('a;b;ação\n1;"x"y;3\n4;5;6\n'))
    assert rows == [(2, ['1;"x"y;3', "", ""], "R521"), (3, ["4", "5", "6"], None)]


def test_quotes_that_never_close_name_the_line(file):
    assert wrong(file('a;b;ação\n1;2;3\n4;"x;6\n7;8;9\n')) == [
        ("R514", "as aspas abertas na linha 3 não se fecham; feche-as ou apague-as")
    ]


@pytest.mark.parametrize(
    ("body", "code", "said"),
    [
        (b"", "R502", "está vazio"),
        (b"\xef\xbb\xbf  \n", "R502", "está vazio"),
        ("a;b;ação\n1;2;3\n".encode("utf-16"), "R505", "UTF-16"),
        (b"PK\x03\x04abc", "R505", "planilha .xlsx"),
        (b"\xd0\xcf\x11\xe0abc", "R505", ".xls antiga"),
        (b"%PDF-1.4", "R505", "PDF"),
        (b"a;b\x00;c", "R505", "bytes que não são texto"),
        ("a;b;ação\n1;2;3\n".encode("latin-1"), "R503", "não está em utf-8 (linha 1)"),
        ("a;b;ação\n1;2;3\n4;5;não\n".encode().replace("não".encode(), b"n\xe3o"), "R503", "(linha 3)"),
    ],
)
def test_what_is_no_text_in_this_charset_is_told(file, body, code, said):
    (found,) = wrong(file(body))
    assert found[0] == code
    assert said in found[1]


def test_utf8_where_the_mapping_says_latin_is_told(file):
    (found,) = wrong(file("a;b;ação\n1;2;3\n"), charset="iso-8859-1")
    assert found == (
        "R504",
        "o arquivo está em utf-8, e o mapa diz iso-8859-1; troque charset no mapa, ou salve o arquivo em iso-8859-1",
    )


def test_missing_and_repeated_columns_are_all_told(file):
    assert wrong(file("a;a;açao;z\n1;2;3;4\n")) == [
        ("R511", "a coluna “a” aparece mais de uma vez no cabeçalho; deixe uma só com esse nome"),
        ("R510", "a coluna “b” não está no arquivo; colunas do arquivo: a, a, açao, z"),
        ("R510", "a coluna “ação” não está no arquivo; você quis dizer “açao”?"),
    ]


def test_another_delimiter_is_told(file):
    assert wrong(file("a,b,ação\n1,2,3\n")) == [
        ("R531", "as colunas não estão separadas por “;”, e sim por “,”; troque delimiter no mapa")
    ]


def test_a_file_that_is_not_there(tmp_path):
    (found,) = wrong(tmp_path / "nada.csv")
    assert found[0] == "R501"
    assert "(não existe)" in found[1]
    assert wrong(tmp_path)[0][0] == "R501"


def test_the_header_may_stand_lower(file):
    header, rows = opened(file("Relatório\n\na;b;ação\n1;2;3\n"), LAYOUT.model_copy(update={"header": 3}))
    assert (header, rows) == (("a", "b", "ação"), [(4, ["1", "2", "3"], None)])
    assert wrong(file("a;b;ação\n"), header=5)[0][0] == "R512"


def test_bytes_go_straight_only_when_the_database_reads_them_alike(file):
    def direct(body, **changes):
        return read(file(body), LAYOUT.model_copy(update=changes)).direct is not None

    assert direct("a;b;ação\n1;2;3\n")
    assert direct("a;b;ação\r\n1;2;3\r\n")
    assert not direct('a;b;ação\n1;"2";3\n')
    assert direct('a;b;ação\n1;"2";3\n', quote="")
    assert not direct("a;b;ação\n1;2;3\n\\.\n4;5;6\n")


def test_tidy_lines_are_known_by_their_bytes():
    def tidy(body, charset="utf-8"):
        return is_tidy(body if isinstance(body, bytes) else body.encode(charset), charset, ";")

    assert tidy("São João;nº 1 – “x”;;3\r\n;2;3\r\n")
    assert tidy("São;2;3\n", "iso-8859-1")
    for odd in (
        "a  b;2\n",
        "a ;2\n",
        "a; 2\n",
        "a;2 \n",
        " a;2\n",
        "a\tb;2\n",
        "a\u00a0b;2\n",
        "e\u0301;2\n",
        "a;2 ",
    ):
        assert not tidy(odd), odd
    assert not tidy(b"a\x85;2\n", "iso-8859-1")
    assert not tidy(b"a\xe3;2\n")


# ── sheets ────────────────────────────────────────────────────────────────────────────────────────


def book(tmp_path, rows, title="Dados"):
    made = openpyxl.Workbook()
    made.active.title = title
    for row in rows:
        made.active.append(row)
    path = tmp_path / "f.xlsx"
    made.save(path)
    return path


def hollow(path, megabytes):
    """Make a file of a size that takes no place."""
    with path.open("wb") as made:
        made.truncate(megabytes << 20)
    return path


def test_sheets_that_are_none_or_too_big_are_told(file, tmp_path):
    assert wrong(file("a;b;ação\n", "f.xlsx"), kind="sheet")[0][0] == "R506"
    assert wrong(file(b"", "f.xlsx"), kind="sheet")[0][0] == "R502"
    path = book(tmp_path, [["a", "b", "ação"], [1, 2.5, True]])
    assert (
        wrong(path, kind="sheet", sheet="Dado")[0][1]
        == "a planilha não tem a aba “Dado”; você quis dizer “Dados”?"
    )
    assert opened(path, LAYOUT.model_copy(update={"kind": "sheet"}))[1] == [(2, ["1", "2,5", "sim"], None)]
    assert wrong(hollow(path, workbook.MOST_MEGABYTES + 1), kind="sheet")[0][0] == "R508"


def test_a_bomb_is_refused_before_it_is_opened(tmp_path):
    path = tmp_path / "bomba.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open("xl/sharedStrings.xml", "w", force_zip64=True) as part:
            for _ in range(160):
                part.write(b" " * (1 << 20))
    assert path.stat().st_size < 1 << 20
    assert wrong(path, kind="sheet") == [
        ("R509", "a planilha aberta passaria de 150 MB; salve como CSV, ou apague o que não são dados")
    ]


def test_a_damaged_sheet_is_told(tmp_path):
    path = book(tmp_path, [["a", "b", "ação"], *[[n, n, n] for n in range(500)]])
    whole = zipfile.ZipFile(path)
    broken = io.BytesIO()
    with zipfile.ZipFile(broken, "w") as archive:
        for part in whole.infolist():
            content = whole.read(part)
            archive.writestr(part, content[:-200] if "sheet1" in part.filename else content)
    whole.close()
    path.write_bytes(broken.getvalue())
    assert wrong(path, kind="sheet")[0][0] == "R506"


# ── JSON ──────────────────────────────────────────────────────────────────────────────────────────


def rows_of(file, content, path, columns):
    layout = Layout(
        layout="x", kind="json", rows=path, into="y", key=("a",), columns=dict.fromkeys(columns, "a")
    )
    found = read(file(json.dumps(content), "f.json"), layout)
    places = [found.header.index(name) for name in columns]
    return [[cells[place] for place in places] for _, cells, _ in found.lines]


def test_rows_of_json_take_the_names_on_the_way(file):
    content = {
        "fonte": "ANS",
        "tabelas": [
            {"numero": 23, "linhas": [["1", "Eletivo"], ["2", None]]},
            {"numero": 24, "linhas": [["9", "x"]]},
        ],
    }
    assert rows_of(file, content, "tabelas.linhas", ["numero", "0", "1"]) == [
        ["23", "1", "Eletivo"],
        ["23", "2", ""],
        ["24", "9", "x"],
    ]


def test_rows_of_json_may_be_keys_and_values(file):
    assert rows_of(file, {"001": "Santos", "002": "Campinas"}, "", ["key", "value"]) == [
        ["001", "Santos"],
        ["002", "Campinas"],
    ]
    assert rows_of(file, {"r": {"9": {"nome": "x", "ok": True}}}, "r", ["key", "nome", "ok"]) == [
        ["9", "x", "sim"]
    ]


def test_json_that_is_none_or_has_no_rows_is_told(file, tmp_path):
    assert wrong(file('{"a": [1,\n2', "f.json"), kind="json") == [
        (
            "R515",
            "o JSON não pôde ser lido: o texto termina antes do fim, na linha 2, coluna 2; confira se o arquivo está completo",
        )
    ]
    assert wrong(file('{"a": []}', "f.json"), kind="json", rows="b")[0][0] == "R516"
    assert wrong(file("[" * 100_000, "f.json"), kind="json")[0][0] == "R515"
    assert wrong(file("{}".encode("utf-16"), "f.json"), kind="json")[0][0] == "R503"
    assert wrong(hollow(tmp_path / "f.json", objects.MOST_MEGABYTES + 1), kind="json")[0][0] == "R508"

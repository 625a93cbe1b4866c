"""Files that grow when they are opened: workbooks, JSON and decision models, each in a process of little memory."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest

from metadata.layout import Layout

CHECKOUT = Path(__file__).parents[2]
SECONDS, MEMORY = 60, 1_500 << 20
READ = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from pathlib import Path
from kernel.intake.read import read
from metadata.layout import Layout
from metadata.problems import Problems
layout = Layout.model_validate({{"layout": "x", "kind": sys.argv[2], "into": "x", "key": "a", "columns": {{"a": "a"}}}})
try:
    opened = read(Path(sys.argv[1]), layout)
    print("rows", sum(1 for _ in opened.lines))
except Problems as refused:
    print(*(problem.code for problem in refused.problems))
"""
MODEL = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from pathlib import Path
from kernel.dmn import xml
try:
    root = xml.read(Path(sys.argv[1]).read_bytes())
    print("read", "".join(root.itertext())[:200], len(root.get("name", "")))
except ValueError:
    print("refused")
"""


def said(program: str, *words: str) -> str:
    """Run a reader and return what it says; it has a minute and little memory."""
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program.format(memory=MEMORY), *words],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=SECONDS * 2, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-1500:]
    assert time.monotonic() - start < SECONDS
    return done.stdout.strip()


# ── workbooks ─────────────────────────────────────────────────────────────────────────────────────


LAUGHS = "<!DOCTYPE x [" + "".join(
    f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha" * 50}">' for n in range(10)
) + "]>"  # fmt: skip
OUTSIDE = '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>'
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def sheet(rows: str, before: str = "") -> bytes:
    return f'<?xml version="1.0"?>{before}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()


def cell(text: str, at: str = "A1") -> str:
    return f'<c r="{at}" t="inlineStr"><is><t>{text}</t></is></c>'


def book(path: Path, changed: dict[str, bytes], **how: object) -> Path:
    """Write a workbook with one heading and one row, and some of its parts as given."""
    made, plain = openpyxl.Workbook(), io.BytesIO()
    made.active.append(["a"])
    made.active.append(["1"])
    made.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.infolist():
            if part.filename not in changed:
                target.writestr(part.filename, source.read(part))
        for name, content in changed.items():
            target.writestr(name, content)
    return path


HEAD = f'<row r="1">{cell("a")}</row>'
# Made when they are asked for: some are large before they are packed.
WORKBOOKS: dict[str, Callable[[], dict[str, bytes]]] = {
    "entities in a sheet": lambda: {SHEET: sheet(f"<row>{cell('&l9;')}</row>", LAUGHS)},
    "entities in styles": lambda: {"xl/styles.xml": f"{LAUGHS}<styleSheet xmlns='{MAIN}'>&l9;</styleSheet>".encode()},
    "a file of this machine": lambda: {SHEET: sheet(f"<row>{cell('&e;')}</row>", OUTSIDE)},
    "entities in utf-16": lambda: {
        SHEET: sheet(f"<row>{cell('&l9;')}</row>", LAUGHS).decode().replace("?>", ' encoding="utf-16"?>', 1).encode("utf-16")
    },
    "a long way to the first element": lambda: {SHEET: b"<!--" + b"x" * 300_000 + b"-->" + sheet("", LAUGHS)},
    "a row far away": lambda: {SHEET: sheet(f'{HEAD}<row r="99999999999">{cell("2", "A9")}</row>')},
    "a row that is no number": lambda: {SHEET: sheet(f'{HEAD}<row r="x">{cell("2", "A2")}</row>')},
    "a column far away": lambda: {SHEET: sheet(f'{HEAD}<row r="2">{cell("2", "ZZZZZZZZ2")}</row>')},
    "a text that is endless": lambda: {SHEET: sheet(f"{HEAD}<row>{cell('a' * 60_000_000)}</row>")},
    "cells without end": lambda: {SHEET: sheet(HEAD + "<row>" + "<c/>" * 10_000_000 + "</row>")},
    "styles without end": lambda: {"xl/styles.xml": b"<styleSheet>" + b"<xf/>" * 5_000_000 + b"</styleSheet>"},
    "texts without end": lambda: {
        "xl/sharedStrings.xml": f"<sst xmlns='{MAIN}'>".encode() + b"<si/>" * 25_000_000 + b"</sst>"
    },
    "deep": lambda: {SHEET: b"<a>" * 2_000_000},
    "not xml": lambda: {SHEET: b"\x00" * 1000},
    "an archive within": lambda: {"xl/workbook.xml": b"PK\x03\x04" * 1000},
}  # fmt: skip


@pytest.mark.parametrize("case", WORKBOOKS)
def test_a_workbook_that_grows_is_refused(tmp_path: Path, case: str) -> None:
    path = book(tmp_path / "x.xlsx", WORKBOOKS[case]())
    assert path.stat().st_size < 10 << 20
    assert said(READ, str(path), "sheet") in ("R506", "R509"), case


def test_a_workbook_that_is_one_is_read(tmp_path: Path) -> None:
    path = book(
        tmp_path / "x.xlsx",
        {SHEET: sheet(HEAD + "".join(f'<row r="{n}">{cell("x", f"A{n}")}</row>' for n in range(2, 200_000)))},
    )
    assert said(READ, str(path), "sheet") == "rows 199998"


@pytest.mark.parametrize(
    "harm", ["locked", "cut", "sizes that lie", "two of a name", "another method", "no archive", "nested"]
)
def test_an_archive_that_is_none_is_refused(tmp_path: Path, harm: str) -> None:
    path = book(tmp_path / "x.xlsx", {})
    whole = bytearray(path.read_bytes())
    at = whole.rindex(SHEET.encode()) - 46  # its line in the directory of the archive
    if harm == "locked":
        whole[at + 8] |= 1
        local = whole.index(SHEET.encode()) - 30
        whole[local + 6] |= 1
    elif harm == "cut":
        del whole[len(whole) // 2 :]
    elif harm == "sizes that lie":
        whole[at + 24 : at + 28] = (10).to_bytes(4, "little")
    elif harm == "another method":
        whole[at + 10 : at + 12] = (99).to_bytes(2, "little")
    elif harm == "no archive":
        whole[:] = b"PK\x05\x06" + b"\0" * 18
    elif harm == "two of a name":
        with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr(SHEET, sheet(""))
        whole[:] = path.read_bytes()
    elif harm == "nested":
        outer = io.BytesIO()
        with zipfile.ZipFile(outer, "w") as archive:
            archive.writestr("x.xlsx", bytes(whole))
        whole[:] = outer.getvalue()
    path.write_bytes(bytes(whole))
    assert said(READ, str(path), "sheet") == "R506"


# ── JSON and delimited texts ──────────────────────────────────────────────────────────────────────


OBJECTS = {
    "deep": (b"[" * 3_000_000, "R515"),
    "deep objects": (b'{"a":' * 500_000 + b"1" + b"}" * 500_000, "R515"),
    "a number of many digits": (b'[{"a": ' + b"9" * 2_000_000 + b"}]", "rows 1"),
    "columns without end": (b"[" + b",".join(b'{"c%d":1}' % n for n in range(200_000)) + b"]", "R513"),
    "numbers that are none": (b'[{"a": NaN}, {"a": -Infinity}, {"a": 1e99999}]', "rows 3"),
    "half letters": (b'[{"a": "\\ud800"}]', "rows 1"),
}


@pytest.mark.parametrize("case", OBJECTS)
def test_json_of_any_kind_has_an_answer(tmp_path: Path, case: str) -> None:
    content, wanted = OBJECTS[case]
    path = tmp_path / "x.json"
    path.write_bytes(content)
    assert said(READ, str(path), "json") == wanted


TEXTS = {
    "one endless line": b"a\n" + b"x" * 50_000_000,
    "quotes that do not close": b'a\n"' + b"x\n" * 10_000_000,
    "columns without end": b"a;" * 2_000_000 + b"\n",
    "null bytes": b"a\n" + b"\0" * 1_000_000 + b"\n",
    "only quotes": b"a\n" + b'"' * 5_000_000,
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_text_of_any_kind_has_an_answer(tmp_path: Path, case: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TEXTS[case])
    assert said(READ, str(path), "delimited").startswith(("rows", "R5"))


# ── decision models ───────────────────────────────────────────────────────────────────────────────


MODELS = {
    "entities": f"{LAUGHS}<definitions>&l9;</definitions>",
    "entities in a name": f'{LAUGHS}<definitions name="&l9;"/>',
    "a file of this machine": f"{OUTSIDE}<definitions>&e;</definitions>",
    "a file in a name": f'{OUTSIDE}<definitions name="&e;"/>',
    "parameters": '<!DOCTYPE x [<!ENTITY % p SYSTEM "file:///etc/passwd">%p;]><definitions/>',
    "a document elsewhere": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><definitions>x</definitions>',
    "an entity of our own": '<!DOCTYPE x [<!ENTITY e "texto">]><definitions name="&e;">&e;</definitions>',
    "included": '<definitions xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/></definitions>',
    "deep": "<a>" * 400_000,
    "names without end": "<definitions " + " ".join(f'a{n}="1"' for n in range(200_000)) + "/>",
    "an unknown charset": '<?xml version="1.0" encoding="x-none"?><definitions/>',
}


@pytest.mark.parametrize("case", MODELS)
def test_a_model_brings_nothing_of_this_machine_and_does_not_grow(tmp_path: Path, case: str) -> None:
    path = tmp_path / "x.dmn"
    path.write_text(MODELS[case], encoding="utf-8")
    answer = said(MODEL, str(path))
    assert "root:" not in answer
    if case.startswith(("entit", "an entity", "a file", "param", "a document", "an unknown")):
        assert answer == "refused", case
    assert len(answer) < 10_000_000


def test_a_layout_has_no_reader_of_another_kind() -> None:
    """Whoever adds a reader adds its attacks here."""
    from kernel.intake.read import READERS

    assert set(READERS) == {"delimited", "sheet", "json"}
    assert Layout.model_fields["kind"].annotation is not None

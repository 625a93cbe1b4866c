"""Values that tell where they are from: each cell of the agency has one that stands nowhere else."""

from __future__ import annotations

import html
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from typing import NamedTuple

FIELDS: Mapping[str, tuple[str, ...]] = {
    "empresa": ("nome",),
    "operador": ("login", "nivel"),
    "plano": ("codigo", "nome", "preco"),
    "cliente": ("empresa", "nome", "apelido", "doenca", "nivel", "renda", "plano", "dobro"),
    "telefone": ("cliente", "numero", "segredo"),
}
LINKED: Mapping[str, tuple[str, ...]] = {
    "cliente": ("plano.nome", "plano.preco"),
    "telefone": ("cliente.nome",),
}
WORDS = ("nome", "login", "apelido", "doenca", "numero", "laudo", "*")
AMOUNTS = {("plano", "preco"): 5, ("cliente", "renda"): 7}
LETTERS = "abcdefghijklmnopqrstuvwxyz"
ENTITIES = tuple(FIELDS)
WORD = re.compile(r"zq([a-e])([a-g])([a-z])([nv])qz")
MONEY = re.compile(r"(?<![\d.,])([57])([0-3]\d)\.?713[.,]46(?!\d)")
DOUBLED = re.compile(r"(?<![\d.,])1\.?4(\d)(\d)\.?426[.,]92(?!\d)")
ADDRESS = re.compile(
    r"/(?:registros|api/v1|revelar|busca|favoritos)/(cliente|plano|telefone|empresa|operador)/(\d+)"
)


class Cell(NamedTuple):
    """A value of a field of a record; `*` is the record itself.  old: as it was before."""

    entity: str
    id: int
    field: str
    old: bool = False


def word(entity: str, id: int, field: str, *, old: bool = False) -> str:
    """Return the text that stands in a cell, and nowhere else."""
    if field not in WORDS:
        return ""
    return f"zq{LETTERS[ENTITIES.index(entity)]}{LETTERS[WORDS.index(field)]}{LETTERS[id]}{'v' if old else 'n'}qz"


def amount(entity: str, id: int, field: str) -> str:
    """Return the amount that stands in a cell, and nowhere else."""
    return f"{AMOUNTS[entity, field]}{id:02}713.46"


def within(content: bytes) -> Iterator[str]:
    """Yield the texts of an answer, those of packed files and books too."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            for name in packed.namelist():
                yield name
                yield from within(packed.read(name))
        return
    plain = html.unescape(content.decode("utf-8", "replace"))
    yield re.sub(r"</?mark>", "", plain).replace("\xa0", "")


def found(content: bytes) -> set[Cell]:
    """Return the cells whose values are in an answer."""
    cells: set[Cell] = set()
    for plain in within(content):
        for entity, field, id, age in WORD.findall(plain):
            place = LETTERS.index
            cells.add(Cell(ENTITIES[place(entity)], place(id), WORDS[place(field)], age == "v"))
        known = {digit: names for names, digit in AMOUNTS.items()}
        cells.update(Cell(*_of(known[int(digit)], id)) for digit, id in MONEY.findall(plain))
        cells.update(Cell("cliente", int(tens + ones) // 2, "dobro") for tens, ones in DOUBLED.findall(plain))
    return cells


def _of(names: tuple[str, str], id: str) -> tuple[str, int, str]:
    entity, field = names
    return entity, int(id), field


def addressed(content: bytes) -> set[tuple[str, int]]:
    """Return the records that an answer leads to."""
    return {(entity, int(id)) for plain in within(content) for entity, id in ADDRESS.findall(plain)}

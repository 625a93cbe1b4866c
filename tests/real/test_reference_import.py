"""The official tables beside the checkout go into the base package by its own mappings, and a second time change nothing."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from kernel.context import at_present
from kernel.intake.run import Imported, run
from kernel.runtime import Runtime, compile
from kernel.storage import system
from metadata.load import load

MODULES = Path(__file__).resolve().parents[2] / "modules"
# mapping, file, rows read, records made: those that refer to others come after them
TABLES = (
    ("estado_ibge", "ibge/estados.csv", 27, 27),
    ("municipio_ibge", "ibge/municipios.csv", 5570, 5570),
    ("banco_bacen", "bancos/bancos.csv", 511, 511),
    ("cbo_2002", "cbo/cbo2002-ocupacao.csv", 2674, 2673),
    ("cid10_capitulo", "cid10/CID-10-CAPITULOS.CSV", 22, 22),
    ("cid10_grupo", "cid10/CID-10-GRUPOS.CSV", 275, 275),
    ("cid10_categoria", "cid10/CID-10-CATEGORIAS.CSV", 2045, 2045),
    ("cid10_subcategoria", "cid10/CID-10-SUBCATEGORIAS.CSV", 12451, 12451),
    ("tuss_22", "tuss/tabela22_procedimentos.csv", 5907, 5904),
    ("tiss_dominio", "tiss-dominios/tiss-tabelas-dominio_4.01.json", 1516, 1516),
    ("operadora_cadop", "operadoras/Relatorio_cadop.csv", 1121, 1121),
)


@pytest.fixture
def runtime(database: Engine) -> Runtime:
    configuration, problems = load(MODULES)
    assert problems == []
    made = compile(configuration, 1)
    with database.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    return made


def imported(database: Engine, runtime: Runtime, mapping: str, file: Path, told: Path) -> Imported:
    layout = runtime.configuration.layouts[mapping]
    return run(database, runtime, at_present("teste"), layout, file, told / f"{mapping}.csv")


def test_official_tables_go_in_and_a_second_time_change_nothing(database, runtime, shared, tmp_path):
    for mapping, file, rows, new in TABLES:
        done = imported(database, runtime, mapping, shared / "reference" / file, tmp_path)
        assert (mapping, done.read, done.new, done.changed) == (mapping, rows, new, 0)
        assert done.read == done.new + done.refused
    for mapping, file, _, new in TABLES:
        again = imported(database, runtime, mapping, shared / "reference" / file, tmp_path)
        assert (mapping, again.new, again.changed, again.same) == (mapping, 0, 0, new)
    told(tmp_path)
    kept(database)


def told(folder: Path) -> None:
    """What is refused, and why."""

    def rows(name: str) -> list[dict[str, str]]:
        with (folder / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file, delimiter=";"))

    (occupation,) = rows("cbo_2002")
    assert (occupation["CODIGO"], occupation["linha"], occupation["campo"]) == ("XXX", "2674", "CODIGO")
    overlapping = rows("tuss_22")
    assert [row["Código do Termo"] for row in overlapping] == ["40314251", "40404153", "87000016"]
    assert all("o período se sobrepõe ao da linha" in row["motivo"] for row in overlapping)


def kept(database: Engine) -> None:
    """Accents, links, ranges and periods are as in the files."""

    def ask(statement: str) -> list[tuple[object, ...]]:
        with database.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

    pouso = "SELECT m.nome, e.sigla FROM municipio m JOIN estado e ON e.id = m.estado WHERE m.codigo_ibge = '3152501'"
    assert ask(pouso) == [("Pouso Alegre", "MG")]
    assert ask("SELECT count(*) FROM municipio WHERE capital") == [(27,)]
    asthma = (
        "SELECT c.descricao, k.codigo, g.inicio, g.fim, p.numero FROM cid c JOIN cid_categoria k ON k.id = c.categoria "
        "JOIN cid_grupo g ON g.id = c.grupo JOIN cid_capitulo p ON p.id = c.capitulo WHERE c.codigo = 'J450'"
    )
    assert ask(asthma) == [("Asma predominantemente alérgica", "J45", "J40", "J47", 10)]
    assert ask("SELECT descricao FROM cid WHERE codigo = 'I48'") == [('"Flutter" e fibrilação atrial',)]
    twice = "SELECT count(*) FROM (SELECT 1 FROM procedimento GROUP BY tabela, codigo HAVING count(*) > 1) q"
    assert ask(twice) == [(53,)]
    first = "SELECT inicio, fim, fim_implantacao FROM procedimento WHERE codigo = '10101012'"
    assert ask(first) == [(date(2009, 2, 13), None, date(2010, 10, 15))]
    assert ask("SELECT count(*), count(DISTINCT tabela) FROM termo_tiss WHERE tabela = '38'") == [(640, 1)]

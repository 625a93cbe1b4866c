"""`./aroeira bench import`: a file of twenty fields imported by the product, beside a bare COPY of the same rows.

The COPY reads a file with the same values in the form that PostgreSQL wants, into a hand-made table of the same
columns, keys and indexes; nothing is looked up, checked or matched. Both are timed to the end of the commit,
rounds alternate, and the best of each counts.
"""

from __future__ import annotations

import csv
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine

from kernel.context import at_present
from kernel.fold import fold
from kernel.intake.run import run as run_import
from kernel.runtime import Runtime, compile
from kernel.storage import system
from metadata.load import load_valid
from metadata.values.registers import cnpj_digits, cpf_digits
from tests.benchmarks.figure import Figure, throughput
from tests.benchmarks.scratch import scratch_database

ROUNDS = 3
STATES = 27
FIELDS = """
  codigo: {type: text, max: 10, required: yes, unique: yes}
  nome: {type: text, max: 100, required: yes}
  fantasia: {type: text, max: 100}
  contato: {type: text, max: 60}
  endereco: {type: text, max: 120}
  bairro: {type: text, max: 60}
  cpf: {type: cpf}
  cnpj: {type: cnpj}
  nascimento: {type: date, required: yes}
  inicio: {type: date}
  fim: {type: date}
  ordem: {type: integer, min: 0}
  idade: {type: integer, min: 0, max: 150}
  matricula: {type: integer, min: 0}
  valor: {type: money, required: yes}
  limite: {type: money, min: 0}
  desconto: {type: money}
  ativo: {type: yes/no, required: yes}
  situacao: {type: choice, of: {ativo: Ativo, suspenso: Suspenso, encerrado: Encerrado}}
  estado: {type: link, to: estado}
"""
FILES = {
    "carga/manifest.yaml": "package: carga\nlabel: Carga\nversion: 1.0.0\n",
    "carga/entities/estado.yaml": """
entity: estado
label: {one: Estado, many: Estados}
fields:
  sigla: {type: text, max: 3, required: yes, unique: yes}
""",
    "carga/entities/prestador.yaml": f"""
entity: prestador
label: {{one: Prestador, many: Prestadores}}
shown_as: "{{nome}}"
search: [codigo, nome]
order: nome
fields:{FIELDS}""",
    "carga/entities/cadastro.yaml": f"""
entity: cadastro
label: {{one: Cadastro, many: Cadastros}}
shown_as: "{{codigo}}"
fields:{FIELDS}""",
}
NAMES = [line.split(":")[0].strip() for line in FIELDS.strip().splitlines()]
LAYOUT = "layout: {0}\ninto: {0}\nkey: codigo\ncolumns:\n" + "".join(
    f"  {name}: {{{{to: estado, find: sigla}}}}\n" if name == "estado" else f"  {name}: {name}\n"
    for name in NAMES
)
FILES |= {f"carga/layouts/{name}.yaml": LAYOUT.format(name) for name in ("prestador", "cadastro")}
WORDS = [
    "Ação",
    "Clínica",
    "Saúde",
    "Hospital",
    "Maternidade",
    "São",
    "João",
    "José",
    "Maria",
    "Bairro",
    "Centro",
    "Rua",
    "das",
    "Flores",
    "Consultório",
    "Médico",
    "Exame",
    "Laboratório",
    "Análises",
]


def run(rows: int = 100_000) -> Iterator[Figure]:
    """Yield the figures: a first import, the same without indexes for search and order, and the repetition."""
    with scratch_database() as engine, tempfile.TemporaryDirectory() as folder:
        runtime = _install(engine)
        theirs_with, theirs = Path(folder, "com_busca.csv"), Path(folder, "sem_busca.csv")
        ours = Path(folder, "arquivo.csv")
        _write(rows, ours, theirs_with, theirs)
        for name, title, file in (
            ("prestador", "import, indexes for search and order", theirs_with),
            ("cadastro", "import", theirs),
        ):
            _hand_made(engine, name)
            yield _compared(engine, runtime, name, title, ours, file, rows)
        again = _timed(lambda: _import(engine, runtime, "cadastro", ours, rows, new=0))
        copy = _timed(lambda: _copy(engine, "cadastro", theirs))
        yield throughput("import again, nothing new", rows / again, rows / copy, "rows/s", "bare COPY")


def _install(engine: Engine) -> Runtime:
    runtime = compile(load_valid({path: text.encode() for path, text in FILES.items()}), 1)
    with engine.begin() as connection:
        system.create(connection)
        runtime.metadata.create_all(connection)
        states = f"INSERT INTO estado (sigla) SELECT 'U' || lpad(n::text, 2, '0') FROM generate_series(1, {STATES}) n"
        connection.exec_driver_sql(states)
    return runtime


def _hand_made(engine: Engine, name: str) -> None:
    """Make the table that someone would write by hand: the typed columns, their key and indexes, no more."""
    with engine.begin() as connection:
        connection.exec_driver_sql(f"CREATE TABLE bare_{name} (LIKE {name} INCLUDING ALL)")
        for column in ("version", "created_at", "created_by", "updated_at", "updated_by"):
            connection.exec_driver_sql(f"ALTER TABLE bare_{name} DROP COLUMN {column}")
        connection.exec_driver_sql(f"ALTER TABLE bare_{name} ADD FOREIGN KEY (estado) REFERENCES estado")


def _compared(
    engine: Engine, runtime: Runtime, name: str, title: str, ours: Path, theirs: Path, rows: int
) -> Figure:
    best = {"ours": float("inf"), "theirs": float("inf")}
    for turn in range(ROUNDS):
        sides: list[tuple[str, Callable[[], None]]] = [
            ("ours", lambda: _import(engine, runtime, name, ours, rows, new=rows)),
            ("theirs", lambda: _copy(engine, name, theirs)),
        ]
        for side, work in sides if turn % 2 else reversed(sides):
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.exec_driver_sql(f"TRUNCATE {name}, bare_{name}")
                connection.exec_driver_sql("CHECKPOINT")
            best[side] = min(best[side], _timed(work))
    return throughput(title, rows / best["ours"], rows / best["theirs"], "rows/s", "bare COPY")


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _import(engine: Engine, runtime: Runtime, name: str, path: Path, rows: int, new: int) -> None:
    layout = runtime.configuration.layouts[name]
    done = run_import(engine, runtime, at_present("bench"), layout, path, path.with_suffix(".recusadas"))
    if (done.read, done.new, done.refused) != (rows, new, 0):
        raise RuntimeError(f"wrong counts: {done}")


def _copy(engine: Engine, name: str, path: Path) -> None:
    searched = ", search_text" if path.name == "com_busca.csv" else ""
    statement = (
        f"COPY bare_{name} ({', '.join(NAMES)}{searched}) FROM STDIN (FORMAT csv, DELIMITER ';', HEADER)"
    )
    with engine.begin() as connection:
        database = connection.connection.driver_connection
        if not searched:
            connection.exec_driver_sql(f"TRUNCATE bare_{name}")
        with database.cursor().copy(statement) as target, path.open("rb") as file:
            while chunk := file.read(1 << 18):
                target.write(chunk)


# ── rows ──────────────────────────────────────────────────────────────────────────────────────────


def _write(rows: int, ours: Path, theirs_with: Path, theirs: Path) -> None:
    """Write the same rows three times: as an office has them, and as PostgreSQL wants them."""
    chance = random.Random(7)
    with (
        ours.open("w", newline="") as a,
        theirs_with.open("w", newline="") as b,
        theirs.open("w", newline="") as c,
    ):
        writers = [csv.writer(file, delimiter=";", lineterminator="\n") for file in (a, b, c)]
        for writer, header in zip(writers, (NAMES, [*NAMES, "search_text"], NAMES), strict=True):
            writer.writerow(header)
        for number in range(rows):
            row = _row(number, chance)
            writers[0].writerow([_as_typed(value) for value in row])
            bare = [*row[:17], "t" if row[17] == "sim" else "f", row[18], int(row[19][1:])]
            writers[1].writerow([*bare, fold(f"{row[0]} {row[1]}")])
            writers[2].writerow(bare)


def _row(number: int, chance: random.Random) -> list[object]:
    def words(count: int) -> str:
        return " ".join(chance.choice(WORDS) for _ in range(count))

    def day() -> date:
        return date(1950, 1, 1) + timedelta(days=chance.randrange(27_000))

    def amount(most: int) -> str:
        return f"{chance.randrange(most) / 100:.2f}"

    person, company = f"{chance.randrange(10**9):09d}", f"{chance.randrange(10**12):012d}"
    return [
        f"C{number:07d}", words(4), words(3), words(2), words(6), words(1),
        person + cpf_digits(person), company + cnpj_digits(company), day(), day(), day(),
        chance.randrange(100_000), chance.randrange(100), chance.randrange(10**9),
        amount(10**6), amount(10**8), amount(10**4), chance.choice(("sim", "não")),
        chance.choice(("ativo", "suspenso", "encerrado")), f"U{chance.randrange(1, STATES + 1):02d}",
    ]  # fmt: skip


def _as_typed(value: object) -> object:
    if isinstance(value, date):
        return value.strftime("%d/%m/%Y")
    return value.replace(".", ",") if isinstance(value, str) and value[:1].isdigit() else value

"""This file is the command line: a command reads its words, calls one of the folders, prints the answer.

Imports of those folders stand inside the commands, so that each loads only what it needs.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import App, CycloptsError, Group, Parameter

import account_commands
import process_commands
import rule_commands
from command_parts import (
    CHECKOUT,
    FOUND,
    MODULES,
    STOPPED_BY_USER,
    Data,
    Packages,
    packages,
    progress,
    settings,
    shown_root,
    tell,
    unguarded,
    working,
)
from command_words import PortugueseHelp, misread
from metadata.problems import Problem, Problems, near
from metadata.system_errors import said_of

if TYPE_CHECKING:
    import socket

    from sqlalchemy import Engine

    from kernel.intake.run import Imported
    from metadata.layout import Layout
    from metadata.package import Configuration

VERSION = "0.1.0"
TERMINATED = 143

app = App(
    name="./aroeira",
    help="Aroeira: o sistema de gestão de operadoras de saúde.",
    help_formatter=PortugueseHelp(),
    version=VERSION,
    group_commands=Group("Comandos"),
    group_arguments=Group("Argumentos"),
    group_parameters=Group("Opções"),
    print_error=False,
    exit_on_error=False,
    result_action="return_value",
    default_parameter=Parameter(negative=()),
)
app["--help"].help = "Mostra esta ajuda."
app["--version"].help = "Mostra a versão."


@app.command(name="test", help_flags=(), version_flags=())
def run_tests(*words: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """Roda os testes; as palavras seguintes vão para o pytest."""
    # One test, or a debugger, gains nothing from workers.
    alone = any(
        word == "-n" or word.startswith(("-n", "--pdb", "--numprocesses")) or "::" in word for word in words
    )
    # Each takes neighbouring files, which share what is slow to make, and then from who has most left.
    workers = [] if alone else ["-n", "auto", "--dist", "worksteal"]
    os.chdir(CHECKOUT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *words])


@app.command
def check(folder: Packages = None) -> int:
    """Mostra todos os problemas dos pacotes; não muda nada."""
    from metadata.check import hints
    from metadata.kinds import KINDS
    from metadata.load import load

    configuration, problems = load(folder or MODULES)
    if problems:
        return tell(problem.below(shown_root(folder)) for problem in problems)
    tell(hint.below(shown_root(folder)) for hint in hints(configuration))
    counts = [f"{len(configuration.documents[kind.folder])} {kind.label}" for kind in KINDS.values()]
    packages = len(configuration.packages)
    print(f"Sem problemas em {packages} {'pacotes' if packages != 1 else 'pacote'}: {', '.join(counts)}.")
    return 0


@app.command(name="fmt")
def write_canonical(
    folder: Packages = None,
    *,
    check: Annotated[bool, Parameter(negative=(), help="Só mostra o que mudaria.")] = False,
) -> int:
    """Reescreve os documentos na forma canônica, com os nomes de hoje de campos e entidades."""
    from metadata.canonical import rewritten
    from metadata.load import read_folder
    from metadata.todays_names import renewed

    root = shown_root(folder)
    files = read_folder(folder or MODULES)
    changed = renewed(files)
    canonical, problems = rewritten(files | changed)
    changed |= canonical
    for path, content in changed.items():
        print(root / path)
        if not check:
            (root / path).write_bytes(content)
    tell(problem.below(root) for problem in problems)
    return FOUND if problems or (check and changed) else 0


@app.command
def schema(
    kind: Annotated[str, Parameter(help="Primeira chave do documento, como entity ou form.")] = "",
) -> int:
    """Mostra o JSON Schema de um tipo de documento, ou de todos."""
    import json

    from metadata.json_schema import schemas

    found = schemas()
    if kind and kind not in found:
        return tell([Problem("A127", {"word": kind, "near": near(kind, found)})])
    print(json.dumps(found[kind] if kind else found, ensure_ascii=False, indent=2))
    return 0


Everything = Annotated[
    bool, Parameter(name="--all", negative=(), help="Mostra tudo, por mais longo que seja.")
]


@app.command
def plan(
    folder: Packages = None,
    *,
    sql: Annotated[bool, Parameter(negative=(), help="Mostra também o SQL de cada passo.")] = False,
    everything: Everything = False,
    data: Data = None,
) -> int:
    """Mostra o que publicar os pacotes mudaria no banco de dados; não muda nada."""
    from kernel.database import connect
    from kernel.storage.migrate.plan import plan as make
    from kernel.storage.migrate.words import lines_of_plan

    with placed(folder), connect(settings(data)) as engine:
        made = make(engine, packages(engine, folder))
    for line in lines_of_plan(made, sql=sql, everything=everything):
        print(line)
    tell(problem.below(shown_root(folder)) for problem in (*made.warnings, *made.problems))
    return FOUND if made.is_blocked else 0


@app.command
def apply(
    folder: Packages = None,
    *,
    note: Annotated[str, Parameter(help="O motivo, guardado com a versão.")] = "",
    everything: Everything = False,
    data: Data = None,
) -> int:
    """Publica os pacotes: muda o banco de dados e põe a nova versão no ar."""
    from getpass import getuser

    from kernel.database import connect
    from kernel.storage.migrate.apply import Applied
    from kernel.storage.migrate.apply import apply as run
    from kernel.storage.migrate.plan import Plan
    from kernel.storage.migrate.words import lines_of_applied, lines_of_plan

    root = shown_root(folder)

    def show(made: Plan) -> None:
        for line in lines_of_plan(made, everything=everything):
            print(line)
        tell(problem.below(root) for problem in made.warnings)

    with placed(folder), connect(settings(data)) as engine, progress() as told:
        done = run(engine, packages(engine, folder), getuser(), note=note, told=told, shown=show)
    if not isinstance(done, Applied):
        return tell(problem.below(root) for problem in done)
    for line in lines_of_applied(done):
        print(line)
    tell(problem.below(root) for problem in done.problems)
    return 0 if done.is_complete else FOUND


@contextlib.contextmanager
def placed(folder: Path | None) -> Iterator[None]:
    """Let problems of packages say where their files are."""
    try:
        yield
    except Problems as stopped:
        raise Problems(problem.below(shown_root(folder)) for problem in stopped.problems) from stopped


@app.command(name="import")
def import_file(
    mapping: Annotated[str, Parameter(help="Nome de um mapa publicado, ou um arquivo .yaml com o mapa.")],
    file: Annotated[Path, Parameter(help="O arquivo com os dados.")],
    *,
    errors: Annotated[Path | None, Parameter(help="Onde escrever as linhas recusadas.")] = None,
    operator: Annotated[
        str,
        Parameter(name="--as", help="Usuário em cujo nome se importa, com o que os papéis dele permitem."),
    ] = "",
    data: Data = None,
) -> int:
    """Importa um arquivo para uma entidade, por um mapa; repetir não muda nada."""
    from getpass import getuser

    from kernel import publish
    from kernel.accounts.acting import acting
    from kernel.context import at_present
    from kernel.intake.run import run

    try:
        with working(data) as engine:
            with engine.connect() as connection:
                runtime = publish.load(connection, publish.latest(connection))
                context = acting(connection, runtime, operator) if operator else at_present(getuser())
            if isinstance(context, Problem):
                return tell([context])
            layout = chosen_mapping(mapping, runtime.configuration)
            with progress() as told:
                done = run(engine, runtime, context, layout, file, errors, told)
    except KeyboardInterrupt:
        print("Importação cancelada; nada foi importado.", file=sys.stderr)
        return STOPPED_BY_USER
    print(f"{runtime.entities[layout.into].entity.label.many}: {_counts(done)}")
    for check, count in done.warned.counts.items():
        print(f"Aviso em {count} {'linha' if count == 1 else 'linhas'}: {done.warned.examples[check]}")
    if not done.read:
        tell([Problem("R532", {"file": file.name})])
    if done.errors:
        print(f"As linhas recusadas, com o motivo, estão em {done.errors}", file=sys.stderr)
    return 0


def _counts(done: Imported) -> str:
    words = (
        (done.read, "linha lida", "linhas lidas"),
        (done.new, "novo", "novos"),
        (done.changed, "alterado", "alterados"),
        (done.same, "igual", "iguais"),
        (done.refused, "linha recusada", "linhas recusadas"),
    )
    return ", ".join(f"{count} {one if count == 1 else many}" for count, one, many in words)


def chosen_mapping(word: str, configuration: Configuration) -> Layout:
    """Return a published mapping by its name, or the one in a file."""
    from metadata.outside import read_mapping

    if word.endswith((".yaml", ".yml")):
        return read_mapping(Path(word), configuration)
    known = configuration.layouts
    if word not in known:
        facts = {"name": word, "near": near(word, known), "names": ", ".join(known) or "nenhum foi publicado"}
        raise Problems([Problem("R517", facts)])
    return known[word]


@app.command
def database(*, data: Data = None) -> int:
    """Mostra onde está o banco de dados e o prepara; inicia o servidor próprio se for preciso."""
    from kernel.database import connect, describe
    from kernel.working_role import working as working_as

    chosen = settings(data)
    with connect(chosen) as owner, working_as(owner, chosen) as engine:
        for label, value in describe(owner).items():
            print(f"{label:<10} {value}")
        tell(unguarded(owner, engine))
    return 0


Port = Annotated[int, Parameter(help="Porta em 127.0.0.1.")]


@app.command
def serve(*, port: Port = 8000, data: Data = None) -> int:
    """Serve a configuração publicada de um banco de dados."""
    from renderer.serving import listen

    listening = listen(port)
    _say_folder(data)
    with working(data) as engine:
        return run_web(engine, listening, data)


Lives = Annotated[
    int, Parameter(name="--lives", help="Quantas vidas gerar e faturar; 0, nenhuma. O que já existe fica.")
]


@app.command
def demo(*, lives: Lives = 2000, port: Port = 8000, data: Data = None) -> int:
    """Prepara um banco com os pacotes e dados de demonstração, e serve."""
    import demonstration
    from kernel.database import connect
    from renderer.serving import listen

    listening = listen(port)
    _say_folder(data)
    print("Banco de dados…", flush=True)
    with connect(settings(data)) as owner:
        problems = demonstration.install(owner, lambda says: print(says, flush=True))
    if problems:
        return tell(problems)
    with working(data) as engine:
        demonstration.populate(engine, lives)
        return run_web(engine, listening, data, demo=True)


def run_web(engine: Engine, listening: socket.socket, data: Path | None, *, demo: bool = False) -> int:
    """Serve what is published on an engine until the process is told to stop."""
    from kernel import jobs
    from kernel.accounts import openid, sealing
    from kernel.audit import ahead
    from kernel.database import user_folder
    from kernel.live import Live
    from kernel.processes import work
    from kernel.processes.readying import Readying
    from kernel.schedules.due import Rounds
    from kernel.storage import deeds
    from renderer.app import Settings as Site
    from renderer.app import create
    from renderer.serving import serve as serve_on

    folder = os.environ.get("AROEIRA_ATTACHMENTS")
    site = Site(
        attachments=Path(folder) if folder else None,
        key=sealing.key(settings(data).folder or user_folder(), os.environ),
        openid=openid.from_environment(os.environ),
        demo=demo,
    )
    with Live(engine) as live:
        if live.runtime.version == 0:
            return tell([Problem("A132", {})])
        ahead.keep(engine)
        _open_the_door(engine, demo=demo)
        if demo and (problems := deeds.enact(engine, live.runtime)):
            tell(problems)
        worker = jobs.Worker(engine, work.tasks(engine, live), rounds=[Rounds(engine, live)])
        with Readying(live), worker:
            serve_on(create(live, engine, site), listening, _say_address)
    return 0


def _open_the_door(engine: Engine, *, demo: bool) -> None:
    """Make the first administrator, and the operators of the demonstration; say the password this once."""
    from kernel.accounts import first
    from kernel.context import at_present
    from kernel.storage import system

    now = at_present(first.ADMINISTRATOR).now
    with engine.begin() as connection:
        system.create(connection)
        password = first.administrator(connection, now)
        if demo:
            first.demonstrate(connection, first.DEMONSTRATED, now)
    if password:
        print(f"Primeira entrada: usuário {first.ADMINISTRATOR}, senha {password}", flush=True)
        print("A senha aparece só agora, e é trocada ao entrar.", flush=True)


def _say_folder(data: Path | None) -> None:
    """Say how the other commands reach a folder that was named for this one alone."""
    if data and not os.environ.get("DATABASE_URL"):
        print(f"Para plan, apply e import neste banco: export AROEIRA_DATA={quote(str(data.resolve()))}")


def _say_address(address: str) -> None:
    print(f"Aroeira está em {address} (Ctrl+C encerra).", flush=True)


@app.command
def bench(
    name: Annotated[str, Parameter(help="web, import, metadata, search, expressions, access ou billing.")],
    *,
    json: Annotated[bool, Parameter(negative=(), help="Uma linha de JSON por medida.")] = False,
    **options: Annotated[int, Parameter(help="Tamanhos do teste, como --rows 100000.")],
) -> int:
    """Mede o produto ao lado de um programa escrito à mão, na mesma execução."""
    from json import dumps

    from tests.benchmarks import NAMES, measure

    if name not in NAMES:
        return tell([Problem("A133", {"word": name, "near": near(name, NAMES), "names": ", ".join(NAMES)})])
    for figure in measure(name, options):
        print(dumps(figure, ensure_ascii=False) if json else _figure_line(figure), flush=True)
    return 0


@app.command
def tck(
    folder: Annotated[Path, Parameter(help="Pasta com os casos, como a do DMN TCK.")],
    *,
    json: Annotated[bool, Parameter(negative=(), help="Uma linha de JSON por categoria.")] = False,
) -> int:
    """Roda os casos de conformidade do padrão DMN e conta quantos passam, por categoria e no total."""
    from dataclasses import asdict
    from json import dumps

    from kernel.context import at_present
    from kernel.dmn import tck as cases

    if not folder.is_dir():
        return tell([Problem("A136", {"folder": str(folder)})])
    tallies = cases.tally(cases.verdicts(folder, at_present("tck").now), cases.categories(folder))
    for each in tallies:
        print(dumps(asdict(each), ensure_ascii=False) if json else _tally_line(each), flush=True)
    return 0


def _tally_line(tally: Any) -> str:
    share = f"{tally.passed / tally.total:.1%}" if tally.total else "–"
    wanting = f"{tally.non_null_passed / tally.non_null_total:.1%}" if tally.non_null_total else "–"
    line = f"{tally.category:<12} {tally.passed:>6} / {tally.total:<6} {share:>7}"
    line += f"   sem contar nulos {tally.non_null_passed:>6} / {tally.non_null_total:<6} {wanting:>7}"
    return line + (f"   fora da conta {tally.excluded}" if tally.excluded else "")


def _figure_line(figure: dict[str, Any]) -> str:
    line = f"{figure['figure']:<34} {figure['value']:>12,} {figure['unit']}"
    if figure.get("versus"):
        line += f"   {figure['versus']}: {figure['versus_value']:,}   ratio {figure['ratio']}"
    return line


for part in (*rule_commands.PARTS, *account_commands.PARTS, *process_commands.PARTS):
    app.command(part)


def main(words: list[str]) -> int:
    """Run one command and return its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that the server is left in order
    try:
        return int(app(words) or 0)
    except CycloptsError as error:
        return tell([misread(error, [name for name in app if name.isalpha()])])
    except Problems as stopped:
        return tell(stopped.problems)
    except OSError as error:
        if error.filename is None:
            raise
        return tell([Problem("A135", {"path": error.filename, "reason": said_of(error)})])
    except KeyboardInterrupt:
        return STOPPED_BY_USER


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    finally:
        gc.freeze()  # the configuration is large: the interpreter would look through all of it before it ends

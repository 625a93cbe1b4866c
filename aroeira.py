"""This file is the command line: a command reads its words, calls one of the folders, prints the answer.

Imports of those folders stand inside the commands, so that each loads only what it needs.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, CycloptsError, Group, Parameter
from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from metadata.problems import Problem, Problems, near

if TYPE_CHECKING:
    from kernel.database import Settings

CHECKOUT = Path(__file__).resolve().parent
VERSION = "0.1.0"
MODULES = CHECKOUT / "modules"
FOUND, STOPPED_BY_USER, TERMINATED = 1, 130, 143

app = App(
    name="./aroeira",
    help="Aroeira: o sistema de gestão de operadoras de saúde.\n\nUso: ./aroeira COMANDO [opções]",
    usage="",  # cyclopts would write "Usage:"
    version=VERSION,
    group_commands=Group("Comandos"),
    group_arguments=Group("Argumentos"),
    group_parameters=Group("Opções"),
    print_error=False,
    exit_on_error=False,
    result_action="return_value",
)
app["--help"].help = "Mostra esta ajuda."
app["--version"].help = "Mostra a versão."

Data = Annotated[Path | None, Parameter(name="--data", help="Pasta dos dados (se não houver DATABASE_URL).")]


@app.command(name="test", help_flags=(), version_flags=())
def run_tests(*words: Annotated[str, Parameter(allow_leading_hyphen=True)]) -> int:
    """Roda os testes; as palavras seguintes vão para o pytest."""
    # One test, or a debugger, gains nothing from workers.
    alone = any(
        word == "-n" or word.startswith(("-n", "--pdb", "--numprocesses")) or "::" in word for word in words
    )
    workers = [] if alone else ["-n", "auto"]
    os.chdir(CHECKOUT)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *workers, *words])


Packages = Annotated[Path | None, Parameter(help="Pasta dos pacotes, ou de um pacote; sem ela, modules.")]


@app.command
def check(folder: Packages = None) -> int:
    """Mostra todos os problemas dos pacotes; não muda nada."""
    from metadata.kinds import KINDS
    from metadata.load import load

    configuration, problems = load(folder or MODULES)
    if problems:
        return tell(problem.below(shown_root(folder)) for problem in problems)
    counts = [f"{len(configuration.documents[kind.folder])} {kind.label}" for kind in KINDS.values()]
    print(f"Sem problemas em {len(configuration.packages)} pacotes: {', '.join(counts)}.")
    return 0


@app.command(name="fmt")
def write_canonical(
    folder: Packages = None,
    *,
    check: Annotated[bool, Parameter(negative=(), help="Só mostra o que mudaria.")] = False,
) -> int:
    """Reescreve os documentos na forma canônica."""
    from metadata.canonical import rewritten
    from metadata.load import read_folder

    root = shown_root(folder)
    changed, problems = rewritten(read_folder(folder or MODULES))
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


@app.command
def database(*, data: Data = None) -> int:
    """Mostra onde está o banco de dados e o prepara; inicia o servidor próprio se for preciso."""
    from kernel.database import connect, describe

    with connect(settings(data)) as engine:
        for label, value in describe(engine).items():
            print(f"{label:<10} {value}")
    return 0


def shown_root(folder: Path | None) -> Path:
    """Return where the packages stand as seen from here, so that an editor opens the paths told."""
    from metadata.load import root_of

    return Path(os.path.relpath(root_of(folder or MODULES)))


def settings(data: Path | None) -> Settings:
    """Return which database to use: the environment's, or the one of `--data`."""
    from kernel.database import Settings

    return Settings.from_environment(os.environ, folder=data)


def misread(error: CycloptsError) -> Problem:
    """Return what is wrong with the words that the user typed."""
    match error:
        case UnknownCommandError(unused_tokens=[word, *_]):
            return Problem(
                "A121", {"word": word, "near": near(word, [name for name in app if name.isalpha()])}
            )
        case UnknownOptionError():
            return Problem("A122", {"word": error.token.keyword or error.token.value})
        case MissingArgumentError(argument=argument) if argument is not None:
            return Problem("A123", {"word": argument.name})
        case UnusedCliTokensError(unused_tokens=[word, *_]):
            return Problem("A124", {"word": word})
        case CoercionError(argument=argument, token=token) if argument is not None and token is not None:
            return Problem("A125", {"word": argument.name, "value": token.value})
    return Problem("A126", {"said": " ".join(str(error).split())})


def tell(problems: Iterable[Problem]) -> int:
    """Print problems to standard error and return the status of a command that found some."""
    for problem in problems:
        print(problem, file=sys.stderr)
    return FOUND


def main(words: list[str]) -> int:
    """Run one command and return its exit status."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # so that the server is left in order
    try:
        return int(app(words) or 0)
    except CycloptsError as error:
        return tell([misread(error)])
    except Problems as stopped:
        return tell(stopped.problems)
    except KeyboardInterrupt:
        return STOPPED_BY_USER


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

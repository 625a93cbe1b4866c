"""This file says in Portuguese what the library of the command line says: its help, and what was mistyped."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cyclopts.exceptions import (
    CoercionError,
    MissingArgumentError,
    RepeatArgumentError,
    UnknownCommandError,
    UnknownOptionError,
    UnusedCliTokensError,
)

from metadata.problems import Problem, near

if TYPE_CHECKING:
    from cyclopts import Argument, CycloptsError
    from cyclopts.help import HelpEntry, HelpPanel
    from rich.console import Console, ConsoleOptions

# What the library writes in English, and the parameters' own names where they stand for a value.
WORDS = {
    "COMMAND": "COMANDO", "OPTIONS": "OPÇÕES", "ARGS": "ARGUMENTOS", "WORDS": "PALAVRAS",
    "INT": "NÚMERO", "STR": "TEXTO", "PATH": "CAMINHO", "DATE": "DIA",
    "PROCESS": "PROCESSO",
    "FOLDER": "PASTA", "MAPPING": "MAPA", "FILE": "ARQUIVO", "NAME": "NOME", "KIND": "TIPO",
    "LOGIN": "USUÁRIO", "VALUE": "VALOR", "TEXT": "TEXTO",
}  # fmt: skip
TITLES = {"Commands": "Comandos", "Arguments": "Argumentos", "Parameters": "Opções"}
NO_DEFAULT = (None, "False", '""', "()", "[]")


def word(english: str | None) -> str:
    """Return a word of the library in Portuguese; `…` stands behind what may come more than once."""
    stem = (english or "").removesuffix("...")
    return WORDS.get(stem, stem) + "…" * (stem != (english or ""))


class PortugueseHelp:
    """How `--help` is written: the library's layout, our words."""

    def __call__(self, console: Console, options: ConsoleOptions, panel: HelpPanel) -> None:
        """Write one panel of commands or options."""
        from cyclopts.help import DefaultFormatter

        entries = [self._entry(entry) for entry in panel.entries]
        translated = panel.copy(entries=entries, title=TITLES.get(str(panel.title), panel.title))
        DefaultFormatter()(console, options, translated)

    def render_usage(self, console: Console, options: ConsoleOptions, usage: Any) -> None:  # noqa: ARG002
        """Write how a command is typed."""
        words = (word(each) for each in re.split(r"([][ \n])", str(usage)))
        console.print(f"Uso: {''.join(words)}", markup=False, highlight=False)

    def _entry(self, entry: HelpEntry) -> HelpEntry:
        from attrs import evolve
        from rich.text import Text

        about: Any = entry.description
        if entry.default not in NO_DEFAULT:
            about.append(Text(f"[padrão: {entry.default}]"))
        if entry.required:
            about.append(Text("[obrigatório]"))
        return evolve(
            entry,
            metavar=entry.metavar and word(entry.metavar),
            positional_label=entry.positional_label and word(entry.positional_label),
            positive_names=tuple(name.replace("--[KEYWORD]", "--OPÇÃO") for name in entry.positive_names),
            default=None,
            required=False,
            description=about,
        )


def misread(error: CycloptsError, commands: Iterable[str]) -> Problem:
    """Return what is wrong with the words that the user typed; `commands` are those there are."""
    told = " ".join(("./aroeira", *(error.command_chain or ()), "--help"))
    code, facts = "A126", dict[str, str]()
    match error:
        case UnknownCommandError(unused_tokens=[said, *_]):
            code, facts = "A121", {"word": said, "near": near(said, commands)}
        case UnknownOptionError():
            code, facts = "A122", {"word": error.token.keyword or error.token.value}
        case MissingArgumentError(argument=argument) if argument is not None:
            code, facts = "A123", {"word": as_shown(argument)}
        case RepeatArgumentError():
            code, facts = "A137", {"word": error.token.keyword or error.token.value}
        case UnusedCliTokensError(unused_tokens=[said, *_]):
            code, facts = "A124", {"word": said}
        case CoercionError(argument=argument, token=token) if argument is not None and token is not None:
            code, facts = "A125", {"word": as_shown(argument), "value": token.value}
    return Problem(code, {**facts, "help": told})


def as_shown(argument: Argument) -> str:
    """Return the name under which the help shows a word: MAPA by its place, --data by its name."""
    shown = argument.name if argument.index is None else word(argument.name.lstrip("-").upper())
    return shown.replace("--[KEYWORD]", "o valor da opção")

"""The help of every command is in Portuguese: what we wrote ourselves, and what the library adds to it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from cyclopts import App
from rich.console import Console

from aroeira import app
from command_words import NO_DEFAULT, TITLES, WORDS

WORD = re.compile(r"[^\W\d_][\w-]*")
# What stands between our own texts: titles, marks, words for values.
PORTUGUESE = {
    *(part for text in (*WORDS.values(), *TITLES.values()) for part in WORD.findall(text)),
    *("Uso", "padrão", "obrigatório", "OPÇÃO", "aroeira", "Mostra", "esta", "ajuda", "a", "versão", "h"),
}


def commands(of: App = app, *above: str) -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, those of its groups too."""
    yield above
    for name in of:
        if name.startswith("-"):
            continue
        yield from commands(of[name], *above, name)


def helped(words: tuple[str, ...]) -> str:
    """Return what `--help` prints, on a wide page: nothing is cut."""
    written = io.StringIO()
    app([*words, "--help"], console=Console(file=written, width=400))
    return written.getvalue()


def own(words: tuple[str, ...]) -> set[str]:
    """Return the words that we wrote for a command: names, and the texts beside them."""
    here = app
    for word in words:
        here = here[word]
    texts = [*words, here.help, *here, *(here[name].help for name in here)]
    if here.default_command:
        for argument in here.assemble_argument_collection():
            texts += [*argument.names, argument.parameter.help or "", str(argument.field_info.default)]
    return {word for text in texts for word in WORD.findall(text)}


ALL = sorted(commands())


def test_the_walk_finds_commands_and_those_of_groups() -> None:
    assert {(), ("check",), ("account",), ("account", "add"), ("parameter", "set")} <= set(ALL)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_says_nothing_in_english(words: tuple[str, ...]) -> None:
    if words == ("test",):  # its words go to pytest, the help too
        return
    said = helped(words)
    assert said.startswith("Uso: ./aroeira")
    assert set(WORD.findall(said)) - own(words) - PORTUGUESE == set()
    assert all(f"[padrão: {nothing}]" not in said for nothing in NO_DEFAULT)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_every_command_and_every_word_of_it_says_what_it_is_for(words: tuple[str, ...]) -> None:
    here = app
    for word in words:
        here = here[word]
    assert here.help
    if here.default_command and words != ("test",):
        for argument in here.assemble_argument_collection():
            assert argument.parameter.help, (words, argument.name)

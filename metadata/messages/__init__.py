"""This folder turns the code of a problem and its facts into a Portuguese sentence and a next step."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

MAX_FACT = 300  # what a user pasted by mistake need not come back whole
FOLDER = Path(__file__).parent


@lru_cache(maxsize=4)
def catalogue(locale: str = "pt_BR") -> dict[str, dict[str, str]]:
    """Return code → {says, do} of one locale."""
    return _read(f"{locale}.yaml")


@lru_cache(maxsize=4)
def _changes(locale: str = "pt_BR") -> dict[str, str]:
    return _read(f"{locale}.changes.yaml")


@lru_cache(maxsize=4)
def _reading(locale: str = "pt_BR") -> dict[str, str]:
    return _read(f"{locale}.reading.yaml")


def reading_error(said: str) -> str:
    """Return in Portuguese what a parser of YAML, CSV or JSON found wrong."""
    sentences = _reading()
    return next((sentence for part, sentence in sentences.items() if part in said), sentences["otherwise"])


@lru_cache(maxsize=4)
def _keys(locale: str = "pt_BR") -> dict[str, dict[str, str]]:
    return _read(f"{locale}.keys.yaml")


def key_texts(model: str) -> dict[str, str]:
    """Return what each key of a model says, by key; `_` is the model itself."""
    return _keys()["every"] | _keys()[model]


def _read(name: str) -> dict[str, Any]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return dict(yaml.load(text, Loader=yaml.CBaseLoader))  # noqa: S506 (BaseLoader makes only texts)


def sentence_of_change(name: str, facts: Mapping[str, str], *, ends: bool) -> str:
    """Return the sentence of a change by the name of its class; `ends` says that something is no more."""
    sentences = _changes()
    return sentences.get(f"{name}.ends" if ends else name, sentences[name]).format_map(facts)


def sentence(code: str, facts: Mapping[str, str]) -> str:
    """Return what is wrong and the next step as one text of its own, with a full stop."""
    says, do = render(code, facts)
    return f"{says[0].upper()}{says[1:]}; {do}."


def _short(text: str) -> str:
    return text if len(text) <= MAX_FACT else text[: MAX_FACT - 1] + "…"


def render(code: str, facts: Mapping[str, Any]) -> tuple[str, str]:
    """Return (sentence, next step) of a code; a fact `near` adds "você quis dizer …?"."""
    entry = catalogue()[code]
    shown = {name: _short(str(value)) for name, value in facts.items()}
    sentence = entry["says"].format_map(shown)
    step = entry.get("do", "").format_map(shown)
    if shown.get("near"):
        step = f"você quis dizer “{shown['near']}”?"
    return sentence, step

"""This file describes lists of fixed options that fields choose from."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

from metadata.model import OPTION, Identifier, Model

Tone = Literal["", "good", "warn", "bad", "info", "calm"]


class Option(Model):
    """One option: what people read, and how a chip shows it."""

    short_form: ClassVar[str] = "label"

    label: str
    tone: Tone = ""
    icon: str = ""
    help: str = ""


def _code(value: str) -> str:
    if not OPTION.fullmatch(value):
        raise PydanticCustomError("option_code", "", {"value": value})
    return value


def _some(value: dict[str, Option]) -> dict[str, Option]:
    if not value:
        raise PydanticCustomError("no_options", "", {})
    return value


Options = Annotated[dict[Annotated[str, AfterValidator(_code)], Option], AfterValidator(_some)]


class Choices(Model):
    """A named list of options, shared by fields."""

    choices: Identifier
    label: str = ""
    options: Options
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.choices

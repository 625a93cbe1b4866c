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


def _codes(value: dict[str, Option]) -> dict[str, Option]:
    for code in value:
        if not OPTION.fullmatch(code):
            raise PydanticCustomError("option_code", "{value}", {"value": code})
    if not value:
        raise PydanticCustomError("no_options", "", {})
    return value


Options = Annotated[dict[str, Option], AfterValidator(_codes)]


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

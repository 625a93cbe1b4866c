"""This file has the common ground of all document models: frozen, no unknown keys, values from text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, model_validator
from pydantic_core import PydanticCustomError

IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
MAX_IDENTIFIER = 50  # PostgreSQL cuts names at 63 bytes; prefixes of indexes need the rest
OPTION = re.compile(r"[A-Za-z0-9_.\-]{1,60}")


class Model(BaseModel):
    """A part of a document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    short_form: ClassVar[str] = ""
    """The key that a bare text stands for: `ativo: Registro ativo` is `ativo: {label: Registro ativo}`."""

    named_by: ClassVar[str] = ""
    """The key that a document writes as the name of the part, not within it."""

    @model_validator(mode="before")
    @classmethod
    def _written_short(cls, value: Any) -> Any:
        """Read the short form, and a part that comes with its name as (name, part)."""
        if cls.short_form and isinstance(value, str):
            return {cls.short_form: value}
        if not cls.named_by or not isinstance(value, tuple):
            return value
        name, part = value
        if not isinstance(part, dict):
            raise PydanticCustomError("named", "", {})
        if cls.named_by in part:
            raise PydanticCustomError("unknown_key", "", {"key": cls.named_by})
        return {cls.named_by: name, **part}


def _identifier(value: str) -> str:
    if len(value) > MAX_IDENTIFIER or not IDENTIFIER.fullmatch(value):
        raise PydanticCustomError("identifier", "{value}", {"value": value})
    return value


def _yes_no(value: Any) -> Any:
    if value in ("yes", "no"):
        return value == "yes"
    if isinstance(value, bool):
        return value
    raise PydanticCustomError("yes_no", "{value}", {"value": str(value)})


def _condition(value: Any) -> Any:
    if value in ("yes", "no"):
        return value == "yes"
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip() not in ("", "true", "false"):
        return value
    raise PydanticCustomError("yes_no", "{value}", {"value": str(value)})


def _one_or_many(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


Identifier = Annotated[str, AfterValidator(_identifier)]
YesNo = Annotated[bool, BeforeValidator(_yes_no)]
if TYPE_CHECKING:
    Condition = bool  # once the model is read, a condition stands under a name of its own
else:
    Condition = Annotated[bool | str, BeforeValidator(_condition)]
Names = Annotated[tuple[str, ...], BeforeValidator(_one_or_many)]

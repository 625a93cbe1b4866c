"""This file describes named expressions with parameters, and the typed values that definitions speak of."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator
from pydantic import Field as PydanticField
from pydantic_core import PydanticCustomError

from metadata.entity import Field
from metadata.model import Identifier, Model

_TEXTS = ("label", "short", "help", "example", "source", "note", "unit")
_SHAPE = ("type", "of", "to", "min", "max", "mask", "upper")
VALUE_KEYS = frozenset((*_TEXTS, *_SHAPE))


def _value_only(field: Field) -> Field:
    """Refuse what only means something where values are kept or edited."""
    for key in sorted(field.model_fields_set - VALUE_KEYS):
        raise PydanticCustomError("option", "{key}", {"key": key, "type": f"{field.type}, aqui"})
    return field


Value = Annotated[Field, AfterValidator(_value_only)]


class Function(Model):
    """A named expression; one of an entity sees the fields of the record it is called on."""

    function: Identifier
    label: str = ""
    of: str = ""
    takes: dict[Identifier, Value] = PydanticField(default_factory=dict)
    is_: str = PydanticField(alias="is")
    help: str = ""
    source: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.function

    @property
    def values(self) -> dict[str, Field]:
        """The typed values that the document speaks of, by name."""
        return self.takes

"""This file describes actions: what a record's form asks, and which records are made from the answers."""

from __future__ import annotations

from functools import cached_property
from typing import Annotated

from pydantic import AfterValidator
from pydantic import Field as PydanticField
from pydantic_core import PydanticCustomError

from metadata.entity import Entity, EntityLabel, Field
from metadata.function import VALUE_KEYS
from metadata.making import Making
from metadata.model import Identifier, Model

QUESTION_KEYS = VALUE_KEYS | {"required", "default", "lines", "where", "only"}
_UNASKED = frozenset({"children", "attachment", "image", "sequence", "json"})


def _question_only(field: Field) -> Field:
    """Refuse what only means something where values are kept, and types that no question asks for."""
    for key in sorted(field.model_fields_set - QUESTION_KEYS):
        raise PydanticCustomError("option", "{key}", {"key": key, "type": f"{field.type}, aqui"})
    if field.type in _UNASKED:
        raise PydanticCustomError("option", "{key}", {"key": "type", "type": f"{field.type}, aqui"})
    if field.required_when:
        raise PydanticCustomError("yes_no", "{value}", {"value": field.required_when})
    return field


Question = Annotated[Field, AfterValidator(_question_only)]


class Action(Model):
    """Something that a person starts from a record.

    of: the entity of that record; expressions see it under the name of its entity, and its fields.
    ask: the questions, which are seen under their names.  makes: the records, by a name of each kind.
    """

    action: Identifier
    label: str
    of: str
    help: str = ""
    ask: dict[Identifier, Question] = PydanticField(default_factory=dict)
    makes: dict[Identifier, Making]
    source: str = ""
    note: str = ""

    @property
    def name(self) -> str:
        """The name of the document."""
        return self.action

    @property
    def values(self) -> dict[str, Field]:
        """The typed values that the document speaks of, by name."""
        return self.ask

    @cached_property
    def questions(self) -> Entity:
        """The questions as the fields of an entity that is never kept, for whoever shows and reads them."""
        label = EntityLabel(one=self.label, many=self.label)
        return Entity.model_construct(entity=self.action, label=label, fields=self.ask)

"""This file describes transitions of records in the OpenAPI document: where each is made, what it asks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kernel.runtime import CompiledEntity
from metadata.entity import Field
from renderer.api import ROOT

Schema = dict[str, Any]
DESCRIBED: Schema = {
    "type": "array",
    "readOnly": True,
    "description": "Só ao ler um registro: o que se pode fazer com a situação dele, e por que não agora.",
    "items": {
        "type": "object",
        "required": ["name", "label", "to", "asks", "possible"],
        "properties": {
            "name": {"type": "string"},
            "label": {"type": "string"},
            "to": {"type": "string", "description": "Situação a que leva."},
            "asks": {
                "type": "array",
                "items": {"type": "string"},
                "description": "Campos a preencher.",
            },
            "possible": {"type": "boolean"},
            "reason": {"type": "string", "description": "Por que não é possível agora."},
            "runs": {"type": "string", "description": "Processo que começa junto."},
        },
    },
}


def paths(
    name: str, compiled: CompiledEntity, operation: Callable[..., Schema], edited: Callable[[Field], Schema],
    parameters: tuple[Schema, ...],
) -> Schema:  # fmt: skip
    """Return a path for each transition of an entity; parameters: id, key, version."""
    id, *headers = parameters
    found: Schema = {}
    for key, rule in compiled.entity.made_by_hand.items():
        asked = {each: edited(compiled.fields[each]) for each in rule.asks}
        body = {
            "type": "object",
            "title": rule.label,
            "properties": {"version": {"type": "integer"}, **asked},
        }
        made = operation(name, key, rule.label, list(headers), body)
        said = {"description": rule.help} if rule.help else {}
        found[f"{ROOT}/{name}/{{id}}/transicoes/{key}"] = {"parameters": [id], "post": made | said}
    return found

"""This file says what a refused document still says, so that the rest of it is checked as well."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from metadata.entity import Entity
from metadata.refusals import Path, steps_of
from metadata.screen import written_path
from metadata.source import Source

M = TypeVar("M", bound=BaseModel)

# What a document must have and no rule looks at: where it was refused, anything may stand there.
_SPARE: dict[type[BaseModel], dict[str, Any]] = {Entity: {"label": {"one": "", "many": ""}}}
_MOST_ROUNDS = 5  # a part may prove wrong only when another is gone


def remainder(model: type[M], source: Source) -> M | None:
    """Return the model of a document without its refused parts; None when it cannot do without them.

    Only keys are left out, never items of a list: so every position stays the one of the document.
    """
    plain, spare = source.plain, _SPARE.get(model, {})
    for _ in range(_MOST_ROUNDS):
        try:
            return model.model_validate(spare | plain)
        except ValidationError as error:
            refused = [_part(detail, plain) for detail in error.errors(include_url=False)]
        for path in refused:
            if path == ():
                return None
            plain = _without(plain, path)
    return None


def _part(detail: Any, plain: dict[str, Any]) -> Path:
    """Return the path of the key to leave out; what lacks something goes as a whole."""
    path = written_path(steps_of(detail["loc"])[0], plain)
    if detail["type"] in ("option", "unknown_key"):
        path = (*path, detail["ctx"]["key"])
    elif detail["type"] == "missing":
        path = path[:-1]
    while path and isinstance(path[-1], int):
        path = path[:-1]
    return path


def _without(node: Any, path: Path) -> Any:
    """Return a tree without the key at a path; of a short form (`nome: text`), without the whole of it."""
    step, rest = path[0], path[1:]
    if isinstance(node, list) and isinstance(step, int) and rest:
        return [_without(item, rest) if place == step else item for place, item in enumerate(node)]
    if not isinstance(node, dict) or step not in node:
        return node
    if rest and isinstance(node[step], dict | list):
        return node | {step: _without(node[step], rest)}
    return {key: part for key, part in node.items() if key != step}

"""This file turns pydantic's refusals into problems with a place and a Portuguese sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from metadata.problems import Problem, near
from metadata.source import Source

M = TypeVar("M", bound=BaseModel)

# pydantic's kind of error → (code, wanted)
_WANTED = {
    "int_parsing": "um número inteiro",
    "int_from_float": "um número inteiro",
    "string_type": "um texto",
    "list_type": "uma lista",
    "tuple_type": "uma lista",
    "dict_type": "um mapeamento (nome: valor)",
    "model_type": "um mapeamento (nome: valor)",
    "model_attributes_type": "um mapeamento (nome: valor)",
    "yes_no": "yes ou no",
    "rows": "uma lista de linhas",
    "item": "o nome de um campo, ou nome: {opções}",
    "string_pattern_mismatch": "a forma 1.2.3",
    "size": "um tamanho como (12,2), com até 38 algarismos",
    "string_too_long": "um só caractere",
}


def validated(model: type[M], source: Source) -> M | list[Problem]:
    """Return the model of a document, or every reason why it is none."""
    try:
        return model.model_validate(source.plain)
    except ValidationError as error:
        return list(_problems(error, model, source))


def _problems(error: ValidationError, model: type[BaseModel], source: Source) -> Iterator[Problem]:
    """Yield one problem for each refusal, at the deepest part of the document that it names."""
    for detail in error.errors(include_url=False):
        yield _problem(dict(detail), model, source)


def _problem(detail: dict[str, Any], model: type[BaseModel], source: Source) -> Problem:
    kind, path = (
        detail["type"],
        tuple(step for step in detail["loc"] if not _is_branch(step)),
    )
    facts = dict(detail.get("ctx") or {})
    facts["key"] = facts.get("key") or (str(path[-1]) if path else "")
    value = detail.get("input")
    facts["value"] = facts.get("value") or (value if isinstance(value, str) else "")
    if kind == "extra_forbidden":
        known = _keys_at(model, path[:-1])
        return Problem(
            "M108",
            {"key": path[-1], "near": near(str(path[-1]), known)},
            source.place(path, key=True),
        )
    if kind == "missing":
        return Problem("M109", facts, source.place(path[:-1]))
    if kind in ("option", "needs"):
        return Problem(
            {"option": "M112", "needs": "M109"}[kind],
            facts,
            source.place((*path, facts["key"]), key=True),
        )
    codes = {
        "identifier": "M113",
        "unknown_type": "M111",
        "option_code": "M119",
        "no_options": "M118",
    }
    if kind in codes:
        return Problem(
            codes[kind],
            {"near": "", **facts},
            source.place(path, key=path[-1:] == ("[key]",)),
        )
    wanted = _WANTED.get(kind) or _expected(facts) or detail["msg"]
    return Problem("M110", {**facts, "wanted": wanted}, source.place(path))


def _is_branch(step: Any) -> bool:
    """Tell steps that pydantic adds for branches of a union or for keys, which no document has."""
    return isinstance(step, str) and (
        step in ("str", "[key]") or step.startswith(("dict[", "function-", "list["))
    )


def _expected(facts: dict[str, Any]) -> str:
    expected = str(facts.get("expected", ""))
    if expected:
        return "uma destas palavras: " + expected.replace(" or ", " ou ").replace("'", "")
    bounds = {"ge": "no mínimo", "le": "no máximo"}
    return next(
        (f"{words} {facts[name]}" for name, words in bounds.items() if name in facts),
        "",
    )


def _keys_at(model: type[BaseModel], path: tuple[Any, ...]) -> list[str]:
    """Return the keys that the model knows at a path, walking through mappings and lists."""
    current: Any = model
    for step in path:
        fields = getattr(current, "model_fields", None)
        if fields and step in fields:
            current = fields[step].annotation
        current = _inner_model(current) or current
    current = _inner_model(current) or current
    return list(getattr(current, "model_fields", {}))


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for part in get_args(annotation):
        if found := _inner_model(part):
            return found
    return None

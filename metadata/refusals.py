"""This file turns pydantic's refusals into problems with a place and a Portuguese sentence."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from metadata.problems import Place, Problem, near, shortened
from metadata.screen import written_path
from metadata.source import Source

M = TypeVar("M", bound=BaseModel)
Path = tuple[Any, ...]

# Refusals of our own models that have a code of their own.
_CODES = {
    "extra_forbidden": "M108",
    "unknown_key": "M108",
    "missing": "M109",
    "needs": "M109",
    "unknown_type": "M111",
    "option": "M112",
    "identifier": "M113",
    "no_options": "M118",
    "option_code": "M119",
}
# The others, by what should stand there (M110).
_WANTED = {
    "day": "um dia como 2026-07-31",
    "dict_type": "um mapeamento (nome: valor)",
    "named": "o nome de um campo, ou nome: {opções}",
    "list_type": "uma lista",
    "model_attributes_type": "um mapeamento (nome: valor)",
    "model_type": "um mapeamento (nome: valor)",
    "size": "um tamanho como (12,2), com até 38 algarismos",
    "string_pattern_mismatch": "a forma 1.2.3",
    "string_too_long": "um só caractere",
    "string_type": "um texto",
    "tuple_type": "uma lista",
    "yes_no": "yes ou no",
}
# What pydantic puts into a path for branches of a union and for validators; no document has it.
_BRANCHES = ("dict[", "function-", "list[", "tuple[")


def validated(model: type[M], source: Source) -> M | list[Problem]:
    """Return the model of a document, or every reason why it is none."""
    try:
        return model.model_validate(source.plain)
    except ValidationError as error:
        return list(_problems(error, model, source))


def steps_of(loc: Path) -> tuple[Path, bool]:
    """Return the steps that a document has, and whether the last is a key that is refused itself."""
    steps = tuple(step for step in loc if step != "str" and not str(step).startswith(_BRANCHES))
    return (steps[:-1], True) if steps[-1:] == ("[key]",) else (steps, False)


def _problems(error: ValidationError, model: type[M], source: Source) -> Iterator[Problem]:
    """Yield one problem for each refusal, at the deepest part of the document that it names."""
    for detail in error.errors(include_url=False):
        path = detail["loc"]
        if path[-1:] == ("str",) and not isinstance(detail["input"], str):
            continue  # `of` may be a text or options; what is wrong with the options is told by itself
        yield _problem(detail["type"], detail.get("ctx") or {}, detail["input"], path, model, source)


def _problem(
    kind: str, context: dict[str, Any], value: Any, path: Path, model: type[M], source: Source
) -> Problem:
    loc, on_key = steps_of(path)
    path = written_path(loc, source.plain)
    own_key = next((step for step in reversed(path) if isinstance(step, str)), "")
    facts = {"key": own_key, "value": _shown(value), "near": "", **context}
    if kind == "extra_forbidden":
        facts["near"] = near(own_key, _keys_at(model, loc[:-1]))
    if kind not in _CODES:
        facts["wanted"] = _WANTED.get(kind) or _expected(facts) or _range(model, loc) or "outro valor"
    return Problem(_CODES.get(kind, "M110"), facts, _place(kind, path, facts, source, on_key=on_key))


def _shown(value: Any) -> str:
    value = value[1] if isinstance(value, tuple) else value
    return shortened(value) if isinstance(value, str) else "[…]" if isinstance(value, list) else "{…}"


def _place(kind: str, path: Path, facts: dict[str, Any], source: Source, *, on_key: bool) -> Place:
    if kind in ("option", "unknown_key"):
        return source.place((*path, facts["key"]), key=True)
    if kind == "missing":
        return source.place(path[:-1])
    return source.place(path, key=on_key or kind in ("extra_forbidden", "option_code"))


def _expected(facts: dict[str, Any]) -> str:
    expected = str(facts.get("expected", ""))
    said = expected.replace(" or ", " ou ").replace("'", "").removeprefix(", ")
    return f"uma destas palavras: {said}" if said else ""


def _range(model: type[BaseModel], path: Path) -> str:
    """Return which whole numbers a key takes, both ends, whichever of them was passed."""
    info = getattr(_model_at(model, path[:-1]), "model_fields", {}).get(path[-1])
    if info is None or info.annotation is not int:
        return ""
    rules = info.metadata
    least = next((rule.ge for rule in rules if hasattr(rule, "ge")), None)
    most = next((rule.le for rule in rules if hasattr(rule, "le")), None)
    if most is None:
        return "um número inteiro" if least is None else f"um número inteiro, a partir de {least}"
    return f"um número inteiro, de {least or 0} a {most}"


def _keys_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the keys that the model knows at a path."""
    found = _model_at(model, path)
    known = (info.alias or name for name, info in getattr(found, "model_fields", {}).items())
    return [key for key in known if key != getattr(found, "named_by", "")]


def _model_at(model: type[BaseModel], path: Path) -> Any:
    """Return the model at a path, walking through mappings and lists."""
    current: Any = model
    for step in path:
        fields = getattr(current, "model_fields", None)
        if fields and step in fields:
            current = fields[step].annotation
        current = _inner_model(current) or current
    return _inner_model(current) or current


def _inner_model(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _inner_model(part))), None)

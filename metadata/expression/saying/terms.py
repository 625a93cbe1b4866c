"""This file says values: fields by their labels, calls and arithmetic in words."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from metadata.expression import nodes as n
from metadata.expression.builtins import BUILTINS
from metadata.expression.saying.constants import constant
from metadata.expression.saying.sight import (
    MANY,
    TERMS,
    Seen,
    Sight,
    clause,
    listed,
    small,
    spaced,
    term,
)
from metadata.expression.surface.names import FUNCTIONS, TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metadata.entity import Field

THE_VALUE = "o valor"
_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷", "**": "elevado a"}
# By name and number of arguments; what is not here is said by its name: máximo(a, b).
_CALLS = {
    ("today", 0): "hoje",
    ("now", 0): "agora",
    ("sum", 1): "soma de {0}",
    ("count", 1): "quantidade de {0}",
    ("min", 1): "menor de {0}",
    ("max", 1): "maior de {0}",
    ("mean", 1): "média de {0}",
    ("years between", 2): "anos entre {0} e {1}",
    ("months between", 2): "meses entre {0} e {1}",
    ("days between", 2): "dias entre {0} e {1}",
    ("business days between", 2): "dias úteis entre {0} e {1}",
    ("add business days", 2): "{0} mais {1} dias úteis",
    ("next business day", 1): "próximo dia útil de {0}",
    ("first day of month", 1): "primeiro dia do mês de {0}",
    ("last day of month", 1): "último dia do mês de {0}",
    ("first day of year", 1): "primeiro dia do ano de {0}",
    ("last day of year", 1): "último dia do ano de {0}",
    ("day of week", 1): "dia da semana de {0}",
    ("upper case", 1): "{0} em maiúsculas",
    ("lower case", 1): "{0} em minúsculas",
    ("without accents", 1): "{0} sem acentos",
    ("trim", 1): "{0} sem espaços nas pontas",
    ("string length", 1): "tamanho de {0}",
    ("digits of", 1): "algarismos de {0}",
    ("drawn", 2): "número menor que {1} sorteado por {0}",
    ("left", 2): "{1} primeiros caracteres de {0}",
    ("right", 2): "{1} últimos caracteres de {0}",
    ("substring before", 2): "o que vem antes de {1} em {0}",
    ("substring after", 2): "o que vem depois de {1} em {0}",
    ("abs", 1): "valor absoluto de {0}",
    ("modulo", 2): "resto de {0} dividido por {1}",
    ("decimal", 2): "{0} com {1} casas decimais",
    ("in words", 1): "{0} por extenso",
    ("money in words", 1): "{0} em reais por extenso",
    ("coalesce", 2): "{0} (se vazio, {1})",
    ("string", 1): "{0} como texto",
    ("number", 1): "{0} como número",
    ("date", 1): "data de {0}",
}
_PARTS = {
    "year": "ano", "month": "mês", "day": "dia", "weekday": "dia da semana", "hour": "hora",
    "minute": "minuto", "second": "segundo", "days": "dias", "hours": "horas", "minutes": "minutos",
    "seconds": "segundos", "years": "anos", "months": "meses", "timezone": "fuso", "time offset": "fuso",
    "start": "começo", "end": "fim", "start included": "começo incluído", "end included": "fim incluído",
}  # fmt: skip
_SAME_KIND = ("sum", "min", "max", "mean", "median", "abs", "coalesce", "decimal", "floor", "ceiling")


def about(node: n.Node, sight: Sight) -> Field | None:
    """Return the field whose values a part is made of: constants beside it are printed alike."""
    if isinstance(node, n.Call):
        name = node.function.name if isinstance(node.function, n.Name) else ""
        return about(node.arguments[0], sight) if name in _SAME_KIND and node.arguments else None
    if isinstance(node, n.Arithmetic) and node.operator in "+-":
        return about(node.left, sight) or about(node.right, sight)
    if isinstance(node, n.Negative):
        return about(node.operand, sight)
    found = sight.seen(node)
    return found.field if found else None


def value(node: n.Node, sight: Sight, field: Field | None = None) -> str:
    """Return a value in words, a constant as the field beside it prints it."""
    if isinstance(node, n.ListOf) and node.items:
        return listed([value(item, sight, field) for item in node.items], "e")
    said = constant(node, field)
    return term(node, sight) if said is None else said


def _constant(node: n.Node, sight: Sight) -> str:
    return constant(node) or ""


def _name(node: n.Name, sight: Sight) -> str:
    found = sight.seen(node)
    return found.label if found else FUNCTIONS.get(node.name, spaced(node.name))


def _input(node: n.Input, sight: Sight) -> str:
    found = sight.seen(node)
    return found.label if found else THE_VALUE


def _path(node: n.Path, sight: Sight) -> str:
    found = sight.seen(node)
    if found and not isinstance(node.base, n.Filter):
        return found.label
    part = found.field.label if found and found.field else _PARTS.get(node.name, spaced(node.name))
    return f"{part} de {_closed(node.base, sight)}"


def _filter(node: n.Filter, sight: Sight) -> str:
    base = term(node.base, sight)
    if isinstance(place := node.condition, n.Number):
        return f"{constant(place)}º de {base}"
    if isinstance(place, n.Negative) and place.operand == n.Number(Decimal(1)):
        return f"último de {base}"
    found = sight.seen(node.base) or Seen(THE_VALUE)
    return f"{base} em que {clause(place, sight.inside(found)).closed}"


def _call(node: n.Call, sight: Sight) -> str:
    said = constant(node)
    if said is not None:
        return said
    given = [value(argument, sight) for argument in node.arguments]
    name = node.function.name if isinstance(node.function, n.Name) else ""
    pattern = _CALLS.get((name, len(given))) if name not in sight.names else None
    if pattern and not node.names:
        return pattern.format(
            *(_whole(each, argument) for each, argument in zip(given, node.arguments, strict=True))
        )
    return f"{_callee(node.function, sight)}({'; '.join(given)})"


def _callee(node: n.Node, sight: Sight) -> str:
    """Say what is called: a built-in by its Portuguese name, whatever a field is called."""
    if isinstance(node, n.Name) and node.name in BUILTINS:
        return FUNCTIONS[node.name]
    return spaced(node.name) if isinstance(node, n.Name) else term(node, sight)


def _whole(said: str, node: n.Node) -> str:
    """Hold together what stands within words; a list is one by its commas."""
    return f"({said})" if isinstance(node, n.Arithmetic | n.If | n.For) else said


def _closed(node: n.Node, sight: Sight) -> str:
    return _whole(value(node, sight), node)


def _negative(node: n.Negative, sight: Sight) -> str:
    return constant(node) or f"−{_closed(node.operand, sight)}"


def _arithmetic(node: n.Arithmetic, sight: Sight) -> str:
    field = about(node, sight) if node.operator in "+-" else None
    parts = [_whole(value(side, sight, field), side) for side in (node.left, node.right)]
    if node.operator == "+" and isinstance(node.left, n.Arithmetic) and node.left.operator == "+":
        parts[0] = value(node.left, sight, field)
    return f"{parts[0]} {_SIGNS[node.operator]} {parts[1]}"


def _list(node: n.ListOf, sight: Sight) -> str:
    return value(node, sight) if node.items else "lista vazia"


def _context(node: n.Context, sight: Sight) -> str:
    parts = []
    for entry in node.entries:
        parts.append(f"{spaced(entry.key)}: {value(entry.value, sight)}")
        sight = sight.naming({entry.key: Seen(spaced(entry.key))})
    return f"({'; '.join(parts)})"


def _range(node: n.Range, sight: Sight) -> str:
    ends = [THE_VALUE if end is None else value(end, sight) for end in (node.low, node.high)]
    marks = ["" if closed else " (exclusive)" for closed in (node.low_closed, node.high_closed)]
    return f"de {ends[0]}{marks[0]} a {ends[1]}{marks[1]}"


def _function(node: n.Function, sight: Sight) -> str:
    names = [name for name, _ in node.parameters]
    inner = sight.naming({name: Seen(spaced(name)) for name in names})
    given = f" de {listed([spaced(name) for name in names], 'e')}" if names else ""
    return f"cálculo{given} ({value(node.body, inner)})"


def _if(node: n.If, sight: Sight) -> str:
    yes, no = value(node.yes, sight), value(node.no, sight)
    return f"{yes} se {clause(node.condition, sight).closed}, senão {no}"


def iterated(iterations: Sequence[n.Iteration], sight: Sight) -> tuple[list[tuple[str, str]], Sight]:
    """Return what is gone through, each as (gender, words), and what is seen there."""
    nouns = []
    for each in iterations:
        source = sight.seen(each.source) if each.to is None else None
        nouns.append(_noun(each, source, sight))
        is_record = source is not None and bool(source.entity)
        item = (
            Seen(spaced(each.name))
            if source is None or not is_record
            else Seen(source.label, None, source.entity)
        )
        sight = sight.naming({each.name: Seen(item.label, item.field, item.entity, is_item=is_record)})
    return nouns, sight


def _noun(each: n.Iteration, source: Seen | None, sight: Sight) -> tuple[str, str]:
    entity = sight.entities.get(source.entity) if source else None
    plain = isinstance(each.source, n.Name | n.Path)
    if source and entity and plain and source.field and source.field.type in MANY and sight.article(source):
        return entity.label.gender, small(entity.label.one)
    said = term(each.source, sight)
    if each.to is not None:
        said = f"{said} a {term(each.to, sight)}"
    return ("m", f"item de {said}") if entity else ("m", f"{spaced(each.name)} de {said}")


def _for(node: n.For, sight: Sight) -> str:
    nouns, inner = iterated(node.iterations, sight)
    return f"{value(node.result, inner)}, por {listed([noun for _, noun in nouns], 'e')}"


def type_name(node: n.TypeName) -> str:
    """Return a type in words."""
    said = TYPES.get(node.name, spaced(node.name))
    return f"{said} de {listed([type_name(item) for item in node.items], 'e')}" if node.items else said


for _node in (n.Null, n.Boolean, n.Number, n.Text, n.At):
    TERMS[_node] = _constant
TERMS.update(
    {
        n.Name: _name, n.Input: _input, n.Path: _path, n.Filter: _filter, n.Call: _call,
        n.Negative: _negative, n.Arithmetic: _arithmetic, n.ListOf: _list, n.Context: _context,
        n.Range: _range,
        n.Function: _function, n.If: _if, n.For: _for, n.TypeName: lambda node, sight: type_name(node),
        n.Entry: lambda node, sight: f"{spaced(node.key)}: {value(node.value, sight)}",
        n.Iteration: lambda node, sight: _noun(node, sight.seen(node.source), sight)[1],
    }
)  # fmt: skip

"""This file says conditions: comparisons with their verbs, several joined, some and every of many."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metadata.expression import nodes as n
from metadata.expression.builtins import BUILTINS
from metadata.expression.saying.constants import constant
from metadata.expression.saying.sight import CLAUSES, INPUT, MANY, Clause, Seen, Sight, clause, listed, term
from metadata.expression.saying.terms import THE_VALUE, about, iterated, type_name, value

if TYPE_CHECKING:
    from metadata.entity import Field

EMPTY, FILLED = "está em branco", "não está em branco"
_SIZES = {
    "=": "é", "!=": "não é", "<": "é menor que", "<=": "é menor ou igual a", ">": "é maior que",
    ">=": "é maior ou igual a",
}  # fmt: skip
_MOMENTS = _SIZES | {"<": "é antes de", "<=": "é até", ">": "é depois de", ">=": "é a partir de"}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_DATED = ("date", "month", "time", "date and time")
# What is said of the first argument; {1} is the second.
_PREDICATES = {
    ("contains", 2): "contém {1}",
    ("starts with", 2): "começa com {1}",
    ("ends with", 2): "termina com {1}",
    ("matches", 2): "segue o padrão {1}",
    ("list contains", 2): "contém {1}",
    ("is cpf", 1): "é um CPF válido",
    ("is cnpj", 1): "é um CNPJ válido",
    ("is cns", 1): "é um CNS válido",
    ("is luhn", 1): "tem o dígito verificador certo",
    ("has right", 1): "é um direito de quem opera",
    ("is business day", 1): "é dia útil",
    ("even", 1): "é par",
    ("odd", 1): "é ímpar",
    ("before", 2): "vem antes de {1}",
    ("after", 2): "vem depois de {1}",
    ("includes", 2): "inclui {1}",
    ("during", 2): "está dentro de {1}",
}
_EVERY = {("some", "m"): "algum", ("some", "f"): "alguma", ("every", "m"): "todo", ("every", "f"): "toda"}


def _boolean(node: n.Boolean, sight: Sight) -> Clause:
    return Clause("", "sempre", "nunca") if node.value else Clause("", "nunca", "sempre")


def _named(node: n.Node, sight: Sight) -> Clause:
    """A yes/no that stands for itself."""
    return Clause(term(node, sight), "é Sim", "é Não")


# ── comparisons ───────────────────────────────────────────────────────────────────────────────────


def _comparison(node: n.Comparison, sight: Sight) -> Clause:
    left, operator, right = node.left, node.operator, node.right
    if constant(left) is not None and constant(right) is None:
        left, operator, right = right, _FLIPPED.get(operator, operator), left
    return Clause(value(left, sight), *_compared(left, operator, right, sight))


def _compared(left: n.Node, operator: str, right: n.Node, sight: Sight) -> tuple[str, str]:
    """Return what is said of the left side, and its contrary where that has words of its own."""
    if isinstance(right, n.Null) and operator in ("=", "!="):
        return (EMPTY, FILLED) if operator == "=" else (FILLED, EMPTY)
    verbs = _MOMENTS if _is_dated(left, sight) or _is_dated(right, sight) else _SIZES
    said = value(right, sight, about(left, sight))
    return f"{verbs[operator]} {said}", f"é {said}" if operator == "!=" else ""


def _is_dated(node: n.Node, sight: Sight) -> bool:
    if isinstance(node, n.At):
        return "P" not in node.text[:2]
    if isinstance(node, n.Call) and isinstance(node.function, n.Name):
        ways = BUILTINS.get(node.function.name, ())
        return any(way.result in _DATED for way in ways)
    found = about(node, sight)
    return found is not None and found.type in _DATED


def _between(node: n.Between, sight: Sight) -> Clause:
    field = about(node.operand, sight)
    return Clause(value(node.operand, sight), _from_to(node.low, node.high, field, sight), is_loose=True)


def _from_to(low: n.Node, high: n.Node, field: Field | None, sight: Sight) -> str:
    """Say both ends; the unit stands once."""
    ends = [value(low, sight, field), value(high, sight, field)]
    if field and field.unit and constant(low) is not None and constant(high) is not None:
        for word in filter(None, (field.unit.many, field.unit.one)):
            ends[0] = ends[0].removesuffix(f" {word}")
    return f"está entre {ends[0]} e {ends[1]}"


def _joined(said: list[str], word: str) -> str:
    """Join predicates; the verb that begins all of them stands once."""
    is_shared = all(each.startswith("é ") for each in said)
    return f" {word} ".join([said[0], *(each.removeprefix("é ") if is_shared else each for each in said[1:])])


def _in(node: n.In, sight: Sight) -> Clause:
    return _tested(node.operand, node.tests, sight)


def _tested(operand: n.Node, tests: tuple[n.Node, ...], sight: Sight) -> Clause:
    """Say which tests a value meets; those that name values come first, as one."""
    subject = value(operand, sight)
    inner = sight.naming({INPUT: sight.seen(operand) or Seen(subject)})
    field = about(operand, sight)
    flat = [item for test in tests for item in (test.items if isinstance(test, n.ListOf) else (test,))]
    plain = [test for test in flat if not isinstance(test, n.Test | n.Range) and not _asks(test, inner)]
    said = [f"é {listed([value(test, inner, field) for test in plain], 'ou')}"] if plain else []
    said += [_test(operand, test, inner) for test in flat if test not in plain]
    if not said:
        return Clause(subject, "está em lista vazia")
    if len(said) == 1:
        return Clause(
            subject, said[0], is_loose=len(plain) > 1 or " e " in said[0].removeprefix("está entre ")
        )
    return Clause("", f"{subject} {_joined(said, 'ou')}", is_loose=True)


def _asks(test: n.Node, sight: Sight) -> bool:
    """Tell whether a test is a condition of its own, or names many values."""
    if any(isinstance(part, n.Input) for part in test.walk()):
        return True
    found = sight.seen(test)
    return found is not None and found.field is not None and found.field.type in MANY


def _test(operand: n.Node, test: n.Node, sight: Sight) -> str:
    if isinstance(test, n.Test):
        return _compared(operand, test.operator, test.operand, sight)[0]
    if isinstance(test, n.Range):
        return _within(operand, test, sight)
    if any(isinstance(part, n.Input) for part in test.walk()):
        return f"cumpre a condição: {clause(test, sight).closed}"
    return f"está em {term(test, sight)}"


def _within(operand: n.Node, test: n.Range, sight: Sight) -> str:
    field = about(operand, sight)
    if test.low is not None and test.high is not None and test.low_closed and test.high_closed:
        return _from_to(test.low, test.high, field, sight)
    ends = (
        (test.low, ">=" if test.low_closed else ">"),
        (test.high, "<=" if test.high_closed else "<"),
    )
    said = [_compared(operand, sign, end, sight)[0] for end, sign in ends if end is not None]
    return _joined(said, "e") if said else "é qualquer valor"


def _lone_test(node: n.Test, sight: Sight) -> Clause:
    return Clause(THE_VALUE, *_compared(n.Input(), node.operator, node.operand, sight))


def _unary_tests(node: n.UnaryTests, sight: Sight) -> Clause:
    if not node.tests:
        return Clause("", "qualquer valor")
    found = _tested(n.Input(), node.tests, sight)
    return found.denied() if node.negated else found


def _instance(node: n.InstanceOf, sight: Sight) -> Clause:
    return Clause(value(node.operand, sight), f"é do tipo {type_name(node.type)}")


# ── several ───────────────────────────────────────────────────────────────────────────────────────


def _logic(node: n.Logic, sight: Sight) -> Clause:
    word = " ou " if node.operator == "or" else " e "
    return Clause("", word.join(clause(operand, sight).closed for operand in node.operands), is_loose=True)


def _if(node: n.If, sight: Sight) -> Clause:
    condition, yes, no = (clause(part, sight).closed for part in (node.condition, node.yes, node.no))
    return Clause("", f"se {condition}, então {yes}; senão, {no}", is_loose=True)


def _quantified(node: n.Quantified, sight: Sight) -> Clause:
    nouns, inner = iterated(node.iterations, sight)
    said = listed([f"{_EVERY[node.quantifier, gender]} {noun}" for gender, noun in nouns], "e")
    return Clause("", f"em {said}, {clause(node.condition, inner).closed}", is_loose=True)


def _call(node: n.Call, sight: Sight) -> Clause:
    name = node.function.name if isinstance(node.function, n.Name) else ""
    if name in sight.names or node.names:
        return _named(node, sight)
    if name == "not" and len(node.arguments) == 1:
        return clause(node.arguments[0], sight).denied()
    pattern = _PREDICATES.get((name, len(node.arguments)))
    if pattern is None:
        return _named(node, sight)
    field = about(node.arguments[0], sight)
    given = [value(argument, sight, field) for argument in node.arguments]
    return Clause(value(node.arguments[0], sight), pattern.format(*given))


CLAUSES.update(
    {
        n.Boolean: _boolean, n.Name: _named, n.Path: _named, n.Comparison: _comparison, n.Between: _between,
        n.In: _in, n.Test: _lone_test, n.UnaryTests: _unary_tests, n.InstanceOf: _instance, n.Logic: _logic,
        n.If: _if, n.Quantified: _quantified, n.Call: _call,
    }
)  # fmt: skip


def is_condition(name: str) -> bool:
    """Tell whether a function answers yes or no."""
    return any(way.result == "boolean" for way in BUILTINS.get(name, ()))

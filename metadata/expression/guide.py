"""This file shows what the language can say: each construct with an example, and what that comes to.

Examples speak of RECORD. They are written as the standard does; the Portuguese of each follows from that.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from metadata.expression.builtins import BUILTINS, Signature
from metadata.expression.faults import Fault
from metadata.expression.parse import parse
from metadata.expression.surface.names import FUNCTIONS, TYPES
from metadata.expression.surface.portuguese import write_pt

RECORD = """{idade: 17, valor: 1250.5, abatimento: null, nome: "Ana Souza", estado: "ativo",
inicio: @"2026-01-31", fim: @"2026-03-01", plano: {tipo: "familiar", carencia: 90},
parcelas: [{valor: 10, paga: true}, {valor: 25, paga: false}]}"""

# what it is || the example || what it comes to
_GUIDE = """
# Contas
soma || valor + 10 || 1260.5
subtração || valor - 250.5 || 1000
multiplicação || idade * 2 || 34
divisão || valor / 2 || 625.25
potência || 2 ** 10 || 1024
sinal trocado || -idade || -17
textos juntos || nome + "!" || "Ana Souza!"

# Comparações
igual || estado = "ativo" || true
diferente || estado != "ativo" || false
em branco || abatimento = null || true
menor || idade < 18 || true
menor ou igual || idade <= 17 || true
maior || idade > 17 || false
maior ou igual || idade >= 18 || false
entre dois valores, com os dois || idade between 0 and 17 || true

# Condições juntas
as duas || idade < 18 and estado = "ativo" || true
uma das duas || idade > 60 or plano.tipo = "familiar" || true
o contrário || not(idade < 18) || false
com um lado em branco não se sabe, e o resultado fica em branco || abatimento > 0 or idade > 18 || null

# Escolhas
um valor ou outro || if idade < 18 then "menor" else "adulto" || "menor"
várias escolhas || if idade < 12 then "A" else if idade < 18 then "B" else "C" || "B"
o primeiro que estiver preenchido || coalesce(abatimento, 0) || 0

# Caminhos
um campo do registro ligado || plano.tipo || "familiar"
um campo de todas as linhas || parcelas.valor || [10, 25]
só algumas linhas || parcelas[paga = false].valor || [25]
a primeira linha || parcelas[1].valor || 10
a última linha || parcelas[-1].valor || 25
uma parte de uma data || inicio.year || 2026
sem o registro ligado, o caminho fica em branco || abatimento.plano || null

# Faixas e listas de valores
faixa com as duas pontas || idade in [0..17] || true
faixa sem a última ponta || idade in [0..17) || false
faixa de datas || inicio in [@"2026-01-01"..@"2026-12-31"] || true
um destes || estado in ("ativo", "suspenso") || true
acima ou abaixo || idade in (< 18, > 65) || true

# Datas e prazos
uma data || @"2026-01-31" || @"2026-01-31"
um mês depois; o mês curto acaba antes || inicio + @"P1M" || @"2026-02-28"
noventa dias depois || inicio + @"P90D" || @"2026-05-01"
dias entre duas datas, como prazo || fim - inicio || @"P29D"
uma data antes da outra || inicio < fim || true
uma hora || @"08:30:00".minute || 30
um prazo escrito como texto || duration("P1Y6M") || @"P1Y6M"

# Linhas e listas
uma lista || [10, 25, 40] || [10, 25, 40]
quantas || count(parcelas) || 2
o total || sum(parcelas.valor) || 35
alguma atende || some p in parcelas satisfies p.valor > 20 || true
todas atendem || every p in parcelas satisfies p.paga || false
uma conta para cada uma || for p in parcelas return p.valor * 2 || [20, 50]
de um número a outro || for n in 1..3 return n * n || [1, 4, 9]
os itens que atendem || [10, 25, 40][item > 20] || [25, 40]

# O que mais se escreve
valores com nome || {taxa: 0.5, total: valor * taxa}.total || 625.25
uma função com argumentos por ordem || substring(nome, 1, 3) || "Ana"
uma função com argumentos por nome || substring(string: nome, start position: 5) || "Souza"
uma função própria || {dobro: function(x) x * 2, feito: dobro(idade)}.feito || 34
de que tipo é || valor instance of number || true
sim, não e em branco || [true, false, null] || [true, false, null]
um nome com espaços vai entre crases || {`dia de hoje`: 5}.`dia de hoje` || 5
"""


@dataclass(frozen=True, slots=True)
class Example:
    """One construct: what it is, an example, and what that comes to, both as the standard writes them."""

    what: str
    text: str
    gives: str

    @property
    def in_portuguese(self) -> str:
        """The example in Portuguese words."""
        return portuguese(self.text)


@dataclass(frozen=True, slots=True)
class Section:
    """Examples of one kind."""

    title: str
    examples: tuple[Example, ...]


def portuguese(text: str) -> str:
    """Return a sound expression in Portuguese words."""
    node = parse(text)
    assert not isinstance(node, Fault), text
    return write_pt(node)


@cache
def sections() -> tuple[Section, ...]:
    """Return the constructs of the language by kind."""
    found = []
    for block in _GUIDE.strip().split("\n\n"):
        title, *lines = block.splitlines()
        rows = (tuple(part.strip() for part in line.split(" || ")) for line in lines)
        found.append(Section(title.removeprefix("# "), tuple(Example(*row) for row in rows)))
    return tuple(found)


@cache
def functions() -> tuple[tuple[str, str], ...]:
    """Return each way to call each built-in: in Portuguese, and as the standard writes it."""
    return tuple(sorted(_called()))


def _called() -> Iterator[tuple[str, str]]:
    for name, signatures in BUILTINS.items():
        for signature in signatures:
            yield _shown(FUNCTIONS[name], signature, "; ", TYPES), _shown(name, signature, ", ", {})


def _shown(name: str, signature: Signature, separator: str, types: dict[str, str]) -> str:
    parts = []
    for place, (parameter, kind) in enumerate(signature.parameters):
        several = "…" if signature.is_variadic and place == len(signature.parameters) - 1 else ""
        part = f"{parameter}: {types.get(kind, kind)}{several}"
        parts.append(part if place < signature.required else f"[{part}]")
    return f"{name}({separator.join(parts)})"

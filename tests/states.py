"""A configuration of records with states: orders that are released, done and cancelled; machines by chance."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

ENTITY = "oficina/entities/pedido.yaml"
FILES = {
    "oficina/manifest.yaml": "package: oficina\nlabel: Oficina\nversion: 1.0.0\nrights: {LIBERAR: Libera pedidos}\n",
    ENTITY: """
entity: pedido
label: {one: Pedido, many: Pedidos}
help: Um serviço pedido à oficina.
shown_as: "{numero}"
search: numero
unique: [numero]
fields:
  numero: {type: text, max: 20, required: yes, label: Número}
  valor: {type: money, required: yes, default: 0}
  prazo: {type: date}
  situacao:
    type: choice
    of: {preparo: {label: Em preparo, tone: info}, liberado: {label: Liberado, tone: calm}, feito: Feito, cancelado: {label: Cancelado, tone: bad}}
    label: Situação
    required: yes
    default: preparo
  motivo: {type: text, max: 80}
  parado: {type: integer, is: "days between(date(situacao_since), today())"}
states: {field: situacao, final: [feito, cancelado], deadline: {liberado: prazo}}
transitions:
  liberar: {label: Liberar, from: preparo, to: liberado, needs: LIBERAR, when: valor > 0, message: "Sem valor não se libera. Informe o valor."}
  voltar: {label: Voltar ao preparo, from: liberado, to: preparo}
  concluir: {label: Concluir, from: liberado, to: feito, runs: avisar}
  cancelar: {label: Cancelar, from: [preparo, liberado], to: cancelado, asks: motivo, help: O serviço não será feito.}
""",
    "oficina/entities/aviso.yaml": """
entity: aviso
label: {one: Aviso, many: Avisos}
shown_as: "{texto}"
fields:
  pedido: {type: link, to: pedido, required: yes}
  texto: {type: text, required: yes}
""",
    "oficina/processes/avisar.yaml": """
process: avisar
label: Avisar o cliente
of: pedido
needs: AVISAR
ask: {qual: {type: link, to: pedido, required: yes}}
key: qual
refuse: {sem_prazo: {when: qual.prazo = null, message: Sem prazo não há o que avisar.}}
steps:
  escolhidos: {from: pedido, where: pedido = qual, columns: {pedido: pedido}}
  avisos: {from: escolhidos, insert: aviso, set: {pedido: pedido, texto: "\\"pronto\\""}}
""",
    "oficina/processes/recolher.yaml": """
process: recolher
label: Recolher parados
needs: RECOLHER
steps:
  parados: {from: pedido, where: situacao = "liberado", columns: {pedido: pedido}}
  voltam: {from: parados, update: pedido, record: pedido, set: {situacao: "\\"preparo\\""}}
""",
    "oficina/layouts/pedido.yaml": """
layout: pedido
kind: delimited
delimiter: ";"
into: pedido
key: numero
columns: {numero: numero, valor: valor, situacao: situacao, motivo: motivo}
""",
    "oficina/menus/oficina.yaml": "menu: oficina\nlabel: Oficina\nicon: wrench\nitems: [pedido, aviso]\n",
    "oficina/roles/atendente.yaml": """
role: atendente
label: Atendente
entities: {pedido: change, aviso: read}
""",
    "oficina/roles/chefe.yaml": """
role: chefe
label: Chefe
entities: {pedido: change, aviso: read}
rights: [LIBERAR, AVISAR]
""",
    "oficina/roles/leitor.yaml": "role: leitor\nlabel: Leitor\nentities: {pedido: read}\n",
    "oficina/roles/cego.yaml": """
role: cego
label: Não vê a situação
entities: {pedido: change}
fields: {pedido.situacao: none}
""",
}


def texts(more: Mapping[str, str] | None = None) -> dict[str, bytes]:
    """Return the files of the configuration, with some in place of others."""
    return {path: said.encode() for path, said in {**FILES, **(more or {})}.items()}


# ── machines by chance ────────────────────────────────────────────────────────────────────────────

STATES = "abcdef"
RIGHTS = ("UM", "DOIS")


@dataclass(frozen=True)
class Way:
    """A transition: from where, to where; the right, the least value, whether it asks for a reason."""

    starts: tuple[str, ...]
    end: str
    right: str = ""
    least: int | None = None
    asks: bool = False


@dataclass(frozen=True)
class Machine:
    """States and the ways between them; `begins` are those that a record may begin in."""

    name: str
    states: str
    begins: tuple[str, ...]
    ways: tuple[Way, ...]

    def allows(self, before: str | None, record: Mapping[str, Any], rights: frozenset[str]) -> bool:
        """Tell, slowly, whether a record as it will be may have come from a state."""
        after = record["situacao"]
        if before is None:
            return after in self.begins
        if before == after:
            return True
        for way in self.ways:
            if before in way.starts and way.end == after:
                has_right = not way.right or way.right in rights
                is_met = way.least is None or (record["valor"] is not None and record["valor"] > way.least)
                return has_right and is_met and (not way.asks or bool(record["motivo"]))
        return False

    @property
    def files(self) -> dict[str, str]:
        """Return the entity, how it is imported, and a process that takes each record where it shall go."""
        options = "{" + ", ".join(f"{state}: {state.upper()}" for state in self.states) + "}"
        left = {start for way in self.ways for start in way.starts}
        final = [state for state in self.states if state not in left]
        ends = f", final: [{', '.join(final)}]" if final else ""
        ways = "\n".join(self._way(number, way) for number, way in enumerate(self.ways))
        return {
            f"sorte/entities/{self.name}.yaml": f"""
entity: {self.name}
label: {{one: {self.name}, many: {self.name}}}
shown_as: "{{numero}}"
unique: [numero]
fields:
  numero: {{type: text, max: 20, required: yes}}
  situacao: {{type: choice, of: {options}, required: yes, default: {self.begins[0]}}}
  alvo: {{type: choice, of: {options}}}
  valor: integer
  motivo: {{type: text, max: 20}}
states: {{field: situacao, begin: [{", ".join(self.begins)}]{ends}}}
transitions:
{ways}
""",
            f"sorte/layouts/{self.name}.yaml": f"""
layout: {self.name}
kind: delimited
delimiter: ";"
into: {self.name}
key: numero
columns: {{numero: numero, situacao: situacao, valor: valor, motivo: motivo}}
""",
            f"sorte/processes/levar_{self.name}.yaml": f"""
process: levar_{self.name}
label: Levar
needs: LEVAR
together: qual
steps:
  todos: {{from: {self.name}, where: alvo != null, columns: {{qual: {self.name}, alvo: alvo}}}}
  levados: {{from: todos, update: {self.name}, record: qual, set: {{situacao: alvo}}}}
""",
        }

    def _way(self, number: int, way: Way) -> str:
        more = f", needs: {way.right}" if way.right else ""
        more += f", when: valor > {way.least}" if way.least is not None else ""
        more += ", asks: motivo" if way.asks else ""
        starts = ", ".join(way.starts)
        return f"  ir_{number}: {{label: Ir {number}, from: [{starts}], to: {way.end}{more}}}"


def machine(chance: random.Random, name: str) -> Machine:
    """Return a machine in which every state is reached."""
    states = STATES[: chance.randint(3, len(STATES))]
    begins = (states[0], *chance.sample(states[1:], chance.randint(0, 1)))
    pairs = {(states[chance.randrange(place)], states[place]) for place in range(1, len(states))}
    every = [(start, end) for start in states for end in states if start != end]
    pairs |= set(chance.sample(every, chance.randint(1, len(states))))
    ways: dict[tuple[str, str, int | None, bool], list[str]] = {}
    for start, end in sorted(pairs):
        least = chance.choice((None, None, 3, 6))
        what = (end, chance.choice(("", "", *RIGHTS)), least, chance.random() < 0.3)
        ways.setdefault(what, []).append(start)
    made = tuple(Way(tuple(starts), *what) for what, starts in ways.items())
    return Machine(name, states, begins, made)


def machines(seed: int, count: int) -> tuple[tuple[Machine, ...], dict[str, bytes]]:
    """Return machines with the configuration that they come to."""
    chance = random.Random(seed)
    made = tuple(machine(chance, f"maquina_{number}") for number in range(count))
    files = {"sorte/manifest.yaml": "package: sorte\nlabel: Sorte\nversion: 1.0.0\n"}
    for each in made:
        files |= each.files
    return made, {path: said.encode() for path, said in files.items()}


def order(number: str, value: int | Decimal = 10, **more: Any) -> dict[str, Any]:
    """Return the values of an order."""
    return {"numero": number, "valor": Decimal(value), **more}

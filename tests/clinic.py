"""A small clinic for tests of personal data: people with rows, records about them, and what only names them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine

from kernel.context import at_present
from kernel.runtime import Runtime
from kernel.storage.record import ChildEdit, Edit, Saved
from kernel.storage.save import save
from tests.compiled import compiled
from tests.publications import publish

GATHER, ANONYMISE = "REUNIR DADOS DE UMA PESSOA", "ANONIMIZAR PESSOA"
FILES = {
    "clinica/manifest.yaml": "package: clinica\nlabel: Clínica\nversion: 1.0.0\n",
    "clinica/entities/paciente.yaml": f"""
entity: paciente
label: {{one: Paciente, many: Pacientes}}
shown_as: "{{nome}}"
search: [nome, cpf, registro]
order: nome
person: {{gather: {GATHER}, anonymise: {ANONYMISE}}}
fields:
  registro: {{type: text, max: 20, required: yes, unique: yes, privacy: personal}}
  nome: {{type: text, max: 100, required: yes, privacy: personal}}
  cpf: {{type: cpf, label: CPF, unique: yes, required: nome != null, privacy: personal}}
  nascimento: {{type: date, privacy: personal, anonymise: year}}
  renda: {{type: money, privacy: sensitive}}
  alergia: {{type: long text, privacy: sensitive}}
  plano: {{type: text, max: 20}}
  retrato: {{type: image, privacy: personal}}
  amigo: {{type: link, to: paciente}}
  ramais: {{type: children, of: ramal}}
""",
    "clinica/entities/ramal.yaml": """
entity: ramal
label: {one: Ramal, many: Ramais}
shown_as: "{numero}"
fields:
  paciente: {type: link, to: paciente, required: yes}
  numero: {type: phone, required: yes, label: Número, privacy: personal}
  apelido: {type: text, max: 30, privacy: personal}
""",
    "clinica/entities/consulta.yaml": """
entity: consulta
label: {one: Consulta, many: Consultas, gender: f}
shown_as: "{data}"
subject: paciente
fields:
  paciente: {type: link, to: paciente, required: yes}
  data: {type: date}
  queixa: {type: text, max: 200, privacy: sensitive, required: yes}
  resumo: {type: text, is: paciente.nome + " - " + queixa, stored: yes}
  guardar_ate: {type: date}
keep:
  prazo:
    when: guardar_ate >= today()
    message: O prontuário se guarda até {guardar_ate}.
    source: Lei 13.787/2018
""",
    "clinica/entities/exame.yaml": """
entity: exame
label: {one: Exame, many: Exames}
subject: consulta
fields:
  consulta: {type: link, to: consulta}
  laudo: {type: long text, privacy: sensitive}
""",
    "clinica/entities/sala.yaml": """
entity: sala
label: {one: Sala, many: Salas, gender: f}
shown_as: "{nome}"
fields:
  nome: {type: text, max: 30}
  responsavel: {type: link, to: paciente, label: Responsável}
  frequentes: {type: many links, to: paciente}
""",
    "clinica/menus/clinica.yaml": """
menu: clinica
label: Clínica
icon: users
items: {Tudo: [paciente, consulta, exame, sala]}
""",
    "clinica/roles/atendente.yaml": """
role: atendente
label: Atendente
rights: ABRIR AUDITORIA
packages: {clinica: change}
privacy: {personal: revealable, sensitive: masked}
""",
    "clinica/roles/medica.yaml": f"""
role: medica
label: Médica
packages: {{clinica: remove}}
privacy: {{sensitive: shown}}
rights: [{GATHER}]
""",
    "clinica/roles/encarregada.yaml": f"""
role: encarregada
label: Encarregada
packages: {{clinica: read}}
rights: [{GATHER}, {ANONYMISE}]
privacy: {{personal: masked, sensitive: hidden}}
""",
}
CPF, OTHER_CPF = "52998224725", "11144477735"


def runtime(extra: dict[str, str] | None = None) -> Runtime:
    """Return the compiled package."""
    files = FILES | (extra or {})
    return compiled(files)


def installed(engine: Engine, extra: dict[str, str] | None = None) -> Runtime:
    """Publish the package, triggers of the audit included, and return its Runtime."""
    publish(engine, {path: text.encode() for path, text in (FILES | (extra or {})).items()})
    return runtime(extra)


def put(engine: Engine, made: Runtime, entity: str, values: dict[str, Any], **children: Any) -> int:
    """Save a record and return its id."""
    edits = {name: tuple(ChildEdit(None, row) for row in rows) for name, rows in children.items()}
    outcome = save(engine, made, at_present("testes"), Edit(entity, None, None, values, None, edits))
    assert isinstance(outcome, Saved), outcome
    return outcome.id


def change(
    engine: Engine, made: Runtime, entity: str, id: int, values: dict[str, Any], **children: Any
) -> None:
    """Change a record."""
    outcome = save(engine, made, at_present("testes"), Edit(entity, id, None, values, None, dict(children)))
    assert isinstance(outcome, Saved), outcome

"""A configuration of any size, with mixed types, links, texts, forms, lists and options: for measuring."""

from __future__ import annotations

MANIFEST = "package: carga\nlabel: Carga\nversion: 1.0.0\n"
CHOICES = "choices: situacao\noptions:\n  ativo: {label: Ativo, tone: good}\n  inativo: Inativo\n"
HELP = "Texto de ajuda com uma frase completa, que explica o campo a quem o preenche pela primeira vez."
HEAD = f"label: {{one: Registro, many: Registros}}\nhelp: {HELP}\nsearch: [codigo, campo_0]\n"
COLUMNS = "columns: [codigo, campo_0, campo_6.codigo]\nfilters: campo_4\n"
KINDS = (
    "{type: text, max: 60, label: Descrição do campo, help: HELP}",
    '{type: "decimal(12,4)", min: 0, max: "9999.99", unit: dias}',
    "{type: money, label: Valor, required: yes, default: 10.50}",
    "{type: date, default: today(), help: HELP}",
    "{type: choice, of: situacao, default: ativo}",
    "{type: choice, of: {titular: Titular, dependente: Dependente}}",
    "{type: link, to: entidade_TARGET, label: Ligação}",
    "{type: yes/no, default: no, help: HELP}",
    "{type: cpf, privacy: personal}",
    "{type: integer, min: 0, max: 999, example: 12, source: Lei 9.656/1998}",
)


def packages(entities: int, fields: int) -> dict[str, bytes]:
    """Return the files of one package of so many entities, each with a form and a list."""
    files = {"carga/manifest.yaml": MANIFEST, "carga/choices/situacao.yaml": CHOICES}
    for number in range(entities):
        name = f"entidade_{number}"
        files[f"carga/entities/{name}.yaml"] = _entity(name, (number * 7 + 1) % entities, fields)
        files[f"carga/forms/{name}.yaml"] = f"form: {name}\nentity: {name}\n{_tabs(fields)}"
        files[f"carga/lists/{name}.yaml"] = f"list: {name}\nentity: {name}\n{COLUMNS}"
    return {path: text.encode() for path, text in files.items()}


def _tabs(fields: int) -> str:
    rows = (f"    - [campo_{at}, campo_{at + 1}]\n" for at in range(0, fields - 2, 2))
    return "tabs:\n  Dados:\n" + "".join(rows)


def _entity(name: str, target: int, fields: int) -> str:
    head = f"entity: {name}\n{HEAD}"
    lines = "".join(f"  campo_{at}: {_kind(at, target)}\n" for at in range(fields - 1))
    return f"{head}\nfields:\n  codigo: {{type: text, max: 20, required: yes, unique: yes}}\n{lines}"


def _kind(at: int, target: int) -> str:
    return KINDS[at % len(KINDS)].replace("TARGET", str(target)).replace("HELP", f'"{HELP}"')

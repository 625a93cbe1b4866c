"""A tiny configuration for tests of imports: clients with links, keys, numbers, periods and limits."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from kernel.context import Context
from kernel.intake.run import Imported, run
from kernel.intake.stage import Progress
from kernel.runtime import Runtime
from kernel.storage import system
from metadata.values.moments import SITE_ZONE
from tests.compiled import compiled

CONTEXT = Context("ana", datetime(2026, 11, 22, 10, 0, tzinfo=SITE_ZONE))
FILES = {
    "acervo/manifest.yaml": "package: acervo\nlabel: Acervo\nversion: 1.0.0\n",
    "acervo/entities/estado.yaml": """
entity: estado
label: {one: Estado, many: Estados}
fields:
  sigla: {type: text, max: 2, required: yes, unique: yes, upper: yes}
  nome: {type: text, max: 60}
""",
    "acervo/entities/cidade.yaml": """
entity: cidade
label: {one: Cidade, many: Cidades, gender: f}
fields:
  nome: {type: text, max: 60, required: yes}
  estado: {type: link, to: estado, required: yes}
""",
    "acervo/entities/cliente.yaml": """
entity: cliente
label: {one: Cliente, many: Clientes}
search: [nome, codigo]
fields:
  codigo: {type: text, max: 8, required: yes, unique: yes, label: Código}
  nome: {type: text, max: 20, required: yes}
  cpf: {type: cpf, unique: yes, label: CPF}
  nascimento: {type: date}
  limite: {type: money, min: 0, max: 5000}
  situacao: {type: choice, of: {ativo: Ativo, suspenso: Suspenso}, default: ativo, label: Situação}
  estado: {type: link, to: estado}
  cidade: {type: link, to: cidade, where: {estado: estado}}
  protocolo: {type: sequence, pattern: "P{n:4}-{codigo}"}
  desde: {type: date, default: today()}
  obs: {type: json}
""",
    "acervo/entities/preco.yaml": """
entity: preco
label: {one: Preço, many: Preços}
unique: [[tabela, inicio]]
valid: {from: inicio, to: fim, within: [tabela]}
fields:
  tabela: {type: text, max: 5, required: yes}
  inicio: {type: date, required: yes, label: Início}
  fim: {type: date}
  valor: {type: money, required: yes}
""",
    "acervo/entities/faixa.yaml": """
entity: faixa
label: {one: Faixa, many: Faixas, gender: f}
unique: [[de, ate]]
fields:
  de: {type: integer, required: yes}
  ate: {type: integer, required: yes}
  nome: {type: text, max: 20, required: yes}
""",
    "acervo/entities/conta.yaml": """
entity: conta
label: {one: Conta, many: Contas, gender: f}
fields:
  numero: {type: text, max: 6, required: yes, unique: yes}
  faixa: {type: link, to: faixa}
  ramo: {type: text, max: 2}
  itens: {type: children, of: item}
""",
    "acervo/entities/item.yaml": """
entity: item
label: {one: Item, many: Itens}
unique: [[conta, codigo]]
fields:
  conta: {type: link, to: conta, required: yes}
  codigo: {type: text, max: 6, required: yes}
  quantidade: {type: integer, required: yes}
""",
    "acervo/layouts/cliente.yaml": """
layout: cliente
into: cliente
key: codigo
columns:
  Código: codigo
  Nome: nome
  CPF: cpf
  Nascimento: {to: nascimento, format: dd/mm/yyyy}
  Limite: limite
  Situação: {to: situacao, values: {A: ativo, S: suspenso}, default: ativo}
  UF: {to: estado, find: sigla}
""",
    "acervo/layouts/preco.yaml": """
layout: preco
into: preco
key: [tabela, inicio]
columns: {tabela: tabela, inicio: inicio, fim: fim, valor: valor}
""",
    "acervo/layouts/conta.yaml": """
layout: conta
into: conta
key: numero
columns:
  numero: numero
  faixa: {from: numero, part: 1-3, to: faixa, find: de..ate}
  ramo: {from: numero, part: 4-5, to: ramo}
""",
    "acervo/layouts/item.yaml": """
layout: item
into: item
key: [conta, codigo]
columns: {conta: {to: conta, find: numero}, codigo: codigo, quantidade: quantidade}
""",
    "acervo/layouts/planilha.yaml": """
layout: planilha
kind: sheet
into: cliente
key: codigo
columns: {Código: codigo, Nome: nome, Nascimento: nascimento, Limite: limite}
set: {situacao: suspenso}
""",
}
HEADER = "Código;Nome;CPF;Nascimento;Limite;Situação;UF\n"


class Desk:
    """A database with the tables, and files to import."""

    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder
        self.runtime: Runtime = compiled(FILES)
        with engine.begin() as connection:
            system.create(connection)
            self.runtime.metadata.create_all(connection)
            connection.execute(text("INSERT INTO estado (sigla) VALUES ('MG'), ('SP')"))

    def file(self, body: str | bytes, name: str = "dados.csv") -> Path:
        """Write a file."""
        path = self.folder / name
        path.write_bytes(body if isinstance(body, bytes) else body.encode())
        return path

    def load(
        self,
        body: str | bytes | Path,
        layout: str = "cliente",
        progress: Progress | None = None,
        **changes: Any,
    ) -> Imported:
        """Import a file, or the text of one."""
        path = body if isinstance(body, Path) else self.file(body)
        chosen = self.runtime.configuration.layouts[layout].model_copy(update=changes)
        return run(self.engine, self.runtime, CONTEXT, chosen, path, self.folder / "recusadas.csv", progress)

    def refused(self) -> list[list[str]]:
        """Return the rows of the file of refused rows, header first."""
        import csv

        with (self.folder / "recusadas.csv").open(encoding="utf-8-sig", newline="") as file:
            return list(csv.reader(file, delimiter=";"))

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(statement))]

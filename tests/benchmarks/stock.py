"""The entity of the benchmarks: twenty fields of the usual types, and rows for it."""

from __future__ import annotations

from sqlalchemy import Engine, text

ITEM = """
entity: item
label: {one: Item, many: Itens}
shown_as: "{codigo} · {nome}"
search: [codigo, nome]
order: nome
fields:
  codigo: {type: text, max: 20, required: yes, unique: yes, label: Código}
  nome: {type: text, max: 120, required: yes}
  apelido: {type: text, max: 60}
  marca: {type: text, max: 60}
  cor: {type: text, max: 30}
  obs: {type: long text, max: 500, label: Observação}
  situacao: {type: choice, of: {ativo: Ativo, suspenso: Suspenso, cancelado: Cancelado}, required: yes, label: Situação}
  origem: {type: choice, of: {nacional: Nacional, importado: Importado}}
  grupo: {type: link, to: grupo}
  quantidade: {type: integer, min: 0, max: 1000000}
  minimo: {type: integer, min: 0, label: Mínimo}
  maximo: {type: integer, min: 0, label: Máximo}
  custo: {type: money, min: 0}
  preco: {type: money, min: 0, required: yes, label: Preço}
  desconto: {type: percent, min: 0, max: 1}
  inicio: {type: date, required: yes, label: Início}
  fim: {type: date}
  revisao: {type: date, label: Revisão}
  vende: {type: yes/no}
  compra: {type: yes/no}
"""
GROUP = """
entity: grupo
label: {one: Grupo, many: Grupos}
shown_as: "{nome}"
search: [nome]
order: nome
fields:
  nome: {type: text, max: 60, required: yes}
"""
LIST = """
list: item
entity: item
columns: [codigo, nome, situacao, grupo, quantidade, preco, inicio, vende]
filters: [situacao, grupo, inicio]
order: nome
"""
MENU = """
menu: estoque
label: Estoque
items: [item, grupo]
"""


def files() -> dict[str, bytes]:
    """Return the package of the benchmark."""
    texts = {
        "estoque/manifest.yaml": "package: estoque\nlabel: Estoque\nversion: 1.0.0\n",
        "estoque/entities/item.yaml": ITEM,
        "estoque/entities/grupo.yaml": GROUP,
        "estoque/lists/item.yaml": LIST,
        "estoque/menus/estoque.yaml": MENU,
    }
    return {path: content.encode() for path, content in texts.items()}


ROWS = """
INSERT INTO item (codigo, nome, apelido, marca, cor, obs, situacao, origem, grupo, quantidade, minimo, maximo,
                  custo, preco, desconto, inicio, fim, revisao, vende, compra, created_by, updated_by, search_text)
SELECT 'C' || lpad(n::text, 7, '0'), nome, 'apelido ' || n, 'marca ' || n % 97, 'cor ' || n % 7, 'observação ' || n,
       (ARRAY['ativo', 'suspenso', 'cancelado'])[1 + n % 3], (ARRAY['nacional', 'importado'])[1 + n % 2], 1 + n % 50,
       n % 1000, n % 10, 1000 + n % 100, (n % 5000) / 100.0, (n % 9000) / 100.0, (n % 100) / 100.0,
       DATE '2020-01-01' + n % 1500, NULL, DATE '2024-01-01' + n % 300, n % 2 = 0, n % 3 = 0, 'carga', 'carga',
       aroeira_fold('C' || lpad(n::text, 7, '0') || ' ' || nome)
FROM (SELECT n, initcap(substr(md5(n::text), 1, 6)) || ' ' || initcap(substr(md5('x' || n), 1, 8)) AS nome
      FROM generate_series(1, :rows) n) made
"""


def fill(engine: Engine, rows: int) -> None:
    """Put groups and items in, and have the planner know them."""
    with engine.begin() as connection:
        groups = "INSERT INTO grupo (nome, search_text) SELECT 'Grupo ' || n, 'grupo ' || n FROM generate_series(1, 50) n"
        connection.execute(text(groups))
        connection.execute(text(ROWS), {"rows": rows})
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").execute(text("VACUUM ANALYZE item, grupo"))


def record(number: int) -> dict[str, object]:
    """Return a new item as the API takes it."""
    return {
        "codigo": f"N{number:09d}", "nome": f"Novo item {number}", "apelido": "novo", "marca": "marca 1", "cor": "azul",
        "obs": "criado pelo teste de carga", "situacao": "ativo", "origem": "nacional", "grupo": 1 + number % 50,
        "quantidade": 10, "minimo": 1, "maximo": 100, "custo": "10.50", "preco": "19.90", "desconto": "0.05",
        "inicio": "2026-01-31", "fim": None, "revisao": "2026-06-30", "vende": True, "compra": False,
    }  # fmt: skip

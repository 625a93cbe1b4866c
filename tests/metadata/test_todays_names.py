"""`fmt` writes today's names of fields into every document that still says former ones."""

from __future__ import annotations

from metadata.canonical import canonical_text
from metadata.entity import Entity
from metadata.load import load_files
from metadata.model import Model
from metadata.source import Source, read
from metadata.todays_names import renewed

FILES = {
    "loja/manifest.yaml": "package: loja\nlabel: Loja\nversion: 1.0.0\n",
    "loja/entities/pedido.yaml": """
entity: pedido
label: {one: Pedido, many: Pedidos}
fields:
  teto: {type: money, was: [maximo, limite], required: limite = null and maximo = null}
  cliente: {type: text, hidden: '`maximo` > 1'}
  total: {type: money, is: sum(itens.preco) + limite}
  itens: {type: children, of: item}
checks:
  caro:
    when: |
      total > limite
      and some limite in itens satisfies limite.preco > maximo
    message: "O total de {limite} é demais."
""",
    "loja/entities/item.yaml": """
entity: item
label: {one: Item, many: Itens}
fields:
  pedido: {type: link, to: pedido, required: yes}
  valor: {type: money, was: preco}
""",
    "loja/functions/folga.yaml": "function: folga\nof: pedido\nis: maximo - total\n",
    "loja/decisions/desconto.yaml": """decision: desconto
inputs:
  compra: {type: link, to: pedido}
  dia: {type: date}
outputs:
  taxa: {type: percent}
rows: |
  compra | dia || taxa
  -      | -   || compra.limite / 100
""",
}


def canonical(text: str, model: type[Model]) -> str:
    source = read(text, "")
    assert isinstance(source, Source)
    return canonical_text(source.plain, model)


def test_former_names_become_those_of_today() -> None:
    files = {path: text.encode() for path, text in FILES.items()}
    assert load_files(files)[1] == []
    changed = renewed(files)
    assert set(changed) == {
        "loja/entities/pedido.yaml", "loja/functions/folga.yaml", "loja/decisions/desconto.yaml",
    }  # fmt: skip
    entity = changed["loja/entities/pedido.yaml"].decode()
    expected = (
        FILES["loja/entities/pedido.yaml"]
        .replace("limite = null and maximo = null", "teto = null and teto = null")
        .replace("`maximo`", "teto")
        .replace("sum(itens.preco) + limite", "sum(itens.valor) + teto")
        .replace("total > limite", "total > teto")
        .replace("limite.preco > maximo", "limite.valor > teto")
        .replace("{limite}", "{teto}")
    )
    assert entity == canonical(expected, Entity)
    assert changed["loja/functions/folga.yaml"].decode().endswith("is: teto - total\n")
    assert "compra.teto / 100" in changed["loja/decisions/desconto.yaml"].decode()
    assert load_files(files | changed)[1] == []
    assert renewed(files | changed) == {}


def test_without_renames_nothing_is_read_twice() -> None:
    files = {path: text.replace(", was: preco", "").encode() for path, text in FILES.items()}
    plain = {path: text for path, text in files.items() if path.endswith(("manifest.yaml", "item.yaml"))}
    assert renewed(plain) == {}

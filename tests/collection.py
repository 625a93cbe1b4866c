"""A small package, and a site above it, with a document of each kind that names fields and entities."""

from __future__ import annotations

FILES = {
    "acervo/manifest.yaml": "package: acervo\nlabel: Acervo\nversion: 1.0.0\n",
    "acervo/entities/autor.yaml": """
entity: autor
label: {one: Autor, many: Autores}
shown_as: "{sigla} · {nome}"
search: [sigla, nome]
unique: [[sigla, pais]]
order: [-nome, sigla]
fields:
  sigla: {type: text, required: yes}
  nome: text
  pais: text
  prazo: integer
  ativo: {type: yes/no, default: no}
  modelos: {type: children, of: modelo, by: autor}
""",
    "acervo/entities/modelo.yaml": """
entity: modelo
label: {one: Modelo, many: Modelos}
fields:
  autor: {type: link, to: autor, required: yes}
  numero: integer
  valor: money
""",
    "acervo/entities/obra.yaml": """
entity: obra
label: {one: Obra, many: Obras, gender: f}
valid: {from: inicio, to: fim, within: [autor]}
fields:
  titulo: {type: text, required: autor.ativo, hidden: 'not(autor.ativo) and titulo = null'}
  autor: {type: link, to: autor, required: yes, where: {pais: pais, ativo: aberta}}
  coautores: {type: many links, to: autor}
  pais: text
  aberta: yes/no
  inicio: date
  fim: {type: date, default: = inicio}
  sigla_autor: text
  preco: {type: money, readonly: aberta = false}
  exemplares: {type: children, of: exemplar, by: obra, order: -numero}
  total: {type: money, is: sum(exemplares.valor) + preco}
  medio: {type: money, is: total / count(exemplares)}
fills:
  do_autor: {on: [autor, pais], set: {pais: autor.pais, titulo: autor.nome}}
  da_sigla: {on: sigla_autor, from: autor, where: {sigla: sigla_autor}, set: {autor: found, pais: found.pais}}
  dos_modelos:
    on: autor
    from: autor
    where: {sigla: sigla_autor}
    when: autor.ativo and found.pais = pais
    rows:
      exemplares:
        each: autor.modelos[valor > found.prazo]
        set: {numero: item.numero, valor: item.valor + preco}
        key: [numero]
checks:
  cara:
    when: |
      total > 100
      and some item in exemplares satisfies item.valor > preco
    message: "Custa {total}, e o preço é {preco}; com {count(exemplares[valor > 1])} caros."
    at: [preco, inicio]
  repetido:
    when: count(exemplares[valor > 50]) > 0
    message: Há um exemplar caro.
    severity: warn
    row: exemplares[valor > 50][1]
    at: valor
""",
    "acervo/entities/exemplar.yaml": """
entity: exemplar
label: {one: Exemplar, many: Exemplares}
fields:
  obra: {type: link, to: obra, required: yes}
  numero: integer
  valor: {type: money, required: obra.aberta}
""",
    "acervo/entities/folga.yaml": """
entity: folga
label: {one: Folga, many: Folgas, gender: f}
holidays: {day: dia, when: nacional}
fields:
  dia: {type: date, required: yes}
  nacional: yes/no
""",
    "acervo/entities/razao.yaml": """
entity: razao
label: {one: Conta, many: Contas, gender: f}
fields:
  codigo: {type: text, required: yes, unique: yes}
  acima: {type: link, to: razao}
""",
    "acervo/entities/mes.yaml": """
entity: mes
label: {one: Mês, many: Meses}
fields:
  inicio: {type: date, required: yes}
  fim: date
  fechado: yes/no
""",
    "acervo/entities/registro.yaml": """
entity: registro
label: {one: Registro, many: Registros}
ledger:
  day: dia
  lines: partes
  account: conta
  debit: deve
  credit: haver
  closed: {in: mes, from: inicio, to: fim, when: fechado}
fields:
  dia: {type: date, required: yes}
  texto: text
  partes: {type: children, of: parte}
""",
    "acervo/entities/parte.yaml": """
entity: parte
label: {one: Parte, many: Partes, gender: f}
fields:
  registro: {type: link, to: registro, required: yes}
  conta: {type: link, to: razao, required: yes}
  deve: money
  haver: money
  autor: {type: link, to: autor}
""",
    "acervo/data/autores.yaml": "data: autores\nentity: autor\nkey: [sigla, pais]\n",
    "acervo/data/autores.csv": "sigla;nome;pais\nA;Ana;BR\nB;Bia;PT\n",
    "acervo/data/obras.yaml": "data: obras\nentity: obra\nkey: titulo\n",
    "acervo/data/obras.csv": "titulo;autor.sigla;autor.pais;preco\nUm;A;BR;5.00\n",
    "site/manifest.yaml": "package: site\nlabel: Site\nversion: 1.0.0\nrequires: [acervo]\n",
    "site/entities/emprestimo.yaml": """
entity: emprestimo
label: {one: Empréstimo, many: Empréstimos}
fields:
  obra: {type: link, to: obra}
  limite: {type: money, is: "obra.total + prazo_do(autor: obra.autor, dobro: true)"}
""",
    "site/functions/prazo_do.yaml": """
function: prazo_do
of: autor
takes: {dobro: {type: yes/no}}
is: if dobro then prazo * 2 else prazo
""",
    "site/functions/vale.yaml": """
function: vale
takes: {obra: {type: link, to: obra}, outra: {type: link, to: obra}}
is: |
  obra.total > outra.preco
  and every e in obra.exemplares satisfies e.valor > 0
""",
    "site/decisions/desconto.yaml": """
decision: desconto
inputs:
  obra: {type: link, to: obra}
  dia: {type: date}
outputs:
  taxa: {type: decimal}
pick: first
rows: |
  obra                                        | dia                 || taxa
  ?.preco > 10 and ?.autor.pais = "BR"        | > obra.inicio       || obra.preco / 100
  count(?.exemplares[valor > 3]) > 0          | [@"2026-01-01"..obra.fim] || obra.total
  otherwise || 0
""",
    "site/parameters/dias.yaml": """
parameter: dias
type: integer
of: emprestimo
cascade: [obra.autor.prazo]
default: 7
""",
    "site/examples/da_decisao.yaml": """
examples: da_decisao
of: decision desconto
cases:
  Cara: {given: {obra: {preco: 20, inicio: 2026-01-01, autor: {pais: BR, sigla: A}}, dia: 2026-02-01}, expect: 0.2, row: 1}
  Com exemplar caro:
    given:
      obra: {preco: 1, inicio: 2026-03-01, fim: 2026-12-31, autor: {pais: PT}, exemplares: [{valor: 4}]}
      dia: 2026-02-01
    expect: 5
""",
    "site/examples/da_funcao.yaml": """
examples: da_funcao
of: function prazo_do
cases:
  Em dobro: {given: {prazo: 5, dobro: true}, expect: 10}
""",
    "site/examples/do_parametro.yaml": """
examples: do_parametro
of: parameter dias
cases:
  Do autor: {given: {obra: {autor: {prazo: 3}}}, expect: 3}
  De todos: {given: {obra: {autor: {nome: Ana}}}, expect: 7}
""",
    "site/examples/da_obra.yaml": """
examples: da_obra
of: entity obra
cases:
  Cara:
    given: {titulo: Um, preco: 60, autor: {ativo: true, sigla: A}, exemplares: [{valor: 70, numero: 1}]}
    expect: [cara, repetido]
  Sem título:
    given: {preco: 1, autor: {ativo: true, sigla: A}}
    expect: titulo
""",
    "site/forms/obra.yaml": """
form: obra
entity: obra
tabs:
  Dados:
    Geral:
      - [titulo, {autor: {width: 6}}]
      - pais: {label: País}
    Datas: {about: As datas., rows: [[inicio, fim]]}
  Preço:
    - preco
    - exemplares: {columns: [numero, valor], totals: valor}
below: [coautores_nao]
""".replace("below: [coautores_nao]\n", ""),
    "site/forms/autor.yaml": "form: autor\nentity: autor\ntabs: {Autor: [[sigla, nome]]}\n",
    "site/forms/resumo.yaml": """
form: resumo
entity: obra
below: [{exemplares: {columns: [numero, valor], totals: [valor]}}]
""",
    "site/lists/abertas.yaml": """
list: abertas
entity: obra
columns: [titulo, autor.nome, preco, created_at]
filters: [aberta, autor.pais]
order: [-autor.nome, titulo]
views:
  Brasileiras: {autor.pais: BR, aberta: yes}
""",
    "site/menus/site.yaml": "menu: site\nlabel: Site\nitems: {Geral: [abertas, emprestimo], Outros: [folga, autor]}\n",
    "site/help/obra.yaml": "help: obra\nabout: form obra\ntitle: Obras\ntext: Uma obra.\n",
    "site/help/autor.yaml": "help: autor\nabout: entity autor\ntitle: Autores\ntext: Um autor.\n",
    "site/help/folgas.yaml": "help: folgas\nabout: list folga\ntitle: Folgas\ntext: Uma folga.\n",
    "site/layouts/obras.yaml": """
layout: obras
into: obra
key: titulo
columns:
  Nome: titulo
  Autor: {to: autor, find: sigla}
  Preço: {to: preco, format: point}
set: {pais: BR}
""",
    "site/layouts/exemplares.yaml": """
layout: exemplares
into: exemplar
key: numero
columns:
  Número: numero
  Obra: {to: obra, find: inicio..fim}
""",
    "site/postings/compra.yaml": """
posting: compra
label: Compra
of: obra
into: registro
lookup:
  acervo: {in: razao, where: codigo = "1", order: [codigo], expect: first, otherwise: "Falta a conta de {titulo}."}
  caixa: {in: razao, where: codigo = "2" and acima = null, otherwise: "Falta a conta 2."}
set: {dia: "coalesce(inicio, obra.fim)", texto: titulo + autor.nome}
lines:
  acervo: {account: acervo, debit: preco, set: {autor: autor}}
  caixa: {account: caixa, credit: obra.preco * 1, when: aberta and pais = "BR", otherwise: "Sem caixa em {obra.pais}."}
""",
    "site/processes/comprar.yaml": """
process: comprar
label: Comprar
needs: COMPRAR
steps:
  abertas: {from: obra, where: aberta, columns: {qual: obra, autor: autor, valor: preco}}
  compras: {from: abertas, record: qual, post: compra}
""",
    "site/additions/anotar.yaml": """
addition: anotar
label: Anotar
to: comprar
steps:
  ditas:
    from: abertas
    where: valor > 0 and autor.ativo
    lookup: {modelo: {in: modelo, where: modelo.autor = abertas.autor and numero = 1, order: numero, expect: first}}
    columns: {autor: autor, quem: autor.nome, vale: modelo.valor}
  lidas: {from: ditas, update: autor, record: autor, set: {nome: quem}}
""",
    "site/actions/copiar.yaml": """
action: copiar
label: Copiar
of: obra
ask:
  quantas: {type: integer, default: = count(exemplares), required: yes}
  modelo: {type: link, to: obra}
  desde: {type: date, default: = obra.inicio}
makes:
  copias:
    entity: obra
    each: for n in 1..quantas return n
    set:
      titulo: titulo + string(item)
      autor: coalesce(modelo.autor, obra.autor)
      preco: obra.preco * 2
      inicio: desde
    rows:
      exemplares:
        each: modelo.exemplares
        set: {numero: item.numero, valor: item.valor + preco}
""",
}

PACKAGES = {path: text.removeprefix("\n").encode() for path, text in FILES.items()}

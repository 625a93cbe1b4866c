"""Rows that travel with packages: owned ones follow the package, others are put in once."""

from __future__ import annotations

from sqlalchemy import Engine

from kernel import publish as published
from kernel.storage.seed import Seeded, seed_demo
from metadata.load import load_files
from tests.publications import codes, files, one, publish, run

STATE = "search: [sigla, nome]\nsigla: {type: text, max: 2, unique: yes}\nnome: {type: text}"
CITY = "nome: {type: text}\nestado: {type: link, to: estado}\nativa: {type: yes/no, default: yes}"
STATES = "sigla;nome\nMG;Minas Gerais\nSP;São Paulo\n"


def data(**documents: tuple[str, str]) -> dict[str, str]:
    """Return data documents: name → (keys of the document, CSV)."""
    found = {}
    for name, (keys, rows) in documents.items():
        found[f"data/{name}.yaml"] = f"data: {name}\n{keys}\n"
        found[f"data/{name}.csv"] = rows
    return found


def states(rows: str = STATES, more: str = "owned: yes") -> dict[str, bytes]:
    return files(data(estados=(f"entity: estado\nkey: [sigla]\n{more}", rows)), estado=STATE)


def of(seeded: tuple[Seeded, ...]) -> dict[str, tuple[int, int]]:
    return {one.document: (one.inserted, one.changed) for one in seeded}


# ── owned ─────────────────────────────────────────────────────────────────────────────────────────


def test_owned_rows_are_put_in_with_what_is_searched(database: Engine) -> None:
    done = publish(database, states())
    assert of(done.seeded) == {"estados": (2, 0)}
    assert run(database, "SELECT sigla, nome, version, created_by, search_text FROM estado ORDER BY id") == [
        ("MG", "Minas Gerais", 1, "teste", "mg minas gerais"),
        ("SP", "São Paulo", 1, "teste", "sp sao paulo"),
    ]


def test_only_rows_that_differ_are_changed(database: Engine) -> None:
    publish(database, states())
    assert publish(database, states()).seeded == ()
    done = publish(database, states(STATES.replace("São Paulo", "Estado de São Paulo")))
    assert of(done.seeded) == {"estados": (0, 1)}
    assert run(database, "SELECT sigla, version, search_text FROM estado ORDER BY id") == [
        ("MG", 1, "mg minas gerais"),
        ("SP", 2, "sp estado de sao paulo"),
    ]


def test_an_owned_row_that_somebody_changed_or_removed_is_set_right(database: Engine) -> None:
    publish(database, states())
    run(database, "UPDATE estado SET nome = 'Minas' WHERE sigla = 'MG'")
    run(database, "DELETE FROM estado WHERE sigla = 'SP'")
    assert of(publish(database, states()).seeded) == {"estados": (1, 1)}
    assert run(database, "SELECT nome FROM estado ORDER BY sigla") == [("Minas Gerais",), ("São Paulo",)]


def test_rows_that_the_package_no_longer_has_stay_and_are_told(database: Engine) -> None:
    publish(database, states())
    done = publish(database, states("sigla;nome\nMG;Minas Gerais\n"))
    assert codes(done.problems) == ["M534"]
    assert done.is_complete
    assert "1 registro" in str(done.problems[0])
    assert one(database, "SELECT count(*) FROM estado") == 2
    assert publish(database, states("sigla;nome\nMG;Minas Gerais\n")).problems == ()


# ── seeded once ───────────────────────────────────────────────────────────────────────────────────


def test_seeded_rows_belong_to_the_site_from_then_on(database: Engine) -> None:
    once = states(more="")
    publish(database, once)
    run(database, "DELETE FROM estado WHERE sigla = 'SP'")
    run(database, "UPDATE estado SET nome = 'Minas' WHERE sigla = 'MG'")
    assert publish(database, once).seeded == ()
    publish(database, states(STATES + "RJ;Rio de Janeiro\n", more=""))
    assert run(database, "SELECT sigla, nome FROM estado") == [("MG", "Minas")]


def test_rows_whose_key_is_there_are_not_touched(database: Engine) -> None:
    publish(database, files(estado=STATE))
    run(database, "INSERT INTO estado (sigla, nome) VALUES ('MG', 'Minas')")
    assert of(publish(database, states(more="")).seeded) == {"estados": (1, 0)}
    assert run(database, "SELECT sigla, nome FROM estado ORDER BY sigla") == [
        ("MG", "Minas"),
        ("SP", "São Paulo"),
    ]


# ── links ─────────────────────────────────────────────────────────────────────────────────────────


def test_links_are_found_by_natural_keys_whatever_the_order_of_documents(database: Engine) -> None:
    content = files(
        data(
            a_cidades=(
                "entity: cidade\nkey: [estado, nome]",
                "nome;estado.sigla\nItajubá;MG\nSantos;SP\nNenhures;\n",
            ),
            b_bairros=(
                "entity: bairro\nkey: [nome]",
                "nome;cidade.estado.sigla;cidade.nome\nCentro;MG;Itajubá\nGonzaga;SP;Santos\n",
            ),
            z_estados=("entity: estado\nkey: [sigla]", STATES),
        ),
        estado=STATE,
        cidade=CITY,
        bairro="nome: {type: text}\ncidade: {type: link, to: cidade}",
    )
    done = publish(database, content)
    assert done.problems == ()
    assert run(
        database,
        "SELECT c.nome, e.sigla, c.ativa FROM cidade c LEFT JOIN estado e ON e.id = c.estado ORDER BY 1",
    ) == [
        ("Itajubá", "MG", True),
        ("Nenhures", None, True),
        ("Santos", "SP", True),
    ]
    found = run(database, "SELECT b.nome, c.nome FROM bairro b JOIN cidade c ON c.id = b.cidade ORDER BY 1")
    assert found == [("Centro", "Itajubá"), ("Gonzaga", "Santos")]


def test_rows_of_a_tree_may_come_in_any_order(database: Engine) -> None:
    tree = "codigo;nome;pai.codigo\n1.1.1;Folha;1.1\n1.1;Ramo;1\n1;Tronco;\n"
    conta = "codigo: {type: text, unique: yes}\nnome: {type: text}\npai: {type: link, to: conta}"
    content = files(data(contas=("entity: conta\nkey: [codigo]\nowned: yes", tree)), conta=conta)
    assert of(publish(database, content).seeded) == {"contas": (3, 0)}
    found = run(
        database, "SELECT c.codigo, p.codigo FROM conta c LEFT JOIN conta p ON p.id = c.pai ORDER BY 1"
    )
    assert found == [("1", None), ("1.1", "1"), ("1.1.1", "1.1")]


def test_a_row_whose_link_is_missing_stays_out_is_told_by_line_and_comes_with_the_next_apply(
    database: Engine,
) -> None:
    content = files(
        data(cidades=("entity: cidade\nkey: [nome]", "nome;estado.sigla\nItajubá;MG\nRecife;PE\n")),
        estado=STATE,
        cidade=CITY,
    )
    publish(database, files(estado=STATE, cidade=CITY))
    run(database, "INSERT INTO estado (sigla) VALUES ('MG')")
    done = publish(database, content)
    (problem,) = done.problems
    assert str(problem) == (
        "M531 loja/data/cidades.csv:3:1  cidades: não encontrei estado.sigla “PE”; a linha ficou de fora; "
        "inclua o registro que falta e rode ./aroeira apply de novo"
    )
    assert not done.is_complete
    run(database, "INSERT INTO estado (sigla) VALUES ('PE')")
    assert publish(database, content).problems == ()
    assert run(database, "SELECT nome FROM cidade ORDER BY 1") == [("Itajubá",), ("Recife",)]


def test_a_column_lists_where_a_field_of_many_links_leads(database: Engine) -> None:
    rows = "nome;estados.sigla\nSul;MG, SP\nNorte;\nLeste;MG, BA\n"
    region = "search: [nome]\nnome: {type: text}\nestados: {type: many links, to: estado}"
    content = files(data(regioes=("entity: regiao\nkey: [nome]", rows)), estado=STATE, regiao=region)
    publish(database, files(estado=STATE, regiao=region))
    run(database, "INSERT INTO estado (sigla) VALUES ('MG'), ('SP')")
    (problem,) = publish(database, content).problems
    assert str(problem).startswith(
        "M531 loja/data/regioes.csv:4:1  regioes: não encontrei estados.sigla “MG · BA”; a linha ficou de fora"
    )
    linked = (
        "SELECT r.nome, e.sigla FROM regiao r LEFT JOIN regiao_estados_links l ON l.source = r.id "
        "LEFT JOIN estado e ON e.id = l.target ORDER BY 1, 2"
    )
    assert run(database, linked) == [("Norte", None), ("Sul", "MG"), ("Sul", "SP")]
    run(database, "INSERT INTO estado (sigla) VALUES ('BA')")
    assert publish(database, content).problems == ()
    assert run(database, linked) == [
        ("Leste", "BA"), ("Leste", "MG"), ("Norte", None), ("Sul", "MG"), ("Sul", "SP"),
    ]  # fmt: skip


def test_what_a_list_of_links_holds_must_fit_the_field_of_the_targets() -> None:
    region = "nome: {type: text}\nestados: {type: many links, to: estado}"

    def told(column: str, cell: str) -> list[str]:
        rows = f"nome;{column}\nSul;{cell}\n"
        content = files(data(regioes=("entity: regiao\nkey: [nome]", rows)), estado=STATE, regiao=region)
        return codes(load_files(content)[1])

    assert told("estados.sigla", "MG, SP") == []
    assert told("estados.sigla", "MG, Minas") == ["M209"]
    assert told("estados", "MG") == ["M214"]
    assert told("estados.uf", "MG") == ["M205"]
    assert told("estados.nome.sigla", "MG") == ["M213"]


def test_what_means_several_records_is_told(database: Engine) -> None:
    publish(database, files(estado="sigla: {type: text}\nnome: {type: text}", cidade=CITY))
    run(database, "INSERT INTO estado (sigla) VALUES ('MG'), ('MG')")
    run(database, "INSERT INTO cidade (nome) VALUES ('Bom Jesus'), ('Bom Jesus')")
    content = files(
        data(
            cidades=("entity: cidade\nkey: [nome]\nowned: yes", "nome;estado.sigla\nItajubá;MG\nBom Jesus;\n")
        ),
        estado="sigla: {type: text}\nnome: {type: text}",
        cidade=CITY,
    )
    assert sorted(codes(publish(database, content).problems)) == ["M532", "M533"]
    assert one(database, "SELECT count(*) FROM cidade") == 2


def test_rows_against_a_key_of_the_site_are_told_and_the_others_go_on(database: Engine) -> None:
    publish(
        database,
        files(estado="sigla: {type: text}\nnome: {type: text, unique: yes}", pais="nome: {type: text}"),
    )
    run(database, "INSERT INTO estado (sigla, nome) VALUES ('M', 'Minas Gerais')")
    content = files(
        data(
            estados=("entity: estado\nkey: [sigla]", STATES),
            paises=("entity: pais\nkey: [nome]", "nome\nBrasil\n"),
        ),
        estado="sigla: {type: text}\nnome: {type: text, unique: yes}",
        pais="nome: {type: text}",
    )
    done = publish(database, content)
    assert codes(done.problems) == ["M535"]
    assert of(done.seeded) == {"paises": (1, 0)}


# ── demo, types, size ─────────────────────────────────────────────────────────────────────────────


def test_demo_rows_come_only_when_asked_for_and_once(database: Engine) -> None:
    content = states(more="demo: yes")
    assert publish(database, content).seeded == ()
    with database.connect() as connection:
        runtime = published.load(connection, 1)
    assert of(seed_demo(database, runtime)) == {"estados": (2, 0)}
    run(database, "DELETE FROM estado")
    assert of(seed_demo(database, runtime)) == {"estados": (0, 0)}


def test_values_are_read_in_canonical_form(database: Engine) -> None:
    entity = (
        "codigo: {type: text}\nvalor: {type: money}\ninicio: {type: date}\nmes: {type: month}\n"
        "hora: {type: time}\nativo: {type: yes/no}\nprazo: {type: duration}\nextra: {type: json}\n"
        "parte: {type: percent}\nvidas: {type: integer}"
    )
    rows = (
        "codigo;valor;inicio;mes;hora;ativo;prazo;extra;parte;vidas\n"
        '00042;1234.50;2026-01-31;2026-02;08:30;no;P30D;"{""a"": [1]}";0.3;7\n'
        "00043;;;;;;;;;\n"
    )
    publish(database, files(data(tipos=("entity: tipo\nkey: [codigo]\nowned: yes", rows)), tipo=entity))
    found = run(
        database,
        "SELECT codigo, valor::text, inicio::text, mes::text, hora::text, ativo, prazo, parte::text, vidas "
        "FROM tipo ORDER BY 1",
    )
    assert found == [
        ("00042", "1234.50", "2026-01-31", "2026-02-01", "08:30:00", False, "P30D", "0.300000", 7),
        ("00043", None, None, None, None, None, None, None, None),
    ]


def test_many_rows_are_put_in_as_one_set(database: Engine) -> None:
    rows = "sigla;nome\n" + "".join(f"{number};Nome {number}\n" for number in range(20_000))
    entity = STATE.replace(", max: 2", "")
    content = files(data(estados=("entity: estado\nkey: [sigla]\nowned: yes", rows)), estado=entity)
    assert of(publish(database, content).seeded) == {"estados": (20_000, 0)}
    assert publish(database, content).seeded == ()

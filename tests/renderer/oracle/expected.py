"""What every route is asked and must answer, as a table: a route that is not in it fails the test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from tests.renderer.oracle.asks import (
    NOTHING,
    Ask,
    Asks,
    all_of,
    columns,
    many,
    of_lists,
    of_records,
    once,
    row,
    table,
    text_of,
)
from tests.renderer.oracle.cells import ENTITIES, FIELDS, Cell, word
from tests.renderer.oracle.processes import charge, charged, charged_by_program, queue, run, runs
from tests.renderer.oracle.world import ABSENT, LISTED, OPEN_AUDIT, World

LISTS, API, ONE = "/registros/{list}", "/api/v1/{entity}", "/registros/{list}/{id:record}"
STALE = {"version": "0", "f.nome": "outro", "fim": "1"}
REASON = {"motivo": "Conferir dados", "finalidade": "Conferir dados"}
MANY = {"cliente": ("favoritos", "plano"), "operador": ("empresas", "empresa")}


# ── what one record shows ─────────────────────────────────────────────────────────────────────────


def phones(world: World, id: int) -> set[Cell]:
    """Return the values of the rows below a client."""
    return {
        cell for below in world.oracle.phones(id) if world.oracle.sees("telefone", below)
        for cell in row(world, "telefone", below, ("numero",))
    }  # fmt: skip


def fields(world: World, entity: str, id: int) -> set[Cell]:
    """Return what one record shows of itself in the API."""
    return row(world, entity, id, FIELDS[entity]) | (
        many(world, entity, id, *MANY[entity]) if entity in MANY else set()
    )


def preview(world: World, entity: str, id: int) -> set[Cell]:
    """Return what the preview of a record shows: its columns, the text it is called by; no files."""
    names = [name for name in FIELDS[entity] if name != "dobro"]
    return row(world, entity, id, names) | set(text_of(world, entity, id))


def form(world: World, entity: str, id: int) -> set[Cell]:
    """Return what the form of a record shows: its fields, its rows, its file by name, the text it is called by."""
    shown = fields(world, entity, id) | set(text_of(world, entity, id))
    if entity == "cliente":
        shown |= phones(world, id) | (row(world, entity, id, ("laudo",)) if id in world.files else set())
    return shown


def called(world: World, entity: str, id: int) -> set[Cell]:
    """Return the text by which a record is called."""
    return set(text_of(world, entity, id))


# ── ways of asking that are of one route only ─────────────────────────────────────────────────────


def api_lists(world: World) -> Iterator[Ask]:
    """Ask the API for every entity; the rows below come along where they are asked for."""
    for entity in LISTED:
        yield Ask(f"/api/v1/{entity}?limit=200", table(world, entity, FIELDS[entity]))
    yield Ask("/api/v1/cliente?limit=200&children=telefones", None)
    yield Ask("/api/v1/cliente?limit=200&expand=plano,empresa", None)


def found_by_words(address: str, entity: str = "cliente") -> Asks:
    """Search by every word that stands in a record: it is found where the word is shown."""

    def asks(world: World) -> Iterator[Ask]:
        for id in world.data[entity]:
            for name in ("nome", "apelido", "doenca"):
                text = word(entity, id, name)[:-1]  # what the answer repeats of the question is no value
                shown = Cell(entity, id, name) in row(world, entity, id, (name,)) and name != "doenca"
                yield Ask(
                    address.format(text),
                    None if shown else NOTHING,
                    finds=frozenset({Cell(entity, id, name)}) if shown else NOTHING,
                )

    return asks


def files(world: World) -> Iterator[Ask]:
    """Ask for every file, and for one that does not exist."""
    for id, file in world.files.items():
        shown = world.oracle.cell("cliente", id, "laudo")
        yield Ask(
            f"/anexos/{file}",
            frozenset({Cell("cliente", id, "laudo")}) if shown else NOTHING,
            status=200 if shown else 404,
        )


def may_reveal(world: World, id: int, name: str) -> bool | None:
    """Tell whether a value may be revealed; one that is shown anyhow need not be asked for: None."""
    if id == ABSENT:
        return False
    if world.oracle.cell("cliente", id, name):
        return None
    return world.oracle.cell("cliente", id, name, ("revealable", "shown"))


def reveal(world: World) -> Iterator[Ask]:
    """Ask for every masked value; it is told where it may be revealed, or is shown anyhow."""
    for id in (*world.data["cliente"], ABSENT):
        for name in ("apelido", "doenca", "nome"):
            may = may_reveal(world, id, name)
            yield Ask(
                f"/revelar/cliente/{id}/{name}",
                NOTHING if may is False else None,
                ("cliente", id),
                body=REASON,
                reveals=may,
            )


def reveal_by_program(world: World) -> Iterator[Ask]:
    """Ask the API for every masked value."""
    for id in (*world.data["cliente"], ABSENT):
        for name in ("apelido", "doenca", "nome"):
            may = may_reveal(world, id, name)
            body = {"field": name, "reason": "Conferir dados"}
            yield Ask(
                f"/api/v1/cliente/{id}/revelar",
                NOTHING if may is False else None,
                ("cliente", id),
                json=body,
                reveals=may,
            )


def help_of_fields(world: World) -> Iterator[Ask]:
    """Ask for the help of every field, which has no values."""
    for entity in LISTED:
        for name in FIELDS[entity]:
            yield Ask(f"/ajuda?entidade={entity}&campo={name}&list={entity}", NOTHING)


def counts(world: World) -> Iterator[Ask]:
    """Ask how many there are: as many as are seen."""
    for entity in LISTED:
        yield Ask(f"/registros/{entity}/contagem", NOTHING, counts=len(world.ids(entity)))


def why(world: World) -> Iterator[Ask]:
    """Ask why somebody may not read a record, for each record."""
    for entity in ("cliente", "plano"):
        for id in (*world.data[entity], ABSENT):
            yield Ask(f"/acessos/porque?papel=papel_0&o={entity}&registro={id}", None)


def searched_for_exports(world: World) -> Iterator[Ask]:
    """Ask for the exports of the API."""
    for entity in LISTED:
        yield Ask(
            f"/api/v1/{entity}/exportar.csv?purpose=Conferir+dados", table(world, entity, columns(entity))
        )


def histories(world: World) -> Iterator[Ask]:
    """Ask for histories, and how records are today: what is shown of every record is told, as it was and is."""
    for query, ages in (("", (False, True)), ("?em=hoje", (False,))):
        for ask in of_records(f"/historico{query}", opens=True)(world):
            entity, id = ask.record or ("", ABSENT)
            yield replace(ask, finds=frozenset(of_history(world, entity, id, ages)))


def of_history(world: World, entity: str, id: int, ages: tuple[bool, ...]) -> Iterator[Cell]:
    """Yield the values of a record that its history must tell; rows below have conditions of those above."""
    if id == ABSENT or entity == "telefone" or not world.oracle.sees(entity, id):
        return
    for name in FIELDS[entity]:
        value = world.data[entity][id].get(name)
        if value and value == word(entity, id, name) and world.oracle.whole(entity, name):
            yield from (Cell(entity, id, name, age) for age in ages)


def log(world: World) -> Iterator[Ask]:
    """Ask for the log of changes, of everything and of each entity."""
    for query in ("", *(f"?entidade={entity}" for entity in ENTITIES)):
        yield Ask(f"/auditoria{query}", None if world.has(OPEN_AUDIT) else NOTHING)


def palette(world: World) -> Iterator[Ask]:
    """Search in the palette by every word; without any it has no records."""
    yield Ask("/paleta", NOTHING)
    yield from found_by_words("/paleta?q={}&fragmento=sim")(world)


RUN, API_RUN = "/execucoes/{id:record}", "/api/v1/execucoes/{id:record}"
GET: Mapping[str, Asks] = {
    "/static/{path:path}": once("/static/app.css"),
    "/processos": once("/processos", None),
    "/agendas": once("/agendas", None),
    "/fila": queue,
    "/agendas/{schedule}": once("/agendas/toda_noite", None),
    "/processos/{process}": charge,
    "/processos/{process}/execucoes": runs,
    RUN: all_of(run(both=True), run("?fragmento=tudo")),
    f"{RUN}/desfazer": run("/desfazer"),
    f"{RUN}/executar": run("/executar", both=True),
    f"{RUN}/refazer": run("/refazer", both=True),
    f"{RUN}/excecoes": run("/excecoes", both=True),
    f"{RUN}/diferencas": run("/diferencas", both=True),
    f"{RUN}/diferencas.csv": run("/diferencas.csv"),
    f"{RUN}/diferencas.xlsx": run("/diferencas.xlsx"),
    f"{RUN}/relatorios/{{step}}": run("/relatorios/todos", both=True),
    f"{RUN}/relatorios/{{step}}.csv": run("/relatorios/todos.csv?finalidade=Conferir+dados"),
    f"{RUN}/relatorios/{{step}}.xlsx": run("/relatorios/todos.xlsx?finalidade=Conferir+dados"),
    f"{RUN}/excecoes.csv": run("/excecoes.csv?finalidade=Conferir+dados"),
    f"{RUN}/excecoes.xlsx": run("/excecoes.xlsx?finalidade=Conferir+dados"),
    "/api/v1/processos": once("/api/v1/processos", None),
    API_RUN: run(base="/api/v1/execucoes", both=True),
    f"{API_RUN}/excecoes": run("/excecoes", "/api/v1/execucoes", both=True),
    "/entrar": once("/entrar"),
    "/entrar/codigo": once("/entrar/codigo"),
    "/entrar/openid": once("/entrar/openid"),
    "/entrar/openid/volta": once("/entrar/openid/volta"),
    "/entrar/pronto": once("/entrar/pronto"),
    "/conta": once("/conta"),
    "/conta/senha": once("/conta/senha"),
    "/acessos/papeis": once("/acessos/papeis"),
    "/acessos/papeis/novo": once("/acessos/papeis/novo"),
    "/acessos/papeis/{name}": once("/acessos/papeis/papel_0"),
    "/acessos/papeis/{name}/desfazer": once("/acessos/papeis/papel_0/desfazer"),
    "/acessos/operadores": once("/acessos/operadores", None),
    "/acessos/operadores/novo": once("/acessos/operadores/novo", None),
    "/acessos/operadores/{account:record}": once("/acessos/operadores/1", None),
    "/acessos/matriz": once("/acessos/matriz"),
    "/acessos/matriz/{entity}": once("/acessos/matriz/cliente"),
    "/acessos/porque": why,
    "/trabalho": once("/trabalho", None),
    "/": once("/", None),
    "/modulos/{module}": once("/modulos/casa"),
    "/paleta": palette,
    "/teclas": once("/teclas"),
    "/api/v1/openapi.json": once("/api/v1/openapi.json"),
    API: api_lists,
    "/api/v1/{entity}/{id:record}": of_records("", base="/api/v1/{entity}/{id}", wants=fields, opens=True),
    "/api/v1/{entity}/exportar.csv": searched_for_exports,
    "/revelar/{entity}/{id:record}/{field}": of_records(
        "/apelido", base="/revelar/{entity}/{id}", only=["cliente"], wants=lambda *_: set()
    ),
    "/api/v1/{entity}/{id:record}/sigilo": of_records(
        "/sigilo", base="/api/v1/{entity}/{id}", only=["cliente"], wants=lambda *_: set(), opens=True
    ),
    "/registros/{list}/lotes/{batch:record}": lambda world: iter(
        [Ask(f"/registros/cliente/lotes/{world.batch}", None)]
    ),
    "/registros/{list}/colunas": of_lists("/colunas", shows=False),
    "/registros/{list}/exportar.csv": of_lists("/exportar.csv", "finalidade=Conferir+dados"),
    "/registros/{list}/exportar.xlsx": of_lists("/exportar.xlsx", "finalidade=Conferir+dados"),
    f"{ONE}/consulta": of_records("/consulta", only=["cliente"], opens=True),
    f"{ONE}/previa": of_records("/previa", wants=preview, opens=True),
    LISTS: all_of(of_lists(), found_by_words("/registros/cliente?q={}")),
    f"{LISTS}/contagem": counts,
    f"{LISTS}/filtro": of_lists("/filtro", shows=False),
    f"{ONE}/historico": histories,
    f"{ONE}/pessoa": of_records("/pessoa", only=["cliente"], wants=called),
    f"{ONE}/anonimizar": of_records("/anonimizar", only=["cliente"]),
    "/auditoria": log,
    "/auditoria/exportar.csv": once("/auditoria/exportar.csv?finalidade=Conferir+dados", None),
    "/auditoria/exportar.xlsx": once("/auditoria/exportar.xlsx?finalidade=Conferir+dados", None),
    f"{ONE}/sigilo": of_records("/sigilo", only=["cliente"], wants=called, opens=True),
    "/auditoria/dados-pessoais": once("/auditoria/dados-pessoais", None),
    "/auditoria/entradas": once("/auditoria/entradas"),
    "/auditoria/entradas/exportar.csv": once("/auditoria/entradas/exportar.csv"),
    "/auditoria/recusas": once("/auditoria/recusas", None),
    "/auditoria/recusas/exportar.csv": once("/auditoria/recusas/exportar.csv", None),
    f"{LISTS}/novo": once("/registros/cliente/novo", None),  # the only company is chosen already
    ONE: of_records("", opens=True, wants=form),
    f"{ONE}/excluir": of_records("/excluir"),
    f"{ONE}/duplicar": of_records("/duplicar"),
    f"{ONE}/{{step}}": all_of(of_records("/proximo"), of_records("/anterior")),
    f"{ONE}/acao/{{action}}": of_records("/acao/indicar", only=["cliente"]),
    f"{ONE}/transicao/{{transition}}": of_records("/transicao/envelhecer", only=["cliente"]),
    "/busca/{entity}": all_of(found_by_words("/busca/cliente?q={}"), once("/busca/cliente?q=", None)),
    "/rascunhos/{entity}/{record}": of_records("", base="/rascunhos/{entity}/{id}", only=["cliente"]),
    "/anexos/{id:record}": files,
    "/ajuda": help_of_fields,
    "/ajuda/expressoes": once("/ajuda/expressoes"),
    "/parametros": once("/parametros"),
    "/parametros/{name}": once("/parametros/nenhum"),
    "/parametros/{name}/retirar": once("/parametros/nenhum/retirar"),
    "/auditoria/parametros": once("/auditoria/parametros"),
    "/auditoria/parametros/exportar.csv": once("/auditoria/parametros/exportar.csv"),
}

GREEN = {"version": "2", "f.cor": "verde", "fim": "1"}
UNREADABLE = {"version": "1", "f.renda": "isto não é um número", "fim": "1"}


def bulk(world: World) -> Iterator[Ask]:
    """Choose every record for a bulk change, and plan one: only those that are seen are in it."""
    ids = [str(id) for id in (*world.data["cliente"], ABSENT)]
    yield Ask("/registros/cliente/alterar", NOTHING, body={"ids": ids})
    yield Ask("/registros/cliente/alterar", NOTHING, body={"ids": ids, "campo": "nome"})
    yield Ask(
        "/registros/cliente/alterar", None, body={"ids": ids, "campo": "nome", "valor": "x"}, follows=True
    )
    yield Ask(
        "/registros/cliente/alterar",
        None,
        body={"todos": "sim", "campo": "renda", "valor": "1"},
        follows=True,
    )


def gathered(world: World) -> Iterator[Ask]:
    """Gather the data of every person, as a page and as a file."""
    yield from of_records("/pessoa", only=["cliente"], **REASON)(world)
    yield from of_records("/pessoa", only=["cliente"], **REASON, arquivo="sim")(world)


def rules(step: str) -> Asks:
    """Ask what rules say of every record."""
    return all_of(
        of_records(f"/{step}?campo=f.cor", **UNREADABLE),
        of_records(
            f"/{step}?campo=f.cor", only=["cliente"], **{**UNREADABLE, "f.cor": "verde", "mudou": "f.cor"}
        ),
    )


POST: Mapping[str, Asks] = {
    "/agendas/{schedule}/parar": once("/agendas/toda_noite/parar", None),
    "/agendas/{schedule}/retomar": once("/agendas/toda_noite/retomar", None),
    "/agendas/{schedule}/executar": once("/agendas/toda_noite/executar", None),
    "/processos/{process}": charged,
    f"{RUN}/parar": run("/parar"),
    f"{RUN}/continuar": run("/continuar"),
    f"{RUN}/fila/esquecer": run("/fila/esquecer"),
    f"{RUN}/executar": run("/executar"),
    f"{RUN}/simular": run("/simular"),
    f"{RUN}/refazer": run("/refazer", both=True),
    f"{RUN}/desfazer": run("/desfazer"),
    "/api/v1/processos/{process}": charged_by_program,
    f"{API_RUN}/parar": run("/parar", "/api/v1/execucoes"),
    f"{API_RUN}/continuar": run("/continuar", "/api/v1/execucoes"),
    f"{API_RUN}/desfazer": run("/desfazer", "/api/v1/execucoes"),
    "/entrar": once("/entrar", login="alguem", senha="x"),
    "/entrar/codigo": once("/entrar/codigo", codigo="1"),
    "/sair": once("/sair"),
    "/conta/senha": once("/conta/senha"),
    "/conta/sessoes": once("/conta/sessoes"),
    "/conta/segundo-fator": once("/conta/segundo-fator"),
    "/conta/segundo-fator/confirmar": once("/conta/segundo-fator/confirmar"),
    "/conta/segundo-fator/desligar": once("/conta/segundo-fator/desligar"),
    "/conta/segundo-fator/recuperacao": once("/conta/segundo-fator/recuperacao"),
    "/conta/chaves": once("/conta/chaves"),
    "/conta/chaves/revogar": once("/conta/chaves/revogar"),
    "/acessos/papeis/novo": once("/acessos/papeis/novo"),
    "/acessos/papeis/{name}": once("/acessos/papeis/papel_0"),
    "/acessos/papeis/{name}/desfazer": once("/acessos/papeis/papel_0/desfazer"),
    "/acessos/operadores/novo": once("/acessos/operadores/novo", None),
    "/acessos/operadores/{account:record}/papeis": once("/acessos/operadores/1/papeis", None),
    "/acessos/operadores/{account:record}/papeis/tirar": once("/acessos/operadores/1/papeis/tirar", None),
    "/acessos/operadores/{account:record}/senha": once("/acessos/operadores/1/senha", None),
    "/acessos/operadores/{account:record}/{what}": once("/acessos/operadores/1/desligar", None),
    "/ver-como": once("/ver-como", operador="outro"),
    "/ver-como/fim": once("/ver-como/fim"),
    "/trabalho": all_of(*(once("/trabalho", empresa=str(id)) for id in (1, 2, 3, ABSENT))),
    "/preferencias": once("/preferencias", tema="escuro"),
    API: once("/api/v1/cliente", json={"plano": "x", "renda": "y"}),
    "/revelar/{entity}/{id:record}/{field}": reveal,
    "/api/v1/{entity}/{id:record}/revelar": reveal_by_program,
    "/registros/{list}/visoes": once(
        "/registros/cliente/visoes", nome="Minha", consulta="nome=x", inicio="sim"
    ),
    "/inicio/blocos/retirar": once("/inicio/blocos/retirar", bloco="1"),
    "/registros/{list}/alterar": bulk,
    "/registros/{list}/lotes/{batch:record}/andar": once("/registros/cliente/lotes/999/andar"),
    "/registros/{list}/lotes/{batch:record}/desfazer": once("/registros/cliente/lotes/999/desfazer"),
    f"{ONE}/historico/repor": of_records(
        "/historico/repor", hidden_only=True, entidade="cliente", registro="1", campo="nome", ato="1"
    ),
    f"{ONE}/pessoa": gathered,
    f"{ONE}/anonimizar": of_records("/anonimizar", only=["cliente"], hidden_only=True),
    f"{ONE}/sigilo": of_records("/sigilo", only=["cliente"], hidden_only=True, operador="outro"),
    f"{ONE}/sigilo/abrir": of_records("/sigilo/abrir", only=["cliente"], hidden_only=True),
    f"{LISTS}/novo": once("/registros/cliente/novo", **UNREADABLE),
    ONE: all_of(
        of_records("", hidden_only=True, **STALE),
        of_records("", **UNREADABLE),
        of_records("", only=["cliente"], **GREEN),
    ),
    f"{ONE}/excluir": of_records("/excluir", hidden_only=True, version="1", fim="1"),
    f"{ONE}/duplicar": of_records("/duplicar", parte="telefones"),
    f"{ONE}/acao/{{action}}": of_records("/acao/indicar", only=["cliente"], **{"f.quem": "x"}),
    f"{ONE}/transicao/{{transition}}": of_records(
        "/transicao/envelhecer", only=["cliente"], version="1", **{"f.apelido": "x"}
    ),
    f"{ONE}/acao/{{action}}/desfazer": of_records(
        "/acao/indicar/desfazer", only=["cliente"], hidden_only=True, feito="cliente.1"
    ),
    f"{LISTS}/novo/regras": once("/registros/cliente/novo/regras", **UNREADABLE),
    f"{LISTS}/novo/porque": once("/registros/cliente/novo/porque?campo=f.nome", **UNREADABLE),
    f"{ONE}/regras": rules("regras"),
    f"{ONE}/porque": rules("porque"),
    "/conferir/{entity}": once("/conferir/cliente", None, json={"values": {}}),
    "/anexos": once("/anexos", campo="cliente.laudo"),
    "/ajuda": once("/ajuda", entidade="cliente", campo="nome", tela="/registros/cliente/1"),
    "/parametros/{name}": once("/parametros/nenhum", desde="2026-01-01", valor="1"),
    "/parametros/{name}/retirar": once("/parametros/nenhum/retirar", desde="2026-01-01"),
    "/api/v1/{entity}/{id:record}/acoes/{action}": of_records(
        "/acoes/indicar", base="/api/v1/{entity}/{id}", only=["cliente"], hidden_only=True, json={}
    ),
    "/api/v1/{entity}/{id:record}/transicoes/{transition}": of_records(
        "/transicoes/envelhecer",
        base="/api/v1/{entity}/{id}",
        only=["cliente"],
        json={"version": 1, "apelido": "x"},
    ),
}
DRAFT = {"posted": {"f.nome": ["outro"]}}
OTHERS: Mapping[tuple[str, str], Asks] = {
    ("PATCH", "/api/v1/{entity}/{id:record}"): all_of(
        of_records("", base="/api/v1/{entity}/{id}", hidden_only=True, json={"version": 1, "nome": "x"}),
        of_records("", base="/api/v1/{entity}/{id}", json={"version": 99, "renda": "isto não", "nome": "x"}),
        of_records("", base="/api/v1/{entity}/{id}", only=["cliente"], json={"version": 2, "cor": "verde"}),
    ),
    ("DELETE", "/api/v1/{entity}/{id:record}"): of_records(
        "", base="/api/v1/{entity}/{id}", hidden_only=True
    ),
    ("PUT", "/api/v1/{entity}/{id:record}/sigilo"): of_records(
        "/sigilo", base="/api/v1/{entity}/{id}", only=["cliente"], hidden_only=True, json={"operators": []}
    ),
    ("DELETE", "/api/v1/{entity}/{id:record}/sigilo"): of_records(
        "/sigilo", base="/api/v1/{entity}/{id}", only=["cliente"], hidden_only=True
    ),
    ("PUT", "/favoritos/{entity}/{id:record}"): of_records(
        "", base="/favoritos/{entity}/{id}", wants=lambda *_: set()
    ),
    ("DELETE", "/favoritos/{entity}/{id:record}"): of_records(
        "", base="/favoritos/{entity}/{id}", wants=lambda *_: set()
    ),
    ("PUT", "/rascunhos/{entity}/{record}"): of_records(
        "", base="/rascunhos/{entity}/{id}", only=["cliente"], json=DRAFT, wants=lambda *_: set()
    ),
    ("DELETE", "/rascunhos/{entity}/{record}"): of_records(
        "", base="/rascunhos/{entity}/{id}", only=["cliente"], wants=lambda *_: set()
    ),
}
EXPECTED: Mapping[tuple[str, str], Asks] = {
    **{("GET", path): asks for path, asks in GET.items()},
    **{("POST", path): asks for path, asks in POST.items()},
    **OTHERS,
}

"""HTML and script in every text of the metadata and of the records: no element and no attribute comes from them."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import yaml
from lxml import html
from sqlalchemy import Engine, text
from starlette.applications import Starlette
from starlette.routing import Route

from kernel.runtime import Runtime, compile
from kernel.storage import personal, system
from metadata.load import load_valid, read_folder
from tests import office
from tests.plans import FOLDER

# Ends texts, attributes and comments of either quoting, and begins an element and an attribute of its own.
BAD = "'\"-->]]></script></textarea></title><x-mal onmal=1><img src=x onmal=2> onmal=3 \ue000v\ue001{{7*7}}{0}%s${7}&lt;x-mal&gt;"
SHORT = "'\"><x-mal onmal=1>"
TEXTS = frozenset(
    {"label", "help", "title", "text", "about_text", "unit", "source", "example", "message", "one", "many"}
)
PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")


def poisoned(node: Any, key: str = "") -> Any:
    """Return a document in which every text that people read is a trap."""
    if isinstance(node, dict):
        if key in ("tabs", "views", "items") or key.endswith("-section"):
            return {
                f"{name} {BAD}" if isinstance(name, str) else name: poisoned(
                    part, f"{key}-section" if key == "tabs" else ""
                )
                for name, part in node.items()
            }
        if key == "options":
            return {
                name: poisoned(part, "label" if isinstance(part, str) else "") for name, part in node.items()
            }
        return {name: poisoned(part, str(name)) for name, part in node.items()}
    if isinstance(node, list):
        return [poisoned(part) for part in node]
    if isinstance(node, str) and key in TEXTS:
        return f"{node} {BAD}"
    return node


def files() -> dict[str, bytes]:
    made: dict[str, bytes] = {}
    for path, content in read_folder(FOLDER).items():
        said = yaml.load(content, yaml.BaseLoader)
        first = next(iter(said))  # the name of the document, which is no text to read
        bad = {**poisoned(said), first: said[first]}
        made[path] = yaml.safe_dump(bad, allow_unicode=True, sort_keys=False).encode()
    return made


@dataclass
class Trap:
    """The served configuration, and the numbers of its records by entity."""

    client: httpx.Client
    address: str
    app: Starlette
    runtime: Runtime
    ids: dict[str, int]
    engine: Engine


@pytest.fixture
def trap(database: Engine) -> Iterator[Trap]:
    """A configuration and records full of traps, served to whoever may see everything."""
    made = compile(load_valid(files()), 1)
    with database.begin() as connection:
        system.create(connection)
        made.metadata.create_all(connection)
    ids = {name: record(database, made, name) for name in ("estado", "municipio", "rede", "plano")}
    ids |= {
        name: record(database, made, name, plano=ids["plano"])
        for name in ("faixa", "aviso", "anexo")
        if name in made.entities
    }
    app = office.application(database, made, "mar'<x-mal onmal=1>")
    with (
        office.served(app) as address,
        contextlib.closing(httpx.Client(base_url=address, timeout=60)) as client,
    ):
        yield Trap(client, address, app, made, ids, database)


def record(engine: Engine, made: Runtime, entity: str, **more: int) -> int:
    """Put a record straight into its table: traps as texts, without asking whether a screen would take them."""
    compiled = made.entities[entity]
    with engine.begin() as connection:
        values: dict[str, Any] = {}
        for field in compiled.columns:
            if field.name in more:
                values[field.name] = more[field.name]
            elif field.type == "link":
                values[field.name] = connection.scalar(text(f'SELECT min(id) FROM "{field.to}"'))
            elif field.kind.storage == "text" and field.type not in ("choice", "month", "duration", "colour"):
                values[field.name] = BAD
            elif field.kind.storage == "file":
                values[field.name] = attachment(connection, made)
        if "search_text" in compiled.table.c:
            values["search_text"] = "x mal"
        return int(
            connection.execute(
                compiled.table.insert().values(**values).returning(compiled.table.c.id)
            ).scalar_one()
        )


def attachment(connection: Any, made: Runtime) -> int:
    table = made.metadata.tables["aroeira_attachment"]
    values = {
        "name": BAD,
        "mime": "text/html",
        "size": 1,
        "sha256": "0" * 64,
        "content": b"x",
        "created_by": BAD,
    }
    return int(connection.execute(table.insert().values(**values).returning(table.c.id)).scalar_one())


def is_clean(content: str, where: str) -> None:
    """Look at an answer as a browser takes it apart."""
    if not content.strip():
        return
    root = html.fromstring(
        f"<div>{content}</div>" if not content.lstrip().startswith("<!doctype") else content
    )
    for element in root.iter():
        if not isinstance(element.tag, str):
            continue
        assert "x-mal" not in element.tag, (where, element.tag)
        names = [name for name in element.attrib if "x-mal" in name or name.startswith("on")]
        assert not names, (where, element.tag, names)
        if element.tag == "script":
            assert not (element.text or "").strip(), where
        for name in ("href", "src", "action", "formaction"):
            there = element.get(name, "")
            assert not there.lower().strip().startswith(("javascript:", "data:text", "//", "http")), (
                where,
                there,
            )


def addresses(trap: Trap) -> Iterator[str]:
    """Yield an address of each page, for each list and entity that it can be about."""
    for route in trap.app.routes:
        if (
            not isinstance(route, Route)
            or "GET" not in (route.methods or ())
            or route.path.startswith("/static")
        ):
            continue
        for entity in trap.ids:
            known = {"list": entity, "entity": entity, "id": str(trap.ids[entity]), "record": str(trap.ids[entity]),
                     "module": "provas", "batch": "1", "step": "proximo", "action": "x"}  # fmt: skip
            yield PARAMETER.sub(lambda found, known=known: known.get(found[1], "x"), route.path)


def test_no_page_takes_markup_from_labels_or_values(trap: Trap) -> None:
    with trap.engine.begin() as connection:
        personal.opened(connection, [("mar'<x-mal onmal=1>", "plano", trap.ids["plano"], _now())])
    questions = ("", "?q=x", f"?q={BAD[:60]}", f"?nome.contains={SHORT}", f"?{SHORT}={SHORT}", "?fragmento=1&q=mal", f"?volta={SHORT}",
                 f"?order={SHORT}", f"?columns=nome,{SHORT}", f"?sobre=plano.nome&tela={SHORT}", f"?visao={SHORT}&feito={SHORT}")  # fmt: skip
    seen = 0
    for address in sorted(set(addresses(trap))):
        for question in questions:
            answer = trap.client.get(address + question.replace("%s", ""))
            assert answer.status_code < 500, (address, question, answer.text[:300])
            if "html" in answer.headers.get("content-type", ""):
                seen += 1
                is_clean(answer.text, address + question)
    assert seen > 200


def _now() -> Any:
    from kernel.context import at_present

    return at_present("x").now


POSTED = {
    "version": "1", "f.nome": BAD, "f.codigo": BAD, "f.inicio": SHORT, "f.estado": "", "f.estado.texto": BAD, "f.mensalidade": SHORT, "f.situacao": BAD,
    "c.faixas.0.valor": SHORT, "c.faixas.0.idade_de": SHORT, "base": BAD, "rascunho": BAD, "campo": "nome", "valor": BAD, "nome": BAD, "filtro": BAD,
    "usuario": BAD, "senha": SHORT, "guardado": f'[["{SHORT[2:]}", "{SHORT[2:]}"]]', "f.contrato": "1", "f.contrato.texto": BAD, "f.redes": "1",
    "f.redes.nome.1": BAD, "mudou": BAD, "conflito.f.nome": BAD, "pergunta": BAD, "sobre": BAD, "volta": BAD, "ids": "1",
}  # fmt: skip


def test_no_answer_to_a_post_takes_markup_from_what_was_posted(trap: Trap) -> None:
    seen = 0
    routes = {
        route.path
        for route in trap.app.routes
        if isinstance(route, Route) and "POST" in (route.methods or ())
    }
    for path in sorted(routes):
        for entity in ("plano", "estado"):
            known = {
                "list": entity,
                "entity": entity,
                "id": str(trap.ids[entity]),
                "batch": "1",
                "record": "1",
            }
            address = PARAMETER.sub(lambda found, known=known: known.get(found[1], "x"), path)
            answer = trap.client.post(address, data=POSTED, headers={"Origin": trap.address})
            assert answer.status_code < 500, (address, answer.text[:300])
            if "html" in answer.headers.get("content-type", ""):
                seen += 1
                is_clean(answer.text, address)
            elif "json" in answer.headers.get("content-type", "") and not address.startswith("/api/"):
                for fragment in strings(answer.json()):
                    if fragment.lstrip().startswith("<"):
                        is_clean(fragment, address)
    assert seen > 20


def strings(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from strings(part)
    if isinstance(node, str):
        yield node


def test_the_traps_are_there(trap: Trap) -> None:
    """So that the tests above can fail: what people read is the trap, letter for letter."""
    root = html.fromstring(trap.client.get(f"/registros/plano/{trap.ids['plano']}").text)
    assert any(BAD.replace("\ue000v\ue001", "").split("<x-mal")[0] in each for each in root.itertext())
    assert "onmal" in root.text_content()
    with pytest.raises(AssertionError):
        is_clean(f"<!doctype html><html><body><p title='{BAD}'>x</p></body></html>", "a page that is not")

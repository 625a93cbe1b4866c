"""This file describes the JSON API as OpenAPI 3.1, made from the metadata once per Runtime."""

from __future__ import annotations

import gzip
import hashlib
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.access.working import targets
from kernel.privacy.reason import LEAST, MOST
from kernel.runtime import CompiledEntity, Runtime
from metadata.action import Action
from metadata.entity import Field
from renderer import openapi_processes, openapi_transitions, visit
from renderer.api import ROOT
from renderer.api_actions import HEADER, LONGEST, SHORTEST
from renderer.api_body import REMOVE, TRANSITIONS
from renderer.filters import DEFAULT_LIMIT, MAX_LIMIT, WITHOUT_VALUE, WRITTEN
from renderer.once import per_runtime
from renderer.work_header import HEADER as WORK_HEADER
from renderer.work_header import TOGETHER

Schema = dict[str, Any]
PROBLEM = {"$ref": "#/components/responses/Problem"}
TOKEN = {"type": "http", "scheme": "bearer", "description": "Uma chave de acesso de Minha conta."}
ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
}
IF_MATCH = {
    "name": "If-Match",
    "in": "header",
    "description": "Versão lida, como no ETag; `*` aceita qualquer uma.",
    "schema": {"type": "string"},
}
LINK: Schema = {
    "type": "object",
    "required": ["id", "text"],
    "additionalProperties": True,
    "properties": {"id": {"type": "integer"}, "text": {"type": ["string", "null"]}},
}
PROBLEM_SCHEMA: Schema = {
    "type": "object",
    "required": ["title", "status"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "problems": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "code": {"type": "string"},
                    "field": {"type": "string"},
                    "detail": {"type": "string"},
                    "hint": {"type": "string"},
                },
            },
        },
        "version": {"type": "integer"},
        "differences": {"type": "array", "items": {"type": "object"}},
    },
}
REASON = "Por que o dado é preciso, sem dados da pessoa; fica na auditoria com quem, quando e de onde."
COLUMNS = "Colunas, separadas por vírgula; sem elas, as da lista."
PURPOSE = "Para que é a exportação; obrigatória onde há dados pessoais. Fica na auditoria."
CLOSED_TO = "A quem o registro ficou aberto diz-se só a quem pode pôr ou retirar o sigilo."
MASKED = "Mascarado para este acesso: sempre null."
SAVED: Schema = {
    "type": "object",
    "required": ["id", "version"],
    "properties": {
        "id": {"type": "integer"},
        "version": {"type": "integer"},
        "warnings": {
            "type": "array",
            "description": "O que as regras avisam de um registro que foi salvo mesmo assim.",
            "items": {
                "type": "object",
                "required": ["code", "detail"],
                "properties": {name: {"type": "string"} for name in ("code", "field", "detail")},
            },
        },
    },
}


def show(request: Request) -> Response:
    """Answer the document; it is large and public, so it travels compressed."""
    seen = visit.of(request)
    plain, packed, mark = _document(seen.runtime)
    headers = {"ETag": mark, "Vary": "Accept-Encoding"}
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(packed, media_type="application/json", headers=headers | {"Content-Encoding": "gzip"})
    return Response(plain, media_type="application/json", headers=headers)


@per_runtime
def _document(runtime: Runtime) -> tuple[bytes, bytes, str]:
    """Return the document, the same packed, and its mark, which differs for who sees another."""
    plain = orjson.dumps(describe(runtime))
    return plain, gzip.compress(plain, 6, mtime=0), f'"{hashlib.sha256(plain).hexdigest()[:16]}"'


def describe(runtime: Runtime) -> Schema:
    """Return the whole description."""
    paths: Schema = {}
    schemas: Schema = {"Problem": PROBLEM_SCHEMA, "Saved": SAVED, "Link": LINK}
    for name, compiled in runtime.entities.items():
        paths |= _paths(runtime, name, compiled)
        schemas |= {
            name: _record(runtime, compiled),
            f"{name}.edit": _edit(runtime, compiled),
            f"{name}.filters": _filters(compiled),
        }
    if runtime.configuration.processes:
        paths |= openapi_processes.paths(runtime)
        schemas["Run"] = openapi_processes.RUN
    work = _work(runtime)
    for path in paths.values() if work else ():
        path["parameters"] = [*path.get("parameters", ()), {"$ref": "#/components/parameters/Trabalho"}]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Aroeira",
            "version": str(runtime.version),
            "description": "Cadastros da operadora. Decimais são textos, datas são ISO 8601.",
        },
        "paths": paths,
        "security": [{"chave": []}],
        "components": {
            "schemas": schemas,
            **work,
            "securitySchemes": {"chave": TOKEN},
            "responses": {
                "Problem": {
                    "description": "O que está errado, com todos os problemas de uma vez (RFC 9457).",
                    "content": {
                        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}
                    },
                }
            },
        },
        "tags": [
            {"name": name, "description": each.entity.help or each.entity.label.many}
            for name, each in runtime.entities.items()
        ],
    }


def _work(runtime: Runtime) -> Schema:
    """Return the header that says for which company a request works, where records are kept apart."""
    names = targets(runtime)
    if not names:
        return {}
    known = " e ".join(f"`{name}`" for name in names)
    said = (
        f"Para quem este pedido trabalha, pelo id: `{names[0]}=1`; há {known}, separados por `;`. "
        f"O que se inclui nasce ali. `{TOGETHER}` lê também o que é dos outros. "
        "Sem o cabeçalho vale o que a conta escolheu por último."
    )
    header = {"name": WORK_HEADER, "in": "header", "description": said, "schema": {"type": "string"}}
    return {"parameters": {"Trabalho": header}}


# ── paths ────────────────────────────────────────────────────────────────────────────────────────


READING = {"400": PROBLEM, "401": PROBLEM, "403": PROBLEM, "404": PROBLEM}
WRITING = READING | {"409": PROBLEM, "413": PROBLEM, "415": PROBLEM, "422": PROBLEM}
STALE = WRITING | {"428": PROBLEM}
ONCE = {
    "name": HEADER,
    "in": "header",
    "required": True,
    "description": "Uma chave nova por pedido, por exemplo um UUID; o mesmo pedido com a mesma chave é "
    "respondido como da primeira vez, por sete dias, e nada se faz de novo.",
    "schema": {"type": "string", "minLength": SHORTEST, "maxLength": LONGEST, "pattern": "^[!-~]+$"},
}
MAYBE_ONCE = {**ONCE, "required": False}
MADE: Schema = {
    "type": "object",
    "required": ["made"],
    "properties": {
        "made": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["entity", "id", "text"],
                "properties": {
                    "entity": {"type": "string"},
                    "id": {"type": "integer"},
                    "text": {"type": "string"},
                    "warnings": SAVED["properties"]["warnings"],
                },
            },
        }
    },
}
ACTED = {
    "201": {"description": "O que foi feito", "content": {"application/json": {"schema": MADE}}},
    **WRITING,
}


def _paths(runtime: Runtime, name: str, compiled: CompiledEntity) -> Schema:
    children = ", ".join(compiled.children) or "não há"
    more = [
        _listed("expand", "Ligações a abrir: `municipio.estado`"),
        _listed("children", f"Linhas a trazer junto: {children}"),
    ]
    return {
        f"{ROOT}/{name}": _of_all(name, compiled, more),
        f"{ROOT}/{name}/{{id}}": _of_one(name, compiled, more),
        f"{ROOT}/{name}/exportar.csv": _exported(name, compiled),
        **_revealed(name, compiled),
        **_acting(runtime, name),
        **openapi_transitions.paths(name, compiled, _moving, _edit_schema, (ID, MAYBE_ONCE, IF_MATCH)),
        **_closed(name, compiled),
    }


def _exported(name: str, compiled: CompiledEntity) -> Schema:
    paged = ("limit", "after", "before")
    asked = [each for each in _page_parameters(name) if each["name"] not in paged]
    asked += [_listed("columns", COLUMNS), _listed("purpose", PURPOSE)]
    text = {"text/csv": {"schema": {"type": "string"}}}
    answers = {"200": {"description": "Todos os registros", "content": text}, **READING, "422": PROBLEM}
    label = compiled.entity.label.many.lower()
    return {"get": _operation(name, "exportar", f"Exportar {label} em CSV", asked, answers)}


def _revealed(name: str, compiled: CompiledEntity) -> Schema:
    """Return how a masked value is asked for, where there is one that may be."""
    fields = [field.name for field in compiled.fields.values() if field.is_revealable]
    if not fields:
        return {}
    label = compiled.entity.label.one.lower()
    body = {
        "type": "object",
        "required": ["field", "reason"],
        "properties": {
            "field": {"type": "string", "enum": fields},
            "reason": {"type": "string", "minLength": LEAST, "maxLength": MOST, "description": REASON},
        },
    }
    shown = {
        "type": "object",
        "required": ["field", "value"],
        "properties": {"field": {"type": "string"}, "value": {}},
    }
    answers = {"200": _json(shown), **WRITING}
    asked = _operation(name, "revelar", f"Revelar um dado mascarado de {label}", [], answers, body)
    return {f"{ROOT}/{name}/{{id}}/revelar": {"parameters": [ID], "post": asked}}


def _acting(runtime: Runtime, name: str) -> Schema:
    """Return the actions of an entity."""
    found = {}
    for key, each in runtime.actions.items():
        if each.action.of == name:
            asked = _operation(name, f"{key}_em", each.action.label, [ONCE], ACTED, _answers(each.action))
            said = {"description": each.action.help} if each.action.help else {}
            found[f"{ROOT}/{name}/{{id}}/acoes/{key}"] = {"parameters": [ID], "post": asked | said}
    return found


def _moving(name: str, key: str, label: str, headers: list[Schema], body: Schema) -> Schema:
    answers = {"200": _json(_ref("Saved")), **STALE}
    return _operation(name, f"{key}_de", label, headers, answers, body)


def _answers(action: Action) -> Schema:
    """Return the questions of an action; what is not sent begins as on the page."""
    properties = {name: _edit_schema(field) for name, field in action.ask.items()}
    return {"type": "object", "title": action.label, "properties": properties}


def _closed(name: str, compiled: CompiledEntity) -> Schema:
    """Return how a record is closed to all but some, where the entity says that it can be."""
    if compiled.entity.secrecy is None:
        return {}
    label, names = compiled.entity.label.one.lower(), {"type": "array", "items": {"type": "string"}}
    named = {"roles": names, "operators": names}
    noted = {"closed_by": {"type": "string"}, "closed_at": {"type": "string", "format": "date-time"}}
    told = {
        "type": "object",
        "required": ["closed"],
        "description": CLOSED_TO,
        "properties": {"closed": {"type": "boolean"}, **named, **noted},
    }
    body = {"type": "object", "additionalProperties": False, "properties": named}
    opened = {"204": {"description": "Aberto"}, **READING}
    closed = _operation(name, "fechar", f"Pôr {label} sob sigilo", [], {"200": _json(told), **WRITING}, body)
    asked = {
        "parameters": [ID],
        "get": _operation(
            name, "ler_sigilo", f"Ler o sigilo de {label}", [], {"200": _json(told), **READING}
        ),
        "put": closed,
        "delete": _operation(name, "abrir", f"Retirar o sigilo de {label}", [], opened),
    }
    return {f"{ROOT}/{name}/{{id}}/sigilo": asked}


def _of_all(name: str, compiled: CompiledEntity, more: list[Schema]) -> Schema:
    label = compiled.entity.label
    listed = {"200": _json(_page(name)), **READING}
    made = {"201": _json(_ref("Saved")), **WRITING}
    asked = [*_page_parameters(name), *more]
    return {
        "get": _operation(name, "listar", f"Listar {label.many.lower()}", asked, listed),
        "post": _operation(name, "incluir", f"Incluir {label.one.lower()}", [], made, _ref(f"{name}.edit")),
    }


def _of_one(name: str, compiled: CompiledEntity, more: list[Schema]) -> Schema:
    label, edit = compiled.entity.label.one.lower(), _ref(f"{name}.edit")
    read = {"200": _json(_ref(name)), **READING}
    changed = {"200": _json(_ref("Saved")), **STALE}
    removed = {"204": {"description": "Excluído"}, **STALE}
    return {
        "parameters": [ID],
        "get": _operation(name, "ler", f"Ler {label}", more, read),
        "patch": _operation(name, "alterar", f"Alterar {label}", [IF_MATCH], changed, edit),
        "delete": _operation(name, "excluir", f"Excluir {label}", [IF_MATCH], removed),
    }


def _operation(
    name: str,
    verb: str,
    summary: str,
    parameters: list[Schema],
    responses: Schema,
    body: Schema | None = None,
) -> Schema:
    made: Schema = {
        "tags": [name],
        "operationId": f"{verb}_{name}",
        "summary": summary,
        "parameters": parameters,
        "responses": responses,
    }
    if body:
        made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return made


def _page_parameters(name: str) -> list[Schema]:
    text = {"type": "string"}
    return [
        {
            "name": "filtros",
            "in": "query",
            "style": "form",
            "explode": True,
            "schema": _ref(f"{name}.filters"),
            "description": "Um parâmetro por condição; repetir o mesmo campo quer dizer “um destes”.",
        },
        {"name": "q", "in": "query", "schema": text, "description": "Busca por fragmento, sem acentos"},
        {
            "name": "order",
            "in": "query",
            "schema": text,
            "description": "Campos separados por vírgula; `-` inverte",
        },
        {
            "name": "limit",
            "in": "query",
            "schema": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
        },
        {"name": "after", "in": "query", "schema": text, "description": "O `next` da página anterior"},
        {"name": "before", "in": "query", "schema": text, "description": "O `previous` da página seguinte"},
    ]


def _listed(name: str, description: str) -> Schema:
    return {"name": name, "in": "query", "description": description, "schema": {"type": "string"}}


def _page(name: str) -> Schema:
    cursor = {"type": ["string", "null"]}
    return {
        "type": "object",
        "required": ["items", "next", "previous"],
        "properties": {"items": {"type": "array", "items": _ref(name)}, "next": cursor, "previous": cursor},
    }


def _json(schema: Schema) -> Schema:
    return {"description": "Feito", "content": {"application/json": {"schema": schema}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


# ── schemas ──────────────────────────────────────────────────────────────────────────────────────


def _record(runtime: Runtime, compiled: CompiledEntity) -> Schema:
    properties: Schema = {"id": {"type": "integer"}, "version": {"type": "integer"}}
    for field in compiled.fields.values():
        properties[field.name] = _read_schema(runtime, compiled, field)
    if compiled.entity.states:
        properties[TRANSITIONS] = openapi_transitions.DESCRIBED
    return {
        "type": "object",
        "title": compiled.entity.label.one,
        "required": ["id", "version"],
        "properties": properties,
    }


def _read_schema(runtime: Runtime, compiled: CompiledEntity, field: Field) -> Schema:
    if field.type == "children":
        return {"type": "array", "items": _ref(compiled.children[field.name].entity), "title": field.label}
    if field.type == "many links":
        return {"type": "array", "items": _ref("Link"), "title": field.label}
    if field.type == "link":
        return {"anyOf": [_ref("Link"), {"type": "null"}], "title": field.label}
    given = {"readOnly": True} if field.is_given else {}
    return _or_null(field.kind.json_schema(field)) | _about(field) | given


def _edit(runtime: Runtime, compiled: CompiledEntity) -> Schema:
    properties: Schema = {"version": {"type": "integer"}}
    for field in compiled.fields.values():
        if field.is_ or field.is_since:
            continue
        if field.type == "children":
            child = compiled.children[field.name].entity
            rows = {
                "allOf": [
                    _ref(f"{child}.edit"),
                    {"properties": {"id": {"type": "integer"}, REMOVE: {"type": "boolean"}}},
                ]
            }
            properties[field.name] = {"type": "array", "items": rows, "title": field.label}
        else:
            properties[field.name] = _edit_schema(field)
    return {"type": "object", "properties": properties}


def _edit_schema(field: Field) -> Schema:
    """Return what may be sent of one value."""
    if field.type == "link":
        by_id = {"type": "integer", "minimum": 1}
        return {"anyOf": [by_id, _ref("Link"), {"type": "null"}]} | _about(field)
    return _or_null(field.kind.json_schema(field)) | _about(field)


def _filters(compiled: CompiledEntity) -> Schema:
    properties: Schema = {}
    for field in compiled.fields.values():
        for operator in field.operators:
            written = WRITTEN[operator]
            if operator == "one of":
                continue
            value = {"type": "boolean"} if operator in WITHOUT_VALUE else {"type": "string"}
            properties[f"{field.name}.{written}" if written else field.name] = value
    return {"type": "object", "properties": properties}


def _or_null(schema: Schema) -> Schema:
    if "type" not in schema:
        return schema
    made = schema | {"type": [schema["type"], "null"]}
    if "enum" in schema:
        made["enum"] = [*schema["enum"], None]
    return made


def _about(field: Field) -> Schema:
    said = {"title": field.label, "description": MASKED if field.is_masked else field.help}
    example = [field.example] if field.example and field.kind.is_text and not field.mask else []
    return {key: text for key, text in said.items() if text} | ({"examples": example} if example else {})


ROUTES = [Route(f"{ROOT}/openapi.json", show, methods=["GET"])]

"""This file describes the part of the API about processes: one address to begin each, and those of runs."""

from __future__ import annotations

from typing import Any

from kernel.processes.tables import CANCELLED, FAILED, FINISHED, RUNNING, UNDONE, WAITING
from kernel.runtime import Runtime
from metadata.entity import Field
from metadata.process import Process

Schema = dict[str, Any]
ROOT = "/api/v1"
TAG = "processos"
PROBLEM = {"$ref": "#/components/responses/Problem"}
STATUSES = [WAITING, RUNNING, FINISHED, CANCELLED, FAILED, UNDONE]
ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "schema": {"type": "integer", "minimum": 1, "maximum": 2**63 - 1},
}
TEXT, WHOLE, FLAG = {"type": "string"}, {"type": "integer"}, {"type": "boolean"}
MAYBE: Schema = {"type": ["string", "null"]}
NAMED: Schema = {
    "anyOf": [
        {"type": "object", "required": ["id", "text"], "properties": {"id": WHOLE, "text": TEXT}},
        {"type": "null"},
    ]
}
STEP: Schema = {
    "type": "object",
    "properties": {
        "step": TEXT, "label": TEXT, "rows": WHOLE, "left_out": WHOLE, "seconds": {"type": "number"},
        "totals": {"type": "object", "additionalProperties": TEXT},
    },
}  # fmt: skip
REASON: Schema = {
    "type": "object",
    "properties": {"step": TEXT, "reason": TEXT, "label": TEXT, "rows": WHOLE},
}
WARNING: Schema = {"type": "object", "properties": {"says": TEXT, "rows": WHOLE}}
RUN: Schema = {
    "type": "object",
    "required": ["id", "process", "status", "dry_run"],
    "properties": {
        "id": WHOLE, "process": TEXT, "answers": {"type": "object"}, "dry_run": FLAG,
        "status": {"type": "string", "enum": STATUSES}, "asked_by": TEXT, "asked_at": TEXT,
        "started_at": MAYBE, "finished_at": MAYBE, "stop_asked_by": MAYBE,
        "undone_at": MAYBE, "undone_by": MAYBE,
        "progress": {"type": "object", "additionalProperties": WHOLE},
        "trouble": {"type": ["object", "null"]}, "undoing": FLAG,
        "steps": {"type": "array", "items": STEP}, "left_out": {"type": "array", "items": REASON},
        "warnings": {"type": "array", "items": WARNING},
    },
}  # fmt: skip
LEFT_OUT: Schema = {
    "type": "object",
    "required": ["items", "next"],
    "properties": {
        "items": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "step": TEXT, "reason": TEXT, "entity": MAYBE, "record": NAMED, "unit": NAMED,
                    "detail": TEXT,
                },
            },
        },
        "next": MAYBE,
    },
}  # fmt: skip
SCHEDULE: Schema = {
    "type": "object",
    "properties": {
        "schedule": TEXT, "label": TEXT, "dry_run": FLAG, "paused": FLAG, "next": MAYBE,
    },
}  # fmt: skip
OFFERED: Schema = {
    "type": "object",
    "required": ["process", "label", "questions", "last_run", "schedules"],
    "properties": {
        "process": TEXT, "label": TEXT, "help": MAYBE,
        "questions": {"type": "array", "items": TEXT}, "last_run": {"type": ["object", "null"]},
        "schedules": {"type": "array", "items": SCHEDULE},
    },
}  # fmt: skip
PROCESSES: Schema = {
    "type": "object",
    "required": ["items"],
    "properties": {"items": {"type": "array", "items": OFFERED}},
}
READING = {"401": PROBLEM, "403": PROBLEM, "404": PROBLEM}
SIGNED_IN = {"401": PROBLEM}
DOING = READING | {"409": PROBLEM}
UNDO = "desfazer"
DOES = {
    "parar": "Pedir que uma execução pare; o que foi feito fica",
    "continuar": "Continuar uma execução que parou ou falhou",
    UNDO: "Pedir que uma execução seja desfeita, por inteiro ou nada",
}


def paths(runtime: Runtime) -> Schema:
    """Return the addresses about processes that somebody may run."""
    run = {"$ref": "#/components/schemas/Run"}
    found = {
        f"{ROOT}/processos/{each.name}": _begun(each) for each in runtime.configuration.processes.values()
    }
    listed = _operation("listar_processos", "Listar os processos que se podem executar", PROCESSES, SIGNED_IN)
    found[f"{ROOT}/processos"] = {"get": listed}
    one = f"{ROOT}/execucoes/{{id}}"
    found[one] = {"parameters": [ID], "get": _operation("ler_execucao", "Ler uma execução", run, READING)}
    for verb, summary in DOES.items():
        status = "202" if verb == UNDO else "200"
        done = _operation(f"{verb}_execucao", summary, run, DOING, status)
        found[f"{one}/{verb}"] = {"parameters": [ID], "post": done}
    listed = _operation("listar_excecoes", "Listar o que ficou de fora", LEFT_OUT, READING | {"400": PROBLEM})
    listed["parameters"] = [
        {"name": name, "in": "query", "schema": schema}
        for name, schema in (("step", TEXT), ("reason", TEXT), ("after", TEXT), ("limit", WHOLE))
    ]
    found[f"{one}/excecoes"] = {"parameters": [ID], "get": listed}
    return found


def _begun(process: Process) -> Schema:
    """Return how a run of a process is begun."""
    answers = {
        "type": "object",
        "properties": {name: _answer(field) for name, field in process.ask.items()},
        "required": [name for name, field in process.ask.items() if field.required],
        "additionalProperties": False,
    }
    dry = FLAG | {"default": False, "description": "Só simula: nada é gravado."}
    body = {"type": "object", "properties": {"answers": answers, "dry_run": dry}}
    id = {"type": "object", "required": ["id"], "properties": {"id": WHOLE}}
    made = _operation(
        f"executar_{process.name}", f"Executar: {process.label}", id,
        READING | {"409": PROBLEM, "413": PROBLEM, "415": PROBLEM, "422": PROBLEM}, status="202",
    )  # fmt: skip
    made["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
    return {"post": made}


def _answer(field: Field) -> Schema:
    schema = {"type": "integer", "minimum": 1} if field.type == "link" else field.kind.json_schema(field)
    about = {"title": field.label, "description": field.help}
    return schema | {key: text for key, text in about.items() if text}


def _operation(id: str, summary: str, schema: Schema, answers: Schema, status: str = "200") -> Schema:
    done = {"description": "Feito", "content": {"application/json": {"schema": schema}}}
    return {"tags": [TAG], "operationId": id, "summary": summary, "responses": {status: done, **answers}}

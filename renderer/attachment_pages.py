"""This file takes and gives files of attachment and image fields."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.storage import attachments
from metadata.entity import Field
from metadata.problems import Problem, Refused
from renderer import posted, visit
from renderer.form_layout import FormLayout
from renderer.form_post import Texts, Typed
from renderer.problem import problem_response
from renderer.visit import Visit

# Everything else is downloaded: a page of a stranger must not run under this address.
SHOWN_HERE = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "application/pdf", "text/plain"}
)


def upload(request: Request) -> Response:
    """Keep one file that was just chosen and answer its number; the record is saved later."""
    seen = visit.of(request)
    texts, files = posted.form(request)
    field = _field(seen, (texts.get("campo") or [""])[0])
    file = files.get("arquivo")
    if field is None or file is None:
        raise HTTPException(400)
    kept = _keep(request.app.state.settings, seen, field, file)
    if isinstance(kept, Refused):
        problem = Problem(kept.code, kept.facts)
        return problem_response(
            422, "Arquivo não guardado", f"{problem.sentence()}; {problem.hint()}", problems=[problem]
        )
    return Response(
        orjson.dumps({"id": kept.id, "name": kept.name, "size": kept.size}),
        201,
        media_type="application/json",
    )


def give(request: Request) -> Response:
    """Return a file: pictures and PDF to be seen, the rest to be downloaded."""
    seen = visit.of(request)
    with seen.reading.connect() as connection:
        kept = attachments.find(connection, seen.runtime, seen.context, request.path_params["id"])
        if kept is None:
            raise HTTPException(404)
        content = attachments.content(connection, seen.runtime, kept, folder(request.app.state.settings))
    way = "inline" if kept.mime in SHOWN_HERE else "attachment"
    headers = {
        "Content-Disposition": f"{way}; filename*=UTF-8''{quote(kept.name, safe='')}",
        "ETag": f'"{kept.sha256[:16]}"',
    }
    return Response(content, media_type=kept.mime, headers=headers)


def take(
    settings: Any, seen: Visit, form: FormLayout, texts: Texts, files: posted.Files
) -> tuple[Texts, dict[str, Refused]]:
    """Keep the files that came with a form sent without script; each becomes the posted text of its field.

    Shape: the texts with the numbers and names in them; by posted name, why a file was not kept.
    """
    taken, refused = dict(texts), {}
    for post, file in files.items():
        control = form.control_of(post)
        if control is None or control.readonly or not control.is_file:
            continue
        kept = _keep(settings, seen, control.field, file)
        if isinstance(kept, Refused):
            refused[post] = kept
        else:
            taken |= {post: [str(kept.id)], f"{post}.texto": [kept.name]}
    return taken, refused


def problems(refused: Mapping[str, Refused], typed: Typed) -> list[Problem]:
    """Return the refused files as problems of their fields."""
    return [Problem(each.code, each.facts, field=_path(post, typed)) for post, each in refused.items()]


def _path(post: str, typed: Typed) -> str:
    """Return the path of a posted name; a row that nobody else filled has none, so its grid stands for it."""
    kind, name, *rest = post.split(".")
    if kind == "f":
        return name
    rows = typed.content.rows[name]
    place = next((place for place, row in enumerate(rows) if row.index == rest[0]), None)
    return name if place is None else f"{name}/{place}/{rest[1]}"


def _keep(settings: Any, seen: Visit, field: Field, file: posted.File) -> attachments.Kept | Refused:
    if not _is_accepted(field, file.name, file.mime):
        return Refused("R172", {"name": file.name, "accept": ", ".join(field.accept) or "imagens"})
    return attachments.keep(
        seen.engine,
        seen.runtime,
        seen.context,
        file.name,
        file.mime,
        file.content,
        max_megabytes=field.max_size,
        folder=folder(settings),
    )


def _is_accepted(field: Field, name: str, mime: str) -> bool:
    accept = field.accept or (("image/*",) if field.type == "image" else ())
    kinds = [kind.strip().lower() for each in accept for kind in each.split(",")]
    return not kinds or any(_fits(kind, name.lower(), mime.lower()) for kind in kinds)


def _fits(kind: str, name: str, mime: str) -> bool:
    if kind.startswith("."):
        return name.endswith(kind)
    return mime.startswith(kind[:-1]) if kind.endswith("/*") else mime == kind


def _field(seen: Visit, path: str) -> Field | None:
    owner, _, name = path.partition(".")
    entity = seen.runtime.configuration.entities.get(owner)
    field = entity.fields.get(name) if entity else None
    return field if field is not None and field.type in ("attachment", "image") else None


def folder(settings: Any) -> Path | None:
    """Return where files are kept when not in the database."""
    found = getattr(settings, "attachments", None)
    return Path(found) if found else None


ROUTES = [
    Route("/anexos", upload, methods=["POST"]),
    Route("/anexos/{id:record}", give, methods=["GET"]),
]

"""This file answers the pages of roles: all of them, one as a form, who gains and loses, saving, history."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from kernel.access.affected import Operator, affected, of_role_alone
from kernel.access.effective import roles_of
from kernel.access.playing import ADMINISTRATOR
from kernel.access.rights import EXPLAIN, MANAGE, VIEW_AS
from kernel.accounts import accounts, events, site_roles
from kernel.accounts.signed import operator_table, records
from kernel.fold import fold
from kernel.runtime import Runtime
from metadata.grants import Lines, flat
from metadata.package import Configuration
from metadata.problems import Problem, Refused
from metadata.site_roles import Change, laid_over, of_package
from renderer import access_words, posted, role_form, screen, session_cookies
from renderer.access_gate import may, opened, tabs
from renderer.posted import Texts, last
from renderer.visit import Visit
from renderer.when import said as when_said

PAGE = "/acessos/papeis"
CRUMBS = (("Acessos", PAGE),)
WAIT_SECONDS = 5
TOLD = {
    "papel": "Papel salvo; já vale para todos.",
    "pacote": "O papel voltou ao do pacote; já vale para todos.",
    "excluido": "Papel excluído; ninguém mais o tem.",
}


def overview(request: Request) -> Response:
    """Show every role, whose it is, how many operators have it."""
    seen = opened(request, EXPLAIN)
    configuration = _whole(seen).configuration
    packaged = _packaged(_whole(seen)).documents.get("roles", {})
    counted = _counted(seen)
    with seen.reading.connect() as connection:
        changed = {change.role for change in site_roles.in_force(connection)}
    roles = [
        {
            "name": name,
            "label": role.label,
            "about": role.about or ("Pode tudo, sempre; não se muda." if role is ADMINISTRATOR else ""),
            "from": packaged[name].package if name in packaged else "",
            "is_built_in": role is ADMINISTRATOR,
            "is_changed": name in changed and name in packaged,
            "operators": counted.get(name, 0),
        }
        for name, role in roles_of(configuration).items()
    ]
    told = TOLD.get(request.query_params.get("feito", ""), "")
    return _page(request, "roles.html", "Papéis", PAGE, roles=roles, may_change=may(seen, MANAGE), told=told)


def show(request: Request) -> Response:
    """Show one role as a form."""
    seen, name = opened(request, EXPLAIN), _name(request)
    with seen.reading.connect() as connection:
        edit = site_roles.latest(connection, name)
    return _form(request, seen, name, _lines(seen, name), edit)


def begin(request: Request) -> Response:
    """Show the form of a role that is not there yet, empty or as another one is."""
    seen = opened(request, MANAGE)
    like = request.query_params.get("como", "")
    lines = dict(flat(roles_of(_whole(seen).configuration)[like])) if like in _known(seen) else {}
    for said in ("label", "about"):  # of the other one
        lines.pop((said,), None)
    return _form(request, seen, "", lines, 0)


def change(request: Request) -> Response:
    """Take the form: show who gains and loses, go back to it, or save."""
    seen, (texts, _) = opened(request, MANAGE), posted.form(request)
    lines, name = role_form.read(texts), str(request.path_params.get("name", ""))
    edit = _edit(texts)
    if not name:
        name = _named(lines, _known(seen))
    else:
        _name(request)
    step = last(texts, "passo")
    layout = role_form.Layout(_packaged(_whole(seen)), name, lines, of_package(_packaged(_whole(seen)), name))
    if step == "editar" or layout.problems or ("label",) not in lines:
        status = 200 if step == "editar" else 422
        return _form(request, seen, name, lines, edit, status=status)
    if step != "salvar":
        return _preview(request, seen, name, lines, texts, edit)
    return _saved(request, seen, name, lines, texts, edit)


def show_again(request: Request) -> Response:
    """Lead whoever comes by an address that only the button asks back to the role."""
    return RedirectResponse(f"{PAGE}/{quote(_name(request))}", status_code=303)


def remove(request: Request) -> Response:
    """Take back all that the site says of a role, once it was shown who gains and loses by that.

    A role of the site's own goes, another is as in its package.
    """
    seen, name = opened(request, MANAGE), _name(request)
    (texts, _) = posted.form(request)
    packaged = of_package(_packaged(_whole(seen)), name)
    if last(texts, "passo") == "salvar":
        return _saved(request, seen, name, packaged, texts, _edit(texts))
    with seen.reading.connect() as connection:
        edit = site_roles.latest(connection, name)
    back = "Voltar ao do pacote" if packaged else "Excluir o papel"
    return _preview(request, seen, name, packaged, {"edicao": [str(edit)]}, edit, back=back)


def _edit(texts: Texts) -> int:
    """Return the edit that a page was made of."""
    found = last(texts, "edicao")
    return int(found) if found.isdecimal() and len(found) < 18 else 0


# ── the form and what comes of it ─────────────────────────────────────────────────────────────────


def _form(
    request: Request, seen: Visit, name: str, lines: Lines, edit: int, *, status: int = 200
) -> Response:
    whole = _whole(seen)
    packaged = of_package(_packaged(whole), name)
    layout = role_form.Layout(_packaged(whole), name or "x_novo", lines, packaged)
    problems = list(layout.problems)
    if status == 422 and ("label",) not in lines:
        problems.insert(0, Problem("R101", {"label": "Nome"}))
    with seen.reading.connect() as connection:
        history = _history(seen, site_roles.history(connection, name)) if name else []
    configuration = whole.configuration
    return _page(
        request,
        "role.html",
        lines.get(("label",), "") or (name or "Novo papel"),
        PAGE,
        status=status,
        crumbs=CRUMBS,
        name=name,
        parts=layout.parts(),
        problems=problems,
        edit=edit,
        may_change=may(seen, MANAGE),
        may_view_as=may(seen, VIEW_AS),
        is_of_site=not packaged,
        is_changed=bool(packaged) and packaged != lines,
        history=history,
        unfit=_unfit(whole, name),
        fields=[
            (f"{entity}.{field}", f"{known.label.one} › {each.label}")
            for entity, known in configuration.entities.items()
            for field, each in known.fields.items()
        ],
        entities=[(entity, known.label.many) for entity, known in configuration.entities.items()],
    )


def _preview(
    request: Request, seen: Visit, name: str, lines: Lines, texts: Texts, edit: int, *, back: str = ""
) -> Response:
    """Show who gains and loses by what a role shall say; back: how taking the site's own back is called."""
    whole = _whole(seen)
    configuration = whole.configuration
    before, after = _lines(seen, name) if name in _known(seen) else {}, _after(whole, name, lines)
    address = f"{PAGE}/{name}" if name in _known(seen) else PAGE
    changed = [
        (
            access_words.place(configuration, at),
            access_words.value(configuration, at, before.get(at)),
            access_words.value(configuration, at, said),
        )
        for at, said in site_roles.differences(before, lines)
    ]
    with seen.engine.connect() as connection:
        groups = affected(connection, whole, after, name, _operators(seen))
    told = [
        (
            group.operators,
            [access_words.told(configuration, each, group.counts) for each in group.differences],
        )
        for group in groups
    ]
    alone = [access_words.told(configuration, each, {}) for each in of_role_alone(whole, after, name)]
    return _page(
        request,
        "role_preview.html",
        back or "Conferir antes de salvar",
        PAGE,
        crumbs=(*CRUMBS, (lines.get(("label",)) or before[("label",)], address)),
        address=address,
        back=back,
        name=name,
        action=request.url.path,
        changed=changed,
        groups=told,
        alone=alone,
        kept=[(key, text) for key, given in texts.items() for text in given if key not in ("passo", "nota")],
        note=last(texts, "nota"),
        edit=edit,
    )


def _saved(
    request: Request, seen: Visit, name: str, lines: Lines, texts: Texts, edit: int | None
) -> Response:
    with seen.engine.begin() as connection:
        done = site_roles.save(
            connection,
            _packaged(_whole(seen)),
            name,
            lines,
            by=seen.signed.login,
            at=seen.context.now,
            note=last(texts, "nota")[:500],
            seen=edit,
        )
        if isinstance(done, Refused):
            return _conflict(request, name, done)
        assert isinstance(done, int), done  # judged before
        _note(request, seen, connection, "role-removed" if not lines else "role-changed", name, texts)
    live = request.app.state.live
    live.wait_for(live.runtime.version, WAIT_SECONDS, done)
    packaged = of_package(_packaged(_whole(seen)), name)
    told = "excluido" if not lines else "pacote" if lines == packaged else "papel"
    return RedirectResponse(f"{PAGE}?feito={told}", status_code=303)


def _note(request: Request, seen: Visit, connection: Connection, what: str, name: str, texts: Texts) -> None:
    """Note in the log of the door that a role is another one now; its lines stand in its history."""
    known = roles_of(_whole(seen).configuration).get(name)
    label = known.label if known else last(texts, "v|label") or name
    detail = ": ".join(filter(None, (f"{label} ({name})", last(texts, "nota")[:500])))
    events.note(
        connection, seen.context.now, session_cookies.origin(request), what,
        account=seen.signed.account, login=seen.signed.login, detail=detail,
    )  # fmt: skip


def _conflict(request: Request, name: str, refused: Refused) -> Response:
    return _page(
        request, "role_conflict.html", "Alguém mudou este papel", PAGE, status=409, crumbs=CRUMBS,
        name=name, address=f"{PAGE}/{quote(name)}", problem=Problem(refused.code, refused.facts),
    )  # fmt: skip


# ── what is known ─────────────────────────────────────────────────────────────────────────────────


def _page(request: Request, template: str, title: str, current: str, **values: Any) -> Response:
    seen = opened(request, EXPLAIN)
    return screen.page(request, template, title=title, tabs=tabs(seen), current=current, **values)


def _whole(seen: Visit) -> Runtime:
    return seen.runtime.whole


def _packaged(whole: Runtime) -> Configuration:
    return whole.site.packaged if whole.site else whole.configuration


def _known(seen: Visit) -> set[str]:
    return set(roles_of(_whole(seen).configuration))


def _name(request: Request) -> str:
    """Return the role of the address; the built-in one has no page."""
    name = str(request.path_params["name"])
    if name not in _known(opened(request, EXPLAIN)) or name == ADMINISTRATOR.name:
        raise HTTPException(404)
    return name


def _lines(seen: Visit, name: str) -> Lines:
    return flat(roles_of(_whole(seen).configuration)[name])


def _named(lines: Lines, known: Iterable[str]) -> str:
    """Return the name of a new role, made of its label; names of a site begin with x_."""
    taken = set(known)
    plain = re.sub(r"[^a-z0-9]+", "_", fold(str(lines.get(("label",), ""))).lower()).strip("_")[:50]
    name = f"x_{plain or 'papel'}"
    return next(each for each in (name, *(f"{name}_{n}" for n in range(2, 10_000))) if each not in taken)


def _after(whole: Runtime, name: str, lines: Lines) -> Configuration:
    """Return the configuration as it would be."""
    packaged = _packaged(whole)
    others = [] if whole.site is None else [
        Change(other, at, said, None)
        for other in whole.configuration.documents.get("roles", {})
        if other != name
        for at, said in site_roles.differences(
            of_package(packaged, other), flat(roles_of(whole.configuration)[other])
        )
    ]  # fmt: skip
    mine = [Change(name, at, said) for at, said in site_roles.differences(of_package(packaged, name), lines)]
    return laid_over(packaged, [*others, *mine])[0]


def _unfit(whole: Runtime, name: str) -> list[tuple[str, list[Problem]]]:
    if whole.site is None:
        return []
    return [
        (access_words.place(whole.configuration, each.change.place), list(each.problems))
        for each in whole.site.unfit
        if each.change.role == name
    ]


def _history(seen: Visit, edits: Iterable[site_roles.Edit]) -> list[dict[str, Any]]:
    configuration = _whole(seen).configuration
    return [
        {
            "who": edit.made_by,
            "when": when_said(edit.made_at, seen.context.now),
            "note": edit.note,
            "lines": [
                (
                    access_words.place(configuration, at),
                    access_words.value(configuration, at, before),
                    access_words.value(configuration, at, after),
                )
                for at, before, after in edit.lines
            ],
        }
        for edit in edits
    ]


def _operators(seen: Visit) -> list[Operator]:
    with seen.reading.connect() as connection:
        listed = accounts.listed(connection, seen.context.now.date())
        found = records(connection, operator_table(_whole(seen).configuration))
    return [
        Operator(each.name, each.login, each.roles, found.get(each.login))
        for each in listed
        if each.is_active
    ]


def _counted(seen: Visit) -> dict[str, int]:
    counted: dict[str, int] = {}
    for operator in _operators(seen):
        for role in operator.roles:
            counted[role] = counted.get(role, 0) + 1
    return counted


ROUTES = [
    Route(PAGE, overview, methods=["GET"]),
    Route(f"{PAGE}/novo", begin, methods=["GET"]),
    Route(f"{PAGE}/novo", change, methods=["POST"]),
    Route(f"{PAGE}/{{name}}", show, methods=["GET"]),
    Route(f"{PAGE}/{{name}}", change, methods=["POST"]),
    Route(f"{PAGE}/{{name}}/desfazer", show_again, methods=["GET"]),
    Route(f"{PAGE}/{{name}}/desfazer", remove, methods=["POST"]),
]

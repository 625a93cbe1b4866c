"""The other side of `bench web`: an application written by hand for this one entity.

Starlette, SQLAlchemy Core, Jinja2 and pydantic, as a careful programmer would write it in a day: same table,
same checks, same version test, the same things on the pages; no metadata, no generality.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import orjson
from jinja2 import Environment, FileSystemLoader
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy import Engine, MetaData, Table, bindparam, func, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from kernel.fold import fold

TEMPLATES = Path(__file__).parent / "templates"
FIELDS = (
    "codigo", "nome", "apelido", "marca", "cor", "obs", "situacao", "origem", "grupo", "quantidade", "minimo", "maximo",
    "custo", "preco", "desconto", "inicio", "fim", "revisao", "vende", "compra",
)  # fmt: skip
NAMES = ("id", "version", *FIELDS, "grupo_nome")
SITUATIONS = {"ativo": "Ativo", "suspenso": "Suspenso", "cancelado": "Cancelado"}
ORIGINS = {"nacional": "Nacional", "importado": "Importado"}
Money = Decimal | None


class Item(BaseModel):
    """A complete item as the API takes it."""

    model_config = ConfigDict(extra="forbid")
    codigo: str = Field(min_length=1, max_length=20)
    nome: str = Field(min_length=1, max_length=120)
    apelido: str | None = Field(None, max_length=60)
    marca: str | None = Field(None, max_length=60)
    cor: str | None = Field(None, max_length=30)
    obs: str | None = Field(None, max_length=500)
    situacao: Literal["ativo", "suspenso", "cancelado"]
    origem: Literal["nacional", "importado"] | None = None
    grupo: int | None = None
    quantidade: int | None = Field(None, ge=0, le=1000000)
    minimo: int | None = Field(None, ge=0)
    maximo: int | None = Field(None, ge=0)
    custo: Money = Field(None, ge=0, max_digits=15, decimal_places=2)
    preco: Decimal = Field(ge=0, max_digits=15, decimal_places=2)
    desconto: Money = Field(None, ge=0, le=1, max_digits=9, decimal_places=6)
    inicio: date
    fim: date | None = None
    revisao: date | None = None
    vende: bool | None = None
    compra: bool | None = None


class Change(Item):
    """The fields of an item that change, with the version they are based on."""

    codigo: str = Field("", max_length=20)
    nome: str = Field("", max_length=120)
    situacao: Literal["", "ativo", "suspenso", "cancelado"] = ""
    preco: Decimal = Field(Decimal(0), ge=0, max_digits=15, decimal_places=2)
    inicio: date = date(2000, 1, 1)
    version: int


def number(value: Decimal | int | None, places: int = 0) -> str:
    """Write a number the Brazilian way."""
    return (
        "" if value is None else f"{value:,.{places}f}".replace(",", "_").replace(".", ",").replace("_", ".")
    )


def day(value: date | None) -> str:
    """Write a date the Brazilian way."""
    return "" if value is None else f"{value:%d/%m/%Y}"


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(type(value))


def _answer(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content, default=_json), status, media_type="application/json")


class Shop:
    """The handlers, with their statements made once."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        metadata = MetaData()
        self.items = items = Table("item", metadata, autoload_with=engine)
        groups = metadata.tables["grupo"]
        self.environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True)
        self.environment.filters |= {"number": number, "day": day}
        shown = (
            items.c.id,
            items.c.version,
            *(items.c[name] for name in FIELDS),
            groups.c.nome.label("grupo_nome"),
        )
        joined = select(*shown).select_from(items.outerjoin(groups, groups.c.id == items.c.grupo))
        self.key = func.coalesce(func.aroeira_fold(items.c.nome), "").collate("C")
        self.one = joined.where(items.c.id == bindparam("key"))
        self.listed = joined.add_columns(self.key.label("sort")).where(
            items.c.situacao == bindparam("situacao")
        )
        self.listed = self.listed.order_by(self.key, items.c.id).limit(bindparam("limit"))

    def page(self, request: Request) -> list[Any]:
        situation = request.query_params.get("situacao", "ativo")
        if situation not in SITUATIONS:
            situation = "ativo"
        statement, values = self.listed, {"situacao": situation, "limit": 51}
        after = request.query_params.get("after")
        if after:
            name, _, key = after.rpartition("~")
            statement = statement.where(tuple_(self.key, self.items.c.id) > tuple_(name, int(key)))
        with self.engine.connect() as connection:
            return list(connection.execute(statement, values))

    def api_list(self, request: Request) -> Response:
        rows = self.page(request)
        items = []
        for row in rows[:50]:
            item = dict(zip(NAMES, row, strict=False))
            item["grupo"] = {"id": item["grupo"], "text": item.pop("grupo_nome")} if item["grupo"] else None
            items.append(item)
        last = rows[49] if len(rows) > 50 else None
        return _answer({"items": items, "next": f"{last.sort}~{last.id}" if last else None})

    def api_read(self, request: Request) -> Response:
        with self.engine.connect() as connection:
            row = connection.execute(self.one, {"key": request.path_params["id"]}).first()
        if row is None:
            return _answer({"title": "Não encontrado"}, 404)
        item = dict(zip(NAMES, row, strict=False))
        item["grupo"] = {"id": item["grupo"], "text": item.pop("grupo_nome")} if item["grupo"] else None
        return _answer(item)

    async def api_create(self, request: Request) -> Response:
        return await run_in_threadpool(self._create, await request.body())

    def _create(self, body: bytes) -> Response:
        try:
            item = Item.model_validate_json(body)
        except ValidationError as error:
            return _answer({"problems": error.errors(include_url=False)}, 422)
        now = datetime.now().astimezone()
        values = item.model_dump() | {
            "created_at": now,
            "updated_at": now,
            "created_by": "x",
            "updated_by": "x",
        }
        values["search_text"] = fold(f"{item.codigo} {item.nome}")
        try:
            with self.engine.begin() as connection:
                made = connection.execute(self.items.insert().returning(self.items.c.id), values).scalar_one()
        except IntegrityError:
            return _answer({"title": "Código repetido ou grupo inexistente"}, 422)
        with self.engine.connect() as connection:
            row = connection.execute(self.one, {"key": made}).one()
        return _answer(dict(zip(NAMES, row, strict=False)), 201)

    async def api_update(self, request: Request) -> Response:
        return await run_in_threadpool(self._update, request.path_params["id"], await request.body())

    def _update(self, key: int, body: bytes) -> Response:
        try:
            change = Change.model_validate_json(body)
        except ValidationError as error:
            return _answer({"problems": error.errors(include_url=False)}, 422)
        items = self.items
        values = change.model_dump(exclude_unset=True, exclude={"version"})
        values |= {
            "updated_at": datetime.now().astimezone(),
            "updated_by": "x",
            "version": items.c.version + 1,
        }
        with self.engine.begin() as connection:
            current = connection.execute(select(items).where(items.c.id == key).with_for_update()).first()
            if current is None or current.version != change.version:
                return _answer({"title": "Versão antiga"}, 409)
            if "nome" in values or "codigo" in values:
                values["search_text"] = fold(
                    f"{values.get('codigo', current.codigo)} {values.get('nome', current.nome)}"
                )
            connection.execute(update(items).where(items.c.id == key).values(values))
        with self.engine.connect() as connection:
            row = connection.execute(self.one, {"key": key}).one()
        return _answer(dict(zip(NAMES, row, strict=False)))

    def list_page(self, request: Request) -> Response:
        rows = self.page(request)
        last = rows[49] if len(rows) > 50 else None
        after = f"{last.sort}~{last.id}" if last else ""
        template = self.environment.get_template("list.html")
        situation = request.query_params.get("situacao", "ativo")
        return HTMLResponse(
            template.render(rows=rows[:50], after=after, situations=SITUATIONS, situation=situation)
        )

    def form_page(self, request: Request) -> Response:
        with self.engine.connect() as connection:
            row = connection.execute(self.one, {"key": request.path_params["id"]}).first()
        if row is None:
            return HTMLResponse("<h1>Não encontrado</h1>", 404)
        template = self.environment.get_template("form.html")
        return HTMLResponse(template.render(item=row, situations=SITUATIONS, origins=ORIGINS))


def create(engine: Engine) -> Starlette:
    """Return the application."""
    shop = Shop(engine)
    return Starlette(
        routes=[
            Route("/api/v1/item", shop.api_list, methods=["GET"]),
            Route("/api/v1/item", shop.api_create, methods=["POST"]),
            Route("/api/v1/item/{id:int}", shop.api_read, methods=["GET"]),
            Route("/api/v1/item/{id:int}", shop.api_update, methods=["PATCH"]),
            Route("/registros/item", shop.list_page),
            Route("/registros/item/{id:int}", shop.form_page),
        ]
    )

"""A request works with what was compiled: nothing reads, checks or builds metadata while it runs."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest
from sqlalchemy import Engine

from tests import compiled, office

# Reading, checking and compiling configuration, and making models of documents.
FORBIDDEN = (
    "/metadata/load.py", "/metadata/source.py", "/metadata/check/", "/metadata/refusals.py", "/metadata/kinds.py",
    "/kernel/storage/tables.py", "/renderer/form_layout.py", "/yaml/", "/pydantic/main.py", "/jinja2/compiler.py",
    "/jinja2/parser.py",
)  # fmt: skip
# Filling a compiled form runs functions made in form_layout; making one runs these.
COMPILING = frozenset(
    {"layout", "run", "_section", "_field", "_grid", "_split", "_control", "_cell", "form_of"}
)


@pytest.fixture
def work() -> Iterator[set[str]]:
    """The forbidden functions called in any thread while the fixture is open and `work` is armed."""
    found: set[str] = set()

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        file = frame.f_code.co_filename
        if event == "call" and any(part in file for part in FORBIDDEN):
            name = frame.f_code.co_name
            if "form_layout" not in file or name in COMPILING:
                found.add(f"{file.rsplit('/', 2)[-1]}:{name}")

    threading.setprofile_all_threads(watch) if hasattr(
        threading, "setprofile_all_threads"
    ) else threading.setprofile(watch)
    sys.setprofile(watch)
    yield found
    sys.setprofile(None)
    threading.setprofile(None)


def test_warm_requests_do_no_metadata_work(database: Engine, work: set[str]) -> None:
    compiled.forget()
    made = office.installed(database)
    office.people(database, made, 5)
    paths = ("/registros/pessoa", "/registros/pessoa?columns=nome,cidade.nome", "/registros/pessoa/1", "/registros/pessoa/novo", "/api/v1/pessoa", "/api/v1/pessoa/1",
             "/", "/paleta?q=an", "/busca/municipio?q=a")  # fmt: skip
    with office.client(office.application(database, made)) as client:
        for path in paths:
            assert client.get(path).status_code in (200, 404), path
        assert work, "the first requests compile, so the watch must have seen something"
        work.clear()
        for path in paths:
            client.get(path)
        assert work == set()

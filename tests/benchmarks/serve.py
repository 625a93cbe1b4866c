"""Serves one of the two applications of `bench web` in a process of its own: serve.py SIDE DATABASE PORT."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import uvicorn
from sqlalchemy import make_url
from starlette.applications import Starlette

from kernel.database import Settings
from kernel.database import engine as own_engine
from kernel.runtime import compile
from metadata.load import load_valid
from renderer.app import create as product
from tests.benchmarks import handwritten, stock

POOL = 12


def application(side: str, address: str) -> Starlette:
    """Return the application of one side on a database."""
    engine = own_engine(make_url(address), Settings(connections=POOL))
    if side == "handwritten":
        return handwritten.create(engine)
    live = SimpleNamespace(runtime=compile(load_valid(stock.files()), 1))
    return product(live, engine)


if __name__ == "__main__":
    _, side, address, port = sys.argv
    uvicorn.run(
        application(side, address), host="127.0.0.1", port=int(port), log_level="warning", access_log=False
    )

"""This file keeps what is compiled once per Runtime, so that a request does no metadata work."""
from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")

# A publication makes a new Runtime while requests of the old one still finish: two are alive at most
# for a moment, and a third gives room for a publication right after another.
KEPT_RUNTIMES = 3


def per_runtime(compile: Callable[Concatenate[Any, P], R]) -> Callable[Concatenate[Any, P], R]:
    """Remember the answer of `compile(runtime, *names)` for as long as the runtime is served."""
    kept: dict[int, tuple[Any, dict[tuple[Any, ...], R]]] = {}
    lock = threading.Lock()

    @functools.wraps(compile)
    def remembered(runtime: Any, *names: P.args, **nothing: P.kwargs) -> R:
        found = kept.get(id(runtime))
        if found is None or found[0] is not runtime:
            with lock:
                found = kept[id(runtime)] = (runtime, {})
                while len(kept) > KEPT_RUNTIMES:
                    del kept[next(iter(kept))]
        answers = found[1]
        if names not in answers:
            answers[names] = compile(runtime, *names, **nothing)
        return answers[names]

    return remembered

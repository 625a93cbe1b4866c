"""This file keeps what is compiled once per Runtime in it, so that a request does no metadata work."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, TypeVar

from kernel.runtime import Runtime

P = ParamSpec("P")
R = TypeVar("R")


def per_runtime(compile: Callable[Concatenate[Runtime, P], R]) -> Callable[Concatenate[Runtime, P], R]:
    """Remember the answer of `compile(runtime, *names)`; it goes with the runtime when another is published.

    Two requests may compile the same thing at once; both get the same answer and one is kept.
    """

    @functools.wraps(compile)
    def remembered(runtime: Runtime, *names: P.args, **nothing: P.kwargs) -> R:
        key = (compile, *names)
        found: R | None = runtime.views.get(key)
        if found is None:
            found = compile(runtime, *names, **nothing)
            # An empty answer is for a name that does not exist; those have no end and are not kept.
            if found:
                runtime.views[key] = found
        return found

    return remembered

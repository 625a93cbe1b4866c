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


def lately_per_runtime(
    most: int,
) -> Callable[[Callable[Concatenate[Runtime, P], R]], Callable[Concatenate[Runtime, P], R]]:
    """Remember like `per_runtime`, for names that have no end: of them the `most` asked for last."""

    def decorated(compile: Callable[Concatenate[Runtime, P], R]) -> Callable[Concatenate[Runtime, P], R]:
        @functools.wraps(compile)
        def remembered(runtime: Runtime, *names: P.args, **nothing: P.kwargs) -> R:
            kept = runtime.views.setdefault((compile, "lately"), {})
            found: R | None = kept.pop(names, None)
            kept[names] = found = compile(runtime, *names, **nothing) if found is None else found
            for oldest in list(kept)[:-most]:
                kept.pop(oldest, None)
            return found

        return remembered

    return decorated

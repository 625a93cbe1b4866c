"""Rules between packages: what they stand on exists and there is no circle."""

from __future__ import annotations

from collections.abc import Iterator

from metadata.check.scope import Scope
from metadata.manifest import MANIFEST
from metadata.problems import Place, Problem, near
from metadata.source import Source, read_bytes


def _place(scope: Scope, package: str, needed: str) -> Place:
    """Return where a package requires another one; the manifest is read again, for its positions."""
    path = f"{package}/{MANIFEST}"
    source = read_bytes(scope.configuration.files[path], path)
    return source.find(needed) if isinstance(source, Source) else Place(path)


def requires_exist(scope: Scope) -> Iterator[Problem]:
    """M203: a required package is there."""
    packages = scope.configuration.packages
    for name, manifest in packages.items():
        for needed in manifest.requires:
            if needed not in packages:
                yield Problem(
                    "M203",
                    {"name": needed, "near": near(needed, packages)},
                    _place(scope, name, needed),
                )


def requires_no_cycle(scope: Scope) -> Iterator[Problem]:
    """M202: packages do not require each other in a circle; each circle is told once."""
    packages = scope.configuration.packages
    told: set[frozenset[str]] = set()
    for start in packages:
        circle = _circle(scope, start)
        if circle and frozenset(circle) not in told:
            told.add(frozenset(circle))
            yield Problem(
                "M202",
                {"circle": " → ".join([*circle, circle[0]])},
                _place(scope, start, circle[1] if circle[1:] else start),
            )


def _circle(scope: Scope, start: str) -> list[str]:
    """Return the way from a package back to itself, or nothing."""
    packages = scope.configuration.packages
    paths = [[start]]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        for needed in packages[path[-1]].requires:
            if needed == start:
                return path
            if needed in packages and needed not in seen:
                seen.add(needed)
                paths.append([*path, needed])
    return []

"""This file lays a role flat, a line for each grant, so that each can be given and taken by itself.

A line is a place in the document of the role and what stands there: `("fields", "plano.nome")` and `change`,
`("rights", "VER AUDITORIA")` and `yes`, `("deny", "entities", "pessoa")` and `{level: read, rows: …}`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from metadata.role import Role

Place = tuple[str, ...]
Lines = dict[Place, Any]

GIVEN = "yes"
LISTED = ("rights", "menus")
MAPPED = ("packages", "entities", "fields", "privacy")
SAID = ("label", "about", "everything", "note")
DENY = "deny"


def flat(role: Role) -> Lines:
    """Return the lines of a role, in the order in which they are shown."""
    plain = role.model_dump(exclude_defaults=True)
    return dict(_lines((), plain)) | dict(_lines((DENY,), plain.get(DENY, {})))


def _lines(above: Place, plain: Mapping[str, Any]) -> Iterator[tuple[Place, Any]]:
    for key in SAID:
        if key in plain:
            yield (*above, key), GIVEN if plain[key] is True else plain[key]
    for key in LISTED:
        yield from (((*above, key, name), GIVEN) for name in plain.get(key, ()))
    for key in MAPPED:
        yield from (((*above, key, name), _short(value)) for name, value in plain.get(key, {}).items())


def _short(value: Any) -> Any:
    return value["level"] if isinstance(value, dict) and value.keys() == {"level"} else value


def laid_out(name: str, lines: Mapping[Place, Any]) -> dict[str, Any]:
    """Return the document of a role that has these lines."""
    document: dict[str, Any] = {"role": name}
    for place, value in lines.items():
        *above, key = place
        is_listed = above[-1:] and above[-1] in LISTED
        part = document
        for step in above[:-1] if is_listed else above:
            part = part.setdefault(step, {})
        if is_listed:
            part.setdefault(above[-1], []).append(key)
        else:
            part[key] = dict(value) if isinstance(value, Mapping) else value
    return document

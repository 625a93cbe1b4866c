"""Small configurations for tests of migrations: a package of a few documents, published, looked at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine, text

from kernel.storage.migrate.apply import Applied, apply
from kernel.storage.migrate.plan import Plan, plan
from metadata.problems import Problem

MANIFEST = "package: loja\nlabel: Loja\nversion: 1.0.0\n"
HEAD = "entity: {name}\nlabel: {{one: {name}, many: {name}}}\n"


def files(_more: Mapping[str, str] | None = None, /, **entities: str) -> dict[str, bytes]:
    """Return a package; an entity is its `fields` block, maybe with keys of the entity before it.

    _more: path within the package → text, for documents of other kinds.
    """
    texts = {
        f"entities/{name}.yaml": HEAD.format(name=name) + _entity(body) for name, body in entities.items()
    }
    texts |= {"manifest.yaml": MANIFEST} | dict(_more or {})
    return {f"loja/{path}": content.encode() for path, content in texts.items()}


def _entity(body: str) -> str:
    keys = [line for line in body.strip().splitlines() if not line.startswith(" ")]
    head = [
        line
        for line in keys
        if line.split(":")[0] in ("search", "unique", "order", "valid", "shown_as", "was")
    ]
    fields = [line for line in body.strip().splitlines() if line not in head]
    return "\n".join([*head, "fields:", *(f"  {line}" for line in fields), ""])


def publish(engine: Engine, content: Mapping[str, bytes], **words: Any) -> Applied:
    """Publish what has no problem."""
    done = apply(engine, content, "teste", **words)
    assert isinstance(done, Applied), [str(problem) for problem in done]
    return done


def refused(engine: Engine, content: Mapping[str, bytes], **words: Any) -> tuple[Problem, ...]:
    """Publish what has problems, and return them; make sure that plan says the same."""
    done = apply(engine, content, "teste", **words)
    assert not isinstance(done, Applied)
    return done


def codes(problems: tuple[Problem, ...]) -> list[str]:
    return [problem.code for problem in problems]


def planned(engine: Engine, content: Mapping[str, bytes]) -> Plan:
    return plan(engine, content)


def run(engine: Engine, sql: str, **facts: Any) -> list[tuple[Any, ...]]:
    """Run a statement of the test itself and return its rows."""
    with engine.begin() as connection:
        found = connection.execute(text(sql), facts)
        return [tuple(row) for row in found] if found.returns_rows else []


def one(engine: Engine, sql: str, **facts: Any) -> Any:
    """Return the one value of a query."""
    return run(engine, sql, **facts)[0][0]

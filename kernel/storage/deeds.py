"""This file has the operators of a demonstration change records as its data says, each with their own rights.

So whoever opens it finds a history and a log that was really written: through the gate, judged by the rules.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, Engine

from kernel.access.playing import access_of
from kernel.access.seen import seen_by
from kernel.accounts import accounts
from kernel.accounts.signed import operator_table, records
from kernel.context import Context, Origin, at_present
from kernel.runtime import Runtime
from kernel.storage.record import Edit, Refusal, Saved
from kernel.storage.save import save
from kernel.storage.seed import remember, seeded_in
from kernel.storage.staging import Staging
from metadata.content import Data
from metadata.problems import Place, Problem


def enact(engine: Engine, runtime: Runtime) -> list[Problem]:
    """Do what was not done yet; return what nobody could do, by line."""
    documents = [data for data in runtime.configuration.data.values() if data.by]
    return [problem for data in documents for problem in _enacted(engine, runtime, data)]


def _enacted(engine: Engine, runtime: Runtime, data: Data) -> Iterator[Problem]:
    with engine.begin() as connection:
        if seeded_in(connection, data.name) is not None:
            return
        path = runtime.configuration.rows_file(data.name)
        context = _context(connection, runtime, data)
        staging = Staging(connection, runtime, data, runtime.configuration.rows_of(data.name), path)
        staging.fill(context)
        staging.find_targets()
        staging.find_records()
        rows = staging.named()
        staging.clear_done()
        yield from staging.problems()
        remember(connection, data.name)
    seen = seen_by(runtime, context.access.profile)
    for line, record, values in rows:
        place = Place(path, line, 1)
        if record is None:
            yield Problem("M536", {"name": data.name, "key": ", ".join(data.key)}, place)
            continue
        outcome = save(engine, seen, context, Edit(data.entity, record, None, values))
        if not isinstance(outcome, Saved):
            said = (
                "; ".join(each.sentence() for each in outcome.problems)
                if isinstance(outcome, Refusal)
                else ""
            )
            yield Problem("M537", {"name": data.name, "by": data.by, "said": said}, place)


def _context(connection: Connection, runtime: Runtime, data: Data) -> Context:
    """Return the operator with what limits them; one without an account may do nothing."""
    origin = Origin("publication", route=f"data/{data.name}")
    today = at_present(data.by).now.date()
    account = accounts.find(connection, data.by, today)
    found = records(connection, operator_table(runtime.configuration))
    access = access_of(runtime, account.roles if account else (), found.get(data.by))
    return at_present(data.by, access=access, origin=origin)

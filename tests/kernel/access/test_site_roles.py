"""What a site says of roles is kept edit by edit, and whoever serves hears of it at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, select, text

from kernel.accounts import accounts, site_roles
from kernel.accounts.accounts import New
from kernel.live import Live
from kernel.storage import closed
from metadata.grants import Lines, flat
from metadata.problems import Refused
from tests.door import PASSWORD
from tests.kernel.access.agency import FILES
from tests.publications import publish, refused

ROLE = "role: papel\nlabel: Papel\nrights: [UM, DOIS]\nentities: {plano: read}\n"
NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
PLANO, UM = ("entities", "plano"), ("rights", "UM")


@pytest.fixture
def live(database: Engine) -> Iterator[Live]:
    """The agency as it is served, with one role."""
    publish(database, packaged(ROLE))
    with Live(database) as live:
        yield live


def packaged(role: str) -> dict[str, bytes]:
    texts = FILES | {"casa/roles/papel.yaml": role}
    return {path: text.encode() for path, text in texts.items()}


def lines(live: Live) -> Lines:
    """Return what the role that is served says."""
    return flat(live.runtime.configuration.roles["papel"])


def save(live: Live, wanted: Lines, role: str = "papel", **more: Any) -> Any:
    """Save a role and wait until it is served."""
    configuration = live.runtime.site.packaged if live.runtime.site else live.runtime.configuration
    with live.engine.begin() as connection:
        done = site_roles.save(connection, configuration, role, wanted, by="ana", at=NOW, **more)
    if isinstance(done, int):
        assert live.wait_for(live.runtime.version, 5, done)
    return done


def test_an_edit_is_served_at_once_and_its_lines_stay_on_record(live: Live, database: Engine) -> None:
    wanted = lines(live) | {PLANO: "change", ("fields", "plano.preco"): "none"}
    del wanted[UM]
    edit = save(live, wanted, note="Pedido da diretoria")
    assert lines(live) == wanted
    with database.connect() as connection:
        (only,) = site_roles.history(connection, "papel")
        assert site_roles.latest(connection, "papel") == edit
    assert (only.made_by, only.note) == ("ana", "Pedido da diretoria")
    assert set(only.lines) == {
        (PLANO, "read", "change"), (("fields", "plano.preco"), None, "none"), (UM, "yes", None),
    }  # fmt: skip


def test_what_is_as_in_the_package_again_follows_the_package(live: Live, database: Engine) -> None:
    before = lines(live)
    save(live, before | {PLANO: "change"})
    save(live, before)
    with database.connect() as connection:
        assert site_roles.in_force(connection) == []
        back, first = site_roles.history(connection, "papel")
    assert (back.lines, first.lines) == (((PLANO, "change", "read"),), ((PLANO, "read", "change"),))
    publish(database, packaged(ROLE.replace("plano: read", "plano: configure")))
    assert live.wait_for(2, 5)
    assert lines(live)[PLANO] == "configure"


def test_a_later_package_brings_its_grants_and_the_site_keeps_its_own(live: Live, database: Engine) -> None:
    wanted = lines(live) | {PLANO: "change"}
    del wanted[UM]
    save(live, wanted)
    publish(
        database,
        packaged(ROLE.replace("[UM, DOIS]", "[UM, DOIS, TRÊS]").replace("plano: read", "plano: add")),
    )
    assert live.wait_for(2, 5)
    assert lines(live) == wanted | {("rights", "TRÊS"): "yes"}
    with Live(database) as another:  # one that starts afterwards serves the same
        assert lines(another) == lines(live)


def test_two_edits_of_one_state_do_not_overwrite_one_another(live: Live) -> None:
    before = lines(live)
    first = save(live, before | {PLANO: "change"}, seen=0)
    second = save(live, before | {UM: "yes", ("rights", "QUATRO"): "yes"}, seen=0)
    assert isinstance(second, Refused)
    assert second.code == "R491"
    assert lines(live)[PLANO] == "change"
    assert isinstance(save(live, before, seen=first), int)


def test_what_does_not_fit_is_told_and_not_kept(live: Live, database: Engine) -> None:
    done = save(live, lines(live) | {("entities", "plano"): {"level": "read", "rows": "precos > 1"}})
    assert [problem.code for problem in done] == ["M320"]
    with database.connect() as connection:
        assert site_roles.latest(connection) == 0


def test_a_role_of_the_site_comes_and_goes(live: Live) -> None:
    save(live, {("label",): "Estágio", PLANO: "read"}, role="x_estagio")
    assert live.runtime.configuration.roles["x_estagio"].label == "Estágio"
    save(live, {}, role="x_estagio")
    assert "x_estagio" not in live.runtime.configuration.roles


def test_edits_that_come_together_are_one_after_the_other(live: Live) -> None:

    before = lines(live)
    wanted = [before | {("rights", f"R{number}"): "yes"} for number in range(8)]
    with ThreadPoolExecutor(8) as many:
        done = list(many.map(lambda each: save(live, each, seen=0), wanted))
    assert sum(isinstance(each, int) for each in done) == 1
    with live.engine.connect() as connection:
        assert len(site_roles.history(connection, "papel")) == 1


RENAMED = ROLE.replace("role: papel\n", "role: novo\n") + "was: papel\n"


def test_what_is_kept_of_a_role_follows_its_new_name(live: Live, database: Engine) -> None:
    """Whoever has it keeps it, what the site says of it stays, and a closed record stays open to it."""
    save(live, lines(live) | {PLANO: "change"})
    with database.begin() as connection:
        login = New("ana", "Ana", password=PASSWORD, must_change=False)
        account = accounts.add(connection, login, "testes")
        accounts.give(connection, account, "papel", NOW.date(), None, "testes")
        client = live.runtime.entities["cliente"]
        for name, to in (("Um", ["papel", "outro"]), ("Dois", ["outro"])):
            id = connection.execute(
                client.table.insert().values(nome=name, version=1).returning(client.table.c.id)
            ).scalar_one()
            closed.close(connection, client, id, to, (), "chefe", NOW)
    files = {path: said for path, said in packaged(ROLE).items() if "roles" not in path}
    done = publish(database, files | {"casa/roles/novo.yaml": RENAMED.encode()})
    assert not [problem for problem in done.plan.warnings if problem.code == "M528"]
    assert live.wait_for(done.version, 5)
    assert "papel" not in live.runtime.configuration.roles
    assert flat(live.runtime.configuration.roles["novo"])[PLANO] == "change"
    with database.connect() as connection:
        (only,) = accounts.listed(connection, NOW.date())
        assert only.roles == ("novo",)
        assert connection.execute(select(closed.CLOSED.c.roles).order_by(closed.CLOSED.c.record)).all() == [
            (["outro", "novo"],),
            (["outro"],),
        ]
        noted = "SELECT a.changes, c.kind FROM aroeira_audit a JOIN aroeira_audit_act c USING (act) ORDER BY act DESC"
        changes, kind = connection.execute(text(noted)).first() or ({}, "")
    assert kind == "publication"
    assert [each["roles"] for each in changes["$secrecy"]] == [["outro", "papel"], ["outro", "novo"]]


def test_a_former_name_of_a_role_is_no_role_of_today(database: Engine) -> None:
    files = packaged(ROLE) | {"casa/roles/novo.yaml": RENAMED.encode()}
    assert [problem.code for problem in refused(database, files)] == ["M231"]

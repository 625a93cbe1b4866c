"""What a site says of roles is laid over what packages say, grant by grant."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from kernel.accounts.site_roles import differences
from metadata.canonical import canonical_text
from metadata.grants import Place, flat, laid_out
from metadata.load import load_valid
from metadata.package import Configuration
from metadata.role import Role
from metadata.site_roles import Change, laid_over
from tests import shipped
from tests.access import role
from tests.kernel.access.agency import FILES
from tests.kernel.access.test_seen import roles

CHANCES = range(60)


def configuration(**documents: str) -> Configuration:
    """Return the agency's package with roles, or with other documents in the place of its own."""
    texts = FILES | {f"casa/{name.replace('__', '/')}.yaml": text for name, text in documents.items()}
    return load_valid({path: text.encode() for path, text in texts.items()})


def by_chance(seed: int) -> Role:
    """Return a role made by chance."""
    return role({**roles(random.Random(seed))[0], "role": "papel", "rights": [f"R{seed % 3}", "COMUM"]})


def with_role(made: Role) -> Configuration:
    """Return the package with a role, written as a document."""
    return configuration(roles__papel=canonical_text(laid_out("papel", flat(made)), Role))


def changes(before: Role, after: Role) -> list[Change]:
    """Return what a site says to have the second in the place of the first."""
    lines = flat(before)
    return [
        Change("papel", place, value, lines.get(place)) for place, value in differences(lines, flat(after))
    ]


def laid(packages: Configuration, said: list[Change]) -> dict[Place, Any]:
    """Return the lines of the role as the site has it; every change fits."""
    over, unfit = laid_over(packages, said)
    assert unfit == ()
    return flat(over.roles["papel"])


@pytest.mark.parametrize("seed", CHANCES)
def test_lines_and_documents_say_the_same(seed: int) -> None:
    made = by_chance(seed)
    assert Role.model_validate(laid_out("papel", flat(made))) == made


def test_shipped_roles_go_through_lines() -> None:
    for made in shipped.configuration().roles.values():
        assert Role.model_validate(laid_out(made.name, flat(made))) == made


@pytest.mark.parametrize("seed", CHANCES)
def test_the_site_gets_the_role_that_it_wants(seed: int) -> None:
    before, after = by_chance(seed), by_chance(seed + 1000)
    assert laid(with_role(before), changes(before, after)) == flat(after)
    assert laid(configuration(), changes(role({"label": ""}), after)) == flat(after)  # a role of its own


@pytest.mark.parametrize("seed", CHANCES)
def test_what_a_later_package_brings_is_never_switched_off(seed: int) -> None:
    before, wanted, later = by_chance(seed), by_chance(seed + 1000), by_chance(seed + 2000)
    said = changes(before, wanted)
    spoken_of = {change.place for change in said}
    brought: dict[Place, Any] = {p: v for p, v in flat(later).items() if p not in spoken_of}
    upgraded = Role.model_validate(laid_out("papel", {**flat(before), **brought}))
    lines = laid(with_role(upgraded), said)
    assert {place: lines.get(place) for place in brought} == brought
    asked = {change.place: change.value for change in said}
    assert {place: lines.get(place) for place in asked} == asked


RENAMED = FILES["casa/entities/cliente.yaml"].replace("entity: cliente\n", "entity: pessoa\nwas: cliente\n").replace(
    "  renda: {type: money}\n", "  ganho: {type: money, was: renda}\n"
)  # fmt: skip
PHONES = FILES["casa/entities/telefone.yaml"].replace(
    "cliente: {type: link, to: cliente", "cliente: {type: link, to: pessoa"
)


def after_rename(said: Mapping[Place, Any]) -> tuple[dict[Place, Any], list[str]]:
    """Return the lines of a role of the site over the package with other names, and how many do not fit."""
    texts = {path: text for path, text in FILES.items() if not path.endswith("cliente.yaml")}
    texts |= {"casa/entities/pessoa.yaml": RENAMED, "casa/entities/telefone.yaml": PHONES}
    packages = load_valid({path: text.encode() for path, text in texts.items()})
    over, unfit = laid_over(packages, [Change("papel", place, value) for place, value in said.items()])
    return flat(over.roles["papel"]), [problem.code for each in unfit for problem in each.problems]


def test_changes_follow_renames_of_packages() -> None:
    lines, unfit = after_rename(
        {
            ("label",): "Papel",
            ("entities", "cliente"): {"level": "read", "rows": "renda > 100"},
            ("fields", "cliente.renda"): "change",
            ("deny", "fields", "cliente.renda"): "configure",
        }
    )
    assert unfit == []
    assert lines == {
        ("label",): "Papel",
        ("entities", "pessoa"): {"level": "read", "rows": "ganho > 100"},
        ("fields", "pessoa.ganho"): "change",
        ("deny", "fields", "pessoa.ganho"): "configure",
    }


def test_what_fits_no_more_grants_nothing_and_goes_on_denying() -> None:
    lines, unfit = after_rename(
        {
            ("label",): "Papel",
            ("entities", "cliente"): {"level": "read", "rows": "sumiu > 100"},
            ("fields", "cliente.sumiu"): "change",
            ("deny", "entities", "plano"): {"level": "change", "rows": "sumiu = 1"},
        }
    )
    assert unfit == ["M320", "M205", "M320"]
    assert lines == {("label",): "Papel", ("deny", "entities", "plano"): "change"}


def test_a_role_that_no_package_has_any_more_is_none() -> None:
    over, unfit = laid_over(configuration(), [Change("papel", ("rights", "TUDO"), "yes")])
    assert (over.roles, unfit) == ({}, ())

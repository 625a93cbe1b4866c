"""Every process of the packages can be told of: its messages are read, and the fields of what they say known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from kernel.processes.messages import messages, unit_made_of
from kernel.processes.plan import planned
from kernel.processes.traced import Traced
from kernel.runtime import Runtime
from metadata.process import INSERT, RELATION, UPDATE, Step
from metadata.steps.walk import Made
from tests import shipped

PRIVACIES = ("", "personal", "sensitive")
# That a life left, when, and until when others are covered without paying is what the register is about,
# also where the reason was a death.
OWN_FACTS = {
    ("beneficiario", "exclusao"), ("beneficiario", "situacao"), ("beneficiario", "remido_ate"),
    ("historico_situacao", "data"), ("historico_situacao", "depois"),
    ("beneficiario", "adesao"), ("beneficiario", "inicio_cobertura"),
}  # fmt: skip


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    return shipped.runtime()


def test_every_message_of_every_process_is_understood(runtime: Runtime) -> None:
    entities = runtime.configuration.entities
    for name in runtime.configuration.processes:
        plan = planned(runtime, name)
        found = messages(plan)
        wanted = {
            (step, key)
            for step, made in plan.made.items()
            if made.step.kind == RELATION
            for key in (*made.step.lookup, *made.step.refuse, *_several(made.step))
        }
        wanted |= {("", key) for key in runtime.configuration.processes[name].refuse}
        assert set(found) == wanted
        made_of = {pair for each in found.values() for value in each.values for pair in value.made_of}
        for entity, field in made_of | unit_made_of(plan):
            assert field in entities[entity].fields, (name, entity, field)


def test_columns_are_followed_through_groups_and_unions_to_the_fields_of_records(runtime: Runtime) -> None:
    found = messages(planned(runtime, "faturamento_mensal"))
    negative = found["prontos", "negativa"].values[0].made_of
    assert {("faixa_preco", "valor"), ("desconto", "percentual"), ("cobranca_avulsa", "valor")} <= negative
    age = found["precificados", "sem_preco"].values[0]
    assert ("beneficiario", "nascimento") in age.made_of
    assert age.field is not None
    assert age.field.type == "integer"
    [table, month] = found["com_tabela", "vigente"].values
    assert table.field is not None
    assert table.field.to == "tabela_preco"
    assert month.field is not None
    assert month.field.type == "month"


def _several(step: Step) -> list[str]:
    """Return the reasons of lookups that may find more than they should."""
    return [f"{name}.several" for name, each in step.lookup.items() if each.expect in ("one", "maybe")]


def test_what_processes_copy_of_protected_data_is_protected_as_well(runtime: Runtime) -> None:
    open_ = {
        f"{name}: {made.entity}.{field} from {source}.{read}"
        for name in runtime.configuration.processes
        for made, field, source, read in _copies(runtime, name)
        if (made.entity, field) not in OWN_FACTS
        and _privacy(runtime, source, read) > _privacy(runtime, made.entity, field)
    }
    assert open_ == set()


def _copies(runtime: Runtime, name: str) -> Iterator[tuple[Made, str, str, str]]:
    """Yield what a process writes: the step, the field, and each field of records that it is made of."""
    plan = planned(runtime, name)
    traced = Traced(plan)
    for made in plan.made.values():
        for field, text in made.step.set.items() if made.step.kind in (INSERT, UPDATE) else ():
            yield from ((made, field, *read) for read in traced.fields(made, made.seen, text))


def _privacy(runtime: Runtime, entity: str, field: str) -> int:
    fields = runtime.entities[entity].fields if entity in runtime.entities else {}
    return PRIVACIES.index(fields[field].privacy) if field in fields else 0

"""This file says parameters as people read them: what counts today, the timeline, the cascade in order."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from kernel.cascade import COUNTED, Answer, Level, default_of
from kernel.fold import fold
from kernel.parameter_change import asks_reason
from kernel.parameters import Dated, counting, on
from kernel.runtime import Runtime
from metadata.parameter import Parameter
from metadata.problems import Refused
from renderer import documents
from renderer.environment import number
from renderer.parameter_gate import ADDRESS
from renderer.visit import Visit
from renderer.when import said

NOTHING = "sem valor"
PAST, NOW, FUTURE, CORRECTED, TAKEN_BACK = "past", "now", "future", "corrected", "taken back"


@dataclass(frozen=True, slots=True)
class Row:
    """One parameter in the list: what it is today, since when and from where; folded: what is searched."""

    label: str
    name: str
    about: str
    value: str
    since: str
    origin: str
    address: str
    coming: str
    folded: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One entry of the timeline; state: whether it counted, counts, will, or no longer says anything.

    day: as an address says it, where the entry can still be corrected or taken back.
    """

    since: str
    until: str
    value: str
    who: str
    when: str
    reason: str
    state: str
    day: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the cascade; number: where it stands, from 1.  records: those with a value of their own."""

    number: int
    place: str
    says: str
    value: str = ""
    address: str = ""
    is_answer: bool = False


def with_unit(parameter: Parameter, shown: str) -> str:
    """Return a value with its unit; nothing has none."""
    return parameter.type.unit.behind(shown) if shown else NOTHING


def default_shown(parameter: Parameter) -> str:
    """Return the default as people read it."""
    value = default_of(parameter)
    return with_unit(parameter, "" if value is None else parameter.type.kind.print(value, parameter.type))


def value_of(parameter: Parameter | None, kept: Any) -> str:
    """Return a value as it was kept in words; what the type of today does not know stays as it is."""
    if kept is None:
        return "padrão"
    value = parameter.type.kind.from_json(kept, parameter.type) if parameter else Refused("R110", {})
    if parameter is None or isinstance(value, Refused):
        return str(kept)
    return with_unit(parameter, parameter.type.kind.print(value, parameter.type))


def label_of(parameter: Parameter) -> str:
    """Return how people call a parameter."""
    return parameter.label or parameter.name


def package_of(runtime: Runtime, name: str) -> str:
    """Return the label of the package that a parameter comes from."""
    package = runtime.configuration.documents["parameters"][name].package
    known = runtime.configuration.packages.get(package)
    return known.label if known else package


def row(runtime: Runtime, parameter: Parameter, history: Sequence[Dated], today: date) -> Row:
    """Return one parameter as the list shows it."""
    values = counting(history)
    now = on(values, today)
    later = next((one for one in values if one.since > today), None)
    value, since, origin = now_shown(runtime, parameter, now)
    about = parameter.help
    coming = f"{_shown(parameter, later)} a partir de {later.since:%d/%m/%Y}" if later else ""
    words = " ".join((label_of(parameter), parameter.name.replace("_", " "), about, value, origin))
    address = f"{ADDRESS}/{parameter.name}"
    return Row(label_of(parameter), parameter.name, about, value, since, origin, address, coming, fold(words))


def now_shown(runtime: Runtime, parameter: Parameter, now: Dated | None) -> tuple[str, str, str]:
    """Return what counts, since when, and where it comes from."""
    if now is None or now.value is None:
        since = f"{now.since:%d/%m/%Y}" if now else ""
        return default_shown(parameter), since, f"padrão do pacote {package_of(runtime, parameter.name)}"
    return with_unit(parameter, now.shown), f"{now.since:%d/%m/%Y}", f"valor do sistema, por {now.by}"


def _shown(parameter: Parameter, dated: Dated) -> str:
    if dated.value is None:
        return f"padrão ({default_shown(parameter)})"
    return with_unit(parameter, dated.shown)


def timeline(seen: Visit, parameter: Parameter, history: Sequence[Dated]) -> list[Moment]:
    """Return all entries, the latest day first; what was corrected or taken back stands below its day."""
    return list(reversed(list(_moments(seen, parameter, history))))


def _moments(seen: Visit, parameter: Parameter, history: Sequence[Dated]) -> Iterator[Moment]:
    today, values = seen.context.today, counting(history)
    following = {one.id: later for one, later in itertools.pairwise(values)}
    counted = {one.id for one in values}
    current = on(values, today)
    for one in history:
        later = following.get(one.id)
        until = f"{later.since - timedelta(days=1):%d/%m/%Y}" if later else ""
        is_current = current is not None and one.id == current.id
        state = NOW if is_current else FUTURE if one.since > today else PAST
        if one.id not in counted:
            state, until = (TAKEN_BACK if one.is_taken_back else CORRECTED), ""
        value = "retirado" if one.is_taken_back else _shown(parameter, one)
        when = said(one.at, seen.context.now)
        day = one.since.isoformat() if one.id in counted else ""
        yield Moment(f"{one.since:%d/%m/%Y}", until, value, one.by, when, one.reason, state, day)


def without(parameter: Parameter, history: Iterable[Dated], since: date) -> str:
    """Return what would count from a day on if its entry were taken back."""
    values = tuple(one for one in counting(history) if one.since != since)
    before = on(values, since)
    return _shown(parameter, before) if before else f"padrão ({default_shown(parameter)})"


def needs_reason(history: Sequence[Dated], since: date, today: date) -> bool:
    """Tell whether taking a value back asks for a reason."""
    return asks_reason(history, since, today)


def steps(
    seen: Visit,
    parameter: Parameter,
    levels: Sequence[Level],
    now: Dated | None,
    answer: Answer | None = None,
) -> list[Step]:
    """Return the cascade in order: its levels, the site, the default; with an answer, what stands at each."""
    count = len(levels)
    own = answer.shown[:count] if answer and not answer.is_hidden else ("",) * count
    made = [
        (*_place(seen, level), with_unit(parameter, value) if value else "")
        for level, value in zip(levels, own, strict=True)
    ]
    site = (
        ("", "não diz nada hoje") if now is None else (_shown(parameter, now), f"desde {now.since:%d/%m/%Y}")
    )
    package = package_of(seen.runtime.whole, parameter.name)
    made += [
        ("Sistema", site[1], "", site[0]),
        (f"Padrão do pacote {package}", "", "", default_shown(parameter)),
    ]
    chosen = answer.place if answer and not answer.is_hidden else None
    return [
        Step(at + 1, place, says, value, there, is_answer=at == chosen)
        for at, (place, says, there, value) in enumerate(made)
    ]


def _place(seen: Visit, level: Level) -> tuple[str, str, str]:
    """Return a level in words: where it is, how many records have their own, and where these are listed."""
    entity = seen.runtime.whole.configuration.entities[level.entity]
    if not level.is_visible:
        return entity.label.one, "os seus papéis não o mostram", ""
    place = f"{entity.label.one} › {level.field.label}"
    if level.own is None:
        return place, "vale o do registro, se preenchido", ""
    count = level.own.value
    none = "nenhuma" if entity.label.gender == "f" else "nenhum"
    many = f"mais de {number(COUNTED)}" if not level.own.exact else number(count) if count else none
    noun = entity.label.many if count > 1 else entity.label.one
    says = f"{many} {noun[:1].lower()}{noun[1:]} com valor próprio"
    list_name = documents.list_of(seen.runtime, level.entity)
    there = f"/registros/{list_name}?{level.field.name}.filled=1" if list_name and count else ""
    return place, says, there


def order(parameter: Parameter, steps: Sequence[Step]) -> str:
    """Return the cascade in one line: Plano → sistema → padrão."""
    names: list[Any] = [step.place.partition(" › ")[0] for step in steps[: len(parameter.cascade)]]
    return " → ".join(dict.fromkeys([*names, "sistema", "padrão"]))

"""This file has the commands about rules: examples, values of parameters, decision models of other tools."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from command_parts import MODULES, Data, Packages, settings, shown_root, tell, working
from metadata.problems import Place, Problem, Problems, near

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from kernel.examples import Example
    from metadata.package import Configuration
    from metadata.parameter import Parameter as SystemParameter

examples = App(name="examples")
parameters = App(name="parameter", help="Valores dos parâmetros do sistema, com vigência.")
decisions = App(name="decision", help="Decisões de outras ferramentas, no padrão DMN.")
expressions = App(name="expression")
NOTHING = "nada"
PARTS = (examples, parameters, decisions, expressions)


@examples.default
def run_examples(
    folder: Packages = None,
    *,
    only: Annotated[str, Parameter(help="Só um grupo de exemplos.")] = "",
    data: Data = None,
) -> int:
    """Roda os exemplos dos pacotes e mostra os que não dão o esperado; os de processos, num banco à parte."""
    from kernel.context import at_present
    from kernel.examples import examples_of, rehearsals_of, run

    configuration = sound(folder)
    if only:
        known(only, configuration.examples, "o grupo de exemplos")
    now = at_present("examples").now
    asked = [each for each in examples_of(configuration) if only in ("", each.document.name)]
    judge = run(configuration, now)
    problems = [problem for example in asked for problem in judge(example)]
    rehearsed = [each for each in rehearsals_of(configuration) if only in ("", each.document.name)]
    if rehearsed:
        problems += _rehearsed(configuration, rehearsed, now, data)
    if problems:
        return tell(problem.below(shown_root(folder)) for problem in problems)
    count = len(asked) + len(rehearsed)
    print(f"{count} {'exemplos dão' if count != 1 else 'exemplo dá'} o esperado.")
    return 0


def _rehearsed(
    configuration: Configuration, rehearsed: list[Example], now: datetime, data: Path | None
) -> list[Problem]:
    """Return what differs in examples of processes, in a database that is there only meanwhile."""
    from kernel.rehearsal.rehearse import Rehearsals
    from kernel.rehearsal.scratch import published

    with (
        published(settings(data), configuration.files) as (engine, runtime),
        Rehearsals(engine, runtime, now) as rehearsals,
    ):
        return [problem for example in rehearsed for problem in rehearsals.rehearse(example)]


WRITTEN = Place("expressão", 1, 1)
LEVELS = {
    "sql": "em listas, filtros, importações e telas",
    "record": "em um registro por vez: telas, API e importações; não em listas e filtros",
    "server": "em um registro por vez, e depende do que é do sistema (feriados, direitos)",
}


@expressions.default
def show_expression(
    text: Annotated[
        str, Parameter(help="A expressão, entre aspas; sem ela, mostra o que se pode escrever.")
    ] = "",
    *,
    of: Annotated[str, Parameter(help="Entidade do registro de que a expressão fala.")] = "",
    pt: Annotated[bool, Parameter(help="A expressão está em português (se … então …).")] = False,
    folder: Packages = None,
) -> int:
    """Mostra o que uma expressão quer dizer, o que ela lê, o que dá e onde pode ser usada."""
    from metadata.expression.describe import described
    from metadata.expression.faults import Fault
    from metadata.expression.infer import infer
    from metadata.expression.level import level
    from metadata.expression.parse import parse
    from metadata.expression.surface.portuguese import parse_pt, write_pt
    from metadata.expression.write import write

    if not text:
        return _show_guide()
    configuration = sound(folder)
    entities = configuration.entities
    if of:
        known(of, entities, "a entidade")
    node = (parse_pt if pt else parse)(text)
    if isinstance(node, Fault):
        return tell([node.problem(text, WRITTEN)])
    found = infer(node, entities, of, None, configuration.defined.definitions)
    if found.faults:
        return tell(fault.problem(text, WRITTEN) for fault in found.faults)
    where = level(node, entities, of, None, configuration.defined)
    reads = sorted(".".join(path) for path in found.reads)
    lines = {
        "Diz": described(node, entities, of),
        "Escreve-se": write(node),
        "Em português": write_pt(node),
        "Dá": str(found.kind),
        "Lê": ", ".join(reads) or "nada do registro",
        "Serve": LEVELS[where.name],
    }
    for label, said in lines.items():
        print(f"{label + ':':<14}{said}")
    for reason in where.reasons:
        print(f"{'':<14}{reason.problem(text).said()}")
    return 0


def _show_guide() -> int:
    """Show what can be written: each construct with an example in both writings, and every function."""
    from metadata.expression.guide import RECORD, functions, portuguese, sections

    print(f"Os exemplos falam deste registro:\n{portuguese(RECORD)}")
    for section in sections():
        print(f"\n{section.title}")
        for each in section.examples:
            print(
                f"  {each.what}\n    {each.text}\n    {each.in_portuguese}\n    dá {portuguese(each.gives)}"
            )
    print("\nFunções")
    for in_portuguese, standard in functions():
        print(f"  {in_portuguese}\n    {standard}")
    return 0


def sound(folder: Packages = None) -> Configuration:
    """Return the packages; what is wrong with them ends the command."""
    from metadata.load import load

    configuration, problems = load(folder or MODULES)
    if problems:
        raise Problems(problem.below(shown_root(folder)) for problem in problems)
    return configuration


def known(name: str, names: Iterable[str], what: str) -> str:
    """Return a name that exists; one that does not ends the command."""
    names = sorted(names)
    if name not in names:
        facts = {"what": what, "name": name, "near": near(name, names), "names": ", ".join(names) or "nenhum"}
        raise Problems([Problem("A138", facts)])
    return name


@parameters.command(name="list")
def list_parameters(*, data: Data = None) -> int:
    """Mostra o valor de cada parâmetro hoje, de onde ele vem, e o que vai mudar."""
    from kernel import publish
    from kernel.context import at_present
    from kernel.database import connect
    from kernel.parameters import all_values, counting

    with connect(settings(data)) as engine, engine.connect() as connection:
        runtime = publish.load(connection, publish.latest(connection))
        history = all_values(runtime, connection)
    values = {name: counting(entries) for name, entries in history.items()}
    today = at_present("parameter").today
    for name, parameter in runtime.configuration.parameters.items():
        dated = values.get(name, ())
        now = next((one for one in reversed(dated) if one.since <= today), None)
        shown, origin = _default(parameter), "padrão"
        if now is not None and now.value is not None:
            shown, origin = now.shown, f"desde {now.since:%d/%m/%Y}, por {now.by}"
        said = shown if shown == NOTHING else parameter.type.unit.behind(shown)
        print(f"{name:<32} {said}  ({origin})")
        for later in (one for one in dated if one.since > today):
            print(f"{'':<32} {later.shown or 'padrão'} a partir de {later.since:%d/%m/%Y}, por {later.by}")
    return 0


def _default(parameter: SystemParameter) -> str:
    """Return the default of a parameter as people read it."""
    from metadata.problems import Refused

    field = parameter.type
    value = field.canonical(parameter.default) if parameter.default else None
    return NOTHING if value is None or isinstance(value, Refused) else field.kind.print(value, field)


@parameters.command(name="set")
def set_parameter(
    name: Annotated[str, Parameter(help="Nome do parâmetro.")],
    value: Annotated[str, Parameter(help="O valor, como se digita na tela; vazio volta ao padrão.")],
    *,
    since: Annotated[str, Parameter(name="--from", help="Primeiro dia em que vale; sem ele, hoje.")] = "",
    reason: Annotated[str, Parameter(help="Por que muda um valor de um dia que já contou.")] = "",
    data: Data = None,
) -> int:
    """Dá um valor do sistema a um parâmetro, a partir de um dia."""
    from getpass import getuser

    from kernel import publish
    from kernel.context import Origin, at_present
    from kernel.parameter_change import Change, change
    from metadata.problems import Refused

    context = at_present(getuser(), origin=Origin(route="parameter set"))
    with working(data) as engine, engine.begin() as connection:
        runtime = publish.load(connection, publish.latest(connection))
        field = runtime.configuration.parameters[
            known(name, runtime.configuration.parameters, "o parâmetro")
        ].type
        day = _day(since, context.now) if since else context.today
        read = field.kind.parse(value, field, context.now) if value else None
        if isinstance(read, Refused):
            return tell([Problem(read.code, read.facts, field=name)])
        problems = change(runtime, connection, context, Change(name, day, read, " ".join(reason.split())))
    if problems:
        options = {"reason": "--reason"}
        return tell(replace(each, field=options.get(each.field or "", name)) for each in problems)
    shown = "o padrão" if read is None else field.kind.print(read, field)
    print(f"{name}: {shown} a partir de {day:%d/%m/%Y}.")
    return 0


def _day(text: str, now: datetime) -> date:
    from metadata.problems import Refused
    from metadata.values.moments import parse_date

    day = parse_date(text, now)
    if isinstance(day, Refused):
        raise Problems([Problem(day.code, day.facts, field="--from")])
    return day


@decisions.command(name="export")
def export_decision(
    name: Annotated[str, Parameter(help="Nome da decisão.")],
    *,
    to: Annotated[Path, Parameter(help="Onde escrever o XML.")],
    at: Annotated[str, Parameter(help="Dia em que vale a tabela; sem ele, hoje.")] = "",
    folder: Packages = None,
) -> int:
    """Escreve uma decisão como modelo DMN 1.5."""
    from kernel.context import at_present
    from kernel.dmn.write import write

    configuration, now = sound(folder), at_present("decision").now
    decision = configuration.decisions[known(name, configuration.decisions, "a decisão")]
    to.write_bytes(write(configuration, decision, _day(at, now) if at else now.date()))
    print(to)
    return 0


@decisions.command(name="import")
def import_decisions(
    file: Annotated[Path, Parameter(help="O modelo, em XML.")],
    *,
    to: Annotated[Path | None, Parameter(help="Pasta para os documentos; sem ela, mostra o texto.")] = None,
) -> int:
    """Lê as tabelas de decisão de um modelo DMN como documentos."""
    from kernel.dmn.document import documents

    try:
        found, lacking = documents(file.read_bytes())
    except ValueError as error:
        raise Problems([Problem("M387", {"reason": str(error)}, Place(str(file)))]) from error
    if not found:
        raise Problems([Problem("M388", {}, Place(str(file)))])
    for name, text in found.items():
        if to is None:
            print(text, end="")
        else:
            (to / f"{name}.yaml").write_text(text, encoding="utf-8")
            print(to / f"{name}.yaml")
    told = [Problem(problem.code, problem.facts, Place(str(file))) for problem in lacking]
    return tell(told) if told else 0

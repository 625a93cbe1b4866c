"""This file has the commands about processes: a run driven here, continued, undone; a worker on its own."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from command_parts import STOPPED_BY_USER, Data, progress, tell, working
from metadata.problems import Problem, Problems, near

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from sqlalchemy import Engine

    from kernel.context import Context
    from kernel.processes.runs import Run
    from kernel.runtime import Runtime
    from metadata.entity import Field
    from metadata.process import Process

runs = App(name="run")
workers = App(name="worker")
PARTS = (runs, workers)
LOOK_SECONDS = 0.2
FAILED = 1


@workers.default
def work(*, data: Data = None) -> int:
    """Faz o que está na fila, em um processo separado, até Ctrl+C."""
    from kernel import jobs
    from kernel.live import Live
    from kernel.processes.work import tasks
    from kernel.schedules.due import Rounds
    from kernel.storage import system

    with working(data) as engine, Live(engine) as live:
        if live.runtime.version == 0:
            return tell([Problem("A132", {})])
        with engine.begin() as connection:
            system.create(connection)
        print("Trabalhando na fila (Ctrl+C encerra).", flush=True)
        jobs.Worker(engine, tasks(engine, live), rounds=[Rounds(engine, live)]).run()
    print("Encerrado; o que ficou na fila continua lá.", flush=True)
    return 0


@runs.default
def run_process(
    process: Annotated[str, Parameter(help="Nome do processo.")] = "",
    *answers: Annotated[str, Parameter(help="Respostas, como competencia=11/2026.")],
    dry_run: Annotated[bool, Parameter(negative=(), help="Só simula: nada é gravado.")] = False,
    continue_: Annotated[int, Parameter(name="--continue", help="Número da execução que parou.")] = 0,
    undo: Annotated[int, Parameter(help="Número da execução que será desfeita.")] = 0,
    data: Data = None,
) -> int:
    """Executa um processo aqui mesmo, continua uma execução que parou, ou desfaz uma."""
    from getpass import getuser

    from kernel import publish
    from kernel.context import Origin, at_present

    context = at_present(getuser(), origin=Origin("process", route="run"))
    with working(data) as engine:
        with engine.connect() as connection:
            runtime = publish.load(connection, publish.latest(connection))
        if undo:
            return _undo(engine, runtime, context, undo)
        if not continue_:
            number = _begin(engine, runtime, context, process, answers, is_dry=dry_run)
        else:
            number = _continue(engine, continue_)
        return _drive(engine, runtime, context, number)


# ── what is asked for ─────────────────────────────────────────────────────────────────────────────


def _begin(
    engine: Engine, runtime: Runtime, context: Context, name: str, words: Sequence[str], *, is_dry: bool
) -> int:
    from kernel.processes.begins import begins
    from kernel.processes.runs import begin

    known = runtime.configuration.processes
    if name not in known:
        facts = {"what": "o processo", "name": name, "near": near(name, known)}
        raise Problems([Problem("A138", {**facts, "names": ", ".join(sorted(known)) or "nenhum"})])
    said = _answers(engine, runtime, context, known[name], words)
    with engine.connect() as connection:
        answers = {**begins(connection, runtime, context, name), **said}
    begun = begin(engine, runtime, context, name, answers, is_dry=is_dry)
    if isinstance(begun, list):
        raise Problems(begun)
    return begun


def _answers(
    engine: Engine, runtime: Runtime, context: Context, process: Process, words: Sequence[str]
) -> Mapping[str, Any]:
    """Read `question=answer` words by the fields of the questions, all that is wrong at once."""
    answers: dict[str, Any] = {}
    problems: list[Problem] = []
    for word in words:
        name, sign, said = word.partition("=")
        field = process.ask.get(name)
        if field is None or not sign:
            facts = {"word": word, "near": near(name, process.ask)}
            problems.append(Problem("A143", {**facts, "names": ", ".join(process.ask) or "nenhuma"}))
            continue
        read = _read(engine, runtime, context, field, said.strip())
        if isinstance(read, Problem):
            problems.append(read)
        else:
            answers[name] = read
    if problems:
        raise Problems(problems)
    return answers


def _read(engine: Engine, runtime: Runtime, context: Context, field: Field, said: str) -> Any:
    from metadata.problems import Refused
    from metadata.types import read_typed

    if not said:
        return None
    if field.type == "link":
        return _linked(engine, runtime, context, field, said)
    if field.type == "many links":
        found = [_linked(engine, runtime, context, field, part.strip()) for part in said.split(",")]
        return next((each for each in found if isinstance(each, Problem)), tuple(found))
    read = read_typed(said, field, context.now)
    read = field.canonical(said) if isinstance(read, Refused) else read
    return Problem(read.code, read.facts, field=field.name) if isinstance(read, Refused) else read


def _linked(engine: Engine, runtime: Runtime, context: Context, field: Field, said: str) -> int | Problem:
    """Return the record that a text means; where there are several, say which."""
    from kernel.query.lookup import lookup
    from kernel.query.meant import meant
    from metadata.problems import Refused

    with engine.connect() as connection:
        hits = lookup(connection, runtime, context, field.to, said, {}, 50)
    found = meant(hits, said)
    if not isinstance(found, Refused):
        return found.id
    if not hits:
        return Problem(found.code, found.facts, field=field.name)
    names = "; ".join(" · ".join(filter(None, (hit.text, hit.more))) for hit in hits[:5])
    return Problem("A144", {"text": said, "names": names + ("…" if len(hits) > 5 else "")}, field=field.name)


def _continue(engine: Engine, number: int) -> int:
    """Let a run go on; one that nobody works on any more goes on as it is."""
    from kernel.processes.runs import go_on, run_of
    from kernel.processes.tables import AT_WORK

    with engine.begin() as connection:
        run = run_of(connection, number)
        if run is None or not (run.status in AT_WORK or go_on(connection, number)):
            raise Problems([Problem("A145", {"run": number})])
    return number


# ── the run itself ────────────────────────────────────────────────────────────────────────────────


def _drive(engine: Engine, runtime: Runtime, context: Context, number: int) -> int:
    from kernel.processes.tables import CANCELLED, FINISHED
    from process_report import lines_of

    run = driven(engine, runtime, context, number)
    for line in lines_of(engine, runtime, context, run):
        print(line)
    if run.status == CANCELLED:
        return STOPPED_BY_USER
    return 0 if run.status == FINISHED else FAILED


def driven(engine: Engine, runtime: Runtime, context: Context, number: int) -> Run:
    """Drive a run in a thread of its own and show how far it is; Ctrl+C asks it to stop."""
    from kernel.processes import telling
    from kernel.processes.drive import drive
    from kernel.processes.runs import run_of, stop

    versions, failed = _versions(engine, runtime), list[Exception]()

    def work() -> None:
        try:
            drive(engine, versions, number)
        except Exception as error:  # noqa: BLE001 (raised again below, in the thread that tells it)
            failed.append(error)
        finally:
            ended.set()

    # Not by joining the thread: a join that Ctrl+C interrupts takes the thread for ended (Python 3.11).
    ended = threading.Event()
    thread = threading.Thread(target=work, name="aroeira-run", daemon=True)
    thread.start()

    def tell_progress(told: Any) -> None:
        with engine.connect() as connection:
            far = telling.progress(connection, number)
        told(f"Execução {number}", far.done, far.rows)

    with progress() as told:
        while not ended.is_set():
            try:
                tell_progress(told)
                ended.wait(LOOK_SECONDS)
            except KeyboardInterrupt:
                print("\nParando…", file=sys.stderr, flush=True)
                with engine.begin() as connection:
                    stop(connection, number, context.operator)
                time.sleep(LOOK_SECONDS)
        tell_progress(told)
    if failed:
        raise failed[0]
    with engine.connect() as connection:
        found = run_of(connection, number)
    assert found is not None
    return found


def _versions(engine: Engine, runtime: Runtime) -> Any:
    from types import SimpleNamespace

    from kernel.processes.work import Versions

    return Versions(engine, SimpleNamespace(runtime=runtime))


def _undo(engine: Engine, runtime: Runtime, context: Context, number: int) -> int:
    from itertools import count

    from kernel.processes.runs import run_of
    from kernel.processes.undo import undo

    with engine.connect() as connection:
        run = run_of(connection, number)
    total, done = run.parts_done if run else 0, count()
    with progress() as told:
        says = f"Desfazendo a execução {number}"
        problems = undo(
            engine, _versions(engine, runtime), context, number, lambda _: told(says, next(done), total)
        )
        if total and not problems:
            told(says, total, total)
    if problems:
        return tell(problems)
    print(f"Execução {number} desfeita: nada do que ela gravou ficou.")
    return 0

"""This file makes what the top of every page says of the company that somebody works for, and offers."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from kernel.access.working import Offer, targets
from metadata.entity import Entity
from renderer import visit
from renderer.visit import Visit

PAGE = "/trabalho"


@dataclass(frozen=True, slots=True)
class Work:
    """What there is to choose, and how the control and the command are called."""

    offers: tuple[Offer, ...]
    label: str
    command: str


def work(request: Request) -> Work | None:
    """Return what there is to choose for whoever is here; None for somebody with one company."""
    seen, known = visit.of(request), request.app.state.known_work
    if seen.signed.session is None or not targets(seen.runtime):
        return None
    who = visit.worker(seen.runtime, seen.signed).working_for(seen.context.access.working)
    offers = known.offered(seen.reading, seen.runtime, who)
    return Work(offers, _label(seen, offers), _command(offers)) if offers else None


def _label(seen: Visit, offers: tuple[Offer, ...]) -> str:
    """Return the company and the branch, or that all are read together."""
    access = seen.context.access
    chosen = [text for offer in offers for id, text in offer.records if id == offer.chosen]
    if access.together or not access.working:
        return _all_of(offers[0].entity)
    if chosen:
        return " · ".join(chosen)
    first = offers[0].entity.label
    return f"Escolha {'a' if first.gender == 'f' else 'o'} {first.one.lower()}"


def together(seen: Visit) -> str:
    """Return what is chosen to read all companies together."""
    return _all_of(seen.runtime.whole.entities[targets(seen.runtime)[0]].entity)


def _all_of(entity: Entity) -> str:
    return f"{'Todas as' if entity.label.gender == 'f' else 'Todos os'} {entity.label.many.lower()}"


def _command(offers: tuple[Offer, ...]) -> str:
    """Return the name of the command: `Trocar empresa ou filial`."""
    return f"Trocar {' ou '.join(offer.entity.label.one.lower() for offer in offers)}"

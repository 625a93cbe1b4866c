"""This file makes the tree of modules, groups and routines from the menus, once per Runtime."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from renderer.documents import list_label, lists
from renderer.once import per_runtime

PROCESS_ICON = "workflow"
ON_PHONE = 3  # modules in the bar of a phone, between the way home and the way to all others


@dataclass(frozen=True, slots=True)
class Routine:
    """One entry of a menu: a list of records, or a process; the name of the other is empty."""

    list: str
    label: str
    icon: str
    address: str
    process: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Routines under one heading; the heading may be empty."""

    label: str
    routines: tuple[Routine, ...]


@dataclass(frozen=True, slots=True)
class Module:
    """One place of the rail."""

    name: str
    label: str
    icon: str
    address: str
    groups: tuple[Group, ...]

    @property
    def routines(self) -> tuple[Routine, ...]:
        """Every routine of the module, in order."""
        return tuple(routine for group in self.groups for routine in group.routines)


@per_runtime
def modules(runtime: Any) -> tuple[Module, ...]:
    """Return the modules in the order of the rail; menus written `into` another add to its groups."""
    menus = runtime.configuration.menus
    hosts = sorted(
        (menu for menu in menus.values() if not menu.into), key=lambda menu: (menu.order, menu.name)
    )
    guests = sorted((menu for menu in menus.values() if menu.into), key=lambda menu: (menu.order, menu.name))
    made = (_module(runtime, host, [guest for guest in guests if guest.into == host.name]) for host in hosts)
    return tuple(module for module in made if module.routines)


@per_runtime
def at_hand(runtime: Any, current: str) -> frozenset[str]:
    """Return the modules in the bar of a phone: where most can be done, and the one that is open."""
    known = modules(runtime)
    if len(known) <= ON_PHONE + 1:  # the last would otherwise be the way to the others
        return frozenset(module.name for module in known)
    most = sorted(known, key=lambda module: -_doable(runtime, module))[:ON_PHONE]
    names = [module.name for module in most]
    is_other = current in {module.name for module in known} and current not in names
    return frozenset([*names[:-1], current] if is_other else names)


def _doable(runtime: Any, module: Module) -> int:
    """Return in how many routines of a module one can do something: processes, lists that take records."""
    entities, known = runtime.configuration.entities, lists(runtime)
    taken = (each.process or entities[known[each.list].entity].allows("add") for each in module.routines)
    return sum(map(bool, taken))


@per_runtime
def place_of(runtime: Any, list_name: str) -> tuple[str, str, str]:
    """Return (module name, module label, group label) of a list; empty texts when no menu has it."""
    return _place(runtime, lambda routine: routine.list == list_name)


@per_runtime
def place_of_process(runtime: Any, process: str) -> tuple[str, str, str]:
    """Return the same of a process."""
    return _place(runtime, lambda routine: routine.process == process)


def _place(runtime: Any, is_it: Callable[[Routine], bool]) -> tuple[str, str, str]:
    for module in modules(runtime):
        for group in module.groups:
            if any(is_it(routine) for routine in group.routines):
                return module.name, module.label, group.label
    return "", "", ""


def _module(runtime: Any, host: Any, guests: list[Any]) -> Module:
    groups: dict[str, list[str]] = {}
    for menu in (host, *guests):
        for label, names in menu.items.items():
            groups.setdefault(label, []).extend(names)
    return Module(
        name=host.name,
        label=host.label or host.name.replace("_", " ").capitalize(),
        icon=host.icon,
        address=f"/modulos/{host.name}",
        groups=tuple(Group(label, _routines(runtime, names)) for label, names in groups.items()),
    )


def _routines(runtime: Any, names: list[str]) -> tuple[Routine, ...]:
    return tuple(_routine(runtime, name) for name in dict.fromkeys(names) if _leads(runtime, name))


def _leads(runtime: Any, name: str) -> bool:
    return name in lists(runtime) or name in runtime.configuration.processes


def _routine(runtime: Any, name: str) -> Routine:
    known = lists(runtime)
    if name not in known:
        label = runtime.configuration.processes[name].label
        return Routine("", label, PROCESS_ICON, f"/processos/{name}", name)
    icon = runtime.configuration.entities[known[name].entity].icon
    return Routine(name, list_label(runtime, name), icon, f"/registros/{name}")

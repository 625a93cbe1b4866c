"""This file reads the form of a role and lays it out: every line a control, named after its place.

`v|entities|plano` is what stands at a place, `r|…` and `u|…` the condition and the exception beside it;
`n|fields|2` names something that has no line yet, and `v|fields|+2` says what is to stand there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from kernel.access.effective import roles_of
from kernel.access.rights import RIGHTS
from kernel.fold import fold
from metadata.check.roles import menu_paths
from metadata.grants import DENY, Lines, Place
from metadata.package import Configuration
from metadata.problems import Problem
from metadata.role import LEVELS
from metadata.site_roles import faults
from renderer.access_words import LEVEL_WORDS, PRIVACY_KINDS, PRIVACY_WORDS, SAID, right, value
from renderer.posted import Texts, last

BLANK_ROWS = 3
MARK = "|"
ASIDE = {"r": "rows", "u": "unless"}


@dataclass(frozen=True, slots=True)
class Control:
    """One line of the form.

    packaged: what the package says there, where the site says something else.  options: of a choice;
    empty for a box to tick or a text.
    """

    name: str
    label: str
    value: str
    aside: str = ""
    packaged: str | None = None
    options: tuple[tuple[str, str], ...] = ()
    about: str = ""
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Lines under one heading; `kind` says how they are drawn."""

    title: str
    kind: str
    place: str
    controls: tuple[Control, ...]
    blanks: tuple[str, ...] = ()
    is_open: bool = False
    whole: Control | None = None


LEVEL_OPTIONS = tuple(LEVEL_WORDS.items())
DENIED_OPTIONS = tuple(
    (name, "nem ver" if name == "read" else f"de “{LEVEL_WORDS[name]}” em diante")
    for name in LEVELS
    if name != "none"
)
PRIVACY_OPTIONS = tuple(PRIVACY_WORDS.items())


def read(texts: Texts) -> Lines:
    """Return the lines that a form says."""
    lines: Lines = {}
    for name, given in texts.items():
        kind, _, rest = name.partition(MARK)
        said = given[-1].strip()
        if kind != "v" or not rest or not said:
            continue
        place = tuple(rest.split(MARK))
        if place[-1].startswith("+"):
            named = last(texts, MARK.join(("n", *place[:-1], place[-1][1:])))
            if not named:
                continue
            place = (*place[:-1], named)
        lines[place] = _with_aside(texts, rest, said)
    return lines


def _with_aside(texts: Texts, rest: str, said: str) -> Any:
    more = {key: text for mark, key in ASIDE.items() if (text := last(texts, f"{mark}{MARK}{rest}"))}
    return {"level": said, **more} if more else said


class Layout:
    """Lays a role out; lives only while it runs."""

    def __init__(self, configuration: Configuration, name: str, lines: Lines, packaged: Lines) -> None:
        self.configuration = configuration
        self.name = name
        self.lines = lines
        self.packaged = packaged
        changed = {place: said for place, said in lines.items() if packaged.get(place) != said}
        self.faults = faults(configuration, name, changed)

    @property
    def problems(self) -> list[Problem]:
        """Everything that is wrong."""
        return [problem for found in self.faults.values() for problem in found]

    def parts(self) -> list[Part]:
        """Return all parts of the form, in order."""
        return [
            self._said(),
            self._rights((), "Direitos"),
            *self._packages(),
            self._table(("fields",), "Exceções por campo", LEVEL_OPTIONS, "fields"),
            self._privacy(),
            self._menus((), "Menus"),
            self._rights((DENY,), "Direitos negados, o que quer que outros papéis deem"),
            self._table((DENY, "entities"), "Cadastros negados", DENIED_OPTIONS, "entities"),
            self._table((DENY, "fields"), "Campos negados", DENIED_OPTIONS, "fields"),
            self._menus((DENY,), "Menus negados"),
        ]

    def control(
        self, place: Place, label: str, options: Iterable[tuple[str, str]] = (), about: str = ""
    ) -> Control:
        """Return the control of a place."""
        said, packaged = self.lines.get(place), self.packaged.get(place)
        return Control(
            MARK.join(place),
            label,
            said["level"] if isinstance(said, Mapping) else said or "",
            str(said.get("rows") or said.get("unless") or "") if isinstance(said, Mapping) else "",
            value(self.configuration, place, packaged) if self.packaged and said != packaged else None,
            tuple(options),
            about,
            self.faults.get(place, ()),
        )

    def _said(self) -> Part:
        controls = tuple(self.control((key,), SAID[key]) for key in ("label", "about"))
        return Part("O papel", "texts", "", controls, is_open=True)

    def _rights(self, above: Place, title: str) -> Part:
        place = (*above, "rights")
        controls = tuple(
            self.control(
                (*place, name), self.configuration.right(name), about=right(self.configuration, name)
            )
            for name in self._known_rights(place)
        )
        has_any = any(at[: len(place)] == place for at in self.lines)
        return Part(title, "checks", MARK.join(place), controls, self._blanks(), has_any or not above)

    def _known_rights(self, place: Place) -> list[str]:
        roles = roles_of(self.configuration).values()
        known = {name for role in roles for name in (*role.rights, *role.deny.rights)} | set(RIGHTS)
        return sorted(
            known | {at[-1] for at in self.lines if at[:-1] == place},
            key=lambda name: fold(self.configuration.right(name)),
        )

    def _packages(self) -> Iterable[Part]:
        by_package: dict[str, list[tuple[str, str]]] = {name: [] for name in self.configuration.packages}
        for name, document in self.configuration.documents.get("entities", {}).items():
            entity = self.configuration.entities[name]
            by_package[document.package].append((entity.label.many, name))
        for package, named in by_package.items():
            if not named:
                continue
            label = self.configuration.packages[package].label
            whole = self.control(("packages", package), f"Tudo em {label}", LEVEL_OPTIONS)
            controls = tuple(
                self.control(("entities", name), shown, LEVEL_OPTIONS) for shown, name in sorted(named)
            )
            is_open = bool(whole.value) or any(each.value or each.problems for each in controls)
            yield Part(f"{label}: cadastros", "entities", "entities", controls, (), is_open, whole)

    def _table(self, place: Place, title: str, options: Iterable[tuple[str, str]], kind: str) -> Part:
        found = [at for at in {**self.lines, **self.packaged} if at[:-1] == place]
        controls = tuple(self.control(at, self.label(kind, at[-1]), options) for at in found)
        blank = tuple(f"{number}" for number in range(BLANK_ROWS))
        sample = Control("", "", "", "", None, tuple(options))
        is_open = bool(found) or place == ("fields",)
        return Part(title, kind, MARK.join(place), controls, blank, is_open, sample)

    def label(self, kind: str, name: str) -> str:
        """Return what an entity or a field is called."""
        entity, _, field = name.partition(".")
        known = self.configuration.entities.get(entity)
        if known is None or kind == "entities":
            return known.label.many if known else name
        found = known.fields.get(field)
        return f"{known.label.one} › {found.label if found else field}"

    def _privacy(self) -> Part:
        controls = tuple(
            self.control(("privacy", kind), label, PRIVACY_OPTIONS) for kind, label in PRIVACY_KINDS.items()
        )
        return Part("Dados pessoais e sensíveis", "choices", "privacy", controls, (), is_open=True)

    def _menus(self, above: Place, title: str) -> Part:
        place = (*above, "menus")
        paths = [*menu_paths(self.configuration.menus)]
        paths += [at[-1] for at in self.lines if at[:-1] == place and at[-1] not in paths]
        controls = tuple(self.control((*place, path), path.replace("/", " › ")) for path in paths)
        is_open = any(each.value for each in controls)
        return Part(title, "checks", MARK.join(place), controls, (), is_open)

    @staticmethod
    def _blanks() -> tuple[str, ...]:
        return ("0",)

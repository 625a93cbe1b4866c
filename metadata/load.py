"""This file turns a folder of packages into a Configuration, collecting every problem on the way.

What is wrong within one document is found here; what is wrong between documents, in check.py.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from metadata.check import RULES, SERVED, Rule, check
from metadata.collector import without_collector
from metadata.entity import Entity, Field
from metadata.kinds import KINDS, Kind
from metadata.manifest import FREE_FILES, MANIFEST, Manifest
from metadata.package import Configuration, Document, Outdated
from metadata.problems import Place, Problem, Problems, near
from metadata.refusals import validated
from metadata.remainder import remainder
from metadata.renewal import STAGES, by_document, renewed
from metadata.source import Source, read_bytes
from metadata.system_errors import said_of
from metadata.today import Today

# Kinds with fields or other typed values.
_TYPED = ("entities", "functions", "decisions", "parameters", "actions", "processes")
# Kinds whose parts stand by themselves: one left out makes no other wrong.
_CHECKED_IN_PART = frozenset({"entities", "forms", "lists"})


def load(folder: Path) -> tuple[Configuration, list[Problem]]:
    """Read the packages below `folder` (or the package that it is) and check them together."""
    return load_files(read_folder(folder))


def load_valid(files: Mapping[str, bytes]) -> Configuration:
    """Return the configuration of files known to be good.

    Errors: Problems, when they are not.
    """
    configuration, problems = load_files(files)
    if problems:
        raise Problems(problems)
    return configuration


def load_served(files: Mapping[str, bytes], *, by_this_program: bool = False) -> Configuration:
    """Return the configuration of published files: they were checked whole before.

    by_this_program: they were checked just now, by a program like this one; only what cannot be read is told.
    Errors: Problems, when this program no longer understands what a server stands on.
    """
    configuration, problems = load_files(files, () if by_this_program else SERVED)
    if problems:
        raise Problems(problems)
    return configuration


def root_of(folder: Path) -> Path:
    """Return the folder in which the packages stand: `folder`, or its parent when it is a package."""
    whole = folder.resolve()
    return whole.parent if (whole / MANIFEST).is_file() else whole


def read_folder(folder: Path) -> dict[str, bytes]:
    """Return path → content of every file of the packages; paths start with the package's folder.

    Errors: Problems with A128 to A130 or M114 when there is nothing to read, or a file is kept from us.
    """
    if not folder.is_dir():
        code = "A129" if folder.exists() else "A128"
        raise Problems([Problem(code, {"folder": folder})])
    root, whole = root_of(folder), folder.resolve()
    found = sorted(path for path in whole.rglob("*") if path.is_file())
    paths = {path.relative_to(root).as_posix(): path for path in found}
    paths = {name: path for name, path in paths.items() if "/" in name and not _hidden(name)}
    if not paths:
        raise Problems([Problem("M114", {}, Place(str(folder)))])
    return {name: _content(path) for name, path in paths.items()}


def without_demonstrations(files: Mapping[str, bytes], there: Collection[str]) -> dict[str, bytes]:
    """Return the files without packages for demonstrations, unless they are `there` already."""
    left_out = {
        path.partition("/")[0]
        for path, content in files.items()
        if path.endswith(f"/{MANIFEST}") and _is_demonstration(path, content)
    }
    return {
        path: content
        for path, content in files.items()
        if (package := path.partition("/")[0]) not in left_out or package in there
    }


def _is_demonstration(path: str, content: bytes) -> bool:
    source = read_bytes(content, path)
    manifest = validated(Manifest, source) if isinstance(source, Source) else None
    return isinstance(manifest, Manifest) and manifest.demo


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise Problems([Problem("A130", {"reason": said_of(error)}, Place(str(path)))]) from error


def _hidden(name: str) -> bool:
    """Tell files of editors and tools: a hidden folder or file, a back-up, compiled Python."""
    return any(part.startswith((".", "__")) for part in name.split("/")) or name.endswith("~")


def load_files(
    files: Mapping[str, bytes], rules: tuple[Rule, ...] = RULES
) -> tuple[Configuration, list[Problem]]:
    """Read and check packages given as path → content."""
    loader = _Loader(files)
    with without_collector():
        configuration = loader.renewed(loader.run())
        problems = loader.problems
        problems.extend(check(configuration, loader.broken, loader.partial, rules))
    return configuration, sorted(problems, key=Problem.sort_key)


class _Loader:
    """Gathers manifests, documents and problems of one set of files."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self.files = files
        self.problems: list[Problem] = []
        self.documents: dict[str, dict[str, Document]] = {folder: {} for folder in KINDS}
        self.broken: set[tuple[str, str]] = set()
        """(folder, name) of documents that exist but could not be read: links to them are no mistake."""
        self.partial: list[Document] = []
        """What such documents still say, where that can be told from what they lack."""

    def run(self) -> Configuration:
        manifests = self.manifests()
        for path in self.files:
            self.file(path)
        self.resolve()
        order = _sorted_packages(manifests)
        ordered = {name: manifests[name] for name in order}
        return Configuration(ordered, self.documents, self.files)

    def renewed(self, configuration: Configuration) -> Configuration:
        """Return the configuration with today's names where documents say former ones."""
        for stage in () if self.today(configuration).is_all else STAGES:
            outdated = stage(configuration, tuple(self.partial), self.today(configuration))
            for document, found in by_document(outdated):
                self.renew(document, found)
            self.resolve()
            every = (*configuration.outdated, *outdated)
            configuration = replace(configuration, documents=self.documents, outdated=every)
        return configuration

    def today(self, configuration: Configuration) -> Today:
        """Return the names of today, also of entities that were refused in part."""
        refused = {each.name: each.model for each in self.partial if each.folder == "entities"}
        return Today({**cast("dict[str, Entity]", refused), **configuration.entities})

    def renew(self, document: Document, outdated: list[Outdated]) -> None:
        """Put a document with today's names in the place of one with former names."""
        source = renewed(document.source, outdated)
        if isinstance(source, list):
            self.problems.extend(source)
        elif document.name in self.documents[document.folder]:
            if model := self.validated(type(document.model), source):
                self.documents[document.folder][document.name] = replace(document, model=model, source=source)
        elif model := remainder(type(document.model), source):
            kept = [other for other in self.partial if other is not document]
            self.partial = [*kept, replace(document, model=model, source=source)]

    def report(self, code: str, place: Place, **facts: Any) -> None:
        self.problems.append(Problem(code, facts, place))

    def manifests(self) -> dict[str, Manifest]:
        found: dict[str, Manifest] = {}
        for package in dict.fromkeys(path.split("/", 1)[0] for path in self.files):
            path = f"{package}/{MANIFEST}"
            if path not in self.files:
                self.report("M114", Place(package))
                continue
            source = self.source(path)
            manifest = self.validated(Manifest, source) if source else None
            if manifest and source:
                if manifest.package != package:
                    self.report(
                        "M107",
                        source.place(("package",)),
                        name=manifest.package,
                        wanted=package,
                    )
                found[package] = manifest
        return found

    def file(self, path: str) -> None:
        parts = path.split("/")
        folder, name = parts[1 if len(parts) > 1 else 0], parts[-1]
        if len(parts) == 2 and (name == MANIFEST or name in FREE_FILES):
            return
        if len(parts) > 2 and folder not in KINDS:
            self.report("M106", Place(path), folder=folder, near=near(folder, KINDS))
        elif len(parts) == 3 and name.endswith(".yaml"):
            self.document(path, parts[0], KINDS[folder], name.removesuffix(".yaml"))
        elif len(parts) != 3 or folder != "data" or not name.endswith(".csv"):
            self.report("M117", Place(path))

    def document(self, path: str, package: str, kind: Kind, stem: str) -> None:
        self.broken.add((kind.folder, stem))
        source = self.source(path)
        if source is None:
            return
        name = source.plain.get(kind.key)
        if not isinstance(name, str) or name != stem:
            self.report(
                "M107",
                source.place((kind.key,)),
                name=name or "",
                wanted=stem,
                key=kind.key,
            )
            return
        model = self.validated(kind.model, source)
        if model is None:
            self.keep_remainder(package, kind, source)
            return
        earlier = self.documents[kind.folder].get(name)
        if earlier:
            self.report(
                "M201",
                source.place((kind.key,)),
                name=name,
                other=earlier.source.file,
            )
            return
        self.broken.discard((kind.folder, stem))
        self.documents[kind.folder][name] = Document(package, kind.folder, model, source)

    def source(self, path: str) -> Source | None:
        source = read_bytes(self.files[path], path)
        if isinstance(source, list):
            self.problems.extend(source)
            return None
        self.problems.extend(source.remarks)
        return source

    def validated(self, model: type[Any], source: Source) -> Any | None:
        found = validated(model, source)
        if isinstance(found, list):
            self.problems.extend(found)
            return None
        return found

    def keep_remainder(self, package: str, kind: Kind, source: Source) -> None:
        """Keep what a refused document still says, for the rules alone: all problems are told at once."""
        if kind.folder in _CHECKED_IN_PART and (model := remainder(kind.model, source)):
            self.partial.append(Document(package, kind.folder, model, source))

    def resolve(self) -> None:
        """Give every field its name and the options of the choices document that it names."""
        shared = self.documents["choices"]
        documents = [document for folder in _TYPED for document in self.documents[folder].values()]
        for document in (*documents, *self.partial):
            for name, field in _fields(document.model).items():
                by_name = field.type == "choice" and isinstance(field.of, str)
                found = shared.get(str(field.of)) if by_name else None
                field.resolve(name, found.model.options if found else None)  # type: ignore[union-attr]


def _fields(model: Any) -> Mapping[str, Field]:
    return model.fields if isinstance(model, Entity) else getattr(model, "values", {})


def _sorted_packages(manifests: Mapping[str, Manifest]) -> list[str]:
    """Order packages so that each comes after those it stands on; cycles keep any order (check tells)."""
    done: dict[str, None] = {}
    visiting: set[str] = set()

    def visit(name: str) -> None:
        if name in done or name in visiting or name not in manifests:
            return
        visiting.add(name)
        for needed in manifests[name].requires:
            visit(needed)
        done[name] = None

    for name in sorted(manifests):
        visit(name)
    return list(done)

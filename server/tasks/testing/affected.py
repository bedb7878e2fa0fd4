"""Which tests a change affects, by the import graph of the project's Python files. Pure.

Who cannot be sure says so and affects all tests. What a static look cannot see (a module named by
a computed string) is told in ``unsure``. All paths are relative to the workspace.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import NamedTuple

from .imports import Imports
from .results import Selection

_INIT = "/__init__.py"
_NOTHING = Imports()


class Affected(NamedTuple):
    """``tests``: the affected test files, in their given order. ``why``: why they are all of them;
    empty when they were chosen. ``unsure``: files that import by computed names and are not among
    what the change reaches, though it may reach them."""

    tests: tuple[str, ...]
    why: str = ""
    unsure: tuple[str, ...] = ()

    @property
    def selection(self) -> Selection | None:
        """What is to be run; None when it is nothing."""
        if self.why:
            return Selection()
        return Selection(files=self.tests) if self.tests else None


class Graph:
    """Who imports whom. ``imports`` has every Python file of the project.

    ``changed`` may name files that are there no more: they are still imported. ``folders`` maps a
    package to its folder where that has another name (setuptools' ``package-dir``). ``previous``
    is the graph before, of which is taken what still holds.
    """

    def __init__(
        self,
        imports: Mapping[str, Imports],
        changed: Iterable[str] = (),
        folders: Mapping[str, str] | None = None,
        previous: Graph | None = None,
    ) -> None:
        self.imports = imports
        self.index = Index(frozenset((*imports, *changed)), tuple((folders or {}).items()))
        old = previous if previous is not None and previous.index.equals(self.index) else None
        if old is not None:
            self.index = old.index
        self.targets: dict[str, frozenset[str]] = {}
        self._importers: dict[str, list[str]] = {}
        for path in self.index.files:
            one = imports.get(path, _NOTHING)
            if old is not None and old.imports.get(path, _NOTHING) is one:
                targets = old.targets[path]
            else:
                targets = frozenset(self.index.imported(path, one)) - {path}
            self.targets[path] = targets
            for target in targets:
                self._importers.setdefault(target, []).append(path)

    def computed(self) -> set[str]:
        """The files that import what only their run can tell."""
        return {path for path, one in self.imports.items() if one.computed or not one.known}

    def is_imported(self, path: str) -> bool:
        return path in self._importers

    def reached(self, changed: Iterable[str]) -> set[str]:
        """The changed files, and all that import them, directly or not."""
        reached = set(changed)
        waiting = list(reached)
        while waiting:
            for path in self._importers.get(waiting.pop(), ()):
                if path not in reached:
                    reached.add(path)
                    waiting.append(path)
        return reached


def affected(changed: Collection[str], graph: Graph, tests: Collection[str]) -> Affected:
    """The ``tests`` (files) that a change of files may affect."""
    for path in changed:
        if not path.endswith(".py"):
            return Affected(tuple(tests), f"{path} is no Python source: what it affects is unknown")
        if not graph.imports.get(path, _NOTHING).known:
            return Affected(tuple(tests), f"{path} cannot be read as Python")
        if not (graph.is_imported(path) or path in tests):
            return Affected(tuple(tests), f"nothing imports {path}: what it affects is unknown")
    reached = graph.reached(changed)
    chosen = tuple(test for test in tests if test in reached)
    unsure = () if len(chosen) == len(tests) else tuple(sorted(graph.computed() - reached))
    return Affected(chosen, "", unsure)


class Index:
    """Which files the names in a file's imports mean; made when it is first asked.

    Where ``sys.path`` begins is not known: every folder may be on it that is no package itself, as
    the root, ``src``, or one of tests. Folders without ``__init__.py`` may be namespaces, too.
    """

    def __init__(self, files: frozenset[str], folders: tuple[tuple[str, str], ...]) -> None:
        self.files = files
        self._folders = folders
        self._modules: dict[str, list[str]] = {}
        self._resolved: dict[tuple[str, int], tuple[str, ...]] = {}

    def equals(self, other: Index) -> bool:
        return (self.files, self._folders) == (other.files, other._folders)

    def imported(self, path: str, imports: Imports) -> Iterator[str]:
        """The files that are run before ``path`` is, by what it says and by where it is."""
        folder = path.rpartition("/")[0]
        for name in imports.names:
            if name.startswith("."):
                yield from self._relative(folder, name)
            else:
                yield from self._absolute(name, 1)
        for name in imports.mentions:
            yield from self._absolute(name, 2 if "." in name else 1)
        parts = folder.split("/") if folder else []
        for length in range(len(parts) + 1):
            above = "".join(f"{part}/" for part in parts[:length])
            for file in (f"{above}conftest.py", f"{above}__init__.py"):
                if file in self.files:
                    yield file

    def _absolute(self, name: str, least: int) -> tuple[str, ...]:
        """The files of a dotted name and of the packages that it is in; none when fewer than
        ``least`` of its parts are a module."""
        known = self._resolved.get((name, least))
        if known is None:
            known = self._resolved[name, least] = tuple(self._look(name, least))
        return known

    def _look(self, name: str, least: int) -> list[str]:
        self._modules = self._modules or _modules(self.files, self._folders)
        found: list[str] = []
        depth = 0
        end = len(name)
        while end > 0:
            part = name[:end]
            if (files := self._modules.get(part)) is not None:
                depth = depth or part.count(".") + 1
                found += files
            end = part.rfind(".")
        return found if depth >= least else []

    def _relative(self, folder: str, name: str) -> Iterator[str]:
        rest = name.lstrip(".")
        parts = folder.split("/") if folder else []
        up = len(name) - len(rest) - 1
        if up > len(parts):
            return
        base = parts[: len(parts) - up]
        wanted = rest.split(".") if rest else []
        for length in range(len(wanted) + 1):
            path = "/".join((*base, *wanted[:length]))
            for file in (f"{path}.py", f"{path}{_INIT}" if path else "__init__.py"):
                if file in self.files:
                    yield file


def _modules(files: frozenset[str], folders: tuple[tuple[str, str], ...]) -> dict[str, list[str]]:
    """The files that each dotted name may mean."""
    found: dict[str, list[str]] = {}
    aliases = [(f"{folder}/", package) for package, folder in folders if package and folder]
    for path in files:
        stem = path.removesuffix(".py").removesuffix("/__init__")
        parts = stem.split("/")
        for start in range(len(parts)):
            if start and f"{'/'.join(parts[:start])}{_INIT}" in files:
                break  # inside of a package
            found.setdefault(".".join(parts[start:]), []).append(path)
        for folder, package in aliases:
            if f"{stem}/".startswith(folder):
                rest = stem[len(folder) :].replace("/", ".")
                found.setdefault(f"{package}.{rest}".rstrip("."), []).append(path)
    return found

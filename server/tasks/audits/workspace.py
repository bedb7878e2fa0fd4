"""The manifests and lock files of a workspace, read from its disk as data; nothing of it runs."""

from __future__ import annotations

import fnmatch
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ...discover import A_LINK, IRREGULAR, Folder, LeftOut, excluding, walk
from ...disk import read_regular, why
from . import npm_manifests, python_locks, python_manifests
from .dependencies import TOP, Declared, Dependency, Note

_LARGEST = 32 << 20
_SUFFIXES = (".txt", ".toml", ".lock", ".json")
_REQUIREMENTS = ("*requirements*.txt", "*requirements*.lock", "requirements/*.txt")
MANIFESTS = (
    *_REQUIREMENTS,
    "pyproject.toml",
    "pylock.*.toml",
    *python_locks.NAMES,
    "package.json",
    *npm_manifests.LOCKS,
)
"""How the paths end of what is read, but for what a requirements file includes."""
_OTHER_LOCKS = ("yarn.lock", "pnpm-lock.yaml", "bun.lock")
_NO_FILE = "it is no regular file of the workspace, so it was not read"
_UNPINNED = "it is not pinned to one version, and no lock file says which one is in use"


class Python(NamedTuple):
    """``paths``: the manifests and lock files that were read."""

    paths: tuple[str, ...]
    dependencies: tuple[Dependency, ...]
    notes: tuple[Note, ...]


class Npm(NamedTuple):
    """A lock file of npm's, and the ``package.json`` files that it is for, by their folders as the
    lock file names them: the root's is empty."""

    folder: str
    lock_name: str
    lock: str
    manifests: Mapping[str, str]

    def path(self, importer: str) -> str:
        return os.path.join(self.folder, importer, "package.json")


class Found(NamedTuple):
    """``unlocked``: the ``package.json`` files for which there is nothing to ask npm. ``unread``:
    for people, what cannot be read, in which there may be any manifest."""

    python: Python
    npm: tuple[Npm, ...]
    unlocked: tuple[Note, ...]
    unread: tuple[str, ...]


def read(root: Path, exclude: Sequence[str], without: frozenset[str] = frozenset()) -> Found:
    """Of the files that a scan would find, too, and of links to files of the workspace, by the
    names of the links. For a thread."""
    told: list[LeftOut] = []
    found = list(walk(root, root, excluding(exclude), _SUFFIXES, without, told.append))
    odd = [each.path for each in found if isinstance(each, Folder)]
    odd += [each.path for each in told if each.why in (A_LINK, IRREGULAR)]
    odd = [path for path in odd if _is_manifest(os.path.relpath(path, root))]
    linked = [path for path in odd if is_file(path, root)]
    paths = [*(each.path for each in found if not isinstance(each, Folder)), *linked]
    npm, unlocked = _npm(root, paths)
    unread = [f"{os.path.relpath(each.path, root)} {each.why}" for each in told if each.unreadable]
    no_files = [Note(path, TOP, _NO_FILE) for path in odd if path not in linked]
    return Found(_python(root, paths, no_files), npm, unlocked, tuple(unread))


def is_file(path: str, root: Path) -> bool:
    """Whether a file lies there, in the workspace, whatever links lead to it."""
    real = os.path.realpath(path)
    return real.startswith(f"{os.path.realpath(root)}/") and os.path.isfile(real)


def text(path: str) -> str:
    """Raises OSError and ValueError."""
    return read_regular(path, _LARGEST).decode("utf-8-sig")


def declared(path: str, content: str) -> list[Declared]:
    """What a manifest that ``read`` reads declares, in order. Raises ValueError."""
    match os.path.basename(path):
        case "package.json":
            return npm_manifests.package(content)
        case "pyproject.toml":
            return python_manifests.pyproject(content)
        case name if name.endswith((".txt", ".lock", ".in")):
            return python_manifests.requirements(content)
    return []


# ── Python ──────────────────────────────────────────────────────────────────────────────────────


def _python(root: Path, paths: Sequence[str], no_files: Iterable[Note]) -> Python:
    reading = _Reading()
    reading.notes += no_files
    for path in _requirement_files(root, paths, reading):
        if (content := reading.text(path)) is not None:
            reading.pinned(path, python_manifests.requirements(content))
    by_lock: dict[str, list[tuple[str, Sequence[Declared]]]] = {}
    for path in paths:
        name = os.path.basename(path)
        if name == "pyproject.toml" and (content := reading.text(path)) is not None:
            try:
                listed = python_manifests.pyproject(content)
            except ValueError as error:
                reading.note(path, f"it is no TOML: {error}")
                continue
            lock = _lock_for(path, root)
            if lock:
                by_lock.setdefault(lock, []).append((path, listed))
            else:
                reading.pinned(path, listed)
        elif name in python_locks.NAMES or fnmatch.fnmatch(name, "pylock.*.toml"):
            by_lock.setdefault(path, [])
    for lock, manifests in by_lock.items():
        reading.locked(lock, manifests)
    return Python(
        tuple(dict.fromkeys(reading.paths)), tuple(reading.dependencies), tuple(reading.notes)
    )


def _requirement_files(root: Path, paths: Iterable[str], reading: _Reading) -> Iterator[str]:
    """Those that are called so, and what they include in the workspace."""
    ahead = [path for path in paths if _is_requirements(os.path.relpath(path, root))]
    for path in ahead:
        yield path
        if (content := reading.text(path)) is None:
            continue
        for name, at, constrains in python_manifests.included(content):
            other = os.path.normpath(os.path.join(os.path.dirname(path), name))
            if not is_file(other, root):
                reading.notes.append(Note(path, at, f"{name}: {_NO_FILE}"))
            elif not constrains and other not in ahead:
                ahead.append(other)


def _is_manifest(relative: str) -> bool:
    name = os.path.basename(relative)
    named = ("pyproject.toml", "package.json", *python_locks.NAMES)
    return name in named or fnmatch.fnmatch(name, "pylock.*.toml") or _is_requirements(relative)


def _is_requirements(relative: str) -> bool:
    name = os.path.basename(relative)
    in_folder = f"{os.path.basename(os.path.dirname(relative))}/{name}"
    return any(fnmatch.fnmatch(each, p) for p in _REQUIREMENTS for each in (name, in_folder))


def _lock_for(manifest: str, root: Path) -> str:
    """The lock file beside it, or the next above; empty where there is none."""
    folder = Path(manifest).parent
    while True:
        for name in python_locks.NAMES:
            if is_file(path := str(folder / name), root):
                return path
        if folder in (root, folder.parent):
            return ""
        folder = folder.parent


class _Reading:
    """What was read so far. A file that cannot be read is noted once."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.dependencies: list[Dependency] = []
        self.notes: list[Note] = []
        self._texts: dict[str, str | None] = {}
        self._pins: dict[str, set[str]] = {}
        """The names that are pinned, by folder."""

    def text(self, path: str) -> str | None:
        if path not in self._texts:
            self.paths.append(path)
            try:
                self._texts[path] = text(path)
            except (OSError, ValueError) as error:
                self._texts[path] = None
                self.note(path, f"it cannot be read: {why(error)}")
        return self._texts[path]

    def note(self, path: str, why_not: str) -> None:
        self.notes.append(Note(path, TOP, why_not))

    def pinned(self, path: str, declared: Iterable[Declared]) -> None:
        """Take what is declared with one version; the others cannot be audited, but for what a
        requirements file beside them pins, where it is."""
        beside = self._pins.setdefault(os.path.dirname(path), set())
        for each in declared:
            if each.version:
                self.dependencies.append(
                    Dependency(each.name, each.version, path, each.at, declared=each)
                )
                beside.add(each.name)
            elif each.why or each.name not in beside:
                told = f"{each.name}: {each.why or _UNPINNED}"
                self.notes.append(Note(path, each.at, told))

    def locked(self, lock: str, manifests: Sequence[tuple[str, Sequence[Declared]]]) -> None:
        if (content := self.text(lock)) is None:
            return
        try:
            locked = python_locks.lock(content)
        except ValueError as error:
            self.note(lock, f"it is no lock file: {error}")
            return
        self.dependencies += python_locks.resolved(manifests, lock, locked)
        names = {each.name for each in locked}
        local = {each.name for each in locked if not each.version}
        for path, declared in manifests:
            self.pinned(path, [each for each in declared if each.name not in names])
            for each in declared:
                if each.name in local:
                    told = f"{each.name}: it comes from no index"
                    self.notes.append(Note(path, each.at, told))


# ── npm ─────────────────────────────────────────────────────────────────────────────────────────


def _npm(root: Path, paths: Sequence[str]) -> tuple[tuple[Npm, ...], tuple[Note, ...]]:
    manifests = [path for path in paths if os.path.basename(path) == "package.json"]
    found: list[Npm] = []
    notes: list[Note] = []
    covered: set[str] = set()
    for path in manifests:
        folder = os.path.dirname(path)
        lock_name = next(
            (each for each in npm_manifests.LOCKS if is_file(os.path.join(folder, each), root)), ""
        )
        if lock_name:
            try:
                one = _locked(root, folder, lock_name)
            except (OSError, ValueError) as error:
                notes.append(Note(path, TOP, f"{lock_name} cannot be read: {why(error)}"))
                covered.add(path)
                continue
            found.append(one)
            covered |= {os.path.normpath(one.path(importer)) for importer in one.manifests}
    left = [path for path in manifests if path not in covered]
    notes += [Note(path, TOP, reason) for path in left if (reason := _unlocked(path))]
    return tuple(found), tuple(notes)


def _locked(root: Path, folder: str, lock_name: str) -> Npm:
    """Raises OSError and ValueError."""
    lock = text(os.path.join(folder, lock_name))
    tree = npm_manifests.nodes(npm_manifests.loads(lock))
    manifests = {"": text(os.path.join(folder, "package.json"))}
    for importer in filter(_is_below, npm_manifests.importers(tree)):
        path = os.path.join(folder, importer, "package.json")
        if is_file(path, root):
            manifests[importer] = text(path)
    for content in manifests.values():
        npm_manifests.loads(content)
    return Npm(folder, lock_name, lock, manifests)


def _is_below(importer: str) -> bool:
    """Whether it leads below any folder that it is put behind: a lock file is anyone's text, and
    npm is given its files under these names."""
    first = importer.partition("/")[0]
    return importer == os.path.normpath(importer) and first not in ("", ".", "..")


def _unlocked(path: str) -> str:
    """Why a ``package.json`` without a lock file cannot be audited; empty if it needs nothing."""
    try:
        if not npm_manifests.package(text(path)):
            return ""
    except (OSError, ValueError) as error:
        return f"it cannot be read: {why(error)}"
    folder = os.path.dirname(path)
    for name in _OTHER_LOCKS:
        if os.path.isfile(os.path.join(folder, name)):
            return f"npm audit does not read {name}"
    return "there is no package-lock.json; `npm install --package-lock-only` makes one"

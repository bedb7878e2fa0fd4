"""Installing tools for the user, on their word, into environments of our own.

Nothing of a workspace decides what is installed, or from where: what is fetched is pinned and
hashed by a lock file of ours, from the index that the user's own configuration of pip names.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import re
import shutil
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from ...analyzers import managed
from ...analyzers.installations import is_program
from ...analyzers.table import BUILT_IN, OPTIONAL
from ...disk import why
from ...findings.describe import title
from ...runner.calls import Command, Job, Outcome, Status
from ...runner.execute import Runner
from ...state import locked, private_folder
from ...tasks.audits.pip_audit import NAME as PIP_AUDIT
from ...trust import inside

Execute = Callable[[Job], Awaitable[Outcome]]
Progress = Callable[[str, float], object]

_Step = tuple[str, tuple[str, ...]]
"""What is said of it, and what is run."""

_SECONDS = 1_200.0
_TAIL_LINES = 6
_MOST_TAIL = 8_000
_LOCK_SECONDS = 0.5
_FETCHING = b"Collecting "
_CONFIGURING = ("CONDA_", "PIP_", "PYTHON", "UV_", "VIRTUAL_ENV", "XDG_CONFIG_")
_PLACES = frozenset(
    (
        "PIP_CERT", "PIP_CLIENT_CERT", "PIP_CONFIG_FILE", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS",
        "PIP_INDEX_URL", "UV_CONFIG_FILE", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL",
        "UV_FIND_LINKS", "UV_INDEX", "UV_INDEX_URL", "XDG_CONFIG_DIRS", "XDG_CONFIG_HOME",
    )
)  # fmt: skip
"""What says where pip and uv fetch from; what else they can be told would change what they do."""


PROJECTS_OWN = {each.name: each.advice for each in BUILT_IN if each.advice}
"""What each project has of its own, and the command that installs it there."""


class NotInstalled(Exception):
    """For people: what went wrong, with the tool's own last lines, and what to do."""


class Installable(NamedTuple):
    """A tool that can be installed. ``package`` is its distribution, pinned to ``version``."""

    tool: str
    title: str
    package: str
    version: str

    @property
    def question(self) -> str:
        return (
            f"Install {self.title}? {self.package} {self.version} and what it needs is fetched from"
            " the package index that pip is configured for, checked against the hashes that"
            " Understudy has, and kept in its own folder; no project is changed."
        )


def installable() -> dict[str, Installable]:
    """By the name of the tool, in the order in which they are listed to people."""
    packages = {each.name: each.package for each in OPTIONAL if each.package}
    packages[PIP_AUDIT] = PIP_AUDIT
    return {tool: _installable(tool, package) for tool, package in packages.items()}


def _installable(tool: str, package: str) -> Installable:
    pins = managed.pinned(managed.lock_of(tool))
    return Installable(tool, title(tool), package, pins[package])


def _untold(_message: str, _fraction: float) -> None:
    """Nobody waits for it."""


async def install(
    execute: Execute,
    wanted: Installable,
    progress: Progress = _untold,
    roots: Iterable[Path] = (),
    environ: Mapping[str, str] = os.environ,
) -> Path:
    """Install a tool, and give the environment that it is in.

    ``roots``: folders that have no say. Raises NotInstalled; when it is cancelled, or fails, what
    was there before is there still. What is there already and works is left as it is.
    """
    try:
        folder = await asyncio.to_thread(managed.environment, wanted.tool)
        own = environment(tuple(roots), environ)
        return await _Installation(execute, wanted, folder, progress, own).run()
    except OSError as error:
        raise NotInstalled(f"{wanted.title} could not be installed: {why(error)}") from None


async def install_here(wanted: Installable, root: Path, progress: Progress = _untold) -> Path:
    """``install`` without an editor, in the folder ``root``. Raises NotInstalled."""
    runner = Runner()
    try:
        return await install(runner.execute, wanted, progress, [root])
    finally:
        await runner.close()


class _Installation:
    def __init__(
        self,
        execute: Execute,
        wanted: Installable,
        folder: Path,
        progress: Progress,
        environment: Mapping[str, str],
    ) -> None:
        self._execute = execute
        self._wanted = wanted
        self._folder = folder
        self._lock = managed.lock_of(wanted.tool)
        self._progress = progress
        self._environment = environment
        self._tail = b""
        self._fetched = 0

    async def run(self) -> Path:
        """Raises NotInstalled, OSError."""
        held = contextlib.ExitStack()
        place = await asyncio.to_thread(private_folder, self._folder.parent)
        await asyncio.to_thread(held.enter_context, locked(place / ".lock", _LOCK_SECONDS))
        with held:
            if await self._works():
                return self._folder
            try:
                await asyncio.to_thread(_remove, self._folder)
                for said, argv in self._steps():
                    self._progress(said, 0.0)
                    await self._run(argv)
                await asyncio.to_thread(managed.complete, self._folder)
            except BaseException:
                await asyncio.shield(asyncio.to_thread(_remove, self._folder))
                raise
        return self._folder

    async def _works(self) -> bool:
        """Whether it is installed already: then it is the same, by its hashes, as it would be."""
        if not await asyncio.to_thread(managed.is_complete, self._folder):
            return False
        said, argv = self._trial
        self._progress(said, 0.0)
        try:
            await self._run(argv)
        except NotInstalled:
            return False
        return True

    @property
    def _trial(self) -> _Step:
        return "trying it", (str(self._folder / "bin" / self._wanted.tool), "--version")

    def _steps(self) -> list[_Step]:
        """What is run, one after another. Raises NotInstalled."""
        python = str(self._folder / "bin" / "python")
        safe = ("--require-hashes", "--no-deps", "--only-binary=:all:")
        named = f"{self._wanted.package} {self._wanted.version}"
        make: tuple[str, ...] = (sys.executable, "-P", "-m", "venv", str(self._folder))
        fetch: tuple[str, ...] = (
            python, "-P", "-m", "pip", "install", *safe, "--no-user", "--no-input",
            "--progress-bar=off", "--disable-pip-version-check", "-r", str(self._lock),
        )  # fmt: skip
        if not _brings_pip():
            uv = _uv(self._environment)
            make = (uv, "venv", "--python", sys.executable, str(self._folder))
            fetch = (uv, "pip", "install", *safe, "--python", python, "-r", str(self._lock))
        return [
            ("making an environment", make),
            (f"fetching {named}", fetch),
            self._trial,
        ]

    async def _run(self, argv: tuple[str, ...]) -> None:
        """Raises NotInstalled with the last lines of what was printed."""
        self._tail = b""
        command = Command(argv, str(self._folder.parent), self._environment, output=self._heard)
        outcome = await self._execute(Job(f"install {self._wanted.tool}", command, _SECONDS))
        if outcome.status is not Status.DONE:
            lines = self._tail.decode("utf-8", "replace").splitlines()
            told = [line for line in lines if line.strip()][-_TAIL_LINES:]
            said = "\n".join([f"{self._wanted.title} was not installed: {outcome.why}.", *told])
            raise NotInstalled(said)

    def _heard(self, piece: bytes) -> None:
        self._tail = (self._tail + piece)[-_MOST_TAIL:]
        if found := piece.count(_FETCHING):
            self._fetched += found
            of = len(managed.pinned(self._lock))
            self._progress(f"fetched {self._fetched} of {of}", min(1.0, self._fetched / of))


def _remove(folder: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _brings_pip() -> bool:
    """Whether this Python puts pip into the environments that it makes; Debian's may not."""
    return importlib.util.find_spec("ensurepip") is not None


def _uv(environment: Mapping[str, str]) -> str:
    beside = os.path.join(os.path.dirname(sys.executable), "uv")
    found = beside if is_program(beside) else shutil.which("uv", path=environment["PATH"])
    if not found:
        raise NotInstalled(
            f"{sys.executable} cannot make environments: install what it lacks (on Debian and"
            " Ubuntu: sudo apt-get install python3-venv), or uv"
        )
    return found


def environment(roots: Sequence[Path], environ: Mapping[str, str]) -> dict[str, str]:
    """What pip inherits: the user's configuration of where it fetches from, unless it names what
    lies in one of ``roots``, and nothing else that configures Python or pip."""
    path = environ.get("PATH", os.defpath).split(os.pathsep)
    outside = [each for each in path if os.path.isabs(each) and not _in_one(each, roots)]
    kept = {
        name: value
        for name, value in environ.items()
        if (name in _PLACES and not _names_one(value, roots)) or not name.startswith(_CONFIGURING)
    }
    return kept | {"PATH": os.pathsep.join(outside), "PYTHONSAFEPATH": "1"}


def _names_one(value: str, roots: Sequence[Path]) -> bool:
    """Whether it names a path, or several, of which one belongs to a root, or to any folder."""
    words = (word.removeprefix("file://") for word in re.split(r"[\s,]+", value) if word)
    paths = (word for word in words if "://" not in word)
    return any(not os.path.isabs(each) or _in_one(each, roots) for each in paths)


def _in_one(path: str, roots: Sequence[Path]) -> bool:
    return any(inside(path, root) for root in roots)

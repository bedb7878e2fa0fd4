"""What the tests of the core share: waiting without sleeping for luck, and asking an analyzer."""

from __future__ import annotations

import asyncio
import contextlib
import importlib
import io
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeVar
from unittest.mock import patch

import psutil

from understudy.analyzers.base import Analyzer, Configuration
from understudy.checks.files import CachedFiles
from understudy.cli import main
from understudy.findings import codec
from understudy.model import Report
from understudy.runner.calls import Job, Outcome
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.text import canonical

T = TypeVar("T")

DEFAULTS = Settings()

# A user whose permissions count, also where the tests run as root.
_BOUND = ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--"]
AS_A_USER = _BOUND if os.geteuid() == 0 else []

PATIENCE = 20.0
"""Seconds after which something that has to happen is taken not to happen."""


def own_environment(folder: Path, **more: str) -> dict[str, str]:
    """With a home and a state folder in ``folder``, and nothing of the user's."""
    hidden = ("XDG_", "UNDERSTUDY_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(hidden)}
    own = {"HOME": str(folder), "UNDERSTUDY_STATE_DIR": str(folder / "state")}
    return kept | own | more


def understudy(
    *words: str, cwd: Path, environment: Mapping[str, str], stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    """The command as a person or a build runs it."""
    return subprocess.run(
        [sys.executable, "-P", "-m", "understudy", *words],
        cwd=cwd,
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def understudy_here(
    *words: str, cwd: Path, environment: Mapping[str, str], answers: str = ""
) -> subprocess.CompletedProcess[str]:
    """The same without a process of its own, whose start takes a second: where it is not about
    the process. In a thread of its own, as a test may have a loop in this one."""
    printed, said = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(sys, "stdin", io.StringIO(answers)),
        contextlib.chdir(cwd),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(said),
        ThreadPoolExecutor(1) as thread,
    ):
        code = thread.submit(main, words).result(60)
    printed.seek(0)
    return subprocess.CompletedProcess(words, code, printed.read(), said.getvalue())


async def until(look: Callable[[], T], seconds: float = PATIENCE) -> T:
    """What ``look`` gives, as soon as it is true."""
    async with asyncio.timeout(seconds):
        while not (seen := look()):
            await asyncio.sleep(0.005)
    return seen


def announced(folder: Path, count: int = 1) -> Callable[[], list[int]]:
    """For ``until``: the pids that ``fakes.announce`` has told, once there are so many."""

    def look() -> list[int]:
        pids = [int(path.stem) for path in folder.glob("*.pid")]
        return pids if len(pids) >= count else []

    return look


def alive(pids: Iterable[int]) -> list[int]:
    """Those that live; a zombie does not."""
    return [pid for pid in pids if _lives(pid)]


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def gone(pids: Iterable[int]) -> bool:
    """Whether all of them have ended, after some patience."""
    wanted = list(pids)
    assert wanted, "a test on no process proves nothing"
    try:
        await until(lambda: not alive(wanted))
    except TimeoutError:
        return False
    return True


def started_here() -> set[int]:
    """All living processes below this one."""
    return set(alive(child.pid for child in psutil.Process(os.getpid()).children(recursive=True)))


def start(runner: Runner, job: Job) -> asyncio.Task[Outcome]:
    return asyncio.get_running_loop().create_task(runner.execute(job))


def resident() -> int:
    """The bytes of memory that this process has."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


@asynccontextmanager
async def watching_the_loop(seconds: float = 0.005) -> AsyncIterator[Callable[[], float]]:
    """What it gives tells by how many seconds the loop was late at most; it looks that often."""
    loop = asyncio.get_running_loop()
    late = 0.0

    async def watch() -> None:
        nonlocal late
        while True:
            before = loop.time()
            await asyncio.sleep(seconds)
            late = max(late, loop.time() - before - seconds)

    watching = loop.create_task(watch())
    try:
        yield lambda: late
    finally:
        watching.cancel()


def tree(root: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write ``files`` below ``root``, and give ``root`` back."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


class Asker:
    """Has a file analysed as the engine would, from memory and from disk, in this process."""

    def __init__(self, analyzer: Analyzer, root: Path) -> None:
        module, _, name = analyzer.check.partition(":")
        self._analyzer = analyzer
        self._check = getattr(importlib.import_module(module), name)
        self._root = root
        self._files = CachedFiles()

    def configuration(self, name: str, settings: Settings = DEFAULTS) -> Configuration:
        folder = (self._root / name).parent
        return self._analyzer.configure(folder, self._root, settings, self._files)

    def both(self, name: str, settings: Settings = DEFAULTS) -> Report:
        """The report on ``name``, which has to be the same both ways."""
        content = canonical((self._root / name).read_bytes())
        memory, disk = self.one(name, content, settings), self.one(name, None, settings)
        states = [(each.state.value, each.why) for each in (memory, disk)]
        assert states[0] == states[1], "from memory, and from disk"
        assert memory == replace(disk, findings=memory.findings), (memory, disk)
        assert sorted(memory.findings, key=repr) == sorted(disk.findings, key=repr)
        return disk

    def one(self, name: str, content: bytes | None, settings: Settings = DEFAULTS) -> Report:
        """The report on a content, or on the file (None)."""
        configuration = self.configuration(name, settings)
        item = (str(self._root / name), content, configuration.hints)
        ((_, stored),) = self._check(configuration.context, (item,))
        return codec.loads(stored)

    def rules(self, name: str, settings: Settings = DEFAULTS) -> set[str]:
        report = self.both(name, settings)
        assert report.state.is_verdict, report.why
        return {finding.rule for finding in report.findings}

"""The version of a tool: asked of the tool itself, told with every result, part of its key."""

from __future__ import annotations

import asyncio
import os
import sys
import sysconfig
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from understudy.analyzers import pylint
from understudy.analyzers.installations import Installation, ask, stamp_of
from understudy.analyzers.pylint.child import chosen
from understudy.checks.engine import Checks, subject_of
from understudy.checks.jobs import Policy
from understudy.checks.listing import list_files
from understudy.checks.workspace_scan import WorkspaceScan
from understudy.model import Priority, Report, State
from understudy.runner.calls import Job, Outcome, Status
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.store.database import Database
from understudy.store.results import RESULTS, Results

from .programs import program
from .support import Asker, alive, announced, gone, tree, until

CLEAN = "echo '{\"comments\": []}'"


class Counted(Runner):
    """``functions`` are those that were called, in order; ``outcomes`` those of the next ones,
    which are not run."""

    def __init__(self) -> None:
        super().__init__()
        self.functions: list[str] = []
        self.outcomes: list[Outcome] = []

    async def execute(self, job: Job) -> Outcome:
        self.functions.append(getattr(job.work, "function", "").rpartition(":")[2])
        return self.outcomes.pop(0) if self.outcomes else await super().execute(job)


class World:
    """A script that a ShellCheck of ours looks at, which tells the version that it is given."""

    def __init__(self, folder: Path) -> None:
        self.tool = folder / "bin/shellcheck"
        self.root = tree(folder / "root", {"a.sh": "#!/bin/sh\n:\n"})
        self.runner = Counted()
        self.checks = Checks(self.runner)
        self.results = Results(Database(folder / "results.db", RESULTS))
        named = {"shellcheck.enabled": True, "shellcheck.path": str(self.tool)}
        self.policy = Policy(Settings.of(named), trusted=True)

    def is_now(self, version: str) -> None:
        program(self.tool, f'case "$1" in --version) {version}; exit;; esac\n{CLEAN}')

    async def look(self) -> Report:
        path = str(self.root / "a.sh")
        subject = subject_of(path, self.root, Path(path).read_text(), "")
        asked = self.checks.check(subject, self.policy, self.results, Priority.INTERACTIVE)
        (report,) = [each async for reports in asked for each in reports]
        return report


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World(tmp_path)
    yield world
    await world.runner.close()
    await world.results.close()


async def test_it_is_asked_once_and_told_with_every_result(world: World) -> None:
    world.is_now("echo version: 1.2.3")
    first = await world.look()
    assert (first.state, first.version) == (State.CLEAN, "1.2.3")
    assert await world.look() == first
    assert world.runner.functions == ["ask", "check"]


async def test_a_result_of_another_version_is_not_taken(world: World) -> None:
    """Also where the file that changed has the time and the size that it had before."""
    world.is_now("echo version: 1.2.3")
    await world.look()
    await world.results.flush()
    seen = os.stat(world.tool)
    world.is_now("echo version: 1.2.4")
    os.utime(world.tool, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert os.stat(world.tool).st_size == seen.st_size
    await world.runner.close()
    world.runner = Counted()  # which has not asked it yet, as another process
    world.checks = Checks(world.runner)
    assert (await world.look()).version == "1.2.4"
    assert world.runner.functions == ["ask", "check"]


async def test_it_is_asked_again_when_its_file_changes(world: World) -> None:
    world.is_now("echo version: 1.2.3")
    await world.look()
    world.is_now("echo version: 10.20.30")
    assert (await world.look()).version == "10.20.30"


async def test_one_that_is_too_old_says_so(world: World) -> None:
    world.is_now("echo version: 0.1.2")
    report = await world.look()
    assert (report.state, report.version) == (State.WRONG_VERSION, "0.1.2")
    assert "0.7 or newer is needed" in report.why


async def test_one_that_tells_none_is_told_of(world: World) -> None:
    world.is_now("echo no idea >&2; exit 3")
    report = await world.look()
    assert (report.state, report.version) == (State.FAILED, "")
    assert "no idea" in report.why


async def test_nothing_is_asked_of_a_program_without_trust(world: World) -> None:
    own = program(world.root / "shellcheck", f"touch {world.root}/ran; echo version: 1.2.3")
    named = {"shellcheck.enabled": True, "shellcheck.path": str(own)}
    world.policy = Policy(Settings.of(named), trusted=False)
    report = await world.look()
    assert report.state is State.NOT_TRUSTED
    assert "not trusted" in report.why
    assert not (world.root / "ran").exists()
    world.policy = replace(world.policy, trusted=True)
    assert (await world.look()).version == "1.2.3"


async def test_one_that_took_too_long_is_asked_again(world: World) -> None:
    world.is_now("echo version: 1.2.3")
    world.runner.outcomes = [Outcome(Status.TIMED_OUT, why="it took too long")]
    assert (await world.look()).version == ""
    assert (await world.look()).version == "1.2.3"
    assert world.runner.functions.count("ask") == 2


async def test_what_is_asked_for_a_folder_can_be_ended(world: World, tmp_path: Path) -> None:
    hangs = f"mkdir {tmp_path}/once && touch {tmp_path}/$$.pid && exec sleep 1000"
    world.is_now(f"{hangs} || echo version: 1.2.3")
    looking = asyncio.create_task(world.look())
    pids = await until(announced(tmp_path))
    await world.checks.versions.stop(tmp_path / "other")
    assert alive(pids) == pids
    await world.checks.versions.stop(world.root)
    assert await gone(pids)
    assert (await looking).version == "", "who waited for it is not cancelled"


async def test_a_scan_asks_once_what_does_not_answer(world: World) -> None:
    """And the next scan again, in which it may."""
    tree(world.root, {f"{number}.sh": ":\n" for number in range(5)})
    own = program(world.root / "shellcheck", f"touch {world.root}/ran; echo version: 1.2.3")
    named = {"shellcheck.enabled": True, "shellcheck.path": str(own)}
    world.policy = Policy(Settings.of(named), trusted=False)
    for scans in (1, 2):
        files = list_files([world.root], world.root, world.policy)
        scan = WorkspaceScan(world.checks, world.root, world.policy, world.results)
        told = [each.reports[0].state async for each in scan.run(files)]
        assert told == [State.NOT_TRUSTED] * 6
        assert world.runner.functions.count("ask") == scans
    assert not (world.root / "ran").exists()


async def test_many_at_once_ask_once(world: World) -> None:
    world.is_now("echo version: 1.2.3")
    await asyncio.gather(*(world.look() for _ in range(5)))
    assert world.runner.functions.count("ask") == 1


# ── how what may be used is ─────────────────────────────────────────────────────────────────────

GOOD, OLD = "echo 1.2.3", "echo tool 0.9.1"
STANDINGS: dict[str, tuple[tuple[str, ...], tuple[str, str, str]]] = {
    "it can be used": ((GOOD,), ("1.2.3", "", "")),
    "too old": (
        (OLD,),
        ("0.9.1", State.WRONG_VERSION, "tool 0 has version 0.9.1, but 1.0 or newer is needed; buy"),
    ),
    "no program": (("",), ("", State.MISSING, "there is no tool 0")),
    "without the module": (
        ("echo \"No module named 'tool'\" >&2; exit 1",), ("", State.MISSING, "it lacks the tool"),
    ),
    "without another": (
        ("echo \"No module named 'other'\" >&2; exit 1",),
        ("", State.FAILED, "tool 0 does not tell a version: No module named 'other'"),
    ),
    "the first does": ((GOOD, "echo 2.0"), ("1.2.3", "", "")),
    "the second does": ((OLD, GOOD), ("1.2.3", "", "")),
    "none does": ((OLD, ""), ("", State.MISSING, "there is no tool 1")),
}  # fmt: skip


@pytest.mark.parametrize("case", STANDINGS)
def test_of_what_may_be_used_the_first_that_can_be_is(case: str, tmp_path: Path) -> None:
    scripts, expected = STANDINGS[case]
    found: list[Installation] = []
    for at, script in enumerate(scripts):
        path = tmp_path / f"{at}"
        if script:
            program(path, script)
        words = f"tool {at}", f"there is no tool {at}", "buy", "tool", "it lacks the tool"
        found.append(Installation((str(path),), (stamp_of(path),), (1, 0), *words))
    assert ask(tuple(found), ("",)) == [expected]


# ── Pylint, which the project has or the user had installed ─────────────────────────────────────


def environment(folder: Path, *, pylint: bool) -> Path:
    """A Python in an environment of its own, with the Pylint of these tests or without."""
    tree(folder, {"pyvenv.cfg": f"home = {Path(sys.base_prefix) / 'bin'}\n"})
    packages = folder / f"lib/python3.{sys.version_info.minor}/site-packages"
    packages.mkdir(parents=True)
    if pylint:
        (packages / "tests.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    (folder / "bin").mkdir()
    (folder / "bin/python").symlink_to(Path(sys.executable).resolve())
    return packages


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The Python of a Pylint that the user had installed."""
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    own = tmp_path / "state/tools/pylint/made"
    environment(own, pylint=True)
    (own / ".complete").touch()
    return str(own / "bin/python")


def test_one_that_was_installed_does_where_the_project_has_none(
    tmp_path: Path, installed: str
) -> None:
    root = tree(tmp_path / "root", {"a.py": "import thing\nimport other\nprint(thing, other)\n"})
    packages = environment(root / ".venv", pylint=False)
    (packages / "thing.py").write_text("")
    asker = Asker(pylint.ANALYZER, root)
    configuration = asker.configuration("a.py")
    (standing,) = ask(configuration.programs, ("",))
    assert (standing.version[0], standing.state) == ("4", "")
    report = asker.both("a.py")
    told = [found.message for found in report.findings if found.rule == "E0401"]
    assert len(told) == 1
    assert "'other'" in told[0]


def test_the_projects_own_goes_first(tmp_path: Path, installed: str) -> None:
    root = tree(tmp_path / "root", {"a.py": "x: int = 1\n"})
    environment(root / ".venv", pylint=True)
    asker = Asker(pylint.ANALYZER, root)
    context = pylint.Context(*asker.configuration("a.py").context)
    assert context.installed == installed
    taken = chosen(context)
    assert taken.interpreter == str(root / ".venv/bin/python")
    assert taken.packages == ()

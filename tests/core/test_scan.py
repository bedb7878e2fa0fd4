"""Scanning folders with the real tools, and with tools and files that are up to no good."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from understudy.checks import compose, engine, jobs, workspace_scan
from understudy.checks.engine import Checks, subject_of
from understudy.checks.jobs import Policy
from understudy.checks.listing import list_files
from understudy.checks.workspace_scan import Scanned, WorkspaceScan
from understudy.model import Priority, Report, State
from understudy.runner.calls import Call, Job, Outcome
from understudy.runner.execute import Runner
from understudy.settings import Settings
from understudy.store.database import Database
from understudy.store.results import RESULTS, Results
from understudy.text import decode

from ..needs import not_applicable
from .support import (
    AS_A_USER,
    alive,
    announced,
    gone,
    resident,
    tree,
    until,
    watching_the_loop,
)

EVAL = "print(eval('1'))\n"
CLEAN = "X = 1\n"


class Counting(Runner):
    """A real runner that remembers how many files each tool was run on."""

    def __init__(self) -> None:
        super().__init__()
        self.ran: Counter[str] = Counter()
        self.meanwhile: Callable[[], object] = lambda: None

    async def execute(self, job: Job) -> Outcome:
        assert isinstance(job.work, Call)
        self.ran[job.task] += len(job.work.items)
        self.meanwhile()
        return await super().execute(job)


class World:
    """One process's view of the folder ``root``. Functions are not measured unless that is asked
    for."""

    def __init__(self, root: Path, state: Path, **values: object) -> None:
        self.root = root
        self.runner = Counting()
        self.checks = Checks(self.runner)
        self.results = Results(Database(state / "results.db", RESULTS))
        named = {key.replace("__", "."): value for key, value in values.items()}
        self.policy = Policy(Settings.of({"complexity.enabled": False} | named), trusted=True)

    def scanning(self, paths: Sequence[Path] = ()) -> AsyncIterator[Scanned]:
        files = list_files(paths or [self.root], self.root, self.policy)
        return WorkspaceScan(self.checks, self.root, self.policy, self.results).run(files)

    async def scan(self) -> dict[str, dict[str, Report]]:
        """By file and tool. Sets ``fresh`` and resets what is counted."""
        self.runner.ran.clear()
        self.fresh: set[str] = set()
        found: dict[str, dict[str, Report]] = {}
        async for scanned in self.scanning():
            name = os.path.relpath(scanned.path, self.root)
            assert name not in found, "each file once"
            found[name] = {report.tool: report for report in scanned.reports}
            self.fresh |= {name} if scanned.fresh else set()
        return found

    async def in_memory(self, name: str) -> dict[str, Report]:
        text = decode((self.root / name).read_bytes())
        subject = subject_of(str(self.root / name), self.root, text, "python")
        answers = self.checks.check(subject, self.policy, self.results, Priority.INTERACTIVE)
        return {report.tool: report async for reports in answers for report in reports}

    async def close(self) -> None:
        await self.runner.close()
        await self.results.close()


Make = Callable[..., World]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    worlds: list[World] = []

    def make(files: dict[str, str | bytes], **values: object) -> World:
        root = tmp_path / "root"
        root.mkdir(exist_ok=True)
        worlds.append(World(tree(root, files), tmp_path / "state", **values))
        return worlds[-1]

    yield make
    for world in worlds:
        await world.close()


def states(reports: dict[str, Report]) -> dict[str, State]:
    return {tool: report.state for tool, report in reports.items()}


def rules(reports: dict[str, Report]) -> list[tuple[str, ...]]:
    """What is seen of a file."""
    return [problem.rules for problem in compose.problems(reports.values(), Settings())]


# ── nothing is done twice ───────────────────────────────────────────────────────────────────────


async def test_the_second_scan_runs_nothing(make: Make) -> None:
    world = make({f"pkg/m{n}.py": EVAL + f"Y = {n}\n" for n in range(30)} | {"clean.py": CLEAN})
    first = await world.scan()
    assert world.runner.ran == {"ruff": 31, "bandit": 31}
    assert world.fresh == set(first)
    assert states(first["clean.py"]) == {"ruff": State.CLEAN, "bandit": State.CLEAN}
    assert rules(first["pkg/m3.py"]) == [("B307", "S307")]
    assert await world.scan() == first
    assert world.runner.ran == {}
    assert world.fresh == set()


async def test_nor_does_another_process(make: Make) -> None:
    world = make({"a.py": EVAL, "b.py": CLEAN})
    first = await world.scan()
    await world.results.flush()
    again = make({})
    assert await again.scan() == first
    assert again.runner.ran == {}


async def test_whether_a_file_may_be_run_is_part_of_what_ruff_looks_at(make: Make) -> None:
    world = make({"script.py": f"#!/usr/bin/env python3\n{CLEAN}", "module.py": CLEAN})
    script, module = world.root / "script.py", world.root / "module.py"

    async def told() -> list[list[tuple[str, ...]]]:
        found = await world.scan()
        names = (script.name, module.name)
        for name in names:
            assert (await world.in_memory(name))["ruff"] == found[name]["ruff"]
        return [rules(found[name]) for name in names]

    ordinary, executable = 0o644, 0o755
    script.chmod(ordinary)
    assert await told() == [[("EXE001",)], []]
    script.chmod(executable)
    assert await told() == [[], []]
    assert world.runner.ran == {"ruff": 1}
    module.chmod(executable)
    assert await told() == [[], [("EXE002",)]]
    for path in (script, module):
        path.chmod(ordinary)
    assert await told() == [[("EXE001",)], []]
    assert world.runner.ran == {}, "what is as it was is known"


async def test_a_file_that_is_not_there_yet_has_no_mode(make: Make) -> None:
    world = make({})
    text = f"#!/usr/bin/env python3\n{CLEAN}"
    subject = subject_of(str(world.root / "new.py"), world.root, text, "python")
    world.policy = Policy(Settings.of({"bandit.enabled": False}), trusted=True)

    async def told() -> list[str]:
        answers = world.checks.check(subject, world.policy, world.results, Priority.INTERACTIVE)
        return [f.rule async for reports in answers for each in reports for f in each.findings]

    assert await told() == []
    tree(world.root, {"new.py": text})
    assert await told() == ["EXE001"]


async def test_only_what_changed_is_analysed(make: Make) -> None:
    files: dict[str, str | bytes] = {f"m{n}.py": CLEAN for n in range(20)}
    world = make(files)
    await world.scan()
    tree(world.root, {"m7.py": EVAL, "new.py": EVAL})
    (world.root / "m8.py").unlink()
    found = await world.scan()
    assert world.runner.ran == {"ruff": 2, "bandit": 2}
    assert world.fresh == {"m7.py", "new.py"}
    assert set(found) == {"new.py", *files} - {"m8.py"}
    assert rules(found["m7.py"]) == rules(found["new.py"]) == [("B307", "S307")]


async def test_a_change_that_keeps_size_and_time_is_seen_by_its_inode(make: Make) -> None:
    """An editor writes beside the file and renames, and a tool may set the old time."""
    world = make({"a.py": "eval('1')\n"})
    await world.scan()
    before = (world.root / "a.py").stat()
    new = world.root / "a.new"
    new.write_text("evil('1')\n")
    os.utime(new, ns=(before.st_atime_ns, before.st_mtime_ns))
    new.rename(world.root / "a.py")
    assert ("B307", "S307") not in rules((await world.scan())["a.py"])


async def test_a_configuration_makes_only_its_own_results_stale(make: Make) -> None:
    world = make({"a.py": EVAL, "in/b.py": EVAL})
    await world.scan()
    tree(world.root, {"in/ruff.toml": 'lint.ignore = ["S307"]'})
    found = await world.scan()
    assert world.runner.ran == {"ruff": 1}
    assert rules(found["a.py"]) == [("B307", "S307")]
    assert rules(found["in/b.py"]) == [("B307",)]


async def test_what_a_tool_said_under_another_configuration_is_not_kept(make: Make) -> None:
    """It changes between our look and the tool's, and back again afterwards."""
    configured = {"ruff.toml": 'lint.select = ["E7"]', "in/ruff.toml": 'lint.select = ["F"]'}
    world = make({**configured, "a.py": "import os\n", "in/b.py": "import os\n"})
    other = {"ruff.toml": 'lint.select = ["F"]', "in/ruff.toml": 'lint.select = ["E7"]'}
    world.runner.meanwhile = lambda: tree(world.root, other)
    await world.scan()
    world.runner.meanwhile = lambda: None
    tree(world.root, configured)
    found = await world.scan()
    assert rules(found["a.py"]) == []
    assert rules(found["in/b.py"]) == [("F401",)]


async def test_what_was_opened_needs_no_scan_and_the_other_way_round(make: Make) -> None:
    """One key for both ways, so both ways have to say the same."""
    source = "import os\nassert os\nprint(eval('1'))\nfrom typing import List\n"
    world = make({"a.py": source, "b.py": source})
    scanned = (await world.scan())["a.py"]
    world.runner.ran.clear()
    assert await world.in_memory("a.py") == scanned
    assert world.runner.ran == {}
    opened = await make({"c.py": source}).in_memory("c.py")
    assert {t: sorted(r.findings, key=repr) for t, r in opened.items()} == {
        t: sorted(r.findings, key=repr) for t, r in scanned.items()
    }


async def test_a_scan_that_is_given_up_keeps_what_it_has(make: Make) -> None:
    world = make({f"m{n}.py": EVAL for n in range(120)})
    async for scanned in (scanning := world.scanning()):
        first = scanned
        break
    await scanning.aclose()  # type: ignore[attr-defined]
    await until(lambda: world.runner.running == 0)
    found = await world.scan()
    assert len(found) == 120
    assert world.runner.ran.total() < 240
    assert tuple(found[os.path.relpath(first.path, world.root)].values()) == first.reports


# ── files ───────────────────────────────────────────────────────────────────────────────────────

NEWER = (
    ((3, 12), "type X = int\n"),
    ((3, 14), "print(t'{1}')\n"),
)


async def test_each_bad_file_is_named_and_spoils_only_itself(make: Make) -> None:
    world = make(
        {
            "good.py": EVAL,
            "utf8.py": b"x = '\xe9'\n",
            "latin.py": b"# coding: latin-1\nx = '\xe9'\nprint(eval('1'))\n",
            "klingon.py": "# coding: klingon\n",
            "syntax.py": "def f(:\n",
            "indent.py": "if True:\n    x = 1\n  y = 2\n",
            "nul.py": b"x = '\0'\n",
            "empty.py": "",
            "mark.py": b"\xef\xbb\xbfprint(eval('1'))\r\n",
            "contradiction.py": b"\xef\xbb\xbf# coding: latin-1\nprint(eval('1'))\n",
            "deep.py": "x = " + "(" * 3_000 + ")" * 3_000 + "\n",
        }
    )
    found = await world.scan()
    for name in ("good.py", "latin.py", "mark.py"):
        assert rules(found[name]) == [("B307", "S307")], name
    assert states(found["empty.py"]) == {"ruff": State.CLEAN, "bandit": State.CLEAN}
    for name in ("utf8.py", "klingon.py"):  # Ruff knows no coding cookies
        blind = ("bandit",) if name == "klingon.py" else ("bandit", "ruff")
        assert {tool for tool, state in states(found[name]).items() if not state.is_verdict} == {
            *blind
        }
        assert all("not text in the encoding" in found[name][tool].why for tool in blind)
        assert {rule for problem in rules(found[name]) for rule in problem} == {"not-analysed"}
    # Python refuses it; Ruff reads it as UTF-8.
    assert found["contradiction.py"]["bandit"].state is State.NOT_ANALYSED
    assert "byte order mark" in found["contradiction.py"]["bandit"].why
    assert rules(found["contradiction.py"]) == [("not-analysed",), ("S307",)]
    assert found["nul.py"]["bandit"].state is State.NOT_ANALYSED
    assert ("not-analysed",) in rules(found["nul.py"]), "which Ruff does not mind"
    for name in ("syntax.py", "indent.py"):
        assert found[name]["ruff"].state is State.FINDINGS, name
        assert found[name]["bandit"].state is State.NOT_ANALYSED
        assert {rule for problem in rules(found[name]) for rule in problem} == {"invalid-syntax"}
    assert not found["deep.py"]["bandit"].state.is_verdict
    assert rules(found["deep.py"])


async def test_a_newer_python_is_a_visible_problem(make: Make) -> None:
    newer = next((code for version, code in NEWER if version > sys.version_info), None)
    if newer is None:
        not_applicable("no syntax that is newer than this interpreter is known here")
    settings = '[project]\nrequires-python = ">=3.15"\n'
    world = make({"a.py": newer + "eval('1')\n", "pyproject.toml": settings})
    reports = (await world.scan())["a.py"]
    assert reports["bandit"].state is State.NOT_ANALYSED
    for part in (f"{sys.version_info.major}.{sys.version_info.minor}", "bandit.interpreter"):
        assert part in reports["bandit"].why
    assert ("not-analysed",) in rules(reports)
    assert any("S307" in problem for problem in rules(reports)), "the other tool still looks"


async def test_a_file_that_vanishes(make: Make) -> None:
    world = make({f"m{n}.py": EVAL for n in range(40)})
    files = list_files([world.root], world.root, world.policy)
    for name in ("m0.py", "m13.py", "m39.py"):
        (world.root / name).unlink()
    scan = WorkspaceScan(world.checks, world.root, world.policy, world.results).run(files)
    found = {Path(s.path).name: {r.tool: r for r in s.reports} async for s in scan}
    assert len(found) == 40
    for name, reports in found.items():
        if (world.root / name).exists():
            assert rules(reports) == [("B307", "S307")]
        else:
            assert states(reports) == dict.fromkeys(("ruff", "bandit"), State.NOT_ANALYSED)
            assert all("No such file" in report.why for report in reports.values())


async def test_a_file_becomes_something_else(make: Make) -> None:
    """A FIFO would hold its reader for good."""
    world = make({"a.py": EVAL, "b.py": EVAL, "c.py": EVAL})
    files = list_files([world.root], world.root, world.policy)
    for name in ("a.py", "b.py"):
        (world.root / name).unlink()
    os.mkfifo(world.root / "a.py")
    (world.root / "b.py").mkdir()
    scan = WorkspaceScan(world.checks, world.root, world.policy, world.results).run(files)
    async with asyncio.timeout(15):
        found = {Path(s.path).name: {r.tool: r for r in s.reports} async for s in scan}
    for name in ("a.py", "b.py"):
        assert states(found[name]) == dict.fromkeys(("ruff", "bandit"), State.FAILED)
    assert rules(found["c.py"]) == [("B307", "S307")]


UNREADABLE = """
import asyncio, sys
from pathlib import Path
from tests.core.test_scan import World

async def main(folder):
    world = World(folder / "root", folder / "state")
    found = await world.scan()
    for name, reports in sorted(found.items()):
        for tool, report in sorted(reports.items()):
            print(name, tool, report.state.value, report.why, sep="|")
    await world.close()

asyncio.run(main(Path(sys.argv[1])))
"""


def test_an_unreadable_file(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    tree(tmp_path / "root", {"a.py": EVAL, "b.py": EVAL, "c.py": EVAL})
    (tmp_path / "root/b.py").chmod(0)
    command = [*AS_A_USER, sys.executable, "-c", UNREADABLE, str(tmp_path)]
    answer = subprocess.run(
        command, cwd=pytestconfig.rootpath, check=True, stdout=subprocess.PIPE, text=True
    ).stdout
    why = "the file could not be read: Permission denied"
    assert answer.splitlines() == [
        "a.py|bandit|findings|",
        "a.py|ruff|findings|",
        f"b.py|bandit|failed|{why}",
        f"b.py|ruff|failed|{why}",
        "c.py|bandit|findings|",
        "c.py|ruff|findings|",
    ]


@pytest.mark.parametrize(
    ("contents", "state"),
    [
        ([EVAL, CLEAN, CLEAN, CLEAN], State.CLEAN),
        ([CLEAN, EVAL, EVAL, EVAL], State.FINDINGS),
        ([EVAL, CLEAN, EVAL, CLEAN], State.NOT_ANALYSED),
    ],
)
async def test_a_report_is_of_one_content(
    make: Make, monkeypatch: pytest.MonkeyPatch, contents: list[str], state: State
) -> None:
    """A branch is switched between the one tool and the other."""
    world = make({"a.py": EVAL})
    coming, execute, turn = iter(contents), world.runner.execute, asyncio.Lock()

    async def switching(job: Job) -> Outcome:
        async with turn:
            (world.root / "a.py").write_text(next(coming))
            return await execute(job)

    monkeypatch.setattr(world.runner, "execute", switching)
    found = await world.scan()
    assert states(found["a.py"]) == dict.fromkeys(("ruff", "bandit"), state)


async def test_a_file_of_50_megabytes_is_named(make: Make) -> None:
    world = make({"small.py": EVAL})
    with (world.root / "large.py").open("wb") as file:
        file.truncate(50 << 20)
    found = await world.scan()
    assert states(found["large.py"]) == dict.fromkeys(("ruff", "bandit"), State.TOO_LARGE)
    assert rules(found["large.py"]) == [("too-large",)]
    assert rules(found["small.py"]) == [("B307", "S307")]
    assert world.runner.ran == {"ruff": 1, "bandit": 1}


async def test_odd_names(make: Make) -> None:
    names = [b"-rf.py", b"sp ace.py", b"new\nline.py", b"%41.py", b"#?.py", b"'\".py", b"\xff.py"]
    names += ["é\U0001f600.py".encode(), b"--config.py", b"@args.py", b"[a].py", b"C:\\x.py"]
    world = make({os.fsdecode(name): EVAL for name in names})
    found = await world.scan()
    assert {os.fsencode(name) for name in found} == set(names)
    for name, reports in found.items():
        assert rules(reports) == [("B307", "S307")], name
        assert await world.in_memory(name) == reports
    await world.results.flush()
    again = make({})
    assert await again.scan() == found
    assert again.runner.ran == {}, "odd names are kept, too"


async def test_links_in_a_circle(make: Make) -> None:
    world = make({"a.py": EVAL, "in/b.py": CLEAN})
    (world.root / "in/up").symlink_to(world.root)
    (world.root / "in/link.py").symlink_to(world.root / "a.py")
    assert set(await world.scan()) == {"a.py", "in/b.py"}


async def test_a_root_that_is_reached_through_a_link(make: Make, tmp_path: Path) -> None:
    tree(tmp_path / "real", {"a.py": EVAL, "pyproject.toml": '[tool.bandit]\nskips = ["B101"]'})
    (tmp_path / "root").symlink_to(tmp_path / "real")
    found = await make({}).scan()
    assert rules(found["a.py"]) == [("B307", "S307")]


def test_what_is_listed(tmp_path: Path) -> None:
    tree(
        tmp_path, {"a.py": "", "out/b.py": "", "venv/c.py": "", ".gitignore": "out/\n", "d.txt": ""}
    )
    policy = Policy(Settings.of({"analysis.exclude": ("a.py",)}), trusted=True)

    def listed(*names: str) -> list[str]:
        found = list_files([tmp_path / name for name in names], tmp_path, policy)
        return [os.path.relpath(each.path, tmp_path) for each in found]

    assert listed("") == []
    assert listed("a.py", "out/b.py", "venv/c.py", "a.py") == ["a.py", "out/b.py", "venv/c.py"]
    with pytest.raises(FileNotFoundError):
        listed("gone.py")


async def test_a_file_that_no_tool_looks_at(make: Make) -> None:
    world = make({"a.txt": "eval", "b.py": EVAL}, ruff__enabled=False)
    scanning = world.scanning([world.root / "a.txt", world.root / "b.py"])
    found = {Path(s.path).name: [r.tool for r in s.reports] async for s in scanning}
    assert found == {"a.txt": [], "b.py": ["bandit"]}


def litter(root: Path, sources: int, others: int) -> None:
    """Folders of a hundred files each."""
    for number in range(sources + others):
        if number % 100 == 0:
            folder = root / f"d{number // 100}"
            folder.mkdir()
        name = f"m{number}.py" if number < sources else f"m{number}.txt"
        descriptor = os.open(folder / name, os.O_CREAT | os.O_WRONLY, 0o644)
        if number < sources:
            os.write(descriptor, f"X = {number}\n".encode())
        os.close(descriptor)


@pytest.mark.alone
@pytest.mark.parametrize(
    ("sources", "others"),
    [(1_000, 99_000), pytest.param(100_000, 0, marks=[pytest.mark.soak, pytest.mark.timeout(900)])],
)
async def test_a_folder_of_100_000_files(sources: int, others: int, make: Make) -> None:
    """The loop breathes all the while, and the second time nothing is read."""
    world = make({})
    litter(world.root, sources, others)
    before = resident()
    async with watching_the_loop() as late:
        for seconds, ran in ((sources / 100 + 20, sources), (sources / 1_000 + 10, 0)):
            async with asyncio.timeout(seconds):
                files = await asyncio.to_thread(list_files, [world.root], world.root, world.policy)
                world.runner.ran.clear()
                scanned = WorkspaceScan(world.checks, world.root, world.policy, world.results)
                found = Counter([r.state async for s in scanned.run(files) for r in s.reports])
            assert found == {State.CLEAN: 2 * sources}
            assert world.runner.ran == ({"ruff": ran, "bandit": ran} if ran else {})
    assert resident() - before < 100_000_000 + 5_000 * sources
    assert late() < 0.5


# ── tools ───────────────────────────────────────────────────────────────────────────────────────


def program(folder: Path, script: str) -> str:
    path = folder / "tool"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


REAL_RUFF = f"{Path(sys.executable).parent}/ruff"
BROKEN: dict[str, tuple[str, str]] = {
    "prints garbage": ("echo garbage", "garbage"),
    "prints garbage for good": ("yes", ""),
    "floods": ("exec cat /dev/zero", "is not LSP"),
    "floods its errors": ("exec cat /dev/zero >&2", ""),
    "announces much": ("printf 'Content-Length: 99999999999\\r\\n\\r\\n'; cat", "99,999,999,999 bytes"),
    "answers the wrong question": ('[ "$1" = check ] && echo "[{}]" || exit 0', "without an answer"),
    "says nothing": ("exit 0", "without an answer"),
    "complains": ("echo 'out of order' >&2; exit 2", ""),
    "kills itself": ("kill -9 $$", ""),
    "is killed in the middle": (f"({REAL_RUFF} \"$@\" & sleep 0.05; kill -9 $!) 2>/dev/null; kill -9 $$", ""),
    "is no program": ("", ""),
}  # fmt: skip


def limited(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """No patience with any tool."""
    made = jobs.job_for

    def job_for(*args: object) -> Job:
        return replace(made(*args), timeout=seconds)  # type: ignore[arg-type]

    for module in (engine, jobs, workspace_scan):
        monkeypatch.setattr(module, "job_for", job_for)


@pytest.mark.parametrize("case", BROKEN)
async def test_a_broken_ruff_is_never_clean(
    case: str, make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script, part = BROKEN[case]
    limited(monkeypatch, 3)
    ruff = program(tmp_path, script)
    if case == "is no program":
        Path(ruff).write_bytes(b"\x7fELF nonsense")
    world = make({"a.py": EVAL, "b.py": CLEAN}, ruff__path=ruff)
    found = await world.scan()
    opened = {name: await world.in_memory(name) for name in found}
    for seen in (found, opened):
        for name, reports in seen.items():
            assert reports["ruff"].state in (State.FAILED, State.TIMED_OUT)
            assert part in reports["ruff"].why
            assert reports["ruff"].why
            assert reports["bandit"].state.is_verdict, f"{name} was looked at by the other tool"
    assert await world.scan() == found, "a failure is not kept"
    assert world.runner.ran["ruff"] > 0
    assert world.runner.ran["bandit"] == 0
    world.policy = replace(world.policy, settings=Settings())
    assert rules((await world.scan())["a.py"]) == [("B307", "S307")]


async def test_a_ruff_that_is_not_there(make: Make, tmp_path: Path) -> None:
    world = make({"a.py": EVAL}, ruff__path=str(tmp_path / "gone"))
    for reports in ((await world.scan())["a.py"], await world.in_memory("a.py")):
        assert reports["ruff"].state is State.MISSING
        assert "ruff.path" in reports["ruff"].why
        assert str(tmp_path / "gone") in reports["ruff"].why
        assert reports["bandit"].state is State.FINDINGS


async def test_a_ruff_that_hangs(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It costs a few times its time-out, not a file's worth each; its processes are gone."""
    limited(monkeypatch, 0.4)
    daemon = f"touch {tmp_path}/$$.pid; exec sleep 1000"
    script = f"setsid sh -c '{daemon}' & {daemon}"
    world = make({f"m{n}.py": EVAL for n in range(250)}, ruff__path=program(tmp_path, script))
    async with asyncio.timeout(15):
        found = await world.scan()
    assert {reports["ruff"].state for reports in found.values()} == {State.TIMED_OUT}
    assert any("not tried again" in reports["ruff"].why for reports in found.values())
    assert {reports["bandit"].state for reports in found.values()} == {State.FINDINGS}
    opened = await world.in_memory("m0.py")
    assert opened["ruff"].state is State.TIMED_OUT
    assert opened["bandit"].state is State.FINDINGS
    assert await gone(announced(tmp_path)())


async def test_who_does_not_tell_a_version_holds_back_no_other(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the others say of other files is there while it is still asked."""
    monkeypatch.setattr(jobs, "_ASK_SECONDS", 600.0)
    path = program(tmp_path, f"touch {tmp_path}/$$.pid; exec sleep 1000")
    tools = ("shellcheck", "hadolint", "zizmor")
    hanging = {f"{tool}__{key}": value for tool in tools for key, value in
               {"enabled": True, "path": path, "timeoutSeconds": 600}.items()}  # fmt: skip
    world = make(
        {
            "a.py": EVAL,
            "b.sh": "x=1\n",
            "Dockerfile": "FROM a\n",
            ".github/workflows/a.yml": "on: push\n",
            "z.py": CLEAN,
        },
        **hanging,
        secrets__enabled=False,
    )
    scanning = world.scanning()
    async with asyncio.timeout(60):
        found = [await anext(scanning) for _ in range(2)]
    assert {os.path.basename(each.path) for each in found} == {"a.py", "z.py"}
    assert await until(announced(tmp_path))
    await scanning.aclose()  # type: ignore[attr-defined]


async def test_one_file_on_which_a_tool_hangs(make: Make, tmp_path: Path) -> None:
    """Together with others in one call, it spoils only itself."""
    script = (
        """case "$(cat)" in *POISON*) sleep 1000 ;; esac; echo '{"errors": [], "results": []}'"""
    )
    files: dict[str, str | bytes] = {f"m{n}.py": CLEAN for n in range(5)}
    world = make(
        {**files, "m3.py": "# POISON\n"},
        bandit__interpreter=program(tmp_path, script),
        bandit__timeoutSeconds=1,
        ruff__enabled=False,
    )
    found = {name: reports["bandit"].state for name, reports in (await world.scan()).items()}
    assert found == {**dict.fromkeys(files, State.CLEAN), "m3.py": State.TIMED_OUT}


async def test_a_tool_is_killed_while_it_works(make: Make, tmp_path: Path) -> None:
    """By somebody else: an outcome, which is told; the next scan is whole."""
    version = 'case "$*" in *__version__*) echo 1.9.4; exit;; esac'
    script = f"{version}\ntouch {tmp_path}/$$.pid; exec sleep 1000"
    world = make({"a.py": EVAL}, bandit__interpreter=program(tmp_path, script))
    scanning = asyncio.create_task(world.scan())
    (pid,) = await until(announced(tmp_path))
    os.kill(pid, 9)
    reports = (await scanning)["a.py"]
    assert reports["bandit"].state is State.FAILED
    assert "Killed" in reports["bandit"].why
    world.policy = replace(world.policy, settings=Settings())
    assert rules((await world.scan())["a.py"]) == [("B307", "S307")]


async def test_a_cancelled_scan_ends_its_tools(make: Make, tmp_path: Path) -> None:
    script = f'''case "$*" in *__version__*) exec "{sys.executable}" "$@";; esac
touch {tmp_path}/$$.pid; exec sleep 1000'''
    world = make({"a.py": EVAL}, bandit__interpreter=program(tmp_path, script))
    scanning = asyncio.create_task(world.scan())
    pids = await until(announced(tmp_path))
    assert alive(pids)
    scanning.cancel()
    with pytest.raises(asyncio.CancelledError):
        await scanning
    assert await gone(pids)


@pytest.mark.parametrize("setting", ["ruff__path", "bandit__interpreter"])
async def test_a_program_of_an_untrusted_workspace_does_not_run(setting: str, make: Make) -> None:
    world = make({"a.py": EVAL})
    ran = world.root / "ran"
    tool = program(world.root, f"touch {ran}")
    world = make({}, **{setting: tool})
    world.policy = replace(world.policy, trusted=False)
    name = setting.partition("_")[0]
    ways: list[Callable[[], Awaitable[Report]]] = [
        lambda: asyncio.ensure_future(scanned(world, name)),
        lambda: asyncio.ensure_future(opened(world, name)),
    ]
    for way in ways:
        report = await way()
        assert report.state is State.NOT_TRUSTED
        assert "not trusted" in report.why
    assert not ran.exists()
    world.policy = replace(world.policy, trusted=True)
    await world.scan()
    assert ran.exists()


async def scanned(world: World, tool: str) -> Report:
    return (await world.scan())["a.py"][tool]


async def opened(world: World, tool: str) -> Report:
    return (await world.in_memory("a.py"))[tool]


# ── depth ───────────────────────────────────────────────────────────────────────────────────────


async def test_a_file_in_a_thousand_folders(make: Make) -> None:
    """Folders can be nested deeper than Python recurses."""
    world = make({})
    place = str(world.root)
    for _ in range(1_100):
        place += "/d"
        os.mkdir(place)
    Path(place, "deep.py").write_text("x = 1\n")
    files = await asyncio.to_thread(list_files, [world.root], world.root, world.policy)
    scan = WorkspaceScan(world.checks, world.root, world.policy, world.results).run(files)
    found = [len(each.reports) async for each in scan]
    subprocess.run(["rm", "-rf", world.root / "d"], check=True)  # pytest's own clean-up recurses
    assert found == [2]

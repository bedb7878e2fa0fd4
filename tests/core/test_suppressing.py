"""Comments of our own, from files on disk to what a scan shows and keeps, with the real tools."""

from __future__ import annotations

import asyncio
import json
from datetime import date
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from understudy.app.batch import Batch
from understudy.app.folder.workspace import Workspace
from understudy.app.results.scan import FileView
from understudy.checks.engine import Checks
from understudy.findings.suppressions import EXPIRED, UNUSED
from understudy.runner.execute import Runner

from .support import own_environment, tree, understudy_here

FILES = {
    "ruff.toml": 'lint.select = ["F401", "S", "C901"]\n',
    "held.py": "eval(input())  # understudy: ignore[B307] -- a demo\n",
    "dated.py": "eval(input())  # understudy: ignore[B307] until 2030-06-01\n",
    "over.py": "eval(input())  # understudy: ignore[B307] until 2020-06-01\n",
    "file.py": "# understudy: ignore-file[F401]\nimport os\nimport sys\n",
    "idle.py": "x = 1  # understudy: ignore[B307, F401]\n",
    "plain.py": "eval(input())\n",
}


async def rules(root: Path, state: Path, today: date) -> dict[str, list[str]]:
    """What a scan on a day shows, by the name of the file."""
    runner = Runner()
    workspace = Workspace(root, state, trusted=False, today=lambda: today)
    try:
        await workspace.load(None)
        found = await workspace.scan(Checks(runner), [root], lambda _: None)
    finally:
        await runner.close()
        await workspace.close()
    return {p.name: [each.lead.rule for each in shown] for p, shown in found.problems.items()}


async def test_what_a_scan_shows_today_and_later(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", FILES)
    shown = await rules(root, tmp_path / "state", date(2030, 6, 1))
    assert shown == {
        "held.py": [],
        "dated.py": [],
        "over.py": ["B307", EXPIRED],
        "file.py": [],
        "idle.py": [UNUSED],
        "plain.py": ["B307"],
    }
    later = await rules(root, tmp_path / "state", date(2030, 6, 2))
    assert later == shown | {"dated.py": ["B307", EXPIRED]}, "from the results that are kept"


OTHERS = {
    "ruff.toml": 'lint.select = ["F401", "S", "C901"]\n',
    "nosec.py": "eval(input())  # nosec B307\n",
    "noqa.py": "eval(input())  # noqa: S307\n",
    "pylint.py": "eval(input())  # pylint: disable=eval-used\n",
    "bare.py": "eval(input())  # nosec\n",
    "other.py": "eval(input())  # nosec B101\n",
    "text.py": "eval('# nosec B307')\n",
    "wide.py": "import os  # nosec\n",
    "secret.py": "password = 'hunter2hunter2'  # nosec B105\n",
    "token.py": "password = 'hunter2hunter2'  # nosec B106\n",
}


async def test_a_comment_of_one_tool_is_obeyed_for_the_same_matter_of_others(
    tmp_path: Path,
) -> None:
    root = tree(tmp_path / "root", OTHERS)
    assert await rules(root, tmp_path / "state", date(2030, 6, 1)) == {
        "nosec.py": [],
        "noqa.py": [],
        "pylint.py": [],
        "bare.py": [],
        "other.py": ["B307"],
        "text.py": ["B307"],
        "wide.py": ["F401"],
        "secret.py": [],
        "token.py": ["B105"],
    }


async def test_asserts_are_let_be_in_tests_unless_they_are_wanted(tmp_path: Path) -> None:
    names = ("tests/deep/a.py", "test_b.py", "c_test.py", "conftest.py", "attests/d.py")
    files = {"ruff.toml": "", **dict.fromkeys(names, "assert 1\nexec('')\n")}
    root, state = tree(tmp_path / "root", files), tmp_path / "state"
    today = date(2030, 6, 1)
    shown = await rules(root, state, today)
    assert shown == {Path(n).name: ["S102"] for n in names} | {"d.py": ["S101", "S102"]}
    tree(root, {".understudy/config.yaml": "analysis: {assertsInTests: true}\n"})
    assert set(map(tuple, (await rules(root, state, today)).values())) == {("S101", "S102")}


async def test_a_tool_that_failed_calls_no_comment_unused(tmp_path: Path) -> None:
    files = FILES | {"pyproject.toml": '[tool.bandit]\ntests = ["B000"]\n'}
    shown = await rules(tree(tmp_path / "root", files), tmp_path / "state", date(2030, 6, 1))
    assert shown["idle.py"] == [UNUSED], "of Ruff's rule alone"
    (tmp_path / "root/ruff.toml").write_text("lint.select = 3\n")
    shown = await rules(tmp_path / "root", tmp_path / "state", date(2030, 6, 1))
    assert shown["idle.py"] == []


async def test_another_day_while_it_runs(tmp_path: Path) -> None:
    root = tree(tmp_path / "root", FILES)
    runner, day = Runner(), [date(2030, 6, 1)]
    workspace = Workspace(root, tmp_path / "state", trusted=False, today=lambda: day[0])
    try:
        await workspace.load(None)
        await workspace.scan(Checks(runner), [root], lambda _: None)
        dated = str(root / "dated.py")
        assert workspace.view(dated).problems == ()
        assert not workspace.new_day()
        day[0] = date(2030, 6, 2)
        assert workspace.new_day()
        assert [p.lead.rule for p in workspace.view(dated).problems] == ["B307", EXPIRED]
    finally:
        await runner.close()
        await workspace.close()


def test_entries_of_the_settings_on_the_command_line(tmp_path: Path) -> None:
    config = "rules:\n  ignore:\n    - S101\n    - B307 in plain.py until 2020-01-01 -- soon\n"
    root = tree(tmp_path / "root", FILES | {".understudy/config.yaml": config})
    told = understudy_here("scan", "plain.py", cwd=root, environment=own_environment(tmp_path))
    assert told.returncode == 1
    assert "config.yaml:4:7: B307 was ignored until 2020-01-01 (soon)" in told.stderr
    assert "B307" in told.stdout
    later = config.replace("2020", "2999")
    (root / ".understudy/config.yaml").write_text(later)
    told = understudy_here("scan", "plain.py", cwd=root, environment=own_environment(tmp_path))
    assert told.returncode == 0, told.stdout + told.stderr
    assert told.stderr == ""


def test_what_is_no_longer_of_use_in_the_settings_is_found_by_a_scan(tmp_path: Path) -> None:
    """As it is in comments: in what a build reads, with its exit code, and let be by its rule."""
    config = "rules:\n  ignore:\n    - CC001\n    - B102 until 2020-01-01\n"
    root = tree(tmp_path / "root", {"a.py": "x = 1\n", ".understudy/config.yaml": config})
    environment = own_environment(tmp_path)

    def scan(*given: str) -> CompletedProcess[str]:
        return understudy_here("scan", *given, cwd=root, environment=environment)

    told = scan(".", "--format=json")
    assert (told.returncode, told.stderr) == (1, "")
    answer = json.loads(told.stdout)
    assert [(each["path"], each["start"]["line"]) for each in answer["problems"]] == [
        (".understudy/config.yaml", 3),
        (".understudy/config.yaml", 4),
    ]
    assert answer["summary"]["rule"] == {
        f"understudy:{EXPIRED}": 1,
        f"understudy:{UNUSED}": 1,
    }
    results = json.loads(scan(".", "--format=sarif").stdout)["runs"][0]["results"]
    assert {each["ruleId"] for each in results} == {EXPIRED, UNUSED}
    assert scan(".", "--fail-on=high").returncode == 0
    (root / ".understudy/config.yaml").write_text(f"{config}    - {UNUSED}\n    - {EXPIRED}\n")
    told = scan(".")
    assert (told.returncode, told.stderr) == (0, ""), told.stdout


ENTRIES = {
    "S101": "here",  # there is no assert
    "B307": "",
    "s307 in plain.py": "",  # means the same as the one before
    "F401 in plain.py": "in plain.py",
    "F401 in file.py": "",  # a comment is faster
    "B799": "here",  # there is no such rule
    "S102 until 2020-01-01": "",  # it is over, which is told
    "R0914": "",  # Pylint does not look
    "PYSEC-2018-28": "",  # a scan does not tell of these
}


def test_entries_that_nothing_needs_are_told_after_a_scan_of_all(tmp_path: Path) -> None:
    config = "rules:\n  ignore:\n" + "".join(f"    - {entry}\n" for entry in ENTRIES)
    root = tree(tmp_path / "root", FILES | {".understudy/config.yaml": config})
    environment = own_environment(tmp_path)
    told = understudy_here("scan", "--format=json", ".", cwd=root, environment=environment).stdout
    problems = [each for each in json.loads(told)["problems"] if each["path"].endswith(".yaml")]
    idle = [each for each in problems if each["findings"][0]["rule"] == UNUSED]
    assert [(each["start"]["line"], each["message"]) for each in idle] == [
        (row, f"Nothing {where} says {entry.partition(' ')[0]}. Remove the entry.")
        for row, (entry, where) in enumerate(ENTRIES.items(), 3)
        if where
    ]
    assert len(problems) == len(idle) + 1, "and the one that is over"
    for part in (("plain.py",), ("--changed", "HEAD", ".")):
        said = understudy_here("scan", *part, cwd=root, environment=environment)
        assert "Nothing" not in said.stdout + said.stderr


async def test_of_what_was_not_looked_at_no_entry_is_called_idle(tmp_path: Path) -> None:
    """Of a file that cannot be parsed Bandit and Ruff say nothing else."""
    config = "rules: {ignore: [B307, S101 in broken.py, B102 in plain.py, CC001]}\n"
    files = {"ruff.toml": "", "plain.py": "x = 1\n", ".understudy/config.yaml": config}
    root = tree(tmp_path / "root", files)
    assert await idle(root, tmp_path / "state") == ["B307", "B102", "CC001"]
    tree(root, {"broken.py": "def f(:\n"})
    assert await idle(root, tmp_path / "state") == ["B102"]
    tree(
        root,
        {
            "plain.py": "x = 1\n" * 1000,
            ".understudy/config.yaml": f"{config}analysis: {{maxFileBytes: 2000}}\n",
        },
    )
    assert await idle(root, tmp_path / "state") == [], "it is too large"


async def idle(root: Path, state: Path, kind: type[Workspace] = Workspace) -> list[str]:
    """The rules of the entries that are called so after a scan of all."""
    runner = Runner()
    workspace = kind(root, state, trusted=False, today=lambda: date(2030, 6, 1))
    try:
        await workspace.load(None)
        await workspace.scan(Checks(runner), [root], lambda _: None)
    finally:
        await runner.close()
        await workspace.close()
    told = [p.message.partition(" says ")[2] for p in workspace.config_problems]
    return [rule.partition(".")[0] for rule in told]


async def test_an_entry_that_came_during_the_scan_is_not_called_idle(tmp_path: Path) -> None:
    class Edited(Workspace):
        async def analyse(self, *given: Any, **named: Any) -> dict[Path, FileView]:
            views = await super().analyse(*given, **named)
            tree(self.root, {".understudy/config.yaml": "rules: {ignore: [B307, B102]}\n"})
            await self.load(None)
            return views

    files = {"a.py": "eval(input())\n", ".understudy/config.yaml": "rules: {ignore: [B102]}\n"}
    root = tree(tmp_path / "root", files)
    assert await idle(root, tmp_path / "state", Edited) == []
    assert await idle(root, tmp_path / "state") == ["B102"]


async def test_what_is_staged_is_looked_at_likewise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A content that is not what is on disk, as the gate has it."""
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    root = tree(tmp_path / "root", FILES)
    async with asyncio.timeout(60), Batch.open(root) as batch:
        content = b"eval(input())  # understudy: ignore[B307]\n"
        found = await batch.check(
            {root / "plain.py": content, root / "held.py": b"eval(input())\n"}
        )
    shown = {path.name: [each.lead.rule for each in p] for path, p in found.problems.items()}
    assert shown == {"plain.py": [], "held.py": ["B307"]}

"""New findings first, on the command line: the baseline, the ratchet, and what was changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from understudy.app.hooks.gate import judge
from understudy.git import Repository
from understudy.model import Severity

from ..needs import not_applicable
from .repositories import Git
from .support import AS_A_USER, own_environment, tree, understudy, understudy_here

OLD = "import os\n\n\ndef pay(order):\n    return eval(order)\n"
NEW = "\n\ndef take(order):\n    return exec(order)\n"
SCHEMA = Path(__file__).parents[1] / "unit/data/sarif-2.1.0-rtm.5.json"


class Project:
    """A repository with findings, and the command line in it."""

    def __init__(self, git: Git, state: Path) -> None:
        self.git = git
        self.root = git.root
        self.environment = git.environment | {"UNDERSTUDY_STATE_DIR": str(state / "state")}
        ruff = '[tool.ruff.lint]\nselect = ["F401"]\nignore = ["S"]\n'
        self.git.commit({"src/a.py": OLD, "b.py": "import sys\n", "pyproject.toml": ruff})

    def run(self, *words: str, code: int = 0) -> str:
        done = self.both(*words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def both(self, *words: str) -> subprocess.CompletedProcess[str]:
        return understudy_here(*words, cwd=self.root, environment=self.environment)

    def scan(self, *words: str, code: int = 0) -> Any:
        return json.loads(self.run("scan", "--format", "json", *words, code=code))

    def add(self, name: str, text: str) -> None:
        file = self.root / name
        file.write_text(file.read_text() + text)

    @property
    def baseline(self) -> Path:
        return self.root / ".understudy/baseline.json"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(Git.new(tmp_path), tmp_path)


def rules(document: Any, *, known: bool | None = None) -> list[str]:
    return sorted(
        finding["rule"]
        for problem in document["problems"]
        if known in (None, problem["known"])
        for finding in problem["findings"]
    )


# ── the baseline ────────────────────────────────────────────────────────────────────────────────


def test_what_is_there_is_known_and_what_comes_is_new(project: Project) -> None:
    assert "3 findings in 2 files" in project.run("baseline", "create")
    assert "No new findings in 2 files; 3 known, 0 fixed" in project.run("scan")
    project.add("src/a.py", NEW)
    project.add("b.py", "# " + NEW.strip().splitlines()[0] + "\n")
    told = project.run("scan", code=1)
    assert "src/a.py:9:12" in told
    assert "eval" not in told
    assert "1 new problem in 2 files: 1 medium" in told
    document = project.scan(code=1)
    assert rules(document, known=False) == ["B102"]
    assert rules(document, known=True) == ["B307", "F401", "F401"]
    assert {k: document["summary"][k] for k in ("new", "known", "fixed")} == {
        "new": 1,
        "known": 3,
        "fixed": 0,
    }


def test_a_file_that_is_broken_is_a_finding_like_any_other(project: Project) -> None:
    for name, text in (("bad.py", "def f(:\n"), ("bad.ipynb", "{")):
        (project.root / name).write_text(text)
        assert "invalid-syntax" in rules(project.scan(name, code=1))
    assert "6 findings in 4 files" in project.run("baseline", "create")
    assert project.scan()["summary"]["new"] == 0


def test_a_baseline_that_is_refused_says_of_which_files(project: Project) -> None:
    for number in range(5):
        (project.root / f"old{number}.ipynb").write_text('{"nbformat": 3, "metadata": {}}')
    done = project.both("baseline", "create")
    assert done.returncode == 3
    (line,) = (each for each in done.stderr.splitlines() if "Ruff" in each)
    assert "(old0.ipynb, old1.ipynb, old2.ipynb and 2 more): This notebook was not read: " in line
    assert "format 3" in line


def test_what_goes_is_fixed(project: Project) -> None:
    project.run("baseline", "create")
    (project.root / "src/a.py").write_text(OLD.replace("import os\n", ""))
    (project.root / "b.py").unlink()
    document = project.scan()
    assert document["summary"]["fixed"] == 2
    assert document["fixed"] == [
        {"path": "b.py", "rule": "ruff:F401", "count": 1},
        {"path": "src/a.py", "rule": "ruff:F401", "count": 1},
    ]
    part = project.scan("src")
    assert part["summary"]["fixed"] == 1, "nothing is said of what was not looked at"


def test_without_a_baseline_all_is_as_ever(project: Project) -> None:
    document = project.scan(code=1)
    assert "new" not in document["summary"]
    assert "fixed" not in document
    project.run("baseline", "create")
    assert project.scan("--no-baseline", code=1) == document


def test_the_file_is_the_same_for_the_same_findings(project: Project) -> None:
    project.run("baseline", "create")
    written = project.baseline.read_bytes()
    project.run("baseline", "create", "--force")
    project.run("baseline", "update")
    assert project.baseline.read_bytes() == written


def test_it_is_not_written_over(project: Project) -> None:
    project.run("baseline", "create")
    project.add("src/a.py", NEW)
    project.run("baseline", "create", code=2)
    project.run("scan", code=1)
    assert "4 findings" in project.run("baseline", "create", "--force")
    project.run("scan")


def test_an_update_takes_out_what_was_fixed_and_takes_nothing_new(project: Project) -> None:
    project.run("baseline", "create")
    project.add("src/a.py", NEW)
    (project.root / "b.py").write_text("")
    told = project.run("baseline", "update")
    assert "2 findings in 1 file" in told
    assert "1 were fixed" in told
    assert "1 new ones were not taken" in told
    assert rules(project.scan(code=1), known=False) == ["B102"]
    project.run("baseline", "update", "--force")
    assert "3 findings in 1 file" in project.run("baseline", "show")
    project.run("scan")


def test_renamed_files_keep_theirs(project: Project) -> None:
    project.run("baseline", "create")
    project.git.commit({"x": ""})
    (project.root / "lib").mkdir()
    project.git("mv", "src/a.py", "lib/c.py")
    assert project.scan()["summary"]["known"] == 3
    project.git("commit", "-m", "moved")
    assert project.scan()["summary"]["known"] == 3
    assert "No count rose" in project.run("baseline", "check")
    project.run("baseline", "update")
    assert list(json.loads(project.baseline.read_text())["files"]) == ["b.py", "lib/c.py"]


def test_outside_of_git_it_works_too(tmp_path: Path) -> None:
    root = tree(tmp_path / "plain", {"a.py": OLD, ".understudy/config.yaml": ""})
    environment = own_environment(tmp_path)
    for words, code in ((["baseline", "create"], 0), (["scan"], 0), (["baseline", "check"], 0)):
        done = understudy(*words, cwd=root, environment=environment)
        assert done.returncode == code, done.stdout + done.stderr
    (root / "a.py").rename(root / "b.py")
    assert understudy("scan", cwd=root, environment=environment).returncode == 1


@pytest.mark.parametrize(
    "command", [["scan"], ["baseline", "update"], ["baseline", "show"], ["baseline", "check"]]
)
def test_a_broken_baseline_is_told_of(project: Project, command: list[str]) -> None:
    project.baseline.parent.mkdir()
    project.baseline.write_text("<" * 7 + " HEAD\n")
    done = project.both(*command)
    assert done.returncode == 2
    assert "baseline.json" in done.stderr
    assert "Traceback" not in done.stderr
    project.run("baseline", "create", "--force")
    project.run("scan")


@pytest.mark.parametrize("command", ["update", "show", "check"])
def test_without_one_the_commands_tell_how_to_make_it(project: Project, command: str) -> None:
    done = project.both("baseline", command)
    assert done.returncode == 2
    assert "understudy baseline create" in done.stderr


def test_what_a_tool_could_not_say_is_no_baseline(project: Project) -> None:
    (project.root / "pyproject.toml").write_text("[tool.bandit\n")
    done = project.both("baseline", "create")
    assert done.returncode == 3
    assert not project.baseline.exists()


def test_a_link_is_not_written_through(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project.root / ".understudy").symlink_to(tmp_path / "elsewhere")
    assert project.both("baseline", "create").returncode == 3
    assert not list((tmp_path / "elsewhere").iterdir())


def test_sarif_tells_what_is_new(project: Project) -> None:
    project.run("baseline", "create")
    project.add("src/a.py", NEW)
    document = json.loads(project.run("scan", "--format", "sarif", code=1))
    jsonschema.Draft4Validator(json.loads(SCHEMA.read_text())).validate(document)
    results = document["runs"][0]["results"]
    states = sorted((each["ruleId"], each["baselineState"]) for each in results)
    assert states == [
        ("B102", "new"),
        ("B307", "unchanged"),
        ("F401", "unchanged"),
        ("F401", "unchanged"),
    ]
    named = [each["partialFingerprints"]["understudy/v1"] for each in results]
    assert len(set(named)) == 4


def test_github_is_told_of_what_is_new(project: Project) -> None:
    project.run("baseline", "create")
    assert project.run("scan", "--format", "github") == ""


# ── the ratchet ─────────────────────────────────────────────────────────────────────────────────


def test_a_count_that_rises_is_named(project: Project) -> None:
    project.run("baseline", "create")
    assert project.run("baseline", "check") == "No count rose.\n"
    project.add("src/a.py", "import re\n")
    assert project.run("baseline", "check", code=1) == "src: ruff:F401 rose from 1 to 2\n"
    project.run("baseline", "update", "--force")
    project.run("baseline", "check")


def test_one_that_goes_makes_room_for_one_that_comes_until_it_is_taken_out(
    project: Project,
) -> None:
    project.run("baseline", "create")
    (project.root / "src/a.py").write_text(OLD.replace("import os", "import re"))
    project.run("baseline", "check")
    assert rules(project.scan(code=1), known=False) == ["F401"]
    project.run("baseline", "update")
    assert "src: ruff:F401 rose from 0 to 1" in project.run("baseline", "check", code=1)


def test_show_tells_the_counts(project: Project) -> None:
    project.run("baseline", "create")
    assert project.run("baseline", "show").splitlines() == [
        "     1  ruff:F401                .",
        "     1  bandit:B307              src",
        "     1  ruff:F401                src",
        "3 findings in 2 files",
    ]
    assert json.loads(project.run("baseline", "show", "--json")) == {
        ".": {"ruff:F401": 1},
        "src": {"bandit:B307": 1, "ruff:F401": 1},
    }


def test_names_in_it_control_no_terminal(project: Project) -> None:
    project.run("baseline", "create")
    (path,) = project.root.glob(".understudy/baseline.json")
    path.write_text(path.read_text().replace("src/", "s\\u001b[2J\\nc/"))
    said = project.run("baseline", "show")
    assert "s�[2J�c" in said
    assert "\x1b" not in said


# ── only what was changed ───────────────────────────────────────────────────────────────────────


def test_only_changed_lines_are_told_of(project: Project) -> None:
    assert project.scan("--changed")["summary"]["files"] == 0
    project.add("src/a.py", NEW)
    document = project.scan("--changed", code=1)
    assert rules(document) == ["B102"]
    assert document["summary"]["files"] == 1
    text = project.run("scan", "--changed", code=1)
    assert "1 problem in 1 file" in text
    sarif = json.loads(project.run("scan", "--changed", "--format", "sarif", code=1))
    assert [each["ruleId"] for each in sarif["runs"][0]["results"]] == ["B102"]


def test_a_file_that_git_does_not_know_is_new_as_a_whole(project: Project) -> None:
    (project.root / "c.py").write_text(OLD)
    assert rules(project.scan("--changed", code=1)) == ["B307", "F401"]


def test_since_a_branch_and_since_it_parted(project: Project) -> None:
    project.git("checkout", "-q", "-b", "work")
    project.git.commit({"src/a.py": OLD + NEW})
    project.git("checkout", "-q", "main")
    project.git.commit({"b.py": "import sys, re\n"})
    project.git("checkout", "-q", "work")
    assert project.scan("--changed")["summary"]["problems"] == 0
    assert rules(project.scan("--changed=main...", code=1)) == ["B102"]
    assert rules(project.scan("--changed=main", code=1)) == ["B102", "F401"]
    assert rules(project.scan("--changed", "HEAD~1", code=1)) == ["B102"]


def test_a_renamed_file_is_not_new(project: Project) -> None:
    project.git("mv", "src/a.py", "c.py")
    project.add("c.py", NEW)
    assert rules(project.scan("--changed", code=1)) == ["B102"]


def test_a_folder_of_the_repository(project: Project) -> None:
    (project.root / "src/.understudy").mkdir()
    project.add("src/a.py", NEW)
    done = understudy(
        "scan",
        "--changed",
        "--format",
        "json",
        cwd=project.root / "src",
        environment=project.environment,
    )
    assert rules(json.loads(done.stdout)) == ["B102"]


@pytest.mark.parametrize("revision", ["nowhere", "HEAD:src", ""])
def test_a_revision_that_does_not_exist_is_named(project: Project, revision: str) -> None:
    done = project.both("scan", f"--changed={revision}")
    assert done.returncode == 2
    assert "git knows no commit" in done.stderr


def test_what_could_not_be_looked_at_is_told_of(project: Project) -> None:
    project.git.commit({"bad.py": b"NAME = 'a'\n"})
    (project.root / "bad.py").write_bytes(b"NAME = 'Jos\xe9'\n")
    assert project.both("scan", "--changed").returncode == 3


# ── the gate ────────────────────────────────────────────────────────────────────────────────────


async def test_a_gate_lets_what_is_known_pass(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.run("baseline", "create")
    for name in (*Git.ISOLATION, "UNDERSTUDY_STATE_DIR"):
        monkeypatch.setenv(name, project.environment[name])
    project.add("src/a.py", "x = 1\n")
    project.git("add", "--all")
    verdict = await judge(Repository.at(project.root), None, Severity.INFO)
    assert (verdict.complete, dict(verdict.scan.problems)) == (True, {})
    project.add("src/a.py", NEW)
    project.git("add", "--all")
    verdict = await judge(Repository.at(project.root), None, Severity.INFO)
    (found,) = verdict.scan.problems.values()
    assert [each.rules for each in found] == [("B102",)]


def test_the_work_tree_is_as_it_was(project: Project) -> None:
    before = sorted(os.listdir(project.root / ".git"))
    project.add("src/a.py", NEW)
    project.run("scan", "--changed", code=1)
    assert sorted(os.listdir(project.root / ".git")) == before


def test_a_folder_that_cannot_be_read_is_a_failure_and_nothing_in_it_is_fixed(
    project: Project,
) -> None:
    if os.geteuid() == 0 and not AS_A_USER:
        not_applicable("root may read everything")
    project.run("baseline", "create")
    before = project.baseline.read_bytes()

    def answer(*words: str) -> subprocess.CompletedProcess[str]:
        command = [*AS_A_USER, sys.executable, "-P", "-m", "understudy", *words]
        return subprocess.run(
            command,
            cwd=project.root,
            env=project.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    (project.root / "src").chmod(0)
    try:
        answers = {
            words: answer(*words.split())
            for words in ("scan", "scan --no-baseline", "baseline check", "baseline update")
        }
    finally:
        (project.root / "src").chmod(0o700)
    assert {words: each.returncode for words, each in answers.items()} == dict.fromkeys(answers, 3)
    assert "(src): it cannot be read: Permission denied" in answers["scan"].stdout
    assert "1 known, 0 fixed" in answers["scan"].stdout
    assert project.baseline.read_bytes() == before
    project.run("scan")

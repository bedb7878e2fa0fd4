"""Why a finding is there, and why it is not: each reason once, with the real tools."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from understudy.app.batch import Batch
from understudy.app.explain.explaining import explain
from understudy.app.folder.workspace import Workspace
from understudy.checks.engine import Checks, Subject
from understudy.findings.suppressions import EXPIRED, UNUSED
from understudy.model import (
    Category,
    Finding,
    Position,
    Range,
    Reason,
    Report,
    Severity,
    State,
)
from understudy.runner.execute import Runner
from understudy.text import digest

from .programs import program
from .support import own_environment, tree, understudy, understudy_here

EVAL = "import os\n\n\ndef f(x):\n    return eval(x)\n"
QUIET = '[tool.ruff]\nlint.select = ["E4", "S", "C90"]\n'

Files = dict[str, str]
CASES: dict[str, tuple[Files, str, str, list[str], str]] = {
    "found, leading": (
        {"a.py": EVAL},
        "a.py:5",
        "B307",
        ["tool", "found", "merged", "shown"],
        "Ruff S307 means the same at the same place. It leads.",
    ),
    "found, merged under another": (
        {"a.py": EVAL, "pyproject.toml": QUIET},
        "a.py:5",
        "S307",
        ["tool", "found", "merged", "shown"],
        "It is shown as B307",
    ),
    "added by us": (
        {"a.py": EVAL},
        "a.py:5",
        "S307",
        ["tool", "note", "found", "merged", "shown"],
        "Its defaults do not have S and C901",
    ),
    "written in small letters": (
        {"a.py": EVAL},
        "a.py:5",
        "b307",
        ["unknown-rule", "switched-off"],
        "Did you mean B307?",
    ),
    "added by us to a configuration": (
        {"a.py": EVAL, "ruff.toml": 'lint.select = ["F"]\n'},
        "a.py:5",
        "S307",
        ["tool", "note", "found", "merged", "shown"],
        "ruff.toml. Its configuration does not speak of S and C901",
    ),
    "not selected": (
        {"a.py": EVAL, "pyproject.toml": QUIET},
        "a.py:1",
        "F401",
        ["tool", "not-selected"],
        "pyproject.toml) does not select F401",
    ),
    "ignored by Ruff's configuration": (
        {"a.py": EVAL, "ruff.toml": 'lint.select = ["F", "S", "C90"]\nlint.ignore = ["F401"]\n'},
        "a.py:1",
        "F401",
        ["tool", "not-selected"],
        "ruff.toml) does not select F401, or ignores it",
    ),
    "per-file-ignores": (
        {
            "a.py": EVAL,
            "ruff.toml": 'lint.select = ["F", "S", "C90"]\n[lint.per-file-ignores]\n"a.py" = ["F401"]\n',
        },
        "a.py:1",
        "F401",
        ["tool", "per-file-ignores"],
        "names F401 for this file",
    ),
    "extend-per-file-ignores": (
        {
            "a.py": EVAL,
            "ruff.toml": 'lint.select = ["F", "S", "C90"]\n[lint.extend-per-file-ignores]\n"a.py" = ["F401"]\n',
        },
        "a.py:1",
        "F401",
        ["tool", "configuration"],
        "See `extend-per-file-ignores`",
    ),
    "noqa": (
        {"a.py": "import os  # noqa: F401\n"},
        "a.py:1",
        "F401",
        ["tool", "note", "noqa"],
        "`# noqa: F401` in line 1",
    ),
    "noqa of the file": (
        {"a.py": "# ruff: noqa: F401\nimport os\n"},
        "a.py:2",
        "F401",
        ["tool", "note", "noqa"],
        "`# ruff: noqa: F401` in line 1",
    ),
    "two things at once": (
        {"a.py": "import os  # noqa\n", "pyproject.toml": QUIET},
        "a.py:1",
        "F401",
        ["tool", "not-selected", "noqa"],
        "`# noqa` in line 1",
    ),
    "below the threshold": (
        {"a.py": "def f(a):\n    return a\n"},
        "a.py:1",
        "C901",
        ["tool", "note", "threshold"],
        "not as complex",
    ),
    "a preview rule": (
        {"a.py": "x = 1\n\n\n\n\ndef f(a):\n    return a\n", "ruff.toml": 'lint.select = ["E"]\n'},
        "a.py:6",
        "E303",
        ["tool", "note", "preview"],
        "E303 is a preview rule",
    ),
    "nothing to be said": (
        {"a.py": EVAL},
        "a.py:2",
        "B307",
        ["tool", "silent"],
        "Whatever its configuration, Bandit",
    ),
    "nosec": (
        {"a.py": "eval(input())  # nosec B307\n"},
        "a.py:1",
        "B307",
        ["tool", "nosec"],
        "`# nosec B307` in line 1",
    ),
    "skipped in Bandit's configuration": (
        {"a.py": EVAL, "pyproject.toml": '[tool.bandit]\nskips = ["B307"]\n'},
        "a.py:5",
        "B307",
        ["tool", "not-selected"],
        "pyproject.toml) skips B307",
    ),
    "not among Bandit's tests": (
        {"a.py": EVAL, ".bandit": "[bandit]\ntests = B101\n"},
        "a.py:5",
        "B307",
        ["tool", "not-selected"],
        ".bandit) skips B307, or does not list it",
    ),
    "excluded in Bandit's configuration": (
        {"a.py": EVAL, "pyproject.toml": '[tool.bandit]\nexclude_dirs = ["a.py"]\n'},
        "a.py:5",
        "B307",
        ["tool", "not-analysed"],
        "Bandit's configuration excludes this file",
    ),
    "analysis.exclude": (
        {"gen/a.py": EVAL, ".understudy/config.yaml": "analysis:\n  exclude: [gen/]\n"},
        "gen/a.py:5",
        "B307",
        ["excluded", "tool", "not-analysed"],
        "analysis.exclude excludes this file",
    ),
    ".gitignore": (
        {"gen/a.py": EVAL, ".gitignore": "gen/\n"},
        "gen/a.py:5",
        "B307",
        ["excluded", "tool", "found", "merged", "shown"],
        "a .gitignore names it",
    ),
    "too large": (
        {"a.py": EVAL + "#" * 2_000, ".understudy/config.yaml": "analysis:\n  maxFileBytes: 1000\n"},
        "a.py:5",
        "B307",
        ["tool", "too-large"],
        "more than analysis.maxFileBytes",
    ),
    "not of the tool's kind": (
        {"a.ts": "eval(x);\n"},
        "a.ts:1",
        "B307",
        ["not-for-this-file"],
        "looks at files such as .py, .pyw",
    ),
    "switched off": (
        {"a.py": EVAL, ".understudy/config.yaml": "bandit:\n  enabled: false\n"},
        "a.py:5",
        "B307",
        ["switched-off"],
        "Bandit, which has the rule B307, is switched off",
    ),
    "no such rule": (
        {"a.py": EVAL},
        "a.py:5",
        "NoSuch",
        ["unknown-rule", "switched-off"],
        "knows of NoSuch. Bandit, complexipy, Radon and Ruff looked at it. Semgrep may have",
    ),
    "a word that may be the rule of tools that are off": (
        {"a.py": EVAL, "pylintrc": ""},
        "a.py:5",
        "attr-defined",
        ["unknown-rule", "switched-off"],
        "mypy, ty and Semgrep may have such a rule, and are switched off",
    ),
    "the rule of a workflow": (
        {".github/workflows/a.yml": "on: push\n"},
        ".github/workflows/a.yml:1",
        "dangerous-triggers",
        ["unknown-rule", "switched-off"],
        "None looked at it. zizmor may have such a rule, and is switched off",
    ),
    "a secret, when none are looked for": (
        {"a.env": "x=1\n"},
        "a.env:1",
        "betterleaks.github-pat",
        ["unknown-rule", "switched-off"],
        "Kingfisher may have such a rule, and is",
    ),
    "Radon's own code": ({"a.py": EVAL}, "a.py:4", "R701", ["tool", "silent"], "Radon 6"),
    "complexipy's own code": ({"a.py": EVAL}, "a.py:4", "CC001", ["tool", "silent"], "complexipy"),
    "growth, without any": ({"a.py": EVAL}, "a.py:1", "growth", ["silent"], "This one is not"),
    "growth, switched off": (
        {"a.py": EVAL, ".understudy/config.yaml": "complexity: {growth: {enabled: false}}\n"},
        "a.py:1",
        "growth",
        ["switched-off"],
        "`complexity.growth.enabled`",
    ),
    "growth, where nothing is measured": (
        {"a.js": "x\n"},
        "a.js:1",
        "growth",
        ["no-verdict"],
        "in what Radon has measured",
    ),
    "a note of our own on a comment": (
        {"a.py": "x = 1  # understudy: ignore[B307]\n"},
        "a.py:1",
        UNUSED,
        ["tool", "found", "shown"],
        f"Understudy {version('understudy')} itself tells of it",
    ),
    "a note of our own that is ignored": (
        {
            "a.py": "x = 1  # understudy: ignore[B307]\n",
            ".understudy/config.yaml": f"rules: {{ignore: [{UNUSED}]}}\n",
        },
        "a.py:1",
        UNUSED,
        ["tool", "found", "ignored-by-settings"],
        f"`rules.ignore` has {UNUSED}",
    ),
    "a note of our own that is not there": (
        {"a.py": EVAL}, "a.py:1", UNUSED, ["silent"], "itself tells of that, and not here"
    ),
    "a note of our own on an entry of the settings": (
        {".understudy/config.yaml": "rules: {ignore: [B307 until 2020-01-01]}\n"},
        ".understudy/config.yaml:1",
        EXPIRED,
        ["tool", "found", "shown"],
        "B307 was ignored until 2020-01-01",
    ),
    "a file that is too large": (
        {"a.py": EVAL * 50, ".understudy/config.yaml": "analysis: {maxFileBytes: 1000}\n"},
        "a.py:1",
        "too-large",
        ["tool", "found", "shown"],
        "more than analysis.maxFileBytes",
    ),
    "an advisory, which no scan tells of": (
        {"requirements.txt": "jinja2==2.4.1\n"},
        "requirements.txt:1",
        "PYSEC-2018-28",
        ["no-verdict"],
        "`understudy run dependency_audit` asks",
    ),
    "a declared command that nobody trusts": (
        {
            "a.md": "x\n",
            "../config/understudy/config.yaml":
                'analyzers: {custom: {words: {command: ["true"], files: ["*.md"]}}}\n',
        },
        "a.md:1",
        "lorem",
        ["unknown-rule", "not-trusted"],
        "words would run what this workspace brings along",
    ),
    "a plug-in that is not there": (
        {
            "a.md": "x\n",
            "../config/understudy/config.yaml":
                'analyzers: {plugins: {stars: {files: ["*.md"]}}}\n',
        },
        "a.md:1",
        "star",
        ["unknown-rule", "missing"],
        "stars gave no verdict: there is no 'stars'",
    ),
    "a rule of another version": (
        {"a.py": EVAL},
        "a.py:5",
        "F999",
        ["tool", "note", "unknown-rule"],
        "This Ruff has no rule F999",
    ),
    "a test of another version": (
        {"a.py": EVAL},
        "a.py:5",
        "B799",
        ["tool", "unknown-rule"],
        "This Bandit has no test B799",
    ),
    "ignored by a comment": (
        {"a.py": "eval(input())  # understudy: ignore[B307] -- a demo\n"},
        "a.py:1",
        "B307",
        ["tool", "found", "ignored-by-comment"],
        "A comment in line 1 lets B307 be (a demo)",
    ),
    "ignored by the settings": (
        {"a.py": EVAL, ".understudy/config.yaml": 'rules:\n  ignore: ["B307 in *.py"]\n'},
        "a.py:5",
        "B307",
        ["tool", "found", "ignored-by-settings"],
        "`rules.ignore` has B307 in *.py",
    ),
    "a comment whose day has passed": (
        {"a.py": "eval(input())  # understudy: ignore[B307] until 2020-01-01 -- a demo\n"},
        "a.py:1",
        "B307",
        ["tool", "found", "merged", "no-longer-ignored", "shown"],
        "A comment in line 1 let it be until 2020-01-01 (a demo)",
    ),
    "an entry whose day has passed": (
        {
            "a.py": EVAL,
            ".understudy/config.yaml": 'rules: {ignore: ["S307 until 2020-01-01 -- a demo"]}\n',
        },
        "a.py:5",
        "B307",
        ["tool", "found", "merged", "no-longer-ignored", "shown"],
        "`rules.ignore` had S307 until 2020-01-01 (a demo)",
    ),
    "shown as the settings say": (
        {"a.py": EVAL, ".understudy/config.yaml": "severity:\n  high: hint\n"},
        "a.py:5",
        "B307",
        ["tool", "found", "merged", "shown"],
        "`severity.high` shows as hint",
    ),
    "a syntax that it cannot read": (
        {"a.py": "def f(:\n"},
        "a.py:1",
        "B307",
        ["tool", "not-analysed"],
        "cannot parse it",
    ),
    "not trusted": (
        {
            "a.py": EVAL,
            "python": "",
            "../config/understudy/config.yaml": "bandit:\n  interpreter: ./python\n",
        },
        "a.py:5",
        "B307",
        ["tool", "not-trusted"],
        "`understudy trust` lets it",
    ),
}  # fmt: skip


async def explained(folder: Path, files: Files, place: str, rule: str) -> list[Reason]:
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    name, _, line = place.rpartition(":")
    async with Batch.open(folder) as batch:
        return await batch.explain(folder / name, int(line) - 1, rule)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    project = tmp_path / "project"
    (project / ".git").mkdir(parents=True)
    return project


@pytest.mark.parametrize("case", CASES)
async def test_every_reason(case: str, folder: Path) -> None:
    files, place, rule, kinds, part = CASES[case]
    reasons = await explained(folder, files, place, rule)
    assert [reason.kind for reason in reasons] == kinds, reasons
    assert part in " ".join(reason.text for reason in reasons)


def found_by(tool: str, rule: str, version: str = "") -> Report:
    place = Range(Position(0, 0), Position(0, 6))
    finding = Finding(tool, rule, "it is old", place, Severity.HIGH, Category.SECURITY)
    return replace(Report.of(tool, (finding,)), version=version)


AUDIT = Report("npm-audit", State.FAILED, why="the registry does not answer")
TASKED: dict[str, tuple[str, Report, int, str, list[str], str]] = {
    "an advisory": (
        "dependency_audit",
        found_by("pip-audit", "PYSEC-2018-28", "2.9.0"),
        0,
        "PYSEC-2018-28",
        ["task", "found", "shown"],
        "pip-audit 2.9.0 said it, asked by the task dependency_audit, which ended 20",
    ),
    "another advisory": (
        "dependency_audit",
        found_by("pip-audit", "PYSEC-2018-28", "2.9.0"),
        1,
        "PYSEC-2018-28",
        ["silent"],
        "pip-audit 2.9.0, asked by the task dependency_audit, which ended 20",
    ),
    "what was not audited": (
        "dependency_audit",
        found_by("npm-audit", "not-audited"),
        0,
        "not-audited",
        ["task", "found", "shown"],
        "npm audit said it, asked by the task dependency_audit, which ended 20",
    ),
    "an audit that failed": (
        "dependency_audit", AUDIT, 0, "GHSA-35jh-r3h4-6jhm", ["failed"], "does not answer"
    ),
    "a problem matcher, whose rules are called as another tool's": (
        "lint",
        found_by("lint", "F401"),
        0,
        "F401",
        ["task", "found", "shown"],
        "It was found by the task lint, which ended 20",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TASKED)
async def test_what_tasks_found(case: str, tmp_path: Path) -> None:
    task, report, row, rule, kinds, part = TASKED[case]
    path = tree(tmp_path / "root", {"a.txt": "jinja2\nflask\n"}) / "a.txt"
    runner = Runner()
    workspace = Workspace(path.parent, tmp_path / "state", trusted=False)
    try:
        await workspace.load(None)
        workspace.tasked.take(task, {str(path): report}, 1_790_000_000.0)
        content = path.read_bytes()
        subject = Subject(str(path), path.parent, content, digest(content))
        reasons = await explain(Checks(runner), workspace, subject, row, rule)
    finally:
        await runner.close()
        await workspace.close()
    assert [reason.kind for reason in reasons] == kinds, reasons
    assert part in " ".join(reason.text for reason in reasons)


SCRIPT = "#!/bin/sh\necho $1\n"
ANSWER = '{"comments": [{"file": "%s", "line": 2, "column": 6, "level": "info", "code": 2086, "message": "quote"}]}'
PLUGIN = """\
from understudy.api import Category, Finding, Position, Range, Severity
class Stars:
    def check(self, path, text):
        place = Range(Position(0, 0), Position(0, 1))
        yield Finding("", "star", "a star", place, Severity.LOW, Category.QUALITY)
"""
SITE = {
    "stars.py": PLUGIN,
    "x-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: x\nVersion: 1\n",
    "x-1.dist-info/entry_points.txt": "[understudy.analyzers]\nstars = stars:Stars\n",
}
MORE_TOOLS: dict[str, tuple[Files, Any, str, str, str, str]] = {
    "optional": (
        {"a.sh": SCRIPT, ".shellcheckrc": "external-sources=true\n"},
        {"shellcheck": {"enabled": True, "path": "BIN"}},
        "a.sh:2",
        "SC2086",
        "found",
        "ShellCheck 99.1 has the rule, configured by",
    ),
    "optional, silent": (
        {"a.sh": SCRIPT},
        {"shellcheck": {"enabled": True, "path": "BIN"}},
        "a.sh:1",
        "SC2086",
        "silent",
        "ShellCheck says nothing of it here",
    ),
    "optional, off": (
        {"a.py": EVAL},
        {},
        "a.py:1",
        "W0611",
        "switched-off",
        "Pylint, which has the rule W0611, is switched off",
    ),
    "Pylint": (
        {"a.py": EVAL},
        {"pylint": {"enabled": True, "interpreter": sys.executable}},
        "a.py:1",
        "W0611",
        "found",
        "Pylint 4",
    ),
    "declared": (
        {"a.md": "x\n"},
        {"analyzers": {"custom": {"words": {
            "command": ["sh", "-c", 'echo "$1:1:1: error: lorem"', "sh", "${{ file }}"],
            "files": ["*.md"],
            "output": r"^(?P<file>.+?):(?P<line>\d+):(?P<column>\d+): (?P<severity>\w+): (?P<message>(?P<code>.*))$",
        }}}},
        "a.md:1",
        "lorem",
        "found",
        "words has the rule",
    ),
    "a plug-in": (
        {"a.md": "*\n"},
        {"analyzers": {"plugins": {"stars": {"files": ["*.md"]}}}},
        "a.md:1",
        "star",
        "found",
        "stars 1 has the rule",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", MORE_TOOLS)
def test_every_kind_of_tool_is_known(case: str, folder: Path, tmp_path: Path) -> None:
    files, own, place, rule, kind, part = MORE_TOOLS[case]
    fake = program(
        tmp_path / "bin/shellcheck",
        f'case "$1" in --version) echo 99.1; exit;; esac\ncat <<END\n{ANSWER % "a.sh"}\nEND',
    )
    tree(folder, files)
    config = json.dumps(own).replace("BIN", str(fake))
    tree(tmp_path, {"config/understudy/config.yaml": config})
    site = tree(tmp_path / "site", SITE)
    environment = own_environment(
        tmp_path, XDG_CONFIG_HOME=str(tmp_path / "config"), PYTHONPATH=str(site)
    )
    assert understudy_here("trust", cwd=folder, environment=environment).returncode == 0
    told = understudy("explain", place, rule, "--json", cwd=folder, environment=environment)
    reasons = json.loads(told.stdout)["reasons"]
    assert kind in [each["kind"] for each in reasons], reasons
    assert part in " ".join(each["text"] for each in reasons)


@pytest.mark.parametrize(
    ("show", "kinds", "how"),
    [
        ("hint", ["known"], "shown as a hint, whatever its severity"),
        ("hidden", ["known"], "not shown in editors"),
        ("all", ["known", "shown"], "shown as all others are"),
    ],
)
async def test_what_the_baseline_has_is_known(
    show: str, kinds: list[str], how: str, folder: Path, tmp_path: Path
) -> None:
    files = {"a.py": EVAL, ".understudy/config.yaml": f"baseline: {{show: {show}}}\n"}
    before = await explained(folder, files, "a.py:5", "B307")
    assert before[-1].kind == "shown"
    understudy_here("baseline", "create", cwd=folder, environment=own_environment(tmp_path))
    known = await explained(folder, {}, "a.py:5", "B307")
    assert [each.kind for each in known[-len(kinds) :]] == kinds
    assert f"It is known: the baseline has it, and `baseline.show` has it {how}." in {
        each.text for each in known
    }


def test_on_the_command_line(folder: Path, tmp_path: Path) -> None:
    (folder / "a.py").write_text("import os  # noqa: F401\n")
    environment = own_environment(tmp_path)
    told = understudy("explain", "a.py:1", "F401", cwd=folder, environment=environment)
    assert told.returncode == 0, told.stderr
    assert "3. `# noqa: F401` in line 1 silences it." in told.stdout.splitlines()
    told = understudy("explain", "a.py:1", "F401", "--json", cwd=folder, environment=environment)
    answer = json.loads(told.stdout)
    assert answer["path"] == str(folder / "a.py")
    assert answer["reasons"][-1] == {
        "kind": "noqa",
        "text": "`# noqa: F401` in line 1 silences it.",
        "path": "",
        "line": 1,
    }
    for wrong in ("a.py", "a.py:0", "nowhere.py:1"):
        told = understudy("explain", wrong, "F401", cwd=folder, environment=environment)
        assert told.returncode == 2

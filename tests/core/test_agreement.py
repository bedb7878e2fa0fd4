"""On code that nobody here wrote, we say what ``bandit``, ``ruff check`` and ``detect-secrets scan``
say, file by file.

With and without a configuration; of files on disk in a scan, and of texts in memory as an editor
has them. ``fetch_corpus.py`` brings the code.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from understudy.analyzers.bandit import ANALYZER as BANDIT
from understudy.analyzers.ruff import ANALYZER as RUFF
from understudy.analyzers.ruff.output import from_json
from understudy.checks.engine import configure
from understudy.findings.redact import secrets_of, without
from understudy.findings.secret_rules import tells_of_secret
from understudy.model import Finding, Metric, Report, State
from understudy.settings import Settings
from understudy.text import Lines, canonical, decode

from ..needs import missing
from .support import tree
from .test_scan import World

CONFIGURING = ("pyproject.toml", "setup.cfg", "tox.ini", ".bandit", "ruff.toml", ".ruff.toml")
BANDIT_OPTIONS = """
[tool.bandit]
skips = ["B105", "B404", "B603"]
exclude_dirs = ["/tutorial/", "./examples/sql_statements"]
[tool.bandit.assert_used]
skips = ["*/test_*.py"]
[tool.bandit.hardcoded_tmp_directory]
tmp_dirs = ["/tmp", "/srv"]
"""
RUFF_OPTIONS = """
[tool.ruff.lint]
select = ["B", "C4", "E", "F", "PL", "RUF", "SIM", "UP", "W"]
preview = true
[tool.ruff.lint.per-file-ignores]
"examples/[a-m]*" = ["F401"]
"""


class Project(NamedTuple):
    """``folder`` in the corpus; ``options`` are what ``configured`` adds to what comes with it."""

    folder: str
    options: str


PROJECTS = {
    "bandit": Project("bandit-1.9.4/examples", RUFF_OPTIONS + BANDIT_OPTIONS),
    "flask": Project("flask-3.1.3", BANDIT_OPTIONS),
    "requests": Project("requests-2.34.2", BANDIT_OPTIONS),
}


@pytest.fixture(scope="session")
def corpus(pytestconfig: pytest.Config) -> Path:
    folder = Path(pytestconfig.rootpath, ".cache/corpus")
    if not (folder / ".ready").exists():
        missing("the real code is missing: make test fetches it")
    return folder.resolve()


EVERY_DAY = {"bandit, plain", "flask, plain", "requests, configured"}


def variants(*ways: str) -> list[Any]:
    """Of each project. The other ones than ``EVERY_DAY`` belong to the long form."""
    names = [f"{name}, {way}" for name in PROJECTS for way in ways]
    return [
        name if name in EVERY_DAY else pytest.param(name, marks=pytest.mark.soak) for name in names
    ]


@pytest.fixture(params=variants("plain", "configured"))
def root(request: pytest.FixtureRequest, corpus: Path, tmp_path: Path) -> Path:
    """The Python files of a project, with its configuration or without any."""
    name, _, how = request.param.partition(", ")
    project = PROJECTS[name]
    root: Path = tmp_path / name
    shutil.copytree(corpus / project.folder, root)
    if how == "plain":
        for path in (path for name in CONFIGURING for path in root.rglob(name)):
            path.unlink()
    else:
        for slow in SLOW:
            (root / slow).unlink(missing_ok=True)
        with (root / "pyproject.toml").open("a", encoding="utf-8") as file:
            file.write(project.options)
    return root


Reports = dict[str, dict[str, Report]]


SLOW = {"long_set.py"}
"""Takes Bandit six seconds; once is enough. Radon takes many minutes to count its lines."""


CONFIGURABLE = {"complexity__enabled": True}  # Ruff's C901 belongs to it
MEASURING = {f"{tool}__enabled": False for tool in ("bandit", "ruff", "eslint")} | {
    "secrets__enabled": True,
    "complexity__enabled": True,
}
"""By themselves: where secrets are looked for, what others quote of them is masked."""


async def both_ways(root: Path, state: Path, tools: dict[str, bool]) -> tuple[Reports, Reports]:
    """What these tools say of files on disk in a scan, and of texts in memory."""
    slow = any((root / name).exists() for name in SLOW)
    own = {
        "analysis__maxFileBytes": 10_000_000,
        "complexity__minMaintainability": 0 if slow else 1,
        **tools,
    }
    async with AsyncExitStack() as worlds:
        scanning, opening = (World(root, state / name, **own) for name in ("scanned", "opened"))
        worlds.push_async_callback(scanning.close)
        worlds.push_async_callback(opening.close)
        scanned = await scanning.scan()
        return scanned, await from_memory(opening, scanned)


async def from_memory(world: World, scanned: Reports) -> Reports:
    readable = {
        name
        for name in scanned
        if Path(name).suffix and reference_text(world.root / name) is not None
    }
    return {name: await world.in_memory(name) for name in readable - SLOW}


def reference_text(path: Path) -> str | None:
    """What an editor has of it; None for a file that it would not show as text."""
    try:
        return decode(path.read_bytes())
    except ValueError:
        return None


def run(command: list[str], root: Path) -> Any:
    done = subprocess.run(
        [sys.executable, "-P", "-m", *command], cwd=root, capture_output=True, check=False
    )
    return json.loads(done.stdout)


@pytest.mark.timeout(300)
async def test_they_agree(root: Path, tmp_path: Path) -> None:
    ways = await both_ways(root, tmp_path, CONFIGURABLE)
    agrees_with_bandit(root, *ways)
    agrees_with_ruff(root, *ways)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("root", variants("plain"), indirect=True)
async def test_those_agree_that_no_project_configures(root: Path, tmp_path: Path) -> None:
    ways = await both_ways(root, tmp_path, MEASURING)
    agrees_with_radon(root, *ways)
    agrees_with_complexipy(root, *ways)
    agrees_with_detect_secrets(root, *ways)


def agrees_with_bandit(root: Path, *ways: Reports) -> None:
    command = ["bandit", "-q", "-f", "json", "-r", "."]
    if (root / "pyproject.toml").exists():
        command += ["-c", "pyproject.toml"]
    answer = run(command, root)
    told: dict[str, Counter[object]] = {}
    for row in answer["results"]:
        told.setdefault(row["filename"].removeprefix("./"), Counter())[as_told(row, root)] += 1
    unread = {row["filename"].removeprefix("./") for row in answer["errors"]}

    assert sum(map(Counter.total, told.values())) > 20, "there is something to agree on"
    for reports in ways:
        found = {
            name: Counter(map(as_found, report.findings))
            for name, (report,) in of_tool(reports, "bandit").items()
            if report.state is State.FINDINGS
        }
        assert found == {name: rows for name, rows in told.items() if name in reports}
        silent = {
            name
            for name, (report,) in of_tool(reports, "bandit").items()
            if not report.state.is_verdict and "excludes this file" not in report.why
        }
        assert silent == unread & reports.keys()


def of_tool(reports: Reports, tool: str) -> dict[str, tuple[Report]]:
    return {name: (each[tool],) for name, each in reports.items() if tool in each}


def as_told(row: dict[str, Any], root: Path) -> tuple[object, ...]:
    """What Bandit says; its columns are bytes, and a long range is shown by its first line."""
    lines = Lines(decode(canonical((root / row["filename"]).read_bytes())))
    first, last = min(row["line_range"]), max(row["line_range"])
    line = lines.line(first - 1)
    start = len(line.encode()[: row["col_offset"]].decode(errors="ignore"))
    end = len(lines.line(last - 1).encode()[: row["end_col_offset"]].decode())
    if last - first > 10:
        last, end = first, len(line.rstrip())
    elif (first, start) >= (last, end):  # B613 has no end
        last, start, end = first, len(line) - len(line.lstrip()), len(line.rstrip())
    place = (first, start, last, end)
    grades = (row["issue_severity"], row["issue_confidence"], row["issue_cwe"].get("id", 0))
    text = re.sub(" at 0x[0-9a-f]+", "", row["issue_text"])
    if row["test_id"] in ("B105", "B106", "B107"):  # what it quotes is not for our messages
        text = text.partition(":")[0]
    return (row["test_id"], text, *grades, row["more_info"], *place)


def as_found(finding: Finding) -> tuple[object, ...]:
    (first, start), (last, end) = finding.range
    grades = (finding.severity.name, finding.confidence.name, finding.cwe)
    place = (first + 1, start, last + 1, end)
    return (finding.rule, finding.message, *grades, finding.url, *place)


def agrees_with_ruff(root: Path, *ways: Reports) -> None:
    """Whole findings: place, text, link, fixes."""
    command = ["ruff", "check", "--output-format", "json", "--exit-zero", "--no-fix", "--no-cache"]
    told: dict[str, Counter[Finding]] = {}
    for row in run([*command, "--extend-select", "S,C901", "."], root):
        name = os.path.relpath(row["filename"], root)
        told.setdefault(name, Counter())[from_json(row)] += 1
    unread = {name for name, rows in told.items() if any(row.rule == "E902" for row in rows)}

    assert sum(map(Counter.total, told.values())) > 20, "there is something to agree on"
    for reports in ways:
        found = {
            name: Counter(replace(each, fingerprint="") for each in report.findings)
            for name, (report,) in of_tool(reports, "ruff").items()
            if report.state is State.FINDINGS and name not in unread
        }
        expected = told.keys() & of_tool(reports, "ruff").keys() - unread
        assert found == {name: discreet(root / name, told[name]) for name in expected}


def discreet(path: Path, told: Counter[Finding]) -> Counter[Finding]:
    """Without what a tool quotes of that which it calls a secret itself."""
    findings = tuple(told.elements())
    if not any(tells_of_secret(each.tool, each.rule) for each in findings):
        return told
    text = decode(canonical(path.read_bytes()))
    return Counter(without(Report.of("ruff", findings), secrets_of(text, findings)).findings)


def agrees_with_radon(root: Path, *ways: Reports) -> None:
    """The figures of every function, and of every file. It reads all files as UTF-8."""
    blocks = run(["radon", "cc", "-j", "--show-closures", "."], root)
    sizes = run(["radon", "raw", "-j", "-e", ",".join(f"*{name}" for name in SLOW), "."], root)
    slow = any((root / name).exists() for name in SLOW)
    indexes = {} if slow else run(["radon", "mi", "-j", "."], root)
    unread = {name for name, rows in blocks.items() if "error" in rows}
    for reports in ways:
        silent = set()
        for name, (report,) in of_tool(reports, "radon").items():
            if not report.state.is_verdict:
                silent.add(name)
            if name in unread:
                continue
            functions = Counter(
                (row["lineno"], row["complexity"])
                for row in blocks.get(name, ())
                if row["type"] != "class"
            )
            assert functions == figures(report, Metric.CYCLOMATIC), name
            ((_, lines),) = figures(report, Metric.LINES)
            if name not in SLOW:
                assert lines == sizes[name]["loc"], name
            if indexes:
                ((_, index),) = figures(report, Metric.MAINTAINABILITY)
                assert index == pytest.approx(indexes[name]["mi"]), name
        assert silent == (unread - {"trojansource_latin1.py"}) & reports.keys()
    assert sum(map(len, blocks.values())) > 50, "there is something to agree on"


def figures(report: Report, metric: Metric) -> Counter[tuple[int, float]]:
    """By line of the function's name."""
    found = (each for each in report.figures if each.metric is metric)
    return Counter((each.range.start.line + 1, each.value) for each in found)


def agrees_with_complexipy(root: Path, *ways: Reports) -> None:
    output = root.parent / "complexipy.json"
    program = Path(sysconfig.get_path("scripts"), "complexipy")
    argv = [str(program), "--quiet", "--ignore-complexity", "--output-format", "json"]
    subprocess.run([*argv, "--output", output, "."], cwd=root, capture_output=True, check=False)
    told: dict[str, Counter[tuple[str, int]]] = {}
    for row in json.loads(output.read_text()):
        name = os.path.normpath(row["path"])
        function = row["function_name"].replace("::", ".")
        told.setdefault(name, Counter())[function, row["complexity"]] += 1
    for reports in ways:
        for name, (report,) in of_tool(reports, "complexipy").items():
            found = Counter((each.name, each.value) for each in report.figures)
            assert found == told.get(name, Counter()), name
    assert sum(map(Counter.total, told.values())) > 50, "there is something to agree on"


def agrees_with_detect_secrets(root: Path, *ways: Reports) -> None:
    """File by file: which kinds of secrets, and the line of each where it stands but once."""
    rows = run(["detect_secrets", "scan", "-n", "--all-files", "."], root)["results"]
    told = {
        os.path.normpath(name): {(row["type"], row["line_number"]) for row in found}
        for name, found in rows.items()
    }
    for reports in ways:
        of_secrets = {
            name: report
            for name, (report,) in of_tool(reports, "detect-secrets").items()
            if report.state.is_verdict
        }
        assert len(of_secrets) > 20, "there is something to agree on"
        for name, report in of_secrets.items():
            found = {
                (kind, each.range.start.line + 1)
                for each in report.findings
                for kind in each.message.partition(": ")[2].split(", ")
            }
            assert {kind for kind, _ in found} == {kind for kind, _ in told.get(name, ())}
            assert found >= told.get(name, set())


def test_nothing_else_is_added(root: Path) -> None:
    """The comparison above would not see it if more were asked of Ruff than ``S`` and C901."""
    files = World(root, root / "state").checks.files
    for analyzer, configuration in configure((RUFF, BANDIT), root, root, Settings(), files):
        if analyzer is RUFF:
            assert configuration.context[2] == ("S", "C901")
        assert not configuration.needs_trust


def test_the_corpus_has_what_makes_it_hard(corpus: Path) -> None:
    """Else agreement would come cheap."""
    sources = [path for path in corpus.rglob("*.py") if path.is_file()]
    assert len(sources) > 200
    assert sum(path.read_bytes().count(b"\n") for path in sources) > 30_000
    assert tree(corpus, {}) == corpus

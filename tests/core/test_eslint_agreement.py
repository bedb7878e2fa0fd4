"""On code that nobody here wrote, we say what ``eslint -f json`` says, file by file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from understudy.analyzers.eslint import ANALYZER
from understudy.analyzers.eslint import child as eslint_child
from understudy.analyzers.eslint.output import read_messages
from understudy.checks.files import CachedFiles
from understudy.model import Finding, State
from understudy.text import canonical

from .eslint_support import NODE, SETTINGS, modules
from .test_scan import World

EVERYTHING = """\
import js from "@eslint/js";
export default [js.configs.all, { ignores: ["lib/rules/utils/"] }];
"""
RECOMMENDED = """\
import js from "@eslint/js";
export default [js.configs.recommended];
"""
TYPESCRIPT = """\
import { configs } from "typescript-eslint";
export default [
  ...configs.strict, ...configs.stylistic,
  { linterOptions: { reportUnusedDisableDirectives: "error" }, rules: { "no-var": 1, "prefer-const": 1 } },
];
"""
PROJECTS = {
    "eslint": (("lib/languages", "lib/linter", "lib/rules/utils", "lib/shared"), EVERYTHING),
    "express": (("lib",), EVERYTHING),
    "zod": (("src/v4/core",), TYPESCRIPT),
}
"""By package: folders of its sources, and a configuration."""


@pytest.fixture(params=PROJECTS)
def root(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folders, configuration = PROJECTS[request.param]
    root: Path = tmp_path / request.param
    for folder in folders:
        without_tests = shutil.ignore_patterns("tests")
        shutil.copytree(modules() / request.param / folder, root / folder, ignore=without_tests)
    shutil.copy(modules() / request.param / "package.json", root)
    (root / "eslint.config.mjs").write_text(configuration)
    (root / "node_modules").symlink_to(modules())
    return root


def eslint(root: Path, *arguments: str) -> Any:
    """What the project's own command says."""
    program = str(root / "node_modules/eslint/bin/eslint.js")
    done = subprocess.run(
        [NODE, program, "-f", "json-with-metadata", *arguments],
        cwd=root,
        capture_output=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr.decode()
    return json.loads(done.stdout)


def told(root: Path) -> dict[str, Counter[Finding]]:
    answer = eslint(root, ".")
    urls = {
        rule: meta["docs"]["url"]
        for rule, meta in answer["metadata"]["rulesMeta"].items()
        if "url" in meta.get("docs", {})
    }
    return {
        os.path.relpath(row["filePath"], root): Counter(
            read_messages(
                row["messages"], canonical(Path(row["filePath"]).read_bytes()).decode(), urls
            )
        )
        for row in answer["results"]
    }


@pytest.mark.timeout(400)
async def test_they_agree(root: Path, tmp_path: Path) -> None:
    """Whole findings, fixes and all; and on which files there is anything to say."""
    expected = told(root)
    world = World(root, tmp_path / "state", eslint__node=NODE, analysis__maxFileBytes=10_000_000)
    try:
        scanned = {name: reports["eslint"] for name, reports in (await world.scan()).items()}
    finally:
        await world.close()
    found = {
        name: Counter(report.findings)
        for name, report in scanned.items()
        if report.state is not State.NOT_ANALYSED
    }
    assert found == expected
    assert sum(map(Counter.total, expected.values())) > 50, "there is something to agree on"
    assert {report.state for report in scanned.values()} <= {
        State.CLEAN,
        State.FINDINGS,
        State.NOT_ANALYSED,
    }


@pytest.mark.alone
def test_a_save_is_answered_five_times_sooner_than_by_the_command(tmp_path: Path) -> None:
    root = tmp_path
    (root / "node_modules").symlink_to(modules())
    (root / "eslint.config.mjs").write_text(RECOMMENDED)
    content = (modules() / "express/lib/application.js").read_bytes()
    (root / "application.js").write_bytes(content)

    def ours(turn: int) -> None:
        context = ANALYZER.configure(root, root, SETTINGS, CachedFiles()).context
        item = (str(root / "application.js"), content + b"// %d\n" % turn, ())
        ((digest, _),) = eslint_child.check(context, (item,))
        assert digest

    try:
        seconds = [_seconds(lambda turn=turn: ours(turn)) for turn in range(15)]
    finally:
        eslint_child._end()
    warm = median(seconds[5:])
    cold = median(_seconds(lambda: eslint(root, "application.js")) for _ in range(3))
    print(f"warm {warm * 1000:.0f} ms, the command {cold * 1000:.0f} ms")
    assert warm * 5 < cold


def _seconds(run: Any) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started

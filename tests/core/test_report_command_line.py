"""``understudy report`` in a terminal: every form of it, and what there is where nothing is."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import pty
import re
import sqlite3
import stat
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import jsonschema
import pytest

from understudy.state import state_dir, workspace_dir

from .histories_of_work import HOSTILE, SECRET, past
from .support import own_environment, tree, understudy_here

REPOSITORY = Path(__file__).resolve().parents[2]
Run = Callable[..., CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return own_environment(tmp_path, COLUMNS="100")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tree(tmp_path / "shop <b>", {".understudy/config.yaml": ""})


@pytest.fixture
def state(root: Path, environment: dict[str, str]) -> Path:
    return workspace_dir(root, state_dir(environment))


@pytest.fixture
def run(root: Path, environment: dict[str, str]) -> Run:
    def run(*words: str) -> CompletedProcess[str]:
        return understudy_here("report", *words, cwd=root, environment=environment)

    return run


@pytest.fixture
def lived(state: Path) -> None:
    asyncio.run(past(state, time.time()))


def told(run: Run, *words: str) -> dict[str, Any]:
    done = run("--format", "json", *words)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    schema = json.loads((REPOSITORY / "docs/report.schema.json").read_text())
    jsonschema.Draft202012Validator(
        schema, format_checker=jsonschema.Draft202012Validator.FORMAT_CHECKER
    ).validate(found)
    return found


def test_of_a_workspace_without_a_past_no_number_is_told(run: Run) -> None:
    assert "Nothing was measured" in run().stdout
    found = told(run)
    measures = [*found["saved"], *found["interruptions"]]
    measures += [found["findings"]["introduced"], found["findings"]["fixed"]]
    assert all(each["total"] is None and each["note"] for each in measures)
    assert found["success"] == {"tasks": [], "automations": []}
    assert "Nothing was measured" in run("--format", "html").stdout


@pytest.mark.usefixtures("lived")
def test_every_form_tells_the_same(run: Run) -> None:
    found = told(run)
    text, page, markdown = (
        run().stdout,
        run("--format", "html").stdout,
        run("--format", "md").stdout,
    )
    for told_of in (text, page, markdown):
        for title in [each["title"] for each in found["saved"]]:
            assert title in told_of
        for words in ("Findings introduced", "Half are fixed within", "was set back"):
            assert words in told_of
    introduced = found["findings"]["introduced"]["total"]
    assert f"<strong>{introduced[0]:.0f}</strong>" in page
    assert found["leftOut"] == {"endedBeforeStart": 1, "ofDaysToCome": 0}
    severities = found["findings"]["severities"]
    assert sum(each["introduced"] for each in severities) == introduced[0]
    assert all(line == line.rstrip() or len(line) <= 100 for line in text.splitlines())


@pytest.mark.usefixtures("lived")
def test_what_no_process_was_measured_for_has_no_figure(run: Run) -> None:
    (row,) = [each for each in told(run)["costs"]["tasks"] if each["name"] == "code_analysis"]
    assert (row["cpuSeconds"], row["memoryBytes"]) == (None, None)
    text = run().stdout
    assert re.search(r"^code_analysis +1 +5 s +– +–$", text, re.MULTILINE)
    assert "stands beside the tools" in text


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("format_", ["text", "html", "md", "json"])
def test_names_of_others_neither_run_nor_tell_secrets(run: Run, format_: str) -> None:
    told_of = run("--format", format_).stdout
    assert SECRET not in told_of
    assert "<secret>" in told_of or "&lt;secret&gt;" in told_of or "\\<secret\\>" in told_of
    if format_ in ("html", "md"):
        escaped = told_of.replace("\\<", "")  # which Markdown takes for text
        assert HOSTILE not in told_of
        assert "<b>" not in escaped
        assert "<script" not in escaped


def on_a_terminal(columns: int, root: Path, environment: dict[str, str]) -> list[str]:
    """What stands there in the end, without its colours."""
    command = [sys.executable, "-P", "-m", "understudy", "report"]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    own = {name: value for name, value in environment.items() if name != "COLUMNS"}
    with subprocess.Popen(command, cwd=root, env=own, stdin=theirs, stdout=theirs) as process:
        os.close(theirs)
        printed = b""
        with contextlib.suppress(OSError):  # nobody writes there any more
            while piece := os.read(ours, 1 << 16):
                printed += piece
        os.close(ours)
        assert process.wait(60) == 0
    return re.sub(r"\x1b\[[0-9;]*m", "", printed.decode()).replace("\r", "").splitlines()


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("columns", [40, 76, 200])
def test_it_fits_the_terminal(root: Path, environment: dict[str, str], columns: int) -> None:
    lines = on_a_terminal(columns, root, environment)
    assert "Findings" in lines
    assert max(map(len, lines)) <= min(columns, 100)
    by_row = [line for line in lines if line.startswith("  In all: ")]
    assert bool(by_row) == (columns < 76)
    assert any(line.startswith("Week of") for line in lines)


@pytest.mark.usefixtures("lived")
def test_a_file_is_written_whole(run: Run, tmp_path: Path) -> None:
    output = tmp_path / "report.html"
    done = run("--format", "html", "--output", str(output))
    assert done.returncode == 0
    assert done.stdout == ""
    assert output.read_text().startswith("<!doctype html>")
    assert stat.S_ISREG(output.stat().st_mode)
    assert run("--output", str(tmp_path / "no" / "r.txt")).returncode != 0


@pytest.mark.usefixtures("lived")
def test_the_time_is_chosen(run: Run) -> None:
    all_, few = told(run), told(run, "--since", "3d")
    assert len(all_["saved"][3]["days"]) == 30
    assert len(few["saved"][3]["days"]) == 4
    assert all_["saved"][3]["total"][0] > few["saved"][3]["total"][0] > 0
    assert few["saved"][3]["aDay"] is None  # of four days nothing is said
    old = told(run, "--since", "2020-01-01", "--until", "2020-02-01")
    assert all(each["total"] is None for each in old["saved"])
    later = told(run, "--since", "7d", "--until", "2099-01-01")  # nothing is known of tomorrow
    assert later["until"] == all_["until"]
    assert run("--since", "1d", "--until", "9d").returncode == 2
    assert run("--since", "yesterday").returncode == 2


@pytest.mark.usefixtures("lived")
@pytest.mark.parametrize("name", ["jobs.db", "automations.db", "measured.db", "lives.db"])
def test_a_damaged_database_is_told_of_and_the_rest_stands(
    run: Run, state: Path, name: str
) -> None:
    (state / name).write_bytes(b"no database at all" * 100)
    for path in (f"{name}-wal", f"{name}-shm"):
        (state / path).unlink(missing_ok=True)
    found = told(run)
    (trouble,) = found["troubles"]
    assert name in trouble
    assert "missing" in trouble
    assert any(each["total"] is not None for each in found["saved"])
    assert list(state.glob(f"{name.removesuffix('.db')}.corrupt-*"))


def test_a_newer_database_is_left_alone(run: Run, state: Path) -> None:
    with sqlite3.connect(state / "measured.db") as made:
        made.execute("PRAGMA user_version=99")
    made.close()
    (trouble,) = told(run)["troubles"]
    assert "newer Understudy" in trouble


async def test_a_full_history_is_read_fast(
    root: Path, state: Path, environment: dict[str, str]
) -> None:
    from understudy.app.insights.efficiency import report_of

    now = time.time()
    await past(state, now, days=100, a_day=250)  # 100,000 executions
    began = time.process_time()
    found = await report_of(root, state, now - 120 * 86_400, now)
    assert sum(each.runs for each in found.found.rates) > 99_000
    assert len(found.html) > 10_000
    assert time.process_time() - began < 8.0

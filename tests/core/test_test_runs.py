"""The task that runs a project's tests, in the engine that the command line opens."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from understudy.app.chores.service import open_service
from understudy.state import state_dir
from understudy.store.job_rows import Record
from understudy.trust import Trust

from .support import tree

TESTS = "def test_good():\n    assert True\n\ndef test_bad():\n    assert 1 == 2\n"
Run = Callable[..., Awaitable[Record]]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A trusted workspace; the interpreter of these tests, which has pytest, is the active one."""
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("VIRTUAL_ENV", sys.prefix)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    root = tree(tmp_path / "shop", {"pytest.ini": "", "tests/test_a.py": TESTS})
    Trust(state_dir()).decide(root, trusted=True)
    return root


@pytest.fixture
def run(root: Path, caplog: pytest.LogCaptureFixture) -> Iterator[Run]:
    """Runs the tests with parameters; what was logged is no error of ours."""

    async def run(settings: str = "", **parameters: Any) -> Record:
        tree(root, {".understudy/config.yaml": f"tasks: {{testRunner: {{{settings}}}}}\n"})
        async with open_service(root, "command") as service:
            assert not service.config_problems
            id_ = await service.engine.submit("test_runner", parameters)
            return await service.engine.result(id_)

    yield run
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def failing(record: Record) -> list[list[Any]]:
    return [row[:4] for rows in record.value["failing"].values() for row in rows]


async def test_one_test_that_fails_does_not_hide_another(run: Run, root: Path) -> None:
    tree(root, {"tests/test_b.py": TESTS})
    first = await run(files=["tests/test_a.py"])
    assert first.value["counts"] == {"passed": 1, "failed": 1}
    second = await run(ids="tests/test_b.py::test_bad")
    assert second.value["counts"] == {"failed": 1}
    every = [str(root / "tests" / name) for name in ("test_a.py", "test_b.py")]
    assert list(second.value["reports"]) == every
    tree(root, {"tests/test_a.py": TESTS.replace("2", "1")})
    third = await run(failed=True)
    assert third.value["counts"] == {"passed": 1, "failed": 1}
    assert list(third.value["reports"]) == every[1:]


@pytest.mark.parametrize(
    ("interpreter", "status", "why"),
    [
        ("no/python", "missing", "names {}/no/python, which is no program; correct or clear it"),
        (
            "bare/python",
            "failed",
            "{}/bare/python has no pytest: install it there, or name another",
        ),
    ],
)
async def test_an_interpreter_that_does_not_do_is_told_in_a_sentence(
    run: Run, root: Path, interpreter: str, status: str, why: str
) -> None:
    bare = f'#!/bin/sh\nexec "{sys.executable}" -I -S "$@"\n'
    tree(root, {"bare/python": bare.replace(sys.executable, os.path.realpath(sys.executable))})
    (root / "bare/python").chmod(0o755)
    record = await run(f"interpreter: {interpreter}")
    assert record.status == status
    assert why.format(root) in record.why.replace(
        os.path.realpath(sys.executable), f"{root}/bare/python"
    )
    assert "tasks.testRunner.interpreter" in record.why


async def test_an_untrusted_project_names_no_interpreter(root: Path) -> None:
    Trust(state_dir()).decide(root, trusted=False)
    tree(root, {".understudy/config.yaml": "tasks: {testRunner: {interpreter: ./python}}\n"})
    async with open_service(root, "command") as service:
        assert service.settings.tasks.test_runner.interpreter == ""
        (problem,) = service.config_problems
        record = await service.engine.result(await service.engine.submit("test_runner"))
    assert "`tasks.testRunner.interpreter` is not used" in problem.message
    assert record.status == "refused"


PYTEST = f'command: ["{sys.executable}", -m, pytest, -p, "no:cacheprovider", --junitxml, out.xml'


@pytest.mark.parametrize(
    ("settings", "counts", "failed", "again"),
    [
        (
            PYTEST + ', "${{ ids }}"], report: out.xml',
            {"passed": 1, "failed": 1},
            ["tests/test_a.py::test_bad", "failed", "tests/test_a.py", 4],
            {"failed": 1},
        ),
        (
            PYTEST + ', "${{ files }}"], report: out.xml',
            {"passed": 1, "failed": 1},
            ["tests/test_a.py::test_bad", "failed", "tests/test_a.py", 4],
            {"passed": 1, "failed": 1},
        ),
        (
            'command: [sh, -c, "echo main.c:3:1: error: no x; exit 1"], matcher: gcc',
            {"failed": 1},
            ["main.c::line 3", "failed", "main.c", 2],
            {"failed": 1},
        ),
        (
            'command: [sh, -c, "echo broken; exit 4"]',
            {"failed": 1},
            ["sh", "failed", "", 0],
            {"failed": 1},
        ),
    ],
)
async def test_a_command_in_place_of_what_was_found(
    run: Run,
    root: Path,
    settings: str,
    counts: dict[str, int],
    failed: list[Any],
    again: dict[str, int],
) -> None:
    tree(root, {"main.c": ""})
    record = await run(settings)
    assert (record.status, record.value["counts"]) == ("done", counts), record.why
    assert failing(record) == [failed]
    record = await run(settings, failed=True)
    assert record.value["counts"] == again
    everything = "takes no choice of tests: all are run" in record.value["summary"]
    assert everything == ("${{" not in settings)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        ('["true"], report: out.xml', "out.xml cannot be read: this run has not written it"),
        ('[sh, -c, "echo > out.xml"], report: out.xml', "out.xml cannot be read: it is no XML"),
        ("[no-such-program]", "there is no program 'no-such-program'"),
        ('[echo, "${{ what }}"]', "the parameter 'what' has no value"),
    ],
)
async def test_a_command_without_a_verdict(run: Run, root: Path, command: str, why: str) -> None:
    tree(root, {"out.xml": "<testsuite/>"})
    os.utime(root / "out.xml", (1, 1))
    record = await run(f"command: {command}")
    assert record.status != "done"
    assert why in record.why


async def test_each_runner_gets_what_is_its_own(run: Run, root: Path) -> None:
    """A Python test beside a JavaScript project, and one in a folder below."""
    (root / "pytest.ini").unlink()
    (root / "tests").rename(root / "api-tests")
    package = '{"scripts": {"test": "exit 7"}}'
    tree(root, {"web/package.json": package, "api/pytest.ini": "", "api/tests/test_b.py": TESTS})
    record = await run(ids=["api/tests/test_b.py::test_bad"])
    assert record.value["counts"] == {"failed": 1}
    assert failing(record) == [
        ["api/tests/test_b.py::test_bad", "failed", "api/tests/test_b.py", 4]
    ]


@pytest.mark.parametrize(
    ("changed", "counts"),
    [
        ("tests/test_a.py", {"passed": 1, "failed": 1}),
        ("web/a.js", {"passed": 1, "failed": 2}),  # what else it affects, nobody knows
    ],
)
async def test_a_changed_python_file_affects_no_script(
    run: Run, root: Path, changed: str, counts: dict[str, int]
) -> None:
    tree(root, {"web/package.json": '{"scripts": {"test": "exit 7"}}', "web/a.js": ""})
    record = await run(changed=[changed])
    assert record.value["counts"] == counts

"""Thousands of files are judged and shown bit by bit: what comes meanwhile does not wait for them."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from understudy.app import core, events
from understudy.app.folder.workspace import Workspace
from understudy.findings.baseline import Baseline, dumps
from understudy.findings.fingerprint import fingerprinted
from understudy.lsp.server import Server
from understudy.model import Category, Finding, Position, Problem, Range, Report, Severity

from ..core.repositories import Git
from ..core.support import tree, until

FILES = 5_000
IGNORED, OVER = date(2030, 6, 1), date(2030, 6, 2)
CALL = "eval(input())\n"
PLACE = Range(Position(0, 0), Position(0, len(CALL) - 1))
FOUND = Finding("ruff", "S307", "m", PLACE, Severity.MEDIUM, Category.SECURITY)
REPORT = Report.of("ruff", fingerprinted([FOUND], CALL))
(FOUND_AT,) = REPORT.findings


class Session(NamedTuple):
    """``shown``: the files, by URI, with how much is shown of each; ``day`` has the day it is."""

    core: core.Core
    workspace: Workspace
    shown: dict[str, int]
    day: list[date]

    @property
    def told(self) -> int:
        """Of so many of the files something is shown."""
        return sum(bool(most) for uri, most in self.shown.items() if uri != self.open.as_uri())

    @property
    def open(self) -> Path:
        return self.workspace.root / "open.py"

    async def is_answered(self) -> None:
        uri = self.open.as_uri()
        self.core.handle(events.Opened(uri, str(self.open), CALL, 1, "python"))
        await self.core.settle()
        assert uri in self.core.documents


@pytest.fixture
async def session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> AsyncIterator[Session]:
    """Files with a finding each, which is ignored until the day is over: so many, and of so many
    of them it may be shown."""
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setattr(core, "_LOOK_SECONDS", 0.01)
    files, most = getattr(request, "param", (FILES, FILES))
    entry = f"results:\n  maxInAll: {most}\nrules:\n  ignore:\n    - S307 until {IGNORED}\n"
    root = tree(tmp_path / "root", {".understudy/config.yaml": entry})
    server, shown = Server(), dict[str, int]()

    def show(uri: str, _: object, __: object, problems: Sequence[Problem]) -> None:
        shown[uri] = len(problems)

    monkeypatch.setattr(server.publisher, "problems", show)
    monkeypatch.setattr(server.publisher, "status", lambda _: None)
    session = core.Core(server.publisher, trusted=True)
    workspace = await session.folders.open(root)
    day = [IGNORED]
    workspace.today = lambda: day[0]
    assert workspace.new_day()
    for number in range(files):
        workspace.show(f"{root}/m{number}.py", (REPORT,))
    session.start()
    yield Session(session, workspace, shown, day)
    await session.close()


@pytest.mark.parametrize(
    "session", [(FILES, FILES), (FILES, 3_000)], indirect=True, ids=["all", "the most that may"]
)
async def test_a_message_is_answered_while_files_are_judged(
    session: Session, request: pytest.FixtureRequest
) -> None:
    session.day[0] = OVER
    await until(lambda: session.told)
    await session.is_answered()
    most = session.workspace.settings.results.max_in_all
    assert session.told < most, "all were shown before it was answered"
    await until(lambda: session.told == most)


@pytest.mark.parametrize("session", [(10, 10)], indirect=True)
async def test_a_moment_that_goes_wrong_ends_none_that_come_after_it(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, failed = session.core.folders.moved, asyncio.Event()

    async def broken_once() -> list[Workspace]:
        if failed.is_set():
            return await moved()
        failed.set()
        raise RuntimeError("not again")

    monkeypatch.setattr(session.core.folders, "moved", broken_once)
    await failed.wait()
    session.day[0] = OVER
    await until(lambda: session.told == 10)


async def test_who_judges_anew_ends_who_was_at_it(session: Session) -> None:
    session.day[0] = OVER
    await until(lambda: session.told)
    session.day[0] = IGNORED
    await until(lambda: not session.told)
    assert len(session.shown) < FILES, "the first went to its end"
    assert not any(session.workspace.view(path).shown for path in session.workspace.paths())


async def test_what_was_not_judged_yet_is_not_seen_as_it_was(session: Session) -> None:
    session.day[0] = OVER
    assert session.workspace.new_day()
    assert all(session.workspace.view(path).shown for path in session.workspace.paths())


@pytest.mark.parametrize("session", [(1, FILES)], indirect=True)
async def test_git_is_asked_beside_what_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, session: Session
) -> None:
    """A file that the baseline has is gone; git, which knows its new name, takes its time."""
    root, real = session.workspace.root, shutil.which("git")
    baseline = dumps(Baseline.of({"gone.py": [Problem(REPORT.findings)]}))
    git = Git(root, tmp_path)
    git("init", "--quiet")
    git.commit({"gone.py": CALL, ".understudy/baseline.json": baseline})
    git("mv", "gone.py", "moved.py")
    git.commit({})
    asked, go_on = tmp_path / "asked", tmp_path / "go_on"
    waits = f"touch {asked}\nwhile [ ! -e {go_on} ]; do sleep 0.01; done"
    program = tree(tmp_path / "bin", {"git": f'#!/bin/sh\n{waits}\nexec {real} "$@"\n'}) / "git"
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    session.workspace.baseline = Baseline.of({"gone.py": [Problem(REPORT.findings)]})
    session.core.handle(events.FilesTouched((root / "moved.py",), (root / "gone.py",)))
    try:
        await until(asked.exists)
        async with asyncio.timeout(10):
            await session.is_answered()
    finally:
        go_on.touch()
    moved = str(root / "moved.py")
    assert await until(lambda: session.workspace.known(moved)) == (FOUND_AT.fingerprint,)

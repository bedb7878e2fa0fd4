"""Whatever is said of an automation, and whenever its process is killed then: what is active has
its script, what is offered has one, and to say it again does the rest."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shutil
import signal
import sqlite3
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple
from unittest.mock import MagicMock

import pytest

from understudy.app.folder.workspace import Workspace
from understudy.app.learning import forgetting, sharing
from understudy.app.learning.cycle import cycle
from understudy.app.learning.learned import Learned
from understudy.app.learning.opening import Opened
from understudy.app.undoing import recover
from understudy.automations import life
from understudy.checks.engine import Checks
from understudy.runner.execute import Runner
from understudy.sandbox.policy import Policy
from understudy.sandbox.trial import Level, Status, Trial
from understudy.state import take, workspace_dir
from understudy.store.activity import Activity, Did
from understudy.store.automations import Automation, State

from ..core.trees import WRITING
from .world import DAY, NAMES, START, TEST, script


async def run(argv: Sequence[str], policy: Policy, folder: Path | None) -> Trial:
    """It is not about what a script does."""
    return Trial(Status.CLEAN, Level.ISOLATED)


class Scene:
    """A workspace in ``folder``, and what is learned there."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.root = folder / "workspace"
        self.root.mkdir(parents=True)
        self._monkeypatch = monkeypatch
        monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(folder / "state"))
        self.state = workspace_dir(self.root)

    @asynccontextmanager
    async def learned(self) -> AsyncIterator[Learned]:
        runner = Runner()
        workspace = Workspace(self.root, self.state, trusted=True)
        learned = Learned(workspace, Checks(runner), run, lambda: START + 10 * DAY)
        try:
            yield learned
        finally:
            await learned.close()
            await workspace.close()
            await runner.close()

    def copied(self, folder: Path) -> Scene:
        other = Scene(folder, self._monkeypatch)
        shutil.copytree(self.root, other.root, symlinks=True, dirs_exist_ok=True)
        shutil.copytree(self.state, other.state, symlinks=True, dirs_exist_ok=True)
        return other


async def past(scene: Scene) -> None:
    """On a day each a file came, and its test after it."""
    async with scene.learned() as learned:
        for day, name in enumerate(NAMES):
            pair = f"src/shop/{name}.py", f"tests/test_{name}.py"
            for path in pair:
                (scene.root / path).parent.mkdir(parents=True, exist_ok=True)
                (scene.root / path).write_text(TEST.format(name))
            at = START + day * DAY
            done = (Activity(at + n, Did.CREATED, path, "s") for n, path in enumerate(pair))
            await learned.watching.note(done)


MOMENTS = frozenset((*WRITING, "__exit__"))
"""What is called before something is otherwise on disk; ``__exit__``: of a connection, a commit."""


def killed_at(count: int, doing: Coroutine[Any, Any, None]) -> bool:
    """Do it in a process that is killed before the ``count``-th call, of any thread, that may change
    what is on disk; whether it was."""
    if not (child := os.fork()):
        left = itertools.count(1)

        def profile(frame: FrameType, event: str, arg: Any) -> None:
            if event != "c_call" or arg.__name__ not in MOMENTS:
                return
            if arg.__name__ == "__exit__" and not isinstance(arg.__self__, sqlite3.Connection):
                return
            if next(left) == count:
                os.kill(os.getpid(), signal.SIGKILL)

        code = 1
        try:
            threading.setprofile(profile)
            sys.setprofile(profile)
            asyncio.run(doing)
            code = 0
        finally:
            os._exit(code)
    doing.close()
    _, status = os.waitpid(child, 0)
    assert status == 0 or os.WIFSIGNALED(status), "it failed by itself"
    return status != 0


async def only(learned: Learned) -> Automation:
    await learned.load()
    (found,) = learned.automations
    return found


async def learn(scene: Scene) -> None:
    async with scene.learned() as learned:
        assert "is offered" in "\n".join(await cycle(learned))


async def accept(scene: Scene) -> None:
    async with scene.learned() as learned:
        await learned.accept(await only(learned))


async def disable(scene: Scene) -> None:
    async with scene.learned() as learned:
        await learned.disable(await only(learned))


async def remove(scene: Scene) -> None:
    async with scene.learned() as learned:
        await learned.remove(await only(learned))


async def forget(scene: Scene) -> None:
    await forgetting.forget(scene.root, None)


async def take_in(scene: Scene) -> None:
    """What was brought before is there already."""
    brought = sharing.Shared(name="brought", script=script("pass"))
    async with scene.learned() as learned:
        with contextlib.suppress(ValueError):
            await sharing.taken_in(Opened(learned, MagicMock()), brought, {})


Doing = Callable[[Scene], Coroutine[Any, Any, None]]


class Said(NamedTuple):
    """``before``: what makes a workspace for it; ``between``: the states of the one automation in
    which it may be left, None for none, before and after; ``again``: in which it may be when it was
    said again after a kill."""

    what: Doing
    before: Sequence[Doing]
    between: tuple[State | None, State | None]
    again: State | None = State.GENERATED


SAID = {
    "accept": Said(accept, [learn], (State.OFFERED, State.ACTIVE)),
    "disable": Said(disable, [learn, accept], (State.ACTIVE, State.DISABLED)),
    "remove": Said(remove, [learn, accept], (State.ACTIVE, State.RETIRED), None),
    "forget": Said(forget, [learn], (State.OFFERED, None)),
    "take in": Said(take_in, [], (None, State.TRIED)),
}
STEPS = [5, pytest.param(1, marks=pytest.mark.soak)]


async def judged(scene: Scene) -> State | None:
    """How the automation stands after the next start."""
    recover(scene.root)
    lock = take(scene.state / "learning.lock")
    assert lock is not None
    os.close(lock)
    async with scene.learned() as learned:
        await learned.load()
        for each in learned.automations:
            script = learned.runs.script_of(each)
            assert script.is_relative_to(scene.root) or each.state is not State.ACTIVE
            if each.state in life.TRIED:
                assert await learned.stands(each), f"{each.state}, and {script} is not so"
        return learned.automations[0].state if learned.automations else None


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("what", SAID)
def test_killed_at_any_point_it_is_whole_and_can_be_said_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, step: int
) -> None:
    said = SAID[what]
    base = Scene(tmp_path / "base", monkeypatch)
    for doing in (past, *said.before):
        asyncio.run(doing(base))
    seen = set()
    for count in itertools.count(1, step):
        scene = base.copied(tmp_path / str(count))
        is_killed = killed_at(count, said.what(scene))
        seen.add(asyncio.run(judged(scene)))
        asyncio.run(said.what(scene))
        twice = is_killed or said.what is remove
        assert asyncio.run(judged(scene)) in (said.between[1], *[said.again] * twice)
        if what == "forget":
            assert not [*scene.state.glob("drafts/*"), *scene.state.glob("automation-copies/*")]
        shutil.rmtree(scene.folder)
        if not is_killed:
            break
    assert seen <= {*said.between, State.GENERATED}
    assert seen >= {*said.between}
    assert count > 15

"""What a git hook starts while no editor runs: with real git, and nothing of it is left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from understudy.app.hooks import detached
from understudy.state import workspace_dir
from understudy.store.lease import ENGINE, Lease

from .repositories import Git
from .support import alive, gone, tree, understudy, until

CONFIG: dict[str, Any] = {
    "tasks": {"custom": {"own": {"command": ["sh", "-c", "env; touch $0", "${{ root }}/../ran"]}}},
    "triggers": {"rules": {"own": {"tasks": ["own"], "on": ["commit"]}}},
}


class Place(Git):
    """A repository with a hook after commits, on which nothing runs."""

    state: Path

    def understudy(self, *words: str) -> subprocess.CompletedProcess[str]:
        return understudy(*words, cwd=self.root, environment=self.environment)

    def config(self, settings: dict[str, Any]) -> None:
        tree(self.root, {".understudy/config.yaml": json.dumps(settings)})

    def waits(self) -> None:
        """The task of a commit tells its pid and takes long."""
        script = 'echo $$ > "$0"; exec sleep 1000'
        command = ["sh", "-c", script, "${{ root }}/../pid"]
        self.config(CONFIG | {"tasks": {"custom": {"own": {"command": command}}}})

    @property
    def folder(self) -> Path:
        return workspace_dir(self.root, self.state)

    def jobs(self) -> dict[str, str]:
        """Status, or state, of the newest job by task."""
        listed = json.loads(self.understudy("tasks", "--json").stdout)["jobs"]
        return {job["task"]: job["status"] or job["state"] for job in reversed(listed)}

    def processes(self) -> list[int]:
        """Those that git hooks have started here."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or ()
            if "--until-idle" in words and str(self.root) in words:
                found.append(process.pid)
        return alive(found)

    async def quiet(self) -> None:
        """Until all is done, and nobody has a lock."""
        locks = [Lease(self.folder / name) for name in (detached.LOCK, ENGINE)]
        await until(lambda: not any(lock.holder() is not None for lock in locks), 40)
        await until(lambda: not self.processes())


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    place = Place(Git.new(tmp_path).root, tmp_path / "home")
    place.state = tmp_path / "state"
    place.environment["UNDERSTUDY_STATE_DIR"] = str(place.state)
    place.understudy("trust", ".")
    assert place.understudy("hooks", "install", "post-commit").returncode == 0
    place.config(CONFIG)
    yield place
    for pid in place.processes():
        os.kill(pid, signal.SIGTERM)
    await place.quiet()


async def test_a_commit_is_worked_off(place: Place, tmp_path: Path) -> None:
    place.commit({"app.py": "import os\n"})
    await until((tmp_path / "ran").exists, 40)
    await place.quiet()
    assert place.jobs() == {"code_analysis": "done", "own": "done"}
    assert not list((place.folder / "inbox").iterdir())
    output = place.understudy("logs", "2").stdout + place.understudy("logs", "1").stdout
    of_git = {line.split("=")[0] for line in output.splitlines() if line.startswith("GIT_")}
    assert of_git <= {"GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_GLOBAL"}, "it would work on git's index"
    assert place("status", "--porcelain") == ""


async def test_nothing_of_an_untrusted_workspace_runs(place: Place, tmp_path: Path) -> None:
    place.understudy("untrust", ".")
    place.commit({"app.py": "import os\n"})
    await until(lambda: place.jobs().get("code_analysis") == "done", 40)
    await place.quiet()
    assert "own" not in place.jobs()
    assert not (tmp_path / "ran").exists()


async def test_switched_off_nothing_runs(place: Place) -> None:
    place.config({"triggers": {"detached": False}})
    place.commit({"app.py": "import os\n"})
    await place.quiet()
    assert place.jobs() == {}
    assert len(list((place.folder / "inbox").iterdir())) == 1, "it is kept for who runs next"


async def test_it_is_one_however_many_commits(place: Place) -> None:
    place.waits()
    for number in range(4):
        place.commit({"app.py": f"x = {number}\n"})
        assert len(place.processes()) == 1
    await until(lambda: place.understudy("stop").returncode == 0)


async def test_no_commit_is_forgotten(place: Place) -> None:
    """Also one that comes while the process for those before is about to end."""
    for number in range(8):
        place.commit({"app.py": f"x = {number}\n"})
        if number % 2:
            await until(lambda: place.jobs().get("code_analysis") == "done", 40)
    await place.quiet()
    assert not list((place.folder / "inbox").iterdir())
    log = place.understudy("log", "--json", "--most", "1000").stdout
    entries = [json.loads(line) for line in log.splitlines()]
    asked = [each for each in entries if each["kind"] in ("queued", "coalesced")]
    assert [each["task"] for each in asked].count("code_analysis") == 8


async def test_it_survives_its_terminal_and_ends_with_its_tools(
    place: Place, tmp_path: Path
) -> None:
    place.waits()
    shell = subprocess.Popen(  # a session of its own, as a terminal has
        ["sh", "-c", "git add -A; git commit -q -m x; exec sleep 1000"],
        cwd=place.root,
        env=place.environment,
        start_new_session=True,
    )
    pid = int(
        await until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), 40)
    )
    os.killpg(shell.pid, signal.SIGHUP)
    shell.wait()
    (process,) = place.processes()
    assert os.getsid(process) == process
    assert os.readlink(f"/proc/{process}/fd/0") == os.devnull
    assert os.readlink(f"/proc/{process}/cwd") == "/"
    told = json.loads(place.understudy("status", "--json").stdout)
    assert told["holder"]["kind"] == "detached"
    assert place.understudy("stop").returncode == 0
    assert await gone([process, pid])


async def test_killed_it_leaves_no_tool(place: Place, tmp_path: Path) -> None:
    place.waits()
    place.commit({"app.py": "x = 1\n"})
    pid = int(
        await until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text(), 40)
    )
    (process,) = place.processes()
    os.kill(process, signal.SIGKILL)
    assert await gone([process, pid])


async def test_what_cannot_be_read_holds_nobody_up(place: Place) -> None:
    inbox = place.folder / "inbox"
    (inbox / "0-folder.json").mkdir(parents=True)
    for name, text in (("1-text", "{"), ("2-list", "[]"), ("3-hook", '{"hook": "no"}')):
        (inbox / f"{name}.json").write_text(text)
    place.commit({"app.py": "x = 1\n"})
    await until(lambda: place.jobs().get("own") == "done", 40)
    await place.quiet()
    assert [path.name for path in inbox.iterdir()] == ["0-folder.json"]


async def test_who_runs_already_does_the_work(place: Place) -> None:
    assert place.understudy("start").returncode == 0
    try:
        place.commit({"app.py": "x = 1\n"})
        assert not place.processes()
        await until(lambda: place.jobs().get("own") == "done", 40)
    finally:
        place.understudy("stop")


async def test_a_person_can_have_all_that_waits_done(place: Place) -> None:
    place.understudy("run", "--detach", "own")
    done = place.understudy("start", "--until-idle")
    assert done.returncode == 0, done.stderr
    assert place.jobs() == {"own": "done"}

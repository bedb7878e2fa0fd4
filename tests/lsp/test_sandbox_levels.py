"""Below level A: a server for which nothing makes namespaces, and for level C nothing gives rights up
by Landlock either, asks about each run."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from .connection import COMMAND
from .editor import Editor
from .test_sandbox import agreeing, printed, refusing

_BELOW = """
import errno, os, sys
import pyseccomp as seccomp

calls = seccomp.SyscallFilter(seccomp.ALLOW)
for call in ("unshare", "setns", "mount"):
    calls.add_rule(seccomp.ERRNO(errno.EPERM), call)
calls.add_rule(seccomp.ERRNO(errno.ENOSYS), "clone3")
for bit in (17, *range(25, 31)):
    calls.add_rule(seccomp.ERRNO(errno.EPERM), "clone", seccomp.Arg(0, seccomp.MASKED_EQ, 1 << bit, 1 << bit))
level, *command = sys.argv[1:]
if level == "C":
    calls.add_rule(seccomp.ERRNO(errno.ENOSYS), "landlock_create_ruleset")
calls.load()
os.execv(command[0], command)
"""
_SAID = {"B": "Partial: no network", "C": "Not isolated"}


@pytest.fixture(params=_SAID)
async def below(
    request: pytest.FixtureRequest,
    environment: Mapping[str, str],
    workspace: Path,
    tmp_path: Path,
) -> AsyncIterator[tuple[str, Editor]]:
    """A level, and an editor whose server forms it."""
    command = (sys.executable, "-P", "-c", _BELOW, request.param, *COMMAND)
    async with Editor.start(environment, tmp_path, command) as editor:
        await editor.initialize(workspace)
        yield request.param, editor


async def test_below_level_a_each_run_is_asked_about(
    below: tuple[str, Editor], workspace: Path, tmp_path: Path
) -> None:
    level, editor = below
    (workspace / "a.txt").write_text("one\n")
    (tmp_path / "outside").write_text("seen")
    line = f"sh -c 'echo ran; echo two >> a.txt; cat {tmp_path}/outside; true'"
    asked = agreeing(editor, "Cancel", "Run", "Run")
    assert await editor.command("runInSandbox", line) is None
    assert printed(editor) == ""
    assert await editor.command("showChanges") is None
    done = await editor.command("runInSandbox", line)
    assert (done["level"], done["launcher"], done["backend"]) == (level, "", "copy")
    assert (done["status"], done["exitCode"]) == ("clean", 0)
    assert [each["path"] for each in done["changes"]] == ["a.txt"]
    assert done["output"].startswith("ran\n")
    assert done["output"].endswith("seen") is (level == "C")
    assert (workspace / "a.txt").read_text() == "one\n"
    assert "+two\n" in await editor.command("showChanges")
    again = await editor.command("runInSandbox", "true")
    assert (again["level"], again["status"]) == (level, "clean")
    assert len(asked) == 3
    assert asked[0] == asked[1]
    assert asked[0].startswith(f"Level {level}. {_SAID[level]}")
    assert asked[0].endswith(f"Run {line} all the same?")
    assert asked[2].endswith("Run true all the same?")


async def test_below_level_a_what_is_not_answered_is_not_run(
    below: tuple[str, Editor], workspace: Path
) -> None:
    """A question that is dismissed is answered with nothing, by an editor that asks none with an
    error."""
    level, editor = below
    assert await editor.command("runInSandbox", "touch ran") is None
    assert len(editor.said("window/showMessageRequest")) == 1
    editor.replies["window/showMessageRequest"] = refusing
    assert await editor.command("runInSandbox", "touch ran") is None
    (told,) = editor.said("window/showMessage")
    assert f"`understudy sandbox run --level {level}` in a terminal does" in told["message"]
    assert await editor.command("showChanges") is None

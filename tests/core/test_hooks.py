"""git hooks: installing them beside what is there, what git then does, and taking them out again.

Every test has a real repository and lets git run what was installed.
"""

from __future__ import annotations

import json
import os
import shutil
import stat
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.app.hooks import handover, hook_script
from understudy.app.hooks.detached import LOCK
from understudy.app.hooks.handover import HOOKS, hand_over
from understudy.app.hooks.hook_script import Hook
from understudy.app.hooks.install import Hooks, Standing
from understudy.cli.exits import Exit
from understudy.git import Repository
from understudy.journal.apply import entries
from understudy.state import workspace_dir
from understudy.store.lease import Lease

from .repositories import Git
from .support import AS_A_USER, tree, understudy, understudy_here, until
from .trees import killed_at

FLAWED = "import os\n\nanswer = eval(input())\n"
CLEAN = "X = 1\n"
TOOLS = Path(sys.executable).parent


class World(Git):
    """A repository, a state folder of its own, and ``understudy`` as a person calls it."""

    state: Path

    @staticmethod
    def make(folder: Path) -> World:
        made = World(Git.new(folder).root, folder / "home")
        made.state = folder / "state"
        made.environment["UNDERSTUDY_STATE_DIR"] = str(made.state)
        made.environment.pop("PRE_COMMIT_HOME", None)
        # What is handed over is looked at here.
        tree(folder / "home", {"understudy/config.yaml": "triggers: {detached: false}\n"})
        return made

    def understudy(
        self, *arguments: str, code: int = 0, cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        how = understudy if arguments[:2] == ("hooks", "run") else understudy_here
        answer = how(*arguments, cwd=cwd or self.root, environment=self.environment)
        assert answer.returncode == code, answer.stdout + answer.stderr
        assert "Traceback" not in answer.stderr
        return answer

    def tool(self, name: str, *arguments: str) -> None:
        """A tool beside the interpreter."""
        environment = {**self.environment, "PATH": f"{TOOLS}:{os.environ['PATH']}"}
        command = [str(TOOLS / name), *arguments]
        subprocess.run(command, cwd=self.root, env=environment, check=True, capture_output=True)

    def hook(self, name: str, text: str, mode: int = 0o755) -> Path:
        file = self.root / ".git/hooks" / name
        tree(file.parent, {name: text})
        file.chmod(mode)
        return file

    def take(self, root: Path | None = None) -> list[str]:
        """The hooks that were handed over since the last time."""
        inbox = workspace_dir(root or self.root, self.state) / handover.INBOX
        files = sorted(inbox.glob("*")) if inbox.exists() else []
        events = [json.loads(file.read_text()) for file in files]
        for file in files:
            file.unlink()
        return [event["hook"] for event in events]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    world = World.make(tmp_path)
    yield world
    for lock in world.state.glob(f"workspaces/*/{LOCK}"):
        await until(lambda: Lease(lock).holder() is None)  # noqa: B023


def photograph(folder: Path) -> dict[str, tuple[int, int, bytes | str]]:
    """Every file and link below: mode, time of change, and content."""
    return {
        str(path.relative_to(folder)): (
            path.lstat().st_mode,
            path.lstat().st_mtime_ns,
            os.readlink(path) if path.is_symlink() else path.read_bytes(),
        )
        for path in folder.rglob("*")
        if path.is_symlink() or path.is_file()
    }


# ── handing over ────────────────────────────────────────────────────────────────────────────────


def test_every_hook_hands_over(world: World, tmp_path: Path) -> None:
    world.commit({"a.py": CLEAN})
    git_remote = tmp_path / "remote.git"
    world("init", "--quiet", "--bare", str(git_remote))
    world("remote", "add", "origin", str(git_remote))
    world.understudy("hooks", "install")
    world.commit({"b.py": FLAWED})
    assert world.take() == ["pre-commit", "post-commit"]
    world("checkout", "--quiet", "-b", "side", "HEAD~1")
    world.commit({"c.py": CLEAN}, "--no-verify")
    assert world.take() == ["post-commit"]
    world("merge", "--quiet", "--no-edit", "main")
    assert world.take()[-1] == "post-merge"
    world("push", "--quiet", "origin", "side")
    assert world.take() == ["pre-push"]


def test_an_event_tells_what_git_told(world: World, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    world("init", "--quiet", "--bare", str(remote))
    world.understudy("hooks", "install", "pre-push")
    commit = world.commit({"a.py": CLEAN})
    world("push", "--quiet", str(remote), "main")
    (file,) = (workspace_dir(world.root, world.state) / handover.INBOX).iterdir()
    event = json.loads(file.read_text())
    assert abs(event.pop("at") - time.time()) < 60
    assert event == {
        "hook": "pre-push",
        "arguments": [str(remote), str(remote)],
        "lines": [f"refs/heads/main {commit} refs/heads/main {'0' * 40}"],
    }
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_inbox_keeps_the_newest_in_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handover, "MOST", 5)
    monkeypatch.setenv("UNDERSTUDY_STATE_DIR", str(world.state))
    for number in range(12):
        hand_over(workspace_dir(world.root, world.state), {"hook": str(number)})
    assert world.take() == ["7", "8", "9", "10", "11"]


def test_what_cannot_be_handed_over_is_a_line_and_no_failure(world: World) -> None:
    world.understudy("hooks", "install")
    world.environment["UNDERSTUDY_STATE_DIR"] = "not/absolute"
    tree(world.root, {"a.py": CLEAN})
    world("add", "a.py")
    answer = world.run("commit", "-m", "work")
    assert answer.returncode == 0
    assert answer.stderr.count("was not handed over") == 2
    assert "Traceback" not in answer.stderr


@pytest.mark.parametrize("damage", ["gone", "emptied"])
@pytest.mark.parametrize("gate", [[], ["--gate", "info"]])
def test_an_environment_that_is_gone_never_blocks(
    world: World, tmp_path: Path, damage: str, gate: list[str]
) -> None:
    environment = tmp_path / "environment"
    python = environment / "bin/python"
    subprocess.run(
        [sys.executable, "-P", "-m", "venv", "--without-pip", str(environment)], check=True
    )
    world.understudy("hooks", "install", *gate)
    for name in HOOKS:
        file = world.root / ".git/hooks" / name
        file.write_text(file.read_text().replace(sys.executable, str(python)))
    if damage == "gone":
        shutil.rmtree(environment)
    tree(world.root, {"a.py": FLAWED})
    world("add", "a.py")
    answer = world.run("commit", "--quiet", "-m", "work")
    assert answer.returncode == 0
    assert len(answer.stderr.splitlines()) == 2, "one of pre-commit, one of post-commit"
    broken = damage == "gone"
    seen = world.understudy("hooks", "status", code=Exit.FAILED if broken else 0)
    assert ("cannot be run" in seen.stdout) == broken


def test_a_module_in_the_project_is_not_run_as_ours(world: World, tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    trap = f"open({str(marker)!r}, 'w')\n"
    world.understudy("hooks", "install")
    world.commit(dict.fromkeys(("json.py", "understudy.py", "sitecustomize.py"), trap))
    assert world.take() == ["pre-commit", "post-commit"]
    assert not marker.exists()


def test_handing_over_imports_nothing_heavy(world: World) -> None:
    code = (
        "import sys, understudy.cli; understudy.cli.main(['hooks', 'run', 'post-commit']);"
        "print(*sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-P", "-c", code],
        cwd=world.root,
        env=world.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"click", "rich", "asyncio", "subprocess", "sqlite3", "typing", "understudy.git"}
    assert not heavy & set(answer.stdout.split())
    assert world.take() == ["post-commit"]


@pytest.mark.alone
def test_handing_over_takes_little_time(world: World) -> None:
    """CPU time: what else the machine does is not counted. A start of Python is half of it."""

    def seconds(*arguments: str) -> float:
        before = os.times()
        subprocess.run([sys.executable, "-P", *arguments], env=world.environment, check=True)
        after = os.times()
        return sum(after[2:4]) - sum(before[2:4])

    hook = [seconds("-m", "understudy", "hooks", "run", "post-commit") for _ in range(7)]
    empty = [seconds("-c", "pass") for _ in range(7)]
    assert statistics.median(hook) < statistics.median(empty) + 0.1


@pytest.mark.parametrize(
    "arguments", [[], ["commit-msg"], ["--gate"], ["--gate", "dire", "pre-commit"], ["--no", "x"]]
)
def test_a_wrong_call_is_a_usage_error(world: World, arguments: list[str]) -> None:
    world.understudy("hooks", "run", *arguments, code=Exit.USAGE)


# ── beside another hook ─────────────────────────────────────────────────────────────────────────

OLD = """#!/bin/sh
echo "$@" >> '{log}'
cat >> '{log}'
exit {code}
"""


@pytest.mark.parametrize("mode", [0o755, 0o700, 0o711, 0o644])
@pytest.mark.parametrize("content", ["#!/bin/sh\n", "echo no shebang", "#!/bin/sh\r\n\\xff"])
def test_what_was_there_comes_back(world: World, mode: int, content: str) -> None:
    for name in ("pre-commit", "post-merge"):
        world.hook(name, content, mode)
    before = photograph(world.root / ".git/hooks")
    world.understudy("hooks", "install", "--gate", "high")
    once = photograph(world.root / ".git/hooks")
    assert once["pre-commit.before-understudy"] == before["pre-commit"]
    world.understudy("hooks", "install", "--gate", "high")
    assert photograph(world.root / ".git/hooks") == once
    world.understudy("hooks", "install")
    assert "gate" not in world.understudy("hooks", "status").stdout
    world.understudy("hooks", "uninstall")
    assert photograph(world.root / ".git/hooks") == before


def test_a_link_and_a_binary_come_back(world: World) -> None:
    tree(world.root, {"scripts/check": "#!/bin/sh\necho linked >&2\n"})
    (world.root / "scripts/check").chmod(0o755)
    hooks = world.root / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / "pre-commit").symlink_to("../../scripts/check")
    shutil.copy("/bin/true", hooks / "post-commit")
    before = photograph(world.root)
    world.understudy("hooks", "install")
    assert (world.root / "scripts/check").read_text().startswith("#!/bin/sh\necho linked")
    assert "linked" in world.run("commit", "--allow-empty", "-m", "x").stderr
    world.understudy("hooks", "uninstall")
    assert {k: v for k, v in photograph(world.root).items() if k in before and ".git/h" in k} == {
        k: v for k, v in before.items() if ".git/h" in k
    }


@pytest.mark.parametrize(("code", "events"), [(0, ["pre-push"]), (3, [])])
def test_the_old_hook_decides_and_gets_what_git_says(
    world: World, tmp_path: Path, code: int, events: list[str]
) -> None:
    remote, log = tmp_path / "remote.git", tmp_path / "log"
    world("init", "--quiet", "--bare", str(remote))
    commit = world.commit({"a.py": CLEAN})
    world.hook("pre-push", OLD.format(log=log, code=code))
    world.understudy("hooks", "install")
    assert bool(world.run("push", str(remote), "main").returncode) == bool(code)
    assert log.read_text() == (
        f"{remote} {remote}\nrefs/heads/main {commit} refs/heads/main {'0' * 40}\n"
    )
    assert world.take() == events


def test_a_hook_that_may_not_run_still_does_not(world: World, tmp_path: Path) -> None:
    world.hook("pre-commit", f"#!/bin/sh\ntouch '{tmp_path}/ran'\nexit 1\n", 0o644)
    world.understudy("hooks", "install")
    world.commit({"a.py": CLEAN})
    assert not (tmp_path / "ran").exists()


def test_a_failed_post_hook_does_not_keep_ours_from_running(world: World) -> None:
    world.hook("post-commit", "#!/bin/sh\nexit 1\n")
    world.understudy("hooks", "install", "post-commit")
    world.commit({"a.py": CLEAN})
    assert world.take() == ["post-commit"]


def test_only_what_is_named(world: World) -> None:
    world.understudy("hooks", "install", "pre-commit", "pre-push")
    world.understudy("hooks", "uninstall", "pre-push")
    assert [n for n in HOOKS if (world.root / ".git/hooks" / n).exists()] == ["pre-commit"]
    assert "No hook" in world.understudy("hooks", "uninstall", "pre-push").stdout


def test_all_are_refused_when_one_is(world: World) -> None:
    world.hook("pre-push", "#!/bin/sh\n# LEFTHOOK\n")
    before = photograph(world.root / ".git/hooks")
    world.understudy("hooks", "install", code=Exit.FAILED)
    assert photograph(world.root / ".git/hooks") == before


def test_a_hook_that_replaced_ours_is_not_lost(world: World) -> None:
    world.hook("pre-commit", "#!/bin/sh\n# first\n")
    world.understudy("hooks", "install", "pre-commit")
    world.hook("pre-commit", "#!/bin/sh\n# second\n")
    before = photograph(world.root / ".git/hooks")
    answer = world.understudy("hooks", "install", "pre-commit", code=Exit.FAILED)
    assert "left from an earlier installation" in answer.stderr
    world.understudy("hooks", "uninstall")
    assert photograph(world.root / ".git/hooks") == before


def test_the_journal_has_what_was_there(world: World) -> None:
    world.hook("pre-commit", "#!/bin/sh\n# mine\n", 0o750)
    world.understudy("hooks", "install", "pre-commit")
    world.understudy("hooks", "uninstall")
    second, first = entries(workspace_dir(world.root, world.state) / "journal")
    (stood,) = [each.before for each in first.changes if each.before]
    assert (stood.read(), stood.mode) == (b"#!/bin/sh\n# mine\n", 0o750)
    (back,) = [each.after for each in second.changes if each.after]
    assert back.equals(stood)


def test_what_cannot_be_written_is_said_and_nothing_is_lost(world: World) -> None:
    hook = world.hook("pre-commit", "#!/bin/sh\n# mine\n")
    hook.parent.chmod(0o500)
    command = [*AS_A_USER, sys.executable, "-P", "-m", "understudy", "hooks", "install"]
    try:
        answer = subprocess.run(
            command,
            cwd=world.root,
            env=world.environment,
            capture_output=True,
            text=True,
            check=False,
        )
    finally:
        hook.parent.chmod(0o755)
    assert answer.returncode == Exit.FAILED
    assert "Permission denied" in answer.stderr
    assert hook.read_text() == "#!/bin/sh\n# mine\n"


# ── where hooks are ─────────────────────────────────────────────────────────────────────────────


def test_work_trees_share_their_hooks(world: World, tmp_path: Path) -> None:
    world.commit({"a.py": CLEAN})
    second = tmp_path / "second"
    world("worktree", "add", "--quiet", str(second))
    world.understudy("hooks", "install", cwd=second)
    there = World(second, tmp_path / "home")
    there.environment = world.environment
    there.commit({"b.py": CLEAN})
    assert world.take(second) == ["pre-commit", "post-commit"]
    world.commit({"c.py": CLEAN})
    assert world.take() == ["pre-commit", "post-commit"]
    world.understudy("hooks", "uninstall")
    there.commit({"d.py": CLEAN})
    assert world.take(second) == []


def test_hooks_of_a_team_in_the_work_tree(world: World, tmp_path: Path) -> None:
    log = tmp_path / "log"
    world.commit({".githooks/pre-commit": OLD.format(log=log, code=0)})
    (world.root / ".githooks/pre-commit").chmod(0o755)
    world("config", "core.hooksPath", ".githooks")
    before = photograph(world.root / ".githooks")
    answer = world.understudy("hooks", "install", "pre-commit")
    assert "do not commit" in answer.stdout
    world("commit", "--quiet", "--allow-empty", "-m", "x")
    assert log.exists()
    assert world.take() == ["pre-commit"]
    world.understudy("hooks", "uninstall")
    assert photograph(world.root / ".githooks") == before


@pytest.mark.parametrize("way", ["configured", "linked"])
def test_a_folder_that_others_share_needs_force(world: World, tmp_path: Path, way: str) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    if way == "configured":
        world("config", "--global", "core.hooksPath", str(shared))
    else:
        shutil.rmtree(world.root / ".git/hooks", ignore_errors=True)
        (world.root / ".git/hooks").symlink_to(shared)
    answer = world.understudy("hooks", "install", code=Exit.FAILED)
    assert "--force" in answer.stderr
    assert "core.hooksPath" in answer.stderr
    assert not list(shared.iterdir())
    world.understudy("hooks", "install", "--force")
    world.commit({"a.py": CLEAN})
    assert world.take() == ["pre-commit", "post-commit"]
    world.understudy("hooks", "uninstall")
    assert not list(shared.iterdir())


def test_outside_a_repository(tmp_path: Path) -> None:
    world = World(tmp_path, tmp_path)
    world.environment["UNDERSTUDY_STATE_DIR"] = str(tmp_path / "state")
    for command in ("install", "status", "uninstall"):
        answer = world.understudy("hooks", command, code=Exit.FAILED)
        assert answer.stderr.startswith(f"Error: git in {tmp_path}: not a git repository")


# ── beside the tools that keep hooks ────────────────────────────────────────────────────────────

PRE_COMMIT = """
default_install_hook_types: [pre-commit, pre-push]
repos:
- repo: local
  hooks:
  - id: theirs
    name: theirs
    language: system
    entry: sh -c 'echo "ran $PRE_COMMIT_REMOTE_NAME" >> "$LOG"'
    always_run: true
    pass_filenames: false
"""


@pytest.mark.parametrize("own", [True, False])
@pytest.mark.parametrize(
    "order",
    ["theirs ours", "ours theirs", "theirs ours theirs", "ours theirs ours theirs ours"],
)
def test_pre_commit_and_ours_in_any_order(
    world: World, tmp_path: Path, order: str, own: bool
) -> None:
    """With the real tool: each runs once, and so does the hook that was there before both."""
    log = tmp_path / "log"
    world.environment |= {"LOG": str(log), "PRE_COMMIT_HOME": str(tmp_path / "cache")}
    world.commit({".pre-commit-config.yaml": PRE_COMMIT})
    if own:
        world.hook("pre-commit", f"#!/bin/sh\necho own >> '{log}'\n")
    for who in order.split():
        if who == "ours":
            world.understudy("hooks", "install", "pre-commit")
        else:
            world.tool("pre-commit", "install")
    status = world.understudy("hooks", "status", "pre-commit").stdout
    assert "installed" in status
    assert "pre-commit runs it" in status
    world.commit({"a.py": CLEAN})
    assert world.take() == ["pre-commit"]
    assert sorted(log.read_text().split("\n")) == sorted(["", "ran "] + ["own"] * own)
    world.understudy("hooks", "uninstall")
    log.unlink()
    world.commit({"b.py": CLEAN})
    assert world.take() == []
    assert sorted(log.read_text().split("\n")) == sorted(["", "ran "] + ["own"] * own)


def test_pre_commit_taken_out_leaves_ours(world: World, tmp_path: Path) -> None:
    world.environment["PRE_COMMIT_HOME"] = str(tmp_path / "cache")
    world.commit({".pre-commit-config.yaml": PRE_COMMIT})
    world.tool("pre-commit", "install")
    world.understudy("hooks", "install", "pre-commit")
    world.tool("pre-commit", "uninstall")
    world.commit({"a.py": CLEAN})
    assert world.take() == ["pre-commit"]
    world.understudy("hooks", "uninstall")
    assert not (world.root / ".git/hooks/pre-commit").exists()


LEFTHOOK = 'pre-commit:\n  commands:\n    theirs:\n      run: "true"\n'


def test_lefthook_is_told_in_words_that_work(world: World) -> None:
    """With the real tool, and with what it does when ours was there first."""
    world.commit({"lefthook.yml": LEFTHOOK})
    world.tool("lefthook", "install")
    before = photograph(world.root / ".git/hooks")
    answer = world.understudy("hooks", "install", "pre-commit", code=Exit.FAILED)
    assert photograph(world.root / ".git/hooks") == before
    snippet = answer.stderr.partition("lefthook install`:\n")[2]
    (world.root / "lefthook-local.yml").write_text(snippet)
    world.environment["PATH"] = f"{TOOLS}:{world.environment['PATH']}"
    world.commit({"a.py": CLEAN})
    assert world.take() == ["pre-commit"]


def test_lefthook_after_ours_is_seen(world: World) -> None:
    world.commit({"lefthook.yml": LEFTHOOK})
    world.understudy("hooks", "install", "pre-commit")
    world.tool("lefthook", "install")
    status = world.understudy("hooks", "status", "pre-commit", code=Exit.FAILED)
    assert "nothing runs it" in status.stdout
    again = world.understudy("hooks", "install", "pre-commit", code=Exit.FAILED)
    assert "Another tool has moved it to pre-commit.old" in again.stderr
    world.understudy("hooks", "uninstall")
    assert "Understudy's hook" not in "".join(
        f.read_text() for f in (world.root / ".git/hooks").glob("pre-commit*")
    )


# What Husky 9.1 writes.
HUSKY: dict[str, str | bytes] = {
    ".husky/_/.gitignore": "*",
    ".husky/_/h": """#!/usr/bin/env sh
[ "$HUSKY" = "2" ] && set -x
n=$(basename "$0")
s=$(dirname "$(dirname "$0")")/$n

[ ! -f "$s" ] && exit 0

i="${XDG_CONFIG_HOME:-$HOME/.config}/husky/init.sh"
[ -f "$i" ] && . "$i"

[ "${HUSKY-}" = "0" ] && exit 0

export PATH="node_modules/.bin:$PATH"
sh -e "$s" "$@"
c=$?

[ $c != 0 ] && echo "husky - $n script failed (code $c)"
[ $c = 127 ] && echo "husky - command not found in PATH=$PATH"
exit $c
""",
    **{f".husky/_/{name}": '#!/usr/bin/env sh\n. "$(dirname "$0")/h"' for name in HOOKS},
}
HUSKY_8: dict[str, str | bytes] = {".husky/_/husky.sh": "", ".husky/pre-commit": "#!/bin/sh\n"}


@pytest.mark.parametrize(("files", "path"), [(HUSKY, ".husky/_"), (HUSKY_8, ".husky")])
@pytest.mark.parametrize("present", [True, False])
def test_husky_is_told_in_words_that_work(
    world: World, files: dict[str, str | bytes], path: str, present: bool
) -> None:
    tree(world.root, files)
    world("config", "core.hooksPath", path)
    before = photograph(world.root)
    answer = world.understudy("hooks", "install", "pre-commit", code=Exit.FAILED)
    assert {k: v for k, v in photograph(world.root).items() if k in before} == before
    line = answer.stderr.splitlines()[-1].strip()
    (world.root / ".husky/pre-commit").write_text(f"#!/bin/sh\n{line}\n")
    for file in (world.root / ".husky").rglob("p*"):
        file.chmod(0o755)
    assert "Husky runs it" in world.understudy("hooks", "status", "pre-commit").stdout
    if present:
        world.environment["PATH"] = f"{TOOLS}:{world.environment['PATH']}"
    world.commit({"a.py": CLEAN})
    assert world.take() == (["pre-commit"] if present else [])


# ── the gate ────────────────────────────────────────────────────────────────────────────────────


def commit(world: World, *options: str) -> subprocess.CompletedProcess[str]:
    return world.run("commit", "--quiet", "-m", "work", *options)


def test_the_gate_looks_at_what_is_staged(world: World) -> None:
    world.understudy("hooks", "install", "--gate", "medium")
    tree(world.root, {"sub/a.py": FLAWED, "b.txt": FLAWED})
    world("add", "--all")
    tree(world.root, {"sub/a.py": CLEAN})
    index = world("ls-files", "--stage")
    before = photograph(world.root)
    answer = commit(world)
    assert answer.returncode == 1
    assert "sub/a.py:3:10  high" in answer.stderr
    assert "answer = eval(input())" in answer.stderr, "the line as it is staged"
    assert "1 high, 1 medium" in answer.stderr
    assert "--no-verify" in answer.stderr
    assert world.take() == [], "nothing happened"
    assert world("ls-files", "--stage") == index
    after = photograph(world.root)
    assert {k: v for k, v in after.items() if not k.startswith(".git/")} == {
        k: v for k, v in before.items() if not k.startswith(".git/")
    }
    world("add", "sub/a.py")
    tree(world.root, {"sub/a.py": FLAWED})
    assert commit(world).returncode == 0
    assert world.take() == ["pre-commit", "post-commit"]


def test_the_gate_gives_tools_the_text_that_is_staged(world: World) -> None:
    """What is in the work tree is something else, and nothing is made there."""
    world.understudy("hooks", "install", "--gate", "low", "--strict")
    own = {name: {"enabled": True} for name in ("shellcheck", "hadolint")}
    tree(world.root, {".understudy/config.yaml": json.dumps(own), ".gitignore": ".understudy\n"})
    clean, flawed = "#!/bin/sh\n:\n", "#!/bin/sh\necho $1\n"
    image = "FROM debian:12.5\n"
    tree(world.root, {"sub/a.sh": clean, "Dockerfile": image})
    world("add", "--all")
    tree(world.root, {"sub/a.sh": flawed, "Dockerfile": f"{image}RUN cd /tmp\n"})
    answer = commit(world)
    assert (answer.returncode, answer.stderr) == (0, "")
    world("add", "--all")
    tree(world.root, {"sub/a.sh": clean, "Dockerfile": image})
    answer = commit(world)
    assert answer.returncode == 1
    assert "SC2086" in answer.stderr
    assert "DL3003" in answer.stderr
    assert "not-analysed" not in answer.stderr


@pytest.mark.parametrize(("gate", "code"), [("low", 1), ("high", 1), ("critical", 0)])
def test_the_gate_has_a_severity(world: World, gate: str, code: int) -> None:
    world.understudy("hooks", "install", "--gate", gate)
    assert f"gate: {gate}" in world.understudy("hooks", "status").stdout
    tree(world.root, {"a.py": FLAWED})
    world("add", "a.py")
    answer = commit(world)
    assert answer.returncode == code
    assert ("held back" in answer.stderr) == bool(code)


def test_a_gate_that_was_passed_tells_how_long_it_took(world: World) -> None:
    world.understudy("hooks", "install", "pre-commit", "--gate", "critical")
    tree(world.root, {"a.py": CLEAN})
    world("add", "a.py")
    assert commit(world).returncode == 0
    (file,) = (workspace_dir(world.root, world.state) / handover.INBOX).iterdir()
    event = json.loads(file.read_text())
    assert event["hook"] == "pre-commit"
    assert 0.1 < event["seconds"] < 60


def test_no_verify_passes_the_gate(world: World) -> None:
    world.understudy("hooks", "install", "--gate", "info")
    tree(world.root, {"a.py": FLAWED})
    world("add", "a.py")
    assert commit(world, "--no-verify").returncode == 0


def test_the_gate_takes_the_index_of_the_commit(world: World) -> None:
    """``git commit good.py`` leaves alone what else is staged."""
    world.commit({"good.py": CLEAN, "bad.py": CLEAN})
    world.understudy("hooks", "install", "--gate", "medium")
    tree(world.root, {"good.py": "X = 2\n", "bad.py": FLAWED})
    world("add", "bad.py")
    assert commit(world, "good.py").returncode == 0
    assert commit(world).returncode == 1


def test_the_gate_in_a_work_tree(world: World, tmp_path: Path) -> None:
    world.commit({"a.py": CLEAN})
    second = tmp_path / "second"
    world("worktree", "add", "--quiet", str(second))
    world.understudy("hooks", "install", "--gate", "medium")
    there = world.beside(second)
    tree(second, {"b.py": FLAWED})
    there("add", "b.py")
    assert "b.py:3:10" in there.run("commit", "-m", "x").stderr


def test_the_gate_of_a_push(world: World, tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    world("init", "--quiet", "--bare", str(remote))
    world("remote", "add", "origin", str(remote))
    world.commit({"a.py": CLEAN})
    world.understudy("hooks", "install", "pre-push", "--gate", "medium")
    assert world.run("push", "origin", "main").returncode == 0
    world.commit({"b.py": FLAWED})
    tree(world.root, {"b.py": CLEAN})
    answer = world.run("push", "origin", "main")
    assert answer.returncode == 1
    assert "b.py:3:10" in answer.stderr
    assert "this push is held back" in answer.stderr
    world.commit({"b.py": CLEAN})
    assert world.run("push", "origin", "main").returncode == 0, "the tip counts"


@pytest.mark.parametrize(("options", "code"), [([], 0), (["--strict"], 1)])
@pytest.mark.parametrize("trouble", ["tool", "settings", "file"])
def test_what_failed_is_said_and_blocks_only_when_asked(
    world: World, options: list[str], code: int, trouble: str
) -> None:
    world.understudy("hooks", "install", "--gate", "high", *options)
    files: dict[str, dict[str, str | bytes]] = {
        "tool": {"ruff.toml": "select = 3\n"},
        "settings": {".understudy/config.yaml": "bandit:\n  timeoutSeconds: soon\n"},
        "file": {"a.py": b"NAME = 'Jos\xe9'\n"},
    }
    tree(world.root, {"a.py": CLEAN, **files[trouble]})
    world("add", "a.py")
    answer = commit(world)
    assert answer.returncode == code
    assert "not everything was checked" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_only_what_can_block_has_a_gate(world: World) -> None:
    world.understudy("hooks", "install", "post-commit", "--gate", "high", code=Exit.USAGE)
    world.understudy("hooks", "install", "--strict", code=Exit.USAGE)
    world.understudy("hooks", "install", "--gate", "high")
    shown = world.understudy("hooks", "status").stdout
    assert shown.count("gate: high") == 2


# ── the script ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", HOOKS)
@pytest.mark.parametrize("python", ["/usr/bin/python3", '/o\'dd/$(x) "y"/\N{SNOWMAN}/py\udcff'])
@pytest.mark.parametrize(("gate", "strict"), [("", False), ("high", False), ("info", True)])
def test_a_script_can_be_read_again(name: str, python: str, gate: str, strict: bool) -> None:
    hook = Hook(name, python, gate, strict)
    content = hook_script.script(hook)
    assert hook_script.read(content) == hook
    subprocess.run(["sh", "-n"], input=content, check=True)


@pytest.mark.parametrize("content", [b"", b"#!/bin/sh\n", b"# Understudy's hook: x\npython='\n"])
def test_other_scripts_are_not_ours(content: bytes) -> None:
    assert hook_script.read(content) is None


def test_an_interrupted_installation_goes_on(
    world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in Git.ISOLATION:
        monkeypatch.setenv(name, world.environment[name])
    hook = world.hook("pre-commit", "#!/bin/sh\n# mine\n")
    before, journal = photograph(hook.parent), tmp_path / "journal"

    def hooks() -> Hooks:
        return Hooks(Repository.at(world.root), journal)

    def install() -> None:
        hooks().install([Hook("pre-commit", sys.executable)])

    count = 1
    while killed_at(count, install):
        assert hook.read_bytes(), "one of the two stands there at every moment"
        install()
        assert hooks().status(["pre-commit"])[0].standing is Standing.INSTALLED
        hooks().uninstall(["pre-commit"])
        assert photograph(hook.parent) == before
        count += 23
    assert count > 50

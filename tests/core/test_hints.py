"""What is told of a failure that the sandbox may have had to do with."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.hints import hints
from understudy.sandbox.plan import Plan
from understudy.sandbox.policy import Limits, Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Level, Status, Trial

PLAN = Plan("/w", "/f", "A", "overlay", "", (), (), (), (".git",), Limits(), b"")
TOOL = ("tool", "git")
NETWORK = "there is no network in the sandbox; `--network HOST` lets it reach one"
GIT = "`.git` cannot be changed in the sandbox: commit after applying"


@pytest.mark.parametrize(
    ("output", "told"),
    [
        (b"", ()),
        (b"1 test failed\nconnection to the database: wrong password\n", ()),
        (b"curl: (6) Could not resolve host: example.org\n", (NETWORK,)),
        (b"ping: connect: Network is unreachable\n", (NETWORK,)),
        (b"npm error code EAI_AGAIN\n", (NETWORK,)),
        (b"[Errno -3] Temporary failure in name resolution\n", (NETWORK,)),
        (b"fatal: Unable to create '/w/.git/index.lock': Read-only file system\n", (GIT,)),
        (b"EACCES: permission denied, open '/w/.git/HEAD'\n", (GIT,)),
        (b"/w/.git/HEAD is fine\n/usr: Read-only file system\n", ()),
    ],
)
def test_only_what_is_likely_is_told(output: bytes, told: tuple[str, ...]) -> None:
    assert hints(TOOL, Trial(Status.FAILED, Level.ISOLATED, output=output), PLAN) == told
    for status in set(Status) - {Status.FAILED}:
        assert hints(TOOL, Trial(status, Level.ISOLATED, output=output), PLAN) == ()


def test_of_git_that_writes_it_is_told_whatever_it_says() -> None:
    trial = Trial(Status.FAILED, Level.ISOLATED)
    assert hints(("/usr/bin/git", "-C", ".", "stash"), trial, PLAN) == (GIT,)
    assert hints(("git", "diff", "--exit-code"), trial, PLAN) == ()
    assert hints(("git", "stash"), trial, PLAN._replace(read_only=())) == ()


def test_with_hosts_the_network_is_not_what_is_missing() -> None:
    trial = Trial(Status.FAILED, Level.ISOLATED, output=b"no such host")
    assert hints(TOOL, trial, PLAN._replace(hosts=("example.org",))) == ()


@pytest.mark.parametrize(
    ("hidden", "output", "told"),
    [
        ((".env", "a/x.pem"), b"", ".env"),
        (("a/b.pem", ".env", "z\x1b"), b"cat: a/b.pem: Permission denied", ".env, z\\x1b, a/b.pem"),
        (("a", "b", "c", "d", "e"), b"Error: EACCES", "a, b, c and 2 more"),
        (("t/a.pem", "t/b.pem"), b"cannot load 't/b.pem'", "t/b.pem"),
        (("t/a.pem", "t/b.pem"), b"x" * (1 << 20) + b"\nno b.pem", "t/b.pem"),
    ],
)
def test_what_it_may_have_missed_is_named(
    hidden: tuple[str, ...], output: bytes, told: str
) -> None:
    trial = Trial(Status.FAILED, Level.ISOLATED, output=output)
    (note,) = hints(TOOL, trial, PLAN._replace(hidden=hidden))
    first = told.split(" and ", maxsplit=1)[0].split(", ", maxsplit=1)[0]
    assert note == (
        f"what holds secrets is hidden from it ({told}): if it needs that, "
        f"`--hide '!{first}'` shows it"
    )


def test_a_failure_that_has_nothing_to_do_with_what_is_hidden_is_not_explained_by_it() -> None:
    trial = Trial(Status.FAILED, Level.ISOLATED, output=b"1 test failed: x.key.pem")
    assert hints(TOOL, trial, PLAN._replace(hidden=(".npmrc", "t/key.pem"))) == ()


async def test_real_programs_are_understood(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    runner = Runner()

    async def notes(script: str) -> str:
        trial = await run(("sh", "-c", script), root, Policy(), runner, tmp_path / "trials")
        assert trial.exit_code
        return " ".join(trial.notes)

    (root / ".env").write_text("TOKEN=1\n")
    try:
        assert "(.env)" in await notes("false")
        resolving = "import socket; socket.create_connection(('example.org', 443))"
        assert NETWORK in await notes(f'python3 -I -c "{resolving}"')
        (root / ".git").mkdir()
        assert GIT in await notes("touch .git/new")
    finally:
        await runner.close()


async def test_where_the_git_of_a_worktree_leads_is_told(tmp_path: Path) -> None:
    main, tree = tmp_path / "main", tmp_path / "tree"
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org")
    for words in (
        ("init", "-q", str(main)),
        ("-C", str(main), *identity, "commit", "-q", "--allow-empty", "-m", "first"),
        ("-C", str(main), "worktree", "add", "-q", str(tree)),
    ):
        subprocess.run(["git", *words], check=True, capture_output=True)
    runner = Runner()
    try:
        seen = [
            await run(("git", "status"), tree, policy, runner, tmp_path / "trials")
            for policy in (Policy(), Policy(read=(f"{main}/.git",)))
        ]
    finally:
        await runner.close()
    told = f"`.git` leads to {main}/.git, which it cannot see; `--read {main}/.git` shows it"
    assert (told in seen[0].notes, seen[1].status) == (True, Status.CLEAN), seen

"""Workspaces on file systems of several kinds: what they are worked on by, and what is told."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.sandbox.plan import COPY, OVERLAY

from ..needs import missing, not_applicable
from ..sandbox.walls import installed

_OVERLAY = "mount -t overlay overlay -o userxattr,lowerdir={0}/l,upperdir={0}/u,workdir={0}/k {1}"
_LAYERS = "mount -t tmpfs disk {0}; mkdir {0}/l {0}/u {0}/k"
_MOUNTS = {
    "memory": ("mount -t tmpfs disk work", OVERLAY),
    "an overlay": (f"{_LAYERS}; {_OVERLAY}".format("one", "work"), OVERLAY),
    "an overlay of an overlay": (
        f"{_LAYERS}; {_OVERLAY}; ".format("one", "one/l")
        + f"{_LAYERS}; rmdir two/l; ln -s ../one/l two/l; {_OVERLAY}".format("two", "work"),
        COPY,
    ),
    "another one in it": ("mkdir -p work/in; mount -t tmpfs disk work/in", COPY),
}
_MOUNT = 'set -e; cd "$1"; shift; {}; cd work\n'
_RUN = """
printf 'one\\n' > file; mkdir -p in; echo two > in/file; echo SECRET > in/.env
"$@"
test "$(cat file in/file)" = "one
two"
"""
_COMMAND = "cat file in/file in/.env; echo more >> file; echo more >> in/file; rm -r in/.env; true"


@pytest.mark.parametrize("kind", _MOUNTS)
def test_a_command_changes_what_it_sees_and_nothing_comes_about(tmp_path: Path, kind: str) -> None:
    mounts, backend = _MOUNTS[kind]
    for name in ("work", "one", "two"):
        (tmp_path / name).mkdir()
    namespace = ("unshare", "-Urm", "sh", "-c")
    if shutil.which("unshare") is None:
        missing("missing: unshare: it comes with util-linux")
    alone = (*namespace, _MOUNT.format(mounts), "sh", str(tmp_path))
    tried = subprocess.run(alone, check=False, capture_output=True, text=True)
    if tried.returncode:
        not_applicable(f"it cannot be mounted: {tried.stderr.strip()}")
    understudy = (sys.executable, "-P", "-m", "understudy", "sandbox", "run", "--json", "--")
    script = _MOUNT.format(mounts) + _RUN
    done = subprocess.run(
        (*namespace, script, "sh", str(tmp_path), *understudy, "sh", "-c", _COMMAND),
        env={**os.environ, "UNDERSTUDY_STATE_DIR": str(tmp_path / "state")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["level"], told["backend"]) == ("A", backend), told["notes"]
    assert told["output"].startswith("one\ntwo\n")
    assert "SECRET" not in told["output"]
    changes = [(each["kind"], each["path"]) for each in told["changes"]]
    assert changes == [("modified", "file"), ("modified", "in/file")]


_BELOW = (
    'set -e; cd "$1"; shift; mount -t tmpfs disk read/nested; echo there > read/nested/old; "$@"'
)
_WRITES = """
import asyncio, os, sys
from pathlib import Path
from tests.core.sandbox_world import World
from tests.sandbox.walls import WALLS
from understudy.sandbox import kernel
from understudy.sandbox.policy import Policy

async def main(walls):
    read = os.path.abspath("read")
    async with World(Path.cwd(), WALLS[walls]) as world:
        script = f"cat {read}/nested/old; echo x > {read}/nested/new"
        print((await world.sh(script, Policy(read=(read,)))).output.decode())

def old_kernel():
    kernel._MOUNT_SETATTR = 100_000
    os.mkdir("a b")
    kernel.bind("read", "a b")
    print(Path("a b/nested/old").read_text())
    Path("a b/nested/new").touch()

asyncio.run(main(sys.argv[1])) if sys.argv[1:] else old_kernel()
"""


@pytest.mark.parametrize("walls", [["bubblewrap"], ["built-in"], []])
def test_what_is_mounted_below_what_may_be_read_is_read_only(
    tmp_path: Path, walls: list[str]
) -> None:
    """Without walls: as a kernel does it that makes one mount after the other read-only."""
    if walls:
        installed(walls[0])
    (tmp_path / "read/nested").mkdir(parents=True)
    namespace = ("unshare", "-Urm", "sh", "-c", _BELOW, "sh", str(tmp_path))
    tried = subprocess.run((*namespace, "true"), check=False, capture_output=True, text=True)
    if tried.returncode:
        not_applicable(f"it cannot be mounted: {tried.stderr.strip()}")
    done = subprocess.run(
        (*namespace, sys.executable, "-P", "-c", _WRITES, *walls),
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout.startswith("there\n"), done.stderr
    assert "Read-only file system" in done.stdout + done.stderr

"""Who runs a part of the suite: whoever runs the tests and, where that is root, a user without any
rights, too."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from ..needs import not_applicable

ROOT, USER = "root", "user"
USERS = (ROOT, USER)
_NOBODY = 65534
_REPOSITORY = Path(__file__).parents[2]

_Said = TypeVar("_Said")

_OWN_RUN = """
set -e
mount --make-rprivate /
mount -t tmpfs -o mode=777 run /run
keep=$1; shift
mount -t tmpfs -o mode=755 keep "$keep"
if mknod -m 666 "$keep/null" c 1 3 2>/dev/null; then mount --bind "$keep/null" /dev/null; fi
n=0
while [ "$1" != -- ]; do
    mkdir -p "$keep/$n"; mount --bind "$1" "$keep/$n"; n=$((n + 1)); eval "place$n=\\$1"; shift
done
shift
while [ "$1" != -- ]; do mount -t tmpfs -o mode=755 cover "$1"; shift; done
shift
i=0
while [ $i -lt $n ]; do
    eval "place=\\$place$((i + 1))"; mkdir -p "$place"; mount --bind "$keep/$i" "$place"; i=$((i + 1))
done
umount -l "$keep"
exec "$@"
"""
"""Mounts that nobody else sees: an empty ``/run``, a ``/dev/null`` where one may be made, and, for who may not look into a
folder that the interpreter is in, another folder there with nothing but that in it."""


@contextmanager
def place(user: str) -> Iterator[Path]:
    """A folder of the user's own, that goes afterwards."""
    if user == ROOT and os.geteuid() != 0:
        not_applicable("the tests are not run by root")
    folder = Path(tempfile.mkdtemp(prefix="understudy-suite-"))
    try:
        if user == USER and os.geteuid() == 0:
            os.chown(folder, _NOBODY, _NOBODY)
        yield folder
    finally:
        subprocess.run(["chmod", "-R", "u+rwX", str(folder)], check=False)
        shutil.rmtree(folder, ignore_errors=True)


def command(user: str, folder: Path, *words: str) -> list[str]:
    """Of the harness with these words, as that user."""
    return python(user, folder, "-m", "tests.sandbox.harness", *words)


def python(user: str, folder: Path, *words: str) -> list[str]:
    """Of the interpreter with these words, as that user, who has ``folder``."""
    line = [sys.executable, "-P", *words]
    if os.geteuid() != 0:
        return line
    identity = ["setpriv", f"--reuid={_NOBODY}", f"--regid={_NOBODY}", "--clear-groups"]
    needed = [*map(os.path.realpath, (sys.base_prefix, sys.prefix)), str(_REPOSITORY)]
    covers = sorted({cover for each in needed if (cover := _closed(each))})
    inside = [each for each in needed if _closed(each)]
    if user == ROOT:
        identity, covers, inside = [], [], []
    keep = folder / "keep"
    keep.mkdir(exist_ok=True)
    script = ["sh", "-c", _OWN_RUN, "sh", str(keep), *inside, "--", *covers, "--"]
    return ["unshare", "--mount", *script, *identity, *line]


def _closed(path: str) -> str:
    """The uppermost folder on the way that others may not look into; empty when all is open."""
    for each in reversed((Path(path), *Path(path).parents)):
        if not each.stat().st_mode & 0o001:
            return str(each)
    return ""


def environment(folder: Path) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ}
    own = {"HOME": str(folder), "PYTHONPATH": str(_REPOSITORY), "PYTHONDONTWRITEBYTECODE": "1"}
    return kept | own | ({"OWN_RUN": "1"} if os.geteuid() == 0 else {})


def harness(user: str, folder: Path, *words: str, told: object = None) -> Any:
    """What it says. Raises RuntimeError when it says nothing."""
    done = subprocess.run(
        command(user, folder, *words, str(folder)),
        cwd=folder,
        env=environment(folder),
        input=json.dumps(told),
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )
    if done.returncode:
        raise RuntimeError(f"{words}: {done.stdout[-300:]}{done.stderr[-1500:]}")
    return json.loads(done.stdout.splitlines()[-1])


def once(ask: Callable[[str, str], _Said]) -> Callable[[str, str], _Said]:
    """A harness has much to start, so it is asked for a whole table, by a user and walls; each of
    the tests looks at its own part. That it said nothing is told by each, and not asked again."""

    @functools.cache
    def asked(user: str, walls: str) -> _Said | Exception:
        try:
            return ask(user, walls)
        except (RuntimeError, subprocess.SubprocessError) as error:
            return error

    def answer(user: str, walls: str) -> _Said:
        if isinstance(said := asked(user, walls), Exception):
            raise said
        return said

    return answer

"""Where the tests run as root, those of the sandbox run once more as a user without any right."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ..needs import not_applicable

_NOBODY = 65534
_OPEN = """
set -e
for path in $OPENED; do
    top="/$(echo "$path" | cut -d/ -f2)"
    mount --bind "$path" "$SCRATCH"
    mount -t tmpfs -o mode=755 none "$top"
    mkdir -p "$path"
    mount --bind "$SCRATCH" "$path"
    umount "$SCRATCH"
done
exec setpriv --reuid 65534 --regid 65534 --clear-groups --bounding-set=-all --inh-caps=-all "$@"
"""
"""In a mount namespace of its own: what is below a folder of root's alone is put within reach."""
_ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder() -> Iterator[Path]:
    place = Path(tempfile.mkdtemp(prefix="understudy-nobody-"))
    os.chown(place, _NOBODY, _NOBODY)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def _closed(path: str) -> bool:
    """Whether somebody else cannot get there."""
    return any(not each.stat().st_mode & 0o001 for each in Path(path).parents)


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests have no rights as it is")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("module", "which"),
    [
        ("test_sandbox", "not copy and not none"),
        ("test_sandbox_places", "listed"),
        ("test_sandbox_probe", "test"),
    ],
)
def test_the_same_holds_for_a_user_without_rights(folder: Path, module: str, which: str) -> None:
    opened = [path for path in (sys.base_prefix,) if _closed(path)]
    if _closed(str(_ROOT)):
        not_applicable("only root reaches the folder of the project")
    (folder / "scratch").mkdir()
    done = subprocess.run(
        (
            *("unshare", "-m", "--propagation", "private", "sh", "-c", _OPEN, "sh"),
            *(sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *("--tb=short", "-rN", "-rfE"),
            *(f"--basetemp={folder}/tests", f"tests/core/{module}.py", "-k", which),
        ),
        cwd=_ROOT,
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "OPENED": " ".join(opened),
            "SCRATCH": str(folder / "scratch"),
        },
        capture_output=True,
        text=True,
        timeout=570,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-1000:]
    assert " passed" in done.stdout

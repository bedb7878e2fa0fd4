"""Where the tests run as root, those of the sandbox run once more as a user without any right."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from ..sandbox.users import USER, environment, place, python

_ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(os.geteuid() != 0, reason="the tests have no rights as it is")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("module", "which"),
    [
        ("test_sandbox", "not copy and not none"),
        ("test_sandbox_starts", "not copy and not none"),
        ("test_sandbox_shown", "not copy and not none"),
        ("test_sandbox_places", "listed"),
        ("test_sandbox_probe", "test"),
    ],
)
def test_the_same_holds_for_a_user_without_rights(module: str, which: str) -> None:
    with place(USER) as folder:
        options = ("-q", "-p", "no:cacheprovider", "--tb=short", "-rN", "-rfE")
        places = (f"--basetemp={folder}/tests", "-c", str(_ROOT / "pyproject.toml"))
        tests = (str(_ROOT / f"tests/core/{module}.py"), "-k", which)
        done = subprocess.run(
            python(USER, folder, "-m", "pytest", *options, *places, *tests),
            cwd=folder,
            env=environment(folder),
            capture_output=True,
            text=True,
            timeout=570,
            check=False,
        )
    assert done.returncode == 0, done.stdout[-10_000:] + done.stderr[-1000:]
    assert " passed" in done.stdout

"""Generated files are those that the code and the installed tools give."""

from __future__ import annotations

import subprocess
import sys

import pytest


def test_generated_files_are_current(pytestconfig: pytest.Config) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.generate", "--check"],
        cwd=pytestconfig.rootpath,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr

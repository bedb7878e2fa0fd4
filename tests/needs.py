"""What a test needs and may not find: a tool that can be installed, or something that this machine
cannot form at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import NoReturn

import pytest

NOT_APPLICABLE = "not applicable: "
"""So begin the reasons that the summary lists by themselves."""


def missing(reason: str) -> NoReturn:
    """A tool is not installed: an error on a build machine, elsewhere the test is skipped."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def not_applicable(reason: str) -> NoReturn:
    """This machine cannot form what the test needs, whatever is installed."""
    pytest.skip(f"{NOT_APPLICABLE}{reason}")


def small_disk(folder: Path, options: str) -> list[str]:
    """The beginning of a command for which ``folder`` is a file system of its own, mounted with
    ``options``, and which is root there; nobody else sees any of that. Skips the test where no such
    thing can be formed."""
    if shutil.which("unshare") is None:
        missing("missing: unshare: it comes with util-linux")
    script = 'mount -t tmpfs -o "$1" disk "$2" && shift 2 && exec "$@"'
    prefix = ["unshare", "-Urm", "sh", "-c", script, "sh", options, str(folder)]
    tried = subprocess.run([*prefix, "true"], check=False, capture_output=True, text=True)
    if tried.returncode:
        not_applicable(f"no file system of its own can be mounted: {tried.stderr.strip()}")
    return prefix

"""What a test needs and may not find: a tool that can be installed, or something that this machine
cannot form at all."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
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


def small_disk(size: str) -> list[str]:
    """The beginning of a command that runs, as its own root, where ``$DISK`` is a file system of
    ``size``; nobody else sees that. Skips the test where no such thing can be formed."""
    script = 'mount -t tmpfs -o "$1" disk "$DISK" && shift && exec "$@"'
    prefix = ["unshare", "-Urm", "sh", "-c", script, "sh"]
    if shutil.which("unshare") is None:
        missing("missing: unshare: it comes with util-linux")
    probe = [*prefix, f"size={size}", "true"]
    tried = subprocess.run(
        probe, check=False, env=_with_disk("/tmp"), capture_output=True, text=True
    )
    if tried.returncode:
        not_applicable(f"no file system of its own can be mounted: {tried.stderr.strip()}")
    return [*prefix, f"size={size}"]


def _with_disk(folder: str) -> Mapping[str, str]:
    return {**os.environ, "DISK": folder}

"""Tools that are installed for the user: each in an environment of its own, in the state folder.

What is installed is pinned and hashed by ``managed/TOOL.lock``: wherever it is fetched from, it is
that or nothing. An environment is named after its lock and the Python that it is made with, and
counts once ``_COMPLETE`` stands in it, which is written last.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
from pathlib import Path

from ...state import private_folder, state_dir, state_place
from ..base import fingerprint
from ..installations import is_program

_LOCKS = Path(__file__).parent
_COMPLETE = ".complete"
_TOOLS = "tools"
_PINNED = re.compile(r"^([\w.-]+)==([^\s\\]+)", re.MULTILINE)


def lock_of(tool: str) -> Path:
    return _LOCKS / f"{tool}.lock"


def pinned(lock: Path) -> dict[str, str]:
    """The versions of the distributions that a lock file has. Raises OSError."""
    return dict(_PINNED.findall(lock.read_text("utf-8")))


def tools_folder() -> Path:
    """Where the environments are; made when missing. Raises OSError."""
    return private_folder(state_dir() / _TOOLS)


def environment(tool: str) -> Path:
    """Where the present lock of a tool is to be installed. Raises OSError."""
    python = platform.python_version()
    named = fingerprint(lock_of(tool).read_bytes(), python)
    return tools_folder() / tool / named


def is_complete(environment: Path) -> bool:
    return (environment / _COMPLETE).exists()


def complete(environment: Path) -> None:
    """From now on it counts; what was installed of the tool before is removed. Raises OSError."""
    (environment / _COMPLETE).touch()
    for other in environment.parent.iterdir():
        if other != environment:
            shutil.rmtree(other, ignore_errors=True)


def managed(tool: str, program: str) -> str:
    """The absolute path of a program of what is installed of a tool; empty where nothing is."""
    try:
        made = [each.parent for each in (state_place() / _TOOLS / tool).glob(f"*/{_COMPLETE}")]
    except OSError:
        return ""
    paths = (os.path.join(each, "bin", program) for each in sorted(made))
    return next(filter(is_program, paths), "")

"""What a command prints and names steers no terminal: told by what arrives at one."""

from __future__ import annotations

import functools
import os
import pty
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest

from ..needs import not_applicable

_STEERS = {
    "a title": "\x1b]0;ours\x07",
    "what is copied": "\x1b]52;c;b3Vycw==\x07",
    "an empty screen": "\x1b[2J",
    "an empty screen, in one character": "\x9b2J",
    "the place of the cursor": "\x1b[1;1H",
    "another character set": "\x1b(0",
    "a question to be answered": "\x1b[c",
    "the writing turned round": "\u202e",
}
_PROGRAM = """
import os, sys
for each in sys.argv[1:]:
    with open(f"name{each}", "w", encoding="utf-8") as file:
        file.write(f"text{each}\\n")
    print(f"said{each}", flush=True)
"""
_LISTED = """
import os
for name in os.listdir():
    print(name)
    with open(name, encoding="utf-8") as file:
        print(file.read())
"""
_PLACES = ("said", "name", "text")


def _arrives(argv: Sequence[str], folder: Path) -> str:
    """At a terminal in which that runs."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        argv,
        cwd=folder,
        env=os.environ | {"UNDERSTUDY_STATE_DIR": str(folder.parent / "state")},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ):
        os.close(theirs)
        with open(ours, "rb", buffering=0) as terminal:
            arrived = b"".join(iter(functools.partial(_read, terminal.fileno()), b""))
    return arrived.decode(errors="replace")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:  # nobody writes to it any more
        return b""


def _python(program: str) -> list[str]:
    return [sys.executable, "-P", "-X", "utf8", "-c", program, *_STEERS.values()]


@functools.cache
def _arrived(*before: str) -> str:
    """What the command prints, with ``before`` before it; and of what it wrote, what is told."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place, "workspace")
        folder.mkdir()
        told = _arrives([*before, *_python(_PROGRAM)], folder)
        return told if before else told + _arrives(_python(_LISTED), folder)


@pytest.mark.parametrize("steer", _STEERS)
def test_nothing_steers_a_terminal(steer: str) -> None:
    arrived = _arrived(sys.executable, "-P", "-m", "understudy", "sandbox", "run", "--")
    if "Level A." not in arrived:
        not_applicable(f"it is not run at level A: {arrived!r}")
    assert _STEERS[steer] not in arrived
    assert all(arrived.count(each) >= len(_STEERS) for each in _PLACES), arrived


@pytest.mark.parametrize("steer", _STEERS)
def test_without_the_sandbox_it_does(steer: str) -> None:
    arrived = _arrived()
    assert all(f"{each}{_STEERS[steer]}" in arrived for each in _PLACES)

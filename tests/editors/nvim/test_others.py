"""Helix (utf-8 positions) and Emacs with Eglot (utf-32) fix the line with the emoji."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from .conftest import Workplace

pytestmark = pytest.mark.editor

FIXED = re.compile(
    r'label = "🧾 " \+ auth\.fingerprint\(f"order \{order_id\}"\); '
    r"number = [^;\n]*10_000[^;\n]* \+ order_id\n"
)


def test_emacs(editor: Callable[[str], str], workplace: Workplace) -> None:
    script = str(Path(__file__).parent / "road.el")
    argv = [editor("emacs"), "--batch", "-Q", "-l", script]
    ended = workplace.run(argv, seconds=60, UNDERSTUDY_TEST_PYTHON=sys.executable)
    assert ended.code == 0, ended.output
    assert "server " in ended.output
    assert FIXED.search((workplace.project / "app.py").read_text(encoding="utf-8"))
    workplace.await_quiet()


class Terminal:
    """Just enough of a terminal: what was written to it without its control sequences, and keys."""

    CONTROL = re.compile(r"\x1b(\[[0-?]*[ -/]*[@-~]|[\]P][^\x07\x1b]*(\x07|\x1b\\)|[()].|.)")
    ASKS_WHO = "\x1b[c"
    ANSWER = b"\x1b[?62c"
    ESCAPE = "\x1b[27u"  # a bare escape turns the key behind it into Alt+key

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.raw = ""

    def type(self, keys: str) -> None:
        """Send `keys`; what was shown before is forgotten."""
        self.raw = ""
        os.write(self.descriptor, keys.encode())

    def shows(self, pattern: str, seconds: float) -> bool:
        """Whether text of this pattern appears in time."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.CONTROL.sub("", self.raw)):
            left = max(0, deadline - time.monotonic())
            ready, _, _ = select.select([self.descriptor], [], [], left)
            if not ready:
                return False
            try:
                new = os.read(self.descriptor, 65536).decode(errors="replace")
            except OSError:  # the other end is closed
                return False
            if self.ASKS_WHO in new:
                os.write(self.descriptor, self.ANSWER)
            self.raw += new
        return True


@contextmanager
def terminal(
    argv: list[str], workplace: Workplace
) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 180, 0, 0))
    process = subprocess.Popen(
        argv,
        cwd=workplace.project,
        env=workplace.environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        yield Terminal(ours), process
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_helix(editor: Callable[[str], str], workplace: Workplace, server: list[str]) -> None:
    hx = editor("hx")
    config = Path(workplace.environment["XDG_CONFIG_HOME"]) / "helix"
    config.mkdir(parents=True)
    (config / "languages.toml").write_text(
        "[language-server.understudy]\n"
        f"command = {json.dumps(server[0])}\n"
        f"args = {json.dumps(server[1:])}\n"
        "config = { trusted = true }\n"
        '[[language]]\nname = "python"\nlanguage-servers = ["understudy"]\n',
        encoding="utf-8",
    )
    file = workplace.project / "app.py"
    with terminal([hx, "app.py"], workplace) as (screen, process):
        assert screen.shows("NOR", 10), screen.raw
        screen.type('/eval."10_000\r')
        for _ in range(15):
            screen.type(" a")
            if screen.shows("Fix:", 1):
                break
            shown = screen.raw
            screen.type(Terminal.ESCAPE)
        else:
            pytest.fail(f"no fix was offered: {shown!r}")
        screen.type("\r:w\r")
        assert screen.shows("written", 10), screen.raw
        assert FIXED.search(file.read_text(encoding="utf-8"))
        screen.type(":q!\r")
        process.wait(10)
    workplace.await_quiet()

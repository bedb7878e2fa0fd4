"""Histories of shells: as they are documented, as the real shells write them, and damaged."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from understudy.automations import histories
from understudy.automations.histories import SHELLS, places, read
from understudy.store.activity import Did

from ..needs import missing

CASES: dict[str, tuple[str, bytes, list[tuple[str, float | None, float | None]]]] = {
    "bash": (
        "bash",
        b"ls\n\ncd src\n  make  \n",
        [("ls", None, None), ("cd src", None, None), ("make", None, None)],
    ),
    "bash with times": (
        "bash",
        b"ls\n#1700000000\nfor x in 1\ndo echo\ndone\n#1700000001\n#1700000002\npwd",
        [
            ("ls", None, None),
            ("for x in 1\ndo echo\ndone", 1_700_000_000.0, None),
            ("pwd", 1_700_000_002.0, None),
        ],
    ),
    "zsh": ("zsh", b"ls\necho a\\\nb\n", [("ls", None, None), ("echo a\nb", None, None)]),
    "zsh with times": (
        "zsh",
        b": 1700000000:4;ls\n: 1700000001:0;echo a \\\\\nb\n",
        [("ls", 1_700_000_000.0, 4.0), ("echo a \\\nb", 1_700_000_001.0, 0.0)],
    ),
    "zsh, metafied": (
        "zsh",
        b": 1700000000:0;echo \xf0\x83\xbf\x83\xb8\x83\xa0\n",  # an emoji
        [("echo \U0001f600", 1_700_000_000.0, 0.0)],
    ),
    "fish": (
        "fish",
        b"- cmd: echo a\\nb \\\\n\n  when: 1700000000\n  paths:\n    - a\n- cmd: ls\n",
        [("echo a\nb \\n", 1_700_000_000.0, None), ("ls", None, None)],
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_stands_in_a_history(case: str, tmp_path: Path) -> None:
    shell, content, expected = CASES[case]
    file = tmp_path / "history"
    file.write_bytes(content)
    os.utime(file, (500.0, 500.0))
    found = read(shell, file, 100)
    assert [(each.text, each.at, each.seconds) for each in found.activities] == [
        (text, 500.0 if at is None else at, seconds) for text, at, seconds in expected
    ]
    assert {each.did for each in found.activities} == {Did.COMMAND}
    assert (found.commands, found.left_out, found.is_cut) == (len(expected), 0, False)


def test_a_time_that_has_yet_to_come_is_none(tmp_path: Path) -> None:
    """It would be the newest for ever, and all that comes would go before it."""
    file = tmp_path / "history"
    file.write_text(f"#1000\nls\n#{99_999_999_999}\nmake\n")
    os.utime(file, (500.0, 500.0))
    assert [each.at for each in read("bash", file, 100).activities] == [1_000.0, 500.0]


def test_half_an_hour_without_a_command_ends_a_session(tmp_path: Path) -> None:
    file = tmp_path / "history"
    times = (1_000, 2_000, 3_800, 5_601, 5_601)
    file.write_text("".join(f"#{at}\nls\n" for at in times))
    sessions = [each.session for each in read("bash", file, 100).activities]
    assert sessions == ["bash history 1000"] * 3 + ["bash history 5601"] * 2


def test_the_last_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "history"
    file.write_text("".join(f"ls {n}\n" for n in range(50)))
    found = read("bash", file, 3)
    assert [each.text for each in found.activities] == ["ls 47", "ls 48", "ls 49"]
    assert found.commands == 50


@pytest.mark.parametrize("shell", SHELLS)
def test_what_is_no_text_is_told(shell: str, tmp_path: Path) -> None:
    good = b"- cmd: ls\n" if shell == "fish" else b"ls\n"
    file = tmp_path / "history"
    file.write_bytes(b"\0\1\2\n" * 7 + b"x" * 100_000 + b"\n" + good)
    found = read(shell, file, 10)
    assert [each.text for each in found.activities] == ["ls"]
    assert (found.commands, found.left_out) == (1, 8)


PEAK = """
import resource, sys, time
from pathlib import Path
from understudy.automations.histories import read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
begin = time.process_time()
found = read(sys.argv[1], Path(sys.argv[2]), 10_000)
seconds = time.process_time() - begin
print(len(found.activities), found.commands, found.left_out, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, seconds)
"""


def test_what_comes_while_it_is_read_is_of_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However fast it comes: each line that is read is written once more."""
    file = tmp_path / "history"
    file.write_text("make a\nmake b\n")

    class Growing(io.FileIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            line = super().readline(size)
            with file.open("ab") as more:
                more.write(line)
            return line

    monkeypatch.setattr(histories, "open_regular", Growing)
    assert read("bash", file, 100).commands == 2


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize("kind", ["a million lines", "garbage", "one line"])
def test_any_file_is_taken_in_bounded_memory(shell: str, kind: str, tmp_path: Path) -> None:
    file = tmp_path / "history"
    line = {"bash": "#{0}\nmake {0}\n", "zsh": ": {0}:1;make {0}\n", "fish": "- cmd: make {0}\n"}
    with file.open("wb") as out:
        if kind == "a million lines":
            for n in range(0, 1_000_000, 1_000):
                out.write("".join(line[shell].format(k) for k in range(n, n + 1_000)).encode())
        else:
            block = os.urandom(1 << 20)
            for _ in range(32):
                out.write(block if kind == "garbage" else block.replace(b"\n", b"-"))
    command = [sys.executable, "-P", "-c", PEAK, shell, str(file)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    kept, commands, left_out, kilobytes = map(int, answer[:4])
    if kind == "a million lines":
        assert (kept, commands, left_out) == (10_000, 1_000_000, 0)
    else:
        assert left_out
    assert kilobytes < 48 << 10
    assert float(answer[4]) < 30


@pytest.mark.parametrize(
    ("shell", "environ", "expected"),
    [
        ("bash", {"HOME": "/h"}, "/h/.bash_history"),
        ("bash", {"HOME": "/h", "HISTFILE": "/x", "SHELL": "/bin/bash"}, "/x"),
        ("bash", {"HOME": "/h", "HISTFILE": "/x", "SHELL": "/bin/zsh"}, "/h/.bash_history"),
        ("zsh", {"HOME": "/h"}, "/h/.zsh_history /h/.zhistory"),
        ("zsh", {"HOME": "/h", "ZDOTDIR": "/z"}, "/z/.zsh_history /h/.zhistory"),
        ("fish", {"HOME": "/h"}, "/h/.local/share/fish/fish_history"),
        ("fish", {"HOME": "/h", "XDG_DATA_HOME": "/d"}, "/d/fish/fish_history"),
    ],
)
def test_where_it_lies(shell: str, environ: dict[str, str], expected: str) -> None:
    assert [*map(str, places(shell, environ))] == expected.split()


def test_what_bash_writes(tmp_path: Path) -> None:
    file = tmp_path / "history"
    script = (
        "set -o history; shopt -s cmdhist lithist; HISTTIMEFORMAT=%s; HISTFILE=$1\n"
        "echo 'two\nlines' ä >/dev/null\nhistory -w\n"
    )
    begin = time.time()
    answer = subprocess.run(
        ["bash", "--norc", "--noprofile", "-i", "-s", str(file)],
        input=script,
        text=True,
        capture_output=True,
        cwd=tmp_path,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        check=False,
    )
    assert file.exists(), answer.stderr
    found = read("bash", file, 10).activities
    assert "echo 'two\nlines' ä >/dev/null" in [each.text for each in found]
    assert all(begin - 1 <= each.at <= time.time() + 1 for each in found)


def test_what_zsh_writes(tmp_path: Path) -> None:
    if not shutil.which("zsh"):
        missing("zsh is not installed")
    file = tmp_path / "history"
    script = f"HISTFILE={file} SAVEHIST=99 HISTSIZE=99; setopt extendedhistory\nprint -s $'echo two\\nlines \U0001f600 \\\\'\nfc -W {file}\n"
    subprocess.run(
        ["zsh", "-f", "-i", "-c", script],
        check=True,
        env={"HOME": str(tmp_path), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
    )
    (found,) = read("zsh", file, 10).activities
    assert found.text.rstrip() == "echo two\nlines \U0001f600 \\"
    assert found.at == pytest.approx(time.time(), abs=60)

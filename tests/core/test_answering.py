"""What an automation lacks is asked for in a terminal."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys

import pytest

_ASK = """
import json, sys
from understudy.cli.answering import completed
print(json.dumps(completed(json.loads(sys.argv[1]), {"given": "x"})))
"""


def _parameter(name: str, **more: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "name": name,
        "default": None,
        "choices": [],
        "question": "",
        "many": False,
    }
    return plain | more


FILE, SIZE = _parameter("file", many=True), _parameter("size", many=True)
HOW = _parameter("how", choices=["fast", "slow"], question="How?")
KNOWN = [_parameter("given"), _parameter("usual", default="1")]


@pytest.mark.parametrize(
    ("parameters", "typed", "values"),
    [
        (KNOWN, "", {}),
        ([*KNOWN, HOW], "quick\nslow\n", {"how": "slow"}),
        ([FILE], "a b\nc\n\n", {"file": "a b\nc"}),
        ([FILE, SIZE, HOW], "fast\na\n1\nb\n22\n\n", {"file": "a\nb", "size": "1\n22", "how": "fast"}),
        ([FILE, SIZE], "\n", {}),
    ],
)  # fmt: skip
def test_what_is_typed_are_the_values(
    parameters: list[dict[str, object]], typed: str, values: dict[str, str]
) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-P", "-c", _ASK, json.dumps(parameters)]
    process = subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    os.write(ours, typed.encode())
    told, asked = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert json.loads(told) == {"given": "x", **values}, asked


def test_where_there_is_no_terminal_nobody_is_asked() -> None:
    command = [sys.executable, "-P", "-c", _ASK, json.dumps([FILE, HOW])]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True
    )
    assert (json.loads(done.stdout), done.stderr) == ({"given": "x"}, "")

"""Which comments silence a rule on a row, as Ruff has it."""

from __future__ import annotations

import json
import subprocess

import pytest

from understudy.analyzers.complexity.noqa import Silenced
from understudy.analyzers.ruff.child import executable
from understudy.text import Lines

BODY = "\n" + "    if x: pass\n" * 11


@pytest.mark.parametrize(
    "header",
    [
        "def f(x):",
        "def f(x):  # noqa",
        "def f(x):  # NoQA",
        "def f(x):  # noqa: C901",
        "def f(x):  #noqa:c901",
        "def f(x):  # noqa: F401, C901",
        "def f(x):  # noqa: F401 C901 because",
        "def f(x):  # noqa: F401",
        "def f(x):  # a table  # noqa: C901",
        "def f(x):  # noqa: complexipy",
        "# noqa: C901\ndef f(x):",
        "# ruff: noqa: C901\ndef f(x):",
        "# ruff: noqa\ndef f(x):",
        "# flake8: noqa\ndef f(x):",
        "# ruff: noqa: F401\ndef f(x):",
    ],
)
def test_ruff_agrees(header: str) -> None:
    text = header + BODY
    argv = [executable(""), "check", "--isolated", "--select=C901", "--output-format=json", "-"]
    done = subprocess.run(argv, input=text.encode(), capture_output=True, check=False)
    silent = header.count("\n") in Silenced(Lines(text), ["C901"])
    assert silent is not bool(json.loads(done.stdout))

"""What Ruff and Pylint say of one matter is one problem: the table against the tools' own lists."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from understudy.findings.families import family
from understudy.findings.merge import merge
from understudy.findings.pylint_rules import CODES, OUTSIDE, ruff_rule
from understudy.model import Category, Finding, Position, Range, Severity

GONE = {"PLC1901", "PLE0116"}
"""Of these Pylint has changed the number, or has them no more."""

SAMPLES = {
    "C0121": "def f(x):\n    return x == True\n",
    "C0301": f"X = '{'x' * 200}'\n",
    "C0303": "X = 1 \n",
    "C0304": "X = 1",
    "C1804": "def f(x):\n    if x == '':\n        print()\n",
    "E0602": "print(unheard)\n",
    "R1705": "def f(x):\n    if x:\n        return 1\n    else:\n        return 2\n",
    "W0102": "def f(x=[]):\n    return x\n",
    "W0122": "exec('1')\n",
    "W0123": "print(eval('1'))\n",
    "W0611": "import os\n",
    "W0612": "def f():\n    x = 1\n",
    "W0622": "max = 1\n",
    "W0702": "try:\n    print()\nexcept:\n    print(1)\n",
    "W0707": "try:\n    print()\nexcept KeyError:\n    raise ValueError()\n",
    "W0718": "try:\n    print()\nexcept Exception:\n    print(1)\n",
    "W1309": "print(f'x')\n",
    "R0913": "def f(a, b, c, d, e, g):\n    return a, b, c, d, e, g\n",
    "W0603": "X = 1\ndef f():\n    global X\n    X = 2\n",
}


def run(*command: str) -> str:
    argv = [sys.executable, "-P", "-m", *command]
    return subprocess.run(argv, capture_output=True, text=True, check=False).stdout


@pytest.fixture(scope="module")
def messages() -> dict[str, str]:
    """All that Pylint has, its own extensions included: their names by their numbers."""
    script = (
        "import pkgutil, pylint.extensions as e\n"
        "names = [m.name for m in pkgutil.iter_modules(e.__path__) if m.name[0] != '_']\n"
        "from pylint import run_pylint\n"
        "plugins = ','.join(f'pylint.extensions.{n}' for n in names)\n"
        "run_pylint(['--load-plugins=' + plugins, '--list-msgs'])\n"
    )
    argv = [sys.executable, "-P", "-c", script]
    listing = subprocess.run(argv, capture_output=True, text=True, check=False).stdout
    found = re.findall(r"^:([a-z0-9-]+) \(([A-Z]\d{4})\)", listing, re.MULTILINE)
    return {number: name for name, number in found}


def test_the_numbers_of_ruff_are_pylints(messages: dict[str, str]) -> None:
    rules = json.loads(run("ruff", "rule", "--all", "--output-format=json"))
    standing = {rule["code"] or "" for rule in rules if "Removed" not in rule["status"]}
    numbered = {code for code in standing if code.startswith("PL")}
    assert len(numbered) > 100
    assert {code for code in numbered if code.removeprefix("PL") not in messages} == GONE
    assert OUTSIDE.keys() <= messages.keys()
    assert set(OUTSIDE.values()) <= standing


def test_the_names_in_comments_are_pylints(messages: dict[str, str]) -> None:
    assert {name: messages.get(number) for name, number in CODES.items()} == {
        name: name for name in CODES
    }


@pytest.mark.parametrize(
    ("message", "tool", "rule"),
    [
        ("R0913", "ruff", "PLR0913"),
        ("W0123", "bandit", "B307"),
        ("W0122", "ruff", "S102"),
        ("E2502", "bandit", "B613"),
    ],
)
def test_families(message: str, tool: str, rule: str) -> None:
    assert family("pylint", message) == family(tool, rule)


def test_other_messages_stay_alone() -> None:
    assert family("pylint", "C0114") not in (family("ruff", "D100"), family("pylint", "C0115"))


def test_both_speak_and_it_is_one_problem(tmp_path: Path) -> None:
    for message, text in SAMPLES.items():
        (tmp_path / f"{message.lower()}.py").write_text(text)
    found: dict[str, list[Finding]] = {message: [] for message in SAMPLES}

    def add(tool: str, path: str, rule: str, line: int, column: int, end: tuple[int, int]) -> None:
        place = Range(Position(line, column), Position(*end))
        finding = Finding(tool, rule, "", place, Severity.LOW, Category.QUALITY)
        found[Path(path).stem.upper()].append(finding)

    select = ",".join({*map(ruff_rule, SAMPLES)})
    options = ("--isolated", "--no-cache", "--preview", "--output-format=json")
    rows: list[dict[str, Any]] = json.loads(
        run("ruff", "check", *options, f"--select={select}", str(tmp_path))
    )
    for row in rows:
        start, end = row["location"], row["end_location"]
        stop = (end["row"] - 1, end["column"] - 1)
        add("ruff", row["filename"], row["code"], start["row"] - 1, start["column"] - 1, stop)
    names = map(str, sorted(tmp_path.glob("*.py")))
    wanted = f"--enable={','.join(SAMPLES)}"
    answer = run("pylint", "--disable=all", wanted, "--output-format=json2", *names)
    for row in json.loads(answer)["messages"]:
        line, column = row["line"] - 1, row["column"]
        stop = ((row["endLine"] or row["line"]) - 1, row["endColumn"] or column + 1)
        add("pylint", row["absolutePath"], row["messageId"], line, column, stop)
    for message, findings in found.items():
        name = family("pylint", message)
        own = [each for each in merge(findings) if family(each.lead.tool, each.lead.rule) == name]
        assert [sorted(each.tools) for each in own] == [["pylint", "ruff"]], message

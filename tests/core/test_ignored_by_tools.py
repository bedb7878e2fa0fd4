"""Comments that "Ignore here" writes are obeyed by the tools themselves: what is ignored is silent,
and all else is not."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from understudy.analyzers import bandit, eslint, pylint, ruff, secrets
from understudy.analyzers.base import Analyzer
from understudy.analyzers.complexity import complexipy, radon
from understudy.analyzers.programs import hadolint, kingfisher, mypy, semgrep, shellcheck, zizmor
from understudy.fixes.ignoring import ignore_here, ignore_in_file
from understudy.model import Finding
from understudy.settings import Settings
from understudy.text import apply

from .eslint_support import CONFIGURATION, NODE, modules
from .planted import AWS, GITHUB
from .support import Asker, tree
from .test_optional_tools import DOCKERFILE, RULES, SCRIPT, WORKFLOW, executable

_BRANCHES = "".join(f"    if x == {n}:\n        return {n}\n" for n in range(20))
_INNER = "".join(f"        if x == {n}:\n            return {n}\n" for n in range(20))
FUNCTIONS = f"""\
def plain(x):
{_BRANCHES}

@cache
def decorated(x):  # fine
{_BRANCHES}

def wide(
    x,
    y=1,
):
{_BRANCHES}

class Some:
    async def inner(self, x):  # noqa: E501
{_INNER}"""
SECRETS = """\
password = "hunter2hunter"
connect(user="x", password="correct horse")  # 😀
key = '''-----BEGIN RSA PRIVATE KEY-----
abc
-----END RSA PRIVATE KEY-----'''
"""
LINTED = '''\
"""A file."""
import os, sys
eval("1")  # 😀
def f(a, b, c, d, e, g):
    """It."""
    text = """
    a"""
    return exec(a)
'''
TYPED = """\
x: int = "😀"
y = x.nothing + (1 + "a")  # noqa: E501
z: str = (
    1 +
    x.other  # 😀
)
"""
SCRIPTED = "var a = 1;\nfunction f() {\n  debugger; var b = `${a}`;\n  return b + nothing;\n}\n"


class Sample(NamedTuple):
    analyzer: Analyzer
    name: str
    text: str


SAMPLES = {
    "radon": Sample(radon.ANALYZER, "a.py", FUNCTIONS),
    "complexipy": Sample(complexipy.ANALYZER, "a.py", FUNCTIONS),
    "ruff": Sample(ruff.ANALYZER, "a.py", FUNCTIONS),
    "bandit": Sample(bandit.ANALYZER, "a.py", LINTED),
    "pylint": Sample(pylint.ANALYZER, "a.py", LINTED),
    "detect-secrets": Sample(secrets.ANALYZER, "a.py", SECRETS),
    "secrets in YAML": Sample(secrets.ANALYZER, "a.yml", 'a:\n  password: "hunter2hunter"\n'),
    "secrets in C": Sample(secrets.ANALYZER, "a.c", 'char *password = "hunter2hunter";\n'),
    "secrets in SQL": Sample(secrets.ANALYZER, "a.sql", f"select 1;\nselect '{AWS}';\n"),
    "secrets in XML": Sample(secrets.ANALYZER, "a.xml", f"<x>\n<a>{AWS}</a>\n</x>\n"),
    "secrets in text": Sample(secrets.ANALYZER, "a.md", f"Key: {AWS}\n"),
    "secrets in values": Sample(secrets.ANALYZER, "a.ini", f"[a]\nkey = {AWS}\n"),
    "eslint": Sample(eslint.ANALYZER, "a.js", SCRIPTED),
    "shellcheck": Sample(shellcheck.ANALYZER, "a.sh", SCRIPT.replace("\n", "\nx=2; : $x\n", 1)),
    "hadolint": Sample(hadolint.ANALYZER, "Dockerfile", DOCKERFILE),
    "mypy": Sample(mypy.ANALYZER, "a.py", TYPED),
    "semgrep": Sample(semgrep.ANALYZER, "a.py", "eval(1)\nx = eval('😀')  # 😀\n"),
    "kingfisher": Sample(kingfisher.ANALYZER, "a.py", f'x = "{GITHUB}"  # 😀\nf("{AWS}")\n'),
    "kingfisher in XML": Sample(kingfisher.ANALYZER, "a.xml", f"<a>{GITHUB}</a>\n"),
    "zizmor": Sample(zizmor.ANALYZER, ".github/workflows/a.yml", WORKFLOW),
}


class Tool:
    """The real one, on one file, as an editor has it."""

    def __init__(self, sample: Sample, root: Path) -> None:
        self.root = root
        self.name = sample.name
        name = sample.analyzer.name
        own: dict[str, object] = {"eslint.node": NODE, "pylint.interpreter": sys.executable}
        if name == "semgrep":
            tree(root, {".semgrep.yml": RULES})
        if name in ("shellcheck", "hadolint", "kingfisher", "mypy", "semgrep", "zizmor"):
            own |= {f"{name}.path": executable(name)}
        self.settings = Settings.of(own)
        if name == "eslint":
            tree(root, {"eslint.config.mjs": CONFIGURATION})
            (root / "node_modules").mkdir()
            (root / "node_modules/eslint").symlink_to(modules() / "eslint")
        self.asker = Asker(sample.analyzer, root)

    def says(self, text: str) -> tuple[Finding, ...]:
        tree(self.root, {self.name: text})
        report = self.asker.one(self.name, text.encode(), self.settings)
        assert report.state.is_verdict, report.why
        return report.findings


def tally(findings: tuple[Finding, ...]) -> Counter[str]:
    return Counter(each.rule for each in findings)


@pytest.mark.parametrize("name", SAMPLES)
def test_piece_by_piece_all_is_ignored(name: str, tmp_path: Path) -> None:
    """At each step what is ignored goes, and nothing else does."""
    sample = SAMPLES[name]
    tool, text = Tool(sample, tmp_path), sample.text
    said = tool.says(text)
    assert said
    while said:
        first = min(said, key=lambda each: (each.range, each.rule))
        edits = ignore_here(text, sample.name, [first])
        assert edits, first
        text = apply(text, edits)
        assert "understudy:" not in text, text
        after = tool.says(text)
        assert not tally(after) - tally(said), text
        # On one row, a comment lets all of a rule be.
        row = first.range.start.line
        alike = [e for e in said if e.range.start.line == row and e.rule == first.rule]
        gone = tally(said) - tally(after)
        assert gone[first.rule] in range(1, len(alike) + 1), text
        assert set(gone) == {first.rule} or "secrets" in name, text
        said = after


@pytest.mark.parametrize("name", ["pylint", "eslint", "shellcheck", "hadolint", "mypy"])
def test_in_the_file(name: str, tmp_path: Path) -> None:
    sample = SAMPLES[name]
    tool, said = Tool(sample, tmp_path), None
    for rule in sorted(tally(said := tool.says(sample.text))):
        found = [each for each in said if each.rule == rule]
        text = apply(sample.text, ignore_in_file(sample.text, sample.name, found))
        assert set(tally(said) - tally(tool.says(text))) == {rule}, text

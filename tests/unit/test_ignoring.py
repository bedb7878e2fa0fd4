"""Comments that ignore, for any tool and language, here and in the whole file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.suppressions import read
from understudy.fixes.ignoring import ignore_here, ignore_in_file, remove_comment
from understudy.model import Category, Finding, Position, Range, Severity
from understudy.text import apply

from .real_tools import bandit, everything, ruff

SAMPLES = sorted((Path(__file__).parents[1] / "samples").rglob("*.py"))


def finding(tool: str, rule: str, row: int) -> Finding:
    place = Range(Position(row, 0), Position(row, 3))
    return Finding(tool, rule, "", place, Severity.LOW, Category.SECURITY)


HERE = {
    "pylint": ("a.py", "x()\n", [("pylint", "no-member", 0)], "x()  # pylint: disable=no-member\n"),
    "pylint, more": (
        "a.py",
        "x()  # pylint: disable=no-member\n",
        [("pylint", "C0103", 0)],
        "x()  # pylint: disable=no-member,C0103\n",
    ),
    "one without words": ("a.py", "x()\n", [("radon", "CC", 0)], "x()  # understudy: ignore[CC]\n"),
    "ours, more": (
        "a.py",
        "x()  # understudy: ignore[CC] until 2026-03-01 -- so\n",
        [("radon", "MI", 0)],
        "x()  # understudy: ignore[CC, MI] until 2026-03-01 -- so\n",
    ),
    "ours, the same": (
        "a.py",
        "x()  # understudy: ignore[CC]\n",
        [("radon", "CC", 0)],
        None,
    ),
    "two tools": (
        "a.py",
        "x()\n",
        [("pylint", "eval-used", 0), ("ruff", "S307", 0), ("radon", "CC", 0)],
        "x()  # noqa: S307  # pylint: disable=eval-used  # understudy: ignore[CC]\n",
    ),
    "where a string begins": (
        "a.py",
        '    x = """\n  a\n"""\n',
        [("radon", "CC", 0)],
        '    # understudy: ignore[CC]\n    x = """\n  a\n"""\n',
    ),
    "inside a string": ("a.py", 'x = """\n  a\n"""\n', [("radon", "CC", 1)], None),
    "inside a line": ("a.py", "x = 1 + \\\n  2 + \\\n 3\n", [("radon", "CC", 1)], None),
    "ruff and bandit inside a line": (
        "a.py",
        "x = 1\ny = f(a, \\\n    b)\n",
        [("radon", "CC", 1)],
        "x = 1\n# understudy: ignore[CC]\ny = f(a, \\\n    b)\n",
    ),
    "where nosec would undo another": (
        "a.py",
        "call(  # nosec\n    a,\n    shell=True)\n",
        [("bandit", "B602", 0)],
        None,
    ),
    "eslint": (
        "a.ts",
        "f(() => {\r\n  eval(x);\r\n});\r\n",
        [("eslint", "no-eval", 1)],
        "f(() => {\r\n  // eslint-disable-next-line no-eval\r\n  eval(x);\r\n});\r\n",
    ),
    "eslint in a template": (
        "a.ts",
        "x = `\n${eval(y)}`;\n",
        [("eslint", "no-eval", 1)],
        "x = `\n${eval(y)}`;  // understudy: ignore[no-eval]\n",
    ),
    "eslint inside a template": (
        "a.ts",
        "x = `\n${eval(y)}\n`;\n",
        [("eslint", "no-eval", 1)],
        None,
    ),
    "radon": (
        "a.py",
        "def f():  # noqa: E501\n    pass\n",
        [("radon", "R701", 0), ("complexipy", "CC001", 0)],
        "def f():  # noqa: E501, C901  # complexipy: ignore\n    pass\n",
    ),
    "radon and ruff": (
        "a.py",
        "def f():\n    pass\n",
        [("radon", "R701", 0), ("ruff", "C901", 0)],
        "def f():  # noqa: C901\n    pass\n",
    ),
    "a secret over lines": (
        "a.py",
        "x = 1\nk = '''a\nb'''\n",
        [("detect-secrets", "PrivateKeyDetector", 1)],
        "x = 1\n# pragma: allowlist nextline secret\nk = '''a\nb'''\n",
    ),
    "zizmor": (
        ".github/workflows/a.yml",
        "on: push\n",
        [("zizmor", "dangerous-triggers", 0)],
        "on: push  # zizmor: ignore[dangerous-triggers]\n",
    ),
    "zizmor, more": (
        "a.yml",
        "on: push # zizmor: ignore[a]\n",
        [("zizmor", "b", 0)],
        "on: push # zizmor: ignore[a,b]\n",
    ),
    "a secret": (
        "a.py",
        "x = 'y'\n",
        [("detect-secrets", "Secret Keyword", 0)],
        "x = 'y'  # pragma: allowlist secret\n",
    ),
    "shellcheck": (
        "a.sh",
        "#!/bin/sh\nx=1\necho $x\n",
        [("shellcheck", "SC2086", 2)],
        "#!/bin/sh\nx=1\n# shellcheck disable=SC2086\necho $x\n",
    ),
    "shellcheck, where it would hold for the whole file": (
        "a.sh",
        "#!/bin/sh\n# Why.\necho $x\n",
        [("shellcheck", "SC2086", 2)],
        "#!/bin/sh\n# Why.\necho $x  # understudy: ignore[SC2086]\n",
    ),
    "eslint, more": (
        "a.js",
        "  // eslint-disable-next-line no-var\n  var x = eval(y);\n",
        [("eslint", "no-eval", 1)],
        "  // eslint-disable-next-line no-var, no-eval\n  var x = eval(y);\n",
    ),
    "pylint, where a string begins": (
        "a.py",
        '    x = """\n  a\n"""\n',
        [("pylint", "W0612", 0)],
        '    # pylint: disable-next=W0612\n    x = """\n  a\n"""\n',
    ),
    "mypy, before all else": (
        "a.py",
        "x()  # noqa: E501\n",
        [("mypy", "call-arg", 0), ("mypy", "name-defined", 0)],
        "x()  # type: ignore[call-arg, name-defined]  # noqa: E501\n",
    ),
    "mypy, more": (
        "a.py",
        "x()  # type: ignore[call-arg]\n",
        [("mypy", "name-defined", 0)],
        "x()  # type: ignore[call-arg, name-defined]\n",
    ),
    "mypy, without a code": (
        "a.py",
        "x()\n",
        [("mypy", "mypy", 0)],
        "x()  # understudy: ignore[mypy]\n",
    ),
    "semgrep": (
        "a.go",
        'x("// no")\n',
        [("semgrep", "rules.no-x", 0), ("semgrep", "b", 0)],
        'x("// no")  // nosemgrep: rules.no-x, b\n',
    ),
    "semgrep, where a string begins": (
        "a.py",
        'x("""\n""")\n',
        [("semgrep", "no-x", 0)],
        '# nosemgrep: no-x\nx("""\n""")\n',
    ),
    "a requirement": (
        "requirements.txt",
        "flask==1.0\n",
        [("pip-audit", "PYSEC-2019-179", 0)],
        "flask==1.0  # understudy: ignore[PYSEC-2019-179]\n",
    ),
    "where // begins a comment": (
        "a.c",
        'char *k = "s";\n',
        [("detect-secrets", "secret", 0)],
        'char *k = "s";  // pragma: allowlist secret\n',
    ),
    "where // begins one, in our words": (
        "a.kt",
        "x\n",
        [("other", "R1", 0)],
        "x  // understudy: ignore[R1]\n",
    ),
    "in sql": (
        "a.sql",
        "select 's';\n",
        [("detect-secrets", "secret", 0)],
        "select 's';  -- pragma: allowlist secret\n",
    ),
    "between marks": (
        "a.xml",
        "<a>s</a>\n",
        [("detect-secrets", "secret", 0)],
        "<a>s</a>  <!-- pragma: allowlist secret -->\n",
    ),
    "between marks, more": (
        "a.md",
        "s <!-- understudy: ignore[R1] -->\n",
        [("other", "R2", 0)],
        "s <!-- understudy: ignore[R1, R2] -->\n",
    ),
    "in an element that goes on": ("a.xml", "<a\n b='s'\n/>\n", [("other", "R1", 1)], None),
    "in code of a text": ("a.md", "```\ns\n```\n", [("other", "R1", 1)], None),
    "above, where # is part of a value": (
        "a.ini",
        "[a]\nb = s\n",
        [("detect-secrets", "secret", 1)],
        "[a]\n# pragma: allowlist nextline secret\nb = s\n",
    ),
    "where nobody knows a comment": ("a.xyz", "s\n", [("detect-secrets", "secret", 0)], None),
    "no comments at all": ("package.json", "{}\n", [("npm-audit", "GHSA-1", 0)], None),
    "what was not looked at": ("a.py", "x = \n", [("ruff", "invalid-syntax", 0)], None),
}  # fmt: skip


@pytest.mark.parametrize("case", HERE)
def test_here(case: str) -> None:
    path, text, found, expected = HERE[case]
    edits = ignore_here(text, path, [finding(*each) for each in found])
    after = apply(text, edits)
    if expected is None:
        assert after == text or case == "where nosec would undo another"
    else:
        assert after == expected


IN_FILE = {
    "ruff": ("a.py", "x\n", [("ruff", "F401", 0)], "# ruff: noqa: F401\nx\n"),
    "bandit": ("a.py", "x\n", [("bandit", "B307", 0)], "# understudy: ignore-file[B307]\nx\n"),
    "both": (
        "a.py",
        "x\n",
        [("bandit", "B307", 0), ("ruff", "S307", 0)],
        "# ruff: noqa: S307\n# understudy: ignore-file[B307]\nx\n",
    ),
    "below the first lines": (
        "a.py",
        "#!/usr/bin/env python\r\n# -*- coding: utf-8 -*-\r\nx\r\n",
        [("pylint", "C0103", 0)],
        "#!/usr/bin/env python\r\n# -*- coding: utf-8 -*-\r\n# pylint: disable=C0103\r\nx\r\n",
    ),
    "eslint": ("a.js", "x\n", [("eslint", "no-eval", 0)], "/* eslint-disable no-eval */\nx\n"),
    "typescript": ("a.ts", "x\n", [("other", "r", 0)], "// understudy: ignore-file[r]\nx\n"),
    "shellcheck": (
        "a.sh",
        "#!/bin/sh\nx\n",
        [("shellcheck", "SC2086", 1)],
        "#!/bin/sh\n# shellcheck disable=SC2086\nx\n",
    ),
    "docker": (
        "Dockerfile",
        "# syntax=docker/dockerfile:1\nFROM a\n",
        [("hadolint", "DL3006", 1)],
        "# syntax=docker/dockerfile:1\n# hadolint global ignore=DL3006\nFROM a\n",
    ),
    "mypy": (
        "a.py",
        "x\n",
        [("mypy", "misc", 0), ("mypy", "attr-defined", 0), ("mypy", "syntax", 0)],
        '# mypy: disable-error-code="misc, attr-defined"\n# understudy: ignore-file[syntax]\nx\n',
    ),
    "json": ("package.json", "{}\n", [("npm-audit", "GHSA-1", 0)], "{}\n"),
    "of C and its kin": ("a.c", "x\n", [("other", "r", 0)], "// understudy: ignore-file[r]\nx\n"),
    "below what xml begins with": (
        "a.xml",
        "<?xml version='1.0'?>\n<a/>\n",
        [("other", "r", 1)],
        "<?xml version='1.0'?>\n<!-- understudy: ignore-file[r] -->\n<a/>\n",
    ),
    "not within what heads a text": ("a.md", "---\na: b\n---\n", [("other", "r", 0)], "---\na: b\n---\n"),
    "where nobody knows a comment": ("a.xyz", "x\n", [("other", "r", 0)], "x\n"),
    "what was not looked at": ("a.py", "x = \n", [("ruff", "invalid-syntax", 0)], "x = \n"),
}  # fmt: skip


@pytest.mark.parametrize("case", IN_FILE)
def test_in_the_file(case: str) -> None:
    path, text, found, expected = IN_FILE[case]
    assert apply(text, ignore_in_file(text, path, [finding(*each) for each in found])) == expected


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
def test_ruff_obeys_what_is_ignored_in_the_file(path: Path) -> None:
    text = path.read_text()
    for rule in sorted({each.rule for each in ruff(text)}):
        ignored = apply(text, ignore_in_file(text, "a.py", [finding("ruff", rule, 0)]))
        had, has = everything(text), everything(ignored)
        assert set(had - has) == {rule}
        assert not has - had
    for rule in sorted({each.rule for each in bandit(text)}):
        ignored = apply(text, ignore_in_file(text, "a.py", [finding("bandit", rule, 0)]))
        assert [held.rules for held in read(ignored, "a.py")] == [(rule,)]


REMOVED = {
    "x()  # understudy: ignore[B1]\ny\n": "x()\ny\n",
    "  # understudy: ignore[B1] -- so\ny\n": "y\n",
    "x()  # noqa # understudy: ignore[B1]\n": "x()  # noqa\n",
    "x()  # understudy: ignore[B1] # noqa: E501\n": "x() # noqa: E501\n",
    "x()  # understudy: ignore[B1]": "x()",
}


@pytest.mark.parametrize("text", REMOVED)
def test_a_comment_is_removed_and_nothing_else(text: str) -> None:
    held, *_ = read(text, "a.py")
    assert apply(text, remove_comment(text, held.range)) == REMOVED[text]


@pytest.mark.parametrize(
    ("path", "comment"), [("a.xml", "<!-- {} -->"), ("a.sql", "-- {}"), ("a.c", "// {}")]
)
def test_a_comment_of_any_language_is_removed(path: str, comment: str) -> None:
    text = f"x  {comment.format('understudy: ignore[R1]')}\n"
    (held,) = read(text, path)
    assert apply(text, remove_comment(text, held.range)) == "x\n"


def test_a_comment_between_marks_is_removed_with_both() -> None:
    text = "x(); /* understudy: ignore[no-eval] */\n"
    (held,) = read(text, "a.js")
    assert apply(text, remove_comment(text, held.range)) == "x();\n"


PIECES = [
    "x",
    "=",
    "(",
    ")",
    '"""',
    "'",
    "\\\n",
    "\n",
    "\r\n",
    "# a",
    "    ",
    "`",
    "${",
    "}",
    "//",
    "😀",
    "|\n",
]


@given(
    st.lists(st.sampled_from(PIECES), max_size=20).map("".join),
    st.sampled_from(
        [
            *("a.py", "a.ts", "a.yml", "a.sh", "a.toml", "a.txt"),
            *("a.c", "a.sql", "a.xml", "a.md", "a.ini"),
        ]
    ),
    st.sampled_from(
        [("pylint", "no-member"), ("eslint", "no-eval"), ("radon", "CC"), ("zizmor", "a")]
    ),
    st.integers(0, 6),
)
def test_what_is_offered_can_be_read_again(
    text: str, path: str, who: tuple[str, str], row: int
) -> None:
    edits = ignore_here(text, path, [finding(*who, row)])
    after = apply(text, edits)
    if who[0] == "radon" and edits:
        assert any("CC" in held.rules for held in read(after, path))

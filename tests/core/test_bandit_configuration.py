"""The project's own Bandit configuration holds, as it does for ``bandit -r .`` in its folder."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from understudy.analyzers.bandit import ANALYZER
from understudy.analyzers.bandit.child import check
from understudy.findings import codec
from understudy.model import Report, State
from understudy.settings import Settings

from ..unit.json_values import ANYTHING
from .support import Asker, tree

SOURCE = """\
import subprocess
import telnetlib

assert True
eval("1")
subprocess.Popen("x", shell=True)
own.shell("x", shell=True)
open("/tmp/x")
open("/srv/tmp/x")
exec("1")  # nosec
exec("2")  # nosec B101
"""
SOURCES = dict.fromkeys(
    ("app.py", "tests/test_app.py", "pkg/tests/test_in.py", "pkg/app.py"), SOURCE
)


def pyproject(text: str) -> dict[str, str]:
    return {"pyproject.toml": text}


def ini(text: str) -> dict[str, str]:
    return {".bandit": f"[bandit]\n{text}\n"}


CONFIGURATIONS: dict[str, dict[str, str]] = {
    "none": {},
    "others": pyproject("[tool.black]\nline-length = 99"),
    "empty": pyproject("[tool.bandit]"),
    "tests": pyproject('[tool.bandit]\ntests = ["B307", "B101"]'),
    "skips": pyproject('[tool.bandit]\nskips = ["B307", "B101", "B404"]'),
    "tests and skips": pyproject('[tool.bandit]\ntests = ["B307", "B101"]\nskips = ["B404"]'),
    "an unknown test": pyproject('[tool.bandit]\ntests = ["B307", "B999"]\nskips = ["B998"]'),
    "a text for a list": pyproject('[tool.bandit]\nskips = "B101"'),
    "a forbidden import alone": pyproject('[tool.bandit]\ntests = ["B401"]'),
    "asserts in tests": pyproject('[tool.bandit.assert_used]\nskips = ["*/test_*.py"]'),
    "asserts below a folder": pyproject('[tool.bandit.assert_used]\nskips = ["./tests/*"]'),
    "asserts, no match": pyproject('[tool.bandit.assert_used]\nskips = ["tests/*"]'),
    "temporary folders": pyproject(
        '[tool.bandit.hardcoded_tmp_directory]\ntmp_dirs = ["/srv/tmp"]'
    ),
    "shell functions": pyproject(
        '[tool.bandit.shell_injection]\nsubprocess = ["own.shell"]\nshell = []\nno_shell = []'
    ),
    "excluded, a name": pyproject('[tool.bandit]\nexclude_dirs = ["tests"]'),
    "excluded, with slashes": pyproject('[tool.bandit]\nexclude_dirs = ["/tests/"]'),
    "excluded, with a dot": pyproject('[tool.bandit]\nexclude_dirs = ["./tests"]'),
    "excluded, with stars": pyproject('[tool.bandit]\nexclude_dirs = ["*/tests/*"]'),
    "excluded, a file": pyproject('[tool.bandit]\nexclude_dirs = ["pkg/app.py"]'),
    "excluded, nothing": pyproject('[tool.bandit]\nexclude_dirs = ["doc"]'),
    "ini tests": ini("tests = B307,B101"),
    "ini skips": ini("skips = B307, B101"),
    "ini exclude": ini("exclude = /tests/,/pkg/app.py"),
    "ini and pyproject": {**pyproject('[tool.bandit]\nskips = ["B307"]'), **ini("skips = B101")},
}


def told_by_bandit(root: Path) -> dict[str, Counter[tuple[str, int]]]:
    """Rule and line by file, as ``bandit -r .`` tells them."""
    command = [sys.executable, "-P", "-m", "bandit", "-q", "-f", "json", "-r", "."]
    if (root / "pyproject.toml").exists():
        command += ["-c", "pyproject.toml"]
    answer = subprocess.run(command, cwd=root, capture_output=True, check=False).stdout
    found: dict[str, Counter[tuple[str, int]]] = {}
    for row in json.loads(answer)["results"]:
        name = row["filename"].removeprefix("./")
        found.setdefault(name, Counter())[row["test_id"], row["line_number"]] += 1
    return found


@pytest.mark.parametrize("case", CONFIGURATIONS)
def test_as_bandit_itself(case: str, tmp_path: Path) -> None:
    asker = Asker(ANALYZER, tree(tmp_path, {**SOURCES, **CONFIGURATIONS[case]}))
    found: dict[str, Counter[tuple[str, int]]] = {}
    for name in SOURCES:
        report = asker.both(name)
        assert report.state.is_verdict or "excludes this file" in report.why
        if report.findings:
            found[name] = Counter((f.rule, f.range.start.line + 1) for f in report.findings)
    assert found == told_by_bandit(tmp_path)


@pytest.mark.parametrize(
    "case", ["tests and skips", "excluded, a name", "asserts below a folder", "ini skips"]
)
def test_an_interpreter_of_its_own_sees_the_same_configuration(case: str, tmp_path: Path) -> None:
    asker = Asker(ANALYZER, tree(tmp_path, {**SOURCES, **CONFIGURATIONS[case]}))
    own = Settings.of({"bandit.interpreter": sys.executable})
    for name in ("app.py", "tests/test_app.py"):
        assert asker.both(name, own) == asker.both(name)


def rules(asker: Asker, name: str) -> set[str]:
    return asker.rules(name) & {"B101", "B307", "B404", "B401"}


def test_the_nearest_wins(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[tool.bandit]\nskips = ["B101"]',
        "in/pyproject.toml": '[tool.bandit]\nskips = ["B307"]',
        "in/deep/pyproject.toml": "[project]\nname = 'deep'",
        "own/pyproject.toml": "[tool.bandit]",
        "own/.bandit": "[bandit]\nskips = B404",
    }
    sources = ("app.py", "in/app.py", "in/deep/app.py", "own/app.py")
    asker = Asker(ANALYZER, tree(tmp_path, files | dict.fromkeys(sources, SOURCE)))
    expected: tuple[set[str], ...] = (
        {"B307", "B404", "B401"},
        {"B101", "B404", "B401"},
        {"B101", "B404", "B401"},
        {"B101", "B307", "B401"},
    )
    for name, seen in zip(sources, expected, strict=True):
        assert rules(asker, name) == seen, name


def test_nothing_around_the_workspace_counts(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[tool.bandit]\nskips = ["B101"]',
        ".bandit": "[bandit]\nskips = B307",
    }
    tree(tmp_path, {**files, "workspace/app.py": SOURCE})
    asker = Asker(ANALYZER, tmp_path / "workspace")
    assert rules(asker, "app.py") == {"B101", "B307", "B404", "B401"}


def test_configurations_in_turn_do_not_mix(tmp_path: Path) -> None:
    """Bandit keeps some of a configuration in its own modules, and one worker serves them all."""
    files = {
        "a/pyproject.toml": '[tool.bandit]\nskips = ["B404"]\n[tool.bandit.assert_used]\nskips = ["*/app.py"]',
        "b/pyproject.toml": '[tool.bandit]\nskips = ["B401"]',
        "c/pyproject.toml": '[tool.bandit.hardcoded_tmp_directory]\ntmp_dirs = ["/srv/tmp"]',
    }
    sources = {f"{folder}/app.py": SOURCE for folder in "abc"}
    asker = Asker(ANALYZER, tree(tmp_path, files | sources))
    expected: dict[str, set[str]] = {
        "a/app.py": {"B307", "B401"},
        "b/app.py": {"B101", "B307", "B404"},
        "c/app.py": {"B101", "B307", "B404", "B401"},
    }
    for name in (*expected, *reversed(expected), *expected):
        assert rules(asker, name) == expected[name], name
        (tmp,) = (f.range.start.line for f in asker.both(name).findings if f.rule == "B108")
        assert tmp == (8 if name == "c/app.py" else 7)


WRONG: dict[str, tuple[dict[str, str | bytes], str]] = {
    "no TOML": ({"pyproject.toml": "[tool.bandit\n"}, "at line 1"),
    "not UTF-8": ({"pyproject.toml": b"# \xff\n"}, "utf-8"),
    "no ini": ({".bandit": "what is this\n"}, "no section headers"),
    "ini twice": ({".bandit": "[bandit]\nskips = a\nskips = b\n"}, "already exists"),
    "ini interpolation": ({".bandit": "[bandit]\nskips = %(x)s\n"}, "interpolat"),
    "only unknown tests": ({"pyproject.toml": '[tool.bandit]\ntests = ["B999"]'}, "refuses"),
    "only unknown tests in ini": ({".bandit": "[bandit]\ntests = B998"}, "refuses"),
    "a contradiction": (
        {"pyproject.toml": '[tool.bandit]\ntests = ["B101"]\nskips = ["B101"]'},
        "refuses",
    ),
    "no table": ({"pyproject.toml": "[tool]\nbandit = 7"}, "refuses"),
    "a number": ({"pyproject.toml": "[tool.bandit]\nskips = 7"}, "refuses"),
    "excludes that are a number": (
        {"pyproject.toml": "[tool.bandit]\nexclude_dirs = 7"},
        "refuses",
    ),
    "an exclude that is a number": (
        {"pyproject.toml": "[tool.bandit]\nexclude_dirs = ['tests', 1]"},
        "refuses its configuration: exclude_dirs lists 1, which is no text",
    ),
}


def failure(files: dict[str, str | bytes], root: Path) -> Report:
    return Asker(ANALYZER, tree(root, {"app.py": SOURCE, **files})).both("app.py")


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_configuration_is_named_and_nothing_is_clean(case: str, tmp_path: Path) -> None:
    files, part = WRONG[case]
    report = failure(files, tmp_path)
    assert report.state is State.FAILED
    assert part in report.why
    if not part.startswith("refuses"):
        assert f"{tmp_path / next(iter(files))} cannot be read" in report.why
    assert report.findings == ()


@pytest.mark.parametrize("interpreter", ["", sys.executable])
def test_a_test_that_breaks_is_no_verdict_and_hides_no_other(
    interpreter: str, tmp_path: Path
) -> None:
    """Bandit itself goes on, logs it, and answers as if that test had found nothing."""
    settings = Settings.of({"bandit.interpreter": interpreter})
    broken = pyproject("[tool.bandit.hardcoded_tmp_directory]\ntmp_dirs = 5")
    texts = {
        "tmp.py": "# nosec\n\nx = '/tmp/foo'\n",
        "more.py": "eval('1')\n",
        "fine.py": "x = 1\n",
    }
    asker = Asker(ANALYZER, tree(tmp_path, {**broken, **texts}))
    report = asker.both("tmp.py", settings)
    assert report.state is State.FAILED
    assert "hardcoded_tmp_directory at line 3: 'int' object is not iterable" in report.why
    assert "Traceback" not in report.why
    (finding,) = report.findings
    assert (finding.rule, finding.range.start.line) == ("not-analysed", 2)
    report = asker.both("more.py", settings)
    assert report.state is State.FAILED
    assert {each.rule for each in report.findings} == {"not-analysed", "B307"}
    assert asker.both("fine.py", settings).state is State.CLEAN
    (tmp_path / "pyproject.toml").unlink()
    assert asker.rules("tmp.py", settings) == {"B108"}


def test_it_works_again_once_it_is_right(tmp_path: Path) -> None:
    asker = Asker(ANALYZER, tree(tmp_path, {"app.py": SOURCE, "pyproject.toml": "[tool.bandit\n"}))
    assert asker.both("app.py").state is State.FAILED
    (tmp_path / "pyproject.toml").write_text('[tool.bandit]\nskips = ["B101"]')
    assert "B101" not in asker.rules("app.py")
    (tmp_path / "pyproject.toml").unlink()
    assert "B101" in asker.rules("app.py")


@pytest.mark.parametrize("content", ["", "\n", "[other]\nx = 1\n", "[bandit]\n"])
def test_an_ini_that_says_nothing(content: str, tmp_path: Path) -> None:
    asker = Asker(ANALYZER, tree(tmp_path, {"app.py": SOURCE, ".bandit": content}))
    assert "B101" in asker.rules("app.py")


def test_a_date_in_the_table(tmp_path: Path) -> None:
    """Bandit itself breaks on it; TOML allows it."""
    files = {"app.py": SOURCE, **pyproject("[tool.bandit]\nskips = ['B101']\nsince = 2026-01-01")}
    assert "B101" not in Asker(ANALYZER, tree(tmp_path, files)).rules("app.py")


def test_an_interpreter_of_the_workspace_needs_its_trust(tmp_path: Path) -> None:
    asker = Asker(ANALYZER, tmp_path)
    for path, needed in ((f"{tmp_path}/.venv/bin/python", True), (sys.executable, False)):
        settings = Settings.of({"bandit.interpreter": path})
        assert asker.configuration("app.py", settings).needs_trust is needed


def test_the_key_names_what_decides(tmp_path: Path) -> None:
    asker = Asker(ANALYZER, tree(tmp_path, {"app.py": SOURCE}))
    keys = [asker.configuration("app.py").key]
    for name, text in (
        ("pyproject.toml", '[tool.bandit]\nskips = ["B101"]'),
        ("pyproject.toml", '[tool.bandit]\nskips = ["B102"]'),
        (".bandit", "[bandit]\nskips = B101"),
    ):
        (tmp_path / name).write_text(text)
        keys.append(asker.configuration("app.py").key)
    keys.append(asker.configuration("app.py", Settings.of({"bandit.interpreter": "python"})).key)
    assert len(set(keys)) == len(keys)
    (tmp_path / "pyproject.toml").write_text('[tool.bandit]\nskips = ["B102"] # a comment')
    assert asker.configuration("app.py").key == keys[-2]


@given(
    st.recursive(
        ANYTHING, lambda inner: st.dictionaries(st.sampled_from(["tool", "bandit"]), inner)
    )
)
def test_no_table_is_too_odd(table: object) -> None:
    class Tables:
        def read(self, path: Path) -> bytes | None:
            return None

        def is_special(self, path: Path) -> bool:
            return False

        def toml(self, path: Path) -> dict[str, object]:
            return table if isinstance(table, dict) else {"tool": table}

    folder = Path("/srv/shop")
    hash(ANALYZER.configure(folder, folder, Settings(), Tables()).context)


OPTIONS = st.sampled_from(
    ["tests", "skips", "exclude_dirs", "include", "profiles", "shell_injection"]
)


@given(st.dictionaries(OPTIONS, ANYTHING | st.lists(st.sampled_from(["B101", "B404", "*", ""]))))
@settings(max_examples=60, deadline=None)
def test_no_options_make_the_check_raise(options: dict[str, object]) -> None:
    context = ("", json.dumps(options), "null", "/srv/shop", "")
    (answered,) = check(context, (("/srv/shop/app.py", SOURCE.encode(), ()),))
    report = codec.loads(answered[1])
    assert report.state is not State.CLEAN
    assert report.why or report.state is State.FINDINGS

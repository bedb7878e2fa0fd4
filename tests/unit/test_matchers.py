"""Problem matchers: what the tools really print, and what must not happen on strange output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.analyzers.programs import matchers
from understudy.analyzers.programs.builtin_matchers import BUILTIN
from understudy.analyzers.programs.matchers import LINE_END, Matcher, check, match
from understudy.model import Position, Range, Severity

HIGH, MEDIUM, INFO = Severity.HIGH, Severity.MEDIUM, Severity.INFO

# name, output, (path, line, column, severity, rule, message) of each finding, from 1 as printed
SAMPLES = [
    (
        "mypy",
        (
            'a.py:3: error: Name "x" is not defined  [name-defined]\n'
            "b/c.py:1:5:1:9: note: Revealed type is int\nFound 1 error in 1 file\n"
        ),
        [
            ("a.py", 3, 1, HIGH, "name-defined", 'Name "x" is not defined'),
            ("b/c.py", 1, 5, INFO, "mypy", "Revealed type is int"),
        ],
    ),
    (
        "pyright",
        (
            '/ROOT/a.py\n  /ROOT/a.py:3:7 - error: "x" is not defined (reportUndefinedVariable)\n'
            "1 error, 0 warnings, 0 informations\n"
        ),
        [("a.py", 3, 7, HIGH, "reportUndefinedVariable", '"x" is not defined')],
    ),
    (
        "gcc",
        (
            "In file included from a.c:1:\na.c: In function 'main':\n"
            "a.c:4:9: \x1b[01;35m\x1b[Kwarning: \x1b[m\x1b[Kunused variable 'x' [-Wunused-variable]\n"
            "    4 |     int x;\n      |         ^\nb.h:1:10: fatal error: no.h: No such file\n"
        ),
        [
            ("a.c", 4, 9, MEDIUM, "-Wunused-variable", "unused variable 'x'"),
            ("b.h", 1, 10, HIGH, "gcc", "no.h: No such file"),
        ],
    ),
    (
        "tsc",
        (
            "src/a.ts(1,5): error TS2322: Type 'string' is not assignable.\n"
            "src/b.ts:2:7 - error TS2304: Cannot find name 'x'.\n"
        ),
        [
            ("src/a.ts", 1, 5, HIGH, "TS2322", "Type 'string' is not assignable."),
            ("src/b.ts", 2, 7, HIGH, "TS2304", "Cannot find name 'x'."),
        ],
    ),
    (
        "eslint-stylish",
        (
            "\n/ROOT/a.js\n  1:10  error    'x' is not defined      no-undef\n"
            "  2:1   warning  Unexpected console statement  no-console\n\n/ROOT/my b.js\n"
            "  7:3  error  Parsing error: Unexpected token\n\n✖ 3 problems (2 errors, 1 warning)\n"
        ),
        [
            ("a.js", 1, 10, HIGH, "no-undef", "'x' is not defined"),
            ("a.js", 2, 1, MEDIUM, "no-console", "Unexpected console statement"),
            ("my b.js", 7, 3, HIGH, "eslint-stylish", "Parsing error: Unexpected token"),
        ],
    ),
    (
        "eslint-stylish",  # what is said of a foreign file is not said of the one before it
        "/ROOT/a.js\n  1:1  error  one  r1\n/elsewhere/b.js\n  2:2  error  two  r2\n",
        [("a.js", 1, 1, HIGH, "r1", "one")],
    ),
    (
        "eslint-compact",
        "/ROOT/a.js: line 1, col 10, Error - 'x' is not defined. (no-undef)\n\n1 problem\n",
        [("a.js", 1, 10, HIGH, "no-undef", "'x' is not defined.")],
    ),
    (
        "flake8",
        "./a.py:1:80: E501 line too long (90 > 79 characters)\n",
        [("a.py", 1, 80, MEDIUM, "E501", "line too long (90 > 79 characters)")],
    ),
    (
        "pytest",
        (
            "=== short test summary info ===\nFAILED t/test_a.py::test_x[a b] - assert 1 == 2\n"
            "ERROR t/test_b.py - ModuleNotFoundError: No module named 'q'\n1 failed, 1 error\n"
        ),
        [
            ("t/test_a.py", 1, 1, HIGH, "pytest", "assert 1 == 2"),
            ("t/test_b.py", 1, 1, HIGH, "pytest", "ModuleNotFoundError: No module named 'q'"),
        ],
    ),
    (
        "cargo",
        (
            "error[E0425]: cannot find value `x` in this scope\n --> src/main.rs:2:5\n  |\n"
            "warning: unused variable: `y`\n --> src/lib.rs:9:9\nerror: aborting due to 1 error\n"
        ),
        [
            ("src/main.rs", 2, 5, HIGH, "E0425", "cannot find value `x` in this scope"),
            ("src/lib.rs", 9, 9, MEDIUM, "cargo", "unused variable: `y`"),
        ],
    ),
    (
        "go",
        "# example.com/m\n./a.go:3:5: undefined: x\nvet: ./b.go:4:2: declared and not used: y\n",
        [
            ("a.go", 3, 5, HIGH, "go", "undefined: x"),
            ("b.go", 4, 2, HIGH, "go", "declared and not used: y"),
        ],
    ),
]


@pytest.mark.parametrize(("name", "output", "expected"), SAMPLES)
def test_what_tools_print_is_read(
    name: str, output: str, expected: list[tuple[object, ...]], tmp_path: Path
) -> None:
    findings, why = match(output.replace("/ROOT", str(tmp_path)), str(tmp_path), [BUILTIN[name]])
    assert not why
    seen = [
        (path, f.range.start.line + 1, f.range.start.column + 1, f.severity, f.rule, f.message)
        for path, f in findings
    ]
    assert seen == expected
    assert {f.tool for _, f in findings} == {name}


def test_a_real_traceback_is_told_at_the_innermost_frame_of_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import helper\n\nhelper.load('{')\n")
    (tmp_path / "helper.py").write_text("import json\n\ndef load(t):\n    return json.loads(t)\n")
    run = subprocess.run(
        [sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    ((path, finding),) = match(run.stderr, str(tmp_path), [BUILTIN["python"]]).findings
    assert (path, finding.range.start.line + 1) == ("helper.py", 4)
    assert finding.rule == "json.decoder.JSONDecodeError"
    assert finding.message.startswith("Expecting property name")


def test_a_real_mypy_run_is_read(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x: int = 'é'\n")
    command = [sys.executable, "-P", "-m", "mypy", "--show-column-numbers", "--cache-dir=/dev/null"]
    run = subprocess.run(
        [*command, "a.py"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    ((path, finding),) = match(run.stdout, str(tmp_path), [BUILTIN["mypy"]]).findings
    assert (path, finding.range.start, finding.rule) == ("a.py", Position(0, 9), "assignment")


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("a.py 3", Range(Position(2, 0), Position(2, LINE_END))),
        ("a.py 3 5", Range(Position(2, 4), Position(2, 4))),
        ("a.py 3 5 4 2", Range(Position(2, 4), Position(3, 1))),
        ("a.py 3 5 1 1", Range(Position(2, 4), Position(2, 4))),
        ("a.py 0 0", Range(Position(0, 0), Position(0, 0))),
        ("a.py 99999999999", Range(Position(0, 0), Position(0, LINE_END))),
        ("a.py", Range(Position(0, 0), Position(0, LINE_END))),
    ],
)
def test_places(groups: str, expected: Range, tmp_path: Path) -> None:
    matcher = Matcher(
        "own",
        (
            (
                r"^(?P<file>\S+)(?: (?P<line>\d+))?(?: (?P<column>\d+))?"
                r"(?: (?P<endLine>\d+) (?P<endColumn>\d+))?$"
            ),
        ),
    )
    ((_, finding),) = match(groups, str(tmp_path), [matcher]).findings
    assert finding.range == expected


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.py", "sub/a.py"),
        ("../a.py", "a.py"),
        ("ROOT/a.py", "a.py"),
        ("file://ROOT/a.py", "a.py"),
        ("../../a.py", None),
        ("/etc/passwd", None),
        ("out/x.py", None),  # a link that leads out
        ("../.venv/lib/python3/site-packages/p.py", None),
        ("<string>", None),
        ("a\0b", None),
    ],
)
def test_paths_stay_inside_the_root(name: str, path: str | None, tmp_path: Path) -> None:
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub/out").symlink_to(tmp_path)
    text = f"{name.replace('ROOT', str(root))}|1"
    matcher = Matcher("own", (r"^(?P<file>[^|]+)\|(?P<line>\d+)$",))
    found = match(text, str(root), [matcher], cwd=str(root / "sub")).findings
    assert [one for one, _ in found] == ([path] if path else [])


@pytest.mark.parametrize(
    ("matcher", "complaint"),
    [
        (Matcher("x", ()), "no expression"),
        (Matcher("x", ("(",)), "no regular expression"),
        (Matcher("x", ("(?P<message>.)",)), "named 'file'"),
        (Matcher("x", ("(?P<file>.)(?P<nonsense>.)",)), "'nonsense'"),
        (Matcher("x", ("(?P<file>.)" * 500,)), "longer than"),
        (Matcher("x", ("(?P<file>.)",), between="["), "no regular expression"),
    ],
)
def test_a_wrong_matcher_is_named(matcher: Matcher, complaint: str, tmp_path: Path) -> None:
    assert complaint in check(matcher)
    with pytest.raises(ValueError, match="problem matcher 'x'"):
        match("a", str(tmp_path), [matcher])


def test_the_builtin_ones_are_right() -> None:
    assert not [trouble for matcher in BUILTIN.values() if (trouble := check(matcher))]


def test_an_expression_that_explodes_is_stopped_and_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(matchers, "_MOST_SECONDS", 0.3)
    matcher = Matcher("own", (r"^(?P<file>(?:a|a|aa)+)$",))
    findings, why = match(("a" * 500 + "!\n") * 50, str(tmp_path), [matcher, BUILTIN["go"]])
    assert not findings
    assert "'own' takes too long" in why


def test_floods_are_bounded_and_named(tmp_path: Path) -> None:
    lines = (f"a.go:{number}: x\n" for number in range(1, 10_000))
    findings, why = match("".join(lines), str(tmp_path), [BUILTIN["go"]])
    assert len(findings) == 2_000
    assert "first 2,000" in why
    findings, why = match("x" * (9 << 20) + "\na.go:1: x\n", str(tmp_path), [BUILTIN["go"]])
    assert not findings
    assert "too long" in why
    twice = match("a.go:1: x\n" * 2, str(tmp_path), [BUILTIN["go"]])
    assert len(twice.findings) == 1


@given(st.text(st.sampled_from('a:1 \t-(),\n.py\x1b[m\\/"errorwarning[]E5>'), max_size=400))
def test_no_output_breaks_a_builtin_matcher(text: str) -> None:
    found = match(text, "/nowhere/at/all", BUILTIN.values())
    assert not found.why
    for path, finding in found.findings:
        assert not path.startswith(("/", ".."))
        assert finding.range.start <= finding.range.end

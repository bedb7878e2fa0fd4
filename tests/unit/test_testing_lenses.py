"""Which tests a script holds, by its syntax, and what can be run by a click."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.tasks.testing import javascript, script_items
from understudy.tasks.testing.detect import Kind, OwnCommand, TestRunner
from understudy.tasks.testing.lenses import lenses

SCRIPT = """\
import { test } from 'node:test'; // test('comment', () => {})
const text = "it('text', () => {})", expression = /it('re', x)/, sum = other('no test');
describe('outer (all)', () => {
  beforeEach(() => {});
  it('in 😀', async () => { test('not in a test', 0); });
  it.each([[1, "x"]])('adds %i', (n) => {});
  it.each`a | b
    ${1} | ${2}`('takes $a', () => {});
  describe.each([1])("in \\"%s\\"", () => { test.only(`deep ${1 + 1} \\u00e9`, function () {}); });
});
test.describe.skip('second', () => { fit('focused'); });
test.runIf(process.env.X)('sometimes', () => {});
test('a' + 'b', () => {});
test(name, () => {}); suite.add('x'); latest('x'); a.test('x'); it; it();
if (x) { xtest('under if', () => {}); }
"""
FOUND = [
    "outer (all) > ",
    "outer (all) > in 😀",
    "outer (all) > adds %i",
    "outer (all) > takes $a",
    'outer (all) > in "%s" > ',
    'outer (all) > in "%s" > deep ${1 + 1} é',
    "second > ",
    "second > focused",
    "sometimes",
    "under if",
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_items_of_a_script(end: str) -> None:
    text = SCRIPT.replace("\n", end)
    found = script_items.items(text.encode(), "a.test.js")
    assert [item.id for item in found] == [f"a.test.js::{name}" for name in FOUND]
    assert [item.is_group for item in found] == [name.endswith(" > ") for name in FOUND]
    lines = text.splitlines()
    for item in found:
        start, stop = item.range
        assert lines[start.line][start.column] in "'\"`"
        if start.line == stop.line and "\\" not in lines[start.line]:
            assert lines[start.line][start.column + 1 : stop.column - 1] == item.name


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("a.test.ts", "const x = <Foo>bar; test('typed', (): void => {});"),
        ("a.test.tsx", "const x = <Foo bar={1}>it('s')</Foo>; test('typed', () => {});"),
        ("a.test.js", "const x = <Foo/>; test('typed', () => { const y = ; });"),
        ("a.test.mts", "function f<T extends U>(x: T) {}\ntest<Context>('typed', () => {});"),
    ],
)
def test_dialects_and_unfinished_text(path: str, text: str) -> None:
    found = script_items.items(text.encode(), path)
    assert [item.name for item in found] == ["typed"]


@given(st.text(alphabet="tesdcribit()'`${}\\\n 😀/*=>", max_size=80))
def test_any_text_is_read(text: str) -> None:
    for item in script_items.items(text.encode(), "a.test.js"):
        assert item.range.start < item.range.end


def test_half_a_character_is_none() -> None:
    text = r"test('\uD83D\uDE00', () => {}); test('\uD83D!', () => {});"
    assert [item.name for item in script_items.items(text.encode(), "a.test.js")] == [
        "😀",
        "\ufffd!",
    ]


def test_what_is_no_text_has_no_tests() -> None:
    assert script_items.items(b"\xff", "a.test.js") == ()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/a.test.js", True),
        ("a-spec.mts", True),
        ("a_test.cjs", True),
        ("__tests__/deep/a.tsx", True),
        ("web/test/a.js", True),
        ("test.js", True),
        ("test-a.js", True),
        ("src/a.js", False),
        ("contest/a.js", False),
        ("latest.js", False),
        ("test/a.py", False),
    ],
)
def test_which_scripts_may_hold_tests(path: str, expected: bool) -> None:
    assert script_items.is_test_script(path) is expected


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        ("outer > adds (all)", r"^(?:outer(?: >)? adds \(all\)$)"),
        ("outer > ", r"^(?:outer(?: >)? )"),
        ("adds %i and ${n} to $name", r"^(?:adds .* and .* to .*$)"),
        ("costs $5", r"^(?:costs \$5$)"),
    ],
)
def test_exactly_the_named_test_is_run(name: str, pattern: str) -> None:
    assert javascript._pattern((f"a.test.js::{name}",)) == pattern


NODE = TestRunner(Kind.NPM, "", "package.json", script="node --test")
PYTHON = TestRunner(Kind.PYTEST, "api", "api/pytest.ini")


@pytest.mark.parametrize(
    ("runner", "path", "titles"),
    [
        (NODE, "a.test.js", ["Run file", "Run test"]),
        (TestRunner(Kind.NPM, "web", "", script="jest"), "a.test.js", []),
        (TestRunner(Kind.NPM, "web", "", script="jest"), "web/a.test.js", ["Run file", "Run test"]),
        (TestRunner(Kind.NPM, "", "package.json", script="mocha"), "a.test.js", []),
        (NODE, "a.js", []),
        (PYTHON, "a.test.js", []),
        (PYTHON, "api/test_a.py", ["Run file", "Run test"]),
        (PYTHON, "test_a.py", []),
        (PYTHON, "api/a.py", []),
        (TestRunner(Kind.MAVEN, "", "pom.xml"), "test_a.py", []),
    ],
)
def test_lenses_are_where_a_runner_takes_a_choice(
    runner: TestRunner, path: str, titles: list[str]
) -> None:
    text = b"def test_a(): pass" if path.endswith(".py") else b"test('a', () => {})"
    assert [lens.title for lens in lenses((runner,), path, text)] == titles


@pytest.mark.parametrize(
    ("words", "titles"),
    [
        (("make",), []),
        (("run", "${{ files }}"), ["Run file"]),
        (("run", "${{ids}}"), ["Run file", "Run test"]),
    ],
)
def test_lenses_with_a_command_of_ones_own(words: tuple[str, ...], titles: list[str]) -> None:
    runner = TestRunner(Kind.COMMAND, "", "", own=OwnCommand(words))
    found = lenses((runner,), "test_a.py", b"def test_a(): pass")
    assert [lens.title for lens in found] == titles

"""Fingerprints hold while a file changes around a finding, and none is another's."""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.findings.fingerprint import Fingerprint, fingerprinted, match, name_of
from understudy.model import Category, Finding, Position, Range, Severity
from understudy.text import Lines

from .steps import steps


def finding(text: str, part: str, nth: int = 0, rule: str = "S307", tool: str = "ruff") -> Finding:
    """At the ``nth`` place where ``part`` stands."""
    start = [found.start() for found in re.finditer(re.escape(part), text)][nth]
    lines = Lines(text)
    place = Range(lines.position(start), lines.position(start + len(part)))
    return Finding(tool, rule, "said", place, Severity.MEDIUM, Category.SECURITY)


def names(text: str, *parts: str) -> list[str]:
    """The fingerprints of what stands at ``parts``; a part that is given again is the next one."""
    places = [finding(text, part, parts[:n].count(part)) for n, part in enumerate(parts)]
    return [each.fingerprint for each in fingerprinted(places, text)]


PLAIN = """\
import os

class Shop:
    def pay(self, order):
        total = eval(order.total)
        return total
"""


@pytest.mark.parametrize(
    ("what", "after"),
    [
        ("lines above", '"""Doc."""\nimport sys\nx = 1\n' + PLAIN),
        ("a comment behind it", PLAIN.replace("total)\n", "total)  # why\n")),
        ("white space in it", PLAIN.replace("eval(order.total)", "eval( order . total )")),
        (
            "broken into lines",
            PLAIN.replace("eval(order.total)", "eval(\n            order.total,\n        )"),
        ),
        ("another indentation", PLAIN.replace("        ", "\t\t").replace("    def", "\tdef")),
        (
            "a condition around it",
            PLAIN.replace("        total = ", "        if x:\n            total = "),
        ),
        ("line ends", PLAIN.replace("\n", "\r\n")),
        ("code below", PLAIN + "\n\ndef other():\n    eval(z)\n"),
    ],
)
def test_it_keeps_its_name(what: str, after: str) -> None:
    part = re.search(r"eval\([^)]*\)", after)
    assert part is not None
    (before,) = names(PLAIN, "eval(order.total)")
    (now,) = names(after, part[0])
    assert name_of(now) == name_of(before), what
    assert match([before], [now]) == {0: 0}


def test_quotes_do_not_count() -> None:
    (one,) = names("x = call('a', 'b')\n", "call('a', 'b')")
    (other,) = names('x = call("a", "b")\n', 'call("a", "b")')
    assert name_of(one) == name_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (finding(PLAIN, "eval"), finding(PLAIN, "eval", rule="S308")),
        (finding(PLAIN, "eval"), finding(PLAIN, "eval", tool="bandit")),
        (finding(PLAIN, "order.total"), finding(PLAIN, "order)")),
    ],
)
def test_what_is_another_has_another_name(one: Finding, other: Finding) -> None:
    ((first,), (second,)) = fingerprinted([one], PLAIN), fingerprinted([other], PLAIN)
    assert name_of(first.fingerprint) != name_of(second.fingerprint)


def test_the_function_around_it_counts() -> None:
    text = "def a():\n    eval(x)\n\ndef b():\n    eval(x)\n"
    one, other = names(text, "eval(x)", "eval(x)")
    assert one.split("-")[0] == other.split("-")[0]
    assert name_of(one) != name_of(other)
    assert match([other], [one]) == {}, "what stands in another function is another"


def test_of_two_that_are_alike_the_one_that_goes_takes_its_name_with_it() -> None:
    text = "def f():\n    a = 1\n    eval(x)\n    b = 2\n    eval(x)\n    c = 3\n"
    old = names(text, "eval(x)", "eval(x)")
    new = names(text.replace("    eval(x)\n", "", 1), "eval(x)")
    assert match(old, new) == {0: 1}
    assert match(new, old) == {1: 0}, "and one that comes before it takes none"


def test_those_of_one_line_stay_in_their_order() -> None:
    text = "eval(x)\nf(eval(x), eval(x))\nprint()\n"
    old = names(text, "eval(x)", "eval(x)", "eval(x)")
    new = names("f(eval(x), eval(x))\n", "eval(x)", "eval(x)")
    assert match(old, new) == {0: 1, 1: 2}


def test_the_function_counts_for_more_than_the_lines_around() -> None:
    text = "def f():\n    a\n    eval(x)\n    b\n\ndef g():\n    c\n    eval(x)\n    d\n"
    after = "def g():\n    a\n    eval(x)\n    b\n"
    assert match(names(text, "eval(x)", "eval(x)"), names(after, "eval(x)")) == {0: 1}


def test_a_renamed_function_keeps_what_is_in_it() -> None:
    renamed = PLAIN.replace("def pay", "def settle")
    old, new = names(PLAIN, "eval(order.total)"), names(renamed, "eval(order.total)")
    assert name_of(old[0]) != name_of(new[0])
    assert match(old, new) == {0: 0}


ALIKE = """\
def {name}():
    a = 1
    eval(x)
    return a
"""


def test_where_nothing_tells_which_came_to_another_function_none_did() -> None:
    one, two, three = (ALIKE.format(name=name) for name in ("one", "two", "three"))
    both = names(one + two, "eval(x)", "eval(x)")
    (single,) = names(three, "eval(x)")
    assert match(both[:1], [single]) == {0: 0}, "it was renamed"
    assert match(both, [single]) == {}, "one of two was renamed, and the other went"
    assert match([single], both) == {}, "it was renamed, and another came"
    others = names((one + two).replace("one", "a").replace("two", "b"), "eval(x)", "eval(x)")
    assert match(both, others) == {0: 0, 1: 1}, "each was renamed"


def test_one_in_a_long_list_is_not_bothered_by_its_neighbours() -> None:
    text = "from m import (\n    a,\n    b,\n)\n"
    old, new = names(text, "a,", "b,"), names(text.replace("b,", "b,\n    c,"), "a,", "b,")
    assert match(old, new) == {0: 0, 1: 1}


def test_a_comment_that_is_the_finding_counts() -> None:
    one, other = names("# x = 1\n# y = 2\ny = 2\n", "# x = 1", "# y = 2")
    assert name_of(one) != name_of(other)


def test_thousands_that_are_alike_are_compared_in_time() -> None:
    text = "eval(x)\n" * 5_000
    old = names_of_lines(text)
    assert match(old, names_of_lines("y = 1\n" + text)).keys() == set(range(5_000))


def names_of_lines(text: str) -> list[str]:
    rows = [row for row, line in enumerate(text.splitlines()) if line == "eval(x)"]
    found = [
        Finding(
            "ruff",
            "S307",
            "",
            Range(Position(row, 0), Position(row, 7)),
            Severity.LOW,
            Category.SECURITY,
        )
        for row in rows
    ]
    return [each.fingerprint for each in fingerprinted(found, text)]


@pytest.mark.parametrize("text", ["", "abc", "0123456789-0123-0", "é" * 40])
def test_what_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no fingerprint"):
        Fingerprint.of(text)
    with pytest.raises(ValueError, match="no fingerprint"):
        match([text], [])


# ── properties ──────────────────────────────────────────────────────────────────────────────────

STATEMENTS = st.sampled_from(["eval(x)", "y = 1", "import os", "# note", "", "z = [1, 2]", "pass"])
BLOCKS = st.lists(STATEMENTS, min_size=1, max_size=4)
PROGRAMS = st.lists(st.tuples(st.sampled_from(["f", "g", "h"]), BLOCKS), min_size=1, max_size=5)
Program = list[tuple[str, list[str]]]


def source(program: Program, width: int = 4) -> str:
    return "".join(
        f"def {name}():\n" + "".join(f"{' ' * width}{line}\n" for line in [*lines, "pass"])
        for name, lines in program
    )


def evals(text: str) -> list[Finding]:
    return [finding(text, "eval(x)", nth) for nth in range(text.count("eval(x)"))]


def marks(text: str) -> list[str]:
    return [each.fingerprint for each in fingerprinted(evals(text), text)]


@given(PROGRAMS)
def test_no_two_in_a_file_share_one(program: Program) -> None:
    text = source(program)
    found = [*evals(text), *(finding(text, "pass", nth, "T1") for nth in range(text.count("pass")))]
    given = [name_of(each.fingerprint) for each in fingerprinted(found, text)]
    assert len(set(given)) == len(given)


@given(PROGRAMS, st.lists(st.sampled_from(["import re", "# x", "", "K = 1"]), max_size=5))
def test_lines_above_change_no_name(program: Program, above: Sequence[str]) -> None:
    text = source(program)
    later = "".join(f"{line}\n" for line in above) + text
    assert list(map(name_of, marks(later))) == list(map(name_of, marks(text)))
    assert match(marks(text), marks(later)) == {n: n for n in range(len(marks(text)))}


@given(PROGRAMS, PROGRAMS, st.sampled_from([2, 8]))
def test_the_indentation_of_other_code_changes_no_name(
    program: Program, other: Program, width: int
) -> None:
    rest = [(f"other_{name}", lines) for name, lines in other]
    before, after = source(program) + source(rest), source(program) + source(rest, width)
    assert list(map(name_of, marks(before))) == list(map(name_of, marks(after)))


@given(PROGRAMS)
def test_the_same_file_is_the_same(program: Program) -> None:
    found = marks(source(program))
    assert match(found, found) == {n: n for n in range(len(found))}


@given(PROGRAMS, PROGRAMS)
def test_nothing_is_given_twice(one: Program, other: Program) -> None:
    old, new = marks(source(one)), marks(source(other))
    found = match(old, new)
    assert len(set(found.values())) == len(found)
    assert all(old[b].split("-")[0] == new[a].split("-")[0] for a, b in found.items())


@given(st.text(), st.integers(0, 5), st.integers(0, 9), st.integers(0, 5), st.integers(0, 9))
def test_any_place_of_any_text_has_one(text: str, a: int, b: int, c: int, d: int) -> None:
    start, end = sorted((Position(a, b), Position(c, d)))
    each = Finding("t", "r", "m", Range(start, end), Severity.LOW, Category.QUALITY)
    one, other = fingerprinted([each, each], text)
    assert name_of(one.fingerprint) != name_of(other.fingerprint)
    assert str(Fingerprint.of(one.fingerprint)) == one.fingerprint


@pytest.mark.parametrize(
    ("above", "each"),
    [
        ("class A:\n", "    def m(self): return eval(1)\n"),
        ("x = 1\n", "  \n"),
        ("", "eval(1);"),
    ],
)
def test_twice_as_many_findings_are_twice_the_work(above: str, each: str) -> None:
    def work(count: int) -> int:
        text = above + each * count
        starts = range(len(above), len(text), len(each))
        places = [Lines(text).position(start) for start in starts]
        found = [
            Finding("ruff", "S307", "said", Range(at, at), Severity.LOW, Category.QUALITY)
            for at in places
        ]
        return steps(lambda: fingerprinted(found, text))

    assert work(2000) < 3 * work(1000)


def hashed(*words: str) -> str:
    return blake2b("\0".join(words).encode(), digest_size=2).hexdigest()


@given(
    st.lists(
        st.sampled_from(
            ["def f():", "class A:", "x", "  ", "    ", "\t", "\n", "\n", "\r\n", "\f"]
        ),
        max_size=40,
    ).map("".join)
)
def test_the_lines_and_scopes_around_it_are_those_that_a_walk_finds(text: str) -> None:
    rows = [Lines(text).line(row) for row in range(len(Lines(text)))]
    squeezed = ["".join(row.split()) for row in rows]
    for row in range(len(rows)):
        at = Position(row, 0)
        place = Finding("t", "r", "m", Range(at, at), Severity.LOW, Category.QUALITY)
        mark = Fingerprint.of(fingerprinted([place], text)[0].fingerprint)
        assert mark.before == hashed(next(filter(None, reversed(squeezed[:row])), ""))
        assert mark.after == hashed(next(filter(None, squeezed[row + 1 :]), ""))
        width, around = indentation(rows[row]), []
        for above in reversed(rows[:row]):
            scope = re.match(r"[ \t]*(?:def|class)[ \t]+(\w+)", above)
            if scope and indentation(above) < width:
                width = indentation(above)
                around.append(scope[1])
        assert mark.scope == hashed(*around)


def indentation(row: str) -> int:
    return len(row[: len(row) - len(row.lstrip())].expandtabs())

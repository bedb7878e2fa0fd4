"""Whatever stands in a workflow file: nothing is raised, and nothing takes for ever."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from understudy.insights.recommend import make
from understudy.insights.workflows import tree
from understudy.insights.workflows.analysis import analyse
from understudy.insights.workflows.definitions import table
from understudy.insights.workflows.edits import edits
from understudy.insights.workflows.lived.pushes import Push, Pushes
from understudy.insights.workflows.model import Around, Change, Machine, Timing, Workflow
from understudy.insights.workflows.shell import commands
from understudy.insights.workflows.timed import NOTHING, Seen
from understudy.settings.tasks import Tasks
from understudy.text import apply

from .test_workflow_definitions import CI, MAKE, NOX, PRE_COMMIT, SCRIPTS, TOX, TOX_TOML

PATHS = {
    ".github/workflows/a.yml": CI,
    "Makefile": MAKE,
    "package.json": SCRIPTS,
    ".pre-commit-config.yaml": PRE_COMMIT,
    "tox.ini": TOX,
    "tox.toml": TOX_TOML,
    "noxfile.py": NOX,
}
SECONDS = 5.0
"""A megabyte of what is worst takes less on a machine that does other things, too."""

_PIECES = [
    "a",
    "b",
    ":",
    "=",
    "{",
    "}",
    "[",
    "]",
    "&a",
    "*a",
    "$(A)",
    "${B}",
    "|",
    ">",
    "jobs:",
    "needs:",
    "include",
    "define",
    "endef",
    "-",
    "#",
    "%",
    "(",
    ")",
    '"',
    "'",
    "\\",
    "@nox.session",
    "scripts",
    "[testenv:",
    "depends",
    "😀",
    "<<:",
    "1",
]
_SOUP = st.lists(
    st.sampled_from([*_PIECES, "\t", "\n", " ", "\\\n", "include x", "def f(s):", "\0", "\ud800"]),
    max_size=60,
).map("".join)


@pytest.mark.parametrize("path", PATHS)
@given(data=st.data())
def test_no_text_makes_a_reader_raise(path: str, data: st.DataObject) -> None:
    whole = PATHS[path]
    cut = st.integers(0, len(whole))
    text = data.draw(
        _SOUP
        | st.text(max_size=60)
        | st.tuples(cut, _SOUP).map(lambda at: whole[: at[0]] + at[1] + whole[at[0] :])
        | st.tuples(cut, cut).map(lambda at: whole[: min(at)] + whole[max(at) :])
    )
    found = table.workflow(path, text, Around(frozenset({"a"}), {"x": text}))
    if found is not None:
        analysed(found)


class Everything(dict[tuple[str, str], Timing]):
    """Whatever is asked for was seen."""

    def get(self, key: tuple[str, str], default: Any = None) -> Any:
        return Timing(float(len(key[1]) + 1), 9, 3.0, 8, 9, 9, 1 << 30, 2.0)


def analysed(workflow: Workflow) -> None:
    for seen in (NOTHING, Seen(Everything(), is_told=True)):
        (analysis,) = analyse([workflow], seen, Machine(4, 8 << 30))
        assert analysis.score is None or 0 <= analysis.score.value <= 100
        path = analysis.path
        assert path.cost <= path.total * (1 + 1e-9) or not path.names
        last = max((each.place.line for each in workflow.issues), default=0)
        assert last >= 0
        pushes = Pushes.of([Push(0.0, "a"), Push(9.0, "a")], 1e6)
        for each in make.recommendations([analysis], Tasks(), seen.timings, pushes):
            assert each.gain is None or 0 <= each.gain.low <= each.gain.high < float("inf")
            assert bool(each.gain) != bool(each.unknown)
            if each.setting is not None:
                after = apply("", edits("", [Change(each.setting.path, each.setting.value)]))
                assert each.setting.stands_in(yaml.safe_load(after))


_BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
_LONG = f"a: &a {'x' * 50_000}\nb: [{', '.join(['*a'] * 1_000)}]\n"
_CIRCLE = "jobs: &a\n  x: *a\n"
_MANY = 1_000_000
_WORST = {
    "bomb": (".github/workflows/a.yml", _BOMB),
    "long": (".github/workflows/a.yml", _LONG),
    "circle": (".github/workflows/a.yml", _CIRCLE),
    "deep": (".github/workflows/a.yml", "[" * 10_000),
    "steps": (
        ".github/workflows/a.yml",
        "jobs:\n  a:\n    steps:\n" + "      - run: pip install x\n" * 7_000,
    ),
    "jobs": (
        ".github/workflows/a.yml",
        "on: push\njobs:\n"
        + "".join(
            f"  j{n}: {{needs: j{n - 1}, steps: [{{run: make j{n}}}]}}\n" for n in range(1_600)
        ),
    ),
    "large": (".github/workflows/a.yml", "a: b\n" * (_MANY // 5)),
    "rules": ("Makefile", "".join(f"t{n}: t{n + 1}\n\techo {n}\n" for n in range(_MANY // 24))),
    "edges": ("Makefile", ("a b c d e f g h: " + "x " * 5_000 + "\n") * 90),
    "spaces": ("Makefile", ("a" + " " * 9_990 + "b\n") * 100),
    "one line": ("Makefile", "a" + " " * (_MANY - 2) + "b"),
    "growing": ("Makefile", "A = xx\n" + "A := $(A)$(A)\n" * 500 + "b: $(A)\n" * 50_000),
    "itself": ("Makefile", "A = $(A) $(A)\nb: $(A)\n"),
    "recipe": ("Makefile", "a:\n" + "\techo 'x' \"y\" ; b && c\n" * 38_000),
    "includes": ("Makefile", "include Makefile x\n" * 10),
    "scripts": (
        "package.json",
        '{"scripts": {' + ", ".join(f'"s{n}": "npm run s{n + 1}"' for n in range(9_000)) + "}}",
    ),
    "chains": (
        "package.json",
        json.dumps(
            {
                "scripts": {
                    f"s{n}": " && ".join(f"npm run s{m}" for m in range(n + 1, 500))
                    for n in range(500)
                }
            }
        ),
    ),
    "doubling": (
        "Makefile",
        "".join(f"t{n}:\n\t$(MAKE) t{n + 1}\n\t$(MAKE) t{n + 1}\n" for n in range(5_000)),
    ),
    "turns": (
        "Makefile",
        "".join(f"t{n}:\n\t$(MAKE) t{n + 1}\n\t$(MAKE) t{n + 2}\n" for n in range(2_000)),
    ),
    "called": (
        "Makefile",
        "".join(f"t{n}: t{n + 1}\nc{n}:\n\t$(MAKE) t{n}\n" for n in range(2_500)),
    ),
    "tests": (
        "package.json",
        json.dumps(
            {
                "scripts": {
                    f"test{n}": f"npm run test{n + 1} && npm run lint && npm test"
                    for n in range(9_000)
                }
            }
        ),
    ),
    "stars": (
        "package.json",
        '{"scripts": {"a": "run-s ' + "a*" * 200 + '", "' + "a" * 5_000 + '": "x"}}',
    ),
    "patterns": (
        "package.json",
        json.dumps({"scripts": {f"s{n}": "npm-run-all s* s** *s*" for n in range(1_500)}}),
    ),
    "braces": ("tox.ini", "[tox]\nenvlist = " + "{a,b,c,d}" * 40 + "\n"),
    "open braces": ("tox.ini", "[tox]\nenvlist = " + "{a" * 50_000 + "\n"),
    "python": ("noxfile.py", "(" * 50_000),
    "sums": ("noxfile.py", "x = " + "1 + " * 40_000 + "1"),
    "hooks": (
        ".pre-commit-config.yaml",
        "repos:\n  - hooks:\n" + "      - id: a\n" * 12_000,
    ),
}


@pytest.mark.parametrize("name", _WORST)
def test_what_is_worst_is_bounded(name: str) -> None:
    path, text = _WORST[name]
    before = time.process_time()
    found = table.workflow(path, text, Around(read={"x": text}))
    if found is not None:
        analysed(found)
    assert time.process_time() - before < SECONDS


def test_aliases_are_read_as_long_as_they_are_few() -> None:
    found, flaws = tree.read("a: &a {b: 1}\nc: *a\n")
    assert flaws == ()
    assert found is not None
    assert found.data == {"a": {"b": 1}, "c": {"b": 1}}
    for text in (_BOMB, _LONG, _CIRCLE, "[" * 10_000):
        found, flaws = tree.read(text)
        assert found is None
        assert len(flaws) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a && b; c | d", ["a", "b", "c", "d"]),
        ("sudo A=1 apt-get install -y x", ["apt-get install -y x"]),
        ("echo 'a; b' # c", ["echo a; b # c"]),
        ("pip install \\\n  -r x", ["pip install -r x"]),
        ("# pip install\nx", ["x"]),
        ("it's broken", ["it's broken"]),
        ("sed -i '' -e x y && z", ["sed -i  -e x y", "z"]),
        ("if a; then b; fi", ["a", "b", "fi"]),
    ],
)
def test_commands_of_a_text(text: str, found: list[str]) -> None:
    assert [" ".join(words) for words in commands(text)] == found

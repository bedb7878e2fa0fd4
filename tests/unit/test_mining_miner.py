"""What is found in a log: patterns with their parameters and their evidence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from understudy.automations.mining.miner import Miner
from understudy.automations.pattern import (
    Call,
    Parameter,
    Part,
    Pattern,
    Place,
    Run,
    Shape,
    Text,
    Type,
)
from understudy.store.activity import Activity, Did

NAMES = ("cart", "order", "user")


def _mined(activities: Iterable[Activity], least: int = 3) -> list[Pattern]:
    miner, now = Miner(min_occurrences=least), 0.0
    for activity in activities:
        miner.add(activity)
        now = activity.at
    return miner.patterns(now)


def _typed(*lines: str, pause: float = 10, cwd: str = "") -> list[Activity]:
    """Each took a second. What is empty is a break of an hour."""
    activities, at = [], 0.0
    for number, line in enumerate(lines, 1):
        at += pause if line else 3_600
        if line:
            activities.append(Activity(at, Did.COMMAND, line, "s", cwd, seconds=1, id=number))
    return activities


def _each(*lines: str, values: Iterable[str] = NAMES) -> list[Activity]:
    return _typed(*(line.replace("@", value) for value in values for line in (*lines, "")))


def _only(patterns: list[Pattern]) -> Pattern:
    (pattern,) = patterns
    return pattern


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["git pull", "make"], "git pull → make"),
        (["touch @.py", "black test_@.py"], "touch {file} → black test_{file}"),
        (["touch test_@.py", "black @.py"], "touch test_{file} → black {file}"),
        (["touch src/@.py", "black tests/test_@.py"], "touch {file} → black tests/test_{file.name}"),
        (["black @.py", "tell -m 'Format @'"], "black {file} → tell -m Format {file.stem}"),
        (["mdformat @.md", "cp @.md old/@.bak"], "mdformat {file} → cp {file} old/{file.stem}.bak"),
        (["mkdir -p src/@", "touch src/@/__init__.py"], "mkdir -p {path} → touch {path}/__init__.py"),
        (["git add -A", "git commit -m '@ it'"], "git add -A → git commit -m {message}"),
        (["make lint && make test", "hg push"], "make lint → make test → hg push"),
    ],
)  # fmt: skip
def test_what_varies_together_is_one_parameter(lines: list[str], title: str) -> None:
    assert _only(_mined(_each(*lines))).title == title


@pytest.mark.parametrize(
    ("lines", "values", "parameter"),
    [
        (["cat @", "ls"], ["a.py", "b.py", "c.py"], Parameter("file", Type.PATH)),
        (["cat @", "ls"], ["/etc/a.py", "/etc/b.py", "/etc/c.py"], Parameter("file", Type.TEXT)),
        (["head -n @", "ls"], ["5", "7", "9"], Parameter("number", Type.NUMBER)),
        (["head -n @", "ls"], ["5", "5", "9"], Parameter("number", Type.NUMBER, "5")),
        (["twine upload @", "ls"], ["dist/*"] * 3, Parameter("files", Type.GLOB, "dist/*")),
        (["login --token <secret>", "ls"], ["", "", ""], Parameter("token", Type.SECRET)),
        (
            ["deploy --to @", "git push"],
            ["Live", "Test", "Live", "Test", "Test", "Live"],
            Parameter("to", Type.CHOICE, None, ("Live", "Test")),
        ),
        (["deploy --to @", "git push"], ["Live", "Test", "Live"], Parameter("to", default="Live")),
        (["f --class '@'", "ls"], ["A B", "B C", "C D"], Parameter("text")),
    ],
)
def test_parameters(lines: list[str], values: list[str], parameter: Parameter) -> None:
    assert _only(_mined(_each(*lines, values=values))).parameters == (parameter,)


def test_evidence() -> None:
    pattern = _only(_mined(_each("touch @.py", "hg add @.py")))
    assert pattern.count == 3
    assert [each.arguments for each in pattern.occurrences] == [
        {"file": f"{name}.py"} for name in NAMES
    ]
    assert [each.tasks for each in pattern.occurrences] == [(1, 2), (4, 5), (7, 8)]
    assert [each.seconds for each in pattern.occurrences] == [11, 11, 11]
    assert pattern.pauses == (9,)
    assert 0 <= pattern.each.low < pattern.each.high < 60
    assert pattern.a_week == 3
    assert 0.5 < pattern.score < 1


def test_the_id_stays_when_a_literal_becomes_a_parameter() -> None:
    literal = _only(_mined(_each("cat a.py", "ls")))
    later = _only(_mined([*_each("cat a.py", "ls"), *_each("cat b.py", "ls", values="x")]))
    assert (literal.id, literal.parameters) == (later.id, ())
    assert later.parameters == (Parameter("file", Type.PATH, "a.py"),)


def test_a_run_is_a_for_each() -> None:
    lines = [f"convert {name}.png --small" for name in "abcdefgh"]
    log = _typed(*lines[:3], "ls", *lines[3:5], "make", *lines[5:], "pwd")
    pattern = _only([each for each in _mined(log) if each.shape is Shape.EACH])
    assert pattern.title == "convert {file} --small"
    assert [each.arguments["file"] for each in pattern.occurrences] == [
        "a.png\nb.png\nc.png",
        "d.png\ne.png",
        "f.png\ng.png\nh.png",
    ]


def _run(line: str, *rows: str) -> Pattern | None:
    """Of the line for six rows of values, which are typed in three runs of two."""
    lines = [line.format(*row.split()) for row in rows]
    log = _typed(*lines[:2], "ls", *lines[2:4], "make", *lines[4:], "pwd")
    return next((each for each in _mined(log) if each.shape is Shape.EACH), None)


@pytest.mark.parametrize(
    ("line", "title"),
    [
        ("convert {0}.png -resize {1} {0}.jpg", "convert {file} -resize {resize} {file.stem}.jpg"),
        ("curl -o out/{0}.json https://x.example/orders/{0}",
         "curl -o {output} https://x.example/orders/{output.stem}"),
        ("publish --channel main --to {0} --size {1}", "publish --channel main --to {to} --size {size}"),
    ],
)  # fmt: skip
def test_what_varies_in_a_run_is_rows(line: str, title: str) -> None:
    rows = [f"{name.upper()}{name} {size}00" for name, size in zip("abcdef", "132645", strict=True)]
    found = _run(line, *rows)
    assert found is not None
    assert (found.title, found.why_not) == (title, "")
    values = found.occurrences[-1].arguments.values()
    assert [len(each.split("\n")) for each in values] == [2] * len(found.parameters)


@pytest.mark.parametrize(
    ("lines", "title"),
    [
        (["mv @.py {}.py", "mv tests/test_@.py tests/test_{}.py"],
         "mv {file} {file_2} → mv tests/test_{file} tests/test_{file_2}"),
        (["mv @.py {}.py", "mv tests/test_@.py tests/test_{}.py", ""],
         "mv {file} {file_2} → mv tests/test_{file} tests/test_{file_2}"),
        (["mkdir src/@", "mkdir tests/@"], "mkdir {path} → mkdir tests/{path.name}"),
        (["cp a.py @.py", "cp a.py @_test.py", "cp a.py @_data.py"],
         "cp a.py {file} → cp a.py {file.stem}_test.py → cp a.py {file.stem}_data.py"),
    ],
)  # fmt: skip
def test_what_is_done_again_for_files_of_like_names_is_one(lines: list[str], title: str) -> None:
    names = {"cart": "order", "item": "invoice", "bill": "voucher", "user": "customer"}
    done = [
        line.replace("@", old).replace("{}", new) for old, new in names.items() for line in lines
    ]
    (found,) = _mined(_typed(*done))
    assert (found.title, found.count, found.why_not) == (title, 4, "")


@pytest.mark.parametrize(
    "lines",
    [
        ["mv {0}.py {1}.py", "mv {2}.py {3}.py"],  # nothing in common
        ["mv {0}.py {1}.py", "mv test_{0}.py {2}.py"],  # only in part
        ["mv {0}.py {0}.txt", "mv {0}.py {0}.txt"],  # the same
        ["touch {0}/__init__.py", "touch {1}/__init__.py"],  # the first tells not of the other
        ["head -n 1{4} notes", "head -n 1{4}0 notes"],  # no files
    ],
)
def test_what_is_done_again_for_others_is_none(lines: list[str]) -> None:
    rows = [[f"{name}{n}" for name in ("cart", "item", "bill", "user")] for n in range(4)]
    done = [line.format(*row, n) for n, row in enumerate(rows) for line in (*lines, "")]
    assert [each for each in _mined(_typed(*done)) if each.shape is Shape.SEQUENCE] == []


@pytest.mark.parametrize(
    "lines", [["make 'a b'", "'make <text>'"], ["'make <text>'", "make 'a b'"]]
)
def test_a_word_that_reads_like_a_place_is_none(lines: list[str]) -> None:
    assert _mined(_typed(*lines * 4)) == []


def test_a_for_each_stays_one_where_the_names_are_alike() -> None:
    log = _each("convert src/@.png --small", "convert icons/@.png --small", values="abcd")
    assert [each.shape for each in _mined(log)] == [Shape.EACH]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("render --out build/@.html", "out_file"),
        ("render --import=@.py", "import_file"),
        ("render --output build/@.html", "output"),
        ("render --config-file @.toml", "config_file"),
        ("render -o build/@.html", "output"),
        ("render -x build/@.html", "file"),
        ("render --out build/@", "out"),
        ("render --from @X", "text"),
    ],
)
def test_what_belongs_to_an_option_is_called_after_it(line: str, name: str) -> None:
    found = _only(_mined(_each(line, "make")))
    assert [each.name for each in found.parameters] == [name]


def test_rows_that_ask_for_more_than_they_spare_are_none() -> None:
    rows = [f"{name} {other}" for name, other in zip("abcdef", "uvwxyz", strict=True)]
    assert _run("cp {0}.png {1}.jpg", *rows) is None


def test_of_rows_a_secret_is_the_same_in_all() -> None:
    found = _run("publish --to {0} --token <secret> --quietly", *(f"To{n}" for n in range(6)))
    assert found is not None
    assert found.occurrences[0].arguments == {"to": "To0\nTo1", "token": "TOKEN"}


def test_values_that_are_no_lines_are_no_rows() -> None:
    assert _run("tell --verbose '{0}\n'", *(f"to{n}" for n in range(6))) is None


def test_what_is_long_to_type_is_found_alone() -> None:
    """Whatever is around it; what is short is as soon typed as chosen."""
    lines = ["curl -o out/@.json https://shop.example/v2/orders/@", "black @.py", "ls -l @"]
    log = [
        task
        for number, name in enumerate("abcd")
        for task in _typed(*(each.replace("@", name) for each in lines), pause=5_000 + number)
    ]
    found = _only(_mined(sorted(log, key=lambda each: each.at)))
    assert (found.shape, found.count) == (Shape.EACH, 4)
    assert found.title == "curl -o {output} https://shop.example/v2/orders/{output.stem}"


@pytest.mark.parametrize(
    ("elsewhere", "title"),
    [
        (["black a.py", "black a.py"], "black src/cart.py → hg push"),
        (["black a.py", "black b.py"], "black {file} → hg push"),
        (["black -q a.py", "black -q b.py"], "black src/cart.py → hg push"),
    ],
)
def test_what_varies_elsewhere_is_a_parameter_with_a_default(
    elsewhere: list[str], title: str
) -> None:
    same = _each("black src/cart.py", "hg push")
    log = [replace(each, at=each.at - 9e6) for each in _typed(*elsewhere, pause=5_000)]
    found = _only([each for each in _mined([*log, *same]) if len(each.steps) > 1])
    assert found.title == title
    assert all(each.default == "src/cart.py" for each in found.parameters)


def test_a_folder_that_varies_elsewhere_is_one_for_all_steps() -> None:
    elsewhere = [
        replace(each, cwd=name, at=each.at - 9e6)
        for name in NAMES
        for each in _typed("make", pause=5_000)
    ]
    found = _only([e for e in _mined([*elsewhere, *_each("make", "hg push")]) if len(e.steps) > 1])
    assert found.parameters == (Parameter("folder", Type.PATH, "."),)
    assert [each.cwd for each in found.steps if isinstance(each, Run)] == [(Place("folder"),)] * 2


def test_what_was_the_same_each_time_is_no_choice() -> None:
    elsewhere = [
        replace(e, at=e.at - 9e6) for n in NAMES for e in _typed(f"to -m {n.title()}", pause=5e3)
    ]
    same = _each("to -m Live", "hg push", values="abcdef")
    found = _only([each for each in _mined([*elsewhere, *same]) if len(each.steps) > 1])
    assert found.parameters == (Parameter("message", Type.TEXT, "Live"),)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("twine upload dist/*", (Place("files", Part.MATCHES),)),
        ("grep -r x --include=*.py", ("--include=", Place("include"))),
    ],
)
def test_a_pattern_is_the_files_where_it_is_one_in_a_shell(line: str, word: Text) -> None:
    step = _only(_mined(_each(line, "hg push"))).steps[0]
    assert isinstance(step, Run)
    assert step.words[-1] == word


@pytest.mark.parametrize(
    ("lines", "steps", "why_not"),
    [
        (["cd src && make"], [Run((("make",),), ("src",))], ""),
        (["make", "ls | wc"], None, "a pipe"),
        (["make", "cd src"], None, "it leaves the shell in another folder"),
        (["cd src", "make"], None, "the folder of a command is not known"),
        (["cd ~ && make"], None, "a home folder"),
    ],
)
def test_what_is_listed_only(lines: list[str], steps: list[Run] | None, why_not: str) -> None:
    """A log that does not tell folders (``cwd`` is empty) says nothing of what follows a ``cd``."""
    pattern = _only(_mined(_each(*lines)))
    assert pattern.why_not == why_not
    if steps is not None:
        assert list(pattern.steps) == steps


def test_tasks_are_calls() -> None:
    log = [
        Activity(at * 10.0, Did.TASK, task, "s", detail=detail)
        for at, (task, detail) in enumerate(
            (step)
            for name in NAMES
            for step in (("lint", ""), ("test", f'{{"path": "{name} x", "workers": 2}}'))
        )
    ]
    patterns = _mined(log)
    assert patterns[0].steps == (
        Call("lint", {}),
        Call("test", {"path": (Place("path"),), "workers": ("2",)}),
    )


def test_saves_and_quick_fixes_do_not_part_what_belongs_together() -> None:
    log = _each("git pull", "make")
    between = [
        Activity(each.at + 5, did, "cart.py", "s")
        for each in log
        for did in (Did.SAVED, Did.FIXED, Did.EDITOR)
    ]
    mined = _mined(sorted([*log, *between], key=lambda each: each.at))
    assert _only(mined).title == "git pull → make"


@pytest.mark.parametrize(
    ("typed", "count"), [("git commit -m 'Tidy up'", 0), ("make", 3)], ids=["typed", "elsewhere"]
)
def test_a_commit_that_was_typed_counts_once(typed: str, count: int) -> None:
    log = _each(typed, "ls | wc")
    commits = [
        Activity(each.at + 1, Did.COMMITTED, "Tidy up", "s", old="1a2b3c4")
        for each in log
        if each.text == typed
    ]
    last = Activity(1e6, Did.COMMAND, "ls", "s")
    mined = _mined([*sorted([*log, *commits], key=lambda each: each.at), last])
    found = [each for each in mined if "elsewhere" in each.why_not]
    assert bool(found) == bool(count)


def test_the_longest_says_it_all() -> None:
    """Closed: its parts were never seen without it."""
    assert [each.title for each in _mined(_each("hg pull", "make", "ls"))] == [
        "hg pull → make → ls"
    ]


def test_seen_less_often_it_is_none() -> None:
    assert not _mined(_each("git pull", "make", values=NAMES[:2]))
    assert _mined(_each("git pull", "make", values=NAMES[:2]), least=2)


def test_the_same_log_gives_the_same_patterns() -> None:
    log = _each("touch @.py", "git add @.py", "make test", "git push")
    assert _mined(log) == _mined(log)


def test_what_somebody_works_in_is_no_step_and_parts_nothing() -> None:
    lines = ["vim m@.py", "ruff format m@.py", "less log", "pytest tests/test_m@.py", "man git"]
    found = _mined(_each(*lines, values="abcdef"))
    assert _only(found).title == "ruff format {file} → pytest tests/test_{file}"
    assert not found[0].why_not


def test_what_is_run_between_edits_is_a_for_each() -> None:
    found = _mined(
        _typed(
            *(f"{each} {name}.py" for name in NAMES for each in ("vim", "black")),
            "",
            *(f"black {name}.py" for name in NAMES),
            "",
            *(f"black {name}.py" for name in NAMES),
        )
    )
    assert (_only(found).title, found[0].shape) == ("black {file}", Shape.EACH)


def test_alone_it_is_only_listed() -> None:
    found = _only(_mined(_typed(*(f"vim {name}.py" if name else "" for name in (*NAMES, "") * 3))))
    assert (found.title, found.why_not) == ("vim {file}", "somebody works in it, at a terminal")


def test_all_steps_of_a_day_are_one_sequence() -> None:
    lines = ("vim m@.py", "ruff format m@.py", "pytest -k m@ tests/test_m@.py", "hg add m@.py",
             "hg commit -m 'Change m@ again'")  # fmt: skip
    values = [name * length for length in (1, 2) for name in "abcdefg"]
    best = _mined(_each(*lines, values=values))[0]
    assert [each.words[0] for each in best.steps if isinstance(each, Run)] == [
        ("ruff",), ("pytest",), ("hg",), ("hg",),
    ]  # fmt: skip
    assert best.count == 14


def test_what_cannot_be_made_does_not_spoil_the_rest() -> None:
    lines = (
        "black @.py",
        "ruff check @.py",
        "cat @.sql | mysql shop",
        "sort -o @.txt @.txt",
        "ls | wc",
    )
    found = _mined(_each(*lines, values=(*NAMES, "stock")))
    made = [each.title for each in found if not each.why_not]
    assert made == ["black {file} → ruff check {file}", "sort -o {output} {output}"]
    assert [each.shape for each in found][:2] == [Shape.SEQUENCE, Shape.EACH]


def test_what_is_only_listed_makes_nothing_else_old() -> None:
    """However much it would save."""
    lines = ("cat @.sql | mysql --batch --database shop", "black @.py", "ruff check @.py")
    first, *_ = _mined(_each(*lines, values=(*NAMES, "stock")))
    assert (first.title, first.why_not) == ("black {file} → ruff check {file}", "")

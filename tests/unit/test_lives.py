"""What became of the findings of a file between two looks."""

from __future__ import annotations

import pytest

from understudy.findings.fingerprint import fingerprinted, name_of
from understudy.findings.lives import Course, End, Look, Past, Stand, Told, course, moved
from understudy.model import Category, Finding, Position, Range, Severity

SOURCE = "import os\nx = eval(a)\ny = exec(b)\nz = pickle.loads(c)\n"
BEFORE, AFTER = (
    Stand(1, 10, ("bandit",), {}),
    Stand(2, 12, ("bandit",), {}),
)


def told(source: str = SOURCE) -> tuple[Told, ...]:
    """Of each line but the first."""
    lines = source.splitlines()[1:]
    found = [
        Finding(
            "bandit",
            f"B{3000 + sum(map(ord, line))}",
            "m",
            Range(Position(number, 0), Position(number, len(line))),
            Severity.HIGH,
            Category.SECURITY,
        )
        for number, line in enumerate(lines, 1)
    ]
    marked = fingerprinted(found, source)
    return tuple(Told(f"bandit:{each.rule}", each.fingerprint, 3) for each in marked)


EVAL, EXEC, PICKLE = told()


def past(
    *there: Told, gone: tuple[tuple[Told, End], ...] = (), stand: Stand | None = BEFORE
) -> Past:
    numbered = [(100 + number, each, how) for number, (each, how) in enumerate(gone)]
    return Past([*enumerate(there)], numbered, stand)


def of(
    before: Past,
    *now: Told,
    stand: Stand = AFTER,
    reported: tuple[Told, ...] = (),
    switched: bool = False,
    watched: bool = False,
) -> Course:
    names = frozenset(name_of(each.fingerprint) for each in reported)
    return course(before, Look("a.py", now, stand, names), switched=switched, watched=watched)


OTHER_TOOL = AFTER._replace(tools=("ruff",))


@pytest.mark.parametrize(
    ("before", "given", "ended"),
    [
        (past(EVAL, EXEC), {}, {0: End.FIXED, 1: End.FIXED}),
        (past(EVAL), {"switched": True}, {0: End.AWAY}),
        (past(EVAL), {"reported": (EVAL,)}, {0: End.HIDDEN}),
        (past(EVAL), {"stand": BEFORE}, {0: End.UNTOLD}),
        # Its tool did not look, failed, or is gone.
        (past(EVAL), {"stand": OTHER_TOOL}, {}),
        # One comment hides one finding.
        (past(EVAL, EXEC), {"stand": AFTER._replace(marks={"": 1})}, {0: End.HIDDEN, 1: End.FIXED}),
        (
            past(EVAL, EXEC),
            {"stand": AFTER._replace(marks={EXEC.rule.partition(":")[2]: 1})},
            {0: End.FIXED, 1: End.HIDDEN},
        ),
        # It was there before.
        (
            past(EVAL, stand=BEFORE._replace(marks={"": 1})),
            {"stand": AFTER._replace(marks={"": 1})},
            {0: End.FIXED},
        ),
    ],
)
def test_how_findings_end(before: Past, given: dict[str, object], ended: dict[int, End]) -> None:
    assert dict(of(before, **given).ended) == ended  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("before", "given", "came"),
    [
        (past(), {}, [(EVAL, True)]),
        (past(), {"switched": True}, [(EVAL, False)]),
        (past(), {"stand": BEFORE}, [(EVAL, False)]),
        (past(stand=None), {}, [(EVAL, False)]),
        # A file that was not there when all were looked at.
        (past(stand=None), {"watched": True}, [(EVAL, True)]),
        # The tool had not looked before.
        (past(stand=BEFORE._replace(tools=("ruff",))), {}, [(EVAL, False)]),
        # What was fixed is made anew; on another branch it had been fixed.
        (past(gone=((EVAL, End.FIXED),)), {}, [(EVAL, True)]),
        (past(gone=((EVAL, End.FIXED),)), {"switched": True}, []),
        (past(gone=((EVAL, End.AWAY),)), {"switched": True}, []),
        (past(gone=((EVAL, End.HIDDEN),)), {}, []),
    ],
)
def test_how_findings_come(
    before: Past, given: dict[str, object], came: list[tuple[Told, bool]]
) -> None:
    found = of(before, EVAL, **given)  # type: ignore[arg-type]
    assert [*found.came] == came
    assert [number for number, _ in found.back] == ([] if came else [100])


def test_what_stays_is_told_of_anew_only_where_it_is_otherwise() -> None:
    assert of(past(EVAL, EXEC), EVAL, EXEC) == Course()
    lower = EXEC._replace(severity=1)
    assert of(past(EVAL, EXEC), EVAL, lower) == Course(kept=((1, lower),))


def test_what_moves_in_its_file_is_the_same() -> None:
    above = "import os\nimport re\n" + SOURCE.partition("\n")[2]
    now = told(above)[1:]
    found = of(past(EVAL, EXEC, PICKLE), *now)
    assert (found.ended, found.came) == ((), ())


def test_files_that_are_called_otherwise() -> None:
    gone = {"old.py": [(0, EVAL), (1, EXEC)], "gone.py": [(2, PICKLE)]}
    assert moved(gone, {"new.py": [EVAL, EXEC]}) == {"new.py": "old.py"}
    assert moved(gone, {"new.py": [EVAL]}) == {"new.py": "old.py"}
    assert moved({"old.py": [(0, EVAL)]}, {"new.py": [EXEC]}) == {}
    assert moved({}, {"new.py": [EVAL]}) == {}
    assert moved({"old.py": []}, {"new.py": []}) == {}

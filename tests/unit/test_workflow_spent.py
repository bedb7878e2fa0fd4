"""What Understudy's own time goes to: when one tool or one file is worth a word."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.discover import matches, pattern_of
from understudy.insights.profile.views import Asked
from understudy.insights.recommend import lived
from understudy.insights.recommend.model import Recommendation
from understudy.insights.workflows.lived.observe import Past, measured, observe
from understudy.insights.workflows.lived.runs import DAY
from understudy.insights.workflows.lived.spent import Spent
from understudy.insights.workflows.lived.weekly import by_day, gained
from understudy.settings import Settings
from understudy.store.profile import Days, Ran

TODAY = date(2026, 3, 20)
NOW = datetime(2026, 3, 20, 18).astimezone().timestamp()
ASKED = {"pylint": Asked(30, 70), "ruff": Asked(10, 90)}


def days(name: str, ran: float, times: int = 3, count: int = 10, until: int = 0) -> list[Ran]:
    """So much on each of so many days, the last of them ``until`` days ago."""
    return [
        Ran(TODAY - timedelta(days=until + each), name, times, ran, 1.0) for each in range(count)
    ]


def spent(tools: Sequence[Ran] = (), files: Sequence[Ran] = ()) -> Past:
    """What is kept of it is of nothing else."""
    known = sorted(each.day.isoformat() for each in (*tools, *files))
    return Past([], spent=Spent(Days(known[0], known[-1]) if known else None, tools, files, ASKED))


def found(tools: Sequence[Ran] = (), files: Sequence[Ran] = (), **settings: object) -> list[str]:
    return [each.what for each in recommended(tools, files, **settings)]


def recommended(
    tools: Sequence[Ran] = (),
    files: Sequence[Ran] = (),
    project: object = None,
    **settings: object,
) -> list[Recommendation]:
    past = spent(tools, files)
    seen = observe(past, NOW, Random(1)).observations
    given = {name.replace("__", "."): value for name, value in settings.items()}
    return lived.recommendations(seen, Settings.of(given), project)


RUFF = days("ruff", 1.0)
OTHERS = [*days("a.py", 1.0), *days("b.py", 1.0), *days("c.py", 1.0)]


@pytest.mark.parametrize(
    ("tools", "files", "named"),
    [
        ([*days("pylint", 30.0), *RUFF], [], ["pylint"]),
        ([], [*days("big.py", 30.0), *OTHERS], ["big.py"]),
        ([*days("pylint", 30.0), *RUFF], [*days("big.py", 30.0), *OTHERS], ["pylint", "big.py"]),
        # No other checks files: what the user's own task takes is none of it.
        ([*days("pylint", 30.0)], [], []),
        ([*days("test_runner", 300.0), *RUFF, *days("pylint", 1.0)], [], []),
        # Less than a minute a week, too few runs, too few days, long ago.
        ([*days("pylint", 5.0), *RUFF], [], []),
        ([*days("pylint", 30.0, times=1), *RUFF], [], []),
        ([*days("pylint", 30.0, times=9, count=3), *days("ruff", 1.0, count=3)], [], []),
        ([*days("pylint", 30.0, until=9), *RUFF], [], []),
        # As much as others do; among three files, where one takes a third in any case; outside of
        # the workspace.
        ([*days("pylint", 10.0), *days("ruff", 10.1), *days("bandit", 1)], [], ["ruff"]),
        ([], [*days("big.py", 30.0), *days("a.py", 1.0), *days("b.py", 1.0)], []),
        ([], [*days("big.py", 10.0), *(r for n in range(9) for r in days(f"{n}.py", 9.0))], []),
        ([], [*days("/usr/lib/big.py", 30.0), *OTHERS], []),
        ([], [], []),
    ],
)
def test_what_is_told(tools: list[Ran], files: list[Ran], named: list[str]) -> None:
    assert [each.split()[0] for each in found(tools, files)] == named


def test_a_tool_can_wait_for_saves() -> None:
    (one,) = recommended([*days("pylint", 30.0), *RUFF])
    assert one.what == "pylint takes 97 % of the time that all tools that check files take."
    assert one.why[:3] == (
        "since 2026-03-11 it took 300 s, 30 times, 10.0 s each",
        "it waited 10 s for its turn",
        "of 100 answers 30 were known before",
    )
    assert one.gain is not None
    assert (one.gain.low, one.basis) == (0.0, "of the machine, while you go on")
    assert 180 < one.gain.high < 211
    assert one.setting is not None
    assert (one.setting.path, one.setting.value) == (("analysis", "onIdle"), False)
    (so,) = recommended([*days("pylint", 30.0), *RUFF], analysis__onIdle=False)
    assert (so.is_met, so.setting) == (True, None)


@pytest.mark.parametrize(
    ("times", "told"), [(0, ""), (1, ", once"), (2, ", 2 times, 450.0 s each")]
)
def test_how_often_is_told_in_words_that_fit(times: int, told: str) -> None:
    (one,) = recommended([], [Ran(TODAY, "big.py", times, 900.0), *OTHERS])
    assert one.why[0] == f"since 2026-03-11 it took 900 s{told}"


def test_a_file_can_be_left_out() -> None:
    files = [*days("data/big table.py", 30.0), *OTHERS]
    (one,) = recommended([], files, analysis__exclude=("build/",))
    assert one.setting is not None
    assert one.setting.path == ("analysis", "exclude")
    assert one.setting.value == ["build/", "/data/big\\ table.py"]
    for known in (("data/",), ("/data/big\\ table.py",), ("*.py",)):
        (so,) = recommended([], files, analysis__exclude=known)
        assert (so.is_met, so.setting) == (True, None)


def test_what_the_project_leaves_out_is_left_out_still() -> None:
    """Also where an editor says something else."""
    files = [*days("big.py", 30.0), *OTHERS]
    project: dict[str, object] = {"analysis": {"exclude": ["build/"]}}
    (one,) = recommended([], files, project, analysis__exclude=("gen/",))
    assert one.setting is not None
    assert one.setting.value == ["build/", "/big.py"]
    (so,) = recommended([], files, {"analysis": {"exclude": ["*.py"]}})
    assert (so.is_met, so.setting) == (True, None)


def test_what_came_of_it_is_measured_by_day() -> None:
    before, since = days("big.py", 60.0, until=8), days("big.py", 0.0, count=8)
    past = spent([], [*before, *since, *OTHERS])
    known = measured(past, "slow-file big.py", NOW)
    assert known is not None
    series, span = known
    assert (len(series), span.days) == (18, 17)
    assert sum(seconds for _, seconds in series) == 600.0
    assert measured(Past([]), "slow-file big.py", NOW) is None
    assert measured(past, "unheard of", NOW) is None


def test_days_on_which_nothing_was_timed_are_no_gain() -> None:
    """As where the profile was switched off since."""
    known = measured(spent([], [*days("big.py", 60.0, until=8)]), "slow-file big.py", NOW)
    assert known is not None
    series, span = known
    assert (span.days, sum(by_day(series, span))) == (10, 600.0)
    assert gained(series, span, NOW - 9 * DAY, Random(1)) is None


@given(st.text(st.characters(exclude_characters="/\0\n\r", exclude_categories=["Cs"]), min_size=1))
def test_a_pattern_is_of_one_file(name: str) -> None:
    path = f"folder/{name}"
    if name not in (".", ".."):
        assert matches(path, [pattern_of(path)])
        assert not matches(f"folder/xx{name}", [pattern_of(path)])
        assert not matches(f"other/{path}", [pattern_of(path)])

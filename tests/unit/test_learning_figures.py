"""How the figures of ``make bench`` about learning come about."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.learning.known import Known
from benchmarks.learning.parameters import fit
from benchmarks.learning.replay import CONTENDERS, HORIZON, Judged, replay
from benchmarks.learning.scores import auc, deciles
from benchmarks.learning.sources import commits, tasks_of
from understudy.automations.mining.score import Features
from understudy.store.activity import Activity, Did

_PLAIN = CONTENDERS[-1]
_ANY = Features(3, 1, 1, 1, 1, 1, 1)


def _typed(*lines: str) -> list[Activity]:
    return [Activity(20.0 * number, Did.COMMAND, line, "s") for number, line in enumerate(lines)]


def _judged(*pairs: tuple[float, bool]) -> list[Judged]:
    return [Judged(_ANY, score, used) for score, used in pairs]


@pytest.mark.parametrize(
    ("pairs", "area"),
    [
        ([(0.1, False), (0.9, True)], 1),
        ([(0.1, True), (0.9, False)], 0),
        ([(0.5, True), (0.5, False)], 0.5),
        ([(0.1, False), (0.2, True), (0.3, False), (0.4, True)], 0.75),
    ],
)
def test_auc(pairs: list[tuple[float, bool]], area: float) -> None:
    assert auc(_judged(*pairs)) == area


def test_deciles() -> None:
    judged = _judged((0.81, True), (0.89, False), (1.0, True))
    found = [(each.low, each.scores, each.used) for each in deciles(judged)]
    assert found == [(0.8, 2, 0.5), (0.9, 1, 1)]


def test_only_uses_after_the_offer_count_and_each_once() -> None:
    """The third time it is offered; of the two uses after it, each saves one command."""
    lines = [line for n in range(5) for line in ("git pull", "make", f"x{n} --flag")]
    found = replay([_typed(*lines)], _PLAIN)
    assert (found.tasks, found.uses, found.saved) == (15, [2], 2)


def test_of_what_had_no_time_to_be_used_nobody_knows() -> None:
    """An offer early, after which all tasks come that a score speaks of, and one at the end."""
    early = ["git pull", "make"] * 3
    middle = [f"x{number} --flag" for number in range(HORIZON)]
    late = [line for n in range(4) for line in ("git fetch", "tox", f"y{n} --flag")]
    found = replay([_typed(*early, *middle, *late)], _PLAIN)
    assert (found.uses, found.whole) == ([0, 1], [0])
    assert (found.reused(1), found.reused(1, whole=True)) == (0.5, 0)
    assert {each.whole for each in found.judged} == {True, False}


def test_a_rule_of_three_that_the_fourth_breaks_does_not_fit() -> None:
    lines = [
        line
        for number, name in enumerate(["a.py", "b.py", "c.py", "d.py"])
        for line in (f"black {name}", f"isort test_{name}", f"x{number} --flag")
    ]
    fits = fit([_typed(*lines)])
    assert (fits.later, fits.rule, fits.verbatim) == (1, 1, 0)
    lines[-2] = "isort other.py"
    fits = fit([_typed(*lines)])
    assert (fits.later, fits.rule, fits.demoting) == (1, 0, 0)


def test_a_literal_is_violated_once() -> None:
    """Then it is a parameter, but not for what three say."""
    lines = [
        line
        for number, name in enumerate(["a.py"] * 3 + ["b.py", "c.py"])
        for line in (f"black {name}", "git push", f"x{number} --flag")
    ]
    fits = fit([_typed(*lines)])
    assert (fits.later, fits.rule, fits.demoting) == (2, 0, 1)


def test_commits_become_tasks_of_a_number(tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
        subprocess.run(["git", "-C", str(tmp_path), *identity, *arguments], check=True)

    git("init", "-q")
    (tmp_path / "a b.py").write_text("x = 1\n" * 20)
    git("add", "-A")
    git("commit", "-qm", "one")
    (tmp_path / "a b.py").rename(tmp_path / "c.py")
    (tmp_path / "d.py").write_text("")
    git("add", "-A")
    git("commit", "-qm", "two")
    facts = list(commits(tmp_path))
    assert [each.author for each in facts] == [0, 0]
    assert [each.changes for each in facts] == [
        (("A", "a b.py"),),
        (("R", "a b.py", "c.py"), ("A", "d.py")),
    ]
    (tasks,) = tasks_of(facts)
    assert [each.text for each in tasks] == [
        "new 'a b.py'", "commit", "rename 'a b.py' c.py", "new d.py", "commit",
    ]  # fmt: skip


def test_one_that_is_offered_is_no_news_and_what_it_covers_neither() -> None:
    known = Known()
    lines = [line for n in range(3) for line in ("git pull", "make", "ls", f"x{n} --flag")]
    completed = [each for task in _typed(*lines) for each in known.add(task)]
    fresh = {each.sequence: each for each in completed if known.is_new(each)}
    assert set(fresh) == {("git pull", "make"), ("make", "ls"), ("git pull", "make", "ls")}
    known.offer(fresh["git pull", "make", "ls"])
    assert not any(map(known.is_new, completed))

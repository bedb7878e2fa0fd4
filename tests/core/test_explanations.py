"""Why a rule matters: asked once, in a worker, and never waited for beyond a blink."""

from __future__ import annotations

import asyncio

import pytest

from understudy.analyzers.bandit import child as bandit_child
from understudy.analyzers.parsing import paragraph
from understudy.analyzers.ruff import child as ruff_child
from understudy.app.explain import explanations
from understudy.app.explain.explanations import Explanations
from understudy.checks.engine import Checks
from understudy.model import Category, Finding, Position, Problem, Range, Severity
from understudy.runner.calls import Call, Job, Outcome, Status
from understudy.runner.execute import Runner

from .support import PATIENCE


def problem(*rules: tuple[str, str]) -> Problem:
    place = Range(Position(0, 0), Position(0, 1))
    return Problem(
        tuple(Finding(*rule, "x", place, Severity.LOW, Category.SECURITY) for rule in rules)
    )


SQL = problem(("bandit", "B608"), ("ruff", "S608"))


class Answering(Checks):
    """Answers ``said`` when ``gate`` opens."""

    def __init__(self, **said: str) -> None:
        super().__init__(Runner())
        self._said = said
        self.gate = asyncio.Event()
        self.asked: list[str] = []
        self.status = Status.DONE

    async def execute(self, job: Job) -> Outcome:
        assert isinstance(job.work, Call)
        (rule,) = job.work.items
        self.asked.append(rule)
        await self.gate.wait()
        return Outcome(self.status, (self._said.get(rule, ""),))


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explanations, "PATIENCE", PATIENCE)


async def test_each_rule_is_asked_for_once_and_ruff_has_the_first_word() -> None:
    checks = Answering(S608="why", B608="what")
    checks.gate.set()
    told = Explanations(checks)
    assert set(await asyncio.gather(told.of(SQL), told.of(SQL))) == {"why"}
    assert await told.of(problem(("bandit", "B608"))) == "what"
    assert sorted(checks.asked) == ["B608", "S608"]


async def test_where_ruff_has_no_words_bandit_has() -> None:
    checks = Answering(B608="what")
    checks.gate.set()
    assert await Explanations(checks).of(SQL) == "what"
    assert await Explanations(checks).of(problem(("understudy", "settings"))) == ""


async def test_what_comes_late_is_there_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    checks = Answering(S608="why")
    told = Explanations(checks)
    monkeypatch.setattr(explanations, "PATIENCE", 0.0)
    assert await told.of(SQL) == ""
    monkeypatch.setattr(explanations, "PATIENCE", PATIENCE)
    checks.gate.set()
    assert await told.of(SQL) == "why"
    assert checks.asked == ["S608"], "who is not listened to is not asked"


async def test_a_worker_that_failed_is_asked_again() -> None:
    checks = Answering(S608="why")
    checks.gate.set()
    checks.status = Status.FAILED
    told = Explanations(checks)
    assert await told.of(SQL) == ""
    checks.status = Status.DONE
    assert await told.of(SQL) == "why"


async def test_in_a_real_worker() -> None:
    runner = Runner()
    try:
        told = Explanations(Checks(runner))
        assert (await told.of(SQL)).startswith("SQL injection is a common attack vector")
        assert (await told.of(problem(("bandit", "B608")))).startswith("An SQL injection attack")
    finally:
        await runner.close()


def test_what_the_tools_have_no_words_for() -> None:
    odd = ("E999999", "--all", "not-analysed", "invalid-syntax", "pytest-fixture-autouse")
    assert ruff_child.explain((), odd) == [""] * len(odd)
    assert bandit_child.explain((), ("B307", "B404", "B9999", "not-analysed")) == [""] * 4


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("One\n  line.", "One line."),
        ("As [PEP 8] and [this](https://x.example) [say][ref]:", "As PEP 8 and this say."),
        ("## Example", ""),
        (":Example:", ""),
        ("", ""),
    ],
)
def test_a_paragraph(text: str, told: str) -> None:
    assert paragraph(text) == told

"""Why a rule matters, in the words of the tools that are installed with us."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator

from ...analyzers.base import Analyzer, Configuration
from ...analyzers.table import BUILT_IN
from ...checks.engine import Checks
from ...checks.jobs import Policy, question
from ...model import Problem
from ...runner.calls import Status, Urgency
from ...settings import Settings

PATIENCE = 0.1
"""Seconds that who looks at a problem waits for an explanation of it."""

_POLICY = Policy(Settings(), trusted=False)


class Explanations:
    """Each rule is asked for once. What comes too late is known to the next who asks.

    Where several tools have something to say, the first of the table has the word: Ruff tells why
    it matters, Bandit what it looks for.
    """

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._asked: dict[tuple[str, str], asyncio.Task[str]] = {}

    async def of(self, problem: Problem) -> str:
        """A paragraph; empty when there is none, or not yet."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                for task in self._tasks(problem):
                    if said := await asyncio.shield(task):
                        return said
        return ""

    def _tasks(self, problem: Problem) -> Iterator[asyncio.Task[str]]:
        """One after another: who is not listened to is not asked."""
        for analyzer in BUILT_IN:
            if not analyzer.explain:
                continue
            for rule in (f.rule for f in problem.findings if f.tool == analyzer.name):
                key = analyzer.name, rule
                if key not in self._asked:
                    asking = self._ask(analyzer, rule)
                    self._asked[key] = asyncio.get_running_loop().create_task(asking)
                yield self._asked[key]

    async def _ask(self, analyzer: Analyzer, rule: str) -> str:
        given = Configuration(()), analyzer.explain, rule, _POLICY, Urgency()
        outcome = await self._checks.execute(question(analyzer, *given))
        if outcome.status is not Status.DONE:
            del self._asked[analyzer.name, rule]
            return ""
        return str(outcome.results[0])

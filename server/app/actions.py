"""What a person can do about the problems at a place of an open document."""

from __future__ import annotations

import asyncio

from ..checks import compose
from ..checks.engine import Checks, subject_of
from ..fixes.manifests import audited, raises
from ..fixes.offers import Offer, at, fix_all, fixes, ignores
from ..fixes.verify import Subject
from ..model import Priority, Problem, Range, Report
from .document import OpenDocument

__all__ = ["Actions", "Offer"]


class Actions:
    """Offers for open documents, made against their present text."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    async def at(self, document: OpenDocument, place: Range) -> tuple[list[Offer], list[Problem]]:
        """The offers at ``place``, and the problems there."""
        if not at(document.problems(), place):
            return [], []
        subject, problems = await self._present(document)
        offered = await fixes(subject, problems, place)
        silenced = await asyncio.to_thread(ignores, subject.text, problems, place)
        tasked = document.problems()
        raised = await asyncio.to_thread(raises, document.path, subject.text, tasked, place)
        found = [*at(problems, place), *audited(tasked, place)]
        return [*offered, *raised, *silenced], list(dict.fromkeys(found))

    async def fix_all(self, document: OpenDocument) -> Offer | None:
        subject, problems = await self._present(document)
        return await fix_all(subject, problems)

    async def _present(self, document: OpenDocument) -> tuple[Subject, tuple[Problem, ...]]:
        policy, path, root = document.policy, document.path, document.workspace.root
        language, alone = document.language, document.workspace.loose
        results = document.workspace.results

        async def check(text: str, *, keep: bool = False) -> tuple[Report, ...]:
            asked = subject_of(path, root, text, language, alone=alone)
            answers = self._checks.check(asked, policy, results, Priority.INTERACTIVE, keep=keep)
            return tuple([report async for reports in answers for report in reports])

        text = document.text
        before = await check(text, keep=True)
        known = document.workspace.known(path)
        found = compose.problems(before, policy.settings, known)
        problems = compose.visible(found, policy.settings)
        return Subject(text, before, check), problems

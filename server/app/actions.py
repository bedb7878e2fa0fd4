"""What a person can do about the problems at a place of an open document."""

from __future__ import annotations

import asyncio

from ..checks.engine import Checks
from ..fixes.manifests import audited, raises
from ..fixes.offers import Offer, at, fix_all, fixes, ignores
from ..fixes.verify import Subject
from ..model import Problem, Range
from .document import OpenDocument
from .fixing import Text, present

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
        silenced = await asyncio.to_thread(ignores, subject.text, document.path, problems, place)
        tasked = document.problems()
        raised = await asyncio.to_thread(raises, document.path, subject.text, tasked, place)
        found = [*at(problems, place), *audited(tasked, place)]
        return [*offered, *raised, *silenced], list(dict.fromkeys(found))

    async def fix_all(self, document: OpenDocument) -> Offer | None:
        subject, problems = await self._present(document)
        return await fix_all(subject, problems)

    async def _present(self, document: OpenDocument) -> tuple[Subject, tuple[Problem, ...]]:
        file = Text(document.path, document.text, document.language)
        return await present(self._checks, document.workspace, file)

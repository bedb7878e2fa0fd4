"""What a person can do about the problems at a place of an open document."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Container, Iterable

from ...checks.engine import Checks
from ...fixes.manifests import audited, raises
from ...fixes.offers import Offer, at, fix_all, fixes, ignores
from ...fixes.verify import Original
from ...model import Problem, Range, Reason
from ...notebooks import is_notebook
from ..explain.explaining import explain
from ..folder.fixing import fix_files, present, read_text, with_rule
from ..folder.workspace import Workspace
from ..install.missing import Install, installs
from ..sinks import FileFix, Text
from .document import OpenDocument

__all__ = ["Actions", "Install", "Offer"]


class Actions:
    """Offers for open documents, made against their present text."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks

    async def at(self, document: OpenDocument, place: Range) -> tuple[list[Offer], list[Problem]]:
        """The offers at ``place``, and the problems there."""
        if not at(document.problems(), place):
            return [], []
        original, problems = await self._present(document)
        offered = await fixes(original, problems, place)
        silenced = await asyncio.to_thread(ignores, original.code, document.path, problems, place)
        tasked = document.problems()
        raised = await asyncio.to_thread(raises, document.path, original.text, tasked, place)
        found = [*at(problems, place), *audited(tasked, place)]
        return [*offered, *raised, *silenced], list(dict.fromkeys(found))

    async def installs(self, document: OpenDocument, place: Range) -> list[tuple[Problem, Install]]:
        """What can be done about tools that are not there, of which is told at ``place``."""
        here, settings = at(document.problems(), place), document.policy.settings
        return await installs(self._checks, document.subject(), settings, here)

    async def fix_all(self, document: OpenDocument) -> Offer | None:
        original, problems = await self._present(document)
        return await fix_all(original, problems)

    async def fix_new(self, document: OpenDocument, rules: Container[str] | None) -> FileFix | None:
        """The fix of all safe cases of ``rules`` (None: of all) that are not known before."""
        file = _text(document)
        original, problems = await self._present(document)
        new = [problem for problem in problems if not problem.known]
        offer = await fix_all(original, new, rules)
        return FileFix(file, offer) if offer else None

    async def fix_rule(
        self, workspace: Workspace, documents: Iterable[OpenDocument], rule: str
    ) -> list[FileFix]:
        """The fixes of all safe cases of a rule in what is known of a folder; ``documents`` are
        those of its files that are open."""
        files = {each.path: _text(each) for each in documents}
        shown = {path: view.problems for path, view in workspace.files.items()}
        for path in with_rule(shown, rule):
            if path not in files and not is_notebook(path):
                with contextlib.suppress(OSError, ValueError):
                    files[path] = await asyncio.to_thread(read_text, path)
        return [fix async for fix in fix_files(self._checks, workspace, files.values(), rule)]

    async def explain(self, document: OpenDocument, row: int, rule: str) -> list[Reason]:
        """Why ``rule`` is told of in a row, or why it is not."""
        given = self._checks, document.workspace, document.subject(), row, rule
        return await explain(*given, placed=document.placed.moved())

    async def _present(self, document: OpenDocument) -> tuple[Original, tuple[Problem, ...]]:
        known = document.known()
        return await present(self._checks, document.workspace, _text(document), known)


def _text(document: OpenDocument) -> Text:
    return Text(document.path, document.text, document.language)

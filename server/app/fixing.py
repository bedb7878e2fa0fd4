"""Safe fixes of one rule in many files, each file's verified as those at a place are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import NamedTuple

from ..checks import compose
from ..checks.engine import Checks, subject_of
from ..fixes.offers import Offer, fix_rule
from ..fixes.verify import Subject
from ..model import Priority, Problem, Report
from .workspace import Workspace


class Text(NamedTuple):
    """A file's text, as it is on disk or in an editor; ``language`` is the editor's name of it."""

    path: str
    text: str
    language: str = ""


class FileFix(NamedTuple):
    """What makes the safe cases of a rule go away in one file; ``offer`` is made against its
    text."""

    file: Text
    offer: Offer


async def present(
    checks: Checks, workspace: Workspace, file: Text
) -> tuple[Subject, tuple[Problem, ...]]:
    """A text as fixes are tried on it, and what is shown of it."""
    policy, results = workspace.policy, workspace.results
    here = workspace.circumstances(file.path)

    async def ask(text: str, *, keep: bool = False) -> tuple[Report, ...]:
        asked = subject_of(file.path, workspace.root, text, file.language, alone=workspace.loose)
        answers = checks.check(asked, policy, results, Priority.INTERACTIVE, keep=keep)
        return tuple([report async for reports in answers for report in reports])

    def whole(reports: tuple[Report, ...]) -> tuple[Report, ...]:
        """With what is said of suppressions, which a fix must not add to."""
        return (*reports, compose.of_suppressions(reports, policy.settings, here))

    async def check(text: str) -> tuple[Report, ...]:
        return whole(await ask(text))

    before = await ask(file.text, keep=True)
    problems = compose.problems(before, policy.settings, here)
    return Subject(file.text, whole(before), check), problems


async def fix_files(
    checks: Checks, workspace: Workspace, files: Iterable[Text], rule: str
) -> AsyncIterator[FileFix]:
    """Of those files in which something of the rule can be fixed safely."""
    for file in files:
        subject, problems = await present(checks, workspace, file)
        if offer := await fix_rule(subject, problems, rule):
            yield FileFix(file, offer)

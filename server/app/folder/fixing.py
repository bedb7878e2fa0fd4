"""Safe fixes of one rule in many files, each file's verified as those at a place are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from pathlib import Path

from ...checks import compose
from ...checks.engine import Checks, judges, subject_of
from ...disk import LARGEST_FILE, read_regular
from ...fixes.offers import fix_rule
from ...fixes.verify import Original
from ...ipython import code
from ...journal.replace import Rewrite, rewrite
from ...model import Priority, Problem, Report
from ...notebooks import is_notebook
from ...text import apply
from ..sinks import FileFix, Text
from .workspace import Workspace


async def present(
    checks: Checks, workspace: Workspace, file: Text, known: Collection[Report] = ()
) -> tuple[Original, tuple[Problem, ...]]:
    """A text as fixes are tried on it, and what is shown of it. What is ``known`` of it is not
    asked again, and nobody is asked who cannot look at a text that is not on disk."""
    policy, results = workspace.policy, workspace.results
    here = workspace.circumstances(file.path)
    able = judges(file.path, file.language, policy.settings)

    async def ask(text: str, tools: frozenset[str], *, keep: bool = False) -> tuple[Report, ...]:
        if not tools:
            return ()
        asked = subject_of(file.path, workspace.root, text, file.language, loose=workspace.loose)
        answers = checks.check(asked, policy, results, Priority.INTERACTIVE, keep=keep, tools=tools)
        return tuple([report async for reports in answers for report in reports])

    def whole(reports: tuple[Report, ...]) -> tuple[Report, ...]:
        """With what is said of suppressions, which a fix must not add to."""
        return (*reports, compose.of_suppressions(reports, policy.settings, here))

    async def check(text: str) -> tuple[Report, ...]:
        return whole(await ask(text, able))

    unknown = able - {report.tool for report in known}
    before = (*known, *await ask(file.text, unknown, keep=True))
    problems = compose.problems(before, policy.settings, here)
    python = code(file.text) if is_notebook(file.path) else None
    judged = tuple(report for report in before if report.tool in able)
    return Original(file.text, whole(judged), check, python), problems


async def fix_files(
    checks: Checks, workspace: Workspace, files: Iterable[Text], rule: str
) -> AsyncIterator[FileFix]:
    """Of those files in which something of the rule can be fixed safely."""
    for file in files:
        original, problems = await present(checks, workspace, file)
        if offer := await fix_rule(original, problems, rule):
            yield FileFix(file, offer)


def with_rule(problems: Mapping[str, Iterable[Problem]], rule: str) -> list[str]:
    """The files in which something of the rule is shown."""
    return [path for path, each in problems.items() if any(rule in p.rules for p in each)]


def read_text(path: str) -> Text:
    """Raises OSError, and ValueError for what is not UTF-8; blocks."""
    return Text(path, _decoded(read_regular(path, LARGEST_FILE)))


def write(fixes: Iterable[FileFix], workspace: Workspace, what: str) -> list[Path]:
    """Make fixes on disk as one entry of the journal, ``what`` in a line. Those files that are not
    what was fixed any more are left, and returned. Raises OSError; blocks."""
    waiting, left = list(fixes), list[Path]()
    while True:
        contents = {Path(fix.file.path): _rewrite(fix) for fix in waiting}
        changed = [path for path, content in contents.items() if content is None]
        left += changed
        try:
            made = filter(None, contents.values())
            rewrite(made, workspace.journal, below=workspace.root, what=what)
        except OSError:
            # Somebody may have been at a file in between: the others are still to be fixed.
            waiting = [fix for fix in waiting if Path(fix.file.path) not in changed]
            if all(_rewrite(fix) == contents[Path(fix.file.path)] for fix in waiting):
                raise
        else:
            return left


def _rewrite(fix: FileFix) -> Rewrite | None:
    """None when the file is not what was fixed."""
    path = Path(fix.file.path)
    content = _content(path)
    if content is None or content.decode("utf-8-sig", "replace") != fix.file.text:
        return None
    mark = _MARK if content.startswith(_MARK.encode()) else ""
    return Rewrite(path, content, f"{mark}{apply(fix.file.text, fix.offer.edits)}".encode())


def _content(path: Path) -> bytes | None:
    try:
        return read_regular(path, LARGEST_FILE)
    except OSError:
        return None


_MARK = "\ufeff"


def _decoded(content: bytes) -> str:
    return content.decode("utf-8-sig")

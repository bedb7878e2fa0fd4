"""What git is about to take, checked before it does: the index, or the commits of a push."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...checks.engine import analyzers_for
from ...git import Blob, Push, Repository, hook_variables, pushes
from ...model import Problem, Report, Severity
from ...settings import ConfigProblem, Settings
from ..batch import Batch
from ..results.scan import Scan

_SLICE = 200
"""Files checked together: so many contents are in memory at a time."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """``scan`` has the new problems that are serious enough to block, ``contents`` their files.

    ``complete``: whether every tool looked at all that it should. ``config_problems`` may be why
    nothing was checked, ``trouble`` is what is wrong with the store.
    """

    scan: Scan
    contents: Mapping[Path, bytes]
    config_problems: Sequence[ConfigProblem] = ()
    complete: bool = True
    trouble: str = ""

    @property
    def unusable(self) -> bool:
        """Whether the settings are so wrong that nothing was checked."""
        return any(problem.severity >= Severity.HIGH for problem in self.config_problems)


async def judge_here(
    folder: Path, environ: Mapping[str, str], pushed: str | None, least: Severity
) -> Verdict:
    """``judge``, for a hook that git calls in this folder and environment; ``pushed`` is what it
    says to pre-push."""
    repository = await asyncio.to_thread(Repository.at, folder, hook_variables(environ))
    return await judge(repository, None if pushed is None else pushes(pushed), least)


async def judge(repository: Repository, pushed: Sequence[Push] | None, least: Severity) -> Verdict:
    """Checks what is staged (``pushed`` is None) or what they bring, as git has it: nothing of it
    is read from the work tree, and nothing is written there or to the index.

    The configuration is that of the work tree. Raises OSError (git, the state folder).
    """
    root = repository.root
    problems: dict[Path, tuple[Problem, ...]] = {}
    reports: dict[Path, tuple[Report, ...]] = {}
    contents: dict[Path, bytes] = {}
    async with Batch.open(root) as batch:
        verdict = Verdict(Scan(root, problems, reports), contents, batch.config_problems)
        if verdict.unusable:
            return verdict
        complete = True
        for part in await asyncio.to_thread(_slices, repository, pushed, batch.settings):
            some = await asyncio.to_thread(_read, repository, part)
            found = await batch.check(some)
            complete &= found.complete
            for path in found.reports:
                # Two branches of a push may have the file, and one of them a problem.
                reports[path] = (*reports.get(path, ()), *found.reports[path])
                serious = [
                    each
                    for each in found.problems[path]
                    if each.severity >= least and not each.known
                ]
                if serious:
                    problems[path] = tuple(serious)
                    contents[path] = some[path]
        return replace(verdict, complete=complete, trouble=batch.trouble)


def _slices(
    repository: Repository, pushed: Sequence[Push] | None, settings: Settings
) -> list[Sequence[Blob]]:
    """The files that a tool looks at, in parts that have a path only once."""
    groups = [repository.staged()] if pushed is None else map(repository.outgoing, pushed)
    slices: list[Sequence[Blob]] = []
    seen: set[Blob] = set()
    for blobs in groups:
        fresh = [b for b in blobs if b not in seen and analyzers_for(b.path, "", settings)]
        seen.update(fresh)
        slices += [fresh[start : start + _SLICE] for start in range(0, len(fresh), _SLICE)]
    return slices


def _read(repository: Repository, blobs: Sequence[Blob]) -> dict[Path, bytes]:
    return {repository.root / blob.path: content for blob, content in repository.contents(blobs)}

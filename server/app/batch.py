"""The engine without an editor: the same checks and the same store, for paths that are named."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from ..analyzers.table import BUILT_IN, OPTIONAL, analyzers
from ..checks.engine import Checks, Subject, configure
from ..discover import LeftOut
from ..disk import LARGEST_FILE, read_regular, why
from ..git import UnknownRevision
from ..git import version as git_version
from ..model import Priority, Reason, Report, State, ToolStatus
from ..notebooks import is_notebook
from ..runner.execute import Runner
from ..settings import ConfigProblem, Settings
from ..state import state_dir, workspace_dir
from ..text import canonical, digest
from ..trust import Trust
from .explain import unknown_rules
from .explain.explaining import explain
from .folder.fixing import fix_files, read_text, with_rule, write
from .folder.workspace import Workspace
from .results import baseline as baselines
from .results.baseline import Baseline
from .results.changed import Changes
from .results.probes import probes
from .results.scan import Scan, Seen
from .sinks import FileFix

__all__ = ["Batch", "LeftOut", "UnknownRevision", "git_version"]
"""The last three are what fronts need of the rooms behind."""


class Batch:
    """Scans below one root, with the settings and the trust that hold there."""

    def __init__(self, workspace: Workspace, checks: Checks) -> None:
        self._workspace = workspace
        self._checks = checks

    @staticmethod
    @asynccontextmanager
    async def open(root: Path) -> AsyncIterator[Batch]:
        """On leaving, everything that was started is gone. Raises OSError (the state folder)."""
        trusted = bool(Trust(state_dir()).decision(root))
        workspace = Workspace(root, workspace_dir(root), trusted=trusted)
        runner = Runner()
        try:
            await workspace.load(None)
            yield Batch(workspace, Checks(runner))
        finally:
            await runner.close()
            await workspace.close()

    @property
    def config_problems(self) -> tuple[ConfigProblem, ...]:
        return self._workspace.config_problems

    @property
    def settings(self) -> Settings:
        return self._workspace.settings

    @property
    def trouble(self) -> str:
        """What is wrong with the store; empty when nothing is."""
        return self._workspace.trouble

    @property
    def tools(self) -> frozenset[str]:
        """The names of those that are switched on."""
        return frozenset(each.name for each in analyzers(self.settings))

    @property
    def switchable(self) -> frozenset[str]:
        """The names of those that come with us and are off unless the settings have them."""
        return frozenset(each.name for each in OPTIONAL)

    def probes(self) -> dict[str, bytes]:
        """Files by relative path, among which every tool that is switched on has one to look at."""
        return probes(analyzers(self.settings))

    @property
    def versions(self) -> dict[str, str]:
        """Of the tools that come with us, and of those that are switched on."""
        tools = (*BUILT_IN, *analyzers(self.settings))
        return {analyzer.name: analyzer.version() for analyzer in tools}

    async def programs(self) -> dict[str, ToolStatus]:
        """How the programs are that are none of ours, as they are found from the root, by tool."""
        workspace, checks = self._workspace, self._checks
        root, settings = workspace.root, self.settings
        given = analyzers(settings), root, root, settings, checks.files
        found = await asyncio.to_thread(configure, *given)
        told: dict[str, ToolStatus] = {}
        for tool, configuration in found:
            if configuration.programs:
                asked = tool, configuration, root, workspace.policy, Priority.INTERACTIVE
                version, state, why = await checks.versions.standing(*asked)
                told[tool.name] = ToolStatus(tool.name, State(state or State.CLEAN), why, version)
        return told

    async def scan(
        self,
        paths: Sequence[Path],
        progress: Callable[[int, int], object],
        changed: str | None = None,
    ) -> Scan:
        """``progress`` is told how many files of how many are done. ``changed``: only what is not
        as in this revision. Raises OSError (a path, git)."""

        def seen(file: Seen) -> None:
            progress(file.done, file.files)

        workspace = self._workspace
        if changed is None:
            return await workspace.scan(self._checks, paths, seen)
        changes = await asyncio.to_thread(Changes.since, workspace.root, changed)
        scan = await workspace.scan(self._checks, paths, seen, choose=changes.differing)
        return await asyncio.to_thread(changes.only, scan)

    async def left_out(self, paths: Sequence[Path]) -> list[LeftOut]:
        """What a scan of ``paths`` passes over, and why."""
        return await asyncio.to_thread(self._workspace.left_out, paths)

    @property
    def baseline(self) -> Baseline | None:
        return self._workspace.baseline

    def forget_baseline(self) -> None:
        """From here on nothing is known."""
        self._workspace.baseline = None

    async def keep(self, baseline: Baseline) -> None:
        """Write the baseline. Raises OSError."""
        workspace = self._workspace
        await asyncio.to_thread(baselines.write, workspace.root, baseline, workspace.journal)

    async def check(self, contents: Mapping[Path, bytes]) -> Scan:
        """What is said of contents that are not on disk, as if each stood at its path."""
        reports = await asyncio.gather(*(self._check(*each) for each in contents.items()))
        views = {p: self._workspace.seen(str(p), r) for p, r in zip(contents, reports, strict=True)}
        return Scan.of(self._workspace.root, views)

    async def explain(self, path: Path, row: int, rule: str) -> list[Reason]:
        """Why ``rule`` is told of in a row of a file, or why it is not. Raises OSError."""
        content = await asyncio.to_thread(read_regular, path, LARGEST_FILE)
        return await explain(self._checks, self._workspace, self._subject(path, content), row, rule)

    def has(self, rule: str) -> bool:
        """Whether a tool that is switched on may have a rule that is called so."""
        return unknown_rules.may_be_of(rule, analyzers(self.settings))

    async def fixes(self, rule: str, found: Scan) -> AsyncIterator[FileFix | LeftOut]:
        """Fixes of all safe cases of a rule among what was ``found``, file by file, and
        the files that were left as they are. Raises OSError."""
        shown = {str(path): problems for path, problems in found.problems.items()}
        for path in with_rule(shown, rule):
            if is_notebook(path):
                yield LeftOut(path, "was left as it is: an editor fixes notebooks.")
                continue
            try:
                file = await asyncio.to_thread(read_text, path)
            except (OSError, ValueError) as error:
                yield LeftOut(path, f"was left as it is: {why(error)}")
                continue
            async for fix in fix_files(self._checks, self._workspace, [file], rule):
                yield fix

    async def write(self, fixes: Sequence[FileFix], what: str) -> list[Path]:
        """Make fixes on disk, which ``understudy undo`` takes back together; the files that have
        changed meanwhile are left, and returned. Raises OSError."""
        return await asyncio.to_thread(write, fixes, self._workspace, what)

    def _subject(self, path: Path, content: bytes) -> Subject:
        return Subject(str(path), self._workspace.root, canonical(content), digest(content))

    async def _check(self, path: Path, content: bytes) -> tuple[Report, ...]:
        workspace = self._workspace
        answers = self._checks.check(
            self._subject(path, content), workspace.policy, workspace.results, Priority.INTERACTIVE
        )
        return tuple([report async for reports in answers for report in reports])

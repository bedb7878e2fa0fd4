"""How well fingerprints hold on a real history: ``python -m benchmarks.fingerprints REPOSITORY``.

What survives is told by git alone: a finding whose line git has as unchanged, and of which the new
file has one of the same rule at the same column of that line. Only files that a commit changes are
counted. Nothing is written to the repository. It ends with 1 when, commit by commit, fewer than
98 % keep theirs or one is given to another.

Git pairs lines without knowing what they are in: of functions that were moved it may take a line of
one for that of another, and of a class that takes the name of one that goes all lines for its own.
People know a function by its name. Who stays in the function of the same name, on the same line, is
not counted as another where git has it in functions of two names.
"""

from __future__ import annotations

import argparse
import importlib
import re
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from understudy.analyzers import bandit, ruff
from understudy.checks.files import CachedFiles
from understudy.findings import codec
from understudy.findings.fingerprint import Fingerprint, match
from understudy.model import Finding
from understudy.settings import Settings

_HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+(\d+)(?:,(\d+))? @@", re.MULTILINE)
# What holds for whole files, or for places that no line has, would be counted at their first lines.
_RULES = '[tool.ruff.lint]\nselect = ["ALL"]\nignore = ["INP001", "D100", "D104"]\n'


_LEAST_KEPT = 98.0


class Figures(NamedTuple):
    """Findings: those that survive, of them those that keep their fingerprint; those whose
    fingerprint was given to another; and those that are known although their line was changed."""

    survived: int = 0
    kept: int = 0
    wrong: int = 0
    followed: int = 0

    def plus(self, other: Figures) -> Figures:
        return Figures(*map(sum, zip(self, other, strict=True)))

    @property
    def share(self) -> float:
        """Of those that survive, how many keep theirs, in percent; 0 where none does."""
        return 100 * self.kept / self.survived if self.survived else 0.0

    @property
    def hold(self) -> bool:
        """Whether they are what is promised."""
        return self.share >= _LEAST_KEPT and not self.wrong

    def __str__(self) -> str:
        return (
            f"{self.survived:,} survive, {self.share:.2f} % keep their fingerprint, {self.wrong}"
            f" were given to another, {self.followed:,} followed through a changed line"
        )


class Change(NamedTuple):
    """One file before and after; ``rows`` are the unchanged lines, old: new."""

    old: Sequence[Finding]
    new: Sequence[Finding]
    rows: Mapping[int, int]


def judge(change: Change) -> tuple[Figures, list[tuple[Finding, Finding | None]]]:
    """The figures, and what survived but was not recognised, or was taken for another."""
    old, new = change.old, change.new
    found = match([each.fingerprint for each in old], [each.fingerprint for each in new])
    taken = {before: after for after, before in found.items()}
    truth = _survivors(change)
    origin = {after: before for before, after in truth.items()}
    wrong = [
        (before, after)
        for before, after in taken.items()
        if (truth.get(before, after) != after or origin.get(after, before) != before)
        and not _stays(change, before, after, truth.get(before), origin.get(after))
    ]
    kept = sum(taken.get(before) == after for before, after in truth.items())
    followed = sum(b not in truth and a not in origin for b, a in taken.items())
    amiss: list[tuple[Finding, Finding | None]] = [(old[b], new[a]) for b, a in wrong]
    amiss += [(old[b], None) for b in truth if b not in taken]
    return Figures(len(truth), kept, len(wrong), followed), amiss


def _stays(change: Change, before: int, after: int, goes: int | None, comes: int | None) -> bool:
    """Whether it is where it was by name, while git has it ``goes`` to a function of another name,
    or ``comes`` from one."""
    one = Fingerprint.of(change.old[before].fingerprint)
    other = Fingerprint.of(change.new[after].fingerprint)
    scopes = [Fingerprint.of(change.new[goes].fingerprint).scope] if goes is not None else []
    scopes += [Fingerprint.of(change.old[comes].fingerprint).scope] if comes is not None else []
    is_there = (one.scope, one.line) == (other.scope, other.line)
    return is_there and any(scope != one.scope for scope in scopes)


def _survivors(change: Change) -> dict[int, int]:
    """Which of ``new`` each of ``old`` is, as git sees it."""
    places: defaultdict[tuple[str, str, int, int], list[int]] = defaultdict(list)
    for after, each in enumerate(change.new):
        places[(each.tool, each.rule, *each.range.start)].append(after)
    truth: dict[int, int] = {}
    for before, each in enumerate(change.old):
        row, column = each.range.start
        if (now := change.rows.get(row)) is not None and (
            waiting := places[each.tool, each.rule, now, column]
        ):
            truth[before] = waiting.pop(0)
    return truth


class History:
    """The commits of a repository, oldest first, that change Python files."""

    def __init__(self, repository: Path, scratch: Path) -> None:
        self._repository = repository
        self._scratch = scratch
        (scratch / "pyproject.toml").write_text(_RULES, encoding="utf-8")
        self._files = CachedFiles()

    def commits(self, count: int, until: str) -> list[str]:
        """One more than ``count``, each after its parent."""
        command = ("rev-list", "--first-parent", f"--max-count={count + 1}", until, "--", "*.py")
        return self._git(*command).split()[::-1]

    def changes(self, old: str, new: str) -> Iterator[Change]:
        """The files that differ between two commits."""
        options = ("-r", "-M", "--diff-filter=MR", "--raw", "--no-abbrev", "-z")
        parts = self._git("diff-tree", *options, old, new).split("\0")
        pairs: list[tuple[str, str]] = []
        while len(parts) > 1:
            kind = parts.pop(0).rpartition(" ")[2]
            before = parts.pop(0)
            pairs.append((before, parts.pop(0) if kind.startswith("R") else before))
        pairs = [pair for pair in pairs if pair[1].endswith(".py")]
        names = {
            f"{side}/{number}.py": self._git("show", f"{commit}:{pair[index]}", raw=True)
            for number, pair in enumerate(pairs)
            for index, (side, commit) in enumerate((("old", old), ("new", new)))
        }
        found = self._findings(names)
        for number, (before, after) in enumerate(pairs):
            was, now = found[f"old/{number}.py"], found[f"new/{number}.py"]
            yield Change(was, now, self._rows(old, new, before, after, names[f"old/{number}.py"]))

    def _rows(self, old: str, new: str, before: str, after: str, text: str) -> dict[int, int]:
        names = dict.fromkeys((before, after))
        command = ("diff", "-M", "--unified=0", "--histogram", old, new, "--", *names)
        rows: dict[int, int] = {}
        row = shift = 0
        for hunk in _HUNK.finditer(self._git(*command)):
            start, size, to, length = (int(1 if each is None else each) for each in hunk.groups())
            first = start - 1 if size else start
            rows.update((each, each + shift) for each in range(row, first))
            row = first + size
            shift = (to - 1 if length else to) + length - row
        rows.update((each, each + shift) for each in range(row, text.count("\n") + 1))
        return rows

    def _findings(self, texts: Mapping[str, str]) -> dict[str, list[Finding]]:
        found: dict[str, list[Finding]] = {name: [] for name in texts}
        for name, text in texts.items():
            path = self._scratch / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogateescape"))
        for analyzer in (ruff.ANALYZER, bandit.ANALYZER):
            module, _, function = analyzer.check.partition(":")
            check = getattr(importlib.import_module(module), function)
            settings = Settings()
            held = analyzer.configure(self._scratch, self._scratch, settings, self._files)
            items = tuple((str(self._scratch / name), None, held.hints) for name in texts)
            for name, (_, stored) in zip(texts, check(held.context, items), strict=True):
                found[name] += codec.loads(stored).findings
        return {
            name: [each for each in findings if each.fingerprint]
            for name, findings in found.items()
        }

    def _git(self, *arguments: str, raw: bool = False) -> str:
        errors = "surrogateescape" if raw else "replace"
        command = ["git", "-C", str(self._repository), *arguments]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode(
            "utf-8", errors
        )


def measure(repository: Path, count: int, until: str = "HEAD") -> tuple[Figures, Figures, str]:
    """Commit by commit, and from the first to the last at once; and what went amiss most."""
    with tempfile.TemporaryDirectory() as scratch:
        history = History(repository, Path(scratch))
        commits = history.commits(count, until)
        total, amiss = Figures(), Counter[str]()
        pairs = list(pairwise(commits))
        for old, new in pairs:
            for change in history.changes(old, new):
                figures, rest = judge(change)
                total = total.plus(figures)
                amiss.update(f"{'lost' if to is None else 'given'} {f.rule}" for f, to in rest)
        whole = Figures()
        for change in history.changes(commits[0], commits[-1]):
            whole = whole.plus(judge(change)[0])
    worst = ", ".join(f"{what} {number}" for what, number in amiss.most_common(8))
    return total, whole, worst


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m benchmarks.fingerprints")
    parser.add_argument("repository", type=Path)
    parser.add_argument("--commits", type=int, default=100)
    parser.add_argument("--until", default="HEAD", help="The newest of them.")
    given = parser.parse_args(arguments)
    total, whole, amiss = measure(given.repository, given.commits, given.until)
    print(f"{given.commits} commits, one by one: {total}")
    print(f"the first to the last at once: {whole}")
    if amiss:
        print(f"amiss: {amiss}")
    return 0 if total.hold else 1


if __name__ == "__main__":
    sys.exit(main())

"""The baseline of a workspace: the file to commit, read for the files as they are now called."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ...disk import read_regular
from ...findings import baseline as format_
from ...findings.baseline import Baseline, Risen, Rules, risen, standing
from ...findings.fingerprint import name_of
from ...git import GitError, Repository
from ...journal.replace import replace as replace_file
from .scan import Scan

__all__ = [
    "Baseline",
    "Risen",
    "baseline_file",
    "compared",
    "name_below",
    "name_of",
    "read",
    "risen",
    "taken",
    "write",
]

_MOST_BYTES = 16 << 20


def baseline_file(root: Path) -> Path:
    return root / ".understudy" / "baseline.json"


def read(root: Path) -> Baseline | None:
    """None when there is none. Raises OSError, and ValueError with what is wrong in the file."""
    try:
        content = read_regular(baseline_file(root), _MOST_BYTES)
    except (FileNotFoundError, NotADirectoryError):
        return None
    found = format_.loads(content.decode())
    missing = {path for path in found.files if _is_gone(root / path)}
    return found.renamed(_renames(root, missing)) if missing else found


def write(root: Path, baseline: Baseline, journal: Path) -> None:
    """Raises OSError."""
    replace_file(
        baseline_file(root), format_.dumps(baseline), journal, below=root, what="write the baseline"
    )


def _renames(root: Path, missing: Iterable[str]) -> Mapping[str, str]:
    """What git calls those files since the commit in which the baseline was written; nothing where
    git does not know."""
    try:
        repository = Repository.at(root)
        below = Path(os.path.realpath(root)).relative_to(repository.root).as_posix()
        prefix = "" if below == "." else f"{below}/"
        name = f"{prefix}{baseline_file(root).relative_to(root).as_posix()}"
        since = repository.last_change(name) or repository.head().commit
        found = repository.renames(since) if since else {}
    except (GitError, ValueError):
        return {}
    named = ((old, found.get(f"{prefix}{old}", "")) for old in missing)
    return {old: new.removeprefix(prefix) for old, new in named if new and new.startswith(prefix)}


def name_below(root: Path, path: Path | str) -> str:
    """As the baseline names a file; empty for one that is not below the root."""
    place = Path(path)
    return place.relative_to(root).as_posix() if place.is_relative_to(root) else ""


def taken(scan: Scan) -> Baseline:
    """The baseline that has all that was found."""
    named = ((name_below(scan.root, path), each) for path, each in scan.problems.items())
    return Baseline.of({name: each for name, each in named if name})


def compared(scan: Scan, baseline: Baseline, paths: Sequence[Path]) -> Scan:
    """The scan of ``paths`` with what became of the baseline there. Looks at the disk: for a
    thread."""
    kept: dict[str, Rules] = {}
    fixed: dict[str, Rules] = {}
    for path, problems in scan.problems.items():
        name = name_below(scan.root, path)
        if rules := baseline.files.get(name):
            tools = [each.tool for each in scan.reports[path] if each.state.is_verdict]
            kept[name], fixed[name] = standing(rules, problems, tools)
    for name, rules in baseline.files.items():
        place = scan.root / name
        if any(place.is_relative_to(each) for each in paths) and _is_gone(place):
            fixed[name] = rules
    return replace(scan, kept=_without_empty(kept), fixed=_without_empty(fixed))


def _is_gone(path: Path) -> bool:
    """What lies in a folder that cannot be read is not."""
    try:
        os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return True
    except OSError:
        pass
    return False


def _without_empty(files: Mapping[str, Rules]) -> Baseline:
    return Baseline({name: rules for name, rules in files.items() if rules})

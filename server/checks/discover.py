"""Which files of a workspace are looked at: not the ignored, the excluded, or what is linked."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from pathspec import GitIgnoreSpec

_NEVER = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        ".cache",
        ".mypy_cache",
        ".nox",
        ".pytest_cache",
        ".ruff_cache",
        ".tox",
        ".venv",
        ".understudy",
        "__pycache__",
        "node_modules",
        "site-packages",
        "venv",
    }
)
_INSTALLED = frozenset({"node_modules", "site-packages"})


class Found(NamedTuple):
    path: str
    mtime_ns: int
    size: int
    inode: int


def discover(
    folder: Path, root: Path, suffixes: Collection[str], exclude: Sequence[str]
) -> Iterator[Found]:
    """The regular files below ``folder`` with one of ``suffixes``, in a stable order.

    ``.gitignore`` files from ``root`` on are obeyed; ``exclude`` has the same form, as if it stood
    in ``root``. Links are not followed, so that a loop of them ends; what cannot be read or has
    vanished is passed over.
    """
    excluded = GitIgnoreSpec.from_lines(exclude) if exclude else None
    rules: _Rules = ()
    relative = ""
    if folder.is_relative_to(root):
        for part in folder.relative_to(root).parts:
            rules = (*rules, *_rules(os.path.join(root, relative), relative))
            relative += f"{part}/"
    yield from _walk(str(folder), relative, tuple(suffixes), excluded, rules)


def why_excluded(path: str, root: Path, exclude: Sequence[str]) -> str:
    """Why a single file is not to be looked at; empty when it is. What ``discover`` passes over."""
    inside = path.startswith(f"{root}/")
    relative = path[len(str(root)) + 1 :] if inside else path
    never = _NEVER if inside else _INSTALLED
    if found := never.intersection(relative.split("/")[:-1]):
        return f"files below {min(found)} are not analysed"
    if exclude and inside and GitIgnoreSpec.from_lines(exclude).match_file(relative):
        return "analysis.exclude excludes this file"
    return ""


_Rules = tuple[tuple[str, GitIgnoreSpec], ...]


def _walk(
    folder: str,
    relative: str,
    suffixes: tuple[str, ...],
    excluded: GitIgnoreSpec | None,
    rules: _Rules,
) -> Iterator[Found]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        return
    if any(entry.name == ".gitignore" for entry in entries):
        rules = (*rules, *_rules(folder, relative))
    for entry in entries:
        try:
            below = entry.is_dir(follow_symlinks=False)
            if not below and not entry.name.endswith(suffixes):
                continue
            if below and entry.name in _NEVER:
                continue
            path = f"{relative}{entry.name}{'/' if below else ''}"
            if (excluded and excluded.match_file(path)) or _ignored(path, rules):
                continue
            if below:
                yield from _walk(entry.path, path, suffixes, excluded, rules)
            elif entry.is_file(follow_symlinks=False):
                stat = entry.stat(follow_symlinks=False)
                yield Found(entry.path, stat.st_mtime_ns, stat.st_size, stat.st_ino)
        except OSError:
            continue


def _rules(folder: str, relative: str) -> _Rules:
    try:
        with open(os.path.join(folder, ".gitignore"), encoding="utf-8", errors="replace") as file:
            return ((relative, GitIgnoreSpec.from_lines(file)),)
    except OSError:
        return ()


def _ignored(path: str, rules: _Rules) -> bool:
    """The innermost ``.gitignore`` that speaks of a path decides."""
    for base, spec in reversed(rules):
        verdict = spec.check_file(path.removeprefix(base)).include
        if verdict is not None:
            return verdict
    return False

"""Installing git hooks beside what a repository already has, and taking them out again.

A hook that exists is kept under another name and run by ours, its exit status counts. Of the tools
that write hooks themselves, pre-commit runs what it finds as ``NAME.legacy``, so ours stands there;
Husky and Lefthook write over theirs when they are installed again, so they are told in words.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from ...disk import read_regular
from ...git import Repository
from ...journal.apply import recover
from ...journal.replace import stand_in, step_back
from ...state import workspace_dir
from . import hook_script
from .handover import HOOKS
from .hook_script import Hook

_LARGEST = 1 << 20
_EXECUTABLE = 0o755


class HookError(OSError):
    """A hook that is not to be touched as things are; its message says what to do."""


class Standing(StrEnum):
    ABSENT = "not installed"
    INSTALLED = "installed"
    BROKEN = "installed, but it cannot run"
    UNUSED = "installed, but nothing runs it"


class Seen(NamedTuple):
    """One hook as it stands: ``path`` is ours, or where it would be put; ``ours`` what is in it;
    ``before`` the hook that it runs first; ``note`` a sentence for people."""

    name: str
    standing: Standing
    path: Path
    ours: Hook | None = None
    before: Path | None = None
    note: str = ""


class Hooks:
    """The hooks of one repository; what is changed is recorded in ``journal``."""

    def __init__(self, repository: Repository, journal: Path) -> None:
        self._journal = journal
        self.folder = repository.hooks()
        self._husky = _husky_folder(self.folder)
        real = Path(os.path.realpath(self.folder))
        inside = (Path(os.path.realpath(f)) for f in (repository.root, repository.common))
        self._below = next((folder for folder in inside if real.is_relative_to(folder)), None)
        self._in_tree = self._below is not None and not real.is_relative_to(
            os.path.realpath(repository.common)
        )

    @classmethod
    def around(cls, folder: Path) -> Hooks:
        """Those of the repository in which the folder lies. Raises OSError (git)."""
        repository = Repository.at(folder)
        return cls(repository, workspace_dir(repository.root) / "journal")

    def status(self, names: Sequence[str] = HOOKS) -> list[Seen]:
        return [self._look(name) for name in names]

    def install(self, hooks: Sequence[Hook], *, shared: bool = False) -> list[Seen]:
        """All of them, or none when one cannot be: HookError. A hook of ours is brought up to date.

        With ``shared`` also into a folder that other repositories use too. Raises OSError.
        """
        self._admit([hook.name for hook in hooks], shared)
        recover(self._journal, self._below or self.folder)
        seen = [self._look(hook.name) for hook in hooks]
        for each in seen:
            self._check(each)
        for hook, each in zip(hooks, seen, strict=True):
            content = hook_script.script(hook)
            if each.ours is None or _content(each.path) != content:
                stands = each.ours is None and os.path.lexists(each.path)
                aside = each.path.with_name(hook_script.aside(hook.name)) if stands else None
                below = self._below or self.folder
                stand_in(each.path, content, _EXECUTABLE, aside, self._journal, below=below)
        return self.status([hook.name for hook in hooks])

    def uninstall(self, names: Sequence[str]) -> list[Seen]:
        """Those that were installed, as they were; what stood there before stands there again."""
        recover(self._journal, self._below or self.folder)
        installed = [each for each in self.status(names) if each.ours is not None]
        for each in installed:
            aside = each.path.with_name(hook_script.aside(each.name))
            step_back(each.path, aside, self._journal, below=self._below or self.folder)
        return installed

    def _admit(self, names: Sequence[str], shared: bool) -> None:
        if self._husky is not None:
            lines = (f"{self._husky / name}:\n    {_husky_line(name)}" for name in names)
            raise HookError("\n".join([_HUSKY, *lines]))
        if self._below is None and not shared:
            raise HookError(
                f"git looks for hooks in {self.folder} (core.hooksPath, or a link), outside this "
                "repository: other repositories may use it, and a hook there would run in all of "
                "them. Set core.hooksPath for this repository, or install with --force."
            )

    def _check(self, seen: Seen) -> None:
        if seen.standing is Standing.UNUSED:
            raise HookError(f"{seen.name}: {seen.note} Uninstall it before you install it again.")
        if seen.ours is not None:
            return
        if _LEFTHOOK in (_content(seen.path) or b""):
            raise HookError(_lefthook(seen.name))
        aside = seen.path.with_name(hook_script.aside(seen.name))
        if os.path.lexists(aside):
            raise HookError(
                f"{aside} is left from an earlier installation, whose hook something else has "
                f"replaced by {seen.path}. Remove or rename one of the two."
            )

    def _look(self, name: str) -> Seen:
        main = self.folder / name
        legacy, moved = main.with_name(f"{name}.legacy"), main.with_name(f"{name}.old")
        by_pre_commit = _PRE_COMMIT in (_content(main) or b"")
        for path in (main, legacy, moved):
            if (ours := hook_script.read(_content(path) or b"")) is not None:
                aside = path.with_name(hook_script.aside(name))
                seen = Seen(name, Standing.INSTALLED, path, ours)
                seen = seen._replace(before=aside if os.path.lexists(aside) else None)
                return self._judge(seen, used=path == main or (path == legacy and by_pre_commit))
        if self._husky is not None:
            file = self._husky / name
            if _CALL in (_content(file) or b""):
                return Seen(name, Standing.INSTALLED, file, note="Husky runs it.")
            return Seen(name, Standing.ABSENT, file, note="Husky keeps the hooks here.")
        path = legacy if by_pre_commit else main
        note = "pre-commit keeps this hook, and would run ours." if by_pre_commit else ""
        return Seen(name, Standing.ABSENT, path, note=note)

    def _judge(self, seen: Seen, *, used: bool) -> Seen:
        assert seen.ours is not None
        if not used:
            note = f"Another tool has moved it to {seen.path.name}."
            return seen._replace(standing=Standing.UNUSED, note=note)
        if not (os.access(seen.ours.python, os.X_OK) and os.access(seen.path, os.X_OK)):
            note = f"{seen.ours.python} or {seen.path} cannot be run; install it again."
            return seen._replace(standing=Standing.BROKEN, note=note)
        notes = []
        if seen.path.suffix == ".legacy":
            notes.append("pre-commit runs it.")
        if seen.before is not None:
            notes.append(f"It first runs {seen.before.name}, which stood here before.")
        if self._in_tree:
            notes.append(
                "It lies in the work tree and names a path of this machine: do not commit it."
            )
        return seen._replace(note=" ".join(notes))


_PRE_COMMIT = b"File generated by pre-commit: https://pre-commit.com"
_LEFTHOOK = b"LEFTHOOK"  # by which Lefthook itself tells its hooks from others

_HUSKY = (
    "Husky keeps the hooks of this repository and writes them anew when it is installed, so "
    "nothing was put beside them. Add a line to each of these files, which a team can share:"
)


def _husky_folder(hooks: Path) -> Path | None:
    """Where people write Husky's hooks: above its own scripts; before Husky 9, around them."""
    if hooks.name == "_" and (hooks / "h").is_file():
        return hooks.parent
    return hooks if (hooks / "_/husky.sh").is_file() else None


def _husky_line(name: str) -> str:
    return f'! command -v understudy >/dev/null || {_CALL.decode()}{name} "$@"'


_CALL = b"understudy hooks run "


def _lefthook(name: str) -> str:
    stdin = "\n      use_stdin: true" if name == "pre-push" else ""
    return (
        f"Lefthook keeps the {name} hook and puts any other aside when it is installed again, so "
        "nothing was changed. Add this to lefthook-local.yml, and run `lefthook install`:\n"
        f"{name}:\n  commands:\n    understudy:\n"
        f"      run: understudy hooks run {name} {{0}}{stdin}"
    )


def _content(path: Path) -> bytes | None:
    try:
        return read_regular(path, _LARGEST)
    except OSError:
        return None

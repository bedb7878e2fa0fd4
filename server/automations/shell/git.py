"""What git's subcommands write: into its own folder, which no automation may."""

from __future__ import annotations

from collections.abc import Sequence

from .programs import BEFORE, names

_WRITES = names(
    "add am bisect branch checkout cherry-pick clone commit commit-tree config fetch filter-branch"
    " gc init lfs maintenance merge mv notes pack-refs prune pull push read-tree rebase reflog"
    " remote repack replace reset restore revert rm sparse-checkout stash submodule switch tag"
    " update-index update-ref worktree write-tree"
)
"""Its subcommands that change something in ``.git``, be it the index only."""
_READS = {
    "bisect": names("log view"),
    "branch": frozenset({""}),
    "config": names("get list"),
    "lfs": names("ls-files status"),
    "notes": names("list show") | {""},
    "reflog": names("show") | {""},
    "remote": names("show get-url") | {""},
    "stash": names("list show"),
    "submodule": names("status summary") | {""},
    "tag": frozenset({""}),
    "worktree": names("list"),
}
"""What follows them where they only look; empty: nothing but options."""
_VALUES = names("-C -c --git-dir --work-tree --namespace --config-env")
"""Options before a subcommand that have a value of their own."""


def writes(command: Sequence[str]) -> bool:
    """Whether a command is one of git's that changes something in ``.git``."""
    rest = iter(command)
    program = next((word for word in rest if word not in BEFORE), "")
    if program.rpartition("/")[2] != "git":
        return False
    plain: list[str] = []
    for word in rest:
        if not plain and word in _VALUES:
            next(rest, None)
        elif not word.startswith("-"):
            plain.append(word)
    name, argument, *_ = [*plain, "", ""]
    looks = argument in _READS.get(name, ())
    return name in _WRITES and not looks

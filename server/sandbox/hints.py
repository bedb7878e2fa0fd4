"""What the sandbox may have had to do with a failure."""

from __future__ import annotations

import os.path
import re
from collections.abc import Sequence

from .names import led_to
from .plan import Plan
from .trial import Status, Trial, few, printable

_NO_NETWORK = re.compile(
    rb"name resolution|name or service not known|name does not resolve|could not resolve host"
    rb"|unable to resolve host|no such host|dns error|getaddrinfo|network is unreachable"
    rb"|ENETUNREACH|ENOTFOUND|EAI_AGAIN",
    re.IGNORECASE,
)
"""What programs print that reach nobody."""
_NO_REPOSITORY = b"not a git repository"
_GIT = b".git/"
_COMMITS = frozenset(
    (
        *("add", "am", "branch", "checkout", "cherry-pick", "clean", "commit", "fetch", "gc"),
        *("init", "merge", "mv", "notes", "pull", "push", "rebase", "remote", "reset", "restore"),
        *("revert", "rm", "stash", "submodule", "switch", "tag", "update-index", "worktree"),
    )
)
"""What of git writes into its folder."""
_SETTINGS = ".env"
_DENIED = re.compile(rb"permission denied|EACCES|PermissionError", re.IGNORECASE)
_NOT_WRITTEN = re.compile(rb"read-only file system|permission denied|EROFS|EACCES", re.IGNORECASE)
_NAME = re.compile(rb"[^\s/'\"`:;,()\[\]<>=]+")
_LAST = 1 << 18
"""Bytes of what was printed in which the reason is looked for: it stands at the end."""


def hints(argv: Sequence[str], trial: Trial, plan: Plan) -> tuple[str, ...]:
    """Sentences without an end: only what is so, and is likely to be why. For a thread."""
    if trial.status is not Status.FAILED:
        return ()
    found = []
    output = trial.output[-_LAST:]
    if not plan.hosts and _NO_NETWORK.search(output):
        found.append("there is no network in the sandbox; `--network HOST` lets it reach one")
    if plan.read_only and (_is_git_that_writes(argv) or _wrote_into_git(output)):
        found.append("`.git` cannot be changed in the sandbox: commit after applying")
    if _NO_REPOSITORY in output and (away := _repository_away(plan.workspace)):
        told = printable(away)
        found.append(f"`.git` leads to {told}, which it cannot see; `--read {told}` shows it")
    if missed := _missed(plan.hidden, output):
        first, *_ = paths = sorted(missed, key=lambda path: (path.count("/"), path))
        found.append(
            f"what holds secrets is hidden from it ({few(paths)}): if it needs that, "
            f"`--hide '!{printable(first)}'` shows it"
        )
    if missed := _named(plan.absent, output):
        found.append(f"what it may not read is not there for it ({few(missed)})")
    return tuple(found)


def _repository_away(workspace: str) -> str:
    """Where the ``.git`` of a worktree or a submodule leads: all of the repository that it is of.
    Empty when it leads nowhere outside."""
    folder = os.path.realpath(led_to(f"{workspace}/.git"))
    if not os.path.isdir(folder) or f"{folder}/".startswith(f"{workspace}/"):
        return ""
    above, git, _ = folder.partition("/.git/")
    return f"{above}/.git" if git else folder


def _is_git_that_writes(argv: Sequence[str]) -> bool:
    """It does not always say why it fails."""
    return os.path.basename(argv[0]) == "git" and not _COMMITS.isdisjoint(argv)


def _wrote_into_git(output: bytes) -> bool:
    return any(_GIT in line and _NOT_WRITTEN.search(line) for line in output.splitlines())


def _missed(hidden: Sequence[str], output: bytes) -> list[str]:
    """Those that it names, or all when something was denied to it. Who reads settings from ``.env``
    does not always say that there were none."""
    if _DENIED.search(output):
        return list(hidden)
    named = _named(hidden, output)
    return [path for path in hidden if path.startswith(_SETTINGS) or path in named]


def _named(paths: Sequence[str], output: bytes) -> list[str]:
    """Those whose names are in it."""
    words = frozenset(_NAME.findall(output)) if paths else frozenset()
    return [path for path in paths if os.fsencode(os.path.basename(path)) in words]

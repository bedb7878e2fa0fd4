"""What the sandbox may have had to do with a failure. Pure."""

from __future__ import annotations

import os.path
import re
from collections.abc import Sequence

from .plan import Plan
from .trial import Status, Trial, few

_NO_NETWORK = re.compile(
    rb"name resolution|name or service not known|name does not resolve|could not resolve host"
    rb"|unable to resolve host|no such host|dns error|getaddrinfo|network is unreachable"
    rb"|ENETUNREACH|ENOTFOUND|EAI_AGAIN",
    re.IGNORECASE,
)
"""What programs print that reach nobody."""
_GIT = b".git/"
_SETTINGS = ".env"
_DENIED = re.compile(rb"permission denied|EACCES|PermissionError", re.IGNORECASE)
_NOT_WRITTEN = re.compile(rb"read-only file system|permission denied|EROFS|EACCES", re.IGNORECASE)


def hints(argv: Sequence[str], trial: Trial, plan: Plan) -> tuple[str, ...]:
    """Sentences without an end: only what is so, and is likely to be why. For a thread: what was
    printed may be long."""
    if trial.status is not Status.FAILED:
        return ()
    found = []
    if not plan.hosts and _NO_NETWORK.search(trial.output):
        found.append("there is no network in the sandbox; `--network HOST` lets it reach one")
    lines = trial.output.splitlines()
    is_git = os.path.basename(argv[0]) == "git"  # which does not always say why
    if plan.read_only and (
        is_git or any(_GIT in line and _NOT_WRITTEN.search(line) for line in lines)
    ):
        found.append("`.git` cannot be changed in the sandbox: commit after applying")
    if missed := _missed(plan.hidden, trial.output):
        named = few(sorted(missed, key=lambda path: (path.count("/"), path)))
        found.append(f"it could not open what holds secrets ({named}); `--hide '!NAME'` lets it")
    return tuple(found)


def _missed(hidden: Sequence[str], output: bytes) -> list[str]:
    """Those that it names, or all when something was denied to it. Who reads settings from ``.env``
    does not always say that there were none."""
    if _DENIED.search(output):
        return list(hidden)
    return [
        path
        for path in hidden
        if path.startswith(_SETTINGS) or os.fsencode(os.path.basename(path)) in output
    ]

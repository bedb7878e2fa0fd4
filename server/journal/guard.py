"""What is written for no one, and what only for who was asked for it. Pure.

A file of git's, an editor's, a shell's or a builder's runs programs when nobody expects it: to
change one is more than to change a text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .change import Change, Entry, State

CONSENTS = {
    "git": (".git", ".githooks", ".husky", ".pre-commit-config.yaml", "lefthook*.y*ml"),
    "editor": (
        *(".vscode", ".idea", ".vs", ".zed", ".helix", ".devcontainer", "*.code-workspace"),
        *(".devcontainer.json", ".exrc", ".nvimrc", ".nvim.lua", ".vimrc", ".dir-locals*.el"),
    ),
    "CI": (
        *(".github/workflows", ".github/actions", ".gitlab-ci.yml", ".gitlab/ci", ".circleci"),
        *(".travis.yml", "azure-pipelines*.yml", "bitbucket-pipelines.yml", "jenkinsfile*"),
        *(".drone.yml", ".woodpecker", ".woodpecker.y*ml", "appveyor.yml", ".appveyor.yml"),
    ),
    "shell": (
        *(".bashrc", ".bash_*", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin"),
        *(".zlogout", ".kshrc", ".mkshrc", ".cshrc", ".tcshrc", ".login", ".logout", ".inputrc"),
        *(".envrc", ".xprofile", ".xinitrc", ".xsession", ".xsessionrc", "config.fish"),
    ),
    "understudy": (".understudy",),
}
"""By the name of a consent, the files and folders that it is for: patterns of one name or more, in
lower case, wherever in the workspace that is."""


def _needing(patterns: Sequence[str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(each).replace(r"\*", "[^/]*") for each in patterns)
    return re.compile(rf"(?:^|/)(?:{alternatives})(?:/|\Z)")


_NEEDING = {name: _needing(patterns) for name, patterns in CONSENTS.items()}
_SET_ID = 0o6000
_SET_USER = 0o4000


def needed(path: str) -> frozenset[str]:
    """The consents without which nothing is written there."""
    lowered = path.lower()
    return frozenset(name for name, found in _NEEDING.items() if found.search(lowered))


def refusal(change: Change, consents: frozenset[str]) -> str:
    """Why the change is not made, whatever there is; empty for one that may be."""
    for path in change.paths:
        if set(path.split("/")) & {"", ".", ".."} or "\0" in path:
            return "that is no path below the workspace"
        if missing := needed(path) - consents:
            return f"it needs a consent of its own ({', '.join(sorted(missing))})"
    return _refused(change.path, change.after) if change.after else ""


def _refused(path: str, after: State) -> str:
    least = 0o500 if after.is_folder else 0o400
    if after.entry is not Entry.LINK and after.mode & least != least:
        return "its owner could not read it, and nothing could be taken back"
    # A folder's set-gid bit lends no right: it says whose what is made in there will be.
    if after.mode & (_SET_USER if after.is_folder else _SET_ID):
        return "it would run with the rights of another user or group (set-id)"
    if after.entry is Entry.LINK and leads_out(path, after.target):
        return "the link leads out of the workspace, or may"
    return ""


def leads_out(path: str, target: str) -> bool:
    """Whether a link at ``path`` can lead out. Only what goes up first and then down is sure not
    to: ``name/..`` is above whatever ``name`` leads to."""
    if target.startswith("/"):
        return True
    parts = [part for part in target.split("/") if part not in ("", ".")]
    ups = next((at for at, part in enumerate(parts) if part != ".."), len(parts))
    return ".." in parts[ups:] or ups > path.count("/")

"""What is written for no one, and what only for who was asked for it. Pure.

A file of git's, an editor's, a shell's or a builder's runs programs when nobody expects it: to
change one is more than to change a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .change import Change, Entry, State

CONSENTS = {
    "git": (
        *(".git", ".githooks", ".husky", ".pre-commit-config.yaml", ".overcommit.yml"),
        *("lefthook*.y*ml", ".lefthook*.y*ml", "lefthook*.toml", ".lefthook*.toml"),
        *("lefthook*.json", ".lefthook*.json", ".lefthook", ".lefthook-local"),
        *(".gitconfig", ".config/git"),
    ),
    "editor": (
        *(".vscode", ".vscode-server", ".idea", ".vs", ".fleet", ".zed", ".helix", ".vim"),
        *(".devcontainer", ".devcontainer.json", "*.code-workspace", "*.sublime-project"),
        *(".exrc", ".nvimrc", ".nvim.lua", ".vimrc", ".gvimrc", ".lazy.lua", ".config/nvim"),
        *(".dir-locals*.el", ".emacs", ".emacs.d", ".config/emacs", ".config/zed"),
    ),
    "agent": (
        *(".claude", ".claude.json", ".cursor", ".mcp.json", ".codex", ".gemini", ".windsurf"),
        *(".aider.conf.yml", ".continue"),
    ),
    "CI": (
        *(".github/workflows", ".github/actions", ".forgejo/workflows", ".gitea/workflows"),
        *(".gitlab-ci*.y*ml", ".gitlab/ci", ".circleci", ".buildkite", ".travis.y*ml"),
        *("azure-pipelines*.y*ml", "bitbucket-pipelines.y*ml", "jenkinsfile*", ".cirrus.y*ml"),
        *(".drone.y*ml", ".woodpecker", ".woodpecker.y*ml", "appveyor.y*ml", ".appveyor.y*ml"),
    ),
    "tools": (
        *(".npmrc", ".yarnrc", ".yarnrc.yml", ".yarn/releases", ".yarn/plugins", ".pnpmfile.cjs"),
        *("mise*.toml", ".mise*.toml", ".mise", ".config/mise", ".cargo/config*"),
        *(".gdbinit", ".lldbinit", ".pdbrc", ".rprofile", ".irbrc", ".pryrc"),
    ),
    "shell": (
        *(".bashrc", ".bash_*", ".profile", ".zshrc", ".zshenv", ".zprofile", ".zlogin"),
        *(".zlogout", ".kshrc", ".mkshrc", ".cshrc", ".tcshrc", ".login", ".logout", ".inputrc"),
        *(".envrc", ".xprofile", ".xinitrc", ".xsession", ".xsessionrc", "config.fish"),
        *(".config/fish", ".tmux.conf", ".config/tmux", ".pam_environment"),
    ),
    "session": (
        *(".ssh", ".local/bin", ".local/share/applications", ".config/autostart"),
        *(".config/systemd", ".local/share/systemd", ".config/environment.d"),
        *(".local/share/dbus-1", ".config/plasma-workspace"),
    ),
    "understudy": (".understudy",),
}
"""By the name of a consent, the files and folders that it is for: patterns of one name or more, in
lower case, wherever in the workspace that is."""


def _needing(patterns: Iterable[str]) -> re.Pattern[str]:
    alternatives = "|".join(re.escape(each).replace(r"\*", "[^/]*") for each in patterns)
    return re.compile(rf"(?:^|/)(?:{alternatives})(?:/|\Z)")


def _above(patterns: Iterable[str]) -> Iterator[str]:
    for each in patterns:
        parts = each.split("/")
        yield from ("/".join(parts[:count]) for count in range(1, len(parts)))


_NEEDING = {name: _needing(patterns) for name, patterns in CONSENTS.items()}
_LEADING = {
    name: re.compile(rf"{_needing(above).pattern}\Z")
    for name, patterns in CONSENTS.items()
    if (above := sorted(set(_above(patterns))))
}
_OWN = re.compile(r"(?:^|/)\.understudy-[^/]*\.(?:new|old)(?:/|\Z)")
_SET_ID = 0o6000
_SET_USER = 0o4000


def needed(path: str) -> frozenset[str]:
    """The consents without which nothing is written there, by the names on the way."""
    lowered = path.lower()
    return frozenset(name for name, found in _NEEDING.items() if found.search(lowered))


def needed_for_link(path: str) -> frozenset[str]:
    """Those for a link of that name: what it leads to may be read under guarded names, too."""
    lowered = path.lower()
    above = (name for name, found in _LEADING.items() if found.search(lowered))
    return needed(path).union(above)


def is_repository(names: Iterable[str]) -> bool:
    """Whether git may take a folder with these names in it for a repository, and then run what its
    configuration says. What ``commondir`` leads to needs no ``HEAD``, and is one, too."""
    known = {name.casefold() for name in names}
    return {"objects", "refs"} <= known or {"head", "commondir"} <= known


def is_path(path: str) -> bool:
    """Whether it is one below a workspace."""
    return not ({"", ".", ".."} & set(path.split("/")) or "\0" in path)


def refusal(change: Change, missing: frozenset[str]) -> str:
    """Why the change is not made, whatever there is; empty for one that may be. ``missing``: the
    consents that it needs and has not."""
    if not all(map(is_path, change.paths)):
        return "that is no path below the workspace"
    if any(_OWN.search(path.lower()) for path in change.paths):
        return "the journal itself uses such names"
    if missing:
        return f"it needs a consent of its own ({', '.join(sorted(missing))})"
    if change.before and lends_rights(change.before):
        return "it runs with the rights of another user or group (set-id), which are not given back"
    return _refused(change.path, change.after) if change.after else ""


def lends_rights(state: State) -> bool:
    """A folder's set-gid bit lends no right: it says whose what is made in there will be."""
    if state.entry is Entry.LINK:
        return False
    return bool(state.mode & (_SET_USER if state.is_folder else _SET_ID))


def _refused(path: str, after: State) -> str:
    least = 0o500 if after.is_folder else 0o400
    if after.entry is not Entry.LINK and after.mode & least != least:
        return "its owner could not read it, and nothing could be taken back"
    if lends_rights(after):
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

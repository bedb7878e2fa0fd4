"""The only user of git, safe in a repository that nobody trusts.

A repository can name programs for git to run: a file system monitor, filters, textconv, an
external diff, hooks, a pager, helpers for its remotes. Only commands are used that read neither
work tree nor network, and what could start a program all the same is overridden. That git refuses
a repository of another user (``safe.directory``) is left as it is. All of this blocks: it is for a
thread.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ..trust import search_path

TIMEOUT = 30.0
"""Seconds for one command; what is asked of git here takes milliseconds."""
_MOST_SAID = 2_000
"""Bytes of what it says of a failure: it repeats what stands in a file, however much that is."""

_NO_HOOKS = "core.hooksPath=/dev/null"
OVERRIDES = (
    "core.fsmonitor=false",
    "core.pager=cat",
    "core.askPass=",
    "core.sshCommand=false",
    "core.gitProxy=",
    "core.alternateRefsCommand=false",
    "credential.helper=",
    "diff.external=",
    "interactive.diffFilter=",
    "gpg.program=false",
)
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # before what any configuration allows, ext:: included
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "LC_ALL": "C.UTF-8",
}
_KEPT = ("GIT_CONFIG_", "GIT_CEILING_DIRECTORIES", "GIT_DISCOVERY_ACROSS_FILESYSTEM")
"""The user's own configuration; what else begins with GIT_ belongs to the command that calls us."""


class GitError(OSError):
    """git is missing, refused, or does not know what was asked; its message is for people."""


def run(
    folder: Path,
    command: Iterable[str],
    variables: Mapping[str, str],
    *,
    overrides: Sequence[str] = (*OVERRIDES, _NO_HOOKS),
    stdin: bytes = b"",
    fails: bool = False,
) -> bytes:
    """What git prints. Raises GitError; with ``fails`` an exit code of 1 is an empty answer."""
    options = [part for override in overrides for part in ("-c", override)]
    argv = ["git", "--no-pager", "--no-replace-objects", *options, *command]
    try:
        answer = subprocess.run(
            argv,
            cwd=folder,
            env=_environment(folder, os.environ, variables),
            input=stdin,
            capture_output=True,
            timeout=TIMEOUT,
            check=False,
        )
    except FileNotFoundError as error:
        missing = "git is not installed" if folder.is_dir() else f"there is no folder {folder}"
        raise GitError(missing) from error
    except subprocess.TimeoutExpired as error:
        raise GitError(f"git did not answer within {TIMEOUT:.0f} s in {folder}") from error
    if answer.returncode == 0:
        return answer.stdout
    if fails and answer.returncode == 1:
        return b""
    said = answer.stderr[:_MOST_SAID].decode("utf-8", "replace").strip().removeprefix("fatal: ")
    raise GitError(f"git in {folder}: {said or f'it ended with {answer.returncode}'}")


def _environment(
    folder: Path, environ: Mapping[str, str], variables: Mapping[str, str]
) -> dict[str, str]:
    """With a PATH that leads to no git of the workspace's."""
    kept = {k: v for k, v in environ.items() if not k.startswith("GIT_") or k.startswith(_KEPT)}
    return {**kept, **variables, **_ENVIRONMENT, "PATH": search_path(folder, environ)}

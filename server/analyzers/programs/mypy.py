"""mypy, as the project has it: type errors. Its plug-ins are code of the workspace."""

from __future__ import annotations

from .optional import Tool
from .rows import Reading

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
    sources=frozenset({"mypy.ini", ".mypy.ini", "pyproject.toml", "setup.cfg"}),
    runs_code=True,
    in_environment=True,
    alone=False,
).analyzer()  # fmt: skip

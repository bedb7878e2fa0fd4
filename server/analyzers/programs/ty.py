"""ty, as the project has it: type errors. It reads code, and runs none of it."""

from __future__ import annotations

from .optional import Tool
from .rows import Reading

ANALYZER = Tool(
    name="ty",
    title="ty",
    patterns=("*.py", "*.pyi"),
    arguments=lambda settings, root: (
        "check", "--output-format=sarif", "--no-progress", "--color=never", "--", "${{ files }}",
    ),
    reading=Reading("sarif", severities=(("error", "high"),)),
    package="ty",
    least=(0, 0, 95),
    settings=lambda settings: settings.ty,
    input="files",
    sources=frozenset({"ty.toml", "pyproject.toml"}),
    in_environment=True,
    self_contained=False,
).analyzer()  # fmt: skip

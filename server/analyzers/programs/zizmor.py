"""zizmor: security findings for GitHub's workflows, actions and Dependabot's configuration."""

from __future__ import annotations

from ...model import Category
from .optional import Tool
from .rows import Reading

_BELOW_GITHUB = tuple(
    f".github/{place}.{suffix}"
    for place in ("workflows/*", "dependabot")
    for suffix in ("yml", "yaml")
)

ANALYZER = Tool(
    name="zizmor",
    title="zizmor",
    patterns=(*_BELOW_GITHUB, "action.yml", "action.yaml"),
    arguments=lambda settings, root: (
        "--offline", "--no-progress", "--quiet",
        "--strict-collection", "--format=sarif", "--", "${{ file }}",
    ),
    reading=Reading(
        "sarif",
        fields=(("severity", "zizmor/severity"), ("confidence", "zizmor/confidence")),
        category=Category.SECURITY,
        unit="bytes",  # it does not tell
    ),
    package="zizmor",
    least=(1, 10),
    settings=lambda settings: settings.zizmor,
    found=(),
    sources=frozenset({"zizmor.yml", "zizmor.yaml"}),
).analyzer()  # fmt: skip

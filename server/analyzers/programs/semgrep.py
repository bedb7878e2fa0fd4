"""Semgrep with rules of the workspace's own: nothing is fetched, and nothing is told anybody."""

from __future__ import annotations

from pathlib import Path

from ...model import Category
from ...settings import Settings
from .optional import Tool
from .rows import Reading


def _arguments(settings: Settings, root: Path) -> tuple[str, ...]:
    """The rules as absolute paths, which name no registry. One job: several calls run beside each
    other already, and each job reserves stacks of 800 MB."""
    rules = (f"--config={root / each}" for each in settings.semgrep.rules)
    return (
        "scan", "--json", "--quiet", "--metrics=off", "--disable-version-check",
        "--jobs=1", "--no-git-ignore", *rules, "--", "${{ files }}",
    )  # fmt: skip


ANALYZER = Tool(
    name="semgrep",
    title="Semgrep",
    patterns=(
        "*.py", "*.js", "*.jsx", "*.ts", "*.tsx", "*.go", "*.java", "*.rb", "*.php", "*.tf",
    ),
    arguments=_arguments,
    reading=Reading(
        "json",
        fields=(
            ("findings", "results"), ("errors", "errors"), ("file", "path"),
            ("line", "start.line"), ("column", "start.col"), ("endLine", "end.line"),
            ("endColumn", "end.col"), ("code", "check_id"), ("message", "extra.message"),
            ("severity", "extra.severity"), ("confidence", "extra.metadata.confidence"),
            ("cwe", "extra.metadata.cwe"), ("url", "extra.metadata.source"),
        ),
        severities=(
            ("critical", "critical"), ("error", "high"), ("high", "high"), ("warning", "medium"),
            ("medium", "medium"), ("low", "low"), ("info", "low"),
        ),
        category=Category.SECURITY,
    ),
    package="semgrep",
    least=(1, 0),
    settings=lambda settings: settings.semgrep,
    input="files",
    tells=("--version", "--disable-version-check"),  # else it asks for a newer one
    sources=frozenset({".semgrepignore"}),
    named=lambda settings: settings.semgrep.rules,
    runs_code=True,
    memory=4 << 30,  # of which two are such stacks
).analyzer()  # fmt: skip

"""Kingfisher: secrets by the forms of hundreds of services. What it prints is redacted, and it asks
no service whether a secret is valid, for that would tell it to somebody."""

from __future__ import annotations

from dataclasses import replace

from ...model import Category
from .. import secrets
from .optional import Tool
from .rows import Reading

_TOOL = Tool(
    name="kingfisher",
    title="Kingfisher",
    patterns=(),
    arguments=lambda settings, root: (
        "scan", "--format=json", "--quiet", "--redact", "--no-validate", "--no-update-check",
        "--no-dedup", "--", "${{ files }}",
    ),
    reading=Reading(
        "json",
        fields=(
            ("findings", "findings"), ("file", "finding.path"), ("line", "finding.line"),
            ("column", "finding.column_start"), ("endColumn", "finding.column_end"),
            ("decoded", "finding.encoding"), ("code", "rule.id"), ("message", "rule.description"),
            ("severity", "finding.confidence"), ("confidence", "finding.confidence"),
        ),
        severities=(("high", "high"), ("medium", "medium"), ("low", "low")),
        category=Category.SECURITY,
        page="https://github.com/mongodb/kingfisher",
        first_column=0,
        past_end=False,
        unit="bytes",
        cwe=secrets.HARDCODED_CREDENTIALS,
    ),
    package="kingfisher-bin",
    least=(2, 14),
    settings=lambda settings: settings.kingfisher,
    input="files",
    found=(200, 205),
)  # fmt: skip
_ALIKE = secrets.ANALYZER
ANALYZER = replace(
    _TOOL.analyzer(),
    suffixes=_ALIKE.suffixes,
    names=_ALIKE.names,
    without=_ALIKE.without,
    languages=_ALIKE.languages,
)
"""For the files that detect-secrets is for."""

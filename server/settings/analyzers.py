"""Settings of analyzers that are the user's own: optional programs, declared commands, plug-ins."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal

from .group import RUNS, About, Group

Grade = Literal["critical", "high", "medium", "low", "info"]
NO_TEXTS: Mapping[str, str] = MappingProxyType({})

Endings = Annotated[
    tuple[str, ...],
    About(
        "How the paths end of the files it is for, such as *.sh or .github/workflows/*.yml.",
        form="ending",
    ),
]
Enabled = Annotated[bool, About("Run it. It has to be installed: docs/tools.md tells how.")]
Timeout = Annotated[
    float, About("Seconds after which it is stopped on what it was given.", ge=0.1, le=3_600)
]
ProgramPath = Annotated[
    str,
    About(
        "The program. Empty: the one that Understudy installed, else the one beside it, else the "
        "first on the PATH.",
        trusted_only=RUNS,
    ),
]


class OptionalTool(Group):
    enabled: Enabled = False
    path: ProgramPath = ""
    timeout_seconds: Timeout = 30


class TypeChecker(Group):
    enabled: Enabled = False
    path: Annotated[
        str,
        About(
            "The program. Empty: that of the workspace's environment (.venv, venv), else the one "
            "that Understudy installed, else the one beside it, else the first on the PATH.",
            trusted_only=RUNS,
        ),
    ] = ""
    timeout_seconds: Timeout = 120


class Semgrep(Group):
    enabled: Enabled = False
    path: ProgramPath = ""
    timeout_seconds: Timeout = 120
    rules: Annotated[
        tuple[str, ...],
        About("Files and folders of rules, from the workspace on; none is fetched."),
    ] = (".semgrep.yml",)


class Kingfisher(Group):
    enabled: Enabled = False
    path: ProgramPath = ""
    timeout_seconds: Timeout = 120


class DeclaredAnalyzer(Group):
    """A command that looks at files: docs/how-to-add-an-analyzer.md."""

    command: Annotated[
        tuple[str, ...],
        About(
            "The program and its arguments, word by word; no shell reads them. `${{ file }}`, "
            "`${{ root }}` and, as a word alone, `${{ files }}` stand for what it is called with; "
            "where neither of the files is named, they follow at the end."
        ),
    ]
    files: Endings
    input: Annotated[
        Literal["file", "files", "stdin"],
        About("What it takes: one file a call, any number, or a text on its standard input."),
    ] = "file"
    output: Annotated[
        str,
        About(
            "What it prints: sarif, json, jsonl (a JSON a line), or else the name of a problem "
            "matcher or a regular expression for a line.",
            form="output",
        ),
    ] = "sarif"
    mapping: Annotated[
        Mapping[str, str],
        About(
            "Where things are in its JSON, as dotted paths: findings, errors, file, line, column, "
            "endLine, endColumn, code, message, severity, confidence, cwe, url."
        ),
    ] = NO_TEXTS
    severity: Annotated[
        Mapping[str, Grade], About("What its words for severities, or its SARIF levels, mean.")
    ] = MappingProxyType({})
    category: Annotated[
        Literal["security", "performance", "quality"], About("What its findings are about.")
    ] = "quality"
    columns: Annotated[
        Literal["auto", "characters", "utf16", "bytes"],
        About("What it counts columns in. auto: in SARIF what that says, else characters."),
    ] = "auto"
    first_line: Annotated[int, About("The number of the first line.", ge=0, le=1)] = 1
    first_column: Annotated[int, About("The number of the first column.", ge=0, le=1)] = 1
    ok_codes: Annotated[
        tuple[int, ...],
        About("The exit statuses with which it has looked.", ge=0, le=255),
    ] = (0,)
    found_codes: Annotated[
        tuple[int, ...],
        About(
            "The exit statuses with which it has found something: nothing in its output is then a "
            "failure, as any other status is.",
            ge=0,
            le=255,
        ),
    ] = (1,)
    configured_by: Annotated[
        tuple[str, ...],
        About("Files at the root that configure it: when one changes, it looks again."),
    ] = ()
    timeout_seconds: Timeout = 30


class PluginAnalyzer(Group):
    """An analyzer of another distribution, by the name of its entry point."""

    files: Endings
    enabled: Annotated[bool, About("Run it.")] = True
    options: Annotated[
        Mapping[str, str], About("What the analyzer is made with, by name; never a secret.")
    ] = NO_TEXTS
    timeout_seconds: Timeout = 30


class Analyzers(Group):
    custom: Annotated[
        Mapping[str, DeclaredAnalyzer],
        About("Commands that look at files, by the name of the analyzer.", trusted_only=RUNS),
    ] = MappingProxyType({})
    plugins: Annotated[
        Mapping[str, PluginAnalyzer],
        About(
            "Analyzers of other distributions that are installed beside Understudy, by name.",
            trusted_only=RUNS,
        ),
    ] = MappingProxyType({})

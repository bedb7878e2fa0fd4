"""The problem matchers that come with the program, by name."""

from __future__ import annotations

from ...model import Severity
from .matchers import Matcher

_AT = r"(?P<line>\d+):(?P<column>\d+)"
_WORD = r"(?P<severity>fatal error|error|warning|note|info|information|hint)"

BUILTIN: dict[str, Matcher] = {
    matcher.name: matcher
    for matcher in (
        Matcher(
            "python",
            (
                r'^\s*File "(?P<file>[^"]+)", line (?P<line>\d+)',
                r"^(?P<code>[A-Za-z_][\w.]*)(?:: (?P<message>.*))?$",
            ),
            between=r"^\s",
            severity=Severity.HIGH,
        ),
        Matcher(
            "mypy",
            (
                (
                    rf"^(?P<file>[^\s:][^:]*):(?P<line>\d+)(?::(?P<column>\d+))?"
                    rf"(?::(?P<endLine>\d+):(?P<endColumn>\d+))?: {_WORD}: "
                    r"(?P<message>.*?)(?:  \[(?P<code>[\w-]+)\])?$"
                ),
            ),
        ),
        Matcher(
            "pyright",
            (
                (
                    rf"^\s*(?P<file>[^\s:][^:]*):{_AT} - {_WORD}: "
                    r"(?P<message>.*?)(?: \((?P<code>report\w+)\))?$"
                ),
            ),
        ),
        Matcher(
            "gcc",  # and clang
            (
                (
                    rf"^(?P<file>[^\s:][^:]*):(?P<line>\d+):(?:(?P<column>\d+):)? {_WORD}: "
                    r"(?P<message>.*?)(?: \[(?P<code>-W[\w=+-]+)\])?$"
                ),
            ),
        ),
        Matcher(
            "tsc",
            (
                (
                    r"^(?P<file>[^\s(:][^(:]*)(?:\((?P<line>\d+),(?P<column>\d+)\):|:(?P<line>\d+):"
                    r"(?P<column>\d+) -) (?P<severity>error|warning|info) (?P<code>TS\d+): "
                    r"(?P<message>.*)$"
                ),
            ),
        ),
        Matcher(
            "eslint-stylish",
            (
                r"^(?P<file>\S.*\.\w+)$",
                (
                    rf"^\s+{_AT}\s+(?P<severity>error|warning)\s+(?P<message>\S.*?)"
                    r"(?:\s\s+(?P<code>[\w@/.-]+))?$"
                ),
            ),
            loop=True,
        ),
        Matcher(
            "eslint-compact",
            (
                (
                    r"^(?P<file>\S.*): line (?P<line>\d+), col (?P<column>\d+), "
                    r"(?P<severity>Error|Warning) - (?P<message>.*?)(?: \((?P<code>[\w@/.-]+)\))?$"
                ),
            ),
        ),
        Matcher(
            "flake8",  # and pycodestyle, and Ruff's concise form
            (rf"^(?P<file>[^\s:][^:]*):{_AT}: (?P<code>[A-Z]+\d+):? (?P<message>.*)$",),
        ),
        Matcher(
            "pytest",  # the short summary
            (r"^(?:FAILED|ERROR) (?P<file>[^\s:]+\.py)(?:::\S.*?)?(?: - (?P<message>.*))?$",),
            severity=Severity.HIGH,
        ),
        Matcher(
            "cargo",
            (
                r"^(?P<severity>error|warning)(?:\[(?P<code>\w+)\])?: (?P<message>.+)$",
                rf"^\s*--> (?P<file>[^:]+):{_AT}$",
            ),
        ),
        Matcher(
            "go",
            (
                (
                    r"^\s*(?:vet: )?(?P<file>[^\s:]+\.go):(?P<line>\d+):(?:(?P<column>\d+):)? "
                    r"(?P<message>.+)$"
                ),
            ),
            severity=Severity.HIGH,
        ),
    )
}
"""``python``: a traceback, at its innermost frame that is the workspace's own."""

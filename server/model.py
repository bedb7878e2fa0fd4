"""The vocabulary: frozen values that every room understands.

Positions are zero-based lines and columns; a column counts Unicode code points from the start of
its line. A line ends at ``\\n``, ``\\r\\n`` or ``\\r``, as in Python's tokenizer and in LSP. Other
encodings exist only at the rim (``lsp/convert.py``) and inside an analyzer's ``parse``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Literal, NamedTuple

Level = Literal["error", "warning", "information", "hint"]
"""How a problem is shown."""


class Severity(IntEnum):
    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def label(self) -> str:
        return self.name.lower()


class Confidence(IntEnum):
    LOW = 1
    MEDIUM = 2
    HIGH = 3


class Category(StrEnum):
    SECURITY = "security"
    PERFORMANCE = "performance"
    QUALITY = "quality"


class Tag(StrEnum):
    UNNECESSARY = "unnecessary"
    DEPRECATED = "deprecated"


class Tier(IntEnum):
    """The order in which results are shown: the fast tier never waits for the deep one."""

    FAST = 0
    DEEP = 1


class Priority(IntEnum):
    """Which waiting work goes first."""

    BACKGROUND = 0
    IDLE = 1
    INTERACTIVE = 2


class Importance(IntEnum):
    """What a task weighs in the queue; ``runner.priority`` tells what else counts."""

    LOW = 1
    """Documentation, debt."""
    MEDIUM = 10
    """Quality."""
    HIGH = 100
    """Tests."""
    CRITICAL = 1_000
    """Security, critical errors."""


class State(StrEnum):
    """What is known of one file from one tool. Only CLEAN and FINDINGS are a verdict."""

    RUNNING = "running"
    CLEAN = "clean"
    FINDINGS = "findings"
    FAILED = "failed"
    TIMED_OUT = "timed out"
    MISSING = "missing"
    WRONG_VERSION = "wrong version"
    TOO_LARGE = "too large"
    NOT_ANALYSED = "not analysed"
    NOT_TRUSTED = "not trusted"

    @property
    def is_verdict(self) -> bool:
        return self in (State.CLEAN, State.FINDINGS)

    @property
    def needs_attention(self) -> bool:
        return self in (State.FAILED, State.TIMED_OUT, State.NOT_TRUSTED) or self.needs_install

    @property
    def needs_install(self) -> bool:
        """Whether the tool, or a newer one, has to be installed first."""
        return self in (State.MISSING, State.WRONG_VERSION)


class Position(NamedTuple):
    line: int
    column: int


class Range(NamedTuple):
    start: Position
    end: Position

    def touches(self, other: Range) -> bool:
        """Whether the two share a place; an empty range touches what surrounds it."""
        return self.start <= other.end and other.start <= self.end


TOP = Range(Position(0, 0), Position(1, 0))
"""Where what is said of a whole file stands."""


class Edit(NamedTuple):
    """Replace ``range`` by ``text``; the edits of one fix do not overlap."""

    range: Range
    text: str


class Fix(NamedTuple):
    """A change that should make a finding go away; not yet verified."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """What one tool says of one place in one file."""

    tool: str
    rule: str
    message: str
    range: Range
    severity: Severity
    category: Category
    confidence: Confidence = Confidence.HIGH
    url: str = ""
    cwe: int = 0
    tags: tuple[Tag, ...] = ()
    fixes: tuple[Fix, ...] = ()
    fingerprint: str = ""
    """What it is known by while its file changes; empty where there is no text to know it by."""
    secrets: tuple[Range, ...] = ()
    """Where the secrets stand of which it tells, in the text that was analysed: they follow no
    edit. Empty: within ``range``."""


class Metric(StrEnum):
    LINES = "lines"
    CYCLOMATIC = "cyclomatic"
    COGNITIVE = "cognitive"
    MAINTAINABILITY = "maintainability"


class Figure(NamedTuple):
    """What a tool measured of the function ``name``, which is named at ``range``, or of the whole
    file (empty)."""

    metric: Metric
    value: float
    name: str = ""
    range: Range = Range(Position(0, 0), Position(0, 0))


class Scope(StrEnum):
    """What a suppression is for. NATIVE: a comment of a tool's own beside it, which it dates.
    MATTER: it is such a comment itself, for what the other tools say of the same matter."""

    LINE = "line"
    FILE = "file"
    NATIVE = "native"
    MATTER = "matter"
    NOTHING = "nothing"


class Suppression(NamedTuple):
    """A comment that lets findings be: ``understudy: ignore[B101] until 2026-03-01 -- why``.

    It means the row ``below`` rows under its own. ``until`` is the last day on which it holds, as
    an ISO date; empty: it always does. ``flaw`` tells why it is not understood; it then is for
    nothing. ``native`` is the tool's own comment; in the scope MATTER ``rules`` are the matters
    (``findings.families``) of which the other tools are to be silent, too.
    """

    range: Range
    scope: Scope
    rules: tuple[str, ...] = ()
    below: int = 0
    until: str = ""
    reason: str = ""
    flaw: str = ""
    native: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """One tool's answer for one file. ``why`` tells a person why there is no verdict;
    ``suppressions`` are those that stand in the text that it is about; ``version`` is that of the
    tool, as it tells it."""

    tool: str
    state: State
    findings: tuple[Finding, ...] = ()
    why: str = ""
    suppressions: tuple[Suppression, ...] = ()
    figures: tuple[Figure, ...] = ()
    version: str = ""

    @staticmethod
    def of(tool: str, findings: tuple[Finding, ...], figures: tuple[Figure, ...] = ()) -> Report:
        state = State.FINDINGS if findings else State.CLEAN
        return Report(tool, state, findings, figures=figures)


class Reason(NamedTuple):
    """One link of what led to a finding, or to there being none: ``kind`` is for programs, ``text``
    for people; ``path`` and ``line`` (from 1; 0: none) are where that is written."""

    kind: str
    text: str
    path: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class Problem:
    """What the user sees as one diagnostic: the findings of several tools on one matter.

    ``findings`` is never empty; the first one leads (its range and message are shown). ``level`` is
    what the settings make of its severity. ``known``: the baseline has it.
    """

    findings: tuple[Finding, ...]
    level: Level = "warning"
    known: bool = False

    @property
    def lead(self) -> Finding:
        return self.findings[0]

    @property
    def severity(self) -> Severity:
        return max(finding.severity for finding in self.findings)

    @property
    def confidence(self) -> Confidence:
        return max(finding.confidence for finding in self.findings)

    @property
    def tools(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(finding.tool for finding in self.findings))

    @property
    def rules(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(finding.rule for finding in self.findings))


@dataclass(frozen=True, slots=True)
class Cost:
    """What running something took: CPU seconds (children included), peak resident bytes."""

    cpu_seconds: float = 0.0
    memory_bytes: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(
            self.cpu_seconds + other.cpu_seconds, max(self.memory_bytes, other.memory_bytes)
        )


@dataclass(frozen=True, slots=True)
class ToolStatus:
    """One line of the status: the worst state a tool has among the files looked at."""

    name: str
    state: State
    why: str = ""
    version: str = ""
    cost: Cost = Cost()


@dataclass(frozen=True, slots=True)
class Strain:
    """What the machine runs short of, or will: ``brief`` for a status bar, a sentence each for
    people. ``acknowledged``: somebody has said to know of it."""

    brief: str
    lines: tuple[str, ...] = ()
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Status:
    """What the status bar shows; counts are by ``Severity.label``, notices are sentences.
    ``unshown``: of what is counted in files that are not open, so much is too much to be shown."""

    trusted: bool
    running: int
    counts: Mapping[str, int] = field(default_factory=dict)
    tools: tuple[ToolStatus, ...] = ()
    unshown: int = 0
    notices: tuple[str, ...] = ()
    strain: Strain | None = None

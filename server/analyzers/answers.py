"""What ``check`` answers: the content that was seen, and what the tool says of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..disk import LARGEST_FILE, read_regular
from ..findings import codec
from ..findings.families import NOT_ANALYSED
from ..findings.fingerprint import fingerprinted
from ..model import Category, Finding, Position, Range, Report, Severity, State
from ..text import canonical, decode, digest
from .base import Answer, Item


def read_content(item: Item) -> bytes:
    """The item's bytes, from memory or disk. Raises OSError."""
    path, content, _ = item
    return canonical(read_regular(path, LARGEST_FILE) if content is None else content)


def answer(content: bytes, report: Report) -> Answer:
    """What is found gets its fingerprints here; that a tool could not look is known by none."""
    return answer_on(content, text_in(content), report)


def answer_on(content: bytes, text: str, report: Report) -> Answer:
    """``answer``, where the places are those of a text that was made of the content."""
    if report.state is State.FINDINGS:
        found = fingerprinted(report.findings, text)
        report = replace(report, findings=found)
    return digest(content), codec.dumps(report)


def nothing_seen(report: Report, items: Sequence[Item]) -> list[Answer]:
    """What a tool says that looked at none of its files."""
    dumped = codec.dumps(report)
    return [("" if content is None else digest(content), dumped) for _, content, _ in items]


def text_in(content: bytes) -> str:
    """A file's text, with a replacement character for what cannot be decoded."""
    try:
        return decode(content)
    except ValueError:
        return content.decode("utf-8", "replace")


def answer_each(
    tool: str, items: Sequence[Item], look: Callable[[str, bytes], Report]
) -> list[Answer]:
    """The answers of a tool that looks at one file after another, by ``look(path, content)``."""
    return [_looked(tool, item, look) for item in items]


def _looked(tool: str, item: Item, look: Callable[[str, bytes], Report]) -> Answer:
    try:
        content = read_content(item)
    except OSError as error:
        return unreadable(tool, error)
    return answer(content, look(item[0], content))


def unreadable(tool: str, error: OSError) -> Answer:
    """A file that vanished is nobody's failure; one that cannot be read is not clean."""
    state = State.NOT_ANALYSED if isinstance(error, FileNotFoundError) else State.FAILED
    why = f"the file could not be read: {error.strerror or error}"
    return "", codec.dumps(Report(tool, state, why=why))


def no_verdict(tool: str, state: State, why: str, place: Position = Position(0, 0)) -> Report:
    """A report that is also seen at the file: a finding that names what is missing and why."""
    finding = Finding(
        tool,
        NOT_ANALYSED,
        why,
        Range(place, Position(place.line + 1, 0)),
        Severity.LOW,
        Category.QUALITY,
    )
    return Report(tool, state, (finding,), why)

"""Between LSP's types and the vocabulary's: positions, URIs, diagnostics."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote, unquote_to_bytes, urlsplit

from lsprotocol import types as lsp

from ..app.presentation.problems import code, title
from ..model import Edit, Position, Problem, Range, Tag
from ..text import Lines

_LEVELS = {
    "error": lsp.DiagnosticSeverity.Error,
    "warning": lsp.DiagnosticSeverity.Warning,
    "information": lsp.DiagnosticSeverity.Information,
    "hint": lsp.DiagnosticSeverity.Hint,
}
_TAGS = {
    Tag.UNNECESSARY: lsp.DiagnosticTag.Unnecessary,
    Tag.DEPRECATED: lsp.DiagnosticTag.Deprecated,
}


def to_path(uri: str) -> str | None:
    """An absolute path for a local ``file:``, a bare name for ``untitled:``, None for all else, and
    for what no file can be called."""
    try:
        parts = urlsplit(uri)
        path = os.fsdecode(unquote_to_bytes(parts.path))
    except ValueError:
        return None
    if "\0" in path:
        return None
    if parts.scheme == "file":
        local = parts.netloc in ("", "localhost") and path.startswith("/")
        return str(Path(path)) if local else None
    if parts.scheme == "untitled":
        return path.replace("/", "_") or "untitled"
    return None


def to_folder(uri: str) -> Path | None:
    path = to_path(uri)
    return Path(path) if path and path.startswith("/") else None


def to_uri(path: Path | str) -> str:
    return f"file://{quote(os.fsencode(path), safe='/~')}"


class Encoding:
    """Columns in the encoding that was negotiated: code points inside, its units outside."""

    def __init__(self, name: str) -> None:
        self.name = name

    def column(self, line: str, units: int) -> int:
        """The code-point column that ``units`` lead to; inside a character: its start."""
        if self.name == "utf-32" or line.isascii():
            return min(units, len(line))
        for column, character in enumerate(line):
            if units <= 0:
                return column
            units -= self._width(character)
            if units < 0:
                return column
        return len(line)

    def units(self, line: str, column: int) -> int:
        if self.name == "utf-32" or line.isascii():
            return column
        return sum(self._width(character) for character in line[:column])

    def _width(self, character: str) -> int:
        if self.name == "utf-8":
            return len(character.encode("utf-8", "surrogatepass"))
        return 2 if ord(character) > 0xFFFF else 1

    def position(self, place: lsp.Position, lines: Lines) -> Position:
        return Position(place.line, self.column(lines.line(place.line), place.character))

    def range(self, place: lsp.Range, lines: Lines) -> Range:
        return Range(self.position(place.start, lines), self.position(place.end, lines))

    def to_lsp(self, place: Range, lines: Lines) -> lsp.Range:
        return lsp.Range(
            *(
                lsp.Position(at.line, self.units(lines.line(at.line), at.column))
                for at in (place.start, place.end)
            )
        )


def edit(change: Edit, lines: Lines, encoding: Encoding) -> lsp.TextEdit:
    return lsp.TextEdit(encoding.to_lsp(change.range, lines), change.text)


def diagnostic(problem: Problem, lines: Lines, encoding: Encoding) -> lsp.Diagnostic:
    lead = problem.lead
    return lsp.Diagnostic(
        range=encoding.to_lsp(lead.range, lines),
        message=lead.message,
        severity=_LEVELS[problem.level],
        code=code(problem),
        code_description=lsp.CodeDescription(lead.url) if lead.url else None,
        source=", ".join(title(tool) for tool in problem.tools),
        tags=tags(problem),
    )


def tags(problem: Problem) -> Sequence[lsp.DiagnosticTag] | None:
    found = {tag for finding in problem.findings for tag in finding.tags}
    return [_TAGS[tag] for tag in sorted(found)] or None

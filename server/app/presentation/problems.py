"""Problems, the reasons for them, and what is wrong with settings, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from ...findings.describe import code, hover, title
from ...findings.families import weakness_of
from ...findings.owasp import owasp_of
from ...findings.redact import redacted
from ...model import Problem, Reason

if TYPE_CHECKING:
    from ...discover import LeftOut
    from ...notebooks import Cell
    from ...settings import ConfigProblem

__all__ = [
    "code",
    "config_line",
    "hover",
    "in_cells",
    "left_out_lines",
    "owasp_of",
    "problem_line",
    "reason_lines",
    "redacted",
    "title",
    "weakness_of",
]


def problem_line(name: str, problem: Problem, cell: Cell | None = None) -> str:
    """A problem of the file ``name`` in one line, as compilers write them. ``cell``: of a notebook,
    the one that it is in."""
    line, column = problem.lead.range.start
    if cell is not None:
        name, line = f"{name}:cell {cell.number}", line - cell.row
    who = ", ".join(dict.fromkeys(f"{title(f.tool)} {f.rule}" for f in problem.findings))
    said = " ".join(problem.lead.message.split())
    return f"{name}:{line + 1}:{column + 1}: {problem.severity.label}: {said} ({who})"


def reason_lines(reasons: Sequence[Reason]) -> list[str]:
    """A line each, as they follow from one another."""
    return [f"{number}. {reason.text}" for number, reason in enumerate(reasons, 1)]


def in_cells(reasons: Iterable[Reason], cell_of: Callable[[int], tuple[str, int]]) -> list[Reason]:
    """Those of a notebook's text, told of its cells: ``cell_of`` gives what people call the cell
    that a row belongs to, and the row that it begins at."""
    return [_in_cell(each, *cell_of(each.line - 1)) if each.line else each for each in reasons]


def _in_cell(reason: Reason, cell: str, row: int) -> Reason:
    words = f"line {reason.line - row} of {cell}"
    return reason._replace(text=reason.text.replace(f"line {reason.line}", words, 1), line=0)


def left_out_lines(root: Path, left_out: Sequence[LeftOut]) -> list[str]:
    """A line each: ``build/ is ignored by .gitignore``, relative to the root."""
    return [f"{each.path.removeprefix(f'{root}/')} {each.why}" for each in left_out]


def config_line(problem: ConfigProblem) -> str:
    """What is wrong with settings, in one line with its place."""
    line, column = problem.range.start
    return f"{problem.path}:{line + 1}:{column + 1}: {problem.message}"

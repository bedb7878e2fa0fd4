"""Radon: the cyclomatic complexity of functions, the maintainability index and length of files.

Radon counts more than Ruff's C901 does (boolean operators, comprehensions, assertions). Both mean
the same, and are one: what the project tells Ruff of C901 holds for Radon, too.
"""

from __future__ import annotations

import ast
import configparser
import warnings
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...model import (
    TOP,
    Category,
    Confidence,
    Figure,
    Finding,
    Metric,
    Position,
    Range,
    Report,
    Severity,
    State,
    Tier,
)
from ...settings import Settings
from ...text import Lines, decode
from ..answers import answer_each, no_verdict
from ..base import Analyzer, Answer, As, Configuration, Files, Item, fingerprint, upwards
from ..installations import PYTHON, installed
from ..newest import parses_as_newest
from ..ruff import ANALYZER as RUFF
from ..ruff import complexity_limit
from .functions import Function, name_at, part_to_split
from .noqa import Silenced

if TYPE_CHECKING:
    from radon.visitors import Function as Block

NAME = "radon"
CYCLOMATIC = "R701"
"""As Radon's plug-in for Flake8 calls it. For the others it has no codes."""
MAINTAINABILITY = "maintainability-index"
LENGTH = "file-length"
_FILES = ("radon.cfg", "setup.cfg")
_PAGE = "https://radon.readthedocs.io/en/latest/intro.html"


class Context(NamedTuple):
    """What is reported: functions of more than ``complexity`` (None: no function), files of more
    than ``lines`` or less than ``maintainability`` (0: none)."""

    complexity: int | None
    lines: int
    maintainability: int
    no_assert: bool = False
    """Whether assertions do not count."""
    problem: str = ""
    """What is wrong with the files that configure Radon."""


def _configure(folder: Path, root: Path, settings: Settings, files: Files) -> Configuration:
    own = settings.complexity
    limit = complexity_limit(folder, root, settings, files)
    context = Context(limit, own.max_file_lines, own.min_maintainability)
    try:
        context = context._replace(no_assert=_no_assert(folder, root, files))
    except ValueError as error:
        context = context._replace(problem=str(error))
    return Configuration(context, key=fingerprint(context))


def _no_assert(folder: Path, root: Path, files: Files) -> bool:
    """Of what else configures Radon, nothing decides a figure. Raises ValueError."""
    for path in (place / name for place in upwards(folder) for name in _FILES):
        if not path.is_relative_to(root):
            break
        parser = configparser.ConfigParser()
        try:
            parser.read_string((files.read(path) or b"").decode())
            if parser.has_option(NAME, "no_assert"):
                return parser.getboolean(NAME, "no_assert")
        except (ValueError, configparser.Error) as error:
            raise ValueError(f"{path} cannot be read: {error}") from None
    return False


ANALYZER = Analyzer(
    name=NAME,
    title="Radon",
    tier=Tier.DEEP,
    suffixes=frozenset({".py", ".pyw"}),
    notebooks=As.CODE,
    quotes=False,
    languages=frozenset({"python"}),
    check=f"{__name__}:check",
    configure=_configure,
    version=lambda: f"{installed('radon')} on {PYTHON}",
    enabled=lambda settings: settings.complexity.enabled,
    timeout=lambda settings: 30.0,
    preload=("radon.complexity", "radon.metrics", __name__),
    sources=RUFF.sources | {*_FILES},
    batch=50,
)


def check(told: tuple[Any, ...], items: tuple[Item, ...]) -> list[Answer]:
    context = Context(*told)
    return answer_each(NAME, items, lambda _, content: _check(context, content))


def _check(context: Context, content: bytes) -> Report:
    if context.problem:
        why = f"Radon did not measure this file: {context.problem}"
        return Report(NAME, State.FAILED, why=why)
    try:
        text = decode(content)
    except ValueError as error:
        return no_verdict(NAME, State.NOT_ANALYSED, f"Radon cannot read this file: {error}")
    lines = Lines(text)
    length = Figure(Metric.LINES, line_count(lines))
    try:
        tree = parse(content)
        blocks = functions_of(tree, no_assert=context.no_assert)
        report = _report(context, tree, blocks, lines, length)
    except (SyntaxError, ValueError) as error:
        return replace(_unparsed(error, content), figures=(length,))
    except (RecursionError, MemoryError):
        why = "Radon did not measure this file: the code is nested too deeply for it"
        return replace(no_verdict(NAME, State.FAILED, why), figures=(length,))
    return _with_maintainability(context, report, text) if context.maintainability else report


def line_count(lines: Lines) -> int:
    """Without the empty one behind the last end of a line."""
    return len(lines) - (not lines.line(len(lines) - 1))


def parse(content: bytes) -> ast.Module:
    """Raises SyntaxError, ValueError, RecursionError and MemoryError, as ``ast.parse`` does."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(content)


def _unparsed(error: SyntaxError | ValueError, content: bytes) -> Report:
    line = getattr(error, "lineno", None) or 1
    text = (
        f"Radon did not measure this file: {PYTHON}, which it runs on, cannot parse it"
        f" ({getattr(error, 'msg', error)}, line {line})."
    )
    if parses_as_newest(content):
        text += " If the code is for a newer Python, run Understudy on that one."
    return no_verdict(NAME, State.NOT_ANALYSED, text, Position(line - 1, 0))


def functions_of(tree: ast.Module, *, no_assert: bool) -> list[Block]:
    """All functions as Radon counts them, closures and methods of inner classes among them."""
    from radon.complexity import add_inner_blocks, cc_visit_ast
    from radon.visitors import Function as Counted

    blocks = add_inner_blocks(cc_visit_ast(tree, no_assert=no_assert))
    functions = (each for each in blocks if isinstance(each, Counted))
    return sorted(functions, key=lambda each: (each.lineno, each.col_offset))


def _report(
    context: Context, tree: ast.Module, blocks: list[Block], lines: Lines, length: Figure
) -> Report:
    figures, findings = [length], []
    silent = Silenced(lines, ("C901", CYCLOMATIC))
    nodes = {node.lineno: node for node in ast.walk(tree) if isinstance(node, Function)}
    for block in blocks:
        place = name_at(lines, block.lineno - 1)
        figures.append(Figure(Metric.CYCLOMATIC, block.complexity, block.fullname, place))
        limit = context.complexity
        if limit is not None and block.complexity > limit and place.start.line not in silent:
            message = _too_complex(block, context, nodes.get(block.lineno))
            findings.append(_finding(CYCLOMATIC, message, place, Severity.MEDIUM))
    if 0 < context.lines < length.value:
        message = f"This file has {length.value:,} lines, more than {context.lines:,}."
        findings.append(_finding(LENGTH, message + _largest(tree), TOP, Severity.LOW))
    return Report.of(NAME, tuple(findings), tuple(figures))


def _finding(rule: str, message: str, place: Range, severity: Severity) -> Finding:
    counted = rule != MAINTAINABILITY
    return Finding(
        tool=NAME,
        rule=rule,
        message=message,
        range=place,
        severity=severity,
        category=Category.PERFORMANCE,
        confidence=Confidence.HIGH if counted else Confidence.LOW,
        url=_PAGE,
    )


def _too_complex(block: Block, context: Context, node: Function | None) -> str:
    from radon.visitors import ComplexityVisitor

    def weigh(statement: ast.stmt) -> int:
        visitor = ComplexityVisitor.from_ast(statement, off=False, no_assert=context.no_assert)
        return int(visitor.complexity)

    message = (
        f"`{block.fullname}` has a cyclomatic complexity of {block.complexity},"
        f" more than {context.complexity}."
    )
    part = part_to_split(node, weigh) if node is not None else None
    if part is None:
        return message
    return f"{message} {str(part).capitalize()} has {part.weight} of it: make it a function."


def _largest(tree: ast.Module) -> str:
    """The largest of what could be moved into another module."""
    named = [each for each in tree.body if isinstance(each, Function | ast.ClassDef)]
    if not named:
        return ""
    largest = max(named, key=lambda each: (each.end_lineno or each.lineno) - each.lineno)
    return (
        f" The largest of its parts is `{largest.name}` in lines"
        f" {largest.lineno}–{largest.end_lineno}: what belongs together may be a module."
    )


def _with_maintainability(context: Context, report: Report, text: str) -> Report:
    from radon.metrics import mi_visit

    try:
        index = float(mi_visit(text.replace("\r\n", "\n").replace("\r", "\n"), multi=True))
    except (SyntaxError, ValueError) as error:  # its count of lines splits texts at form feeds
        why = f"Radon could not compute the maintainability index: {error}"
        failed = no_verdict(NAME, State.FAILED, why)
        return replace(
            failed, findings=(*failed.findings, *report.findings), figures=report.figures
        )
    findings = report.findings
    if index < context.maintainability:
        message = (
            f"This file has a maintainability index of {index:.1f}, less than"
            f" {context.maintainability}."
        )
        findings += (_finding(MAINTAINABILITY, message + _worst(report), TOP, Severity.LOW),)
    figures = (*report.figures, Figure(Metric.MAINTAINABILITY, index))
    return Report.of(NAME, findings, figures)


def _worst(report: Report) -> str:
    functions = [each for each in report.figures if each.name]
    if not functions:
        return ""
    worst = max(functions, key=lambda each: each.value)
    return (
        f" The most complex of its functions is `{worst.name}` in line"
        f" {worst.range.start.line + 1} ({worst.value:.0f})."
    )

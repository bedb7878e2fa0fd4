"""complexipy: the cognitive complexity of functions, how hard they are to follow.

It parses any Python that Ruff's parser knows, whatever it runs on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...model import Category, Figure, Finding, Metric, Position, Report, Severity, State, Tier
from ...settings import Settings
from ...text import Lines, decode
from ..answers import answer_each, no_verdict
from ..base import Analyzer, Answer, As, Configuration, Files, Item, fingerprint, nested, upwards
from ..installations import installed
from .functions import name_at

if TYPE_CHECKING:
    from complexipy import FunctionComplexity

NAME = "complexipy"
COGNITIVE = "CC001"
"""As complexipy calls it in SARIF."""
_PAGE = "https://rohaquinlop.github.io/complexipy/understanding-scores/"
_FILES = ("complexipy.toml", ".complexipy.toml", "pyproject.toml")


class Context(NamedTuple):
    """Functions of more than ``limit`` are reported (0: none). ``problem``: what is wrong with the
    files that configure it."""

    limit: int
    problem: str = ""


def _configure(folder: Path, root: Path, settings: Settings, files: Files) -> Configuration:
    """The nearest file at or below the root that names a limit holds, else the settings do."""
    context = Context(settings.complexity.max_cognitive)
    try:
        for path in _candidates(folder, root):
            table = files.toml(path) or {}
            own = nested(table, "tool", NAME) if path.name == "pyproject.toml" else table
            told = own.get("max-complexity-allowed")
            if isinstance(told, int) and context.limit:
                context = Context(told)
                break
    except ValueError as error:
        context = Context(0, f"{path} cannot be read: {error}")
    return Configuration(context, key=fingerprint(context))


def _candidates(folder: Path, root: Path) -> Iterator[Path]:
    for place in upwards(folder):
        yield from (place / name for name in _FILES)
        if place == root:
            break


ANALYZER = Analyzer(
    name=NAME,
    title=NAME,
    tier=Tier.FAST,
    suffixes=frozenset({".py", ".pyw"}),
    notebooks=As.CODE,
    quotes=False,
    languages=frozenset({"python"}),
    check=f"{__name__}:check",
    configure=_configure,
    version=lambda: installed(NAME),
    enabled=lambda settings: settings.complexity.enabled,
    timeout=lambda settings: 20.0,
    preload=(NAME, __name__),
    sources=frozenset(_FILES),
)


def check(told: tuple[Any, ...], items: tuple[Item, ...]) -> list[Answer]:
    context = Context(*told)
    return answer_each(NAME, items, lambda _, content: _check(context, content))


_AT_BYTE = re.compile(r"byte range (\d+)")


def _check(context: Context, content: bytes) -> Report:
    from complexipy import code_complexity

    if context.problem:
        why = f"complexipy did not measure this file: {context.problem}"
        return Report(NAME, State.FAILED, why=why)
    try:
        text = decode(content)
    except ValueError as error:
        return no_verdict(NAME, State.NOT_ANALYSED, f"complexipy cannot read this file: {error}")
    # It counts lines by \n alone.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    try:
        measured = code_complexity(text).functions
    except ValueError as error:
        found = _AT_BYTE.search(str(error))
        line = text.encode()[: int(found[1])].count(b"\n") if found else 0
        why = f"complexipy did not measure this file: it cannot parse it, line {line + 1}"
        return no_verdict(NAME, State.NOT_ANALYSED, why, Position(line, 0))
    return _report(context.limit, measured, Lines(text))


def _report(limit: int, measured: list[FunctionComplexity], lines: Lines) -> Report:
    figures, findings = [], []
    for function in measured:
        place = name_at(lines, function.line_start - 1)
        name = function.name.replace("::", ".")
        figures.append(Figure(Metric.COGNITIVE, function.complexity, name, place))
        if 0 < limit < function.complexity:
            findings.append(
                Finding(
                    tool=NAME,
                    rule=COGNITIVE,
                    message=_message(function, name, limit),
                    range=place,
                    severity=Severity.MEDIUM,
                    category=Category.PERFORMANCE,
                    url=_PAGE,
                )
            )
    return Report.of(NAME, tuple(findings), tuple(figures))


def _message(function: FunctionComplexity, name: str, limit: int) -> str:
    message = f"`{name}` has a cognitive complexity of {function.complexity}, more than {limit}."
    plan = next(iter(function.refactor_plans), None)
    if plan is not None:
        return (
            f"{message} {plan.title} in lines {plan.line_start}–{plan.line_end}:"
            f" about {plan.estimated_complexity_after} would be left."
        )
    worst = max(function.line_complexities, key=lambda line: line.complexity, default=None)
    if worst is None:
        return message
    return f"{message} Line {worst.line} adds the most, {worst.complexity}."

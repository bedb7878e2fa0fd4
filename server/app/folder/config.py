"""How a folder is configured: its settings and its baseline, and what is wrong with them.

All that reads or writes here blocks: it is for a thread.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from ... import settings
from ...disk import read_regular, why
from ...findings.baseline import Baseline
from ...findings.rule_names import coded, would_be_told
from ...findings.suppressions import EXPIRED, TOOL, UNUSED, has_looked
from ...journal.replace import replace
from ...model import Category, Confidence, Finding, Position, Range, Report, Severity, State
from ...settings import ConfigProblem, Layer, Loaded, Origin, Settings
from ...settings.ignored import Ignored, is_about, is_over, read_ignored
from ...settings.rule_lists import RuleList, with_rules
from ..results import baseline as baselines
from ..results.scan import FileView

_IGNORED = ("rules", "ignore")
_NOWHERE = Range(Position(0, 0), Position(0, 0))


def load_settings(
    root: Path | None, editor: Mapping[str, Any] | None, *, trusted: bool, today: date
) -> Loaded:
    """With all that is wrong with them, also as the analyzers, the rules and the tasks see it.
    ``root`` None: of no project; ``editor``: what the editor says, if there is one."""
    layers = [*settings.read_layers(root)]
    if editor is not None:
        layers.append(Layer(Origin.EDITOR, editor))
    loaded = settings.load(layers, trusted=trusted)
    return loaded._replace(problems=(*loaded.problems, *_problems(loaded, today)))


def withheld(loaded: Loaded) -> tuple[Report, ...]:
    """What is to be said of analyzers that a workspace brings along and is not trusted to run."""
    if not any(source.has(("analyzers",)) for source in loaded.sources):
        return ()
    from ...analyzers.programs.declared import withheld as names  # only when there is something

    why = "the workspace is not trusted"
    return tuple(Report(name, State.NOT_TRUSTED, why=why) for name in names(loaded))


def _problems(loaded: Loaded, today: date) -> Iterator[ConfigProblem]:
    own = loaded.settings
    if own.analyzers.custom or own.analyzers.plugins:
        from ...analyzers.programs.declared import problems  # only when there is something

        yield from problems(loaded)
    yield from _ended(loaded, today)
    triggers, usual = own.triggers, Settings().triggers
    if triggers.rules or own.tasks.custom or triggers.security_daily != usual.security_daily:
        from .rules import need_problems, rule_problems  # only when there is something

        yield from rule_problems(loaded)
        yield from need_problems(loaded)


def _ended(loaded: Loaded, today: date) -> Iterator[ConfigProblem]:
    """Entries of ``rules.ignore`` whose last day has passed, where they are written."""
    for index, text in enumerate(loaded.settings.rules.ignore):
        entry = read_ignored(text)
        if is_over(entry.until, today):
            reason = f" ({entry.reason})" if entry.reason else ""
            told = (
                f"{entry.rule} was ignored until {entry.until}{reason}; what it hid is shown again."
                " Remove the entry, or give it another day."
            )
            if found := loaded.problem(_IGNORED, index, told):
                yield found._replace(rule=EXPIRED)


def unused(
    loaded: Loaded,
    root: Path,
    views: Mapping[Path, FileView],
    withheld: AbstractSet[str],
    today: date,
) -> Iterator[ConfigProblem]:
    """Entries of ``rules.ignore`` in the project's settings file that let nothing be in all its
    files, which ``views`` are of; of an entry for some files, in those. Nothing is said where a
    tool that may have the rule did not look. ``withheld``: those that may not run at all."""
    needed = frozenset[Ignored]().union(*(view.ignored for view in views.values()))
    asked = {baselines.name_below(root, p): _looked(v, withheld) for p, v in views.items()}
    for index, text in enumerate(loaded.settings.rules.ignore):
        entry = read_ignored(text)
        if entry not in needed and not is_over(entry.until, today) and _is_idle(entry, asked):
            where = f"in {', '.join(entry.paths)}" if entry.paths else "here"
            told = f"Nothing {where} says {entry.rule}. Remove the entry."
            problem = loaded.problem(_IGNORED, index, told)
            if problem is not None and problem.path == settings.project_file(root):
                yield problem._replace(severity=Severity.LOW, rule=UNUSED)


class _Looked(NamedTuple):
    """The tools that looked at a file, and those that should have and were kept from it."""

    looked: frozenset[str]
    kept: frozenset[str]


def _looked(view: FileView, withheld: AbstractSet[str]) -> _Looked:
    looked = frozenset(report.tool for report in view.reports if has_looked(report))
    return _Looked(looked, frozenset(r.tool for r in view.reports) - looked | withheld)


def _is_idle(entry: Ignored, asked: Mapping[str, _Looked]) -> bool:
    """Whether the entry, which lets nothing be, would if there were something. ``asked`` is by
    path below the root."""
    if not coded(entry.rule.upper()):  # a name may be anybody's
        return False
    meant = {each for path, each in asked.items() if is_about(entry, path)}
    looked = frozenset[str]().union(*(each.looked for each in meant))
    kept = frozenset[str]().union(*(each.kept for each in meant))
    return would_be_told(entry.rule, "", looked, kept)


def load_baseline(root: Path | None) -> tuple[Baseline | None, tuple[ConfigProblem, ...]]:
    """None where there is none, or what is wrong with it. ``root`` None: of no project."""
    if root is None:
        return None, ()
    try:
        return baselines.read(root), ()
    except (OSError, ValueError) as error:
        told = f"The baseline cannot be read: {why(error)}. Correct it, or make it anew."
        file = baselines.baseline_file(root)
        return None, (ConfigProblem(file, _NOWHERE, Severity.HIGH, told),)


def list_rules(root: Path, listed: RuleList, rules: Sequence[str], journal: Path) -> None:
    """Write the rules into a list in the project's settings file; what stood there is recorded in
    ``journal``. Raises OSError, ValueError."""
    file = settings.project_file(root)
    text = ""
    with contextlib.suppress(FileNotFoundError):
        text = read_regular(file, settings.MAX_BYTES).decode("utf-8")
    what = f"{', '.join(rules)} into {listed}"
    replace(file, with_rules(text, listed, rules), journal, below=root, what=what)


def config_report(problems: Sequence[ConfigProblem]) -> Report:
    """What is wrong with a settings file, as findings in that file."""
    findings = tuple(
        Finding(
            TOOL,
            problem.rule,
            problem.message,
            problem.range,
            problem.severity,
            Category.QUALITY,
            Confidence.HIGH,
        )
        for problem in problems
    )
    return Report.of(TOOL, findings)

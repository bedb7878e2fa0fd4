"""Analyzers of other distributions: classes in the entry point group ``understudy.analyzers``.

Only what is installed beside Understudy is found, and nothing of it whose code lies in the
workspace, which cannot bring an analyzer along. It is loaded in the workers alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache, partial
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import NamedTuple, Protocol

from ..model import Finding, Report, State, Tier
from ..settings import Settings
from ..settings.analyzers import PluginAnalyzer
from ..text import decode
from ..trust import lies_in
from .answers import answer_each, no_verdict
from .base import Analyzer, Answer, Configuration, Files, Item, fingerprint
from .programs.rows import clean

GROUP = "understudy.analyzers"


class Plugin(Protocol):
    """What a class of the group makes, given the options of the settings."""

    def check(self, path: str, text: str) -> Iterable[Finding]:
        """What is found in a text; ``path`` says where it lies, or is to lie."""


class Context(NamedTuple):
    point: str
    options: tuple[tuple[str, str], ...]
    root: str


class _Unusable(Exception):
    """Why, and whether it is only missing."""

    def __init__(self, why: str, state: State = State.FAILED) -> None:
        super().__init__(why)
        self.state = state


def plugins(settings: Settings) -> list[Analyzer]:
    named = settings.analyzers.plugins.items()
    return [_analyzer(name, own) for name, own in named if own.enabled]


def _analyzer(name: str, own: PluginAnalyzer) -> Analyzer:
    return Analyzer(
        name=name,
        title=name,
        tier=Tier.DEEP,
        check=f"{__name__}:check",
        configure=partial(_configure, name),
        version=partial(_version, name),
        enabled=lambda settings: True,
        timeout=lambda settings: own.timeout_seconds,
        patterns=own.files,
    )


def _configure(
    name: str, _folder: Path, root: Path, settings: Settings, _files: Files
) -> Configuration:
    own = settings.analyzers.plugins[name]
    context = Context(name, tuple(sorted(own.options.items())), str(root))
    return Configuration(context, key=fingerprint(context))


@cache
def _points() -> dict[str, EntryPoint]:
    """Looking takes a while; what is installed does not change under us."""
    return {point.name: point for point in entry_points(group=GROUP)}


def _version(name: str) -> str:
    point = _points().get(name)
    return point.dist.version if point and point.dist else ""


def check(context: Context, items: tuple[Item, ...]) -> list[Answer]:
    return answer_each(context.point, items, partial(_check, context))


def _check(context: Context, path: str, content: bytes) -> Report:
    name = context.point
    try:
        plugin = _plugin(context)
    except _Unusable as error:
        return Report(name, error.state, why=str(error))
    try:
        text = decode(content)
    except ValueError as error:
        return no_verdict(name, State.NOT_ANALYSED, f"{name}: {error}")
    findings: list[Finding] = []
    try:
        findings += (_told(name, found) for found in plugin.check(path, text))
        return Report.of(name, tuple(findings))
    except Exception as error:  # noqa: BLE001 - somebody else's code
        why = clean(f"{name} did not check this file: {type(error).__name__}: {error}")
        failed = no_verdict(name, State.FAILED, why)
        return replace(failed, findings=(*findings, *failed.findings))


def _told(name: str, found: object) -> Finding:
    """As somebody else's code has it, in words that can be stored and sent. Raises TypeError."""
    if not isinstance(found, Finding):
        raise TypeError(f"it tells {found!r:.80}, which is no Finding")
    rule, message, url = map(clean, (found.rule, found.message, found.url))
    return replace(found, tool=name, rule=rule, message=message, url=url)


@cache
def _plugin(context: Context) -> Plugin:
    """One per configuration, kept for the worker's life. Raises _Unusable."""
    name = context.point
    point = _points().get(name)
    if point is None:
        why = f"there is no {name!r} among the entry points {GROUP}: install it beside Understudy"
        raise _Unusable(why, State.MISSING)
    if lies_in(point, Path(context.root)):
        raise _Unusable(f"the analyzer {name!r} is not used: its code is the workspace's")
    try:
        made: Plugin = point.load()(**dict(context.options))
        if not callable(getattr(made, "check", None)):
            raise TypeError(f"{point.value} has no 'def check(path, text)'")
    except Exception as error:
        why = f"the analyzer {name!r} cannot be used: {type(error).__name__}: {error}"
        raise _Unusable(why) from error
    return made

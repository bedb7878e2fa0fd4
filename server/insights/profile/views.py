"""What the sums of spans say: hot paths, slowest operations, waiting against running; and how often
an answer was known.

Pure. Own time is what no span inside accounts for, so that nothing is counted twice; a wait is no
work. Files are relative to the workspace.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import NamedTuple

from ...spans import WAITS, Key, Sum
from ...store.measured import Kept
from ...store.profile import Days

_HOT = 0.8


class WorkPath(NamedTuple):
    """One kind of work at one place. ``seconds`` are its own; ``share`` is of all work, from 0 to
    1; the rest is of single spans, in seconds, and ``memory`` in bytes."""

    name: str
    tool: str
    file: str
    times: int
    seconds: float
    share: float
    cpu: float
    memory: int
    median: float
    p95: float
    most: float


class Hot(NamedTuple):
    """The fewest paths that take 80 % of the time, of ``among`` paths and ``seconds`` in all;
    ``share`` is what they take, from 0 to 1."""

    paths: tuple[WorkPath, ...]
    among: int
    seconds: float
    share: float


class Asked(NamedTuple):
    """A tool, for an answer on a file: ``hits`` were known, for ``misses`` it had to run."""

    hits: int = 0
    misses: int = 0


class Tool(NamedTuple):
    """``waited`` and ``ran`` are seconds of ``runs`` together; ``hits`` and ``misses`` as
    ``Asked``."""

    name: str
    runs: int
    waited: float
    ran: float
    cpu: float
    memory: int
    hits: int
    misses: int

    @property
    def looked(self) -> int:
        """How often an answer was looked for."""
        return self.hits + self.misses

    @property
    def hit_rate(self) -> float | None:
        """From 0 to 1; None where nothing was looked up."""
        return rate(self.hits, self.misses)


class Profile(NamedTuple):
    """All of it. ``phases`` are by name, ``files`` by place; waits are among ``phases`` alone."""

    hot: Hot
    slowest: tuple[WorkPath, ...]
    phases: tuple[WorkPath, ...]
    tools: tuple[Tool, ...]
    files: tuple[WorkPath, ...]

    @property
    def waited(self) -> float:
        return sum(each.waited for each in self.tools)

    @property
    def ran(self) -> float:
        return sum(each.ran for each in self.tools)

    @property
    def hit_rate(self) -> float | None:
        """From 0 to 1; None where nothing was looked up."""
        return rate(sum(t.hits for t in self.tools), sum(t.misses for t in self.tools))


def asked(kept: Kept, days: Days) -> dict[str, Asked]:
    """What tools were asked in these days. What nobody had asked for yet is not among it."""
    since, until = map(date.fromisoformat, days)
    hits, misses = Counter[str](), Counter[str]()
    for recalled in kept.recalled:
        hits[recalled.tool] += recalled.files if since <= recalled.day <= until else 0
    for looked in kept.looked:
        counts = since <= looked.day <= until and not looked.ahead
        misses[looked.tool] += looked.files if counts else 0
    tools = (+hits).keys() | (+misses).keys()
    return {tool: Asked(hits[tool], misses[tool]) for tool in tools}


def rate(hits: int, misses: int) -> float | None:
    return hits / (hits + misses) if hits + misses else None


def profile(
    sums: Mapping[Key, Sum], asked: Mapping[str, Asked] | None = None, slowest: int = 10
) -> Profile:
    """``asked``: by the names of tools."""
    work = {key: each for key, each in sums.items() if key.name not in WAITS}
    paths = _paths(work, lambda key: (key.name, key.get("tool"), key.file))
    return Profile(
        _hot(paths),
        tuple(sorted(paths, key=lambda each: -each.most)[:slowest]),
        _paths(sums, lambda key: (key.name, "", "")),
        _tools(sums, asked or {}),
        _paths({k: s for k, s in work.items() if k.file}, lambda key: ("", "", key.file)),
    )


def _paths(
    sums: Mapping[Key, Sum], by: Callable[[Key], tuple[str, str, str]]
) -> tuple[WorkPath, ...]:
    """The longest first."""
    together: dict[tuple[str, str, str], Sum] = {}
    for key, each in sums.items():
        together.setdefault(by(key), Sum()).join(each)
    seconds = sum(each.own for each in together.values())
    paths = (
        WorkPath(
            *place,
            each.count,
            each.own,
            each.own / seconds if seconds else 0.0,
            each.cpu,
            each.memory,
            each.quantile(0.5),
            each.quantile(0.95),
            each.most,
        )
        for place, each in together.items()
    )
    return tuple(sorted(paths, key=lambda path: (-path.seconds, path)))


def _hot(paths: Iterable[WorkPath]) -> Hot:
    every = tuple(paths)
    taken = 0.0
    hot: list[WorkPath] = []
    for path in every:
        if taken >= _HOT or not path.seconds:
            break
        hot.append(path)
        taken += path.share
    return Hot(tuple(hot), len(every), sum(path.seconds for path in every), taken)


def _tools(sums: Mapping[Key, Sum], asked: Mapping[str, Asked]) -> tuple[Tool, ...]:
    """Whatever was run through the runner, or asked."""
    ran: dict[str, Sum] = {}
    waited: dict[str, Sum] = {}
    for key, each in sums.items():
        tool = key.get("tool")
        if key.name == "run":
            ran.setdefault(tool, Sum()).join(each)
        elif key.name == "queue":
            waited.setdefault(tool, Sum()).join(each)
    tools = (
        Tool(
            name,
            (of := ran.get(name, Sum())).count,
            waited.get(name, Sum()).total,
            of.total,
            of.cpu,
            of.memory,
            *asked.get(name, Asked()),
        )
        for name in {*ran, *asked}
    )
    return tuple(sorted(tools, key=lambda tool: (-tool.ran, tool.name)))

"""What the samples of a program say: hot lines and functions of the workspace. Pure.

A sample is the stack of one thread that was running. Its time is that of the line of the workspace
that is nearest to where it was: what a library does is the time of the line that called it.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from ...findings.redact_text import redacted
from .functions import Function, around, functions

_FOREIGN = ("/site-packages/", "/dist-packages/", "/node_modules/", "/.venv/", "/venv/", "/.tox/")
_PROCESS = re.compile(r'(process \d+:")(.*)"', re.DOTALL)
"""What a stack of one of several processes begins with: its command, with the arguments."""
_MOST = 500
"""Lines and functions that are told, the hottest."""


class Frame(NamedTuple):
    """Where a thread was; ``line`` is from 1."""

    function: str
    file: str
    line: int


Stack = tuple[Frame, ...]
"""The outermost first."""


class Samples(NamedTuple):
    """Of one run: how often each stack was seen, ``interval`` seconds apart."""

    stacks: Mapping[Stack, int]
    interval: float

    @property
    def many(self) -> int:
        return sum(self.stacks.values())


class HotLine(NamedTuple):
    """``line`` is from 1; ``own`` counts the samples whose time is its own, ``total`` also those of
    the lines that it called."""

    file: str
    line: int
    function: str
    own: int
    total: int


class HotFunction(NamedTuple):
    """By run, as in ``HotLine``. ``line`` is that of its ``def``, from 1, and ``digest`` its
    text's; 0 and empty where its file is not known as it ran."""

    file: str
    name: str
    line: int
    digest: str
    own: tuple[int, ...]
    total: tuple[int, ...]

    @property
    def samples(self) -> int:
        return sum(self.total)


class Told(NamedTuple):
    """``samples`` by run. ``outside`` of them were in no line of the workspace."""

    interval: float
    samples: tuple[int, ...]
    outside: int
    lines: tuple[HotLine, ...]
    functions: tuple[HotFunction, ...]

    @property
    def many(self) -> int:
        return sum(self.samples)

    @property
    def seconds(self) -> float:
        """In which some thread was running, of all runs."""
        return self.many * self.interval


def read(content: bytes) -> Samples:
    """What py-spy writes in the format of speedscope. Raises ValueError."""
    try:
        told = json.loads(content)
        frames = [
            Frame(str(each["name"]), str(each.get("file") or ""), int(each.get("line") or 0))
            for each in told["shared"]["frames"]
        ]
        stacks: Counter[Stack] = Counter()
        weights: set[float] = set()
        for each in told["profiles"]:
            weights.update(each["weights"])
            for sample in each["samples"]:
                stacks[tuple(frames[number] for number in sample)] += 1
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise ValueError(f"these are no samples: {error!r}") from error
    return Samples(stacks, min(weights, default=0.0))


def without_secrets(content: bytes) -> bytes:
    """What ``read`` can read, without the secrets that stand in the commands of processes."""
    told = json.loads(content)
    for frame in told["shared"]["frames"]:
        if not frame.get("file") and (found := _PROCESS.fullmatch(str(frame["name"]))):
            frame["name"] = f'{found[1]}{redacted(found[2])}"'
    return json.dumps(told, separators=(",", ":")).encode()


def told(runs: Sequence[Samples], root: str, source: Callable[[str], bytes | None]) -> Told:
    """``source`` gives the text of a file, by its path relative to the root, as it ran; None where
    that is not known. There is one run at least."""
    names = _Names(root, source)
    lines_own: Counter[tuple[str, int]] = Counter()
    lines_total: Counter[tuple[str, int]] = Counter()
    own = [Counter[_Name]() for _ in runs]
    total = [Counter[_Name]() for _ in runs]
    outside = 0
    for number, run in enumerate(runs):
        for stack, count in run.stacks.items():
            inside = [each for frame in stack if (each := names.of(frame)) is not None]
            if not inside:
                outside += count
                continue
            lines_own[inside[-1].place] += count
            own[number][inside[-1].name] += count
            for place in {each.place for each in inside}:
                lines_total[place] += count
            for name in {each.name for each in inside}:
                total[number][name] += count
    by_place = {each.place: each.name for each in names.known}
    lines = [
        HotLine(*place, by_place[place].function, lines_own[place], many)
        for place, many in lines_total.items()
    ]
    every = {name for each in total for name in each}
    hot = [
        HotFunction(
            name.file,
            name.function,
            name.line,
            name.digest,
            tuple(each[name] for each in own),
            tuple(each[name] for each in total),
        )
        for name in every
    ]
    lines.sort(key=lambda each: (-each.own, -each.total, each))
    hot.sort(key=lambda each: (-sum(each.own), -sum(each.total), each))
    counts = tuple(run.many for run in runs)
    interval = max(run.interval for run in runs)
    return Told(interval, counts, outside, tuple(lines[:_MOST]), tuple(hot[:_MOST]))


class _Name(NamedTuple):
    file: str
    function: str
    line: int
    digest: str


class _Place(NamedTuple):
    place: tuple[str, int]
    name: _Name


class _Names:
    """Of the frames that are in the workspace, looked up once each."""

    def __init__(self, root: str, source: Callable[[str], bytes | None]) -> None:
        self._root = f"{root}/"
        self._source = source
        self._frames: dict[Frame, _Place | None] = {}
        self._files: dict[str, tuple[Function, ...]] = {}

    @property
    def known(self) -> list[_Place]:
        return [each for each in self._frames.values() if each is not None]

    def of(self, frame: Frame) -> _Place | None:
        if frame not in self._frames:
            self._frames[frame] = self._look(frame)
        return self._frames[frame]

    def _look(self, frame: Frame) -> _Place | None:
        if not frame.file.startswith(self._root):
            return None
        file = frame.file.removeprefix(self._root)
        if any(each in f"/{file}" for each in _FOREIGN):
            return None
        if file not in self._files:
            content = self._source(file)
            self._files[file] = () if content is None else functions(content)
        place = around(self._files[file], frame.line - 1)
        if place is None:
            name = _Name(file, frame.function, 0, "")
        else:
            name = _Name(file, place.name, place.range.start.line + 1, place.digest)
        return _Place((file, frame.line), name)


def dumps(profile: Told) -> Any:
    """As JSON."""
    return {
        "interval": profile.interval,
        "samples": list(profile.samples),
        "outside": profile.outside,
        "lines": [each._asdict() for each in profile.lines],
        "functions": [each._asdict() for each in profile.functions],
    }


def loads(told: Any) -> Told:
    """What ``dumps`` made."""
    return Told(
        told["interval"],
        tuple(told["samples"]),
        told["outside"],
        tuple(HotLine(**each) for each in told["lines"]),
        tuple(
            HotFunction(**each | {"own": tuple(each["own"]), "total": tuple(each["total"])})
            for each in told["functions"]
        ),
    )

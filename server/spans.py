"""Timing: what is done, how long it takes, and what it is a part of. Importable from everywhere.

Nothing is recorded before ``record`` was called, and nothing after ``stop``: a ``span`` then is one
comparison. Times are seconds by a monotonic clock; a recorder tells when its clock began.

The newest spans are kept one by one, as many as the recorder's ``limit``; all are summed up by
name, place and attributes, in bounded room. An attribute is what sums are made by, so its values
are few: the name of a tool, an outcome, never the number of a job.
"""

from __future__ import annotations

import functools
import inspect
import itertools
import math
import threading
import time
from asyncio import CancelledError
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, NamedTuple, Self, TypeVar, cast

LIMIT = 5_000
_MOST_KEYS = 2_000
"""What is beyond them is summed up without its file and its attributes; beyond twice as many, as
``REST``."""
REST = "everything else"
WAITS = frozenset({"queue", "debounce"})
"""Spans in which something waits for its turn: no work."""
_FOLDED = 256
"""So many are summed up at once."""
_PER_OCTAVE = 4
_LEAST = 1e-6
_MOST_BUCKETS = 40 * _PER_OCTAVE
_LONGEST = 200
"""Characters of a name, and of an attribute."""

_Function = TypeVar("_Function", bound=Callable[..., Any])
_current: ContextVar[Span | None] = ContextVar("span", default=None)
_root: ContextVar[str] = ContextVar("root", default="")
_ids = itertools.count(1)
_clock = time.perf_counter


class Key(NamedTuple):
    """What is summed up together. ``root`` and ``file`` are absolute paths, or empty;
    ``attributes`` are in the order of their names."""

    name: str
    root: str = ""
    file: str = ""
    attributes: tuple[tuple[str, str], ...] = ()

    def get(self, attribute: str) -> str:
        """Empty where there is no such attribute."""
        return next((value for name, value in self.attributes if name == attribute), "")


@dataclass(slots=True, eq=False)
class Sum:
    """What spans of one key came to. ``own`` is the time that no span inside accounts for; ``most``
    the longest; ``memory`` the highest peak, in bytes. ``buckets`` count by length, four to a
    doubling."""

    count: int = 0
    total: float = 0.0
    own: float = 0.0
    most: float = 0.0
    cpu: float = 0.0
    memory: int = 0
    buckets: Counter[int] = field(default_factory=Counter)

    def add(self, seconds: float, own: float, cpu: float = 0.0, memory: int = 0) -> None:
        self.count += 1
        self.total += seconds
        self.own += own
        self.cpu += cpu
        self.most = max(self.most, seconds)
        self.memory = max(self.memory, memory)
        bucket = _bucket(seconds)
        self.buckets[bucket] = self.buckets.get(bucket, 0) + 1

    def join(self, other: Sum) -> None:
        self.count += other.count
        self.total += other.total
        self.own += other.own
        self.most = max(self.most, other.most)
        self.cpu += other.cpu
        self.memory = max(self.memory, other.memory)
        self.buckets.update(other.buckets)

    def quantile(self, share: float) -> float:
        """Seconds that this share of the spans did not exceed, to within a tenth; 0 of none."""
        left = share * sum(self.buckets.values())
        for bucket, count in sorted(self.buckets.items()):
            left -= count
            if left <= 0:
                return min(self.most, _LEAST * 2 ** ((bucket + 0.5) / _PER_OCTAVE))
        return self.most


def _bucket(seconds: float) -> int:
    if seconds <= _LEAST:
        return 0
    return min(_MOST_BUCKETS, int(math.log2(seconds / _LEAST) * _PER_OCTAVE))


def _texts(given: dict[str, str]) -> dict[str, str]:
    """A plug-in may give anything: what cannot be a key would be an error where all is summed up,
    and what is endless would be kept."""
    for value in given.values():
        if type(value) is not str or len(value) > _LONGEST:
            return {name: str(each)[:_LONGEST] for name, each in given.items()}
    return given


class Span:
    """One stretch of work. Frozen once it has ended.

    ``with`` it, work that awaits nothing also has the CPU time of its thread; ``async with`` it, or
    work that awaits, has what ``cost`` says of it. ``trace`` is the ``id`` of the first span above
    it, ``parent`` that of the next one (0: none), which may have ended before. The block must not
    yield: what others do meanwhile would be a part of it. See ``mark`` and ``add`` for that.
    """

    __slots__ = (
        "_outer",
        "_recorder",
        "attributes",
        "began",
        "cpu",
        "ended",
        "file",
        "id",
        "inner",
        "memory",
        "name",
        "parent",
        "root",
        "trace",
    )

    def __init__(
        self,
        recorder: Recorder,
        name: str,
        file: str | None,
        root: str | None,
        given: dict[str, str],
    ) -> None:
        self._recorder = recorder
        self.name = str(name)[:_LONGEST]
        self.attributes = _texts(given)
        self.id = next(_ids)
        self._outer = outer = _current.get()
        if outer is None:
            self.parent, self.trace = 0, self.id
            self.file, self.root = str(file or ""), str(root or _root.get())
        else:
            self.parent, self.trace = outer.id, outer.trace
            self.file = outer.file if file is None else str(file)
            self.root = str(root or outer.root or _root.get())
        self.began = self.ended = self.inner = self.cpu = 0.0
        self.memory = 0

    @property
    def seconds(self) -> float:
        return self.ended - self.began

    @property
    def own(self) -> float:
        """Seconds of which no span inside tells; none where those ran at the same time."""
        return max(0.0, self.ended - self.began - self.inner)

    @property
    def key(self) -> Key:
        given = self.attributes
        pairs = tuple(given.items()) if len(given) < 2 else tuple(sorted(given.items()))
        return Key(self.name, self.root, self.file, pairs)

    def set(self, **attributes: str) -> None:
        """What is known only now."""
        self.attributes.update(_texts(attributes))

    def cost(self, cpu_seconds: float, memory_bytes: int) -> None:
        """What it took elsewhere, as in another process."""
        self.cpu += cpu_seconds
        self.memory = max(self.memory, memory_bytes)

    def __enter__(self) -> Self:
        self._begin()
        self.cpu = -time.thread_time()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self.cpu += time.thread_time()
        self._end(kind)

    async def __aenter__(self) -> Self:
        self._begin()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        self._end(kind)

    def _begin(self) -> None:
        _current.set(self)
        self.began = _clock()

    def _end(self, kind: type[BaseException] | None) -> None:
        _current.set(self._outer)  # a token would have to be of this very context
        if kind is not None and "outcome" not in self.attributes:
            self.attributes["outcome"] = "cancelled" if kind is CancelledError else "failed"
        self.close(_clock())

    def close(self, at: float) -> None:
        """It ends at this time. Only for ``add``; a block closes its own."""
        self.ended = at
        outer, self._outer = self._outer, None
        if outer is not None and not outer.ended:
            outer.inner += at - self.began
        self._recorder.take(self)


class _Nothing(Span):
    """What is there while nothing is recorded."""

    __slots__ = ()

    def __init__(self) -> None:
        self.began = self.ended = self.inner = self.cpu = 0.0

    def set(self, **attributes: str) -> None:
        pass

    def cost(self, cpu_seconds: float, memory_bytes: int) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class Recorder:
    """What was recorded in this process. ``began`` is the clock's time at ``epoch``, in seconds
    since 1970. Any thread may add to it."""

    def __init__(self, limit: int = LIMIT, now: Callable[[], float] = time.time) -> None:
        self.epoch, self.began = now(), _clock()
        self._new: list[Span] = []
        self._newest: deque[Span] = deque(maxlen=limit)
        self._sums: dict[Key, Sum] = {}
        self._lock = threading.Lock()

    def at(self, clock: float) -> float:
        """A time of the clock as seconds since 1970."""
        return self.epoch + clock - self.began

    def resize(self, limit: int) -> None:
        with self._lock:
            self._newest = deque(self._newest, limit)

    @property
    def limit(self) -> int:
        return self._newest.maxlen or 0

    def take(self, span: Span) -> None:
        """One has ended."""
        self._new.append(span)
        if len(self._new) >= _FOLDED:
            self._fold()

    def newest(self, after: int = 0) -> list[Span]:
        """The spans that are kept, in the order in which they ended; of those only what ended
        since the one with the id ``after`` did, where that is kept."""
        self._fold()
        with self._lock:
            kept = list(self._newest)
        places = [place for place, span in enumerate(kept) if span.id == after]
        return kept[places[0] + 1 :] if places else kept

    def sums(self) -> dict[Key, Sum]:
        """What came together since they were taken last; they begin anew."""
        self._fold()
        with self._lock:
            taken, self._sums = self._sums, {}
        return taken

    def _fold(self) -> None:
        with self._lock:
            new, self._new = self._new, []
            for span in new:
                self._sum_of(span.key).add(span.seconds, span.own, span.cpu, span.memory)
            self._newest.extend(new)

    def _sum_of(self, key: Key) -> Sum:
        if (known := self._sums.get(key)) is not None:
            return known
        if len(self._sums) >= _MOST_KEYS:
            key = Key(key.name, key.root)
        if len(self._sums) >= 2 * _MOST_KEYS and key not in self._sums:
            key = Key(REST)
        return self._sums.setdefault(key, Sum())


_recorder: Recorder | None = None
_NOTHING = _Nothing()


def record(limit: int = LIMIT) -> Recorder:
    """Record from now on, into the recorder that there is or a new one."""
    global _recorder  # noqa: PLW0603 - what is timed knows of nobody to whom to tell it
    if _recorder is None:
        _recorder = Recorder(limit)
    elif _recorder.limit != limit:
        _recorder.resize(limit)
    return _recorder


def stop() -> None:
    """Record nothing from now on, and forget what was recorded."""
    global _recorder  # noqa: PLW0603
    _recorder = None


def recorder() -> Recorder | None:
    """None while nothing is recorded."""
    return _recorder


def span(name: str, *, file: str | None = None, root: str | None = None, **attributes: str) -> Span:
    """Times the block under it. The file and the root, absolute paths, are those of the span above
    where none are given."""
    if _recorder is None:
        return _NOTHING
    return Span(_recorder, name, file, root, attributes)


@contextmanager
def within(root: str) -> Iterator[None]:
    """What is done inside, and in the tasks that begin there, belongs to this root unless it says
    otherwise."""
    before = _root.get()
    _root.set(root)
    try:
        yield
    finally:
        _root.set(before)


def timed(name: str = "", **attributes: str) -> Callable[[_Function], _Function]:
    """Decorates a function or a coroutine function: each call is a span. ``name``: in place of its
    own. Raises TypeError for a generator function, whose call does nothing yet."""

    def decorate(function: _Function) -> _Function:
        called = name or function.__qualname__
        if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
            raise TypeError(
                f"{called} is a generator function: time what it does with mark and add"
            )
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def timed_coroutine(*given: Any, **named: Any) -> Any:
                async with span(called, **attributes):
                    return await function(*given, **named)

            return cast("_Function", timed_coroutine)

        @functools.wraps(function)
        def timed_function(*given: Any, **named: Any) -> Any:
            with span(called, **attributes):
                return function(*given, **named)

        return cast("_Function", timed_function)

    return decorate


def mark() -> float:
    """A time to begin a span with that is added later."""
    return 0.0 if _recorder is None else _clock()


def add(
    name: str,
    began: float,
    ended: float = 0.0,
    *,
    cost: tuple[float, int] = (0.0, 0),
    file: str | None = None,
    root: str | None = None,
    **attributes: str,
) -> None:
    """A span that was: from a ``mark`` to another, or to now. ``cost``: CPU seconds, bytes."""
    if _recorder is None or not began:
        return
    added = Span(_recorder, name, file, root, attributes)
    added.began = began
    added.cost(*cost)
    added.close(max(began, ended or _clock()))

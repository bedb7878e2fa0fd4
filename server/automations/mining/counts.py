"""How often each sequence of templates was done: an incremental, bounded count. Pure.

Occurrences of a sequence do not overlap: of those in a stream, the first counts, then the first
that begins after its end, and so on. What is one sequence repeated (``a b a b``) is none itself,
but where the files of each further time are called after those of the first (``mv a.py b.py``, then
``mv test_a.py test_b.py``); one template repeated with other arguments is a run, counted as the
sequence of one template.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator

from ..paths import is_called_after
from .events import GAP, Event

SHORTEST, LONGEST = 2, 6
KEPT = 8
"""So many of the last occurrences are kept of each sequence."""
LONGEST_RUN = 50
_SESSIONS = 256
_RECENT = 100
_SEQUENCES = 60_000
"""Those that were not seen for the longest time are forgotten: about 10,000 tasks."""

Sequence = tuple[str, ...]
Occurrence = tuple[Event, ...]


class Entry:
    """Of one sequence. ``first`` and ``last``: numbers of the events it ended with; ``gap``: events
    between the last two ends. ``blocks``: the distinct blocks of 50 and of 200 events that it was
    in. ``began``: when the first was. ``occurrences``: the last of them."""

    __slots__ = ("began", "blocks", "count", "first", "gap", "last", "occurrences")

    def __init__(self) -> None:
        self.count = self.first = self.last = self.gap = 0
        self.blocks = (0, 0)
        self.began = 0.0
        self.occurrences: tuple[Occurrence, ...] = ()

    def add(self, occurrence: Occurrence) -> None:
        number = occurrence[-1].number
        if not self.count:
            self.began = occurrence[0].at
            self.first = self.last = number
            self.blocks = (1, 1)
        few, many = self.blocks
        few += number // 50 != self.last // 50
        many += number // 200 != self.last // 200
        self.blocks = (few, many)
        self.count += 1
        self.gap, self.last = number - self.last, number
        self.occurrences = (*self.occurrences[1 - KEPT :], occurrence)


class _Stream:
    """The last events of a session without a long pause. ``position``: how many there were;
    ``until``: the one with which the last occurrence of a sequence ended. ``run``: the last events
    that have the same template, and each another argument than the one before. ``aside``: those of
    what somebody works in, which parts no other run."""

    __slots__ = ("aside", "ended", "events", "position", "run", "until")

    def __init__(self) -> None:
        self.position = 0
        self.until: dict[Sequence, int] = {}
        self.ended = float("inf")
        self.events: deque[Event] = deque(maxlen=LONGEST)
        self.run: list[Event] = []
        self.aside: list[Event] = []


class Counts:
    def __init__(self) -> None:
        self.entries: OrderedDict[Sequence, Entry] = OrderedDict()
        self.singles: OrderedDict[Sequence, Entry] = OrderedDict()
        """Each task, whatever is around it."""
        self._streams: OrderedDict[str, _Stream] = OrderedDict()

    def add(self, session: str, event: Event) -> Iterator[tuple[Sequence, Entry]]:
        """The sequences that this completes, as they are counted now, shortest first. To be read
        to its end."""
        stream = self._stream(session, event)
        if event.is_aside:
            stream.aside, entry = self._run(stream.aside, event)
            if entry is not None:
                yield (event.template,), entry
            return
        stream.aside = []
        self._entry((event.template,), self.singles).add((event,))
        stream.events.append(event)
        stream.position += 1
        if len(stream.until) > _RECENT:
            oldest = stream.position - LONGEST
            stream.until = {each: end for each, end in stream.until.items() if end > oldest}
        stream.run, entry = self._run(stream.run, event)
        if entry is not None:
            yield (event.template,), entry
        events = tuple(stream.events)
        templates = tuple(each.template for each in events)
        for length in range(SHORTEST, len(events) + 1):
            sequence = templates[-length:]
            if repeats(sequence) and not _follow(events[-length:]):
                continue
            entry = self._entry(sequence)
            if stream.until.get(sequence, 0) > stream.position - length:
                continue
            stream.until[sequence] = stream.position
            entry.add(events[-length:])
            yield sequence, entry

    def uses(self, template: str) -> Occurrence:
        """The last times that it was done, whatever was around it."""
        entry = self.singles.get((template,))
        return tuple(event for (event,) in entry.occurrences) if entry else ()

    def _run(self, run: list[Event], event: Event) -> tuple[list[Event], Entry | None]:
        """The run with this event, and its entry where this is its second one."""
        if not run or run[-1].template != event.template:
            return [event], None
        if run[-1].command.words != event.command.words and len(run) < LONGEST_RUN:
            run.append(event)
            entry = self._entry((event.template,))
            if len(run) == SHORTEST:
                entry.add(tuple(run))
                return run, entry
            entry.occurrences = (*entry.occurrences[:-1], tuple(run))
        return run, None

    def _entry(
        self, sequence: Sequence, entries: OrderedDict[Sequence, Entry] | None = None
    ) -> Entry:
        entries = self.entries if entries is None else entries
        entry = entries.get(sequence)
        if entry is None:
            entry = entries[sequence] = Entry()
            if len(entries) > _SEQUENCES:
                entries.popitem(last=False)
        else:
            entries.move_to_end(sequence)
        return entry

    def _stream(self, session: str, event: Event) -> _Stream:
        stream = self._streams.get(session)
        if stream is None or event.at - stream.ended > GAP:
            stream = self._streams[session] = _Stream()
            if len(self._streams) > _SESSIONS:
                self._streams.popitem(last=False)
        self._streams.move_to_end(session)
        stream.ended = event.at + (event.seconds or 0)
        return stream


_PARTS = {2: (1,), 3: (1,), 4: (2,), 5: (1,), 6: (2, 3)}
"""Where one of that length begins again; what begins again earlier does so here, too."""


def repeats(sequence: Sequence) -> bool:
    """Whether it, of two or more, is a shorter one, twice or more."""
    parts = _PARTS[len(sequence)]
    begin = parts[0]
    if sequence[begin:] == sequence[:-begin]:
        return True
    return any(sequence[part:] == sequence[:-part] for part in parts[1:])


def period(sequence: Sequence) -> int:
    """The length of the shortest that it is, once or more."""
    length = len(sequence)
    return next(n for n in range(1, length + 1) if sequence == sequence[:n] * (length // n))


def _follow(events: Occurrence) -> bool:
    """Whether each further time differs from the first in files alone that are called after its."""
    length = period(tuple(each.template for each in events))
    later = (events[at : at + length] for at in range(length, len(events), length))
    return all(_is_after(each, events[:length]) for each in later)


def _is_after(events: Occurrence, first: Occurrence) -> bool:
    differ = False
    for event, other in zip(events, first, strict=True):
        arguments = event.command.arguments, other.command.arguments
        if len(arguments[0]) != len(arguments[1]):
            return False  # a word in quotes may read like a place: `'make <text>'`
        for one, two in zip(*arguments, strict=True):
            if one.value != two.value:
                differ = True
                if not (one.is_file and is_called_after(one.value, two.value)):
                    return False
    return differ

"""How often each sequence of templates was done: an incremental, bounded count. Pure.

Occurrences of a sequence do not overlap: of those in a stream, the first counts, then the first
that begins after its end, and so on. What is one sequence repeated (``a b a b``) is none itself;
one template repeated with other arguments is a run, counted as the sequence of one template.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator

from .events import GAP, Event

SHORTEST, LONGEST = 2, 6
KEPT = 8
"""So many of the last occurrences are kept of each sequence."""
LONGEST_RUN = 50
_SESSIONS = 256
_SEQUENCES = 60_000
"""Those that were not seen for the longest time are forgotten: about 10,000 tasks."""

Sequence = tuple[str, ...]
Occurrence = tuple[Event, ...]


class Entry:
    """Of one sequence. ``first`` and ``last``: numbers of the events it ended with; ``gap``: events
    between the last two ends. ``blocks``: the distinct blocks of 50 and of 200 events that it was
    in. ``began``: when the first was. ``until``: the stream and the place in it that are counted.
    """

    __slots__ = ("began", "blocks", "count", "first", "gap", "last", "occurrences", "until")

    def __init__(self) -> None:
        self.count = self.first = self.last = self.gap = 0
        self.blocks = (0, 0)
        self.began = 0.0
        self.until = (0, 0)
        self.occurrences: deque[Occurrence] = deque(maxlen=KEPT)

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
        self.occurrences.append(occurrence)


class _Stream:
    """The last events of a session without a long pause. ``run``: the last ones that have the same
    template, and each another argument than the one before."""

    __slots__ = ("ended", "events", "number", "position", "run")

    def __init__(self, number: int) -> None:
        self.number = number
        self.position = 0
        self.ended = float("inf")
        self.events: deque[Event] = deque(maxlen=LONGEST)
        self.run: list[Event] = []


class Counts:
    def __init__(self) -> None:
        self.entries: OrderedDict[Sequence, Entry] = OrderedDict()
        self._streams: OrderedDict[str, _Stream] = OrderedDict()
        self._begun = 0

    def add(self, session: str, event: Event) -> Iterator[tuple[Sequence, Entry]]:
        """The sequences that this completes, as they are counted now, shortest first. To be read
        to its end."""
        stream = self._stream(session, event)
        stream.events.append(event)
        stream.position += 1
        if (entry := self._run(stream, event)) is not None:
            yield (event.template,), entry
        events = tuple(stream.events)
        templates = tuple(each.template for each in events)
        for length in range(SHORTEST, len(events) + 1):
            sequence = templates[-length:]
            if _repeats(sequence):
                continue
            entry = self._entry(sequence)
            begin = stream.position - length
            if entry.until[0] == stream.number and begin < entry.until[1]:
                continue
            entry.until = (stream.number, stream.position)
            entry.add(events[-length:])
            yield sequence, entry

    def _run(self, stream: _Stream, event: Event) -> Entry | None:
        """The entry of the run that this begins, with its second event."""
        run = stream.run
        if not run or run[-1].template != event.template:
            stream.run = [event]
        elif run[-1].command.words != event.command.words and len(run) < LONGEST_RUN:
            run.append(event)
            entry = self._entry((event.template,))
            if len(run) == SHORTEST:
                entry.add(tuple(run))
                return entry
            entry.occurrences[-1] = tuple(run)
        return None

    def _entry(self, sequence: Sequence) -> Entry:
        entry = self.entries.get(sequence)
        if entry is None:
            entry = self.entries[sequence] = Entry()
            if len(self.entries) > _SEQUENCES:
                self.entries.popitem(last=False)
        else:
            self.entries.move_to_end(sequence)
        return entry

    def _stream(self, session: str, event: Event) -> _Stream:
        stream = self._streams.get(session)
        if stream is None or event.at - stream.ended > GAP:
            self._begun += 1
            stream = self._streams[session] = _Stream(self._begun)
            if len(self._streams) > _SESSIONS:
                self._streams.popitem(last=False)
        self._streams.move_to_end(session)
        stream.ended = event.at + (event.seconds or 0)
        return stream


def _repeats(sequence: Sequence) -> bool:
    """Whether it is a shorter one, twice or more."""
    length = len(sequence)
    return any(
        length % part == 0 and sequence == sequence[:part] * (length // part)
        for part in range(1, length // 2 + 1)
    )

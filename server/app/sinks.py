"""What the core tells the outside. A front implements it; nothing comes back through it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from ..fixes.offers import Offer
from ..model import Problem, Status


class Text(NamedTuple):
    """A file's text, as it is on disk or in an editor; ``language`` is the editor's name of it."""

    path: str
    text: str
    language: str = ""


class FileFix(NamedTuple):
    """What makes the safe cases of a rule go away in one file; ``offer`` is made against its
    text."""

    file: Text
    offer: Offer


class Progress(Protocol):
    def report(self, message: str, fraction: float) -> None:
        """``fraction`` is between 0 and 1."""

    def end(self, message: str) -> None: ...


class Sink(Protocol):
    def problems(
        self, uri: str, version: int | None, text: str | None, problems: Sequence[Problem]
    ) -> None:
        """All that is to be seen of ``uri``. ``text`` None: the file on disk is meant."""

    def status(self, status: Status) -> None: ...

    def message(self, text: str, *, error: bool = False) -> None:
        """A sentence for the user: what happened, why, what to do."""

    def replace_text(self, uri: str, text: str) -> None:
        """Ask the editor to make this the text of an open document."""

    def fix(self, uri: str, fix: FileFix) -> None:
        """Ask the editor to make a fix in an open document now, if its text is still that one."""

    def begin(self, title: str, cancel: Callable[[], object]) -> Progress:
        """Show that something takes long; ``cancel`` is the user's button."""

    def ask_trust(self, root: Path) -> None:
        """Ask whether a workspace is trusted; the answer comes as an event."""

    def jobs(self, listed: Mapping[str, Any]) -> None:
        """The tasks and jobs of one folder, when they have changed: ``Background.listed``."""

    def job_output(self, root: Path, job: int, text: str) -> None:
        """Something that a running job printed."""

    def learned(self, listed: Mapping[str, Any]) -> None:
        """What is learned in one folder, when it has changed: ``learning.view``."""

    def lenses_changed(self) -> None:
        """What can be run by a click may be something else, although no document has changed."""

    def trial_output(self, root: Path, text: str) -> None:
        """Something that a command printed that is tried in the sandbox."""

    def ask_again(self, root: Path, job: int, what: str) -> None:
        """Ask whether an interrupted job is to be run again; the answer comes as an event."""


SLOW_SECONDS = 0.5


class _Late:
    """Progress that is not seen before it was worth it."""

    def __init__(self) -> None:
        self.shown: Progress | None = None

    def report(self, message: str, fraction: float) -> None:
        if self.shown is not None:
            self.shown.report(message, fraction)

    def end(self, message: str) -> None:
        if self.shown is not None:
            self.shown.end(message)


@contextmanager
def when_slow(sink: Sink, title: str, cancel: Callable[[], object]) -> Iterator[Progress]:
    """Show the work inside, with a cancel button, once it has taken ``SLOW_SECONDS``."""
    late = _Late()

    def show() -> None:
        late.shown = sink.begin(title, cancel)

    timer = asyncio.get_running_loop().call_later(SLOW_SECONDS, show)
    try:
        yield late
    finally:
        timer.cancel()
        late.end("")

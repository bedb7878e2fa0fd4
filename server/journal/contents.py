"""The contents of one entry of a journal, in one file: one for each takes longer than all else."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import BinaryIO

from .change import Change, Entry, State

_CHUNK = 1 << 20


class Contents:
    """Each is there once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._starts: dict[str, int] = {}

    def keep(self, change: Change, live: Callable[[str], int]) -> Change:
        """With where there is what it leads from and to. Raises OSError, also when something is not
        what its state says."""
        before, after = change.before, change.after
        if before and before.entry is Entry.FILE:
            if before.content is None:
                with os.fdopen(live(change.old or change.path), "rb") as file:
                    chunks = iter(partial(file.read, _CHUNK), b"")
                    before = self._write(before, chunks, change.path)
            else:  # in a buffer that is not saved
                before = self._write(before, before.chunks(), change.path)
        if after and after.entry is Entry.FILE:
            start = self._starts.get(after.digest)
            if start is None:
                after = self._write(after, after.chunks(), change.path)
            else:
                after = replace(after, start=start)
        return replace(change, before=before, after=after)

    def _write(self, state: State, chunks: Iterable[bytes], path: str) -> State:
        start, digest = self._file.tell(), hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
            self._file.write(chunk)
        if digest.hexdigest() != state.digest:
            raise OSError(errno.ESTALE, "It was changed meanwhile", path)
        self._starts[state.digest] = start
        return replace(state, start=start)

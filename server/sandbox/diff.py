"""What would change, as a diff for people that git can apply. Pure, but for reading contents."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher

from ..journal.change import Change, Entry, State
from ..sizes import size
from ..text import Opcode, opcodes

_LONGEST = 1 << 20
"""Bytes of a file whose lines are compared for people, or that is written out for git."""
_MOST_WRITTEN = 4 << 20
"""Bytes of what is no text that are written out in one diff. Each 10 MB take a second."""
_LINE = 52
"""Bytes in a line of what is no text."""
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""How many there are in it, from one."""
_NOTHING = "/dev/null"
_FILES, _PROGRAMS = (0o600, 0o644, 0o664), (0o700, 0o755, 0o775)
_PLAIN = {Entry.FILE: _FILES, Entry.FOLDER: _PROGRAMS}
"""The modes of what is new that need no word."""
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class _Room:
    """For what is no text, in bytes."""

    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, size: int) -> None:
        """Raises OverflowError when there is too little."""
        if size > self._left:
            raise OverflowError
        self._left -= size


def diff(changes: Iterable[Change]) -> str:
    """A unified diff as git writes it, without indices of texts; of what is no text it is told that
    it differs. What git has no words for (folders, modes but for the right to be executed, what is
    too large or cannot be read) is told in lines that begin with ``#``, which ``git apply`` passes
    over. Names are without control characters; texts are as they are, and whoever sends them to a
    terminal sees to that."""
    return "".join(line for change in changes for line in _lines_of(change, None))


def patch(changes: Iterable[Change]) -> Iterator[str]:
    """The same, a part at a time, with what is no text written out, for a repository of SHA-1 or
    for none; of much, the first of it."""
    room = _Room(_MOST_WRITTEN)
    for change in changes:
        yield from _lines_of(change, room)


def _lines_of(change: Change, room: _Room | None) -> Iterator[str]:
    before, after, old = change.before, change.after, change.old or change.path
    if before and after and before.entry is not after.entry:
        yield from _one(old, old, before, None, room)
        yield from _one(change.path, change.path, None, after, room)
    else:
        yield from _one(old, change.path, before, after, room)


def _one(
    old: str, new: str, before: State | None, after: State | None, room: _Room | None
) -> Iterator[str]:
    """Both states are of one kind, where there are two."""
    state = after or before
    assert state is not None
    what = _what(old, new, before, after)
    if state.entry in (Entry.FOLDER, Entry.SPECIAL):
        named = "" if state.entry is Entry.FOLDER else " (no file, folder or link)"
        yield f"# {what}{named}{_modes(before, after)}\n"
        return
    is_same = before is not None and before.holds(after)
    largest = max(each.size for each in (before, after) if each)
    try:
        if not is_same and largest > _LONGEST:
            raise OverflowError
        body = [] if is_same else [*_body(old, new, before, after, room)]
    except OverflowError:
        yield f"# {what}, too large to show: {size(largest)}{_modes(before, after)}\n"
        return
    except OSError:
        yield f"# {what}, cannot be read any more{_modes(before, after)}\n"
        return
    if modes := _untold(before, after):
        yield f"# {what}{modes}\n"
    header = [*_header(old, new, before, after)]
    if header or body:
        yield f"diff --git {quoted(f'a/{old}')} {quoted(f'b/{new}')}\n"
        yield from header
        yield from body


def _what(old: str, new: str, before: State | None, after: State | None) -> str:
    state = after or before
    kind = "folder " if state and state.is_folder else ""
    if before is None:
        return f"new {kind}{quoted(new)}"
    if after is None:
        return f"deleted {kind}{quoted(old)}"
    return f"{kind}{quoted(old)}" + (f" renamed to {quoted(new)}" if old != new else "")


def _header(old: str, new: str, before: State | None, after: State | None) -> Iterator[str]:
    if before is None and after is not None:
        yield f"new file mode {_git_mode(after)}\n"
    elif after is None and before is not None:
        yield f"deleted file mode {_git_mode(before)}\n"
    elif before is not None and after is not None:
        if _git_mode(before) != _git_mode(after):
            yield f"old mode {_git_mode(before)}\nnew mode {_git_mode(after)}\n"
        if old != new:
            yield f"rename from {quoted(old)}\nrename to {quoted(new)}\n"


def _body(
    old: str, new: str, before: State | None, after: State | None, room: _Room | None
) -> Iterator[str]:
    """Raises OSError, OverflowError."""
    source = quoted(f"a/{old}") if before else _NOTHING
    target = quoted(f"b/{new}") if after else _NOTHING
    content = [each.read() if each else b"" for each in (before, after)]
    texts = [_text(each) for each in content]
    if texts[0] is None or texts[1] is None:
        if room:
            room.take(sum(map(len, content)))
            ids = f"{_id(content[0], before)}..{_id(content[1], after)}"
            yield f"index {ids}\nGIT binary patch\n"
            yield from _literal(content[1])
            yield from _literal(content[0])  # the way back
        else:
            yield f"Binary files {source} and {target} differ\n"
        return
    names = [f"{each}\t" if " " in each else each for each in (source, target)]
    hunks = [*_hunks(texts[0], texts[1])]
    if hunks:
        yield f"--- {names[0]}\n+++ {names[1]}\n"
    for line in hunks:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _id(content: bytes, state: State | None) -> str:
    """By which git knows it."""
    if state is None:
        return "0" * 40
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _literal(content: bytes) -> Iterator[str]:
    yield f"literal {len(content)}\n"
    packed = zlib.compress(content)
    for at in range(0, len(packed), _LINE):
        piece = packed[at : at + _LINE]
        yield f"{_LETTERS[len(piece) - 1]}{base64.b85encode(piece, pad=True).decode()}\n"
    yield "\n"


class _Compared(SequenceMatcher[str]):
    """Groups what is found otherwise."""

    def __init__(self, found: list[Opcode]) -> None:
        super().__init__()
        self._found = found

    def get_opcodes(self) -> list[Opcode]:
        return self._found


def _hunks(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    for group in _Compared(opcodes(old, new)).get_grouped_opcodes():
        (_, first, _, begin, _), (_, _, last, _, end) = group[0], group[-1]
        yield f"@@ -{_range(first, last)} +{_range(begin, end)} @@\n"
        for kind, first, last, begin, end in group:
            if kind == "equal":
                yield from (f" {line}" for line in old[first:last])
                continue
            yield from (f"-{line}" for line in old[first:last])
            yield from (f"+{line}" for line in new[begin:end])


def _range(start: int, stop: int) -> str:
    """Counted from one; what is empty is named by the line before it."""
    length = stop - start
    if length == 1:
        return f"{start + 1}"
    return f"{start + (length > 0)},{length}"


def _text(content: bytes) -> list[str] | None:
    """Lines; None for what is no text."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else re.findall(r"[^\n]*\n|[^\n]+", text)


def _git_mode(state: State) -> str:
    """The three that git knows."""
    if state.entry is Entry.LINK:
        return "120000"
    return "100755" if state.mode & 0o100 else "100644"


def _untold(before: State | None, after: State | None) -> str:
    """The modes, where git's do not tell of them."""
    if after is None or after.entry is Entry.LINK:
        return ""
    if before is None:
        return "" if after.mode in (*_FILES, *_PROGRAMS) else f", mode {after.mode:04o}"
    is_told = (before.mode ^ after.mode) & ~0o111 == 0 and before.mode & 0o100 != after.mode & 0o100
    return "" if is_told else _modes(before, after)


def _modes(before: State | None, after: State | None) -> str:
    """For where git's are not told."""
    if before and after and before.mode != after.mode:
        return f", mode {before.mode:04o} to {after.mode:04o}"
    if after and not before and after.entry in _PLAIN:
        return "" if after.mode in _PLAIN[after.entry] else f", mode {after.mode:04o}"
    return ""


def quoted(name: str) -> str:
    """As git quotes a name, with ``core.quotePath`` off: what a person can read stays as it is."""
    told = "".join(_escaped(each) for each in name)
    return name if told == name else f'"{told}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    return "".join(f"\\{byte:03o}" for byte in os.fsencode(character))

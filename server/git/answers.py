"""What git prints, read: of plumbing, whose forms do not change. Pure."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import NamedTuple

OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
"""The name of an object."""
FILES = ("100644", "100755")
"""The modes of regular files."""
_SHA1 = 40


class Head(NamedTuple):
    """``branch`` is empty when none is checked out, ``commit`` before the first commit."""

    branch: str
    commit: str


class Blob(NamedTuple):
    """One regular file as git has it; ``path`` is below the root, with slashes."""

    path: str
    oid: str
    is_executable: bool = False


class Operation(NamedTuple):
    """What a commit did with a file: ``status`` is A, M, T, D or R; ``old`` is the path that it had
    and ``new`` the one that it has now, empty where there is none."""

    status: str
    old: str
    new: str


class Push(NamedTuple):
    """A line that git gives to pre-push; an ``oid`` is empty where a side has no such ref."""

    local_ref: str
    local_oid: str
    remote_ref: str
    remote_oid: str


def pushes(text: str) -> tuple[Push, ...]:
    """Reads what git writes to pre-push. Raises ValueError for anything else."""
    found = []
    for line in filter(None, text.split("\n")):
        local_ref, local, remote_ref, remote = line.rsplit(" ", 3)
        if not (OBJECT.fullmatch(local) and OBJECT.fullmatch(remote)):
            raise ValueError(f"not a line of pre-push: {line!r:.80}")
        found.append(Push(local_ref, _or_none(local), remote_ref, _or_none(remote)))
    return tuple(found)


def is_stored_as(content: bytes, oid: str) -> bool:
    """Whether these bytes, as they are, are the blob of that name."""
    header = f"blob {len(content)}\0".encode()
    kind = hashlib.sha1 if len(oid) == _SHA1 else hashlib.sha256
    return kind(header + content, usedforsecurity=False).hexdigest() == oid


def as_path(answer: bytes) -> Path:
    return Path(os.fsdecode(answer.removesuffix(b"\n")))


def as_text(answer: bytes) -> str:
    return answer.decode("utf-8", "replace").strip()


def _or_none(oid: str) -> str:
    return oid if oid.strip("0") else ""


def read_blobs(raw: bytes) -> tuple[Blob, ...]:
    """Reads ``:mode mode oid oid status NUL path NUL``, the form of diff-index and diff-tree."""
    parts = raw.split(b"\0")
    pairs = zip(parts[:-1:2], parts[1::2], strict=False)
    rows = ((about.decode().split(" "), os.fsdecode(path)) for about, path in pairs)
    return tuple(Blob(path, row[3]) for row, path in rows if row[1] in FILES)


def read_operations(raw: bytes) -> dict[str, list[Operation]]:
    """Reads ``commit NUL``, and for each of its files ``status NUL path NUL``, for what was renamed
    with both paths: the form of diff-tree."""
    found: dict[str, list[Operation]] = {}
    ops: list[Operation] = []
    parts = iter(map(os.fsdecode, raw.split(b"\0")[:-1]))
    for part in parts:
        if OBJECT.fullmatch(part):
            ops = found[part] = []
            continue
        status, old = part[0], next(parts)
        new = next(parts) if status == "R" else old
        ops.append(Operation(status, "" if status == "A" else old, "" if status == "D" else new))
    return found


def read_past(raw: bytes) -> dict[str, list[str]]:
    """Reads what diff-tree prints of commits, the newest first, with renames, as ``blobs``."""
    found: dict[str, list[str]] = {}
    known_as: dict[str, str] = {}
    parts = iter(map(os.fsdecode, raw.split(b"\0")[:-1]))
    for about in parts:
        _, mode, old, oid, kind = about.split(" ")
        before = next(parts)
        after = next(parts) if kind.startswith("R") else before
        name = known_as.get(after, after)
        if kind.startswith("R"):
            known_as[before] = name
            known_as[after] = ""  # what bore that name before is another file
        if name and mode in FILES and oid != old:
            found.setdefault(name, []).append(oid)
    return found

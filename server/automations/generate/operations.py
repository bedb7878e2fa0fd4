"""From the steps of a pattern to those of a script: what is done, as data. Pure."""

from __future__ import annotations

from typing import NamedTuple

from ..pattern import Create, Delete, Move, Part, Place, Step, Text
from .literal import Value

ALL = "**"
_QUOTED = {"*": "[*]", "?": "[?]", "[": "[[]", "{": "{{", "}": "}}"}
"""In a glob of a script."""


class Unfit(ValueError):
    """No script can be made of it; the message tells people why."""


class Operation(NamedTuple):
    """A step of a script. ``data["do"]`` is its kind. ``read`` and ``write``: globs below the
    workspace; ``network``: hosts; ``run``: programs. ``doubt``: why it may not be the same as what
    was done; empty where there is none."""

    data: dict[str, Value]
    read: tuple[str, ...] = ()
    write: tuple[str, ...] = ()
    network: tuple[str, ...] = ()
    run: tuple[str, ...] = ()
    doubt: str = ""

    @property
    def kind(self) -> str:
        return str(self.data["do"])


def form(text: Text) -> str:
    """A text as scripts have it: places in braces, braces doubled."""
    return "".join(
        each.replace("{", "{{").replace("}", "}}") if isinstance(each, str) else _form(each)
        for each in text
    )


def _form(place: Place) -> str:
    part = "" if place.part is Part.WHOLE else f".{place.part}"
    return f"{{{place.parameter}{part}}}"


def literal(text: Text) -> str | None:
    """The text, if nothing varies in it."""
    whole = "".join(each for each in text if isinstance(each, str))
    return whole if all(isinstance(each, str) for each in text) else None


def glob(text: Text, cwd: Text = ()) -> str:
    """What matches each path that ``text`` can become in ``cwd``. Raises Unfit for a path that
    leads out of the workspace."""
    marked = "".join(map(_marked, joined(cwd, text)))
    parts: list[str] = []
    for part in marked.split("/"):
        if part == ".." or marked.startswith("/") or part == "~":
            raise Unfit(f"It works outside the workspace: {form(text)}.")
        if "\0" in part:
            parts.append(ALL)
        name = part.rpartition("\0")[2]
        if name not in ("", "."):
            parts.append(f"*{name}" if "\0" in part else name)
    found = [each for n, each in enumerate(parts) if each != ALL or parts[n - 1 : n] != [ALL]]
    return "/".join(found) or ALL


def _marked(each: str | Place) -> str:
    """``\\0`` stands for any path."""
    if isinstance(each, str):
        return "".join(_QUOTED.get(c, c) for c in each)
    return "\0" if each.part in (Part.WHOLE, Part.FOLDER, Part.MATCHES) else "*"


def joined(cwd: Text, path: Text) -> Text:
    """A path that was written in a folder, as it is in the workspace."""
    return (*cwd, "/", *path) if cwd and literal(cwd) != "." else path


def read_files(step: Step) -> tuple[Operation, ...] | None:
    """What a step does to files, where that is all that it does."""
    match step:
        case Create(path, content):
            lines = form(content).splitlines(keepends=True)
            data: dict[str, Value] = {"do": "create", "path": form(path), "content": lines}
            return (Operation(data, write=(glob(path),)),)
        case Move(old, new):
            data = {"do": "move", "old": form(old), "new": form(new)}
            return (Operation(data, write=(glob(old), glob(new))),)
        case Delete(path):
            data = {"do": "delete", "path": form(path)}
            return (Operation(data, write=(glob(path),)),)
    return None

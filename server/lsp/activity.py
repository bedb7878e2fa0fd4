"""What the developer did, as far as only the editor can tell of it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ..app import events
from .convert import to_path
from .documents import Document
from .part import Part
from .server import Server

_LONGEST = 1e9
"""Seconds; nobody has a terminal open for so long."""


def terminal(ls: Server, params: Any) -> None:
    """``command``, ``cwd`` (a path), ``exitCode`` and ``seconds`` (null: not known) of what was
    typed into the ``terminal`` of that name."""
    line, cwd = getattr(params, "command", None), getattr(params, "cwd", None)
    if not isinstance(line, str) or not isinstance(cwd, str) or not cwd.startswith("/"):
        return
    code, seconds = getattr(params, "exitCode", None), getattr(params, "seconds", None)
    ended = events.CommandEnded(
        line,
        Path(os.path.normpath(cwd)),
        code if isinstance(code, int) else None,
        float(seconds) if isinstance(seconds, int | float) and 0 <= seconds < _LONGEST else None,
        str(getattr(params, "terminal", "")),
    )
    ls.core.handle(ended)


def heed_fix(ls: Server, document: Document) -> None:
    """Whether a text is what a quick fix made of it: of that editors do not tell. Cheap enough for
    every keystroke."""
    for text, rule in ls.offered.get(document.uri, ()):
        if text == document.text and (path := to_path(document.uri)) is not None:
            del ls.offered[document.uri]
            ls.core.learning.recording.fixed(path, rule)
            return


PART = Part({"understudy/terminal": terminal})

"""Commands about profiles: a file or a test is profiled, and all of them are forgotten."""

from __future__ import annotations

from typing import Any

from ..app import commands
from . import convert
from .asking import asked, padded
from .part import Part
from .server import Server


async def profile_file(ls: Server, *given: Any) -> Any:
    """Arguments: a file's URI and a line from 1, which may be left out. What was seen, as JSON."""
    return await asked(ls, lambda: _profiled(ls, *padded(given, 2)))


async def _profiled(ls: Server, uri: Any, line: Any) -> Any:
    """Raises ValueError, OSError, sqlite3.Error."""
    path = convert.to_path(uri) if isinstance(uri, str) else None
    if path is None or not isinstance(line, int | None):
        raise ValueError(
            "a file is profiled that is saved on disk, or the test in one of its lines"
        )
    document = ls.core.documents.get(uri)
    text = None if document is None else document.text
    program, wrong = await ls.core.hints.run(path, text, None if line is None else line - 1)
    said = f" It said: {wrong}" if wrong else ""
    ls.publisher.message(program.summary + said, error=bool(wrong))
    return program.payload


async def clear_profile(ls: Server) -> Any:
    """How many were forgotten."""
    forgotten = await asked(ls, ls.core.hints.clear)
    if forgotten is not None:
        many = f"Forgot {forgotten} {'profile' if forgotten == 1 else 'profiles'}."
        ls.publisher.message(many if forgotten else "There is no profile that could be forgotten.")
    return forgotten


PART = Part(
    commands={commands.PROFILE: profile_file, commands.CLEAR_PROFILE: clear_profile},
)

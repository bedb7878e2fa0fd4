"""What IPython takes for its own in the cells of a notebook, told from Python. Pure."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Sequence

from .notebooks import join, split

_RUNS_PYTHON = frozenset(
    {"capture", "debug", "ipytest", "prun", "pypy", "python", "python3", "time", "timeit"}
)
"""The cell magics below which Python follows, as Ruff has them."""
_CELL_MAGIC = re.compile(r"%%(\w+)")
_MAGIC = re.compile(
    r"""
    (?P<kept>\s*) (?: [%!?] | [\w.%*]+\?\??\s*$ | (?:pip|conda|mamba|uv|cd|ls)\s+[\w./~-]+(?!\s*=) )
    | (?P<assigned>\s*[\w.,\s\[\]'\"]+=\s*) (?:!|%\w)
    """,
    re.VERBOSE,
)
_NOTHING = "..."


def code(text: str) -> str:
    """A text as Python: what IPython would take for its own does nothing there. Rows stay rows, and
    what is Python stays at its columns."""
    return join("\n".join(_python(cell.split("\n"))) for cell in split(text))


def _python(rows: list[str]) -> list[str]:
    first = next((row for row, line in enumerate(rows) if line.strip()), 0)
    if (magic := _CELL_MAGIC.match(rows[first])) is not None:
        if magic[1] not in _RUNS_PYTHON:
            return [""] * len(rows)
        rows = [*[""] * (first + 1), *rows[first + 1 :]]
    done: list[str] = []
    begin, goes_on = 0, False
    for row in rows:
        found = _MAGIC.match(row)
        if goes_on:
            done.append("")
        elif found is None or _is_open(done[begin:]):
            done.append(row)
            continue
        else:
            done.append(f"{found['kept'] or found['assigned'] or ''}{_NOTHING}")
        begin, goes_on = len(done), row.endswith("\\")
    return done


def _is_open(rows: Sequence[str]) -> bool:
    """Whether a statement does not end with these rows."""
    if rows and rows[-1].endswith("\\"):
        return True
    source = io.StringIO("\n".join((*rows, "")))
    try:
        for _ in tokenize.generate_tokens(source.readline):
            pass
    except tokenize.TokenError as error:
        told = str(error.args[0])
        return "multi-line" in told or "triple-quoted" in told
    except SyntaxError:
        return False
    return False

"""Whether code is for a newer Python than the one that a tool runs on: Ruff knows the newest."""

from __future__ import annotations

from pathlib import Path

from ..findings.families import SYNTAX_ERROR
from .parsing import MALFORMED, loads_json
from .process import run
from .ruff.child import ToolMissing, executable, text_of_file


def parses_as_newest(content: bytes) -> bool:
    """Whether the newest Python that Ruff knows may be able to parse it."""
    command = ["check", "--isolated", "--no-cache", "--exit-zero", "--output-format=json", "-"]
    try:
        done = run([executable(""), *command], Path("/"), text_of_file(content).encode())
        return not any(row["code"] in (None, SYNTAX_ERROR) for row in loads_json(done.output))
    except (ToolMissing, OSError, *MALFORMED):
        return True

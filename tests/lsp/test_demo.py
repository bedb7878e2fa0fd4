"""The second half of ``make demo``, as it is told to who looks on."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from benchmarks.learned import story


async def test_it_tells_what_was_made_and_undone(tmp_path: Path) -> None:
    told = io.StringIO()
    console = Console(file=told, width=200)
    await story(console, tmp_path, tmp_path / "log")
    lines = told.getvalue().splitlines()
    assert lines[-1] == "✓ undone: tests/test_refund.py is gone again"
    (asked,) = [line for line in lines if "Apply it?" in line]
    assert "this editor does not take changes of files from a server." in asked

"""Scripts as they are made for tests, and run for real."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from understudy.automations.generate import Draft, Templates, generate
from understudy.automations.pattern import Pattern


@cache
def ours() -> Templates:
    templates, problems = Templates.load(None)
    assert problems == ()
    return templates


def draft(pattern: Pattern) -> Draft:
    return generate(pattern, ours())


def perform(
    source: str,
    root: Path,
    *words: str,
    env: Mapping[str, str] | None = None,
    program: tuple[str, ...] = (sys.executable, "-P"),
) -> subprocess.CompletedProcess[str]:
    """Run a script beside the workspace ``root``, as Understudy does."""
    script = root.parent / "script.py"
    script.write_text(source, "utf-8")
    command = [*program, str(script), "--root", str(root), *words]
    return subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, env=env, timeout=60
    )

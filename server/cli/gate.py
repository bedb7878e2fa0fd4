"""The gate of a git hook, for the person who commits: what was found, and how to go on."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

from ..app.hooks.gate import Verdict, judge_here
from ..app.hooks.hook_script import BLOCKING
from ..app.presentation.problems import config_line
from ..model import Severity
from .exits import Exit
from .result import Result
from .text import write_text

_HELD = {"pre-commit": "commit", "pre-push": "push"}


def hold(name: str, text: str, gate: str, environ: Mapping[str, str], *, strict: bool) -> Exit:
    """Whether a hook holds git back. ``text`` is what git says to pre-push.

    What fails here is told; it blocks only where that was asked for.
    """
    if name not in BLOCKING or gate.upper() not in Severity.__members__:
        _say(f"no gate {gate!r} for {name}: severities are info, low, medium, high, critical")
        return Exit.USAGE
    least = Severity[gate.upper()]
    try:
        pushed = text if name == "pre-push" else None
        verdict = asyncio.run(judge_here(Path.cwd(), environ, pushed, least))
    except KeyboardInterrupt:
        return Exit.INTERRUPTED
    except Exception as error:  # noqa: BLE001
        return _incomplete(name, str(error), strict=strict)
    _show(verdict)
    if verdict.scan.problems:
        _say(
            f"this {_HELD[name]} is held back by what is {least.label} or worse. Correct it"
            f"{' and stage it' * (name == 'pre-commit')}, or go on with --no-verify."
        )
        return Exit.BLOCKED
    if verdict.unusable:
        return _incomplete(name, "the settings cannot be used", strict=strict)
    if not verdict.complete:
        return _incomplete(name, "a tool gave no verdict", strict=strict)
    return Exit.CLEAN


def _show(verdict: Verdict) -> None:
    for problem in verdict.config_problems:
        _say(config_line(problem))
    if verdict.trouble:
        _say(verdict.trouble)
    scan = verdict.scan
    if scan.problems or not verdict.complete:
        result = Result(scan.root, scan.problems, scan.reports, contents=verdict.contents)
        write_text(result, sys.stderr)


def _incomplete(name: str, why: str, *, strict: bool) -> Exit:
    if strict:
        _say(f"not everything was checked ({why}): this {_HELD[name]} is held back by --strict.")
        return Exit.BLOCKED
    _say(f"not everything was checked ({why}); the {_HELD[name]} goes on.")
    return Exit.CLEAN


def _say(what: str) -> None:
    print(f"understudy: {what}", file=sys.stderr)

"""Why Ruff does not tell of a rule somewhere: it is asked again, each time without one of the
things that may keep it silent."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ...model import Reason
from ...text import Lines
from ..parsing import MALFORMED, loads_json
from ..process import run
from . import Context
from .child import ToolMissing, ask_with, executable, text_of_file

_NOQA = re.compile(r"#\s*(?:ruff:\s*|flake8[:=]\s*)?noqa.*", re.IGNORECASE)
_FILE_WIDE = re.compile(r"\s*#\s*(?:ruff|flake8)[:=]\s*noqa.*", re.IGNORECASE)
_EVERY_FUNCTION = "--config=lint.mccabe.max-complexity=0"


def why(
    told: tuple[Any, ...], items: tuple[tuple[str, bytes, str, str, int], ...]
) -> list[list[Reason]]:
    """An item is a path, a content, the file that configures Ruff there, a rule and a row."""
    context = Context(*told)
    if context.special:
        return [[] for _ in items]
    try:
        return [_why(context, *item) for item in items]
    except (ToolMissing, OSError, *MALFORMED) as error:
        return [[Reason("no-verdict", f"Ruff could not be asked why: {error}.")] for _ in items]


def _why(
    context: Context, path: str, content: bytes, source: str, rule: str, row: int
) -> list[Reason]:
    done = run([executable(context.program), "rule", rule, "--output-format=json"], Path("/"))
    if done.status:
        return [Reason("unknown-rule", f"This Ruff has no rule {rule}.")]
    text = text_of_file(content, path)
    preview = bool(loads_json(done.output).get("preview"))
    ways = {
        "not-selected": [f"--extend-select={rule}"],
        "per-file-ignores": [
            "--config=lint.per-file-ignores={}",
        ],
        "noqa": ["--ignore-noqa"],
        **({"preview": ["--preview"]} if preview else {}),
        **({"threshold": [_EVERY_FUNCTION]} if rule == "C901" else {}),
    }

    def tells(*more: str, without: str = "") -> bool:
        flags = [*more, *(f for kind, each in ways.items() if kind != without for f in each)]
        free = context._replace(threshold=0) if _EVERY_FUNCTION in flags else context
        found = ask_with(free, flags, path, text)
        return any(
            each.rule == rule and each.range.start.line <= row <= each.range.end.line
            for each in found
        )

    if not tells() and tells("--isolated"):  # no flag takes this back
        told = f"Something else in Ruff's configuration ({source}) keeps {rule} from being told."
        return [Reason("configuration", f"{told} See `extend-per-file-ignores`.", source)]
    if not tells():
        told = f"Whatever its configuration, Ruff has nothing to say of {rule} here."
        return [Reason("silent", told)]
    return [_reason(kind, source, rule, row, text) for kind in ways if not tells(without=kind)]


def _reason(kind: str, source: str, rule: str, row: int, text: str) -> Reason:
    where = f" ({source})" if source else ", which is its default,"
    match kind:
        case "not-selected":
            told = f"Ruff's configuration{where} does not select {rule}, or ignores it."
            return Reason(kind, told, source)
        case "per-file-ignores":
            told = f"`per-file-ignores` in Ruff's configuration{where} names {rule} for this file."
            return Reason(kind, told, source)
        case "preview":
            told = f"{rule} is a preview rule, and Ruff's configuration{where} has preview off."
            return Reason(kind, told, source)
        case "threshold":
            told = "The function is not as complex as `max-complexity` or `complexity.max` allow."
            return Reason(kind, told, source)
    at, comment = _comment(text, row)
    return Reason("noqa", f"`{comment}` in line {at + 1} silences it.", "", at + 1)


def _comment(text: str, row: int) -> tuple[int, str]:
    """The comment that does it: one on the row or below, where a string that begins there ends, or
    one for the whole file."""
    lines = Lines(text)
    wide = [at for at in range(len(lines)) if _FILE_WIDE.match(lines.line(at))]
    for at in (row, *wide, *range(row, len(lines))):
        if found := _NOQA.search(lines.line(at)):
            return at, found[0].strip()
    return row, "noqa"

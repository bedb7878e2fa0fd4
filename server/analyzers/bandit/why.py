"""Why Bandit does not tell of a test somewhere: it is asked again, each time without one of the
things that may keep it silent."""

from __future__ import annotations

import json
import re
from typing import Any

from ...model import Reason
from ...text import Lines, decode
from ..parsing import MALFORMED
from . import Context
from .child import look

_NOSEC = re.compile(r"#\s*nosec.*")


def why(
    context: Context, items: tuple[tuple[str, bytes, str, str, int], ...]
) -> list[list[Reason]]:
    """An item is a path, a content, the file that configures Bandit there, a test and a row."""
    try:
        return [_why(context, *item) for item in items]
    except MALFORMED as error:
        return [[Reason("no-verdict", f"Bandit could not be asked why: {error}.")] for _ in items]


def _why(
    context: Context, path: str, content: bytes, source: str, rule: str, row: int
) -> list[Reason]:
    if not context[0] and not _exists(rule):
        return [Reason("unknown-rule", f"This Bandit has no test {rule}.")]

    def tells(*, selected: bool, nosec: bool) -> bool:
        asked = context if selected else _all_tests(context)
        report = look(asked, path, content, heed_nosec=nosec)
        return any(
            each.rule == rule and each.range.start.line <= row <= each.range.end.line
            for each in report.findings
        )

    if not tells(selected=False, nosec=False):
        told = f"Whatever its configuration, Bandit has nothing to say of {rule} here."
        return [Reason("silent", told)]
    reasons: list[Reason] = []
    if not tells(selected=True, nosec=False):
        told = f"Bandit's configuration ({source}) skips {rule}, or does not list it in its tests."
        reasons.append(Reason("not-selected", told, source))
    if not tells(selected=False, nosec=True):
        at, comment = _comment(decode(content), row)
        reasons.append(Reason("nosec", f"`{comment}` in line {at + 1} silences it.", "", at + 1))
    return reasons


def _all_tests(context: Context) -> Context:
    interpreter, options, ini, root, problem = context

    def without(told: str) -> str:
        table: dict[str, Any] = json.loads(told) or {}
        return json.dumps({k: v for k, v in table.items() if k not in ("tests", "skips")})

    return interpreter, without(options), without(ini), root, problem


def _exists(rule: str) -> bool:
    from bandit.core import extension_loader

    return bool(extension_loader.MANAGER.check_id(rule))


def _comment(text: str, row: int) -> tuple[int, str]:
    """Bandit looks for one in all rows of a statement."""
    lines = Lines(text)
    for at in (row, *range(row + 1, len(lines)), *range(row, -1, -1)):
        if found := _NOSEC.search(lines.line(at)):
            return at, found[0].strip()
    return row, "nosec"

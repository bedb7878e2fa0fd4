"""What an analyzer answers, without the secrets that it quotes, and with the suppressions that
stand in each file.

They come with every report, so that they are known wherever a report is: kept with it by content,
moved with it by edits, and told from those of a text that its tool has not seen.
"""

from __future__ import annotations

import importlib
from dataclasses import replace
from typing import Any

from ..findings import codec
from ..text import decode, digest
from .base import Answer, Item, read_content
from .discretion import discreet

_MARK = b"understudy:"


def check(context: tuple[str, tuple[Any, ...], bool], items: tuple[Item, ...]) -> list[Answer]:
    """``context``: an analyzer's function, as ``Analyzer.check`` names it, its own context, and
    whether secrets are looked for."""
    function, own, secrets = context
    module, _, name = function.partition(":")
    answers = getattr(importlib.import_module(module), name)(own, items)
    return [_answer(*pair, secrets=secrets) for pair in zip(items, answers, strict=True)]


def _answer(item: Item, answered: Answer, *, secrets: bool) -> Answer:
    seen, report = answered
    try:
        content = read_content(item)
        text = decode(content)
    except (OSError, ValueError):
        return answered
    report = discreet(report, text, item[0], secrets=secrets)
    if _MARK not in content:
        return seen, report
    from ..findings.suppressions import read  # only where there may be some

    if not (held := read(text, item[0])):
        return seen, report
    # Of another content than the tool saw: what is no content's is not kept.
    kept = seen if seen == digest(content) else ""
    return kept, codec.dumps(replace(codec.loads(report), suppressions=held))

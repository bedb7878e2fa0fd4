"""The worker's side of suppressions: what an analyzer answers, with those that stand in each file.

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

_MARK = b"understudy:"


def check(context: tuple[str, tuple[Any, ...]], items: tuple[Item, ...]) -> list[Answer]:
    """``context``: an analyzer's function, as ``Analyzer.check`` names it, and its own context."""
    function, own = context
    module, _, name = function.partition(":")
    answers = getattr(importlib.import_module(module), name)(own, items)
    return [_answer(*pair) for pair in zip(items, answers, strict=True)]


def _answer(item: Item, answered: Answer) -> Answer:
    seen, report = answered
    try:
        content = read_content(item)
        if _MARK not in content:
            return answered
        text = decode(content)
    except (OSError, ValueError):
        return answered
    from ..findings.suppressions import read  # only where there may be some

    if not (held := read(text, item[0])):
        return answered
    # Of another content than the tool saw: what is no content's is not kept.
    kept = seen if seen == digest(content) else ""
    return kept, codec.dumps(replace(codec.loads(report), suppressions=held))

"""A report as Markdown. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .outline import Outline, Section, Table

_MEANS = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


def markdown(outline: Outline) -> str:
    """With an end of line at its end."""
    return "\n".join(_lines(outline)) + "\n"


def _lines(outline: Outline) -> Iterator[str]:
    yield f"# {_plain(outline.title)}"
    yield ""
    yield _plain(outline.about)
    for section in outline.sections:
        yield ""
        yield from _section(section)


def _section(section: Section) -> Iterator[str]:
    yield f"## {_plain(section.title)}"
    if section.lead:
        yield ""
        yield " ".join(map(_plain, section.lead))
    if section.facts:
        yield ""
        yield from (
            f"- **{_plain(each.value)}** {_plain(each.label)} ({_plain(each.note)})"
            for each in section.facts
        )
    for table in section.tables:
        yield ""
        yield from _table(table)
    if section.notes:
        yield ""
        yield from (f"- *{_plain(what)}*: {_plain(told)}." for what, told in section.notes)


def _table(table: Table) -> Iterator[str]:
    yield _row(table.head)
    yield _row(("---", *["---:"] * (len(table.head) - 1)), is_text=False)
    yield from map(_row, table.rows)


def _row(cells: tuple[str, ...], *, is_text: bool = True) -> str:
    return f"| {' | '.join(map(_plain, cells) if is_text else cells)} |"


def _plain(text: str) -> str:
    """What means something in Markdown, or in HTML, stands for itself."""
    return _MEANS.sub(r"\\\1", text)

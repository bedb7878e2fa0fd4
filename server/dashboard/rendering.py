"""Values to HTML. Everything is escaped, and nothing turns the direction of what is beside it."""

from __future__ import annotations

import re
import time
from functools import cache
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..app.overview.listing import SEVERITIES

_CODE = re.compile(r"`([^`]+)`")
_STEERS = re.compile("[\ud800-\udfff\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What is no character, as in names of files that are no text, and what turns the direction."""


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("understudy.dashboard"),
        autoescape=True,
        finalize=_plain,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"ago": ago, "clock": clock, "web": web, "seconds": seconds}
    environment.filters["prose"] = prose
    environment.globals |= {"severities": SEVERITIES, "query": query}
    return environment


def as_text(text: str) -> str:
    """With an escape in place of what is none, or is not seen but for what it does to the rest."""
    if text.isascii():
        return text
    return _STEERS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def _plain(value: object) -> str:
    return value if isinstance(value, Markup) else as_text(str(value))


def rendered(template: str, **values: Any) -> str:
    return _environment().get_template(f"{template}.jinja").render(values)


def ago(at: float | None, now: float) -> str:
    """Of moments in seconds since the epoch, how long ago the one was."""
    if at is None:
        return ""
    past = max(0.0, now - at)
    for size, unit in ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min")):
        if past >= size:
            return f"{past / size:.0f} {unit}"
    return f"{past:.0f} s"


def clock(at: float | None, now: float) -> str:
    """A moment as the clock on the wall has it, with its day unless that is today; a question mark
    for what no calendar has."""
    if not at:
        return ""
    try:
        then, today = time.localtime(at), time.localtime(now)
    except (OverflowError, ValueError, OSError):
        return "?"
    return time.strftime("%H:%M:%S" if then[:3] == today[:3] else "%Y-%m-%d %H:%M", then)


def seconds(value: float) -> str:
    return f"{value:.1f} s" if value < 100 else f"{value / 60:.0f} min"


def web(url: str) -> str:
    """The address where it is one of the web, else nothing: a tool may say anything."""
    return url if url.startswith("https://") else ""


def prose(text: str) -> Markup:
    """A sentence for people, in which what stands between backticks is code."""
    *pairs, last = _CODE.split(as_text(text))
    parts = zip(pairs[::2], pairs[1::2], strict=True)
    marked = (Markup("{}<code>{}</code>").format(plain, code) for plain, code in parts)
    return Markup("").join((*marked, last))


def query(**values: object) -> str:
    """Without what is not asked for."""
    return urlencode({name: str(value) for name, value in values.items() if value})

"""What a text must look like where not every text will do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

NAME = r"^[A-Za-z0-9_.:-]+$"
"""The names of entries: of tasks, rules, parameters, environment variables."""


OFF = "off"


class Form(NamedTuple):
    """``told``: what it must be, for people. ``pattern`` is a regular expression that JSON schema
    has too; ``fits`` says what no pattern can. A ``secret`` is not shown when it is wrong."""

    told: str
    pattern: str = ""
    fits: Callable[[str], bool] = bool
    secret: bool = False


def _compiles(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return False
    return True


def _is_zone(text: str) -> bool:
    from zoneinfo import ZoneInfo  # only when a rule has one

    try:
        ZoneInfo(text)
    except (OSError, ValueError, LookupError):
        return False
    return True


def _is_ignored(text: str) -> bool:
    from .ignored import is_ignored  # only when something is ignored

    return is_ignored(text)


_FIELD = r"[0-9A-Za-z*/,#-]+"
FORMS = {
    "cron": Form(
        "a cron expression of five fields, such as 0 9 * * 1-5",
        rf"^({_FIELD}( +{_FIELD}){{4}})?$",
    ),
    "interval": Form(
        "a time such as 30m, 2h, 1d or 30m of activity",
        r"^([1-9][0-9]{0,5} ?[smhdw]( of activity)?)?$",
    ),
    "timezone": Form("the name of a time zone, such as Europe/Berlin", fits=_is_zone),
    "expression": Form("the name of a problem matcher or a regular expression", fits=_compiles),
    "address": Form(
        "an address such as https://example.org, without a name or password",
        r"^https?://[^\s/?#@]+(/[^\s?#@]*)?$",
        secret=True,
    ),
    "output": Form(
        "sarif, json, jsonl, the name of a problem matcher or a regular expression", fits=_compiles
    ),
    "ending": Form(
        "the end of a path, such as *.sh or .github/workflows/*.yml",
        r"^([^/]+/)*[^/]*[^/.][^/]*$",
    ),
    "revision": Form(
        "off, or a revision such as HEAD, main or main...",
        r"^[^\s\x00-\x1f-][^\s\x00-\x1f]*$",
    ),
    "ignored": Form(
        "a rule's code, such as B101, or with where, how long and why:"
        " B101 in tests/ until 2026-03-01 -- why",
        fits=_is_ignored,
    ),
    "variable": Form(
        "the name of an environment variable (letters, digits and _), not what it holds",
        r"^([A-Za-z_][A-Za-z0-9_]*)?$",
        secret=True,
    ),
}

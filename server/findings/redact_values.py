"""What is given to tasks and automations, as it may be kept: by what its names tell, too. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .redact_output import told_without_secrets
from .redact_text import SECRET, redacted
from .secret_words import names_secret

_SHORTEST = 4
"""Characters of a secret that is looked for in texts: a shorter one may stand in any."""


def kept(value: Any, name: str = "") -> Any:
    """JSON, with ``SECRET`` for each secret in its texts; ``name``: what the value is called. In a
    list, what follows an option is called by it, as in a command."""
    match value:
        case str():
            return _text(name, value)
        case Mapping():
            return {key: kept(each, str(key)) for key, each in value.items()}
        case list() | tuple():
            return [kept(each, called) for called, each in _called(name, value)]
    return value


def _text(name: str, value: str) -> str:
    if not name or names_secret(name) is None:
        return told_without_secrets(value)
    pair = json.dumps({name: told_without_secrets(value)}, ensure_ascii=False)
    try:
        return str(json.loads(redacted(pair, 2 * len(pair)))[name])
    except (ValueError, KeyError):  # so much of it was secret that the rest is no pair
        return SECRET


def taken_out(value: Any, name: str = "") -> frozenset[str]:
    """The secrets that ``kept`` leaves out."""
    return frozenset(each for each in _taken_out(value, name) if len(each) >= _SHORTEST)


def _taken_out(value: Any, name: str) -> Iterator[str]:
    match value:
        case str() if (text := _text(name, value)) != value:
            # Between what stays as it is.
            around = "(.+)".join(map(re.escape, text.split(SECRET)))
            found = re.fullmatch(around, value, re.DOTALL)
            yield from found.groups() if found and found.groups() else (value,)
        case Mapping():
            for key, each in value.items():
                yield from _taken_out(each, str(key))
        case list() | tuple():
            for called, each in _called(name, value):
                yield from _taken_out(each, called)


def _called(name: str, items: Sequence[Any]) -> Iterator[tuple[str, Any]]:
    """The items, each with what it is called."""
    option = ""
    for each in items:
        is_option = isinstance(each, str) and each.startswith("-")
        yield (name if is_option else option or name), each
        option = each.lstrip("-") if is_option and "=" not in each else ""

"""From an event's facts to the words of a notice.

A template is text with ``$name`` or ``${name}`` in it (``$$`` is a dollar sign). Only names are
looked up: nothing in a template is run. A name that the event does not have is shown as such.
"""

from __future__ import annotations

from collections.abc import Mapping
from string import Template
from types import MappingProxyType
from typing import NamedTuple

from .base import Event, Json, Level, Notice


class Words(NamedTuple):
    """The templates of a notice's title and message."""

    title: str
    message: str


DEFAULTS: Mapping[Event, Words] = MappingProxyType(
    {
        Event.TASK_COMPLETED: Words("$task completed", "$task completed in $seconds s. $summary"),
        Event.TASK_FAILED: Words("$task failed", "$task failed after $seconds s: $why"),
        Event.ISSUES_FOUND: Words("$issues found", "$task found $issues. $summary"),
        Event.HIGH_RESOURCE_USE: Words("$resource runs short", "$resource is at $percent %. $why"),
        Event.CUSTOM: Words("$title", "$message"),
    }
)


class _Fields(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return f"[no field '{name}']"


def compose(
    identity: str,
    event: Event,
    level: Level,
    fields: Mapping[str, Json],
    at: float,
    own: Mapping[Event, Words] = MappingProxyType({}),
) -> Notice:
    """A notice in the words of ``own``, where it has any for the event; ``fields`` is its data."""
    words = own.get(event) or DEFAULTS[event]
    texts = _Fields({name: _text(value) for name, value in fields.items()})
    texts |= {"event": event.value, "level": level.label}
    title = " ".join(Template(words.title).safe_substitute(texts).split())
    message = Template(words.message).safe_substitute(texts).strip()
    return Notice(identity, event, level, title, message, fields, at)


def _text(value: Json) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}"
        case Mapping():
            return ", ".join(f"{name}: {_text(each)}" for name, each in value.items())
        case str() | int():
            return str(value)
    return ", ".join(map(_text, value))


def printable(text: str) -> str:
    """``text`` without control characters but line ends and tabs: a terminal obeys the others."""
    return "".join(c if c.isprintable() or c in "\n\t" else "�" for c in text)

"""Variables of make, as far as they are known without running anything."""

from __future__ import annotations

import re
from collections.abc import Iterator

_ASSIGNMENT = re.compile(
    r"^(?:export\s+|override\s+|private\s+)*(?P<name>[\w.-]+)\s*(?P<op>::?=|\?=|\+=|!=|=)(?P<value>.*)$",
    re.DOTALL,
)
_REFERENCE = re.compile(r"\$(?:\((?P<a>[\w.-]+)\)|\{(?P<b>[\w.-]+)\})")
_CALL = re.compile(r"\$[({][\w-]+\s|`")
"""Of a function of make, or a command of a shell."""
_LONGEST = 20_000
"""Characters of what a line comes to."""
_DEEPEST = 20
_MOST = 5_000_000
"""Characters that are made in a file, all in all."""


def assignment(line: str) -> tuple[str, str, str] | None:
    """Name, operator, value, where the line is one."""
    found = _ASSIGNMENT.match(line.strip())
    if found is None:
        return None
    value = re.split(r"(?<!\\)#", found["value"], maxsplit=1)[0].strip()
    return found["name"], found["op"], value


class Variables:
    """What each is, unexpanded; what a shell or a function gives stays as it is written."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {"MAKE": "make"}
        self._left = _MOST

    def assign(self, name: str, operator: str, value: str) -> None:
        if operator == "!=" or _CALL.search(value):
            self._values.pop(name, None)  # what it gives, only make knows
        elif operator == "+=":
            self._values[name] = f"{self._values.get(name, '')} {value}".strip()[:_LONGEST]
        elif operator != "?=" or name not in self._values:
            self._values[name] = value[:_LONGEST]

    def expand(self, text: str) -> str:
        """With the variables that are known, those in their values too. What would become too
        long, or ends nowhere, stays as it is."""
        for _ in range(_DEEPEST):
            if "$" not in text:
                break
            new = _REFERENCE.sub(self._value, text)
            self._left -= len(new)
            if new == text or len(new) > _LONGEST or self._left < 0:
                break
            text = new
        return text

    def _value(self, found: re.Match[str]) -> str:
        return self._values.get(found["a"] or found["b"], found[0])


def names_in(text: str) -> list[str]:
    """Split at spaces, but not within the brackets of references and calls."""
    return [each for each in "".join(_marked(text, " \t", "\0")).split("\0") if each]


def parted(text: str) -> tuple[str, str, str]:
    """At the first colon that is in no brackets, as ``str.partition``."""
    return "".join(_marked(text, ":", "\0", most=1)).partition("\0")


def _marked(text: str, ends: str, mark: str, most: int = -1) -> Iterator[str]:
    """With ``mark`` in the place of what ends something, so often at most."""
    depth = 0
    for each in text.replace("\0", " "):
        depth = max(0, depth + (each in "({") - (each in ")}"))
        if depth == 0 and each in ends and most != 0:
            most -= 1
            yield mark
        else:
            yield each

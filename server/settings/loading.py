"""Layers of settings to one tree, with everything that is wrong in them, in plain words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ..model import Position, Range, Severity
from .layers import Layer, Origin
from .tree import Option, Settings, options

if TYPE_CHECKING:
    from .document import Document
    from .validation import Fault

# Groups that an editor sends along and the server leaves to its client.
CLIENT_GROUPS = frozenset({"server"})

_NOWHERE = Range(Position(0, 0), Position(0, 0))
_YES_NO = "true or false"
_LIKE_YES_NO = {"on", "off", "yes", "no", "y", "n"}


class ConfigProblem(NamedTuple):
    """What is wrong with the settings. HIGH: they do not count; below: only this entry does not.

    ``path`` is None for what the editor sent.
    """

    path: Path | None
    range: Range
    severity: Severity
    message: str


class Loaded(NamedTuple):
    """``settings`` holds every entry that is right, over lower layers and defaults.

    When not ``valid``, keep the last good settings; these are for when there are none yet.
    """

    settings: Settings
    problems: tuple[ConfigProblem, ...] = ()

    @property
    def valid(self) -> bool:
        return all(problem.severity < Severity.HIGH for problem in self.problems)


def load(layers: Iterable[Layer], *, trusted: bool) -> Loaded:
    """Join the layers, in the order of their origin. ``trusted``: the workspace is."""
    values: dict[str, object] = {}
    problems: list[ConfigProblem] = []
    for layer in sorted(layers, key=lambda layer: layer.origin):
        reading = _Reading(layer, trusted=trusted)
        values |= reading.values()
        problems += reading.problems
    return Loaded(Settings.of(values), tuple(problems))


class _Reading:
    def __init__(self, layer: Layer, *, trusted: bool) -> None:
        self.layer = layer
        self.trusted = trusted
        self.problems: list[ConfigProblem] = []
        self.document: Document | None = None

    def values(self) -> dict[str, object]:
        """The layer's valid values by key; fills ``problems``."""
        data = self._data()
        if not data:
            return {}
        from .validation import faults  # pydantic: only when there is something

        found = faults(data)
        for fault in found:
            self._report(fault, data)
        wrong = {fault.path[:2] for fault in found}
        return {
            option.key: tuple(value) if isinstance(value, list) else value
            for option, value in _given(data)
            if (option.group,) not in wrong
            and (option.group, option.leaf) not in wrong
            and self._allowed(option)
        }

    def _data(self) -> dict[str, object]:
        content = self.layer.content
        if self.layer.unreadable:
            self._problem((), Severity.HIGH, self.layer.unreadable)
        elif isinstance(content, Mapping):
            return _set(content, CLIENT_GROUPS)
        elif not isinstance(content, str):
            message = f"The editor's settings must be a group of settings, not {_told(content)}."
            self._problem((), Severity.HIGH, message)
        elif content.strip():
            from .document import parse  # PyYAML: only when there is a file

            self.document = parse(content)
            for flaw in self.document.flaws:
                self.problems.append(
                    ConfigProblem(self.layer.path, flaw.range, Severity.HIGH, flaw.message)
                )
            return _set(self.document.data)
        return {}

    def _report(self, fault: Fault, data: Mapping[str, object]) -> None:
        key = ".".join(str(step) for step in fault.path)
        if fault.unknown:
            message = f"There is no setting `{key}`: it has no effect.{_advice(fault.path)}"
            self._problem(fault.path, Severity.MEDIUM, message, on_key=True)
            return
        expected, value = _expected(fault.path), _at(data, fault.path)
        message = f"`{key}` must be {expected}, not {_told(value)}."
        if expected == _YES_NO and str(value).lower() in _LIKE_YES_NO:
            message += " Words such as on and yes are text in YAML 1.2."
        self._problem(fault.path, Severity.HIGH, message)

    def _allowed(self, option: Option) -> bool:
        if self.trusted or not option.about.trusted_only or self.layer.origin is not Origin.PROJECT:
            return True
        message = (
            f"`{option.key}` is not used: it names a program to run, and this workspace is not "
            "trusted. Trust the workspace (`understudy trust`), or set it in your own settings."
        )
        self._problem((option.group, option.leaf), Severity.LOW, message)
        return False

    def _problem(
        self,
        path: tuple[str | int, ...],
        severity: Severity,
        message: str,
        *,
        on_key: bool = False,
    ) -> None:
        place = self.document.places.get(path) if self.document else None
        range_ = _NOWHERE if place is None else place.key if on_key else place.value
        self.problems.append(ConfigProblem(self.layer.path, range_, severity, message))


def _set(data: Mapping[str, object], skip: frozenset[str] = frozenset()) -> dict[str, object]:
    """Without the keys that have no value: editors send null, and people comment out values."""
    given = {key: value for key, value in data.items() if value is not None and key not in skip}
    for group, members in given.items():
        if isinstance(members, Mapping):
            given[group] = {key: value for key, value in members.items() if value is not None}
    return given


def _given(data: Mapping[str, object]) -> Iterator[tuple[Option, object]]:
    for option in options():
        group = data.get(option.group)
        if isinstance(group, Mapping) and option.leaf in group:
            yield option, group[option.leaf]


def _at(data: object, path: tuple[str | int, ...]) -> object:
    for step in path:
        data = data[step]  # type: ignore[index] # pydantic found the value by this path
    return data


def _expected(path: tuple[str | int, ...]) -> str:
    option = next((option for option in options() if path[:2] == (option.group, option.leaf)), None)
    if option is None:
        return "a group of settings, indented below it" if path else "a group of settings"
    if option.choices:
        return "one of " + ", ".join(option.choices)
    if option.type in (int, float):
        kind = "a whole number" if option.type is int else "a number"
        return f"{kind} from {option.about.ge} to {option.about.le}"
    if option.type is bool:
        return _YES_NO
    return "text" if option.type is str or len(path) > 2 else "a list of texts"


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "a group"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, str):
        return f"the text '{value[:40]}{'…' if len(value) > 40 else ''}'"
    return "nothing" if value is None else str(value)


def _advice(path: tuple[str | int, ...]) -> str:
    """What an unknown key was probably meant to be."""
    from difflib import get_close_matches  # only when something is wrong

    *groups, key = (str(step) for step in path)
    if not groups and any(option.key == key for option in options()):
        group, leaf = key.split(".")
        return f" Write `{group}:`, and indented below it `{leaf}:`."
    meant = {option.leaf.lower(): option.key for option in options()}
    meant |= {option.group: option.group for option in options() if not groups}
    meant |= {o.leaf.lower(): o.key for o in options() if groups == [o.group]}
    close = get_close_matches(re.sub(r"[-_]", "", key).lower(), meant, n=1)
    return f" Did you mean `{meant[close[0]]}`?" if close else ""

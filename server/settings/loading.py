"""Layers of settings to one tree, with everything that is wrong in them, in plain words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from ..model import Position, Range, Severity
from .layers import Layer, Origin
from .tree import Settings

if TYPE_CHECKING:
    from .document import Document, Place
    from .options import Option
    from .validation import Fault

# Groups that an editor sends along and the server leaves to its client.
CLIENT_GROUPS = frozenset({"server"})

_NOWHERE = Range(Position(0, 0), Position(0, 0))
_NOTHING = object()


class ConfigProblem(NamedTuple):
    """What is wrong with the settings. HIGH: they do not count; below: only this entry does not.

    ``path`` is None for what the editor sent; ``rule`` is what a finding that says this is called.
    """

    path: Path | None
    range: Range
    severity: Severity
    message: str
    rule: str = "settings"

    @property
    def is_flaw(self) -> bool:
        """Whether something is wrong; else it only is of no use any more."""
        return self.rule == "settings"


class Source(NamedTuple):
    """What one layer says, right or wrong, and where in its file."""

    path: Path | None
    data: Mapping[str, object]
    places: Mapping[tuple[str | int, ...], Place]

    def has(self, path: tuple[str, ...]) -> bool:
        value: object = self.data
        for step in path:
            if not isinstance(value, Mapping) or step not in value:
                return False
            value = value[step]
        return True

    def names(self, path: tuple[str, ...]) -> Collection[str]:
        """The names of the entries at ``path``."""
        return self.entries(path).keys()

    def entries(self, path: tuple[str, ...]) -> Mapping[str, object]:
        """What stands at ``path``, by name."""
        entries = _at(self.data, path) if self.has(path) else None
        return entries if isinstance(entries, Mapping) else {}


class Loaded(NamedTuple):
    """``settings`` holds every entry that is right, over lower layers and defaults.

    When not ``valid``, keep the last good settings; these are for when there are none yet.
    ``sources`` are the layers, the highest first.
    """

    settings: Settings
    problems: tuple[ConfigProblem, ...] = ()
    sources: tuple[Source, ...] = ()

    def problem(self, entry: tuple[str, ...], field: str | int, why: str) -> ConfigProblem | None:
        """What is wrong with an entry for which the settings alone do not tell: at its field, where
        that is given, in the layer that counts. None when no layer has the entry."""
        for source in self.sources:
            if source.has(entry):
                at = (*entry, field) if (*entry, field) in source.places else entry
                place = source.places.get(at)
                group = isinstance(_at(source.data, at), Mapping)
                range_ = _NOWHERE if place is None else place.key if group else place.value
                return ConfigProblem(source.path, range_, Severity.MEDIUM, why)
        return None

    @property
    def valid(self) -> bool:
        return all(problem.severity < Severity.HIGH for problem in self.problems)


def load(layers: Iterable[Layer], *, trusted: bool) -> Loaded:
    """Join the layers, in the order of their origin. ``trusted``: the workspace is."""
    values: dict[str, object] = {}
    problems: list[ConfigProblem] = []
    sources: list[Source] = []
    for layer in sorted(layers, key=lambda layer: layer.origin):
        reading = _Reading(layer, trusted=trusted)
        for key, value in reading.values().items():
            values[key] = _joined(values.get(key), value)
        problems += reading.problems
        sources.insert(0, reading.source())
    return Loaded(Settings.of(values), tuple(problems), tuple(sources))


class _Reading:
    def __init__(self, layer: Layer, *, trusted: bool) -> None:
        self.layer = layer
        self.trusted = trusted
        self.problems: list[ConfigProblem] = []
        self.document: Document | None = None
        self.data: Mapping[str, object] = {}

    def source(self) -> Source:
        return Source(self.layer.path, self.data, self.document.places if self.document else {})

    def values(self) -> dict[str, object]:
        """The layer's valid values by key; fills ``problems``."""
        data = self.data = self._data()
        if not data:
            return {}
        from .options import options
        from .validation import faults  # pydantic: only when there is something

        found = list(faults(data))
        for fault in found:
            self._report(fault, data)
        wrong = [fault.path for fault in found if fault.kind != "unknown"]
        valid = ((option, _valid(option, data, wrong)) for option in options())
        return {
            option.key: option.frozen(value)
            for option, value in valid
            if value is not _NOTHING and self._allowed(option)
        }

    def _data(self) -> dict[str, object]:
        content = self.layer.content
        if self.layer.unreadable:
            self._problem((), Severity.HIGH, self.layer.unreadable)
        elif isinstance(content, Mapping):
            given = _set(content, Settings)
            return {key: value for key, value in given.items() if key not in CLIENT_GROUPS}
        elif not isinstance(content, str):
            from .wording import told

            message = f"The editor's settings must be a group of settings, not {told(content)}."
            self._problem((), Severity.HIGH, message)
        elif content.strip():
            from .document import parse  # PyYAML: only when there is a file

            self.document = parse(content)
            for flaw in self.document.flaws:
                self.problems.append(
                    ConfigProblem(self.layer.path, flaw.range, Severity.HIGH, flaw.message)
                )
            return _set(self.document.data, Settings)
        return {}

    def _report(self, fault: Fault, data: Mapping[str, object]) -> None:
        from . import wording  # only when something is wrong

        path = fault.path
        match fault.kind:
            case "unknown":
                self._problem(path, Severity.MEDIUM, wording.unknown(path), on_key=True)
            case "missing":
                self._problem(path[:-1], Severity.HIGH, wording.missing(path), on_key=True)
            case "name":
                self._problem(path, Severity.HIGH, wording.no_name(path), on_key=True)
            case "value":
                self._problem(path, Severity.HIGH, wording.unfit(path, _at(data, path)))

    def _allowed(self, option: Option) -> bool:
        if self.trusted or not option.about.trusted_only or self.layer.origin is not Origin.PROJECT:
            return True
        message = (
            f"`{option.key}` is not used: {option.about.trusted_only}, and this workspace is not "
            "trusted. Trust the workspace (`understudy trust`), or set it in your own settings."
        )
        self._problem(option.path, Severity.LOW, message)
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


def _set(data: Mapping[str, object], type_: Any) -> dict[str, object]:
    """Without the keys that have no value: editors send null, and people comment out values."""
    from .options import members

    given = {key: value for key, value in data.items() if value is not None}
    for field in members(type_):
        (key,) = field.path
        below = given.get(key)
        if not isinstance(below, Mapping):
            continue
        if field.is_group:
            given[key] = _set(below, field.type)
        elif field.entry:
            given[key] = {
                name: _set(entry, field.named) if isinstance(entry, Mapping) else entry
                for name, entry in below.items()
                if entry is not None
            }
    return given


def _valid(
    option: Option, data: Mapping[str, object], wrong: Iterable[tuple[str | int, ...]]
) -> object:
    """The setting's value without the entries that are wrong; ``_NOTHING`` if none is right."""
    value: object = data
    for step in option.path:
        if not isinstance(value, Mapping) or step not in value:
            return _NOTHING
        value = value[step]
    depth = len(option.path)
    below = {path[depth : depth + 1] for path in wrong if path[:depth] == option.path}
    if not below:
        return value
    if not isinstance(value, Mapping) or () in below:
        return _NOTHING
    return {name: entry for name, entry in value.items() if (name,) not in below}


def _joined(lower: object, value: object) -> object:
    """``value`` over that of the layers below: names are joined, all else is replaced."""
    if isinstance(lower, Mapping) and isinstance(value, Mapping):
        return MappingProxyType({**lower, **value})
    return value


def _at(data: object, path: tuple[str | int, ...]) -> object:
    for step in path:
        data = data[step]  # type: ignore[index] # pydantic found the value by this path
    return data

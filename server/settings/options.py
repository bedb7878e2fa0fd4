"""What is known of every setting, by its place; read from the tree's annotations.

A field with an ``About`` is a setting, a field that holds another ``Group`` is a group of them, to
any depth. In files and editors the keys are camelCase (``notifications.mail.passwordVariable``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import EllipsisType, MappingProxyType
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from .group import About, Group
from .tree import Settings


class Option(NamedTuple):
    """One setting: ``path`` in files, ``name`` in its group of the tree.

    ``type`` is bool, int, float, str, a Literal of words, ``tuple[…, ...]`` of texts, words or
    whole numbers, or ``Mapping[str, …]`` from names to texts or entries; an entry is a ``Group`` of
    such fields.
    ``default`` is ``...`` for a field of an entry that must be given, and not be empty.
    """

    path: tuple[str, ...]
    name: str
    type: Any
    default: object | EllipsisType
    about: About

    @property
    def key(self) -> str:
        return ".".join(self.path)

    @property
    def required(self) -> bool:
        return self.default is ...

    @property
    def choices(self) -> tuple[str, ...]:
        """The words that the value, or each item of it, or what each name stands for, must be one
        of; empty: anything else."""
        words = get_args(self.item or self.named or self.type)
        return tuple(word for word in words if isinstance(word, str))

    @property
    def item(self) -> Any:
        """The type of a list's items; None when this is no list."""
        return get_args(self.type)[0] if get_origin(self.type) is tuple else None

    @property
    def named(self) -> Any:
        """The type of what names are mapped to; None when this is no mapping."""
        return get_args(self.type)[1] if get_origin(self.type) is Mapping else None

    @property
    def entry(self) -> tuple[Option, ...]:
        """The fields of an entry, when names are mapped to entries."""
        return members(self.named) if _is_group(self.named) else ()

    @property
    def is_group(self) -> bool:
        return _is_group(self.type)

    def frozen(self, value: Any) -> object:
        """A valid value from a file or an editor as it is in the tree."""
        if isinstance(value, list):
            return tuple(value)
        if not isinstance(value, Mapping):
            return value
        return MappingProxyType({name: self._entry(under) for name, under in value.items()})

    def _entry(self, given: Any) -> object:
        if not self.entry:
            return given
        fields = {f.name: f.frozen(given[f.path[0]]) for f in self.entry if f.path[0] in given}
        return self.named(**fields)


def _is_group(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, Group)


@cache
def members(type_: Any) -> tuple[Option, ...]:
    """The fields of a group or of an entry; groups in it are among them, as what they hold."""
    hints = get_type_hints(type_, include_extras=True)
    return tuple(_member(name, hints[name], type_) for name in type_._fields)


def _member(name: str, hint: Any, of: type[Group]) -> Option:
    default = of._field_defaults.get(name, ...)
    if _is_group(hint):
        return Option((_camel(name),), name, hint, default, About(""))
    return Option((_camel(name),), name, hint.__origin__, default, hint.__metadata__[0])


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@cache
def options() -> tuple[Option, ...]:
    """All settings, in the order in which they are shown."""
    return tuple(_below(Settings(), ()))


def values(settings: Settings) -> dict[str, object]:
    """What a tree has for each setting, by key."""
    return {each.key: each.default for each in _below(settings, ())}


def _below(group: Any, path: tuple[str, ...]) -> Iterator[Option]:
    """The settings of ``group``, which stands at ``path`` and holds their defaults."""
    for member in members(group.__class__):
        place, value = path + member.path, getattr(group, member.name)
        if member.is_group:
            yield from _below(value, place)
        else:
            yield member._replace(path=place, default=value)


def over(group: Any, values: Mapping[str, object], path: tuple[str, ...] = ()) -> Any:
    """``group``, which stands at ``path``, with frozen ``values`` (by key) for what they name."""
    chosen: dict[str, object] = {}
    for member in members(group.__class__):
        place = path + member.path
        if member.is_group:
            chosen[member.name] = over(getattr(group, member.name), values, place)
        elif (key := ".".join(place)) in values:
            chosen[member.name] = values[key]
    return group._replace(**chosen)

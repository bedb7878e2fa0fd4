"""Frozen values with named fields, which cost next to nothing to declare, and what is told of them.

Type checkers see frozen dataclasses. Real ones, and named tuples, are made by compiling code: as
named tuples, the twenty groups of the settings took every process six milliseconds. Here nothing is
compiled, and no annotation is read before somebody asks what a setting means.
"""

from __future__ import annotations

from typing import Any, ClassVar, Literal, NoReturn, Self, dataclass_transform


@dataclass_transform(frozen_default=True)
class Group:
    """Fields are what a subclass annotates; those without a default must be given."""

    _fields: ClassVar[tuple[str, ...]] = ()
    _field_defaults: ClassVar[dict[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        cls._fields = tuple(cls.__annotations__)
        cls._field_defaults = {name: vars(cls)[name] for name in cls._fields if name in vars(cls)}

    def __init__(self, *values: Any, **named: Any) -> None:
        given = dict(zip(self._fields, values, strict=False))
        held = self._field_defaults | given | named
        if len(values) > len(given) or given.keys() & named or held.keys() != set(self._fields):
            raise TypeError(f"{type(self).__name__} has the fields {', '.join(self._fields)}.")
        vars(self).update(held)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen.")

    def __delattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"{type(self).__name__} is frozen.")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self) -> int:
        return hash(tuple(vars(self).values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={v!r}' for k, v in vars(self).items())})"

    def _asdict(self) -> dict[str, Any]:
        return dict(vars(self))

    def _replace(self, **changes: Any) -> Self:
        return type(self)(**(vars(self) | changes))


RUNS = "it names a program to run"
SENDS = "it decides what is sent where"
WRITES = "it names a file to write"


class About(Group):
    """What a person has to know about a setting.

    ``ge`` and ``le`` are inclusive bounds, ``form`` names what a text must look like (forms.py).
    ``trusted_only`` is the reason for which an untrusted project cannot set this; empty: it can.
    ``scope`` is VS Code's.
    """

    description: str
    ge: float | None = None
    le: float | None = None
    form: str = ""
    trusted_only: str = ""
    scope: Literal["resource", "window"] = "resource"

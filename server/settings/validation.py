"""The settings tree as pydantic models: validation of one layer, and the JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from itertools import groupby
from operator import attrgetter
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from .tree import Option, options


class Fault(NamedTuple):
    """What is wrong at ``path`` (keys and list indices): an unknown key, or its value."""

    path: tuple[str | int, ...]
    unknown: bool


def faults(data: Mapping[str, object]) -> list[Fault]:
    """Everything in one layer's tree that does not fit; nothing is converted on the way."""
    try:
        model().model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        return [Fault(tuple(item["loc"]), item["type"] == "extra_forbidden") for item in found]
    return []


@cache
def model() -> type[BaseModel]:
    groups: dict[str, Any] = {}
    for group, members in groupby(options(), key=attrgetter("group")):
        entries: dict[str, Any] = {option.name: _entry(option) for option in members}
        type_ = create_model(group.capitalize(), __config__=_STRICT, **entries)
        groups[group] = (type_, Field(default_factory=type_))
    return create_model("Settings", __config__=_STRICT, **groups)


_STRICT = ConfigDict(extra="forbid", strict=True)


def _entry(option: Option) -> tuple[Any, Any]:
    type_, about = option.type, option.about
    if type_ == tuple[str, ...]:
        # YAML and JSON have lists, the frozen tree has tuples: the one conversion allowed.
        type_ = Annotated[type_, Field(strict=False)]
    bounds = {name: value for name in ("ge", "le") if (value := getattr(about, name)) is not None}
    return type_, Field(option.default, description=about.description, alias=option.leaf, **bounds)

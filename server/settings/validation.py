"""The settings tree as pydantic models: validation of one layer, and the JSON schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import GenericAlias
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    create_model,
)

from .forms import FORMS, NAME, Form
from .options import Option, members
from .tree import Settings


class Fault(NamedTuple):
    """What is wrong at ``path`` (keys and list indices): a key that is unknown, missing or no name,
    or a value."""

    path: tuple[str | int, ...]
    kind: Literal["unknown", "missing", "name", "value"]


def faults(data: Mapping[str, object]) -> Iterator[Fault]:
    """Everything in one layer's tree that does not fit; nothing is converted on the way.

    Models are made for the groups that are there: all of them take longer than reading the file.
    """
    for key, value in data.items():
        if (group := _group(key)) is None:
            yield Fault((key,), "unknown")
            continue
        try:
            group.model_validate(value)
        except ValidationError as error:
            found = error.errors(include_url=False, include_context=False, include_input=False)
            for item in found:
                yield _fault((key, *item["loc"]), item["type"])


def _fault(path: tuple[str | int, ...], type_: str) -> Fault:
    match type_:
        case "extra_forbidden":
            return Fault(path, "unknown")
        case "missing":
            return Fault(path, "missing")
        case "string_pattern_mismatch" if path[-1] == "[key]":
            return Fault(path[:-1], "name")
    return Fault(path, "value")


def model() -> type[BaseModel]:
    """The whole tree."""
    return _model("Settings", members(Settings), Settings())


@cache
def _group(key: str) -> type[BaseModel] | None:
    found = next((group for group in members(Settings) if group.path == (key,)), None)
    return _model(key, members(found.type), found.default) if found else None


def _model(name: str, fields: tuple[Option, ...], defaults: object = None) -> type[BaseModel]:
    """``defaults``: the group whose fields these are; None for an entry, whose have their own."""
    entries: dict[str, Any] = {}
    for field in fields:
        default = field.default if defaults is None else getattr(defaults, field.name)
        if field.is_group:
            type_ = _model(f"{name}.{field.name}", members(field.type), default)
            entries[field.name] = type_, Field(default_factory=type_, alias=field.path[0])
        else:
            entries[field.name] = _field(field, default)
    return create_model(name, __config__=_STRICT, **entries)


_STRICT = ConfigDict(extra="forbid", strict=True, protected_namespaces=())
_Name = Annotated[str, StringConstraints(pattern=NAME)]


def _field(option: Option, default: object) -> tuple[Any, Any]:
    type_, about = option.type, option.about
    bounds: dict[str, Any] = {
        name: value for name in ("ge", "le") if (value := getattr(about, name)) is not None
    }
    if option.item:
        # YAML and JSON have lists, the frozen tree has tuples: the one conversion allowed.
        item: Any = Annotated[_formed(option.item, about.form), Field(**bounds)]
        type_ = Annotated[GenericAlias(tuple, (item, ...)), Field(strict=False)]
        bounds = {"min_length": 1} if option.required else {}
    elif option.named:
        named = _model(option.key, option.entry) if option.entry else option.named
        type_ = GenericAlias(dict, (_Name, named))
        default = {}
    else:
        type_ = _formed(type_, about.form)
    return type_, Field(default, description=about.description, alias=option.path[0], **bounds)


def _formed(type_: Any, name: str) -> Any:
    if not name:
        return type_
    form = FORMS[name]
    if form.pattern:
        return Annotated[type_, StringConstraints(pattern=form.pattern)]
    return Annotated[type_, AfterValidator(lambda text: _checked(text, form))]


def _checked(text: str, form: Form) -> str:
    if text and not form.fits(text):
        raise ValueError
    return text

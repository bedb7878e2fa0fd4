"""What a script tells of itself: its PEP 723 block with ``[tool.understudy]``. Pure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import PurePosixPath
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    ValidationError,
    model_validator,
)

from ..sandbox.hosts import Hosts
from .narrowing import places
from .pattern import Part, Place, Type

_LARGEST = 1_000_000
"""Characters of a script."""
_LARGEST_BLOCK = 64_000
_BEGIN, _END = "# /// script", "# ///"
_TITLE = "# [tool.understudy]"
_TABLES = ("pattern", "permissions", "offer", "example")
_ID = re.compile(r'# id = "[^"]*"')
_LONG_KEY = re.compile(
    r"""(?:^\#[ \t]*\[{0,2}|[{,])[ \t]*+(?:(?:[\w-]++|"[^"]*"|'[^']*')[ \t]*+\.[ \t]*+){30}"""
)
"""The time to read a key grows with the square of its parts."""
_AT = re.compile(r" \(at line (\d+), column \d+\)")
RESERVED = frozenset({"root", "dry_run", "help", "values"})
"""What no parameter is called: each script has it for itself."""


class Flawed(ValueError):
    """A script without a block that can be read; its message is for people."""


def _glob(text: str) -> str:
    """A name alone is meant anywhere, and with a slash before it beside the folders of the root."""
    path = PurePosixPath(text[1:] if text[:1] == "/" and "/" not in text[1:] else text)
    if not text.isprintable() or not path.parts or path.is_absolute() or ".." in path.parts:
        raise ValueError(f"{text!r} is no glob below the workspace")
    return text


def _host(text: str) -> str:
    Hosts([text])
    return text


def _name(text: str) -> str:
    if text in RESERVED:
        raise ValueError(f"each script has an option {text!r} of its own")
    return text


Line = Annotated[str, Field(max_length=2_000)]
Glob = Annotated[str, Field(max_length=500), AfterValidator(_glob)]
Host = Annotated[str, Field(max_length=300), AfterValidator(_host)]
Program = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\s\x00-\x1f]+$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Origin(_Part):
    """The pattern that it was made from; ``seen``: how often that was done till then."""

    id: Line
    title: Line
    seen: Annotated[StrictInt, Field(ge=0, lt=1 << 53)]


class Permissions(_Part):
    """What it may touch. ``read`` and ``write``: globs below the workspace, with places for its
    parameters; ``network``: hosts, as
    the sandbox writes them; ``run``: the names of programs that it starts."""

    read: Annotated[tuple[Glob, ...], Field(max_length=200)] = ()
    write: Annotated[tuple[Glob, ...], Field(max_length=200)] = ()
    network: Annotated[tuple[Host, ...], Field(max_length=200)] = ()
    run: Annotated[tuple[Program, ...], Field(max_length=200)] = ()


class Asked(_Part):
    """A parameter. ``default`` None: it has to be given. ``choices``: of which a choice is one.
    ``many``: it takes many values, and the script is carried out for each of them."""

    name: Annotated[str, Field(max_length=40, pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_name)]
    type: Type
    default: Line | None = None
    choices: Annotated[tuple[Line, ...], Field(max_length=200)] = ()
    question: Line = ""
    many: Annotated[bool, Field(strict=True)] = False

    @model_validator(mode="after")
    def _can_be_answered(self) -> Self:
        if self.type is Type.CHOICE and not self.choices:
            raise ValueError(f"{self.name} is a choice, and has no choices")
        return self


class Fit(_Part):
    """Where it is offered. ``fits``: files, as a .gitignore pattern; ``takes``: the parameter that
    such a file is the value of; ``makes``: the paths of the files that it makes then, as texts with
    places ``[parameter, part]``."""

    fits: Annotated[str, Field(max_length=500)]
    takes: Annotated[str, Field(max_length=40)]
    makes: Annotated[tuple[tuple[str | Place, ...], ...], Field(max_length=200)] = ()


class Metadata(_Part):
    """``id``: from the content of the script; ``created``: when the pattern was last seen, UTC;
    ``example``: values of parameters for which it can be tried."""

    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    version: Annotated[StrictInt, Field(ge=1, lt=1 << 53)]
    template: Annotated[str, Field(max_length=100, pattern=r"^[a-z][a-z0-9_]*$")]
    created: Annotated[datetime, Field(strict=True)]
    pattern: Origin
    permissions: Permissions = Permissions()
    parameters: Annotated[tuple[Asked, ...], Field(max_length=50)] = ()
    offer: Fit | None = None
    example: Annotated[dict[str, Line], Field(max_length=50)] = {}

    @property
    def types(self) -> dict[str, Type]:
        """Of its parameters."""
        return {each.name: each.type for each in self.parameters}

    def values(self, given: Mapping[str, str]) -> dict[str, str]:
        """Of its parameters, with defaults for what is not ``given``."""
        return {each.name: given.get(each.name) or each.default or "" for each in self.parameters}

    def is_edited(self, source: str) -> bool:
        """Whether the script is not the one that its id was made from. Raises Flawed."""
        return identity(source) != self.id


def read(source: str) -> Metadata:
    """The metadata of a script. Raises Flawed, and nothing else."""
    lines, first = _block(source)
    if long := next((n for n, line in enumerate(lines, 1) if _LONG_KEY.search(line)), None):
        raise Flawed(f"Line {first + long}: a name of so many parts is none of metadata.")
    try:
        table = tomllib.loads("\n".join(line.removeprefix("#")[1:] for line in lines))
    except tomllib.TOMLDecodeError as error:
        message = _AT.sub(lambda at: f" in line {int(at[1]) + first}", str(error), count=1)
        raise Flawed(f"The block is no TOML: {message}.") from None
    except (RecursionError, ValueError) as error:
        raise Flawed(f"The block cannot be read: {error}.") from None
    tool = table.get("tool")
    own = tool.get("understudy") if isinstance(tool, dict) else None
    if not isinstance(own, dict):
        raise Flawed("The block has no table [tool.understudy].")
    return _checked(own, lines, first)


def _checked(own: dict[str, Any], lines: list[str], first: int) -> Metadata:
    try:
        metadata = Metadata.model_validate(own)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        missing = wrong["type"] == "missing"
        keys = [] if missing else [each for each in wrong["loc"] if isinstance(each, str)]
        at = next((n for n, line in enumerate(lines, 1) if keys and _names(line, keys[-1])), None)
        place = f"Line {first + at}: " if at else ""
        said = wrong["msg"].removeprefix("Value error, ")
        raise Flawed(f"{place}tool.understudy.{where}: {said}.") from None
    names = [each.name for each in metadata.parameters]
    if len(set(names)) < len(names):
        raise Flawed("tool.understudy.parameters: two have the same name.")
    globs = (*metadata.permissions.read, *metadata.permissions.write)
    for name, part in (place for each in globs for place in places(each)):
        if name not in names or part not in [*map(str, Part)]:
            told = f"there is no parameter {name!r}, or no part {str(part)!r} of it"
            raise Flawed(f"tool.understudy.permissions: {told}.")
    if metadata.offer and (wrong_place := _misplaced(metadata.offer, names)):
        raise Flawed(f"tool.understudy.offer: {wrong_place}.")
    return metadata


def _misplaced(offer: Fit, names: Sequence[str]) -> str:
    """What is wrong with where it is offered; empty where nothing is."""
    if offer.fits and offer.takes not in names:
        return f"it takes {offer.takes!r}, which is no parameter"
    for text in offer.makes:
        if any(isinstance(each, Place) and each.parameter != offer.takes for each in text):
            return f"what it makes follows from {offer.takes!r} alone"
        plain = "".join(each if isinstance(each, str) else "_" for each in text)
        path = PurePosixPath(plain)
        if "\0" in plain or not path.parts or path.is_absolute() or ".." in path.parts:
            return f"{plain!r} is no path below the workspace"
    return ""


def _names(line: str, key: str) -> bool:
    word = line.removeprefix("#").strip()
    return word.partition("=")[0].strip() == key or word.strip("[]").endswith(f".{key}")


def identity(source: str) -> str:
    """The id of a script: a hash of it without the line of the id. Raises Flawed."""
    lines, first = _block(source)
    whole = source.split("\n")
    begin = lines.index(_TITLE) + 1 if _TITLE in lines else len(lines)
    for at in range(begin, len(lines)):
        if lines[at].startswith("# ["):
            break
        if _ID.fullmatch(lines[at]):
            del whole[first + at]
            break
    return sha256("\n".join(whole).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _block(source: str) -> tuple[list[str], int]:
    """The lines of the block, and how many stand before them. As PEP 723 has it, the last end in
    the row of comments is the end."""
    if len(source) > _LARGEST:
        raise Flawed(f"The script is too large: {len(source)} characters.")
    lines = [line.removesuffix("\r") for line in source.split("\n")]
    begins = [n for n, line in enumerate(lines) if line == _BEGIN]
    if not begins:
        raise Flawed(f"There is no block of metadata: a line {_BEGIN!r} begins it.")
    first = begins[0] + 1
    row = first
    while row < len(lines) and (lines[row] == "#" or lines[row].startswith("# ")):
        row += 1
    ends = [n for n in range(first, row) if lines[n] == _END]
    if not ends:
        raise Flawed(f"The block that begins in line {first} has no end: a line {_END!r}.")
    if len(begins) > 1:
        raise Flawed(f"There are two blocks of metadata, in the lines {first} and {begins[1] + 1}.")
    found = lines[first : ends[-1]]
    if sum(map(len, found)) > _LARGEST_BLOCK:
        raise Flawed(f"The block is larger than {_LARGEST_BLOCK} characters.")
    return found, first


def block(metadata: Mapping[str, Any]) -> str:
    """The block of a table of metadata as it stands in a script, without the line of the id."""
    lines = ['requires-python = ">=3.11"', "dependencies = []", ""]
    tables: list[tuple[str, Mapping[str, Any]]] = [(_TITLE[2:], metadata)]
    tables += [
        (f"[tool.understudy.{name}]", metadata[name]) for name in _TABLES if metadata.get(name)
    ]
    tables += [("[[tool.understudy.parameters]]", each) for each in metadata["parameters"]]
    for number, (title, table) in enumerate(tables):
        lines += [""] * (number > 0) + [title]
        plain = {k: v for k, v in table.items() if k not in {*_TABLES, "parameters"}}
        lines += [f"{key} = {_toml(value)}" for key, value in plain.items() if value is not None]
    return "\n".join([_BEGIN, *(f"# {line}".rstrip() for line in lines), _END])


def signed(source: str) -> str:
    """A script that has no id yet, with its id."""
    return source.replace(_TITLE, f'{_TITLE}\n# id = "{identity(source)}"', 1)


def with_write(source: str, write: Sequence[str]) -> str:
    """A script that is as it was made, with other globs of what it may write, and its id."""
    line = re.compile(r"^# write = \[.*\]$", re.MULTILINE)
    changed = line.sub(lambda _: f"# write = {_toml(write)}", source, count=1)
    return _ID.sub(f'# id = "{identity(changed)}"', changed, count=1)


def _toml(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{"".join(map(_escaped, value))}"'
        case datetime():
            return value.strftime("%Y-%m-%dT%H:%M:%SZ")
        case list() | tuple():
            return f"[{', '.join(map(_toml, value))}]"
    return str(value)


def _escaped(character: str) -> str:
    if character in '"\\':
        return f"\\{character}"
    return character if character.isprintable() else f"\\U{ord(character):08x}"

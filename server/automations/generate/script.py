"""From a pattern to a draft: its operations, the template that fits, the text. Pure."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from jinja2 import Template

from ...findings.redact_text import SECRET, redacted
from ..metadata import Flawed, Permissions, block, read, signed
from ..pattern import Create, Parameter, Part, Pattern, Place, Shape, Step, Type
from .apart import Apart
from .literal import Value, assigned
from .operations import Operation, Unfit, read_files
from .programs import read_file_programs, read_notices, read_programs
from .requests import read_requests
from .tables import read_data
from .templates import Entry, Templates, render
from .texts import read_texts

Reader = Callable[[Step], tuple[Operation, ...] | None]
_PLAIN: tuple[Reader, ...] = (read_files, read_programs)
_READERS: tuple[Reader, ...] = (
    read_files,
    read_file_programs,
    read_texts,
    read_data,
    read_requests,
    read_notices,
    read_programs,
)
VERSION = 1
_LONGEST_NAME = 32
_MANY = 3
_LONGEST_VALUE = 2_000
_LONGEST_SHOWN = 60
_OPEN = (Type.PATH, Type.GLOB, Type.TEXT, Type.NUMBER)


class Draft(NamedTuple):
    """A script that nobody has accepted yet. ``name``: ``[a-z0-9-]+``, which another
    may have, too. ``why``: why it is not offered; empty where it is."""

    name: str
    source: str
    template: str
    is_offered: bool
    why: str = ""


def generate(pattern: Pattern, templates: Templates) -> Draft:
    """The same for the same pattern, to the byte. Raises Unfit."""
    try:
        return _draft(pattern, templates)
    except Unfit:
        raise
    except Flawed as error:
        raise Unfit(f"What it does cannot be told in a script: {error}") from error
    except ValueError as error:
        raise Unfit(f"It has {error}." if "U+" in str(error) else str(error)) from error


def _understood(steps: Sequence[Step], readers: Sequence[Reader]) -> tuple[Operation, ...]:
    """What is done, each step as the first reader has it that understands it."""
    operations = tuple(one for step in steps for one in _first(step, readers))
    if not operations:
        raise Unfit("It has no steps that do anything.")
    return operations


def _first(step: Step, readers: Sequence[Reader]) -> tuple[Operation, ...]:
    for reader in readers:
        if (operations := reader(step)) is not None:
            return operations
    raise Unfit("It has a step without words.")


def _chosen(
    steps: Sequence[Step], templates: Templates
) -> tuple[tuple[Operation, ...], Entry, Template | Apart]:
    """What one template can do as a whole; where none can, the programs as they were started."""
    for readers in (_READERS, _PLAIN):
        operations = _understood(steps, readers)
        programs = {each for operation in operations for each in operation.run}
        if chosen := templates.choose({each.kind for each in operations}, programs):
            return operations, *chosen
    raise Unfit("No template does all of this.")


def _draft(pattern: Pattern, templates: Templates) -> Draft:
    if pattern.why_not:
        raise Unfit(f"It cannot be automated: {pattern.why_not}.")
    operations, entry, template = _chosen(pattern.steps, templates)
    asked = _asked(pattern)
    metadata: dict[str, Any] = {
        "version": VERSION,
        "template": entry.name,
        "created": _created(pattern),
        "pattern": {"id": pattern.id, "title": pattern.title[:2_000], "seen": pattern.count},
        "permissions": _permissions(operations),
        "parameters": asked,
        "offer": _offer(pattern),
        "example": example(pattern),
    }
    values = {
        "block": block(metadata),
        "doc": _docstring(pattern, metadata["created"]),
        "parameters": assigned("PARAMETERS", "list[dict[str, Any]]", asked),
        "steps": assigned("STEPS", "list[Step]", [each.data for each in operations]),
        "kinds": sorted({each.kind for each in operations}),
        "many": pattern.shape is Shape.EACH,
        "matches": _matches(pattern),
    }
    source = signed(render(template, values))
    _check(source, template.name, Permissions.model_validate(metadata["permissions"]))
    doubt = next((each.doubt for each in operations if each.doubt), "")
    return Draft(slug(pattern.title), source, entry.name, not doubt, doubt)


def _check(source: str, template: str | None, permissions: Permissions) -> None:
    if read(source).permissions != permissions:
        raise Unfit(f"The template {template} declares other permissions than its steps need.")
    try:
        compile(source, "script", "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise Unfit(f"The template {template} gives no valid Python: {error}.") from error


def _created(pattern: Pattern) -> datetime:
    last = max((each.at for each in pattern.occurrences), default=0.0)
    try:
        return datetime.fromtimestamp(int(last), UTC)
    except (ValueError, OverflowError, OSError):
        raise Unfit(f"It was done at no time that there is: {last}.") from None


def _permissions(operations: Sequence[Operation]) -> Mapping[str, list[str]]:
    return {
        name: sorted({one for each in operations for one in getattr(each, name)})
        for name in ("read", "write", "network", "run")
    }


def _offer(pattern: Pattern) -> Mapping[str, Any]:
    """Empty where it fits no file."""
    if not (pattern.when and (takes := pattern.takes)):
        return {}
    made = [
        step.path
        for step in pattern.steps
        if isinstance(step, Create) and _used(step.path) <= {takes}
    ]
    return {"fits": pattern.when, "takes": takes, "makes": made}


def example(pattern: Pattern) -> dict[str, str]:
    """Of the newest time that it was done the values of the parameters, of many some; without those
    that are secret or may have a secret in them."""
    if not pattern.occurrences:
        return {}
    found = pattern.occurrences[-1].arguments
    if pattern.shape is Shape.EACH:
        found = {k: "\n".join(v.split("\n")[:_MANY]) for k, v in found.items()}
    open_ = {each.name for each in pattern.parameters if each.type is not Type.SECRET}
    return {
        name: value
        for name, value in sorted(found.items())
        if name in open_ and len(value) <= _LONGEST_VALUE and not _tells(name, value)
    }


def _tells(name: str, value: str) -> bool:
    """Whether a value may have a secret in it."""
    told = f"{name}={value}"
    return SECRET in value or redacted(told, len(told) + 1) != told


def _asked(pattern: Pattern) -> list[dict[str, Value]]:
    known = {each.name for each in pattern.parameters}
    if missing := sorted(_used(pattern.steps) - known):
        raise Unfit(f"It has places without a parameter: {', '.join(missing)}.")
    each_of = pattern.shape is Shape.EACH
    shown = example(pattern)
    return [
        {
            "name": each.name,
            "type": str(each.type),
            "default": each.default,
            "choices": list(each.choices),
            "question": _question(each, shown.get(each.name, "")),
            "many": each_of and each.type is not Type.SECRET,
        }
        for each in pattern.parameters
    ]


def _used(value: object) -> set[str]:
    """The names of the parameters that have a place anywhere in it."""
    return {each.parameter for each in _places(value)}


def _places(value: object) -> Iterator[Place]:
    if isinstance(value, Place):
        yield value
    elif isinstance(value, Mapping):
        yield from _places(tuple(value.values()))
    elif isinstance(value, tuple):
        for each in value:
            yield from _places(each)


def _matches(pattern: Pattern) -> bool:
    """Whether a pattern of names may be given for files: in a step, or for many paths."""
    of_many = pattern.shape is Shape.EACH and any(e.type is Type.PATH for e in pattern.parameters)
    return of_many or any(each.part is Part.MATCHES for each in _places(pattern.steps))


def _question(parameter: Parameter, example: str) -> str:
    """With an ``example`` of its value where it is open and short; empty: there is none."""
    kind = {
        Type.PATH: "a file or folder below the workspace",
        Type.GLOB: "a pattern of file names",
        Type.TEXT: "a text",
        Type.NUMBER: "a number",
        Type.CHOICE: "one of the choices",
        Type.SECRET: "the name of the environment variable that holds it",
    }
    first = example.partition("\n")[0]
    is_shown = 0 < len(first) <= _LONGEST_SHOWN and parameter.type in _OPEN
    such = f", such as {first}" if is_shown and first.isprintable() else ""
    return f"{parameter.name.replace('_', ' ').capitalize()}: {kind[parameter.type]}{such}"


def _docstring(pattern: Pattern, created: datetime) -> str:
    title = _prose(pattern.title)
    first = textwrap.shorten(title[:1].upper() + title[1:], 72, placeholder=" …") or "…"
    last = f"{created:%Y-%m-%d}"
    made = f"Made by Understudy of what was done {pattern.count} times, last on {last}."
    codes = "Exit codes: 0 done, 1 failed, 2 the command line is wrong."
    return f"{first}.\n\n{made}\n{codes}\n"


def _prose(text: str) -> str:
    """For the docstring, which nothing reads but people and ``--help``."""
    plain = "".join(c if c.isprintable() else " " for c in text)
    table = str.maketrans({'"': "'", "\\": "/"})
    return " ".join(plain.translate(table).replace("%(", "% (").split())


def slug(title: str) -> str:
    """The name of a pattern's script: what it does, in whole words that come but once, without what
    varies, the options, and what is only the way to a host."""
    plain = re.sub(r"\{[^}]*\}", " ", title.lower())
    plain = re.sub(r"(?<!\S)--?[a-z][\w-]*|https?://(?:\d+(?:\.\d+){3})?|:\d+(?=/|\s)", " ", plain)
    name = ""
    for word in dict.fromkeys(re.findall(r"[a-z0-9]+", plain)):
        if len(name) + len(word) >= _LONGEST_NAME and name:
            break
        name = f"{name}-{word}" if name else word[:_LONGEST_NAME]
    return name or "automation"

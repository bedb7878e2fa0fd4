"""Automations that leave a workspace and come into one: scripts, and JSON with several of them."""

from __future__ import annotations

import ast
import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ...automations.codec import loads
from ...automations.generate import slug
from ...automations.generate.operations import glob
from ...automations.metadata import read
from ...automations.pattern import Place, line, shown
from ...disk import read_regular, why
from ...state import private_folder, replace_file
from ...store.automations import Automation, State
from .alone import surely_alone
from .learned import Learned
from .listing import automation_payload
from .opening import Opened

_LARGEST = 16 << 20
_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")


class Shared(BaseModel):
    """One as it is sent. What is said of it that only its own workspace knows is passed over."""

    model_config = ConfigDict(frozen=True)

    name: Annotated[str, Field(pattern=rf"^{_NAME.pattern}$")]
    script: Annotated[str, Field(max_length=1_000_000)]
    title: Annotated[str, Field(max_length=2_000)] = ""
    fits: Annotated[str, Field(max_length=500)] = ""
    takes: Annotated[str, Field(max_length=40)] = ""
    makes: Annotated[str, Field(max_length=100_000)] = "[]"


class _File(BaseModel):
    understudy: Literal[1]
    automations: Annotated[tuple[Shared, ...], Field(max_length=10_000)]


async def exported(opened: Opened, names: Sequence[str]) -> tuple[str, list[str]]:
    """JSON of these, or of all that have a script: the scripts with their records. And of all what
    is left out, as it cannot be read, for people. Raises ValueError, OSError."""
    learned = opened.learned
    chosen = [learned.find(each) for each in names] if names else learned.automations
    told, left = [], []
    for each in chosen:
        try:
            told.append(await _exported(opened, each))
        except (OSError, ValueError) as error:
            if names:
                raise
            if not isinstance(error, FileNotFoundError):
                left.append(f"{each.name} is left out: {why(error)}.")
    return json.dumps({"understudy": 1, "automations": told}, indent=2), left


async def _exported(opened: Opened, automation: Automation) -> Mapping[str, Any]:
    script = await asyncio.to_thread(opened.learned.runs.source_of, automation)
    own = {"takes": automation.takes, "makes": automation.makes, "script": script}
    return automation_payload(automation, opened.learned.record(automation)) | own


def read_file(path: Path) -> list[Shared]:
    """What a file brings, a script or JSON. Raises ValueError, for people, and OSError."""
    try:
        text = read_regular(path, _LARGEST).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is no text in UTF-8 (byte {error.start + 1})") from error
    if not text.lstrip().startswith("{"):
        name = path.stem.lower()
        if not _NAME.fullmatch(name):
            raise ValueError(f"{path.name!r} is no name for an automation: a-z, 0-9, - and _ are")
        return [Shared(name=_made_as(text) or name, script=text)]
    try:
        found = _File.model_validate_json(text).automations
        for each in found:
            _must_be_paths(each)
    except ValidationError as error:
        wrong = error.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(map(str, wrong["loc"]))
        raise ValueError(f"it has no automations in it: {where}: {wrong['msg']}") from None
    return [*found]


def _must_be_paths(shared: Shared) -> None:
    """Raises ValueError where what it makes are no paths."""
    try:
        loads(shared.makes)
    except ValueError as error:
        raise ValueError(f"what {shared.name} makes cannot be read: {error}") from error


def _made_as(source: str) -> str:
    """The name under which Understudy made a script; empty for one that was written or edited by
    hand. Raises ValueError, for people."""
    metadata = read(source)
    return "" if metadata.is_edited(source) else slug(metadata.pattern.title)


async def taken_in(opened: Opened, shared: Shared, given: Mapping[str, str]) -> Automation:
    """Keep one, and try it where the workspace is trusted; as it stands then: nothing runs it
    before it is enabled. Raises ValueError, for people, and OSError."""
    learned, workspace = opened.learned, opened.learned.workspace
    async with surely_alone(workspace.root, workspace.state):  # nobody else takes its name
        automation = await _kept(learned, shared)
    if not workspace.trusted:
        return automation
    return await learned.test(automation, [given] if given else ())


async def _kept(learned: Learned, shared: Shared) -> Automation:
    """Raises ValueError, for people, and OSError."""
    await learned.load()
    before = next((e for e in learned.automations if e.name == shared.name), None)
    in_place = learned.runs.script_of(Automation("", shared.name, State.TRIED, "", "", 0.0))
    if (before and before.state is not State.RETIRED) or in_place.is_relative_to(
        learned.workspace.root
    ):
        again = f"`understudy automations test {shared.name}` tries it, `remove` takes it out"
        raise ValueError(f"there is an automation {shared.name} already; {again}")
    metadata = read(shared.script)
    _check(shared, {each.name for each in metadata.parameters})
    folder = private_folder(learned.runs.drafts)
    await asyncio.to_thread(
        replace_file, folder / f"{shared.name}.py", shared.script.encode(), mode=0o700
    )
    automation = Automation(
        f"script-{shared.name}",
        shared.name,
        State.GENERATED,
        line(shared.title or metadata.pattern.title or _first_line(shared.script) or shared.name),
        metadata.template,
        learned.clock(),
        when=shared.fits,
        takes=shared.takes,
        makes=shared.makes,
    )
    if not learned.workspace.trusted:
        automation = replace(automation, told="not yet, as the workspace is not trusted")
    if not await learned.store.put(automation, before):
        raise ValueError(f"{shared.name} was changed meanwhile: look at it, and try again")
    await learned.load()
    return automation


def _check(shared: Shared, parameters: AbstractSet[str]) -> None:
    """Raises ValueError where what is said of one is not of its script, or not of a workspace."""
    if shared.takes and shared.takes not in parameters:
        raise ValueError(f"{shared.name} takes {shared.takes!r}, and its script does not")
    for text in loads(shared.makes):
        if any(isinstance(e, Place) and e.parameter != shared.takes for e in text):
            raise ValueError(f"{shared.name} makes {shown(text)!r} of what it does not take")
        glob(text)


def _first_line(source: str) -> str:
    try:
        return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ""

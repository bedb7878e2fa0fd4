"""Steps that start programs, and those that scripts do better themselves. Pure."""

from __future__ import annotations

import re

from ..pattern import Call, Run, Step, Text
from .literal import Value
from .operations import ALL, Operation, Unfit, form, glob, joined, literal
from .words import Command, Given, are_plain, command_of, doubt, given

_FLAGS = {
    "mkdir": "p v parents verbose",
    "touch": "",
    "rm": "r R f v recursive force verbose",
    "cp": "r R a p f v recursive archive force verbose",
    "mv": "f v force verbose",
    "ln": "s symbolic",
}
_HOST = re.compile(r"https?://(\[[0-9a-fA-F:.]+\](?::\d+)?|[\w.-]+(?::\d+)?)(?=[/?#]|$)")


def read_programs(step: Step) -> tuple[Operation, ...] | None:
    """A step that starts a program, as it was started. ``cd`` does nothing: what comes after it
    tells its own folder."""
    if isinstance(step, Call):
        values = [(f"{name}=", *text) for name, text in sorted(step.parameters.items())]
        step = Run((("understudy",), ("run",), ("--",), (step.task,), *values))
    if isinstance(step, Run) and step.otherwise:
        first = read_programs(step._replace(otherwise=None))
        second = read_programs(step.otherwise)
        return (_either(*first, *second),) if first and second else None
    command = command_of(step)
    if command and command.program == "cd":
        return ()
    return (started(command),) if command else None


def _either(first: Operation, second: Operation) -> Operation:
    return Operation(
        {**first.data, "otherwise": second.data},
        first.read,
        first.write,
        tuple({*first.network, *second.network}),
        tuple({*first.run, *second.run}),
        first.doubt or second.doubt,
    )


def started(command: Command, do: str = "run", why: str = "") -> Operation:
    words = ((command.program,), *command.words)
    data: dict[str, Value] = {"do": do, "words": [form(each) for each in words]}
    if command.cwd:
        glob(command.cwd)
        data["cwd"] = form(command.cwd)
    for name, file in (("source", command.source), ("out", command.out)):
        if file:
            data[name] = form(joined(command.cwd, file))
            glob(file, command.cwd)
    urls = "\n".join(each for word in command.words for each in word if isinstance(each, str))
    hosts = tuple(_HOST.findall(urls))
    why = why or doubt(command.words)
    return Operation(data, (ALL,), (ALL,), hosts, (_declared(command),), why)


def _declared(command: Command) -> str:
    """A path is one from the workspace, wherever it was written."""
    if "/" not in command.program or command.program.startswith("/"):
        return command.program
    if literal(command.cwd) is None:
        raise Unfit("Which program is started is not the same each time.")
    return glob((command.program,), command.cwd)


def read_file_programs(step: Step) -> tuple[Operation, ...] | None:
    """What cp, mv, mkdir, rm, touch and ln do."""
    command = command_of(step)
    if not command or command.program not in _FLAGS or command.out or command.source:
        return None
    known = given(command.words, _FLAGS[command.program])
    if not known or not known.operands or not are_plain(known.operands):
        return None
    paths = tuple(joined(command.cwd, each) for each in known.operands)
    if command.program in ("cp", "mv", "ln"):
        return _pair(command.program, known, paths)
    return tuple(_single(command.program, known, each) for each in paths)


def _single(program: str, known: Given, path: Text) -> Operation:
    data: dict[str, Value] = {"do": "mkdir", "path": form(path)}
    if program == "touch":
        data = {"do": "create", "path": form(path), "content": [], "keep": True}
    elif program == "rm":
        data = {"do": "delete", "path": form(path)}
        data |= {"missing": True} if known.options.keys() & {"f", "force"} else {}
        data |= {"folder": True} if known.options.keys() & {"r", "R", "recursive"} else {}
    where = glob(path)
    below = (f"{where}/{ALL}",) if data.get("folder") else ()
    return Operation(data, write=(where, *below))


def _pair(program: str, known: Given, paths: tuple[Text, ...]) -> tuple[Operation, ...] | None:
    if len(paths) != 2:
        return None
    old, new = paths
    into = f"{glob(new)}/{ALL}"
    if program == "ln":
        if not known.options:
            return None
        old = known.operands[0]
        data: dict[str, Value] = {"do": "link", "old": form(old), "new": form(new)}
        return (Operation(data, write=(glob(new),)),)
    data = {"do": "copy" if program == "cp" else "move", "old": form(old), "new": form(new)}
    data["into"] = True
    if known.options.keys() & {"f", "force"}:
        data["overwrite"] = True
    source = (glob(old), f"{glob(old)}/{ALL}")
    if program == "cp":
        return (Operation(data, read=source, write=(glob(new), into)),)
    return (Operation(data, write=(*source, glob(new), into)),)


def read_notices(step: Step) -> tuple[Operation, ...] | None:
    """What notify-send tells."""
    command = command_of(step)
    if not command or command.program != "notify-send" or command.out or command.source:
        return None
    known = given(command.words, "e transient", "u urgency t expire-time i icon a app-name")
    if not known or not 1 <= len(known.operands) <= 2:
        return None
    title, body = (*known.operands, ())[:2]
    urgency = literal(known.last("u", "urgency") or ("normal",))
    if urgency not in ("low", "normal", "critical"):
        return None
    data: dict[str, Value] = {"do": "notify", "title": form(title), "body": form(body)}
    return (Operation({**data, "urgency": urgency}, run=("notify-send",)),)

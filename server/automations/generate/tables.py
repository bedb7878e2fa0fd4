"""What jq, json.tool and the tools of csvkit do to data, where it is known. Pure.

JSON and CSV alone: Python reads no YAML by itself, and scripts have no dependencies.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from ..pattern import Step, Text
from .literal import Value
from .operations import Operation, form, glob, joined, literal
from .programs import started
from .words import Command, are_plain, command_of, given

_UNKNOWN = "What this makes of the data is not known: look at it first."
_PROGRAMS = frozenset(
    {"jq", "yq", "csvcut", "csvgrep", "csvjson", "csvsort", "csvstat", "in2csv", "mlr", "xsv"}
)
_NAME = r"[A-Za-z_]\w*"
_VALUE = r"\"[^\"\\]*\"|-?\d{1,15}|true|false"
_STAGES = (
    (re.compile(rf"\.({_NAME})((?:\.{_NAME})*)"), "get"),
    (re.compile(rf"sort_by\(\.({_NAME})\)"), "sort"),
    (
        re.compile(rf"map\(select\(\.({_NAME}) *== *(\"[^\"\\]*\"|-?\d{{1,15}}|true|false)\)\)"),
        "where",
    ),
    (re.compile(rf"map\(\{{ *({_NAME}(?:, *{_NAME})*) *\}}\)"), "select"),
)


def read_data(step: Step) -> tuple[Operation, ...] | None:
    """A program that is known to work on data, but not what it does there, is a doubt."""
    command = command_of(step)
    if not command:
        return None
    words = [literal(each) for each in command.words[:2]]
    is_tool = command.program in ("python", "python3") and words == ["-m", "json.tool"]
    if not is_tool and command.program not in _PROGRAMS:
        return None
    made = _json_tool(command) if is_tool else _native(command)
    return (made or started(command, "process", _UNKNOWN),)


def _native(command: Command) -> Operation | None:
    match command.program:
        case "jq":
            return _jq(command)
        case "csvcut":
            known = given(command.words, "", "c columns")
            columns = literal(known.last("c", "columns") or ()) if known else ""
            if not known or not columns or re.fullmatch(r"[\d,-]*", columns):
                return None
            stages: list[Value] = [["select", *columns.split(",")]]
            return _table(command, known.operands, stages, "csv", "csv")
        case "csvgrep":
            known = given(command.words, "", "c columns m match")
            column = literal(known.last("c", "columns") or ()) if known else ""
            value = known.last("m", "match") if known else None
            if not known or not column or not value or column.isdecimal() or "," in column:
                return None
            return _table(command, known.operands, [["has", column, form(value)]], "csv", "csv")
        case "csvjson":
            known = given(command.words, "I no-inference")
            if not known or not known.options:
                return None
            return _table(command, known.operands, [], "csv", "json", compact=True)
    return None


def _jq(command: Command) -> Operation | None:
    known = given(command.words, "r S c M raw-output sort-keys compact-output")
    if not known or not 1 <= len(known.operands) <= 2:
        return None
    if not (program := literal(known.operands[0])):
        return None
    stages: list[Value] = []
    for each in program.split("|"):
        if (stage := _stage(each.strip())) is None:
            return None
        stages += [stage] if stage else []
    names = known.options.keys()
    return _table(
        command,
        known.operands[1:],
        stages,
        "json",
        "json",
        indent=2,
        raw=bool(names & {"r", "raw-output"}),
        sort_keys=bool(names & {"S", "sort-keys"}),
        compact=bool(names & {"c", "compact-output"}),
    )


def _stage(text: str) -> list[Value] | None:
    if text == ".":
        return []
    for expression, kind in _STAGES:
        if found := expression.fullmatch(text):
            match kind:
                case "get":
                    return ["get", *text.split(".")[1:]]
                case "where":
                    return ["where", found[1], json.loads(found[2])]
                case "select":
                    return ["select", *re.findall(_NAME, found[1])]
            return [kind, found[1]]
    return None


def _json_tool(command: Command) -> Operation | None:
    known = given(command.words[2:], "sort-keys no-ensure-ascii compact")
    if not known or len(known.operands) > 2 or known.options.keys() & {"compact"}:
        return None
    if known.operands[1:] and command.out:
        return None
    command = command._replace(out=(*known.operands[1:], command.out)[0])
    return _table(
        command,
        known.operands[:1],
        [],
        "json",
        "json",
        indent=4,
        sort_keys="sort-keys" in known.options,
        ascii="no-ensure-ascii" not in known.options,
    )


def _table(
    command: Command,
    files: Sequence[Text],
    stages: Sequence[Value],
    old: str,
    new: str,
    **layout: Value,
) -> Operation | None:
    found = files or ((command.source,) if command.source else ())
    if len(found) != 1 or not are_plain(found):
        return None
    path = joined(command.cwd, found[0])
    out = joined(command.cwd, command.out) if command.out else ()
    data: dict[str, Value] = {
        "do": "transform",
        "path": form(path),
        "from": old,
        "to": new,
        "stages": stages,
        "out": form(out) if out else None,
        **{name: value for name, value in layout.items() if value},
    }
    return Operation(data, (glob(path),), (glob(out),) if out else ())

"""What is asked in a terminal: whether something is wanted, what an automation lacks to be run."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import click

_THAT_IS_ALL = "empty: that is all"


def agreed(question: str) -> bool | None:
    """None when nobody is there to answer."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        return None


def completed(
    parameters: Sequence[Mapping[str, Any]], given: Mapping[str, str]
) -> Mapping[str, str]:
    """What is ``given`` and what is answered, where somebody is there to answer. What takes many
    is asked for row by row. ``parameters``: as ``Runs.parameters_of`` has them."""
    lacking = [e for e in parameters if e["default"] is None and e["name"] not in given]
    if not lacking or not sys.stdin.isatty():
        return given
    answers = {each["name"]: _answer(each) for each in lacking if not each["many"]}
    return {**given, **answers, **_rows([each for each in lacking if each["many"]])}


def _rows(parameters: Sequence[Mapping[str, Any]]) -> Mapping[str, str]:
    """By the names, one value in a line."""
    rows: list[list[str]] = []
    while parameters:
        note = f" (row {len(rows) + 1}; {_THAT_IS_ALL})"
        first = click.prompt(f"{_question(parameters[0])}{note}", "", show_default=False, err=True)
        if not first:
            break
        rows.append([first, *map(_answer, parameters[1:])])
    names = [each["name"] for each in parameters]
    columns = zip(*rows, strict=True)
    return {name: "\n".join(values) for name, values in zip(names, columns, strict=bool(rows))}


def _answer(parameter: Mapping[str, Any]) -> str:
    kind = click.Choice(parameter["choices"]) if parameter["choices"] else str
    return str(click.prompt(_question(parameter), type=kind, err=True))


def _question(parameter: Mapping[str, Any]) -> str:
    return str(parameter["question"] or parameter["name"])

"""Where functions are named, and what of one is better on its own."""

from __future__ import annotations

import ast

import pytest
from radon.visitors import ComplexityVisitor

from understudy.analyzers.complexity.functions import Function, name_at, part_to_split
from understudy.model import Position
from understudy.text import Lines

SMILE = "\N{GRINNING FACE}"


@pytest.mark.parametrize(
    ("text", "row", "start", "name"),
    [
        ("def f(): pass", 0, (0, 4), "f"),
        ("async  def  größe(): pass", 0, (0, 12), "größe"),
        ("\tdef f(): pass", 0, (0, 5), "f"),
        (f"@route('{SMILE}')\r\n@cached(\r\n    1)\r\ndef f(): pass", 0, (3, 4), "f"),
        ("\fdef f(): pass", 0, (0, 5), "f"),
        ("default = 1", 0, (0, 0), "default = 1"),
        ("", 0, (0, 0), ""),
    ],
)
def test_names(text: str, row: int, start: tuple[int, int], name: str) -> None:
    lines = Lines(text)
    place = name_at(lines, row)
    assert place.start == Position(*start)
    assert lines.slice(place) == name


IFS = "    if x: pass\n"
FOR = "    for y in x:\n" + "        if y: pass\n" * 6
CHAIN = "    if x == 1:\n        pass\n"
CHAIN += "    elif x == 2:\n" + "        if x: pass\n" * 6
CHAIN += "    else:\n        pass\n"
TRY = "    try:\n        pass\n    except OSError:\n" + "        if x: pass\n" * 5


@pytest.mark.parametrize(
    ("body", "part"),
    [
        (IFS * 4 + FOR, "the `for` block in lines 6–12"),
        (CHAIN, "the `elif` branch in lines 5–10"),
        (TRY + IFS, "the `except` branch in lines 5–9"),
        ("    with x:\n" + FOR.replace("    ", "        ") + IFS * 3, "the `with` block in lines 2–9"),
        (IFS * 8, "the part in lines 6–9"),
        ("    match x:\n" + "        case 1: pass\n" * 3 + "        case 2:\n"
         + "            if x: pass\n" * 9, "the `case` branch in lines 7–15"),
        ("    def g():\n" + "        if x: pass\n" * 9, None),
        ("    return " + " or ".join("x" * 12) + "\n", None),
        ("    pass\n", None),
    ],
)  # fmt: skip
def test_what_to_split(body: str, part: str | None) -> None:
    (function,) = ast.parse(f"def f(x):\n{body}").body
    assert isinstance(function, Function)

    def weigh(statement: ast.stmt) -> int:
        return int(ComplexityVisitor.from_ast(statement, off=False).complexity)

    found = part_to_split(function, weigh)
    assert (str(found) if found else None) == part

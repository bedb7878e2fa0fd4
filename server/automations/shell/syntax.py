"""The parts of a line as a shell reads them: words, operators, quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

INPUT, OUTPUT, OR = "<", ">", "||"

TOKEN = re.compile(
    r"""
    (?P<gap> (?: [ \t\r\f\v] | \\\n )+ )
  | (?P<comment> (?<![^\s;&|()]) \# [^\n]* )
  | (?P<end> && | ;+ | \n+ )
  | (?P<operator> (?!<secret>)
      \d*(?: >> | >\| | >& | <<< | <<-? | <& | <> | [<>] ) | &>>? | \|& | \|\|? | [&()]
    )
  | (?P<word> (?:
        <secret> | [^\s'"\\$`|&;<>()]+ | \\. | '[^']*' | "(?: [^"\\] | \\. )*"
      | \$'(?: [^'\\] | \\. )*' | \$\((?: [^()] | \([^()]*\) )*\) | `[^`]*` | \$ | \\\Z
    )+ )
  | (?P<open> . )
    """,
    re.VERBOSE | re.DOTALL,
)
"""A part of a line; what group matched says what it is."""
SPECIAL = re.compile(r"""['"\\$`*?\[\]{}~!]""")
"""Of a word without one, what was typed is what the program gets."""
_PIECE = re.compile(
    r"""'(?P<single>[^']*)'|"(?P<double>(?:[^"\\]|\\.)*)"|\\(?P<escaped>.)|(?P<bare>[^'"\\]+|\\\Z)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r'\\([\\"$`\n])')
_GLOB = re.compile(r"[*?]|\[[^\]]+\]")


def unquoted(raw: str) -> str:
    return "".join(
        _ESCAPE.sub(r"\1", piece["double"])
        if piece["double"] is not None
        else piece["single"] or piece["escaped"] or piece["bare"] or ""
        for piece in _PIECE.finditer(raw)
    )


def is_glob(raw: str) -> bool:
    return any(piece["bare"] and _GLOB.search(piece["bare"]) for piece in _PIECE.finditer(raw))


def evaluated(raw: str) -> Iterator[tuple[str, bool]]:
    """The pieces of a word that a shell looks into, and of each whether it stands in no quotes."""
    for piece in _PIECE.finditer(raw):
        yield piece["double"] or piece["bare"] or "", bool(piece["bare"])

"""Where comments stand in a file, told from what only looks like one: in strings, templates,
regular expressions and block scalars. Pure; never raises."""

from __future__ import annotations

import io
import os
import re
import tokenize
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ..model import Position
from ..text import Lines

if TYPE_CHECKING:
    from tree_sitter import Node, Parser


class Comment(NamedTuple):
    """Where it begins in the text, and all of it with its marks."""

    start: int
    text: str


def comments(text: str, path: str) -> list[Comment]:
    """The comments of a file, in order, by what its name says it is; where that says nothing, what
    would be one in most languages. Of a file that its language refuses, those before the fault at
    least."""
    return list(_LANGUAGES[_language(text, path)].read(text, path))


def signs(text: str, path: str) -> tuple[str, str]:
    """Between which signs a comment stands that ends with its line; the first one is empty where a
    file can have none, or nobody knows how it would look."""
    language = _LANGUAGES[_language(text, path)]
    return language.opening, language.closing


def _language(text: str, path: str) -> str:
    name = os.path.basename(path)
    if found := next((language for called, language in _NAMED if called.fullmatch(name)), ""):
        return found
    if suffix := os.path.splitext(name)[1].lower():
        return _SUFFIXED.get(suffix, "unknown")
    first = text[:200].partition("\n")[0]
    return "shell" if _SHEBANG.match(first) else "python"


_SHEBANG = re.compile(r"#!.*\b(?:ba|da|k|z)?sh\b")
_NAMED = (
    (re.compile(r"(?:Dockerfile|Containerfile|Makefile|\.env)(?:\..+)?"), "rows"),
    (re.compile(r"\.(?:htpasswd|netrc|npmrc|pypirc|yarnrc)|credentials"), "rows"),
    (re.compile(r"id_[a-z\d]+|\.git-credentials|Procfile"), "none"),
    (re.compile(r"\.envrc"), "shell"),
    (re.compile(r"Jenkinsfile"), "slashed"),
)
_SUFFIXED = {
    suffix: language
    for language, suffixes in {
        "python": ".py .pyi .pyw .ipynb",
        "script": ".js .mjs .cjs .jsx .ts .mts .cts .tsx",
        "yaml": ".yml .yaml",
        "shell": ".sh .bash .ksh .zsh",
        "toml": ".toml",
        "slashed": (
            ".c .cc .cpp .cs .cxx .dart .go .gradle .groovy .h .hh .hpp .java .jsonc .kt .kts"
            " .proto .rs .scala .swift"
        ),
        "sql": ".sql",
        "markup": ".htm .html .svg .vue .xhtml .xml",
        "markdown": ".markdown .md",
        "hashed": ".cmake .ex .exs .fish .hcl .jl .pl .pm .ps1 .r .rb .tf .tfvars .txt",
        "rows": ".cfg .cnf .conf .dockerfile .env .ini .mk .properties",
        "none": ".csv .json .key .pem",
    }.items()
    for suffix in suffixes.split()
}


# ── Python ──────────────────────────────────────────────────────────────────────────────────────


def python_tokens(rows: Iterable[str]) -> Iterator[tokenize.TokenInfo]:
    """The tokens up to the first thing that is not Python."""
    with suppress(tokenize.TokenError, SyntaxError):
        yield from tokenize.generate_tokens(io.StringIO("\n".join(rows)).readline)


def _python(text: str, _path: str) -> Iterator[Comment]:
    lines = Lines(text)
    for token in python_tokens(lines.line(row) for row in range(len(lines))):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            yield Comment(lines.offset(Position(row - 1, column)), token.string)


# ── JavaScript and TypeScript ───────────────────────────────────────────────────────────────────


def _script(text: str, path: str) -> Iterator[Comment]:
    source = text.encode("utf-8", "surrogatepass")
    typed = path.endswith((".ts", ".mts", ".cts"))  # where <T>x is no element
    reached = place = 0
    for node in _nodes(_parser(typed).parse(source).root_node):
        place += len(source[reached : node.start_byte].decode("utf-8", "surrogatepass"))
        reached = node.start_byte
        words = source[node.start_byte : node.end_byte].decode("utf-8", "surrogatepass")
        yield Comment(place, words)


def _nodes(root: Node) -> Iterator[Node]:
    """The comments in order; a tree can be deeper than Python recurses."""
    ahead = [root]
    while ahead:
        node = ahead.pop()
        if node.type == "comment":
            yield node
        else:
            ahead += reversed(node.children)


@cache
def _parser(typed: bool) -> Parser:
    import tree_sitter_typescript
    from tree_sitter import Language, Parser

    grammar = tree_sitter_typescript
    return Parser(Language(grammar.language_typescript() if typed else grammar.language_tsx()))


# ── YAML ────────────────────────────────────────────────────────────────────────────────────────

_AFTER_SPACE = re.compile(r"(?:^|(?<=\s))#[^\r\n]*", re.MULTILINE)


def _yaml(text: str, _path: str) -> Iterator[Comment]:
    """What looks like one and lies in no scalar."""
    import yaml

    scalars: list[tuple[int, int]] = []
    limit = len(text)
    try:
        for token in yaml.scan(text, yaml.SafeLoader):
            if isinstance(token, yaml.ScalarToken):  # what was read before a fault counts
                scalars.append((token.start_mark.index, token.end_mark.index))  # noqa: PERF401
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        limit = mark.index if mark else 0
    reached = 0
    for start, end in (*scalars, (limit, limit)):
        for found in _AFTER_SPACE.finditer(text, reached, max(reached, start)):
            yield Comment(found.start(), found[0].rstrip())
        reached = end


# ── what can be told by its quotes ──────────────────────────────────────────────────────────────

_SHELL = re.compile(
    r"""
    \\. | \$'(?:\\.|[^'\\])*' | '[^']*' | "(?:\\.|[^"\\])*"
    | (?<!<)<<-?(?!<)[ \t]*(['"]?)(\w+)\1 [^\n]*\n (?:.*?\n)?? [ \t]*\2[ \t]*$
    | (?:^|(?<=[\s;&|()])) (?P<comment>\#[^\n]*)
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_SLASHED = re.compile(
    r'''
    """.*?""" | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*' | `[^`]*`
    | (?P<comment>//[^\n]*|/\*.*?(?:\*/|\Z))
    ''',
    re.VERBOSE | re.DOTALL,
)
_TOML = re.compile(
    r'''
    """(?:\\.|[^\\])*?""" | \'\'\'.*?\'\'\' | "(?:\\.|[^"\\\n])*" | '[^'\n]*'
    | (?P<comment>\#[^\n]*)
    ''',
    re.VERBOSE | re.DOTALL,
)
_SQL = re.compile(
    r"""'[^']*' | "[^"]*" | `[^`]*` | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))""",
    re.VERBOSE | re.DOTALL,
)
_MARKUP = re.compile(
    r"""
    (?P<comment><!--.*?(?:-->|\Z)) | <!\[CDATA\[.*?(?:\]\]>|\Z)
    | <(script|style|textarea|title)\b.*?(?:</\2\s*>|\Z)
    | <[a-z/!?] (?: "[^"]*(?:"|\Z) | '[^']*(?:'|\Z) | [^>"'] )* (?:>|\Z)
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_MARKDOWN = re.compile(
    r"""
    \A---[ \t]*\n.*?(?:^---[ \t]*$|\Z) | ^[ ]{0,3}(`{3,}|~{3,}).*?(?:^[ ]{0,3}\1[`~]*[ \t]*$|\Z)
    | ^(?:[ ]{4}|\t)[^\n]* | (?<!`)(`+)(?!`)(?:(?!\2)[^\n])*\2`* | (?P<comment><!--.*?(?:-->|\Z))
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_HASHED = re.compile(r"(?:^|(?<=\s))(?P<comment>#[^\n]*)", re.MULTILINE)
_ROWS = re.compile(r"^[ \t]*(?P<comment>#[^\n]*)", re.MULTILINE)


def _by(pattern: re.Pattern[str]) -> Callable[[str, str], Iterator[Comment]]:
    def read(text: str, _path: str) -> Iterator[Comment]:
        for found in pattern.finditer(text):
            if found["comment"]:
                yield Comment(found.start("comment"), found["comment"].rstrip())

    return read


class _Language(NamedTuple):
    read: Callable[[str, str], Iterable[Comment]]
    opening: str = ""
    closing: str = ""


_LANGUAGES = {
    "python": _Language(_python, "#"),
    "script": _Language(_script, "//"),
    "yaml": _Language(_yaml, "#"),
    "shell": _Language(_by(_SHELL), "#"),
    "toml": _Language(_by(_TOML), "#"),
    "slashed": _Language(_by(_SLASHED), "//"),
    "sql": _Language(_by(_SQL), "--"),
    "markup": _Language(_by(_MARKUP), "<!--", " -->"),
    "markdown": _Language(_by(_MARKDOWN), "<!--", " -->"),
    "hashed": _Language(_by(_HASHED), "#"),
    "rows": _Language(_by(_ROWS), "#"),
    "none": _Language(lambda _text, _path: ()),
    "unknown": _Language(_by(_HASHED)),
}

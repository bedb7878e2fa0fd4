"""Temporary files and permissions."""

from __future__ import annotations

import ast
import re

from ...model import Fix, Range
from .calls import find_call, find_part
from .draft import Draft
from .source import Source, UnsureError

_OTHERS_WRITE_OR_RUN = 0o033
_OTHERS_RUN = 0o011
_OTHERS = 0o077


def restrict_mode(source: Source, place: Range) -> Fix:
    """Others keep the right to read; all of their rights go where they could run the file."""

    def open_mode(call: ast.Call) -> tuple[ast.expr, int] | None:
        match call:
            case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=[_, mode]):
                value = mode.value if isinstance(mode, ast.Constant) else None
                if "chmod" in name and type(value) is int and value & _OTHERS_WRITE_OR_RUN:
                    return mode, value
        return None

    mode, value = find_part(source, place, open_mode)[1]
    restricted = value & ~(_OTHERS if value & _OTHERS_RUN else _OTHERS_WRITE_OR_RUN)
    draft = Draft(source)
    draft.replace(mode, f"0o{restricted:03o}")
    return draft.fix(f"Restrict the mode to 0o{restricted:03o}")


def create_temporary_file(source: Source, place: Range) -> Fix:
    """The name is made together with its file, before the statement that uses it."""
    call = find_call(source, place, "tempfile.mktemp")
    statement = source.names.statement(call)
    start, end = source.span(statement)
    margin = source.margin(start)
    if margin.strip() or not _runs_at_once(source, call, statement):
        raise UnsureError
    if _has_to_be_free(source, call, statement):
        raise UnsureError
    draft = Draft(source)
    handle = source.unused("fd", "temporary_fd")
    close = f"{draft.imports.module('os')}.close({handle})"
    match statement:
        case ast.Assign(targets=[ast.Name()], value=value) if value is call:
            draft.put(start, start, f"{handle}, ")
            draft.rename(call.func, "tempfile.mkstemp")
            row_end = end + len(source.rest(end))
            draft.put(row_end, row_end, f"{source.line_end}{margin}{close}")
        case _:
            path = source.unused("path", "temporary_path")
            function = draft.spell(call.func, "tempfile.mkstemp")
            arguments = source.text[source.span(call.func)[1] : source.span(call)[1]]
            draft.imports.keep(*call.args, *(given.value for given in call.keywords))
            made = f"{handle}, {path} = {function}{arguments}"
            draft.put(start, start, f"{source.line_end}{margin}".join((made, close, "")))
            draft.replace(call, path)
    return draft.fix("Create the file with its name (tempfile.mkstemp)")


def _runs_at_once(source: Source, call: ast.Call, statement: ast.stmt) -> bool:
    """Whether the call runs exactly once, as soon as the statement begins."""
    node: ast.AST = call
    while node is not statement:
        parent = source.names.parents[node]
        if isinstance(parent, ast.With):
            return parent.items[0] is node
        if parent is not statement and not isinstance(parent, _EAGER):
            return False
        node = parent
    simple = isinstance(statement, ast.Expr | ast.Assign | ast.AnnAssign | ast.Return)
    return simple and source.has_own_rows(statement)


# What makes something under a name, by itself or by a program, and fails where there is a file.
_MAKER = re.compile(
    r"(os\.)?(mkdir|makedirs|mkfifo|mknod|mksock)|O_EXCL|touch|(sym|hard)?link(_to)?|ln"
    r"|rename|renames|replace|move|copytree|clone|unpack_archive|extractall|virtualenv|venv"
    r"|bind|listen|Listener|\w*unix\w*|shelve|dbm|gdbm",
    re.IGNORECASE,
)
_MAKING_MODE = re.compile(r"[bt+]*x[bt+]*|x:\w*")


def _has_to_be_free(source: Source, call: ast.Call, statement: ast.stmt) -> bool:
    """Whether the name is to be taken by what the statement, or one that uses its target, makes."""
    known = {
        word
        for node in ast.walk(statement)
        if isinstance(getattr(node, "ctx", None), ast.Store)
        for word in _words(node)
    }
    used = {
        source.names.statement(node)
        for node in source.names.nodes
        if isinstance(node, ast.Name | ast.Attribute) and known.intersection(_words(node))
    }
    own = set(ast.walk(call))
    return any(
        _MAKER.fullmatch(word) or (isinstance(node, ast.Constant) and _MAKING_MODE.fullmatch(word))
        for each in (statement, *used)
        for node in ast.walk(each)
        for word in _words(node)
        if node not in own
    )


def _words(node: ast.AST) -> list[str]:
    """The name, the member, or the words of a text that a node is."""
    match node:
        case ast.Name(id=word) | ast.Attribute(attr=word):
            return [word]
        case ast.Constant(value=str(text)):
            return text.split()
    return []


_EAGER = (ast.Call, ast.keyword, ast.Attribute, ast.BinOp, ast.Tuple, ast.List, ast.withitem)

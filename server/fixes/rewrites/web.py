"""Clients, servers and templates of the web."""

from __future__ import annotations

import ast

from ...model import Fix, Range
from .calls import find_part, flag, is_constant, keyword
from .draft import Draft
from .source import Source, UnsureError

_TIMEOUT_SECONDS = "10"
_ENVIRONMENTS = ("jinja2.Environment", "jinja2.environment.Environment")


def set_timeout(source: Source, place: Range) -> Fix:
    call = source.find(place, ast.Call, lambda call: _is_client(source, call) and _waits(call))
    draft = Draft(source)
    draft.set_argument(call, "timeout", _TIMEOUT_SECONDS)
    return draft.fix(f"Set a timeout of {_TIMEOUT_SECONDS} seconds")


def _waits(call: ast.Call) -> bool:
    timeout = keyword(call, "timeout")
    return timeout is None or is_constant(timeout.value, None)


def verify_certificate(source: Source, place: Range) -> Fix:
    def unverified(call: ast.Call) -> ast.keyword | None:
        return flag(call, "verify", False) if _is_client(source, call) else None

    draft = Draft(source)
    draft.remove_argument(*find_part(source, place, unverified))
    return draft.fix("Verify the server's certificate")


def _is_client(source: Source, call: ast.Call) -> bool:
    return source.names.resolve(call.func).partition(".")[0] in ("requests", "httpx")


def run_without_debugger(source: Source, place: Range) -> Fix:
    draft = Draft(source)
    draft.remove_argument(*find_part(source, place, lambda call: flag(call, "debug", True)))
    return draft.fix("Run without the debugger")


def select_autoescape(source: Source, place: Range) -> Fix:
    call = _environment(source, place)
    draft = Draft(source)
    if isinstance(call.func, ast.Name):
        function = draft.imports.member("jinja2", "select_autoescape", call.func.id)
    else:
        function = f"{draft.imports.module('jinja2')}.select_autoescape"
    draft.set_argument(call, "autoescape", f"{function}()")
    return draft.fix("Escape HTML and XML templates (select_autoescape)")


def autoescape_all(source: Source, place: Range) -> Fix:
    call = _environment(source, place)
    draft = Draft(source)
    draft.set_argument(call, "autoescape", "True")
    return draft.fix("Escape all templates (autoescape=True)")


def _environment(source: Source, place: Range) -> ast.Call:
    def is_unescaped(call: ast.Call) -> bool:
        known = source.names.resolve(call.func) in _ENVIRONMENTS
        given = keyword(call, "autoescape")
        return known and (given is None or is_constant(given.value, False))

    return source.find(place, ast.Call, is_unescaped)


def listen_locally(source: Source, place: Range) -> Fix:
    everywhere, here = "0.0.0.0", "127.0.0.1"  # noqa: S104 - what is looked for
    constant = source.find(
        place,
        ast.Constant,
        lambda node: node.value == everywhere and _is_handed_on(source, node),
    )
    text = source.segment(constant)
    if text.count(everywhere) != 1:
        raise UnsureError
    draft = Draft(source)
    draft.replace(constant, text.replace(everywhere, here))
    return draft.fix(f"Listen on this machine only ({here})")


def _is_handed_on(source: Source, node: ast.AST) -> bool:
    """Whether the value goes into a call or a variable; a comparison must keep its meaning."""
    parent = source.names.parents[node]
    while isinstance(parent, ast.Tuple | ast.List | ast.BoolOp | ast.IfExp | ast.keyword):
        node, parent = parent, source.names.parents[parent]
    if isinstance(parent, ast.Dict):
        return node in parent.values
    return isinstance(parent, ast.Call | ast.Assign | ast.AnnAssign | ast.arguments | ast.Return)

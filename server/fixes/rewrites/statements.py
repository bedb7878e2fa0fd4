"""Statements that check, and handlers that swallow what went wrong."""

from __future__ import annotations

import ast
import re

from ...model import Fix, Range
from .draft import Draft
from .source import Source, UnsureError

_OPPOSITES: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Is: (r"\bis\b", "is not"),
    ast.IsNot: (r"\bis\s+not\b", "is"),
    ast.In: (r"\bin\b", "not in"),
    ast.NotIn: (r"\bnot\s+in\b", "in"),
}
_LOOSE = (ast.BoolOp, ast.IfExp, ast.Lambda, ast.NamedExpr)


def raise_assertion_error(source: Source, place: Range) -> Fix:
    statement = source.find(place, ast.Assert, lambda _: True)
    return _raise(source, statement, "AssertionError")


def raise_type_error(source: Source, place: Range) -> Fix:
    statement = source.find(place, ast.Assert, lambda _: True)
    match statement.test:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass" | "callable")):
            return _raise(source, statement, "TypeError")
    raise UnsureError


def _raise(source: Source, statement: ast.Assert, error: str) -> Fix:
    """Not in tests, where asserting is the idiom and the test runner explains a failure."""
    hopeless = isinstance(statement.test, ast.Constant | ast.Tuple)
    if hopeless or _is_test(source) or not source.has_own_rows(statement):
        raise UnsureError
    draft = Draft(source)
    _negate(draft, statement)
    start, end = source.span(statement)
    margin = source.margin(start)
    raising = f":{source.line_end}{margin}{_indentation(source, statement)}raise {error}"
    if statement.msg is None:
        draft.put(end, end, raising)
    else:
        test_end = source.close_brackets(source.span(statement.test)[1], end)
        message = source.skip(source.skip(test_end) + 1)
        if "#" in source.text[test_end:message]:
            raise UnsureError
        in_brackets = message < source.span(statement.msg)[0]
        draft.put(test_end, message, raising if in_brackets else f"{raising}(")
        if not in_brackets:
            draft.put(end, end, ")")
    return draft.fix(f"Raise {error}, also under python -O")


def _negate(draft: Draft, statement: ast.Assert) -> None:
    """From ``assert test`` to ``if`` and the test's opposite."""
    source, test = draft.source, statement.test
    start, (first, last) = source.span(statement)[0], source.span(test)
    keyword_end = start + len("assert")
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            draft.put(start, keyword_end, "if")
            word_end = first + len("not")
            spaces = len(source.text[word_end:]) - len(source.text[word_end:].lstrip(" "))
            draft.put(first, word_end + min(spaces, source.span(operand)[0] - word_end), "")
        case ast.Compare(left=left, ops=[operator], comparators=[right]) if (
            type(operator) in _OPPOSITES
        ):
            pattern, opposite = _OPPOSITES[type(operator)]
            between = source.span(left)[1], source.span(right)[0]
            found = re.search(pattern, source.text[slice(*between)])
            if found is None or "#" in source.text[slice(*between)]:
                raise UnsureError
            draft.put(start, keyword_end, "if")
            draft.put(between[0] + found.start(), between[0] + found.end(), opposite)
        case _:
            draft.put(start, keyword_end, "if not")
            if isinstance(test, _LOOSE) and "(" not in source.text[keyword_end:first]:
                draft.put(first, first, "(")
                draft.put(last, last, ")")


def _is_test(source: Source) -> bool:
    runners = ("pytest", "unittest")
    return any(
        binding.target.partition(".")[0] in runners for binding in source.names.bindings
    ) or any(
        isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
        for node in source.names.nodes
    )


def _indentation(source: Source, statement: ast.stmt) -> str:
    """One level, as the statement itself is indented."""
    parent = source.names.parents[statement]
    if isinstance(parent, ast.stmt):
        inner = source.margin(source.span(statement)[0])
        outer = source.margin(source.span(parent)[0])
        if inner.startswith(outer) and not outer.strip():
            return inner.removeprefix(outer)
    return "    "


def log_exception(source: Source, place: Range) -> Fix:
    """At the lowest level: what was silent stays so, until somebody asks."""

    def is_silent(handler: ast.ExceptHandler) -> bool:
        return len(handler.body) == 1 and isinstance(handler.body[0], ast.Pass | ast.Continue)

    silence = source.find(place, ast.ExceptHandler, is_silent).body[0]
    if not isinstance(silence, ast.Pass) and not source.has_own_rows(silence):
        raise UnsureError
    if any(
        each.target == "logging" and _is_below(each.statement, silence)
        for each in source.names.bindings
    ):
        raise UnsureError
    draft = Draft(source)
    logger = _logger(source, silence) or f"{draft.imports.module('logging')}.getLogger(__name__)"
    record = f'{logger}.debug("Ignored an exception", exc_info=True)'
    start, end = source.span(silence)
    if isinstance(silence, ast.Pass):
        draft.put(start, end, record)
    else:
        draft.put(start, start, f"{record}{source.line_end}{source.margin(start)}")
    return draft.fix("Log the ignored exception")


def _is_below(one: ast.stmt, other: ast.stmt) -> bool:
    return one.lineno > other.lineno


def _logger(source: Source, place: ast.stmt) -> str:
    """The name of the module's own logger, if it has one that is certain to be there at ``place``:
    what is called before the module is read to its end may find no name that is bound below."""
    for statement in source.tree.body:
        if not _is_below(place, statement):
            break
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function)):
                names = source.names
                known = names.resolve(function) == "logging.getLogger"
                if known and names.is_bound_once(name, place):
                    return name
    return ""

"""One change in the making: edits of the place, of a call's arguments, and of the imports."""

from __future__ import annotations

import ast

from ...model import Edit, Fix, Range
from .calls import keyword
from .imports import Imports
from .source import Source, Span, UnsureError, is_blank


class Draft:
    """Every method raises UnsureError when it cannot keep what the text says otherwise."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.imports = Imports(source)
        self._edits: list[tuple[Span, str]] = []

    def put(self, start: int, end: int, text: str) -> None:
        self._edits.append(((start, end), text))

    def replace(self, node: ast.expr | ast.stmt, text: str) -> None:
        self.put(*self.source.span(node), text)

    def rename(self, expression: ast.expr, target: str) -> None:
        self.replace(expression, self.spell(expression, target))

    def spell(self, expression: ast.expr, target: str) -> str:
        """The dotted name ``target``, spelled as the dotted name ``expression`` is.

        That is as a member of its module, or imported by name.
        """
        module, _, member = target.rpartition(".")
        match expression:
            case ast.Name(id=local):
                return self.imports.member(module, member, local)
            case ast.Attribute(value=value, attr=attr):
                text = self.source.segment(expression)
                if self.source.names.resolve(value) != module:
                    return f"{self.imports.module(module)}.{member}"
                if text.endswith(attr):
                    self.imports.keep(value)
                    return text.removesuffix(attr) + member
        raise UnsureError

    def set_argument(self, call: ast.Call, name: str, value: str) -> None:
        """Give a keyword argument its value, whether it is there or not."""
        if present := keyword(call, name):
            self.replace(present.value, value)
        else:
            self._add_argument(call, f"{name}={value}")

    def remove_argument(self, call: ast.Call, argument: ast.expr | ast.keyword) -> None:
        source = self.source
        start, inner_end = source.span(argument)
        end, comma = self._outer_end(call, argument)
        after = end if comma is None else comma + 1
        if (end > inner_end and isinstance(argument, ast.expr)) or "#" in source.text[end:after]:
            raise UnsureError
        arguments = _in_order(source, call)
        index = arguments.index(argument)
        margin, rest = source.margin(start), source.rest(after)
        if not margin.strip() and is_blank(rest):
            # The row was the argument's alone; a comment in it stays.
            row_end = after + len(rest)
            next_row = source.offset(source.lines.position(row_end).line + 1)
            if rest.strip():
                self.put(start, row_end - len(rest.lstrip()), "")
            else:
                self.put(start - len(margin), next_row, "")
        elif comma is not None and (index == 0 or not margin.strip()):
            self.put(start, after + len(rest) - len(rest.lstrip()), "")
        elif index:
            before = self._outer_end(call, arguments[index - 1])[1]
            if before is None or "#" in source.text[before:start]:
                before = start
            self.put(before, end if comma is None else comma, "")
        else:
            self.put(start, end, "")

    def _add_argument(self, call: ast.Call, text: str) -> None:
        if any(argument.arg is None for argument in call.keywords):
            raise UnsureError  # it may be among the unpacked ones
        source = self.source
        arguments = _in_order(source, call)
        if not arguments:
            close = source.span(call)[1] - 1
            self.put(close, close, text)
            return
        end, comma = self._outer_end(call, arguments[-1])
        after = end if comma is None else comma + 1
        margin, rest = source.margin(source.span(arguments[-1])[0]), source.rest(after)
        if not margin.strip() and is_blank(rest):
            # One argument a row: the new one gets its own, below the comment of the last.
            if comma is None:
                self.put(end, end, ",")
            row_end = after + len(rest)
            tail = "" if comma is None else ","
            self.put(row_end, row_end, f"{source.line_end}{margin}{text}{tail}")
        else:
            self.put(after, after, f", {text}" if comma is None else f" {text}")

    def _outer_end(
        self, call: ast.Call, argument: ast.expr | ast.keyword
    ) -> tuple[int, int | None]:
        """Where the argument ends, closing brackets around it included, and the comma after it."""
        source = self.source
        close = source.span(call)[1] - 1
        inner_end = source.span(argument)[1]
        if inner_end > close:
            raise UnsureError  # a generator that shares the call's brackets
        end = source.close_brackets(inner_end, close)
        at = source.skip(end)
        return end, at if at < close and source.text[at] == "," else None

    def fix(self, title: str, *, safe: bool = False) -> Fix:
        changes = self._edits + self.imports.edits([span for span, _ in self._edits])
        position = self.source.lines.position
        edits = [
            Edit(Range(position(start), position(end)), text)
            for (start, end), text in _joined(changes)
        ]
        if not edits:
            raise UnsureError
        return Fix(title, tuple(edits), safe)


def _joined(changes: list[tuple[Span, str]]) -> list[tuple[Span, str]]:
    """In order, those that touch as one: nobody else can know which of two insertions is first."""
    joined: list[tuple[Span, str]] = []
    for span, text in sorted(changes, key=lambda change: change[0]):
        (start, end), before = joined[-1] if joined else ((-1, -1), "")
        if span[0] < end:
            raise UnsureError
        if span[0] == end:
            joined[-1] = (start, span[1]), before + text
        else:
            joined.append((span, text))
    return joined


def _in_order(source: Source, call: ast.Call) -> list[ast.expr | ast.keyword]:
    return sorted((*call.args, *call.keywords), key=source.span)

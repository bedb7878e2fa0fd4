"""What a program prints, read as SARIF, as JSON with a mapping, or line by line. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from ..parsing import MALFORMED, loads_json
from . import sarif
from .builtin_matchers import BUILTIN
from .matchers import Matcher, check, messages
from .rows import Answered, Reading, Row, clean, confidence_of, cwe_in

FIELDS = frozenset(
    {"findings", "errors", "file", "line", "column", "endLine", "endColumn", "code", "message",
     "severity", "confidence", "cwe", "url"}
)  # fmt: skip
"""What a mapping may name. ``findings``: where they are; ``errors``: where the program lists what
kept it from looking. The others are looked for in a finding and then in what is around it."""


def read(reading: Reading, output: bytes, errors: bytes) -> Answered:
    """What was found, from both what was printed and what went to stderr. Never raises.

    Nothing but complaints is no answer, whatever the exit status.
    """
    if not output.strip() and errors.strip():
        lined = reading.form not in ("sarif", "json", "jsonl")
        found = _lined(reading, errors) if lined else Answered(())
        return found if found.rows else Answered((), "it only complained")
    try:
        match reading.form:
            case "sarif":
                return sarif.read(reading, _document(output))
            case "json":
                return _mapped(reading, _document(output))
            case "jsonl":
                return _each_line(reading, output)
        return _lined(reading, output + b"\n" + errors)
    except MALFORMED as error:
        return Answered((), _malformed(error))


def _text(output: bytes) -> str:
    """Names of files may hold any byte."""
    return output.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "surrogateescape")


def _malformed(error: Exception) -> str:
    told = str(error.args[0] if error.args else error)
    return clean(told if told.startswith("it") else f"its answer is malformed: {told}")


def _document(output: bytes) -> Any:
    if not output.strip():
        raise ValueError("it printed nothing")
    return loads_json(_text(output))


# ── JSON ────────────────────────────────────────────────────────────────────────────────────────


def _mapped(reading: Reading, document: Any) -> Answered:
    fields = dict(reading.fields)
    entries = _entries(document, _steps(fields.get("findings", "")), ())
    rows = tuple(_row(reading, fields, scopes) for scopes in entries)
    failed = fields.get("errors", "")
    wrong = list(_entries(document, _steps(failed), ())) if failed else []
    return Answered(rows, _told(wrong[0]) if wrong else "")


def _told(scopes: Sequence[Mapping[str, Any]]) -> str:
    said = next((scopes[0][key] for key in ("message", "reason") if scopes[0].get(key)), scopes[0])
    return clean(" ".join(str(said).split())[:300])


def _each_line(reading: Reading, output: bytes) -> Answered:
    rows: list[Row] = []
    trouble = ""
    fields = dict(reading.fields)
    for line in filter(str.strip, _text(output).split("\n")):
        try:
            entries = _entries(loads_json(line), _steps(fields.get("findings", "")), ())
            rows += [_row(reading, fields, scopes) for scopes in entries]
        except MALFORMED as error:
            trouble = trouble or _malformed(error)
    return Answered(tuple(rows), trouble)


_Scopes = tuple[dict[str, Any], ...]


def _steps(path: str) -> tuple[str, ...]:
    return tuple(filter(None, path.split(".")))


def _entries(node: Any, steps: Sequence[str], around: _Scopes) -> Iterator[_Scopes]:
    """What lies at the end of ``steps``, each with what is around it, the nearest first. Lists on
    the way are gone through."""
    if isinstance(node, list):
        for each in node:
            yield from _entries(each, steps, around)
    elif not isinstance(node, dict):
        raise TypeError(f"it has {node!r:.40} where a group was expected")
    elif not steps:
        yield (node, *around)
    elif steps[0] not in node:
        raise LookupError(f"it has no {steps[0]!r}")
    elif node[steps[0]] is not None:
        yield from _entries(node[steps[0]], steps[1:], (node, *around))


def _row(reading: Reading, fields: Mapping[str, str], scopes: _Scopes) -> Row:
    def get(name: str) -> Any:
        return _value(scopes, _steps(fields.get(name, name)))

    def number(name: str, first: int) -> int | None:
        value = get(name)
        return None if value is None else max(0, int(value) - first)

    def column(name: str, first: int) -> int | None:
        """None also where it counts in what the program decoded, which is no place in the file."""
        return None if "decoded" in fields and get("decoded") else number(name, first)

    rule, message = get("code"), get("message")
    if rule is None and message is None:
        raise ValueError("it has a finding without code and message")
    code = "" if rule is None else f"{reading.prefix}{rule}"
    return Row(
        path=str(get("file") or ""),
        rule=code,
        message="" if message is None else str(message),
        severity=reading.severity(get("severity")),
        category=reading.category,
        place=(
            number("line", reading.first_line) or 0,
            column("column", reading.first_column),
            number("endLine", reading.first_line),
            column("endColumn", reading.first_column - (not reading.past_end)),
        ),
        unit=reading.unit,
        confidence=confidence_of(get("confidence")),
        cwe=cwe_in(get("cwe")) or reading.cwe,
        url=str(get("url") or "") or (reading.page.format(code) if code else ""),
    )


def _value(scopes: _Scopes, steps: Sequence[str]) -> Any:
    for scope in scopes:
        node: Any = scope
        for step in steps:
            if isinstance(node, list):
                node = node[int(step)] if step.isdecimal() and int(step) < len(node) else None
            else:
                node = node.get(step) if isinstance(node, dict) else None
        if node is not None:
            return node
    return None


# ── lines ───────────────────────────────────────────────────────────────────────────────────────

_NO_TEXT = re.compile("[\\x00-\\x08\\x0e-\\x1a\\udc80-\\udcff]")


@cache
def matcher_of(form: str) -> Matcher:
    """The problem matcher of that name, or one with this expression alone."""
    return BUILTIN.get(form) or Matcher("its output", (form,))


def _lined(reading: Reading, output: bytes) -> Answered:
    text, matcher = _text(output), matcher_of(reading.form)
    if flaw := check(matcher, names_file=False):
        return Answered((), flaw)
    found, why = messages(text, matcher)
    rows = tuple(_from_groups(reading, groups) for groups in found)
    if not rows and not why and (strange := _NO_TEXT.search(text)):
        why = f"its answer is not text: {clean(text[strange.start() :][:40])!r}"
    return Answered(rows, why)


def _from_groups(reading: Reading, groups: Mapping[str, str]) -> Row:
    def number(name: str, first: int) -> int | None:
        value = groups.get(name, "").strip()
        return max(0, int(value) - first) if value.isdecimal() and len(value) < 10 else None

    return Row(
        path=groups.get("file", "").strip(),
        rule=groups.get("code", ""),
        message=groups.get("message", ""),
        severity=reading.severity(groups.get("severity"), matcher_of(reading.form).severity),
        category=reading.category,
        place=(
            number("line", reading.first_line) or 0,
            number("column", reading.first_column),
            number("endLine", reading.first_line),
            number("endColumn", reading.first_column),
        ),
        unit=reading.unit,
    )

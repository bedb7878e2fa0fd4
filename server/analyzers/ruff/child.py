"""The worker's side of Ruff: a warm ``ruff server``, or one ``ruff check`` for many files.

A document in memory is asked about in a millisecond or less. Files on disk go to ``ruff check``
together, which reads them in parallel.
"""

from __future__ import annotations

import contextlib
import re
import sysconfig
from collections import OrderedDict
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ...findings.families import SYNTAX_ERROR
from ...model import Finding, Report, State
from ...notebooks import Notebook, encode, is_notebook, read
from ...text import decode, digest
from ..answers import answer, answer_on, no_verdict, nothing_seen, read_content, unreadable
from ..base import Answer, Item
from ..installations import standing
from ..parsing import MALFORMED, loads_json, paragraph
from ..process import run
from . import NAME, Context, installation
from .output import from_json, from_server
from .server import BusyError, Document, Hints, RuffServer

_SERVERS_KEPT = 4


class ToolMissing(Exception):
    """No tool that can be run; its text tells what to do. ``state``: how it is."""

    def __init__(self, why: str, state: State = State.MISSING) -> None:
        super().__init__(why)
        self.state = state


def executable(path: str) -> str:
    """The program at ``path``, or (empty) the one installed with us. Raises ToolMissing."""
    if path:
        told = standing(installation(path))  # without a version, what it answers tells why
        if told.state in (State.MISSING, State.WRONG_VERSION):
            raise ToolMissing(told.why, State(told.state))
        return path
    beside = Path(sysconfig.get_path("scripts")) / "ruff"
    if beside.exists():
        return str(beside)
    raise ToolMissing("Ruff is not installed beside Understudy; reinstall Understudy")


def check(told: tuple[Any, ...], items: tuple[Item, ...]) -> list[Answer]:
    context = Context(*told)
    if context.special:
        why = (
            f"Ruff did not check this file: {context.special}, from which it is configured, is no"
            f" regular file and may have no end. Remove it, or name another."
        )
        report = Report(NAME, State.FAILED, why=why)
        return nothing_seen(report, items)
    from_disk = all(content is None for _, content, _ in items)
    try:
        return _check_files(context, items) if from_disk else _check_each(context, items)
    except ToolMissing as missing:
        report = Report(NAME, missing.state, why=str(missing))
        return nothing_seen(report, items)


class RefusalError(ValueError):
    """Ruff does not begin: what configures it is wrong."""


_REFUSED = 2
"""The exit status then."""
_WRONG = "("
"""Of this Ruff has something to say under any selection of rules, wherever it looks at all."""
_AT_ONCE = 32
_Question = tuple[Context, str, Hints]
_MOST_KEPT = 10_000
_excluded: OrderedDict[_Question, bool] = OrderedDict()
"""Whether Ruff's configuration, of which the hints tell, excludes a file: files are looked at more
often than their configuration changes."""


def _find_excluded(context: Context, items: Sequence[Item]) -> None:
    """Learn which of these Ruff does not look at: it is as silent on what its configuration
    excludes as on what is clean. Raises OSError, ``MALFORMED``."""
    unknown = [item for item in items if (context, item[0], item[2]) not in _excluded]
    for start in range(0, len(unknown), _AT_ONCE):
        part = unknown[start : start + _AT_ONCE]
        answers = _ask(context, [(path, _WRONG, hints) for path, _, hints in part])
        for (path, _, hints), findings in zip(part, answers, strict=True):
            _excluded[context, path, hints] = not findings
    while len(_excluded) > _MOST_KEPT:
        _excluded.popitem(last=False)


def _report(context: Context, item: Item, findings: list[Finding]) -> Report:
    """What it means that Ruff found this, or nothing. Raises OSError, ``MALFORMED``."""
    if not findings:
        _find_excluded(context, [item])
        if _excluded[context, item[0], item[2]]:
            return Report(NAME, State.NOT_ANALYSED, why="Ruff's configuration excludes this file")
    return Report.of(NAME, tuple(findings))


def _failed(error: Exception) -> Report:
    why = f"Ruff gave no usable answer: {error}"
    if isinstance(error, RefusalError):  # not a matter of the file, which says nothing of it
        return Report(NAME, State.FAILED, why=why)
    return no_verdict(NAME, State.FAILED, why)


# ── documents in memory: ruff server ────────────────────────────────────────────────────────────

_servers: OrderedDict[Context, RuffServer] = OrderedDict()


def _server(context: Context, first: Document) -> RuffServer:
    program = executable(context.program)
    if context in _servers and _servers[context].is_outdated(program):
        _servers.pop(context).close()
    if context not in _servers:
        if len(_servers) >= _SERVERS_KEPT:
            _, oldest = _servers.popitem(last=False)
            oldest.close()
        _servers[context] = RuffServer(program, context, first[0], first[2])
    _servers.move_to_end(context)
    return _servers[context]


def _check_each(context: Context, items: tuple[Item, ...]) -> list[Answer]:
    answers: list[Answer] = []
    for item in items:
        try:
            content = read_content(item)
        except OSError as error:
            answers.append(unreadable(NAME, error))
            continue
        answers.append(_check_document(context, item, content))
    return answers


def _check_document(context: Context, item: Item, content: bytes) -> Answer:
    try:
        text = text_of_file(content, item[0])
    except ValueError as error:
        why = f"Ruff cannot read this file: {error}"
        return answer(content, no_verdict(NAME, State.NOT_ANALYSED, why))
    try:
        (findings,) = _ask(context, [(item[0], text, item[2])])
        report = _report(context, item, findings)
    except (OSError, *MALFORMED) as error:
        report = _failed(error)
    return answer_on(content, text, report)


def text_of_file(content: bytes, path: str = "") -> str:
    """As Ruff reads files, which knows no coding cookies; where that fails, as Python does. Raises
    ValueError."""
    if is_notebook(path):
        return read(content).text
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return decode(content)


def _ask(context: Context, documents: Sequence[Document]) -> list[list[Finding]]:
    if context.loose:  # a server would read all configurations below the root
        return [ask_with(context, (), path, text) for path, text, _ in documents]
    if any(is_notebook(path) for path, _, _ in documents):
        others = [each for each in documents if not is_notebook(each[0])]
        told = iter(_ask(context, others) if others else ())
        return [
            ask_with(context, (), path, text) if is_notebook(path) else next(told)
            for path, text, _ in documents
        ]
    idled = context in _servers
    server = _server(context, documents[0])
    try:
        answers = [
            [from_server(_with_code(context, row)) for row in rows]
            for rows in server.diagnose(documents)
        ]
    except BusyError:
        return [ask_with(context, (), path, text) for path, text, _ in documents]
    except (OSError, *MALFORMED) as error:
        del _servers[context]
        server.close()
        if idled and isinstance(error, OSError):
            return _ask(context, documents)  # it died while nobody needed it
        raise
    if not server.misconfigured:
        return answers
    return [ask_with(context, (), path, text) for path, text, _ in documents]


def ask_with(context: Context, flags: Sequence[str], path: str, text: str) -> list[Finding]:
    """What ``ruff check`` finds in a text, under more flags. Raises as ``_run`` does."""
    content = encode(text) if is_notebook(path) else text.encode()
    book = read(content) if is_notebook(path) else None
    rows = _run(context, [*flags, "--stdin-filename", path or "-", "-"], content)
    return [_read(row, book) for row in rows]


_CODE = re.compile(r"[A-Z]+\d+")


def _with_code(context: Context, row: dict[str, Any]) -> dict[str, Any]:
    """Under ``preview = true`` the server tells a rule's name instead of its code."""
    rule = row.get("code")
    if isinstance(rule, str) and rule != SYNTAX_ERROR and not _CODE.fullmatch(rule):
        return row | {"code": _codes(executable(context.program)).get(rule, rule)}
    return row


@cache
def _codes(program: str) -> dict[str, str]:
    """The codes of the rules by their names; the newest rules have no code."""
    done = run([program, "rule", "--all", "--output-format", "json"], Path("/"))
    return {row["name"]: row["code"] for row in loads_json(done.output) if row["code"]}


# ── what Ruff says of its rules ─────────────────────────────────────────────────────────────────

_WHY = re.compile(r"^## Why is this bad\?\n+(.+?)(?:\n\n|\Z)", re.MULTILINE | re.DOTALL)


def explain(_context: tuple[()], rules: tuple[str, ...]) -> list[str]:
    return [_explain(rule) if _CODE.fullmatch(rule) else "" for rule in rules]


def _explain(rule: str) -> str:
    done = run([executable(""), "rule", rule, "--output-format", "json"], Path("/"))
    why = None if done.status else _WHY.search(loads_json(done.output)["explanation"] or "")
    return paragraph(why[1]) if why else ""


# ── files on disk: ruff check ───────────────────────────────────────────────────────────────────


def _check_files(context: Context, items: tuple[Item, ...]) -> list[Answer]:
    before = [_digest(item) for item in items]
    readable = [item[0] for item, seen in zip(items, before, strict=True) if isinstance(seen, str)]
    found: dict[str, list[Finding]] = {path: [] for path in readable}
    books = {path: _book(path) for path in readable if is_notebook(path)}
    failed = False
    try:
        for row in _run(context, ["--", *readable]) if readable else ():
            found[row["filename"]].append(_read(row, books.get(row["filename"])))
    except (OSError, *MALFORMED):
        failed = True
    silent = [item for item in items if not failed and not found.get(item[0], True)]
    with contextlib.suppress(OSError, *MALFORMED):  # then each is asked about, and says why
        _find_excluded(context, silent)
    answers: list[Answer] = []
    for item, seen in zip(items, before, strict=True):
        if isinstance(seen, OSError):
            answers.append(unreadable(NAME, seen))
        elif failed or any(finding.rule == "E902" for finding in found[item[0]]):
            # One by one: a bad file, or one that is not UTF-8, then spoils only itself, and what
            # is wrong is said for each.
            answers += _check_each(context, (item,))
        else:
            answers.append(_answer(context, item, seen, found[item[0]]))
    return answers


def _answer(context: Context, item: Item, seen: str, findings: list[Finding]) -> Answer:
    """What Ruff found in a file, provided that it still is what was ``seen`` before."""
    try:
        content = read_content(item)
    except OSError as error:
        return unreadable(NAME, error)
    if digest(content) != seen:
        return _check_document(context, item, content)
    try:
        report = _report(context, item, findings)
    except (OSError, *MALFORMED) as error:
        report = _failed(error)
    if is_notebook(item[0]):
        return answer_on(content, read(content).text, report)
    return answer(content, report)


def _book(path: str) -> Notebook:
    with contextlib.suppress(OSError, ValueError):  # it changed, and is looked at again
        return read(read_content((path, None, ())))
    return Notebook(())


def _read(row: dict[str, Any], book: Notebook | None) -> Finding:
    return from_json(row, book.row_of(row["cell"]) if book and row["cell"] else 0)


def _digest(item: Item) -> str | OSError:
    try:
        return digest(read_content(item))
    except OSError as error:
        return error


def _run(context: Context, named: Sequence[str], content: bytes = b"") -> list[dict[str, Any]]:
    """The rows of ``ruff check``. Raises OSError, ``MALFORMED``, ToolMissing."""
    argv = [
        executable(context.program),
        "check",
        "--output-format=json",
        "--exit-zero",
        "--no-cache",
    ]
    argv += ["--quiet", "--no-fix", "--force-exclude"]
    argv += ["--extend-select=E902"]  # else what it cannot read is passed over in silence
    argv += [f"--extend-select={rule}" for rule in context.extra]
    if context.threshold:
        argv.append(f"--config=lint.mccabe.max-complexity={context.threshold}")
    done = run([*argv, *named], Path(context.root), content)
    if done.status:
        refused = done.status == _REFUSED
        raise RefusalError(done.complaint) if refused else ValueError(done.complaint)
    rows: list[dict[str, Any]] = loads_json(done.output)
    return rows

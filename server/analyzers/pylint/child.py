"""The worker's side of Pylint: starts it, for many files at once where that does."""

from __future__ import annotations

import glob
import json
import os
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ...model import Report, State
from ...text import Lines, decode, digest
from ..answers import answer, no_verdict, nothing_seen, read_content, unreadable
from ..base import Answer, Item
from ..installations import is_program, standing
from ..process import run
from . import NAME, Context, installations
from .output import Answered, complaint, failed, read, report

_USAGE = 32
"""The bit of the exit status that says that nothing was checked."""

_WHOLE_PROJECT = "--disable=duplicate-code,cyclic-import"
"""These compare files with each other: which are looked at together is our choice, not theirs."""


# As ``python -m pylint``, but for the folder of the package: a file that comes through standard
# input has its name as a module, and what it imports relatively, only from there. Behind all
# others, it hides none of them.
_PYLINT = """\
import json, sys
sys.path += json.loads(sys.argv.pop(1))
from pylint.lint import Run
from pylint.utils import LinterStats
if not hasattr(LinterStats(), "skipped"):
    sys.exit("understudy: too old")
linter = Run(sys.argv[1:], exit=False).linter
print("understudy: skipped", linter.stats.skipped, file=sys.stderr)
sys.exit(linter.msg_status)
"""


def check(told: tuple[Any, ...], items: tuple[Item, ...]) -> list[Answer]:
    """What Pylint says of a file depends on what that imports: no answer has a digest."""
    return [("", report) for _, report in _answers(chosen(Context(*told)), items)]


def chosen(context: Context) -> Context:
    """With the Python that has a Pylint: the project's own goes first."""
    if not context.installed:
        return context
    if not standing(installations(context)[0]).state:
        return context._replace(packages=())
    return context._replace(interpreter=context.installed, problem="")


def _answers(context: Context, items: tuple[Item, ...]) -> list[Answer]:
    if not is_program(context.interpreter):
        report = Report(NAME, State.MISSING, why=installations(context)[0].missing)
        return nothing_seen(report, items)
    from_disk = all(content is None for _, content, _ in items)
    if not from_disk or len(items) == 1:
        return [_check_one(context, item) for item in items]
    return _check_files(context, items)


def _check_one(context: Context, item: Item) -> Answer:
    """Through its standard input, so that it sees the content whose digest is answered."""
    path, _, _ = item
    try:
        content = read_content(item)
    except OSError as error:
        return unreadable(NAME, error)
    return answer(content, _report_on(context, path, content))


def _report_on(context: Context, path: str, content: bytes) -> Report:
    try:
        text = decode(content)
    except ValueError as error:
        return no_verdict(NAME, State.NOT_ANALYSED, f"Pylint cannot read this file: {error}")
    arguments = ["--from-stdin", _argument(context, path)]
    done = _run(context, arguments, _above_package(path), text.encode())
    if isinstance(done, Report):
        return done
    if done.skipped:
        why = "Pylint's configuration excludes this file"
        return Report(NAME, State.NOT_ANALYSED, why=why)
    return report(done.rows, Lines(text), context.interpreter)


def _check_files(context: Context, items: Sequence[Item]) -> list[Answer]:
    """Many at once. A file that changed meanwhile, and one on which Pylint is silent although it
    has not looked at all of them, is asked about alone."""
    before: dict[str, str] = {}
    answers: dict[str, Answer] = {}
    for item in items:
        try:
            before[item[0]] = digest(read_content(item))
        except OSError as error:
            answers[item[0]] = unreadable(NAME, error)
    # Of a package's own file Pylint would go on to all that lies in the package.
    together = [path for path in before if os.path.basename(path) != "__init__.py"]
    arguments = [_argument(context, path) for path in together]
    done = _run(context, arguments) if together else Answered([], 0)
    alone = isinstance(done, Report)
    rows: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    if isinstance(done, Answered):
        for row in done.rows:
            rows[os.path.join(context.folder, str(row.get("absolutePath")))].append(row)
    for item in items:
        path = item[0]
        if path in answers:
            continue
        content = _unchanged(item, before[path])
        silent = not rows[path] and isinstance(done, Answered) and done.skipped
        if alone or silent or content is None or path not in together:
            answers[path] = _check_one(context, item)
            continue
        try:
            text = decode(content)
        except ValueError as error:
            why = f"Pylint cannot read this file: {error}"
            answers[path] = answer(content, no_verdict(NAME, State.NOT_ANALYSED, why))
            continue
        answers[path] = answer(content, report(rows[path], Lines(text), context.interpreter))
    return [answers[item[0]] for item in items]


def _unchanged(item: Item, before: str) -> bytes | None:
    try:
        content = read_content(item)
    except OSError:
        return None
    return content if digest(content) == before else None


def _argument(context: Context, path: str) -> str:
    """How Pylint is told a file: from its folder, as its options speak of files; no option, and no
    pattern of several."""
    if not path.startswith("/"):
        return "untitled.py"
    name = os.path.relpath(path, context.folder)
    name = os.path.join(".", name) if name.startswith("-") else name
    return glob.escape(name) if os.path.exists(path) else name


def _above_package(path: str) -> str:
    """The folder that holds the package to which a file belongs, or the file."""
    folder = os.path.dirname(path)
    while folder and os.path.exists(os.path.join(folder, "__init__.py")):
        folder, inner = os.path.dirname(folder), folder
        if folder == inner:
            break
    return folder


def _run(
    context: Context, arguments: Sequence[str], folder: str = "", content: bytes = b""
) -> Answered | Report:
    """What Pylint answers, or why it does not."""
    places = json.dumps([folder or context.folder, *context.packages])
    argv = [context.interpreter, "-P", "-c", _PYLINT, places]
    argv += ["--output-format=json2", "--jobs=1", "--score=n", "--reports=n", _WHOLE_PROJECT]
    argv += arguments
    try:
        done = run(argv, Path(context.folder), content)
    except OSError as error:
        why = f"{context.interpreter} cannot be started ({error.strerror}); see pylint.interpreter"
        return Report(NAME, State.MISSING, why=why)
    except ValueError as error:
        return failed(str(error))
    installed = installations(context)[0]
    if installed.is_absent(done.errors.decode("utf-8", "replace")):
        return Report(NAME, State.MISSING, why=installed.absent)
    if b"understudy: too old" in done.errors:
        return Report(NAME, State.WRONG_VERSION, why=installed.outdated())
    if done.status < 0 or done.status & _USAGE:
        return failed(complaint(done))
    return read(done)

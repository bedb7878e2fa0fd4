"""The worker's side of ESLint: files go, many at a time, to a Node.js process that stays warm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from ...findings import codec
from ...model import Report, State
from ...text import digest
from ..answers import answer, no_verdict, read_content, unreadable
from ..base import Answer, Item
from ..parsing import MALFORMED
from . import NAME, Context
from .output import read_messages
from .process import EslintProcess

_process: list[EslintProcess] = []
"""The one that is warm, if there is one."""
_MOST_STRIKES = 3


class _File(NamedTuple):
    place: int
    path: str
    content: bytes
    text: str


def check(told: tuple[Any, ...], items: tuple[Item, ...]) -> list[Answer]:
    context = Context(*told)
    if context.state:
        report = Report(NAME, State(context.state), why=context.why)
        return [("", codec.dumps(report)) for _ in items]
    answers: dict[int, Answer] = {}
    files: list[_File] = []
    for place, item in enumerate(items):
        try:
            content = read_content(item)
        except OSError as error:
            answers[place] = unreadable(NAME, error)
            continue
        if (passed_over := _passed_over(item[0], content)) is not None:
            answers[place] = answer(content, passed_over)
        else:
            files.append(_File(place, item[0], content, content.decode()))
    answers.update(_lint(context, files) if files else ())
    return [answers[place] for place in range(len(items))]


def _passed_over(path: str, content: bytes) -> Report | None:
    """Why ESLint is not asked about a file; None when it is."""
    if not path.startswith("/"):
        why = "ESLint's configuration goes by where a file lies; this one was never saved"
        return Report(NAME, State.NOT_ANALYSED, why=why)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8 ({error.reason}, byte {error.start})"
        return no_verdict(NAME, State.NOT_ANALYSED, f"ESLint did not check this file: {why}")
    return None


def _lint(context: Context, files: Sequence[_File]) -> dict[int, Answer]:
    try:
        said = _ask(context, [(file.path, file.text) for file in files])
        if "misconfigured" in said:  # not a matter of the files, which say nothing of it
            _end()  # a module that failed to load is not loaded again
            return _all(files, f"it refuses its configuration: {said['misconfigured']}")
        each = zip(files, said["files"], strict=True)
        return {file.place: _answer(file, told, said) for file, told in each}
    except (OSError, *MALFORMED) as error:
        _end()
        return _alone(context, files) if len(files) > 1 else _all(files, str(error))


def _alone(context: Context, files: Sequence[_File]) -> dict[int, Answer]:
    """One after another, so that a bad file spoils only itself; but for a while only."""
    answers: dict[int, Answer] = {}
    strikes = 0
    for number, file in enumerate(files):
        answers |= _lint(context, [file])
        strikes = 0 if _process else strikes + 1
        if strikes == _MOST_STRIKES:
            why = f"its process ended on {strikes} files in a row, and was not started again"
            return answers | _all(files[number + 1 :], why)
    return answers


def _ask(context: Context, files: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Raises OSError, ``MALFORMED``."""
    if _process and not _process[0].serves(context):
        _end()
    if _process:
        try:
            return _process[0].ask(context, files)
        except OSError:
            _end()  # it may have died while nobody needed it
    _process.append(EslintProcess(context.node))
    return _process[0].ask(context, files)


def _end() -> None:
    while _process:
        _process.pop().close()


def _all(files: Sequence[_File], why: str) -> dict[int, Answer]:
    report = Report(NAME, State.FAILED, why=f"ESLint did not check this file: {why}")
    return {file.place: answer(file.content, report) for file in files}


def _answer(file: _File, told: dict[str, Any], said: dict[str, Any]) -> Answer:
    """What depends on other files is said without a digest: it is not to be kept."""
    try:
        report = _report(file, told, said)
    except MALFORMED as error:
        report = _failed(f"its answer cannot be read: {error!r}")
    return "" if said["wide"] else digest(file.content), codec.dumps(report)


def _report(file: _File, told: dict[str, Any], said: dict[str, Any]) -> Report:
    """Raises ``MALFORMED``."""
    if told.get("ignored"):
        why = "ESLint's configuration ignores this file, or has nothing for its kind"
        return Report(NAME, State.NOT_ANALYSED, why=why)
    if "error" in told:
        return _failed(told["error"])
    return Report.of(NAME, read_messages(told["messages"], file.text, said["urls"]))


def _failed(why: str) -> Report:
    return no_verdict(NAME, State.FAILED, f"ESLint did not check this file: {why}")

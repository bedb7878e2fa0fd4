"""``npm test`` and its like: node's own runner, Jest and Vitest, and whatever else."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from ...disk import read_regular
from . import generic
from .detect import Kind, TestRunner
from .events import seconds_of
from .results import SUITE, Selection, TestOutcome, TestReport, TestResult, file_of, one_each

_FILLED = re.compile(r"%[sdifjoOpc#$]|\$\{[^}]*\}|\$#?[A-Za-z_][\w.]*")
_BETWEEN = "(?: >)? "
_STARTERS = frozenset({"npx", "cross-env", "c8", "nyc"})
_OUTCOMES = {
    "passed": TestOutcome.PASSED,
    "failed": TestOutcome.FAILED,
    "pending": TestOutcome.SKIPPED,
    "skipped": TestOutcome.SKIPPED,
    "todo": TestOutcome.SKIPPED,
    "disabled": TestOutcome.SKIPPED,
}


class Way(NamedTuple):
    argv: tuple[str, ...]
    environment: Mapping[str, str]
    selection: Selection
    streams: bool = False
    note: str = ""


class Framework(NamedTuple):
    """``open``: files can be added to its command, which names none itself."""

    name: str
    open: bool


def framework(script: str) -> Framework:
    """What a ``test`` script runs last; its name is empty when it is none of those known."""
    lexer = shlex.shlex(script, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    try:
        words = list(lexer)
    except ValueError:
        return Framework("", False)
    starts = [number + 1 for number, word in enumerate(words) if word in ("&&", ";")]
    words = words[starts[-1] :] if starts else words
    if any(set(word) <= set("|&<>()") for word in words):
        return Framework("", False)
    while words and (words[0] in _STARTERS or re.fullmatch(r"\w+=.*", words[0], re.DOTALL)):
        words = words[1:]
    name, *options = words or [""]
    positional = [option for option in options if not option.startswith("-")]
    if name == "node" and "--test" in options:
        return Framework("node", not positional)
    if name == "vitest" and positional[:1] in (["run"], []):
        return Framework(name, not positional[1:])
    return Framework(name, not positional) if name == "jest" else Framework("", False)


def command(
    runner: TestRunner,
    selection: Selection,
    results: str,
    environment: Mapping[str, str],
    reporters: str,
) -> Way:
    """In an environment with ``CI`` set, so that nothing waits for keys or writes snapshots."""
    known = framework(runner.script)
    ours = {**environment, "CI": "true"}
    note = ""
    if not selection.everything and not known.open:
        selection = Selection()
        note = f"The script {runner.script!r} takes no choice of tests: all are run."
    asked = dict.fromkeys((*selection.files, *map(file_of, selection.ids)))
    files = [_argument(file, runner.folder) for file in asked]
    pattern = _pattern(selection.ids) if not selection.files else ""
    arguments: list[str] = []
    if known.name == "node":
        options = [
            f"--test-reporter={reporters}/node_reporter.mjs",
            f"--test-reporter-destination={results}",
            "--test-reporter=spec",
            "--test-reporter-destination=stdout",
            *([f"--test-name-pattern={pattern}"] if pattern else []),
        ]
        before = environment.get("NODE_OPTIONS", "")
        ours["NODE_OPTIONS"] = " ".join([before, *map(_quoted, options)]).strip()
        arguments = files
    elif known.name == "jest":
        arguments = ["--json", f"--outputFile={results}", "--testLocationInResults"]
        arguments += ["--runTestsByPath", *files] if files else []
    elif known.name == "vitest":
        arguments = ["--reporter=default", "--reporter=json", f"--outputFile.json={results}"]
        arguments += files
    if pattern and known.name != "node":
        arguments.append(f"--testNamePattern={pattern}")
    if arguments and runner.kind is Kind.NPM:
        arguments.insert(0, "--")
    return Way(
        (runner.kind.value, "run", "test", *arguments), ours, selection, known.name == "node", note
    )


def _argument(file: str, folder: str) -> str:
    inside = file.removeprefix(f"{folder}/") if folder else file
    return f"./{inside}" if inside.startswith("-") else inside


def _pattern(ids: tuple[str, ...]) -> str:
    """All three match it against a test's name with those of its suites before it: with blanks
    between them, Vitest from version 5 on with what also its ids have."""
    names = [id_.partition("::")[2] for id_ in ids if "::" in id_]
    if len(names) < len(ids):
        return ""
    return f"^(?:{'|'.join(map(_named, dict.fromkeys(names)))})" if names else ""


def _named(name: str) -> str:
    """A suite is followed by what is in it. In the title of a table of cases, ``%s``, ``$name``
    and ``${...}`` stand for any text."""
    titles = name.removesuffix(SUITE).split(SUITE)
    patterns = [".*".join(map(_escaped, _FILLED.split(title))) for title in titles]
    return _BETWEEN.join(patterns) + (_BETWEEN if name.endswith(SUITE) else "$")


def _escaped(text: str) -> str:
    return re.sub(r"([\\^$.*+?()\[\]{}|/])", r"\\\1", text)


def _quoted(option: str) -> str:
    """As NODE_OPTIONS has it."""
    escaped = option.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


# ── what came of it ─────────────────────────────────────────────────────────────────────────────


def report(
    runner: TestRunner,
    root: str,
    results: str,
    output: str,
    exit_code: int | None,
    started: float,
) -> TestReport:
    """From the JSON that was asked for; else from a junit.xml of this run, TAP, or the status."""
    if framework(runner.script).name:
        try:
            document = json.loads(read_regular(results, generic.MOST_BYTES))
        except FileNotFoundError:
            ended = f"{framework(runner.script).name} ended before it told of any test"
            return TestReport((), False, f"{ended}, with status {exit_code}: see its output")
        except (OSError, ValueError, RecursionError) as error:
            return TestReport((), False, f"what the runner left cannot be read: {error}")
        return TestReport(one_each(_from_json(document, root)), True)
    run = generic.Run(f"{runner.kind} test", output, exit_code, started)
    return generic.report(run, root, runner.folder)


def _from_json(document: Any, root: str) -> Iterator[TestResult]:
    """Jest's ``--json``, which Vitest writes as well."""
    suites = document.get("testResults") if isinstance(document, dict) else None
    for suite in suites if _is_list(suites) else ():
        if not isinstance(suite, dict):
            continue
        file = generic.relative(str(suite.get("name", "")), root)
        listed = suite.get("assertionResults")
        cases = [case for case in listed if isinstance(case, dict)] if _is_list(listed) else []
        for case in cases:
            yield _case(case, file, root)
        if suite.get("status") == "failed" and not cases:
            text = generic.COLOUR.sub("", str(suite.get("message", ""))).strip()
            _, line = generic.place(text, root, file)
            line = line or _line_in(text, file)
            yield TestResult(
                file,
                TestOutcome.ERROR,
                0.0,
                file,
                line,
                generic.first(text),
                text[: generic.MOST_TEXT],
            )


def _line_in(text: str, file: str) -> int:
    """Where a stack names the file as it is seen from elsewhere; 0 when it does not."""
    name = re.escape(os.path.basename(file))
    found = re.search(rf"^[^\S\n]*at (?:.*[ (/])?{name}:(\d{{1,9}}):\d+\)?$", text, re.MULTILINE)
    return max(0, int(found[1]) - 1) if found else 0


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _case(case: dict[str, Any], file: str, root: str) -> TestResult:
    ancestors = case.get("ancestorTitles")
    titles = [str(one) for one in ancestors] if _is_list(ancestors) else []
    name = " > ".join((*titles, str(case.get("title", ""))))
    outcome = _OUTCOMES.get(str(case.get("status")), TestOutcome.ERROR)
    messages = case.get("failureMessages")
    text = "\n".join(map(str, messages)) if _is_list(messages) else ""
    text = generic.COLOUR.sub("", text).strip()
    there, line = generic.place(text, root, file)
    location = case.get("location")
    if there != file and isinstance(location, dict) and isinstance(location.get("line"), int):
        line = max(0, location["line"] - 1)
    return TestResult(
        id=f"{file}::{name}",
        outcome=outcome,
        seconds=seconds_of(case.get("duration")) / 1000,
        file=file,
        line=line,
        message=generic.first(text),
        text=text[: generic.MOST_TEXT],
    )

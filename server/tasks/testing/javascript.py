"""``npm test`` and its like: node's own runner, Jest and Vitest, and whatever else."""

from __future__ import annotations

import json
import os
import re
import shlex
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeGuard

from ...disk import read_regular
from . import junit
from .detect import Kind, TestRunner
from .events import seconds_of
from .results import Selection, TestOutcome, TestReport, TestResult, file_of, one_each

_MOST_BYTES = 64 << 20
_MOST_TEXT = 20_000
_MOST_MESSAGE = 2_000
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_FRAME = re.compile(r"^\s*at .*?((?:file://)?/[^\s()]+?):(\d{1,9}):\d+\)?$", re.MULTILINE)
_STARTERS = frozenset({"npx", "cross-env", "c8", "nyc"})
_TAP = re.compile(r"^ *(?P<not>not )?ok\b *\d* *(?:- )?(?P<name>.*?)(?: # (?P<directive>\w+).*)?$")
_TAP_FIELD = re.compile(r"^ *(?P<name>error|message|location|at): *[|'\"-]*(?P<value>.*?)['\"]?$")
_TAP_PLACE = re.compile(r"(/[^\s()]+?):(\d{1,9})(?::\d+)?")
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
    """All three match it against a test's name with those of its suites before it."""
    names = [id_.partition("::")[2].replace(" > ", " ") for id_ in ids if "::" in id_]
    if len(names) < len(ids):
        return ""
    return f"^(?:{'|'.join(map(_escaped, dict.fromkeys(names)))})$" if names else ""


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
    folder = os.path.join(root, runner.folder) if runner.folder else root
    if framework(runner.script).name:
        try:
            document = json.loads(read_regular(results, _MOST_BYTES))
        except (OSError, ValueError, RecursionError) as error:
            return TestReport((), False, f"the runner left no results: {error}")
        return TestReport(one_each(_from_json(document, root)), True)
    found = _from_junit(folder, runner.folder, started) or one_each(_from_tap(output, root))
    if found or exit_code == 0:
        return TestReport(found, True)
    plain = _COLOUR.sub("", output).strip()
    file, line = _place(plain, root, "")
    name = f"{runner.kind} test"
    message = f"{name} ended with status {exit_code}"
    failed = TestResult(name, TestOutcome.FAILED, 0.0, file, line, message, plain[-_MOST_TEXT:])
    return TestReport((failed,), True)


def _from_json(document: Any, root: str) -> Iterator[TestResult]:
    """Jest's ``--json``, which Vitest writes as well."""
    suites = document.get("testResults") if isinstance(document, dict) else None
    for suite in suites if _is_list(suites) else ():
        if not isinstance(suite, dict):
            continue
        file = _relative(str(suite.get("name", "")), root)
        listed = suite.get("assertionResults")
        cases = [case for case in listed if isinstance(case, dict)] if _is_list(listed) else []
        for case in cases:
            yield _case(case, file, root)
        if suite.get("status") == "failed" and not cases:
            text = _COLOUR.sub("", str(suite.get("message", ""))).strip()
            _, line = _place(text, root, file)
            yield TestResult(
                file, TestOutcome.ERROR, 0.0, file, line, _first(text), text[:_MOST_TEXT]
            )


def _is_list(value: object) -> TypeGuard[list[Any]]:
    return isinstance(value, list)


def _case(case: dict[str, Any], file: str, root: str) -> TestResult:
    ancestors = case.get("ancestorTitles")
    titles = [str(one) for one in ancestors] if _is_list(ancestors) else []
    name = " > ".join((*titles, str(case.get("title", ""))))
    outcome = _OUTCOMES.get(str(case.get("status")), TestOutcome.ERROR)
    messages = case.get("failureMessages")
    text = "\n".join(map(str, messages)) if _is_list(messages) else ""
    text = _COLOUR.sub("", text).strip()
    there, line = _place(text, root, file)
    location = case.get("location")
    if there != file and isinstance(location, dict) and isinstance(location.get("line"), int):
        line = max(0, location["line"] - 1)
    return TestResult(
        id=f"{file}::{name}",
        outcome=outcome,
        seconds=seconds_of(case.get("duration")) / 1000,
        file=file,
        line=line,
        message=_first(text),
        text=text[:_MOST_TEXT],
    )


def _from_junit(folder: str, prefix: str, started: float) -> tuple[TestResult, ...]:
    path = os.path.join(folder, "junit.xml")
    try:
        if os.path.getmtime(path) < started - 1:
            return ()
        return one_each(junit.parse(read_regular(path, _MOST_BYTES), prefix, lambda *_: ""))
    except (OSError, ValueError):
        return ()


def _from_tap(output: str, root: str) -> Iterator[TestResult]:
    """The Test Anything Protocol, with the YAML block that may follow a failure."""
    if not re.search(r"^TAP version 1[34]$", output, re.MULTILINE):
        return
    point: re.Match[str] | None = None
    fields: dict[str, str] = {}
    for line in (*output.splitlines(), "ok end"):
        found = _TAP.match(line[:_MOST_MESSAGE])
        if found is None:
            if (field := _TAP_FIELD.match(line[:_MOST_MESSAGE])) and point is not None:
                fields.setdefault(field["name"], field["value"])
            continue
        if point is not None:
            yield _tap_result(point, fields, root)
        point, fields = found, {}


def _tap_result(point: re.Match[str], fields: Mapping[str, str], root: str) -> TestResult:
    directive = (point["directive"] or "").lower()
    outcome = TestOutcome.FAILED if point["not"] else TestOutcome.PASSED
    if directive == "skip":
        outcome = TestOutcome.SKIPPED
    elif directive == "todo" and point["not"]:
        outcome = TestOutcome.XFAILED
    place = _TAP_PLACE.search(fields.get("location") or fields.get("at", ""))
    file = _relative(place[1], root) if place else ""
    line = max(0, int(place[2]) - 1) if place and file else 0
    message = fields.get("error") or fields.get("message", "")
    name = point["name"].strip() or "a test without a name"
    return TestResult(f"{file}::{name}", outcome, 0.0, file, line, message)


def _place(text: str, root: str, file: str) -> tuple[str, int]:
    """The innermost frame in ``file`` ("": in any file of the project); (file, 0) without one."""
    for found in _FRAME.finditer(text):
        there = _relative(found[1].removeprefix("file://"), root)
        if there and "node_modules" not in there and file in ("", there):
            return there, max(0, int(found[2]) - 1)
    return "", 0


def _relative(path: str, root: str) -> str:
    base = root.rstrip("/") + "/"
    path = os.path.normpath(path)
    return path[len(base) :] if path.startswith(base) else ""


def _first(text: str) -> str:
    """What is said before the stack, on one line or a few."""
    said = re.split(r"^\s*at ", text, maxsplit=1, flags=re.MULTILINE)[0]
    return said.strip()[:_MOST_MESSAGE]

"""Maven and Gradle: what to run, and where they leave their JUnit reports."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import NamedTuple

from ...disk import read_regular
from . import junit
from .detect import Kind, TestRunner
from .results import Selection, TestReport, TestResult, one_each

_MOST_BYTES = 32 << 20
_MOST_REPORTS = 5_000
_MOST_FOLDERS = 20_000
_LANGUAGES = (("java", "java"), ("kotlin", "kt"), ("groovy", "groovy"), ("scala", "scala"))
_TEST_FILE = re.compile(
    r"(?:(?P<module>.+)/)?src/test/(?:java|kotlin|groovy|scala)/(?P<path>.+)"
    r"\.(?:java|kt|groovy|scala)"
)
_ID = re.compile(r"(?:(?P<module>[^:]+):)?(?P<class>[\w.$]+)(?:::(?P<method>[\w$]+).*)?", re.DOTALL)
_NEVER = frozenset({"node_modules", "src", "classes", "test-classes", "generated-sources"})
_CLOCK_SECONDS = 1.0
"""A file system may note a time that much before the clock's."""


class Run(NamedTuple):
    argv: tuple[str, ...]
    selection: Selection
    note: str = ""


class _Test(NamedTuple):
    module: str
    class_: str
    method: str = ""


def command(runner: TestRunner, selection: Selection) -> Run:
    """Everything, when a file of the selection is no test of the usual layout."""
    tests = [_of_file(_inside(file, runner.folder)) for file in selection.files]
    tests += [_of_id(id_) for id_ in selection.ids]
    known = [test for test in tests if test is not None]
    note = ""
    if len(known) < len(tests):
        known, selection = [], Selection()
        note = "Not all of what was asked for lies in src/test: all tests are run."
    argv = _maven(runner, known) if runner.kind is Kind.MAVEN else _gradle(runner, known)
    return Run(argv, selection, note)


def _maven(runner: TestRunner, tests: list[_Test]) -> tuple[str, ...]:
    program = "./mvnw" if runner.wrapper else "mvn"
    argv = [program, "--batch-mode", "-Dstyle.color=never", "--fail-at-end"]
    if tests:
        methods: dict[str, list[str]] = {}
        for test in tests:
            methods.setdefault(test.class_, []).append(test.method)
        patterns = [
            class_ if "" in those else f"{class_}#{'+'.join(dict.fromkeys(those))}"
            for class_, those in methods.items()
        ]
        argv += [f"-Dtest={','.join(patterns)}", "-Dsurefire.failIfNoSpecifiedTests=false"]
        modules = list(dict.fromkeys(test.module for test in tests))
        if "" not in modules:
            argv += ["--projects", ",".join(modules), "--also-make"]
    return (*argv, "test")


def _gradle(runner: TestRunner, tests: list[_Test]) -> tuple[str, ...]:
    # cleanTest: Gradle runs no test again whose inputs are as they were.
    argv = ["./gradlew" if runner.wrapper else "gradle", "--console=plain", "--continue"]
    if not tests:
        return (*argv, "cleanTest", "test")
    modules: dict[str, list[_Test]] = {}
    for test in tests:
        modules.setdefault(test.module, []).append(test)
    for module, those in modules.items():
        path = f":{module.replace('/', ':')}:" if module else ":"
        argv += [f"{path}cleanTest", f"{path}test"]
        for test in those:
            argv += ["--tests", f"{test.class_}.{test.method}" if test.method else test.class_]
    return tuple(argv)


def _of_file(path: str) -> _Test | None:
    found = _TEST_FILE.fullmatch(path)
    return _Test(found["module"] or "", found["path"].replace("/", ".")) if found else None


def _of_id(id_: str) -> _Test | None:
    found = _ID.fullmatch(id_)
    return _Test(found["module"] or "", found["class"], found["method"] or "") if found else None


def _inside(path: str, folder: str) -> str:
    return path.removeprefix(f"{folder}/") if folder else path


# ── what came of it ─────────────────────────────────────────────────────────────────────────────


def report(runner: TestRunner, root: str, exit_code: int | None, started: float) -> TestReport:
    """What the reports say that were written since ``started``."""
    top = os.path.join(root, runner.folder) if runner.folder else root
    results: list[TestResult] = []
    why = ""
    for module, path in _reports(top, runner.kind, started - _CLOCK_SECONDS):
        try:
            document = read_regular(path, _MOST_BYTES)
            results += junit.parse(document, module, _Sources(root, runner.folder, module))
        except (OSError, ValueError) as error:
            why = f"{os.path.relpath(path, root)} cannot be read: {error}"
    if exit_code and not results and not why:
        why = f"the build ended with status {exit_code} before any test ran: see its output"
    told = one_each(results)
    failed = any(result.outcome.fails for result in told)
    return TestReport(told, not why and (exit_code == 0 or failed), why)


def _reports(top: str, kind: Kind, since: float) -> Iterator[tuple[str, str]]:
    """(module, path of a report), in the order of their names."""
    count = 0
    for number, (folder, names, files) in enumerate(os.walk(top)):
        names[:] = sorted(n for n in names if n not in _NEVER and not n.startswith("."))
        if number > _MOST_FOLDERS:
            return
        module = _module(os.path.relpath(folder, top), kind)
        if module is None:
            continue
        for name in sorted(files):
            path = os.path.join(folder, name)
            if not name.endswith(".xml") or not name.startswith("TEST-") or count > _MOST_REPORTS:
                continue
            if os.path.getmtime(path) >= since:
                count += 1
                yield module, path


def _module(folder: str, kind: Kind) -> str | None:
    """The module whose reports lie in a folder; None when none do."""
    parts = folder.split(os.sep)
    if kind is Kind.MAVEN and parts[-2:] == ["target", "surefire-reports"]:
        return "/".join(parts[:-2])
    if kind is Kind.GRADLE and parts[-3:-1] == ["build", "test-results"]:
        return "/".join(parts[:-3])
    return None


class _Sources:
    """``junit.Locate`` for the usual layout."""

    def __init__(self, root: str, folder: str, module: str) -> None:
        self._root = root
        self._base = "/".join(part for part in (folder, module) if part)

    def __call__(self, class_: str, file: str) -> str:
        package, _, name = class_.rpartition(".")
        for language, suffix in _LANGUAGES:
            source = file or f"{name}.{suffix}"
            parts = (self._base, "src/test", language, package.replace(".", "/"), source)
            path = "/".join(part for part in parts if part)
            inside = ".." not in path.split("/")
            if inside and os.path.isfile(os.path.join(self._root, path)):
                return path
        return ""

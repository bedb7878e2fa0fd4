"""Which test runners a project has, by its own files. Nothing is run."""

from __future__ import annotations

import configparser
import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple

from ...disk import read_regular
from .items import UNITTEST, Naming, is_test_file
from .results import file_of

_MOST_BYTES = 1 << 20
_MOST_FILES = 2_000
_MOST_FOLDERS = 100
CONFIGURATIONS = frozenset({"pytest.ini", ".pytest.ini", "tox.ini", "setup.cfg", "package.json"})
"""Files that tell of a runner and are nothing to an analyzer; pyproject.toml is."""
_TEST_FOLDERS = ("", "tests", "test")
_NOT_OURS = frozenset({"node_modules", "site-packages", "venv", "build", "dist", "target"})
_BARE_TEST = re.compile(rb"^(?:async )?def test", re.MULTILINE)
"""A function by itself, which only pytest takes for a test."""
_IMPORTS = {
    kind: re.compile(rf"^\s*(?:from|import)\s+{kind}\b".encode(), re.MULTILINE)
    for kind in ("pytest", "unittest")
}


_SCRIPTS = (".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts")


class Kind(StrEnum):
    """COMMAND: what the settings name instead of what was detected."""

    COMMAND = "command"
    PYTEST = "pytest"
    UNITTEST = "unittest"
    NPM = "npm"
    YARN = "yarn"
    PNPM = "pnpm"
    MAVEN = "maven"
    GRADLE = "gradle"

    @property
    def is_python(self) -> bool:
        return self in (Kind.PYTEST, Kind.UNITTEST)

    @property
    def is_node(self) -> bool:
        return self in (Kind.NPM, Kind.YARN, Kind.PNPM)


class OwnCommand(NamedTuple):
    """A command that runs the tests: its words, with ``${{ files }}`` or ``${{ ids }}`` for those
    that are asked for. ``report``: the JUnit XML that it writes, relative to the workspace.
    ``matcher``: the problem matcher or expression that reads what it prints."""

    words: tuple[str, ...]
    report: str = ""
    matcher: str = ""


@dataclass(frozen=True, slots=True)
class TestRunner:
    """``folder``: where it runs, relative to the workspace ("" for the root). ``why``: the file
    that told of it. ``script``: the ``test`` script of a package.json. ``start``: where unittest
    looks for tests. ``wrapper``: the project brings its own mvnw or gradlew. ``own``: of a COMMAND.

    All of them run what the workspace brings along: they need trust.
    """

    __test__ = False

    kind: Kind
    folder: str
    why: str
    script: str = ""
    naming: Naming = Naming()  # noqa: RUF009 - a tuple
    start: str = "."
    wrapper: bool = False
    own: OwnCommand | None = None

    @property
    def name(self) -> str:
        """One of its own among the runners of a workspace."""
        return f"{self.kind}:{self.folder}"

    def may_have(self, test: str) -> bool:
        """Whether a test of this id, or file, can be one that it runs."""
        if self.kind is Kind.COMMAND:
            return True
        file = file_of(test)
        if not self.kind.is_python and not self.kind.is_node:
            return not file.endswith((".py", *_SCRIPTS))
        here = not self.folder or file.startswith(f"{self.folder}/")
        return here and file.endswith(".py" if self.kind.is_python else _SCRIPTS)


def detect(root: str, own: OwnCommand | None = None) -> tuple[TestRunner, ...]:
    """The runners of the workspace: Python's, then those of its root, then of its first folders.

    A folder below has only runners of a kind that the root does not have. With a command of the
    user's ``own`` there are no others.
    """
    if own is not None:
        return (TestRunner(Kind.COMMAND, "", "tasks.testRunner.command", own=own),)
    found = _in_folder(root, "")
    families = {_family(runner.kind) for runner in found}
    for folder in _folders(root):
        below = _in_folder(os.path.join(root, folder), folder)
        found += (runner for runner in below if _family(runner.kind) not in families)
    return tuple(found)


def _in_folder(path: str, folder: str) -> list[TestRunner]:
    inside = f"{folder}/" if folder else ""
    found = (*_python(path), *_others(path))
    return [replace(each, folder=folder, why=f"{inside}{each.why}") for each in found]


def _family(kind: Kind) -> str:
    return "python" if kind.is_python else "node" if kind.is_node else kind


# ── Python ──────────────────────────────────────────────────────────────────────────────────────


def _python(root: str) -> Iterator[TestRunner]:
    for name, options in _pytest_configurations(root):
        if options is not None:
            yield TestRunner(Kind.PYTEST, "", name, naming=_naming(options))
            return
    files = [file for folder in _TEST_FOLDERS for file in _python_files(root, folder)]
    for file in files:
        named = is_test_file(file, Naming())
        conftest = file.rpartition("/")[2] == "conftest.py"
        if conftest or (named and _IMPORTS["pytest"].search(_read(root, file) or b"")):
            yield TestRunner(Kind.PYTEST, "", file)
            return
    for file in files:
        if is_test_file(file, UNITTEST) and _IMPORTS["unittest"].search(_read(root, file) or b""):
            folder = file.rpartition("/")[0]
            package = folder and os.path.isfile(os.path.join(root, folder, "__init__.py"))
            start = "." if package or not folder else folder
            yield TestRunner(Kind.UNITTEST, "", file, naming=UNITTEST, start=start)
            return
    for file in files:
        if is_test_file(file, Naming()) and _BARE_TEST.search(_read(root, file) or b""):
            yield TestRunner(Kind.PYTEST, "", file)
            return


def _pytest_configurations(root: str) -> Iterator[tuple[str, Mapping[str, Any] | None]]:
    """In pytest's own order; None where a file does not configure it."""
    for name in ("pytest.ini", ".pytest.ini"):
        content = _read(root, name)
        yield name, None if content is None else _ini(content).get("pytest", {})
    table = _toml(_read(root, "pyproject.toml")).get("tool", {}).get("pytest")
    if isinstance(table, dict):
        options = table.get("ini_options", table)
        yield "pyproject.toml", options if isinstance(options, dict) else {}
    yield "tox.ini", _ini(_read(root, "tox.ini")).get("pytest")
    yield "setup.cfg", _ini(_read(root, "setup.cfg")).get("tool:pytest")


def _naming(options: Mapping[str, Any]) -> Naming:
    def words(name: str, default: tuple[str, ...]) -> tuple[str, ...]:
        value = options.get(name)
        listed = value.split() if isinstance(value, str) else value
        return tuple(str(one) for one in listed) if isinstance(listed, list) else default

    default = Naming()
    return Naming(
        words("python_files", default.files),
        words("python_classes", default.classes),
        words("python_functions", default.functions),
    )


def _python_files(root: str, folder: str) -> list[str]:
    names = _names(os.path.join(root, folder))
    return [f"{folder}/{name}" if folder else name for name in names if name.endswith(".py")]


# ── the others ──────────────────────────────────────────────────────────────────────────────────


def _others(path: str) -> list[TestRunner]:
    found = []
    script = _test_script(_read(path, "package.json"))
    if script:
        found.append(TestRunner(_manager(path), "", "package.json", script=script))
    if _exists(path, "pom.xml"):
        wrapper = _exists(path, "mvnw")
        found.append(TestRunner(Kind.MAVEN, "", "pom.xml", wrapper=wrapper))
    for name in ("build.gradle", "build.gradle.kts", "settings.gradle", "settings.gradle.kts"):
        if _exists(path, name):
            wrapper = _exists(path, "gradlew")
            found.append(TestRunner(Kind.GRADLE, "", name, wrapper=wrapper))
            break
    return found


def _test_script(content: bytes | None) -> str:
    """Empty without one, and for the one that ``npm init`` writes."""
    try:
        package = json.loads(content or b"null")
    except (ValueError, RecursionError):
        return ""
    match package:
        case {"scripts": {"test": str(script)}} if "no test specified" not in script:
            return script
    return ""


def _manager(path: str) -> Kind:
    if _exists(path, "pnpm-lock.yaml"):
        return Kind.PNPM
    return Kind.YARN if _exists(path, "yarn.lock") else Kind.NPM


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def _read(folder: str, name: str) -> bytes | None:
    try:
        return read_regular(os.path.join(folder, name), _MOST_BYTES)
    except OSError:
        return None


def _exists(folder: str, name: str) -> bool:
    return os.path.isfile(os.path.join(folder, name))


def _names(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for _, entry in zip(range(_MOST_FILES), entries, strict=False)]
    except OSError:
        return []
    return sorted(names)


def _folders(root: str) -> list[str]:
    names = [n for n in _names(root) if not n.startswith(".") and n not in _NOT_OURS]
    folders = [name for name in names if os.path.isdir(os.path.join(root, name))]
    real = [name for name in folders if not os.path.islink(os.path.join(root, name))]
    return real[:_MOST_FOLDERS]


def _toml(content: bytes | None) -> dict[str, Any]:
    try:
        table = tomllib.loads((content or b"").decode())
    except (ValueError, RecursionError):
        return {}
    return table if isinstance(table.get("tool", {}), dict) else {}


def _ini(content: bytes | None) -> dict[str, Mapping[str, Any]]:
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string((content or b"").decode())
    except (ValueError, configparser.Error):
        return {}
    return {name: dict(parser[name]) for name in parser.sections()}

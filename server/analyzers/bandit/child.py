"""The worker's side of Bandit: in the worker itself, or by the interpreter that the settings
name."""

from __future__ import annotations

import json
import re
import sys
import warnings
from fnmatch import fnmatch
from functools import cache, partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ...model import Report, State
from ..answers import answer_each
from ..base import Answer, Item
from ..installations import PYTHON, is_program
from ..parsing import MALFORMED, paragraph
from ..process import run
from . import LEAST, NAME, Context, installation
from .output import broken_tests, failed, misconfigured, parse, report, skipped

if TYPE_CHECKING:
    from bandit.core.manager import BanditManager


def check(context: Context, items: tuple[Item, ...]) -> list[Answer]:
    return answer_each(NAME, items, partial(look, context))


_TOO_OLD = "understudy: too old"


def look(context: Context, path: str, content: bytes, *, heed_nosec: bool = True) -> Report:
    """What Bandit says of one file; without ``heed_nosec`` also what comments silence."""
    interpreter, options, ini, root, problem = context
    if problem:
        return misconfigured(problem)
    try:
        table, flags = json.loads(options) or {}, json.loads(ini) or {}
        excluded = [*(table.get("exclude_dirs") or ()), *_listed(flags.get("exclude"))]
        for each in excluded:
            if not isinstance(each, str):
                raise TypeError(f"exclude_dirs lists {each!r}, which is no text")
        tests = None if interpreter else _tests(options, ini)
    except MALFORMED as error:
        return misconfigured(f"it refuses its configuration: {error}")
    relative = path.removeprefix(f"{root}/") if path.startswith("/") else "untitled.py"
    # As Bandit sees it when it is told a file, and when it is told the folder it stands in.
    names = (relative, f"./{relative}")
    if any(each in name or fnmatch(name, each) for each in excluded for name in names):
        return Report(NAME, State.NOT_ANALYSED, why="Bandit's configuration excludes this file")
    if tests is None:
        return _check_with(interpreter, table, flags, relative, content, heed_nosec=heed_nosec)
    return _check_here(tests, f"./{relative}", content, heed_nosec=heed_nosec)


def _check_here(tests: _Tests, name: str, content: bytes, *, heed_nosec: bool) -> Report:
    from bandit.core.metrics import Metrics

    manager = tests.manager
    for test, own in tests.options:
        test._config = own  # noqa: SLF001 - see _Tests
    manager.results, manager.skipped, manager.scores = [], [], []
    manager.metrics = Metrics()
    # Without the word there is no comment to obey, and the file need not be tokenized.
    manager.ignore_nosec = not heed_nosec or b"nosec" not in content
    tests.complaints.clear()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        manager._parse_file(name, BytesIO(content), [name])  # noqa: SLF001 - see above
    if manager.skipped:
        return skipped(manager.skipped[0][1], content, PYTHON)
    for issue in manager.results:  # it may quote half a character, and chokes on it then
        issue.text = issue.text.encode("utf-8", "replace").decode()
    rows = [issue.as_dict(with_code=False) for issue in manager.results]
    return report(rows, content, broken_tests(tests.complaints))


class _Tests(NamedTuple):
    """A manager, the options of each of its tests, and what Bandit logs of those that break.

    Bandit keeps the options of a test, and which calls and imports are forbidden, on the test's
    function itself, where the next manager overwrites them: they are put there before each use.
    """

    manager: BanditManager
    options: tuple[tuple[Any, Any], ...]
    complaints: list[str]


@cache
def _tests(options: str, ini: str) -> _Tests:
    """One per configuration, kept for the worker's life. Raises ``MALFORMED``."""
    from bandit.core import extension_loader
    from bandit.core.config import BanditConfig
    from bandit.core.manager import BanditManager

    complaints = _complaints()
    flags: dict[str, str] = json.loads(ini) or {}
    config = BanditConfig()
    if table := json.loads(options):
        config._config = table  # noqa: SLF001 - else only from a file
        config._init_settings()  # noqa: SLF001
    include = {*(config.get_option("tests") or []), *_listed(flags.get("tests"))}
    exclude = {*(config.get_option("skips") or []), *_listed(flags.get("skips"))}
    profile = {"include": include, "exclude": exclude}
    extension_loader.MANAGER.validate_profile(profile)
    manager = BanditManager(config, "file", profile=profile)
    if not manager.b_ts.tests:
        raise ValueError("it selects no test that exists")
    tests = {test for tests in manager.b_ts.tests.values() for test in tests}
    own = tuple((each, vars(each)["_config"]) for each in tests if "_config" in vars(each))
    return _Tests(manager, own, complaints)


@cache
def _complaints() -> list[str]:
    """From now on Bandit is silent, and what it has to say of tests that break is put here."""
    import logging

    complaints: list[str] = []

    class Listener(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            complaints.append(record.getMessage())

    logging.getLogger("bandit").setLevel(logging.CRITICAL)
    tester = logging.getLogger("bandit.core.tester")
    tester.setLevel(logging.ERROR)
    tester.propagate = False
    tester.addHandler(Listener())
    return complaints


def _listed(text: str | None) -> list[str]:
    return [part for part in (text or "").split(",") if part]


# Bandit's options speak of names; ``bandit -`` would have none for what it is given. One of its
# tests (B613) opens the file again, before 1.9.
_BANDIT = f"""\
import builtins, io, os, re, sys
from importlib.metadata import version
import bandit
if tuple(map(int, re.findall("[0-9]+", version("bandit"))))[:3] < {LEAST}:
    sys.exit({_TOO_OLD!r})
from bandit.cli.main import main
content, on_disk = sys.stdin.buffer.read(), open
def opened(name, mode="r", buffering=-1, encoding=None, *more, **options):
    if not isinstance(name, str) or os.path.normpath(name) != os.path.normpath(sys.argv[-1]):
        return on_disk(name, mode, buffering, encoding, *more, **options)
    return io.BytesIO(content) if "b" in mode else io.TextIOWrapper(io.BytesIO(content), encoding)
builtins.open = opened
main()
"""

_LOOKED = (0, 1)
"""The exit statuses with which Bandit has looked: it found nothing, or something."""

# From here no name leads to a folder, which Bandit would pass over.
_NOWHERE = Path("/dev/fd")


def _check_with(
    interpreter: str,
    table: dict[str, Any],
    flags: dict[str, str],
    relative: str,
    content: bytes,
    *,
    heed_nosec: bool,
) -> Report:
    """Nothing that it is given has a name on the disk, where a worker that is killed would leave
    it."""
    import tempfile

    installed = installation(interpreter)
    if not is_program(interpreter):
        return Report(NAME, State.MISSING, why=installed.missing)
    argv = [interpreter, "-I", "-c", _BANDIT, "-f", "json", "-q"]
    argv += [] if heed_nosec else ["--ignore-nosec"]
    for flag, value in (("-t", flags.get("tests")), ("-s", flags.get("skips"))):
        argv += [flag, value] if value else []
    with tempfile.TemporaryFile() as options:
        options.write(json.dumps(table).encode())
        options.flush()
        argv += ["-c", f"/dev/fd/{options.fileno()}", "--", relative.lstrip("/")]
        try:
            done = run(argv, _NOWHERE, content, [options.fileno()])
        except ValueError as error:
            return failed(str(error))
        except OSError as error:
            why = f"{interpreter} cannot be started ({error.strerror}); see bandit.interpreter"
            return Report(NAME, State.MISSING, why=why)
    errors = done.errors.decode("utf-8", "replace")
    if installed.is_absent(errors):
        return Report(NAME, State.MISSING, why=installed.absent)
    if _TOO_OLD in errors:
        return Report(NAME, State.WRONG_VERSION, why=installed.outdated())
    if not done.output or done.status not in _LOOKED:
        return failed(done.complaint)
    broken = broken_tests([errors])
    return parse(done.output, content, interpreter, broken)


_ROLE = re.compile(r":\w+:(?=`)")


def explain(_context: tuple[()], rules: tuple[str, ...]) -> list[str]:
    return [_explain(rule) for rule in rules]


def _explain(rule: str) -> str:
    """What follows the title in the documentation of a test, which is its own or its module's."""
    from bandit.core import extension_loader

    if (found := extension_loader.MANAGER.plugins_by_id.get(rule)) is None:
        return ""  # forbidden calls and imports have no words but their messages
    told = found.plugin.__doc__ or sys.modules[found.plugin.__module__].__doc__ or ""
    _, _, rest = _ROLE.sub("", told.replace("``", "`")).partition("\n\n")
    return paragraph(rest.partition("\n\n")[0])

"""Pylint: as it is installed in the project's environment, with the project's own configuration.

It is licensed under the GPL, and reads code with the Python and the packages that it finds around
itself: it is never a part of Understudy, only a program that the user has.
"""

from __future__ import annotations

import configparser
import os
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

from ...model import Tier
from ...settings import Settings
from ..base import Analyzer, Configuration, Files, fingerprint, nested, upwards
from ..installations import Installation, environment_stamps, site_packages
from ..interpreters import NoInterpreter, interpreter
from ..managed import managed

NAME = "pylint"
_RC_NAMES = ("pylintrc", "pylintrc.toml", ".pylintrc", ".pylintrc.toml")
_SHARED = ("pyproject.toml", "setup.cfg", "tox.ini")
"""Configure others, too, and Pylint only where they speak of it."""


class Context(NamedTuple):
    """``interpreter`` is a path (empty: there is none, and ``problem`` tells what to do); Pylint is
    run in ``folder``, where it finds its configuration. ``installed`` is the Python with a Pylint
    that was installed for the user, which does where the ``interpreter`` has none; it looks for
    what is imported in ``packages``, too."""

    interpreter: str
    folder: str
    problem: str = ""
    installed: str = ""
    packages: tuple[str, ...] = ()


def _configure(folder: Path, root: Path, settings: Settings, files: Files) -> Configuration:
    """Pylint looks for its configuration in the folder in which it is run: that is the nearest one
    that has one, at or below the root, else the root."""
    below = [each for each in upwards(folder) if each.is_relative_to(root)]
    place = next((each for each in below if _configures(each, files)), root)
    relative = os.path.relpath(folder, root) if below else ""
    named = settings.pylint.interpreter
    installed = "" if named else managed(NAME, "python")
    problem = ""
    try:
        found = interpreter(
            str(root),
            "" if relative == "." else relative,
            named,
            os.environ,
            "pylint.interpreter",
            "run Pylint with",
        )
    except NoInterpreter as error:
        found, problem = "", str(error)
    packages = tuple(map(str, site_packages(found))) if installed else ()
    context = Context(found, str(place), problem, installed, packages)
    home = Path(os.path.expanduser("~"))
    sources = [place / name for name in (*_RC_NAMES, *_SHARED)]
    sources += [each / "pyproject.toml" for each in place.parents]
    sources += [home / ".pylintrc", home / ".config/pylintrc", Path("/etc/pylintrc")]
    if rc := os.environ.get("PYLINTRC"):
        sources.append(Path(rc))
    seen = [files.read(path) for path in sources]
    programs = installations(context)
    return Configuration(
        context,
        key=fingerprint(context, seen, [each.stamps for each in programs]),
        programs=programs,
        installable=not named,
        needs_trust=True,
    )


def installations(context: Context) -> tuple[Installation, ...]:
    """The project's own goes first."""
    named = filter(None, (context.installed,))
    return (_installation(context.interpreter, context.problem), *map(_installation, named))


def _installation(interpreter: str, problem: str = "") -> Installation:
    return Installation(
        (interpreter, "-P", "-c", "import pylint; print(pylint.__version__)"),
        environment_stamps(interpreter),
        (4, 0),
        called=f"the Pylint of {interpreter}",
        missing=problem or f"{interpreter} is no program; see pylint.interpreter",
        remedy="upgrade it there",
        module=NAME,
        absent=f"Pylint is not installed for {interpreter}: install it there"
        f" ({interpreter} -m pip install pylint) or beside Understudy (`understudy install"
        f" pylint`), or name another in pylint.interpreter",
    )


def _configures(folder: Path, files: Files) -> bool:
    """Whether Pylint takes its configuration from a file in this folder."""
    if any(files.read(folder / name) is not None for name in _RC_NAMES):
        return True
    try:
        if "pylint" in nested(files.toml(folder / "pyproject.toml"), "tool"):
            return True
    except ValueError:
        return False  # Pylint says so, wherever it is run
    return any(_speaks_of_it(files.read(folder / name) or b"") for name in _SHARED[1:])


@lru_cache(maxsize=64)
def _speaks_of_it(content: bytes) -> bool:
    parser = configparser.ConfigParser()
    try:
        parser.read_string(content.decode())
    except (ValueError, configparser.Error):
        return False
    return any(each == "pylint" or each.startswith("pylint.") for each in parser.sections())


ANALYZER = Analyzer(
    name=NAME,
    title="Pylint",
    tier=Tier.DEEP,
    suffixes=frozenset({".py", ".pyi"}),
    languages=frozenset({"python"}),
    check=f"{__name__}.child:check",
    configure=_configure,
    enabled=lambda settings: settings.pylint.enabled,
    timeout=lambda settings: settings.pylint.timeout_seconds,
    sources=frozenset({*_RC_NAMES, *_SHARED}),
    package="pylint",
)

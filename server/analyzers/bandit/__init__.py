"""Bandit: security findings for Python, from inside a warm worker.

``bandit`` is used in memory through ``BanditManager._parse_file``, which is private: the version is
pinned to 1.9.x and ``tests/core/test_agreement.py`` holds it to what ``bandit -f json`` prints.
With ``bandit.interpreter`` set, that interpreter's own ``bandit`` is run as a process instead.
"""

from __future__ import annotations

import configparser
import json
from pathlib import Path
from typing import Any

from ...model import Tier
from ...settings import Settings
from ...trust import inside
from ..base import Analyzer, As, Configuration, Files, fingerprint, nested, upwards
from ..installations import PYTHON, Installation, environment_stamps, installed, resolve_program

NAME = "bandit"
LEAST = (1, 7, 10)
"""Of an interpreter's own."""

Context = tuple[str, str, str, str, str]
"""The interpreter, resolved; ``[tool.bandit]`` and ``[bandit]`` of ``.bandit``, as JSON; the root;
and what is wrong with the files that configure it."""


def _configure(folder: Path, root: Path, settings: Settings, files: Files) -> Configuration:
    """The nearest ``[tool.bandit]`` and ``.bandit`` at or below the root hold.

    The key tells another interpreter from the one before, and another Bandit when it is installed
    in a virtual environment. It does not see one that is installed elsewhere change.
    """
    options: dict[str, Any] | None = None
    ini: dict[str, str] | None = None
    problem = ""
    sources: list[str] = []
    for place in upwards(folder):
        reading = place / "pyproject.toml"
        try:
            if options is None:
                options = nested(files.toml(reading), "tool").get("bandit")
                sources += [] if options is None else [str(reading)]
            reading = place / ".bandit"
            if ini is None and (text := files.read(reading)) is not None:
                ini = _ini(text.decode())
                sources.append(str(reading))
        except (ValueError, configparser.Error) as error:
            problem = problem or f"{reading} cannot be read: {error}"
        if place == root:
            break
    interpreter = resolve_program(settings.bandit.interpreter, root)
    told = (json.dumps(options, default=str), json.dumps(ini))  # TOML has dates
    context = (interpreter, *told, str(root), problem)
    return Configuration(
        context,
        key=fingerprint(context, environment_stamps(interpreter)),
        source=", ".join(sources),
        programs=(installation(interpreter),) if interpreter else (),
        needs_trust=inside(interpreter, root),
    )


def installation(interpreter: str) -> Installation:
    """Of the Bandit that an interpreter has which the settings name."""
    setting = "bandit.interpreter"
    return Installation(
        (interpreter, "-I", "-c", "import bandit; print(bandit.__version__)"),
        environment_stamps(interpreter),
        LEAST,
        called=f"the Bandit of {interpreter}",
        missing=f"{setting} names {interpreter}, which is no program; correct or clear the setting",
        remedy=f"upgrade it there, or clear {setting}",
        module=NAME,
        absent=f"{interpreter} has no bandit: install it there, or clear {setting}",
    )


def _ini(text: str) -> dict[str, str]:
    parser = configparser.ConfigParser()
    parser.read_string(text)
    return dict(parser.items("bandit")) if parser.has_section("bandit") else {}


ANALYZER = Analyzer(
    name=NAME,
    title="Bandit",
    tier=Tier.DEEP,
    suffixes=frozenset({".py", ".pyw"}),
    notebooks=As.CODE,
    languages=frozenset({"python"}),
    check=f"{__name__}.child:check",
    explain=f"{__name__}.child:explain",
    why=f"{__name__}.why:why",
    configure=_configure,
    version=lambda: f"{installed(NAME)} on {PYTHON}",
    enabled=lambda settings: settings.bandit.enabled,
    timeout=lambda settings: settings.bandit.timeout_seconds,
    preload=("bandit.core.config", "bandit.core.manager", f"{__name__}.child"),
    sources=frozenset({"pyproject.toml", ".bandit"}),
)

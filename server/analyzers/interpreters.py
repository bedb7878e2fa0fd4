"""Which Python is that of a workspace: for its tests, and for tools that it has. Nothing is run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path

from ..disk import read_regular
from ..trust import inside
from .installations import is_program, resolve_program

TESTS = "tasks.testRunner.interpreter"
_ENVIRONMENTS = (".venv", "venv")
_MOST_BYTES = 4_096


class NoInterpreter(Exception):
    """There is none; for people, with what to do."""


def interpreter(
    root: str,
    folder: str,
    setting: str,
    environ: Mapping[str, str],
    key: str = TESTS,
    purpose: str = "run the tests with",
) -> str:
    """The absolute path of the Python for what lies in ``folder`` ("" for the root) of ``root``.

    It is the one that ``setting`` names; else that of an environment in the workspace, the nearest
    to the folder; else of the environment that is active in ``environ``; else the first on its
    PATH. Raises NoInterpreter when there is none. It tells the setting's ``key``, and the
    ``purpose``.
    """
    if setting:
        named = resolve_program(setting, Path(root))
        if not is_program(named):
            why = f"{key} names {named}, which is no program; correct or clear it"
            raise NoInterpreter(why)
        return named
    for path in (*_own(root, folder, environ), *_active(environ), *_on_path(root, environ)):
        if is_program(path):
            return path
    raise NoInterpreter(
        f"there is no Python to {purpose}: make a .venv in the workspace, or name an interpreter in"
        f" {key}"
    )


def _own(root: str, folder: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Poetry, uv and Pipenv make a ``.venv``, too, where they make it in the workspace."""
    above = accumulate(folder.split("/"), os.path.join) if folder else ()
    for place in (*reversed(tuple(above)), ""):
        here = os.path.join(root, place) if place else root
        for name in _ENVIRONMENTS:
            yield _python_of(os.path.join(here, name))
        for named in (environ.get("UV_PROJECT_ENVIRONMENT", ""), _pointer(here)):
            if named and inside(path := os.path.normpath(os.path.join(here, named)), Path(root)):
                yield _python_of(path)


def _pointer(folder: str) -> str:
    """The environment that a file ``.venv`` names, which Pipenv obeys; empty without one."""
    try:
        content = read_regular(os.path.join(folder, ".venv"), _MOST_BYTES)
    except OSError:
        return ""
    return os.fsdecode(content).strip().partition("\n")[0].replace("\0", "")


def _active(environ: Mapping[str, str]) -> Iterator[str]:
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if os.path.isabs(folder := environ.get(name, "")):
            yield _python_of(folder)


def _on_path(root: str, environ: Mapping[str, str]) -> Iterator[str]:
    """Of the workspace only what is an environment: who makes one says that it is to be used."""
    folders = [each for each in environ.get("PATH", "").split(os.pathsep) if os.path.isabs(each)]
    for folder in folders:
        for name in ("python3", "python"):
            path = os.path.join(folder, name)
            if not inside(path, Path(root)) or _is_environment(os.path.dirname(folder)):
                yield path


def _python_of(environment: str) -> str:
    return os.path.join(environment, "bin", "python")


def _is_environment(folder: str) -> bool:
    return any(os.path.exists(os.path.join(folder, n)) for n in ("pyvenv.cfg", "conda-meta"))

"""Which Python has a Pylint that can be used, and what to do where none has."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ...model import State
from ..installations import Stamp, Standing, environment_stamps, is_program, numbers_of, version_of
from . import Context

NOT_THERE = "No module named 'pylint'"
_OLDEST = (4, 0)


def ask(told: tuple[Any, ...], items: tuple[object, ...]) -> list[Standing]:
    standing = _standing(chosen(Context(*told)))
    return [standing for _ in items]


def chosen(context: Context) -> Context:
    """With the Python that has a Pylint: the project's own goes first."""
    if not context.installed:
        return context
    if not _standing(context._replace(packages=())).state:
        return context._replace(packages=())
    return context._replace(interpreter=context.installed, problem="")


@lru_cache(maxsize=16)
def _version(interpreter: str, _: tuple[Stamp, ...]) -> tuple[str, str]:
    return version_of([interpreter, "-P", "-c", "import pylint; print(pylint.__version__)"])


def _standing(context: Context) -> Standing:
    if why := unusable(context):
        return Standing("", State.MISSING, why)
    version, why = _version(context.interpreter, environment_stamps(context.interpreter))
    if NOT_THERE in why:
        return Standing("", State.MISSING, missing(context))
    if why:
        return Standing("", State.FAILED, f"Pylint does not tell its version: {why}")
    if numbers_of(version) < _OLDEST:
        return Standing(version, State.WRONG_VERSION, too_old(context))
    return Standing(version)


def unusable(context: Context) -> str:
    """Why there is nothing to run Pylint with; empty when there is."""
    if context.problem or not is_program(context.interpreter):
        return context.problem or f"{context.interpreter} is no program; see pylint.interpreter"
    return ""


def missing(context: Context) -> str:
    return (
        f"Pylint is not installed for {context.interpreter}: install it there"
        f" ({context.interpreter} -m pip install pylint) or beside Understudy (`understudy install"
        f" pylint`), or name another in pylint.interpreter"
    )


def too_old(context: Context) -> str:
    return f"the Pylint of {context.interpreter} is older than 4.0: upgrade it there"

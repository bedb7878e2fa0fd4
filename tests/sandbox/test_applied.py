"""What a command changed in the sandbox reaches nothing by being applied that it was not to reach:
told by the workspace and a folder beside it, which are as somebody else left them."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest

from ..core.trees import Photograph, photograph
from ..needs import not_applicable
from .applying import MADE, TWIN, Moment
from .users import USERS, harness, once, place

_WALLS = "built-in"
"""What is applied is the same, whatever kept the command in."""
_SWAPPED = "mv folder away; ln -s ../outside folder"
_TREES = (MADE, TWIN)
_WATCHED = (Moment.BEFORE, Moment.ADMITTED, Moment.CHECKED)


class _Case(NamedTuple):
    """``script``: what the command does; ``meanwhile``: what somebody else does, at which
    ``moments``. ``reaches``: what shows, without anybody who looks, that it came about."""

    script: str
    reaches: str
    meanwhile: str = ""

    @property
    def moments(self) -> tuple[Moment, ...]:
        return _WATCHED if self.meanwhile else (Moment.BEFORE,)


_CASES = {
    "write below a swapped folder": _Case("echo x > folder/inner", "outside/inner", _SWAPPED),
    "create below a swapped folder": _Case("echo x > folder/new", "outside/new", _SWAPPED),
    "make a folder below a swapped one": _Case("mkdir folder/new", "outside/new", _SWAPPED),
    "delete below a swapped folder": _Case("rm folder/inner", "outside/inner", _SWAPPED),
    "make executable below a swapped folder": _Case(
        "chmod 755 folder/inner", "outside/inner", _SWAPPED
    ),
    "move out of a swapped folder": _Case("mv folder/inner taken", "outside/inner", _SWAPPED),
    "move into a swapped folder": _Case("mv text folder/taken", "outside/taken", _SWAPPED),
    "write through a swapped file": _Case(
        "echo x > text", "outside/inner", "ln -sf ../outside/inner text"
    ),
    "write what was changed meanwhile": _Case(
        "echo x > text", "workspace/text", "echo theirs > text"
    ),
    "delete what was changed meanwhile": _Case("rm text", "workspace/text", "echo theirs > text"),
    "create what was made meanwhile": _Case("echo x > new", "workspace/new", "echo theirs > new"),
    "a link out": _Case("ln -s ../outside out", "workspace/out"),
    "a link out by an absolute path": _Case("ln -s /etc/passwd out", "workspace/out"),
    "a link out by another": _Case(
        "mkdir -p a/b; ln -s a/b near; ln -s near/../../../outside out", "workspace/out"
    ),
    "a link in place of a file": _Case("ln -sf ../outside/inner text", "workspace/text"),
    "a set-uid file": _Case("cp text root; chmod 4755 root", "workspace/root"),
    "a set-gid file": _Case("cp text root; chmod 2755 root", "workspace/root"),
    "a hook": _Case("mkdir .githooks; echo x > .githooks/pre-commit", "workspace/.githooks"),
    "a hook of a manager": _Case("mkdir .husky; echo x > .husky/pre-commit", "workspace/.husky"),
    "a configuration of git": _Case("echo x > .gitconfig", "workspace/.gitconfig"),
    "a repository": _Case(
        "mkdir -p bare/objects bare/refs; echo x > bare/HEAD; echo x > bare/config",
        "workspace/bare/config",
    ),
    "a task of an editor": _Case(
        "mkdir .vscode; echo x > .vscode/tasks.json", "workspace/.vscode/tasks.json"
    ),
    "a task by a name in capitals": _Case(
        "mkdir .VSCode; echo x > .VSCode/tasks.json", "workspace/.VSCode/tasks.json"
    ),
    "a file of a shell": _Case("echo x > .envrc", "workspace/.envrc"),
    "an automation": _Case("mkdir .understudy; echo x > .understudy/x", "workspace/.understudy/x"),
}
_TRIED = [(case, moment) for case, told in _CASES.items() for moment in told.moments]


class _Came(NamedTuple):
    """``made`` and ``twin``: what is there, and what would be without the command."""

    made: Photograph
    twin: Photograph


@once
def _said(user: str, walls: str) -> dict[str, dict[str, Any]]:
    table = {
        case: {
            "script": told.script,
            "meanwhile": told.meanwhile,
            "moments": [*told.moments, Moment.NAIVE],
        }
        for case, told in _CASES.items()
    }
    with place(user) as folder:
        said: dict[str, dict[str, Any]] = harness(user, folder, "applied", walls, told=table)
        for case, came in said.items():
            came["came"] = {
                moment: _Came(*(photograph(folder / case / moment / each) for each in _TREES))
                for moment in came["not_made"]
            }
        return said


def _came(user: str, case: str, moment: Moment) -> _Came:
    said = _said(user, _WALLS)[case]
    if said["status"] == "refused":
        not_applicable(f"as {user}, {_WALLS}: {said['why']}")
    assert said["status"] == "clean", said
    came: _Came = said["came"][moment]
    return came


@pytest.mark.parametrize(("case", "moment"), _TRIED)
@pytest.mark.parametrize("user", USERS)
def test_nothing_is_reached_by_being_applied(user: str, case: str, moment: Moment) -> None:
    came = _came(user, case, moment)
    assert came.made == came.twin


@pytest.mark.parametrize("case", _CASES)
@pytest.mark.parametrize("user", USERS)
def test_it_is_where_nobody_looks(user: str, case: str) -> None:
    came, reaches = _came(user, case, Moment.NAIVE), _CASES[case].reaches
    assert came.made.get(reaches) != came.twin.get(reaches)

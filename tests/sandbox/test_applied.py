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
_LEADS_OUT = "leads out of the workspace"
_TREES = (MADE, TWIN)
_WATCHED = (Moment.BEFORE, Moment.ADMITTED, Moment.CHECKED)


class _Case(NamedTuple):
    """``script``: what the command does; ``meanwhile``: what somebody else does, at which
    ``moments``. ``reaches``: what shows, without anybody who looks, that it came about. ``why``:
    what is said where it is refused whoever is at work."""

    script: str
    reaches: str
    meanwhile: str = ""
    why: str = ""

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
    "a link out": _Case("ln -s ../outside out", "workspace/out", why=_LEADS_OUT),
    "a link out by an absolute path": _Case(
        "ln -s /etc/passwd out", "workspace/out", why=_LEADS_OUT
    ),
    "a link out by another": _Case(
        "mkdir -p a/b; ln -s a/b near; ln -s near/../../../outside out",
        "workspace/out",
        why=_LEADS_OUT,
    ),
    "a link in place of a file": _Case(
        "ln -sf ../outside/inner text", "workspace/text", why=_LEADS_OUT
    ),
    "a set-uid file": _Case("cp text root; chmod 4755 root", "workspace/root", why="set-id"),
    "a set-gid file": _Case("cp text root; chmod 2755 root", "workspace/root", why="set-id"),
    **{
        name: _Case(script, f"workspace/{reaches}", why=f"consent of its own ({consent})")
        for name, (script, reaches, consent) in {
            "a hook": ("mkdir .githooks; echo x > .githooks/pre-commit", ".githooks", "git"),
            "a hook of a manager": ("mkdir .husky; echo x > .husky/pre-commit", ".husky", "git"),
            "a configuration of git": ("echo x > .gitconfig", ".gitconfig", "git"),
            "a repository": (
                "mkdir -p bare/objects bare/refs; echo x > bare/HEAD; echo x > bare/config",
                "bare/config",
                "git",
            ),
            "a task of an editor": (
                "mkdir .vscode; echo x > .vscode/tasks.json",
                ".vscode/tasks.json",
                "editor",
            ),
            "a task by a name in capitals": (
                "mkdir .VSCode; echo x > .VSCode/tasks.json",
                ".VSCode/tasks.json",
                "editor",
            ),
            "a file of a shell": ("echo x > .envrc", ".envrc", "shell"),
            "an automation": (
                "mkdir .understudy; echo x > .understudy/x",
                ".understudy/x",
                "understudy",
            ),
        }.items()
    },
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
            "moments": [*told.moments, Moment.NAIVE, Moment.ALONE],
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
    assert _CASES[case].why in _said(user, _WALLS)[case]["not_made"][moment]


@pytest.mark.parametrize("case", _CASES)
@pytest.mark.parametrize("user", USERS)
def test_it_is_made_where_nobody_else_is_at_work(user: str, case: str) -> None:
    """But for what is refused in any case."""
    came = _came(user, case, Moment.ALONE)
    is_made = not _said(user, _WALLS)[case]["not_made"][Moment.ALONE]
    assert is_made is (came.made != came.twin) is (not _CASES[case].why)


@pytest.mark.parametrize("case", _CASES)
@pytest.mark.parametrize("user", USERS)
def test_it_is_where_nobody_looks(user: str, case: str) -> None:
    came, reaches = _came(user, case, Moment.NAIVE), _CASES[case].reaches
    assert came.made.get(reaches) != came.twin.get(reaches)

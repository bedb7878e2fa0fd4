"""Nothing gets out: each attempt, as each user, through each kind of walls. And that each would
succeed without them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ..needs import missing, not_applicable
from .harness import Answer
from .inside.table import ATTEMPTS, MACHINES, NUMBERS, UNKNOWN, Control, Evidence
from .users import ROOT, USER, USERS, harness, once, place
from .walls import NONE, WALLS


@once
def _answer(user: str, walls: str) -> Answer:
    """All at once, one process each."""
    with place(user) as folder:
        return Answer(*harness(user, folder, "escape", walls))


def test_it_is_written_how_many_are_taken_at_their_word() -> None:
    taken = [each for each in ATTEMPTS.values() if each.evidence is Evidence.ANSWER]
    written = (Path(__file__).parents[2] / "docs/security.md").read_text(encoding="utf-8")
    assert f"{len(taken)} of the {len(ATTEMPTS)}" in " ".join(written.split())


@pytest.mark.parametrize("machine", MACHINES)
def test_a_system_call_has_the_number_of_the_machine(machine: str) -> None:
    try:
        import pyseccomp as seccomp
    except (ImportError, RuntimeError, OSError) as error:
        missing(f"missing: libseccomp: {error}")
    place, found = MACHINES.index(machine), getattr(seccomp.Arch, machine.upper())
    known = {name: max(-1, seccomp.resolve_syscall(found, name)) for name in NUMBERS}
    assert known == {
        name: -1 if (number := numbers[place]) is None else number
        for name, numbers in NUMBERS.items()
    }


@pytest.mark.parametrize("name", ATTEMPTS)
@pytest.mark.parametrize("walls", WALLS | NONE)
@pytest.mark.parametrize("user", USERS)
def test_nothing_gets_out(user: str, walls: str, name: str) -> None:
    if walls in NONE:
        not_applicable("level C promises to hold none of them: it is refused unless a user says so")
    through, _, refused = _answer(user, walls)
    if "not installed" in refused:
        missing(refused)
    if refused:
        not_applicable(f"as {user}, {walls}: {refused}")
    if walls == "partial" and not ATTEMPTS[name].level_b:
        not_applicable("level B does not promise it")
    assert name not in through


@pytest.mark.parametrize("name", ATTEMPTS)
@pytest.mark.parametrize("user", USERS)
def test_without_walls_it_succeeds(user: str, name: str) -> None:
    through, failed, refused = _answer(user, "control")
    attempt = ATTEMPTS[name]
    if (attempt.control, user) in ((Control.ROOT, USER), (Control.USER, ROOT)):
        not_applicable(f"without walls, only {attempt.control} could")
    if attempt.control is Control.NAMESPACE and refused:
        not_applicable(f"no throw-away namespace: {refused}")
    why = failed.get(name, "")
    if name not in through and (UNKNOWN in why or (attempt.optional and why)):
        not_applicable(f"not even without walls: {why}")
    assert name in through, why

"""What is given back when something runs short: at which limit, once, and undone when it is over."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from understudy.app.chores.relief import Limit, Measure, Relief, Relieving
from understudy.app.chores.service import open_service
from understudy.app.cleaning import litter, remove_logs
from understudy.checks.engine import Checks
from understudy.resources import CALM, Pressure
from understudy.resources.use import Kind
from understudy.runner.calls import Call, Job, Lane
from understudy.runner.execute import Runner
from understudy.sandbox.history import TRIALS
from understudy.sandbox.trees import remove
from understudy.state import workspace_dir
from understudy.store.database import Database
from understudy.store.job_rows import JOBS

from .support import own_environment, tree, understudy

SOON = Pressure("soon", resource="memory", kind=Kind.MEMORY, foreseen=True)
SHORT = SOON._replace(shortage="short", foreseen=False)
FULL = Pressure("full", resource="disk", kind=Kind.DISK)


BOTH = ("near: short", "late: short")


class Taken:
    """Measures that only say what they would do."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def broken(self, kind: Kind) -> Measure:
        async def take() -> str:
            raise OSError("the disk does not let go")

        return Measure(frozenset({kind}), Limit.NEAR, take)

    def measure(self, name: str, kind: Kind, limit: Limit, *, undone: bool) -> Measure:
        async def take() -> str:
            return name

        async def undo() -> str:
            return f"not {name}"

        return Measure(frozenset({kind}), limit, take, undo if undone else None)

    async def note(self, text: str) -> None:
        self.notes.append(text)


async def test_one_that_fails_keeps_no_other_from_being_taken() -> None:
    """And not the watch from going on: it is tried again in the next episode."""
    taken = Taken()
    measures = taken.broken(Kind.DISK), taken.measure("d", Kind.DISK, Limit.NEAR, undone=False)
    await Relief(measures, taken.note).heed(FULL)
    assert taken.notes == ["d: full"]


@pytest.mark.parametrize(
    ("course", "notes"),
    [
        ([CALM], []),
        ([SOON, SOON], ["near: soon"]),
        ([SHORT], ["near: short", "late: short"]),
        ([SOON, SHORT, SOON], ["near: soon", "late: short"]),
        (
            [SHORT, CALM, SHORT],
            [*("near: short", "late: short", "not near: there is enough again"), *BOTH],
        ),
        (
            [SHORT, FULL],
            ["near: short", "late: short", "not near: there is enough again", "d: full"],
        ),
    ],
)
async def test_each_measure_once_in_an_episode(course: list[Pressure], notes: list[str]) -> None:
    taken = Taken()
    measures = (
        taken.measure("near", Kind.MEMORY, Limit.NEAR, undone=True),
        taken.measure("late", Kind.MEMORY, Limit.SHORT, undone=False),
        taken.measure("d", Kind.DISK, Limit.NEAR, undone=False),
    )
    relief = Relief(measures, taken.note)
    for pressure in course:
        await relief.heed(pressure)
    assert taken.notes == notes


async def test_what_was_taken_is_undone_where_nobody_wants_it_any_more() -> None:
    """And it is not told that there is enough."""
    taken = Taken()
    relief = Relief((taken.measure("near", Kind.MEMORY, Limit.NEAR, undone=True),), taken.note)
    for pressure in (SHORT, None, None, SHORT, CALM):
        await relief.heed(pressure)
    assert taken.notes == [
        "near: short",
        "not near: it is switched off in the settings",
        "near: short",
        "not near: there is enough again",
    ]


async def test_a_measure_that_fails_keeps_no_other_from_being_taken() -> None:
    async def fails() -> str:
        raise OSError(30, "Read-only file system")

    taken = Taken()
    broken = Measure(frozenset({Kind.DISK}), Limit.NEAR, fails, fails)
    relief = Relief((broken, taken.measure("d", Kind.DISK, Limit.NEAR, undone=True)), taken.note)
    for pressure in (FULL, CALM):
        await relief.heed(pressure)
    assert taken.notes == ["d: full", "not d: there is enough again"]


async def test_idle_workers_end_and_come_back(tmp_path: Path) -> None:
    """Those of the real pool; the audit trail tells."""
    root = tree(tmp_path / "root", {"a.py": "x = 1\n"})
    async with open_service(root, "test") as service:
        runner = Runner()
        checks = Checks(runner)
        said: list[str] = []
        relieving = Relieving(runner, checks, lambda: (service.chores,), said.append)
        relief = Relief(relieving.measures(), relieving.note)
        try:
            checks.warm()
            await relief.heed(SOON)
            assert runner.slim() == 0
            await relief.heed(CALM)
            assert runner.slim() > 0
        finally:
            await runner.close()
        audit = await service.engine.history.audit()
    heads = [re.sub(r"^\d+", "N", each.text.partition(":")[0]) for each in reversed(audit)]
    assert heads == [
        "work of low priority waits",
        "N idle workers ended",
        "work of low priority goes on",
        "workers are kept ready",
    ]
    assert {each.kind for each in audit} == {"relief"}
    assert said == []


async def test_a_worker_that_has_grown_is_ended_after_its_job() -> None:
    runner = Runner()
    recycled: list[tuple[str, int]] = []
    lane = Lane("grows", 1, ("understudy.runner.worker",))
    job = Job("t", Call(lane, "understudy.resources.use:amount", (), ()), 20)
    try:
        runner.warm(lane)
        await runner.execute(job)
        assert runner.slim() == 1  # it rested
        runner.recycle(1, lambda name, memory: recycled.append((name, memory)))
        await runner.execute(job)
        assert runner.slim() == 0
    finally:
        await runner.close()
    ((name, memory),) = recycled
    assert name == "grows"
    assert memory > 1 << 20


def furnished(state: Path) -> None:
    """What a long life leaves."""
    logs = state / "logs"
    logs.mkdir(parents=True)
    for job in range(1, 31):
        (logs / f"{job}-1.log").write_bytes(b"x" * 5_000)
    (logs / "3-2.log.1").write_bytes(b"")
    (logs / "notes.txt").write_text("not ours")
    for number in range(1, 4):
        (state / TRIALS / str(number)).mkdir(parents=True)
        (state / TRIALS / str(number) / "output").write_bytes(b"x" * 100_000)
    (state / "jobs.corrupt-17").write_bytes(b"x" * 50_000)
    (state / "jobs.db").write_bytes(b"")


def test_what_can_go_is_listed_and_goes(tmp_path: Path) -> None:
    furnished(tmp_path)
    found = litter(tmp_path)
    assert [each.pieces for each in found] == [2, 11, 1]  # trials, logs, a database
    assert found[0].size >= 200_000
    for each in found:
        each.remove()
    assert litter(tmp_path) == []
    left = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert {"jobs.db", "logs/notes.txt", "logs/11-1.log", "logs/30-1.log"} <= left
    assert len(left) == 23
    assert litter(tmp_path / "missing") == []


def test_logs_of_the_newest_jobs_stay(tmp_path: Path) -> None:
    furnished(tmp_path)
    assert remove_logs(tmp_path) == 11
    assert remove_logs(tmp_path) == 0


@pytest.mark.parametrize("state", ["running", "asking", "queued"])
async def test_logs_of_a_job_that_has_not_ended_stay(tmp_path: Path, state: str) -> None:
    furnished(tmp_path)
    (tmp_path / "jobs.db").unlink()
    database = Database(tmp_path / "jobs.db", JOBS)
    query = (
        "INSERT INTO jobs (id, task, input, parameters, causes, importance, repeatable, state,"
        " queued, due) VALUES (?, 'long', ?, '{}', '[]', 0, 0, ?, 0, 0)"
    )
    rows = [(2, "2", "ended"), (3, "3", state)]
    await database.run(lambda c: c.executemany(query, rows), write=True)
    assert remove_logs(tmp_path) == 9
    await database.close()
    left = {path.name for path in (tmp_path / "logs").iterdir()}
    assert {"3-1.log", "3-2.log.1"} <= left
    assert "2-1.log" not in left


def test_where_nobody_knows_which_jobs_run_no_log_goes(tmp_path: Path) -> None:
    furnished(tmp_path)
    (tmp_path / "jobs.db").write_bytes(b"nonsense" * 500)
    assert remove_logs(tmp_path) == 0


@pytest.mark.parametrize("name", ["jobs", "measured", "lives", "recommendations", "profile"])
def test_every_database_that_was_set_aside_can_go(tmp_path: Path, name: str) -> None:
    (tmp_path / f"{name}.corrupt-17").write_bytes(b"x" * 50_000)
    (tmp_path / f"{name}.corrupt-18").mkdir()  # no database of ours
    (found,) = litter(tmp_path)
    found.remove()
    assert litter(tmp_path) == []


def test_what_is_no_log_of_ours_is_none_of_what_can_go(tmp_path: Path) -> None:
    """Also where a folder of ours is somewhere else, with what others have put there."""
    elsewhere = tmp_path / "elsewhere"
    others = {f"{n}-report.pdf": "" for n in range(30)}
    tree(elsewhere, others | {f"{n}-1.log": "" for n in range(40, 70)} | {"1-1.log/inside": ""})
    (tmp_path / "state").mkdir()
    (tmp_path / "state/logs").symlink_to(elsewhere)
    assert remove_logs(tmp_path / "state") == 10
    left = {each.name for each in elsewhere.iterdir()}
    assert others.keys() | {"1-1.log"} < left
    assert len(left) == 51


def test_no_link_among_trials_leads_to_what_goes(tmp_path: Path) -> None:
    thesis = tree(tmp_path / "mine", {"room/thesis.tex": "years"})
    (trials := tmp_path / TRIALS).mkdir()
    (trials / "1").symlink_to(thesis)
    (trials / "2").mkdir()
    (trials / "2/room").symlink_to(thesis)
    (trials / "3").mkdir()
    for each in litter(tmp_path):
        each.remove()
    assert [each.name for each in trials.iterdir()] == ["3"]
    assert [str(each.relative_to(thesis)) for each in thesis.rglob("*")] == [
        "room",
        "room/thesis.tex",
    ]


def test_what_a_command_nested_however_deep_can_go(tmp_path: Path) -> None:
    (trials := tmp_path / TRIALS).mkdir()
    for number in ("1", "2"):
        (trials / number).mkdir()
    folder = os.open(trials / "1", os.O_RDONLY)
    for _ in range(3_000):
        os.mkdir("d", dir_fd=folder)
        outer, folder = folder, os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(outer)
    os.close(folder)
    try:
        (found,) = litter(tmp_path)
        found.remove()
        assert [each.name for each in trials.iterdir()] == ["2"]
    finally:
        remove(trials)  # nothing else takes away what is so deep


def test_it_is_asked_before_it_goes(tmp_path: Path) -> None:
    environment = own_environment(tmp_path)
    root = tree(tmp_path / "root", {"a.py": ""})
    furnished(workspace_dir(root, Path(environment["UNDERSTUDY_STATE_DIR"])))
    no = understudy("clean", cwd=root, environment=environment, stdin="n\n")
    assert "Nothing was removed." in no.stdout
    assert "11 logs of jobs that ended long ago" in no.stdout
    yes = understudy("clean", "--yes", cwd=root, environment=environment)
    assert yes.stdout.endswith("Removed.\n")
    again = understudy("clean", cwd=root, environment=environment)
    assert again.stdout == "There is nothing to remove.\n"


def test_the_machine_in_a_terminal(tmp_path: Path) -> None:
    environment = own_environment(tmp_path, COLUMNS="60")
    told = understudy("resources", cwd=tmp_path, environment=environment)
    assert told.returncode == 0, told.stderr
    assert "memory" in told.stdout
    assert re.search(r"busy for \d+ % of the time \(each: [\d,\s]+\)", told.stdout)

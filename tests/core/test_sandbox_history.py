"""Trials on disk: what is kept of them, and what goes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.diff import diff
from understudy.sandbox.history import Bounds, History, Place
from understudy.sandbox.plan import REPORT, WORKING
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Level, Status, Trial
from understudy.state import locked, take

KEPT = Trial(Status.CLEAN, Level.ISOLATED, output=b"said")


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "trials")


def kept(history: History, trial: Trial = KEPT, bounds: Bounds | None = None) -> int:
    place = history.begin(bounds) if bounds else history.begin()
    number = place.keep(1.0, ("true",), trial).id
    place.close()
    return number


def numbers(history: History) -> list[int]:
    return [each.id for each in history.all()]


async def test_a_trial_is_known_to_others_as_it_was(tmp_path: Path, history: History) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "text").write_text("one\n")
    (root / "gone").write_text("gone\n")
    (root / "moved").write_text("moved\n")
    argv = (
        *("sh", "-c"),
        "echo two >> text; rm gone; mv moved away; ln -s a link; mkdir n; echo x > n/\udcff; echo é",
    )
    runner = Runner()
    told = await run(argv, root, Policy(), runner, tmp_path / "trials", notes=("it could",))
    await runner.close()
    assert told.is_clean, told.why
    (past,) = history.all()
    assert (past.id, past.argv) == (told.id, argv)
    assert past.trial == told
    assert diff(past.trial.changes) == diff(told.changes)
    assert [each.after and each.after.read() for each in past.trial.changes] == [
        each.after and each.after.read() for each in told.changes
    ]


@pytest.mark.parametrize(
    ("bounds", "left"),
    [(Bounds(), [4, 3, 2, 1]), (Bounds(trials=2), [4, 3]), (Bounds(bytes=10), [4, 3, 2])],
    ids=["all", "number", "bytes"],
)
def test_the_newest_stay(history: History, bounds: Bounds, left: list[int]) -> None:
    for _ in range(4):
        kept(history, bounds=bounds)
    assert numbers(history) == left


def test_numbers_are_given_once(history: History) -> None:
    assert [kept(history, bounds=Bounds(trials=1)) for _ in range(3)] == [1, 2, 3]


def test_what_runs_stays_and_what_was_not_kept_goes(history: History, tmp_path: Path) -> None:
    running = history.begin()
    (tmp_path / "trials/1/first").mkdir()
    assert [kept(history, bounds=Bounds(trials=1)) for _ in range(3)] == [2, 3, 4]
    assert numbers(history) == [4]
    assert (tmp_path / "trials/1/first").is_dir()
    running.close()
    assert not (tmp_path / "trials/1").exists()


def test_what_a_killed_process_left_goes(history: History, tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from understudy.sandbox.history import History\n"
        "place = History(Path(sys.argv[1])).begin(); print(1, flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-P", "-c", program, str(tmp_path / "trials")]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout
        assert other.stdout.readline() == b"1\n"
        assert kept(history) == 2
        assert (tmp_path / "trials/1").is_dir()
        os.kill(other.pid, signal.SIGKILL)
        other.wait()
    assert kept(history) == 3
    assert not (tmp_path / "trials/1").exists()
    assert numbers(history) == [3, 2]


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b'{"version": 99}', b"[]", b"null"])
def test_what_cannot_be_read_is_left_out(history: History, tmp_path: Path, content: bytes) -> None:
    kept(history)
    kept(history, replace(KEPT, exit_code=0))
    (tmp_path / "trials/2/trial.json").write_bytes(content)
    assert numbers(history) == [1]
    with pytest.raises(OSError, match="cannot be read"):
        history.load(2)
    with pytest.raises(LookupError):
        history.load(9)


@pytest.mark.parametrize(
    "damage",
    [
        {"at": "x"},
        {"at": 1e999},
        {"at": 10**40},
        {"argv": [1]},
        {"ignored": [[]]},
        {"notes": [1]},
        {"why": 5},
        {"exit_code": "x"},
        {"usage": []},
        {"usage": {"seconds": "x", "cpu_seconds": 0, "peak_bytes": 0}},
        {"changes": [{"path": "a", "old": "", "before": None, "after": None}]},
    ],
    ids=str,
)
def test_what_is_no_trial_is_left_out(
    history: History, tmp_path: Path, damage: dict[str, object]
) -> None:
    kept(history)
    kept(history, replace(KEPT, exit_code=0))
    path = tmp_path / "trials/2/trial.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | damage))
    assert numbers(history) == [1]
    path.write_text("[" * 100_000)
    assert numbers(history) == [1]


def test_what_a_stage_left_that_was_killed_is_not_kept(history: History, tmp_path: Path) -> None:
    place = history.begin()
    for name in ("ended", "killed"):
        Path(place.room(name), "copy").mkdir()
    (tmp_path / "trials/1/ended" / REPORT).touch()
    place.keep(1.0, ("true",), KEPT)
    place.close()
    assert (tmp_path / "trials/1/ended").is_dir()
    assert not (tmp_path / "trials/1/killed").exists()
    assert numbers(history) == [1]


def test_what_somebody_works_in_stays_until_he_is_gone(history: History, tmp_path: Path) -> None:
    place = history.begin()
    room = Path(place.room("first"))
    (room / REPORT).touch()
    working = take(room / WORKING)
    place.keep(1.0, ("true",), KEPT)
    place.close()
    assert working is not None
    (folder := tmp_path / "trials/1").joinpath("trial.json").unlink()
    assert kept(history) == 2
    assert folder.is_dir()
    os.close(working)
    assert kept(history) == 3
    assert not folder.exists()


async def test_who_leaves_before_it_has_begun_leaves_nothing(
    tmp_path: Path, runner: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing, closed = Place.close, asyncio.Event()
    loop = asyncio.get_running_loop()

    def close(place: Place) -> None:
        closing(place)
        loop.call_soon_threadsafe(closed.set)

    monkeypatch.setattr(Place, "close", close)
    (trials := tmp_path / "trials").mkdir(mode=0o700)
    with locked(trials / "lock", 5):
        work = asyncio.create_task(run(("true",), tmp_path, Policy(), runner, trials))
        while not asyncio.all_tasks() - {work, asyncio.current_task()}:
            await asyncio.sleep(0)  # until it waits for its place
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
    async with asyncio.timeout(20):
        await closed.wait()
    assert os.listdir(trials) == ["lock"]

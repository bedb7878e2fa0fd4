"""Which level a machine forms is found by trying, and nothing is run below the level wanted."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from understudy.runner.execute import Runner
from understudy.sandbox import probe as probing
from understudy.sandbox.levels import Machine, run_here
from understudy.sandbox.plan import COPY
from understudy.sandbox.planted import Planted
from understudy.sandbox.policy import Policy
from understudy.sandbox.probe import (
    _CANDIDATES,
    _SWITCHES,
    _UNPROMISED,
    _advice,
    _judged,
    _try,
    probe,
)
from understudy.sandbox.run import BUBBLEWRAP, BUILT_IN, run
from understudy.sandbox.trial import Level, Status, Trial

from ..needs import not_applicable


@pytest.fixture
async def runner() -> AsyncIterator[Runner]:
    runner = Runner()
    yield runner
    await runner.close()


@pytest.mark.parametrize(("level", "launcher", "backend"), _CANDIDATES)
async def test_what_a_level_promises_holds_here(
    runner: Runner, level: Level, launcher: str, backend: str
) -> None:
    let_through = await _try(runner, level, launcher, backend)
    assert let_through <= (_UNPROMISED if level is Level.PARTIAL else frozenset())


async def test_every_attempt_that_is_judged_from_outside_succeeds_without_walls(
    runner: Runner, tmp_path: Path
) -> None:
    """Also where paths are longer than the address of a socket can be."""
    (place := tmp_path / ("long" * 30)).mkdir()
    planted = Planted(place, 2)
    program = (Path(probing.__file__).parent / "attempts.py").read_text()
    trial = await run(
        (sys.executable, "-I", "-P", "-c", program, json.dumps(planted.told)),
        planted.workspace,
        Policy(hide=()),
        runner,
        tmp_path / "trials",
        level=Level.NONE,
        override=True,
    )
    let_through = _judged(trial, planted)
    planted.close()
    expected = {"read", "write", "create", "delete", "link", "stat", "chmod", "signal"}
    expected |= {"tcp", "udp", "abstract", "pathname", "see"}
    # To root's own processes, root without its capabilities is somebody else.
    expected |= {"device"} if os.geteuid() == 0 else {"environment", "renice"}
    assert let_through >= expected


@pytest.mark.skipif(os.geteuid() != 0, reason="only root changes devices")
@pytest.mark.parametrize("done", [set(), {"device"}])
def test_what_another_did_to_a_device_is_not_the_commands(tmp_path: Path, done: set[str]) -> None:
    planted = Planted(tmp_path, 2)
    mode = os.stat("/dev/null").st_mode
    os.chmod("/dev/null", stat.S_IMODE(mode))
    output = json.dumps({"done": list(done)}).encode()
    found = _judged(Trial(Status.CLEAN, Level.ISOLATED, output=output), planted)
    planted.close()
    assert found == done


async def test_the_answer_is_kept_until_something_changes(runner: Runner, tmp_path: Path) -> None:
    machine = await probe(runner, tmp_path)
    assert machine.level is Level.ISOLATED, machine
    kept = tmp_path / "sandbox.json"
    content = json.loads(kept.read_text())
    content["machine"]["level"] = "B"
    kept.write_text(json.dumps(content))
    assert (await probe(runner, tmp_path)).level is Level.PARTIAL
    content["key"]["kernel"] = "another"
    kept.write_text(json.dumps(content))
    assert await probe(runner, tmp_path) == machine
    kept.write_text("{")
    assert await probe(runner, tmp_path) == machine


@pytest.fixture
def switches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Those of a system that users may make namespaces on."""
    monkeypatch.setattr(probing, "_SWITCHED", folder := tmp_path / "switches")
    for switch, (_, on) in _SWITCHES.items():
        (folder / switch).parent.mkdir(parents=True, exist_ok=True)
        (folder / switch).write_text(f"{on}\n")
    return folder


@pytest.mark.parametrize("switch", _SWITCHES)
async def test_who_follows_an_advice_is_not_told_what_was_found_before(
    runner: Runner, tmp_path: Path, switches: Path, switch: str
) -> None:
    off, on = _SWITCHES[switch]
    (switches / switch).write_text(f"{off}\n")
    name = switch.replace("/", ".")
    advice = f"allow user namespaces, as root: sysctl {name}={on}"
    assert [each for each in _advice(Level.PARTIAL, "", ()) if "sysctl" in each] == [advice]
    found = await probe(runner, tmp_path)
    kept = tmp_path / "sandbox.json"
    kept.write_text(kept.read_text().replace('"level": "A"', '"level": "B"'))
    assert (await probe(runner, tmp_path)).level is Level.PARTIAL
    (switches / switch).write_text(f"{on}\n")
    assert await probe(runner, tmp_path) == found


def test_who_is_in_other_namespaces_finds_out_himself() -> None:
    program = "import json; from understudy.sandbox.probe import _key; print(json.dumps(_key()))"
    line = (sys.executable, "-P", "-c", program)
    inside = ("unshare", "--user", "--map-current-user", "--mount")
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        not_applicable("users make no namespaces here")
    here, same, there = (
        json.loads(subprocess.run([*way, *line], capture_output=True, check=True).stdout)
        for way in ((), (), inside)
    )
    assert here == same
    assert here["namespaces"] != there["namespaces"]


async def test_what_is_missing_is_told_with_what_would_help(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> str:
        raise FileNotFoundError(2, "bubblewrap is not installed", "bwrap")

    for module in ("run", "probe"):
        monkeypatch.setattr(f"understudy.sandbox.{module}.bubblewrap", missing)
    machine = await probe(runner, tmp_path)
    assert (machine.level, machine.launcher) == (Level.ISOLATED, BUILT_IN)
    assert machine.failed[0] == "level A with bubblewrap with overlay: bubblewrap is not installed"
    assert machine.raised_by == ("install bubblewrap",)


async def test_elsewhere_than_on_linux_nothing_runs_at_all(
    runner: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (work := tmp_path / "work").mkdir()
    monkeypatch.setattr(sys, "platform", "darwin")
    machine = await probe(runner, tmp_path, fresh=True)
    assert (machine.level, machine.launcher) == (Level.NONE, "")
    assert "nothing is run" in machine.failed[0]
    arguments = (("touch", "new"), work, Policy(), runner, tmp_path / "trials", machine)
    trial = await run_here(*arguments, least=Level.NONE)
    assert (trial.status, trial.changes) == (Status.REFUSED, ())
    assert "Linux alone" in trial.why


async def test_nothing_runs_below_the_level_that_is_wanted(runner: Runner, tmp_path: Path) -> None:
    work = tmp_path / "work"
    work.mkdir()
    weak = Machine(Level.PARTIAL, leaks=("see names", "be slow"), failed=("A one: no", "A two: no"))
    arguments = (("touch", "new"), work, Policy(), runner, tmp_path / "trials", weak)
    refused = await run_here(*arguments)
    assert (refused.status, refused.level, refused.changes) == (Status.REFUSED, "B", ())
    assert refused.why == "level A is wanted, and this machine forms B: no"
    trial = await run_here(*arguments, least=Level.PARTIAL)
    assert (trial.status, trial.backend) == (Status.CLEAN, COPY)
    assert trial.notes == ("it could see names, be slow",)
    bare = Machine(Level.NONE)
    assert (await run_here(*arguments[:5], bare, least=Level.PARTIAL)).status is Status.REFUSED
    assert (await run_here(*arguments[:5], bare, least=Level.NONE)).status is Status.CLEAN
    isolated = Machine(Level.ISOLATED, BUBBLEWRAP, "overlay")
    assert isolated.why_not(Level.PARTIAL) == ""

"""What runs short is told once, to who wants to know: in a service and in an editor."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.app.chores.machine import Machine
from understudy.app.notices.notices import notice_of_shortage
from understudy.resources import CALM, Pressure, Reading, judge, look
from understudy.settings import Settings

from .support import tree, until

MB = 1 << 20
MEMORY = Pressure("only 150 MB of memory are left", resource="memory", percent=98.5)
DISK = Pressure("only 10 MB are left on the disk of /", resource="disk", percent=99.0)


@pytest.mark.parametrize(
    ("free", "before", "short"),
    [
        (250, "", ""),
        (199, "", "memory"),
        (249, "memory", "memory"),  # it has not recovered
        (250, "memory", ""),
        (249, "disk", ""),
    ],
)
def test_an_episode_lasts_until_it_has_recovered(free: int, before: str, short: str) -> None:
    reading = Reading("memory", free * MB, 10_000 * MB, 200 * MB, "of memory are left")
    found = judge([reading], Pressure(resource=before))
    assert found.resource == short
    assert found.shortage == (f"only {free} MB of memory are left" if short else "")
    assert found.percent == (round(100 - free / 100, 1) if short else 0)


def test_this_machine_can_be_looked_at(tmp_path: Path) -> None:
    assert look(tmp_path).resource in ("", "memory", "disk")
    with pytest.raises(FileNotFoundError):
        look(tmp_path / "missing")


@pytest.mark.parametrize(
    ("course", "heeded", "told"),
    [
        ([MEMORY, MEMORY, CALM, MEMORY], True, ["memory", "memory"]),
        ([CALM, DISK, MEMORY, DISK], True, ["disk", "memory", "disk"]),
        ([DISK, DISK, CALM], False, ["disk", "disk"]),  # until somebody takes it
    ],
)
async def test_each_episode_is_told_once(
    course: list[Pressure], heeded: bool, told: list[str], tmp_path: Path
) -> None:
    heard: list[str] = []

    def short(pressure: Pressure) -> bool:
        heard.append(pressure.resource)
        return heeded

    ahead = iter(course)
    machine = Machine(tmp_path, short, lambda _folder, _before: next(ahead))
    for pressure in course:
        await machine.look()
        assert machine.pressure == pressure
    assert heard == told


def test_its_words_can_be_ones_own_and_it_can_be_switched_off() -> None:
    own = Settings.of({})
    notice = notice_of_shortage(DISK, own, 7.0)
    assert notice is not None
    assert (notice.title, notice.message) == (
        "disk runs short",
        "disk is at 99 %. only 10 MB are left on the disk of /",
    )
    assert (
        notice_of_shortage(DISK, Settings.of({"notifications.highResourceUse": False}), 7) is None
    )


CONFIG = """
notifications:
  file: {{enabled: true, events: [highResourceUse], path: {path}}}
  templates:
    highResourceUse: {{title: "$resource!", message: "$percent: $why"}}
"""


async def test_a_service_tells_of_a_disk_that_is_almost_full(tmp_path: Path) -> None:
    """A small disk of its own, in a namespace of its own."""
    path, state = tmp_path / "told.jsonl", tmp_path / "state"
    state.mkdir()
    root = tree(tmp_path / "shop", {".understudy/config.yaml": CONFIG.format(path=path)})
    script = (
        'mount -t tmpfs -o size=50m none "$UNDERSTUDY_STATE_DIR"; "$@" trust .; exec "$@" start'
    )
    with subprocess.Popen(
        [
            *("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec"),
            *(f"{script} --foreground", "sh", sys.executable, "-P", "-m", "understudy"),
        ],
        cwd=root,
        env={**os.environ, "UNDERSTUDY_STATE_DIR": str(state), "HOME": str(tmp_path)},
        stdout=subprocess.DEVNULL,
    ) as service:
        try:
            await until(lambda: path.exists() and path.read_text())
        finally:
            service.terminate()
    (told,) = map(json.loads, path.read_text().splitlines())
    assert (told["event"], told["level"], told["title"]) == ("highResourceUse", "warning", "disk!")
    assert "MB are left on the disk of" in told["message"]

"""Control groups hold what no other limit of root does, and none of them stays."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from understudy.sandbox.cgroups import Cgroups, parents
from understudy.sandbox.policy import Limits

from ..needs import not_applicable

_FORKS = """
import os, sys
told, telling = os.pipe()
count = 0
try:
    for _ in range(40):
        if not os.fork():
            os.close(telling); os.read(told, 1); os._exit(0)
        count += 1
except OSError:
    pass
os.close(telling)
for _ in range(count):
    os.wait()
print(count)
"""


def _run(groups: Cgroups | None, program: str) -> str:
    done = subprocess.run(
        (sys.executable, "-I", "-c", program),
        preexec_fn=groups.enter if groups else None,
        stdout=subprocess.PIPE,
        text=True,
        timeout=30,
        check=False,
    )
    return done.stdout.strip()


def _none_left() -> bool:
    name = f"understudy-{os.getpid()}"
    return not any(name in folders for _, folders, _ in os.walk("/sys/fs/cgroup"))


_MOUNTS = {
    "first version": (
        "30 29 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "31 29 0:27 /box /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids\n"
    ),
    "second version": "30 29 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n",
    "its own namespace": "30 29 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n",
    "none": "30 29 0:26 / /proc rw - proc proc rw\n",
}


@pytest.mark.parametrize(
    ("mounts", "memberships", "folders"),
    [
        ("first version", "4:pids:/box/inner\n3:memory:/\n0::/\n", ["/pids/inner"]),
        (
            "second version",
            "0::/user.slice/app.scope\n",
            ["/user.slice/app.scope", "/user.slice", ""],
        ),
        ("its own namespace", "0::/\n", [""]),
        ("none", "0::/\n", []),
    ],
)
def test_a_group_is_made_where_the_process_is_or_above(
    mounts: str, memberships: str, folders: list[str]
) -> None:
    found = list(parents("pids", _MOUNTS[mounts], memberships))
    assert found == [f"/sys/fs/cgroup{each}" for each in folders]


_GIVEN = f"""
import subprocess, sys
from understudy.sandbox.cgroups import Cgroups
from understudy.sandbox.policy import Limits

for _ in range(2):
    groups = Cgroups(Limits(processes=10))
    line = (sys.executable, "-I", "-c", {_FORKS!r})
    done = subprocess.run(line, preexec_fn=groups.enter, stdout=subprocess.PIPE, text=True)
    print(" ".join(sorted(groups.names)), done.stdout.strip(), groups.excess(), sep="|")
    groups.close()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may start a service")
def test_a_group_that_systemd_gave_is_divided() -> None:
    """Those in it are moved, since a group that holds processes hands no controller down."""
    if not Path("/run/systemd/system").is_dir() or not Path("/sys/fs/cgroup/system.slice").is_dir():
        not_applicable("no systemd gives groups of the second version away here")
    environment = [f"--setenv=PYTHONPATH={Path(__file__).parents[2]}", "--working-directory=/"]
    start = ["systemd-run", "--quiet", "--pipe", "--wait", "--collect", *environment]
    line = [sys.executable, "-P", "-c", _GIVEN]

    def run(*properties: str) -> list[str]:
        user = ["--property=User=nobody", *(f"--property={each}" for each in properties)]
        done = subprocess.run(
            [*start, *user, *line], capture_output=True, text=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    assert run() == ["|40|"] * 2
    assert run("Delegate=yes") == ["memory pids|9|it started as many processes as it may"] * 2


def test_processes_are_counted_for_root_too() -> None:
    groups = Cgroups(Limits(processes=10))
    if "pids" not in groups.names:
        groups.close()
        not_applicable("no pids cgroup can be made here")
    try:
        assert _run(None, _FORKS) == "40"
        assert groups.excess() == ""
        assert _run(groups, _FORKS) == "9"
        assert "processes" in groups.excess()
    finally:
        groups.close()
    assert _none_left()


def test_memory_that_no_process_maps_is_counted() -> None:
    groups = Cgroups(Limits(memory=40 << 20, disk=0))
    if "memory" not in groups.names:
        groups.close()
        not_applicable("no memory cgroup can be made here")
    hold = (
        "import os\nfile = os.memfd_create('m')\n"
        "for _ in range(60): os.write(file, bytes(1 << 20))\nprint('held')"
    )
    try:
        assert _run(None, hold) == "held"
        assert _run(groups, hold) == ""
        assert "memory" in groups.excess()
    finally:
        groups.close()
    assert _none_left()


_RUN = """
import asyncio, sys
from pathlib import Path
from understudy.runner.execute import Runner
from understudy.sandbox.policy import Policy
from understudy.sandbox.run import run

async def main():
    runner, place = Runner(), Path(sys.argv[1])
    (place / "workspace").mkdir()
    argv = ("sh", "-c", "echo ran")
    trial = await run(argv, place / "workspace", Policy(), runner, place / "trials")
    await runner.close()
    print(trial.status, trial.why, trial.output)

asyncio.run(main())
"""


def test_whatever_somebody_mounts_and_wherever_commands_are_run(tmp_path: Path) -> None:
    inside = ("unshare", "--user", "--map-root-user", "--mount")
    if subprocess.run([*inside, "true"], capture_output=True, check=False).returncode:
        not_applicable("users make no namespaces here")
    places = [os.fsencode(tmp_path / name) for name in ("plain", "vertical\vtab", "\udcff")]
    for place in places:
        os.mkdir(place)
    mounts = (
        'for each in "$2" "$3" "$4"; do mount -t tmpfs "" "$each"; done; exec "$0" -P -c "$5" "$1"'
    )
    done = subprocess.run(
        (*inside, "sh", "-e", "-c", mounts, sys.executable, str(tmp_path), *places, _RUN),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout == "clean  b'ran\\n'\n", done


_PROBE = """
import asyncio, sys
from pathlib import Path
from understudy.runner.execute import Runner
from understudy.sandbox.probe import probe

async def main():
    runner = Runner()
    machine = await probe(runner, Path(sys.argv[1]))
    await runner.close()
    print(machine.level, machine.failed[0], machine.raised_by, sep="|")

asyncio.run(main())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root needs one")
def test_where_root_cannot_make_one_it_runs_nothing(tmp_path: Path) -> None:
    cover = 'mount -t tmpfs none /sys/fs/cgroup && exec "$@"'
    done = subprocess.run(
        (
            *("unshare", "-m", "--propagation", "private", "sh", "-c", cover, "sh"),
            *(sys.executable, "-P", "-c", _PROBE, str(tmp_path)),
        ),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    level, failed, raised_by = done.stdout.strip().split("|")
    assert level == "C"
    assert "only a cgroup limits processes" in failed
    assert "another user than root" in raised_by

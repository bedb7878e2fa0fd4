"""The machine as it is: what a look at it tells, and what it leaves out where nothing is told."""

from __future__ import annotations

import glob
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from understudy.resources import Sampler, Silent
from understudy.resources.disks import Disks, Room, room_of
from understudy.resources.groups import Bound, memory_bound, throttled
from understudy.resources.processes import OURS, _words, processes
from understudy.resources.processors import Meter, Processors
from understudy.resources.use import Kind
from understudy.resources.watches import watches

from ..needs import missing, not_applicable
from .support import PATIENCE, own_environment, tree, until

GB = 1 << 30


def test_a_look(tmp_path: Path) -> None:
    sampler = Sampler(lambda: {"here": tmp_path, "gone": tmp_path / "missing"})
    found = sampler.look(1.0)
    uses = {each.name: each for each in found.uses}
    assert 0 < uses["memory"].level < 1
    about = os.statvfs(tmp_path)
    assert uses["disk of here"].free == pytest.approx(about.f_bavail * about.f_frsize, rel=0.2)
    assert uses["files of Understudy"].used == pytest.approx(
        len(os.listdir("/proc/self/fd")), abs=9
    )
    assert uses["inotify watches"].limit > 0
    assert len(uses) == len(found.uses)
    assert not any("gone" in name for name in uses)
    assert found.processes
    assert sampler.look(2.0).processes is None
    assert sampler.look(100.0, closely=True).processes
    assert sampler.look(300.0).processes


class Dead:
    """Asked about a folder of this name, it waits until it is woken; others are really asked."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.awake = threading.Event()
        self.asked = 0
        self.waiting = 0

    def __call__(self, folder: Path) -> Room:
        if folder.name == self._name:
            self.asked += 1
            self.waiting += 1
            self.awake.wait()
            self.waiting -= 1
        return room_of(folder)


def test_a_disk_that_does_not_answer_holds_up_no_other(tmp_path: Path) -> None:
    dead, wall = Dead("dead"), [1_000.0]
    folders = {"dead": tmp_path / "dead", "here": tmp_path}
    (tmp_path / "dead").mkdir()
    sampler = Sampler(lambda: folders, disks=Disks(dead, lambda: wall[0], patience=0.5))
    told = Silent("the disk of dead", 1_000.0)
    try:
        for now in (0.0, 30.0, 60.0, 600.0):
            found = sampler.look(now)
            assert found.silent == (told,)  # since the first look
            assert {Kind.MEMORY, Kind.DISK} <= {each.kind for each in found.uses}
            assert "disk of here" in {each.name for each in found.uses}
            wall[0] += 30
        assert (dead.asked, dead.waiting) == (1, 1)
        folders.pop("dead")
        assert sampler.look(610.0).silent == ()
        folders["dead"] = tmp_path / "dead"  # it is back, and the question is still open
        assert sampler.look(620.0).silent == (told,)
        assert dead.asked == 1
    finally:
        dead.awake.set()


def test_who_answers_late_is_asked_rarely_and_in_time_counts_again(tmp_path: Path) -> None:
    dead = Dead(tmp_path.name)
    disks = Disks(dead, lambda: 5.0, patience=0.5)

    def looked(now: float) -> tuple[bool, bool]:
        uses, silent = disks.look({"here": tmp_path}, now)
        return bool(uses), bool(silent)

    before = {*threading.enumerate()}
    assert looked(0.0) == (False, True)
    dead.awake.set()
    for asking in {*threading.enumerate()} - before:
        asking.join(PATIENCE)
    assert looked(59.0) == (False, True)  # what came too late says nothing of now
    assert dead.asked == 1
    assert looked(60.0) == (True, False)
    assert looked(61.0) == (True, False)
    assert dead.asked == 3


_HOME_DIES = """
exec 9<>/dev/fuse
"$@" start --foreground &
read next
mount -i -t fuse -o fd=9,rootmode=40000,user_id=0,group_id=0 dead "$HOME"
"$@" resources --json
read next
kill $!
wait $!
echo ended
"""


async def test_a_server_whose_home_no_longer_answers_watches_the_rest_and_ends(
    tmp_path: Path,
) -> None:
    """A file system that answers no question, in a namespace of its own."""
    if shutil.which("unshare") is None:
        missing("missing: unshare: it comes with util-linux")
    home = tmp_path / "home"
    home.mkdir()
    config = "resources: {sampleSeconds: 1}\n"
    root = tree(tmp_path / "shop", {".understudy/config.yaml": config})
    own = {"HOME": str(home), "XDG_CONFIG_HOME": str(tmp_path)}
    with subprocess.Popen(
        [
            *("unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", _HOME_DIES, "sh"),
            *(sys.executable, "-P", "-m", "understudy"),
        ],
        cwd=root,
        env={**own_environment(tmp_path), **own},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=(log := tmp_path / "log").open("w"),
        start_new_session=True,
        text=True,
    ) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        try:
            await until(lambda: "Understudy runs" in log.read_text())
            server.stdin.write("\n")
            server.stdin.flush()
            told = server.stdout.readline()
            if not told:
                not_applicable(f"no file system of its own can be mounted: {log.read_text()}")
            silent = "the disk of your home has not answered since"
            await until(lambda: silent in log.read_text())
            server.stdin.write("\n")
            server.stdin.flush()
            assert server.stdout.readline() == "ended\n"
        finally:
            os.killpg(server.pid, signal.SIGKILL)
    found = json.loads(told)
    assert [each["what"] for each in found["silent"]] == ["the disk of your home"]
    assert {"memory", "disk of the workspace"} <= {each["name"] for each in found["resources"]}


@pytest.mark.parametrize("kind", ["", "proc/self/cgroup", "proc/sys/fs/file-nr"])
def test_a_container_without_proc_is_told_of_as_far_as_it_can(tmp_path: Path, kind: str) -> None:
    if kind:  # there, and nonsense
        (tmp_path / kind).parent.mkdir(parents=True)
        (tmp_path / kind).write_text("0::/../..\nnonsense\n")
    found = Sampler(lambda: {"here": tmp_path}, tmp_path).look(1.0)
    kinds = {each.kind for each in found.uses}
    assert Kind.DISK in kinds
    assert Kind.WATCHES not in kinds
    assert "open files" not in {each.name for each in found.uses}


@pytest.mark.parametrize("proc", ["missing", "empty"])
def test_what_goes_on_without_proc_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proc: str
) -> None:
    (tmp_path / "empty").mkdir()
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path / proc))
    found = Sampler(lambda: {"here": tmp_path}, tmp_path).look(1.0, closely=True)
    assert Kind.DISK in {each.kind for each in found.uses}
    assert not found.processes


def test_sensors_that_break_are_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> object:
        raise OSError("no such sensor")

    for name in (
        "virtual_memory",
        "swap_memory",
        "cpu_times",
        "sensors_battery",
        "sensors_temperatures",
    ):
        monkeypatch.setattr(psutil, name, broken, raising=False)
    found = Sampler(lambda: {"here": tmp_path}).look(1.0)
    kinds = {each.kind for each in found.uses}
    assert Kind.DISK in kinds
    assert Kind.MEMORY not in kinds
    assert (found.on_battery, found.temperature, found.processors) == (False, None, Processors())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "content", ["", "cpu\ncpu0\n", "cpu0 1 2\nMemTotal:\nSwapTotal:\n", "\0:\n"]
)
def test_a_system_that_tells_nonsense_takes_nothing_else_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    tree(tmp_path, {f"proc/{each}": content for each in ("stat", "meminfo", "vmstat", "swaps")})
    monkeypatch.setattr(psutil, "PROCFS_PATH", str(tmp_path / "proc"))
    found = Sampler(lambda: {"here": tmp_path}, tmp_path).look(1.0, closely=True)
    assert Kind.DISK in {each.kind for each in found.uses}
    assert found.processors == Processors()


POWER: dict[str, tuple[dict[str, str], bool, float | None]] = {
    "on battery": ({"BAT0/capacity": "37\n", "BAT0/status": "Discharging\n"}, True, 0.63),
    "by energy": (
        {"BAT1/energy_now": "20", "BAT1/energy_full": "80", "BAT1/status": "Discharging"},
        True,
        0.75,
    ),
    "charging": ({"BAT0/capacity": "37", "BAT0/status": "Charging"}, False, None),
    "plugged in, and kept at a limit": (
        {"BAT0/capacity": "80", "BAT0/status": "Not charging", "ADP1/online": "1"},
        False,
        None,
    ),
    "plugged in": ({"BAT0/capacity": "99", "AC/online": "1"}, False, None),
    "none": ({"AC/online": "1"}, False, None),
    "without a figure": ({"BAT0/status": "Discharging"}, False, None),
    "nonsense": (
        {"BAT0/energy_now": "\n", "BAT0/energy_full": "9", "BAT0/capacity": "x"},
        False,
        None,
    ),
}


@pytest.mark.parametrize("case", POWER)
def test_batteries(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As psutil reads them from files like the kernel's."""
    files, on_battery, level = POWER[case]
    tree(tmp_path, files)
    monkeypatch.setattr("psutil._pslinux.POWER_SUPPLY_PATH", str(tmp_path))
    found = Sampler(dict).look(1.0)
    assert found.on_battery is on_battery
    levels = [each.level for each in found.uses if each.kind is Kind.BATTERY]
    assert levels == ([] if level is None else [pytest.approx(level)])


WARM: dict[str, tuple[dict[str, str], float | None, bool]] = {
    "two parts": (
        {
            "hwmon/hwmon0/name": "coretemp\n",
            "hwmon/hwmon0/temp1_input": "51500\n",
            "hwmon/hwmon0/temp1_max": "80000\n",
            "hwmon/hwmon1/name": "nvme\n",
            "hwmon/hwmon1/temp1_input": "38850\n",
        },
        51.5,
        False,
    ),
    "too hot": (
        {
            "hwmon/hwmon0/name": "k10temp",
            "hwmon/hwmon0/temp1_input": "95000",
            "hwmon/hwmon0/temp1_max": "90000",
        },
        95.0,
        True,
    ),
    "a part that is off": (
        {"hwmon/hwmon0/name": "iwlwifi", "hwmon/hwmon0/temp1_input": ""},
        None,
        False,
    ),
    "a zone": (
        {"thermal/thermal_zone0/temp": "47000", "thermal/thermal_zone0/type": "acpitz"},
        47.0,
        False,
    ),
    "none": ({}, None, False),
}


@pytest.mark.parametrize("case", WARM)
def test_temperatures(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files, warmth, is_hot = WARM[case]
    tree(tmp_path, files)

    def found_here(pattern: str) -> list[str]:
        return glob.glob(pattern.replace("/sys/class", "."))

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("psutil._pslinux.glob", SimpleNamespace(glob=found_here))
    found = Sampler(dict).look(1.0)
    assert (found.temperature, found.is_hot) == (warmth, is_hot)


GROUPS: dict[str, tuple[dict[str, str], Bound | None, float]] = {
    "none": ({"proc/self/cgroup": "0::/\n"}, None, 0),
    "version 2, the parent's is tighter": (
        {
            "proc/self/cgroup": "0::/a/b\n",
            "sys/fs/cgroup/a/memory.max": f"{GB}\n",
            "sys/fs/cgroup/a/memory.current": f"{GB // 2}\n",
            "sys/fs/cgroup/a/memory.stat": f"anon 5\ninactive_file {GB // 4}\n",
            "sys/fs/cgroup/a/b/memory.max": f"{8 * GB}\n",
            "sys/fs/cgroup/a/b/memory.current": f"{GB // 2}\n",
            "sys/fs/cgroup/a/b/cpu.stat": "usage_usec 9\nthrottled_usec 2500000\n",
        },
        Bound(GB // 4, GB),
        2.5,
    ),
    "version 2 without a limit": (
        {"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/memory.max": "max\n"},
        None,
        0,
    ),
    "version 1": (
        {
            "proc/self/cgroup": "5:cpu,cpuacct:/x\n4:memory:/docker/1\n",
            "sys/fs/cgroup/memory/docker/1/memory.limit_in_bytes": f"{GB}\n",
            "sys/fs/cgroup/memory/docker/1/memory.usage_in_bytes": f"{GB}\n",
            "sys/fs/cgroup/memory/docker/1/memory.stat": f"total_inactive_file {GB // 2}\n",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
            "sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n",
            "sys/fs/cgroup/cpu/x/cpu.stat": "throttled_time 1000000000\n",
        },
        Bound(GB // 2, GB),
        1,
    ),
    "it began outside of its namespace": (
        {
            "proc/self/cgroup": "0::/../../x\n",
            "sys/fs/cgroup/memory.max": "100\n",
            "sys/fs/cgroup/memory.current": "40\n",
        },
        Bound(40, 100),
        0,
    ),
    "garbage": ({"proc/self/cgroup": "\0\n:::\n0::\nx", "sys/fs/cgroup/memory.max": "-1"}, None, 0),
    "nothing": ({}, None, 0),
}


@pytest.mark.parametrize("case", GROUPS)
def test_limits_of_containers(case: str, tmp_path: Path) -> None:
    files, bound, kept = GROUPS[case]
    tree(tmp_path, files)
    assert memory_bound(tmp_path) == bound
    assert throttled(tmp_path) == kept


def test_the_bound_of_a_container_is_what_counts(tmp_path: Path) -> None:
    tree(tmp_path, GROUPS["version 2, the parent's is tighter"][0])
    found = Sampler(dict, tmp_path).look(1.0)
    (memory,) = (each for each in found.uses if each.kind is Kind.MEMORY)
    assert (memory.used, memory.limit) == (GB // 4, GB)
    assert memory.what == "the memory of this container"


@pytest.mark.parametrize(
    "content",
    [b"\xff\xfe", "\u00b2".encode(), b"9" * 5_000, b"-1", b"\0", b""],
    ids=["bytes", "digit", "endless", "negative", "zero", "empty"],
)
def test_garbage_in_a_group_takes_nothing_else_away(tmp_path: Path, content: bytes) -> None:
    tree(tmp_path, {"proc/self/cgroup": "0::/a\n"})
    group = tmp_path / "sys/fs/cgroup/a"
    group.mkdir(parents=True)
    for name in ("memory.max", "memory.current"):
        (group / name).write_bytes(content)
    for name, key in (("memory.stat", b"inactive_file "), ("cpu.stat", b"throttled_usec ")):
        (group / name).write_bytes(key + content)
    (memory,) = (e for e in Sampler(dict, tmp_path).look(1.0).uses if e.kind is Kind.MEMORY)
    assert memory.what == "memory"


def test_a_group_may_be_called_anything(tmp_path: Path) -> None:
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_bytes(b"0::/a\0b\n0::/caf\xe9\n")
    group = tmp_path / os.fsdecode(b"sys/fs/cgroup/caf\xe9")
    tree(group, {"memory.max": "100\n", "memory.current": "40\n"})
    assert memory_bound(tmp_path) == Bound(40, 100)


@pytest.mark.parametrize(
    ("name", "line", "words"),
    [
        ("odd", [" ", "x"], "odd"),
        ("odd", ["\t"], "odd"),
        ("a\x1b[31m", [], "a?[31m"),
        ("x", ["/usr/bin/\x1b]0;mine\x07\u202e"], "?]0;mine??"),
        ("x", ["python3", "/home/me/a\nb.py"], "python3 a?b.py"),
        ("x", ["t" * 5_000], f"{'t' * 59}\u2026"),
    ],
)
def test_no_process_calls_itself_what_would_hide_or_steer(
    monkeypatch: pytest.MonkeyPatch, name: str, line: list[str], words: str
) -> None:
    """Nor does one keep the others from being told."""

    class Odd(psutil.Process):
        def cmdline(self) -> list[str]:
            return line

    told = dict.fromkeys(("ppid", "cpu_times", "io_counters"))
    info = {**told, "name": name, "memory_info": psutil.Process().memory_info(), "create_time": 1}
    odd = Odd()
    odd.info = info
    monkeypatch.setattr(psutil, "process_iter", lambda _: [odd])
    monkeypatch.setattr(os, "getpid", lambda: 0)  # none of ours
    assert [each.words for each in processes()] == [words]


def test_processes_are_named_without_what_may_be_private(tmp_path: Path) -> None:
    script = tmp_path / "waits.py"
    script.write_text("import sys; print(); sys.stdout.flush(); sys.stdin.read()\n")
    argv = [sys.executable, "-P", str(script), "--password", "hunter2"]
    with subprocess.Popen(
        argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        found = {each.pid: each for each in processes()}
        child.communicate()
    assert found[os.getpid()].words == OURS
    assert found[child.pid].words == OURS  # this process began it
    assert found[child.pid].memory > 1 << 20
    others = {each.words for each in found.values()} - {OURS}
    assert not any("hunter2" in each for each in others)


def test_all_processes_are_looked_at_as_rarely_as_their_number_wants(tmp_path: Path) -> None:
    """Here it takes a second of a processor each time: a thousandth of all time, a fiftieth while
    somebody wants to know closely."""
    sampler = Sampler(dict, tmp_path, spent=count(0.0, 1.0).__next__)
    asked = [(0, False), (200, False), (999, False), (1_000, False)]
    asked += [(1_010, True), (1_049, True), (1_050, True), (1_060, True), (1_200, False)]
    looked = [at for at, closely in asked if sampler.look(at, closely=closely).processes]
    assert looked == [0, 1_000, 1_050]
    quick = Sampler(dict, tmp_path, spent=lambda: 0.0)
    asked = [(0, False), (1, True), (2, True), (100, False), (122, False)]
    assert [at for at, close in asked if quick.look(at, closely=close).processes] == [0, 1, 2, 122]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("python -P /srv/app/serve.py --token x", "python serve.py"),
        ("python -P -m http.server 8000", "python -m http.server"),
        ("python -Ic print(1)", "python"),
        ("bash -lc x=hunter2", "bash"),
        ("sh -ec hunter2", "sh"),
        ("perl -ne hunter2", "perl"),
        ("node --eval hunter2", "node"),
        ("node -p hunter2", "node"),
        ("bash --login /srv/run.sh hunter2", "bash run.sh"),
    ],
)
def test_what_is_given_to_be_run_is_no_script(line: str, told: str) -> None:
    assert _words("x", line.split()) == told


def test_listening_to_files_is_counted(tmp_path: Path) -> None:
    def counted() -> dict[str, float]:
        return {each.name: each.used for each in watches()}

    before = counted()
    listens = (
        "import sys, ctypes; c = ctypes.CDLL(None); fd = c.inotify_init();"
        f"c.inotify_add_watch(fd, {os.fsencode(tmp_path)!r}, 2);"
        "print(fd, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", listens], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with_it = counted()
        child.communicate()
    # Others on this machine may listen, too: at least one more than without it, at that moment.
    assert with_it["inotify watches"] >= 1
    assert with_it["inotify instances"] >= 1
    assert before.keys() == with_it.keys()


def test_a_hog_is_seen() -> None:
    meter = Meter()
    assert meter.read(0.0) == Processors()
    began = time.monotonic()
    while time.process_time() and time.monotonic() - began < 0.3:
        pass
    told = meter.read(0.3)
    assert 1 / (os.cpu_count() or 1) * 0.5 <= told.busy <= 1
    assert len(told.cores) == psutil.cpu_count()
    assert meter.read(0.3) == Processors()  # no time has passed

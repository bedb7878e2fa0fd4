"""The machine as it is: what a look at it tells, and what it leaves out where nothing is told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from itertools import count
from pathlib import Path

import psutil
import pytest

from understudy.resources import Sampler
from understudy.resources.groups import Bound, memory_bound, throttled
from understudy.resources.processes import OURS, processes
from understudy.resources.processors import Meter, Processors
from understudy.resources.use import Kind
from understudy.resources.watches import watches

from .support import tree

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
    sampler = Sampler(dict, tmp_path, count(0.0, 1.0).__next__)
    asked = [(0, False), (200, False), (999, False), (1_000, False)]
    asked += [(1_010, True), (1_049, True), (1_050, True), (1_060, True), (1_200, False)]
    looked = [at for at, closely in asked if sampler.look(at, closely=closely).processes]
    assert looked == [0, 1_000, 1_050]
    quick = Sampler(dict, tmp_path, lambda: 0.0)
    asked = [(0, False), (1, True), (2, True), (100, False), (122, False)]
    assert [at for at, close in asked if quick.look(at, closely=close).processes] == [0, 1, 2, 122]


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

"""Which level this machine forms, found by trying what is forbidden at it.

A program inside tries everything; what came of that is looked at from outside, where that can be
done: a file that changed, a listener that was reached, a process that is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ..state import replace_file
from . import landlock
from .levels import Machine
from .machine import is_system_root
from .plan import COPY, NO_GROUP, OVERLAY
from .planted import COMMON, JUDGED, Planted
from .policy import Limits, Policy
from .run import BUBBLEWRAP, BUILT_IN, Executor, bubblewrap, run
from .trial import Level, Status, Trial

_CANDIDATES = (
    (Level.ISOLATED, BUBBLEWRAP, OVERLAY),
    (Level.ISOLATED, BUBBLEWRAP, COPY),
    (Level.ISOLATED, BUILT_IN, OVERLAY),
    (Level.ISOLATED, BUILT_IN, COPY),
    (Level.PARTIAL, "", COPY),
)
_WORDS = {
    "read": "read your files",
    "write": "change files outside of the workspace",
    "create": "make files outside of the workspace",
    "delete": "delete files outside of the workspace",
    "link": "link to files outside of the workspace",
    "stat": "see names, sizes and times of files anywhere",
    "chmod": "change modes and times of your files anywhere",
    "hidden": "read what is hidden in the workspace",
    "system": "change the system",
    "device": "change devices",
    "kernel": "set what the kernel goes by",
    "tcp": "reach services of this machine",
    "udp": "send datagrams",
    "abstract": "reach abstract sockets",
    "pathname": "reach sockets by their path",
    "see": "see which processes run",
    "environment": "read the environment of your processes",
    "memory": "read the memory of your processes",
    "ptrace": "trace your processes",
    "renice": "slow down your processes",
    "signal": "end your processes",
    "mount": "mount file systems",
    "namespace": "make namespaces",
    "gain": "gain rights by set-uid programs",
    "forks": "start more processes than it may",
}
_UNPROMISED = frozenset({"stat", "chmod", "device", "see", "signal"})
"""What level B may turn out to let through; level A lets nothing through."""
_ALWAYS = ("fill the disk until that is noticed",)
"""Of level B."""
_LIMITS = Limits(seconds=30, processes=48)
_FORKS = 96
_FILE = "sandbox.json"


async def probe(runner: Executor, state: Path, *, fresh: bool = False) -> Machine:
    """``state``: the private folder in which the answer is kept until the machine is booted again
    or a version changes; ``fresh``: do not take it from there. Raises OSError when nothing can be
    planted to be tried at."""
    key = await asyncio.to_thread(_key)
    if not fresh and (known := await asyncio.to_thread(_known, state, key)):
        return known
    machine = await _probe(runner)
    content = json.dumps({"key": key, "machine": asdict(machine)}).encode()
    with contextlib.suppress(OSError):
        await asyncio.to_thread(replace_file, state / _FILE, content)
    return machine


async def _probe(runner: Executor) -> Machine:
    if sys.platform != "linux":
        why = f"what keeps a command in is not written for {platform.system()}: nothing is run"
        return Machine(Level.NONE, failed=(why,))
    failed: list[str] = []
    for level, launcher, backend in _CANDIDATES:
        name = " with ".join(filter(None, (f"level {level}", launcher, backend)))
        try:
            let_through = await _try(runner, level, launcher, backend)
        except OSError as error:
            failed.append(f"{name}: {error.strerror or error}")
            continue
        promised = let_through if level is Level.ISOLATED else let_through - _UNPROMISED
        if promised:
            failed.append(f"{name}: a command can {_listed(promised)}")
            continue
        leaks = (*_listed_each(let_through), *(_ALWAYS if level is Level.PARTIAL else ()))
        return Machine(
            level, launcher, backend, leaks, tuple(failed), _advice(level, launcher, failed)
        )
    return Machine(Level.NONE, "", COPY, (), tuple(failed), _advice(Level.NONE, "", failed))


def _listed_each(names: frozenset[str]) -> tuple[str, ...]:
    return tuple(words for name, words in _WORDS.items() if name in names)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(_listed_each(names))


async def _try(runner: Executor, level: Level, launcher: str, backend: str) -> frozenset[str]:
    """What a command could do that it should not. Raises OSError when it was not run."""
    place = Path(await asyncio.to_thread(tempfile.mkdtemp, prefix="understudy-probe-"))
    try:
        planted = await asyncio.to_thread(Planted, place, _FORKS)
        try:
            program = (Path(__file__).parent / "attempts.py").read_text()
            trial = await run(
                (sys.executable, "-I", "-P", "-c", program, json.dumps(planted.told)),
                planted.workspace,
                Policy(limits=_LIMITS),
                runner,
                place / "trials",
                level=level,
                launcher=launcher,
                backend=backend,
            )
            return await asyncio.to_thread(_judged, trial, planted)
        finally:
            await asyncio.to_thread(planted.close)
    finally:
        await asyncio.to_thread(shutil.rmtree, place, ignore_errors=True)


def _judged(trial: Trial, planted: Planted) -> frozenset[str]:
    told: dict[str, Any] = {}
    for line in trial.output.splitlines():
        with contextlib.suppress(ValueError):
            told |= json.loads(line)
    if "done" not in told:
        last = trial.output.decode(errors="replace").strip().rpartition("\n")[2]
        raise OSError(0, " · ".join(filter(None, (trial.why or trial.status, last))))
    many = told.get("forked", 0) >= _FORKS or trial.status is Status.TIMED_OUT
    forks = {"forks"} if many else set()
    done = frozenset(told["done"])
    touched = frozenset(planted.touched(trial.output)) - (COMMON - done)
    return frozenset({*(done - JUDGED), *touched, *forks} & _WORDS.keys())


_SWITCHES = {
    "kernel/unprivileged_userns_clone": ("0", "1"),
    "kernel/apparmor_restrict_unprivileged_userns": ("1", "0"),
    "user/max_user_namespaces": ("0", "10000"),
}
"""Where a system says that users may not make namespaces: with which value, and which lets them."""
_SWITCHED = Path("/proc/sys")
_NAMESPACES = ("user", "mnt", "pid")
"""Containers share a kernel, its boot and a home, and form levels of their own."""
_own_version = functools.cache(version)


def _advice(level: Level, launcher: str, failed: Sequence[str]) -> tuple[str, ...]:
    """What would raise the level, as far as the machine says."""
    if level is Level.ISOLATED and launcher == BUBBLEWRAP:
        return ()
    advice: list[str] = []
    try:
        bubblewrap()
    except OSError:
        advice.append("install bubblewrap")
    if level is Level.ISOLATED:
        return tuple(advice)
    for switch, (off, on) in _SWITCHES.items():
        if _read(_SWITCHED / switch) == off:
            name = switch.replace("/", ".")
            advice.append(f"allow user namespaces, as root: sysctl {name}={on}")
    if any(NO_GROUP in each for each in failed):
        advice.append("run it as another user than root, or where cgroups can be made")
    if level is Level.NONE and not landlock.version():
        advice.append("the kernel has no Landlock, or its parameter lsm= leaves it out")
    return tuple(advice)


def _key() -> dict[str, Any]:
    """What the answer depends on, as far as it changes without a new boot: what an advice is about
    among it."""
    launcher: tuple[Any, ...] = ()
    with contextlib.suppress(OSError):
        status = os.stat(path := bubblewrap())
        launcher = (path, status.st_size, status.st_mtime_ns)
    linux = sys.platform == "linux"
    return {
        "boot": _read(Path("/proc/sys/kernel/random/boot_id")),
        "kernel": platform.release(),
        "python": sys.version,
        "understudy": _own_version("understudy"),
        "launcher": list(launcher),
        "user": os.geteuid(),
        "namespaces": [os.readlink(f"/proc/self/ns/{each}") for each in _NAMESPACES if linux],
        "switches": [_read(_SWITCHED / each) for each in _SWITCHES],
        # No other level depends on it, and a user's own group is another in each terminal.
        "groups": _read(Path("/proc/self/cgroup")) if linux and is_system_root() else "",
    }


def _read(path: Path) -> str:
    """Empty when there is no such file."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _known(state: Path, key: dict[str, Any]) -> Machine | None:
    """None when it is not known for just this machine."""
    try:
        kept = json.loads((state / _FILE).read_bytes())
        if kept["key"] != key:
            return None
        machine = kept["machine"]
        lists = {name: tuple(machine[name]) for name in ("leaks", "failed", "raised_by")}
        return Machine(Level(machine["level"]), machine["launcher"], machine["backend"], **lists)
    except (OSError, ValueError, KeyError, TypeError):
        return None

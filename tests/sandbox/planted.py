"""What the attempts are after, planted outside of the sandbox, and the judge, who looks from there:
at files, sockets, processes, what they hold and the changes that are told, and never at a message
of an error."""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple, Self

import psutil

from understudy.sandbox.trial import Trial

from .held import holding
from .inside import files, kernel, network, processes  # noqa: F401 - they enter themselves
from .inside.table import ATTEMPTS, Control, Evidence, Told, call, libc

_INSIDE = Path(__file__).parent / "inside"
_PROCESS = """
import ctypes, os, sys
ctypes.CDLL(None).prctl(0x59616d61, ctypes.c_ulong(-1))  # whoever may at all may trace it
ctypes.CDLL(None).prctl(15, os.environ["TOKEN"].encode())  # its name
held = ctypes.create_string_buffer(os.environ["TOKEN"].encode())
print(ctypes.addressof(held), os.open("secret", os.O_RDONLY), flush=True)
sys.stdin.read()
"""
_GUARDED = (".env", ".git", "deep/.ssh")
_KINDS = {
    "tcp": (socket.AF_INET, socket.SOCK_STREAM),
    "tcp6": (socket.AF_INET6, socket.SOCK_STREAM),
    "udp": (socket.AF_INET, socket.SOCK_DGRAM),
    "abstract": (socket.AF_UNIX, socket.SOCK_STREAM),
    "pathname": (socket.AF_UNIX, socket.SOCK_STREAM),
    "datagram": (socket.AF_UNIX, socket.SOCK_DGRAM),
    "usual": (socket.AF_UNIX, socket.SOCK_STREAM),
}
_DEVICE = "/dev/null"
"""Where root runs the tests, it is the suite's own."""
_NOBODY = "nobody"
"""Has all that an attempt has, and is none."""
USUAL = "/run/docker.sock"
"""A name that everybody knows; ours only where ``/run`` is the suite's own."""


class Line(NamedTuple):
    argv: list[str]
    workspace: Path
    environment: dict[str, str]


class Planted:
    """For the attempts ``names``, in the folder ``place``. A context manager."""

    def __init__(self, place: Path, names: list[str], *, own_run: bool) -> None:
        self._word, self._server = secrets.token_hex(5), secrets.token_hex(8)
        self._own_run = own_run
        self.workspace = place / "workspace"
        self._tokens = {name: secrets.token_hex(7) for name in (*names, _NOBODY)}
        self._folders = {name: place / "outside" / name for name in self._tokens}
        self._listeners: dict[str, dict[str, socket.socket]] = {}
        self._processes: dict[str, subprocess.Popen[str]] = {}
        self._open: list[int] = []
        self._heard = b""
        self._holding: list[str] | Exception | None = None
        self._told = told = dict[str, Told]()
        for name, folder in self._folders.items():
            self._plant_files(name, folder)
        for number, name in enumerate(names):
            mark = f"{self._word}-{number}"
            told[name] = self._tell(name, self._folders[name], place)._replace(mark=mark)
        self._plant_keys()
        for name, process in self._processes.items():
            assert process.stdout
            address, opened = map(int, process.stdout.readline().split())
            told[name] = told[name]._replace(process=process.pid, address=address, open=opened)
        ours = shutil.ignore_patterns("__pycache__")
        shutil.copytree(_INSIDE, self.workspace / "inside", ignore=ours)
        content = json.dumps({name: each._asdict() for name, each in told.items()})
        (self.workspace / "told.json").write_text(content)
        self._before = {name: _snapshot(folder) for name, folder in self._folders.items()}
        self._inner = {name: _snapshot(self.workspace / "inner" / name) for name in self._tokens}
        self._device = os.stat(_DEVICE).st_ctime_ns
        self._states = {name: _state(each.pid) for name, each in self._processes.items()}
        bus = str(place / "sockets/bus")
        program = (
            "import sys, runpy; sys.path.insert(0, sys.argv[1])"
            "; runpy.run_module('inside', run_name='__main__', alter_sys=True)"
        )
        argv = [sys.executable, "-I", "-B", "-c", program, str(self.workspace), self._word]
        more = {"SERVER_SECRET": self._server, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={bus}"}
        self.line = Line(argv, self.workspace, {**os.environ, **more})

    def _plant_files(self, name: str, folder: Path) -> None:
        token = self._tokens[name]
        (folder / "empty").mkdir(parents=True)
        (folder / "victim").write_text("as it was")
        (folder / "secret").write_text(token)
        for each in ("victim", "secret"):
            (folder / each).chmod(0o600)
        inner = self.workspace / "inner" / name
        (inner / ".git/hooks").mkdir(parents=True)
        (inner / "deep/.ssh").mkdir(parents=True)
        (inner / ".git/config").write_text("[core]\n")
        (inner / "kept").write_text("kept")
        for hidden in (".env", "deep/.ssh/id_rsa"):
            (inner / hidden).write_text(token)
        (inner / "old").symlink_to(folder / "victim")
        os.link(folder / "victim", inner / "hard")

    def _plant_keys(self) -> None:
        """In a ring that nobody else has."""
        with contextlib.suppress(OSError):  # a kernel without keys
            call("keyctl", 1, None)
            for name in (each for each in self._told if "_key" in each):
                told, token = self._told[name], self._tokens[name].encode()
                call("add_key", b"user", told.name.encode(), token, len(token), -3)

    def _tell(self, name: str, folder: Path, place: Path) -> Told:
        told = Told(str(folder), f"inner/{name}", name=f"{self._word}-{name}")
        if "inherited" in name:
            is_file = name.endswith("file")
            opened = os.open(folder / "secret" if is_file else folder, os.O_RDONLY)
            os.set_inheritable(opened, True)
            self._open.append(opened)
        if ATTEMPTS[name].run.__module__ == network.__name__:
            told = told._replace(**self._listen(name, place))
        if ATTEMPTS[name].process:
            self._processes[name] = subprocess.Popen(
                (sys.executable, "-I", "-S", "-c", _PROCESS, self._tokens[name]),
                cwd=folder,
                env={"TOKEN": self._tokens[name]},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                process_group=0,
            )
        return told

    def _listen(self, name: str, place: Path) -> dict[str, Any]:
        listeners = self._listeners[name] = {}
        told: dict[str, Any] = {}
        (place / "sockets").mkdir(exist_ok=True)
        path = str(place / "sockets" / str(len(self._listeners)))
        addresses: dict[str, Any] = {
            "tcp": ("127.0.0.1", 0),
            "tcp6": ("::1", 0),
            "udp": ("127.0.0.1", 0),
            "abstract": f"\0{self._word}-{name}",
            "pathname": f"{place}/sockets/bus" if name.endswith("bus_of_the_session") else path,
            "datagram": f"{path}-d",
        }
        if self._own_run and name == "reach_what_runs_containers":
            addresses["usual"] = USUAL
        for kind, address in addresses.items():
            with contextlib.suppress(OSError):  # a machine without IPv6
                listeners[kind] = listener = socket.socket(*_KINDS[kind])
                listener.bind(address)
                listener.setblocking(False)
                if listener.type == socket.SOCK_STREAM:
                    listener.listen()
                bound = listener.getsockname()
                told[kind] = bound[1] if isinstance(bound, tuple) else bound
        told["abstract"] = f"{self._word}-{name}"
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for descriptor in self._open:
            os.close(descriptor)
        for listeners in self._listeners.values():
            for listener in listeners.values():
                listener.close()
        for process in self._processes.values():
            process.kill()
            process.communicate()

    def hear(self, chunk: bytes) -> None:
        """What is printed inside, as it comes. When all have been tried, those that stopped for it
        are looked at, and end."""
        self._heard += chunk
        held = re.search(rf"^{self._word} held (\d+)\n".encode(), self._heard, re.MULTILINE)
        if held and self._holding is None:
            try:
                self._holding = holding(self._told, self._word, int(held[1]))
            except (OSError, RuntimeError, subprocess.SubprocessError) as error:
                self._holding = error

    def failed(self) -> dict[str, str]:
        """The errors that attempts raised."""
        found = re.findall(rf"^{self._word} (\w+) failed: (.*)$", self._text(), re.MULTILINE)
        return dict(found)

    def _text(self) -> str:
        return self._heard.decode(errors="replace")

    def got_out(self, trial: Trial | None) -> set[str]:
        """The attempts that came to what they were after. ``trial``: None without a sandbox. Raises
        RuntimeError when not all were made, or could not be looked at."""
        output, lines = self._heard, self._text().splitlines()
        if not isinstance(self._holding, list) or f"{self._word} all" not in lines:
            said = f"{output[-300:]!r} {trial and trial.why}"
            raise RuntimeError(f"not all were tried: {self._holding!r} {said}")
        found = {*self._holding, *self._said(lines)}
        written = _contents(trial)
        for name, token in self._tokens.items():
            if token.encode() in output or token.encode() in written:
                found.add(name)
            if _snapshot(self._folders[name]) != self._before[name]:
                found.add(name)
            if not self._is_inner_whole(name, trial):
                found.add(name)
        for name, process in self._processes.items():
            if process.poll() is not None or _state(process.pid) != self._states[name]:
                found.add(name)
        if os.stat(_DEVICE).st_ctime_ns != self._device:
            found.add("change_a_device")
        found |= set(self._reached())
        found |= set(self._left_behind())
        if _NOBODY in found:
            raise RuntimeError("what nobody tried came about: one attempt counts for others")
        return found & self._tokens.keys()

    def _said(self, lines: list[str]) -> Iterator[str]:
        for line in lines:
            name, _, said = line.partition(" ")
            if name == self._word and said.endswith(" out"):
                yield said.removesuffix(" out")
            if name in ATTEMPTS and ATTEMPTS[name].evidence is Evidence.FACT and _is_so(name, said):
                yield name
            if self._server in line:
                yield from (each for each in self._told if each in line)

    def _is_inner_whole(self, name: str, trial: Trial | None) -> bool:
        """Without a sandbox, only what is to be hidden or kept has to be."""
        before, now = self._inner[name], _snapshot(self.workspace / "inner" / name)
        if trial:
            forged = ("kept",) if name.startswith("hide_by") else ()
            guarded = [f"inner/{name}/{each}" for each in (*_GUARDED, *forged)]
            told = [path for each in trial.changes for path in (each.path, each.old)]
            within = [
                path for path in told for each in guarded if f"{path}/".startswith(f"{each}/")
            ]
            return now == before and not within
        if now.get(".", before["."])[-1] != before["."][-1]:  # its attributes
            return False
        token = self._tokens[name].encode()
        if any(token in now[path][-2] for path in now.keys() - before.keys()):
            return False
        return all(
            now.get(path) == was for path, was in before.items() if path.startswith(_GUARDED)
        )

    def _reached(self) -> Iterator[str]:
        for name, listeners in self._listeners.items():
            for listener in listeners.values():
                with contextlib.suppress(BlockingIOError):
                    if listener.type == socket.SOCK_STREAM:
                        listener.accept()[0].close()
                    else:
                        listener.recv(1)
                    yield name

    def _left_behind(self) -> Iterator[str]:
        """And ends it."""
        mark = f"{self._word}-"
        for process in psutil.process_iter(["cmdline"]):
            for argument in process.info["cmdline"] or ():
                if argument.startswith(mark):
                    yield argument.removeprefix(mark)
                    with contextlib.suppress(psutil.NoSuchProcess):
                        process.send_signal(signal.SIGKILL)


def chosen(control: Control | None) -> list[str]:
    """The attempts that succeed there; all, for None."""
    return [name for name, each in ATTEMPTS.items() if control in (None, each.control)]


def _contents(trial: Trial | None) -> bytes:
    parts = []
    for change in trial.changes if trial else ():
        if change.after:
            with contextlib.suppress(OSError):
                parts.append(change.after.read())
    return b"\n".join(parts)


def _is_so(name: str, said: str) -> bool:
    """Whether the machine has what an attempt says that it has."""
    if name == "read_what_the_kernel_logs":
        held = ctypes.create_string_buffer(1 << 20)
        length = libc.klogctl(3, held, len(held))
        return bool(said) and said in held.raw[:length].hex()
    facts = {
        fact
        for interface, addresses in psutil.net_if_addrs().items()
        for each in addresses
        if each.family == socket.AF_INET and not each.address.startswith("127.")
        for fact in (interface, each.address)
    }
    return said in facts


def _snapshot(folder: Path) -> Mapping[str, tuple[Any, ...]]:
    found: dict[str, tuple[Any, ...]] = {}
    for above, folders, names in os.walk(folder):
        for name in (*folders, *names, "."):
            path = f"{above}/{name}"
            with contextlib.suppress(FileNotFoundError):
                status = os.lstat(path)
                content, attributes = b"", tuple(os.listxattr(path, follow_symlinks=False))
                if stat.S_ISREG(status.st_mode):
                    with contextlib.suppress(OSError):
                        content = Path(path).read_bytes()
                found[os.path.relpath(path, folder)] = (
                    *(status.st_mode, status.st_uid, status.st_nlink, status.st_mtime_ns),
                    *(content, attributes),
                )
    return found


def _state(pid: int) -> tuple[object, ...]:
    """What can be done to a process without ending it."""
    if not os.path.exists(f"/proc/{pid}/stat"):
        return ()
    status = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    return (
        status in "Tt",
        os.getpriority(os.PRIO_PROCESS, pid),
        os.sched_getaffinity(pid),
        os.sched_getscheduler(pid),
        Path(f"/proc/{pid}/limits").read_text(),
        Path(f"/proc/{pid}/oom_score_adj").read_text(),
    )

"""What the probe runs inside: a program that tries, one after another, what is forbidden there.

It imports nothing of ours and is given as text. It takes one argument, JSON: ``secret`` (a file),
``victim`` (a file), ``hidden`` (a file), ``process`` (a pid), ``tcp`` (a port on loopback),
``abstract`` and ``pathname`` (sockets), ``forks`` (how many to try). It prints what it could do, as
a JSON list of names, and then how many processes it had at once, unless it was ended for them; the
judge believes neither where he can look himself.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_CLONE_NEWUSER, _PTRACE_ATTACH, _PTRACE_DETACH = 0x10000000, 16, 17
_KEPT_SECONDS = 3.0


def _check(result: int) -> None:
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")


def _connect(family: int, address: Any) -> None:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(1.0)
        connection.connect(address)
        connection.sendall(b"!")


def _meet(folder: str, name: str) -> None:
    """The whole path may be longer than an address can be."""
    place = os.open(folder, os.O_PATH)
    try:
        _connect(socket.AF_UNIX, f"/proc/self/fd/{place}/{name}")
    finally:
        os.close(place)


def _send(port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        any_socket.sendto(b"!", ("127.0.0.1", port))


def _trace(process: int) -> None:
    _check(_libc.ptrace(_PTRACE_ATTACH, process, None, None))
    os.waitpid(process, 0)
    _check(_libc.ptrace(_PTRACE_DETACH, process, None, None))


def _renice(process: int) -> None:
    os.setpriority(os.PRIO_PROCESS, process, os.getpriority(os.PRIO_PROCESS, process))


def _unshare() -> None:
    """In a child: this process goes on as what it is."""
    if not (pid := os.fork()):
        os._exit(_libc.unshare(_CLONE_NEWUSER) != 0)
    if os.waitpid(pid, 0)[1]:
        raise OSError


def _gain() -> None:
    """A set-uid program gives nothing to who has given that up."""
    if "NoNewPrivs:\t1" in Path("/proc/self/status").read_text():
        raise OSError


def _mode_of(path: str) -> None:
    os.chmod(path, os.stat(path).st_mode & 0o7777)


def attempts(told: dict[str, Any]) -> dict[str, Callable[[], object]]:
    process, victim = told["process"], told["victim"]
    return {
        "stat": lambda: os.stat(victim),
        "read": lambda: print(Path(told["secret"]).read_text()),
        "write": lambda: Path(victim).write_text("written"),
        "create": lambda: Path(f"{victim}.new").touch(),
        "delete": lambda: os.unlink(f"{victim}.other"),
        "link": lambda: os.link(victim, "linked"),
        "chmod": lambda: _mode_of(victim),
        "hidden": lambda: print(Path(told["hidden"]).read_text()),
        "system": lambda: os.close(os.open("/usr", os.O_TMPFILE | os.O_WRONLY)),
        "device": lambda: _mode_of("/dev/null"),
        "kernel": lambda: os.close(os.open("/proc/sys/kernel/hostname", os.O_WRONLY)),
        "tcp": lambda: _connect(socket.AF_INET, ("127.0.0.1", told["tcp"])),
        "udp": lambda: _send(told["tcp"]),
        "abstract": lambda: _connect(socket.AF_UNIX, f"\0{told['abstract']}"),
        "pathname": lambda: _meet(*os.path.split(told["pathname"])),
        "see": lambda: os.stat(f"/proc/{process}"),
        "environment": lambda: print(Path(f"/proc/{process}/environ").read_bytes()),
        "memory": lambda: os.close(os.open(f"/proc/{process}/mem", os.O_RDONLY)),
        "ptrace": lambda: _trace(process),
        "renice": lambda: _renice(process),
        "signal": lambda: os.kill(process, signal.SIGTERM),
        "mount": lambda: _check(_libc.mount(b"none", os.fsencode(os.getcwd()), b"tmpfs", 0, None)),
        "namespace": _unshare,
        "gain": _gain,
    }


def forked(most: int) -> int:
    """How many children could be had at once; they end when this process closes a pipe. If it
    is ``most``, they are kept for a while: some levels end a command for that, and refuse none."""
    told, telling = os.pipe()
    count = 0
    try:
        for _ in range(most):
            if not os.fork():
                os.close(telling)
                os.read(told, 1)
                os._exit(0)
            count += 1
        time.sleep(_KEPT_SECONDS)  # what looks at it from outside is no event in here
    except OSError:
        pass
    finally:
        os.close(telling)
        for _ in range(count):
            os.wait()
    return count


def main() -> None:
    told = json.loads(sys.argv[1])
    done = []
    for name, attempt in attempts(told).items():
        try:
            attempt()
        except Exception:  # noqa: BLE001, S112 - however it failed, it failed
            continue
        done.append(name)
    print(json.dumps({"done": done}), flush=True)
    print(json.dumps({"forked": forked(told["forks"])}), flush=True)


if __name__ == "__main__":
    main()

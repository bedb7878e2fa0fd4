"""What developers run every day runs in the sandbox as it does outside."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from ..needs import missing, not_applicable
from .users import USERS, harness, once, place

_WALLS = ("bubblewrap", "built-in", "partial")
_PYTHON = sys.executable


class Case(NamedTuple):
    """``program``: Python, or the words of a command. ``prints``: what is among its output.
    ``changes``: paths that are told, among others. ``needs``: a tool. ``level_b``: it runs there,
    too, where there is no network and no shared memory, and nobody sees other
    processes."""

    program: str | tuple[str, ...]
    prints: str = ""
    changes: tuple[str, ...] = ()
    needs: str = ""
    level_b: bool = True


def _sh(script: str, prints: str, needs: str = "sh", level_b: bool = True) -> Case:
    return Case(("sh", "-ec", script), prints, (), needs, level_b)


_WORK = """
import multiprocessing, os
from multiprocessing import shared_memory

def double(number):
    return 2 * number

def fill(name):
    held = shared_memory.SharedMemory(name)
    held.buf[0] = 7
    held.close()

if __name__ == "__main__":
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        with context.Pool(3) as pool:
            assert pool.map(double, range(20)) == [2 * each for each in range(20)]
    held = shared_memory.SharedMemory(create=True, size=4096)
    process = multiprocessing.get_context("fork").Process(target=fill, args=(held.name,))
    process.start(); process.join()
    assert held.buf[0] == 7
    held.close(); held.unlink()
    queue = multiprocessing.Queue(); lock = multiprocessing.Lock()
    with lock: queue.put(1)
    assert queue.get() == 1
    print("well")
"""
_PAIRS = """
import socket, threading
ours, theirs = socket.socketpair()
ours.send(b"x"); assert theirs.recv(1) == b"x"
threads = [threading.Thread(target=lambda: None) for _ in range(40)]
[each.start() for each in threads]; [each.join() for each in threads]
print("well")
"""
_LOOPBACK = """
import socket
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "localhost")):
    listener = socket.create_server((host, 0))
    client = socket.create_connection(listener.getsockname()[:2])
    client.close()
unix = socket.socket(socket.AF_UNIX); unix.bind("/tmp/socket"); unix.listen()
socket.socket(socket.AF_UNIX).connect("/tmp/socket")
print(socket.gethostbyname("localhost"))
"""
_CONNECTIONS = """
import socket
listener = socket.create_server(("127.0.0.1", 0), backlog=400)
pairs = []
for _ in range(400):
    client = socket.create_connection(listener.getsockname())
    pairs.append((client, listener.accept()[0]))
for client, server in pairs:
    client.sendall(bytes(1 << 15))
    assert server.recv(1 << 15, socket.MSG_WAITALL) == bytes(1 << 15)
print("well")
"""
_ASYNC = """
import asyncio, sys
async def main():
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", "print('inner')", stdout=-1)
    print((await process.communicate())[0].decode(), process.returncode)
asyncio.run(main())
"""
_SQLITE = """
import sqlite3
base = sqlite3.connect("base.sqlite")
assert base.execute("pragma journal_mode=wal").fetchone() == ("wal",)
base.execute("create table t(x)")
base.executemany("insert into t values(?)", [(each,) for each in range(500)])
base.commit()
other = sqlite3.connect("base.sqlite")
print(other.execute("select count(*) from t").fetchone())
"""
_FILES = """
import os, sys
for folder in range(100):
    os.mkdir(f"d{folder}")
    for name in range(int(sys.argv[1])):
        os.close(os.open(f"d{folder}/{name}", os.O_CREAT | os.O_WRONLY))
print(sum(len(names) for _, _, names in os.walk(".")))
"""
_TERMINAL = """
import os, pty
told = []
pid, descriptor = pty.fork()
if not pid:
    os.execvp("sh", ["sh", "-c", "test -t 0 && echo on a terminal"])
try:
    while chunk := os.read(descriptor, 100):
        told.append(chunk)
except OSError:
    pass
os.waitpid(pid, 0)
print(b"".join(told).decode())
"""
_PERSON = """
import getpass, locale, os, pathlib, tempfile
locale.setlocale(locale.LC_ALL, "")
assert pathlib.Path.home().is_dir()
with tempfile.TemporaryDirectory() as folder: assert os.path.isdir(folder)
print("user", getpass.getuser(), os.cpu_count() > 0)
"""
_TEST = """
def test_of_it(tmp_path):
    (tmp_path / "x").write_text("1")
"""
_NODE = """
const { Worker } = require("worker_threads");
new Worker("console.log(6 * 7)", { eval: true });
"""
_JAVA = """
class Main {
    public static void main(String[] arguments) throws Exception {
        javax.net.ssl.SSLContext.getDefault();
        var digest = java.security.MessageDigest.getInstance("SHA-256");
        System.out.println(digest.digest(new byte[0]).length + " bytes");
    }
}
"""
_GIT = (
    "git status --short; git log --oneline; git diff; git add -A 2>&1 | head -1"
    "; git stash 2>&1 | head -1; echo end"
)

CASES = {
    "multiprocessing": Case(_WORK, "well", level_b=False),
    "pairs of sockets and threads": Case(_PAIRS, "well"),
    "many connections": Case(_CONNECTIONS, "well", level_b=False),
    "services on loopback": Case(_LOOPBACK, "127.0.0.1", level_b=False),
    "asyncio subprocesses": Case(_ASYNC, "inner\n 0"),
    "sqlite": Case(_SQLITE, "(500,)", ("base.sqlite",)),
    "a terminal of its own": Case(_TERMINAL, "on a terminal", level_b=False),
    "who it is": Case(_PERSON, "user", level_b=False),
    "ps": Case(("ps", "ax"), "ps ax", needs="ps", level_b=False),
    "a folder renamed": Case("import os; os.rename('folder', 'other')", "", ("other/inner",)),
    "git": _sh(_GIT, "first\n", needs="git"),
    "a pytest run": Case(
        (_PYTHON, "-m", "pytest", "-q", "test_of_it.py"),
        "1 passed",
        (".pytest_cache/CACHEDIR.TAG",),
    ),
    "a local wheel": _sh(
        f"{_PYTHON} -m venv --without-pip own; {_PYTHON} -m pip -q --python own/bin/python install"
        " --no-index --no-deps ./local-1.0-py3-none-any.whl; own/bin/python -c 'import local'; echo in",
        "in",
        level_b=False,  # pip gives up where it may not look at what the system configures
    ),
    "node": Case(("node", "-e", _NODE), "42", needs="node"),
    "java": Case(("java", "Main.java"), "32 bytes", needs="javac"),
    "npm run": Case(("npm", "run", "--silent", "hello"), "hello from npm", needs="npm"),
}


def _project(folder: Path) -> None:
    (folder / "folder").mkdir()
    (folder / "folder/inner").write_text("inner")
    (folder / "test_of_it.py").write_text(_TEST)
    (folder / "Main.java").write_text(_JAVA)
    (folder / "package.json").write_text('{"scripts": {"hello": "echo hello from npm"}}')
    wheel = "local-1.0.dist-info"
    with zipfile.ZipFile(folder / "local-1.0-py3-none-any.whl", "w") as file:
        file.writestr("local.py", "")
        file.writestr(f"{wheel}/METADATA", "Metadata-Version: 2.1\nName: local\nVersion: 1.0\n")
        file.writestr(
            f"{wheel}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        file.writestr(f"{wheel}/RECORD", "")
    if shutil.which("git"):
        who = ("-c", "user.name=n", "-c", "user.email=n@localhost")
        for words in (("init", "-q"), ("add", "-A"), (*who, "commit", "-qm", "first")):
            subprocess.run(["git", "-C", str(folder), *words], check=True, capture_output=True)


@once
def _came(user: str, walls: str) -> dict[str, dict[str, Any]]:
    """All at the same time, each in a project of its own."""
    table = {}
    with place(user) as folder, tempfile.TemporaryDirectory() as project:
        _project(Path(project))
        for name, case in CASES.items():
            if walls == "partial" and not case.level_b:
                continue
            shutil.copytree(project, folder / name / "workspace")
            argv = case.program
            if isinstance(argv, str):
                (folder / name / "workspace/program.py").write_text(argv)
                argv = (_PYTHON, "program.py")
            table[name] = {"argv": argv}
        for path in folder.rglob("*"):
            shutil.chown(path, folder.stat().st_uid, folder.stat().st_gid)
        came: dict[str, dict[str, Any]] = harness(user, folder, "trials", walls, told=table)
        return came


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("walls", _WALLS)
@pytest.mark.parametrize("user", USERS)
def test_it_runs_as_it_does_outside(user: str, walls: str, case: str) -> None:
    _, prints, changes, needs, level_b = CASES[case]
    if needs and not shutil.which(needs):
        missing(f"missing: {needs}: what runs in the sandbox is tried with it")
    if walls == "partial" and not level_b:
        not_applicable(
            "level B has no network, no shared memory, nothing of the system's configuration, and sees no other process"
        )
    came = _came(user, walls)[case]
    if came["status"] == "refused":
        not_applicable(f"as {user}, {walls}: {came['why']}")
    assert came["status"] == "clean", came
    assert prints in came["output"]
    assert set(changes) <= {path for _, path in came["changes"]}


@pytest.mark.parametrize("each", [50, pytest.param(500, marks=pytest.mark.soak)])
def test_thousands_of_files_are_told(each: int) -> None:
    """In a hundred folders."""
    with place(USERS[-1]) as folder:
        table = {"files": {"argv": (_PYTHON, "-c", _FILES, str(each))}}
        came = harness(USERS[-1], folder, "trials", _WALLS[0], told=table)["files"]
        assert (came["status"], len(came["changes"])) == ("clean", 100 * each + 100), came["why"]

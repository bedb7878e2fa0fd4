"""Commands in the sandbox: what is told of them, and that nothing of it came about."""

from __future__ import annotations

import asyncio
import os
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from understudy.runner.execute import Runner
from understudy.sandbox.diff import diff
from understudy.sandbox.machine import DEVICES
from understudy.sandbox.names import names
from understudy.sandbox.plan import COPY, OVERLAY
from understudy.sandbox.policy import Limits, Policy
from understudy.sandbox.run import run
from understudy.sandbox.trial import Entry, Kind, Level, Status

from ..needs import not_applicable
from ..sandbox.walls import NONE, WALLS, installed
from .sandbox_world import World
from .support import until


@pytest.fixture(params=WALLS | NONE)
async def world(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    async with World(tmp_path, installed(request.param)) as world:
        yield world


async def test_every_kind_of_change_is_told_and_none_made(world: World) -> None:
    (world.root / "old").mkdir()
    for name in ("a", "gone", "moved", "old/inner", "run.sh"):
        (world.root / name).write_text(f"{name}\n")
    trial = await world.sh(
        "echo more >> a; rm gone; mv moved away; rm -r old; chmod +x run.sh; mkdir -p n; echo x > n/y"
        "; ln -s a link; touch run.sh"
    )
    assert (trial.status, trial.why, trial.output) == (Status.CLEAN, "", b"")
    assert [(each.kind, each.path, each.old) for each in trial.changes] == [
        (Kind.MODIFIED, "a", ""),
        (Kind.RENAMED, "away", "moved"),
        (Kind.DELETED, "gone", ""),
        (Kind.CREATED, "link", ""),
        (Kind.CREATED, "n", ""),
        (Kind.CREATED, "n/y", ""),
        (Kind.DELETED, "old", ""),
        (Kind.DELETED, "old/inner", ""),
        (Kind.MODE, "run.sh", ""),
    ]
    assert "+more\n" in diff(trial.changes)
    assert sorted(os.listdir(world.root)) == ["a", "gone", "moved", "old", "run.sh"]
    assert (world.root / "a").read_text() == "a\n"
    after = {each.path: each.after for each in trial.changes}
    assert after["a"] is not None
    assert after["a"].read() == b"a\nmore\n"
    assert after["link"] is not None
    assert (after["link"].entry, after["link"].target) == (Entry.LINK, "a")


async def test_a_script_of_an_environment_in_the_workspace_changes_that_of_the_view(
    world: World,
) -> None:
    program = world.root.resolve() / "bin"
    if " " in str(program):  # as no first line can name it
        world.root = world.root.rename(world.root.parent / "workspace")
        program = world.root.resolve() / "bin"
    program.mkdir()
    (program / "sh").symlink_to("/bin/sh")
    (program / "tool").write_text(f'#!{program}/sh -e\necho "$1" > "${{0%/*}}/made"\n')
    (program / "tool").chmod(0o755)
    for name in ("bin/tool", f"{program}/tool"):
        trial = await world.run((name, "x"))
        told = [(each.kind, each.path) for each in trial.changes]
        assert (trial.is_clean, told) == (True, [(Kind.CREATED, "bin/made")]), trial
        assert not (program / "made").exists()


async def test_files_with_the_same_content_are_renamed_by_their_names(world: World) -> None:
    for name in ("a/one", "a/two", "b/four"):
        (world.root / name).parent.mkdir(exist_ok=True)
        (world.root / name).write_text("the same\n")
    trial = await world.sh("mkdir c; mv a/two c/two; mv a/one c/one; mv b/four c/five")
    assert [(each.kind, each.path, each.old) for each in trial.changes] == [
        (Kind.CREATED, "c", ""),
        (Kind.RENAMED, "c/five", "b/four"),
        (Kind.RENAMED, "c/one", "a/one"),
        (Kind.RENAMED, "c/two", "a/two"),
    ]


async def test_a_folder_in_the_place_of_another_holds_only_what_is_new(world: World) -> None:
    (world.root / "d").mkdir()
    (world.root / "d/old").write_text("1")
    trial = await world.sh("rm -r d; mkdir d; echo 2 > d/new")
    assert [(each.kind, each.path) for each in trial.changes] == [
        (Kind.CREATED, "d/new"),
        (Kind.DELETED, "d/old"),
    ]


async def test_secrets_are_not_seen_and_git_is_not_written(world: World) -> None:
    (world.root / "deep/er").mkdir(parents=True)
    (world.root / "deep/er/.env").write_text("TOKEN=1")
    (world.root / ".git").mkdir()
    (world.root / ".git/config").write_text("[core]\n")
    trial = await world.sh(
        "cat deep/er/.env; cat .git/config; echo x >> .git/config; echo y > .git/new; true"
    )
    assert b"TOKEN" not in trial.output
    assert b"[core]" in trial.output
    assert trial.changes == ()
    assert trial.status is Status.CLEAN


async def test_how_it_ended_is_told(world: World) -> None:
    failed = await world.sh("exit 7")
    assert (failed.status, failed.exit_code) == (Status.FAILED, 7)
    assert not failed.is_clean
    slow = await world.sh("while :; do :; done", Policy(limits=Limits(seconds=1)))
    assert slow.status is Status.TIMED_OUT
    full = await world.sh(
        "head -c 9000000 /dev/zero > big; true", Policy(limits=Limits(disk=8 << 20))
    )
    assert full.status is Status.LIMITED
    beyond = await world.sh("echo > other", Policy(write=("src/**",)))
    assert beyond.status is Status.VIOLATED
    assert "other" in beyond.why
    pipe = await world.sh("mkfifo pipe")
    assert pipe.status is Status.VIOLATED


async def test_what_no_program_can_be_given_is_not_run(world: World) -> None:
    """A null byte, least of all: what stands behind it would be an option of the launcher's."""
    outside = world.root.parent / "outside"
    outside.write_text("seen")
    unfit = f"1\0--ro-bind\0{outside}\0{outside}"
    cases = [
        ((), {}),
        (("echo", "a\0b"), {}),
        (("echo", "\ud83d"), {}),
        (("cat", str(outside)), {"X": unfit}),
        (("cat", str(outside)), {unfit: "1"}),
        (("true",), {"": "1"}),
        (("true",), {"A=B": "1"}),
    ]
    for argv, variables in cases:
        trial = await world.run(argv, Policy(variables=variables))
        assert (trial.status, trial.output, trial.id) == (Status.REFUSED, b"", 0)
    named = await world.run(("printf", "a\udcff"))
    assert (named.status, named.output) == (Status.CLEAN, b"a\xff")


async def test_the_whole_machine_is_no_workspace(world: World) -> None:
    world.root = Path("/")
    trial = await world.run(("true",))
    assert (trial.status, trial.why.partition(":")[0]) == (
        Status.REFUSED,
        "the whole machine cannot be a workspace",
    )


async def test_a_command_that_is_too_long_is_told_so(world: World) -> None:
    trial = await world.run(("echo", "x" * (1 << 18)))
    assert "Argument list too long" in trial.why + trial.output.decode()
    assert trial.status is not Status.CLEAN


_LARGER = """
import ctypes, fcntl, os, resource, socket
one, _ = socket.socketpair()
for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
    before = one.getsockopt(socket.SOL_SOCKET, option)
    one.setsockopt(socket.SOL_SOCKET, option, before * 2)
    assert one.getsockopt(socket.SOL_SOCKET, option) == before
one.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
_, writing = os.pipe()
before = fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ)
try:
    fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, before * 2)
except PermissionError:
    pass
assert fcntl.fcntl(writing, fcntl.F_GETPIPE_SZ) == before
libc = ctypes.CDLL(None)
assert libc.msgget(0, 0o1600) == libc.semget(0, 1, 0o1600) == -1
assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] <= 16384
"""


@pytest.mark.parametrize("walls", WALLS)
async def test_what_the_kernel_holds_for_it_stays_small_enough_to_be_counted(
    tmp_path: Path, walls: str
) -> None:
    async with World(tmp_path, installed(walls)) as world:
        trial = await world.python(_LARGER)
    assert (trial.status, trial.output) == (Status.CLEAN, b"")


async def test_what_is_over_its_time_still_tells_what_it_changed(world: World) -> None:
    trial = await world.sh("echo x > new; while :; do :; done", Policy(limits=Limits(seconds=1)))
    assert (trial.status, trial.exit_code) == (Status.TIMED_OUT, None)
    assert [(each.kind, each.path) for each in trial.changes] == [(Kind.CREATED, "new")]


_MANY = """
import subprocess, sys, time
one = "held = bytearray(60 << 20); held[::4096] = b'x' * 15360; import time; time.sleep(20)"
[subprocess.Popen([sys.executable, "-I", "-c", one]) for _ in range(4)]
time.sleep(20)
"""
_UNTOUCHED = """
import mmap, os, time
told, telling = os.pipe()
for _ in range(5):
    area = mmap.mmap(-1, 60 << 20)
    for place in range(0, 60 << 20, 4096):
        area[place] = 1
    if not os.fork():
        os.close(telling)
        os.read(told, 1)
        os._exit(0)
    area.close()
time.sleep(20)
"""
_FORKS = """
import subprocess, time
[subprocess.Popen(["sleep", "20"]) for _ in range(60)]
time.sleep(20)
"""
_LARGE = """
import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
open("f", "wb").close()
os.truncate("f", 90 << 20)
"""
_STEADY = """
import time
with open("f", "wb") as file:
    while True:
        file.write(bytes(1 << 20))
        file.flush()
        time.sleep(0.005)
"""
_BOTH = """
import tempfile, time
for place in (".", tempfile.gettempdir()):
    with open(f"{place}/f", "wb") as file:
        for _ in range(30):
            file.write(bytes(1 << 20))
            file.flush()
            time.sleep(0.005)
time.sleep(10)
"""


@pytest.mark.parametrize(
    ("program", "limits", "why"),
    [
        (_MANY, Limits(memory=150 << 20), "memory"),
        (_UNTOUCHED, Limits(memory=150 << 20), "memory"),
        (_FORKS, Limits(processes=30), "processes"),
        ("while True: pass", Limits(cpu=1), "processors"),
        (_LARGE, Limits(file=20 << 20), "file of more than 20 MiB"),
        (_STEADY, Limits(disk=40 << 20), "wrote"),
        (_BOTH, Limits(disk=40 << 20), "wrote"),
    ],
    ids=["memory of many", "memory of none", "processes", "processors", "file", "disk", "disk and temporary"],
)  # fmt: skip
async def test_limits_hold_for_all_of_its_processes_together(
    world: World, program: str, limits: Limits, why: str
) -> None:
    trial = await world.python(program, Policy(limits=limits._replace(seconds=15)))
    # Who finds that he cannot start another may end by himself, before anybody looks.
    ended = (Status.LIMITED, Status.FAILED) if why == "processes" else (Status.LIMITED,)
    assert trial.status in ended, trial
    assert why in trial.why
    assert trial.usage.seconds < 12


async def test_what_it_leaves_behind_ends_with_it(world: World, tmp_path: Path) -> None:
    token = f"{os.getpid()}.4711"
    trial = await world.sh(f"(trap '' TERM HUP; setsid sleep {token} &) ; exit 0")
    assert trial.status is Status.CLEAN
    assert token not in commands()


async def test_nothing_is_left_of_what_nobody_waits_for_any_more(
    world: World, tmp_path: Path
) -> None:
    token = f"{os.getpid()}.0815"
    task = asyncio.create_task(world.sh(f"sleep {token}"))
    await until(lambda: token in commands())
    task.cancel()
    await until(lambda: token not in commands())
    await until(lambda: not list(tmp_path.glob("trials/*/copy")))


async def test_it_ends_with_any_of_those_above_it(world: World) -> None:
    for height in (0, 1):  # the stage, and the warden above it
        token = f"{os.getpid()}.{height + 2}342"
        task = asyncio.create_task(world.sh(f"sleep {token}"))
        await until(lambda token=token: token in commands())  # type: ignore[misc]
        (warden,) = psutil.Process(world.supervisor).children()
        (stage,) = warden.children()
        (warden if height else stage).kill()
        await until(lambda token=token: token not in commands())  # type: ignore[misc]
        await until(lambda stage=stage: not stage.is_running())  # type: ignore[misc]
        assert (await task).status is Status.REFUSED


def commands() -> list[str]:
    lines = [each.info["cmdline"] or [] for each in psutil.process_iter(["cmdline"])]
    return [word for line in lines for word in line]


async def test_a_folder_is_renamed_whatever_the_view_is_made_of(world: World) -> None:
    (world.root / "one").mkdir()
    (world.root / "one/file").write_text("content")
    trial = await world.python("import os; os.rename('one', 'two')")
    assert (trial.status, trial.backend) == (Status.CLEAN, COPY)
    assert [(each.kind, each.path, each.old) for each in trial.changes] == [
        (Kind.DELETED, "one", ""),
        (Kind.CREATED, "two", ""),
        (Kind.RENAMED, "two/file", "one/file"),
    ]
    again = world.walls.backend == OVERLAY
    assert ["run again on a copy" in note for note in trial.notes] == [True] * again


async def test_the_hidden_and_the_kept_are_not_to_be_changed(world: World) -> None:
    (world.root / "d").mkdir()
    (world.root / "d/.env").write_text("TOKEN=1")
    (world.root / ".git").mkdir()
    (world.root / ".git/config").write_text("[core]\n")
    trial = await world.python(
        "import os, shutil\n"
        "for name in ('d/.env', '.git/config', '.git'):\n"
        "    try: os.chmod(name, 0o700); open(name, 'a').write('x')\n"
        "    except OSError: pass\n"
        "shutil.rmtree('d', ignore_errors=True); shutil.rmtree('.git', ignore_errors=True)\n"
    )
    told = {each.path for each in trial.changes}
    assert not [path for path in told if path.startswith(".git") or path == "d/.env"]
    if trial.changes or world.walls.level is not Level.ISOLATED:
        assert trial.status is Status.VIOLATED
    assert (world.root / "d/.env").read_text() == "TOKEN=1"
    assert (world.root / ".git/config").read_text() == "[core]\n"


async def test_odd_files_are_left_out_of_a_copy_or_seen_as_they_are(world: World) -> None:
    os.mkfifo(world.root / "pipe")
    (world.root / "link").symlink_to("/etc/passwd")
    (world.root / "locked").mkdir(0o500)
    (world.root / "name\n\udcff").write_text("odd")
    trial = await world.sh("echo x > new; cat name*")
    assert (trial.status, trial.output) == (Status.CLEAN, b"odd")
    assert [each.path for each in trial.changes] == ["new"]
    (world.root / "locked").chmod(0o700)


async def test_without_walls_nothing_runs_unless_the_user_says_so(tmp_path: Path) -> None:
    runner = Runner()
    trial = await run(
        ("touch", str(tmp_path / "x")), tmp_path, Policy(), runner, tmp_path / "t", level=Level.NONE
    )
    await runner.close()
    assert trial.status is Status.REFUSED
    assert os.listdir(tmp_path) == []


async def test_nothing_of_the_machine_is_reached(world: World, tmp_path: Path) -> None:
    outside = tmp_path / "victim"
    outside.write_text("mine")
    trial = await world.sh(f"echo > {outside}; cat {outside}; echo > /usr/x; echo > /etc/x; id -u")
    assert trial.changes == ()
    if world.walls.level is not Level.NONE:
        assert outside.read_text() == "mine"
        assert b"mine" not in trial.output
    if world.walls.level is Level.ISOLATED:
        assert trial.output.endswith(b"1000\n")


_DEVICE = """
import os
for name in ("null", "zero", "full", "random", "urandom", "tty"):
    try:
        os.chmod(f"/dev/{name}", os.stat(f"/dev/{name}").st_mode & 0o7777)
    except OSError:
        pass
with open("/dev/null", "w") as file:
    file.write("x")
for name in ("keys", "slabinfo", "timer_list", "vmallocinfo"):
    try:
        print(open(f"/proc/{name}").read())
    except OSError:
        pass
"""


_TOLD = """
import os, sys, time

def is_open(descriptor):
    try:
        return bool(os.fstat(descriptor))
    except OSError:
        return False

print(os.environ["TOKEN"], *filter(is_open, range(3, 1000)), flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.01)
"""


async def test_its_variables_are_shown_to_nobody_and_it_inherits_no_descriptor(
    world: World, tmp_path: Path
) -> None:
    (seen := tmp_path / "seen").mkdir()
    secret, end = secrets.token_hex(8), str(seen / "end")
    policy = Policy(variables={"TOKEN": secret}, read=(str(seen),))
    argv = (sys.executable, "-I", "-S", "-c", _TOLD, end)
    running = asyncio.create_task(world.run(argv, policy))
    await until(lambda: end in commands())
    shown = " ".join(commands())
    Path(end).touch()
    trial = await running
    assert (trial.status, trial.output.decode()) == (Status.CLEAN, f"{secret}\n")
    assert secret not in shown


async def test_devices_are_used_and_stay_as_they_are_for_root_too(world: World) -> None:
    if world.walls.level is not Level.ISOLATED:
        not_applicable("this level does not promise it")
    before = {name: os.stat(f"/dev/{name}").st_ctime_ns for name in DEVICES}
    trial = await world.python(_DEVICE)
    assert (trial.status, trial.output) == (Status.CLEAN, b"")
    assert {name: os.stat(f"/dev/{name}").st_ctime_ns for name in DEVICES} == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder away")
async def test_root_works_in_a_folder_of_somebody_else(world: World) -> None:
    (world.root / "theirs").mkdir()
    (world.root / "theirs/file").write_text("1")
    for path in (world.root, world.root / "theirs", world.root / "theirs/file"):
        os.chown(path, 65534, 65534)
    trial = await world.sh("echo 2 > theirs/file; echo 3 > theirs/new")
    assert (trial.status, trial.backend) == (Status.CLEAN, COPY)
    assert [(each.kind, each.path) for each in trial.changes] == [
        (Kind.MODIFIED, "theirs/file"),
        (Kind.CREATED, "theirs/new"),
    ]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
async def test_a_file_of_somebody_else_can_be_replaced_by_root(world: World) -> None:
    (world.root / "file").write_text("1")
    (world.root / "file").chmod(0o666)
    os.chown(world.root / "file", 65534, 65534)
    trial = await world.sh("echo 2 >> file; mv file other")
    assert (trial.status, trial.backend) == (Status.CLEAN, world.walls.backend)
    assert [(each.kind, each.path) for each in trial.changes] == [
        (Kind.DELETED, "file"),
        (Kind.CREATED, "other"),
    ]


def test_a_secret_that_comes_is_found_whatever_times_its_folder_is_given(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    known = names(str(tmp_path), (".env",), (".git",))
    assert known.find()[:2] == ((), ())
    status = (tmp_path / "d").stat()
    (tmp_path / "d/.env").touch()
    os.utime(tmp_path / "d", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert known.find()[:2] == (("d/.env",), ())
    assert names(str(tmp_path), (".env",), (".git",)) is known


_HARMLESS = """
import asyncio, multiprocessing, socket, sqlite3, subprocess, sys
database = sqlite3.connect("data.db")
database.execute("pragma journal_mode=wal")
database.execute("create table t (c)")
database.execute("insert into t values (1)")
database.commit()
database.close()
one, other = socket.socketpair()
one.send(b"x")
assert other.recv(1) == b"x"
asyncio.run(asyncio.sleep(0))
assert subprocess.check_output(["git", "status", "--short"]) == b" M a\\n?? data.db\\n"
if sys.argv[1] == "A":
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(abs, [-1, 2]) == [1, 2]
"""


async def test_what_is_harmless_works(world: World) -> None:
    for line in ("init -q .", "add a", "-c user.name=x -c user.email=x@x commit -qm x"):
        (world.root / "a").write_text("1")
        subprocess.run(["git", *line.split()], cwd=world.root, check=True)
    (world.root / "a").write_text("2")
    argv = (sys.executable, "-I", "-c", _HARMLESS, world.walls.level)
    trial = await world.run(argv, Policy(variables={"GIT_CEILING_DIRECTORIES": "/"}))
    assert trial.status is Status.CLEAN, trial.output.decode()
    assert [each.path for each in trial.changes] == ["data.db"]


async def test_a_workspace_whose_folders_are_too_deep_is_told_and_not_copied(
    world: World, tmp_path: Path
) -> None:
    (world.root / "/".join("d" * 300)).mkdir(parents=True)
    for script in ("true", "rm -r d"):
        trial = await world.sh(script)
        is_copied = world.walls.backend == COPY
        if script == "true" and not is_copied:
            assert (trial.status, trial.changes) == (Status.CLEAN, ())
        else:
            assert trial.status is (Status.REFUSED if is_copied else Status.VIOLATED)
            assert "nested deeper" in trial.why
    assert not list(tmp_path.glob("trials/*/*/copy"))


async def test_what_breaks_above_the_command_is_told_and_not_shown_as_its_output(
    tmp_path: Path,
) -> None:
    (tmp_path / "root").mkdir()
    runner = Runner()
    with_nothing = Policy(limits=Limits(memory="much"))  # type: ignore[arg-type]
    trial = await run(("true",), tmp_path / "root", with_nothing, runner, tmp_path / "trials")
    await runner.close()
    assert (trial.status, trial.output) == (Status.REFUSED, b"")
    assert "TypeError" in trial.why

"""Scripts that do harm, or are no scripts: refused or contained, told why, and nothing lost."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.app.scripts import files
from understudy.app.trials import Tried
from understudy.automations.metadata import Flawed, read
from understudy.sandbox.policy import Policy
from understudy.sandbox.trial import Trial
from understudy.store.automations import Automation, Purpose, State

from .world import World, script, world


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        (made.root / "kept.txt").write_text("kept\n")
        yield made


async def tried(here: World, source: str | bytes, name: str = "own") -> Automation:
    here.write(name, source)
    await here.cycle()
    assert (here.root / "kept.txt").read_text() == "kept\n"
    return await here.found(name)


START = """\
import asyncio, glob
async def start():
    await (await asyncio.create_subprocess_exec({})).wait()
asyncio.run(start())
"""
HARM = {
    "changes what it did not declare": ("Path('kept.txt').write_text('x')", ["other"], "kept.txt"),
    "declares nothing": ("Path('new.txt').write_text('x')", [], "new.txt"),
    "deletes the workspace": (
        "import shutil\nshutil.rmtree('.', ignore_errors=True)",
        ["out/**"],
        "which it may not write",
    ),
    "fails half-way": ("Path('a').write_text('x')\nsys.exit(3)", ["a"], "3"),
    "raises": ("Path('a').write_text('x')\nraise OSError('no luck')", ["a"], "1"),
    "starts what it did not declare": (START.format("'id'"), ["out"], "which it may not start"),
    "starts it by the loader": (
        START.format("*glob.glob('/lib*/ld-*')[:1], '/usr/bin/id'"),
        [],
        "which it may not start",
    ),
    "reads what it did not declare": ("print(Path('kept.txt').read_text())", [], "1"),
    "writes elsewhere": ("Path('/etc/understudy').write_text('x')", ["**"], "1"),
}


@pytest.mark.parametrize("kind", HARM)
async def test_harm(here: World, kind: str) -> None:
    body, write, told = HARM[kind]
    read = [] if kind.startswith("reads") else ["**"]
    found = await tried(here, script(body, write=write, read=read))
    assert found.state is State.DISABLED
    assert told in found.why
    assert sorted(os.listdir(here.root)) == [".understudy", "kept.txt"]


async def test_loops_end_with_all_that_they_started(here: World) -> None:
    here.set(timeout_seconds=2)
    found = await tried(here, script("if os.fork() == 0:\n    os.setsid()\nwhile True:\n    pass"))
    assert (found.state, found.why) == (State.DISABLED, "no end within 2 s")
    (copy,) = (here.workspace.state / files.COPIES).iterdir()
    place = str(copy)
    assert [p for p in psutil.process_iter(["cmdline"]) if place in (p.info["cmdline"] or ())] == []


EVIL = script("Path('out').write_text('evil')", write=["out"])


async def test_what_runs_is_what_was_looked_at(here: World) -> None:
    """Whatever becomes of the script in between."""
    accepted = await here.learned.accept(await tried(here, GOOD))
    ready = await here.learned.ready(accepted, {}, here.machine)
    here.write("own", EVIL)
    trial = await here.run(ready.trial.argv, ready.trial.policy, None)
    (change,) = trial.changes
    assert change.after is not None
    assert change.after.read() == b"x"


async def test_what_is_tried_is_what_was_looked_at(here: World) -> None:
    source, run = here.write("own", GOOD), here.learned._run

    async def edited(argv: Sequence[str], policy: Policy, folder: Path | None) -> Trial:
        source.write_text("raise SystemExit(3)\n")
        return await run(argv, policy, folder)

    here.learned._run = edited
    await here.cycle()
    found = await here.found()
    assert found.state is State.TRIED
    with pytest.raises(ValueError, match="was edited"):
        await here.learned.ready(found, {}, here.machine, Purpose.PREVIEW)


async def test_copies_of_scripts_do_not_pile_up(here: World) -> None:
    accepted = await here.learned.accept(await tried(here, GOOD))
    (copy,) = (here.workspace.state / files.COPIES).iterdir()
    old = copy.with_name("old.py")
    old.write_text("")
    os.utime(old, (0, 0))
    assert (await here.ran(accepted))[0].trial.is_clean
    assert [*copy.parent.iterdir()] == [copy]


async def test_too_much_memory(here: World) -> None:
    here.set(memory_mb=64)
    found = await tried(here, script("found = []\nwhile True:\n    found.append(bytes(1 << 20))"))
    assert found.state is State.DISABLED


ASKS = """\
import urllib.request
if "--dry-run" in sys.argv:
    print("would ask")
else:
    Path("out").write_text("asked")
    with urllib.request.build_opener().open("http://127.0.0.1:{port}/", timeout=5) as answer:
        Path("out").write_text(answer.read().decode())
"""


async def test_the_network_is_not_there_unless_it_is_declared(here: World) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        asks = ASKS.format(port=server.getsockname()[1])
        found = await tried(here, script(asks, write=["out"]))
        assert found.state is State.DISABLED
        declared = script(asks, write=["out"], network=["example.org"])
        found = await tried(here, declared, "declared")
        assert found.state is State.TRIED
        assert "it only told what it would do, as it asks example.org; " in found.told
        assert found.is_asked
        with pytest.raises(BlockingIOError):
            server.accept()


SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


async def test_secrets_that_it_prints_are_kept_nowhere(here: World) -> None:
    body = f"print('token: ' + '{SECRET[:9]}' + '{SECRET[9:]}')\nprint('x ' * 9000)\n"
    body += f"print('password={SECRET[:9]}' + '{SECRET[9:]}')"
    found = await here.learned.accept(await tried(here, script(body)))
    assert found.state is State.ACTIVE
    ready = await here.learned.ready(found, {}, here.machine)
    prepared = ready.prepared._replace(arguments={"word": f"--token={SECRET}"})
    given = ready._replace(prepared=prepared)
    trial = await here.run(ready.trial.argv, ready.trial.policy, None)
    assert SECRET.encode() in trial.output
    await here.learned.ran(given, Tried(here.root, here.now, ready.trial.argv, trial))
    (kept,) = await here.learned.store.executions()
    assert "password=" in kept.output
    kept_files = [each for each in here.workspace.state.rglob("*") if each.is_file()]
    assert any(each.name == "output" for each in kept_files)
    assert not any(SECRET.encode() in each.read_bytes() for each in kept_files)


async def test_it_starts_and_reads_what_it_declares(here: World) -> None:
    body = START.format("'sh', '-c', 'cat kept.txt'")
    found = await tried(here, script(body, read=["*.txt"], run=["sh", "make"]))
    assert found.state is State.TRIED, found.why
    assert "it never started make, which it may" in found.told
    assert "what it started has started cat" in found.told


GOOD = script("Path('out').write_text('x')", write=["out"])
EDITS = {
    "its text": ("'out'", "'kept.txt'"),
    "its permissions": ("write = ['out']", "write = ['**']"),
    "a comment": ("import os\n", "import os  # nosec\n"),
}


@pytest.mark.parametrize("what", EDITS)
async def test_what_was_edited_is_tried_again_before_it_is_run(here: World, what: str) -> None:
    accepted = await here.learned.accept(await tried(here, GOOD))
    tried_run, _ = await here.ran(accepted)
    assert tried_run.trial.is_clean
    old, new = EDITS[what]
    assert old in GOOD
    here.write("own", GOOD.replace(old, new))
    with pytest.raises(ValueError, match="own was edited, and has to be tried again first"):
        await here.ran(accepted)


@pytest.mark.parametrize(
    "line",
    [
        "eval(sys.argv[0])",
        "eval(sys.argv[0])  # nosec",
        "eval(sys.argv[0])  # noqa: S307 # nosec B307",
        "# ruff: noqa\neval(sys.argv[0])  # nosec",
        "eval(sys.argv[0])  # understudy: ignore[B307] it is mine",
    ],
)
async def test_no_comment_hides_what_is_dangerous(here: World, line: str) -> None:
    accepted = await here.learned.accept(await tried(here, GOOD))
    assert accepted.state is State.ACTIVE
    here.write("own", GOOD + line + "\n")
    told = await here.cycle()
    found = await here.found()
    assert found.state is State.DISABLED
    assert "eval" in found.why or "307" in found.why, told


async def test_one_that_is_gone_is_disabled(here: World) -> None:
    await here.past()
    await here.cycle()
    accepted = await here.learned.accept(await here.found())
    (here.scripts / f"{accepted.name}.py").unlink()
    await here.cycle()
    found = await here.found()
    assert found.state is State.DISABLED
    assert found.why.startswith("its script has gone: ")


NO_SCRIPTS = {
    "huge": (b"#" * ((1 << 20) + 1), "larger than 1 MiB"),
    "binary": (bytes(range(256)), "no text in UTF-8"),
    "empty": (b"", "no block of metadata"),
    "broken": (GOOD.replace("version = 1", "version = ").encode(), "no TOML"),
    "wrong": (GOOD.replace("version = 1", "version = 'x'").encode(), "version"),
    "elsewhere": (GOOD.replace("['out']", "['../out']").encode(), "no glob below the workspace"),
    "syntax": (GOOD.encode() + b"\nif:\n", "invalid syntax"),
    "null": (GOOD.encode() + b"\n\0\n", "null"),
    "deep": (GOOD.encode() + b"(" * 5_000 + b")" * 5_000, ""),
    "deeper": (GOOD.encode() + b"x = " + b"-" * 90_000 + b"1\n", "nested too deeply"),
    "long": (GOOD.encode() + b"x = " + b"1+" * 90_000 + b"1\n", "nested too deeply"),
}


@pytest.mark.parametrize("kind", NO_SCRIPTS)
async def test_what_is_no_script(here: World, kind: str) -> None:
    content, told = NO_SCRIPTS[kind]
    found = await tried(here, content)
    assert found.state is State.DISABLED
    assert told in found.why
    assert await here.cycle() == ""


def a_link(path: Path) -> None:
    outside = path.parents[3] / "outside.py"
    outside.write_text(GOOD)
    path.symlink_to(outside)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (Path.mkdir, "not a regular file"),
        (os.mkfifo, "not a regular file"),
        (a_link, "Too many levels of symbolic links"),
        (lambda path: path.symlink_to("/dev/zero"), "Too many levels of symbolic links"),
    ],
    ids=["folder", "pipe", "link", "device"],
)
async def test_what_is_no_file(here: World, make: Callable[[Path], None], told: str) -> None:
    """And the others are looked at all the same."""
    here.scripts.mkdir(parents=True)
    make(here.scripts / "strange.py")
    found = await tried(here, GOOD)
    assert found.state is State.TRIED
    strange = await here.found("strange")
    assert strange.state is State.DISABLED
    assert told in strange.why


@pytest.mark.parametrize("value", ["a" * 1_900, "a\\u0000b", "x/" * 900, "\u00dc" * 1_000])
async def test_an_example_that_is_no_path_keeps_nobody_else(here: World, value: str) -> None:
    """It is asked for, and the others are looked at."""
    asked = f"""#
# [[tool.understudy.parameters]]
# name = "file"
# type = "path"
#
# [tool.understudy.example]
# file = "{value}"
# ///
"""
    here.write("strange", GOOD.replace('# ///\n"', f'{asked}"'))
    found = await tried(here, GOOD)
    assert found.state is State.TRIED
    strange = await here.found("strange")
    assert strange.state is State.GENERATED
    assert "its trial needs file=…" in strange.told


async def test_a_title_is_one_line_in_every_menu(here: World) -> None:
    title = "a\\nb\\u001b[2J\\u202ec"
    found = await tried(here, GOOD.replace('title = "own"', f'title = "{title}"'))
    assert found.title == r"a\nb\x1b[2J\u202ec"


async def test_names(here: World) -> None:
    """What cannot be typed is passed over; names in other case are others."""
    names = ["a\nb", "-rf", "\x1b[31m", "x" * 200, "a b", "ok", "OK"]
    for each in names:
        here.write(each, GOOD)
    await here.cycle()
    assert sorted(each.name for each in here.learned.automations) == ["OK", "ok"]


@pytest.mark.parametrize("name", ["../x", "/x", "a/b", "", ".", "..", "-rf", "a\n", "a.b"])
async def test_no_name_leads_out_of_the_folder(here: World, name: str) -> None:
    with pytest.raises(ValueError, match="is called by letters"):
        files.write_script(here.root, name, GOOD)


async def test_nothing_of_a_workspace_runs_that_is_not_trusted(here: World) -> None:
    trap = here.root / "trap"
    here.write("own", script("Path('trap').write_text('x')", write=["trap"]))
    await here.past()
    here.workspace.trusted = False
    assert "is not trusted" in await here.cycle()
    assert here.learned.patterns
    assert here.learned.automations == []
    here.workspace.trusted = True
    await here.cycle()
    accepted = await here.learned.accept(await here.found("own"))
    here.workspace.trusted = False
    with pytest.raises(ValueError, match="is not trusted, so nothing is run"):
        await here.ran(accepted)
    with pytest.raises(ValueError, match="is not trusted, so nothing is run"):
        await here.learned.test(accepted)
    assert not trap.exists()


async def test_a_script_of_a_draft_s_name_is_not_taken_for_it(here: World) -> None:
    """It can be guessed how a draft will be called."""
    await here.past()
    await here.cycle()
    offered = await here.found()
    here.write(offered.name, script("Path('x').write_text('x')", write=["**"]))
    given = {"file": "src/shop/new.py"}
    with pytest.raises(ValueError, match="was edited, and has to be tried again"):
        await here.learned.ready(offered, given, here.machine, Purpose.PREVIEW)


async def test_the_fuzzed_block_is_refused_or_read() -> None:
    @given(st.integers(0, GOOD.index("import os")), st.text(max_size=8), st.integers(0, 40))
    def fuzzed(at: int, new: str, length: int) -> None:
        with contextlib.suppress(Flawed):
            read(GOOD[:at] + new + GOOD[at + length :])

    fuzzed()


async def test_a_secret_that_is_given_is_in_no_trial(here: World) -> None:
    argv = (sys.executable, "-P", "-c", "pass", "--password=hunter2", "--token", "hunter2")
    trial = await here.run(argv, Policy(), None)
    assert trial.is_clean
    kept = [each for each in here.workspace.state.rglob("*") if each.is_file()]
    assert any(each.name == "trial.json" for each in kept)
    assert not any(b"hunter2" in each.read_bytes() for each in kept)


WITH_WORDS = script("print('it is', sys.argv)").replace(
    "# [tool.understudy.permissions]",
    "\n".join(
        f"# [[tool.understudy.parameters]]\n# name = {name!r}\n# type = 'text'\n# default = 'x'\n#"
        for name in ("text", "password")
    )
    + "\n# [tool.understudy.permissions]",
)


async def test_secrets_that_it_is_given_under_any_name_are_kept_nowhere(here: World) -> None:
    found = await here.learned.accept(await tried(here, WITH_WORDS))
    given = {"text": f"make --token=swordfish9 {SECRET}", "password": "four words of it"}
    tried_, _ = await here.ran(found, **given)
    assert b"it is [" in tried_.trial.output
    (kept,) = await here.learned.store.executions()
    assert "it is [" in kept.output
    for each in here.workspace.state.rglob("*"):
        for secret in (SECRET, "swordfish9", "four words", "words of it"):
            assert not each.is_file() or secret.encode() not in each.read_bytes(), each

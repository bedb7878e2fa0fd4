"""Automations are tried before they are offered: as it was, twice, with what they may."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from understudy.app.learning.opening import Opened
from understudy.app.learning.sharing import Shared, taken_in
from understudy.app.trials import Tried
from understudy.automations import past, trying
from understudy.automations.codec import dumps
from understudy.automations.metadata import Permissions, read
from understudy.automations.pattern import Place, Text
from understudy.automations.permitted import policy
from understudy.automations.trying import Instance
from understudy.automations.trying import test as try_
from understudy.sandbox.levels import Machine
from understudy.sandbox.policy import Policy
from understudy.sandbox.trial import Level, Status, Trial
from understudy.store.activity import Activity, Did
from understudy.store.automations import Automation, State

from .server import serving
from .world import DAY, NAMES, TEST, World, git, script, world

if TYPE_CHECKING:  # the collector would take it for tests
    from understudy.automations.tested import Tested


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[World]:
    async with world(tmp_path) as made:
        yield made


async def test_as_it_is_now(here: World) -> None:
    await here.past()
    told = await here.cycle()
    assert "a second run nothing more, as you had done it in 3 of 3 cases; " in told
    assert "is offered" in told


async def committed(here: World, *, more: str = "") -> None:
    """On each day somebody commits a file and its test, the last one with ``more``."""
    root = here.root
    git(root, "init", "-q")
    for folder in ("src/shop", "tests"):
        (root / folder).mkdir(parents=True)
    (root / "conftest.py").write_text("")
    for name in NAMES:
        (root / f"src/shop/{name}.py").write_text("def total(x):\n    return 0\n")
        (root / f"tests/test_{name}.py").write_text(TEST.format(name) + more * (name == NAMES[-1]))
        git(root, "add", "-A")
        git(root, "commit", "-qm", name, at=here.now)
        here.now += DAY


MORE = "\n\ndef test_more() -> None:\n    pass\n"


async def test_as_it_was_before_a_commit(here: World) -> None:
    """Whatever became of it since."""
    await committed(here, more=MORE)
    for name in NAMES:
        (here.root / f"tests/test_{name}.py").write_text("# another one by now\n")
    told = await here.cycle()
    assert "it would change 1 file (new), a second run nothing more" in told
    assert "as you had done it in 2 of 3 cases, begun so in 1; " in told
    assert [*(here.workspace.state / "automation-past").iterdir()] == []


async def test_no_filter_and_no_hook_of_the_repository_runs(here: World) -> None:
    trap = here.root.parent / "trap"
    await committed(here)
    (here.root / ".git/info/attributes").write_text("* filter=trap\n")
    for name in ("smudge", "clean", "process"):
        git(here.root, "config", f"filter.trap.{name}", f"touch {trap}; cat")
    git(here.root, "config", "core.fsmonitor", f"touch {trap}")
    assert "in 3 of 3 cases" in await here.cycle()
    assert not trap.exists()


@pytest.mark.parametrize(
    ("name", "most", "told"),
    [
        ("MOST_FILES", 2, "the commit has more than 2 files"),
        ("MOST_BYTES", 10, "the files of the commit are larger than"),
    ],
)
async def test_what_is_too_large_is_tried_as_it_is_now(
    here: World, monkeypatch: pytest.MonkeyPatch, name: str, most: int, told: str
) -> None:
    monkeypatch.setattr(past, name, most)
    await committed(here)
    said = await here.cycle()
    assert f"not as it was in git: {told}" in said
    assert "in 3 of 3 cases" in said


async def test_what_may_be_written_and_never_was_is_told(here: World) -> None:
    here.write("own", script("Path('out.txt').write_text('x')", write=["out.txt", "more/**"]))
    told = await here.cycle()
    assert "it never wrote more/**, which it may" in told
    assert (await here.found()).state is State.TRIED


async def test_what_it_wrote_is_told_where_it_may_write_anything(here: World) -> None:
    here.write("own", script("for n in 'abcd':\n    Path(n).write_text('x')", write=["**"]))
    assert "it may write anything, and wrote a, b, c and 1 more" in await here.cycle()


async def test_twice_may_be_other_than_once(here: World) -> None:
    source = script("with open('log', 'a') as file:\n    file.write('x')", write=["log"])
    here.write("own", source)
    assert "a second run something again" in await here.cycle()
    assert not (await here.found()).is_idempotent


async def test_on_a_lesser_machine_nothing_is_tried_and_it_is_said_why(here: World) -> None:
    machine = here.machine
    here.machine = Machine(
        Level.PARTIAL, failed=("x: no user namespaces",), raised_by=("install bubblewrap",)
    )
    await here.past()
    told = await here.cycle()
    assert "was tried: not yet, as level A is wanted, and this machine forms B" in told
    assert "install bubblewrap" in told
    assert (await here.found()).state is State.GENERATED
    here.machine = machine
    await here.cycle()
    offered = await here.found()
    assert (offered.state, offered.why) == (State.OFFERED, "")


async def test_a_secret_is_passed_and_is_in_nothing_that_is_kept(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a line with one in it to a run; no other variable reaches it."""
    with serving() as server:
        for _ in NAMES:
            for number, last in enumerate((f"{server.url}/echo", f"-X PUT {server.url}/done")):
                line = f"curl -s -H 'Authorization: Bearer s3cr3t-abcdef' {last}"
                await here.learned.watching.note(
                    [Activity(here.now + number, Did.COMMAND, line, "s")]
                )
            here.now += DAY
        told = await here.cycle()
        assert "is offered" in told
        found = await here.found()
        assert server.asked == []
        monkeypatch.delenv("TOKEN", raising=False)
        await here.learned.accept(found)
        with pytest.raises(ValueError, match="the environment variable TOKEN is not set"):
            await here.ran(await here.found(), authorization="TOKEN")
        monkeypatch.setenv("TOKEN", "s3cr3t-abcdef")
        tried, _ = await here.ran(await here.found(), authorization="TOKEN")
        assert tried.trial.is_clean, tried.trial.why
        assert {each.headers["Authorization"] for each in server.asked} == {"Bearer s3cr3t-abcdef"}
    assert b"Bearer <secret>" in tried.trial.output
    kept = [each for each in here.root.parent.rglob("*") if each.is_file()]
    assert not [each for each in kept if b"s3cr3t-abcdef" in each.read_bytes()]


async def tried(here: World, body: str, *instances: Instance, run: Sequence[str] = ()) -> Tested:
    script_ = here.root.parent / "own.py"
    script_.write_text(script(body))
    settings = here.workspace.settings.automations
    allowed = policy(
        Permissions(write=("*.txt",), run=tuple(run)), settings, script_, {}, here.root
    )
    places = here.root, here.workspace.state / "past"
    return await try_(script_, instances, allowed, here.run, *places, {})


@pytest.mark.parametrize(
    ("text", "told", "doubt"),
    [
        ("done", "as you had done it in 3 of 3 cases", ""),
        ("do", "begun so in 3", ""),
        ("other", "in 0 of 3 cases", "it never did as you had done it, in 3 cases"),
    ],
)
async def test_what_it_never_did_so_is_only_listed(
    here: World, text: str, told: str, doubt: str
) -> None:
    (here.root / "a.txt").write_text("done")
    made = Instance((), ("a.txt",))
    tested = await tried(here, f"Path('a.txt').write_text({text!r})", *[made] * 3)
    assert told in tested.told
    assert (tested.why, tested.doubt) == ("", doubt)


@pytest.mark.parametrize(
    ("words", "told", "doubt"),
    [
        ("ok ok ok", "", ""),
        ("ok bad ok", "it failed in 1 of 3 cases", ""),
        ("bad bad ok", "it failed in 2 of 3 cases", "it failed in 2 of 3 cases"),
    ],
)
async def test_what_failed_counts_against_it(
    here: World, words: str, told: str, doubt: str
) -> None:
    instances = [Instance((each,)) for each in words.split()]
    tested = await tried(here, "sys.exit(sys.argv[-1] == 'bad')", *instances)
    assert told in tested.told
    assert ("failed in" in tested.told) == bool(told)
    assert (tested.why, tested.doubt) == ("", doubt)


async def moved(here: World) -> None:
    """On each day somebody types where a file goes that lay there for a day."""
    (here.root / "done").mkdir()
    for name in NAMES:
        (here.root / f"{name}.txt").write_text(name)
        if (here.root / ".git").is_dir():
            git(here.root, "add", "-A")
            git(here.root, "commit", "-qm", name, at=here.now)
        here.now += DAY / 2
        lines = f"mv {name}.txt done/{name}.txt", f"touch done/{name}.ok"
        (here.root / f"{name}.txt").rename(here.root / f"done/{name}.txt")
        (here.root / f"done/{name}.ok").touch()
        for number, line in enumerate(lines):
            typed = Activity(here.now + number, Did.COMMAND, line, f"s{name}")
            await here.learned.watching.note([typed])
        here.now += DAY / 2


async def test_what_was_typed_is_tried_where_it_was_typed(here: World) -> None:
    git(here.root, "init", "-q")
    (here.root / ".keep").write_text("")
    git(here.root, "add", "-A")
    git(here.root, "commit", "-qm", "first", at=here.now)
    await moved(here)
    told = await here.cycle()
    assert "is offered" in told
    assert "failed" not in told


async def test_what_cannot_be_tried_on_its_past_is_only_listed(here: World) -> None:
    await moved(here)
    await here.cycle()
    found = await here.found()
    assert found.state is State.TRIED
    assert "it cannot be tried where you had done it" in found.why
    assert "is not there" not in found.told


async def test_the_past_has_its_run_bits(here: World) -> None:
    git(here.root, "init", "-q")
    for name in ("tool", "text"):
        (here.root / name).write_text("x")
    (here.root / "tool").chmod(0o755)
    git(here.root, "add", "-A")
    git(here.root, "commit", "-qm", "first", at=here.now)
    then = past.Past(here.root)
    assert then.head_at(here.now - 1) == ""
    folder = here.root.parent / "then"
    folder.mkdir()
    then.restore(then.head_at(here.now), folder)
    modes = {each.name: each.stat().st_mode & 0o111 for each in folder.iterdir()}
    assert (bool(modes["tool"]), modes["text"]) == (True, 0)


@pytest.mark.parametrize(
    ("takes", "makes", "why"),
    [
        ("other", (), "takes 'other', and its script does not"),
        ("", (Place("file"),), "makes '{file}' of what it does not take"),
        ("", ("../x",), "outside the workspace"),
        ("", ("/etc/x",), "outside the workspace"),
    ],
)
async def test_what_is_said_of_one_that_comes_in_is_of_its_script(
    here: World, takes: str, makes: Text, why: str
) -> None:
    shared = Shared(
        name="own", script=script(""), takes=takes, makes=dumps([makes] if makes else [])
    )
    opened = SimpleNamespace(learned=here.learned)
    with pytest.raises(ValueError, match=why):
        await taken_in(cast("Opened", opened), shared, {})
    await here.learned.load()
    assert here.learned.automations == []


async def test_what_failed_can_be_tried_again(here: World) -> None:
    body = "sys.exit(Path('missing').is_file() is False)"
    here.write("own", script(body, read=["missing"]))
    await here.cycle()
    failed = await here.found()
    assert failed.state is State.DISABLED
    assert "1" in failed.why
    with pytest.raises(ValueError, match=r"is disabled: .*enable own"):
        await here.ran(failed)
    (here.root / "missing").write_text("")
    assert (await here.learned.accept(failed)).state is State.ACTIVE


async def copied(here: World, *sources: str) -> Automation:
    """On each day somebody copies a file that lies beside the folders, of these the last at last;
    what was made of the first, accepted."""
    for name in (*sources, *NAMES):
        (here.root / f"{name}.txt").write_text(name)
    for day, name in enumerate((*NAMES, *NAMES[: len(sources) - 1])):
        source = sources[max(0, day - len(NAMES) + 1)]
        for number, line in enumerate((f"cp {source}.txt {name}.md", f"wc -l {name}.txt")):
            at = here.now + 10 * number
            await here.learned.watching.note([Activity(at, Did.COMMAND, line, "s")])
        here.now += DAY
        if day == len(NAMES) - 1:
            await here.cycle()
            await here.learned.accept(await here.found())
    return await here.found()


async def test_a_file_beside_the_folders_may_be_named(here: World) -> None:
    made = await copied(here, "notes")
    metadata = read(here.learned.runs.source_of(made))
    (parameter,) = metadata.parameters
    assert "/notes.txt" in metadata.permissions.write
    (here.root / "new.txt").write_text("new")
    tried_run, _ = await here.ran(made, **{parameter.name: "new.md"})
    assert [each.path for each in tried_run.trial.changes] == ["new.md"]
    assert tried_run.trial.is_clean, tried_run.trial.why


async def test_a_pattern_that_has_outgrown_its_script_is_nothing_against_it(here: World) -> None:
    """What is always the same becomes what varies with its first other value."""
    made = await copied(here, "notes", "more")
    await here.cycle()
    (pattern,) = (each for each in here.learned.patterns if each.id == made.id)
    assert len(pattern.parameters) == 2
    script = here.scripts / f"{made.name}.py"
    script.write_text(f"{script.read_text()}\n# mine\n")
    await here.cycle()
    assert ((await here.found()).state, (await here.found()).why) == (State.ACTIVE, "")


async def test_a_trial_has_nobody_to_type_and_no_terminal(here: World) -> None:
    body = "sys.exit(sys.stdin.read() != '' or os.getsid(0) != os.getpid())"
    here.write("own", script(body))
    await here.cycle()
    assert (await here.found()).state is State.TRIED


async def test_what_takes_too_long_is_not_tried_for_the_others(here: World) -> None:
    source, path, ran = script("__import__('signal').pause()"), here.root.parent / "own.py", 0
    path.write_text(source)
    here.set(timeout_seconds=1)

    async def run(argv: Sequence[str], policy: Policy, folder: Path | None) -> Trial:
        nonlocal ran
        ran += 1
        return await here.run(argv, policy, folder)

    settings = here.workspace.settings.automations
    allowed = policy(read(source).permissions, settings, path, {}, here.root)
    past = here.workspace.state / "past"
    tested = await trying.test(path, [trying.Instance(())] * 3, allowed, run, here.root, past, {})
    assert (ran, tested.trial.status) == (1, Status.TIMED_OUT)
    assert tested.why


STARTS = (
    "import asyncio\n\n\nasync def main():\n"
    "    process = await asyncio.create_subprocess_exec('made-here', 'a.txt')\n"
    "    await process.wait()\n\n\nasyncio.run(main())"
)


@pytest.mark.parametrize("declared", [True, False])
async def test_a_program_is_seen_wherever_it_is_installed(
    here: World, monkeypatch: pytest.MonkeyPatch, declared: bool
) -> None:
    program = here.root.parent / "elsewhere" / "made-here"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n: > "$1"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    tested = await tried(here, STARTS, Instance(()), run=["made-here"] if declared else [])
    assert tested.trial.is_clean is declared, tested.why
    if not declared:
        assert "No such file or directory: 'made-here'" in tested.why


async def test_a_program_of_the_workspaces_own_environment_comes_first(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = here.root.parent / "elsewhere"
    for folder, text in ((here.root / ".venv/bin", "own"), (elsewhere, "other")):
        folder.mkdir(parents=True)
        (folder / "made-here").write_text(f'#!/bin/sh\necho {text} >"$1"\n')
        (folder / "made-here").chmod(0o755)
    monkeypatch.setenv("PATH", f"{elsewhere}:{os.environ['PATH']}")
    tested = await tried(here, STARTS, Instance(()), run=["made-here"])
    (change,) = tested.trial.changes
    assert change.after is not None
    assert change.after.read() == b"own\n"


async def test_what_it_printed_last_is_told(here: World) -> None:
    body = "print('first')\nprint('there is no cart of token=ghp_' + 'a1B2' * 9)\nsys.exit(1)"
    tested = await tried(here, body, Instance(()))
    assert tested.why.startswith("it ended with exit code 1 (there is no cart of ")
    said = Tried(here.root, 0.0, (), tested.trial, what="automation: own").said
    assert said.startswith("“there is no cart of token=<secret>”. Level A. Failed: ")


async def packed(here: World) -> str:
    """On each day somebody packs a file; its script, as it was made of that."""
    (here.root / "done").mkdir()
    for name in NAMES:
        (here.root / f"{name}.txt").write_text(name)
        lines = f"tar -cf {name}.tar {name}.txt", f"touch done/{name}.ok"
        for number, line in enumerate(lines):
            typed = Activity(here.now + number, Did.COMMAND, line, f"s{name}")
            await here.learned.watching.note([typed])
        here.now += DAY
    await here.cycle()
    return here.learned.runs.source_of(await here.found())


async def test_what_may_write_anything_is_narrowed_to_what_it_wrote(here: World) -> None:
    source = await packed(here)
    (parameter,) = read(source).parameters
    name = parameter.name
    assert read(source).permissions.write == ("done/*.ok", f"{{{name}}}")
    assert not read(source).is_edited(source)
    found = await here.found()
    assert found.state in (State.TRIED, State.OFFERED)
    assert "from now on it may write " in found.told
    accepted = await here.learned.accept(found)
    (here.root / "new.txt").write_text("new")
    tried_run, _ = await here.ran(accepted, **{name: "new.tar"})
    assert sorted(each.path for each in tried_run.trial.changes) == ["done/new.ok", "new.tar"]
    assert tried_run.trial.is_clean, tried_run.trial.why


WRITES = {
    "many files": "for n in $(seq 300); do echo > out/$n.$n; done\n",
    "a name with a tab": "echo > \"out/$(printf 'a\\tb')\"\n",
}


@pytest.mark.parametrize("writes", WRITES.values(), ids=WRITES)
async def test_what_cannot_be_declared_stays_as_wide_as_it_was(here: World, writes: str) -> None:
    for folder in ("out", "tools"):
        (here.root / folder).mkdir()
        (here.root / folder / "make.sh").write_text(writes)
    for name in NAMES:
        (here.root / f"{name}.txt").write_text(name)
        for number, line in enumerate((f"cp {name}.txt {name}.md", "sh tools/make.sh")):
            typed = Activity(here.now + number, Did.COMMAND, line, "s")
            await here.learned.watching.note([typed])
        here.now += DAY
    await here.cycle()
    found = await here.found()
    assert found.state in (State.TRIED, State.OFFERED)
    assert "**" in read(here.learned.runs.source_of(found)).permissions.write


async def test_a_run_that_writes_more_than_its_trial_did_changes_nothing(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    accepted = await here.learned.accept((await packed(here), await here.found())[1])
    parameter = read(here.learned.runs.source_of(accepted)).parameters[0].name
    tools = here.root / "tools"
    tools.mkdir()
    (tools / "tar").write_text('#!/bin/sh\n/usr/bin/tar "$@"\necho x > cart.txt\n')
    (tools / "tar").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:/usr/bin:/bin")
    tried_run, _ = await here.ran(accepted, **{parameter: "order.tar"})
    assert tried_run.trial.status is Status.VIOLATED
    assert "it changed cart.txt, which it may not write" in tried_run.trial.why


async def test_caches_need_no_word_and_are_left_out(here: World) -> None:
    body = """
for each in ('.ruff_cache/0', 'src/__pycache__', 'kept/.mypy_cache'):
    os.makedirs(each)
    Path(each, 'x').write_text('x')
"""
    (here.root / "src").mkdir()
    here.write("own", script(body, write=["kept/.mypy_cache/**"]))
    await here.cycle()
    found = await here.found()
    assert found.state is State.TRIED, found.why
    ran, _ = await here.ran(await here.learned.accept(found))
    paths = [each.path for each in ran.trial.changes]
    assert paths == ["kept", "kept/.mypy_cache", "kept/.mypy_cache/x"]

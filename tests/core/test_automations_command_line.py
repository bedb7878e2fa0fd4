"""``understudy patterns`` and ``understudy automations`` in a terminal."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from understudy.app.chores.planning import on_save
from understudy.app.chores.service import open_service
from understudy.state import workspace_dir
from understudy.store.activity import ACTIVITY, Activity, Did, Log
from understudy.store.database import Database
from understudy.triggers.changes import Kind

from ..automations.world import script
from ..probed import know_the_machine
from .programs import program
from .support import own_environment, tree, understudy, understudy_here

Run = Callable[..., subprocess.CompletedProcess[str]]
DAY = 86_400.0
NAMES = ("cart", "order", "invoice", "voucher", "customer")
TEST = "from shop.{0} import total\n\n\ndef test_{0}() -> None:\n    assert total([]) == 0\n"
SOURCE = "def total(x):\n    return 0\n"


class World:
    """A project that is trusted, in which each file got a test in the last days."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "shop"
        self.run: Run = understudy_here
        files = {f"src/shop/{name}.py": SOURCE for name in NAMES}
        tests = {f"tests/test_{name}.py": TEST.format(name) for name in NAMES}
        tree(self.root, {".understudy/config.yaml": "", **files, **tests})
        self.environment = own_environment(folder)
        know_the_machine(folder / "state")
        self.state = workspace_dir(self.root, folder / "state")
        asyncio.run(self._remember())
        self("trust", ".")

    async def _remember(self) -> None:
        database = Database(self.state / "activity.db", ACTIVITY)
        for number, name in enumerate(NAMES):
            at = time.time() - (len(NAMES) - number) * DAY
            source = Activity(at, Did.CREATED, f"src/shop/{name}.py", "before")
            test = Activity(at + 60, Did.CREATED, f"tests/test_{name}.py", "before")
            await Log(database).add([source, test], 10_000)
        await database.close()

    def __call__(self, *words: str) -> subprocess.CompletedProcess[str]:
        return self.run(*words, cwd=self.root, environment=self.environment)

    def automations(self, *words: str, code: int = 0) -> str:
        """What is printed, and then said."""
        done = self("automations", *words)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def take_in(self, name: str, script: str, *options: str) -> None:
        """A script for each source file, from somebody else; it is enabled with the options."""
        shared = {"name": name, "script": script, "fits": "/src/shop/*.py"}
        file = self.root.parent / "shared.json"
        file.write_text(json.dumps({"understudy": 1, "automations": [shared]}))
        self.automations("import", str(file))
        self.automations("enable", name, *options)

    def listed(self) -> dict[str, Any]:
        """The one automation."""
        (found,) = json.loads(self.automations("list", "--json"))
        return dict(found)

    @property
    def script(self) -> Path:
        (found,) = (self.root / ".understudy/automations").iterdir()
        return found

    @property
    def trials(self) -> list[Path]:
        return [*(self.state / "automation-trials").glob("[0-9]*")]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.fixture
def name(world: World) -> str:
    """Of the automation that was made there and is offered."""
    assert "is offered" in world.automations("learn")
    return str(world.listed()["name"])


def test_what_repeats_is_listed_with_its_evidence(world: World) -> None:
    told = world("patterns").stdout
    assert told.startswith("create tests/test_{file.stem}.py\n  files, done 5 times, 5.0 a week;")
    assert "  varies: file (path)\n" in told
    assert told.count("file=src/shop/") == 5
    (pattern,) = json.loads(world("patterns", "--json").stdout)
    assert pattern["count"] == len(pattern["occurrences"]) == 5
    assert pattern["whyListed"] == ""
    (world.root / ".understudy/config.yaml").write_text("automations: {minScore: 1}\n")
    assert "only listed: it may not come again: its score is 0." in world("patterns").stdout


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("activity", ("patterns",)),
        ("activity", ("activity", "show")),
        ("automations", ("automations", "list")),
    ],
)
def test_that_a_database_was_moved_aside_is_told(
    world: World, file: str, words: tuple[str, ...]
) -> None:
    (world.state / f"{file}.db").write_bytes(b"no database" * 1_000)
    done = world(*words)
    assert done.returncode == 0
    assert f"it was moved to {world.state / file}.corrupt-" in done.stderr


def names_in(folder: Path) -> list[Path]:
    """The files in which a name of what was done is."""
    names = [each.encode() for each in (*NAMES, "refund")]
    return [
        each
        for each in folder.rglob("*")
        if each.is_file() and any(name in each.read_bytes() for name in names)
    ]


def test_with_what_was_done_goes_what_was_made_of_it(world: World, name: str) -> None:
    world.automations("preview", name, "file=src/shop/refund.py")
    assert {each.name for each in names_in(world.state)} >= {"automations.db", "trial.json"}
    told = world("activity", "forget", "--yes").stdout
    assert told == "Forgotten: 10.\nAutomations that nobody had accepted went with it: 1.\n"
    assert names_in(world.state) == []
    assert [*(world.state / "drafts").iterdir()] == []
    asyncio.run(world._remember())
    assert "is offered" in world.automations("learn")


def test_what_was_made_before_is_not_forgotten(world: World, name: str) -> None:
    assert world("activity", "forget", "--since", "0s", "--yes").stdout == "Forgotten: 0.\n"
    assert world.listed()["name"] == name


def test_what_was_accepted_is_not_forgotten(world: World, name: str) -> None:
    world.automations("enable", name)
    assert "Automations that stay: 1;" in world("activity", "forget", "--yes").stderr
    assert world.listed()["state"] == "active"


def test_what_nobody_wants_stays_away_when_all_is_forgotten(world: World, name: str) -> None:
    world.automations("remove", name, "--yes")
    world("activity", "forget", "--yes")
    assert names_in(world.state) == []
    asyncio.run(world._remember())
    assert "is offered" not in world.automations("learn")
    assert world.automations("list", "--json") == "[]\n"


def test_from_what_repeats_to_what_is_taken_back(world: World, name: str) -> None:
    world.run = understudy
    test = world.root / "tests/test_refund.py"
    given = (name, "file=src/shop/refund.py")
    assert "is not active but offered" in world.automations("run", *given, code=2)
    assert "file is not given: add file=… (File: a file or folder" in world.automations(
        "preview", name, code=2
    )
    (world.root / "src/shop/refund.py").write_text(SOURCE)
    told = world.automations("preview", *given)
    assert "+from shop.refund import total\n" in told
    assert f"`understudy automations enable {name}` accepts it; then " in told
    assert "Note: " not in told
    assert not test.exists()

    words = f"`understudy run {name} file=src/shop/FILE.py` runs it."
    assert words in world.automations("enable", name)
    assert world.script.stat().st_mode & 0o777 == 0o755
    assert "nothing was applied" in world.automations("run", *given, code=3)
    assert not test.exists()
    assert "Applied; `understudy undo" in world.automations("apply", name, "--yes")
    assert test.read_text() == TEST.format("refund")
    assert "nothing of" in world.automations("apply", name, "--yes", code=2)

    told = world.automations("run", name, "file=src/shop/tax.py", "--yes")
    assert "That saved about" in told
    assert "Note: there is no file src/shop/tax.py so far." in told
    told = world.automations("preview", name, "file=README.md")
    assert f"Note: {name} is for /src/shop/*.py, and README.md is none of these." in told
    assert f"\n`understudy automations apply {name}` makes it so.\n" in told
    assert (world.root / "tests/test_tax.py").exists()
    world("undo", "--yes")
    assert not (world.root / "tests/test_tax.py").exists()
    world.automations("learn")
    assert world.listed()["record"] | {"interval": [], "saved": []} == {
        "runs": 2,
        "successes": 1,
        "rate": 1 / 2,
        "interval": [],
        "saved": [],
    }
    by = json.loads(world.automations("stats", "--json"))
    assert by["state"]["active"]["automations"] == by["template"]["file_operations"]["runs"] - 1
    assert "1 of 2 runs succeeded" in world.automations("stats")
    shown = world.automations("show", name)
    for line in (
        "may read: ",
        "may write: ",
        "may reach: nothing",
        "may start: ",
    ):
        assert f"\n  {line}" in shown
    assert [shown.count(f"  {why}: clean, 1 change, ") for why in ("preview", "run")] == [2, 2]
    assert "undone" in shown
    assert "  takes: file (path)\n" in shown
    assert "#!/usr/bin/env python3\n" not in shown
    assert "#!/usr/bin/env python3\n" in world.automations("show", name, "--script")


CONFIG = """
tasks:
  custom:
    both: {command: ["true"], needs: [make-test]}
triggers:
  rules:
    nightly: {tasks: [make-test], cron: "0 3 * * *"}
"""


SCRIPT = '''"""By hand."""
# /// script
# requires-python = ">=3.11"
# [tool.understudy]
# id = "00000000000000000000000000000000"
# version = 1
# template = "by_hand"
# created = 2026-11-01T00:00:00Z
# [tool.understudy.pattern]
# id = "none"
# title = "make a test"
# seen = 0
# [tool.understudy.permissions]
# write = ["tests/*.py"]
# ///
with open("tests/made.py", "w") as file:
    file.write("x = 1\\n")
'''


def test_an_active_one_is_a_task(world: World, name: str) -> None:
    given = ("run", name, "file=src/shop/refund.py")
    refused = world(*given)
    told = f"the automation {name} is not active but offered; `understudy automations enable"
    assert (refused.returncode, told in refused.stderr) == (2, True), refused.stderr
    assert "there is no task 'nothing'. `understudy tasks`" in world("run", "nothing").stderr
    assert told in world(*given, "--detach").stderr
    world.automations("enable", name)
    assert name in world("tasks").stdout
    assert f"{name} needs file" in world("run", name).stderr
    done = world(*given)
    assert done.returncode == 0
    assert "Note: there is no file src/shop/refund.py so far.\n" in done.stderr
    assert f"`understudy automations apply {name}` makes it so" in done.stderr
    assert not (world.root / "tests/test_refund.py").exists()
    again = f"would change 1 file (new): `understudy automations apply {name}` makes it so"
    assert again in world("tasks").stdout
    world.automations("apply", name, "--yes")
    assert (world.root / "tests/test_refund.py").exists()
    for words in (["tasks"], ["tasks", "--json"]):
        listed = world(*words).stdout
        assert ("would change 1 file" in listed, "makes it so" in listed) == (True, False), listed
    assert world.listed()["record"]["runs"] == 1
    (kept,) = json.loads(world.automations("show", name, "--json"))["executions"]
    assert (kept["purpose"], kept["applied"]) == ("task", True)
    world.automations("disable", name)
    assert world(*given).returncode == 2


def test_what_a_task_of_one_is_given_is_kept_nowhere(world: World) -> None:
    """By what it is, and by how it is called."""
    token = "gh" + "p_" + "a1B2c3D4" * 5
    asked = "".join(
        f"# [[tool.understudy.parameters]]\n# name = '{each}'\n# type = 'text'\n# default = 'x'\n#\n"
        for each in ("text", "password")
    )
    head, marked, rest = script("print(sys.argv)").partition("# [tool.understudy.permissions]")
    folder = tree(world.root / ".understudy/automations", {"say.py": head + asked + marked + rest})
    assert (folder / "say.py").exists()
    world.automations("enable", "say")
    done = world("run", "say", f"text={token}", "password=four words of it")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--text=<secret>" in done.stdout
    files = [each for each in world.state.rglob("*") if each.is_file()]
    for secret in (token.encode(), b"four words", b"words of it"):
        assert [each for each in files if secret in each.read_bytes()] == []


@pytest.mark.parametrize(
    ("words", "typed"),
    [
        ("run {} file=src/shop/refund.py", b"y\n"),
        ("automations run {}", b"src/shop/refund.py\ny\n"),
    ],
    ids=["whether", "for what"],
)
def test_in_a_terminal_its_user_is_asked(words: str, typed: bytes, world: World, name: str) -> None:
    world.automations("enable", name)
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "understudy", *words.format(name).split()],
        cwd=world.root,
        env=world.environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.write(ours, typed)
    told, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert process.returncode == 0, told
    assert "+from shop.refund import total\n" in told
    assert "Applied; `understudy undo" in told
    assert (world.root / "tests/test_refund.py").exists()


def test_one_can_be_a_step_of_a_task(world: World) -> None:
    own = world.root.parent / "make-test.py"
    own.write_text(SCRIPT)
    world.automations("import", str(own))
    world.automations("enable", "make-test")
    world("trust", ".")
    (world.root / ".understudy/config.yaml").write_text(CONFIG)
    done = world("run", "both")
    assert (done.returncode, "would change 1 file (new)" in done.stderr) == (0, True), done.stderr
    assert "make-test" in world("schedule").stdout


def test_that_the_creation_is_taken_back_is_told(world: World, name: str) -> None:
    world.automations("enable", name)
    told = world("undo", "--yes").stderr
    again = f"`understudy automations enable {name}` accepts it again"
    assert f"without its script nothing runs the automation {name} any more; {again}." in told
    world.automations("enable", name)
    assert world.script.stem == name


def test_what_is_kept_nowhere_is_not_said_to_be_accepted_again(world: World, name: str) -> None:
    """Its draft went when it was removed."""
    world.automations("enable", name)
    world.automations("remove", name, "--yes")
    world("undo", "--yes")
    told = world("undo", "1", "--yes").stderr
    assert f"without its script nothing runs the automation {name} any more.\n" in told


def test_disabled_removed_and_back(world: World, name: str) -> None:
    told = world.automations("enable", name, "--on-save")
    assert "It runs by itself when /src/shop/*.py is saved in an editor." in told
    assert world.listed()["onSave"]
    world.automations("disable", name)
    assert "is disabled: you disabled it" in world.automations("preview", name, code=2)
    world.automations("enable", name, "--no-on-save")
    assert (world.listed()["state"], world.listed()["onSave"]) == ("active", False)
    script = world.script
    told = "There is no terminal to ask on; --yes removes it. Nothing was removed."
    assert told in world.automations("remove", name, code=3)
    told = world.automations("remove", name, "--yes")
    assert "`understudy undo` brings its script back, and `understudy automations enable" in told
    assert (world.listed()["state"], script.exists()) == ("retired", False)
    world("undo", "--yes")
    assert script.exists()
    world.automations("enable", name)
    assert world.listed()["state"] == "active"


def test_what_removes_no_file_promises_none_back(world: World, name: str) -> None:
    """What `undo` would take back is something else then; and nothing of it is kept."""
    told = world.automations("remove", name, "--yes")
    assert "undo" not in told
    assert told == f"{name} is removed; it is not made again.\n"


def test_what_was_edited_by_other_means_is_tried_again(world: World, name: str) -> None:
    world("trust", ".")
    world.automations("enable", name)
    world.script.write_text(world.script.read_text() + "# mine\n")
    world.environment["EDITOR"] = "true"
    assert "is still active: " in world.automations("edit", name)


@pytest.mark.parametrize(
    ("editor", "state", "told"),
    [
        pytest.param("true", "active", "It is as it was.", id="nothing"),
        pytest.param("echo 'def' >> \"$1\"", "disabled", "is disabled: ", id="broken"),
        pytest.param("echo 'eval(input())' >> \"$1\"", "disabled", "eval", id="dangerous"),
        pytest.param("echo '# mine' >> \"$1\"", "active", "is still active: ", id="harmless"),
    ],
)
def test_what_is_edited_is_tried_again(
    world: World, name: str, editor: str, state: str, told: str
) -> None:
    world("trust", ".")
    world.automations("enable", name)
    world.environment["EDITOR"] = f"sh {program(world.root.parent / 'editor', editor)}"
    code = 3 if state == "disabled" else 0
    assert told in world.automations("edit", name, code=code)
    assert world.listed()["state"] == state


def test_a_script_of_a_workspace_that_is_not_trusted_is_not_run(world: World, name: str) -> None:
    source = world.automations("export", name, "--script")
    world("untrust", ".")
    folder = world.root / ".understudy/automations"
    tree(folder, {"cloned.py": source})
    before = len(world.trials)
    assert "generated  cloned" in world.automations("list")
    given = ("cloned", "file=src/shop/cart.py")
    for words in (("test", *given), ("enable", *given)):
        assert "is not trusted, so nothing is run" in world.automations(*words, code=2)
    assert "is not trusted, so nothing is run" in world.automations("preview", *given, code=2)
    assert "not tried yet" in world.automations("list")
    for refused in (["run", *given], ["apply", "cloned"]):
        assert "cloned is not active but generated" in world.automations(*refused, code=2)
    assert "is not trusted, so nothing is run" in world.automations("learn", code=2)
    assert len(world.trials) == before
    world("trust", ".")
    assert "cloned is tried: it would change nothing" in world.automations("test", *given)
    world.automations("enable", "cloned")
    world("untrust", ".")
    for command in ("run", "preview"):
        told = world.automations(command, *given, code=2)
        assert "is not trusted, so nothing is run" in told
    done = world("run", *given)
    assert "is not trusted" in done.stdout + done.stderr
    world("trust", ".")
    (folder / "cloned.py").write_text(f"{source}# more\n")
    assert "was edited" in world.automations("preview", *given, code=2)


def test_what_is_exported_can_be_taken_in_elsewhere(world: World, name: str) -> None:
    world.automations("enable", name)
    shared = world.root.parent / "shared.json"
    shared.write_text(world("automations", "export").stdout)
    assert json.loads(shared.read_text())["automations"][0]["record"]["runs"] == 0
    assert "already" in world.automations("import", str(shared), code=2)

    other = World(tree(world.root.parent / "other", {}))
    told = other.automations("import", str(shared), "file=src/shop/new.py")
    assert f"{name} is tried: it would change 1 file (new)" in told
    assert "is not active but tried" in other.automations("run", name, code=2)
    other.automations("enable", name)
    other.automations("run", name, "file=src/shop/new.py", "--yes")
    assert (other.root / "tests/test_new.py").exists()


def test_what_cannot_be_read_keeps_no_other_from_being_exported(world: World, name: str) -> None:
    folder = world.root / ".understudy/automations"
    tree(folder, {"broken.py": b"\xff"})
    (folder / "link.py").symlink_to(world.root / "src")
    world.automations("learn")
    done = world("automations", "export")
    assert [each["name"] for each in json.loads(done.stdout)["automations"]] == [name]
    assert "broken is left out: " in done.stderr
    assert "link is left out: " in done.stderr
    assert world("automations", "export", "broken").returncode == 2
    assert "(link.py: Too many levels" in world.automations("show", "link")
    assert f"({folder / 'broken.py'} is no text" in world.automations("show", "broken")
    assert "is no text in UTF-8 (byte 1)" in world.automations(
        "import", str(folder / "broken.py"), code=2
    )


def test_a_plain_script_is_taken_in(world: World, name: str) -> None:
    script = world.root.parent / "make-test.py"
    source = world("automations", "export", name, "--script").stdout
    script.write_text(source)
    told = world.automations("import", str(script), code=2)  # it is the one that was made here
    assert f"there is an automation {name} already; `understudy automations test {name}`" in told
    script.write_text(f"{source}# mine\n")
    (world.root / "src/shop/customer.py").unlink()  # for which it could be tried
    world("activity", "forget", "--yes")  # else it is tried where it was done
    told = world.automations("import", str(script))
    needs = "its trial needs file=…: `understudy automations test make-test file=…`"
    assert needs in told
    assert "make-test is generated: not tried yet, as its trial needs" in told
    assert "`understudy trust`" not in told, "it is trusted"
    assert needs in world.automations("test", "make-test", code=3)
    assert "make-test is tried" in world.automations("test", "make-test", "file=src/shop/a.py")


def test_what_is_taken_in_without_trust_waits_for_it(world: World, name: str) -> None:
    script = world.root.parent / "make-test.py"
    source = world("automations", "export", name, "--script").stdout
    script.write_text(f"{source}# mine\n")
    world("untrust", ".")
    told = world.automations("import", str(script))
    assert "make-test is generated: not tried yet, as the workspace is not trusted.\n" in told
    words = "`understudy trust` lets it be run; then `understudy automations test make-test file="
    assert words in told
    assert "make-test  not tried yet, as the workspace is not trusted" in world.automations("list")
    assert world("trust", ".", "--yes").returncode == 0
    assert "tries it" in world.automations("import", str(script), code=2)
    assert "make-test is tried" in world.automations("test", "make-test", "file=src/shop/a.py")


def test_what_saves_start_is_listed_with_what_is_against_it(world: World, name: str) -> None:
    world.automations("enable", name, "--on-save")
    listed = world("schedule").stdout
    assert f"{name} (on save) (save of /src/shop/*.py in an editor)" in listed
    for change, why in (
        (lambda: world("untrust", "."), "; not now: the workspace is not trusted)"),
        (lambda: world("trust", "."), " in an editor)"),
        (lambda: world.script.write_text("pass\n"), "; not now: it was edited, and has to"),
        (lambda: (world.root / ".understudy/config.yaml").write_text(OFF), "triggers.enabled is"),
    ):
        change()
        assert why in world("schedule").stdout


def test_no_save_starts_a_task_that_came_later_under_the_name_of_one(
    world: World, name: str
) -> None:
    world.automations("enable", name, "--on-save")
    own = f"tasks: {{custom: {{{name}: {{command: [rm, -r, src]}}}}}}\n"
    (world.root / ".understudy/config.yaml").write_text(own)
    assert "on save" not in world("schedule").stdout


def test_it_is_told_what_a_save_would_start(world: World, name: str) -> None:
    world.automations("enable", name, "--on-save")
    tree(world.root, {"src/shop/refund.py": SOURCE})

    async def told() -> list[str]:
        changes = {f"src/shop/{each}.py": Kind.MODIFIED for each in ("cart", "refund")}
        async with open_service(world.root, "command", runs=False) as service:
            several = [{path: kind} for path, kind in [*changes.items(), ("a.md", Kind.MODIFIED)]]
            return [line for each in several for line in await on_save(service, each)]

    def look() -> list[str]:
        with patch.dict(os.environ, world.environment):
            return [line.removeprefix(f"  {name} (on save): ") for line in asyncio.run(told())]

    assert look() == [
        "nothing (what it would make is there)",
        f"would run {name} (when it is saved in an editor)",
        "nothing (no file matches its paths (/src/shop/*.py))",
    ]
    world("untrust", ".")
    assert look() == ["nothing (the workspace is not trusted)"] * 3


OFF = "triggers: {enabled: false}\n"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["learn"], "There is `understudy automations learn`."),
        (["forget"], "There is `understudy activity forget`."),
        (["frobnicate"], "No such command 'frobnicate'.\n"),
    ],
)
def test_a_command_of_a_group_is_found(world: World, words: list[str], told: str) -> None:
    done = world(*words)
    assert (done.returncode, told in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("print(1)\n", "There is no block of metadata"),
        ("{", "it has no automations in it"),
        ('{"understudy": 2, "automations": []}', "understudy"),
        ('{"understudy": 1, "automations": [{"name": "../x", "script": ""}]}', "name"),
        (
            '{"understudy": 1, "automations": [{"name": "x", "script": "", "makes": "[[[]]]"}]}',
            "what x makes cannot be read",
        ),
        (
            '{"understudy": 1, "automations": [{"name": "x", "script": "", "makes": "'
            + "[" * 50_000
            + '"}]}',
            "nested too deeply",
        ),
    ],
)
def test_what_is_no_automation_is_not_taken_in(world: World, content: str, why: str) -> None:
    file = world.root.parent / "some.py"
    file.write_text(content)
    assert why in world.automations("import", str(file), code=2)
    assert json.loads(world.automations("list", "--json")) == []

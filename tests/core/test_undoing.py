"""``understudy journal`` and ``undo``, as a person runs them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from datetime import datetime
from pathlib import Path

import pytest

from understudy.app.folder.workspace import Workspace
from understudy.cli.exits import Exit
from understudy.journal import apply as journal
from understudy.journal import handing
from understudy.journal.beneath import Beneath
from understudy.journal.change import Change, State
from understudy.journal.check import Checked
from understudy.journal.record import Record
from understudy.journal.records import Records
from understudy.state import workspace_dir

from .support import own_environment, tree, understudy_here
from .trees import photograph

FILES = {".understudy/config.yaml": "", "a.py": "one\ntwo\nthree\nfour\nfive\n", "b": "b\n"}


class World:
    def __init__(self, folder: Path) -> None:
        self.root = tree(folder / "root", FILES)
        self.here = self.root
        self._environment = own_environment(folder)
        self.store = workspace_dir(self.root, folder / "state") / "journal"

    def __call__(self, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return understudy_here(*words, cwd=self.here, environment=self._environment, answers=stdin)

    def listed(self) -> list[str]:
        """Without the files."""
        return self("journal").stdout.splitlines()[::2]

    def put(self, path: str, after: str | None) -> None:
        stands = self.root / path
        before = State.of(stands.read_bytes(), 0o644) if stands.exists() else None
        state = None if after is None else State.of(after.encode(), 0o644)
        change = Change.between(path, before, state)
        journal.apply([change], self.root, self.store, by="a test", what=f"write {path}")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_the_last_is_shown_asked_for_and_taken_back(world: World) -> None:
    before = photograph(world.root)
    world.put("b", None)
    world.put("a.py", "ONE\ntwo\nthree\nfour\nfive\n")
    assert [each.split()[0] for each in world.listed()] == ["2", "1"]
    assert "a test: write a.py" in world.listed()[0]
    after = photograph(world.root)
    told = world("undo", stdin="n\n")
    assert told.returncode == Exit.FINDINGS
    assert "-ONE\n+one\n" in told.stdout
    assert photograph(world.root) == after
    told = world("undo", stdin="y\n")
    assert told.returncode == Exit.CLEAN, told.stderr
    assert world("undo", "--yes").returncode == Exit.CLEAN
    assert photograph(world.root) == before
    assert "Nothing is left to undo" in world("undo").stdout
    assert world("undo", "4", "--yes").returncode == Exit.CLEAN
    assert not (world.root / "b").exists()
    assert [each.partition("0  ")[2] for each in world.listed()] == [
        "you: redo of 1: write b",
        "you: undo of 1: write b  (undone)",
        "you: undo of 2: write a.py",
        "a test: write a.py  (undone)",
        "a test: write b",
    ]


def test_edits_made_since_stay_or_are_named(world: World) -> None:
    world.put("a.py", "ONE\ntwo\nthree\nfour\nfive\n")
    (world.root / "a.py").write_text("MINE\ntwo\nthree\nfour\nfive\n")
    told = world("undo", "--yes")
    assert told.returncode == Exit.FAILED
    assert "a.py: it was changed meanwhile, and both changes touch the same lines" in told.stderr
    assert (world.root / "a.py").read_text().startswith("MINE")
    (world.root / "a.py").write_text("ONE\ntwo\nthree\nfour\nmine\n")
    told = world("undo", "--yes")
    assert (told.returncode, "a.py: what was edited since stays" in told.stderr) == (0, True)
    assert (world.root / "a.py").read_text() == "one\ntwo\nthree\nfour\nmine\n"


def test_what_is_not_there_is_said(world: World) -> None:
    assert world("journal").stdout == "Nothing was written.\n"
    told = world("undo", "7")
    assert (told.returncode, "no entry 7" in told.stderr) == (Exit.USAGE, True)


def test_as_json(world: World) -> None:
    world.put("b", "c\n")
    (found,) = json.loads(world("journal", "--json").stdout)
    assert (found["id"], found["by"], found["undone"], found["undoes"]) == (
        1,
        "a test",
        False,
        None,
    )
    assert found["files"] == [{"path": "b", "kind": "modified", "old": ""}]
    at = datetime.fromisoformat(found["at"])
    assert abs(at.timestamp() - time.time()) < 600
    assert at.tzinfo


def test_the_list_has_the_files_and_the_zone(world: World) -> None:
    world.put("b", "c\n")
    world.put("new", "c\n")
    lines = world("journal").stdout.splitlines()
    assert lines[1::2] == ["       created new", "       changed b"]
    assert re.match(r"    2  \d{4}-\d\d-\d\d \d\d:\d\d [+-]\d{4}  a test: write new$", lines[0])


# ── what is not to be taken back ────────────────────────────────────────────────────────────────


def test_what_is_so_already_is_marked_and_passed_over(world: World) -> None:
    world.put("a.py", "ONE\n")
    world.put("b", "c\n")
    (world.root / "b").write_text(FILES["b"])
    told = world("undo", stdin="y\n")
    assert told.returncode == Exit.CLEAN
    assert "Entry 2: there is nothing to change" in told.stderr
    assert told.stderr.count("Undo “") == 1
    assert (world.root / "a.py").read_text() == FILES["a.py"]
    assert [each.endswith("(undone)") for each in world.listed()] == [False, True, True]
    told = world("undo", "2")
    assert (told.returncode, "Undo “" in told.stderr) == (Exit.CLEAN, False)
    assert "Nothing is left to undo" in world("undo").stdout


def test_a_conflict_names_the_ways_on(world: World) -> None:
    world.put("b", "c\n")
    world.put("a.py", "ONE\n")
    (world.root / "a.py").write_text("mine\n")
    for words in (["undo", "--yes"], ["undo", "2", "--partly", "--yes"]):
        told = world(*words)
        assert told.returncode == Exit.FAILED
        assert "the next older entry: `understudy undo 1`" in told.stderr
        assert "`understudy journal show 2 --file FILE --before`" in told.stderr
        assert "--partly" not in told.stderr
    told = world("journal", "show", "2", "--file", "a.py", "--before")
    assert told.stdout == FILES["a.py"]
    assert world("journal", "show", "2", "--file", "a.py", "--after").stdout == "ONE\n"
    assert world("undo", "1", "--yes").returncode == Exit.CLEAN


def test_as_much_as_goes_is_taken_back_and_the_rest_is_named(world: World) -> None:
    before = photograph(world.root)
    script = "echo c > b; mkdir docs; echo x > docs/x; echo y > docs/y; echo z > a.py"
    world("sandbox", "run", "--apply", "--", "sh", "-c", script, stdin="y\n")
    (world.root / "docs/extra").write_text("mine\n")
    (world.root / "a.py").write_text("mine\n")
    told = world("undo", "--yes")
    assert told.returncode == Exit.FAILED
    assert "all but that: `understudy undo 1 --partly`" in told.stderr
    told = world("undo", "--partly", stdin="y\n")
    assert told.returncode == Exit.FINDINGS
    assert "docs: the folder stays; it is not empty: extra is in it." in told.stderr
    assert "a.py: left as it is; it was changed meanwhile" in told.stderr
    assert "Undone, as entry 2; the rest of 1 stands." in told.stderr
    after = photograph(world.root)
    assert {p for p in after if after[p] != before.get(p)} == {"docs", "docs/extra", "a.py"}
    assert "undo of 1, in part: sandbox: sh -c" in world.listed()[0]
    (world.root / "a.py").write_text("z\n")
    assert world("undo", "--yes").returncode == Exit.CLEAN
    assert (world.root / "a.py").read_text() == FILES["a.py"]


def test_only_the_files_that_are_named_as_one_stands_or_as_they_are_listed(world: World) -> None:
    for content in ("2", "3"):
        script = f"mkdir -p sub; echo {content} > sub/a; echo {content} > b"
        world("sandbox", "run", "--apply", "--", "sh", "-c", script, stdin="y\n")
    world.put("a.py", "ONE\n")
    told = world("undo", "--file", "none", "--yes")
    assert "Nothing is left to undo" in told.stdout
    told = world("undo", "3", "--file", "b", "--yes")
    assert (told.returncode, "Entry 3 has not changed b." in told.stderr) == (Exit.USAGE, True)
    told = world("undo", "--file", "sub/a", "--yes")
    assert "the rest of 2 stands" in told.stderr
    assert ((world.root / "sub/a").read_text(), (world.root / "b").read_text()) == ("2\n", "3\n")
    world.here = world.root / "sub"
    told = world("undo", "--file", "a", "--yes")
    assert "Entry 2: there is nothing to change" in told.stderr
    assert not (world.root / "sub/a").exists()
    world.here = world.root
    assert world("undo", "3", "--file", ".", "--yes").returncode == Exit.CLEAN
    assert (world.root / "a.py").read_text() == FILES["a.py"]


def test_an_entry_is_shown_with_its_files_and_its_diff(world: World) -> None:
    script = "echo c > b; echo d >> a.py; mkdir n; echo n > n/n"
    world("sandbox", "run", "--apply", "--", "sh", "-c", script, stdin="y\n")
    told = world("journal", "show", "1").stdout
    assert "you: sandbox: sh -c" in told
    assert "-b\n+c\n" in told
    assert "+d\n" in told
    told = world("journal", "show", "1", "--file", "b").stdout
    assert ("-b\n+c\n" in told, "+d\n" in told) == (True, False)
    assert world("journal", "show", "1", "--file", "n/n", "--after").stdout == "n\n"
    for words, why in (
        (["2"], "There is no entry 2"),
        (["1", "--file", "x"], "Entry 1 has not changed x."),
        (["1", "--before"], "name it with --file"),
        (["1", "--file", "n/n", "--before"], "There was no file n/n before entry 1."),
        (["1", "--file", "n", "--after"], "There was no file n after entry 1."),
    ):
        told_ = world("journal", "show", *words)
        assert (told_.returncode, why in told_.stderr) == (Exit.USAGE, True), told_.stderr


def test_what_an_editor_made_is_told_and_what_it_has_not_saved(world: World) -> None:
    before, after = State.of(b"b\n", 0o644), State.of(b"c\n", 0o644)
    checked = Checked((Change.between("b", before, after),), ())
    record = handing.hand_over(checked, world.root, world.store, by="you", what="try it")
    assert "handed to an editor, which did not say" in world("journal").stdout
    handing.answered(world.store, record.id, made=True)
    assert "(by the editor)" in world("journal").stdout
    told = world("undo", "--yes")
    assert (told.returncode, "its own undo takes back" in told.stderr) == (Exit.CLEAN, True)
    assert len(journal.entries(world.store)) == 1
    (world.root / "b").write_text("half of it\n")
    told = world("undo", "--yes")
    assert told.returncode == Exit.FAILED
    assert "b: it was changed meanwhile" in told.stderr
    assert "its own undo takes back" in told.stderr
    (world.root / "b").write_text("c\n")
    assert world("undo", "--yes").returncode == Exit.CLEAN
    assert (world.root / "b").read_text() == "b\n"


async def test_a_workspace_that_is_opened_finishes_what_was_interrupted(
    world: World, tmp_path: Path
) -> None:
    world.put("a.py", "ONE\n")
    world.put("b", "c\n")
    for number in ("1", "2"):  # as a crash leaves them: all is written, and the entry is open
        (world.store / number).rename(world.store / f"{number}.open")
    (world.root / "b").write_text("edited\n")
    workspace = Workspace(world.root, world.store.parent, trusted=False)
    try:
        await workspace.load(None)
        assert "b edited since" in workspace.trouble
    finally:
        await workspace.close()
    assert [(each.id, each.left) for each in journal.entries(world.store)] == [
        (2, True),
        (1, False),
    ]


async def test_what_waits_for_another_folder_is_told_and_can_be_dropped(world: World) -> None:
    world.put("b", "c\n")
    world.put("a.py", "ONE\n")
    (world.store / "2").rename(world.store / "2.open")
    world.root.rename(world.root.with_name("away"))
    shutil.copytree(world.root.with_name("away"), world.root)
    workspace = Workspace(world.root, world.store.parent, trusted=False)
    try:
        await workspace.load(None)
        assert "see `understudy journal`" in workspace.trouble
    finally:
        await workspace.close()
    told = world("journal")
    entries = [line.split()[0] for line in told.stdout.splitlines() if line[4].isdecimal()]
    assert entries == ["2", "1"]
    assert "(interrupted: it waits)" in told.stdout
    assert f"Entry 2 was interrupted half-way in {world.root}" in told.stderr
    assert "look at a.py" in told.stderr
    found = json.loads(world("journal", "--json").stdout)
    assert [(each["id"], each["waiting"]) for each in found] == [(2, True), (1, False)]

    assert world("journal", "--drop", "1", stdin="y\n").returncode == Exit.USAGE
    world("journal", "--drop", "2", stdin="n\n")
    assert len(json.loads(world("journal", "--json").stdout)) == 2
    assert "Entry 2 is forgotten" in world("journal", "--drop", "2", stdin="y\n").stderr
    (left,) = json.loads(world("journal", "--json").stdout)
    assert (left["id"], left["waiting"]) == (1, False)
    assert not list(world.store.glob("2*"))
    assert (world.root / "a.py").read_text() == "ONE\n"


def test_what_waits_and_cannot_be_read_can_be_dropped(world: World) -> None:
    world.put("b", "c\n")
    (world.store / "1").rename(world.store / "1.open")
    (world.store / "1.open/record.json").write_text("{")
    assert "1.open" in world("journal").stderr
    assert "Entry 1 is forgotten" in world("journal", "--drop", "1", stdin="y\n").stderr
    world.put("b", "d\n")
    assert (world.root / "b").read_text() == "d\n"


def test_a_trial_is_applied_after_a_question_and_undone(world: World) -> None:
    before = photograph(world.root)
    script = "echo c > b; mkdir .vscode; echo {} > .vscode/tasks.json"
    run = ("sandbox", "run", "--apply", "--", "sh", "-c", script)
    assert world(*run, stdin="n\n").returncode == Exit.FINDINGS
    assert photograph(world.root) == before
    told = world(*run, stdin="y\n")
    assert told.returncode == Exit.CLEAN, told.stderr
    assert "by themselves:\n  .vscode/tasks.json is run by editors\n" in told.stderr
    assert "`understudy undo 1` takes it back" in told.stderr
    assert (world.root / "b").read_text() == "c\n"
    assert (world.root / ".vscode/tasks.json").read_text() == "{}\n"
    assert world("undo", "--yes").returncode == Exit.CLEAN
    assert photograph(world.root) == before


def test_what_failed_is_not_applied(world: World) -> None:
    before = photograph(world.root)
    told = world("sandbox", "run", "--apply", "--", "sh", "-c", "echo c > b; exit 4", stdin="y\n")
    assert (told.returncode, "Apply it?" in told.stderr) == (4, False)
    assert photograph(world.root) == before


def test_an_entry_that_cannot_be_read_is_told_and_stops_no_other(world: World) -> None:
    world.put("b", "c\n")
    (world.store / "77.open").mkdir()
    for words in (("journal",), ("undo", "--yes")):
        told = world(*words)
        assert told.returncode == Exit.CLEAN
        assert f"{world.store}/77.open cannot be read" in told.stderr
        assert "moved away or deleted" in told.stderr
    assert (world.root / "b").read_text() == "b\n"
    (world.store / "77.open").rmdir()
    assert world("journal").stderr == ""


def test_what_was_interrupted_is_looked_after_before_a_command_is_tried(world: World) -> None:
    old = (world.root / "a.py").read_bytes()
    changes = tuple(
        Change.between(name, State.of(content, 0o644), State.of(b"half\n", 0o644))
        for name, content in (("a.py", old), ("b", b"b\n"))
    )
    with Beneath(world.root) as place:
        record = Record(0, 1.0, "a test", "change", place.root, changes, inode=place.inode)
        Records(world.store).begin(record, place.open)
    (world.root / "a.py").write_bytes(b"half\n")
    tried = world("sandbox", "run", "--", "cat", "a.py")
    assert (tried.returncode, tried.stdout.encode()) == (0, old), tried.stderr
    assert (world.root / "a.py").read_bytes() == old

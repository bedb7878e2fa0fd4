"""Applying changes and taking them back: whole or not at all, and nothing of anybody's lost."""

from __future__ import annotations

import dataclasses
import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from understudy.journal import apply as journal
from understudy.journal import beneath, carry_out
from understudy.journal.beneath import Beneath
from understudy.journal.change import Change, Entry, State
from understudy.journal.check import Checked, Refused
from understudy.journal.handing import answered, hand_over
from understudy.journal.record import Maker
from understudy.journal.records import Bounds

from .support import AS_A_USER
from .trees import Scene, killed_at, link, photograph, put, times

# ── refusals ────────────────────────────────────────────────────────────────────────────────────

TREE = {
    "text": b"one\n",
    "folder/inner": b"inner\n",
    ".git/config": b"[core]\n",
    "other": b"other\n",
    "kept": b"kept\n",
}
TEXT, NEW = State.of(b"one\n", 0o644), State.of(b"new\n", 0o644)
FOLDER = State(Entry.FOLDER, 0o755)


def creating(path: str, state: State = NEW) -> Change:
    return Change.between(path, None, state)


REFUSED = {
    "above": (creating("../x"), "no path below"),
    "absolute": (creating("/tmp/x"), "no path below"),
    "empty": (creating(""), "no path below"),
    "dot": (creating("a/./x"), "no path below"),
    "nul": (creating("a\0b"), "no path below"),
    "pipe": (creating("x", State(Entry.SPECIAL, 0o644)), "no file, folder or link"),
    "set-uid": (creating("x", State.of(b"", 0o4755)), "set-id"),
    "set-gid": (creating("x", State.of(b"", 0o2755)), "set-id"),
    "set-uid by mode": (Change.between("text", TEXT, State.of(b"one\n", 0o4644)), "set-id"),
    "set-uid folder": (creating("x", State(Entry.FOLDER, 0o4755)), "set-id"),
    "locked": (creating("x", State.of(b"", 0o200)), "could not read it"),
    "link out": (creating("x", link("../out")), "leads out"),
    "link out, deeper": (creating("folder/x", link("../../out")), "leads out"),
    "link, absolute": (creating("x", link("/etc/passwd")), "leads out"),
    "link, out and in": (creating("x", link("folder/../../out")), "leads out"),
    "link by a link": (creating("x", link("out/passwd")), "by another one"),
    "through a link": (creating("in/x"), "in is no folder"),
    "through a link out": (creating("out/x"), "out is no folder"),
    "through a file": (creating("text/x"), "text is no folder"),
    "nowhere": (creating("none/x"), "none is no folder"),
    "taken": (creating("text"), "something else stands there"),
    "taken by a folder": (creating("folder"), "something else stands there"),
    "renamed to what is there": (Change.between("other", TEXT, TEXT, "text"), "something else"),
    "renamed from nothing": (Change.between("x", TEXT, TEXT, "none"), "it was deleted meanwhile"),
    "changed": (Change.between("other", TEXT, NEW), "it was changed meanwhile"),
    "gone": (Change.between("none", TEXT, NEW), "it was deleted meanwhile"),
    "deleted, changed": (Change.between("other", TEXT, None), "it was changed meanwhile"),
    "deleted, not empty": (
        Change.between("folder", FOLDER, None),
        "it is not empty: inner is in it",
    ),
    "a link now": (Change.between("in", TEXT, NEW), "it was changed meanwhile"),
    "a pipe now": (Change.between("pipe", TEXT, NEW), "no file, folder or link"),
    "git": (creating(".git/hooks/post-commit"), r"consent of its own \(git\)"),
    "git, deeper": (creating("folder/.GIT/x"), "consent"),
    "git, away": (Change.between("x", TEXT, TEXT, ".git/config"), "consent"),
    "editor": (creating(".vscode"), "consent"),
    "editor, another": (creating("folder/.idea/x.xml"), "consent"),
    "CI": (creating(".github/workflows"), "consent"),
    "CI, another": (creating(".gitlab-ci.yml"), "consent"),
    "shell": (creating("folder/.bashrc"), "consent"),
    "shell, another": (creating(".envrc"), "consent"),
    "hooks": (creating(".husky"), "consent"),
    "our own": (creating(".understudy"), "consent"),
    "a temporary name": (creating(".understudy-2-af3e.old"), "itself uses such names"),
    "a temporary name, away": (Change.between("x", TEXT, TEXT, "in/.understudy-2-a.new"), "itself"),
    "set-uid taken": (Change.between("text", State.of(b"one\n", 0o4755), NEW), "not given back"),
    "set-gid removed": (Change.between("text", State.of(b"one\n", 0o2755), None), "not given back"),
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    for name, content in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(content)
    (root / "in").symlink_to("folder")
    (root / "out").symlink_to("/etc")
    os.mkfifo(root / "pipe")
    return root


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal"


@pytest.mark.parametrize(("change", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_writes_nothing_at_all(
    root: Path, store: Path, change: Change, why: str
) -> None:
    before, modified = photograph(root), times(root)
    good = (creating("good"), Change.between("kept", State.of(b"kept\n", 0o644), NEW))
    with pytest.raises(Refused, match=why) as told:
        put((*good, change), root, store)
    assert [path for path, _ in told.value.reasons] == [change.path]
    assert (photograph(root), times(root)) == (before, modified)
    assert journal.entries(store) == []
    assert put(good, root, store), "it was not refused for what else there was"


def test_a_consent_lets_its_own_files_through_and_no_others(root: Path, store: Path) -> None:
    change = creating(".git/hook")
    with pytest.raises(Refused):
        put([change], root, store, ["editor", "CI", "shell"])
    assert put([change], root, store, ["git"])
    assert (root / ".git/hook").read_bytes() == b"new\n"


# ── what somebody else has done meanwhile ───────────────────────────────────────────────────────

LINES = [f"{number}\n" for number in range(9)]


def text(**changed: str) -> bytes:
    """Nine lines, those by the name of their number changed."""
    return "".join(changed.get(f"l{at}", line) for at, line in enumerate(LINES)).encode()


def kept(folder: Path, content: bytes) -> State:
    """A state from before whose content was kept."""
    place = folder / "before"
    place.write_bytes(content)
    return dataclasses.replace(State.of(content, 0o644), content=None, place=str(place))


def test_edits_elsewhere_in_a_text_are_merged(root: Path, store: Path, tmp_path: Path) -> None:
    before, after = kept(tmp_path, text()), State.of(text(l1="applied\n"), 0o755)
    (root / "text").write_bytes(text(l7="typed\n"))
    record = put([Change.between("text", before, after)], root, store)
    assert record
    assert record.merged == ("text",)
    assert (root / "text").read_bytes() == text(l1="applied\n", l7="typed\n")
    assert stat.S_IMODE((root / "text").stat().st_mode) == 0o755
    journal.undo(store, record.id, by="a test")
    assert (root / "text").read_bytes() == text(l7="typed\n")
    assert stat.S_IMODE((root / "text").stat().st_mode) == 0o644


@pytest.mark.parametrize(("keeps", "line"), [(True, "l1"), (False, "l7")])
def test_edits_that_cannot_be_merged_are_refused(
    root: Path, store: Path, tmp_path: Path, keeps: bool, line: str
) -> None:
    """Both in the same line; or apart, and the text from before was not kept."""
    before, typed = kept(tmp_path, text()), text(**{line: "typed\n"})
    if not keeps:
        before = dataclasses.replace(before, place=str(root / "text"))
    (root / "text").write_bytes(typed)
    with pytest.raises(Refused, match="changed meanwhile"):
        put([Change.between("text", before, State.of(text(l1="a\n"), 0o644))], root, store)
    assert (root / "text").read_bytes() == typed


def test_what_is_so_already_is_left_alone(root: Path, store: Path) -> None:
    changes = [Change.between("text", State.of(b"zero\n", 0o644), TEXT), creating("folder", FOLDER)]
    assert put(changes, root, store) is None
    assert put([*changes, creating("x")], root, store)
    (record,) = journal.entries(store)
    assert [each.path for each in record.changes] == ["x"]


def test_undo_merges_or_names_what_was_edited_since(root: Path, store: Path) -> None:
    (root / "text").write_bytes(text())
    (root / "other").write_bytes(text())
    long = State.of(text(), 0o644)
    record = put(
        [
            Change.between("text", long, State.of(text(l1="applied\n"), 0o644)),
            Change.between("other", long, State.of(text(l1="applied\n"), 0o644)),
            Change.between("folder/inner", State.of(b"inner\n", 0o644), None),
        ],
        root,
        store,
    )
    assert record
    (root / "text").write_bytes(text(l1="applied\n", l7="typed\n"))
    (root / "other").write_bytes(text(l1="typed\n"))
    (root / "folder/inner").write_bytes(b"again\n")
    before = photograph(root)
    with pytest.raises(Refused) as told:
        journal.undo(store, record.id, by="a test")
    assert [path for path, _ in told.value.reasons] == ["other", "folder/inner"]
    assert photograph(root) == before
    (root / "other").write_bytes(text(l1="applied\n"))
    (root / "folder/inner").unlink()
    planned = journal.undoing(store, record.id)
    assert planned.merged == ("text",)
    assert {each.path for each in planned.changes} == {"text", "other", "folder/inner"}
    assert journal.undo(store, record.id, by="a test")
    assert (root / "text").read_bytes() == text(l7="typed\n")
    assert (root / "other").read_bytes() == text()
    assert (root / "folder/inner").read_bytes() == b"inner\n"


# ── what somebody else does at that moment ──────────────────────────────────────────────────────

MANY = [
    Change.between("text", TEXT, NEW),
    Change.between("kept", State.of(b"kept\n", 0o644), None),
    Change.between("folder/inner", State.of(b"inner\n", 0o644), NEW),
    creating("made", FOLDER),
    creating("made/x"),
]


def just_before(patch: pytest.MonkeyPatch, step: str, path: str, does: Callable[[], None]) -> None:
    """Let something happen after all was checked, when a step comes to a path."""
    real = getattr(carry_out, step)

    def stepping(place: Beneath, change: Change, mark: str) -> None:
        if change.path == path:
            does()
        real(place, change, mark)

    patch.setattr(carry_out, step, stepping)


@pytest.mark.parametrize(
    ("step", "path"), [("_put", "text"), ("_take", "kept"), ("_put", "folder/inner")]
)
def test_what_is_saved_at_that_moment_stays(
    root: Path, store: Path, monkeypatch: pytest.MonkeyPatch, step: str, path: str
) -> None:
    just_before(monkeypatch, step, path, lambda: assign(root / path, b"saved\n"))
    before = photograph(root) | {path: ("file", 0o644, b"saved\n")}
    with pytest.raises(OSError, match="changed meanwhile"):
        put(MANY, root, store)
    assert photograph(root) == before
    (record,) = journal.entries(store)
    assert (record.left, [each.path for each in record.changes]) == (True, [path])


@pytest.mark.parametrize(("step", "path"), [("_put", "text"), ("_take", "kept")])
def test_what_is_saved_at_that_moment_stays_although_it_ends_there(
    root: Path, store: Path, monkeypatch: pytest.MonkeyPatch, step: str, path: str
) -> None:
    """Killed when what was saved has just left its place, before it was looked at."""
    just_before(monkeypatch, step, path, lambda: assign(root / path, b"saved\n"))
    before = photograph(root) | {path: ("file", 0o644, b"saved\n")}
    real = carry_out._is_known

    def looking(folder: int, name: str, change: Change) -> bool:
        if change.path == path:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(folder, name, change)

    with monkeypatch.context() as patch:
        patch.setattr(carry_out, "_is_known", looking)
        assert killed_at(NEVER, lambda: put(MANY, root, store))
    assert (root / path).exists() == (step == "_put")
    (found,) = journal.recover(store, root)
    assert found.left == (path,)
    assert photograph(root) == before


def test_what_is_saved_while_it_is_taken_back_stays_although_it_ends_there(
    root: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = photograph(root) | {"text": ("file", 0o644, b"saved\n")}
    putting, looking = carry_out._put, carry_out._is_known

    def put_back(place: Beneath, change: Change, mark: str) -> None:
        if mark.endswith("-back") and change.path == "text":
            assign(root / "text", b"saved\n")
        putting(place, change, mark)

    def ending(folder: int, name: str, change: Change) -> bool:
        if change.path == "text" and TEXT.holds(change.after):
            os.kill(os.getpid(), signal.SIGKILL)
        return looking(folder, name, change)

    def fail(*_: object) -> None:
        raise OSError("it failed")

    with monkeypatch.context() as patch:
        patch.setattr(carry_out, "_put", put_back)
        patch.setattr(carry_out, "_is_known", ending)
        patch.setattr(carry_out, "_set_mode", fail)
        assert killed_at(NEVER, lambda: put(MANY, root, store))
    (found,) = journal.recover(store, root)
    assert found.left == ("text",)
    assert photograph(root) == before


def test_what_somebody_puts_into_a_folder_that_cannot_stay_keeps_it(
    root: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file that the folder took the place of is in the journal, and nowhere else."""
    before = photograph(root)
    dropping = carry_out._drop_aside

    def fail(place: Beneath, change: Change, mark: str) -> None:
        if change.path == "text" and not (mark.endswith("-back") or (root / "text/mine").exists()):
            assign(root / "text/mine", b"mine\n")
            raise OSError("it failed")
        dropping(place, change, mark)

    changes = [Change.between("text", TEXT, FOLDER), creating("text/x"), creating("y")]
    with monkeypatch.context() as patch:
        patch.setattr(carry_out, "_drop_aside", fail)
        with pytest.raises(OSError, match="it failed"):
            put(changes, root, store)
    seen = photograph(root)
    assert seen.pop("text/mine") == ("file", 0o644, b"mine\n")
    assert seen.pop("text")[0] == "folder"
    del before["text"]
    assert seen == before
    (record,) = journal.entries(store)
    assert [(c.path, c.before and c.before.read()) for c in record.changes] == [("text", b"one\n")]


@pytest.mark.parametrize("path", ["text", "folder/inner"])
@pytest.mark.parametrize("goes", [False, True])
def test_what_a_program_has_open_to_write_to_it_stays(
    root: Path, store: Path, path: str, goes: bool
) -> None:
    before, stands = photograph(root), root / path
    content = stands.read_bytes()
    after = None if goes else State.of(b"new\n", 0o644)
    changes = [
        Change.between("made", None, State.of(b"made\n", 0o644)),
        Change.between(path, State.of(content, 0o644), after),
    ]
    with open(stands, "r+b") as file:
        with pytest.raises(OSError, match="has it open"):
            put(changes, root, store)
        assert photograph(root) == before
        file.write(b"more\n")
    assert stands.read_bytes().startswith(b"more\n")
    stands.write_bytes(content)
    with open(stands, "rb"):  # to read from it is nothing to lose
        assert put(changes, root, store)
    assert stands.exists() is not goes


NEVER = 1_000_000


def assign(path: Path, content: bytes) -> None:
    path.write_bytes(content)


@pytest.mark.parametrize("step", ["write_beside", "_put"])
@pytest.mark.parametrize("old_kernel", [False, True])
def test_a_folder_that_becomes_a_link_leads_nowhere(
    root: Path, store: Path, monkeypatch: pytest.MonkeyPatch, step: str, old_kernel: bool
) -> None:
    outside = root.parent / "outside"
    outside.mkdir()
    (outside / "inner").write_bytes(b"inner\n")
    if old_kernel:
        monkeypatch.setattr(beneath, "_OPENAT2", NO_SYSCALL)

    def swap() -> None:
        (root / "folder").rename(root / "away")
        (root / "folder").symlink_to(outside)

    just_before(monkeypatch, step, "folder/inner", swap)
    with pytest.raises(OSError, match=r"symbolic links|Not a directory"):
        put(MANY, root, store)
    assert photograph(outside) == {"inner": ("file", 0o644, b"inner\n")}
    assert (root / "away/inner").read_bytes() == b"inner\n"
    assert (root / "text").read_bytes() == b"one\n"
    assert not (root / "made").exists()


NO_SYSCALL = 100_000


def test_where_kernel_and_file_system_can_less_it_works_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beneath, "_OPENAT2", NO_SYSCALL)
    monkeypatch.setattr(beneath, "_rename", lambda *_: False)
    scene = Scene(tmp_path / "scene")
    scene.apply()
    assert photograph(scene.root) == scene.after
    scene.undo()
    assert photograph(scene.root) == scene.before


class Plain:
    """A C library without the calls of Linux."""

    def __getattr__(self, name: str) -> None:
        raise AttributeError(name)


def test_where_the_library_and_the_system_have_less_it_works_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene = Scene(tmp_path / "scene")
    monkeypatch.setattr(beneath, "_libc", Plain())
    monkeypatch.setattr(sys, "platform", "darwin")
    for name in ("listxattr", "getxattr", "setxattr"):
        monkeypatch.delattr(os, name)
    scene.apply()
    assert photograph(scene.root) == scene.after
    scene.undo()
    assert photograph(scene.root) == scene.before
    put([creating(f"x{number}") for number in range(20)], scene.root, tmp_path / "store")
    assert len(photograph(scene.root)) == len(scene.before) + 20


def test_what_was_interrupted_waits_for_a_workspace_that_is_away(root: Path, store: Path) -> None:
    before = photograph(root)
    assert killed_at(70, lambda: put(MANY, root, store))
    assert any(store.glob("*.open")), "it had begun to write"
    away = root.rename(root.with_name("away"))
    assert journal.recover(store, root) == []
    root.mkdir()  # where something is to be mounted
    assert journal.recover(store, root) == []
    assert photograph(root) == {}
    away.rename(root)
    (found,) = journal.recover(store, root)
    assert not found.completed
    assert photograph(root) == before


def test_many_files_at_once(root: Path, store: Path) -> None:
    before = photograph(root)
    contents = {f"x{number}": b"%d\n" % (number % 30) for number in range(40)}
    contents |= {"long": bytes(range(256)) * 10_000, "none": b""}
    record = put(
        [creating(name, State.of(each, 0o644)) for name, each in contents.items()], root, store
    )
    assert record
    assert {name for _, _, names in os.walk(store / "1") for name in names} == {
        "contents",
        "record.json",
    }
    assert {name: (root / name).read_bytes() for name in contents} == contents
    assert len(photograph(root)) == len(before) + 42
    journal.undo(store, record.id, by="a test")
    assert photograph(root) == before


@pytest.mark.parametrize("path", ["../x", "folder/../../x", "in/inner", "text/x"])
def test_no_way_leads_out(root: Path, path: str) -> None:
    top = os.open(root, os.O_RDONLY)
    try:
        for opened in (beneath.open_beneath, beneath.walk_beneath):
            with pytest.raises(OSError, match=r"symbolic links|Not a directory|cross-device"):
                opened(top, path, os.O_RDONLY)
    finally:
        os.close(top)


def test_what_was_edited_after_a_crash_is_left_and_named(root: Path, store: Path) -> None:
    before = photograph(root)
    count = 60
    while killed_at(count, lambda: put(MANY, root, store)):
        if (root / "text").read_bytes() == b"new\n" and any(store.glob("*.open")):
            break
        journal.recover(store, root)
        assert photograph(root) == before
        count += 1
    (root / "text").write_bytes(b"typed\n")
    (found,) = journal.recover(store, root)
    assert (found.completed, found.left) == (False, ("text",))
    assert photograph(root) == before | {"text": ("file", 0o644, b"typed\n")}
    (record,) = journal.entries(store)
    assert record.left
    assert [(c.path, c.before and c.before.read()) for c in record.changes] == [("text", b"one\n")]


LOCKED = """
import sys
from pathlib import Path
from understudy.journal.apply import apply
from understudy.journal.change import Change, State
old, new = State.of(b"old", 0o644), State.of(b"new", 0o644)
changes = [Change.between(name, old, new) for name in ("first", "locked/inner", "then")]
try:
    apply(changes, Path(sys.argv[1]), Path(sys.argv[2]), by="a test", what="try it")
except OSError as error:
    print(error)
"""


def test_what_fails_on_the_way_is_taken_back(tmp_path: Path) -> None:
    root, store = tmp_path / "root", tmp_path / "journal"
    (root / "locked").mkdir(parents=True)
    for name in ("first", "locked/inner", "then"):
        (root / name).write_bytes(b"old")
    (root / "locked").chmod(0o555)
    before, modified = photograph(root), times(root)
    command = [*AS_A_USER, sys.executable, "-P", "-c", LOCKED, str(root), str(store)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Permission denied; what had been written was taken back" in told
    assert (photograph(root), times(root)) == (before, modified)
    assert journal.entries(store) == []


def test_names_in_messages_steer_no_terminal(root: Path, store: Path) -> None:
    with pytest.raises(Refused) as told:
        put([creating("none\x1b[31m\udcff/x")], root, store)
    assert "none\\x1b[31m\\udcff/x: " in str(told.value)
    assert "\x1b" not in str(told.value)


# ── what is kept ────────────────────────────────────────────────────────────────────────────────


def test_the_journal_is_private_and_survives_odd_neighbours(root: Path, store: Path) -> None:
    put(MANY, root, store)
    (store / "notes.txt").write_text("what does not belong here")
    (store / "7").mkdir()
    for path in (store, *store.rglob("*")):
        if path.name not in ("notes.txt", "7"):
            assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path
    (record,) = journal.entries(store)
    assert (record.id, record.by, record.what, record.undone) == (1, "a test", "try it", False)
    undone = journal.undo(store, 1, by="another")
    assert undone
    assert [(r.id, r.undoes, r.undone) for r in journal.entries(store)] == [
        (8, 1, False),
        (1, 0, True),
    ]
    journal.undo(store, 8, by="another")
    assert [r.undone for r in journal.entries(store)] == [False, True, False]
    with pytest.raises(LookupError):
        journal.undo(store, 99, by="a test")


DAY = 86_400.0


@pytest.mark.parametrize(
    ("bounds", "left"),
    [
        (Bounds(), [5, 4, 3, 2, 1]),
        (Bounds(entries=2), [5, 4]),
        (Bounds(days=2.5), [5, 4, 3]),
        (Bounds(bytes=20), [5, 4]),
        (Bounds(days=0, entries=0, bytes=0), [5]),
    ],
)
def test_only_so_much_is_kept(root: Path, store: Path, bounds: Bounds, left: list[int]) -> None:
    for day in range(5):
        change = creating(f"x{day}", State.of(b"ten bytes\n", 0o644))
        journal.apply(
            [change],
            root,
            store,
            by="a",
            what="b",
            bounds=bounds,
            now=lambda day=day: day * DAY,  # type: ignore[misc]
        )
    assert [record.id for record in journal.entries(store)] == left


# ── what an editor makes ────────────────────────────────────────────────────────────────────────


def test_what_is_deleted_goes_whatever_its_mode_has_become(root: Path, store: Path) -> None:
    record = put([creating("x")], root, store)
    assert record
    (root / "x").chmod(0o600)
    undone = journal.undo(store, record.id, by="a test")
    assert undone
    assert not (root / "x").exists()
    journal.undo(store, undone.id, by="a test")
    assert photograph(root)["x"] == ("file", 0o600, b"new\n")


def test_in_doubt_nothing_is_undone_by_it(root: Path, store: Path) -> None:
    """An entry that an editor was asked to take back, which it perhaps did not."""
    record = put([Change.between("text", TEXT, NEW)], root, store)
    assert record
    found = journal.undoing(store, record.id)
    asked = hand_over(found.checked, root, store, by="a", what="b", undoes=record.id)
    assert [(r.id, r.maker, r.undone) for r in journal.entries(store)] == [
        (asked.id, Maker.ASKED, False),
        (record.id, Maker.JOURNAL, False),
    ]
    answered(store, asked.id, made=True)
    assert [r.undone for r in journal.entries(store)] == [False, True]
    assert (root / "text").read_bytes() == b"new\n"


def test_what_is_not_saved_is_taken_back_as_it_is_shown(root: Path, store: Path) -> None:
    before, after = State.of(text(), 0o644), State.of(text(l1="applied\n"), 0o644)
    (root / "text").write_bytes(text())
    record = hand_over(
        Checked((Change.between("text", before, after),), ()), root, store, by="a", what="b"
    )
    assert journal.undoing(store, record.id).changes == ()
    shown = {"text": text(l1="applied\n", l7="typed\n")}
    (change,) = journal.undoing(store, record.id, shown).changes
    assert change.after
    assert change.after.read() == text(l7="typed\n")
    assert change.before
    assert change.before.read() == shown["text"]


@pytest.mark.parametrize("made", [True, False])
def test_what_an_editor_was_asked_for_is_dropped_when_it_did_nothing(
    root: Path, store: Path, made: bool
) -> None:
    change = creating("x")
    record = hand_over(Checked((change,), ()), root, store, by="a", what="b")
    if made:
        (root / "x").write_bytes(b"")
    answered(store, record.id, made=False)
    assert [each.maker for each in journal.entries(store)] == [Maker.ASKED] * made
    elsewhere = Change.between("text", dataclasses.replace(NEW, content=None), TEXT)
    with pytest.raises(OSError, match="It was changed meanwhile"):
        hand_over(Checked((elsewhere,), ()), root, store, by="a", what="b")


def test_what_was_made_is_made_although_an_old_entry_cannot_be_removed(
    root: Path, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put([creating("x")], root, store)
    removing = shutil.rmtree
    broken: list[str] = []

    def fail(path: Path, ignore_errors: bool = False) -> None:
        """In the middle of it."""
        if path.parent == store and path.exists():
            (path / "record.json").unlink(missing_ok=True)
            broken.append(path.name)
            if not ignore_errors:
                raise OSError(errno.EBUSY, os.strerror(errno.EBUSY), str(path))

    monkeypatch.setattr(shutil, "rmtree", fail)
    change = [creating("y")]
    made = journal.apply(change, root, store, by="a", what="b", bounds=Bounds(entries=1))
    assert made
    assert (root / "y").read_bytes() == b"new\n"
    assert [each.id for each in journal.entries(store)] == [made.id]
    assert broken == ["1.draft"]
    monkeypatch.setattr(shutil, "rmtree", removing)
    put([creating("z")], root, store)
    assert not list(store.glob("*.draft"))

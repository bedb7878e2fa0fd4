"""The way back from an entry: of some of its files, and of as much as goes."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.journal import apply as journal
from understudy.journal.change import Change, State
from understudy.journal.check import Refused
from understudy.journal.record import Record
from understudy.journal.reverse import Scope

from .trees import Act, Scene, act, acts, copied, differences, photograph, put

BEFORE = [
    Act("write", "readme", content=b"old\n", mode=0o644),
    Act("write", "code", content=b"1\n2\n3\n4\n5\n", mode=0o644),
    Act("write", "gone/inner", content=b"inner\n", mode=0o644),
    Act("write", "gone/deep/more", content=b"more\n", mode=0o600),
    Act("write", "apart/moved", content=b"moved\n", mode=0o644),
]
AFTER = [
    Act("write", "readme", content=b"new\n", mode=0o644),
    Act("write", "code", content=b"one\n2\n3\n4\n5\n", mode=0o644),
    Act("remove", "gone"),
    Act("write", "made/deep/x", content=b"x\n", mode=0o644),
    Act("write", "made/y", content=b"y\n", mode=0o644),
    Act("rename", "apart/moved", "made/moved"),
    Act("remove", "apart"),
]
FILES = ("readme", "code", "gone/inner", "gone/deep/more", "made/deep/x", "made/y", "made/moved")


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    scene = Scene(tmp_path, BEFORE, AFTER)
    scene.apply()
    assert photograph(scene.root) == scene.after
    return scene


def undo(scene: Scene, *files: str, partly: bool = False, number: int = 1) -> Record | None:
    scope = Scope(files, partly)
    return journal.undo(scene.store, number, by="a test", scope=scope)


def standing(scene: Scene) -> list[int]:
    return [
        each.id
        for each in journal.entries(scene.store)
        if not (each.undone or each.undoes or each.redoes)
    ]


CHOSEN = {
    "one file": (["readme"], {"readme"}),
    "two": (["readme", "code"], {"readme", "code"}),
    "one that goes": (["made/y"], {"made/y"}),
    "its folder goes with the last": (["made/deep/x"], {"made/deep/x", "made/deep"}),
    "one in folders that are gone": (
        ["gone/deep/more"],
        {"gone", "gone/deep", "gone/deep/more"},
    ),
    "a folder": (["gone"], {"gone", "gone/inner", "gone/deep", "gone/deep/more"}),
    "one that was renamed": (["made/moved"], {"made/moved", "apart", "apart/moved"}),
    "by its old name": (["apart/moved"], {"made/moved", "apart", "apart/moved"}),
}


@pytest.mark.parametrize(("files", "paths"), CHOSEN.values(), ids=CHOSEN)
def test_only_the_files_that_are_named(scene: Scene, files: list[str], paths: set[str]) -> None:
    record = undo(scene, *files)
    assert record
    now = photograph(scene.root)
    assert {p for p in {*now, *scene.after} if now.get(p) != scene.after.get(p)} == paths
    assert all(now.get(path) == scene.before.get(path) for path in paths)
    assert (record.partly, standing(scene)) == (True, [1])
    assert undo(scene, number=record.id), "it can be made again"
    assert photograph(scene.root) == scene.after
    assert undo(scene)
    assert (photograph(scene.root), standing(scene)) == (scene.before, [])


def test_file_by_file_it_is_undone_with_the_last(scene: Scene) -> None:
    *others, last = random.Random(1).sample(FILES, len(FILES))
    for file in others:
        assert undo(scene, file)
        assert standing(scene) == [1]
    record = undo(scene, last)
    assert record
    assert not record.partly
    assert (photograph(scene.root), standing(scene)) == (scene.before, [])


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=40)
@given(acts, acts, st.randoms(use_true_random=False))
def test_file_by_file_is_as_good_as_all_at_once(
    first: list[Act], then: list[Act], chance: random.Random
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root, store = Path(folder, "root"), Path(folder, "store")
        root.mkdir()
        act(root, first)
        wanted = copied(root, Path(folder, "wanted"))
        act(wanted, then)
        before = photograph(root)
        changes = differences(root, wanted)
        if put(changes, root, store) is None:
            return
        paths = sorted({each.path for each in changes})
        for path in chance.sample(paths, len(paths)):
            # What is in the way of it goes with what else there is.
            scope = Scope((path,), partly=True)
            try:
                journal.undo(store, 1, by="a test", scope=scope)
            except Refused:
                continue
        journal.undo(store, 1, by="a test")
        assert photograph(root) == before
        assert journal.entries(store)[-1].undone or journal.lapse(store, 1)


def edit(root: Path, path: str, content: bytes = b"mine\n") -> None:
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(content)


AGAINST = {
    "edited": ("readme", {"readme"}, "it was changed meanwhile"),
    "edited, to go": ("made/y", {"made", "made/y"}, "it was changed meanwhile"),
    "made again": ("gone/inner", {"gone/inner"}, "something else stands there now"),
    "a file for a folder": (
        "gone",
        {"gone", "gone/inner", "gone/deep", "gone/deep/more"},
        "something else stands there now",
    ),
}


@pytest.mark.parametrize(("path", "stay", "why"), AGAINST.values(), ids=AGAINST)
def test_as_much_as_goes(scene: Scene, path: str, stay: set[str], why: str) -> None:
    edit(scene.root, path)
    edited = photograph(scene.root)
    with pytest.raises(Refused, match=why):
        undo(scene)
    assert photograph(scene.root) == edited
    found = journal.undoing(scene.store, 1, scope=Scope(partly=True))
    assert why in dict(found.against)[path]
    record = undo(scene, partly=True)
    assert record
    now = photograph(scene.root)
    assert {p for p in {*now, *scene.before} if now.get(p) != scene.before.get(p)} <= stay
    assert now[path] == ("file", 0o644, b"mine\n")
    assert (record.partly, standing(scene)) == (True, [1])
    with pytest.raises(Refused, match=why):
        undo(scene, partly=True)
    if path in scene.after:
        edit(scene.root, path, scene.after[path][2])  # type: ignore[arg-type]
    else:
        (scene.root / path).unlink()
    assert undo(scene)
    assert (photograph(scene.root), standing(scene)) == (scene.before, [])


def test_a_folder_that_is_not_empty_stays(scene: Scene) -> None:
    edit(scene.root, "made/deep/extra")
    found = journal.undoing(scene.store, 1)
    assert found.kept == (
        ("made/deep", "it is not empty: extra is in it"),
        ("made", "it is not empty: deep is in it"),
    )
    record = undo(scene)
    assert record
    extra = {path for path in photograph(scene.root) if path.startswith("made")}
    assert extra == {"made", "made/deep", "made/deep/extra"}
    assert (record.partly, standing(scene)) == (False, [])
    (scene.root / "made/deep/extra").unlink()
    assert undo(scene)
    assert photograph(scene.root) == scene.before


def test_an_entry_of_which_nothing_stands_is_counted_as_undone(scene: Scene) -> None:
    assert not journal.lapse(scene.store, 1)
    assert standing(scene) == [1]
    shutil.rmtree(scene.root)
    scene.root.mkdir()
    act(scene.root, BEFORE)
    assert undo(scene) is None
    assert standing(scene) == [1]
    assert journal.lapse(scene.store, 1)
    assert standing(scene) == []
    act(scene.root, AFTER)
    back = undo(scene)
    assert back
    again = undo(scene, number=back.id)
    assert again
    assert (again.undoes, again.redoes, standing(scene)) == (0, 1, [1])


def test_who_went_back_further_has_taken_back_what_came_later(scene: Scene) -> None:
    content = [State.of(text, 0o644) for text in (b"new\n", b"newer\n", b"y\n", b"z\n")]
    later = [
        Change.between("readme", content[0], content[1]),
        Change.between("made/y", content[2], content[3]),
        Change.between("later", None, content[3]),
    ]
    assert put(later, scene.root, scene.store)
    edit(scene.root, "readme", b"old\n")
    (scene.root / "made/y").unlink()
    (scene.root / "code").write_bytes(b"newest\n")
    assert undo(scene, number=2)
    assert not (scene.root / "later").exists()
    assert ((scene.root / "readme").read_bytes(), standing(scene)) == (b"old\n", [1])
    with pytest.raises(Refused, match="code"):
        undo(scene)


def test_what_is_undone_and_redone_names_the_entry_that_it_is_about(scene: Scene) -> None:
    for at in range(1, 5):
        assert undo(scene, number=at)
    found = [(each.undoes, each.redoes, each.undone) for each in journal.entries(scene.store)]
    assert found == [
        (0, 1, False),
        (1, 0, True),
        (0, 1, False),
        (1, 0, True),
        (0, 0, False),
    ]
    assert {each.what for each in journal.entries(scene.store)} == {"try it"}

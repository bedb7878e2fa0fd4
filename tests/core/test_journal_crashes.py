"""Applying random changes and taking them back; and the end of it at any point."""

from __future__ import annotations

import contextlib
import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from understudy.journal import apply as journal

from .trees import Act, Scene, act, acts, copied, differences, killed_at, photograph, put, times

SLOW = settings(deadline=None, suppress_health_check=list(HealthCheck))


@contextlib.contextmanager
def ground() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


@settings(SLOW, max_examples=60)
@given(acts, acts)
def test_apply_and_undo_are_the_identity(first: list[Act], then: list[Act]) -> None:
    with ground() as folder:
        root, store = folder / "root", folder / "store"
        root.mkdir()
        act(root, first)
        wanted = copied(root, folder / "wanted")
        act(wanted, then)
        before, after, modified = photograph(root), photograph(wanted), times(root)
        record = put(differences(root, wanted), root, store)
        assert photograph(root) == after
        if record is None:
            assert before == after
            return
        undone = journal.undo(store, record.id, by="a test")
        assert photograph(root) == before
        assert times(root) == modified
        assert undone
        journal.undo(store, undone.id, by="a test")
        assert photograph(root) == after


STEPS = [4, pytest.param(1, marks=pytest.mark.soak)]


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("what", ["apply", "undo"])
def test_killed_at_any_point_it_is_whole_after_the_next_start(
    tmp_path: Path, what: str, step: int
) -> None:
    seen = set()
    for count in itertools.count(1, step):
        scene = Scene(tmp_path / str(count))
        if what == "undo":
            scene.apply()
        if not killed_at(count, getattr(scene, what)):
            break
        seen.add(scene.judge())
    assert seen == {"before", "after"}
    assert count > 100
    assert scene.judge() == ("after" if what == "apply" else "before")


@settings(SLOW, max_examples=25)
@given(acts, acts, st.integers(1, 150), st.integers(1, 80))
def test_killed_twice_it_is_whole_all_the_same(
    first: list[Act], then: list[Act], once: int, again: int
) -> None:
    """In a random tree, and in the start after it, too."""
    with ground() as folder:
        scene = Scene(folder / "scene", first, then)
        killed_at(once, scene.apply)
        killed_at(again, lambda: journal.recover(scene.store, scene.root))
        scene.judge()

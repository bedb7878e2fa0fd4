"""Trust: decisions are durable, private, inherited as a person expects, and never assumed."""

from __future__ import annotations

import json
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from understudy import trust as trust_
from understudy.state import locked
from understudy.trust import Trust


@pytest.fixture
def state(tmp_path: Path) -> Path:
    folder = tmp_path / "state"
    folder.mkdir(0o700)
    return folder


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "work" / "shop"
    folder.mkdir(parents=True)
    return folder


def stored(state: Path) -> Path:
    return state / "trust.json"


def test_decisions_last(state: Path, root: Path) -> None:
    trust = Trust(state)
    assert trust.decision(root) is None
    for trusted in (True, False):
        trust.decide(root, trusted=trusted)
        assert trust.decision(root) is trusted
        assert Trust(state).decision(root) is trusted
    assert trust.problem == ""


def test_the_file_is_private_and_nothing_is_left_beside_it(state: Path, root: Path) -> None:
    Trust(state).decide(root, trusted=True)
    assert stat.S_IMODE(stored(state).stat().st_mode) == 0o600
    assert {path.name for path in state.iterdir()} == {"trust.json", "trust.lock"}


def test_the_nearest_decision_holds(state: Path, root: Path) -> None:
    trust = Trust(state)
    trust.decide(root, trusted=True)
    assert trust.decision(root / "vendor" / "lib") is True
    trust.decide(root / "vendor", trusted=False)
    assert trust.decision(root / "vendor" / "lib") is False
    assert trust.decision(root) is True
    assert trust.decision(root.parent) is None
    assert trust.decision(root.with_name("shop2")) is None


def test_home_and_above_cover_nothing_but_themselves(
    state: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(root.parent))
    trust = Trust(state)
    for wide in (Path("/"), root.parent.parent, root.parent):
        trust.decide(wide, trusted=True)
        assert trust.decision(wide) is True
        assert trust.decision(root) is None


def test_a_link_is_what_it_leads_to(state: Path, root: Path) -> None:
    link = root.parent / "link"
    link.symlink_to(root)
    trust = Trust(state)
    trust.decide(link, trusted=True)
    assert trust.decision(root) is True
    other = root.parent / "other"
    other.mkdir()
    link.unlink()
    link.symlink_to(other)
    assert trust.decision(link) is None


def test_a_name_that_is_not_text(state: Path, root: Path) -> None:
    odd = root / os.fsdecode(b"\xff\n")
    Trust(state).decide(odd, trusted=True)
    assert Trust(state).decision(odd) is True


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"version": 1}',
        b'{"version": 1, "roots": {"/": "yes"}}',
        b'{"version": 1, "roots": [true]}',
        b'{"version": "2", "roots": {"/": true}}',
    ],
)
def test_a_broken_file_trusts_nothing_and_is_kept(state: Path, root: Path, content: bytes) -> None:
    stored(state).write_bytes(content)
    trust = Trust(state)
    assert trust.decision(root) is None
    assert "was broken" in trust.problem
    assert (state / "trust.json.broken").read_bytes() == content
    trust.decide(root, trusted=True)
    assert Trust(state).decision(root) is True


def test_a_file_of_a_newer_version_is_left_alone(state: Path, root: Path) -> None:
    content = json.dumps({"version": 2, "roots": {str(root): True}})
    stored(state).write_text(content)
    trust = Trust(state)
    assert trust.decision(root) is None
    assert "newer Understudy" in trust.problem
    with pytest.raises(OSError, match="newer Understudy"):
        trust.decide(root, trusted=True)
    assert stored(state).read_text() == content


def test_a_file_that_cannot_be_read_decides_nothing(state: Path, root: Path) -> None:
    stored(state).mkdir()
    trust = Trust(state)
    assert trust.decision(root) is None
    assert "nothing is" in trust.problem
    with pytest.raises(OSError, match="trust"):
        trust.decide(root, trusted=True)


def test_a_pipe_decides_nothing(state: Path, root: Path) -> None:
    os.mkfifo(stored(state))
    trust = Trust(state)
    assert trust.decision(root) is None
    assert "not a regular file" in trust.problem


def test_a_lock_that_nobody_lets_go_of(
    state: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trust_, "LOCK_SECONDS", 0.1)
    Trust(state).decide(root, trusted=True)
    with locked(state / "trust.lock", 0):
        with pytest.raises(OSError, match="another process"):
            Trust(state).decide(root, trusted=False)
        stored(state).write_text("broken")
        trust = Trust(state)
        assert trust.decision(root) is None
        assert "another process" in trust.problem


def test_a_failed_write_leaves_the_old_decisions(
    state: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust = Trust(state)
    trust.decide(root, trusted=True)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        trust.decide(root, trusted=False)
    assert trust.decision(root) is True
    assert {path.name for path in state.iterdir()} == {"trust.json", "trust.lock"}


def test_decisions_made_at_once_are_all_kept(state: Path, root: Path) -> None:
    roots = [root / str(number) for number in range(24)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: Trust(state).decide(one, trusted=True), roots))
    assert all(Trust(state).decision(one) is True for one in roots)

"""The state folder: found where the environment says, readable by its owner alone."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from understudy.state import private_folder, replace_file, state_dir, workspace_dir


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_where_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    named, xdg = tmp_path / "named", tmp_path / "xdg"
    at_home = tmp_path / ".local/state/understudy"
    cases = [
        ({"UNDERSTUDY_STATE_DIR": str(named), "XDG_STATE_HOME": str(xdg)}, named),
        ({"XDG_STATE_HOME": str(xdg)}, xdg / "understudy"),
        ({"XDG_STATE_HOME": "relative"}, at_home),
        ({"UNDERSTUDY_STATE_DIR": ""}, at_home),
        ({}, at_home),
    ]
    for environ, expected in cases:
        assert state_dir(environ) == expected
        assert mode(expected) == 0o700


def test_a_relative_folder_is_refused() -> None:
    with pytest.raises(OSError, match="must be an absolute path"):
        state_dir({"UNDERSTUDY_STATE_DIR": "state"})


def test_others_lose_their_access(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o777)
    assert mode(private_folder(folder)) == 0o700


def test_what_is_made_on_the_way_is_private_too(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = private_folder(tmp_path / "a/b/c")
    finally:
        os.umask(before)
    assert [mode(each) for each in (folder, *folder.parents[:2])] == [0o700] * 3


def test_the_folder_of_somebody_else_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    with pytest.raises(OSError, match="belongs to another user"):
        private_folder(tmp_path / "theirs")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        private_folder(tmp_path / "file")


def test_a_workspace_has_one_folder_however_it_is_reached(tmp_path: Path) -> None:
    state, root = tmp_path / "state", tmp_path / "shop"
    root.mkdir()
    (tmp_path / "link").symlink_to(root)
    folder = workspace_dir(root, state)
    assert folder == workspace_dir(tmp_path / "link", state)
    assert folder != workspace_dir(tmp_path / "other", state)
    assert mode(folder) == mode(folder.parent) == 0o700


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"one", b"two"):
        replace_file(path, content)
        assert path.read_bytes() == content
        assert mode(path) == 0o600
    assert list(tmp_path.iterdir()) == [path]

"""Channels of other distributions, as they are installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from understudy.notifications.base import Notice, Undelivered, attempt
from understudy.notifications.plugins import load

MODULE = """
from understudy.notifications.base import Undelivered

class Pager:
    name = "console"
    told = []
    def __init__(self, number="none"):
        self.number = number
    async def deliver(self, notice):
        if notice.title == "busy":
            raise Undelivered("the pager is busy", transient=True)
        self.told.append((self.number, notice.id))
    def close(self):
        self.told.append((self.number, "closed"))

class NeedsMore:
    def __init__(self, token):
        pass

class Mute:
    pass
"""
ENTRY_POINTS = """[understudy.channels]
pager = pager_for_understudy:Pager
needs-more = pager_for_understudy:NeedsMore
mute = pager_for_understudy:Mute
broken = pager_for_understudy_broken:Channel
absent = pager_for_understudy_absent:Channel
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    site = tmp_path / "site"
    info = site / "pager_for_understudy-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pager-for-understudy\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (site / "pager_for_understudy.py").write_text(MODULE)
    (site / "pager_for_understudy_broken.py").write_text("raise RuntimeError('out of paper')")
    monkeypatch.syspath_prepend(str(site))
    for name in ("pager_for_understudy", "pager_for_understudy_broken"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return site


async def test_a_custom_channel_is_told_under_the_name_of_the_settings(
    installed: Path, notice: Notice, tmp_path: Path
) -> None:
    pager = load("pager", "channels:pager", {"number": "7"}, tmp_path / "workspace")
    assert pager.name == "channels:pager"
    await attempt(pager, notice)
    assert sys.modules["pager_for_understudy"].Pager.told == [("7", notice.id)]
    with pytest.raises(Undelivered, match="the pager is busy"):
        await attempt(pager, Notice("2", notice.event, notice.level, "busy", ""))
    pager.close()
    assert sys.modules["pager_for_understudy"].Pager.told[1:] == [("7", "closed")]


@pytest.mark.parametrize(
    ("point", "options", "why"),
    [
        ("none", {}, "There is no channel 'none' in the entry points understudy.channels"),
        ("broken", {}, "'broken' cannot be used: RuntimeError: out of paper"),
        ("absent", {}, "'absent' cannot be used: ModuleNotFoundError"),
        ("mute", {}, "'mute' cannot be used: TypeError: .* has no 'async def deliver"),
        ("needs-more", {}, "'needs-more' cannot be used: TypeError: .*token"),
        ("pager", {"colour": "red"}, "'pager' cannot be used: TypeError: .*colour"),
    ],
)
def test_what_cannot_be_used_is_told_for_good(
    installed: Path, tmp_path: Path, point: str, options: dict[str, str], why: str
) -> None:
    with pytest.raises(Undelivered, match=why) as refused:
        load(point, f"channels:{point}", options, tmp_path / "workspace")
    assert not refused.value.transient
    if point == "none":
        assert "pager_for_understudy" not in sys.modules


def test_the_workspace_brings_no_channel_along(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(installed)
    for workspace in (tmp_path, installed, tmp_path / "link"):
        with pytest.raises(Undelivered, match="'pager' is not used: its code is the workspace's"):
            load("pager", "channels:pager", {}, workspace)
    assert "pager_for_understudy" not in sys.modules

"""Channels of other distributions, as they are installed."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from understudy.notifications.base import Notice, Undelivered, attempt
from understudy.notifications.plugins import discover

MODULE = """
from understudy.notifications.base import Undelivered

class Pager:
    name = "console"
    told = []
    async def deliver(self, notice):
        if notice.title == "busy":
            raise Undelivered("the pager is busy", transient=True)
        self.told.append(notice.id)

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
mail = pager_for_understudy:Pager
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    info = tmp_path / "pager_for_understudy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: pager-for-understudy\nVersion: 1.0\n"
    )
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    (tmp_path / "pager_for_understudy.py").write_text(MODULE)
    (tmp_path / "pager_for_understudy_broken.py").write_text("raise RuntimeError('out of paper')")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield_names = ["pager_for_understudy", "pager_for_understudy_broken"]
    for name in yield_names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    return tmp_path


async def test_a_custom_channel_is_told_under_its_entry_point_name(
    installed: Path, notice: Notice
) -> None:
    (pager,), faults = discover(frozenset({"pager"}))
    assert not faults
    assert pager.name == "pager"
    await attempt(pager, notice)
    assert sys.modules["pager_for_understudy"].Pager.told == [notice.id]
    with pytest.raises(Undelivered, match="the pager is busy"):
        await attempt(pager, Notice("2", notice.event, notice.level, "busy", ""))


def test_what_cannot_be_used_is_named_and_the_rest_is(installed: Path) -> None:
    channels, faults = discover(
        frozenset({"pager", "needs-more", "mute", "broken", "mail", "none"})
    )
    assert [channel.name for channel in channels] == ["pager"]
    said = "\n".join(faults)
    for part in (
        "'broken' cannot be used: out of paper",
        "'mute'",
        "token",
        "channel 'none'",
        "channel 'mail'",
    ):
        assert part in said
    assert len(faults) == 5


def test_what_nobody_asked_for_is_not_imported(installed: Path) -> None:
    assert discover(frozenset()) == ((), ())
    assert "pager_for_understudy" not in sys.modules

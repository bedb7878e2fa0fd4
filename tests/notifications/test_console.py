"""Notices on a real terminal, in a pipe, and on one that is gone."""

from __future__ import annotations

import io
import os
import pty
from pathlib import Path

import pytest

from understudy.notifications.base import Level, Notice, Undelivered, attempt
from understudy.notifications.console import Console


async def on_a_terminal(notice: Notice, environ: dict[str, str]) -> str:
    master, slave = pty.openpty()
    try:
        with open(slave, "w", encoding="utf-8") as stream:
            await attempt(Console(stream, environ), notice)
            return os.read(master, 4096).decode()
    finally:
        os.close(master)


async def test_colour_by_level_on_a_terminal(
    notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    said = await on_a_terminal(notice, {})
    assert "\x1b[31merror\x1b[0m" in said
    assert "second line" in said


async def test_plain_where_colour_is_not_wanted(
    notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    said = await on_a_terminal(notice, {"NO_COLOR": "1"})
    assert "\x1b" not in said
    assert " error tests failed – 3 of 40" in said


async def test_plain_in_a_file_and_no_orders_from_a_text(
    notice: Notice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    out = io.StringIO()
    bad = Notice("1", notice.event, Level.INFO, "[red]x[/red] \x1b]0;owned\x07", "\x1b[2J")
    await attempt(Console(out, {}), bad)
    assert "\x1b" not in out.getvalue()
    assert "info [red]x[/red] " in out.getvalue()


async def test_a_terminal_that_is_gone(notice: Notice, tmp_path: Path) -> None:
    stream = (tmp_path / "gone").open("w")
    stream.close()
    with pytest.raises(Undelivered) as caught:
        await attempt(Console(stream, {}), notice)
    assert not caught.value.transient

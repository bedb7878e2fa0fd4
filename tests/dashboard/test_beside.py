"""The dashboard beside an editor, where its process does not answer as it should."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from understudy.app.overview import beside

from ..core.support import until


def folders(root: Path) -> Any:
    return cast("Any", [SimpleNamespace(root=root, loose=False, trusted=True)])


def stub(folder: Path, monkeypatch: pytest.MonkeyPatch, first: str) -> None:
    """What is started in place of the dashboard does ``first`` when it is the first one."""
    program = folder / "program"
    program.write_text(
        f"#!/bin/sh\nif mkdir {folder}/begun 2> /dev/null; then {first}; fi\n"
        'echo \'{"url": "the second one"}\'\nexec cat > /dev/null\n'
    )
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))


async def test_who_gives_up_leaves_the_next_no_link_of_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    stub(tmp_path, monkeypatch, f"""cat {gate}; echo '{{"url": "the first one"}}'; exec cat""")
    dashboard = beside.Dashboard(folders(tmp_path), lambda _: None)
    try:
        asking = asyncio.create_task(dashboard.link())
        await until(lambda: dashboard._reading and (tmp_path / "begun").exists())
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await asyncio.to_thread(gate.write_text, "")
        assert await dashboard.link() == "the second one"
    finally:
        await dashboard.close()


@pytest.mark.parametrize(
    ("first", "told"),
    [
        ("while read -r _; do :; done; exit", "does not start"),
        ("exec >&-; exec cat >&2", "has ended"),
    ],
)
async def test_one_that_does_not_answer_is_ended_and_the_next_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: str, told: str
) -> None:
    stub(tmp_path, monkeypatch, first)
    monkeypatch.setattr(beside, "_START_SECONDS", 2.0)
    dashboard = beside.Dashboard(folders(tmp_path), lambda _: None)
    try:
        with pytest.raises(ValueError, match=told):
            await dashboard.link()
        assert await dashboard.link() == "the second one"
    finally:
        await dashboard.close()

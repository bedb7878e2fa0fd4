"""The dashboard beside an editor, where its process does not answer as it should."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from understudy.app.overview import beside


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
    stub = tmp_path / "program"
    stub.write_text(
        f"#!/bin/sh\nif mkdir {tmp_path}/begun 2> /dev/null; then {first}; fi\n"
        'echo \'{"url": "the second one"}\'\nexec cat > /dev/null\n'
    )
    stub.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(stub))
    monkeypatch.setattr(beside, "_START_SECONDS", 2.0)
    folder = SimpleNamespace(root=tmp_path, loose=False, trusted=True)
    dashboard = beside.Dashboard(cast("Any", [folder]), lambda _: None)
    try:
        with pytest.raises(ValueError, match=told):
            await dashboard.link()
        assert await dashboard.link() == "the second one"
    finally:
        await dashboard.close()

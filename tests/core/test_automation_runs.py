"""What is kept of the runs of an automation."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from understudy.app.folder.workspace import Workspace
from understudy.app.scripts import files
from understudy.app.scripts.runs import Runs
from understudy.findings.redact_text import SECRET
from understudy.findings.redact_values import kept as kept_value
from understudy.sandbox.trial import Status
from understudy.store.automations import AUTOMATIONS, Automation, Automations, Purpose, State
from understudy.store.database import Database

SCRIPT = '''#!/usr/bin/env python3
# /// script
# requires-python = ">=3.11"
#
# [tool.understudy]
# id = "00000000000000000000000000000000"
# version = 1
# template = "own"
# created = 2026-01-01T00:00:00Z
#
# [tool.understudy.pattern]
# id = "own"
# title = "own"
# seen = 0
#
# [[tool.understudy.parameters]]
# name = "door"
# type = "secret"
#
# [[tool.understudy.parameters]]
# name = "word"
# type = "text"
#
# [[tool.understudy.parameters]]
# name = "password"
# type = "text"
# ///
"""Something."""
'''


@asynccontextmanager
async def there(tmp_path: Path) -> AsyncIterator[tuple[Runs, Automations]]:
    root, state = tmp_path / "root", tmp_path / "state"
    root.mkdir()
    state.mkdir()
    workspace = Workspace(root, state, trusted=True)
    database = Database(state / "automations.db", AUTOMATIONS)
    store = Automations(database)
    try:
        yield Runs(workspace, store), store
    finally:
        await database.close()
        await workspace.close()


GIVEN = {"door": "GREENHOUSE", "word": "make --token=swordfish x", "password": "hunter2 4u"}


async def test_parameters_are_kept_without_secrets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what they are, by what is in them, and by how they are called."""
    monkeypatch.setenv("GREENHOUSE", "somewhere")
    async with there(tmp_path) as (runs, store):
        runs.drafts.mkdir()
        automation = Automation("own", "own", State.TRIED, "own", "", 0.0)
        automation = replace(automation, script=files.Script(tmp_path, SCRIPT).digest)
        runs.script_of(automation).write_text(SCRIPT)
        prepared = await runs.prepare(automation, GIVEN, Purpose.PREVIEW)
        trial = Mock(status=Status.CLEAN, usage=Mock(seconds=1.0), changes=(), output=b"", id=1)
        await runs.ran(prepared, 0.0, trial)
        (kept,) = await store.executions()
    assert json.loads(kept.parameters) == {
        "door": SECRET,
        "word": f"make --token={SECRET} x",
        "password": SECRET,
    }
    for each in (tmp_path / "state").glob("automations.db*"):
        for secret in (b"GREEN", b"swordfish", b"hunter2"):
            assert secret not in each.read_bytes()


@pytest.mark.parametrize(
    ("name", "value", "kept"),
    [
        ("file", "src/a.py", "src/a.py"),
        ("text", 'a "b" \n ä 😀 {c}', 'a "b" \n ä 😀 {c}'),
        ("password", 'hun"ter2 and \n more \\', SECRET),
        ("api_token", "abc'def;ghi", SECRET),
        ("header", "Authorization: Bearer abcdefgh", f"Authorization: Bearer {SECRET}"),
    ],
)
def test_names_tell_of_secrets(name: str, value: str, kept: str) -> None:
    assert kept_value(value, name) == kept


@given(st.text(min_size=6).filter(lambda text: not text.isspace() and "$" not in text))
def test_no_value_of_a_password_is_kept(value: str) -> None:
    secret = f"q7{value}x9z"
    assert kept_value(secret, "password") == SECRET

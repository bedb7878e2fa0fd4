"""Fixtures: a workspace, and editors on it whose ends are inspected."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ..probed import know_the_machine
from .editor import Editor
from .processes import MARK
from .tools import SlowBandit

Start = Callable[..., Any]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """An empty folder where Ruff reports unused imports and what is insecure, and nothing else."""
    root = tmp_path / "workspace"
    root.mkdir()
    (root / "pyproject.toml").write_text('[tool.ruff]\nlint.select = ["F401", "S"]\n')
    return root


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Nothing of the user's is read or written."""
    home = tmp_path / "home"
    home.mkdir()
    hidden = [name for name in os.environ if name.startswith(("XDG_", "UNDERSTUDY_", "RUFF_"))]
    own = {"HOME": str(home), MARK: str(tmp_path / "state")}
    return {name: os.environ[name] for name in os.environ.keys() - hidden} | own


@pytest.fixture
def known_machine(tmp_path: Path) -> None:
    """The server finds what the machine forms in its state folder, and probes nothing."""
    know_the_machine(tmp_path / "state")


@pytest.fixture
async def start(
    environment: Mapping[str, str], workspace: Path, tmp_path: Path
) -> AsyncIterator[Start]:
    """``await start(*roots, …)`` is an initialized editor, on the workspace if no root is named,
    on no folder for None; the options are those of ``Editor.initialize``."""
    async with contextlib.AsyncExitStack() as sessions:

        async def started(*roots: Path | None, **options: Any) -> Editor:
            editor = await sessions.enter_async_context(Editor.start(environment, tmp_path))
            folders = [root for root in roots or (workspace,) if root is not None]
            await editor.initialize(*folders, **options)
            return editor

        yield started


@pytest.fixture
def slow_bandit(tmp_path: Path) -> Iterator[SlowBandit]:
    folder = tmp_path / "tools"
    folder.mkdir()
    bandit = SlowBandit(folder)
    yield bandit
    bandit.close()

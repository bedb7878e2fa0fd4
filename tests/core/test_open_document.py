"""An open document, with the real tools and without an editor."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import Mock

from understudy.app.folder.workspace import Workspace
from understudy.app.open.document import OpenDocument
from understudy.app.sinks import Progress
from understudy.checks.engine import Checks
from understudy.model import Edit, Position, Range
from understudy.runner.execute import Runner

from .support import until

UNUSED = "import os\n"
EDITS = 2_000


@contextmanager
def unseen(title: str, cancel: Callable[[], object]) -> Iterator[Progress]:
    yield Mock()


async def test_typing_on_without_saving_does_not_take_ever_more_memory(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    runner = Runner()
    workspace = Workspace(root, tmp_path / "state", trusted=True)
    path = str(root / "a.py")
    document = OpenDocument(
        "file:///a.py", path, UNUSED, 1, "python", workspace, Checks(runner), lambda _: None, unseen
    )
    edit = Edit(Range(Position(0, 0), Position(0, 0)), "\n")
    try:
        document.analyse()
        await until(lambda: not document.unanswered)
        # A look is forgotten a turn of the loop after it is done.
        await until(lambda: document._looking_back is not None and not document._edits._looks)
        held = sys.getrefcount(edit)
        for number in range(1, EDITS + 1):
            document.edited("\n" * number + UNUSED, 1 + number, [edit])
        assert sys.getrefcount(edit) - held < EDITS / 10
        (problem,) = document.problems()
        assert problem.lead.range.start.line == EDITS, "and findings move along all the same"
    finally:
        document.close()
        await runner.close()
        await workspace.close()

"""When findings of open files came, as an editor works on them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from understudy.state import workspace_dir
from understudy.store.database import Database
from understudy.store.lives import FILE, LIVES, Life, lives
from understudy.store.results import RESULTS, FileStamp, Results
from understudy.text import digest

from .conftest import Start
from .editor import Buffer, Editor

T = TypeVar("T")
PATIENCE = 30.0


async def _written(look: Callable[[], Awaitable[T]]) -> T:
    """What ``look`` gives as soon as it is true; who writes a database tells nobody else."""
    async with asyncio.timeout(PATIENCE):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)


async def _known(editor: Editor, root: Path, *rules: str) -> list[Life]:
    """What is written of them, once something is of all."""
    database = Database(workspace_dir(root, Path(editor.state)) / FILE, LIVES)

    async def look() -> list[Life]:
        found = [each for each in await lives(database) if each.rule in rules]
        return found if {each.rule for each in found} == set(rules) else []

    try:
        return await _written(look)
    finally:
        await database.close()


async def _opened(start: Start, workspace: Path) -> tuple[Editor, Path, Buffer]:
    file, text = workspace / "app.py", "import os\n"
    file.write_text(text)
    editor = await start()
    return editor, file, editor.open(file, text)


async def test_what_was_there_at_first_is_known_though_it_is_edited_at_once(
    start: Start, workspace: Path
) -> None:
    """So what the next save brings is new."""
    editor, _, buffer = await _opened(start, workspace)
    editor.edit(buffer, "import os\n", "import os\n\n\ndef one(a):\n    return eval(a)\n")
    (there,) = await _known(editor, workspace, "ruff:F401")
    assert not there.new
    editor.save(buffer)
    (made,) = await _known(editor, workspace, "bandit:B307")
    assert made.new


async def test_what_was_opened_or_saved_is_known_of_without_a_scan(
    start: Start, workspace: Path
) -> None:
    """So that others who read what is kept, such as the dashboard, can tell of it."""
    editor, file, buffer = await _opened(start, workspace)
    await _stamped(editor, workspace, file)
    editor.edit(buffer, "import os\n", "import os\nimport re\n")
    editor.save(buffer)
    await _stamped(editor, workspace, file)


async def _stamped(editor: Editor, root: Path, file: Path) -> None:
    """Once the content that is on disk is known to be that."""
    wanted = _on_disk(file)
    kept = Results(Database(workspace_dir(root, Path(editor.state)) / "results.db", RESULTS))

    async def look() -> bool:
        return (await kept.stamps()).get(str(file)) == wanted

    try:
        assert await _written(look)
    finally:
        await kept.close()


def _on_disk(file: Path) -> FileStamp:
    about, content = file.stat(), file.read_bytes()
    return FileStamp(about.st_mtime_ns, about.st_size, about.st_ino, digest(content))

"""A scan that ends with its process is resumed by the next: what was analysed is not done again."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from ..core.support import until
from .conftest import Start
from .editor import Editor
from .processes import MARK
from .tools import SlowBandit

FILES = 14
"""What Bandit is given at once, and some more: two batches."""
_LONG = 120
"""Seconds: each file takes a process of Bandit's own."""


def flawed(workspace: Path) -> list[Path]:
    files = [workspace / f"m{number:02}.py" for number in range(FILES)]
    for number, file in enumerate(files):
        file.write_text(f"x{number} = eval(input())\n")
    return files


def kept(state: str) -> int:
    """How many answers of Bandit the store has."""
    database = next(Path(state).glob("workspaces/*/results.db"), None)
    if database is None:
        return 0
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        query = "SELECT count(*) FROM results WHERE report LIKE '%bandit%'"
        (count,) = connection.execute(query).fetchone()
    except sqlite3.OperationalError:
        return 0
    finally:
        connection.close()
    return int(count)


def marked(state: str) -> bool:
    return any(Path(state).glob("workspaces/*/scan-under-way"))


@pytest.mark.parametrize("end", [Editor.kill, Editor.quit])
@pytest.mark.timeout(300)
async def test_the_next_session_does_the_rest_by_itself(
    start: Start,
    workspace: Path,
    environment: dict[str, str],
    slow_bandit: SlowBandit,
    end: object,
) -> None:
    files, state = flawed(workspace), environment[MARK]
    first = await start(settings={"bandit": slow_bandit.settings})
    _, scan = first.ask("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    slow_bandit.let_go(FILES - 1)  # whichever batch they belong to, one of the two comes to its end
    await until(lambda: kept(state), _LONG)
    assert marked(state)
    await end(first)  # type: ignore[operator]
    scan.cancel()
    done, before = kept(state), len(slow_bandit.look())
    assert 0 < done < FILES

    second = await start(settings={"bandit": slow_bandit.settings})
    slow_bandit.let_go(FILES)
    await until(lambda: not marked(state), _LONG)
    for file in files:
        await second.sees(file, "Bandit, Ruff B307")
    assert len(slow_bandit.look()) - before == FILES - done, "the rest, and nothing else"
    await until(lambda: kept(state) == FILES)


async def test_one_that_the_user_has_cancelled_is_not_resumed(
    start: Start, workspace: Path, environment: dict[str, str], slow_bandit: SlowBandit
) -> None:
    flawed(workspace)
    first = await start(settings={"bandit": slow_bandit.settings})
    _, scan = first.ask("workspace/executeCommand", {"command": "understudy.scanWorkspace"})
    await slow_bandit.started()
    await first.until(
        lambda: any(each["value"]["kind"] == "begin" for each in first.said("$/progress"))
    )
    token = first.said("$/progress")[0]["token"]
    first.notify("window/workDoneProgress/cancel", {"token": token})
    assert await scan is None
    assert not marked(environment[MARK])

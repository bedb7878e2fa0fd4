"""The newest wins: superseded work is gone, not queued; what was computed once is not run again."""

from __future__ import annotations

from pathlib import Path

import pytest

from .conftest import Start
from .connection import Refused
from .processes import survivors
from .tools import SlowBandit

EVAL = "def f(x):\n    return eval(x)\n"
EXEC = "def f(x):\n    return exec(x)\n"
REQUEST_CANCELLED = -32800


async def test_a_save_ends_the_analysis_of_the_save_before(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    editor = await start(settings={"bandit": slow_bandit.settings})
    file = editor.open(workspace / "a.py", EVAL)
    first = await slow_bandit.started()
    editor.edit(file, "eval", "exec")
    editor.save(file)
    second = await slow_bandit.started()
    assert await survivors([first], 10) == []
    assert await survivors([second], 0) == [second]
    slow_bandit.let_go()
    await editor.sees(file, "Ruff, Bandit S102")
    await editor.idle()
    assert slow_bandit.look() == [first, second]


async def test_many_saves_are_one(start: Start, workspace: Path, slow_bandit: SlowBandit) -> None:
    editor = await start(settings={"bandit": slow_bandit.settings})
    file = editor.open(workspace / "a.py", EVAL)
    first = await slow_bandit.started()
    for number in range(20):
        editor.rewrite(file, f"{EVAL}\n\nNUMBER = {number}\n")
        editor.save(file)
    second = await slow_bandit.started()
    assert await survivors([first], 10) == []
    slow_bandit.let_go()
    await editor.sees(file, "Bandit, Ruff B307")
    await editor.idle()
    assert slow_bandit.look() == [first, second]
    last = editor.published[-1]
    assert last.version == file.version


async def test_closing_ends_the_analysis(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    editor = await start(settings={"bandit": slow_bandit.settings})
    file = editor.open(workspace / "a.py", EVAL)
    first = await slow_bandit.started()
    await editor.sees(file, "Ruff S307")
    editor.close(file)
    assert await survivors([first], 10) == []
    await editor.sees(file)


async def test_an_edit_leaves_the_analysis_of_a_save(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """Its findings are shown where the text has moved to meanwhile."""
    settings = {"bandit": slow_bandit.settings, "analysis": {"onIdle": False}}
    editor = await start(settings=settings)
    file = editor.open(workspace / "a.py", EVAL)
    await slow_bandit.started()
    editor.edit(file, "def f", "# a new first line\ndef f")
    slow_bandit.let_go()
    (diagnostic,) = await editor.sees(file, "Bandit, Ruff B307")
    assert diagnostic["range"]["start"] == {"line": 2, "character": 11}
    assert editor.published[-1].version == file.version
    assert len(slow_bandit.look()) == 1


async def test_a_pause_makes_the_save_instant(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    settings = {"bandit": slow_bandit.settings, "analysis": {"idleDelayMs": 50}}
    editor = await start(settings=settings)
    file = editor.open(workspace / "a.py", EVAL)
    await slow_bandit.started()
    slow_bandit.let_go()
    await editor.sees(file, "Bandit, Ruff B307")

    editor.edit(file, "eval", "exec")
    speculation = await slow_bandit.started()
    editor.edit(file, "exec(x)", "exec(x)  # typing goes on")
    assert await survivors([speculation], 10) == [], "an edit ends the speculation before it"
    speculation = await slow_bandit.started()
    assert editor.found(file) == ["Bandit, Ruff B307"], "what was not saved is not shown"

    slow_bandit.let_go()
    assert await survivors([speculation], 10) == []
    editor.save(file)
    await editor.sees(file, "Ruff, Bandit S102")
    await editor.idle()
    assert len(slow_bandit.look()) == 3, "the save found the answer"


async def test_what_was_seen_once_is_not_run_again(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """Undo, another editor session, and a save of what was saved already find the stored result."""
    settings = {"bandit": slow_bandit.settings, "analysis": {"onIdle": False}}
    editor = await start(settings=settings)
    file = editor.open(workspace / "a.py", EVAL)
    slow_bandit.let_go()
    await editor.sees(file, "Bandit, Ruff B307")
    editor.save(file)
    editor.edit(file, "eval", "exec")
    editor.save(file)
    slow_bandit.let_go()
    await editor.sees(file, "Ruff, Bandit S102")
    editor.edit(file, "exec", "eval")
    editor.save(file)
    await editor.sees(file, "Bandit, Ruff B307")
    await editor.idle()
    assert await editor.quit() == 0

    again = await start(settings=settings)
    await again.sees(again.open(workspace / "a.py"), "Bandit, Ruff B307")
    await again.idle()
    assert len(slow_bandit.look()) == 2


async def test_a_cancelled_request_ends_its_work(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    """Asking for fixes verifies them with Bandit; the user has moved on before it was done."""
    editor = await start(settings={"bandit": slow_bandit.settings})
    file = editor.open(workspace / "a.py", "import os\n")
    await slow_bandit.started()
    slow_bandit.let_go()
    await editor.sees(file, "Ruff F401")
    await editor.idle()
    number, answer = editor.ask(
        "textDocument/codeAction",
        {
            "textDocument": {"uri": file.uri},
            "range": editor.shown(file)[0]["range"],
            "context": {"diagnostics": []},
        },
    )
    verification = await slow_bandit.started()
    editor.notify("$/cancelRequest", {"id": number})
    with pytest.raises(Refused) as refused:
        await answer
    assert refused.value.code == REQUEST_CANCELLED
    assert await survivors([verification], 10) == []

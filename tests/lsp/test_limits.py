"""Too many findings to show: the most important are, what is not is counted and told of."""

from __future__ import annotations

from pathlib import Path

from .conftest import Start
from .editor import Editor

BAD = "def f(x):\n    return eval(x)\n"
BOTH = "Bandit, Ruff B307"
NOTE = "Understudy more-findings"


def flawed(path: Path, imports: int = 0, evals: int = 0) -> Path:
    path.write_text("".join(f"import m{n}\n" for n in range(imports)) + BAD * evals)
    return path


def limits(per_file: int = 500, in_all: int = 5_000) -> dict[str, object]:
    return {"results": {"maxPerFile": per_file, "maxInAll": in_all}}


def summed(editor: Editor) -> int:
    return sum(editor.status["counts"].values())


async def test_of_an_open_file_the_most_important(start: Start, workspace: Path) -> None:
    editor = await start(settings=limits(per_file=3))
    file = editor.open(flawed(workspace / "a.py", imports=4, evals=1))
    shown = await editor.sees(file, NOTE, BOTH, "Ruff F401", "Ruff F401")
    note = next(each for each in shown if each["code"] == "more-findings")
    assert note["message"].startswith("2 more findings in this file are not shown")
    assert note["range"]["start"] == {"line": 0, "character": 0}
    await editor.until(lambda: summed(editor) == 5)
    assert "Fix: Remove unused import: `m3` (Ruff F401)" in await editor.actions(file, "m3"), (
        "what is not shown can be fixed all the same"
    )
    await editor.configure(limits())
    await editor.sees(file, BOTH, *["Ruff F401"] * 4)


async def test_of_closed_files_the_most_important_of_all(start: Start, workspace: Path) -> None:
    a = flawed(workspace / "a.py", imports=3)
    b = flawed(workspace / "b.py", imports=1, evals=2)
    c = flawed(workspace / "c.py", imports=2)
    editor = await start(settings=limits(in_all=4))
    assert await editor.command("scanWorkspace") == {"files": 3, "findings": 8}
    await editor.sees(b, BOTH, BOTH, NOTE)
    await editor.sees(a, "Ruff F401", "Ruff F401", NOTE)
    await editor.sees(c)
    await editor.until(lambda: editor.status.get("unshown") == 4)
    assert summed(editor) == 8
    assert "4 findings in files that are not open are not shown" in editor.status["detail"]
    told = [each["message"] for each in editor.said("window/showMessage")]
    assert [text.startswith("4 findings in files that are not open") for text in told] == [True]

    flawed(b)
    editor.touch(b)
    await editor.sees(b)
    await editor.sees(a, *["Ruff F401"] * 3)
    await editor.sees(c, "Ruff F401", NOTE)

    file = editor.open(a)
    await editor.sees(c, "Ruff F401", "Ruff F401")
    await editor.until(lambda: editor.status.get("unshown") == 0)
    editor.close(file)
    await editor.sees(c, "Ruff F401", NOTE)
    await editor.configure(limits(in_all=0))
    await editor.sees(a)
    await editor.sees(c)
    await editor.until(lambda: editor.status.get("unshown") == 5)
    await editor.configure(limits())
    await editor.sees(c, "Ruff F401", "Ruff F401")


async def test_a_closed_file_has_its_own_limit(start: Start, workspace: Path) -> None:
    a = flawed(workspace / "a.py", imports=3)
    editor = await start(settings=limits(per_file=2))
    await editor.command("scanWorkspace")
    await editor.sees(a, "Ruff F401", "Ruff F401", NOTE)
    await editor.until(lambda: editor.status.get("unshown") == 1)

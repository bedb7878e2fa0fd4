from __future__ import annotations
from pathlib import Path
from .conftest import Start

async def test_one_problem_one_diagnostic(start: Start, workspace: Path) -> None:
    editor = await start()
    file = editor.open(workspace / "a.py", 'import os\n\n\ndef f(c, x):\n    s = "😀"; c.execute("SELECT * FROM t WHERE id = %s" % x)\n')
    shown = await editor.sees(file, "F401", "B608")
    print(shown)
    assert 0

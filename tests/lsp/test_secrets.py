"""A secret in an editor: found on opening and on a save, told of without its value."""

from __future__ import annotations

import json
from pathlib import Path

from ..core.planted import AWS, PASSWORD
from .conftest import Start


async def test_a_secret_is_one_diagnostic_without_its_value(start: Start, workspace: Path) -> None:
    editor = await start(settings={"secrets": {"enabled": True}})
    file = editor.open(workspace / "a.py", f'password = "{PASSWORD}"\n')
    (diagnostic,) = await editor.sees(file, "detect-secrets, Bandit, Ruff KeywordDetector")
    assert PASSWORD not in json.dumps(diagnostic)
    assert PASSWORD not in (await editor.hover(file, PASSWORD) or "")
    editor.rewrite(file, f'KEY = "{AWS}"\n')
    editor.save(file)
    (diagnostic,) = await editor.sees(file, "detect-secrets AWSKeyDetector")
    assert AWS not in json.dumps(diagnostic)

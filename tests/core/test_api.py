"""The examples of docs/api.md do what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLES = re.findall(r"```python\n(.*?)```\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL)


def test_every_example_says_what_comes_of_it() -> None:
    assert len(EXAMPLES) == PAGE.read_text().count("```python") >= 6


@pytest.mark.parametrize(("code", "printed"), EXAMPLES)
async def test_example(
    code: str, printed: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names: dict[str, Any] = {}
    exec(compile(code, str(PAGE), "exec"), names)
    await names["main"](tmp_path)
    assert capsys.readouterr().out == printed

"""Ranges in the three encodings of positions, whatever a text is made of, and after edits."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from .conftest import Start
from .editor import CAPABILITIES, Buffer, Editor
from .text import place
from .tools import SlowBandit

CALL = 'eval("1")'
_PREFIXES = {
    "plain": "",
    "emoji": 's = "🧾é"; ',
    "combining": 's = "e\u0301 한국"; ',
    "tab": "if True:\n\t",
    "crlf": 's = "😀"\r\nt = 2; ',
    "lone cr": 's = "😀"\rt = 2; ',
    "form feed": 's = 1\n\f\nt = "😀"; ',
    "unicode separators": 's = "a\u2028b\x85c😀"; ',
    "vertical tab in a string": 's = "a\x0bb\x1cc"; ',
    "continued line": "s = '😀' + \\\n  '2'; ",
    "docstring": '"""😀\r\n😀"""; ',
}
_CODED = {
    "latin-1": ("# coding: latin-1\ns = 'é'; ", "latin-1"),
    "cp1252": ("#!/bin/python\n# -*- coding: cp1252 -*-\ns = '€'; ", "cp1252"),
    "utf-8 with a mark": ("s = '😀'; ", "utf-8-sig"),
    "utf-8 cookie and mark": ("# coding: utf-8\ns = '😀'; ", "utf-8-sig"),
}


def capabilities(encoding: str) -> dict[str, object]:
    return CAPABILITIES | {"general": {"positionEncodings": [encoding]}}


def roots(folder: Path) -> list[tuple[Path, str]]:
    """One for each tool, in which the other is off: their columns are counted differently."""
    made = []
    for off, found in (("bandit", "Ruff S307"), ("ruff", "Bandit B307")):
        root = folder / f"without-{off}"
        (root / ".understudy").mkdir(parents=True)
        (root / ".understudy/config.yaml").write_text(f"{off}:\n  enabled: false\n")
        (root / "pyproject.toml").write_text('[tool.ruff]\nlint.select = ["S307"]\n')
        made.append((root, found))
    return made


def shown_at(editor: Editor, file: Buffer) -> object:
    return [each["range"] for each in editor.shown(file)]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_every_kind_of_text(start: Start, tmp_path: Path, encoding: str) -> None:
    folders = roots(tmp_path)
    editor = await start(
        *(root for root, _ in folders),
        capabilities=capabilities(encoding),
        settings={"analysis": {"onIdle": False}},
    )
    assert editor.encoding == encoding
    texts = {name: (prefix, "utf-8") for name, prefix in _PREFIXES.items()} | _CODED
    files = {
        (root.name, name): (
            editor.open(root / f"{name}.py", f"{prefix}{CALL}\n", codec=codec),
            found,
        )
        for root, found in folders
        for name, (prefix, codec) in texts.items()
    }
    for file, found in files.values():
        await editor.sees(file, found)
    expected = {name: [place(file.text, CALL, encoding)] for name, (file, _) in files.items()}
    assert {name: shown_at(editor, file) for name, (file, _) in files.items()} == expected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_positions_follow_edits(start: Start, workspace: Path, encoding: str) -> None:
    """Between two saves, hover and code actions find a finding where its text has moved to."""
    editor = await start(
        capabilities=capabilities(encoding), settings={"analysis": {"onIdle": False}}
    )
    text = f'import os\n\n\ndef f():\n    s = "😀"; {CALL}; return s\n'
    file = editor.open(workspace / "a.py", text)
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307")
    for old, new in (
        ('s = "😀"', 's = "😀😀 é" + ""'),
        ("def f", "# 😀\r\n# more\r\ndef f"),
        ("import os", "import sys, os"),
        ("# more\r\n", ""),
        ("; return s", '; t = "😀"\n    return s'),
    ):
        editor.edit(file, old, new)
        told = await editor.hover(file, CALL)
        assert told is not None, f"after {new!r}"
        assert "CWE-78" in told
    assert await editor.hover(file, "def") is None
    (fix,) = [
        action
        for title, action in (await editor.actions(file, CALL)).items()
        if title.startswith("Fix: Use ast.literal_eval (")
    ]
    await editor.choose(fix)
    assert 's = "😀😀 é" + ""; ast.literal_eval("1"); t = "😀"\n' in file.text
    editor.save(file)
    await editor.sees(file, "Ruff F401", "Ruff F401")


async def test_a_finding_that_is_edited_away_is_not_acted_on(start: Start, workspace: Path) -> None:
    editor = await start(settings={"analysis": {"onIdle": False}})
    file = editor.open(workspace / "a.py", f"import os\n{CALL}\n")
    await editor.sees(file, "Ruff F401", "Bandit, Ruff B307")
    editor.edit(file, "eval", "print")
    assert await editor.hover(file, "print") is None
    assert await editor.actions(file, "print") == {}
    editor.edit(file, "import os", "import sys")
    titles = list(await editor.actions(file, "sys"))
    assert all("`os`" not in title for title in titles)


async def test_an_edit_right_behind_a_save(start: Start, workspace: Path) -> None:
    """Both are in the server's input before it has begun to analyse."""
    editor = await start(settings={"analysis": {"onIdle": False}})
    file = editor.open(workspace / "a.py", f"{CALL}\n")
    await editor.sees(file, "Bandit, Ruff B307")
    for number in range(20):
        editor.edit(file, CALL, f"{number}; {CALL}")
        editor.save(file)
        editor.edit(file, CALL, f"\n{CALL}")
    editor.edit(file, CALL, f"x = '😀'; {CALL}")
    wanted = [place(file.text, CALL, editor.encoding)]
    await editor.until(lambda: shown_at(editor, file) == wanted)
    await editor.idle()
    assert shown_at(editor, file) == wanted


async def test_what_is_undone_while_it_is_analysed(
    start: Start, workspace: Path, slow_bandit: SlowBandit
) -> None:
    analysis = {"onIdle": False, "debounceMs": 0}
    editor = await start(settings={"bandit": slow_bandit.settings, "analysis": analysis})
    file = editor.open(workspace / "a.py", f"{CALL}\n")
    await slow_bandit.started()
    editor.edit(file, CALL, "print()")
    editor.edit(file, "print()", CALL)
    editor.save(file)
    await editor.command("debugInfo")
    slow_bandit.let_go()
    await editor.sees(file, "Bandit, Ruff B307")
    await editor.idle()
    assert shown_at(editor, file) == [place(file.text, CALL, editor.encoding)]


@pytest.mark.alone
async def test_many_edits_between_two_saves_cost_little(start: Start, workspace: Path) -> None:
    """A file with many findings and an hour of typing: a hover is still quick."""
    editor = await start(settings={"analysis": {"onIdle": False}})
    file = editor.open(workspace / "a.py", "START = 0\n" + f"{CALL}\n" * 300)
    await editor.until(lambda: len(editor.found(file)) == 300)
    for _ in range(1500):
        editor.edit(file, "START", "START_")
    await editor.command("debugInfo")
    asked = time.perf_counter()
    assert await editor.hover(file, CALL) is not None
    assert time.perf_counter() - asked < 1

"""Warnings of what runs short are acknowledged, and it is said what came of that."""

from __future__ import annotations

from .conftest import Start


async def test_an_acknowledgement_is_answered_in_words(start: Start) -> None:
    editor = await start()
    known = await editor.command("acknowledgeWarning")
    said = editor.said("window/showMessage")[-1]["message"]
    assert said.startswith("Noted" if known else "Nothing runs short")

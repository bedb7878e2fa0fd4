"""The profile for macOS, as text: it was never run."""

from __future__ import annotations

import pytest

from understudy.sandbox.seatbelt import command_line, profile


@pytest.mark.parametrize(
    ("read", "write", "hidden", "rules"),
    [
        ((), (), (), ["(deny default)", "(allow process-fork)"]),
        (("/opt/python",), (), (), ['(subpath "/System") (subpath "/Library")', '"/opt/python"']),
        ((), ("/t/copy", "/t/own"), (), ['process-exec (subpath "/t/copy") (subpath "/t/own"))']),
        ((), ("/t",), ("/t/.env",), ['(deny file-read* file-write* (subpath "/t/.env"))']),
        ((), ('/a "b"\\c',), (), ['(subpath "/a \\"b\\"\\\\c")']),
    ],
)
def test_rules(
    read: tuple[str, ...], write: tuple[str, ...], hidden: tuple[str, ...], rules: list[str]
) -> None:
    text = profile(read, write, hidden)
    for rule in rules:
        assert rule in text
    assert text.startswith("(version 1)\n(deny default)\n")
    assert "network" not in text
    assert text.count("(") == text.count(")")
    assert text.count("\n(deny ") == 1 + bool(hidden)


def test_what_is_hidden_is_told_after_what_may_be_written() -> None:
    lines = profile((), ("/t",), ("/t/x",)).splitlines()
    assert lines[-1].startswith("(deny")
    assert command_line(("a", "b"), (), (), ())[-2:] == ["a", "b"]

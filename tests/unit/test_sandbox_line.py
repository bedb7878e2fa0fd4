"""A command in a line, as an editor asks for it."""

from __future__ import annotations

import shlex

import pytest

from understudy.app.sandboxing import words


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("npm test", ("npm", "test")),
        ("echo 'a && b' \"x | y; $z\"", ("echo", "a && b", "x | y; $z")),
        (r"echo a\;b \> '$(x)'", ("echo", "a;b", ">", "$(x)")),
        (r"""echo "a \" | b" c""", ("echo", 'a " | b', "c")),
        ("sh -c 'a && b > c'", ("sh", "-c", "a && b > c")),
        ("prettier --write *.ts src/**", ("prettier", "--write", "*.ts", "src/**")),
        ("awk '{ print $1 }' a$", ("awk", "{ print $1 }", "a$")),
    ],
)
def test_it_is_split_as_a_shell_does(line: str, found: tuple[str, ...]) -> None:
    assert words(line) == found


@pytest.mark.parametrize(
    "line",
    [
        *("npm test && x", "a | b", "a; b", "a > b", "a < b", "a & ", "echo $HOME", "echo ${A}"),
        *("echo $(x)", "echo `x`", "(a)", "a 'b' && c", "a 2>&1", 'a "b" | c'),
    ],
)
def test_what_only_a_shell_does_is_told_with_what_to_write(line: str) -> None:
    with pytest.raises(ValueError, match="no shell reads it") as raised:
        words(line)
    instead = str(raised.value).partition("write ")[2]
    assert words(instead) == ("sh", "-c", line)
    assert shlex.split(instead)[2] == line


@pytest.mark.parametrize("line", ["", "  ", "echo 'open"])
def test_what_is_no_command_is_told(line: str) -> None:
    with pytest.raises(ValueError, match=r"no command|No closing"):
        words(line)

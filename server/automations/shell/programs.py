"""What is known of programs by their names: what their words are, what may stand before them."""

from __future__ import annotations

from collections.abc import Sequence


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


BUILTINS = names(
    "cd : pushd popd export source . alias unalias set unset shopt exit logout history fg bg jobs"
    " eval exec read trap ulimit umask wait disown bind complete declare local typeset let hash"
    " activate deactivate setopt rehash"
)
ON_FILES = names(
    "cat cd chmod chown cp cut diff dir du ed emacs file find gedit head la less ll ln ls mkdir"
    " more mv nano nl od open patch pushd readlink rm rmdir sort source split stat strings tac tail"
    " tar tee touch tree truncate uniq unzip vi view vim nvim code wc xdg-open zip"
)
"""Their words are files, not subcommands."""
ON_TEXTS = names(
    "ack ag apropos awk basename cal date dig dirname echo egrep fgrep finger grep host hostname id"
    " info jq kill killall man mail mysql nslookup passwd perl pgrep ping pkill printf psql rg"
    " rlogin rsh scp sed seq ssh su telnet test traceroute type w wget whatis which who whoami"
    " whereis finger ftp sftp expr curl bash sh zsh fish python python3 node ruby"
)
"""Their words are values, not subcommands."""
BEFORE = names("sudo time nohup env nice command npx doas xvfb-run")
"""Before a program, with its words."""
RUNNERS = names("uv poetry pipenv pdm hatch rye pixi conda")
DEEP = names(
    "stash remote submodule worktree bisect notes run compose container image volume network system"
    " config get describe create delete pip auth pr issue repo"
)
"""Subcommands that have some of their own."""
PICKED = {
    "pytest": names("k m"),
    **dict.fromkeys(("jest", "vitest"), names("t testNamePattern")),
    **dict.fromkeys(("mocha", "playwright"), names("g grep")),
    "phpunit": names("filter group"),
    "rspec": names("e example t tag"),
}
"""Of programs without subcommands, the options whose value is a word that is picked each time."""


def started(command: Sequence[str]) -> Sequence[str]:
    """A program and its words, without what is before it."""
    number = 0
    while number + 1 < len(command) and (
        command[number] in BEFORE or (number and command[number][0:1] == "-")
    ):
        number += 1
    return command[number:]

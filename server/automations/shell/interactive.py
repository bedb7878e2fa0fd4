"""Programs that talk with whoever sits in front of them: no script can start them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from .programs import names

_ALWAYS = (
    # What Debian offers as its alternatives of `editor`, and those that their makers name so.
    names("vi vim nvim view vimdiff gvim ex nano pico emacs mcedit joe micro helix hx kak ne")
    # Alternatives of `pager`, and what shows pages with it.
    | names("less more most man info")
    # They draw a whole screen, by their manuals (curses).
    | names("top htop btop atop watch tmux screen mc ranger nnn fzf tig lazygit ncdu dialog")
    # They log in elsewhere, by asking.
    | names("telnet ftp sftp mosh passwd su")
)
_WITHOUT_A_SCRIPT = {
    # Interpreters: with a file, a text or a module they run that (Python's `Command line`, ...).
    **dict.fromkeys(names("python python3 pypy pypy3 node ruby irb bash sh zsh fish lua R"), ""),
    **dict.fromkeys(names("ipython bpython ptpython ghci jshell julia"), ""),
    # Clients of databases: with one of these options they run a text or a file.
    **dict.fromkeys(names("mysql mariadb"), "-e --execute"),
    "psql": "-c -f -l --command --file --list",
    "redis-cli": "",
}
_ASKS = {
    # They open an editor, or ask part by part, by git's manuals.
    "git": (("rebase", "-i --interactive"), ("add", "-i -p -e --interactive --patch --edit"),
            ("commit", "-p -e --patch --edit"), ("checkout", "-p --patch"),
            ("restore", "-p --patch"), ("reset", "-p --patch"), ("stash", "-p --patch")),
    # They attach a terminal, by the manuals of docker, podman and kubectl.
    **dict.fromkeys(
        names("docker podman kubectl"),
        (("run", "-it -ti -i -t --interactive --tty"), ("attach", ""),
         ("exec", "-it -ti -i -t --interactive --tty")),
    ),
}  # fmt: skip


def talks(words: Sequence[str]) -> bool:
    """Whether the program of a command, which is its first word, needs a person and a terminal."""
    program, *rest = words
    program = program.rpartition("/")[2]
    if program in _ALWAYS:
        return True
    if program == "ssh":  # with a command behind the host it only runs that
        return sum(not each.startswith("-") for each in rest) < 2
    if program in _WITHOUT_A_SCRIPT:
        said = _WITHOUT_A_SCRIPT[program].split()
        if not said:
            return not rest or rest == ["-i"]
        return "<" not in rest and not any(each.startswith(tuple(said)) for each in rest)
    return any(
        name in rest[:1] and (not options or not options.isdisjoint(rest))
        for name, options in ((name, names(text)) for name, text in _ASKS.get(program, ()))
    )

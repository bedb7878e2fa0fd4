"""The script that git runs: POSIX sh, and what can be read from it again."""

from __future__ import annotations

import os
import re
import shlex
from typing import NamedTuple

BLOCKING = ("pre-commit", "pre-push")
"""Those that git asks whether to go on."""

BLOCKED = 4
"""The exit code of ``understudy hooks run`` by which a gate holds git back. 1 would not do: Python
ends with it when Understudy was uninstalled."""

INTERRUPTED = 130


class Hook(NamedTuple):
    """``gate`` is the label of a severity, empty for a hook that never blocks; with ``strict`` a
    tool that failed blocks too. ``python`` is the interpreter's absolute path."""

    name: str
    python: str
    gate: str = ""
    strict: bool = False


def aside(name: str) -> str:
    """The name of the file in which the hook is kept that stood here before."""
    return f"{name}.before-understudy"


_MARK = "# Understudy's hook: "
_MARKED = re.compile(
    rb"^# Understudy's hook: ([a-z-]+)(?: --gate ([a-z]+))?( --strict)?$", re.MULTILINE
)
_PYTHON = re.compile(rb"^python=(.+)$", re.MULTILINE)

# The one before is found beside the script, wherever that was moved to. What git says to pre-push
# on standard input is for both.
_SCRIPT = """\
#!/bin/sh
{mark}
# `understudy hooks uninstall` puts back what was here before.
python={python}
before=${{0%/*}}/{aside}
status=0
{run_before}
{stop}if [ -x "$python" ]; then
    {pipe}"$python" -P -m understudy hooks run {options}{name} "$@"
    case $? in {blocked} | {interrupted}) exit 1 ;; esac
else
    echo "understudy: $python is gone, nothing was done; see 'understudy hooks install'" >&2
fi
exit $status
"""
_PIPE = 'printf %s "$input" | '


def script(hook: Hook) -> bytes:
    pipe = _PIPE if hook.name == "pre-push" else ""
    before = f'if [ -x "$before" ]; then {pipe}"$before" "$@" || status=$?; fi'
    if pipe:
        before = "input=$(cat; echo .)\ninput=${input%.}\n" + before
    options = _options(hook)
    text = _SCRIPT.format(
        mark=f"{_MARK}{hook.name}{options}",
        python=shlex.quote(hook.python),
        aside=aside(hook.name),
        run_before=before,
        stop="[ $status -eq 0 ] || exit $status\n" if hook.name in BLOCKING else "",
        pipe=pipe,
        options=f"{options} ".lstrip(),
        name=hook.name,
        blocked=BLOCKED,
        interrupted=INTERRUPTED,
    )
    return os.fsencode(text)


def read(content: bytes) -> Hook | None:
    """What a script of ours was made from; None for another's."""
    mark, python = _MARKED.search(content), _PYTHON.search(content)
    if not (mark and python):
        return None
    try:
        (path,) = shlex.split(os.fsdecode(python[1]))
    except ValueError:
        return None
    name, gate, strict = mark.groups()
    return Hook(name.decode(), path, (gate or b"").decode(), bool(strict))


def _options(hook: Hook) -> str:
    return (f" --gate {hook.gate}" if hook.gate else "") + (" --strict" if hook.strict else "")

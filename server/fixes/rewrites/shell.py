"""Constant commands that need no shell."""

from __future__ import annotations

import ast
import re
import shlex

from ...model import Category, Finding, Fix, Range, Severity
from ..suppress import ignore_here
from .calls import find_call, find_part, flag, is_plain, keyword
from .draft import Draft
from .source import Source, UnsureError

_RUNNERS = tuple(
    f"subprocess.{name}" for name in ("Popen", "call", "check_call", "check_output", "run")
)
# Signs that mean something to a shell on some system, and an assignment before the command.
_SHELL_SYNTAX = re.compile(r"[^\w \t./:,@+='\"-]|^\s*[^\s'\"]*=")
# Words that a shell answers itself and of which there is no program that does the same: the special
# and regular built-ins and the reserved words of POSIX sh, those of bash, and the commands of cmd.
# (echo, printf, test, true, false, pwd, kill, mkdir and rmdir are programs, too.)
_BUILTIN = re.compile(
    r"[.:]|break|continue|eval|exec|exit|export|readonly|return|set|shift|times|trap|unset"
    r"|alias|bg|cd|command|fc|fg|getopts|hash|jobs|read|type|ulimit|umask|unalias|wait"
    r"|case|do|done|elif|else|esac|fi|for|if|in|then|until|while"
    r"|bind|builtin|caller|compgen|complete|compopt|coproc|declare|dirs|disown|enable|function|help"
    r"|history|let|local|logout|mapfile|popd|pushd|readarray|select|shopt|source|suspend|time"
    r"|typeset"
    r"|assoc|call|chdir|cls|color|copy|date|del|dir|endlocal|erase|ftype|goto|md|mklink|move|path"
    r"|pause|prompt|rd|rem|ren|rename|setlocal|start|title|ver|verify|vol",
    re.IGNORECASE,  # for cmd
)
_TITLE = "Run without a shell"
_REVIEWED = f"{_TITLE}, and mark the constant command as reviewed (nosec)"


def run_list(source: Source, place: Range) -> Fix:
    """Not safe: where the program is missing, a shell gives a status and a list raises."""
    return _run_list(source, place)[0].fix(_TITLE)


def run_list_reviewed(source: Source, place: Range) -> Fix:
    """Bandit's B603 asks to check the input of every call without a shell: here there is none."""
    draft, call = _run_list(source, place)
    _mark_reviewed(draft, call)
    return draft.fix(_REVIEWED)


def _run_list(source: Source, place: Range) -> tuple[Draft, ast.Call]:
    def shell(call: ast.Call) -> ast.keyword | None:
        runs = source.names.resolve(call.func) in _RUNNERS
        return flag(call, "shell", True) if runs else None

    call, argument = find_part(source, place, shell)
    if not is_plain(call) or len(call.args) != 1 or keyword(call, "executable"):
        raise UnsureError
    draft = Draft(source)
    if not isinstance(call.args[0], ast.List):
        draft.replace(call.args[0], _as_list(source, call.args[0]))
    draft.remove_argument(call, argument)
    return draft, call


def call_list(source: Source, place: Range) -> Fix:
    return _call_list(source, place, "")[0].fix(_TITLE)


def call_list_reviewed(source: Source, place: Range) -> Fix:
    draft, call = _call_list(source, place, "  # nosec B404")
    _mark_reviewed(draft, call)
    return draft.fix(_REVIEWED)


def _call_list(source: Source, place: Range, remark: str) -> tuple[Draft, ast.Call]:
    call = find_call(source, place, "os.system")
    if not is_plain(call) or len(call.args) != 1:
        raise UnsureError
    draft = Draft(source)
    draft.replace(call.func, f"{draft.imports.module('subprocess', remark)}.call")
    draft.replace(call.args[0], _as_list(source, call.args[0]))
    return draft, call


def _as_list(source: Source, command: ast.expr) -> str:
    text = source.segment(command)
    if not isinstance(command, ast.Constant) or not isinstance(command.value, str) or "#" in text:
        raise UnsureError
    if _SHELL_SYNTAX.search(command.value):
        raise UnsureError
    try:
        words = shlex.split(command.value)
    except ValueError:
        raise UnsureError from None
    if not words or _BUILTIN.fullmatch(words[0]):
        raise UnsureError
    quote = text[-1]
    return f"[{', '.join(repr(w) if quote in w else f'{quote}{w}{quote}' for w in words)}]"


def _mark_reviewed(draft: Draft, call: ast.Call) -> None:
    source = draft.source
    command = call.args[0]
    words = command.elts if isinstance(command, ast.List) else [command]
    if not all(isinstance(word, ast.Constant) for word in words):
        raise UnsureError
    start, end = source.span(call)
    place = Range(source.lines.position(start), source.lines.position(end))
    noted = Finding("bandit", "B603", "", place, Severity.LOW, Category.SECURITY)
    edits = ignore_here(source.text, [noted])
    if not edits:
        raise UnsureError
    for edit in edits:
        first, last = map(source.lines.offset, edit.range)
        draft.put(first, last, edit.text)

"""The judge of what can be automated: what runs without a shell, and files for input and output
(``<``, ``>``) and alternatives (``||``), which a script does by itself. Of all else it says why it
cannot."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .git import writes
from .interactive import talks
from .programs import started
from .syntax import OR, evaluated

PIPE, REDIRECTION, BACKGROUND = "a pipe", "a redirection", "it runs in the background"
VARIABLE, SUBSTITUTION, HOME = "a variable", "a substitution", "a home folder"
CONTROL, BUILTIN, UNCLOSED = "a loop or condition", "only a shell does it", "an open quote"
ALTERNATIVE, BRACES, HISTORY = "an alternative", "braces", "it repeats from the shell's history"
INTERACTIVE = "somebody works in it, at a terminal"
GIT = "it writes into git's own folder, which no automation may"
TOO_LONG = "it is very long"

_VARIABLE = re.compile(r"(?<!\\)\$[\w{@*#?!$'-]")
_BRACES = re.compile(r"\{[^{}]*(?:,|\.\.)[^{}]*\}")


def of_operator(text: str, end: str) -> str:
    """Why an operator is left to a shell; empty where it is not. ``end``: of the command before: in
    ``a && b || c``, ``c`` is done where either fails."""
    match text:
        case "<" | ">":
            return ""
        case "|" | "|&":
            return PIPE
        case "||":
            return ALTERNATIVE if end == "&&" else ""
        case "&":
            return BACKGROUND
        case "(" | ")":
            return CONTROL
    return REDIRECTION


def needs_shell(raw: str) -> str:
    """Why a word means something to a shell alone, as it was typed; empty where it does not."""
    if raw[0] == "~":
        return HOME
    for text, is_bare in evaluated(raw):
        if "`" in text or "$(" in text:
            return SUBSTITUTION
        if _VARIABLE.search(text):
            return VARIABLE
        if is_bare and _BRACES.search(text):
            return BRACES
        if raw[0] == "!" and len(raw) > 1:
            return HISTORY
    return ""


def against(words: Sequence[str], raw: Sequence[str]) -> str:
    """Why a whole command cannot be automated; empty where it can. ``raw``: the words as they were
    typed; empty of operators."""
    if why_not := _misplaced(words, raw):
        return why_not
    if talks(started(words)):
        return INTERACTIVE
    return GIT if writes(words) else ""


def _misplaced(words: Sequence[str], raw: Sequence[str]) -> str:
    """Why its operators are not one file for the input, one for the output, of each command."""
    seen: set[str] = set()
    begins = True
    for number, (word, typed) in enumerate(zip(words, raw, strict=True)):
        if typed:
            begins = False
        elif begins or not any(raw[number + 1 : number + 2]) or word in seen:
            return ALTERNATIVE if word == OR else REDIRECTION
        elif begins := word == OR:
            seen.clear()
        else:
            seen.add(word)
    return ""

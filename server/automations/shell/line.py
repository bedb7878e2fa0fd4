"""A line as it was typed: its commands, each with a typed template.

Of pipes, variables and the like there is a template, too, so that they are counted and listed, and
the reason why they are no more.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from .judge import CONTROL, TOO_LONG, UNCLOSED, against, needs_shell, of_operator
from .programs import names
from .syntax import SPECIAL, TOKEN, unquoted
from .template import Argument, template_of

_LONGEST = 1_000
"""Characters. Longer lines are pasted, not repeated; and what is read of a line takes up to the
square of its length."""
_CONTROL = names("for while until if then else elif fi case esac select function do done { } [[ !")


class Command(NamedTuple):
    """``words``: as the program gets them; those whose numbers are in ``operators`` are the
    shell's, and where there is no ``why_not`` each is ``<``, ``>`` or ``||``. ``template``: equal
    for what differs in arguments only. ``why_not``: why it cannot be automated; empty where it
    can."""

    words: tuple[str, ...]
    template: str
    arguments: tuple[Argument, ...]
    why_not: str = ""
    operators: tuple[int, ...] = ()


@lru_cache(4096)
def commands(line: str) -> tuple[Command, ...]:
    """The commands of a line, in order: what ``&&`` and ``;`` join is several of them. Of any text
    at all; of one that says nothing: none."""
    if len(line) > _LONGEST:
        return (Command((line,), "<line>", (), TOO_LONG),)
    return tuple(_read(line))


def _read(line: str) -> list[Command]:
    found: list[Command] = []
    words: list[str] = []
    raw: list[str] = []
    why_not = end = ""
    control = False
    for token in TOKEN.finditer(line):
        match token.lastgroup:
            case "word":
                text = token[0]
                if not words and text in _CONTROL:
                    control = True
                why_not = why_not or (needs_shell(text) if SPECIAL.search(text) else "")
                raw.append(text)
                words.append(unquoted(text) if SPECIAL.search(text) else text)
            case "operator":
                control = control or token[0] == "("
                why_not = why_not or of_operator(token[0], end)
                raw.append("")
                words.append(token[0])
            case "open":
                why_not = UNCLOSED
                raw.append("")
                words.append(line[token.start() :])
                break
            case "end" if not control:
                if words:
                    found.append(_command(words, raw, why_not))
                words, raw, why_not, end = [], [], "", token[0]
            case "end":
                raw.append("")
                words.append(";")
    if words:
        found.append(_command(words, raw, CONTROL if control else why_not))
    return found


def _command(words: list[str], raw: list[str], why_not: str) -> Command:
    """``raw``: the words as they were typed; empty of operators."""
    template, arguments, by_template = template_of(words, raw)
    why_not = why_not or by_template or against(words, raw)
    operators = tuple(number for number, typed in enumerate(raw) if not typed)
    return Command(tuple(words), template, arguments, why_not, operators)

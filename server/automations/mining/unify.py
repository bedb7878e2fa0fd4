"""Anti-unification: from occurrences of a sequence to its steps, with parameters for what varies.

What is equal in all is literal, what varies is a parameter, and what varies together shares one: as
it is, or as a part of it (``cart.py`` and ``test_cart.py``). What is equal in these, but varied
where the same was done lately, is a parameter, too, with what is equal as its default. Pure.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from ...findings.redact_text import SECRET
from ...store.activity import Did
from ..pattern import Call, Parameter, Part, Place, Run, Step, Text, Type
from ..shell import INPUT, OR, OUTPUT, Argument
from .counts import Occurrence
from .events import Event, folder_of, moved
from .parts import link

_MOST_CHOICES = 4
_OFTEN = 6
"""Seen less often, few values may be chance."""
_HERE = "."
"""The folder that is the workspace itself, where it may be another one."""
_SEVERAL = 3
"""Different values that a task was done with lately; fewer may be chance."""
_MOVES = "it leaves the shell in another folder"
_ELSEWHERE = "the folder of a command is not known"
_SECRETS = "where its secrets stand is not the same each time"
_ORIGIN = re.compile(r"https?://[^/?#]+[/?#]")
_NAMED = re.compile(r"([A-Za-z][\w-]*)[ \t]*[:=][^:=]*\Z", re.ASCII)


class Unified(NamedTuple):
    """``arguments``: by the parameters' names, of each occurrence. ``events``: which of the
    sequence became the steps. ``why_not``: why the steps cannot be run as they are, if so."""

    steps: tuple[Step, ...]
    parameters: tuple[Parameter, ...]
    arguments: tuple[dict[str, str], ...]
    events: tuple[int, ...]
    why_not: str


class _Slot(NamedTuple):
    """A place in the steps, and what stood there in each occurrence, between ``lead`` and ``tail``.
    ``word`` -1: the folder; ``varies``: it may be another value."""

    step: int
    word: int
    argument: Argument
    values: tuple[str, ...]
    varies: bool
    lead: str = ""
    tail: str = ""

    def text(self, made: Text) -> Text:
        whole = (self.lead, *made, self.tail)
        return tuple(each for each in whole if each)


Uses = Callable[[str], Sequence[Event]]
"""The last times that what has a template was done, whatever was around it."""


def unify(occurrences: Sequence[Occurrence], uses: Uses = lambda _: ()) -> Unified:
    """Of at least one occurrence; all of them of the same templates."""
    kept, why_not = _without_moves(occurrences)
    slots = [
        slot
        for step in kept
        for slot in _slots(
            step, [each[step] for each in occurrences], uses(occurrences[0][step].template)
        )
    ]
    texts, parameters = _named(slots)
    found = {
        (slot.step, slot.word): slot.text(text) for slot, text in zip(slots, texts, strict=True)
    }
    if any(SECRET in slot.values[0] for slot in slots):
        why_not = why_not or _SECRETS
    first = occurrences[0]
    steps = tuple(_step(first[step], step, found) for step in kept)
    arguments = tuple(
        {name: values[number] for name, (_, values) in parameters.items()}
        for number in range(len(occurrences))
    )
    whys = (first[step].command.why_not for step in kept)
    return Unified(
        steps,
        tuple(parameter for parameter, _ in parameters.values()),
        arguments,
        kept,
        why_not or next(filter(None, whys), ""),
    )


def _without_moves(occurrences: Sequence[Occurrence]) -> tuple[tuple[int, ...], str]:
    """Which events are steps: a ``cd`` is none where what follows was done there."""
    first, kept, why_not = occurrences[0], [], ""
    for step, event in enumerate(first):
        if event.did is not Did.COMMAND or not folder_of(event.command):
            kept.append(step)
        elif step + 1 == len(first):
            why_not = why_not or _MOVES
            kept.append(step)
        elif not all(_leads(each[step], each[step + 1]) for each in occurrences):
            why_not = why_not or _ELSEWHERE
            kept.append(step)
    return tuple(kept), why_not


def _leads(move: Event, then: Event) -> bool:
    return moved(move.cwd, folder_of(move.command)) == then.cwd


def _slots(step: int, events: Sequence[Event], uses: Sequence[Event]) -> list[_Slot]:
    found = []
    if events[0].did is not Did.TASK:  # those know their folder themselves
        folders = [each.cwd or _HERE for each in events]
        argument = Argument(-1, "", folders[0], "folder")
        found.append(_slot(step, argument, folders, [each.cwd or _HERE for each in uses]))
    found += (
        _slot(step, argument, *(_values(each, number) for each in (events, uses)))
        for number, argument in enumerate(events[0].command.arguments)
    )
    return found


def _values(events: Sequence[Event], number: int) -> list[str]:
    return [event.command.arguments[number].value for event in events]


def _slot(step: int, argument: Argument, values: list[str], lately: Sequence[str]) -> _Slot:
    """Of addresses, the host that all have stays; of what has a secret in it, all but that, whose
    value is the name of an environment variable. A program gets a pattern of files as the files,
    and no secret is written anywhere."""
    lead = tail = ""
    varies = argument.kind in ("glob", "secret") or len(set(values)) > 1
    varies = varies or len(set(lately)) >= _SEVERAL
    if argument.kind == "secret":
        found = {each.partition(SECRET)[::2] for each in values}
        (lead, tail), *others = found
        if not others and SECRET not in tail:
            named = _NAMED.search(lead)
            name = named[1] if named else argument.option if len(argument.option) > 1 else "secret"
            variable = re.sub(r"\W+", "_", name, flags=re.ASCII).upper()
            argument = argument._replace(option=variable.lower())
            values = [variable] * len(values)
        else:
            lead = tail = ""
    elif argument.kind == "url" and varies:
        origins = {origin[0] if (origin := _ORIGIN.match(each)) else "" for each in values}
        lead = origins.pop() if len(origins) == 1 else ""
        values = [each.removeprefix(lead) for each in values]
    return _Slot(step, argument.word, argument, tuple(values), varies, lead, tail)


_Parameters = dict[str, tuple[Parameter, tuple[str, ...]]]


def _named(slots: Sequence[_Slot]) -> tuple[list[Text], _Parameters]:
    """The text of each slot, and the parameters by name with their values."""
    open_ = {slot.values for slot in slots if slot.varies}
    varying = [slot for slot in slots if slot.values in open_]
    # The one that explains the most others comes first: of `test_cart.py` and `cart.py`, the last.
    explains = {
        slot.values: sum(bool(link("_", slot.values, each.values)) for each in varying)
        for slot in varying
    }
    parameters: _Parameters = {}
    made: dict[tuple[str, ...], Text] = {}
    for slot in sorted(varying, key=lambda slot: -explains[slot.values]):
        if slot.values in made:
            continue
        links = (
            link(name, values, slot.values)
            for name, (parameter, values) in parameters.items()
            if parameter.type is not Type.SECRET
        )
        text = next(filter(None, links), None)
        if text is None:
            name = _name(slot, parameters)
            parameters[name] = _parameter(name, slot, slots), slot.values
            text = (Place(name),)
        made[slot.values] = text
    order = [slot.values for slot in varying]
    sorted_by_place = sorted(parameters.items(), key=lambda each: order.index(each[1][1]))
    texts = [made[slot.values] if slot in varying else _literal(slot) for slot in slots]
    return texts, dict(sorted_by_place)


def _literal(slot: _Slot) -> Text:
    value = slot.values[0]
    return () if not value or (slot.word < 0 and value == _HERE) else (value,)


def _parameter(name: str, slot: _Slot, slots: Sequence[_Slot]) -> Parameter:
    kind, values = slot.argument.kind, slot.values
    if kind == "secret":
        return Parameter(name, Type.SECRET)
    counted = Counter(values)
    usual, often = counted.most_common(1)[0]
    # A value that was the usual one until it was another once is still the likely one.
    default = usual if 2 * often > len(values) else None
    if kind == "glob":
        return Parameter(name, Type.GLOB, default)
    if kind == "number":
        return Parameter(name, Type.NUMBER, default)
    if _is_path(slot, slots):
        return Parameter(name, Type.PATH, default)
    if len(values) >= _OFTEN and 1 < len(counted) <= _MOST_CHOICES:
        return Parameter(name, Type.CHOICE, default, tuple(sorted(counted)))
    return Parameter(name, Type.TEXT, default)


def _is_path(slot: _Slot, slots: Sequence[_Slot]) -> bool:
    """Whether it is a path below the workspace: a relative one of what is run in its root."""
    if slot.argument.kind != "folder":
        if slot.argument.kind.partition(".")[0] not in ("path", "file"):
            return False
        same = (each for each in slots if each.values == slot.values and each.word >= 0)
        steps = {each.step for each in same}
        folders = (each.values for each in slots if each.word < 0 and each.step in steps)
        if any(set(each) != {_HERE} for each in folders):
            return False
    return not any(value.startswith(("/", "~", "..")) for value in slot.values)


_NAMES = {
    "file": "file", "path": "path", "folder": "folder", "glob": "files", "number": "number",
    "address": "address", "hash": "commit", "url": "url", "version": "version",
    "secret": "secret", "text": "text",
}  # fmt: skip
_OF_OPTIONS = {"m": "message", "o": "output", "n": "number", "b": "branch", "am": "message"}
_FILES = ("file", "path", "dir", "folder", "output", "input")
"""The end of an option's name that says by itself that a file is meant."""


def _name(slot: _Slot, taken: _Parameters) -> str:
    """As the option that it belongs to, as a file where it is one, as in ``out_file``."""
    option = _OF_OPTIONS.get(slot.argument.option, slot.argument.option)
    kind = slot.argument.kind.partition(".")[0]
    name = re.sub(r"\W+", "_", option.lower(), flags=re.ASCII).strip("_")
    if len(name) < 2 or not name.isidentifier():
        name = _NAMES[kind]
    elif kind == "file" and option == slot.argument.option and not name.endswith(_FILES):
        name = f"{name}_file"
    if keyword.iskeyword(name):
        name = _NAMES[kind]
    number = 2
    unique = name
    while unique in taken:
        unique = f"{name}_{number}"
        number += 1
    return unique


def _step(event: Event, step: int, texts: dict[tuple[int, int], Text]) -> Step:
    command = event.command
    if event.did is Did.TASK:
        return Call(
            command.words[0],
            {each.option: texts[step, each.word] for each in command.arguments},
        )
    words: list[Text] = [(word,) if word else () for word in command.words]
    for each in command.arguments:
        text = texts[step, each.word]
        if each.kind == "glob" and not each.prefix:  # a shell looks for files called `--of=*.py`
            text = tuple(map(_matching, text))
        if each.prefix and text and isinstance(text[0], str):
            text = (each.prefix + text[0], *text[1:])
        elif each.prefix:
            text = (each.prefix, *text)
        words[each.word] = text
    return _run(words, command.operators, texts[step, -1])


def _matching(each: str | Place) -> str | Place:
    if isinstance(each, Place) and each.part is Part.WHOLE:
        return each._replace(part=Part.MATCHES)
    return each


def _run(words: Sequence[Text], operators: Sequence[int], cwd: Text) -> Run:
    kept: list[Text] = []
    otherwise: Run | None = None
    files: dict[str | Place, Text] = {INPUT: (), OUTPUT: ()}
    rest = iter(range(len(words)))
    for number in rest:
        word = words[number]
        operator = word[0] if number in operators else ""
        if operator == OR:
            later = [each - number - 1 for each in operators if each > number]
            otherwise = _run(words[number + 1 :], later, cwd)
            break
        if operator in files:
            files[operator] = words[next(rest)] if number + 1 < len(words) else ()
        else:
            kept.append(word)
    return Run(tuple(kept), cwd, files[INPUT], files[OUTPUT], otherwise)

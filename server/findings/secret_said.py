"""Secrets in what a command line says to a program that asks for one. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from .command_words import PAIR, QUOTES, Command, Word
from .secret_programs import FILES_OF_SECRETS, FILTERS, OWN_P, SPEAKERS, TAKERS
from .secret_shapes import PLAIN
from .secret_words import is_chosen, is_ordinary, names_secret

_FORMAT = re.compile(r"%[\d.-]*[sbq]")
_TAKES = re.compile(TAKERS)
_OF_SECRETS = re.compile(FILES_OF_SECRETS)
_USER = re.compile(r"-u|--?user(?:[-_]?name)?(?:=.*)?", re.DOTALL)
_LAST = re.compile(r".*\s(\S+)", re.DOTALL)


def said_to(commands: list[Command], number: int) -> Iterator[Word]:
    """What the one with that number is given by a here-string or a pipe, or writes into a file."""
    command = commands[number]
    if any(_OF_SECRETS.match(file.text) for file in _files(command)):
        yield from _written(commands, number)
    if command.here:
        yield from _told([command], [command.here])
    if command.after == "|" and (said := _said(commands, number - 1)):
        yield from _told(_piped(commands, number), said)


def _files(command: Command) -> list[Word]:
    """Those that it writes."""
    files = [command.into] if command.into else []
    return files + command.arguments if "tee" in command.texts else files


def _written(commands: list[Command], number: int) -> Iterator[Word]:
    """All of a word, or the last of several: who it is of, and such things come before it."""
    command = commands[number]
    if command.name not in ("cat", "tee"):
        said = _of_speaker(command)
    elif command.here:
        said = [command.here]
    else:
        said = _said(commands, number - 1) if command.after == "|" else []
    if not said:
        return
    last = said[-1]
    if behind := _LAST.fullmatch(last.text.rstrip(QUOTES)):
        last = last.part(behind.start(1))
    elif len(said) == 1:
        yield last
        return
    if pair := PAIR.fullmatch(last.text):
        last = last.part(pair.start(2))
    if pair or is_chosen(last.bare):
        yield last


def _piped(commands: list[Command], first: int) -> list[Command]:
    last = first
    while last + 1 < len(commands) and last < first + 3 and commands[last + 1].after == "|":
        last += 1
    return commands[first : last + 1]


def _said(commands: list[Command], last: int) -> list[Word]:
    """What the commands that end there write, where they only say something."""
    command = commands[last]
    if not command.words or command.words[0].text == "}":
        said: list[Word] = []
        for each in reversed(commands[max(0, last - 8) : last]):
            said += _of_speaker(each)
            if each.after == "(" or (each.words and each.words[0].text == "{"):
                break
        return said
    return _of_speaker(command)


def _of_speaker(command: Command) -> list[Word]:
    if len(command.words) == 1 and (
        command.words[0].text[0] in QUOTES or (command.here and command.name == "cat")
    ):
        return [command.here or command.words[0]]
    if command.name not in SPEAKERS:
        return []
    said = [word for word in command.arguments if not word.is_option]
    return said[1:] if len(said) > 1 and _FORMAT.search(said[0].text) else said


def _told(to: list[Command], said: list[Word]) -> Iterator[Word]:
    """What is said to a program that asks for a secret, or to an unknown one that may."""
    is_secret = any(map(_takes, to)) and said[0].bare[:1] not in tuple("{[<-")
    is_alone = len(said) == 1 and " " not in said[0].text and to[0].name not in FILTERS
    is_secret |= is_alone and (is_chosen(said[0].bare) or _is_answer(to[0], said[0].bare))
    for word in said if is_secret else ():
        pair = PAIR.fullmatch(word.text)
        if pair and to[-1].name in ("chpasswd", "newusers", "base64", "htpasswd"):
            yield word.part(pair.start(2))
        else:
            yield word


def _is_answer(command: Command, word: str) -> bool:
    """Of a program that knows a user, and asks for the rest."""
    return (
        OWN_P.isdisjoint(command.texts)
        and any(map(_USER.fullmatch, command.texts))
        and word.lower() not in PLAIN
        and not is_ordinary(word)
    )


def _takes(command: Command) -> bool:
    if command.name == "read":
        return any(re.match(r"-\w*s", w.text) or names_secret(w.text) for w in command.words[1:])
    if command.name in FILTERS:
        return False
    return _TAKES.search(" ".join(command.texts).lower()) is not None

"""Runs every attempt in a process of its own, a few at a time. Reads ``told.json``, the names and
what each is told, from the folder in the first argument, and tells, in lines that begin with the
word that is the second:

    NAME out            the attempt says that it was out; asked where nothing else shows it
    NAME failed: WHY    it raised an error
    held NUMBER         all are over or, so many, stopped, to be looked at and to be ended
    all                 and they were

This process is called by the word, and each of the others by its ``mark``.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from typing import Any

from . import files, kernel, network, processes  # noqa: F401 - they enter themselves
from .table import ATTEMPTS, Evidence, Told, libc

_AT_ONCE = 6
_SECONDS = 6


def _call_it(name: str) -> None:
    libc.prctl(15, ctypes.c_char_p(name.encode()))  # PR_SET_NAME


class _TooLong(BaseException):
    """Past whatever an attempt takes for an error of its own."""


def _give_up(*_: object) -> None:
    """What was come to until then is looked at all the same."""
    raise _TooLong(f"it took more than {_SECONDS} seconds")


def _run(name: str, told: Told, word: str) -> None:
    signal.signal(signal.SIGALRM, _give_up)
    signal.alarm(_SECONDS)
    attempt = ATTEMPTS[name]
    _call_it(told.mark)
    kept: Any = None
    try:
        kept = attempt.run(told)
        if attempt.evidence is Evidence.ANSWER and kept:
            _tell(f"{word} {name} out")
    except BaseException as error:
        _tell(f"{word} {name} failed: {error!r}")
    finally:
        signal.alarm(0)
        sys.stdout.flush()
        if attempt.is_held:
            os.kill(os.getpid(), signal.SIGSTOP)
        os._exit(0)


def _tell(line: str) -> None:
    """In one piece, whoever else prints."""
    sys.stdout.flush()
    os.write(1, f"\n{line}\n".encode())


def main() -> None:
    folder, word = sys.argv[1:]
    _call_it(word)
    with open(f"{folder}/told.json", encoding="utf-8") as file:
        waiting = list(json.load(file).items())
    running: set[int] = set()
    held: set[int] = set()
    while waiting or running:
        while waiting and len(running) < _AT_ONCE:
            name, told = waiting.pop()
            if pid := os.fork():
                running.add(pid)
            else:
                _run(name, Told(**told), word)
        pid, status = os.waitpid(-1, os.WUNTRACED)
        if pid in running and os.WIFSTOPPED(status):
            held.add(pid)
        running.discard(pid)
    _tell(f"{word} held {len(held)}")
    while held:
        held.discard(os.wait()[0])
    _tell(f"{word} all")


main()

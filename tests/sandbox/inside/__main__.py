"""Runs every attempt in a process of its own, a few at a time. Reads ``told.json``, the names and
what each is told, from the folder in the first argument; who says that he was out is told of in a
line with the word in it that is the second."""

from __future__ import annotations

import json
import os
import signal
import sys
import traceback

from . import files, kernel, network, processes  # noqa: F401 - they enter themselves
from .table import ATTEMPTS, Told

_AT_ONCE = 6
_SECONDS = 6
_OUT = 42


def _run(name: str, told: Told) -> None:
    signal.alarm(_SECONDS)
    code = 0
    try:
        if ATTEMPTS[name].run(told):
            code = _OUT
    except BaseException:
        if os.environ.get("ATTEMPTS_EXPLAIN"):
            traceback.print_exc()
    finally:
        sys.stdout.flush()
        os._exit(code)


def main() -> None:
    folder, word = sys.argv[1:]
    with open(f"{folder}/told.json", encoding="utf-8") as file:
        waiting = list(json.load(file).items())
    running: dict[int, str] = {}
    while waiting or running:
        while waiting and len(running) < _AT_ONCE:
            name, told = waiting.pop()
            if pid := os.fork():
                running[pid] = name
            else:
                _run(name, Told(**told))
        pid, status = os.wait()
        if (name := running.pop(pid, "")) and os.waitstatus_to_exitcode(status) == _OUT:
            print(f"\n{word} {name}", flush=True)
    print(f"\n{word} all", flush=True)


main()

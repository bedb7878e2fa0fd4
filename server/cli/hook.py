"""``understudy hooks run``: what git calls, and waits for.

It hands the event over, has it worked off where no engine runs, and ends. Only a gate imports the
engine; without one nothing that goes wrong here is anything but a line on standard error, and the
exit code is 0.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ..app.hooks.detached import start_detached
from ..app.hooks.handover import HOOKS, STARTING, hand_over
from ..state import workspace_dir

_USAGE = "understudy hooks run [--gate SEVERITY [--strict]] NAME [ARGUMENTS]"


def run_hook(arguments: Sequence[str]) -> int:
    """The exit code: 0 goes on, ``Exit.BLOCKED`` holds git back, 2 is a wrong command line."""
    given = list(arguments)
    gate, strict = "", False
    while given and given[0].startswith("--"):
        option = given.pop(0)
        if option == "--strict":
            strict = True
        elif option == "--gate" and given:
            gate = given.pop(0)
        else:
            return _usage(f"no such option: {option}")
    if not given or given[0] not in HOOKS:
        return _usage("the name of a hook is missing or is none that Understudy has")
    name, *rest = given
    text = _standard_input() if name == "pre-push" else ""
    began = time.monotonic()
    if gate:
        from .gate import hold

        if (code := hold(name, text, gate, os.environ, strict=strict)) != 0:
            return code
    _hand_over(name, rest, text, time.monotonic() - began if gate else None)
    return 0


def _hand_over(name: str, arguments: Sequence[str], text: str, seconds: float | None) -> None:
    """git runs hooks at the top of the work tree. ``seconds``: how long it waited for a gate."""
    try:
        event: dict[str, object] = {
            "hook": name,
            "arguments": arguments,
            "lines": text.split("\n")[:-1],
            "at": time.time(),
        }
        if seconds is not None:
            event["seconds"] = round(seconds, 3)
        root = Path(os.getcwd())
        folder = workspace_dir(root)
        hand_over(folder, event)
        if name in STARTING:
            start_detached(root, folder)
    except Exception as error:  # noqa: BLE001
        print(f"understudy: {name} was not handed over: {error}", file=sys.stderr)


def _standard_input() -> str:
    return "" if sys.stdin.isatty() else sys.stdin.buffer.read().decode("utf-8", "replace")


def _usage(why: str) -> int:
    print(f"{why}. Usage: {_USAGE}", file=sys.stderr)
    return 2

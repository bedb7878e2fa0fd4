"""A language server with one fault, to prove that the editor tests notice it.

usage: UNDERSTUDY_BROKEN=FAULT broken_server.py SERVER...

Starts the real server with the command line SERVER and stands between it and the editor, on stdio.
FAULT is one of

no-diagnostics  findings never arrive
wrong-edit      every text edit is one line too low
crash-on-save   the server dies when a file is saved
no-status       `understudy/status` never arrives
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import IO, Any

Message = dict[str, Any]


Change = Callable[[Message], Message | None]
"""What becomes of a message; None drops it."""


class Crash(Exception):
    """The fault asks for the end of the server."""


def messages(stream: IO[bytes]) -> Iterator[Message]:
    """The messages of a stream in LSP's base protocol, until it ends."""
    while header := stream.readline():
        length = 0
        while header.strip():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            header = stream.readline()
        yield json.loads(stream.read(length))


def send(stream: IO[bytes], message: Message) -> None:
    body = json.dumps(message).encode()
    stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    stream.flush()


def without(method: str) -> Change:
    return lambda message: None if message.get("method") == method else message


def one_line_lower(message: Message) -> Message:
    def lower(value: Any) -> None:
        if isinstance(value, dict):
            if "newText" in value:
                for end in value["range"].values():
                    end["line"] += 1
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                lower(item)

    lower(message)
    return message


def crash_on_save(message: Message) -> Message:
    if message.get("method") == "textDocument/didSave":
        raise Crash
    return message


# By fault: what is done to the editor's messages, and to the server's.
FAULTS: dict[str, tuple[Change, Change]] = {
    "no-diagnostics": (dict, without("textDocument/publishDiagnostics")),
    "wrong-edit": (dict, one_line_lower),
    "crash-on-save": (crash_on_save, dict),
    "no-status": (dict, without("understudy/status")),
}


def pump(source: IO[bytes], change: Change, target: IO[bytes]) -> None:
    for message in messages(source):
        if (changed := change(message)) is not None:
            send(target, changed)


def main(command: list[str], fault: str) -> int:
    """Runs until the server ends; the exit code is the server's."""
    from_editor, from_server = FAULTS[fault]
    server = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    to_server, of_server = server.stdin, server.stdout
    assert to_server
    assert of_server

    def listen() -> None:
        try:
            with to_server:
                pump(sys.stdin.buffer, from_editor, to_server)
        except Crash:
            server.kill()
        except BrokenPipeError:
            pass  # the server ended first

    threading.Thread(target=listen, daemon=True).start()
    pump(of_server, from_server, sys.stdout.buffer)
    return server.wait()


if __name__ == "__main__":
    # At once: the thread that waits for the editor cannot be asked to end.
    os._exit(main(sys.argv[1:], os.environ["UNDERSTUDY_BROKEN"]) & 0xFF)

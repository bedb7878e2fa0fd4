"""The worker's side of Ruff: a ``ruff server`` kept warm, or one ``ruff check`` for many files.

A document in memory is opened, asked about and closed again in a warm ``ruff server``, in a
millisecond or less. Files on disk go to ``ruff check`` together, which reads them in parallel.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from collections import OrderedDict
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..model import Finding, Report, State
from ..text import decode, digest
from .base import (
    Answer,
    Item,
    answer,
    loads_json,
    no_verdict,
    read_content,
    unreadable,
)
from .ruff import NAME, from_json, from_server

_SERVERS_KEPT = 4

Context = tuple[str, str, tuple[str, ...], int]


def _uri(path: str) -> str:
    return f"file://{quote(path)}" if path.startswith("/") else f"untitled:{quote(path)}"


class ToolMissing(Exception):
    """There is no program to run; the message tells what to do."""


def executable(path: str) -> str:
    """The program ``ruff.path`` names, or the one installed with us. Raises ToolMissing."""
    if path:
        if found := shutil.which(os.path.expanduser(path)):
            return found
        raise ToolMissing(
            f"ruff.path names {path}, which is no program; correct or clear the setting"
        )
    beside = Path(sysconfig.get_path("scripts")) / "ruff"
    if beside.exists():
        return str(beside)
    raise ToolMissing("Ruff is not installed beside Understudy; reinstall Understudy")


def check(context: Context, items: tuple[Item, ...]) -> list[Answer]:
    from_disk = all(content is None for _, content, _ in items)
    try:
        program = executable(context[0])
        return _check_files(program, context, items) if from_disk else _check_each(context, items)
    except ToolMissing as missing:
        report = Report(NAME, State.MISSING, why=str(missing))
        return [answer(content or b"", report) for _, content, _ in items]


def _report(content: bytes, findings: list[Finding]) -> Answer:
    return answer(content, Report.of(NAME, tuple(findings)))


# ── documents in memory: ruff server ────────────────────────────────────────────────────────────


class _Server:
    """A ``ruff server`` child. Its answers are awaited one at a time; a death raises OSError."""

    def __init__(self, context: Context) -> None:
        path, root, extra, threshold = context
        self._process = subprocess.Popen(
            [executable(path), "server"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        self._ids = count(1)
        self._seen: dict[str, str] = {}
        lint: dict[str, Any] = {"extendSelect": list(extra)}
        settings: dict[str, Any] = {"lint": lint, "configurationPreference": "filesystemFirst"}
        if threshold:
            settings["configuration"] = {"lint": {"mccabe": {"max-complexity": threshold}}}
        self._request(
            "initialize",
            {
                "processId": os.getpid(),
                "capabilities": {
                    "general": {"positionEncodings": ["utf-32"]},
                    "textDocument": {"diagnostic": {"dynamicRegistration": False}},
                },
                "workspaceFolders": [{"uri": _uri(root), "name": "workspace"}],
                "initializationOptions": {"settings": settings},
            },
        )
        self._notify("initialized", {})

    def diagnose(self, path: str, text: str, hints: tuple[str, str]) -> list[dict[str, Any]]:
        """Ruff's diagnostics of ``text`` as if it stood at ``path`` (empty: nowhere yet)."""
        self._follow(*hints)
        uri = _uri(path)
        document = {"uri": uri, "languageId": "python", "version": 1, "text": text}
        self._notify("textDocument/didOpen", {"textDocument": document})
        try:
            result = self._request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
        finally:
            self._notify("textDocument/didClose", {"textDocument": {"uri": uri}})
        rows: list[dict[str, Any]] = result["items"]
        return rows

    def _follow(self, source: str, seen: str) -> None:
        """Ruff reads a configuration once: tell it when the file has changed since."""
        if source and self._seen.setdefault(source, seen) != seen:
            self._seen[source] = seen
            changes = [{"uri": _uri(source), "type": 2}]
            self._notify("workspace/didChangeWatchedFiles", {"changes": changes})

    def close(self) -> None:
        self._process.kill()
        self._process.wait()

    def _notify(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def _request(self, method: str, params: dict[str, Any]) -> Any:
        id_ = next(self._ids)
        self._send({"id": id_, "method": method, "params": params})
        while True:
            message = self._receive()
            if message.get("id") != id_ or "method" in message:
                if "id" in message and "method" in message:
                    self._send({"id": message["id"], "result": None})
                continue
            if error := message.get("error"):
                raise ValueError(f"ruff server refuses {method}: {error.get('message')}")
            return message["result"]

    def _send(self, message: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self._process.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while (line := stream.readline()).strip():
            name, _, value = line.partition(b":")
            if name.strip().lower() == b"content-length":
                length = int(value)
        if not length:
            raise OSError("ruff server ended without an answer")
        message: dict[str, Any] = loads_json(stream.read(length))
        return message


_servers: OrderedDict[Context, _Server] = OrderedDict()


def _server(context: Context) -> _Server:
    if context not in _servers:
        if len(_servers) >= _SERVERS_KEPT:
            _, oldest = _servers.popitem(last=False)
            oldest.close()
        _servers[context] = _Server(context)
    _servers.move_to_end(context)
    return _servers[context]


def _check_each(context: Context, items: tuple[Item, ...]) -> list[Answer]:
    answers: list[Answer] = []
    for item in items:
        try:
            content = read_content(item)
        except OSError as error:
            answers.append(unreadable(NAME, error))
            continue
        answers.append(_check_document(context, item, content))
    return answers


def _check_document(context: Context, item: Item, content: bytes) -> Answer:
    try:
        text = decode(content)
    except ValueError as error:
        why = f"Ruff cannot read this file: {error}"
        return answer(content, no_verdict(NAME, State.NOT_ANALYSED, why))
    try:
        rows = _server(context).diagnose(item[0], text, item[2])
        return _report(content, [from_server(row) for row in rows])
    except (OSError, ValueError, KeyError, TypeError) as error:
        if (broken := _servers.pop(context, None)) is not None:
            broken.close()
        why = f"Ruff gave no usable answer: {error}"
        return answer(content, no_verdict(NAME, State.FAILED, why))


# ── files on disk: ruff check ───────────────────────────────────────────────────────────────────


def _check_files(program: str, context: Context, items: tuple[Item, ...]) -> list[Answer]:
    before = [_digest(item) for item in items]
    readable = [item[0] for item, seen in zip(items, before, strict=True) if isinstance(seen, str)]
    found: dict[str, list[Finding]] = {path: [] for path in readable}
    failure = _run(program, context, readable, found) if readable else ""
    answers: list[Answer] = []
    for item, seen in zip(items, before, strict=True):
        if isinstance(seen, OSError):
            answers.append(unreadable(NAME, seen))
        elif failure or any(finding.rule == "E902" for finding in found[item[0]]):
            # One by one: a bad file, or one that is not UTF-8, then spoils only itself.
            answers += _check_each(context, (item,))
        elif _digest(item) != seen:
            answers += _check_each(context, (item,))
        else:
            _, text = _report(b"", found[item[0]])
            answers.append((seen, text))
    return answers


def _digest(item: Item) -> str | OSError:
    try:
        return digest(read_content(item))
    except OSError as error:
        return error


def _run(program: str, context: Context, paths: list[str], found: dict[str, list[Finding]]) -> str:
    _, root, extra, threshold = context
    argv = [program, "check", "--output-format=json", "--exit-zero", "--no-cache", "--quiet"]
    argv += ["--no-fix", "--force-exclude", *(f"--extend-select={rule}" for rule in extra)]
    if threshold:
        argv.append(f"--config=lint.mccabe.max-complexity={threshold}")
    done = subprocess.run([*argv, "--", *paths], capture_output=True, check=False, cwd=root)
    try:
        if done.returncode:
            raise ValueError(done.stderr[-300:].decode("utf-8", "replace").strip())
        for row in loads_json(done.stdout):
            found[row["filename"]].append(from_json(row))
    except (ValueError, KeyError, TypeError) as error:
        return str(error) or "unknown error"
    return ""

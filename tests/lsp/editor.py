"""An editor reduced to what tests look at: real buffers, what is shown, what can be chosen."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote

from .connection import Connection
from .text import Json, apply, place, position

CAPABILITIES: Json = {
    "general": {"positionEncodings": ["utf-16"]},
    "window": {"workDoneProgress": True},
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True},
    },
}


CALM: Json = {"triggers": {"enabled": False}}
"""Nothing starts by itself, unless a test is about that."""


class Published(NamedTuple):
    uri: str
    version: int | None
    diagnostics: list[Json]


@dataclass
class Buffer:
    """An open document as its editor has it; ``codec`` is how it is written to disk."""

    uri: str
    text: str
    version: int
    codec: str

    @property
    def path(self) -> Path | None:
        """None when it was never saved, or is not here."""
        here = self.uri.startswith("file:///")
        return Path(unquote(self.uri.removeprefix("file://"))) if here else None


Place = Path | str | Buffer
"""A file's path, or the URI of anything else."""


def uri(where: Place) -> str:
    if isinstance(where, Buffer):
        return where.uri
    return where.as_uri() if isinstance(where, Path) else where


def cell_document(cell: Buffer) -> Json:
    return {"uri": cell.uri, "languageId": "python", "version": cell.version, "text": cell.text}


class Editor(Connection):
    def __init__(self, process: asyncio.subprocess.Process, state: str) -> None:
        super().__init__(process, state)
        self.encoding = "utf-16"
        self.server: Json = {}
        """The server's capabilities."""
        self.settings: Json = {}
        """What ``workspace/configuration`` is answered with."""
        self.buffers: dict[str, Buffer] = {}
        self.diagnostics: dict[str, list[Json]] = {}
        self.published: list[Published] = []
        self.notebooks: dict[str, str] = {}
        """By the URIs of their cells."""
        self._versions = itertools.count(2)
        self.replies["workspace/configuration"] = lambda asked: [
            self.settings for _ in asked["items"]
        ]
        self.replies["workspace/applyEdit"] = self._apply_edit

    async def initialize(
        self,
        *roots: Path,
        capabilities: Json = CAPABILITIES,
        trusted: bool | None = True,
        settings: Json | None = None,
    ) -> None:
        """``trusted`` None: the client leaves that to the server and its user."""
        self.settings = CALM | (settings or {})
        options: Json = {} if trusted is None else {"trusted": trusted}
        answer = await self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": roots[0].as_uri() if roots else None,
                "workspaceFolders": [{"uri": r.as_uri(), "name": r.name} for r in roots],
                "capabilities": capabilities,
                "initializationOptions": options | {"settings": self.settings},
            },
        )
        self.server = answer["capabilities"]
        self.encoding = self.server.get("positionEncoding", "utf-16")
        self.notify("initialized", {})

    async def command(self, name: str, *arguments: Any) -> Any:
        params = {"command": f"understudy.{name}", "arguments": list(arguments)}
        return await self.request("workspace/executeCommand", params)

    async def configure(self, settings: Json) -> None:
        """The user changes the editor's settings; returns when the server has them."""
        self.settings = CALM | settings
        asked = len(self.said("workspace/configuration"))
        self.notify("workspace/didChangeConfiguration", {"settings": None})
        await self.until(lambda: len(self.said("workspace/configuration")) > asked)

    @property
    def status(self) -> Json:
        """The last ``understudy/status``; empty before the first."""
        return next(iter(reversed(self.said("understudy/status"))), {})

    def tool(self, name: str) -> Json:
        """What the last status says of a tool."""
        return next((tool for tool in self.status.get("tools", ()) if tool["name"] == name), {})

    async def idle(self) -> None:
        """Until every event so far was taken, every open document has all its answers, and nothing
        runs any more."""
        while True:
            seen = len(self.said("understudy/status"))
            told = await self.command("showStatus")
            if ": running" not in told and not self.status.get("running"):
                return
            await self.until(lambda: len(self.said("understudy/status")) > seen)  # noqa: B023

    def view(self) -> str:
        shown = "\n".join(f"{where}: {self.found(where)}" for where in self.diagnostics)
        return f"Shown:\n{shown}\nStatus: {self.status}\n{super().view()}"

    def _take(self, message: Json) -> None:
        if message.get("method") == "textDocument/publishDiagnostics":
            params = message["params"]
            news = Published(params["uri"], params.get("version"), params["diagnostics"])
            self.published.append(news)
            self.diagnostics[news.uri] = news.diagnostics
        super()._take(message)

    # ── documents ───────────────────────────────────────────────────────────────────────────────

    def open(
        self,
        where: Path | str,
        text: str | None = None,
        *,
        language: str = "python",
        codec: str = "utf-8",
    ) -> Buffer:
        """Open a file; with ``text``, write that first."""
        if isinstance(where, Path):
            if text is not None:
                where.parent.mkdir(parents=True, exist_ok=True)
                where.write_bytes(text.encode(codec))
            text = where.read_bytes().decode(codec)
        buffer = Buffer(uri(where), (text or "").removeprefix("\ufeff"), 1, codec)
        self.buffers[buffer.uri] = buffer
        document = {"uri": buffer.uri, "languageId": language, "version": 1, "text": buffer.text}
        self.notify("textDocument/didOpen", {"textDocument": document})
        return buffer

    def edit(self, buffer: Buffer, old: str, new: str) -> None:
        """Replace the first ``old`` by ``new``, as typing does: by an incremental change."""
        start = buffer.text.index(old)
        self.type(buffer, start, start + len(old), new)

    def type(self, buffer: Buffer, start: int, end: int, new: str) -> None:
        """Replace what is between two indices."""
        text = buffer.text
        first, last = (position(text, index, self.encoding) for index in (start, end))
        change = {"range": {"start": first, "end": last}, "text": new}
        self._change(buffer, text[:start] + new + text[end:], change)

    def rewrite(self, buffer: Buffer, text: str) -> None:
        """Replace the whole text, in one change without a range."""
        self._change(buffer, text, {"text": text})

    def _change(self, buffer: Buffer, text: str, change: Json) -> None:
        buffer.text = text
        buffer.version += 1
        document = {"uri": buffer.uri, "version": buffer.version}
        if (notebook := self.notebooks.get(buffer.uri)) is not None:
            content = {"document": document, "changes": [change]}
            self.change_notebook(notebook, {"textContent": [content]})
            return
        self.notify(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    def save(self, buffer: Buffer) -> None:
        if buffer.path is not None:
            buffer.path.write_bytes(buffer.text.encode(buffer.codec))
        self.notify("textDocument/didSave", {"textDocument": {"uri": buffer.uri}})

    def close(self, buffer: Buffer) -> None:
        del self.buffers[buffer.uri]
        self.notify("textDocument/didClose", {"textDocument": {"uri": buffer.uri}})

    # ── notebooks ───────────────────────────────────────────────────────────────────────────────

    def open_notebook(self, where: str, *sources: str) -> list[Buffer]:
        """A notebook with these cells; a Buffer is one of them."""
        cells = [self.cell(where, text) for text in sources]
        self.notify(
            "notebookDocument/didOpen",
            {
                "notebookDocument": {
                    "uri": where,
                    "notebookType": "jupyter-notebook",
                    "version": 1,
                    "cells": [{"kind": 2, "document": cell.uri} for cell in cells],
                },
                "cellTextDocuments": [cell_document(cell) for cell in cells],
            },
        )
        return cells

    def cell(self, notebook: str, text: str) -> Buffer:
        """A cell that the server does not know yet."""
        name = f"vscode-notebook-cell:{notebook.removeprefix('file:')}#{len(self.notebooks)}"
        self.buffers[name] = Buffer(name, text, 1, "utf-8")
        self.notebooks[name] = notebook
        return self.buffers[name]

    def change_notebook(self, notebook: str, cells: Json, **more: Json) -> None:
        """``more``: what else of it has changed."""
        version = next(self._versions)
        change = {"cells": cells, **more}
        self.notify(
            "notebookDocument/didChange",
            {"notebookDocument": {"uri": notebook, "version": version}, "change": change},
        )

    def splice(
        self, notebook: str, start: int, gone: Sequence[Buffer], come: Sequence[Buffer]
    ) -> None:
        """Put some cells in place of others."""
        new = [{"kind": 2, "document": cell.uri} for cell in come]
        structure = {
            "array": {"start": start, "deleteCount": len(gone), "cells": new},
            "didOpen": [cell_document(cell) for cell in come],
            "didClose": [{"uri": cell.uri} for cell in gone],
        }
        self.change_notebook(notebook, {"structure": structure})

    def touch(self, *written: Path, deleted: Sequence[Path] = ()) -> None:
        """The editor has seen that files were changed, or are gone."""
        changes = [{"uri": file.as_uri(), "type": 2} for file in written]
        changes += [{"uri": file.as_uri(), "type": 3} for file in deleted]
        self.notify("workspace/didChangeWatchedFiles", {"changes": changes})

    # ── what is shown, and what can be done about it ────────────────────────────────────────────

    def shown(self, where: Place) -> list[Json]:
        return self.diagnostics.get(uri(where), [])

    def found(self, where: Place) -> list[str]:
        """Who says what: ``Bandit, Ruff B307``."""
        return sorted(f"{each['source']} {each['code']}" for each in self.shown(where))

    async def sees(self, where: Place, *found: str) -> list[Json]:
        """Until exactly this is shown; the diagnostics."""
        await self.until(lambda: self.found(where) == sorted(found))
        return self.shown(where)

    async def actions(
        self, buffer: Buffer, part: str, only: Sequence[str] | None = None
    ) -> dict[str, Json]:
        """The code actions at the first ``part``, by title."""
        context: Json = {"diagnostics": []}
        if only is not None:
            context["only"] = list(only)
        answer = await self.request(
            "textDocument/codeAction",
            {
                "textDocument": {"uri": buffer.uri},
                "range": place(buffer.text, part, self.encoding),
                "context": context,
            },
        )
        return {action["title"]: action for action in answer or ()}

    async def choose(self, action: Json) -> None:
        """Do what an editor does when an action is chosen."""
        if "edit" in action:
            self._apply_edit({"edit": action["edit"]})
        if "command" in action:
            await self.request("workspace/executeCommand", action["command"])

    def _apply_edit(self, params: Json) -> Json:
        edit = params["edit"]
        changes = [
            (change["textDocument"]["uri"], change["textDocument"]["version"], change["edits"])
            for change in edit.get("documentChanges", ())
        ]
        changes += [(where, None, edits) for where, edits in edit.get("changes", {}).items()]
        for where, version, edits in changes:
            buffer = self.buffers[where]
            assert version in (None, buffer.version), "the edit is for another version"
            self.rewrite(buffer, apply(buffer.text, edits, self.encoding))
        return {"applied": True}

    async def hover(self, buffer: Buffer, part: str) -> str | None:
        at = position(buffer.text, buffer.text.index(part), self.encoding)
        params = {"textDocument": {"uri": buffer.uri}, "position": at}
        answer = await self.request("textDocument/hover", params)
        return answer and str(answer["contents"]["value"])

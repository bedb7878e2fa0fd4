"""The core's sink towards the editor: diagnostics, status, messages, progress."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import uuid
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from .. import spans
from ..app import events
from ..app.presentation.status import status_payload
from ..disk import LARGEST_FILE, read_regular
from ..model import Edit, Position, Problem, Range, Status
from ..notebooks import InFile, is_notebook
from ..text import Lines, decode
from . import convert
from .edits import workspace_edit

if TYPE_CHECKING:
    from ..app.sinks import FileFix
    from .server import Server

log = logging.getLogger(__name__)

_SLICE = 20
"""Files published between two turns of the loop: serialising many diagnostics takes long."""

_Pending = tuple[int | None, str | None, Sequence[Problem]]


class Publisher:
    """``app.sinks.Sink`` for one client. Sends only what differs from what the client shows."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._pending: dict[str, _Pending] = {}
        self._shown: dict[str, Sequence[lsp.Diagnostic]] = {}
        self._draining = False
        self._tasks: set[asyncio.Task[Any]] = set()
        self.cancels: dict[str | int, Callable[[], object]] = {}

    def problems(
        self, uri: str, version: int | None, text: str | None, problems: Sequence[Problem]
    ) -> None:
        self._pending.pop(uri, None)
        if text is None and problems:
            self._pending[uri] = (version, text, problems)
            if not self._draining:
                self._draining = True
                self.spawn(self._drain())
            return
        shown = self._server.documents.get(uri)
        if shown is None and problems and is_notebook(convert.to_path(uri) or ""):
            return  # it was closed meanwhile
        if shown is not None and version is not None and shown.text != text:
            # The core is about to hear of the edit; then it tells where they are by now.
            self._server.core.handle(events.Overtaken(uri, shown.version))
            if uri in self._server.notebooks:
                return  # in which cells of before they are is not known any more
        lines = shown.lines if shown and shown.text == text else Lines(text or "")
        self._publish(uri, version, lines, problems)

    async def _drain(self) -> None:
        try:
            await self._drain_all()
        finally:
            self._draining = False

    async def _drain_all(self) -> None:
        while self._pending:
            for uri in list(self._pending)[:_SLICE]:
                pending = self._pending.get(uri)
                path = convert.to_path(uri) or ""
                text, moved = await asyncio.to_thread(_on_disk, path, pending and pending[2])
                if pending is None or self._pending.get(uri) is not pending:
                    continue  # something newer was said meanwhile
                version, *_ = self._pending.pop(uri)
                if uri not in self._server.documents:
                    self._publish(uri, version, Lines(text), moved)
            await asyncio.sleep(0)

    @spans.timed("publish")
    def _publish(
        self, uri: str, version: int | None, lines: Lines, problems: Sequence[Problem]
    ) -> None:
        encoding = self._server.encoding
        diagnostics = [convert.diagnostic(problem, lines, encoding) for problem in problems]
        if (notebook := self._server.notebooks.get(uri)) is None:
            self._tell(uri, version, diagnostics)
            return
        self._tell(uri, None, [])
        for cell, own in notebook.diagnostics(diagnostics, encoding):
            self._tell(cell.uri, cell.version, own)

    def forget(self, uris: Iterable[str]) -> None:
        """There are no such documents any more."""
        for uri in uris:
            self._tell(uri, None, [])

    def _tell(self, uri: str, version: int | None, diagnostics: Sequence[lsp.Diagnostic]) -> None:
        if self._shown.get(uri, []) == diagnostics:
            return
        self._shown[uri] = diagnostics
        if not diagnostics:
            del self._shown[uri]
        self._server.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(uri, diagnostics, version)
        )

    def status(self, status: Status) -> None:
        self._server.protocol.notify("understudy/status", status_payload(status))

    def message(self, text: str, *, error: bool = False) -> None:
        kind = lsp.MessageType.Warning if error else lsp.MessageType.Info
        self._server.window_show_message(lsp.ShowMessageParams(kind, text))

    def ask_trust(self, root: Path) -> None:
        self.spawn(self._ask_trust(root))

    async def _ask_trust(self, root: Path) -> None:
        trust, distrust = lsp.MessageActionItem("Trust"), lsp.MessageActionItem("Do not trust")
        text = (
            f"Do you trust the workspace {root}? Understudy checks it either way; only in a trusted"
            " workspace does it run programs that the workspace brings along."
        )
        params = lsp.ShowMessageRequestParams(lsp.MessageType.Info, text, [trust, distrust])
        try:
            answer = await self._server.window_show_message_request_async(params)
        except JsonRpcException:
            log.info("the client cannot ask; `understudy trust` decides")
            return
        if answer is not None:
            trusted = answer.title == trust.title
            self._server.core.handle(events.TrustDecided(trusted, root, lasting=True))

    async def agrees(self, question: str, yes: str, instead: str) -> bool:
        """Whether the user chooses ``yes``; a client that cannot ask never does, and is told what
        asks in a terminal."""
        try:
            return await self.choose(question, [yes, "Cancel"]) == yes
        except JsonRpcException:
            self.message(f"Your editor cannot ask you. `{instead}` in a terminal does.")
            return False

    async def choose(self, question: str, choices: Iterable[str]) -> str | None:
        """What the user chooses; None when nothing. Raises JsonRpcException when the client cannot
        ask."""
        items = [lsp.MessageActionItem(each) for each in choices]
        params = lsp.ShowMessageRequestParams(lsp.MessageType.Info, question, items)
        answer = await self._server.window_show_message_request_async(params)
        return None if answer is None else answer.title

    def jobs(self, listed: Mapping[str, Any]) -> None:
        self._server.tell("understudy/tasks", listed)

    def job_output(self, root: Path, job: int, text: str) -> None:
        params = {"root": str(root), "job": job, "text": text}
        self._server.tell("understudy/taskOutput", params)

    def trial_output(self, root: Path, text: str) -> None:
        self._server.tell("understudy/sandboxOutput", {"root": str(root), "text": text})

    def learned(self, listed: Mapping[str, Any]) -> None:
        self._server.tell("understudy/learned", listed)

    def lenses_changed(self) -> None:
        workspace = self._server.client_capabilities.workspace
        if workspace and workspace.code_lens and workspace.code_lens.refresh_support:
            self.spawn(self._refresh_lenses())

    async def _refresh_lenses(self) -> None:
        with contextlib.suppress(JsonRpcException):
            await self._server.workspace_code_lens_refresh_async(None)

    def ask_again(self, root: Path, job: int, what: str) -> None:
        self.spawn(self._ask_again(root, job, what))

    async def _ask_again(self, root: Path, job: int, what: str) -> None:
        again, forget = lsp.MessageActionItem("Run again"), lsp.MessageActionItem("Forget it")
        params = lsp.ShowMessageRequestParams(lsp.MessageType.Info, what, [again, forget])
        try:
            answer = await self._server.window_show_message_request_async(params)
        except JsonRpcException:
            return  # the client cannot ask; the job stays listed
        if answer is not None:
            event = events.JobAnswered(root, job, answer.title == again.title)
            self._server.core.handle(event)

    def replace_text(self, uri: str, text: str) -> None:
        self.spawn(self._replace_text(uri, text))

    async def _replace_text(self, uri: str, text: str) -> None:
        shown = self._server.documents[uri]
        whole = Range(Position(0, 0), shown.lines.position(len(shown.text)))
        edits = [convert.edit(Edit(whole, text), shown.lines, self._server.encoding)]
        edit = lsp.WorkspaceEdit(changes={uri: edits})
        await self._server.workspace_apply_edit_async(lsp.ApplyWorkspaceEditParams(edit))

    def apply_fixes(self, label: str, fixes: Sequence[FileFix]) -> None:
        """Ask the editor to make them; one that can lets its user look at them first."""
        if fixes:
            self.spawn(self._apply_fixes(label, fixes))
        else:
            self.message(f"{label}: there is none.")

    async def _apply_fixes(self, label: str, fixes: Sequence[FileFix]) -> None:
        edit = workspace_edit(self._server, label, fixes)
        await self._server.workspace_apply_edit_async(lsp.ApplyWorkspaceEditParams(edit, label))

    def fix(self, uri: str, fix: FileFix) -> None:
        self.spawn(self._fix(uri, fix))

    async def _fix(self, uri: str, fix: FileFix) -> None:
        label = "Understudy: fix after save"
        edit = workspace_edit(self._server, label, [fix], asks=False)
        if not (edit.changes or edit.document_changes):
            return  # another text by now
        params = lsp.ApplyWorkspaceEditParams(edit, label)
        answer = await self._server.workspace_apply_edit_async(params)
        if answer.applied:
            self._server.core.handle(events.Fixed(uri, fix))

    def begin(self, title: str, cancel: Callable[[], object]) -> _Progress:
        return _Progress(self, self._server, title, cancel)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        _ = self.task(work)

    def task(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("telling the client something failed", exc_info=error)


class _Progress:
    """``$/progress`` with a cancel button. The token is created from async code, and what is said
    before the client has agreed to it is said after."""

    def __init__(
        self, publisher: Publisher, server: Server, title: str, cancel: Callable[[], object]
    ) -> None:
        self._server = server
        self._cancels = publisher.cancels
        self._token = str(uuid.uuid4())
        self._cancels[self._token] = cancel
        self._last = (-1, "")
        self._ended = False
        self._ready = False
        if server.shows_progress:
            publisher.spawn(self._create(title))

    async def _create(self, title: str) -> None:
        params = lsp.WorkDoneProgressCreateParams(self._token)
        with contextlib.suppress(Exception):
            await self._server.window_work_done_progress_create_async(params)
            self._ready = True
            self._notify("begin", title=title, cancellable=True, percentage=0)
            if self._ended:
                self._notify("end")

    def report(self, message: str, fraction: float) -> None:
        now = (int(fraction * 100), message if fraction == 0 else "")
        if now != self._last:
            self._last = now
            if self._ready:
                self._notify("report", message=message, percentage=now[0])

    def end(self, message: str) -> None:
        self._cancels.pop(self._token, None)
        self._ended = True
        if self._ready:
            self._notify("end", **({"message": message} if message else {}))

    def _notify(self, kind: str, **value: object) -> None:
        self._server.progress(lsp.ProgressParams(self._token, {"kind": kind, **value}))


def _on_disk(path: str, problems: Sequence[Problem] | None) -> tuple[str, Sequence[Problem]]:
    """A file's text, and the problems where they are in it."""
    told = problems or ()
    try:
        content = read_regular(path, LARGEST_FILE)
        if not is_notebook(path):
            return decode(content), told
        with contextlib.suppress(ValueError):
            book = InFile(content)
            told = [_in_file(each, book) for each in told]
        return decode(content), told
    except (OSError, ValueError):
        return "", told


def _in_file(problem: Problem, book: InFile) -> Problem:
    lead = problem.lead
    cell = book.notebook.cell_at(lead.range.start.line)
    line = lead.range.start.line - cell.row + 1
    message = f"{lead.message} (cell {cell.number}, line {line})"
    lead = replace(lead, range=book.place(lead.range), message=message)
    return replace(problem, findings=(lead, *problem.findings[1:]))

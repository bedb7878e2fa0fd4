"""The language server: pygls with our own documents, wired to the core."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from lsprotocol import types as lsp
from pygls.exceptions import PyglsError
from pygls.io_ import StdoutWriter, run_async
from pygls.lsp.server import LanguageServer
from pygls.protocol import default_converter

from .convert import Encoding, to_folder
from .documents import Document
from .notebooks import SYNC, OpenNotebook
from .protocol import Protocol
from .publisher import Publisher

if TYPE_CHECKING:
    from ..app.core import Core

log = logging.getLogger(__name__)

_CHUNK = 1 << 14
"""Bytes: so much of what the client sent is worked off before others have their turn."""

_FETCH_SECONDS = 1.0


class Server(LanguageServer):
    """One client's server. ``core`` exists from ``initialized`` on."""

    core: Core

    def __init__(self) -> None:
        super().__init__(
            "understudy",
            version("understudy"),
            text_document_sync_kind=lsp.TextDocumentSyncKind.Incremental,
            notebook_document_sync=SYNC,
            protocol_cls=Protocol,
            converter_factory=default_converter,
        )
        self.documents: dict[str, Document] = {}
        self.notebooks: dict[str, OpenNotebook] = {}
        """By their URIs, under which their whole is among the documents, too."""
        self.offered: dict[str, list[tuple[str, str]]] = {}
        """By their URIs, the text that documents have after each quick fix that was offered last,
        and its rule."""
        self.encoding = Encoding("utf-16")
        self.publisher = Publisher(self)
        self.options: Mapping[str, Any] = {}
        self.shows_progress = False
        self.confirms_files = True
        """Whether the client has the user confirm what is annotated so, of files, too."""
        self._closed: asyncio.Task[None] | None = None
        self._fetching: set[asyncio.Task[None]] = set()

    def initialize(self, params: lsp.InitializeParams) -> None:
        """Note what the client can do; nothing is started before it has the answer."""
        options = params.initialization_options
        self.options = options if isinstance(options, Mapping) else {}
        encoding = self.workspace.position_encoding or "utf-16"
        self.encoding = Encoding(str(getattr(encoding, "value", encoding)))
        window = params.capabilities.window
        self.shows_progress = bool(window and window.work_done_progress)
        client = params.client_info
        # What it is told to have confirmed it asks about for texts alone: files it makes, moves and
        # deletes unasked.
        self.confirms_files = client is None or client.name != "Neovim"

    def roots(self) -> tuple[Path, ...]:
        uris = [folder.uri for folder in self.workspace.folders.values()]
        if not uris and self.workspace.root_uri:
            uris = [self.workspace.root_uri]
        return tuple(folder for uri in uris if (folder := to_folder(uri)))

    def start(self) -> None:
        from ..app.core import Core  # what initialize does not need is imported after it

        trusted = self.options.get("trusted")
        self.core = Core(self.publisher, trusted=trusted if isinstance(trusted, bool) else None)
        self.core.start()

    def fetch(self, work: Coroutine[Any, Any, None]) -> None:
        """Ask the client for what counts from now on."""
        task = self.publisher.task(work)
        self._fetching.add(task)
        task.add_done_callback(self._fetching.discard)

    async def settle(self) -> None:
        """Wait until the core has taken what the client sent so far, and its answers to ``fetch``;
        a client that does not answer is waited for once."""
        if self._fetching:
            await asyncio.wait(self._fetching, timeout=_FETCH_SECONDS)
            self._fetching.clear()
        await self.core.settle()

    def shown(self, uri: str) -> tuple[Document, int] | None:
        """A document, or the whole that a cell belongs to, and the rows above the cell in it."""
        for notebook in self.notebooks.values():
            if uri in notebook:
                return notebook.whole, notebook.above(uri)
        document = self.documents.get(uri)
        return None if document is None else (document, 0)

    def tell(self, method: str, params: Mapping[str, Any]) -> None:
        """A notification of ours; ``params`` are JSON."""
        assert isinstance(self.protocol, Protocol)
        self.protocol.tell(method, params)

    @property
    def was_shut_down(self) -> bool:
        return self._closed is not None

    def close(self) -> asyncio.Task[None]:
        """End the core, once; the task is done when nothing of it is left."""
        if self._closed is None:
            self._closed = asyncio.get_running_loop().create_task(self._close())
        return self._closed

    async def _close(self) -> None:
        if hasattr(self, "core"):
            await self.core.close()

    def speak(self, stdin: io.BufferedReader, stdout: BinaryIO) -> None:
        """``start_io`` with a reader of our own; returns when the client has left."""
        self._stop_event = threading.Event()
        self.protocol.set_writer(StdoutWriter(stdout))
        reader = _FromClient(stdin, self.thread_pool)
        talk = run_async(self._stop_event, reader, self.protocol, log, self.report_server_error)
        try:
            with contextlib.suppress(KeyboardInterrupt, SystemExit):
                asyncio.run(_until_terminated(self._end_after(talk)))
        except asyncio.CancelledError:
            # The loop has put back what the signal does; a thread waits for the client still.
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            self.shutdown()  # type: ignore[no-untyped-call]

    async def _end_after(self, talk: Coroutine[Any, Any, None]) -> None:
        """An editor that asks for the end may have left before that is over, as Neovim has."""
        await talk
        if self._closed is not None:
            await self._closed

    def report_server_error(self, error: Exception, source: type[PyglsError | Exception]) -> None:
        """The traceback goes to the log; a message that could not be read is no one's business but
        the client's, which gets an error answer where it asked for one."""
        log.error("%s", source.__name__, exc_info=error)


async def _until_terminated(talk: Coroutine[Any, Any, None]) -> None:
    """A server that is told to end leaves as little behind as one whose client has left. Told
    twice, it ends at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end() -> None:
        loop.remove_signal_handler(signal.SIGTERM)
        if task:
            task.cancel()

    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGTERM, end)
    await talk


class _FromClient:
    """What the client sends. What has come is taken at once: a message is not kept waiting, part by
    part, behind the work for those before it."""

    def __init__(self, file: io.BufferedReader, pool: ThreadPoolExecutor) -> None:
        self._file = file
        self._pool = pool
        self._ahead = b""

    async def readline(self) -> bytes:
        """Up to a newline, else what is left."""
        while (end := self._ahead.find(b"\n") + 1) == 0:
            more = await self._read(self._file.read1, _CHUNK)
            if not more:
                end = len(self._ahead)
                break
            self._ahead += more
        return self._take(end)

    async def readexactly(self, n: int) -> bytes:
        """So many bytes, fewer when there are no more."""
        if (missing := n - len(self._ahead)) > 0:
            self._ahead += await self._read(self._file.read, missing)
        return self._take(n)

    def _take(self, end: int) -> bytes:
        taken, self._ahead = self._ahead[:end], self._ahead[end:]
        return taken

    async def _read(self, read: Callable[[int], bytes], most: int) -> bytes:
        return await asyncio.get_running_loop().run_in_executor(self._pool, read, most)
